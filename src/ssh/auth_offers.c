/*
 * auth_offers.c - puts the keys of an agent in order for one host.
 *
 * Decides which certificate goes with which of them.  Owns nothing.
 */
#include "ssh/auth_offers.h"

#include "base/xalloc.h"

static bool
has(const struct auth_offers *o, const struct pubkey *shown)
{
    for (size_t i = 0; i < o->count; i++) {
        if (pubkey_equal(o->items[i].shown, shown)) {
            return true;
        }
    }
    return false;
}

static void
add(struct auth_offers *o, const struct pubkey *shown, const struct pubkey *signs)
{
    if (!has(o, shown)) {
        o->items = xgrow(o->items, o->count, &o->cap, sizeof(*o->items));
        o->items[o->count++] = (struct agent_offer){.shown = shown, .signs = signs};
    }
}

/* A key of the agent, with the certificates for it that stand in files. */
static void
add_with_files(struct auth_offers *o, const struct target *t, const struct keyring *k,
               const struct pubkey *key)
{
    const char *const *paths = t->certificate_paths;

    for (size_t i = 0; paths != NULL && paths[i] != NULL; i++) {
        const struct pubkey *cert = keyring_cert(k, paths[i]);
        if (cert != NULL && pubkey_certifies(cert, key)) {
            add(o, cert, key);
        }
    }
    add(o, key, key);
}

static void
add_named(struct auth_offers *o, const struct target *t, const struct keyring *k,
          const struct agents *a, const struct pubkey *named)
{
    const struct pubkey *own;

    for (size_t i = 0; (own = agents_key(a, t->agent, i)) != NULL; i++) {
        if (pubkey_certifies(own, named)) {
            add(o, own, own);
        }
    }
    for (size_t i = 0; (own = agents_key(a, t->agent, i)) != NULL; i++) {
        if (pubkey_equal(own, named)) {
            add_with_files(o, t, k, own);
        }
    }
}

static bool
is_loaded(const struct target *t, const struct keyring *k, const struct pubkey *key)
{
    const char *const *paths = t->key_paths;

    for (size_t i = 0; paths != NULL && paths[i] != NULL; i++) {
        const struct pubkey *public = keyring_public(k, paths[i]);
        if (public != NULL && pubkey_equal(public, key) && keyring_get(k, paths[i]) != NULL) {
            return true;
        }
    }
    return false;
}

void
auth_offers_make(struct auth_offers *ret, const struct target *t, const struct keyring *k,
                 const struct agents *a)
{
    const char *const *paths = t->key_paths;
    const struct pubkey *own;

    for (size_t i = 0; paths != NULL && paths[i] != NULL; i++) {
        const struct pubkey *named = keyring_public(k, paths[i]);
        if (named != NULL && !is_loaded(t, k, named)) {
            add_named(ret, t, k, a, named);
        }
    }
    for (size_t i = 0; !t->identities_only && (own = agents_key(a, t->agent, i)) != NULL; i++) {
        if (!is_loaded(t, k, own)) {
            add_with_files(ret, t, k, own);
        }
    }
}

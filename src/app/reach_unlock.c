/*
 * reach_unlock.c - opens the keys that have a passphrase, and sees that each host has a way in.
 *
 * Decides which locked keys are needed, and when the operator is asked.  Owns a passphrase while it
 * is tried, and wipes it.  Never asks for a key that an agent holds.
 */
#include "app/run_state.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { TRIES_MAX = 3 };

static bool
is_held(const struct run *run, const struct target *t, const char *path)
{
    const struct pubkey *public = keyring_public(run->keyring, path);

    return public != NULL && t->agent != NULL && agents_has(run->agents, t->agent, public);
}

/* Whether some key of the agent will be shown to the host. */
static bool
has_agent_key(const struct run *run, const struct target *t)
{
    const char *const *paths = t->key_paths;

    if (t->agent != NULL && !t->identities_only) {
        return true;
    }
    for (size_t i = 0; paths != NULL && paths[i] != NULL; i++) {
        if (is_held(run, t, paths[i])) {
            return true;
        }
    }
    return false;
}

static bool
has_way(const struct run *run, const struct target *t)
{
    const char *const *paths = t->key_paths;

    if (t->password != NULL || has_agent_key(run, t)) {
        return true;
    }
    for (size_t i = 0; paths != NULL && paths[i] != NULL; i++) {
        if (keyring_get(run->keyring, paths[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static bool
is_locked(const struct run *run, const struct target *t, const char *path)
{
    return keyring_found(run->keyring, path) == KEYRING_LOCKED && !is_held(run, t, path);
}

/* A key that the inventory names is meant; another one only where nothing else leads in. */
static bool
is_needed(const struct run *run, const struct target *t, const char *path)
{
    return is_locked(run, t, path) && (strv_has(&run->explicit_keys, path) || !has_way(run, t));
}

/* ---------------------------------------------------------------- passphrases */

/* Paths of all locked keys of the run, each once. */
static void
add_locked(const struct run *run, const struct target *t, struct strv *list)
{
    for (; t != NULL; t = t->jump) {
        const char *const *paths = t->key_paths;
        for (size_t i = 0; paths != NULL && paths[i] != NULL; i++) {
            if (is_locked(run, t, paths[i]) && !strv_has(list, paths[i])) {
                strv_add(list, paths[i]);
            }
        }
    }
}

static void
try_passphrase(const struct run *run, const struct strv *locked, const char *passphrase)
{
    for (size_t i = 0; i < locked->count; i++) {
        if (keyring_found(run->keyring, locked->items[i]) == KEYRING_LOCKED) {
            (void)keyring_unlock(run->keyring, locked->items[i], passphrase);
        }
    }
}

static int
ask(struct run *run, const char *path, const struct strv *locked, struct err *err)
{
    char *prompt = xasprintf("Passphrase of key %s: ", path);
    int rc = 0;

    for (int i = 0; i < TRIES_MAX && rc == 0 && keyring_found(run->keyring, path) == KEYRING_LOCKED;
         i++) {
        char *passphrase = NULL;
        rc = run->request->ask(run->request->ask_arg, prompt, i > 0, &passphrase, err);
        if (passphrase != NULL) {
            try_passphrase(run, locked, passphrase);
            explicit_bzero(passphrase, strlen(passphrase));
            free(passphrase);
        }
    }
    free(prompt);
    if (rc == 0 && keyring_found(run->keyring, path) == KEYRING_LOCKED) {
        rc = err_set(err, ERR_CONFIG, "key %s: wrong passphrase, %d times", path, TRIES_MAX);
    }
    return rc;
}

static int
unlock(struct run *run, const char *path, const struct strv *locked, struct err *err)
{
    if (run->request->key_passphrase != NULL) {
        return err_set(err, ERR_CONFIG, "key %s: IM_KEY_PASSPHRASE is not its passphrase", path);
    }
    if (run->request->ask == NULL) {
        return err_set(
            err, ERR_CONFIG,
            "key %s: it has a passphrase: give it in IM_KEY_PASSPHRASE, or the key to an "
            "agent (ssh-add)",
            path);
    }
    return ask(run, path, locked, err);
}

/* ---------------------------------------------------------------- ways in */

/* An agent that is there and holds nothing, or is locked, which looks the same. */
static int
no_way(const struct run *run, const struct target *t, struct err *err)
{
    if (run->key_err.kind != ERR_NONE) {
        *err = run->key_err;
        return -1;
    }
    if (run->empty_agent != NULL) {
        return err_set(err, ERR_CONFIG,
                       "no key: the agent at %s holds none, or is locked: ssh-add gives it one, or "
                       "set ansible_ssh_private_key_file, or make ~/.ssh/id_ed25519",
                       run->empty_agent);
    }
    return err_set(err, ERR_CONFIG,
                   "no key: set ansible_ssh_private_key_file, make ~/.ssh/id_ed25519, start an "
                   "agent, or give a password (-k)%s",
                   t->identities_only ? " (IdentitiesOnly is set)" : "");
}

/* A public half, or a security key, that the inventory names and no agent holds. */
static int
check_explicit(const struct run *run, const struct target *t, const char *path, struct err *err)
{
    if (!strv_has(&run->explicit_keys, path) || is_held(run, t, path) ||
        keyring_found(run->keyring, path) != KEYRING_PUBLIC) {
        return 0;
    }
    return err_set(err, ERR_CONFIG, "key %s: %s, and no agent holds it", path,
                   pubkey_is_sk(keyring_public(run->keyring, path))
                       ? "a security key works through an agent only"
                       : "only its public half is there");
}

static int
unlock_target(struct run *run, const struct target *t, const struct strv *locked, struct err *err)
{
    const char *const *paths = t->key_paths;

    for (size_t i = 0; paths != NULL && paths[i] != NULL; i++) {
        if (check_explicit(run, t, paths[i], err) < 0 ||
            (is_needed(run, t, paths[i]) && unlock(run, paths[i], locked, err) < 0)) {
            return -1;
        }
    }
    return has_way(run, t) ? 0 : no_way(run, t, err);
}

/* Who only looks at keys logs in to the hosts on the way. */
static const struct target *
first_login(const struct run *run, int32_t host)
{
    const struct target *t = &run->hosts[host].target;

    return run->scan != NULL ? t->jump : t;
}

int
reach_unlock(struct run *run, struct err *err)
{
    struct strv locked = {0};
    int rc = 0;

    for (int32_t i = 0; i < run->host_count; i++) {
        add_locked(run, first_login(run, i), &locked);
    }
    if (run->request->key_passphrase != NULL) {
        try_passphrase(run, &locked, run->request->key_passphrase);
    }
    for (int32_t i = 0; i < run->host_count && rc == 0 && plan_is_remote(run->plan); i++) {
        const struct target *t = first_login(run, i);
        for (; t != NULL && !t->local && rc == 0; t = t->jump) {
            rc = unlock_target(run, t, &locked, err);
        }
        if (rc < 0) {
            err_prefix(err, "%s: ", run->hosts[i].host->name);
        }
    }
    strv_clear(&locked);
    return rc;
}

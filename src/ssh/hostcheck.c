/*
 * hostcheck.c - the server's key: which types are asked for, and whether it is accepted.
 *
 * Decides both.  Owns nothing.  Writes no file: who listens to `host_key_accepted` does.
 */
#include "ssh/hostcheck.h"

#include "ssh/hostkey_line.h"
#include "ssh/slot.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What libssh and OpenSSH both have, the cheap ones first. */
static const char algorithms[] = "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
                                 "ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256";

/* ---------------------------------------------------------------- asking */

static bool
is_known(const char *algorithm, size_t len, const char *const *known, size_t known_count)
{
    const char *type = hostkey_type_of_algorithm(algorithm, len);

    for (size_t i = 0; type != NULL && i < known_count; i++) {
        if (strcmp(known[i], type) == 0) {
            return true;
        }
    }
    return false;
}

void
hostcheck_order(const char *list, const char *const *known, size_t known_count, struct buf *out)
{
    const char *all = list == NULL ? algorithms : list;
    const bool as_is = is_known(all, strcspn(all, ","), known, known_count);
    const size_t begin = out->len;

    for (int round = 0; round < (as_is ? 1 : 2); round++) {
        for (const char *p = all; *p != '\0';) {
            const size_t len = strcspn(p, ",");
            if (len > 0 && (as_is || is_known(p, len, known, known_count) == (round == 0))) {
                (void)buf_adds(out, out->len > begin ? "," : "");
                (void)buf_add(out, p, len);
            }
            p += len + (p[len] == ',');
        }
    }
}

/* As ssh does, an alias stands for every port (sshconnect.c, get_hostfile_hostname_ipaddr). */
static struct hostkey_shown
key_asked(const struct slot *s)
{
    const struct target *t = s->target;

    return (struct hostkey_shown){
        .name = t->key_alias != NULL ? t->key_alias : t->address,
        .port = t->key_alias != NULL ? HOSTKEY_PORT : t->port,
    };
}

void
hostcheck_algorithms(const struct slot *s, struct buf *out)
{
    const struct hostkey_shown key = key_asked(s);
    const char *known[HOSTKEY_TYPES_MAX];
    size_t count = 0;

    if (s->target->host_key_algorithms != NULL && s->target->host_key_exact) {
        (void)buf_adds(out, s->target->host_key_algorithms);
        return;
    }
    if (slot_hostkeys(s) != NULL) {
        count = hostkeys_types(slot_hostkeys(s), key.name, key.port, known, HOSTKEY_TYPES_MAX);
    }
    hostcheck_order(s->target->host_key_algorithms, known, count, out);
}

/* ---------------------------------------------------------------- judging */

enum hostcheck
hostcheck_decide(enum hostkey_verdict verdict, enum host_key_checking checking)
{
    if (verdict == HOSTKEY_KNOWN) {
        return HOSTCHECK_TAKE;
    }
    if (verdict != HOSTKEY_UNKNOWN) {
        return HOSTCHECK_REFUSE;
    }
    switch (checking) {
    case HOST_KEY_ACCEPT_NEW:
        return HOSTCHECK_TAKE_NEW;
    case HOST_KEY_OFF:
        return HOSTCHECK_TAKE_LOUDLY;
    case HOST_KEY_UNSET:
    case HOST_KEY_STRICT:
        break;
    }
    return HOSTCHECK_REFUSE;
}

enum { PLACE_SIZE = 512, KEY_SIZE = 512 };

static const char *
scan_words(const struct slot *s)
{
    return s->config->scan_words != NULL ? s->config->scan_words : "keys scan ENV";
}

/* keys scan looks at the hosts of an inventory; one on the way is none of them. */
/* How to get at the key: only what works for a host of its kind.  keys scan asks the hosts of the
 * inventory, not those on the way; ssh-keyscan goes no other way than straight. */
static void
say_way_out(const struct slot *s, struct buf *out)
{
    const struct target *t = s->target;
    const bool is_straight = t->jump == NULL && t->proxy_command == NULL;
    const bool is_hop = s->bridges != NULL;
    struct buf place;

    buf_init(&place, ERR_TEXT_MAX);
    (void)buf_addf(&place, "ssh-keyscan -p %d %s", t->port, t->address);
    if (!is_hop) {
        (void)buf_addf(out, ": if it is the host's, add it with `inventory-manager %s`",
                       scan_words(s));
        if (is_straight) {
            (void)buf_addf(out, ", or what `%s` prints", place.data);
        }
    } else if (is_straight) {
        (void)buf_addf(out, ": if it is the host's, add what `%s` prints", place.data);
    } else if (t->jump != NULL) {
        (void)buf_addf(out, ": if it is the host's, add what `ssh %s %s` prints", t->jump->name,
                       place.data);
    }
    buf_release(&place);
}

static enum slot_step
refuse_unknown(struct slot *s, const char *key)
{
    struct buf way_out;

    buf_init(&way_out, ERR_TEXT_MAX);
    say_way_out(s, &way_out);
    const enum slot_step step = slot_fail(s, CAUSE_HOSTKEY, "unknown: %s is in no known_hosts%s",
                                          key, way_out.len == 0 ? "" : way_out.data);
    buf_release(&way_out);
    return step;
}

/* "known_hosts:12", or where a key stands that no file has. */
static const char *
say_place(const struct hostkey_place *place, char text[PLACE_SIZE])
{
    if (place->line == 0) {
        return "accepted earlier in this run";
    }
    (void)snprintf(text, PLACE_SIZE, "at %s:%d", place->path, place->line);
    return text;
}

static const char no_ca[] = "host certificates are not supported";

/* The way forward is named, but not for a key that changes while we look, nor where somebody meant
 * certificates. */
static enum slot_step
refuse_changed(struct slot *s, const struct hostkey_answer *a, const char *key)
{
    const struct hostkey_shown asked = key_asked(s);
    char place[PLACE_SIZE], ca[PLACE_SIZE];

    if (a->ca.path != NULL) {
        return slot_fail(s, CAUSE_HOSTKEY, "CHANGED: %s is not the key %s (@cert-authority %s: %s)",
                         key, say_place(&a->place, place), say_place(&a->ca, ca), no_ca);
    }
    if (a->place.line == 0) {
        return slot_fail(s, CAUSE_HOSTKEY, "CHANGED: %s is not the key %s", key,
                         say_place(&a->place, place));
    }
    char *name = hostkey_name(asked.name, asked.port);
    const enum slot_step step =
        slot_fail(s, CAUSE_HOSTKEY,
                  "CHANGED: %s is not the key %s: if the host was set up anew, "
                  "`ssh-keygen -R '%s' -f %s`, then `inventory-manager %s`",
                  key, say_place(&a->place, place), name, a->place.path, scan_words(s));
    free(name);
    return step;
}

static enum slot_step
refuse(struct slot *s, const struct hostkey_answer *a, const char *key)
{
    char place[PLACE_SIZE];

    switch (a->verdict) {
    case HOSTKEY_UNKNOWN:
        return refuse_unknown(s, key);
    case HOSTKEY_CHANGED:
        return refuse_changed(s, a, key);
    case HOSTKEY_REVOKED:
        return slot_fail(s, CAUSE_HOSTKEY, "revoked: %s is marked @revoked %s", key,
                         say_place(&a->place, place));
    case HOSTKEY_CA:
        return slot_fail(s, CAUSE_HOSTKEY, "%s: @cert-authority %s: %s", key,
                         say_place(&a->place, place), no_ca);
    case HOSTKEY_KNOWN:
        break;
    }
    assert(false && "a key that is refused for nothing");
    return SLOT_FAIL;
}

static enum slot_step
judge(struct slot *s, const struct hostkey_shown *shown)
{
    const struct pool_config *config = s->config;
    const struct hostkey_answer a = hostkeys_check(slot_hostkeys(s), shown);
    enum hostcheck decided = hostcheck_decide(a.verdict, slot_checking(s));
    char print[HOSTKEY_FINGERPRINT_SIZE];
    char key[KEY_SIZE];

    hostkey_fingerprint(shown->blob, shown->blob_len, print);
    (void)snprintf(key, sizeof(key), "%s %s of %s port %d", shown->type, print, s->target->address,
                   s->target->port);
    if (decided == HOSTCHECK_TAKE_NEW &&
        (config->events.host_key_accepted == NULL || !hostkey_name_is_plain(shown->name))) {
        decided = HOSTCHECK_REFUSE; /* it could not be kept */
    }
    switch (decided) {
    case HOSTCHECK_TAKE:
        return SLOT_DONE;
    case HOSTCHECK_TAKE_LOUDLY:
        (void)slot_fail(s, CAUSE_NONE, "%s accepted without checking", key);
        config->events.warning(config->arg, s->id, s->text);
        return SLOT_DONE;
    case HOSTCHECK_TAKE_NEW:
        (void)slot_fail(s, CAUSE_NONE, "new, accepted: %s", key);
        config->events.host_key_accepted(config->arg, s->id, shown, s->text);
        return SLOT_DONE;
    case HOSTCHECK_REFUSE:
        break;
    }
    return refuse(s, &a, key);
}

enum slot_step
step_hostkey(struct slot *s)
{
    unsigned char blob[SESSION_BLOB_MAX];
    struct hostkey_shown key = key_asked(s);

    key.blob = blob;
    key.blob_len = session_host_key(s->session, blob);
    key.type = hostkey_type_of(blob, key.blob_len);
    if (key.type == NULL) {
        return slot_fail(s, CAUSE_HOSTKEY, "the server's key cannot be read, or is too weak");
    }
    if (s->scan) {
        s->config->events.host_key_seen(s->config->arg, s->id, &key);
        s->closing = true;
        return slot_fail(s, CAUSE_KILLED, "it was only looked at");
    }
    return judge(s, &key);
}

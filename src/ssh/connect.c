/*
 * connect.c - the states before ready: the way there, key exchange, host key, authentication; or local.
 *
 * Decides whether a host key is accepted, in which order key types are asked for and keys are
 * offered.  Owns nothing of its own.  Never changes state: slot.c does.
 */
#include "ssh/slot.h"

#include "base/escape.h"
#include "ssh/hostkey.h"
#include "ssh/keys.h"

#include <assert.h>
#include <string.h>

enum { PORT_DEFAULT = 22 };

static void
on_way_changed(void *arg)
{
    slot_kick(arg);
}

static void
on_way_note(void *arg, const char *text)
{
    const struct slot *s = arg;

    s->config->events.warning(s->config->arg, s->id, text);
}

/* Each of these states waits until the way has left its stage behind. */
enum slot_step
step_way(struct slot *s)
{
    const enum way_stage stage =
        s->state == SLOT_LINE ? WAY_LINE : (s->state == SLOT_RESOLVE ? WAY_NAME : WAY_DIAL);

    if (s->way == NULL) {
        const struct way_request request = {
            .ways = s->owner.ways,
            .target = s->target,
            .connect_ms = slot_connect_ms(s),
            .user_timeout_ms = slot_keepalive_ms(s) * (slot_keepalive_misses(s) + 1),
            .changed = on_way_changed,
            .note = on_way_note,
            .arg = s,
        };
        s->way = way_new(&request);
    }
    if (s->way->stage == WAY_FAILED && s->way->failed_at <= stage) {
        s->throttled = s->way->throttled;
        return slot_fail(s, s->way->cause, "%s", s->way->text);
    }
    return s->way->stage > stage ? SLOT_DONE : SLOT_WAIT;
}

/* As ssh does, an alias stands for every port (sshconnect.c, get_hostfile_hostname_ipaddr). */
static const char *
key_name(const struct slot *s)
{
    return s->target->key_alias != NULL ? s->target->key_alias : s->target->address;
}

static int
key_port(const struct slot *s)
{
    return s->target->key_alias != NULL ? PORT_DEFAULT : s->target->port;
}

/* The types in known_hosts come first, so that a host with several keys shows the one we know;
 * ssh(1) does the same (sshconnect2.c, order_hostkeyalgs). */
static void
host_key_types(const struct slot *s, struct buf *out)
{
    static const struct {
        const char *type;
        const char *algorithms;
    } all[] = {
        {"ssh-ed25519", "ssh-ed25519"},
        {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"},
        {"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"},
        {"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"},
        {"ssh-rsa", "rsa-sha2-512,rsa-sha2-256"},
    };
    const char *known[16];
    const size_t count = hostkeys_types(slot_hostkeys(s), key_name(s), key_port(s), known, 16);

    for (int wanted = 1; wanted >= 0; wanted--) {
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
            int is_known = 0;
            for (size_t k = 0; k < count && k < 16; k++) {
                is_known |= strcmp(known[k], all[i].type) == 0;
            }
            if (is_known == wanted) {
                (void)buf_addf(out, "%s%s", out->len > 0 ? "," : "", all[i].algorithms);
            }
        }
    }
}

enum slot_step
step_dial(struct slot *s)
{
    const enum slot_step step = step_way(s);
    struct buf types;

    if (step != SLOT_DONE) {
        return step;
    }
    buf_init(&types, 512);
    host_key_types(s, &types);
    s->session = session_new(way_take(s->way), s->target, types.data);
    buf_release(&types);
    return SLOT_DONE;
}

enum slot_step
step_kex(struct slot *s)
{
    const enum session_io io = session_kex(s->session);

    if (io == SESSION_AGAIN) {
        return SLOT_WAIT;
    }
    if (io == SESSION_OK) {
        return SLOT_DONE;
    }
    if (!session_has_banner(s->session)) {
        /* MaxStartups and PerSourcePenalties look like this: a TCP connection, then nothing. */
        s->throttled = true;
        return slot_fail_ssh(s, CAUSE_CONNECT, "closed before the banner: ");
    }
    return slot_fail_ssh(s, CAUSE_KEX, "");
}

static enum slot_step
judge(struct slot *s, const unsigned char *blob, size_t len, const char *type)
{
    const struct pool_config *config = s->config;
    struct hostkey_place place = {.path = "", .line = 0};
    char print[64];
    char key[512];

    const enum hostkey_verdict verdict =
        hostkeys_check(slot_hostkeys(s), key_name(s), key_port(s), type, blob, len, &place);
    hostkey_fingerprint(blob, len, print);
    (void)snprintf(key, sizeof(key), "%s %s of %s port %d", type, print, s->target->address,
                   s->target->port);
    switch (verdict) {
    case HOSTKEY_KNOWN:
        return SLOT_DONE;
    case HOSTKEY_UNKNOWN:
        if (slot_checking(s) == HOST_KEY_OFF) {
            (void)slot_fail(s, CAUSE_NONE, "%s accepted without checking", key);
            config->events.warning(config->arg, s->id, s->text);
            return SLOT_DONE;
        }
        return slot_fail(s, CAUSE_HOSTKEY,
                         "unknown: %s is in no known_hosts: if it is the host's, add what "
                         "`ssh-keyscan -p %d %s` prints",
                         key, s->target->port, s->target->address);
    case HOSTKEY_CHANGED:
        return slot_fail(s, CAUSE_HOSTKEY, "CHANGED: %s is not the key at %s:%d", key, place.path,
                         place.line);
    case HOSTKEY_REVOKED:
        return slot_fail(s, CAUSE_HOSTKEY, "revoked: %s is marked @revoked at %s:%d", key,
                         place.path, place.line);
    case HOSTKEY_CA:
        return slot_fail(s, CAUSE_HOSTKEY,
                         "%s: @cert-authority at %s:%d: host certificates are not supported", key,
                         place.path, place.line);
    }
    assert(false && "a verdict outside its enum");
    return SLOT_FAIL;
}

enum slot_step
step_hostkey(struct slot *s)
{
    unsigned char blob[SESSION_BLOB_MAX];
    char type[64] = "";
    const size_t len = session_host_key(s->session, blob);

    /* RFC 4253 6.6: a length of four bytes, then the name of the type. */
    const size_t type_len = len < 4 ? 0 : (size_t)blob[2] << 8 | blob[3];
    if (type_len == 0 || type_len >= sizeof(type) || type_len + 4 > len || blob[0] != 0 ||
        blob[1] != 0) {
        return slot_fail(s, CAUSE_HOSTKEY, "the server's key cannot be read");
    }
    memcpy(type, blob + 4, type_len);
    return judge(s, blob, len, type);
}

/* The end of the session is known; what its way has to say of it is not. */
enum slot_step
step_words(struct slot *s)
{
    const size_t len = strlen(s->text);
    struct buf words;

    if (!way_left(s->way)) {
        return SLOT_WAIT;
    }
    buf_init(&words, ERR_TEXT_MAX - 1);
    way_words(s->way, &words);
    if (words.len > 0) {
        (void)snprintf(s->text + len, sizeof(s->text) - len, " (%s)", words.data);
        s->throttled = false;
        s->cause = s->cause == CAUSE_KEX ? CAUSE_CONNECT : s->cause;
    }
    buf_release(&words);
    return SLOT_DONE;
}

static void
on_wake(void *arg)
{
    slot_kick(arg);
}

enum slot_step
step_local(struct slot *s)
{
    assert(s->config->locals != NULL);
    s->session = session_new_local(s->config->locals, on_wake, s);
    return SLOT_DONE;
}

static enum slot_step
denied(struct slot *s)
{
    const char *const *paths = s->target->key_paths;
    const char *first = NULL;
    struct buf methods;
    int tried = 0;

    for (int i = 0; paths != NULL && i < s->key_index; i++) {
        const char *path = paths[i];
        if (keyring_get(s->config->keyring, path) != NULL) {
            first = tried++ == 0 ? path : first;
        }
    }
    buf_init(&methods, 256);
    session_methods(s->session, &methods);
    /* A server that takes keys only, refused ours: to say `publickey` would lead astray. */
    const bool others = strcmp(methods.data, "publickey") != 0;
    const enum slot_step step = slot_fail(
        s, CAUSE_AUTH, "%s%s%s as %s%s%s",
        tried == 0 ? "no key to offer" : (tried == 1 ? "key " : "none of the keys "),
        tried == 0 ? "" : first,
        tried == 0 ? "" : (tried == 1 ? " not accepted" : ", ... accepted"), s->target->user,
        others ? ": the server would still take: " : "", others ? methods.data : "");
    buf_release(&methods);
    return step;
}

/* Each key in turn, without asking "none" first: that would cost a round trip a host.  sshd ends
 * the connection after MaxAuthTries keys, which is a denial too. */
enum slot_step
step_auth(struct slot *s)
{
    const char *const *paths = s->target->key_paths;

    for (; paths != NULL && paths[s->key_index] != NULL; s->key_index++) {
        ssh_key key = keyring_get(s->config->keyring, paths[s->key_index]);
        if (key == NULL) {
            continue;
        }
        switch (session_auth(s->session, key)) {
        case SESSION_OK:
            session_attach(s->session);
            return SLOT_DONE;
        case SESSION_AGAIN:
            return SLOT_WAIT;
        case SESSION_DENIED:
            break;
        case SESSION_FAIL:
            (void)slot_fail_ssh(s, CAUSE_LOST, "");
            if (strstr(s->text, "Too many authentication failures") != NULL) {
                s->cause = CAUSE_AUTH;
            }
            return SLOT_FAIL;
        }
    }
    return denied(s);
}

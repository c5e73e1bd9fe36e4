/*
 * connect.c - the states before auth: name, TCP, key exchange; or local.
 *
 * Decides what the end of a connection before its banner means; hostcheck.c has the host's key.
 * Owns nothing of its own.  Never changes state: slot.c does.
 */
#include "ssh/slot.h"

#include <assert.h>
#include <limits.h>
#include <netdb.h>
#include <string.h>

/* A look-up always has a deadline; this is what stands for none (the resolver gives up before). */
enum { LOOKUP_MS_UNLIMITED = 24 * 60 * 60 * 1000, BANNER_BYTES_MAX = 64 * 1024 };

static void
on_resolved(void *arg, enum resolve_result result, const struct addresses *addresses,
            const char *text)
{
    static const enum cause causes[] = {
        [RESOLVE_OK] = CAUSE_NONE,
        [RESOLVE_NO_NAME] = CAUSE_NAME,
        [RESOLVE_TEMPORARY] = CAUSE_NAME_TEMPORARY,
        [RESOLVE_DEADLINE] = CAUSE_NAME_TEMPORARY,
    };
    struct slot *s = arg;

    s->lookup = NULL;
    s->resolved = true;
    if (result == RESOLVE_OK) {
        s->addresses = *addresses;
    } else {
        (void)slot_fail(s, causes[result], "%s: %s", s->target->address, text);
    }
    slot_kick(s);
}

enum slot_step
step_resolve(struct slot *s)
{
    if (s->resolved) {
        return s->cause == CAUSE_NONE ? SLOT_DONE : SLOT_FAIL;
    }
    if (s->lookup == NULL) {
        const int64_t ms = slot_connect_ms(s);
        s->lookup = zygote_resolve(s->config->zygote, s->target->address, s->target->port,
                                   ms > 0 ? ms : LOOKUP_MS_UNLIMITED, on_resolved, s);
    }
    return SLOT_WAIT;
}

/* The address, and in front of it what it is reached through: many hosts behind one are one. */
static void
pace_key(const struct slot *s, struct buf *out)
{
    const struct target *t = s->target->jump != NULL ? s->target->jump : s->target;
    char host[NI_MAXHOST];

    if (t == s->target && s->addresses.count > 0 &&
        getnameinfo((const struct sockaddr *)&s->addresses.items[0], s->addresses.sizes[0], host,
                    sizeof(host), NULL, 0, NI_NUMERICHOST) == 0) {
        (void)buf_addf(out, "%s %d", host, t->port);
    } else {
        (void)buf_addf(out, "%s %d", t->address, t->port);
    }
}

enum slot_step
step_pace(struct slot *s)
{
    struct buf key;

    if (s->config->gate != NULL && s->ticket.state == PACE_IDLE) {
        buf_init(&key, 512);
        pace_key(s, &key);
        gate_join(s->config->gate, &s->ticket, key.data);
        buf_release(&key);
    }
    return s->ticket.state == PACE_WAITING ? SLOT_WAIT : SLOT_DONE;
}

static void
on_dialled(void *arg, int fd, bool reset, const char *text)
{
    struct slot *s = arg;

    s->dialled = true;
    s->dialled_fd = fd;
    s->throttled = reset;
    s->short_here = fd < 0 && s->dial != NULL && dial_is_short(s->dial);
    if (fd < 0) {
        (void)slot_fail(s, CAUSE_CONNECT, "%s%s", reset ? "throttled: " : "", text);
    }
    slot_kick(s);
}

/* As long as the keepalives; ssh_config may say more of each than fits, which stands for ever. */
static int64_t
user_timeout_ms(const struct slot *s)
{
    const int64_t ms = slot_keepalive_ms(s);
    const int64_t times = (int64_t)slot_keepalive_misses(s) + 1;

    return ms > INT_MAX / times ? INT_MAX : ms * times;
}

enum slot_step
step_dial(struct slot *s)
{
    struct buf types;

    if (s->dial == NULL) {
        const struct dial_way way = {
            .timeout_ms = slot_connect_ms(s),
            .user_timeout_ms = user_timeout_ms(s),
            .family = s->target->family,
            .bind_address = s->target->bind_address,
        };
        s->dial = dial_start(s->config->base, &s->addresses, &way, on_dialled, s);
        return SLOT_WAIT;
    }
    if (!s->dialled) {
        return SLOT_WAIT;
    }
    dial_free(s->dial);
    s->dial = NULL;
    if (s->dialled_fd < 0) {
        return SLOT_FAIL;
    }
    buf_init(&types, 4096);
    hostcheck_algorithms(s, &types);
    s->session = session_new(s->dialled_fd, s->target, types.data);
    s->dialled_fd = -1;
    buf_release(&types);
    return SLOT_DONE;
}

enum slot_step
step_kex(struct slot *s)
{
    const enum session_io io = session_kex(s->session);

    if (io == SESSION_OK) {
        return SLOT_DONE;
    }
    /* libssh passes over lines before the banner for ever, and calls a line too long a greeting of
     * its own: RFC 4253, 4.2 leaves the limit to the client. */
    if (!session_has_banner(s->session) &&
        (session_received(s->session) > BANNER_BYTES_MAX || session_babbles(s->session))) {
        return slot_fail(s, CAUSE_KEX, "no SSH server: %s before the banner",
                         io == SESSION_AGAIN ? "more than 64 KB" : "a line too long");
    }
    if (io == SESSION_AGAIN) {
        return SLOT_WAIT;
    }
    if (!session_has_banner(s->session)) {
        /* MaxStartups and PerSourcePenalties look like this: a TCP connection, then nothing. */
        s->throttled = true;
        return slot_fail_ssh(s, CAUSE_CONNECT, "throttled: closed before the banner: ");
    }
    struct buf gap;
    buf_init(&gap, ERR_TEXT_MAX);
    const enum slot_step step = session_kex_gap(s->session, &gap)
                                    ? slot_fail(s, CAUSE_KEX, "%s", gap.data)
                                    : slot_fail_ssh(s, CAUSE_KEX, "");
    buf_release(&gap);
    return step;
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

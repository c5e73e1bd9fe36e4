/*
 * connect.c - the states before auth: the way there, key exchange; or local.
 *
 * Decides what the end of a connection before its banner means; hostcheck.c has the host's key.
 * Owns nothing of its own.  Never changes state: slot.c does.
 */
#include "ssh/slot.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#define THROTTLED "throttled: "
#define GUESS ", or it is no SSH server"

enum { BANNER_BYTES_MAX = 64 * 1024 };

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

/* As long as the keepalives; ssh_config may say more of each than fits, which stands for ever. */
static int64_t
user_timeout_ms(const struct slot *s)
{
    const int64_t ms = slot_keepalive_ms(s);
    const int64_t times = (int64_t)slot_keepalive_misses(s) + 1;

    return ms > INT_MAX / times ? INT_MAX : ms * times;
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
            .user_timeout_ms = user_timeout_ms(s),
            .changed = on_way_changed,
            .note = on_way_note,
            .arg = s,
        };
        s->way = way_new(&request);
    }
    if (s->way->stage == WAY_FAILED && s->way->failed_at <= stage) {
        s->throttled = s->way->throttled;
        s->short_here = s->way->is_short;
        return slot_fail(s, s->way->cause, "%s", s->way->text);
    }
    return s->way->stage > stage ? SLOT_DONE : SLOT_WAIT;
}

/* Only connections of this machine's own are paced: a jump host's session was, and what goes
 * through it is limited there (bridge.h). */
enum slot_step
step_pace(struct slot *s)
{
    struct buf key;

    if (!way_is_paced(s->way)) {
        return SLOT_DONE;
    }
    if (s->config->gate != NULL && s->ticket.state == PACE_IDLE) {
        buf_init(&key, 512);
        way_key(s->way, &key);
        gate_join(s->config->gate, &s->ticket, key.data);
        buf_release(&key);
    }
    if (s->ticket.state == PACE_WAITING) {
        return SLOT_WAIT;
    }
    way_go(s->way);
    return SLOT_DONE;
}

enum slot_step
step_dial(struct slot *s)
{
    const enum slot_step step = step_way(s);
    struct buf types;

    if (step != SLOT_DONE) {
        return step;
    }
    buf_init(&types, 4096);
    hostcheck_algorithms(s, &types);
    s->session = session_new(way_take(s->way), s->target, types.data);
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
        return slot_fail(s, CAUSE_CONNECT, THROTTLED "closed before the banner" GUESS);
    }
    struct buf gap;
    buf_init(&gap, ERR_TEXT_MAX);
    const enum slot_step step = session_kex_gap(s->session, &gap)
                                    ? slot_fail(s, CAUSE_KEX, "%s", gap.data)
                                    : slot_fail_ssh(s, CAUSE_KEX, "");
    buf_release(&gap);
    return step;
}

/* The way knows why it ended: no server has said later. */
static void
is_not_throttled(struct slot *s)
{
    char *word = s->throttled ? strstr(s->text, THROTTLED) : NULL;
    char *guess = s->throttled ? strstr(s->text, GUESS) : NULL;

    s->throttled = false;
    if (guess != NULL) {
        *guess = '\0';
    }
    if (word != NULL) {
        const char *rest = word + strlen(THROTTLED);
        memmove(word, rest, strlen(rest) + 1);
    }
}

/* The end of the session is known; what its way has to say of it is not. */
enum slot_step
step_words(struct slot *s)
{
    struct buf words;

    if (!way_left(s->way)) {
        return SLOT_WAIT;
    }
    buf_init(&words, ERR_TEXT_MAX - 1);
    way_words(s->way, &words);
    if (words.len > 0) {
        is_not_throttled(s);
        const size_t len = strlen(s->text);
        (void)snprintf(s->text + len, ERR_TEXT_MAX - len, " (%s)", words.data);
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

/*
 * slot.c - the table of states, the turn that drives it, and how a session ends.
 *
 * Decides which state follows which, which time limit a state has and what is blamed when it
 * passes.  Owns session, timers and the step under way.  Never calls libssh itself.
 */
#include "ssh/slot.h"

#include "base/xalloc.h"
#include "ssh/seam.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The time limit that enter() arms. */
enum limit {
    LIMIT_KEEP,    /* the one that runs goes on */
    LIMIT_CONNECT, /* the name has one; TCP, banner, key exchange share one, each time anew */
    LIMIT_AUTH,
    LIMIT_ANSWER, /* channel and exec: the other side must say yes or no */
    LIMIT_NONE,
};

/* Invariants: session is NULL before kex or ready and not NULL from there to kill and words;
 * job.active from open to close.  gone is entered once and never left. */
static const struct rule {
    const char *name;
    const char *said; /* before a reason: the phase, unless the step under way says it already */
    enum slot_step (*step)(struct slot *s);
    enum slot_state next;
    enum limit limit;
    enum cause blame; /* when the limit passes */
} rules[] = {
    [SLOT_LINE] = {"line", "", step_way, SLOT_RESOLVE, LIMIT_NONE, CAUSE_NONE},
    [SLOT_RESOLVE] = {"resolve", "resolve: ", step_way, SLOT_PACE, LIMIT_CONNECT,
                      CAUSE_NAME_TEMPORARY},
    [SLOT_PACE] = {"pace", "connect: ", step_pace, SLOT_DIAL, LIMIT_NONE, CAUSE_CONNECT},
    [SLOT_DIAL] = {"connect", "connect: ", step_dial, SLOT_KEX, LIMIT_CONNECT, CAUSE_CONNECT},
    [SLOT_KEX] = {"kex", "kex: ", step_kex, SLOT_HOSTKEY, LIMIT_KEEP, CAUSE_KEX},
    [SLOT_HOSTKEY] = {"host key", "host key: ", step_hostkey, SLOT_AUTH, LIMIT_KEEP, CAUSE_HOSTKEY},
    /* Not CAUSE_AUTH: a server that is slow has not denied anything, and must not trip the
     * breaker of denials. */
    [SLOT_AUTH] = {"auth", "auth: ", step_auth, SLOT_READY, LIMIT_AUTH, CAUSE_CONNECT},
    [SLOT_LOCAL] = {"local", "", step_local, SLOT_READY, LIMIT_NONE, CAUSE_NONE},
    [SLOT_READY] = {"ready", "", step_ready, SLOT_OPEN, LIMIT_NONE, CAUSE_LOST},
    [SLOT_OPEN] = {"channel", "channel: ", step_open, SLOT_EXEC, LIMIT_ANSWER, CAUSE_LOST},
    [SLOT_EXEC] = {"exec", "exec: ", step_exec, SLOT_IO, LIMIT_KEEP, CAUSE_LOST},
    [SLOT_IO] = {"step", "", step_io, SLOT_CLOSE, LIMIT_NONE, CAUSE_DEADLINE},
    [SLOT_CLOSE] = {"close", "", step_close, SLOT_READY, LIMIT_NONE, CAUSE_LOST},
    [SLOT_KILL] = {"kill", "", step_kill, SLOT_GONE, LIMIT_NONE, CAUSE_NONE},
    [SLOT_WORDS] = {"words", "", step_words, SLOT_GONE, LIMIT_NONE, CAUSE_NONE},
    [SLOT_GONE] = {"gone", "", NULL, SLOT_GONE, LIMIT_NONE, CAUSE_NONE},
};
_Static_assert(sizeof(rules) / sizeof(rules[0]) == SLOT_STATES, "a rule a state");

const char *
slot_state_said(enum slot_state state)
{
    return rules[state].said;
}

/* ---------------------------------------------------------------- timers */

static const char *const timer_names[] = {
    [TIMER_PHASE] = "no answer in time",
    [TIMER_STEP] = "not finished at its time limit",
    [TIMER_IDLE] = "no output for its idle limit",
    [TIMER_STALL] = "stalled: the other side takes nothing more of what is sent",
    [TIMER_DRAIN] = "drain",
    [TIMER_DRAIN_MAX] = "drain",
    [TIMER_KEEPALIVE] = "keepalive",
};
_Static_assert(sizeof(timer_names) / sizeof(timer_names[0]) == SLOT_TIMERS, "a name a timer");

static void slot_turn(struct slot *s);

static void
on_timer(struct slot *s, enum slot_timer t)
{
    s->expired |= 1U << t;
    slot_turn(s);
}

#define TIMER_CALLBACK(name, timer)                                                                \
    static void name(evutil_socket_t fd, short what, void *arg)                                    \
    {                                                                                              \
        (void)fd;                                                                                  \
        (void)what;                                                                                \
        on_timer(arg, timer);                                                                      \
    }
TIMER_CALLBACK(on_phase, TIMER_PHASE)
TIMER_CALLBACK(on_step, TIMER_STEP)
TIMER_CALLBACK(on_idle, TIMER_IDLE)
TIMER_CALLBACK(on_stall, TIMER_STALL)
TIMER_CALLBACK(on_drain, TIMER_DRAIN)
TIMER_CALLBACK(on_drain_max, TIMER_DRAIN_MAX)
TIMER_CALLBACK(on_keepalive, TIMER_KEEPALIVE)

static const event_callback_fn timer_callbacks[] = {
    [TIMER_PHASE] = on_phase,         [TIMER_STEP] = on_step,   [TIMER_IDLE] = on_idle,
    [TIMER_STALL] = on_stall,         [TIMER_DRAIN] = on_drain, [TIMER_DRAIN_MAX] = on_drain_max,
    [TIMER_KEEPALIVE] = on_keepalive,
};
_Static_assert(sizeof(timer_callbacks) / sizeof(timer_callbacks[0]) == SLOT_TIMERS,
               "a callback a timer");

void
slot_timer_set(struct slot *s, enum slot_timer t, int64_t ms)
{
    const struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};

    if (s->timers[t] == NULL) {
        s->timers[t] = evtimer_new(s->config->base, timer_callbacks[t], s);
        assert(s->timers[t] != NULL);
    }
    s->expired &= ~(1U << t);
    (void)evtimer_add(s->timers[t], &tv);
}

void
slot_timer_stop(struct slot *s, enum slot_timer t)
{
    if (s->timers[t] != NULL) { /* an idle session holds only what it waits for */
        event_free(s->timers[t]);
        s->timers[t] = NULL;
    }
    s->expired &= ~(1U << t);
}

/* ---------------------------------------------------------------- failing */

enum slot_step
slot_fail(struct slot *s, enum cause cause, const char *fmt, ...)
{
    va_list ap;

    s->cause = cause;
    if (s->text == NULL) {
        s->text = xcalloc(1, ERR_TEXT_MAX);
    }
    const int n = snprintf(s->text, ERR_TEXT_MAX, "%s", rules[s->state].said);
    if (n >= 0 && n < ERR_TEXT_MAX) {
        va_start(ap, fmt);
        (void)vsnprintf(s->text + n, (size_t)(ERR_TEXT_MAX - n), fmt, ap);
        va_end(ap);
    }
    return SLOT_FAIL;
}

enum slot_step
slot_fail_ssh(struct slot *s, enum cause cause, const char *what)
{
    struct buf text;

    buf_init(&text, ERR_TEXT_MAX);
    session_error(s->session, &text);
    const enum slot_step step = slot_fail(s, cause, "%s%s", what, text.data);
    buf_release(&text);
    return step;
}

/* ---------------------------------------------------------------- what holds for this host */

int64_t
slot_connect_ms(const struct slot *s)
{
    const int64_t own = s->target->connect_timeout_ms;

    return own != 0 ? own : s->config->connect_timeout_ms;
}

int64_t
slot_keepalive_ms(const struct slot *s)
{
    const int64_t own = s->target->keepalive_ms;

    return own != 0 ? own : s->config->keepalive_ms;
}

int
slot_keepalive_misses(const struct slot *s)
{
    const int own = s->target->keepalive_misses;

    return own != 0 ? own : KEEPALIVE_MISSES_MAX;
}

const struct hostkeys *
slot_hostkeys(const struct slot *s)
{
    return s->target->hostkeys != NULL ? s->target->hostkeys : s->config->hostkeys;
}

enum host_key_checking
slot_checking(const struct slot *s)
{
    const enum host_key_checking own = s->target->checking;

    return own != HOST_KEY_UNSET ? own : s->config->checking;
}

/* ---------------------------------------------------------------- the turn */

/* 0: no limit, and none left over from the state before. */
static void
limit_phase(struct slot *s, int64_t ms)
{
    if (ms > 0) {
        slot_timer_set(s, TIMER_PHASE, ms);
    } else {
        slot_timer_stop(s, TIMER_PHASE);
    }
}

static void
enter(struct slot *s, enum slot_state state)
{
    const struct pool_events *events = &s->config->events;

    if (events->trace != NULL) {
        events->trace(s->config->arg, s->id, rules[s->state].name, rules[state].name);
    }
    s->state = state;
    switch (rules[state].limit) {
    case LIMIT_KEEP:
        break;
    case LIMIT_CONNECT:
    case LIMIT_ANSWER:
        limit_phase(s, slot_connect_ms(s));
        break;
    case LIMIT_AUTH:
        limit_phase(s, s->config->auth_timeout_ms);
        break;
    case LIMIT_NONE:
        slot_timer_stop(s, TIMER_PHASE);
        break;
    }
}

static void
on_io(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    slot_turn(arg);
}

static void
on_kick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    slot_turn(arg);
}

void
slot_kick(struct slot *s)
{
    event_active(s->kick, EV_TIMEOUT, 0);
}

/* What a turn sends leaves as one segment where it can. */
static void
cork(const struct slot *s, bool on)
{
    const int fd = s->session == NULL ? -1 : session_fd(s->session);

    if (on) {
        seam_cork(fd);
    } else {
        seam_uncork(fd);
    }
}

/* The socket is only watched while a session has it; dial.c watches its own. */
static void
arm(struct slot *s)
{
    if (s->session == NULL || session_fd(s->session) < 0 || s->state == SLOT_WORDS) {
        return;
    }
    const bool writes = session_wants_write(s->session) || seam_holds(session_fd(s->session));
    const int ready = EV_READ | (writes ? EV_WRITE : 0);
    const short mask = (short)(EV_PERSIST | (s->auth.waits ? 0 : ready));
    if (s->io != NULL && mask == s->io_mask) {
        return;
    }
    if (s->io != NULL) {
        event_free(s->io);
    }
    s->io = event_new(s->config->base, session_fd(s->session), mask, on_io, s);
    assert(s->io != NULL);
    (void)event_add(s->io, NULL);
    s->io_mask = mask;
}

/* A limit of the step under way. */
static bool
step_is_late(struct slot *s)
{
    static const struct {
        enum slot_timer timer;
        enum cause cause;
    } rows[] = {{TIMER_STEP, CAUSE_DEADLINE}, {TIMER_STALL, CAUSE_IDLE}, {TIMER_IDLE, CAUSE_IDLE}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (s->job.active && !s->job.draining && (s->expired & (1U << rows[i].timer)) != 0) {
            (void)slot_fail(s, rows[i].cause, "%s", timer_names[rows[i].timer]);
            return true;
        }
    }
    return false;
}

/* True if the session has to end for a reason from outside its state. */
static bool
interrupted(struct slot *s)
{
    const struct rule *rule = &rules[s->state];

    if (s->closing) {
        (void)slot_fail(s, CAUSE_KILLED, "closed by the operator");
        return true;
    }
    if ((s->expired & (1U << TIMER_PHASE)) != 0) {
        const bool silent = s->state == SLOT_KEX && !session_has_banner(s->session);
        (void)slot_fail(s, silent ? CAUSE_CONNECT : rule->blame, "%s%s", timer_names[TIMER_PHASE],
                        silent ? " (no banner)" : "");
        return true;
    }
    return step_is_late(s);
}

/* Liveness is judged by bytes received: ssh_send_keepalive always says OK. */
static bool
keepalive_over(struct slot *s)
{
    if ((s->expired & (1U << TIMER_KEEPALIVE)) == 0) {
        return false;
    }
    slot_timer_set(s, TIMER_KEEPALIVE, slot_keepalive_ms(s));
    const uint64_t received = session_received(s->session);
    s->unanswered = received == s->received ? s->unanswered : 0;
    s->received = received;
    if (s->unanswered >= slot_keepalive_misses(s)) {
        (void)slot_fail(s, CAUSE_LOST, "connection lost: %d keepalives without an answer",
                        slot_keepalive_misses(s));
        return true;
    }
    session_keepalive(s->session);
    s->unanswered++;
    return false;
}

static void
disarm(struct slot *s)
{
    if (s->io != NULL) {
        event_free(s->io);
        s->io = NULL;
    }
}

static void
release_session(struct slot *s)
{
    disarm(s);
    auth_release(s);
    cork(s, false); /* libssh closes the socket behind its goodbye */
    session_free(s->session);
    s->session = NULL;
    (void)event_del(s->kick); /* a kick that waits must not wake the dead */
    for (int t = 0; t < SLOT_TIMERS; t++) {
        slot_timer_stop(s, (enum slot_timer)t);
    }
}

static void
release_io(struct slot *s)
{
    release_session(s);
    way_free(s->way); /* it carries the session's goodbye */
    s->way = NULL;
}

/* The pool forgets the slot first, so that the id is free when its last words are heard. */
static void
end(struct slot *s)
{
    const struct pool_events *events = &s->config->events;
    void *arg = s->config->arg;

    if (s->job.active) {
        job_settle(s, s->cause, s->text);
    }
    release_io(s);
    if (s->config->gate != NULL) {
        gate_leave(s->config->gate, &s->ticket);
    }
    s->owner.gone(s->owner.arg, s);
    job_tell(s);
    if (s->closing) {
        events->disconnected(arg, s->id);
    } else if (!s->connected) {
        events->connect_failed(arg, s->id, s->cause, s->throttled, s->text);
    } else {
        events->lost(arg, s->id, s->text);
    }
}

static enum pace_end
pace_end_of(const struct slot *s)
{
    return s->short_here ? PACE_SHORT : s->throttled ? PACE_THROTTLED : PACE_OTHER;
}

static void
note_tries(struct slot *s)
{
    const size_t used = strlen(s->text);

    if (s->throttled && s->ticket.tries > 1) {
        (void)snprintf(s->text + used, ERR_TEXT_MAX - used, " (tried %d times)", s->ticket.tries);
    }
}

/* Not the host's fault, or its server's way to say later: back to the gate, as if new. */
static bool
goes_back(struct slot *s)
{
    const struct pool_events *events = &s->config->events;

    if (s->config->gate == NULL || s->ticket.state != PACE_UNDER_WAY) {
        return false;
    }
    if (s->closing) {
        gate_leave(s->config->gate, &s->ticket);
        return false;
    }
    if (!gate_over(s->config->gate, &s->ticket, pace_end_of(s))) {
        note_tries(s);
        return false;
    }
    if (s->short_here && events->short_here != NULL) {
        events->short_here(s->config->arg, s->id, s->text);
    }
    release_session(s);
    s->throttled = s->short_here = false;
    s->cause = CAUSE_NONE;
    free(s->text);
    s->text = NULL;
    return true;
}

/* A way that broke under the session says why: the session only knows that its socket ended. */
static enum slot_state
leave_way(struct slot *s)
{
    const bool cut = s->cause == CAUSE_CONNECT || s->cause == CAUSE_KEX || s->cause == CAUSE_LOST;

    if (!cut || s->closing || s->session == NULL) {
        return SLOT_GONE;
    }
    disarm(s);
    (void)way_leave(s->way);
    return SLOT_WORDS;
}

/* What runs on this machine is killed first, and its end waited for: nothing may be begun beside
 * it. How the step then ends says nothing of it. */
static enum slot_state
leave(struct slot *s)
{
    if (goes_back(s)) {
        return SLOT_PACE;
    }
    if (s->session == NULL || !session_channel_kill(s->session)) {
        return leave_way(s);
    }
    job_settle(s, s->cause, s->text);
    return SLOT_KILL;
}

static enum slot_state
after(struct slot *s, enum slot_step step)
{
    switch (step) {
    case SLOT_DONE:
        return rules[s->state].next;
    case SLOT_SKIP:
        return SLOT_CLOSE;
    case SLOT_FAIL:
        return leave(s);
    case SLOT_WAIT:
        break;
    }
    return s->state;
}

static void
greet(struct slot *s)
{
    s->connected = true;
    if (s->config->gate != NULL) {
        (void)gate_over(s->config->gate, &s->ticket, PACE_IN);
    }
    if (s->way != NULL && !way_carries(s->way)) { /* most of what an idle session would hold */
        way_free(s->way);
        s->way = NULL;
    }
    if (slot_keepalive_ms(s) > 0 && !s->target->local) {
        s->received = session_received(s->session);
        slot_timer_set(s, TIMER_KEEPALIVE, slot_keepalive_ms(s));
    }
    s->config->events.connected(s->config->arg, s->id);
}

static void
slot_turn(struct slot *s)
{
    assert(!s->turning && s->state != SLOT_GONE);
    s->turning = true;
    cork(s, true);
    const bool ending = s->state == SLOT_KILL || s->state == SLOT_WORDS;
    if (!ending && (interrupted(s) || keepalive_over(s))) {
        enter(s, leave(s));
    }
    while (s->state != SLOT_GONE) {
        const enum slot_step step = rules[s->state].step(s);
        if (step == SLOT_WAIT) {
            break;
        }
        enter(s, after(s, step));
        if (s->state == SLOT_READY && !s->connected) {
            greet(s);
        }
    }
    s->turning = false;
    if (s->state == SLOT_GONE) {
        end(s);
        return;
    }
    cork(s, false);
    arm(s);
}

/* ---------------------------------------------------------------- from the pool */

/* Nobody stands in line for a straight way. */
static enum slot_state
first_state(const struct target *target)
{
    if (target->local) {
        return SLOT_LOCAL;
    }
    return target->jump != NULL || target->proxy_command != NULL ? SLOT_LINE : SLOT_RESOLVE;
}

struct slot *
slot_new(const struct slot_owner *owner, int32_t id, const struct target *target)
{
    struct slot *s = xcalloc(1, sizeof(*s));

    s->config = owner->config;
    s->owner = *owner;
    s->id = id;
    s->target = target;
    s->auth.last_key = -1;
    s->ticket.arg = s;
    s->kick = event_new(s->config->base, -1, 0, on_kick, s);
    assert(s->kick != NULL);
    s->state = first_state(target);
    enter(s, s->state);
    slot_kick(s);
    return s;
}

void
slot_free(struct slot *s)
{
    if (s == NULL) {
        return;
    }
    assert(!s->turning);
    release_io(s);
    if (s->config->gate != NULL) {
        gate_leave(s->config->gate, &s->ticket);
    }
    job_release(&s->job);
    event_free(s->kick);
    free(s->text);
    free(s);
}

bool
slot_run(struct slot *s, const struct step_request *request)
{
    const bool idle = s->state == SLOT_READY || s->state == SLOT_CLOSE;

    if (!idle || s->job.active || s->closing) {
        return false;
    }
    s->following = request->following;
    job_begin(s, request);
    slot_kick(s);
    return true;
}

void
slot_close(struct slot *s)
{
    s->closing = true;
    slot_kick(s);
}

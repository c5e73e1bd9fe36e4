/*
 * sim_model.h - what facts make of hosts, waves and budget: worked out once more.
 *
 * A second, plain reading of the rollout semantics, without queues, timers or speed.  Never looks
 * inside the scheduler; sim_check.h holds the scheduler's orders against it.
 */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "unit/core/sim_case.h"

enum check_open { OPEN_NONE, OPEN_CONNECT, OPEN_STEP, OPEN_PROBE, OPEN_FINALLY };

/* What has become of a run_once step. */
enum check_once { ONCE_NOBODY, ONCE_SOMEBODY, ONCE_PASSED, ONCE_LOST };

struct check_host {
    bool started, over, killed, must_disconnect;
    bool connected, was_connected, reaching, reached; /* reach: the one reconnect for finally */
    bool sent_any, sent, unsure, refused;
    bool had_to_wait, turn,
        ordered;     /* at a run_once or throttled step: has its turn, was ordered to run it */
    bool gating;     /* the steps ended well, the gate is not decided */
    bool steps_over; /* what follows is the finally list */
    int32_t position, probe_try, probe_check, probe_row;
    enum cause of_others; /* CAUSE_GATE or CAUSE_ONCE where that is why */
    enum outcome outcome;
    enum check_open open; /* the order that waits for its answer */
    int32_t slot, connects, step, attempt, finally_step;
    bool waiting; /* for a time: not before from, due at to at the latest */
    int64_t from_ms, to_ms;
};

struct check {
    const struct sim_case *c; /* borrowed */
    struct check_host hosts[SIM_HOSTS_MAX];
    enum check_once once[SIM_STEPS_MAX];
    int32_t inside[SIM_STEPS_MAX]; /* hosts that have their turn */
    uint64_t turns;                /* taken by a host that had to wait for it */
    bool restrained;               /* some step is run_once or throttled */
    bool slots[SIM_HOSTS_MAX];
    int32_t wave_of[SIM_HOSTS_MAX]; /* by position */
    int32_t wave_left[SIM_HOSTS_MAX], wave_bad[SIM_HOSTS_MAX], wave_size[SIM_HOSTS_MAX];
    int64_t open_ms[SIM_HOSTS_MAX]; /* by wave: its hosts may start from then on; -1: not yet */
    int32_t waves, wave, width;
    int32_t position, last_host, active, bad, denials;
    int32_t counts[OUTCOMES];
    bool stopped, timed_out, finished;
    int64_t now_ms, wait_ms;
    char wrong[256]; /* empty: nothing is */
};

#define CHECK(k, holds, ...)                                                                       \
    do {                                                                                           \
        if (!(holds) && (k)->wrong[0] == '\0') {                                                   \
            (void)snprintf((k)->wrong, sizeof((k)->wrong), __VA_ARGS__);                           \
        }                                                                                          \
    } while (0)

/* ---- waves, slots, budget: worked out here once more */

static void
check_init(struct check *k, const struct sim_case *c)
{
    const struct policy *o = &c->policy;
    int32_t left = 0;

    memset(k, 0, sizeof(*k));
    k->c = c;
    k->wait_ms = -1;
    k->last_host = -1;
    k->waves = 0;
    for (int32_t i = 0; i < c->host_count; i++) {
        if (left == 0) {
            const int32_t last = o->serial_count - 1;
            const struct amount a = o->serial[last < 0 ? 0 : k->waves < last ? k->waves : last];
            left = o->strategy != STRATEGY_ROLLING ? c->host_count
                   : o->serial_count == 0          ? (o->workers > 0 ? o->workers : 1)
                   : a.percent                     ? c->host_count * a.value / 100
                                                   : a.value;
            left = left < 1 ? 1 : left;
            k->open_ms[k->waves] = k->waves == 0 ? 0 : -1;
            k->waves++;
        }
        left--;
        k->wave_of[i] = k->waves - 1;
        k->wave_size[k->waves - 1]++;
        k->wave_left[k->waves - 1]++;
    }
    for (int32_t i = 0; i < c->step_count; i++) {
        k->restrained |= c->steps[i].run_once || c->steps[i].throttle > 0;
    }
    k->width = o->strategy == STRATEGY_SEQUENTIAL || o->workers == 0 ? 1 : o->workers;
}

static void
check_count(struct check *k)
{
    const struct policy *o = &k->c->policy;
    const int64_t bad = ++k->bad;
    const bool exceeded = o->max_fail.percent
                              ? bad * 100 > (int64_t)o->max_fail.value * k->c->host_count
                              : bad > o->max_fail.value;

    k->wave_bad[k->wave]++;
    if (o->has_budget && exceeded && o->on_failure != ON_FAILURE_CONTINUE) {
        k->stopped = true;
    }
}

static bool
check_restrained(const struct check *k, const struct check_host *h)
{
    const struct plan_step *s = &k->c->steps[h->step];

    return s->run_once || s->throttle > 0;
}

/* Still has steps before it, this one too. */
static bool
check_at_steps(const struct check_host *h)
{
    return h->started && !h->over && !h->steps_over && !h->gating;
}

static bool
check_held(const struct check *k, const struct check_host *h)
{
    return check_at_steps(h) && check_restrained(k, h) && !h->turn && h->open == OPEN_NONE &&
           !h->waiting;
}

/* The host leaves its step, one way or the other. */
static void
check_leave(struct check *k, struct check_host *h, bool good)
{
    if (!h->turn) {
        return;
    }
    k->inside[h->step]--;
    if (k->c->steps[h->step].run_once) {
        k->once[h->step] = good ? ONCE_PASSED : h->ordered ? ONCE_LOST : ONCE_NOBODY;
        k->stopped |= !good && h->ordered;
    }
    h->turn = h->ordered = false;
}

static void
check_decide(struct check *k, struct check_host *h, enum outcome outcome)
{
    check_leave(k, h, false);
    h->gating = false;
    h->outcome = outcome;
    h->steps_over = true;
    if (outcome_is_bad(outcome)) {
        check_count(k);
    }
}

static void
check_killed(struct check *k, struct check_host *h)
{
    check_decide(k, h, h->sent_any ? OUTCOME_UNKNOWN : OUTCOME_CANCELLED);
}

/* Whether anything at all needs a connection. */
static bool
check_remote(const struct sim_case *c)
{
    bool remote = false;

    for (int32_t i = 0; i < c->step_count; i++) {
        remote |= !c->steps[i].local;
    }
    for (int32_t i = 0; i < c->finally_count; i++) {
        remote |= !c->finally_steps[i].local;
    }
    for (int32_t i = 0; c->policy.gate_enabled && i < c->check_count; i++) {
        remote |= !c->checks[i].local;
    }
    return remote;
}

/* ---- facts: what each makes of the host */

static void
check_wait(struct check *k, struct check_host *h, int64_t from_ms, int64_t to_ms)
{
    h->waiting = true;
    h->from_ms = k->now_ms + from_ms;
    h->to_ms = k->now_ms + to_ms;
}

static void
check_back_off(struct check *k, struct check_host *h)
{
    int64_t delay_ms = k->c->policy.retry_delay_ms;

    for (int32_t i = 1; i < h->connects; i++) {
        delay_ms = delay_ms * 2 < 60000 ? delay_ms * 2 : 60000;
    }
    delay_ms = delay_ms < 60000 ? delay_ms : 60000;
    check_wait(k, h, delay_ms, delay_ms + delay_ms / 4);
}

static bool
check_may_connect(const struct check *k, const struct check_host *h, const struct fact *f)
{
    static const bool helps[CAUSES] = {
        [CAUSE_NAME_TEMPORARY] = true,
        [CAUSE_CONNECT] = true,
        [CAUSE_KEX] = true,
        [CAUSE_LOST] = true,
    };
    const bool asked = f->kind == FACT_THROTTLED || (k->c->policy.retry_connect && helps[f->cause]);

    return asked && h->connects <= k->c->policy.retries_max;
}

/* A try of the gate is over and the gate is not passed. */
static void
check_try_over(struct check *k, struct check_host *h)
{
    const struct policy *o = &k->c->policy;

    if (h->probe_try == 1 + o->gate_retries) {
        h->of_others = CAUSE_GATE;
        check_decide(k, h, OUTCOME_FAILED);
        return;
    }
    h->probe_try++;
    h->probe_check = 0;
    check_wait(k, h, o->gate_interval_ms, o->gate_interval_ms);
}

static void
check_probe_fact(struct check *k, struct check_host *h, const struct fact *f)
{
    h->open = OPEN_NONE;
    h->from_ms = k->now_ms;
    if (f->kind == FACT_PROBE_FAILED && !k->c->checks[h->probe_check].local &&
        (f->cause == CAUSE_LOST || f->cause == CAUSE_DEADLINE || f->cause == CAUSE_IDLE ||
         f->cause == CAUSE_KILLED)) {
        h->connected = false;
    }
    if (h->killed) {
        check_killed(k, h);
    } else if (f->kind == FACT_PROBE_FAILED) {
        h->probe_row = 0;
        check_try_over(k, h);
    } else if (h->probe_check < k->c->check_count - 1) {
        h->probe_check++;
    } else if (++h->probe_row == k->c->policy.gate_successes) {
        h->gating = false;
        h->steps_over = true;
    } else {
        check_try_over(k, h);
    }
}

static void
check_connect_ended(struct check *k, struct check_host *h, const struct fact *f)
{
    h->open = OPEN_NONE;
    if (f->kind == FACT_CONNECTED) {
        h->connected = h->was_connected = true;
        k->denials = 0;
    }
    if (h->steps_over) {
        h->reaching = false;
    } else if (h->killed) {
        check_killed(k, h);
    } else if (h->gating && f->kind != FACT_CONNECTED) {
        h->probe_row = 0;
        check_try_over(k, h);
    } else if (f->kind == FACT_CONNECTED) {
        h->from_ms = k->now_ms;
    } else if (check_may_connect(k, h, f)) {
        check_back_off(k, h);
    } else {
        k->stopped |= f->cause == CAUSE_AUTH && ++k->denials >= 3;
        check_decide(k, h, h->unsure ? OUTCOME_UNKNOWN : OUTCOME_UNREACHABLE);
    }
}

static void
check_step_good(struct check *k, struct check_host *h)
{
    const bool gate = k->c->policy.gate_enabled && k->c->check_count > 0;

    check_leave(k, h, true);
    if (h->step + 1 == k->c->step_count && !gate) {
        h->steps_over = true;
    } else if (h->step + 1 == k->c->step_count && !h->killed) {
        h->gating = true;
        h->probe_try = 1;
        h->from_ms = k->now_ms;
    } else if (h->killed) {
        check_killed(k, h);
    } else {
        h->step++;
        h->attempt = 1;
        h->unsure = h->refused = false;
        h->from_ms = k->now_ms;
    }
}

static bool
check_code_fine(const struct plan_step *s, const struct fact *f)
{
    bool listed = false;

    for (size_t i = 0; i < sizeof(s->ok_codes); i++) {
        listed |= s->ok_codes[i] != 0;
    }
    if (f->signal != 0 || f->exit_code < 0 || f->exit_code > 255) {
        return false;
    }
    return listed ? (s->ok_codes[f->exit_code / 8] & 1 << f->exit_code % 8) != 0
                  : f->exit_code == 0;
}

static void
check_step_bad(struct check *k, struct check_host *h, const struct fact *f)
{
    const struct plan_step *s = &k->c->steps[h->step];
    const bool done = f->kind == FACT_STEP_DONE;

    h->sent_any = true;
    h->unsure = !done;
    if (h->killed) {
        check_killed(k, h);
    } else if (s->idempotent && h->attempt <= s->retries) {
        h->attempt++;
        check_wait(k, h, s->delay_ms, s->delay_ms);
    } else if (done && s->ignore_errors) {
        check_step_good(k, h);
    } else {
        check_decide(k, h, done ? OUTCOME_FAILED : OUTCOME_UNKNOWN);
    }
}

static void
check_not_started(struct check *k, struct check_host *h, const struct fact *f)
{
    if (h->killed) {
        check_killed(k, h);
    } else if (f->cause == CAUSE_REFUSED && !h->refused) {
        h->refused = true;
        check_wait(k, h, k->c->policy.retry_delay_ms, k->c->policy.retry_delay_ms);
    } else if (f->cause == CAUSE_LOST && check_may_connect(k, h, f)) {
        check_back_off(k, h);
    } else {
        check_decide(k, h,
                     h->unsure                ? OUTCOME_UNKNOWN
                     : f->cause == CAUSE_LOST ? OUTCOME_UNREACHABLE
                                              : OUTCOME_FAILED);
    }
}

static void
check_session(struct check_host *h, bool local, const struct fact *f)
{
    if (!local && (f->cause == CAUSE_LOST || f->cause == CAUSE_DEADLINE || f->cause == CAUSE_IDLE ||
                   f->cause == CAUSE_KILLED)) {
        h->connected = false;
    }
}

static void
check_step_fact(struct check *k, struct check_host *h, const struct fact *f)
{
    const struct plan_step *s = &k->c->steps[h->step];

    if (f->kind == FACT_STEP_SENT) {
        h->sent = h->sent_any = true;
        return;
    }
    h->open = OPEN_NONE;
    if (f->kind == FACT_STEP_SKIPPED) {
        check_step_good(k, h);
    } else if (f->kind == FACT_STEP_DONE && check_code_fine(s, f)) {
        h->sent_any = true;
        check_step_good(k, h);
    } else if (f->kind == FACT_STEP_NOT_STARTED) {
        h->sent = false; /* a frame that was not whole, or met no shell */
        check_session(h, s->local, f);
        check_not_started(k, h, f);
    } else {
        if (f->kind == FACT_STEP_UNKNOWN) {
            check_session(h, s->local, f);
        }
        check_step_bad(k, h, f);
    }
}

static void
check_finally_done(struct check *k, struct check_host *h, const struct fact *f)
{
    const struct plan_step *s = &k->c->finally_steps[h->finally_step];
    const bool fine = f->cause == CAUSE_NONE && check_code_fine(s, f);

    check_session(h, s->local, f);
    h->open = OPEN_NONE;
    h->finally_step++;
    if (!fine && !s->ignore_errors && h->outcome == OUTCOME_UNTOUCHED) {
        h->outcome = OUTCOME_FAILED;
        check_count(k);
    }
}

static void
check_gone(struct check *k, struct check_host *h, const struct fact *f)
{
    h->connected = false;
    if (f->kind == FACT_DISCONNECTED && h->killed &&
        (h->open == OPEN_CONNECT || h->open == OPEN_PROBE)) {
        h->open = OPEN_NONE;
        h->reaching = false;
        if (!h->steps_over) {
            check_killed(k, h);
        }
    }
}

static void
check_verb(struct check *k, enum verb verb)
{
    if (verb != VERB_ABORT && verb != VERB_KILL) {
        return;
    }
    k->stopped = true;
    for (int32_t i = 0; verb == VERB_KILL && i < k->c->host_count; i++) {
        struct check_host *h = &k->hosts[i];
        if (!h->started || h->over || h->killed) {
            continue;
        }
        h->killed = true;
        h->must_disconnect = h->open != OPEN_NONE || h->connected;
        if (h->waiting || check_held(k, h)) {
            h->connected = h->waiting = false;
            check_killed(k, h);
        }
    }
}

static void
check_host_fact(struct check *k, struct check_host *h, const struct fact *f)
{
    const bool same = f->attempt == (h->open == OPEN_CONNECT ? h->connects : h->attempt);

    switch (f->kind) {
    case FACT_CONNECTED:
    case FACT_CONNECT_FAILED:
    case FACT_THROTTLED:
        if (h->open == OPEN_CONNECT && same) {
            check_connect_ended(k, h, f);
        }
        break;
    case FACT_STEP_SENT:
    case FACT_STEP_DONE:
    case FACT_STEP_SKIPPED:
    case FACT_STEP_NOT_STARTED:
    case FACT_STEP_UNKNOWN:
        if (h->open == OPEN_STEP && same && f->step == h->step) {
            check_step_fact(k, h, f);
        }
        break;
    case FACT_FINALLY_DONE:
        if (h->open == OPEN_FINALLY && f->step == h->finally_step) {
            check_finally_done(k, h, f);
        }
        break;
    case FACT_DISCONNECTED:
    case FACT_CONNECTION_LOST:
        check_gone(k, h, f);
        break;
    case FACT_PROBE_PASSED:
    case FACT_PROBE_FAILED:
        if (h->open == OPEN_PROBE && f->attempt == h->probe_try && f->step == h->probe_check) {
            check_probe_fact(k, h, f);
        }
        break;
    case FACT_TICK:
    case FACT_VERB:
    case FACT_RESUMED:
    case FACT_VERDICT:
        break;
    }
}

/* Hosts that wait at a run_once step whose end is known pass on, or fail. */
static void
check_pass_on(struct check *k)
{
    bool again = k->restrained;

    while (again) {
        again = false;
        for (int32_t i = 0; i < k->c->host_count; i++) {
            struct check_host *h = &k->hosts[i];
            if (!check_held(k, h) || !k->c->steps[h->step].run_once ||
                (!h->was_connected && check_remote(k->c))) {
                continue;
            }
            if (k->once[h->step] == ONCE_PASSED) {
                check_step_good(k, h);
                again = true;
            } else if (k->once[h->step] == ONCE_LOST) {
                h->of_others = CAUSE_ONCE;
                check_decide(k, h, OUTCOME_FAILED);
            }
        }
    }
}

/* Before the scheduler hears of it. */
static void
check_fact(struct check *k, int64_t now_ms, const struct fact *f)
{
    k->now_ms = now_ms;
    if (k->finished) {
        return;
    }
    if (f->kind == FACT_VERB) {
        check_verb(k, f->verb);
    } else if (f->kind == FACT_TICK) {
        const int64_t limit_ms = k->c->policy.run_timeout_ms;
        k->timed_out |= limit_ms > 0 && now_ms >= limit_ms;
        k->stopped |= k->timed_out;
    } else if (f->host >= 0 && f->host < k->c->host_count && k->hosts[f->host].started &&
               !k->hosts[f->host].over) {
        check_host_fact(k, &k->hosts[f->host], f);
    }
    check_pass_on(k);
}

#endif

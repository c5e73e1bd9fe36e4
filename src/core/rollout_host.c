/*
 * rollout_host.c - moves one host through its phases: connect, steps, finally, outcome.
 *
 * Decides what is tried again and what a cause makes of a host (the outcome table of the rollout
 * semantics).  Never looks at other hosts: slots, waves and budget are rollout.c's, turns at a step
 * are rollout_hold.c's.  The gate is rollout_gate.c's.
 */
#include "core/rollout_state.h"

#include "core/backoff.h"

#include <assert.h>

void
host_order_connect(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    h->connect_attempt++;
    rollout_order(r, (struct order){.kind = ORDER_CONNECT,
                                    .host = host,
                                    .step = -1,
                                    .slot = h->slot,
                                    .attempt = h->connect_attempt});
}

static void
order_disconnect(struct rollout *r, int32_t host)
{
    rollout_order(
        r, (struct order){
               .kind = ORDER_DISCONNECT, .host = host, .step = -1, .slot = r->hosts[host].slot});
}

/* A host that cannot be reached is told before anything is done for it, on the controller too; once
 * it was reached, a step on the controller needs no connection. */
static bool
needs_connection(const struct rollout *r, const struct host_state *h)
{
    if (h->connected || !plan_is_remote(r->plan)) {
        return false;
    }
    return !h->was_connected || !plan_step(r->plan, h->step)->local;
}

static void
connect_for_step(struct rollout *r, int32_t host)
{
    r->hosts[host].phase = PHASE_CONNECTING;
    host_order_connect(r, host);
}

/* The first connection comes before any waiting, so that a host that passes a step on has one for
 * what follows; a session lost while it waited comes back when its turn has come. */
void
host_step(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    if (!h->was_connected && needs_connection(r, h)) {
        connect_for_step(r, host);
        return;
    }
    if (hold_step(r, host)) {
        return;
    }
    if (needs_connection(r, h)) {
        connect_for_step(r, host);
        return;
    }
    hold_ordered(r, host);
    h->phase = PHASE_ORDERED;
    rollout_order(r, (struct order){.kind = ORDER_RUN_STEP,
                                    .host = host,
                                    .step = h->step,
                                    .slot = h->slot,
                                    .attempt = h->attempt});
}

static void
leave(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    if (h->outcome == OUTCOME_RUNNING) {
        h->outcome = OUTCOME_OK;
    }
    h->phase = PHASE_OVER;
    h->finished_ms = r->now_ms;
    if (h->connected) {
        h->connected = false;
        order_disconnect(r, host);
    }
    rollout_order(r,
                  (struct order){.kind = ORDER_RELEASE, .host = host, .step = -1, .slot = h->slot});
    rollout_host_over(r, host);
}

/* The next finally step, or out.  A remote one gets one reconnect where there had been a
 * connection; without one it is ordered all the same, and the shell tells that it could not run. */
void
host_finally(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    if (h->finally_step >= plan_finally_count(r->plan)) {
        leave(r, host);
        return;
    }
    const bool local = plan_finally_step(r->plan, h->finally_step)->local;
    if (!local && !h->connected && h->was_connected && !h->reached_again && !h->killed) {
        h->reached_again = true;
        h->phase = PHASE_REACH;
        host_order_connect(r, host);
        return;
    }
    h->phase = PHASE_FINALLY;
    rollout_order(r, (struct order){.kind = ORDER_FINALLY,
                                    .host = host,
                                    .step = h->finally_step,
                                    .slot = h->slot,
                                    .attempt = 1});
}

void
host_conclude(struct rollout *r, int32_t host, enum outcome outcome, const struct fact *why)
{
    struct host_state *h = &r->hosts[host];

    assert(h->outcome == OUTCOME_RUNNING);
    h->outcome = outcome;
    if (why != NULL) {
        h->cause = why->cause;
        h->exit_code = why->exit_code;
        h->signal = why->signal;
    }
    hold_leave(r, host, false);
    if (outcome_is_bad(outcome)) {
        rollout_count_bad(r);
    }
    host_finally(r, host);
}

/* The step could not be tried again.  If an earlier attempt of it may have run, all that is known
 * is that nothing is known. */
static void
conclude_untried(struct rollout *r, int32_t host, enum outcome outcome, const struct fact *why)
{
    host_conclude(r, host, r->hosts[host].step_unsure ? OUTCOME_UNKNOWN : outcome, why);
}

void
host_conclude_killed(struct rollout *r, int32_t host)
{
    const struct fact why = {.cause = CAUSE_KILLED};
    const bool sent = r->hosts[host].step_was_sent;

    host_conclude(r, host, sent ? OUTCOME_UNKNOWN : OUTCOME_CANCELLED, &why);
}

void
host_next_step(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    const bool last = h->step + 1 == plan_step_count(r->plan);

    hold_leave(r, host, true);
    if (h->killed && (!last || plan_check_count(r->plan) > 0)) {
        host_conclude_killed(r, host);
        return;
    }
    if (last) {
        gate_begin(r, host);
        return;
    }
    h->step++;
    h->attempt = 1;
    h->refused_once = false;
    h->step_unsure = false;
    host_step(r, host);
}

static bool
connects_again(const struct rollout *r, const struct host_state *h, enum cause cause,
               bool throttled)
{
    const struct policy *o = plan_policy(r->plan);

    if (h->killed || h->connect_attempt > o->retries_max) {
        return false;
    }
    if (throttled) {
        return true;
    }
    return o->retry_connect && (cause == CAUSE_NAME_TEMPORARY || cause == CAUSE_CONNECT ||
                                cause == CAUSE_KEX || cause == CAUSE_LOST);
}

static void
back_off(struct rollout *r, int32_t host)
{
    const struct policy *o = plan_policy(r->plan);
    struct host_state *h = &r->hosts[host];

    h->phase = PHASE_BACKOFF;
    timers_set(&r->timers, host,
               r->now_ms + backoff_ms(o->retry_delay_ms, h->connect_attempt, o->seed, host));
}

static void
pause_step(struct rollout *r, int32_t host, int64_t delay_ms)
{
    r->hosts[host].phase = PHASE_PAUSE;
    timers_set(&r->timers, host, r->now_ms + delay_ms);
}

static bool
fits_connect(const struct host_state *h, const struct fact *f)
{
    return (h->phase == PHASE_CONNECTING || h->phase == PHASE_PROBE_REACH ||
            h->phase == PHASE_REACH) &&
           f->attempt == h->connect_attempt;
}

static void
on_connected(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    if (!fits_connect(h, f)) {
        return;
    }
    h->connected = true;
    h->was_connected = true;
    r->denials_in_row = 0;
    if (h->phase == PHASE_REACH) {
        host_finally(r, f->host);
    } else if (h->killed) {
        host_conclude_killed(r, f->host);
    } else if (h->phase == PHASE_PROBE_REACH) {
        gate_check(r, f->host);
    } else {
        host_step(r, f->host);
    }
}

static void
on_connect_failed(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    if (!fits_connect(h, f)) {
        return;
    }
    if (h->phase == PHASE_REACH) {
        host_finally(r, f->host);
        return;
    }
    if (h->killed) {
        host_conclude_killed(r, f->host);
        return;
    }
    if (h->phase == PHASE_PROBE_REACH) {
        gate_failed_try(r, f->host);
        return;
    }
    if (connects_again(r, h, f->cause, f->kind == FACT_THROTTLED)) {
        back_off(r, f->host);
        return;
    }
    if (f->cause == CAUSE_AUTH && ++r->denials_in_row >= 3) {
        rollout_stop(r, HALT_BREAKER);
    }
    conclude_untried(r, f->host, OUTCOME_UNREACHABLE, f);
}

static bool
fits_step(const struct host_state *h, const struct fact *f)
{
    return (h->phase == PHASE_ORDERED || h->phase == PHASE_SENT) && f->step == h->step &&
           f->attempt == h->attempt;
}

static void
on_step_sent(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    if (fits_step(h, f)) {
        h->phase = PHASE_SENT;
        h->step_was_sent = true;
    }
}

/* True when the step may be sent once more: then a timer has been set for it. */
static bool
step_again(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];
    const struct plan_step *s = plan_step(r->plan, h->step);

    if (h->killed || !s->idempotent || h->attempt > s->retries) {
        return false;
    }
    h->attempt++;
    pause_step(r, host, s->delay_ms);
    return true;
}

static void
on_step_done(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    if (!fits_step(h, f)) {
        return;
    }
    h->step_was_sent = true;
    h->step_unsure = false;
    const struct plan_step *s = plan_step(r->plan, h->step);
    const bool good = f->signal == 0 && plan_step_accepts(s, f->exit_code);

    if (!good && h->killed) {
        host_conclude_killed(r, f->host);
        return;
    }
    if (!good && step_again(r, f->host)) {
        return;
    }
    if (good || s->ignore_errors) {
        host_next_step(r, f->host);
    } else {
        host_conclude(r, f->host, OUTCOME_FAILED, f);
    }
}

void
host_note_session(struct host_state *h, bool local, enum cause cause)
{
    if (!local && (cause == CAUSE_LOST || cause == CAUSE_DEADLINE || cause == CAUSE_IDLE ||
                   cause == CAUSE_KILLED)) {
        h->connected = false;
    }
}

static void
on_step_not_started(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    /* Bytes of a frame may have left all the same: one that is not whole, or whose shell never
     * said its header, did not run, and who tells this fact has seen that. */
    if (!fits_step(h, f)) {
        return;
    }
    host_note_session(h, plan_step(r->plan, h->step)->local, f->cause);
    if (h->killed) {
        host_conclude_killed(r, f->host);
    } else if (f->cause == CAUSE_REFUSED && !h->refused_once) {
        h->refused_once = true;
        pause_step(r, f->host, plan_policy(r->plan)->retry_delay_ms);
    } else if (f->cause == CAUSE_LOST) {
        if (connects_again(r, h, f->cause, false)) {
            back_off(r, f->host);
        } else {
            conclude_untried(r, f->host, OUTCOME_UNREACHABLE, f);
        }
    } else {
        conclude_untried(r, f->host, OUTCOME_FAILED, f);
    }
}

static void
on_step_unknown(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    if (!fits_step(h, f)) {
        return;
    }
    h->step_was_sent = true;
    h->step_unsure = true;
    host_note_session(h, plan_step(r->plan, h->step)->local, f->cause);
    if (h->killed) {
        host_conclude_killed(r, f->host);
    } else if (!step_again(r, f->host)) {
        host_conclude(r, f->host, OUTCOME_UNKNOWN, f);
    }
}

static void
on_finally_done(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    if (h->phase != PHASE_FINALLY || f->step != h->finally_step) {
        return;
    }
    const struct plan_step *s = plan_finally_step(r->plan, f->step);
    const bool good =
        f->cause == CAUSE_NONE && f->signal == 0 && plan_step_accepts(s, f->exit_code);

    host_note_session(h, s->local, f->cause);
    if (!good && !s->ignore_errors && h->outcome == OUTCOME_RUNNING) {
        h->outcome = OUTCOME_FAILED;
        h->cause = f->cause;
        h->exit_code = f->exit_code;
        h->signal = f->signal;
        rollout_count_bad(r);
    }
    h->finally_step++;
    host_finally(r, f->host);
}

static void
on_gone(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    h->connected = false;
    if (f->kind != FACT_DISCONNECTED || !h->killed) {
        return;
    }
    if (h->phase == PHASE_CONNECTING || h->phase == PHASE_PROBE_REACH || h->phase == PHASE_PROBE) {
        host_conclude_killed(r, f->host);
    } else if (h->phase == PHASE_REACH) {
        host_finally(r, f->host);
    }
}

void
host_start(struct rollout *r, int32_t host, int32_t slot)
{
    struct host_state *h = &r->hosts[host];

    assert(h->phase == PHASE_UNTOUCHED);
    h->slot = slot;
    h->attempt = 1;
    h->outcome = OUTCOME_RUNNING;
    h->started_ms = r->now_ms;
    rollout_order(r, (struct order){.kind = ORDER_START, .host = host, .step = -1, .slot = slot});
    host_step(r, host);
}

void
host_fact(struct rollout *r, const struct fact *fact)
{
    switch (fact->kind) {
    case FACT_CONNECTED:
        on_connected(r, fact);
        break;
    case FACT_CONNECT_FAILED:
    case FACT_THROTTLED:
        on_connect_failed(r, fact);
        break;
    case FACT_STEP_SENT:
        on_step_sent(r, fact);
        break;
    case FACT_STEP_DONE:
        on_step_done(r, fact);
        break;
    case FACT_STEP_SKIPPED:
        if (fits_step(&r->hosts[fact->host], fact)) {
            host_next_step(r, fact->host);
        }
        break;
    case FACT_STEP_NOT_STARTED:
        on_step_not_started(r, fact);
        break;
    case FACT_STEP_UNKNOWN:
        on_step_unknown(r, fact);
        break;
    case FACT_FINALLY_DONE:
        on_finally_done(r, fact);
        break;
    case FACT_DISCONNECTED:
    case FACT_CONNECTION_LOST:
        on_gone(r, fact);
        break;
    case FACT_PROBE_PASSED:
    case FACT_PROBE_FAILED:
        gate_fact(r, fact);
        break;
    case FACT_RESUMED:
    case FACT_VERDICT:
        break; /* nothing asks for these yet: the app refuses resume */
    case FACT_TICK:
    case FACT_VERB:
        assert(false && "not a fact of a host");
    }
}

void
host_timer(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    if (h->phase == PHASE_PROBE_WAIT) {
        gate_next_try(r, host);
        return;
    }
    assert(h->phase == PHASE_BACKOFF || h->phase == PHASE_PAUSE);
    host_step(r, host);
}

void
host_kill(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    switch (h->phase) {
    case PHASE_UNTOUCHED:
    case PHASE_OVER:
        return;
    case PHASE_HELD:
        hold_drop(r, host);
        /* fall through */
    case PHASE_BACKOFF:
    case PHASE_PAUSE:
    case PHASE_PROBE_WAIT:
        h->killed = true;
        timers_drop(&r->timers, host);
        if (h->connected) {
            h->connected = false;
            order_disconnect(r, host);
        }
        host_conclude_killed(r, host);
        return;
    case PHASE_CONNECTING:
    case PHASE_ORDERED:
    case PHASE_SENT:
    case PHASE_PROBE_REACH:
    case PHASE_PROBE:
    case PHASE_REACH:
    case PHASE_FINALLY:
        break;
    }
    if (!h->killed) {
        h->killed = true;
        order_disconnect(r, host);
    }
}

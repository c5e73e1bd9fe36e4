/*
 * rollout_host.c - one host through its rounds: started, retried, parked, rolled back, cut off.
 *
 * Decides what a round begins with, and what a kill or an abort ends (docs/rollout.md, "A host").
 * Never looks at other hosts: slots, waves and budget are rollout.c's and its like.  What a host
 * does in its round is rollout_step.c's, rollout_gate.c's and rollout_end.c's.
 */
#include "core/planted.h"
#include "core/rollout_state.h"

#include <assert.h>

/* ---- what a host is at */

bool
host_rolls_back(const struct host_state *h)
{
    return h->rollback != ROLLBACK_NONE;
}

const struct plan_step *
host_rule(const struct rollout *r, const struct host_state *h)
{
    return host_rolls_back(h) ? plan_rollback_step(r->plan, h->step) : plan_step(r->plan, h->step);
}

bool
host_in_flight(const struct host_state *h)
{
    return h->phase > PHASE_UNTOUCHED && h->phase < PHASE_PARKED;
}

bool
host_at_steps(const struct host_state *h)
{
    switch (h->phase) {
    case PHASE_CONNECTING:
    case PHASE_BACKOFF:
    case PHASE_ORDERED:
    case PHASE_SENT:
    case PHASE_PAUSE:
        return true;
    case PHASE_HELD:
        return !h->at_end;
    case PHASE_UNTOUCHED:
    case PHASE_PARKED:
    case PHASE_PROBE_REACH:
    case PHASE_PROBE:
    case PHASE_PROBE_WAIT:
    case PHASE_REACH:
    case PHASE_FINALLY:
    case PHASE_OVER:
    case PHASE_WATCH_QUEUED:
    case PHASE_WATCH_REACH:
    case PHASE_WATCH_PROBE:
    case PHASE_WATCH_ENDING:
        break;
    }
    return false;
}

bool
host_undecided(const struct host_state *h)
{
    return host_rolls_back(h) ? h->rollback == ROLLBACK_RUNNING : h->outcome == OUTCOME_RUNNING;
}

/* ---- rounds */

static void
begin_round(struct rollout *r, int32_t host, int32_t slot)
{
    struct host_state *h = &r->hosts[host];

    h->slot = slot;
    h->round++;
    h->attempt_base = PLANTED(ROUND_ATTEMPTS_ANEW) ? 0 : h->attempt_top;
    h->connect_base = h->connect_attempt;
    h->finally_step = 0;
    h->was_connected = h->at_end = h->reached_again = h->admitted = false;
    h->started_ms = r->now_ms;
    h->finished_ms = -1;
    step_set(h, PLANTED(RETRY_FROM_FAILED_STEP) && h->rollback == ROLLBACK_NONE ? h->step : 0);
}

void
host_start(struct rollout *r, int32_t host, int32_t slot)
{
    struct host_state *h = &r->hosts[host];

    assert(h->phase == PHASE_UNTOUCHED || h->phase == PHASE_OVER);
    begin_round(r, host, slot);
    rollout_recount(r, host, h->outcome, OUTCOME_RUNNING);
    h->outcome = OUTCOME_RUNNING;
    h->cause = CAUSE_NONE;
    h->exit_code = h->signal = 0;
    h->late = false;
    r->wave_started += h->round == 1;
    if (plan_rollback_count(r->plan) > 0) {
        ring_add(&r->start_log, host);
    }
    hold_enter(r, host);
    rollout_order_host(r, ORDER_START, host);
    if (!ahead_start(r, host)) {
        step_go(r, host);
    }
}

void
host_unpark(struct rollout *r, int32_t host, int32_t slot)
{
    static const struct fact not_switched = {.cause = CAUSE_SWITCH};
    struct host_state *h = &r->hosts[host];

    assert(h->phase == PHASE_PARKED);
    h->slot = slot;
    r->parked--;
    r->wave_started += r->wave == 1;
    rollout_order_host(r, ORDER_UNPARK, host);
    if (r->halt != HALT_NONE && !PLANTED(SWITCH_AFTER_HALT)) {
        r->wave_left += r->wave == 0; /* which it leaves a second time */
        h->killed = r->halt == HALT_KILL;
        end_conclude(r, host, OUTCOME_CANCELLED, &not_switched);
        return;
    }
    hold_enter(r, host);
    step_go(r, host);
}

void
host_roll_back(struct rollout *r, int32_t host, int32_t slot)
{
    struct host_state *h = &r->hosts[host];

    assert(h->phase == PHASE_OVER && h->rollback == ROLLBACK_NONE);
    h->rollback = ROLLBACK_RUNNING;
    begin_round(r, host, slot);
    hold_enter(r, host);
    rollout_order_host(r, ORDER_ROLLBACK, host);
    step_go(r, host);
}

/* ---- facts and timers */

void
host_fact(struct rollout *r, const struct fact *fact)
{
    switch (fact->kind) {
    case FACT_CONNECTED:
    case FACT_CONNECT_FAILED:
    case FACT_THROTTLED:
    case FACT_DISCONNECTED:
    case FACT_CONNECTION_LOST:
        if (!ahead_fact(r, fact)) {
            session_fact(r, fact);
        }
        break;
    case FACT_STEP_SENT:
    case FACT_STEP_DONE:
    case FACT_STEP_SKIPPED:
    case FACT_STEP_NOT_STARTED:
    case FACT_STEP_UNKNOWN:
        step_fact(r, fact);
        break;
    case FACT_FINALLY_DONE:
        end_fact(r, fact);
        break;
    case FACT_PROBE_PASSED:
    case FACT_PROBE_FAILED:
        if (r->hosts[fact->host].phase == PHASE_PROBE) {
            gate_fact(r, fact);
        } else {
            watch_fact(r, fact);
        }
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
    switch (r->hosts[host].phase) {
    case PHASE_PROBE_WAIT:
        gate_timer(r, host);
        break;
    case PHASE_OVER:
        watch_timer(r, host);
        break;
    case PHASE_BACKOFF:
    case PHASE_PAUSE:
        step_go(r, host);
        break;
    case PHASE_UNTOUCHED:
    case PHASE_CONNECTING:
    case PHASE_ORDERED:
    case PHASE_SENT:
    case PHASE_HELD:
    case PHASE_PARKED:
    case PHASE_PROBE_REACH:
    case PHASE_PROBE:
    case PHASE_REACH:
    case PHASE_FINALLY:
    case PHASE_WATCH_QUEUED:
    case PHASE_WATCH_REACH:
    case PHASE_WATCH_PROBE:
    case PHASE_WATCH_ENDING:
        assert(false && "no timer of this phase");
    }
}

/* ---- ends from outside */

static void
end_idle(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    h->killed = true;
    h->close_waits = false;
    timers_drop(&r->timers, host);
    session_close(r, host);
    if (host_undecided(h)) {
        end_killed(r, host);
    } else {
        end_finally(r, host);
    }
}

void
host_kill(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    if (!host_in_flight(h) || h->killed ||
        (PLANTED(KILL_MISSES_WAITING) && h->phase == PHASE_PAUSE)) {
        return;
    }
    switch (h->phase) {
    case PHASE_HELD:
        if (h->at_end) {
            h->killed = true; /* its turn comes all the same */
            session_close(r, host);
            return;
        }
        hold_drop(r, host);
        /* fall through */
    case PHASE_BACKOFF:
    case PHASE_PAUSE:
    case PHASE_PROBE_WAIT:
        end_idle(r, host);
        return;
    case PHASE_CONNECTING:
    case PHASE_PROBE_REACH:
    case PHASE_REACH:
        if (h->close_waits) {
            end_idle(r, host);
            return;
        }
        break;
    case PHASE_ORDERED:
    case PHASE_SENT:
    case PHASE_PROBE:
    case PHASE_FINALLY:
        break;
    case PHASE_UNTOUCHED:
    case PHASE_PARKED:
    case PHASE_OVER:
    case PHASE_WATCH_QUEUED:
    case PHASE_WATCH_REACH:
    case PHASE_WATCH_PROBE:
    case PHASE_WATCH_ENDING:
        assert(false && "not in flight");
    }
    h->killed = true;
    session_break(r, host);
}

void
host_abort(struct rollout *r, int32_t host)
{
    const struct host_state *h = &r->hosts[host];
    const bool waits = h->phase == PHASE_CONNECTING || h->phase == PHASE_BACKOFF ||
                       h->phase == PHASE_HELD || h->phase == PHASE_PAUSE;

    if (h->baking && !PLANTED(ABORT_KEEPS_BAKING)) {
        gate_end_bake(r, host);
    } else if (waits && !h->at_end && !h->ever_connected && !h->step_was_sent) {
        host_kill(r, host);
    }
}

/*
 * rollout_host.c - moves one host through a round: steps, finally, result.
 *
 * Decides what is tried again and what a cause makes of a host (docs/rollout.md, "A host").  Never
 * looks at other hosts: slots, waves and budget are rollout.c's and its like, turns at a step
 * rollout_hold.c's, the gate rollout_gate.c's, connecting rollout_session.c's.
 */
#include "core/rollout_state.h"

#include "core/backoff.h"
#include "core/planted.h"

#include <assert.h>

/* ---- what a host is at */

static bool
rolls_back(const struct host_state *h)
{
    return h->rollback != ROLLBACK_NONE;
}

const struct plan_step *
host_rule(const struct rollout *r, const struct host_state *h)
{
    return rolls_back(h) ? plan_rollback_step(r->plan, h->step) : plan_step(r->plan, h->step);
}

static int32_t
step_count(const struct rollout *r, const struct host_state *h)
{
    return rolls_back(h) ? plan_rollback_count(r->plan) : plan_step_count(r->plan);
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
    return rolls_back(h) ? h->rollback == ROLLBACK_RUNNING : h->outcome == OUTCOME_RUNNING;
}

/* ---- steps */

/* A host that cannot be reached is told before anything is done for it, on the controller too; once
 * it was reached, a step on the controller needs no connection. */
static bool
needs_connection(const struct rollout *r, const struct host_state *h)
{
    if (h->connected || !plan_is_remote(r->plan)) {
        return false;
    }
    return !h->was_connected || !host_rule(r, h)->local;
}

/* Here it waits for the switch, or it is one that will not be switched. */
static bool
at_barrier(const struct rollout *r, const struct host_state *h)
{
    return h->step == plan_switch_step(r->plan) && r->wave == 0 && !rolls_back(h) &&
           !(PLANTED(SWITCH_WITHOUT_BARRIER) && h->slot == 0);
}

static void
park(struct rollout *r, int32_t host)
{
    static const struct fact not_switched = {.cause = CAUSE_SWITCH};

    if (r->halt != HALT_NONE) {
        host_conclude(r, host, OUTCOME_CANCELLED, &not_switched);
        return;
    }
    if (!PLANTED(PARKED_WITH_SESSION)) {
        session_close(r, host);
    }
    r->hosts[host].phase = PHASE_PARKED;
    r->parked++;
    rollout_slot_give(r, host, ORDER_PARK);
}

/* The first connection comes before any waiting, so that a host that passes a step on has one for
 * what follows; a session lost while it waited comes back when its turn has come. */
void
host_step(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    if (at_barrier(r, h)) {
        park(r, host);
        return;
    }
    if (session_waits(r, host, PHASE_CONNECTING)) {
        return;
    }
    if (!h->was_connected && needs_connection(r, h)) {
        session_connect(r, host, PHASE_CONNECTING);
        return;
    }
    if (hold_step(r, host)) {
        return;
    }
    if (needs_connection(r, h)) {
        session_connect(r, host, PHASE_CONNECTING);
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
set_step(struct host_state *h, int32_t step)
{
    h->step = step;
    h->attempt = h->attempt_base + 1;
    if (h->attempt_top < h->attempt) {
        h->attempt_top = h->attempt;
    }
    h->refused_once = false;
    h->step_unsure = false;
}

void
host_next_step(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];
    const bool last = h->step + 1 == step_count(r, h);

    hold_leave(r, host, true);
    if (h->killed && (!last || plan_check_count(r->plan) > 0)) {
        host_conclude_killed(r, host);
        return;
    }
    if (last) {
        gate_begin(r, host);
        return;
    }
    set_step(h, h->step + 1);
    host_step(r, host);
}

/* ---- the end of a round */

static void
leave(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    if (h->outcome == OUTCOME_RUNNING) {
        h->outcome = OUTCOME_OK;
    }
    if (h->rollback == ROLLBACK_RUNNING) {
        h->rollback = ROLLBACK_DONE;
    }
    h->phase = PHASE_OVER;
    h->finished_ms = r->now_ms;
    if (!PLANTED(SESSION_LEFT_OPEN) || h->outcome == OUTCOME_OK) {
        session_close(r, host);
    }
    if (rolls_back(h)) {
        r->summary.rolled_back += h->rollback == ROLLBACK_DONE;
        r->summary.rollbacks_failed += h->rollback == ROLLBACK_FAILED;
    } else {
        rollout_recount(r, host, OUTCOME_RUNNING, h->outcome);
    }
    rollout_slot_give(r, host, ORDER_RELEASE);
    if (h->outcome == OUTCOME_OK && !rolls_back(h)) {
        watch_begin(r, host);
    }
}

static void
run_finally(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];
    const bool local = plan_finally_step(r->plan, h->finally_step)->local;

    if (!local && !h->connected && h->was_connected && !h->reached_again && !h->killed) {
        h->reached_again = true;
        session_connect(r, host, PHASE_REACH);
        return;
    }
    h->phase = PHASE_FINALLY;
    rollout_order(r, (struct order){.kind = ORDER_FINALLY,
                                    .host = host,
                                    .step = h->finally_step,
                                    .slot = h->slot,
                                    .attempt = h->round});
}

/* The next finally step, or out.  A remote one gets one reconnect where there had been a
 * connection; without one it is ordered all the same, and the shell tells that it could not run. */
void
host_finally(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    if (!h->at_end) {
        h->at_end = true;
        r->look = true; /* it is at its steps no more */
    }
    h->baking = false;
    if (PLANTED(FINALLY_AFTER_OK_ONLY) && outcome_is_bad(h->outcome)) {
        h->finally_step = plan_finally_count(r->plan);
    }
    if (h->finally_step < plan_finally_count(r->plan) && session_waits(r, host, PHASE_REACH)) {
        return;
    }
    while (h->finally_step < plan_finally_count(r->plan) && !hold_runs_finally(r, host)) {
        h->finally_step++;
    }
    if (h->finally_step >= plan_finally_count(r->plan)) {
        leave(r, host);
    } else if (!hold_step(r, host)) {
        run_finally(r, host);
    }
}

void
host_conclude(struct rollout *r, int32_t host, enum outcome outcome, const struct fact *why)
{
    struct host_state *h = &r->hosts[host];

    assert(host_undecided(h));
    if (rolls_back(h)) {
        h->rollback = ROLLBACK_FAILED;
    } else {
        h->outcome = outcome;
        h->cause = why->cause;
        h->exit_code = why->exit_code;
        h->signal = why->signal;
    }
    hold_leave(r, host, false);
    if (!rolls_back(h) && outcome_is_bad(outcome)) {
        rollout_count_bad(r, host);
    }
    host_finally(r, host);
}

void
host_conclude_untried(struct rollout *r, int32_t host, enum outcome outcome, const struct fact *why)
{
    host_conclude(
        r, host,
        r->hosts[host].step_unsure && !PLANTED(UNKNOWN_FORGOTTEN) ? OUTCOME_UNKNOWN : outcome, why);
}

void
host_conclude_killed(struct rollout *r, int32_t host)
{
    const bool sent = r->hosts[host].step_was_sent;

    r->hosts[host].killed =
        r->halt == HALT_KILL; /* else an abort's: its finally list may be killed */
    const struct fact why = {.cause = r->halt == HALT_KILL ? CAUSE_KILLED : CAUSE_CANCELLED};

    host_conclude(r, host,
                  sent && !PLANTED(KILL_NEVER_UNKNOWN) ? OUTCOME_UNKNOWN : OUTCOME_CANCELLED, &why);
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
    set_step(h, PLANTED(RETRY_FROM_FAILED_STEP) && h->rollback == ROLLBACK_NONE ? h->step : 0);
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
    host_step(r, host);
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
        host_conclude(r, host, OUTCOME_CANCELLED, &not_switched);
        return;
    }
    hold_enter(r, host);
    host_step(r, host);
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
    host_step(r, host);
}

/* ---- facts about steps */

static bool
fits_step(const struct host_state *h, const struct fact *f)
{
    return (h->phase == PHASE_ORDERED || h->phase == PHASE_SENT) && f->step == h->step &&
           (f->attempt == h->attempt || PLANTED(ATTEMPT_NOT_COMPARED));
}

static void
on_step_sent(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    h->phase = PHASE_SENT;
    h->step_was_sent = true;
}

static void
note_run(const struct rollout *r, struct host_state *h)
{
    h->step_was_sent = true;
    h->changed = h->changed || !host_rule(r, h)->looks || PLANTED(ROLLBACK_OF_LOOKS);
}

static void
pause_step(struct rollout *r, int32_t host, int64_t delay_ms)
{
    r->hosts[host].phase = PHASE_PAUSE;
    timers_set(&r->timers, host, r->now_ms + delay_ms);
}

/* True when the step may be sent once more: then a timer has been set for it. */
static bool
step_again(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];
    const struct plan_step *s = host_rule(r, h);

    if ((!s->idempotent && !PLANTED(STEP_RETRY_ANY)) ||
        h->attempt - h->attempt_base > s->retries + PLANTED(STEP_RETRY_ONE_MORE)) {
        return false;
    }
    h->attempt += !(PLANTED(ATTEMPT_REUSED) && h->step_unsure);
    if (h->attempt_top < h->attempt) {
        h->attempt_top = h->attempt;
    }
    pause_step(r, host,
               backoff_jitter_ms(PLANTED(STEP_DELAY_LOST) ? 0 : s->delay_ms, h->attempt,
                                 plan_policy(r->plan)->seed, host));
    return true;
}

static void
on_step_done(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];
    const struct plan_step *s = host_rule(r, h);
    const bool good =
        (f->signal == 0 || PLANTED(SIGNAL_IS_GOOD)) &&
        (PLANTED(OK_CODES_IGNORED) ? f->exit_code == 0 : plan_step_accepts(s, f->exit_code));

    note_run(r, h);
    h->step_unsure = false;
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

/* Bytes of a frame may have left all the same: one that is not whole, or whose shell never said its
 * header, did not run, and who tells this fact has seen that. */
static void
on_step_not_started(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    session_note(h, host_rule(r, h)->local, f->cause);
    if (h->killed) {
        host_conclude_killed(r, f->host);
    } else if (f->cause == CAUSE_REFUSED && !h->refused_once) {
        h->refused_once = !PLANTED(REFUSED_TWICE);
        pause_step(r, f->host, plan_policy(r->plan)->retry_delay_ms);
    } else if (f->cause != CAUSE_LOST) {
        host_conclude_untried(r, f->host, OUTCOME_FAILED, f);
    } else if (!session_again(r, f->host, f->cause, false)) {
        host_conclude_untried(r, f->host, OUTCOME_UNREACHABLE, f);
    }
}

static void
on_step_unknown(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    note_run(r, h);
    h->step_unsure = true;
    session_note(h, host_rule(r, h)->local, f->cause);
    if (h->killed) {
        host_conclude_killed(r, f->host);
    } else if (PLANTED(UNKNOWN_IGNORED) && host_rule(r, h)->ignore_errors) {
        host_next_step(r, f->host);
    } else if (!step_again(r, f->host)) {
        host_conclude(r, f->host, OUTCOME_UNKNOWN, f);
    }
}

static void
finally_failed(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    if (!host_undecided(h) || (PLANTED(FINALLY_STAYS_OK) && !rolls_back(h))) {
        return;
    }
    if (rolls_back(h)) {
        h->rollback = ROLLBACK_FAILED;
        return;
    }
    h->outcome = OUTCOME_FAILED;
    h->cause = f->cause;
    h->exit_code = f->exit_code;
    h->signal = f->signal;
    rollout_count_bad(r, f->host);
}

static void
on_finally_done(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    if (h->phase != PHASE_FINALLY || f->step != h->finally_step ||
        (f->attempt != h->round && !PLANTED(ROUND_NOT_COMPARED))) {
        return;
    }
    const struct plan_step *s = plan_finally_step(r->plan, f->step);
    const bool good =
        f->cause == CAUSE_NONE && f->signal == 0 && plan_step_accepts(s, f->exit_code);

    session_note(h, s->local, f->cause);
    hold_leave(r, f->host, true);
    if (!good && !s->ignore_errors) {
        finally_failed(r, f);
    }
    h->finally_step =
        PLANTED(FINALLY_STOPS) && !good ? plan_finally_count(r->plan) : h->finally_step + 1;
    host_finally(r, f->host);
}

static void
step_fact(struct rollout *r, const struct fact *f)
{
    if (!fits_step(&r->hosts[f->host], f)) {
        return;
    }
    switch (f->kind) {
    case FACT_STEP_SENT:
        on_step_sent(r, f);
        break;
    case FACT_STEP_DONE:
        on_step_done(r, f);
        break;
    case FACT_STEP_SKIPPED:
        host_next_step(r, f->host);
        break;
    case FACT_STEP_NOT_STARTED:
        on_step_not_started(r, f);
        break;
    case FACT_STEP_UNKNOWN:
        on_step_unknown(r, f);
        break;
    case FACT_CONNECTED:
    case FACT_CONNECT_FAILED:
    case FACT_THROTTLED:
    case FACT_PROBE_PASSED:
    case FACT_PROBE_FAILED:
    case FACT_TICK:
    case FACT_FINALLY_DONE:
    case FACT_DISCONNECTED:
    case FACT_CONNECTION_LOST:
    case FACT_VERB:
    case FACT_RESUMED:
    case FACT_VERDICT:
        assert(false && "not a fact of a step");
    }
}

void
host_fact(struct rollout *r, const struct fact *fact)
{
    switch (fact->kind) {
    case FACT_CONNECTED:
    case FACT_CONNECT_FAILED:
    case FACT_THROTTLED:
    case FACT_DISCONNECTED:
    case FACT_CONNECTION_LOST:
        session_fact(r, fact);
        break;
    case FACT_STEP_SENT:
    case FACT_STEP_DONE:
    case FACT_STEP_SKIPPED:
    case FACT_STEP_NOT_STARTED:
    case FACT_STEP_UNKNOWN:
        step_fact(r, fact);
        break;
    case FACT_FINALLY_DONE:
        on_finally_done(r, fact);
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
        host_step(r, host);
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
        host_conclude_killed(r, host);
    } else {
        host_finally(r, host);
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

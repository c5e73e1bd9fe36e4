/*
 * rollout_step.c - a host at its steps, or at those of the rollback list.
 *
 * Decides what is tried again and what a cause makes of a step (docs/rollout.md, "A host").  Turns
 * at a step are rollout_hold.c's, connecting rollout_session.c's.
 */
#include "core/backoff.h"
#include "core/planted.h"
#include "core/rollout_state.h"

#include <assert.h>

static int32_t
step_count(const struct rollout *r, const struct host_state *h)
{
    return host_rolls_back(h) ? plan_rollback_count(r->plan) : plan_step_count(r->plan);
}

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
    return h->step == plan_switch_step(r->plan) && r->wave == 0 && !host_rolls_back(h) &&
           !(PLANTED(SWITCH_WITHOUT_BARRIER) && h->slot == 0);
}

static void
park(struct rollout *r, int32_t host)
{
    static const struct fact not_switched = {.cause = CAUSE_SWITCH};

    if (r->halt != HALT_NONE) {
        end_conclude(r, host, OUTCOME_CANCELLED, &not_switched);
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
step_go(struct rollout *r, int32_t host)
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

void
step_set(struct host_state *h, int32_t step)
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
step_next(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];
    const bool last = h->step + 1 == step_count(r, h);

    hold_leave(r, host, true);
    if (h->killed && (!last || plan_check_count(r->plan) > 0)) {
        end_killed(r, host);
        return;
    }
    if (last) {
        gate_begin(r, host);
        return;
    }
    step_set(h, h->step + 1);
    step_go(r, host);
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
        end_killed(r, f->host);
        return;
    }
    if (!good && step_again(r, f->host)) {
        return;
    }
    if (good || s->ignore_errors) {
        step_next(r, f->host);
    } else {
        end_conclude(r, f->host, OUTCOME_FAILED, f);
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
        end_killed(r, f->host);
    } else if (f->cause == CAUSE_REFUSED && !h->refused_once) {
        h->refused_once = !PLANTED(REFUSED_TWICE);
        pause_step(r, f->host, plan_policy(r->plan)->retry_delay_ms);
    } else if (f->cause != CAUSE_LOST) {
        end_untried(r, f->host, OUTCOME_FAILED, f);
    } else if (!session_again(r, f->host, f->cause, false)) {
        end_untried(r, f->host, OUTCOME_UNREACHABLE, f);
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
        end_killed(r, f->host);
    } else if (PLANTED(UNKNOWN_IGNORED) && host_rule(r, h)->ignore_errors) {
        step_next(r, f->host);
    } else if (!step_again(r, f->host)) {
        end_conclude(r, f->host, OUTCOME_UNKNOWN, f);
    }
}

void
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
        step_next(r, f->host);
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

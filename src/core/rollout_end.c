/*
 * rollout_end.c - a host has its result: its finally list, then out of its slot.
 *
 * Decides the outcome, once: the first bad one stands.  Counting it is rollout_budget.c's.
 */
#include "core/planted.h"
#include "core/rollout_state.h"

#include <assert.h>

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
    if (host_rolls_back(h)) {
        r->summary.rolled_back += h->rollback == ROLLBACK_DONE;
        r->summary.rollbacks_failed += h->rollback == ROLLBACK_FAILED;
    } else {
        rollout_recount(r, host, OUTCOME_RUNNING, h->outcome);
    }
    rollout_slot_give(r, host, ORDER_RELEASE);
    if (h->outcome == OUTCOME_OK && !host_rolls_back(h)) {
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
end_finally(struct rollout *r, int32_t host)
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
end_conclude(struct rollout *r, int32_t host, enum outcome outcome, const struct fact *why)
{
    struct host_state *h = &r->hosts[host];

    assert(host_undecided(h));
    if (host_rolls_back(h)) {
        h->rollback = ROLLBACK_FAILED;
    } else {
        h->outcome = outcome;
        h->cause = why->cause;
        h->exit_code = why->exit_code;
        h->signal = why->signal;
    }
    hold_leave(r, host, false);
    if (!host_rolls_back(h) && outcome_is_bad(outcome)) {
        rollout_count_bad(r, host);
    }
    end_finally(r, host);
}

void
end_untried(struct rollout *r, int32_t host, enum outcome outcome, const struct fact *why)
{
    end_conclude(
        r, host,
        r->hosts[host].step_unsure && !PLANTED(UNKNOWN_FORGOTTEN) ? OUTCOME_UNKNOWN : outcome, why);
}

void
end_killed(struct rollout *r, int32_t host)
{
    const bool sent = r->hosts[host].step_was_sent;

    r->hosts[host].killed =
        r->halt == HALT_KILL; /* else an abort's: its finally list may be killed */
    const struct fact why = {.cause = r->halt == HALT_KILL ? CAUSE_KILLED : CAUSE_CANCELLED};

    end_conclude(r, host,
                 sent && !PLANTED(KILL_NEVER_UNKNOWN) ? OUTCOME_UNKNOWN : OUTCOME_CANCELLED, &why);
}

/* ---- facts */

static void
finally_failed(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    if (!host_undecided(h) || (PLANTED(FINALLY_STAYS_OK) && !host_rolls_back(h))) {
        return;
    }
    if (host_rolls_back(h)) {
        h->rollback = ROLLBACK_FAILED;
        return;
    }
    h->outcome = OUTCOME_FAILED;
    h->cause = f->cause;
    h->exit_code = f->exit_code;
    h->signal = f->signal;
    rollout_count_bad(r, f->host);
}

void
end_fact(struct rollout *r, const struct fact *f)
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
    end_finally(r, f->host);
}

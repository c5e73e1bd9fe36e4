/*
 * rollout_budget.c - counts bad outcomes and halts the run when there are too many.
 *
 * Decides what on_failure makes of a failure of the run.  What follows from a halt, rollout.c does
 * once the fact is taken in whole.
 */
#include "core/rollout_state.h"

#include "core/planted.h"

#include <assert.h>

void
rollout_stop(struct rollout *r, enum halt why)
{
    if (r->halt == HALT_NONE || why == HALT_KILL) {
        r->halt = why;
        r->paused = false;
    }
}

void
rollout_fail(struct rollout *r, enum halt why)
{
    switch (plan_policy(r->plan)->on_failure) {
    case ON_FAILURE_CONTINUE:
        if (why == HALT_ONCE || PLANTED(CONTINUE_HALTS)) {
            rollout_stop(r, why);
        }
        break;
    case ON_FAILURE_ROLLBACK:
        r->rollback_due = r->rollback_due || r->halt == HALT_NONE;
        rollout_stop(r, why);
        break;
    case ON_FAILURE_PAUSE:
        if (why == HALT_ONCE) {
            rollout_stop(r, why);
        } else if (r->halt == HALT_NONE) {
            rollout_pause(r);
        }
        break;
    case ON_FAILURE_STOP:
        rollout_stop(r, why);
        break;
    }
}

bool
rollout_host_of_wave(const struct rollout *r, int32_t host)
{
    return plan_switch_step(r->plan) >= 0 || plan_wave_of(r->plan, host) == r->wave;
}

void
rollout_recount(struct rollout *r, int32_t host, enum outcome from, enum outcome to)
{
    r->summary.count[from]--;
    r->summary.count[to]++;
    if (rollout_host_of_wave(r, host)) {
        r->wave_bad += outcome_is_bad(to) - outcome_is_bad(from);
    }
}

/* What an operator has let pass by `continue` needs no memory: a count that exceeds its budget is
 * looked at again when it has grown, and then there is more than was let pass. */
void
rollout_count_bad(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    if (h->counted && !PLANTED(BUDGET_TWICE)) {
        return;
    }
    h->counted = true;
    r->bad++;
    bool exceeded = r->budget >= 0 && r->bad > r->budget + PLANTED(BUDGET_ONE_MORE);
    for (int32_t i = 0; i < plan_scope_vars(r->plan) && (i == 0 || !PLANTED(SCOPE_FIRST_ONLY));
         i++) {
        const int32_t scope = plan_scope_of(r->plan, host, i);
        r->scope_bad[scope]++;
        exceeded = exceeded || (r->scope_bad[scope] > plan_scope_budget(r->plan, scope) &&
                                !PLANTED(SCOPE_IGNORED));
    }
    if (exceeded) {
        rollout_fail(r, HALT_BUDGET);
    }
}

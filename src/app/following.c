/*
 * following.c - how many steps come after the one that is sent, over the same session.
 *
 * Decides which of them are sure enough to have their channels opened ahead.  Owns nothing.  Never
 * renders a step: only what its `when` says counts.
 */
#include "app/run_state.h"

#include <assert.h>

static bool
is_remote(const struct action_step *step)
{
    switch (step->kind) {
    case ACTION_RUN:
    case ACTION_UPLOAD:
    case ACTION_TEMPLATE:
    case ACTION_WAIT_FOR:
        return true;
    case ACTION_LOCAL:
    case ACTION_HTTP:
    case ACTION_TCP:
        break;
    }
    return false;
}

/* What another host runs for all is most likely not for this one. */
static bool
will_be_sent(struct run *run, const struct run_host *h, enum step_list list, int32_t step)
{
    const struct action_step *s = run_step_at(run, list, step);

    return is_remote(s) && !s->rule.run_once && execute_wanted(run, h, list, step);
}

/* blue_green: before the switch the session ends where the first step behind it stands. */
static int32_t
end_of(const struct run *run, const struct run_host *h, enum step_list list)
{
    const int32_t barrier = list == LIST_STEPS && !h->switched ? plan_switch_step(run->plan) : -1;

    return barrier >= 0 && h->step < barrier ? barrier : run_list_count(run, list);
}

/* A check may be tried again and again; only what follows it in this try is sure. */
int
following_count(struct run *run, const struct run_host *h)
{
    static const enum step_list then[] = {LIST_CHECKS, LIST_FINALLY};
    const int32_t end = end_of(run, h, h->list);
    const bool goes_on = h->list == LIST_STEPS && end == run_list_count(run, LIST_STEPS);
    int count = 0;

    for (int32_t i = h->step + 1; i < end && count < FOLLOWING_MAX; i++) {
        count += will_be_sent(run, h, h->list, i);
    }
    for (size_t k = 0; goes_on && k < sizeof(then) / sizeof(then[0]); k++) {
        for (int32_t i = 0; i < run_list_count(run, then[k]) && count < FOLLOWING_MAX; i++) {
            count += will_be_sent(run, h, then[k], i);
        }
    }
    return count;
}

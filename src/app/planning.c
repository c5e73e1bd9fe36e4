/*
 * planning.c - from what was asked to the plan of a run: policy, steps that the tags select, rules.
 *
 * Used by a run and by whoever shows what a run would do, so that both are the same.  Owns nothing.
 * Never connects, never reads a file.
 */
#include "app/run.h"

#include "base/xalloc.h"
#include "core/tags.h"

#include <stdlib.h>

void
app_policy(const struct run_request *q, struct policy *ret)
{
    *ret = q->settings->policy;
    ret->strategy = q->strategy;
    ret->seed = q->seed;
    if (q->hosts_in_order) {
        ret->order = HOST_ORDER_INVENTORY;
    }
    if (q->workers >= 0) {
        ret->workers = q->workers;
    }
    ret->has_budget = q->action->mutating || q->max_fail_given;
}

size_t
app_steps(const struct run_request *q, size_t **ret_steps)
{
    static const struct strv none;
    const struct strv *tags = q->tags == NULL ? &none : q->tags;
    const struct strv *skip = q->skip_tags == NULL ? &none : q->skip_tags;
    size_t *steps = xcalloc(q->action->step_count, sizeof(*steps));
    size_t count = 0;

    for (size_t i = 0; i < q->action->step_count; i++) {
        const struct strv *t = &q->action->steps[i].tags;
        if (tags_select((const char *const *)t->items, t->count, (const char *const *)tags->items,
                        tags->count, (const char *const *)skip->items, skip->count)) {
            steps[count++] = i;
        }
    }
    *ret_steps = steps;
    return count;
}

struct plan *
app_plan(const struct run_request *q, const struct policy *policy, const char *const *names,
         const size_t *steps, size_t step_count, struct err *err)
{
    const struct action *a = q->action;
    struct plan_step *rules = xcalloc(step_count, sizeof(*rules));
    struct plan_step *last = xcalloc(a->finally_count, sizeof(*last));
    struct plan_check *checks = xcalloc(a->check_count, sizeof(*checks));

    for (size_t i = 0; i < step_count; i++) {
        rules[i] = a->steps[steps[i]].rule;
    }
    for (size_t i = 0; i < a->finally_count; i++) {
        last[i] = a->finally_steps[i].rule;
    }
    for (size_t i = 0; i < a->check_count; i++) {
        checks[i].local = a->checks[i].rule.local;
    }
    const struct plan_request request = {
        .policy = policy,
        .host_count = (int32_t)q->host_count,
        .host_names = names,
        .steps = rules,
        .step_count = (int32_t)step_count,
        .finally_steps = last,
        .finally_count = (int32_t)a->finally_count,
        .checks = checks,
        .check_count = (int32_t)a->check_count,
    };
    struct plan *plan = plan_new(&request, err);
    free(rules);
    free(last);
    free(checks);
    return plan;
}

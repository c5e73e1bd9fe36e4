/*
 * planning.c - from what was asked to the plan of a run: policy, steps that the tags select, rules.
 *
 * Used by a run and by whoever shows what a run would do, so that both are the same.  Owns nothing.
 * Never connects, never reads a file.
 */
#include "app/parting.h"
#include "app/run.h"

#include "base/xalloc.h"
#include "core/tags.h"

#include <stdlib.h>

/* Where there is nothing to take back, and the action says so, or where it only looks. */
static bool
keeps(const struct action *a)
{
    return !a->mutating || a->no_rollback;
}

void
app_policy(const struct run_request *q, struct policy *ret)
{
    *ret = q->settings->policy;
    ret->strategy = q->strategy;
    ret->seed = q->seed;
    ret->answerable = q->answerable;
    if (q->hosts_in_order) {
        ret->order = HOST_ORDER_INVENTORY;
    }
    if (q->workers >= 0) {
        ret->workers = q->workers;
    }
    ret->ahead_max = !q->settings->connect_ahead ? 0 : ret->workers > 0 ? ret->workers : 1;
    ret->has_budget = q->action->mutating || q->max_fail_given;
    if (ret->on_failure == ON_FAILURE_ROLLBACK && keeps(q->action)) {
        ret->on_failure = ON_FAILURE_STOP;
    }
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

/* Steps of an action that only looks change nothing, whatever their kind. */
static void
copy_rules(const struct action *a, const struct action_step *steps, const size_t *which,
           size_t count, struct plan_step *ret)
{
    for (size_t i = 0; i < count; i++) {
        ret[i] = steps[which == NULL ? i : which[i]].rule;
        ret[i].looks = ret[i].looks || !a->mutating;
    }
}

static void
set_partings(const struct partings *p, struct plan_request *ret)
{
    ret->parallel_by = p->parallel_by;
    ret->parallel_by_count = p->parallel_by_count;
    ret->budget_by = p->budget_by;
    ret->budget_by_count = p->budget_by_count;
    ret->sequence_by = p->has_sequence ? &p->sequence_by : NULL;
}

struct plan *
app_plan(const struct run_request *q, const struct policy *policy, const char *const *names,
         const size_t *steps, size_t step_count, struct err *err)
{
    const struct action *a = q->action;
    struct plan_step *rules = xcalloc(step_count, sizeof(*rules));
    struct plan_step *last = xcalloc(a->finally_count, sizeof(*last));
    struct plan_step *back = xcalloc(a->rollback_count, sizeof(*back));
    struct plan_check *checks = xcalloc(a->check_count, sizeof(*checks));
    struct partings partings;
    struct plan *plan = NULL;

    copy_rules(a, a->steps, steps, step_count, rules);
    copy_rules(a, a->finally_steps, NULL, a->finally_count, last);
    copy_rules(a, a->rollback_steps, NULL, a->rollback_count, back);
    for (size_t i = 0; i < a->check_count; i++) {
        checks[i].local = a->checks[i].rule.local;
    }
    struct plan_request request = {
        .policy = policy,
        .host_count = (int32_t)q->host_count,
        .host_names = names,
        .steps = rules,
        .step_count = (int32_t)step_count,
        .finally_steps = last,
        .finally_count = (int32_t)a->finally_count,
        .checks = checks,
        .check_count = (int32_t)a->check_count,
        .rollback_steps = back,
        .rollback_count = (int32_t)a->rollback_count,
    };
    if (partings_fill(q, names, &partings, err) == 0) {
        set_partings(&partings, &request);
        plan = plan_new(&request, err);
    }
    partings_release(&partings);
    free(rules);
    free(last);
    free(back);
    free(checks);
    return plan;
}

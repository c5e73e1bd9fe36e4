/*
 * check_plan.c - order, waves, budgets and limits of a case, worked out once more.
 *
 * Plain and slow on purpose; compared with the plan's own answers once.  Only a shuffled order is
 * taken from the plan: that it is a permutation is all that can be said of it.
 */
#include "sim/check_state.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

static int32_t
percent_of(int32_t total, int32_t percent)
{
    return (int32_t)((int64_t)total * percent / 100);
}

/* Sizes of waves and limits: a wave of no host can not be. */
static int32_t
at_least_one(struct amount a, int32_t total)
{
    const int32_t n = a.percent ? percent_of(total, a.value) : a.value;

    return n < 1 ? 1 : n;
}

static int32_t
budget_of(struct amount a, int32_t total)
{
    return a.percent ? percent_of(total, a.value) : a.value;
}

/* ---- the order */

struct named {
    const char *name;
    int32_t host;
};

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static void
order_by_name(struct check *k, bool reverse)
{
    struct named *list = xcalloc((size_t)k->host_count, sizeof(*list));

    for (int32_t i = 0; i < k->host_count; i++) {
        list[i] = (struct named){.name = k->c->names[i], .host = i};
    }
    qsort(list, (size_t)k->host_count, sizeof(*list), by_name);
    for (int32_t i = 0; i < k->host_count; i++) {
        k->host_at[i] = list[reverse ? k->host_count - 1 - i : i].host;
    }
    free(list);
}

static void
order_from_plan(struct check *k)
{
    bool *seen = xcalloc((size_t)k->host_count, sizeof(*seen));

    for (int32_t i = 0; i < k->host_count; i++) {
        const int32_t host = k->plan == NULL ? i : plan_host_at(k->plan, i);
        CHECK(k, host >= 0 && host < k->host_count && !seen[host],
              "plan: position %d of the shuffled order is host %d, not one of those left", (int)i,
              (int)host);
        if (k->wrong[0] != '\0') {
            break;
        }
        seen[host] = true;
        k->host_at[i] = host;
    }
    free(seen);
}

/* Values in the order in which they come first, hosts within a value as they were. */
static void
part_by_value(struct check *k, const struct sim_parting *by)
{
    int32_t *old = xmemdup(k->host_at, (size_t)k->host_count * sizeof(*old));
    bool *done = xcalloc((size_t)by->value_count, sizeof(*done));
    int32_t count = 0;

    for (int32_t i = 0; i < k->host_count; i++) {
        const int32_t value = by->value_of[old[i]];
        if (done[value]) {
            continue;
        }
        done[value] = true;
        for (int32_t j = i; j < k->host_count; j++) {
            if (by->value_of[old[j]] == value) {
                k->host_at[count++] = old[j];
            }
        }
    }
    free(done);
    free(old);
}

static void
make_order(struct check *k)
{
    const int32_t n = k->host_count;

    for (int32_t i = 0; i < n; i++) {
        k->host_at[i] = k->c->policy.order == HOST_ORDER_REVERSE_INVENTORY ? n - 1 - i : i;
    }
    switch (k->c->policy.order) {
    case HOST_ORDER_INVENTORY:
    case HOST_ORDER_REVERSE_INVENTORY:
        break;
    case HOST_ORDER_SORTED:
    case HOST_ORDER_REVERSE_SORTED:
        order_by_name(k, k->c->policy.order == HOST_ORDER_REVERSE_SORTED);
        break;
    case HOST_ORDER_SHUFFLE:
        order_from_plan(k);
        break;
    }
    if (k->c->sequenced && k->wrong[0] == '\0') {
        part_by_value(k, &k->c->sequence_by);
    }
    for (int32_t i = 0; i < n && k->wrong[0] == '\0'; i++) {
        k->hosts[k->host_at[i]].position = i;
    }
}

/* ---- waves */

/* Hosts in a wave where nothing cuts it; nth counts waves behind the canary. */
static int32_t
wave_size(const struct check *k, int32_t nth)
{
    const struct policy *o = &k->c->policy;

    if (o->strategy != STRATEGY_ROLLING && o->strategy != STRATEGY_CANARY) {
        return k->host_count;
    }
    if (o->serial_count == 0) {
        return o->workers > 0 ? o->workers : 1;
    }
    return at_least_one(o->serial[nth < o->serial_count ? nth : o->serial_count - 1],
                        k->host_count);
}

static bool
value_changes(const struct check *k, int32_t position)
{
    const struct sim_parting *by = &k->c->sequence_by;

    return k->c->sequenced && position > 0 &&
           by->value_of[k->host_at[position]] != by->value_of[k->host_at[position - 1]];
}

static void
make_waves(struct check *k)
{
    const struct policy *o = &k->c->policy;
    const int32_t canary =
        o->strategy == STRATEGY_CANARY ? at_least_one(o->canary, k->host_count) : 0;
    int32_t left = 0;

    for (int32_t i = 0; i < k->host_count; i++) {
        if (left == 0 || value_changes(k, i)) {
            left = i < canary ? canary - i : wave_size(k, k->waves - k->canary_waves);
            k->canary_waves += i < canary;
            k->wave_begin[k->waves++] = i;
        }
        left--;
        k->hosts[k->host_at[i]].wave = k->waves - 1;
    }
    k->wave_begin[k->waves] = k->host_count;
    if (o->strategy == STRATEGY_BLUE_GREEN) {
        k->waves = 2; /* both of all hosts */
        k->wave_begin[0] = k->wave_begin[1] = 0;
    }
}

/* ---- budgets and limits */

static int32_t *
amounts_by_value(const struct check *k, const struct sim_parting *by, bool budget)
{
    int32_t *list = xcalloc((size_t)by->value_count + 1, sizeof(*list));

    for (int32_t i = 0; i < k->host_count; i++) {
        list[by->value_of[i]]++;
    }
    for (int32_t v = 0; v < by->value_count; v++) {
        list[v] = budget ? budget_of(by->limit, list[v]) : at_least_one(by->limit, list[v]);
    }
    return list;
}

static void
make_partings(struct check *k)
{
    k->budget_vars = k->c->budget_by_count;
    k->limit_vars = k->c->parallel_by_count;
    for (int32_t i = 0; i < k->budget_vars; i++) {
        const struct sim_parting *by = &k->c->budget_by[i];
        k->scope_budget[i] = amounts_by_value(k, by, true);
        k->scope_bad[i] = xcalloc((size_t)by->value_count + 1, sizeof(int32_t));
    }
    for (int32_t i = 0; i < k->limit_vars; i++) {
        const struct sim_parting *by = &k->c->parallel_by[i];
        k->limit[i] = amounts_by_value(k, by, false);
        k->in_flight[i] = xcalloc((size_t)by->value_count + 1, sizeof(int32_t));
    }
}

/* ---- lists */

static bool
any_remote(const struct plan_step *steps, int32_t count)
{
    bool remote = false;

    for (int32_t i = 0; i < count; i++) {
        remote |= !steps[i].local;
    }
    return remote;
}

static bool
any_restrained(const struct plan_step *steps, int32_t count)
{
    bool restrained = false;

    for (int32_t i = 0; i < count; i++) {
        restrained |= steps[i].run_once || steps[i].throttle > 0;
    }
    return restrained;
}

static void
make_lists(struct check *k)
{
    const struct sim_case *c = k->c;

    k->checks = c->policy.gate_enabled ? c->check_count : 0;
    k->remote =
        any_remote(c->steps, c->step_count) || any_remote(c->finally_steps, c->finally_count);
    for (int32_t i = 0; i < k->checks; i++) {
        k->remote |= !c->checks[i].local;
    }
    k->remote |= any_remote(c->rollback_steps, c->rollback_count);
    k->restrained[LIST_STEPS] = any_restrained(c->steps, c->step_count);
    k->restrained[LIST_ROLLBACK] = any_restrained(c->rollback_steps, c->rollback_count);
    k->restrained[LIST_FINALLY] = any_restrained(c->finally_steps, c->finally_count);
    k->switch_step = -1;
    for (int32_t i = c->step_count - 1; i >= 0 && c->policy.strategy == STRATEGY_BLUE_GREEN; i--) {
        k->switch_step = c->steps[i].switches ? i : k->switch_step;
    }
}

void
check_plan_make(struct check *k)
{
    const struct policy *o = &k->c->policy;

    k->host_at = xcalloc((size_t)k->host_count, sizeof(*k->host_at));
    k->wave_begin = xcalloc((size_t)k->host_count + 2, sizeof(*k->wave_begin));
    make_order(k);
    if (k->wrong[0] != '\0') {
        return;
    }
    make_waves(k);
    make_partings(k);
    make_lists(k);
    k->budget = o->has_budget ? budget_of(o->max_fail, k->host_count) : -1;
    k->width = o->strategy == STRATEGY_SEQUENTIAL || o->workers == 0 ? 1 : o->workers;
    k->told = k->c->sequenced || o->strategy > STRATEGY_PARALLEL;
}

void
check_plan_release(struct check *k)
{
    free(k->host_at);
    free(k->wave_begin);
    for (int32_t i = 0; i < CHECK_VARS_MAX; i++) {
        free(k->scope_budget[i]);
        free(k->scope_bad[i]);
        free(k->limit[i]);
        free(k->in_flight[i]);
    }
}

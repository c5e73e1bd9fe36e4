/*
 * plan_part.c - parts hosts by the values of variables: limits in flight, budgets, groups.
 *
 * Decides how much each value may have, and which hosts share all their limits.  All in linear
 * time: by counting, never by comparing.
 */
#include "core/plan_state.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Hosts of each value. */
static int32_t *
tally(const struct plan_parting *by, const int32_t *list, int32_t count)
{
    int32_t *hosts = xcalloc((size_t)by->value_count, sizeof(*hosts));

    for (int32_t i = 0; i < count; i++) {
        const int32_t value = by->value_of[list[i]];
        assert(value >= 0 && value < by->value_count);
        hosts[value]++;
    }
    return hosts;
}

void
plan_group(int32_t *list, int32_t count, const struct plan_parting *by)
{
    int32_t *hosts = tally(by, list, count);
    int32_t *at = xcalloc((size_t)by->value_count, sizeof(*at));
    int32_t *was = xmemdup(list, (size_t)count * sizeof(*list));
    int32_t begin = 0;

    for (int32_t i = 0; i < count; i++) {
        const int32_t value = by->value_of[was[i]];
        if (hosts[value] > 0) { /* it comes first here: the next places are its own */
            at[value] = begin;
            begin += hosts[value];
            hosts[value] = 0;
        }
        list[at[value]++] = was[i];
    }
    free(hosts);
    free(at);
    free(was);
}

/* What each value may have, by the amount of its variable; numbered through. */
static int32_t *
amounts(const struct plan *p, const struct plan_parting *by, int32_t vars,
        int32_t (*amount)(struct amount a, int32_t total), int32_t *ret_count)
{
    int32_t *list = NULL;
    int32_t count = 0;

    for (int32_t v = 0; v < vars; v++) {
        int32_t *hosts = tally(&by[v], p->order, p->host_count);
        list = xreallocarray(list, (size_t)count + (size_t)by[v].value_count, sizeof(*list));
        for (int32_t i = 0; i < by[v].value_count; i++) {
            list[count++] = amount(by[v].limit, hosts[i]);
        }
        free(hosts);
    }
    *ret_count = count;
    return list;
}

static bool
same_values(const struct plan_parting *by, int32_t vars, int32_t a, int32_t b)
{
    for (int32_t v = 0; v < vars; v++) {
        if (by[v].value_of[a] != by[v].value_of[b]) {
            return false;
        }
    }
    return true;
}

/* Grouped by one variable after the other, hosts that have all values in common stand together. */
static void
make_classes(struct plan_limits *l, int32_t hosts, const struct plan_parting *by)
{
    int32_t *list = xcalloc((size_t)hosts, sizeof(*list));
    size_t cap = 0;

    l->class_of = xcalloc((size_t)hosts, sizeof(*l->class_of));
    for (int32_t i = 0; i < hosts; i++) {
        list[i] = i;
    }
    for (int32_t v = 0; v < l->vars; v++) {
        plan_group(list, hosts, &by[v]);
    }
    for (int32_t i = 0; i < hosts; i++) {
        if (i == 0 || !same_values(by, l->vars, list[i - 1], list[i])) {
            const size_t at = (size_t)l->class_count++;
            l->class_limits =
                xgrow(l->class_limits, at, &cap, sizeof(*l->class_limits) * (size_t)l->vars);
            int32_t before = 0; /* limits of the variables before */
            for (int32_t v = 0; v < l->vars; v++) {
                l->class_limits[at * (size_t)l->vars + (size_t)v] =
                    before + by[v].value_of[list[i]];
                before += by[v].value_count;
            }
        }
        l->class_of[list[i]] = l->class_count - 1;
    }
    l->class_limits = xreallocarray(l->class_limits, (size_t)l->class_count,
                                    sizeof(*l->class_limits) * (size_t)l->vars);
    free(list);
}

void
plan_make_limits(struct plan *p, const struct plan_request *q)
{
    struct plan_limits *l = &p->limits;

    l->vars = q->parallel_by_count;
    if (l->vars == 0) {
        l->class_count = 1;
        return;
    }
    l->limit = amounts(p, q->parallel_by, l->vars, amount_wave, &l->count);
    make_classes(l, p->host_count, q->parallel_by);
}

void
plan_make_scopes(struct plan *p, const struct plan_request *q)
{
    struct plan_scopes *s = &p->scopes;
    int32_t before = 0;

    s->vars = q->budget_by_count;
    if (s->vars == 0) {
        return;
    }
    s->budget = amounts(p, q->budget_by, s->vars, amount_budget, &s->count);
    s->scope_of = xcalloc((size_t)p->host_count * (size_t)s->vars, sizeof(*s->scope_of));
    for (int32_t v = 0; v < s->vars; v++) {
        for (int32_t i = 0; i < p->host_count; i++) {
            s->scope_of[(size_t)i * (size_t)s->vars + (size_t)v] =
                before + q->budget_by[v].value_of[i];
        }
        before += q->budget_by[v].value_count;
    }
}

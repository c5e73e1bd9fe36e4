/*
 * plan_waves.c - the order in which hosts start, and where it is cut into waves.
 *
 * Decides positions and barriers, from the policy alone.
 */
#include "core/plan_state.h"

#include "core/planted.h"

#include "base/prng.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

struct named {
    const char *name;
    int32_t host;
};

static int
by_name(const void *a, const void *b)
{
    const struct named *x = a;
    const struct named *y = b;
    const int c = strcmp(x->name, y->name);

    if (c != 0) {
        return c;
    }
    return (x->host > y->host) - (x->host < y->host);
}

static void
sort_hosts(struct plan *p, const char *const *names)
{
    const size_t n = (size_t)p->host_count;
    struct named *list = xcalloc(n, sizeof(*list));

    for (size_t i = 0; i < n; i++) {
        list[i] = (struct named){.name = names[i], .host = (int32_t)i};
    }
    qsort(list, n, sizeof(*list), by_name);
    for (size_t i = 0; i < n; i++) {
        p->order[i] = list[i].host;
    }
    free(list);
}

static void
reverse(int32_t *list, int32_t count)
{
    for (int32_t i = 0, j = count - 1; i < j; i++, j--) {
        const int32_t t = list[i];
        list[i] = list[j];
        list[j] = t;
    }
}

/* Fisher-Yates, from the seed. */
static void
shuffle(int32_t *list, int32_t count, uint64_t seed)
{
    struct prng p = {.state = seed};

    for (int32_t i = count - 1; i > 0; i--) {
        const int32_t j = (int32_t)prng_below(&p, (uint64_t)i + 1);
        const int32_t t = list[i];
        list[i] = list[j];
        list[j] = t;
    }
}

static void
put_in_order(struct plan *p, const char *const *names)
{
    switch (p->policy.order) {
    case HOST_ORDER_INVENTORY:
        break;
    case HOST_ORDER_REVERSE_INVENTORY:
        reverse(p->order, p->host_count);
        break;
    case HOST_ORDER_SORTED:
        sort_hosts(p, names);
        break;
    case HOST_ORDER_REVERSE_SORTED:
        sort_hosts(p, names);
        reverse(p->order, PLANTED(ORDER_REVERSED) ? 0 : p->host_count);
        break;
    case HOST_ORDER_SHUFFLE:
        shuffle(p->order, p->host_count, p->policy.seed);
        break;
    }
}

void
plan_arrange(struct plan *p, const struct plan_request *q)
{
    p->order = xcalloc((size_t)p->host_count, sizeof(*p->order));
    p->position = xcalloc((size_t)p->host_count, sizeof(*p->position));
    for (int32_t i = 0; i < p->host_count; i++) {
        p->order[i] = i;
    }
    put_in_order(p, q->host_names);
    if (q->sequence_by != NULL && !PLANTED(SEQUENCE_NOT_GROUPED)) {
        plan_group(p->order, p->host_count, q->sequence_by);
    }
    for (int32_t i = 0; i < p->host_count; i++) {
        p->position[p->order[i]] = i;
    }
}

/* Size of the k-th wave behind the canary, before it is cut to the hosts that are left. */
static int32_t
wave_size(const struct plan *p, int32_t k)
{
    const struct policy *o = &p->policy;

    if (o->strategy != STRATEGY_ROLLING && o->strategy != STRATEGY_CANARY) {
        return p->host_count;
    }
    if (o->serial_count == 0) {
        return o->workers == 0 ? 1 : o->workers;
    }
    if (PLANTED(SERIAL_LAST_NOT_REPEATED) && k >= o->serial_count) {
        return p->host_count;
    }
    return amount_wave(o->serial[k < o->serial_count ? k : o->serial_count - 1], p->host_count);
}

/* The first position behind `begin` where the value is another. */
static int32_t
end_of_value(const struct plan *p, const struct plan_parting *by, int32_t begin)
{
    if (by == NULL) {
        return p->host_count;
    }
    const int32_t value = by->value_of[p->order[begin]];
    int32_t end = begin + 1;

    while (end < p->host_count && by->value_of[p->order[end]] == value) {
        end++;
    }
    return end;
}

static void
cut(struct plan *p, const struct plan_parting *by)
{
    const struct policy *o = &p->policy;
    const int32_t canary =
        o->strategy == STRATEGY_CANARY ? amount_wave(o->canary, p->host_count) : 0;
    size_t cap = 0;
    int32_t value_end = 0;

    for (int32_t begin = 0; begin < p->host_count;) {
        if (begin == value_end) {
            value_end = end_of_value(p, by, begin);
        }
        const bool in_canary = begin < canary;
        const int32_t size =
            in_canary ? canary - begin
                      : wave_size(p, p->wave_count -
                                         (PLANTED(SERIAL_BEHIND_CANARY) ? 0 : p->canary_waves));
        p->wave_begin = xgrow(p->wave_begin, (size_t)p->wave_count, &cap, sizeof(int32_t));
        p->wave_begin[p->wave_count++] = begin;
        p->canary_waves += in_canary;
        begin = size < value_end - begin ? begin + size : value_end;
    }
    p->wave_begin = xreallocarray(p->wave_begin, (size_t)p->wave_count + 1, sizeof(int32_t));
    p->wave_begin[p->wave_count] = p->host_count;
}

void
plan_cut_waves(struct plan *p, const struct plan_parting *sequence_by)
{
    static const bool told[] = {
        [STRATEGY_SEQUENTIAL] = false, [STRATEGY_PARALLEL] = false, [STRATEGY_ROLLING] = true,
        [STRATEGY_ALL_AT_ONCE] = true, [STRATEGY_CANARY] = true,    [STRATEGY_BLUE_GREEN] = true,
    };
    _Static_assert(sizeof(told) / sizeof(told[0]) == STRATEGIES, "say whether it tells its waves");

    p->waves_told = told[p->policy.strategy] || sequence_by != NULL;
    if (p->policy.strategy == STRATEGY_BLUE_GREEN) {
        p->wave_count = 2; /* both of all hosts: nothing is cut */
        return;
    }
    cut(p, sequence_by);
}

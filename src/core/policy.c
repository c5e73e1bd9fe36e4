/*
 * policy.c - names of the choices an operator has, and the arithmetic of amounts.
 *
 * Decides the rounding of percentages (rollout semantics: down for budgets, at least one for
 * waves). Owns nothing.
 */
#include "core/policy.h"

#include "core/planted.h"

#include <assert.h>

static const char *const strategies[] = {
    [STRATEGY_SEQUENTIAL] = "sequential", [STRATEGY_PARALLEL] = "parallel",
    [STRATEGY_ROLLING] = "rolling",       [STRATEGY_ALL_AT_ONCE] = "all_at_once",
    [STRATEGY_CANARY] = "canary",         [STRATEGY_BLUE_GREEN] = "blue_green",
};
_Static_assert(sizeof(strategies) / sizeof(strategies[0]) == STRATEGIES, "name a strategy");

static const char *const host_orders[] = {
    [HOST_ORDER_INVENTORY] = "inventory", [HOST_ORDER_REVERSE_INVENTORY] = "reverse_inventory",
    [HOST_ORDER_SORTED] = "sorted",       [HOST_ORDER_REVERSE_SORTED] = "reverse_sorted",
    [HOST_ORDER_SHUFFLE] = "shuffle",
};
_Static_assert(sizeof(host_orders) / sizeof(host_orders[0]) == HOST_ORDERS, "name an order");

static const char *const on_failures[] = {
    [ON_FAILURE_STOP] = "stop",
    [ON_FAILURE_CONTINUE] = "continue",
    [ON_FAILURE_ROLLBACK] = "rollback",
    [ON_FAILURE_PAUSE] = "pause",
};
_Static_assert(sizeof(on_failures) / sizeof(on_failures[0]) == ON_FAILURES, "name a choice");

static const char *const promotes[] = {
    [PROMOTE_AUTO] = "auto",
    [PROMOTE_MANUAL] = "manual",
};
_Static_assert(sizeof(promotes) / sizeof(promotes[0]) == PROMOTES, "name a choice");

const char *
strategy_name(enum strategy s)
{
    assert((unsigned)s < STRATEGIES);
    return strategies[s];
}

const char *
host_order_name(enum host_order o)
{
    assert((unsigned)o < HOST_ORDERS);
    return host_orders[o];
}

const char *
on_failure_name(enum on_failure f)
{
    assert((unsigned)f < ON_FAILURES);
    return on_failures[f];
}

const char *
promote_name(enum promote p)
{
    assert((unsigned)p < PROMOTES);
    return promotes[p];
}

int32_t
amount_budget(struct amount a, int32_t total)
{
    if (!a.percent) {
        return a.value;
    }
    return (int32_t)(((int64_t)total * a.value + (PLANTED(PERCENT_ROUNDED_UP) ? 99 : 0)) / 100);
}

int32_t
amount_wave(struct amount a, int32_t total)
{
    if (!a.percent) {
        return a.value;
    }
    const int64_t part = (int64_t)total * a.value + (PLANTED(WAVE_ROUNDED_UP) ? 99 : 0);
    const int32_t size = (int32_t)(part / 100);
    return size < 1 ? 1 : size;
}

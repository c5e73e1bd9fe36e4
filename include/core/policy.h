/*
 * policy.h - what the operator asked for: strategy, waves, budget, gates, retries.
 *
 * Plain numbers, filled by config/settings or by a test; fixed once a plan is made from them.
 * Times are milliseconds.  Source: design of rollouts, ARCHITECTURE.md "Rollout".
 */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

enum { POLICY_SERIAL_MAX = 64, POLICY_WORKERS_MAX = 10000 };

/* Longest time in a policy or a step: 365 days, as base/duration.h reads them. */
#define POLICY_MS_MAX (INT64_C(365) * 24 * 3600 * 1000)

enum strategy {
    STRATEGY_SEQUENTIAL,
    STRATEGY_PARALLEL,
    STRATEGY_ROLLING,
    STRATEGY_ALL_AT_ONCE,
    STRATEGY_CANARY,
    STRATEGY_BLUE_GREEN,
};
enum { STRATEGIES = STRATEGY_BLUE_GREEN + 1 };

enum host_order {
    HOST_ORDER_INVENTORY,
    HOST_ORDER_REVERSE_INVENTORY,
    HOST_ORDER_SORTED,
    HOST_ORDER_REVERSE_SORTED,
    HOST_ORDER_SHUFFLE,
};
enum { HOST_ORDERS = HOST_ORDER_SHUFFLE + 1 };

enum on_failure {
    ON_FAILURE_STOP,
    ON_FAILURE_CONTINUE,
    ON_FAILURE_ROLLBACK,
    ON_FAILURE_PAUSE,
};
enum { ON_FAILURES = ON_FAILURE_PAUSE + 1 };

enum promote {
    PROMOTE_AUTO,   /* when its hosts are ok, gate and bake passed */
    PROMOTE_MANUAL, /* when the operator says so */
};
enum { PROMOTES = PROMOTE_MANUAL + 1 };

/* `5` or `20%`. */
struct amount {
    int32_t value;
    bool percent;
};

struct policy {
    enum strategy strategy;
    int32_t workers;   /* W; 0: one host at a time, whatever the strategy */
    int32_t ahead_max; /* sessions opened ahead of their wave, never more than W; 0: none */
    struct amount serial[POLICY_SERIAL_MAX];
    int32_t serial_count; /* 0: unset, waves of W hosts */
    enum host_order order;
    uint64_t seed; /* shuffles and jitter */

    struct amount canary; /* hosts of the canary's waves; with the strategy canary alone */
    enum promote promote;
    bool answerable; /* somebody can promote and continue: a terminal, or a control socket */

    bool has_budget; /* false: nothing counts but the authentication breaker */
    struct amount max_fail;
    enum on_failure on_failure;

    bool gate_enabled;
    int32_t gate_retries;   /* tries = 1 + retries */
    int32_t gate_successes; /* in a row */
    int64_t gate_interval_ms;
    int64_t host_bake_ms;
    int64_t wave_bake_ms;
    int64_t wave_pause_ms;

    bool retry_connect;
    int32_t retries_max;
    int64_t retry_delay_ms;
    int64_t run_timeout_ms; /* 0: none */
};

const char *strategy_name(enum strategy s);     /* "rolling" */
const char *host_order_name(enum host_order o); /* "reverse_sorted" */
const char *on_failure_name(enum on_failure f);
const char *promote_name(enum promote p);

/* Largest number of bad outcomes a scope of `total` hosts may have: N, or floor(P% of total). */
int32_t amount_budget(struct amount a, int32_t total);

/* Hosts in a wave: N, or max(1, P% of total). */
int32_t amount_wave(struct amount a, int32_t total);

#endif

/*
 * script_fields.c - the table of a case's numbers.
 */
#include "sim/script_fields.h"

#include <assert.h>

static const char *
strategy_word(int i)
{
    return strategy_name((enum strategy)i);
}

static const char *
order_word(int i)
{
    return host_order_name((enum host_order)i);
}

static const char *
on_failure_word(int i)
{
    return on_failure_name((enum on_failure)i);
}

static const char *
promote_word(int i)
{
    return promote_name((enum promote)i);
}

#define POLICY(name, kind) #name, FIELD_##kind, offsetof(struct sim_case, policy.name), NULL, 0
#define TROUBLE(name) #name, FIELD_INT32, offsetof(struct sim_case, trouble.name), NULL, 0
#define CASE(name, kind) #name, FIELD_##kind, offsetof(struct sim_case, name), NULL, 0
#define STEP(name, kind) #name, FIELD_##kind, offsetof(struct plan_step, name), NULL, 0
#define WORDS(name, word, count)                                                                   \
#name, FIELD_ENUM, offsetof(struct sim_case, policy.name), word, count

const struct field case_fields[] = {
    {CASE(seed, UINT64)},
    {WORDS(strategy, strategy_word, STRATEGIES)},
    {POLICY(workers, INT32)},
    {POLICY(ahead_max, INT32)},
    {WORDS(order, order_word, HOST_ORDERS)},
    {"policy_seed", FIELD_UINT64, offsetof(struct sim_case, policy.seed), NULL, 0},
    {POLICY(canary, AMOUNT)},
    {WORDS(promote, promote_word, PROMOTES)},
    {POLICY(answerable, BOOL)},
    {POLICY(has_budget, BOOL)},
    {POLICY(max_fail, AMOUNT)},
    {WORDS(on_failure, on_failure_word, ON_FAILURES)},
    {POLICY(gate_enabled, BOOL)},
    {POLICY(gate_retries, INT32)},
    {POLICY(gate_successes, INT32)},
    {POLICY(gate_interval_ms, INT64)},
    {POLICY(host_bake_ms, INT64)},
    {POLICY(wave_bake_ms, INT64)},
    {POLICY(wave_pause_ms, INT64)},
    {POLICY(retry_connect, BOOL)},
    {POLICY(retries_max, INT32)},
    {POLICY(retry_delay_ms, INT64)},
    {POLICY(run_timeout_ms, INT64)},
    {CASE(slow_ms, INT64)},
    {CASE(stall_ms, INT64)},
    {CASE(turn_ms, INT64)},
    {CASE(operator_ms, INT64)},
    {"trouble_connect", FIELD_INT32, offsetof(struct sim_case, trouble.connect), NULL, 0},
    {TROUBLE(denied)},
    {TROUBLE(throttled)},
    {"trouble_step", FIELD_INT32, offsetof(struct sim_case, trouble.step), NULL, 0},
    {TROUBLE(unknown)},
    {"trouble_check", FIELD_INT32, offsetof(struct sim_case, trouble.check), NULL, 0},
    {TROUBLE(flap)},
    {"trouble_finally", FIELD_INT32, offsetof(struct sim_case, trouble.finally), NULL, 0},
    {"trouble_rollback", FIELD_INT32, offsetof(struct sim_case, trouble.rollback), NULL, 0},
    {TROUBLE(drop)},
    {TROUBLE(stall)},
    {TROUBLE(stray)},
    {TROUBLE(slow_host)},
    {TROUBLE(late_tick)},
    {TROUBLE(odd_tick)},
    {TROUBLE(retries)},
    {TROUBLE(give_up)},
    {NULL, FIELD_INT32, 0, NULL, 0},
};

const struct field step_fields[] = {
    {STEP(local, BOOL)},         {STEP(idempotent, BOOL)},
    {STEP(ignore_errors, BOOL)}, {STEP(retries, INT32)},
    {STEP(run_once, BOOL)},      {STEP(throttle, INT32)},
    {STEP(switches, BOOL)},      {STEP(looks, BOOL)},
    {STEP(delay_ms, INT64)},     {NULL, FIELD_INT32, 0, NULL, 0},
};

static const void *
at(const struct field *f, const void *base)
{
    return (const char *)base + f->offset;
}

int64_t
field_get(const struct field *f, const void *base)
{
    switch (f->kind) {
    case FIELD_INT32:
        return *(const int32_t *)at(f, base);
    case FIELD_INT64:
        return *(const int64_t *)at(f, base);
    case FIELD_UINT64:
        return (int64_t) * (const uint64_t *)at(f, base);
    case FIELD_BOOL:
        return *(const bool *)at(f, base);
    case FIELD_AMOUNT:
        return ((const struct amount *)at(f, base))->value;
    case FIELD_ENUM:
        return (int64_t) * (const unsigned *)at(f, base);
    }
    assert(false && "a kind of field");
    return 0;
}

void
field_set(const struct field *f, void *base, int64_t value)
{
    char *place = (char *)base + f->offset;

    switch (f->kind) {
    case FIELD_INT32:
        *(int32_t *)(void *)place = (int32_t)value;
        return;
    case FIELD_INT64:
        *(int64_t *)(void *)place = value;
        return;
    case FIELD_UINT64:
        *(uint64_t *)(void *)place = (uint64_t)value;
        return;
    case FIELD_BOOL:
        *(bool *)(void *)place = value != 0;
        return;
    case FIELD_AMOUNT:
        ((struct amount *)(void *)place)->value = (int32_t)value;
        return;
    case FIELD_ENUM:
        *(unsigned *)(void *)place = (unsigned)value;
        return;
    }
    assert(false && "a kind of field");
}

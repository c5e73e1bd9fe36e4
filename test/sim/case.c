/*
 * case.c - draws a case from a seed: small limits, short fuses, many ways for things to go wrong.
 *
 * Owns the memory of a case, which is used again from seed to seed.  Times come in two scales, a
 * few milliseconds and human ones, because a run is watched at intervals: both in one run would
 * mean millions of probes.
 */
#include "sim/case.h"

#include "sim/draw.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
case_init(struct sim_case *c)
{
    *c = (struct sim_case){0};
}

void
case_release(struct sim_case *c)
{
    free(c->names);
    free(c->name_bytes);
    free(c->values);
    case_init(c);
}

enum { VALUE_LISTS = 2 * PLAN_PARTINGS_MAX + 1 };

static void
place_values(struct sim_case *c)
{
    int32_t *list = c->values;

    for (int i = 0; i < PLAN_PARTINGS_MAX; i++) {
        c->parallel_by[i].value_of = list;
        list += c->hosts_cap;
        c->budget_by[i].value_of = list;
        list += c->hosts_cap;
    }
    c->sequence_by.value_of = list;
}

void
case_room(struct sim_case *c, int32_t hosts)
{
    const size_t want = (size_t)hosts;

    assert(hosts >= 1 && hosts <= SIM_HOSTS_MAX);
    c->host_count = hosts;
    if (want <= c->hosts_cap) {
        return;
    }
    c->names = xreallocarray(c->names, want, sizeof(*c->names));
    c->name_bytes = xreallocarray(c->name_bytes, want, sizeof(*c->name_bytes));
    c->values = xreallocarray(c->values, want * VALUE_LISTS, sizeof(*c->values));
    c->hosts_cap = want;
    memset(c->values, 0, want * VALUE_LISTS * sizeof(*c->values));
    place_values(c);
}

static void
copy_values(struct sim_parting *to, const struct sim_parting *from, int32_t hosts)
{
    memcpy(to->value_of, from->value_of, (size_t)hosts * sizeof(*to->value_of));
}

void
case_copy(struct sim_case *ret, const struct sim_case *c)
{
    struct sim_case own = *ret;

    case_room(&own, c->host_count);
    *ret = *c;
    ret->names = own.names;
    ret->name_bytes = own.name_bytes;
    ret->values = own.values;
    ret->hosts_cap = own.hosts_cap;
    place_values(ret);
    for (int32_t i = 0; i < c->host_count; i++) {
        memcpy(ret->name_bytes[i], c->name_bytes[i], SIM_NAME_MAX);
        ret->names[i] = ret->name_bytes[i];
    }
    for (int32_t i = 0; i < PLAN_PARTINGS_MAX; i++) {
        copy_values(&ret->parallel_by[i], &c->parallel_by[i], c->host_count);
        copy_values(&ret->budget_by[i], &c->budget_by[i], c->host_count);
    }
    copy_values(&ret->sequence_by, &c->sequence_by, c->host_count);
}

/* Six days: sixty of it are just below POLICY_MS_MAX. */
#define UNIT_MS_LONG INT64_C(520000000)

enum { LARGE = 200 };

/* ---- the fleet */

/* Log-uniform: each doubling as likely as the next. */
static int32_t
draw_hosts(struct prng *p, uint64_t seed)
{
    const bool large = seed % 1000 == 0;
    const int32_t low = large ? 7 : 0;
    const int32_t high = large ? 14 : 8;
    const int32_t most = large ? SIM_HOSTS_MAX : LARGE;

    for (;;) {
        const int32_t base = 1 << (low + (int32_t)prng_below(p, (uint64_t)(high - low)));
        const int32_t hosts = base + (int32_t)prng_below(p, (uint64_t)base);
        if (hosts <= most) {
            return hosts;
        }
    }
}

static void
make_fleet(struct prng *p, struct sim_case *c)
{
    case_room(c, draw_hosts(p, c->seed));
    for (int32_t i = 0; i < c->host_count; i++) {
        const int tag = (int)prng_below(p, 1000);
        (void)snprintf(c->name_bytes[i], SIM_NAME_MAX, "%03d-%d", tag, (int)i);
        c->names[i] = c->name_bytes[i];
    }
}

static void
make_parting(struct prng *p, struct sim_case *c, struct sim_parting *o, struct amount limit)
{
    const bool blocks = draw_chance(p, 300); /* neighbours share a value */

    o->value_count = (int32_t)DRAW(p, 1, 2, 2, 3, 5, 12);
    o->limit = limit;
    if (blocks && o->value_count > c->host_count) {
        o->value_count = c->host_count;
    }
    for (int32_t i = 0; i < c->host_count; i++) {
        o->value_of[i] = blocks ? (int32_t)((int64_t)i * o->value_count / c->host_count)
                                : (int32_t)prng_below(p, (uint64_t)o->value_count);
    }
}

static void
make_partings(struct prng *p, struct sim_case *c)
{
    c->parallel_by_count = draw_chance(p, 350) ? (int32_t)DRAW(p, 1, 1, 1, 2, 4) : 0;
    for (int32_t i = 0; i < c->parallel_by_count; i++) {
        make_parting(p, c, &c->parallel_by[i],
                     draw_chance(p, 300)
                         ? (struct amount){(int32_t)DRAW(p, 1, 10, 34, 50, 100), true}
                         : (struct amount){(int32_t)DRAW(p, 1, 1, 1, 2, 3, 8), false});
    }
    c->budget_by_count = draw_chance(p, 300) ? (int32_t)DRAW(p, 1, 1, 2, 4) : 0;
    for (int32_t i = 0; i < c->budget_by_count; i++) {
        make_parting(p, c, &c->budget_by[i],
                     draw_chance(p, 500)
                         ? (struct amount){(int32_t)DRAW(p, 0, 1, 20, 34, 50, 99, 100), true}
                         : (struct amount){(int32_t)DRAW(p, 0, 0, 1, 1, 2, 5), false});
    }
    c->sequenced = c->policy.strategy != STRATEGY_BLUE_GREEN && draw_chance(p, 200);
    if (c->sequenced) {
        make_parting(p, c, &c->sequence_by, (struct amount){0});
    }
}

/* ---- the policy */

static struct amount
draw_serial(struct prng *p)
{
    if (draw_chance(p, 400)) {
        return (struct amount){(int32_t)DRAW(p, 1, 5, 10, 20, 33, 34, 50, 66, 99, 100), true};
    }
    return (struct amount){(int32_t)DRAW(p, 1, 1, 2, 2, 3, 4, 7, 12), false};
}

static void
make_failure(struct prng *p, struct policy *o)
{
    o->has_budget = draw_chance(p, 750);
    o->max_fail = draw_chance(p, 500)
                      ? (struct amount){(int32_t)DRAW(p, 0, 1, 5, 10, 20, 33, 50, 99, 100), true}
                      : (struct amount){(int32_t)DRAW(p, 0, 0, 1, 1, 2, 3, 5, 12), false};
    o->on_failure = (enum on_failure)DRAW(p, ON_FAILURE_STOP, ON_FAILURE_STOP, ON_FAILURE_CONTINUE,
                                          ON_FAILURE_ROLLBACK, ON_FAILURE_ROLLBACK,
                                          ON_FAILURE_PAUSE, ON_FAILURE_PAUSE);
}

static void
make_gate(struct prng *p, struct policy *o, int64_t unit_ms)
{
    o->gate_enabled = draw_chance(p, 650);
    o->gate_retries = (int32_t)DRAW(p, 0, 1, 2, 4);
    o->gate_successes = 1;
    if (o->gate_retries > 0 && draw_chance(p, 400)) {
        o->gate_successes = 2 + (int32_t)prng_below(p, (uint64_t)o->gate_retries);
    }
    o->gate_interval_ms = unit_ms * DRAW(p, 1, 2, 2, 5);
    if (unit_ms <= 2 && draw_chance(p, 150)) {
        o->gate_interval_ms = 0;
    }
    o->host_bake_ms = draw_chance(p, 400) ? unit_ms * DRAW(p, 1, 3, 8, 15) : 0;
    o->wave_bake_ms = draw_chance(p, 350) ? unit_ms * DRAW(p, 1, 4, 10, 20) : 0;
    o->wave_pause_ms = draw_chance(p, 300) ? unit_ms * DRAW(p, 1, 2, 10, 30) : 0;
}

static void
make_policy(struct prng *p, struct policy *o, int64_t unit_ms)
{
    *o = (struct policy){0};
    o->strategy = (enum strategy)prng_below(p, STRATEGIES);
    o->workers = (int32_t)DRAW(p, 0, 1, 1, 2, 2, 3, 3, 4, 5, 8, 8, 16, 70);
    o->serial_count = (int32_t)prng_below(p, 4);
    for (int32_t i = 0; i < o->serial_count; i++) {
        o->serial[i] = draw_serial(p);
    }
    o->order = (enum host_order)prng_below(p, HOST_ORDERS);
    o->seed = prng_next(p);
    make_failure(p, o);
    if (o->strategy == STRATEGY_CANARY) {
        o->canary = draw_chance(p, 300) ? (struct amount){(int32_t)DRAW(p, 1, 5, 20, 50, 100), true}
                                        : (struct amount){(int32_t)DRAW(p, 1, 1, 2, 3, 5), false};
        o->promote = (enum promote)prng_below(p, PROMOTES);
    }
    o->answerable =
        o->promote == PROMOTE_MANUAL || o->on_failure == ON_FAILURE_PAUSE || draw_chance(p, 500);
    make_gate(p, o, unit_ms);
    o->retry_connect = draw_chance(p, 500);
    o->retries_max = (int32_t)DRAW(p, 0, 1, 1, 2, 3);
    o->retry_delay_ms = unit_ms * DRAW(p, 0, 1, 1, 3, 40);
    o->run_timeout_ms = draw_chance(p, 120) ? unit_ms * DRAW(p, 1, 5, 30, 60) : 0;
}

/* From a stream of its own: what else is drawn does not depend on it. */
static void
make_ahead(struct policy *o, uint64_t seed)
{
    struct prng p = {.state = seed ^ UINT64_C(0xa4ead)};
    const int32_t width = o->workers < 1 ? 1 : o->workers;

    if (draw_chance(&p, 600)) {
        o->ahead_max = (int32_t)DRAW(&p, 1, 1, 2, 2, 3, width, width, width, width + 1, width * 2,
                                     POLICY_WORKERS_MAX);
    }
}

/* ---- the steps */

static struct plan_step
draw_step(struct prng *p, int64_t unit_ms, bool all_local)
{
    struct plan_step s = {
        .local = all_local || draw_chance(p, 220),
        .idempotent = draw_chance(p, 450),
        .ignore_errors = draw_chance(p, 100),
        .delay_ms = unit_ms * DRAW(p, 0, 0, 1, 3),
        .looks = draw_chance(p, 150),
        .run_once = draw_chance(p, 90),
    };

    s.retries = s.idempotent || draw_chance(p, 100) ? (int32_t)DRAW(p, 0, 1, 2, 3) : 0;
    s.throttle = draw_chance(p, 150) ? (int32_t)DRAW(p, 1, 1, 2, 5) : 0;
    if (draw_chance(p, 200)) {
        s.ok_codes[0] = (uint8_t)DRAW(p, 1 << 3, 1 << 0 | 1 << 3);
        s.ok_codes[31] = (uint8_t)DRAW(p, 0, 1 << 7); /* 255 */
    }
    return s;
}

static void
make_steps(struct prng *p, struct sim_case *c, int64_t unit_ms)
{
    const bool all_local = draw_chance(p, 80);
    const bool blue_green = c->policy.strategy == STRATEGY_BLUE_GREEN;

    c->step_count = (int32_t)DRAW(p, 1, 1, 2, 2, 3, 3, 4, SIM_STEPS_MAX);
    for (int32_t i = 0; i < c->step_count; i++) {
        c->steps[i] = draw_step(p, unit_ms, all_local);
        c->steps[i].switches = draw_chance(p, blue_green ? 150 : 50);
    }
    if (blue_green) {
        c->steps[prng_below(p, (uint64_t)c->step_count)].switches = true;
    }
    c->finally_count = (int32_t)DRAW(p, 0, 0, 0, 1, 2, SIM_FINALLY_MAX);
    for (int32_t i = 0; i < c->finally_count; i++) {
        c->finally_steps[i] = draw_step(p, unit_ms, all_local);
    }
    const bool needed = c->policy.on_failure == ON_FAILURE_ROLLBACK;
    c->rollback_count = needed || draw_chance(p, 400) ? (int32_t)DRAW(p, 1, 1, 2, 3) : 0;
    for (int32_t i = 0; i < c->rollback_count; i++) {
        c->rollback_steps[i] = draw_step(p, unit_ms, all_local);
    }
    c->check_count = (int32_t)DRAW(p, 0, 1, 1, 2, SIM_CHECKS_MAX);
    for (int32_t i = 0; i < c->check_count; i++) {
        c->checks[i].local = all_local || draw_chance(p, 600);
    }
}

/* ---- the world */

static void
make_trouble(struct prng *p, struct sim_trouble *t)
{
    const bool calm = draw_chance(p, 150);
    const bool bad = draw_chance(p, 100);
    const int32_t top = calm ? 0 : bad ? 900 : 300;

    *t = (struct sim_trouble){
        .connect = (int32_t)DRAW(p, 0, 0, 30, 100, top),
        .denied = (int32_t)DRAW(p, 0, 100, 100, 900),
        .throttled = (int32_t)DRAW(p, 0, 100, 300),
        .step = (int32_t)DRAW(p, 0, 30, 100, top),
        .unknown = (int32_t)DRAW(p, 0, 150, 500),
        .check = (int32_t)DRAW(p, 0, 30, 100, top),
        .flap = (int32_t)DRAW(p, 0, 0, 10, 50),
        .finally = (int32_t)DRAW(p, 0, 0, 50, top),
        .rollback = (int32_t)DRAW(p, 0, 0, 100, top),
        .drop = (int32_t)DRAW(p, 0, 0, 30, 200),
        .stall = (int32_t)DRAW(p, 0, 0, 10, 50),
        .stray = (int32_t)DRAW(p, 0, 0, 30, 100),
        .slow_host = (int32_t)DRAW(p, 0, 50, 200),
        .late_tick = (int32_t)DRAW(p, 0, 0, 100, 500),
        .odd_tick = (int32_t)DRAW(p, 0, 10, 50),
        .retries = (int32_t)DRAW(p, 0, 0, 300, 600),
        .give_up = (int32_t)DRAW(p, 0, 0, 150, 400),
    };
}

static struct sim_verb
draw_verb(struct prng *p, const struct sim_case *c)
{
    const int64_t width = c->policy.workers > 1 ? c->policy.workers : 1;
    const int64_t steps = c->step_count + 2;
    const int64_t span_ms = c->slow_ms * steps * (1 + c->host_count / width);
    struct sim_verb v = {
        .at_ms =
            (int64_t)prng_below(p, (uint64_t)(draw_chance(p, 300) ? c->slow_ms * 4 : span_ms) + 1),
        .verb = (enum verb)DRAW(p, VERB_PAUSE, VERB_PAUSE, VERB_CONTINUE, VERB_PROMOTE, VERB_ABORT,
                                VERB_KILL, VERB_ROLLBACK, VERB_SKIP, VERB_SKIP, VERB_RETRY,
                                VERB_RETRY, VERB_RETRY, VERB_WORKERS, VERB_WORKERS),
        .host = -1,
    };

    if (draw_chance(p, 250)) {
        v.host = draw_chance(p, 100) ? INT32_MAX /* no such host */
                                     : (int32_t)prng_below(p, (uint64_t)c->host_count);
    }
    v.value = DRAW(p, 0, 1, 1, 2, 3, 5, 9, 200, POLICY_WORKERS_MAX, POLICY_WORKERS_MAX + 1, -1);
    return v;
}

static void
make_world(struct prng *p, struct sim_case *c, int64_t unit_ms)
{
    make_trouble(p, &c->trouble);
    c->slow_ms = unit_ms * DRAW(p, 0, 1, 1, 2, 4);
    c->stall_ms = unit_ms * DRAW(p, 5, 10, 40);
    c->turn_ms = DRAW(p, 0, 0, 1, 5);
    c->operator_ms = unit_ms * DRAW(p, 1, 3, 20);
    c->verb_count = draw_chance(p, 450) ? (int32_t)DRAW(p, 1, 1, 1, 2, 3, SIM_VERBS_MAX) : 0;
    for (int32_t i = 0; i < c->verb_count; i++) {
        c->verbs[i] = draw_verb(p, c);
    }
}

/* Of thousands of hosts some things cost their square: thousands that wait for each other (the
 * checker looks at all for each), and looks at all that are done while a gate of several tries goes
 * on at one after the other. */
static void
tame_large(struct sim_case *c)
{
    c->policy.gate_successes = 1;
    for (int32_t i = 0; i < c->verb_count; i++) {
        if (c->verbs[i].verb == VERB_WORKERS && c->verbs[i].value > LARGE) {
            c->verbs[i].value = LARGE;
        }
    }
}

void
case_make(struct sim_case *c, uint64_t seed)
{
    struct prng p = {.state = seed};
    int64_t unit_ms;

    c->seed = seed;
    unit_ms =
        seed % 1000 != 0 && draw_chance(&p, 30) ? UNIT_MS_LONG : DRAW(&p, 1, 2, 10, 1000, 1000);
    make_policy(&p, &c->policy, unit_ms);
    make_ahead(&c->policy, seed);
    make_fleet(&p, c);
    if (c->policy.gate_interval_ms == 0 && c->host_count > 8) {
        c->policy.gate_interval_ms = unit_ms; /* a watch without a pause is for few hosts */
    }
    if (c->host_count > LARGE) {
        c->policy.gate_interval_ms = unit_ms * (c->host_count / 10); /* so is a quick one */
    }
    make_partings(&p, c);
    make_steps(&p, c, unit_ms);
    make_world(&p, c, unit_ms);
    if (c->host_count > LARGE) {
        tame_large(c);
    }
}

/* ---- the plan */

static void
give_partings(struct plan_parting *to, const struct sim_parting *from, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        to[i] = (struct plan_parting){.variable = "zone",
                                      .value_of = from[i].value_of,
                                      .value_count = from[i].value_count,
                                      .limit = from[i].limit};
    }
}

struct plan *
case_plan(const struct sim_case *c, struct err *err)
{
    struct plan_parting parallel[PLAN_PARTINGS_MAX];
    struct plan_parting budgets[PLAN_PARTINGS_MAX];
    struct plan_parting sequence;
    const struct plan_request q = {
        .policy = &c->policy,
        .host_count = c->host_count,
        .host_names = c->names,
        .steps = c->steps,
        .step_count = c->step_count,
        .finally_steps = c->finally_steps,
        .finally_count = c->finally_count,
        .checks = c->checks,
        .check_count = c->check_count,
        .rollback_steps = c->rollback_steps,
        .rollback_count = c->rollback_count,
        .parallel_by = parallel,
        .parallel_by_count = c->parallel_by_count,
        .budget_by = budgets,
        .budget_by_count = c->budget_by_count,
        .sequence_by = c->sequenced ? &sequence : NULL,
    };

    give_partings(parallel, c->parallel_by, c->parallel_by_count);
    give_partings(budgets, c->budget_by, c->budget_by_count);
    give_partings(&sequence, &c->sequence_by, 1);
    return plan_new(&q, err);
}

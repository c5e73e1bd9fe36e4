/*
 * sim_case.h - one random rollout from one seed: hosts, policy, steps, and how bad the world is.
 *
 * Decides nothing of what is right.  The same seed makes the same case.  Included by one test
 * program, so its functions are static.
 */
#ifndef SIM_CASE_H
#define SIM_CASE_H

#include "base/prng.h"
#include "core/rollout.h"
#include "core/tags.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    SIM_HOSTS_MAX = 150,
    SIM_STEPS_MAX = 5,
    SIM_FINALLY_MAX = 3,
    SIM_CHECKS_MAX = 3,
    SIM_VERBS_MAX = 3
};

struct sim_case {
    uint64_t seed;
    struct policy policy;
    struct plan_step steps[SIM_STEPS_MAX];
    struct plan_step finally_steps[SIM_FINALLY_MAX];
    struct plan_check checks[SIM_CHECKS_MAX];
    int32_t step_count, finally_count, check_count, host_count;
    char names[SIM_HOSTS_MAX][16];
    const char *name_list[SIM_HOSTS_MAX];                                /* borrowed from names */
    uint64_t connect_trouble, step_trouble, drop_trouble, stray_trouble; /* of a thousand */
    int64_t slow_ms;                                                     /* longest a thing takes */
    struct {
        int64_t at_ms;
        enum verb verb;
    } verbs[SIM_VERBS_MAX];
    int verb_count;
};

static int64_t
sim_pick(struct prng *p, const int64_t *list, size_t count)
{
    return list[prng_below(p, count)];
}

#define SIM_PICK(p, ...)                                                                           \
    sim_pick(p, (const int64_t[]){__VA_ARGS__},                                                    \
             sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static bool
sim_chance(struct prng *p, uint64_t of_thousand)
{
    return prng_below(p, 1000) < of_thousand;
}

static struct amount
sim_amount(struct prng *p, bool percent, int64_t low)
{
    const int64_t most = percent ? 100 : 12;

    return (struct amount){.value =
                               (int32_t)(low + (int64_t)prng_below(p, (uint64_t)(most + 1 - low))),
                           .percent = percent};
}

static void
sim_make_policy(struct prng *p, struct policy *o)
{
    o->strategy = (enum strategy)prng_below(p, STRATEGY_ROLLING + 1);
    o->workers = (int32_t)SIM_PICK(p, 0, 1, 2, 3, 5, 8, 70);
    o->serial_count = (int32_t)prng_below(p, 4);
    for (int32_t i = 0; i < o->serial_count; i++) {
        o->serial[i] = sim_amount(p, sim_chance(p, 400), 1);
    }
    o->order = (enum host_order)prng_below(p, HOST_ORDERS);
    o->seed = prng_next(p);
    o->has_budget = sim_chance(p, 750);
    o->max_fail = sim_amount(p, sim_chance(p, 500), 0);
    o->on_failure = sim_chance(p, 300) ? ON_FAILURE_CONTINUE : ON_FAILURE_STOP;
    o->wave_pause_ms = SIM_PICK(p, 0, 0, 1, 5000);
    o->retry_connect = sim_chance(p, 500);
    o->retries_max = (int32_t)SIM_PICK(p, 0, 1, 3);
    o->retry_delay_ms = SIM_PICK(p, 0, 1, 2000, 90000);
    o->run_timeout_ms = SIM_PICK(p, 0, 0, 0, 1000, 60000);
    o->gate_enabled = sim_chance(p, 700);
    o->gate_retries = (int32_t)SIM_PICK(p, 0, 1, 3);
    o->gate_successes = o->gate_retries > 0 && sim_chance(p, 400) ? 2 : 1;
    o->gate_interval_ms = SIM_PICK(p, 0, 10, 2000);
}

static struct plan_step
sim_step(struct prng *p)
{
    struct plan_step s = {
        .local = sim_chance(p, 250),
        .idempotent = sim_chance(p, 400),
        .ignore_errors = sim_chance(p, 120),
        .retries = (int32_t)SIM_PICK(p, 0, 1, 3),
        .delay_ms = SIM_PICK(p, 0, 10, 3000),
    };

    if (sim_chance(p, 250)) {
        s.ok_codes[0] = (uint8_t)SIM_PICK(p, 1 << 3, 1 << 0 | 1 << 3);
    }
    return s;
}

/* Steps as an action has them, cut down by a tag filter; there may be none left. */
static void
sim_make_steps(struct prng *p, struct sim_case *c)
{
    static const char *const words[] = {"build", "ship", "always", "never"};
    const char *const *filter = &words[prng_below(p, 3)];
    const size_t filter_count = sim_chance(p, 300) ? 1 : 0;
    const int32_t steps = 1 + (int32_t)prng_below(p, SIM_STEPS_MAX);

    for (int32_t i = 0; i < steps; i++) {
        struct plan_step s = sim_step(p);
        s.run_once = sim_chance(p, 120);
        s.throttle = sim_chance(p, 200) ? (int32_t)SIM_PICK(p, 1, 1, 2, 5) : 0;
        const size_t tags = prng_below(p, 3);
        if (tags_select(&words[prng_below(p, 3)], tags, filter, filter_count, NULL, 0)) {
            c->steps[c->step_count++] = s;
        }
    }
    c->finally_count = (int32_t)SIM_PICK(p, 0, 0, 1, SIM_FINALLY_MAX);
    for (int32_t i = 0; i < c->finally_count; i++) {
        c->finally_steps[i] = sim_step(p);
    }
    c->check_count = (int32_t)SIM_PICK(p, 0, 1, SIM_CHECKS_MAX);
    for (int32_t i = 0; i < c->check_count; i++) {
        c->checks[i].local = sim_chance(p, 600);
    }
}

static void
sim_case_make(struct sim_case *c, uint64_t seed)
{
    struct prng p = {.state = seed};

    memset(c, 0, sizeof(*c));
    c->seed = seed;
    sim_make_policy(&p, &c->policy);
    sim_make_steps(&p, c);
    /* Mostly few; now and then more than a word of slots. */
    const uint64_t most = sim_chance(&p, 500) ? 8 : sim_chance(&p, 900) ? 60 : SIM_HOSTS_MAX;
    c->host_count = 1 + (int32_t)prng_below(&p, most);
    for (int32_t i = 0; i < c->host_count; i++) {
        (void)snprintf(c->names[i], sizeof(c->names[i]), "%03u-%d", (unsigned)prng_below(&p, 1000),
                       (int)i);
        c->name_list[i] = c->names[i];
    }
    c->connect_trouble = (uint64_t)SIM_PICK(&p, 0, 30, 200, 700);
    c->step_trouble = (uint64_t)SIM_PICK(&p, 0, 30, 200, 700);
    c->drop_trouble = (uint64_t)SIM_PICK(&p, 0, 0, 50, 300);
    c->stray_trouble = (uint64_t)SIM_PICK(&p, 0, 50, 300);
    c->slow_ms = SIM_PICK(&p, 1, 100, 4000);
    c->verb_count = sim_chance(&p, 350) ? 1 + (int)prng_below(&p, SIM_VERBS_MAX) : 0;
    for (int i = 0; i < c->verb_count; i++) {
        c->verbs[i].at_ms = (int64_t)prng_below(&p, (uint64_t)c->slow_ms * 20);
        c->verbs[i].verb = sim_chance(&p, 200)   ? (enum verb)prng_below(&p, VERBS)
                           : sim_chance(&p, 500) ? VERB_KILL
                                                 : VERB_ABORT;
    }
}

/* NULL when no step is left, which the plan must say. */
static struct plan *
sim_case_plan(const struct sim_case *c, struct err *err)
{
    const struct plan_request q = {
        .policy = &c->policy,
        .host_count = c->host_count,
        .host_names = c->name_list,
        .steps = c->steps,
        .step_count = c->step_count,
        .finally_steps = c->finally_steps,
        .finally_count = c->finally_count,
        .checks = c->checks,
        .check_count = c->check_count,
    };

    return plan_new(&q, err);
}

#endif

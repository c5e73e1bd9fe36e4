/*
 * predict.c - how long a run will take if nothing fails.
 *
 * Decides what of an action matters to its time: steps that hosts wait at.  Owns nothing that
 * lasts.
 */
#include "app/predict.h"

#include "app/forecast.h"
#include "base/xalloc.h"

#include <stdlib.h>

enum { RUNS_MIN = 20, RUNS_MAX = 200, HOSTS_MAX = 200000 };

/* ---------------------------------------------------------------- plans */

static struct plan *
plan_of(const struct run_request *q, const struct action *a, const struct policy *policy,
        const size_t *steps, size_t step_count, struct err *err)
{
    const char **names = xcalloc(q->host_count, sizeof(*names));
    struct run_request mine = *q;

    mine.action = a;
    for (size_t i = 0; i < q->host_count; i++) {
        names[i] = inventory_host(q->inventory, q->hosts[i])->name;
    }
    struct plan *plan = app_plan(&mine, policy, names, steps, step_count, err);
    free(names);
    return plan;
}

/* One check from here stands for all: they take no time, and a run of hours asks them millions of
 * times. */
struct plan *
predict_plan(const struct run_request *q, bool checks, struct err *err)
{
    struct action_step check = {.rule.local = true};
    struct action a = *q->action;
    struct policy policy;
    size_t *steps = NULL;
    const size_t step_count = app_steps(q, &steps);

    app_policy(q, &policy);
    policy.answerable = true;
    policy.gate_enabled = policy.gate_enabled && checks;
    a.checks = &check;
    a.check_count = a.check_count > 0 && checks ? 1 : 0;
    struct plan *plan = plan_of(q, &a, &policy, steps, step_count, err);
    free(steps);
    return plan;
}

/* Steps at which nobody waits for anybody are one; none of them needs a connection, nor a check or
 * what comes at the end: their time is part of the work. */
struct brief {
    struct action_step *steps; /* owned: only their rules are set */
    int32_t *weights;          /* owned: how many steps of the action each stands for */
    size_t *indexes;           /* owned: 0, 1, 2, ... */
    size_t count;
};

static void
brief_add(struct brief *b, const struct plan_step *rule)
{
    const bool apart = rule->run_once || rule->throttle > 0 || rule->switches;
    const struct plan_step *last = b->count > 0 ? &b->steps[b->count - 1].rule : NULL;

    if (apart || last == NULL || last->run_once || last->throttle > 0) {
        b->steps[b->count].rule = (struct plan_step){.local = true,
                                                     .run_once = rule->run_once,
                                                     .throttle = rule->throttle,
                                                     .switches = rule->switches};
        b->indexes[b->count] = b->count;
        b->count++;
    }
    b->weights[b->count - 1] += !rule->run_once;
}

static void
brief_init(struct brief *b, const struct run_request *q)
{
    size_t *steps = NULL;
    const size_t count = app_steps(q, &steps);
    int32_t weight = 0;

    *b = (struct brief){.steps = xcalloc(count + 1, sizeof(*b->steps)),
                        .weights = xcalloc(count + 1, sizeof(*b->weights)),
                        .indexes = xcalloc(count + 1, sizeof(*b->indexes))};
    for (size_t i = 0; i < count; i++) {
        brief_add(b, &q->action->steps[steps[i]].rule);
        weight += b->weights[b->count - 1];
    }
    if (weight == 0 && count > 0) { /* what one host runs for all is the work then */
        b->weights[b->count - 1] = 1;
    }
    free(steps);
}

static void
brief_release(struct brief *b)
{
    free(b->steps);
    free(b->weights);
    free(b->indexes);
}

static struct plan *
brief_plan(const struct brief *b, const struct run_request *q, struct err *err)
{
    struct action a = *q->action;
    struct policy policy;

    app_policy(q, &policy);
    policy.answerable = true;
    policy.gate_enabled = false;
    policy.run_timeout_ms = 0; /* that it is too short is told by who shows the time */
    a.steps = b->steps;
    a.step_count = b->count;
    a.finally_count = a.check_count = 0;
    return plan_of(q, &a, &policy, b->indexes, b->count, err);
}

/* ---------------------------------------------------------------- runs */

struct times {
    int64_t *whole; /* owned: by run */
    int64_t *waves; /* owned: by wave, then run; -1: it never began */
};

static int
by_time(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static struct predicted
predicted_of(int64_t *ms, int32_t count)
{
    qsort(ms, (size_t)count, sizeof(*ms), by_time);
    return (struct predicted){.p50_ms = ms[(count - 1) / 2],
                              .p95_ms = ms[((int64_t)count * 95 + 99) / 100 - 1]};
}

static void
run_many(struct forecast_request *f, const struct worktimes *w, uint64_t seed, struct times *t,
         struct prediction *ret)
{
    const int32_t hosts = plan_host_count(f->plan);
    struct forecast_host *bodies = xcalloc((size_t)hosts, sizeof(*bodies));
    struct prng p = {.state = seed};

    f->hosts = bodies;
    for (int32_t run = 0; run < ret->runs; run++) {
        struct forecast out;
        for (int32_t i = 0; i < hosts; i++) {
            bodies[i] =
                (struct forecast_host){.work_ms = worktimes_draw(w, (size_t)i, &p), .step = -1};
        }
        forecast_run(f, &out);
        t->whole[run] = out.total_ms;
        for (int32_t k = 0; k < ret->wave_count; k++) {
            t->waves[(size_t)k * (size_t)ret->runs + (size_t)run] =
                out.waves[k].end_ms - out.waves[k].begin_ms;
        }
        ret->promotes = out.promoted;
        forecast_release(&out);
    }
    free(bodies);
}

static int32_t
runs_for(size_t hosts)
{
    const size_t fit = HOSTS_MAX / (hosts > 0 ? hosts : 1);

    return fit < RUNS_MIN ? RUNS_MIN : fit > RUNS_MAX ? RUNS_MAX : (int32_t)fit;
}

int
predict(const struct run_request *q, const struct worktimes *w, struct prediction *ret,
        struct err *err)
{
    struct forecast_request f = {0};
    struct times t = {0};
    struct brief b;

    *ret = (struct prediction){0};
    brief_init(&b, q);
    struct plan *plan = brief_plan(&b, q, err);
    if (plan == NULL) {
        brief_release(&b);
        return -1;
    }
    f.plan = plan;
    f.weights = b.weights;
    ret->runs = worktimes_vary(w) ? runs_for(q->host_count) : 1;
    ret->wave_count = plan_wave_count(plan);
    ret->waves = xcalloc((size_t)ret->wave_count, sizeof(*ret->waves));
    t.whole = xcalloc((size_t)ret->runs, sizeof(*t.whole));
    t.waves = xcalloc((size_t)ret->runs * (size_t)ret->wave_count, sizeof(*t.waves));
    run_many(&f, w, q->seed, &t, ret);
    ret->whole = predicted_of(t.whole, ret->runs);
    for (int32_t k = 0; k < ret->wave_count; k++) {
        ret->waves[k] = predicted_of(&t.waves[(size_t)k * (size_t)ret->runs], ret->runs);
    }
    free(t.whole);
    free(t.waves);
    plan_free(plan);
    brief_release(&b);
    return 0;
}

int
predict_slots(const struct run_request *q, int32_t *ret_slots, struct err *err)
{
    struct forecast_host *bodies = xcalloc(q->host_count, sizeof(*bodies));
    struct forecast_request f = {.hosts = bodies};
    struct forecast out;
    struct brief b;

    for (size_t i = 0; i < q->host_count; i++) {
        bodies[i] = (struct forecast_host){.work_ms = 1000, .step = -1};
    }
    brief_init(&b, q);
    struct plan *plan = brief_plan(&b, q, err);
    f.plan = plan;
    f.weights = b.weights;
    if (plan != NULL) {
        forecast_run(&f, &out);
        for (int32_t i = 0; i < out.host_count; i++) {
            const bool first = out.hosts[i].begin_ms >= 0 &&
                               out.hosts[i].begin_ms == out.waves[plan_wave_of(plan, i)].begin_ms;
            ret_slots[i] = first ? out.hosts[i].slot : -1;
        }
        forecast_release(&out);
    }
    plan_free(plan);
    brief_release(&b);
    free(bodies);
    return plan != NULL ? 0 : -1;
}

void
prediction_release(struct prediction *p)
{
    free(p->waves);
    *p = (struct prediction){0};
}

/*
 * scheduler.c - what the scheduler costs: whole runs in a world where everything goes well.
 *
 * Each run is a process of its own, so that its peak memory is its own.  Floor: a fact of 10,000
 * hosts, where all that is looked at is in the processor's caches.
 */
#include "micro.h"
#include "world.h"

#include "base/prng.h"
#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct variant {
    const char *name;
    struct policy policy;
    int32_t values[2]; /* of each variable of max_parallel_by */
    int32_t limits[2]; /* 0: there is no such variable */
    int32_t checks;
    bool ahead; /* as many sessions ahead as slots */
};

struct sample {
    struct told told;
    double plan_s;
    long peak_kb;
};

/* The first is what docs and issues ask for; its hosts are drawn into zones, so that limits bind.
 */
static const struct variant variants[] = {
    {.name = "rolling, zone: 10 of 100",
     .policy = {.strategy = STRATEGY_ROLLING},
     .values = {100},
     .limits = {10}},
    {.name = "rolling, no limits", .policy = {.strategy = STRATEGY_ROLLING}},
    {.name = "rolling, no limits, connected ahead",
     .policy = {.strategy = STRATEGY_ROLLING},
     .ahead = true},
    {.name = "the first, serial 10%, connected ahead",
     .policy = {.strategy = STRATEGY_ROLLING, .serial_count = 1, .serial = {{10, true}}},
     .values = {100},
     .limits = {10},
     .ahead = true},
    {.name = "the first, serial 10%",
     .policy = {.strategy = STRATEGY_ROLLING, .serial_count = 1, .serial = {{10, true}}},
     .values = {100},
     .limits = {10}},
    {.name = "parallel, rack: 1 of 100,000",
     .policy = {.strategy = STRATEGY_PARALLEL},
     .values = {100000},
     .limits = {1}},
    {.name = "parallel, zone: 10 of 100, a gate",
     .policy = {.strategy = STRATEGY_PARALLEL,
                .gate_enabled = true,
                .gate_successes = 1,
                .gate_interval_ms = 1000000000},
     .values = {100},
     .limits = {10},
     .checks = 1},
};
enum { VARIANTS = sizeof(variants) / sizeof(variants[0]), FEW = 10000, SLOTS = 1000 };

static struct plan *
make_plan(const struct variant *v, int32_t hosts, int32_t slots)
{
    static const struct plan_step step;
    static const struct plan_check check = {.local = true};
    struct policy policy = v->policy;
    struct prng rng = {.state = 1};
    struct plan_parting by[2];
    int32_t *value_of[2];
    int32_t vars = 0;

    policy.workers = slots;
    policy.ahead_max = v->ahead ? slots : 0;
    for (int32_t i = 0; i < 2; i++) {
        value_of[i] = xcalloc((size_t)hosts, sizeof(int32_t));
        for (int32_t k = 0; v->limits[i] > 0 && k < hosts; k++) {
            value_of[i][k] = (int32_t)prng_below(&rng, (uint64_t)v->values[i]);
        }
        by[i] = (struct plan_parting){"x", value_of[i], v->values[i], {v->limits[i], false}};
        vars += v->limits[i] > 0;
    }
    const struct plan_request request = {
        .policy = &policy,
        .host_count = hosts,
        .steps = &step,
        .step_count = 1,
        .checks = &check,
        .check_count = v->checks,
        .parallel_by = by,
        .parallel_by_count = vars,
    };
    struct err err;
    struct plan *p = plan_new(&request, &err);
    free(value_of[0]);
    free(value_of[1]);
    if (p == NULL) {
        (void)fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    return p;
}

static struct sample
run_here(const struct variant *v, int32_t hosts)
{
    struct sample m = {0};
    struct rusage usage;
    const double begin_s = world_now_s();
    struct plan *p = make_plan(v, hosts, SLOTS);

    m.plan_s = world_now_s() - begin_s;
    m.told = world_run(p);
    plan_free(p);
    (void)getrusage(RUSAGE_SELF, &usage);
    m.peak_kb = usage.ru_maxrss;
    return m;
}

/* In a process of its own, which writes what it found into a pipe. */
static struct sample
run_apart(const struct variant *v, int32_t hosts)
{
    struct sample m;
    int ends[2], status = 0;

    (void)fflush(stdout);
    if (pipe(ends) < 0) {
        micro_fail("no pipe");
    }
    const pid_t child = fork();
    if (child == 0) {
        m = run_here(v, hosts);
        _exit(write(ends[1], &m, sizeof(m)) == (ssize_t)sizeof(m) ? 0 : 1);
    }
    (void)close(ends[1]);
    if (read(ends[0], &m, sizeof(m)) != (ssize_t)sizeof(m) || waitpid(child, &status, 0) < 0 ||
        status != 0 || m.told.exit_code != 0) {
        micro_fail("a run did not end well");
    }
    (void)close(ends[0]);
    return m;
}

static void
measure(const struct variant *v, int32_t hosts)
{
    const struct sample m = run_apart(v, hosts);

    printf("{\"name\": \"%s\", \"cpu_s\": %.9f, \"whole_s\": %.9f, \"units\": %lld, \"hosts\": %d, "
           "\"peak_kb\": %ld,"
           " \"most_active\": %d}\n",
           v->name, m.told.run_s, m.plan_s + m.told.new_s + m.told.run_s, (long long)m.told.facts,
           (int)hosts, m.peak_kb, (int)m.told.most_active);
}

static void
measure_some(int rounds, int64_t size, size_t count)
{
    for (int round = 0; round < rounds; round++) {
        for (size_t i = 0; i < count; i++) {
            measure(&variants[i], FEW);
            measure(&variants[i], (int32_t)size);
        }
    }
}

void
micro_scheduler(int rounds, int64_t size)
{
    measure_some(rounds, size, 1);
}

void
micro_schedulers(int rounds, int64_t size)
{
    measure_some(rounds, size, VARIANTS);
}

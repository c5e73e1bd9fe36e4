/*
 * micro.c - what the scheduler costs: whole runs in a world where everything goes well.
 *
 * Each case is a process of its own, so that its peak memory is its own.
 * Usage: micro [HOSTS SLOTS]; without, the cases that are asked for.
 */
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
enum { VARIANTS = sizeof(variants) / sizeof(variants[0]) };

/* The best of some is told: other processes of the machine only ever add. */
enum { REPEATS_FEW = 9, REPEATS_MANY = 3 };

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
measure_here(const struct variant *v, int32_t hosts, int32_t slots)
{
    struct sample best = {.told.run_s = 1e9};

    for (int i = 0; i < (hosts > 100000 ? REPEATS_MANY : REPEATS_FEW); i++) {
        struct sample m;
        const double begin_s = world_now_s();
        struct plan *p = make_plan(v, hosts, slots);
        m.plan_s = world_now_s() - begin_s;
        m.told = world_run(p);
        plan_free(p);
        if (m.told.run_s < best.told.run_s) {
            best = m;
        }
    }
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    best.peak_kb = usage.ru_maxrss;
    return best;
}

/* In a process of its own, which writes what it found into a pipe. */
static struct sample
measure(const struct variant *v, int32_t hosts, int32_t slots)
{
    struct sample m;
    int ends[2];

    (void)fflush(stdout);
    if (pipe(ends) < 0) {
        exit(1);
    }
    const pid_t child = fork();
    if (child == 0) {
        m = measure_here(v, hosts, slots);
        _exit(write(ends[1], &m, sizeof(m)) == (ssize_t)sizeof(m) ? 0 : 1);
    }
    int status = 0;
    (void)close(ends[1]);
    if (read(ends[0], &m, sizeof(m)) != (ssize_t)sizeof(m) || waitpid(child, &status, 0) < 0 ||
        status != 0 || m.told.exit_code != 0) {
        (void)fprintf(stderr, "%s: the run did not end well\n", v->name);
        exit(1);
    }
    (void)close(ends[0]);
    return m;
}

static double
fact_ns(const struct sample *m)
{
    return m->told.run_s * 1e9 / (double)m->told.facts;
}

static struct sample
show(const struct variant *v, int32_t hosts, int32_t slots)
{
    const struct sample m = measure(v, hosts, slots);

    printf("  %8d hosts: %6.3f s (plan %.3f, new %.3f), %9lld facts, %4.0f ns a fact, most in"
           " flight %d, peak %ld MB\n",
           (int)hosts, m.plan_s + m.told.new_s + m.told.run_s, m.plan_s, m.told.new_s,
           (long long)m.told.facts, fact_ns(&m), (int)m.told.most_active, m.peak_kb / 1024);
    return m;
}

int
main(int argc, char **argv)
{
    const int32_t many = argc > 1 ? (int32_t)strtol(argv[1], NULL, 10) : 1000000;
    const int32_t slots = argc > 2 ? (int32_t)strtol(argv[2], NULL, 10) : 1000;

    for (size_t i = 0; i < VARIANTS; i++) {
        printf("%s, %d slots, one step%s\n", variants[i].name, (int)slots,
               i == 0 ? " (asked: under 2 s, 200 MB and 1.5 times the time of a fact)" : "");
        const struct sample few = show(&variants[i], 10000, slots);
        const struct sample all = show(&variants[i], many, slots);
        printf("  a fact costs %.2f times as much; %.0f bytes a host more\n",
               fact_ns(&all) / fact_ns(&few),
               1024.0 * (double)(all.peak_kb - few.peak_kb) / (many - 10000));
    }
    return 0;
}

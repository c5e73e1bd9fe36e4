/*
 * sim.c - runs seeds, scripts, or one seed for the eyes; names what fails and makes it small.
 *
 * Several processes take pieces of the range; each adds its numbers to memory they share.
 */
#include "sim/guard.h"
#include "sim/options.h"
#include "sim/run.h"
#include "sim/script.h"
#include "sim/shrink.h"
#include "sim/stats.h"

#include "core/planted.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SCRIPT_EVERY = 100,
    PIECE = 100,
    PROGRESS_EVERY = 500000,
    PATH_MAX_BYTES = 512,
    MISSING_FROM_SEEDS = 50000
};

struct shared {
    _Atomic uint64_t next;   /* seed of the next piece */
    _Atomic uint64_t failed; /* seeds, in all processes */
    _Atomic uint64_t caught; /* the lowest seed that failed */
    struct stats stats[OPTION_JOBS_MAX];
};

struct worker {
    const struct options *o; /* borrowed */
    struct shared *shared;   /* borrowed */
    struct stats *stats;     /* borrowed */
    struct world *world;     /* owned */
    struct sim_case c;
    struct run run;
};

static void
worker_init(struct worker *k, const struct options *o, struct shared *shared, int job)
{
    *k = (struct worker){.o = o, .shared = shared, .stats = &shared->stats[job]};
    k->world = world_new();
    case_init(&k->c);
    run_init(&k->run);
}

static void
worker_release(struct worker *k)
{
    run_release(&k->run);
    case_release(&k->c);
    world_free(k->world);
}

/* ---- failures */

static void
write_script(const char *path, const struct script *s, const char *why)
{
    FILE *out = fopen(path, "we");

    if (out == NULL) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return;
    }
    (void)fprintf(out, "# %s\n", why);
    script_write(out, &s->c, s->facts, s->count);
    (void)fclose(out);
}

static void
shrink_seed(struct worker *k, uint64_t seed, const char *why)
{
    struct script small;
    char small_why[RUN_WRONG_MAX];
    char path[PATH_MAX_BYTES];

    script_init(&small);
    shrink(k->world, &k->c, why, &small, small_why, sizeof(small_why));
    (void)mkdir(k->o->out, 0777);
    (void)snprintf(path, sizeof(path), "%s/%" PRIu64 ".sim", k->o->out, seed);
    write_script(path, &small, small_why);
    (void)printf("seed %" PRIu64 ": shrunk to %d hosts, %zu facts: %s: %s\n", seed,
                 (int)small.c.host_count, small.count, path, small_why);
    script_release(&small);
}

static void
note_caught(struct shared *shared, uint64_t seed)
{
    uint64_t lowest = atomic_load(&shared->caught);

    while (seed < lowest && !atomic_compare_exchange_weak(&shared->caught, &lowest, seed)) {}
}

static void
report(struct worker *k, uint64_t seed)
{
    char why[RUN_WRONG_MAX];

    (void)snprintf(why, sizeof(why), "%s", k->run.wrong);
    (void)printf("seed %" PRIu64 ": at %" PRId64 " ms: %s\n", seed, k->run.now_ms, why);
    note_caught(k->shared, seed);
    const uint64_t before = atomic_fetch_add(&k->shared->failed, 1);
    if (before < (uint64_t)k->o->shrinks) {
        shrink_seed(k, seed, why);
    }
    (void)fflush(stdout);
}

/* ---- seeds */

/* What was run, written as a script and read again, is the same to the letter and runs the same:
 * else what a failure leaves behind would be worth nothing. */
static void
check_script(struct worker *k)
{
    struct script again;
    struct err err = {.text = "another text"};
    char *text[2] = {NULL, NULL};
    size_t len[2] = {0, 0};
    const uint64_t orders = k->run.orders;

    script_init(&again);
    FILE *out = open_memstream(&text[0], &len[0]);
    script_write(out, &k->c, k->run.journal, k->run.journal_count);
    (void)fclose(out);
    FILE *in = fmemopen(text[0], len[0], "r");
    const int rc = script_read_stream(&again, in, "script", &err);
    (void)fclose(in);
    out = open_memstream(&text[1], &len[1]);
    script_write(out, &again.c, again.facts, again.count);
    (void)fclose(out);
    if (rc < 0 || len[0] != len[1] || memcmp(text[0], text[1], len[0]) != 0) {
        (void)snprintf(k->run.wrong, sizeof(k->run.wrong),
                       "its script is not read as written: %.400s", err.text);
    } else if (run_replay(&k->run, k->world, &again.c, again.facts, again.count) == RUN_PASSED &&
               k->run.orders != orders) {
        (void)snprintf(k->run.wrong, sizeof(k->run.wrong), "its script gives other orders");
    }
    free(text[0]);
    free(text[1]);
    script_release(&again);
}

static void
run_seed(struct worker *k, uint64_t seed)
{
    case_make(&k->c, seed);
    k->run.stats = k->stats;
    enum run_end end = run_live(&k->run, k->world, &k->c);
    if (end == RUN_PASSED && seed % SCRIPT_EVERY == 0) {
        k->run.stats = NULL;
        check_script(k);
        end = k->run.wrong[0] == '\0' ? RUN_PASSED : RUN_FAILED;
    }
    switch (end) {
    case RUN_PASSED:
        k->stats->passed++;
        break;
    case RUN_REFUSED:
        k->stats->refused++;
        k->stats->passed++;
        break;
    case RUN_FAILED:
        k->stats->failed++;
        report(k, seed);
        break;
    }
}

static bool
is_enough(const struct worker *k)
{
    return atomic_load(&k->shared->failed) >= (uint64_t)k->o->failures_max;
}

/* A campaign takes hours, and goes on from here when it is broken off. */
static void
say_progress(const struct worker *k, uint64_t begin)
{
    const uint64_t done = begin - k->o->from;

    if (done > 0 && done % PROGRESS_EVERY == 0) {
        (void)printf("nearly all seeds below %" PRIu64 " are done, %" PRIu64 " failed\n", begin,
                     atomic_load(&k->shared->failed));
        (void)fflush(stdout);
    }
}

static void
work(const struct options *o, struct shared *shared, int job)
{
    struct worker k;
    const uint64_t end = o->from + o->seeds;

    worker_init(&k, o, shared, job);
    while (!is_enough(&k)) {
        const uint64_t begin = atomic_fetch_add(&shared->next, PIECE);
        say_progress(&k, begin);
        for (uint64_t seed = begin; seed < begin + PIECE && seed < end && !is_enough(&k); seed++) {
            run_seed(&k, seed);
        }
        if (begin + PIECE >= end) {
            break;
        }
    }
    worker_release(&k);
}

/* A child that dies without a word has failed too. */
static bool
fork_work(const struct options *o, struct shared *shared)
{
    pid_t pids[OPTION_JOBS_MAX];
    bool well = true;

    (void)fflush(stdout);
    for (int i = 0; i < o->jobs; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            guard_install();
            work(o, shared, i);
            (void)fflush(stdout);
            _exit(0);
        }
    }
    for (int i = 0; i < o->jobs; i++) {
        int status = 0;
        if (pids[i] < 0 || waitpid(pids[i], &status, 0) < 0 || status != 0) {
            (void)printf("process %d of the simulator did not end well\n", i);
            well = false;
        }
    }
    return well;
}

static int
run_seeds(const struct options *o)
{
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct stats all = {0};
    bool well = true;

    if (shared == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    atomic_store(&shared->next, o->from);
    atomic_store(&shared->caught, UINT64_MAX);
    if (o->jobs == 1) {
        work(o, shared, 0);
    } else {
        well = fork_work(o, shared);
    }
    for (int i = 0; i < o->jobs; i++) {
        stats_add(&all, &shared->stats[i]);
    }
    if (!o->quiet) {
        stats_print(&all, stdout);
    }
    if (o->seeds >= MISSING_FROM_SEEDS && all.failed == 0 && stats_missing(&all, stdout) > 0) {
        well = false;
    }
    if (all.failed > 0) {
        (void)printf("caught at seed %" PRIu64 "\n", atomic_load(&shared->caught));
    }
    (void)printf("%" PRIu64 " seeds passed, %" PRIu64 " failed\n", all.passed, all.failed);
    (void)munmap(shared, sizeof(*shared));
    return well && all.failed == 0 ? 0 : 1;
}

/* ---- one case */

static int
run_trace(const struct options *o)
{
    struct shared *shared = calloc(1, sizeof(*shared));
    struct worker k;

    if (shared == NULL) {
        return 1;
    }
    worker_init(&k, o, shared, 0);
    case_make(&k.c, o->from);
    script_write(stdout, &k.c, NULL, 0);
    (void)printf("\n");
    k.run.trace = stdout;
    const enum run_end end = run_live(&k.run, k.world, &k.c);
    (void)printf("%s%s\n",
                 end == RUN_PASSED    ? "passed"
                 : end == RUN_REFUSED ? "refused: "
                                      : "",
                 k.run.wrong);
    worker_release(&k);
    free(shared);
    return end == RUN_FAILED;
}

static enum run_end
run_script(struct worker *k, const char *path, bool traced)
{
    struct script s;
    struct err err = {0};
    enum run_end end = RUN_FAILED;

    script_init(&s);
    k->run.trace = traced ? stdout : NULL;
    if (script_read(&s, path, &err) < 0) {
        (void)printf("%s\n", err.text);
    } else {
        end = s.count > 0 ? run_replay(&k->run, k->world, &s.c, s.facts, s.count)
                          : run_live(&k->run, k->world, &s.c);
        if (end != RUN_PASSED) {
            (void)printf("%s: %s%s\n", path, end == RUN_REFUSED ? "refused: " : "", k->run.wrong);
        }
    }
    script_release(&s);
    return end;
}

static int
run_scripts(const struct options *o)
{
    struct shared *shared = calloc(1, sizeof(*shared));
    struct worker k;
    int failed = 0;

    if (shared == NULL) {
        return 1;
    }
    worker_init(&k, o, shared, 0);
    for (int i = 0; i < o->script_count; i++) {
        failed += run_script(&k, o->scripts[i], o->traced) != RUN_PASSED;
    }
    (void)printf("%d scripts passed, %d failed\n", o->script_count - failed, failed);
    worker_release(&k);
    free(shared);
    return failed > 0;
}

int
main(int argc, char **argv)
{
    struct options o;

    if (!options_read(&o, argc, argv)) {
        return 2;
    }
    guard_install();
    if (o.script_count > 0) {
        return run_scripts(&o);
    }
    return o.traced ? run_trace(&o) : run_seeds(&o);
}

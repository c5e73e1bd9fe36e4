/*
 * exhaust.c - every state of small runs: all strategies, each verb once in any state.
 *
 * EXHAUST=long takes more hosts and more that goes wrong; EXHAUST_ONE=n shows the case of that
 * number.  Prints how many states there were.
 */
#include "sim/exhaust_arena.h"
#include "sim/exhaust_search.h"
#include "sim/guard.h"

#include "core/planted.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { JOBS_MAX = 64, FAILED_MAX = 5 };

#ifdef PLANTED_FAULTS
enum planted planted;

/* EXHAUST_PLANTED=n: with the fault of that number in the list. */
static void
plant(void)
{
    const char *wanted = getenv("EXHAUST_PLANTED");

    planted = wanted == NULL ? PLANT_NONE : (enum planted)strtol(wanted, NULL, 10);
}
#else
static void
plant(void)
{
}
#endif

/* ---- shapes of actions */

static void
one_step(struct sim_case *c)
{
    c->step_count = 1;
}

static void
two_steps(struct sim_case *c)
{
    c->step_count = 2;
    c->steps[1].idempotent = true;
    c->steps[1].retries = 1;
    c->policy.retry_connect = true;
    c->policy.retries_max = 1;
}

static void
with_finally(struct sim_case *c)
{
    c->step_count = 1;
    c->finally_count = 1;
}

static void
with_check(struct sim_case *c)
{
    c->step_count = 1;
    c->check_count = 1;
    c->checks[0].local = true;
    c->policy.gate_enabled = true;
    c->policy.gate_retries = 1;
    c->policy.gate_interval_ms = 1;
}

static void
with_bakes(struct sim_case *c)
{
    with_check(c);
    c->checks[0].local = false;
    c->policy.host_bake_ms = 1;
    c->policy.wave_bake_ms = 1;
}

static void
with_run_once(struct sim_case *c)
{
    c->step_count = 2;
    c->steps[0].run_once = true;
    c->finally_count = 1;
    c->finally_steps[0].run_once = true;
}

static void
with_throttle(struct sim_case *c)
{
    c->step_count = 1;
    c->steps[0].throttle = 1;
    c->finally_count = 1;
    c->finally_steps[0].throttle = 1;
}

static void
with_limits(struct sim_case *c)
{
    c->step_count = 1;
    c->policy.wave_pause_ms = 1;
    c->parallel_by_count = c->budget_by_count = 1;
    c->parallel_by[0].value_count = c->budget_by[0].value_count = 2;
    c->parallel_by[0].limit.value = 1;
}

static void
all_local(struct sim_case *c)
{
    c->step_count = 2;
    c->steps[0].local = c->steps[1].local = true;
    c->rollback_steps[0].local = true;
    c->policy.run_timeout_ms = 5;
}

static const struct shape {
    const char *name;
    void (*set)(struct sim_case *c);
} shapes[] = {
    {"one step", one_step},      {"two steps, retries", two_steps}, {"finally", with_finally},
    {"a check", with_check},     {"a check, bakes", with_bakes},    {"run_once", with_run_once},
    {"throttle", with_throttle}, {"limits, pauses", with_limits},   {"local", all_local},
};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

/* ---- cases by number */

struct size {
    int32_t hosts;
    int32_t workers;
    struct search_limits limits;
};

static const struct size sizes_ci[] = {
    {1, 1, {3, 4}},
    {2, 1, {2, 1}},
    {2, 2, {2, 1}},
    {3, 2, {1, 0}},
};
static const struct size sizes_long[] = {
    {1, 1, {6, 8}}, {2, 1, {4, 2}}, {2, 2, {3, 2}}, {3, 2, {2, 1}}, {4, 2, {1, 1}},
};

struct cases {
    const struct size *sizes;
    int size_count;
};

static int
case_count(const struct cases *all)
{
    return all->size_count * SHAPES * STRATEGIES * ON_FAILURES * (VERBS + 1);
}

static const struct size *
make_case(const struct cases *all, int number, struct sim_case *c, int *ret_verb)
{
    static const char *names[] = {"a", "b", "c", "d"};
    struct policy *o = &c->policy;

    *ret_verb = number % (VERBS + 1);
    number /= VERBS + 1;
    o->on_failure = (enum on_failure)(number % ON_FAILURES);
    number /= ON_FAILURES;
    o->strategy = (enum strategy)(number % STRATEGIES);
    number /= STRATEGIES;
    const struct size *size = &all->sizes[number / SHAPES];

    case_room(c, size->hosts);
    for (int32_t i = 0; i < size->hosts; i++) {
        c->names[i] = names[i];
        c->parallel_by[0].value_of[i] = c->budget_by[0].value_of[i] = i % 2;
    }
    o->workers = size->workers;
    o->has_budget = true;
    o->canary.value = 1;
    o->promote = *ret_verb == VERB_PROMOTE || number % 2 == 1 ? PROMOTE_MANUAL : PROMOTE_AUTO;
    o->answerable = true;
    o->gate_successes = 1;
    c->rollback_count = 1;
    shapes[number % SHAPES].set(c);
    c->steps[c->step_count - 1].switches = o->strategy == STRATEGY_BLUE_GREEN;
    return size;
}

static void
say_case(int number, const struct sim_case *c, int verb, const struct cases *all)
{
    const int shape = number / ((VERBS + 1) * ON_FAILURES * STRATEGIES) % SHAPES;

    (void)all;
    (void)printf("case %d (%d hosts, %d slots, %s, %s, on_failure %s, verb %s)", number,
                 (int)c->host_count, (int)c->policy.workers, strategy_name(c->policy.strategy),
                 shapes[shape].name, on_failure_name(c->policy.on_failure),
                 verb == VERBS ? "none" : verb_name((enum verb)verb));
}

/* ---- running them */

struct job {
    struct search_sum sum;
    int cases, failed;
};

static void
write_script(const struct search *s, int number)
{
    char path[64];

    (void)mkdir("build/sim", 0777);
    (void)snprintf(path, sizeof(path), "build/sim/exhaust-%d.sim", number);
    FILE *out = fopen(path, "we");
    if (out != NULL) {
        search_script(s, out);
        (void)fclose(out);
        (void)printf("    %s\n", path);
    }
}

struct one {
    struct search *search; /* borrowed; so are the rest */
    const struct sim_case *c;
    const struct size *size;
    struct search_sum *sum;
    int verb;
    bool right;
};

static void
run_one(void *arg)
{
    struct one *o = arg;

    o->right = search_case(o->search, o->c, o->verb, &o->size->limits, o->sum);
}

static void
run_number(struct search *s, const struct cases *all, int number, bool loud, struct job *job)
{
    struct sim_case c;
    int verb = VERBS;
    struct search_sum sum = {0};

    case_init(&c);
    const struct size *size = make_case(all, number, &c, &verb);
    struct one o = {.search = s, .c = &c, .size = size, .sum = &sum, .verb = verb};
    char why[256] = "";
    const bool returned = guard_call(run_one, &o, why, sizeof(why));
    const bool right = returned && o.right;

    arena_open(false); /* an assertion leaves it open */
    if (!right || loud) {
        say_case(number, &c, verb, all);
        (void)printf(": %" PRIu64 " states: %s\n", sum.states,
                     right      ? "ok"
                     : returned ? search_wrong(s)
                                : why);
        (void)fflush(stdout);
    }
    if (!right) {
        write_script(s, number);
    }
    job->cases++;
    job->failed += !right;
    job->sum.states += sum.states;
    job->sum.transitions += sum.transitions;
    job->sum.ends += sum.ends;
    job->sum.deepest = sum.deepest > job->sum.deepest ? sum.deepest : job->sum.deepest;
    case_release(&c);
}

/* Assertions are caught; that a case takes long is no fault here. */
static void
guard(void)
{
    const struct itimerval never = {.it_value.tv_sec = 0};

    guard_install();
    (void)setitimer(ITIMER_VIRTUAL, &never, NULL);
}

static void
run_job(const struct cases *all, int first, int jobs, struct job *job)
{
    struct search *s = search_new();

    guard();
    for (int i = first; i < case_count(all) && job->failed < FAILED_MAX; i += jobs) {
        run_number(s, all, i, false, job);
    }
    search_free(s);
}

static int
run_jobs(const struct cases *all, int jobs)
{
    struct job *list = mmap(NULL, sizeof(*list) * JOBS_MAX, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct job sum = {0};
    int died = 0;

    if (list == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    for (int i = 0; i < jobs; i++) {
        if (fork() == 0) {
            run_job(all, i, jobs, &list[i]);
            (void)fflush(stdout);
            _exit(0);
        }
    }
    for (int i = 0; i < jobs; i++) {
        int status = 0;
        (void)wait(&status);
        died += status != 0;
    }
    for (int i = 0; i < jobs; i++) {
        sum.cases += list[i].cases;
        sum.failed += list[i].failed;
        sum.sum.states += list[i].sum.states;
        sum.sum.transitions += list[i].sum.transitions;
        sum.sum.ends += list[i].sum.ends;
        sum.sum.deepest =
            list[i].sum.deepest > sum.sum.deepest ? list[i].sum.deepest : sum.sum.deepest;
    }
    (void)printf(
        "%d cases, %" PRIu64 " states, %" PRIu64 " transitions, %" PRIu64 " ends, up to %d facts\n",
        sum.cases, sum.sum.states, sum.sum.transitions, sum.sum.ends, (int)sum.sum.deepest);
    (void)printf("%d passed, %d failed\n", sum.cases - sum.failed, sum.failed + died);
    return sum.failed + died > 0;
}

int
main(void)
{
    const char *variant = getenv("EXHAUST");
    const char *one = getenv("EXHAUST_ONE");
    const char *wanted = getenv("JOBS");
    const bool is_long = variant != NULL && strcmp(variant, "long") == 0;
    const struct cases all = {
        .sizes = is_long ? sizes_long : sizes_ci,
        .size_count = is_long ? (int)(sizeof(sizes_long) / sizeof(sizes_long[0]))
                              : (int)(sizeof(sizes_ci) / sizeof(sizes_ci[0])),
    };
    const long cpus = wanted != NULL ? strtol(wanted, NULL, 10) : sysconf(_SC_NPROCESSORS_ONLN);
    const int jobs = cpus < 1 ? 1 : cpus > JOBS_MAX ? JOBS_MAX : (int)cpus;

    plant();
    if (one == NULL) {
        return run_jobs(&all, jobs);
    }
    struct job job = {0};
    struct search *s = search_new();
    guard();
    run_number(s, &all, (int)strtol(one, NULL, 10), true, &job);
    search_free(s);
    return job.failed > 0;
}

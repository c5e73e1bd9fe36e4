/*
 * exhaust.c - every state of small runs: all strategies, each verb once in any state.
 *
 * EXHAUST=long takes more hosts and more that goes wrong; EXHAUST_FROM and EXHAUST_TO a part of the
 * cases, to go on another day; EXHAUST_ONE=n shows the case of that number.  Prints how many states
 * there were.
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
    c->policy.max_fail.value = 1;
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

static void
with_limits_alone(struct sim_case *c)
{
    with_limits(c);
    c->policy.wave_pause_ms = 0;
}

struct shape {
    const char *name;
    void (*set)(struct sim_case *c);
};

static const struct shape shapes[] = {
    {"one step", one_step},      {"two steps, retries", two_steps}, {"finally", with_finally},
    {"a check", with_check},     {"a check, bakes", with_bakes},    {"run_once", with_run_once},
    {"throttle", with_throttle}, {"limits, pauses", with_limits},   {"local", all_local},
};
static const struct shape shapes_ahead[] = {
    {"one step", one_step},  {"two steps, retries", two_steps}, {"finally", with_finally},
    {"a check", with_check}, {"limits", with_limits_alone},
};
static const enum strategy strategies[] = {
    STRATEGY_SEQUENTIAL,  STRATEGY_PARALLEL, STRATEGY_ROLLING,
    STRATEGY_ALL_AT_ONCE, STRATEGY_CANARY,   STRATEGY_BLUE_GREEN,
};
static const enum strategy strategies_ahead[] = {STRATEGY_ROLLING, STRATEGY_CANARY};

#define COUNT(list) ((int)(sizeof(list) / sizeof((list)[0])))

/* ---- cases by number */

struct size {
    int32_t hosts;
    int32_t workers;
    struct search_limits limits;
    int32_t ahead; /* sessions ahead */
    int32_t first; /* hosts in the first wave; 0: as the strategy has it */
};

static const struct size sizes_ci[] = {
    {1, 1, {3, 4}, 0, 0},
    {2, 1, {2, 1}, 0, 0},
    {2, 2, {2, 1}, 0, 0},
    {3, 2, {1, 0}, 0, 0},
};
static const struct size sizes_long[] = {
    {1, 1, {6, 8}, 0, 0}, {2, 1, {4, 2}, 0, 0}, {2, 2, {3, 2}, 0, 0},
    {3, 2, {2, 1}, 0, 0}, {4, 2, {1, 1}, 0, 0},
};
/* Two waves, or three; sessions ahead for one host of the next, or for two. */
static const struct size ahead_ci[] = {
    {2, 1, {2, 1}, 1, 1},
    {3, 2, {1, 0}, 2, 1},
    {3, 1, {1, 0}, 2, 0},
};
static const struct size ahead_long[] = {
    {2, 1, {4, 2}, 1, 1}, {3, 2, {2, 1}, 2, 1}, {3, 2, {2, 1}, 1, 1},
    {3, 1, {3, 1}, 2, 0}, {4, 2, {1, 0}, 2, 2},
};

/* All sizes with all shapes, strategies, ways to fail and verbs. */
struct block {
    const struct size *sizes;
    int size_count;
    const struct shape *shapes;
    int shape_count;
    const enum strategy *strategies;
    int strategy_count;
};

enum { BLOCKS = 2 };

struct cases {
    struct block blocks[BLOCKS];
    int from, to; /* numbers that are wanted */
};

static int
block_count(const struct block *b)
{
    return b->size_count * b->shape_count * b->strategy_count * ON_FAILURES * (VERBS + 1);
}

static int
case_count(const struct cases *all)
{
    int count = 0;

    for (int i = 0; i < BLOCKS; i++) {
        count += block_count(&all->blocks[i]);
    }
    return count;
}

/* What a number stands for. */
struct choice {
    const struct size *size;
    const struct shape *shape;
    bool odd; /* every second one of size and shape */
    enum strategy strategy;
    enum on_failure on_failure;
    int verb; /* VERBS: none */
};

static struct choice
choose(const struct cases *all, int number)
{
    const struct block *b = all->blocks;
    struct choice o;

    while (number >= block_count(b)) {
        number -= block_count(b++);
    }
    o.verb = number % (VERBS + 1);
    number /= VERBS + 1;
    o.on_failure = (enum on_failure)(number % ON_FAILURES);
    number /= ON_FAILURES;
    o.strategy = b->strategies[number % b->strategy_count];
    number /= b->strategy_count;
    o.odd = number % 2 == 1;
    o.shape = &b->shapes[number % b->shape_count];
    o.size = &b->sizes[number / b->shape_count];
    return o;
}

/* Waves that hosts may be connected ahead of: one follows the other at once. */
static void
set_ahead(struct sim_case *c, const struct size *size)
{
    struct policy *o = &c->policy;

    o->ahead_max = size->ahead;
    if (size->first == 0) {
        return;
    }
    if (o->strategy == STRATEGY_CANARY) {
        o->canary.value = size->first;
        return;
    }
    o->serial_count = 2;
    o->serial[0].value = size->first;
    o->serial[1].value = size->hosts - size->first;
}

static void
make_case(const struct choice *choice, struct sim_case *c)
{
    static const char *names[] = {"a", "b", "c", "d"};
    const struct size *size = choice->size;
    struct policy *o = &c->policy;

    o->on_failure = choice->on_failure;
    o->strategy = choice->strategy;
    case_room(c, size->hosts);
    for (int32_t i = 0; i < size->hosts; i++) {
        c->names[i] = names[i];
        c->parallel_by[0].value_of[i] = c->budget_by[0].value_of[i] = i % 2;
    }
    o->workers = size->workers;
    o->has_budget = true;
    o->canary.value = 1;
    o->promote = choice->verb == VERB_PROMOTE || (size->ahead == 0 && choice->odd) ? PROMOTE_MANUAL
                                                                                   : PROMOTE_AUTO;
    o->answerable = true;
    o->gate_successes = 1;
    c->rollback_count = 1;
    choice->shape->set(c);
    c->steps[c->step_count - 1].switches = o->strategy == STRATEGY_BLUE_GREEN;
    set_ahead(c, size);
}

static void
say_case(int number, const struct choice *o)
{
    (void)printf("case %d (%d hosts, %d slots, %d ahead, %s, %s, on_failure %s, verb %s)", number,
                 (int)o->size->hosts, (int)o->size->workers, (int)o->size->ahead,
                 strategy_name(o->strategy), o->shape->name, on_failure_name(o->on_failure),
                 o->verb == VERBS ? "none" : verb_name((enum verb)o->verb));
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
    const struct choice choice = choose(all, number);
    struct search_sum sum = {0};

    case_init(&c);
    make_case(&choice, &c);
    struct one o = {.search = s, .c = &c, .size = choice.size, .sum = &sum, .verb = choice.verb};
    char why[256] = "";
    const bool returned = guard_call(run_one, &o, why, sizeof(why));
    const bool right = returned && o.right;

    arena_open(false); /* an assertion leaves it open */
    if (!right || loud) {
        say_case(number, &choice);
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
    for (int i = all->from + first; i < all->to && job->failed < FAILED_MAX; i += jobs) {
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

static int
number_of(const char *variable, int otherwise)
{
    const char *text = getenv(variable);

    return text == NULL ? otherwise : (int)strtol(text, NULL, 10);
}

int
main(void)
{
    const char *variant = getenv("EXHAUST");
    const char *one = getenv("EXHAUST_ONE");
    const char *wanted = getenv("JOBS");
    const bool is_long = variant != NULL && strcmp(variant, "long") == 0;
    struct cases all = {
        .blocks =
            {
                {sizes_ci, COUNT(sizes_ci), shapes, COUNT(shapes), strategies, COUNT(strategies)},
                {ahead_ci, COUNT(ahead_ci), shapes_ahead, COUNT(shapes_ahead), strategies_ahead,
                 COUNT(strategies_ahead)},
            },
    };
    const long cpus = wanted != NULL ? strtol(wanted, NULL, 10) : sysconf(_SC_NPROCESSORS_ONLN);
    const int jobs = cpus < 1 ? 1 : cpus > JOBS_MAX ? JOBS_MAX : (int)cpus;

    if (is_long) {
        all.blocks[0].sizes = sizes_long;
        all.blocks[0].size_count = COUNT(sizes_long);
        all.blocks[1].sizes = ahead_long;
        all.blocks[1].size_count = COUNT(ahead_long);
    }
    plant();
    all.from = number_of("EXHAUST_FROM", 0);
    all.to = number_of("EXHAUST_TO", case_count(&all));
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

/*
 * plan_text.c - a plan for people.
 *
 * Decides the words only.  Owns nothing.
 */
#include "cli/plan_view.h"

#include "base/duration.h"
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/plan_head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES_SHOWN_MAX = 8 };

static bool
rolls_back(const struct plan_view *v)
{
    return plan_policy(v->plan)->on_failure == ON_FAILURE_ROLLBACK;
}

static void
print_lists(const struct plan_view *v)
{
    const struct action *a = v->request->action;

    for (size_t i = 0; i < v->step_count; i++) {
        printf("  step %zu/%zu ", i + 1, v->step_count);
        cli_print(stdout, a->steps[v->steps[i]].name);
        putchar('\n');
    }
    for (int32_t i = 0; i < plan_check_count(v->plan); i++) {
        printf("  check %d/%d ", (int)i + 1, (int)plan_check_count(v->plan));
        cli_print(stdout, a->checks[i].name);
        putchar('\n');
    }
    for (size_t i = 0; i < a->rollback_count && rolls_back(v); i++) {
        printf("  rollback step %zu/%zu ", i + 1, a->rollback_count);
        cli_print(stdout, a->rollback_steps[i].name);
        putchar('\n');
    }
    for (size_t i = 0; i < a->finally_count; i++) {
        printf("  finally step %zu/%zu ", i + 1, a->finally_count);
        cli_print(stdout, a->finally_steps[i].name);
        putchar('\n');
    }
}

static void
print_time(const char *before, int64_t ms, const char *after)
{
    char text[32];

    duration_human(ms, text, sizeof(text));
    printf("%s%s%s", before, text, after);
}

/* What is waited for on purpose. */
static void
print_waits(const struct plan_view *v)
{
    const struct policy *o = plan_policy(v->plan);
    const struct {
        const char *name;
        int64_t ms;
    } waits[] = {{"host_bake", o->host_bake_ms},
                 {"wave_bake", o->wave_bake_ms},
                 {"wave_pause", o->wave_pause_ms},
                 {"run_timeout", o->run_timeout_ms}};
    const char *between = "";

    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        if (waits[i].ms > 0) {
            printf("%s%s", between, waits[i].name);
            print_time(" ", waits[i].ms, "");
            between = ", ";
        }
    }
    if (between[0] != '\0') {
        putchar('\n');
    }
}

/* Values of which the same holds, from number first on; returns the next. */
static int32_t
print_values(const char *variable, const struct strv *values, const int32_t *numbers, int32_t first,
             const char *after)
{
    const int32_t count = (int32_t)values->count;
    int32_t end = first;

    printf("  %s=", variable);
    for (; end < count && numbers[end] == numbers[first]; end++) {
        if (end - first < VALUES_SHOWN_MAX) {
            fputs(end > first ? "," : "", stdout);
            cli_print(stdout, values->items[end]);
        }
    }
    if (end - first > VALUES_SHOWN_MAX) {
        printf(",... (%d in all)", (int)(end - first));
    }
    printf(": at most %d%s %s\n", (int)numbers[first], end - first > 1 ? " of each" : "", after);
    return end;
}

static void
print_parting(const struct plan_view *v, const struct plan_parting *parting,
              const struct strv *values, int32_t base, bool budget)
{
    int32_t *numbers = xcalloc(values->count, sizeof(*numbers));

    for (int32_t i = 0; i < parting->value_count; i++) {
        numbers[i] = budget ? plan_scope_budget(v->plan, base + i) : plan_limit(v->plan, base + i);
    }
    for (int32_t i = 0; i < parting->value_count;) {
        i = print_values(parting->variable, values, numbers, i, budget ? "may fail" : "at a time");
    }
    free(numbers);
}

static void
print_partings(const struct plan_view *v)
{
    const struct partings *p = &v->partings;
    int32_t base = 0;

    for (int32_t i = 0; i < p->parallel_by_count; i++) {
        print_parting(v, &p->parallel_by[i], &p->parallel_values[i], base, false);
        base += p->parallel_by[i].value_count;
    }
    base = 0;
    for (int32_t i = 0; i < p->budget_by_count; i++) {
        print_parting(v, &p->budget_by[i], &p->budget_values[i], base, true);
        base += p->budget_by[i].value_count;
    }
}

/* What is asked of an operator, and what follows when too many fail. */
static void
print_policy(const struct plan_view *v)
{
    const struct policy *o = plan_policy(v->plan);

    if (plan_canary_waves(v->plan) > 0) {
        printf("the canary is %s%d, promoted %s\n",
               plan_canary_waves(v->plan) > 1 ? "waves 1 to " : "wave ",
               (int)plan_canary_waves(v->plan),
               o->promote == PROMOTE_MANUAL ? "by an operator" : "when all of it are ok");
    }
    if (plan_switch_step(v->plan) >= 0) {
        printf("every host stops before step %d; when all are there they go on from it\n",
               (int)plan_switch_step(v->plan) + 1);
    }
    if ((plan_budget(v->plan) >= 0 || plan_scope_count(v->plan) > 0) &&
        o->on_failure != ON_FAILURE_STOP) {
        printf("on_failure %s\n", on_failure_name(o->on_failure));
    }
    print_partings(v);
}

static void
print_predicted(const struct predicted *p)
{
    char p50[32], p95[32];

    duration_human(p->p50_ms, p50, sizeof(p50));
    duration_human(p->p95_ms, p95, sizeof(p95));
    fputs(p50, stdout);
    if (strcmp(p50, p95) != 0) {
        printf(" (p95 %s)", p95);
    }
}

/* The first hosts of a wave take slots in order; the others take the first that frees. */
static void
print_wave(const struct plan_view *v, int32_t wave)
{
    const int32_t end = plan_wave_end(v->plan, wave);

    plan_wave_line(v->plan, v->request, wave);
    if (plan_has_waves(v->plan) && v->future != NULL) {
        printf("  takes ");
        print_predicted(&v->future->waves[wave]);
        putchar('\n');
    }
    for (int32_t at = plan_wave_begin(v->plan, wave); at < end; at++) {
        const int32_t host = plan_host_at(v->plan, at);
        if (v->slots[host] >= 0) {
            printf("  %4d  %-24s slot %d\n", (int)at + 1, v->names[host], (int)v->slots[host]);
        } else {
            printf("  %4d  %-24s the first slot that frees\n", (int)at + 1, v->names[host]);
        }
    }
}

static void
print_source(const struct plan_view *v)
{
    const size_t own = worktimes_own(v->times);
    const size_t hosts = v->request->host_count;

    if (v->assume_ms >= 0) {
        print_time(", if every host takes ", v->assume_ms, "");
        return;
    }
    printf("; from %zu run%s of these steps with %zu host%s", worktimes_runs(v->times),
           worktimes_runs(v->times) == 1 ? "" : "s", worktimes_samples(v->times),
           worktimes_samples(v->times) == 1 ? "" : "s");
    if (own < hosts) {
        printf("; %zu host%s no time of %s own", hosts - own, hosts - own == 1 ? " has" : "s have",
               hosts - own == 1 ? "its" : "their");
    }
}

static void
print_total(const struct plan_view *v)
{
    const int64_t limit_ms = plan_policy(v->plan)->run_timeout_ms;

    if (v->future == NULL) {
        puts("time: unknown, as no earlier run of these steps went well here; --assume 5m says how "
             "long a host takes");
        return;
    }
    printf("time: ");
    print_predicted(&v->future->whole);
    print_source(v);
    putchar('\n');
    if (v->future->promotes > 0) {
        puts("the time until somebody promotes is not in it");
    }
    if (limit_ms > 0 && v->future->whole.p50_ms > limit_ms) {
        print_time("run_timeout (", limit_ms, ") comes before that: the run would be halted\n");
    }
}

void
plan_text(const struct plan_view *v)
{
    plan_head(v->plan, v->request, v->seed_given);
    print_policy(v);
    print_waits(v);
    print_lists(v);
    for (int32_t wave = 0; wave < plan_wave_count(v->plan); wave++) {
        print_wave(v, wave);
    }
    print_total(v);
    if (v->story != NULL) {
        plan_story(v);
    }
}

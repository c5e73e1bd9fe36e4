/*
 * plan_text.c - a plan for people.
 *
 * Decides the words only.  Owns nothing.
 */
#include "cli/plan_view.h"

#include "base/duration.h"
#include "cli/command.h"
#include "cli/plan_head.h"

#include <stdio.h>

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

static void
print_predicted(const struct predicted *p)
{
    print_time("", p->p50_ms, "");
    if (p->p95_ms != p->p50_ms) {
        print_time(" (p95 ", p->p95_ms, ")");
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

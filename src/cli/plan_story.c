/*
 * plan_story.c - what the policy would do, told in the order of time.
 *
 * Decides the words, and what is told once for many hosts.  Owns nothing.
 */
#include "cli/plan_view.h"

#include "base/buf.h"
#include "base/duration.h"
#include "base/nodeset.h"
#include "base/xalloc.h"
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_BYTES_MAX = 4 * 1024 * 1024, WHY_BYTES_MAX = 4096 };

static void
begin_line(int64_t at_ms)
{
    char text[32] = "0s";

    if (at_ms > 0) {
        duration_human(at_ms, text, sizeof(text));
    }
    printf("  %8s  ", text);
}

/* Names of hosts, folded; `many` if there is no room for them. */
static void
print_names(const struct plan_view *v, const int32_t *hosts, size_t count)
{
    const char **names = xcalloc(count, sizeof(*names));
    struct buf folded;

    for (size_t i = 0; i < count; i++) {
        names[i] = v->names[hosts[i]];
    }
    buf_init(&folded, NAMES_BYTES_MAX);
    nodeset_fold(&folded, names, count);
    fputs(folded.full ? "many hosts" : folded.data, stdout);
    buf_release(&folded);
    free(names);
}

static void
add_step(const struct plan_view *v, int32_t step, struct buf *out)
{
    buf_addf(out, "step %d/%d %s", (int)step + 1, (int)v->step_count,
             v->request->action->steps[v->steps[step]].name);
}

/* Why a host ended as it did. */
static void
add_why(const struct plan_view *v, const struct rollout_host *h, struct buf *out)
{
    if (h->cause == CAUSE_NONE && h->outcome == OUTCOME_FAILED) {
        add_step(v, h->step, out);
        buf_addf(out, ": exit %d", (int)h->exit_code);
    } else if (h->cause == CAUSE_GATE || h->cause == CAUSE_HEALTH) {
        buf_adds(out, "it is not healthy");
    } else if (h->outcome == OUTCOME_UNKNOWN) {
        buf_adds(out, "the connection is lost in ");
        add_step(v, h->step, out);
        buf_adds(out, ", which may have run");
    } else if (h->outcome == OUTCOME_UNREACHABLE) {
        buf_adds(out, "there is no connection");
    } else {
        buf_adds(out, cause_name(h->cause));
    }
}

/* What is said of a host, without its name and time. */
static void
add_event(const struct plan_view *v, const struct forecast_event *e, struct buf *out)
{
    switch (e->kind) {
    case FORECAST_AGAIN:
        if (e->value < 0) {
            buf_adds(out, "is not healthy at the first try; the next goes well");
        } else {
            buf_adds(out, "fails the first try of ");
            add_step(v, e->value, out);
            buf_adds(out, "; the next goes well");
        }
        break;
    case FORECAST_BAD:
        buf_addf(out, "%s: ", outcome_name(e->seen.outcome));
        add_why(v, &e->seen, out);
        break;
    case FORECAST_LATE:
        buf_adds(out, "was ok, and fails now: ");
        add_why(v, &e->seen, out);
        break;
    case FORECAST_CANCELLED:
        buf_adds(out, "cancelled: ");
        add_why(v, &e->seen, out);
        break;
    case FORECAST_ROLLBACK:
        buf_adds(out, "goes back");
        break;
    case FORECAST_ROLLED_BACK:
        buf_adds(out, "is rolled back");
        break;
    case FORECAST_ROLLBACK_FAILED:
        buf_adds(out, "cannot be rolled back");
        break;
    case FORECAST_WAVE_BEGIN:
    case FORECAST_WAVE_END:
    case FORECAST_EXCEEDED:
    case FORECAST_HALT:
    case FORECAST_PAUSED:
    case FORECAST_PROMOTED:
        break;
    }
}

/* Events of hosts that happen at once and are said in the same words are one line. */
static size_t
print_hosts(const struct plan_view *v, size_t first)
{
    const struct forecast *f = v->story;
    int32_t *hosts = xcalloc(f->event_count - first, sizeof(*hosts));
    size_t count = 0;
    struct buf words, other;

    buf_init(&words, WHY_BYTES_MAX);
    buf_init(&other, WHY_BYTES_MAX);
    add_event(v, &f->events[first], &words);
    while (first + count < f->event_count) {
        const struct forecast_event *e = &f->events[first + count];
        buf_clear(&other);
        add_event(v, e, &other);
        if (e->host < 0 || e->kind != f->events[first].kind || e->at_ms != f->events[first].at_ms ||
            strcmp(other.data, words.data) != 0) {
            break;
        }
        hosts[count++] = e->host;
    }
    begin_line(f->events[first].at_ms);
    print_names(v, hosts, count);
    putchar(' ');
    cli_print(stdout, words.data);
    putchar('\n');
    buf_release(&words);
    buf_release(&other);
    free(hosts);
    return first + count;
}

static void
print_wave_begin(const struct plan_view *v, int32_t wave)
{
    const struct plan *p = v->story_plan;
    const int32_t begin = plan_wave_begin(p, wave);
    const int32_t count = plan_wave_end(p, wave) - begin;
    int32_t *hosts = xcalloc((size_t)count, sizeof(*hosts));

    for (int32_t i = 0; i < count; i++) {
        hosts[i] = plan_host_at(p, begin + i);
    }
    printf("wave %d/%d begins: ", (int)wave + 1, (int)plan_wave_count(p));
    print_names(v, hosts, (size_t)count);
    putchar('\n');
    free(hosts);
}

/* Whose budget it is. */
static void
print_scope(const struct plan_view *v, const struct forecast_event *e)
{
    if (e->scope >= 0) {
        char *name = plan_scope_name(v, e->scope);
        fputs(" (", stdout);
        cli_print(stdout, name);
        putchar(')');
        free(name);
    }
}

static void
print_halt(const struct plan_view *v, const struct forecast_event *e)
{
    const enum halt halt = (enum halt)e->value;
    const enum on_failure on_failure = plan_policy(v->story_plan)->on_failure;

    printf("halt: %s", halt_text(halt));
    if (halt == HALT_BUDGET) {
        print_scope(v, e);
    }
    fputs("; no host is started any more", stdout);
    if (on_failure == ON_FAILURE_ROLLBACK && (halt == HALT_BUDGET || halt == HALT_WAVE)) {
        fputs(", then it is rolled back", stdout);
    }
    putchar('\n');
}

static void
print_run(const struct plan_view *v, const struct forecast_event *e)
{
    begin_line(e->at_ms);
    switch (e->kind) {
    case FORECAST_WAVE_BEGIN:
        print_wave_begin(v, e->value);
        break;
    case FORECAST_WAVE_END:
        printf("wave %d/%d is over: %d ok, %d not\n", (int)e->value + 1,
               (int)plan_wave_count(v->story_plan), (int)e->ok, (int)e->bad);
        break;
    case FORECAST_EXCEEDED:
        fputs("more have failed than may", stdout);
        print_scope(v, e);
        printf("; on_failure is %s\n", on_failure_name(plan_policy(v->story_plan)->on_failure));
        break;
    case FORECAST_HALT:
        print_halt(v, e);
        break;
    case FORECAST_PAUSED:
        puts("paused: hosts in flight go on to their end, no other is started");
        break;
    case FORECAST_PROMOTED:
        puts("the canary is well: it is taken for promoted at once");
        break;
    case FORECAST_AGAIN:
    case FORECAST_BAD:
    case FORECAST_LATE:
    case FORECAST_CANCELLED:
    case FORECAST_ROLLBACK:
    case FORECAST_ROLLED_BACK:
    case FORECAST_ROLLBACK_FAILED:
        break;
    }
}

static void
print_outcomes(const struct plan_view *v)
{
    const struct forecast *f = v->story;
    int32_t *hosts = xcalloc((size_t)f->host_count, sizeof(*hosts));

    for (int o = 0; o < OUTCOMES; o++) {
        size_t count = 0;
        for (int32_t at = 0; at < f->host_count; at++) {
            const int32_t host = plan_host_at(v->story_plan, at);
            if (f->hosts[host].last.outcome == (enum outcome)o) {
                hosts[count++] = host;
            }
        }
        if (count > 0) {
            printf("%s %zu: ", outcome_name((enum outcome)o), count);
            print_names(v, hosts, count);
            putchar('\n');
        }
    }
    free(hosts);
}

static void
print_end(const struct plan_view *v)
{
    const struct forecast *f = v->story;

    begin_line(f->total_ms);
    if (f->state == RUN_OVER) {
        printf("the run ends: exit %d%s%s\n", f->exit_code, f->halt == HALT_NONE ? "" : ", ",
               halt_text(f->halt));
    } else {
        printf("the run waits for an operator (%s): what comes then is not told here\n",
               f->state == RUN_PROMOTING ? "promote, abort or rollback"
                                         : "continue, retry, abort or rollback");
    }
}

void
plan_story(const struct plan_view *v)
{
    const struct forecast *f = v->story;

    printf("\nif ");
    cli_print(stdout, v->simulated);
    puts(v->future != NULL ? ":" : " (and every host takes 1m00s):");
    for (size_t i = 0; i < f->event_count;) {
        if (f->events[i].host >= 0) {
            i = print_hosts(v, i);
        } else {
            print_run(v, &f->events[i++]);
        }
    }
    print_end(v);
    print_outcomes(v);
}

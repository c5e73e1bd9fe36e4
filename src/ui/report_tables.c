/*
 * report_tables.c - waves, times, hosts, steps and the loop of a run, for people.
 *
 * Decides how many rows of each are shown: a report fits into a few screens, whatever the run.
 * Owns nothing.  Every text of elsewhere is escaped.
 */
#include "ui/report.h"

#include "base/duration.h"
#include "base/escape.h"
#include "base/nodeset.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_MAX = 20, /* waves, words of the operator */
    WAVE_NAMES_MAX = 60,
    SLOWEST_MAX = 10,
    STEPS_MAX = 30,
};

static void
add_text(struct buf *out, const char *text)
{
    escape_terminal(out, text, strlen(text));
}

static void
add_ms(struct buf *out, int64_t ms)
{
    char text[32];

    duration_human(ms, text, sizeof(text));
    buf_addf(out, "  %9s", text);
}

/* ---------------------------------------------------------------- waves and time */

/* Who was in it, where there is room for that. */
static void
add_wave_hosts(const struct report *r, int32_t wave, struct buf *out)
{
    const char **names = xcalloc(r->span_count, sizeof(*names));
    struct buf folded;
    size_t count = 0;

    for (size_t i = 0; i < r->span_count; i++) {
        if (!r->spans[i].rollback && r->spans[i].wave == wave) {
            names[count++] = r->hosts[r->spans[i].host].name;
        }
    }
    buf_init(&folded, WAVE_NAMES_MAX);
    nodeset_fold(&folded, names, count);
    if (!folded.full) {
        buf_adds(out, "  ");
        escape_terminal(out, folded.data, folded.len);
    }
    buf_release(&folded);
    free(names);
}

static void
add_wave(const struct report *r, const struct report_wave *w, struct buf *out)
{
    const int64_t end_ms = w->end_ms >= 0 ? w->end_ms : r->wall_ms;

    buf_addf(out, "  %4d", (int)w->number + 1);
    add_ms(out, w->begin_ms);
    add_ms(out, end_ms);
    add_ms(out, end_ms - w->begin_ms);
    add_ms(out, w->ideal_ms);
    buf_addf(out, "  %5d  %5d  %5d", (int)w->hosts, (int)w->ok, (int)w->bad);
    add_wave_hosts(r, w->number, out);
    buf_adds(out, w->end_ms >= 0 ? "\n" : "  not over\n");
}

static void
add_waves(const struct report *r, struct buf *out)
{
    size_t shown = r->wave_count < ROWS_MAX ? r->wave_count : ROWS_MAX;

    if (r->wave_count == 0 || r->waves[0].number < 0) {
        return;
    }
    buf_adds(out, "\nwaves     begin        end       took      ideal  hosts     ok not ok\n");
    for (size_t i = 0; i < shown; i++) {
        add_wave(r, &r->waves[i], out);
    }
    if (shown < r->wave_count) {
        buf_addf(out, "  and %zu waves more\n", r->wave_count - shown);
    }
}

static void
add_row(struct buf *out, const char *title, int64_t ms, const char *remark)
{
    char text[32];

    duration_human(ms, text, sizeof(text));
    buf_addf(out, "  %-10s %8s%s%s\n", title, text, remark[0] != '\0' ? "  " : "", remark);
}

static void
add_time(const struct report *r, struct buf *out)
{
    char remark[160];

    buf_adds(out, "\ntime\n");
    (void)snprintf(remark, sizeof(remark), "slots busy %.1f%%", r->busy);
    add_row(out, "wall", r->wall_ms, remark);
    (void)snprintf(remark, sizeof(remark), "at best, wave by wave: wall is %.3f times that",
                   r->ratio);
    add_row(out, "ideal", r->ideal_ms, remark);
    (void)snprintf(remark, sizeof(remark),
                   "%" PRId64 " x the median of a host: wall is %.3f times that", r->rounds,
                   r->guide_ratio);
    add_row(out, "guide", r->guide_ms, remark);
    (void)snprintf(remark, sizeof(remark), "all hosts, one after the other: gain %.1f%%", r->gain);
    add_row(out, "one by one", r->sum_ms, remark);
    if (r->between_ms > 0) {
        add_row(out, "between", r->between_ms, "from wave to wave: pauses, bakes, questions");
    }
    char p95[32], longest[32];
    duration_human(r->host_p95_ms, p95, sizeof(p95));
    duration_human(r->host_max_ms, longest, sizeof(longest));
    (void)snprintf(remark, sizeof(remark), "median; p95 %s, longest %s", p95, longest);
    add_row(out, "a host", r->host_p50_ms, remark);
}

/* ---------------------------------------------------------------- hosts and steps */

struct slow {
    int64_t took_ms;
    size_t host;
};

static int
compare_slow(const void *a, const void *b)
{
    const struct slow *x = a;
    const struct slow *y = b;

    return x->took_ms != y->took_ms ? (x->took_ms < y->took_ms) - (x->took_ms > y->took_ms)
                                    : (x->host > y->host) - (x->host < y->host);
}

static void
add_slowest(const struct report *r, struct buf *out)
{
    struct slow *slow = xcalloc(r->names.count, sizeof(*slow));
    size_t count = 0;

    for (size_t i = 0; i < r->names.count; i++) {
        if (r->hosts[i].took_ms >= 0) {
            slow[count++] = (struct slow){r->hosts[i].took_ms, i};
        }
    }
    if (count > 1) {
        qsort(slow, count, sizeof(*slow), compare_slow);
        buf_adds(out, "\nslowest hosts\n");
    }
    for (size_t i = 0; i < count && i < SLOWEST_MAX && count > 1; i++) {
        const struct report_host *h = &r->hosts[slow[i].host];
        add_ms(out, h->took_ms);
        buf_addf(out, "  slot %-4d  %-11s  ", (int)h->slot, outcome_name(h->outcome));
        add_text(out, h->name);
        buf_addc(out, '\n');
    }
    free(slow);
}

void
report_step_name(const struct report_step *s, struct buf *out)
{
    static const char *const words[] = {[LIST_STEPS] = "",
                                        [LIST_FINALLY] = "finally ",
                                        [LIST_CHECKS] = "check ",
                                        [LIST_ROLLBACK] = "rollback "};
    _Static_assert(sizeof(words) / sizeof(words[0]) == STEP_LISTS, "a word a list");

    buf_addf(out, "%s%d", words[s->list], (int)s->number + 1);
    if (s->name != NULL) {
        buf_addc(out, ' ');
        add_text(out, s->name);
    }
}

static void
add_step(const struct report *r, const struct report_step *s, struct buf *out)
{
    if (s->ended > 0) {
        add_ms(out, s->p50_ms);
        add_ms(out, s->p95_ms);
        add_ms(out, s->max_ms);
    } else {
        buf_addf(out, "  %9s  %9s  %9s", "-", "-", "-");
    }
    buf_addf(out, "  %5" PRId64 "  %5" PRId64 "  %5" PRId64 "  %5" PRId64 "  ", s->ended,
             s->skipped, s->retried, s->not_ok);
    report_step_name(s, out);
    if (s->slowest >= 0 && s->ended > 1) {
        buf_adds(out, " (longest on ");
        add_text(out, r->hosts[s->slowest].name);
        buf_addc(out, ')');
    }
    buf_addc(out, '\n');
}

static bool
is_used(const struct report_step *s)
{
    return s->ended + s->skipped > 0;
}

static int
compare_longest(const void *a, const void *b)
{
    const struct report_step *x = *(const struct report_step *const *)a;
    const struct report_step *y = *(const struct report_step *const *)b;

    return x->max_ms != y->max_ms ? (x->max_ms < y->max_ms) - (x->max_ms > y->max_ms)
                                  : (x > y) - (x < y);
}

static int
compare_places(const void *a, const void *b)
{
    const struct report_step *x = *(const struct report_step *const *)a;
    const struct report_step *y = *(const struct report_step *const *)b;

    return (x > y) - (x < y);
}

/* Of more than fit those that took the longest, in their order. */
static void
add_steps(const struct report *r, struct buf *out)
{
    const struct report_step **used = xcalloc(r->step_count, sizeof(struct report_step *));
    size_t count = 0;

    for (size_t i = 0; i < r->step_count; i++) {
        if (is_used(&r->steps[i])) {
            used[count++] = &r->steps[i];
        }
    }
    const size_t shown = count < STEPS_MAX ? count : STEPS_MAX;
    if (count > 0) {
        qsort(used, count, sizeof(struct report_step *), compare_longest);
        qsort(used, shown, sizeof(struct report_step *), compare_places);
        buf_adds(out, "\nsteps        p50        p95        max    ran   skip  again not ok\n");
    }
    for (size_t i = 0; i < shown; i++) {
        add_step(r, used[i], out);
    }
    if (shown < count) {
        buf_addf(out, "  and %zu steps more\n", count - shown);
    }
    free(used);
}

/* ---------------------------------------------------------------- the rest */

static void
add_connects(const struct report *r, struct buf *out)
{
    if (r->connects == 0) {
        return;
    }
    buf_addf(out, "\nconnections %" PRId64, r->connects);
    if (r->ahead > 0) {
        buf_addf(out, ", %" PRId64 " ahead of their slot", r->ahead);
    }
    if (r->connects_again > 0) {
        buf_addf(out, ", %" PRId64 " again after one that failed", r->connects_again);
    }
    if (r->throttled > 0) {
        buf_addf(out, ", %" PRId64 " throttled", r->throttled);
    }
    buf_addc(out, '\n');
}

static void
add_spread(struct buf *out, const char *word, const struct spread_figures *f)
{
    const struct {
        const char *word;
        int64_t us;
    } rows[] = {{"p50", f->p50_us}, {"p99", f->p99_us}, {"p99.9", f->p999_us}, {"max", f->max_us}};

    if (f->count == 0) {
        return;
    }
    buf_addf(out, "  %-9s %8" PRId64, word, f->count);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        buf_addf(out, "  %s %" PRId64 ".%02d ms", rows[i].word, rows[i].us / 1000,
                 (int)(rows[i].us % 1000 / 10));
    }
    buf_addc(out, '\n');
}

static void
add_loop(const struct report *r, struct buf *out)
{
    if (r->turns.count > 0) {
        buf_adds(out, "\nloop (how long each of its turns kept the others waiting)\n");
        add_spread(out, "turns", &r->turns);
        add_spread(out, "commits", &r->commits);
    }
}

static void
add_said(const struct report *r, struct buf *out)
{
    size_t shown = r->said_count < ROWS_MAX ? r->said_count : ROWS_MAX;

    if (shown > 0) {
        buf_adds(out, "\noperator\n");
    }
    for (size_t i = 0; i < shown; i++) {
        const struct report_said *s = &r->said[i];
        add_ms(out, s->at_ms);
        buf_addf(out, "  %s", verb_name(s->verb));
        if (s->verb == VERB_WORKERS) {
            buf_addf(out, " %" PRId64, s->value);
        }
        if (s->host >= 0 && (size_t)s->host < r->names.count) {
            buf_addc(out, ' ');
            add_text(out, r->hosts[s->host].name);
        }
        if (s->reason != NULL) {
            buf_adds(out, " (");
            add_text(out, s->reason);
            buf_addc(out, ')');
        }
        buf_addc(out, '\n');
    }
    if (r->said_all > (int64_t)shown) {
        buf_addf(out, "  and %" PRId64 " more\n", r->said_all - (int64_t)shown);
    }
}

void
report_tables(const struct report *r, struct buf *out)
{
    add_waves(r, out);
    if (r->span_count > 0) {
        add_time(r, out);
    }
    report_chart(r, out);
    add_slowest(r, out);
    add_steps(r, out);
    add_connects(r, out);
    add_loop(r, out);
    add_said(r, out);
}

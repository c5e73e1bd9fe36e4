/*
 * report_rows.h - journals of runs for the tests of reports: written row by row, taken in by time.
 *
 * Times are chosen so that each figure is easy to work out.
 */
#ifndef REPORT_ROWS_H
#define REPORT_ROWS_H

#include "ui/report.h"

#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- journals */

/* A host is written from its beginning to its end; end() puts the rows into the order of time. */
struct row {
    int64_t at_ms;
    size_t number;
    bool is_fact;
    struct fact fact;
    struct order order;
    const char *reason;
};
static struct row *rows_written;
static size_t row_count, row_cap;

static inline void
write_row(struct row row)
{
    rows_written = xgrow(rows_written, row_count, &row_cap, sizeof(*rows_written));
    row.number = row_count;
    rows_written[row_count++] = row;
}

static inline int
compare_rows(const void *a, const void *b)
{
    const struct row *x = a, *y = b;

    return x->at_ms != y->at_ms ? (x->at_ms > y->at_ms) - (x->at_ms < y->at_ms)
                                : (x->number > y->number) - (x->number < y->number);
}

static inline void
take_rows(struct report *r)
{
    if (row_count > 0)
        qsort(rows_written, row_count, sizeof(*rows_written), compare_rows);
    for (size_t i = 0; i < row_count; i++) {
        const struct row *w = &rows_written[i];
        report_take(r, w->at_ms, w->is_fact ? &w->fact : NULL, w->reason,
                    w->is_fact ? NULL : &w->order);
    }
    free(rows_written);
    rows_written = NULL;
    row_count = row_cap = 0;
}

static inline void
begin(struct report *r, int32_t hosts, int32_t workers, const char *strategy)
{
    struct strv names = {0};

    for (int32_t i = 0; i < hosts; i++) {
        strv_take(&names, xasprintf("web-%02d", (int)i + 1));
    }
    report_begin(r, &names, workers, strcmp(strategy, "sequential") == 0);
    strv_clear(&names);
    for (int32_t i = 0; i < hosts; i++) {
        r->hosts[i].reason = xstrdup("");
        r->hosts[i].rollback_reason = xstrdup("");
    }
    r->run = xstrdup("20261126T120000Z-0123456789abcdef");
    r->env = xstrdup("prod");
    r->action = xstrdup("deploy");
    r->strategy = xstrdup(strategy);
    r->release = xstrdup("1.4.2");
    r->halt = xstrdup("");
    r->started_wall_ms = INT64_C(1795694400000); /* 2026-11-26 12:00 UTC */
    r->pid = 77;
}

static inline void
order(struct report *r, int64_t at_ms, enum order_kind kind, int32_t host, int32_t n)
{
    const bool slotted = kind == ORDER_START || kind == ORDER_RELEASE || kind == ORDER_PARK ||
                         kind == ORDER_UNPARK || kind == ORDER_ROLLBACK || kind == ORDER_CONNECT;
    const struct order o = {.kind = kind,
                            .host = host,
                            .step = slotted ? -1 : n,
                            .attempt = 1,
                            .slot = slotted ? n : -1};

    (void)r;
    write_row((struct row){.at_ms = at_ms, .order = o});
}

static inline void
wave(struct report *r, int64_t at_ms, enum order_kind kind, int64_t number)
{
    const struct order o = {.kind = kind, .host = -1, .step = -1, .slot = -1, .value = number};

    (void)r;
    write_row((struct row){.at_ms = at_ms, .order = o});
}

static inline void
fact(struct report *r, int64_t at_ms, enum fact_kind kind, int32_t host, int32_t step, int32_t code)
{
    const struct fact f = {
        .kind = kind, .host = host, .step = step, .attempt = 1, .exit_code = code};

    (void)r;
    write_row((struct row){.at_ms = at_ms, .is_fact = true, .fact = f});
}

static inline void
said(struct report *r, int64_t at_ms, enum verb verb, int32_t host, int64_t value)
{
    const struct fact f = {
        .kind = FACT_VERB, .host = host, .step = -1, .verb = verb, .value = value};

    (void)r;
    write_row(
        (struct row){.at_ms = at_ms, .is_fact = true, .fact = f, .reason = "by ctl, uid 1000"});
}

static inline void
ends(struct report *r, int32_t host, enum outcome outcome, const char *reason)
{
    free(r->hosts[host].reason);
    r->hosts[host].reason = xstrdup(reason);
    r->hosts[host].outcome = outcome;
}

/* In this slot from then on for so long, with one step all the while. */
static inline void
work(struct report *r, int32_t host, int32_t slot, int64_t at_ms, int64_t took_ms, int32_t code)
{
    order(r, at_ms, ORDER_START, host, slot);
    order(r, at_ms, ORDER_CONNECT, host, slot);
    order(r, at_ms + 10, ORDER_RUN_STEP, host, 0);
    fact(r, at_ms + took_ms, FACT_STEP_DONE, host, 0, code);
    order(r, at_ms + took_ms, ORDER_RELEASE, host, slot);
    ends(r, host, code == 0 ? OUTCOME_OK : OUTCOME_FAILED,
         code == 0 ? "" : "step 1/1 Work: exit 3");
}

static inline void
end(struct report *r, int64_t wall_ms, int exit_code)
{
    take_rows(r);
    r->state = exit_code < 0 ? REPORT_DIED : REPORT_OVER;
    r->exit_code = exit_code;
    r->wall_ms = wall_ms;
    for (size_t i = 0; i < r->names.count; i++) {
        r->totals.count[r->hosts[i].outcome]++;
    }
    report_figure(r);
}

/* Five hosts, two at a time: waves of 2, 2 and 1; the fourth fails, and that is allowed. */
static inline void
make_rolling(struct report *r)
{
    begin(r, 5, 2, "rolling");
    report_name_step(r, LIST_STEPS, "Work");
    wave(r, 0, ORDER_WAVE_BEGIN, 0);
    work(r, 0, 0, 0, 1000, 0);
    work(r, 1, 1, 0, 800, 0);
    wave(r, 1000, ORDER_WAVE_END, 0);
    wave(r, 1100, ORDER_WAVE_BEGIN, 1);
    work(r, 2, 0, 1100, 1000, 0);
    work(r, 3, 1, 1100, 200, 3);
    wave(r, 2100, ORDER_WAVE_END, 1);
    wave(r, 2100, ORDER_WAVE_BEGIN, 2);
    work(r, 4, 0, 2100, 1000, 0);
    wave(r, 3100, ORDER_WAVE_END, 2);
    r->turns = (struct spread_figures){
        .count = 120, .p50_us = 20, .p99_us = 1500, .p999_us = 2345, .max_us = 12345};
    r->commits = (struct spread_figures){
        .count = 12, .p50_us = 400, .p99_us = 900, .p999_us = 900, .max_us = 900};
    end(r, 3200, 2);
}

static inline char *
shown(const struct report *r, void (*show)(const struct report *, struct buf *))
{
    struct buf out;

    buf_init(&out, REPORT_TEXT_MAX);
    show(r, &out);
    assert_false(out.full);
    char *text = buf_detach(&out);
    buf_release(&out);
    return text;
}

static inline void
shows(const struct report *r, void (*show)(const struct report *, struct buf *),
      const char *expected)
{
    char *text = shown(r, show);

    assert_string_equal(text, expected);
    free(text);
}

static inline void
has(const struct report *r, void (*show)(const struct report *, struct buf *), const char *part)
{
    char *text = shown(r, show);

    if (strstr(text, part) == NULL)
        fail_msg("«%s» is not in «%s»", part, text);
    free(text);
}

static inline void
about(double got, double expected)
{
    assert_true(fabs(got - expected) < 0.001);
}

#endif

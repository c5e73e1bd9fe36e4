/*
 * test_report.c - a run looked back at: the arithmetic, and the three formats to the letter.
 *
 * Journals are written here row by row, with times that make each figure easy to work out.
 */
#include "ui/report.h"

#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
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

static void
write_row(struct row row)
{
    rows_written = xgrow(rows_written, row_count, &row_cap, sizeof(*rows_written));
    row.number = row_count;
    rows_written[row_count++] = row;
}

static int
compare_rows(const void *a, const void *b)
{
    const struct row *x = a, *y = b;

    return x->at_ms != y->at_ms ? (x->at_ms > y->at_ms) - (x->at_ms < y->at_ms)
                                : (x->number > y->number) - (x->number < y->number);
}

static void
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

static void
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

static void
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

static void
wave(struct report *r, int64_t at_ms, enum order_kind kind, int64_t number)
{
    const struct order o = {.kind = kind, .host = -1, .step = -1, .slot = -1, .value = number};

    (void)r;
    write_row((struct row){.at_ms = at_ms, .order = o});
}

static void
fact(struct report *r, int64_t at_ms, enum fact_kind kind, int32_t host, int32_t step, int32_t code)
{
    const struct fact f = {
        .kind = kind, .host = host, .step = step, .attempt = 1, .exit_code = code};

    (void)r;
    write_row((struct row){.at_ms = at_ms, .is_fact = true, .fact = f});
}

static void
said(struct report *r, int64_t at_ms, enum verb verb, int32_t host, int64_t value)
{
    const struct fact f = {
        .kind = FACT_VERB, .host = host, .step = -1, .verb = verb, .value = value};

    (void)r;
    write_row(
        (struct row){.at_ms = at_ms, .is_fact = true, .fact = f, .reason = "by ctl, uid 1000"});
}

static void
ends(struct report *r, int32_t host, enum outcome outcome, const char *reason)
{
    free(r->hosts[host].reason);
    r->hosts[host].reason = xstrdup(reason);
    r->hosts[host].outcome = outcome;
}

/* In this slot from then on for so long, with one step all the while. */
static void
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

static void
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
static void
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

static char *
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

static void
shows(const struct report *r, void (*show)(const struct report *, struct buf *),
      const char *expected)
{
    char *text = shown(r, show);

    assert_string_equal(text, expected);
    free(text);
}

static void
has(const struct report *r, void (*show)(const struct report *, struct buf *), const char *part)
{
    char *text = shown(r, show);

    if (strstr(text, part) == NULL)
        fail_msg("«%s» is not in «%s»", part, text);
    free(text);
}

/* ---------------------------------------------------------------- arithmetic */

static void
about(double got, double expected)
{
    assert_true(fabs(got - expected) < 0.001);
}

static void
test_waves_end_one_before_the_other(void **state)
{
    struct report r;

    (void)state;
    make_rolling(&r);
    assert_int_equal(r.wave_count, 3);
    assert_int_equal(r.waves[1].hosts, 2);
    assert_int_equal(r.waves[1].ok, 1);
    assert_int_equal(r.waves[1].bad, 1);
    assert_int_equal(r.ideal_ms, 1000 + 1000 + 1000); /* the longest of each */
    assert_int_equal(r.sum_ms, 1000 + 800 + 1000 + 200 + 1000);
    assert_int_equal(r.between_ms, 100);
    assert_int_equal(r.rounds, 3);
    assert_int_equal(r.host_p50_ms, 1000);
    assert_int_equal(r.host_mean_ms, 800);
    assert_int_equal(r.guide_ms, 3000);
    assert_int_equal(r.capacity_ms, 2 * 3200);
    about(r.ratio, 3200.0 / 3000);
    about(r.gain, (4000.0 - 3200) / 4000 * 100);
    about(r.busy, 4000.0 / 6400 * 100);
    report_release(&r);
}

static void
test_without_waves_the_slots_are_the_bound(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 3, 2, "parallel");
    work(&r, 0, 0, 0, 500, 0);
    work(&r, 1, 1, 0, 700, 0);
    work(&r, 2, 0, 500, 501, 0);
    end(&r, 1010, 0);
    assert_int_equal(r.wave_count, 1);
    assert_int_equal(r.waves[0].number, -1);
    assert_int_equal(r.ideal_ms, (500 + 700 + 501 + 1) / 2); /* rounded up */
    assert_int_equal(r.rounds, 2);
    assert_int_equal(r.active_max, 2);
    report_release(&r);
}

static void
test_one_long_host_is_the_bound_by_itself(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 3, 3, "parallel");
    work(&r, 0, 0, 0, 100, 0);
    work(&r, 1, 1, 0, 100, 0);
    work(&r, 2, 2, 0, 5000, 0);
    end(&r, 5000, 0);
    assert_int_equal(r.ideal_ms, 5000);
    about(r.ratio, 1);
    report_release(&r);
}

static void
test_a_rollback_and_a_retry_count_for_themselves(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 2, 2, "parallel");
    report_name_step(&r, LIST_STEPS, "Work");
    report_name_step(&r, LIST_ROLLBACK, "Back");
    work(&r, 0, 0, 0, 100, 3);
    said(&r, 100, VERB_RETRY, 0, 0);
    work(&r, 0, 0, 100, 200, 0);
    work(&r, 1, 1, 0, 400, 0);
    order(&r, 400, ORDER_ROLLBACK, 1, 0);
    order(&r, 400, ORDER_RUN_STEP, 1, 0);
    fact(&r, 450, FACT_STEP_DONE, 1, 0, 0);
    order(&r, 450, ORDER_RELEASE, 1, 0);
    end(&r, 450, 3);
    assert_int_equal(r.hosts[0].took_ms, 300);
    assert_int_equal(r.hosts[1].took_ms, 400);
    assert_int_equal(r.back_ms, 50);
    assert_int_equal(r.sum_ms, 300 + 400 + 50);
    assert_int_equal(r.ideal_ms, 400 + 50);
    assert_int_equal(r.step_count, 2);
    assert_int_equal(r.steps[0].ended, 3);
    assert_int_equal(r.steps[0].not_ok, 1);
    assert_int_equal(r.steps[1].list, LIST_ROLLBACK);
    assert_int_equal(r.steps[1].max_ms, 50);
    has(&r, report_text, "retry web-01 (by ctl, uid 1000)");
    has(&r, report_text, "rollback 1 Back");
    report_release(&r);
}

static void
test_workers_that_come_and_go_count_while_they_are_there(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 9, 2, "parallel");
    work(&r, 0, 0, 0, 100, 0);
    said(&r, 100, VERB_WORKERS, -1, 5);
    said(&r, 300, VERB_WORKERS, -1, 1);
    end(&r, 400, 3);
    assert_int_equal(r.capacity_ms, 2 * 100 + 5 * 200 + 1 * 100);
    assert_int_equal(r.workers_max, 5);
    report_release(&r);
}

static void
test_steps_have_percentiles_by_nearest_rank(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 20, 20, "parallel");
    for (int32_t i = 0; i < 20; i++)
        work(&r, i, i, 0, 10 + 100 * (i + 1), 0);
    end(&r, 2010, 0);
    assert_int_equal(r.steps[0].count, 20);
    assert_int_equal(r.steps[0].p50_ms, 1000);
    assert_int_equal(r.steps[0].p95_ms, 1900);
    assert_int_equal(r.steps[0].max_ms, 2000);
    assert_int_equal(r.steps[0].slowest, 19);
    report_release(&r);
}

static void
test_a_step_that_ends_late_twice_or_not_at_all_is_not_counted(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 1, 1, "parallel");
    order(&r, 0, ORDER_START, 0, 0);
    order(&r, 0, ORDER_RUN_STEP, 0, 0);
    fact(&r, 5, FACT_STEP_DONE, 0, 1, 0);
    fact(&r, 10, FACT_STEP_DONE, 0, 0, 0);
    fact(&r, 20, FACT_STEP_DONE, 0, 0, 0);
    order(&r, 20, ORDER_RUN_STEP, 0, 1);
    fact(&r, 25, FACT_STEP_SKIPPED, 0, 1, 0);
    order(&r, 30, ORDER_RUN_STEP, 0, 2);
    end(&r, 100, -1);
    assert_int_equal(r.steps[0].ended, 1);
    assert_int_equal(r.steps[0].max_ms, 10);
    assert_int_equal(r.steps[1].ended, 0);
    assert_int_equal(r.steps[1].skipped, 1);
    assert_int_equal(r.steps[2].ended, 0);
    report_release(&r);
}

static void
test_steps_that_nobody_came_to_take_no_row_and_no_times(void **state)
{
    enum { STEPS = 40 };
    struct report r;

    (void)state;
    begin(&r, 1, 1, "parallel");
    for (int i = 0; i < STEPS; i++)
        report_name_step(&r, LIST_STEPS, "Work");
    order(&r, 0, ORDER_START, 0, 0);
    order(&r, 0, ORDER_RUN_STEP, 0, STEPS - 2);
    fact(&r, 10, FACT_STEP_DONE, 0, STEPS - 2, 0);
    order(&r, 10, ORDER_RUN_STEP, 0, STEPS - 1);
    fact(&r, 10, FACT_STEP_SKIPPED, 0, STEPS - 1, 0);
    order(&r, 10, ORDER_RELEASE, 0, 0);
    ends(&r, 0, OUTCOME_OK, "");
    end(&r, 10, 0);
    has(&r, report_text,
        "\nsteps        p50        p95        max    ran   skip  again not ok\n"
        "      0.01s      0.01s      0.01s      1      0      0      0  39 Work\n"
        "          -          -          -      0      1      0      0  40 Work\n");
    report_release(&r);
}

static void
test_what_a_damaged_journal_says_is_passed_over(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 2, 1, "rolling");
    order(&r, 0, ORDER_START, 7, 0);
    order(&r, 0, ORDER_START, -1, 0);
    order(&r, 0, ORDER_RELEASE, 1, 0);
    order(&r, 0, ORDER_RUN_STEP, 0, INT32_MAX);
    order(&r, 0, ORDER_RUN_STEP, 0, -5);
    fact(&r, 0, FACT_STEP_DONE, 0, INT32_MAX, 0);
    wave(&r, 0, ORDER_WAVE_BEGIN, 5);
    wave(&r, 0, ORDER_WAVE_END, -3);
    said(&r, -50, VERB_WORKERS, 77, INT64_MAX);
    order(&r, 10, ORDER_START, 0, -9);
    order(&r, 5, ORDER_RELEASE, 0, -9); /* back in time */
    order(&r, 10, ORDER_START, 0, INT32_MAX - 1);
    end(&r, 5, -1);
    assert_int_equal(r.wave_count, 1);
    assert_int_equal(r.sum_ms, 0);
    free(shown(&r, report_text));
    free(shown(&r, report_json));
    report_release(&r);
}

static void
test_a_run_that_did_nothing_has_no_times(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 2, 3, "rolling");
    end(&r, 0, 3);
    assert_int_equal(r.wave_count, 0);
    about(r.ratio, 0);
    about(r.gain, 0);
    report_make_log(&r);
    shows(&r, report_text,
          "deploy prod  run 20261126T120000Z-0123456789abcdef\n"
          "  result      did not succeed (exit 3) in 0.00s\n"
          "  started     2026-11-26 12:00:00 UTC, process 77\n"
          "  release     1.4.2\n"
          "  strategy    rolling, 3 workers, 0 at once at most\n"
          "\n"
          "hosts 2\n"
          "  untouched   2: web-[01-02]\n");
    has(&r, report_guide, "non confirmée ❌ (aucun serveur traité)");
    report_release(&r);
}

/* ---------------------------------------------------------------- text */

static void
test_the_text_of_a_rolling_run(void **state)
{
    struct report r;

    (void)state;
    make_rolling(&r);
    strv_add(&r.tags, "all");
    strv_add(&r.extra, "release");
    shows(&r, report_text,
          "deploy prod  run 20261126T120000Z-0123456789abcdef\n"
          "  result      did not succeed (exit 2) in 3.2s\n"
          "  started     2026-11-26 12:00:00 UTC, process 77\n"
          "  release     1.4.2\n"
          "  strategy    rolling, 2 workers, 2 at once at most\n"
          "  variables   release\n"
          "\n"
          "hosts 5\n"
          "  ok          4: web-[01-03,05]\n"
          "  failed      1: web-04\n"
          "\n"
          "why\n"
          "  web-04  failed: step 1/1 Work: exit 3\n"
          "\n"
          "waves     begin        end       took      ideal  hosts     ok not ok\n"
          "     1      0.00s       1.0s       1.0s       1.0s      2      2      0  web-[01-02]\n"
          "     2       1.1s       2.1s       1.0s       1.0s      2      1      1  web-[03-04]\n"
          "     3       2.1s       3.1s       1.0s       1.0s      1      1      0  web-05\n"
          "\n"
          "time\n"
          "  wall           3.2s  slots busy 62.5%\n"
          "  ideal          3.0s  at best, wave by wave: wall is 1.067 times that\n"
          "  guide          3.0s  3 x the median of a host: wall is 1.067 times that\n"
          "  one by one     4.0s  all hosts, one after the other: gain 20.0%\n"
          "  between       0.10s  from wave to wave: pauses, bakes, questions\n"
          "  a host         1.0s  median; p95 1.0s, longest 1.0s\n"
          "\n"
          "slots (| a host begins, = ok, x not ok)\n"
          "  wave 1                     2                   3\n"
          "     0 |===================..|===================|===================..  93%\n"
          "     1 |===============......|xxx......................................  31%\n"
          "       0                                                           3.2s\n"
          "\n"
          "slowest hosts\n"
          "       1.0s  slot 0     ok           web-01\n"
          "       1.0s  slot 0     ok           web-03\n"
          "       1.0s  slot 0     ok           web-05\n"
          "      0.80s  slot 1     ok           web-02\n"
          "      0.20s  slot 1     failed       web-04\n"
          "\n"
          "steps        p50        p95        max    ran   skip  again not ok\n"
          "      0.99s      0.99s      0.99s      5      0      0      1  1 Work (longest on "
          "web-01)\n"
          "\n"
          "connections 5\n"
          "\n"
          "loop (how long each of its turns kept the others waiting)\n"
          "  turns          120  p50 0.02 ms  p99 1.50 ms  p99.9 2.34 ms  max 12.34 ms\n"
          "  commits         12  p50 0.40 ms  p99 0.90 ms  p99.9 0.90 ms  max 0.90 ms\n");
    report_release(&r);
}

static void
test_waves_hosts_and_reasons_are_cut_not_the_sums(void **state)
{
    enum { HOSTS = 10000 };
    struct report r;

    (void)state;
    begin(&r, HOSTS, 1, "rolling");
    for (int32_t i = 0; i < HOSTS; i++) {
        char reason[64];
        wave(&r, 10 * i, ORDER_WAVE_BEGIN, i);
        work(&r, i, 0, 10 * i, 10, 3);
        snprintf(reason, sizeof(reason), "step 1/1 Work: exit 3: line %d", (int)i);
        ends(&r, i, OUTCOME_FAILED, reason);
        wave(&r, 10 * i + 10, ORDER_WAVE_END, i);
    }
    end(&r, 10 * HOSTS, 2);
    char *text = shown(&r, report_text);
    assert_true(strlen(text) < 20000);
    assert_non_null(strstr(text, "and 9980 waves more\n"));
    assert_non_null(strstr(text, "and 9980 hosts more\n"));
    assert_non_null(strstr(text, "failed      10000: web-"));
    free(text);
    report_release(&r);
}

static void
test_equal_reasons_are_one_row(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 4, 4, "parallel");
    for (int32_t i = 0; i < 4; i++) {
        work(&r, i, i, 0, 10, 3);
        ends(&r, i, OUTCOME_UNREACHABLE, i == 2 ? "auth: denied" : "connect: refused");
    }
    end(&r, 10, 4);
    has(&r, report_text,
        "\nwhy\n  web-03  unreachable: auth: denied\n  web-[01-02,04]  unreachable: connect: "
        "refused\n");
    report_release(&r);
}

static void
test_texts_of_elsewhere_are_harmless(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 1, 1, "parallel");
    report_name_step(&r, LIST_STEPS, "\033[2Jwipe\xff");
    work(&r, 0, 0, 0, 10, 3);
    ends(&r, 0, OUTCOME_FAILED, "exit 3: \033]0;x\a\nweb-09  failed: forged");
    free(r.halt);
    r.halt = xstrdup("\033c```\n# x");
    strv_add(&r.extra, "\033[31m");
    end(&r, 10, 2);
    report_make_log(&r);
    void (*const all[])(const struct report *, struct buf *) = {report_text, report_json,
                                                                report_guide};
    for (size_t i = 0; i < 3; i++) {
        char *text = shown(&r, all[i]);
        assert_null(strchr(text, '\033'));
        assert_null(strchr(text, '\a'));
        assert_null(strchr(text, '\xff'));
        assert_null(strstr(text, "\nweb-09"));
        assert_null(strstr(text, "\n# x"));
        free(text);
    }
    report_release(&r);
}

/* ---------------------------------------------------------------- the chart */

static void
test_the_chart_has_a_row_a_slot_and_its_letters(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 5, 3, "parallel");
    work(&r, 0, 0, 0, 3200, 0);
    work(&r, 1, 0, 3200, 3200, 3);
    work(&r, 2, 1, 0, 1600, 0);
    ends(&r, 2, OUTCOME_CANCELLED, "");
    order(&r, 1600, ORDER_START, 3, 1);
    order(&r, 0, ORDER_ROLLBACK, 4, 2);
    order(&r, 800, ORDER_RELEASE, 4, 2);
    ends(&r, 3, OUTCOME_RUNNING, "");
    end(&r, 6400, -1);
    r.state = REPORT_RUNNING;
    shows(&r, report_chart,
          "\nslots (| a host begins, = ok, x not ok, c cancelled, r rolled back, > under way)\n"
          "     0 |===============================|xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx 100%\n"
          "     1 |ccccccccccccccc|>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>> 100%\n"
          "     2 |rrrrrrr........................................................  12%\n"
          "       0                                                           6.4s\n");
    report_release(&r);
}

static void
test_what_a_run_that_died_left_open_is_not_under_way(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 1, 1, "parallel");
    order(&r, 0, ORDER_START, 0, 0);
    ends(&r, 0, OUTCOME_UNKNOWN, "the run was cut off: step 1 may have run");
    end(&r, 6400, -1);
    has(&r, report_chart, "\nslots (| a host begins, x not ok)\n");
    has(&r, report_chart, "     0 |xxx");
    report_release(&r);
}

static void
test_many_hosts_in_one_cell_and_many_slots_are_said(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 130, 50, "parallel");
    for (int32_t i = 0; i < 80; i++)
        work(&r, i, 0, 10 * i, 10, 0);
    for (int32_t i = 80; i < 130; i++)
        work(&r, i, i - 80, 800, 200, 0);
    end(&r, 1000, 0);
    has(&r, report_chart, "     0 ##");
    has(&r, report_chart, "     1 ..");
    has(&r, report_chart, "and 30 slots more\n");
    report_release(&r);
}

static void
test_there_is_no_chart_of_nothing(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 1, 1, "parallel");
    end(&r, 100, 0);
    shows(&r, report_chart, "");
    report_release(&r);
}

/* ---------------------------------------------------------------- JSON */

static int64_t
int_at(const json_t *o, const char *a, const char *b)
{
    return json_integer_value(json_object_get(json_object_get(o, a), b));
}

static void
test_the_json_is_one_object_with_the_same_facts(void **state)
{
    struct report r;

    (void)state;
    make_rolling(&r);
    char *text = shown(&r, report_json);
    json_t *o = json_loads(text, 0, NULL);
    assert_non_null(o);
    assert_string_equal(json_string_value(json_object_get(o, "type")), "report");
    assert_string_equal(json_string_value(json_object_get(o, "state")), "over");
    assert_int_equal(json_integer_value(json_object_get(o, "exit_code")), 2);
    assert_int_equal(int_at(o, "totals", "ok"), 4);
    assert_int_equal(int_at(o, "time", "wall_ms"), 3200);
    assert_int_equal(int_at(o, "time", "ideal_ms"), 3000);
    about(json_real_value(json_object_get(json_object_get(o, "time"), "ratio")), 1.066);
    const json_t *turns = json_object_get(json_object_get(o, "stall"), "turns");
    assert_int_equal(json_integer_value(json_object_get(turns, "p999_us")), 2345);
    const json_t *waves = json_object_get(o, "waves");
    assert_int_equal(json_array_size(waves), 3);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(waves, 2), "wave")), 3);
    const json_t *host = json_array_get(json_object_get(o, "hosts"), 3);
    assert_string_equal(json_string_value(json_object_get(host, "host")), "web-04");
    assert_string_equal(json_string_value(json_object_get(host, "outcome")), "failed");
    assert_int_equal(json_integer_value(json_object_get(host, "duration_ms")), 200);
    const json_t *span = json_array_get(json_object_get(host, "in_slot"), 0);
    assert_int_equal(json_integer_value(json_object_get(span, "begin_ms")), 1100);
    assert_int_equal(json_integer_value(json_object_get(span, "wave")), 2);
    json_decref(o);
    free(text);
    report_release(&r);
}

static void
test_fields_that_do_not_apply_are_left_out(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 1, 1, "parallel");
    order(&r, 0, ORDER_START, 0, 0);
    end(&r, 100, -1);
    char *text = shown(&r, report_json);
    static const char *const none[] = {"exit_code", "halt\"", "stall",   "tags",
                                       "variables", "end_ms", "\"wave\""};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_null(strstr(text, none[i]));
    assert_non_null(strstr(text, "\"state\":\"died\""));
    free(text);
    report_release(&r);
}

/* ---------------------------------------------------------------- the guide */

static void
test_the_guide_is_its_template_filled_in(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 9, 3, "rolling");
    for (int32_t i = 0; i < 9; i++) {
        if (i % 3 == 0)
            wave(&r, i / 3 * 300000, ORDER_WAVE_BEGIN, i / 3);
        order(&r, i / 3 * 300000, ORDER_START, i, i % 3);
        ends(&r, i, OUTCOME_OK, "");
        if (i % 3 == 2) {
            for (int32_t k = i - 2; k <= i; k++)
                order(&r, i / 3 * 300000 + 300000, ORDER_RELEASE, k, k % 3);
            wave(&r, i / 3 * 300000 + 300000, ORDER_WAVE_END, i / 3);
        }
    }
    end(&r, 900000, 0);
    report_make_log(&r);
    r.log_found = true;
    shows(&r, report_guide,
          "### Test Parallel Execution - 2026-11-26\n"
          "\n"
          "**Configuration**:\n"
          "- Environment: prod\n"
          "- Servers: 9\n"
          "- Workers: 3\n"
          "- Action: deploy\n"
          "\n"
          "**Résultats**:\n"
          "- Mode: Parallel ✅\n"
          "- Temps total: 15 minutes\n"
          "- Temps par serveur: 5 minutes (médiane)\n"
          "- Workers actifs: 3/3\n"
          "- Gain vs séquentiel: 66%\n"
          "\n"
          "**Logs clés**:\n"
          "```\n"
          "[ORCHESTRATOR] Running in PARALLEL mode with 3 workers\n"
          "[ORCHESTRATOR] Worker 2 processing: deploy for server web-03 (active: 3/3)\n"
          "```\n"
          "\n"
          "**Conclusion**: Exécution parallèle fonctionnelle ✅\n");
    report_release(&r);
}

static void
test_one_after_the_other_is_not_parallel(void **state)
{
    static const struct {
        int32_t workers;
        const char *strategy, *part;
    } rows[] = {
        {0, "rolling", "- Mode: Sequential ❌\n"},
        {0, "rolling", "- Workers actifs: 0/0\n"},
        {0, "rolling", "[ORCHESTRATOR] Running in SEQUENTIAL mode (max_parallel_workers is 0)\n"},
        {0, "rolling", "[ORCHESTRATOR] Sequential processing: deploy for server web-01\n"},
        {0, "rolling", "non confirmée ❌ (mode séquentiel)\n"},
        {3, "sequential", "- Mode: Sequential ❌\n"},
        {3, "sequential", "SEQUENTIAL mode (strategy is sequential)\n"},
        {1, "parallel", "non confirmée ❌ (un seul worker actif à la fois)\n"},
        {1, "parallel", "**Logs clés** (d'après le journal du run, absents de debug.log):\n"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct report r;
        begin(&r, 2, rows[i].workers, rows[i].strategy);
        work(&r, 0, 0, 0, 100, 0);
        work(&r, 1, 0, 100, 100, 0);
        end(&r, 200, 0);
        report_make_log(&r);
        has(&r, report_guide, rows[i].part);
        report_release(&r);
    }
}

static void
test_the_conclusion_says_what_went_wrong(void **state)
{
    struct report r;

    (void)state;
    make_rolling(&r);
    free(r.halt);
    r.halt = xstrdup("failure budget spent");
    report_make_log(&r);
    has(&r, report_guide,
        "**Conclusion**: Exécution parallèle fonctionnelle ✅; 1/5 serveur n'est pas ok: web-04; "
        "arrêt: failure budget spent\n");
    r.state = REPORT_RUNNING;
    has(&r, report_guide, "; encore en cours;");
    r.state = REPORT_DIED;
    has(&r, report_guide, "; interrompue avant sa fin;");
    report_release(&r);
}

static void
test_times_are_told_as_the_guide_tells_them(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {0, "0 ms"},
        {310, "310 ms"},
        {1000, "1 seconde"},
        {1500, "1,5 seconde"},
        {2000, "2 secondes"},
        {5012, "5 secondes"},
        {59990, "59,9 secondes"},
        {60000, "1 minute"},
        {61000, "1 minute 1 seconde"},
        {905000, "15 minutes 5 secondes"},
        {INT64_C(2700000), "45 minutes"},
        {INT64_C(3600000), "1 heure"},
        {INT64_C(7800000), "2 heures 10 minutes"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct report r;
        begin(&r, 2, 2, "parallel");
        end(&r, rows[i].ms, 0);
        char *line = xasprintf("- Temps total: %s\n", rows[i].text);
        has(&r, report_guide, line);
        free(line);
        report_release(&r);
    }
}

/* The core counts attempts on from round to round: a rollback begins with attempt 2. */
static void
attempt(int64_t at_ms, enum order_kind kind, int32_t step, int32_t number)
{
    const struct order o = {
        .kind = kind, .step = step, .attempt = number, .slot = kind == ORDER_CONNECT ? 0 : -1};

    write_row((struct row){.at_ms = at_ms, .order = o});
}

static void
ended(int64_t at_ms, enum fact_kind kind, int32_t step, int32_t number, int32_t code)
{
    const struct fact f = {.kind = kind, .step = step, .attempt = number, .exit_code = code};

    write_row((struct row){.at_ms = at_ms, .is_fact = true, .fact = f});
}

static void
a_round_that_follows_another_begins_nothing_again(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 1, 1, "rolling");
    order(&r, 0, ORDER_START, 0, 0);
    attempt(0, ORDER_CONNECT, -1, 1);
    ended(1, FACT_CONNECTED, -1, 1, 0);
    attempt(2, ORDER_RUN_STEP, 0, 1);
    ended(3, FACT_STEP_DONE, 0, 1, 1);
    attempt(4, ORDER_RUN_STEP, 0, 2); /* this one does */
    ended(5, FACT_STEP_DONE, 0, 2, 0);
    attempt(6, ORDER_FINALLY, 0, 1);
    ended(7, FACT_FINALLY_DONE, 0, 1, 0);
    order(&r, 8, ORDER_RELEASE, 0, 0);
    ended(9, FACT_DISCONNECTED, -1, 1, 0);
    order(&r, 10, ORDER_ROLLBACK, 0, 0);
    attempt(10, ORDER_CONNECT, -1, 2);
    ended(11, FACT_CONNECTED, -1, 2, 0);
    attempt(12, ORDER_RUN_STEP, 0, 2);
    ended(13, FACT_STEP_DONE, 0, 2, 0);
    attempt(14, ORDER_FINALLY, 0, 2);
    ended(15, FACT_FINALLY_DONE, 0, 2, 0);
    order(&r, 16, ORDER_RELEASE, 0, 0);
    take_rows(&r);
    assert_int_equal(r.step_count, 3);
    assert_int_equal(r.steps[0].retried, 1);
    assert_int_equal(r.steps[1].retried, 0);
    assert_int_equal(r.steps[2].retried, 0);
    assert_int_equal(r.connects, 2);
    assert_int_equal(r.connects_again, 0);
    report_release(&r);
}

static void
a_connection_is_made_again_after_one_that_failed_or_was_lost(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 1, 1, "rolling");
    order(&r, 0, ORDER_START, 0, 0);
    attempt(0, ORDER_CONNECT, -1, 1);
    ended(1, FACT_CONNECT_FAILED, -1, 1, 0);
    attempt(2, ORDER_CONNECT, -1, 2);
    ended(3, FACT_THROTTLED, -1, 2, 0);
    attempt(4, ORDER_CONNECT, -1, 3);
    ended(5, FACT_CONNECTED, -1, 3, 0);
    ended(6, FACT_CONNECTION_LOST, -1, 3, 0);
    attempt(7, ORDER_CONNECT, -1, 4);
    take_rows(&r);
    assert_int_equal(r.connects, 4);
    assert_int_equal(r.connects_again, 3);
    report_release(&r);
}

static void
numbers_of_a_damaged_journal_are_told_as_if_they_were_true(void **state)
{
    static const int64_t odd[] = {INT64_MIN, -1, INT64_C(1) << 58, INT64_MAX};
    struct buf out;
    struct report r;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 4; k++) {
            begin(&r, 1, 2, "rolling");
            wave(&r, odd[i], ORDER_WAVE_BEGIN, 0);
            order(&r, odd[i], ORDER_START, 0, 0);
            order(&r, odd[i], ORDER_RUN_STEP, 0, 0);
            said(&r, odd[i], VERB_WORKERS, -1, 3);
            fact(&r, odd[k], FACT_STEP_DONE, 0, 0, 0);
            order(&r, odd[k], ORDER_RELEASE, 0, 0);
            order(&r, odd[k], ORDER_START, 0, INT32_MAX);
            order(&r, odd[k], ORDER_RELEASE, 0, INT32_MAX);
            wave(&r, odd[k], ORDER_WAVE_END, 0);
            wave(&r, odd[i], ORDER_WAVE_BEGIN, 1);
            take_rows(&r);
            r.state = REPORT_OVER;
            r.wall_ms = odd[i];
            report_figure(&r);
            buf_init(&out, REPORT_TEXT_MAX);
            report_text(&r, &out);
            report_json(&r, &out);
            report_make_log(&r);
            report_guide(&r, &out);
            assert_true(out.len > 0);
            buf_release(&out);
            report_release(&r);
        }
    }
}

/* Steps that were not run (tags) take no row; of the others the longest are shown, in their order.
 */
static void
of_many_steps_the_longest_are_shown(void **state)
{
    struct report r;
    struct buf out;

    (void)state;
    begin(&r, 1, 1, "rolling");
    for (int32_t i = 0; i < 80; i++) {
        report_name_step(&r, LIST_STEPS, "s");
    }
    order(&r, 0, ORDER_START, 0, 0);
    for (int32_t i = 0; i < 40; i++) {
        order(&r, 1000 * i, ORDER_RUN_STEP, 0, 40 + i);
        fact(&r, 1000 * i + (i == 20 ? 999 : i < 10 ? 10 : 20 + i), FACT_STEP_DONE, 0, 40 + i, 0);
    }
    order(&r, 40000, ORDER_RELEASE, 0, 0);
    take_rows(&r);
    r.state = REPORT_OVER;
    r.wall_ms = 40000;
    report_figure(&r);
    buf_init(&out, REPORT_TEXT_MAX);
    report_text(&r, &out);
    assert_null(strstr(out.data, " 50 s\n")); /* i < 10: shorter than the others */
    assert_non_null(strstr(out.data, " 51 s\n"));
    assert_non_null(strstr(out.data, " 61 s\n"));
    assert_non_null(strstr(out.data, " 80 s\n  and 10 steps more\n"));
    buf_release(&out);
    report_release(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_many_steps_the_longest_are_shown),
        cmocka_unit_test(a_round_that_follows_another_begins_nothing_again),
        cmocka_unit_test(a_connection_is_made_again_after_one_that_failed_or_was_lost),
        cmocka_unit_test(numbers_of_a_damaged_journal_are_told_as_if_they_were_true),
        cmocka_unit_test(test_waves_end_one_before_the_other),
        cmocka_unit_test(test_without_waves_the_slots_are_the_bound),
        cmocka_unit_test(test_one_long_host_is_the_bound_by_itself),
        cmocka_unit_test(test_a_rollback_and_a_retry_count_for_themselves),
        cmocka_unit_test(test_workers_that_come_and_go_count_while_they_are_there),
        cmocka_unit_test(test_steps_have_percentiles_by_nearest_rank),
        cmocka_unit_test(test_a_step_that_ends_late_twice_or_not_at_all_is_not_counted),
        cmocka_unit_test(test_steps_that_nobody_came_to_take_no_row_and_no_times),
        cmocka_unit_test(test_what_a_damaged_journal_says_is_passed_over),
        cmocka_unit_test(test_a_run_that_did_nothing_has_no_times),
        cmocka_unit_test(test_the_text_of_a_rolling_run),
        cmocka_unit_test(test_waves_hosts_and_reasons_are_cut_not_the_sums),
        cmocka_unit_test(test_equal_reasons_are_one_row),
        cmocka_unit_test(test_texts_of_elsewhere_are_harmless),
        cmocka_unit_test(test_the_chart_has_a_row_a_slot_and_its_letters),
        cmocka_unit_test(test_what_a_run_that_died_left_open_is_not_under_way),
        cmocka_unit_test(test_many_hosts_in_one_cell_and_many_slots_are_said),
        cmocka_unit_test(test_there_is_no_chart_of_nothing),
        cmocka_unit_test(test_the_json_is_one_object_with_the_same_facts),
        cmocka_unit_test(test_fields_that_do_not_apply_are_left_out),
        cmocka_unit_test(test_the_guide_is_its_template_filled_in),
        cmocka_unit_test(test_one_after_the_other_is_not_parallel),
        cmocka_unit_test(test_the_conclusion_says_what_went_wrong),
        cmocka_unit_test(test_times_are_told_as_the_guide_tells_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

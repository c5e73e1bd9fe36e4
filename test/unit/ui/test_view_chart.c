/*
 * test_view_chart.c - a run looked back at: slots over time, hosts, and one cursor for both.
 */
#include "ui/view_chart.h"

#include "unit/ui/golden.h"
#include "unit/ui/report_rows.h"

#include <locale.h>
#include <time.h>

static void
draw(struct view_chart *v, int rows, int cols, bool ascii, const char *name)
{
    struct canvas *c = canvas_new(rows, cols, ascii);

    view_chart_draw(v, c, canvas_box(c));
    golden_is(c, name);
    canvas_free(c);
}

/* Draw it, and give one row of it; borrowed until the next. */
static const char *
row_of(struct view_chart *v, int rows, int cols, int row)
{
    static char line[4 * CANVAS_COLS_MAX];
    struct canvas *c = canvas_new(rows, cols, true);
    char *text, *at;

    view_chart_draw(v, c, canvas_box(c));
    text = at = canvas_dump(c);
    for (int i = 0; i < row; i++)
        at = strchr(at, '\n') + 1;
    snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
    free(text);
    canvas_free(c);
    return line;
}

static const char *
name_at(struct view_chart *v, const struct report *r)
{
    int32_t host = -1;

    return view_chart_at(v, &host) ? r->names.items[host] : "none";
}

/* count hosts, workers of them at once, in waves; every 7th takes long, every 50th fails. */
static void
make_many(struct report *r, int32_t count, int32_t workers)
{
    int64_t now_ms = 0;

    begin(r, count, workers, "rolling");
    for (int32_t first = 0, n = 0; first < count; first += workers, n++) {
        int64_t end_ms = now_ms;
        wave(r, now_ms, ORDER_WAVE_BEGIN, n);
        for (int32_t i = 0; i < workers && first + i < count; i++) {
            const int32_t host = first + i;
            const int64_t took_ms = 2000 + host % 13 * 100 + (host % 7 == 0 ? 1500 : 0);
            work(r, host, i, now_ms, took_ms, host % 50 == 49 ? 3 : 0);
            end_ms = now_ms + took_ms > end_ms ? now_ms + took_ms : end_ms;
        }
        now_ms = end_ms;
        wave(r, now_ms, ORDER_WAVE_END, n);
    }
    end(r, now_ms, 2);
}

/* ---------------------------------------------------------------- pictures */

static void
test_a_run_fits_screens_of_any_size(void **state)
{
    struct report r;
    struct view_chart *v;

    (void)state;
    make_many(&r, 40, 4);
    strv_add(&r.tags, "deploy");
    strv_add(&r.extra, "release");
    v = view_chart_new(&r);
    draw(v, 21, 80, false, "chart");
    draw(v, 57, 200, false, "chart");
    draw(v, 21, 80, true, "chart-ascii");
    draw(v, 10, 40, true, "chart-small");
    draw(v, 5, 30, true, "chart-tiny");
    view_chart_act(v, ACT_DOWN);
    view_chart_act(v, ACT_NEARER);
    view_chart_act(v, ACT_NEARER);
    draw(v, 21, 80, false, "chart-nearer");
    view_chart_filter(v, "failed", false);
    view_chart_act(v, ACT_BOTTOM);
    draw(v, 21, 80, false, "chart-filtered");
    view_chart_free(v);
    view_chart_free(NULL);
    report_release(&r);
}

static void
test_a_small_run_shows_names_and_waves(void **state)
{
    struct report r;
    struct view_chart *v;

    (void)state;
    make_rolling(&r);
    free(r.hosts[3].reason);
    r.hosts[3].reason = xstrdup("step 1/1 Work: exit 3; its last words were longer than what a "
                                "column of a table on a small screen can show");
    v = view_chart_new(&r);
    for (int i = 0; i < 3; i++)
        view_chart_act(v, ACT_DOWN);
    draw(v, 21, 80, true, "chart-rolling");
    view_chart_free(v);
    report_release(&r);
}

static void
test_a_run_that_goes_on_or_is_rolled_back_shows_it(void **state)
{
    struct report r;
    struct view_chart *v;

    (void)state;
    begin(&r, 4, 2, "parallel");
    work(&r, 0, 0, 0, 2000, 0);
    work(&r, 1, 1, 0, 1000, 3);
    order(&r, 1000, ORDER_START, 2, 1);
    order(&r, 2500, ORDER_ROLLBACK, 0, 0);
    order(&r, 3500, ORDER_RELEASE, 0, 0);
    ends(&r, 2, OUTCOME_RUNNING, "");
    r.hosts[0].rollback = ROLLBACK_DONE;
    r.hosts[1].rollback = ROLLBACK_FAILED;
    r.totals.rolled_back = 1;
    r.totals.rollbacks_failed = 1;
    free(r.hosts[1].rollback_reason);
    r.hosts[1].rollback_reason = xstrdup("rollback 1/1 Back: exit 9");
    free(r.halt);
    r.halt = xstrdup("failure budget spent: 1 of 0");
    take_rows(&r);
    r.state = REPORT_RUNNING;
    r.wall_ms = 5000;
    for (size_t i = 0; i < 4; i++)
        r.totals.count[r.hosts[i].outcome]++;
    report_figure(&r);
    v = view_chart_new(&r);
    draw(v, 21, 80, true, "chart-running");
    view_chart_free(v);
    report_release(&r);
}

static void
test_a_run_that_began_nothing_shows_its_hosts(void **state)
{
    struct report r;
    struct view_chart *v;

    (void)state;
    begin(&r, 2, 0, "sequential");
    end(&r, 0, -1);
    v = view_chart_new(&r);
    draw(v, 12, 60, true, "chart-nothing");
    assert_true(view_chart_act(v, ACT_RIGHT));
    assert_true(view_chart_act(v, ACT_NEARER));
    assert_string_equal(name_at(v, &r), "web-01");
    view_chart_free(v);
    report_release(&r);
    begin(&r, 0, 3, "rolling");
    end(&r, 100, 0);
    v = view_chart_new(&r);
    draw(v, 6, 60, true, "chart-no-hosts");
    assert_string_equal(name_at(v, &r), "none");
    view_chart_free(v);
    report_release(&r);
}

/* ---------------------------------------------------------------- the cursor */

static void
test_the_cursor_goes_along_a_slot_and_down_the_hosts(void **state)
{
    struct report r;
    struct view_chart *v;

    (void)state;
    make_rolling(&r);
    v = view_chart_new(&r);
    assert_string_equal(name_at(v, &r), "web-01");
    view_chart_act(v, ACT_LEFT);
    assert_string_equal(name_at(v, &r), "web-01");
    view_chart_act(v, ACT_RIGHT);
    assert_string_equal(name_at(v, &r), "web-03");
    view_chart_act(v, ACT_RIGHT);
    assert_string_equal(name_at(v, &r), "web-05");
    view_chart_act(v, ACT_RIGHT);
    assert_string_equal(name_at(v, &r), "web-05");
    view_chart_act(v, ACT_UP);
    assert_string_equal(name_at(v, &r), "web-04");
    view_chart_act(v, ACT_LEFT);
    assert_string_equal(name_at(v, &r), "web-02");
    view_chart_filter(v, "web-03 web-05", true);
    view_chart_act(v, ACT_TOP);
    view_chart_act(v, ACT_RIGHT); /* both behind it are hidden */
    assert_string_equal(name_at(v, &r), "web-01");
    assert_string_equal(view_chart_filter_text(v), "!web-03 web-05");
    view_chart_filter(v, "", false);
    assert_false(view_chart_act(v, ACT_ENTER));
    assert_false(view_chart_act(v, ACT_MARK));
    view_chart_free(v);
    report_release(&r);
}

/* What is highlighted: the cells of the cursor's span. */
static void
reversed_is(struct view_chart *v, int row, int from, int to)
{
    struct canvas *c = canvas_new(21, 80, true);

    view_chart_draw(v, c, canvas_box(c));
    for (int i = 0; i < 80; i++) {
        const bool lit = (canvas_row(c, row)[i].look & LOOK_REVERSE) != 0;
        assert_int_equal(lit, i >= from && i <= to);
    }
    canvas_free(c);
}

static void
test_the_span_of_the_cursor_is_highlighted(void **state)
{
    struct report r;
    struct view_chart *v;

    (void)state;
    make_rolling(&r); /* 3.2 s over 70 cells, behind 5 */
    v = view_chart_new(&r);
    reversed_is(v, 5, 5, 26);
    reversed_is(v, 6, -1, -1);
    view_chart_act(v, ACT_RIGHT);
    reversed_is(v, 5, 29, 50);
    view_chart_act(v, ACT_DOWN);
    reversed_is(v, 5, -1, -1);
    reversed_is(v, 6, 29, 33);
    view_chart_free(v);
    report_release(&r);
}

static void
test_a_click_is_on_a_span_or_a_row(void **state)
{
    struct report r;
    struct view_chart *v;
    struct key k = {.code = KEYC_CLICK, .row = 6, .col = 30};

    (void)state;
    make_rolling(&r);
    v = view_chart_new(&r);
    assert_false(view_chart_click(v, &k)); /* not drawn yet */
    (void)row_of(v, 21, 80, 0);
    assert_true(view_chart_click(v, &k));
    assert_string_equal(name_at(v, &r), "web-04");
    k.col = 77; /* the percents */
    assert_false(view_chart_click(v, &k));
    k.row = 10;
    k.col = 10;
    assert_true(view_chart_click(v, &k));
    assert_string_equal(name_at(v, &r), "web-02");
    view_chart_free(v);
    report_release(&r);
}

static void
test_ten_thousand_hosts_in_a_thousand_slots_are_scrolled(void **state)
{
    struct report r;
    struct view_chart *v;
    struct key k = {.code = KEYC_WHEEL_DOWN, .row = 7, .col = 20};

    (void)state;
    make_many(&r, 10000, 1000);
    v = view_chart_new(&r);
    assert_non_null(strstr(row_of(v, 21, 80, 3), "slots 0-5 of 1000"));
    view_chart_act(v, ACT_BOTTOM);
    assert_non_null(strstr(row_of(v, 21, 80, 3), "slots 994-999 of 1000"));
    assert_string_equal(name_at(v, &r), "web-10000");
    view_chart_act(v, ACT_LEFT);
    assert_string_equal(name_at(v, &r), "web-9000");
    for (int i = 0; i < 2000; i++)
        view_chart_click(v, &k); /* the wheel, further than there is anything */
    assert_non_null(strstr(row_of(v, 21, 80, 3), "slots 994-999 of 1000"));
    k.code = KEYC_WHEEL_UP;
    view_chart_click(v, &k);
    assert_non_null(strstr(row_of(v, 21, 80, 3), "slots 993-998 of 1000"));
    view_chart_act(v, ACT_DOWN); /* the cursor's slot comes into sight */
    assert_non_null(strstr(row_of(v, 21, 80, 3), "slots 0-5 of 1000"));
    for (int i = 0; i < 30; i++)
        view_chart_act(v, ACT_NEARER);
    draw(v, 21, 80, true, "chart-many-nearest");
    for (int i = 0; i < 30; i++)
        view_chart_act(v, ACT_FARTHER);
    draw(v, 21, 80, true, "chart-many");
    view_chart_free(v);
    report_release(&r);
}

static void
test_one_slot_of_thousands_of_hosts_is_legible(void **state)
{
    struct report r;
    struct view_chart *v;

    (void)state;
    begin(&r, 3000, 0, "sequential");
    for (int32_t i = 0; i < 3000; i++)
        work(&r, i, 0, i * 1000, 900, 0);
    end(&r, 3000000, 0);
    v = view_chart_new(&r);
    for (int i = 0; i < 6; i++)
        view_chart_act(v, ACT_NEARER);
    draw(v, 14, 80, true, "chart-sequential");
    view_chart_free(v);
    report_release(&r);
}

static void
test_the_same_run_read_again_keeps_the_cursor(void **state)
{
    struct report r, again;
    struct view_chart *v;

    (void)state;
    make_many(&r, 40, 4);
    make_many(&again, 40, 4);
    v = view_chart_new(&r);
    view_chart_filter(v, "ok", false);
    for (int i = 0; i < 5; i++)
        view_chart_act(v, ACT_DOWN);
    view_chart_set(v, &again);
    report_release(&r);
    assert_string_equal(name_at(v, &again), "web-06");
    assert_string_equal(view_chart_filter_text(v), "ok");
    (void)row_of(v, 21, 80, 0);
    view_chart_free(v);
    report_release(&again);
}

/* Spans that lie over one another, as of a damaged journal: drawn as well as may be. */
static void
test_odd_spans_are_drawn_within_their_box(void **state)
{
    struct report r;
    struct view_chart *v;

    (void)state;
    begin(&r, 3, 2, "parallel");
    order(&r, 0, ORDER_START, 0, 0);
    order(&r, 0, ORDER_START, 1, 0);
    order(&r, REPORT_MS_MAX, ORDER_RELEASE, 0, 0);
    order(&r, 5, ORDER_START, 2, -1);
    order(&r, 5, ORDER_RELEASE, 2, -1);
    end(&r, 10, 2);
    v = view_chart_new(&r);
    for (int rows = 1; rows < 30; rows++)
        for (int cols = 1; cols < 120; cols += 7)
            (void)row_of(v, rows, cols, 0);
    for (int i = 0; i < 25; i++)
        view_chart_act(v, i % 2 == 0 ? ACT_NEARER : ACT_RIGHT);
    (void)row_of(v, 20, 80, 0);
    view_chart_free(v);
    report_release(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_run_fits_screens_of_any_size),
        cmocka_unit_test(test_a_small_run_shows_names_and_waves),
        cmocka_unit_test(test_a_run_that_goes_on_or_is_rolled_back_shows_it),
        cmocka_unit_test(test_a_run_that_began_nothing_shows_its_hosts),
        cmocka_unit_test(test_the_cursor_goes_along_a_slot_and_down_the_hosts),
        cmocka_unit_test(test_the_span_of_the_cursor_is_highlighted),
        cmocka_unit_test(test_a_click_is_on_a_span_or_a_row),
        cmocka_unit_test(test_ten_thousand_hosts_in_a_thousand_slots_are_scrolled),
        cmocka_unit_test(test_one_slot_of_thousands_of_hosts_is_legible),
        cmocka_unit_test(test_the_same_run_read_again_keeps_the_cursor),
        cmocka_unit_test(test_odd_spans_are_drawn_within_their_box),
    };

    setenv("TZ", "UTC", 1);
    tzset();
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

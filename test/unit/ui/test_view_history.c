/*
 * test_view_history.c - runs on the screen: which columns where, sorted and filtered.
 */
#include "ui/clock.h"
#include "ui/view_history.h"

#include "unit/ui/golden.h"

#include <locale.h>
#include <stdlib.h>
#include <time.h>

static const struct view_run runs[] = {
    {.id = "20261124T070000Z-0000000000000005",
     .env = "prod",
     .action = "deploy",
     .strategy = "rolling",
     .release = "9f8e7d6c5b4a",
     .halt = "",
     .started_wall_ms = 1795503600000,
     .took_ms = 95000,
     .hosts = 9,
     .outcomes = {[OUTCOME_OK] = 4, [OUTCOME_RUNNING] = 3, [OUTCOME_UNTOUCHED] = 2},
     .state = VIEW_RUN_RUNNING,
     .exit_code = -1},
    {.id = "20261123T214500Z-0000000000000004",
     .env = "prod",
     .action = "deploy",
     .strategy = "rolling",
     .release = "0a1b2c3d4e5f",
     .halt = "failure budget spent: 2 of 1",
     .started_wall_ms = 1795470300000,
     .took_ms = 185000,
     .hosts = 10000,
     .outcomes = {[OUTCOME_OK] = 120, [OUTCOME_FAILED] = 1, [OUTCOME_UNREACHABLE] = 1},
     .exit_code = 3},
    {.id = "20261123T200000Z-0000000000000003",
     .env = "staging-of-the-eu",
     .action = "check",
     .strategy = "parallel",
     .release = "",
     .halt = "",
     .started_wall_ms = 1795464000000,
     .took_ms = 4210,
     .hosts = 12,
     .outcomes = {[OUTCOME_OK] = 12},
     .exit_code = 0},
    {.id = "20261122T100000Z-0000000000000002",
     .env = "prod",
     .action = "provision",
     .strategy = "sequential",
     .release = "",
     .halt = "",
     .started_wall_ms = 1795341600000,
     .took_ms = -1,
     .hosts = 3,
     .outcomes = {[OUTCOME_OK] = 1, [OUTCOME_UNKNOWN] = 1, [OUTCOME_UNTOUCHED] = 1},
     .state = VIEW_RUN_DIED,
     .exit_code = -1},
    {.id = "20261121T100000Z-0000000000000001",
     .env = "prod",
     .action = "hostile\x1b[31m",
     .strategy = "rolling",
     .release = "\xe6\x97\xa5\xe6\x9c\xac",
     .halt = "stopped by ctl, uid 1000\nand more",
     .started_wall_ms = 1795255200000,
     .took_ms = 7265000,
     .hosts = 2,
     .outcomes = {[OUTCOME_OK] = 2},
     .exit_code = 0},
};
enum { RUNS = sizeof(runs) / sizeof(runs[0]) };

static void
draw(const struct view_history *v, int rows, int cols, bool ascii, const char *name)
{
    struct canvas *c = canvas_new(rows, cols, ascii);

    view_history_draw(v, c, canvas_box(c));
    golden_is(c, name);
    canvas_free(c);
}

static void
test_runs_fit_screens_of_any_width(void **state)
{
    struct view_history v = {.runs = runs, .count = RUNS};

    (void)state;
    v.table = view_history_table(&v);
    table_set_count(v.table, RUNS, false);
    draw(&v, 21, 80, false, "history");
    draw(&v, 57, 200, false, "history");
    draw(&v, 21, 80, true, "history-ascii");
    draw(&v, 8, 40, true, "history-narrow");
    table_filter(v.table, "prod", false);
    table_sort(v.table, 4, true); /* how long they took */
    draw(&v, 21, 80, false, "history-sorted");
    table_filter(v.table, "0000000000000003", false); /* an id that has no column there */
    assert_int_equal(table_shown(v.table), 1);
    table_free(v.table);
}

static void
test_no_runs_are_told(void **state)
{
    struct view_history v = {0};

    (void)state;
    v.table = view_history_table(&v);
    table_set_count(v.table, 0, false);
    draw(&v, 6, 40, true, "history-none");
    v.env = "prod";
    draw(&v, 6, 40, true, "history-none-of");
    v.trouble = "var/runs.db: refused: a symbolic link";
    draw(&v, 6, 40, true, "history-trouble");
    table_free(v.table);
}

static void
test_times_are_local(void **state)
{
    char text[CLOCK_BYTES];

    (void)state;
    assert_int_equal(setenv("TZ", "CET-1", 1), 0);
    tzset();
    clock_seconds(1795470300000, text);
    assert_string_equal(text, "2026-11-23 22:45:00");
    clock_minutes(1795470300000, text);
    assert_string_equal(text, "2026-11-23 22:45");
    clock_minutes(INT64_MAX, text); /* a damaged row may say anything */
    assert_string_equal(text, "292278994-08-17 08:12");
    assert_int_equal(setenv("TZ", "UTC", 1), 0);
    tzset();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_fit_screens_of_any_width),
        cmocka_unit_test(test_no_runs_are_told),
        cmocka_unit_test(test_times_are_local),
    };

    setenv("TZ", "UTC", 1);
    tzset();
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_view_servers.c - the Servers page as it looks, and the order of its rows.
 */
#include "ui/view_servers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOW_MS = 100000000 };

static const char *const web[] = {"eu", "web", NULL};
static const char *const db[] = {"db", NULL};

static const struct server_row all_rows[] = {
    {.name = "web-10",
     .address = "10.0.0.10",
     .port = 2222,
     .groups = web,
     .action = "deploy",
     .state = "deployed",
     .release = "1f2e3d4c5b6a",
     .outcome = OUTCOME_OK,
     .wall_ms = NOW_MS - 130000},
    {.name = "web-9",
     .address = "10.0.0.9",
     .port = 22,
     .groups = web,
     .action = "deploy",
     .state = "provisioned",
     .release = "",
     .reason = "step 3 Switch: exit 3",
     .outcome = OUTCOME_FAILED,
     .wall_ms = NOW_MS - 5000},
    {.name = "db-1", .address = "db.example", .groups = db, .state = "", .release = ""},
    {.name = "cache", .address = "fe80::1", .port = 22, .state = "", .release = ""},
};
enum { ROWS = sizeof(all_rows) / sizeof(all_rows[0]) };

static void
now_of(void *arg, size_t row, struct server_now *ret)
{
    (void)arg;
    if (row == 0) {
        ret->test = SERVER_TEST_OK;
        ret->trip_us = 2140;
    } else if (row == 1) {
        ret->test = SERVER_TEST_FAILED;
        ret->test_reason = "auth: key not accepted";
    } else if (row == 2) {
        ret->busy = true;
        ret->step = 4;
        ret->step_count = 10;
        snprintf(ret->doing, sizeof(ret->doing), "Upload the release");
    } else {
        ret->test = SERVER_TESTING;
    }
}

struct stage {
    struct view_servers view;
    struct server_row rows[ROWS];
};

static int
set_up(void **state)
{
    struct stage *s = calloc(1, sizeof(*s));

    assert_non_null(s);
    memcpy(s->rows, all_rows, sizeof(all_rows));
    for (size_t i = 0; i < ROWS; i++)
        view_servers_address(&s->rows[i]);
    s->view = (struct view_servers){.rows = s->rows,
                                    .count = ROWS,
                                    .now = now_of,
                                    .wall_ms = NOW_MS,
                                    .nothing = "no server yet: n adds one"};
    const struct table_source source = view_servers_source(&s->view);
    s->view.table = table_new(&source);
    table_set_count(s->view.table, ROWS, false);
    *state = s;
    return 0;
}

static int
tear_down(void **state)
{
    struct stage *s = *state;

    table_free(s->view.table);
    free(s);
    return 0;
}

/* The picture, empty rows behind each other as one. */
static char *
picture(struct stage *s, int rows, int cols, bool ascii)
{
    struct canvas *c = canvas_new(rows, cols, ascii);

    s->view.ascii = ascii;
    view_servers_draw(&s->view, c, canvas_box(c));
    char *text = canvas_dump(c);
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (!(from[0] == '\n' && from[1] == '\n' && from[2] == '\n'))
            *to++ = *from;
    }
    *to = '\0';
    canvas_free(c);
    return text;
}

static void
shows(struct stage *s, int rows, int cols, bool ascii, const char *expected)
{
    char *text = picture(s, rows, cols, ascii);

    if (strcmp(text, expected) != 0) {
        fprintf(stderr, "shown:\n%s\nexpected:\n%s\n", text, expected); /* cmocka cuts it */
        fail();
    }
    free(text);
}

static void
has(struct stage *s, const char *part)
{
    char *text = picture(s, 24, 80, false);

    if (strstr(text, part) == NULL)
        fail_msg("not in it: %s\n%s", part, text);
    free(text);
}

static void
test_a_terminal_of_80_columns_has_all_up_to_the_test(void **state)
{
    struct stage *s = *state;

    table_mark(s->view.table, 1, true);
    shows(s, 24, 80, true,
          "   SERVER       ADDRESS           PORT  STATE        LAST ACTION            TEST\n"
          ">  web-10       10.0.0.10         2222  deployed     + deploy 2m          2.1 ms\n"
          " * web-9        10.0.0.9            22  provisioned  x deploy 5s          failed\n"
          "   db-1         db.example                           > 4/10 Upload th~\n"
          "   cache        fe80::1             22                                       ...\n"
          "\n"
          "   1-4 of 4, 1 marked                                                Right: more\n"
          "\n");
}

static void
test_a_wide_terminal_has_release_progress_and_groups(void **state)
{
    struct stage *s = *state;

    table_mark(s->view.table, 1, true);
    s->view.queue = "deploy prod 9 servers, check prod web-1";
    shows(s, 40, 130, false,
          "   SERVER             ADDRESS           PORT  STATE        LAST ACTION            TEST  "
          "RELEASE       PROGRESS    GROUPS\n"
          ">  web-10             10.0.0.10         2222  deployed     ✓ deploy 2m          2.1 ms  "
          "1f2e3d4c5b6a              eu,web\n"
          " ● web-9              10.0.0.9            22  provisioned  ✗ deploy 5s          failed  "
          "                          eu,web\n"
          "   db-1               db.example                           ▶ 4/10 Upload th…            "
          "              ███░░░░░░░  db\n"
          "   cache              fe80::1             22                                       ...\n"
          "\n"
          "   1-4 of 4, 1 marked\n"
          "\n"
          "   queued (s starts, x clears): deploy prod 9 servers, check prod web-1\n");
}

static void
test_a_wide_terminal_in_ascii(void **state)
{
    shows(*state, 40, 120, true,
          "   SERVER                     ADDRESS           PORT  STATE        LAST ACTION          "
          "  TEST  RELEASE       PROGRESS\n"
          ">  web-10                     10.0.0.10         2222  deployed     + deploy 2m          "
          "2.1 ms  1f2e3d4c5b6a\n"
          "   web-9                      10.0.0.9            22  provisioned  x deploy 5s          "
          "failed\n"
          "   db-1                       db.example                           > 4/10 Upload th~    "
          "                      ###-------\n"
          "   cache                      fe80::1             22                                    "
          "   ...\n"
          "\n"
          "   1-4 of 4                                                                             "
          "                     "
          "Right: more\n"
          "\n");
}

static void
test_the_line_below_says_why_of_the_row_under_the_cursor(void **state)
{
    struct stage *s = *state;

    table_go(s->view.table, 1);
    has(s, "\n   web-9: test: auth: key not accepted\n");
    table_go(s->view.table, 2);
    has(s, "\n   db-1: step 4 of 10: Upload the release\n");
    s->view.now = NULL;
    table_go(s->view.table, 1);
    has(s, "\n   web-9: deploy failed: step 3 Switch: exit 3\n");
}

static void
test_no_server_is_told_with_what_adds_one(void **state)
{
    struct stage *s = *state;

    s->view.count = 0;
    table_set_count(s->view.table, 0, false);
    shows(s, 24, 80, true, "\n   no server yet: n adds one\n\n");
}

static void
test_the_queue_says_how_it_is_started_and_stopped(void **state)
{
    struct stage *s = *state;

    s->view.queue = "deploy prod 9 servers";
    has(s, "queued (s starts, x clears): deploy prod 9 servers\n");
    s->view.queue_runs = true;
    has(s, "queue runs (s stops it): deploy prod 9 servers\n");
}

/* The names in the order they are shown, `, ` between them. */
static void
order_is(struct stage *s, int column, const char *expected)
{
    char names[256] = "";

    table_sort(s->view.table, column, false);
    table_act(s->view.table, ACT_TOP);
    for (size_t i = 0; i < table_shown(s->view.table); i++) {
        size_t row = 0;
        assert_true(table_at(s->view.table, &row));
        snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", i == 0 ? "" : ", ",
                 s->rows[row].name);
        table_act(s->view.table, ACT_DOWN);
    }
    assert_string_equal(names, expected);
}

static void
test_each_column_is_sorted_by_what_it_means(void **state)
{
    struct stage *s = *state;

    order_is(s, 0, "cache, db-1, web-9, web-10");  /* names: numbers in them by value */
    order_is(s, 1, "web-9, web-10, cache, db-1");  /* addresses by value, names behind them */
    order_is(s, 2, "db-1, web-9, cache, web-10");  /* ports by value */
    order_is(s, 4, "db-1, web-9, web-10, cache");  /* under way, then the newest */
    order_is(s, 5, "web-9, web-10, cache, db-1");  /* failed, slowest, under way, none */
    order_is(s, 8, "cache, db-1, web-10, web-9");  /* groups */
    order_is(s, -1, "web-10, web-9, db-1, cache"); /* as the inventory has them */
}

static void
test_ages_and_trips_are_short(void **state)
{
    static const struct {
        int64_t ago_ms;
        const char *text;
    } ages[] = {{-5000, "now"},   {0, "now"},        {1000, "1s"},    {59999, "59s"},
                {60000, "1m"},    {3599999, "59m"},  {3600000, "1h"}, {86399999, "23h"},
                {86400000, "1d"}, {864000000, "10d"}};
    static const struct {
        int64_t us;
        const char *text;
    } trips[] = {{0, "0 us"},        {999, "999 us"},    {1000, "1.0 ms"},
                 {2149, "2.1 ms"},   {99999, "99.9 ms"}, {100000, "100 ms"},
                 {999999, "999 ms"}, {1000000, "1.0 s"}, {12340000, "12.3 s"}};
    char text[32];

    (void)state;
    for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
        view_servers_age(1000000000, 1000000000 - ages[i].ago_ms, text);
        assert_string_equal(text, ages[i].text);
    }
    for (size_t i = 0; i < sizeof(trips) / sizeof(trips[0]); i++) {
        view_servers_trip(trips[i].us, text);
        assert_string_equal(text, trips[i].text);
    }
}

static void
test_hostile_texts_stay_in_their_cells(void **state)
{
    struct stage *s = *state;
    struct canvas *c = canvas_new(24, 200, false);

    s->rows[0].name = "web\x1b[31m\n-\xff";
    s->rows[0].release = "\x1b]0;x\x07";
    s->rows[1].reason = "a\nb\x1b[2J";
    view_servers_draw(&s->view, c, canvas_box(c));
    for (int row = 0; row < 24; row++) {
        const struct cell *cells = canvas_row(c, row);
        for (int col = 0; col < 200; col++)
            assert_true(cells[col].code == 0 || (cells[col].code >= 32 && cells[col].code != 127));
    }
    canvas_free(c);
}

static void
test_every_size_can_be_drawn(void **state)
{
    struct stage *s = *state;

    s->view.queue = "deploy prod 9 servers";
    for (int rows = 1; rows < 12; rows++) {
        for (int cols = 1; cols < 140; cols += 3)
            free(picture(s, rows, cols, cols % 2 == 0));
    }
}

#define STAGED(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(test_a_terminal_of_80_columns_has_all_up_to_the_test),
        STAGED(test_a_wide_terminal_has_release_progress_and_groups),
        STAGED(test_a_wide_terminal_in_ascii),
        STAGED(test_the_line_below_says_why_of_the_row_under_the_cursor),
        STAGED(test_no_server_is_told_with_what_adds_one),
        STAGED(test_the_queue_says_how_it_is_started_and_stopped),
        STAGED(test_each_column_is_sorted_by_what_it_means),
        STAGED(test_ages_and_trips_are_short),
        STAGED(test_hostile_texts_stay_in_their_cells),
        STAGED(test_every_size_can_be_drawn),
    };
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_view_log.c - a log on the screen: what its lines look like, and where one is.
 */
#include "ui/view_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define STAMP "2026/11/26 02:14:00.123456 [ORCHESTRATOR] "

static void
test_lines_look_as_well_as_they_are(void **state)
{
    static const struct {
        const char *line;
        enum look look;
    } rows[] = {
        {STAMP "Worker 0 completed: deploy for web-01 in 1.204s ok", LOOK_OK},
        {STAMP "Worker 0 completed: deploy for web-01 in 1.204s ok run=20261126T", LOOK_OK},
        {STAMP "Worker 1 completed: deploy for web-02 in 0.310s failed: step 2/5: ok", LOOK_BAD},
        {STAMP "Worker 1 completed: deploy for web-02 in 0.310s unreachable: auth", LOOK_BAD},
        {STAMP "Worker 1 completed: deploy for web-02 in 0.310s unknown", LOOK_BAD},
        {STAMP "Worker 1 completed: deploy for web-02 in 0.310s cancelled", LOOK_WARN},
        {STAMP "Worker 1 completed: deploy for web-02 in 0.310s okay", LOOK_BAD},
        {STAMP "Worker 1 completed: cut", LOOK_BAD},
        {STAMP "Sequential completed: deploy for web-01 in 1.204s ok", LOOK_OK},
        {STAMP "Wave 1/3 completed in 5.012s: 2 ok, 0 failed", LOOK_OK},
        {STAMP "Wave 1/3 completed in 5.012s: 2 ok, 1 failed", LOOK_BAD},
        {STAMP "Warning: web-01: something", LOOK_WARN},
        {STAMP "Skipped: deploy for web-04 (failure budget spent)", LOOK_WARN},
        {STAMP "Halted: failure budget spent", LOOK_BAD},
        {STAMP "Worker 0 processing: deploy for server web-01 (active: 1/3)", LOOK_BUSY},
        {STAMP "Worker 0 started", LOOK_DIM},
        {STAMP "Queueing action for workers: deploy for server web-01", LOOK_DIM},
        {STAMP "Running in PARALLEL mode with 3 workers", LOOK_PLAIN},
        {"anything else", LOOK_PLAIN},
        {"", LOOK_PLAIN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (view_log_look(rows[i].line, strlen(rows[i].line)) != rows[i].look)
            fail_msg("%s", rows[i].line);
    }
}

static void
draws(const struct view_log *v, int rows, int cols, const char *expected)
{
    struct canvas *c = canvas_new(rows, cols, true);
    char *text;

    view_log_draw(v, c, canvas_box(c));
    text = canvas_dump(c);
    assert_string_equal(text, expected);
    free(text);
    canvas_free(c);
}

static void
test_the_last_line_says_where_one_is(void **state)
{
    static const char text[] = "one\ntwo web\nthree\nfour web\n";
    struct pager *p = pager_new(100, 1000);
    struct view_log v = {.pager = p, .what = "debug.log"};

    (void)state;
    draws(&v, 3, 30, "\n\ndebug.log       0-0/0, follows\n");
    pager_add(p, text, strlen(text));
    draws(&v, 3, 30, "three\nfour web\ndebug.log       3-4/4, follows\n");
    pager_filter(p, "web", false);
    pager_search(p, "two", false);
    v.state = "it is over";
    draws(&v, 3, 60,
          "two web\nfour web\n"
          "debug.log  it is over  only web  /two             1-2/2 of 4\n");
    draws(&v, 3, 24, "two web\nfour web\ndebug.log  ~  1-2/2 of 4\n");
    draws(&v, 3, 8, "two web\nfour web\n1-2/2 o~\n");
    pager_filter(p, "web", true);
    draws(&v, 4, 40, "one\nthree\n\ndebug.log  it is over  with~  1-2/2 of 4\n");
    draws(&v, 1, 40, "three\n");
    pager_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_look_as_well_as_they_are),
        cmocka_unit_test(test_the_last_line_says_where_one_is),
    };

    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_view_settings.c - the Settings page as it looks: kept as pictures, and held together at
 * every size.
 */
#include "golden.h"

#include "ui/view_settings.h"

#include <locale.h>

static const struct view_setting all_rows[] = {
    {.key = "max_parallel_workers",
     .group = "Order and waves",
     .preset = "0",
     .value = "3",
     .line = 6,
     .doc = "worker slots, 0 to 10000; 0: one host at a time"},
    {.key = "deployment_strategy",
     .group = "Order and waves",
     .preset = "rolling",
     .doc = "strategy of every other mutating action: sequential, parallel, rolling, all_at_once, "
            "canary, blue_green"},
    {.key = "serial",
     .group = "Order and waves",
     .value = "[1, 10%, 50%]",
     .line = 12,
     .doc = "wave sizes: 5, 20% or [1, 10%, 50%], the last repeats; unset: worker slots"},
    {.key = "max_fail",
     .group = "Failures",
     .preset = "0",
     .value = "many",
     .line = 120,
     .bad = true,
     .doc = "failed hosts that are borne: 2 or 10%; named: check and exec too"},
    {.key = "on_failure",
     .group = "Failures",
     .preset = "stop",
     .doc = "when more than max_fail fail: stop, continue, rollback or pause"},
    {.key = "health_check_successes",
     .group = "Health",
     .preset = "1",
     .doc = "good answers in a row, 1 to 1000"},
    {.key = "confirm",
     .group = "Asking and showing",
     .preset = "false",
     .value = "true",
     .line = 1,
     .doc = "ask before a mutating action; --yes answers"},
};
enum { ROWS = sizeof(all_rows) / sizeof(all_rows[0]) };
static const size_t all_shown[ROWS] = {0, 1, 2, 3, 4, 5, 6};

static struct view_settings
view(size_t *top)
{
    return (struct view_settings){
        .file = "inventory/prod/config.yml",
        .rows = all_rows,
        .shown = all_shown,
        .shown_count = ROWS,
        .top = top,
        .allowed = "a number from 0 to 10000",
        .filter = "",
    };
}

static void
is(const struct view_settings *v, int rows, int cols, bool ascii, const char *name)
{
    struct canvas *c = canvas_new(rows, cols, ascii);

    view_settings_draw(v, c, canvas_box(c));
    golden_is(c, name);
    canvas_free(c);
}

static void
test_the_page_is_as_it_is_kept(void **state)
{
    static const char *const choices[] = {"sequential", "parallel",   "rolling", "all_at_once",
                                          "canary",     "blue_green", NULL};
    static const size_t some[] = {3, 4};
    struct input typed;
    size_t top = 0;
    struct view_settings v = view(&top);

    (void)state;
    is(&v, 20, 80, false, "settings");
    is(&v, 20, 80, true, "settings-ascii");
    is(&v, 30, 120, false, "settings");
    v.at = 6;
    is(&v, 10, 80, false, "settings-scrolled");
    v.at = 3;
    v.mistake = "inventory/prod/config.yml:120:11: max_fail: expected a number of hosts like 2, or "
                "0% to 100%, got \"many\"";
    v.mistake_count = 2;
    v.allowed = "an amount from 0: 2, or 0% to 100%";
    is(&v, 20, 80, false, "settings-mistakes");
    input_set(&typed, "2x");
    struct view_setting_edit edit = {.input = &typed, .wrong = "expected a number, got \"2x\""};
    v.edit = &edit;
    is(&v, 20, 80, false, "settings-wrong");
    edit.wrong = NULL;
    edit.choices = choices;
    edit.choice = 2;
    v.at = 1;
    v.allowed = "sequential, parallel, rolling, all_at_once, canary or blue_green";
    is(&v, 20, 80, false, "settings-choose");
    is(&v, 5, 40, false, "settings-choose");
    v.edit = NULL;
    v.shown = some;
    v.shown_count = 2;
    v.filter = "fail";
    v.mistake = NULL;
    is(&v, 20, 80, false, "settings-filtered");
    v.shown_count = 0;
    is(&v, 20, 80, false, "settings-none");
    v.file = NULL;
    is(&v, 20, 80, false, "settings-closed");
}

/* The cursor is always seen, and a click finds the row that is drawn there. */
static void
test_the_cursor_is_seen_at_every_size(void **state)
{
    (void)state;
    for (int rows = 1; rows < 30; rows++) {
        for (int cols = 1; cols < 130; cols += 9) {
            size_t top = 0;
            struct view_settings v = view(&top);
            for (size_t i = 0; i < ROWS; i++) {
                struct canvas *c = canvas_new(rows, cols, false);
                size_t found = ROWS;
                v.at = i % 2 == 0 ? i : ROWS - i;
                view_settings_draw(&v, c, canvas_box(c));
                for (int row = 0; row < rows && found != v.at; row++) {
                    if (!view_settings_click(&v, canvas_box(c), row, &found)) {
                        found = ROWS;
                    }
                }
                if (rows > 1) {
                    assert_int_equal(found, v.at);
                }
                assert_true(view_settings_page(canvas_box(c)) > 0);
                canvas_free(c);
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_page_is_as_it_is_kept),
        cmocka_unit_test(test_the_cursor_is_seen_at_every_size),
    };

    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}

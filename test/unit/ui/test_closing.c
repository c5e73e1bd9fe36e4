/*
 * test_closing.c - the last lines of a run: what is said, in which order, in which colour.
 */
#include "unit/ui/stage.h"

#include "ui/closing.h"

static char *
closing_of(const struct board *b, const struct event *e, bool color)
{
    struct buf text;

    buf_init(&text, 1 << 20);
    closing_add(&text, b, e, color);
    char *detached = buf_detach(&text);
    buf_release(&text);
    return detached;
}

static struct event
finished(int32_t exit_code, const char *reason)
{
    struct event e = event_make(EVENT_RUN_FINISHED, 9000);

    e.exit_code = exit_code;
    e.duration_ms = 8000;
    e.reason = reason;
    return e;
}

static void
test_what_needs_a_look_stands_last(void **state)
{
    static const char *const outcomes[] = {"failed",    "ok",          "unknown", "skipped",
                                           "cancelled", "unreachable", "ok"};
    char **names = stage_names(8);
    struct board b = {0};
    struct event e = stage_run((const char *const *)names, 8);
    char *text;

    (void)state;
    board_event(&b, &e);
    for (int32_t i = 0; i < 7; i++) {
        e = stage_end(0, outcomes[i], -1, NULL);
        e.host_index = i;
        board_event(&b, &e);
    }
    e = finished(3, "failure budget spent");
    e.log_dir = "/r/var/log/test/x";
    e.go_on = "inventory-manager deploy test";
    text = closing_of(&b, &e, false);
    assert_string_equal(text, "ok 2: host-[00001,00006]\nskipped 1: host-00003\n"
                              "untouched 1: host-00007\ncancelled 1: host-00004\n"
                              "unreachable 1: host-00005\nunknown 1: host-00002\n"
                              "failed 1: host-00000\n"
                              "deploy test did not succeed in 8.0s (exit 3): failure budget spent\n"
                              "logs: /r/var/log/test/x\n"
                              "to go on: inventory-manager deploy test\n");
    free(text);
    board_release(&b);
    stage_unname(names, 8);
}

static void
test_hosts_that_went_back_are_told_and_those_that_could_not_last(void **state)
{
    struct board b = {0};
    struct event e = stage_run(stage_hosts, 3);

    (void)state;
    board_event(&b, &e);
    for (int32_t i = 0; i < 3; i++) {
        e = stage_end(i, i == 0 ? "ok" : "failed", -1, NULL);
        board_event(&b, &e);
        e = stage_host(EVENT_ROLLBACK_FINISHED, i);
        e.outcome = i < 2 ? "ok" : "failed";
        board_event(&b, &e);
    }
    e = finished(7, "failure budget spent");
    char *text = closing_of(&b, &e, false);
    assert_string_equal(text,
                        "ok 1: web-01\nfailed 2: web-[02-03]\n"
                        "rolled back 2: web-[01-02]\nrollback failed 1: web-03\n"
                        "deploy test did not succeed in 8.0s (exit 7): failure budget spent\n");
    free(text);
    board_release(&b);
}

static void
test_a_run_without_a_host_or_a_beginning_has_an_end(void **state)
{
    struct board b = {0};
    struct event e = finished(0, NULL);
    char *text = closing_of(&b, &e, false);

    (void)state;
    assert_string_equal(text, "succeeded in 8.0s\n");
    free(text);
    e = stage_run(NULL, 0);
    board_event(&b, &e);
    e = finished(-1, "");
    e.duration_ms = -1;
    text = closing_of(&b, &e, false);
    assert_string_equal(text, "deploy test did not succeed in 0.00s\n");
    free(text);
    board_release(&b);
}

static void
test_colours_end_where_they_begin_and_texts_are_escaped(void **state)
{
    static const struct {
        const char *outcome;
        const char *color;
    } rows[] = {
        {"ok", "\033[32m"},      {"failed", "\033[31m"},    {"unreachable", "\033[31m"},
        {"unknown", "\033[33m"}, {"cancelled", "\033[33m"}, {"skipped", "\033[33m"},
    };
    struct board b = {0};
    struct event e = finished(1, "\033]0;title\a\r\n\xff");
    struct buf text;
    char expected[64];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        buf_init(&text, 100);
        closing_paint(&text, rows[i].outcome, "a\033b", true);
        (void)snprintf(expected, sizeof(expected), "%sa\\x1bb\033[0m", rows[i].color);
        assert_string_equal(text.data, expected);
        buf_clear(&text);
        closing_paint(&text, rows[i].outcome, "ab", false);
        assert_string_equal(text.data, "ab");
        buf_release(&text);
    }
    char *closing = closing_of(&b, &e, true);
    assert_string_equal(closing, "\033[31mdid not succeed\033[0m in 8.0s (exit 1): "
                                 "\\x1b]0;title\\x07\\r\\n\\xff\n");
    free(closing);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_needs_a_look_stands_last),
        cmocka_unit_test(test_hosts_that_went_back_are_told_and_those_that_could_not_last),
        cmocka_unit_test(test_a_run_without_a_host_or_a_beginning_has_an_end),
        cmocka_unit_test(test_colours_end_where_they_begin_and_texts_are_escaped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

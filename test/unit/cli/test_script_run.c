/*
 * test_script_run.c - how the failures of an executable inventory are worded.
 */
#include "cli/script_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_failures_show_the_end_of_what_was_said_harmless(void **state)
{
    static const struct {
        const char *script, *expected;
    } rows[] = {
        {"exit 2", "exit 2"},
        {"printf 'no\\nnetwork\\033[0m\\n\\n' >&2; exit 1", "exit 1: no\\nnetwork\\x1b[0m"},
        {"kill -SEGV $$", "ended by signal 11"},
        {"head -c 1000 /dev/zero | tr '\\0' x >&2; echo end >&2; exit 1", "exit 1: ...xxx"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *const argv[] = {"-c", rows[i].script, NULL};
        struct script_time time = {0};
        struct err err = {0};
        struct buf out;
        buf_init(&out, 1000);
        assert_int_equal(script_run(&time, "/bin/sh", argv, &out, &err), -1);
        assert_memory_equal(err.text, rows[i].expected, strlen(rows[i].expected));
        assert_true(strlen(err.text) < 500);
        buf_release(&out);
    }
}

static void
test_a_good_end_says_nothing_and_all_calls_share_their_time(void **state)
{
    static const char *const argv[] = {"-c", "echo '{}'; echo warning >&2", NULL};
    struct script_time time = {0};
    struct err err = {0};
    struct buf out;
    (void)state;

    buf_init(&out, 1000);
    assert_int_equal(script_run(&time, "/bin/sh", argv, &out, &err), 0);
    assert_string_equal(out.data, "{}\n");
    time.used_ms = SCRIPT_MS_MAX_TOGETHER;
    assert_int_equal(script_run(&time, "/bin/sh", argv, &out, &err), -1);
    assert_string_equal(err.text, "executables may run 300 s together");
    buf_release(&out);
}

static void
test_what_may_not_be_run_now_is_not_run(void **state)
{
    static const char *const argv[] = {"-c", "echo '{}'", NULL};
    struct script_time time = {.refused = "a run is under way here"};
    struct err err = {0};
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    assert_int_equal(script_run(&time, "/bin/sh", argv, &out, &err), -1);
    assert_string_equal(err.text, "a run is under way here");
    assert_int_equal(out.len, 0);
    buf_release(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failures_show_the_end_of_what_was_said_harmless),
        cmocka_unit_test(test_a_good_end_says_nothing_and_all_calls_share_their_time),
        cmocka_unit_test(test_what_may_not_be_run_now_is_not_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_watch.c - a snapshot as JSON, as rows of a terminal, as one line.
 */
#include "ui/watch.h"

#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20 };

static struct snapshot
make(size_t in_flight, size_t failed)
{
    struct snapshot s = snapshot_empty();

    s.at_ms = 100000;
    s.run = xstrdup("20261125T120000Z-0123456789abcdef");
    s.env = xstrdup("prod");
    s.action = xstrdup("deploy");
    s.strategy = xstrdup("rolling");
    s.mutating = true;
    s.pid = 77;
    s.started_ms = 40000;
    s.state = xstrdup("running");
    s.state_since_ms = 40000;
    s.workers = 3;
    s.active = (int32_t)in_flight;
    s.wave = 2;
    s.waves = 3;
    s.host_count = 9;
    s.totals.count[OUTCOME_OK] = 3;
    s.totals.count[OUTCOME_FAILED] = (int32_t)failed;
    s.totals.count[OUTCOME_RUNNING] = (int32_t)in_flight;
    s.totals.count[OUTCOME_UNTOUCHED] = 9 - 3 - (int32_t)failed - (int32_t)in_flight;
    s.bad = (int32_t)failed;
    s.budget = 2;
    s.hosts = xcalloc(in_flight, sizeof(*s.hosts));
    for (size_t i = 0; i < in_flight; i++) {
        s.hosts[s.shown++] = (struct snapshot_host){.name = xasprintf("web-%02zu", i + 1),
                                                    .doing = xstrdup("step 1/2 Switch"),
                                                    .slot = (int32_t)i,
                                                    .since_ms = 95000};
    }
    s.failures = xcalloc(failed, sizeof(*s.failures));
    for (size_t i = 0; i < failed; i++) {
        s.failures[s.failed++] = (struct snapshot_failure){.name = xasprintf("bad-%02zu", i + 1),
                                                           .outcome = xstrdup("failed"),
                                                           .reason = xstrdup("exit 3")};
    }
    return s;
}

static char *
rows_of(const struct snapshot *s, int32_t width, int32_t rows, bool color)
{
    const struct watch_size size = {.now_ms = 100000, .width = width, .rows = rows, .color = color};
    struct buf out;

    buf_init(&out, TEXT_MAX);
    watch_rows(s, &size, &out);
    char *text = buf_detach(&out);
    buf_release(&out);
    return text;
}

static void
rows_are(const struct snapshot *s, int32_t width, int32_t rows, const char *expected)
{
    char *text = rows_of(s, width, rows, false);

    assert_string_equal(text, expected);
    free(text);
}

static void
line_is(const struct snapshot *s, const char *expected)
{
    struct buf out;

    buf_init(&out, TEXT_MAX);
    watch_line(s, &out);
    assert_string_equal(out.data, expected);
    buf_release(&out);
}

/* ---------------------------------------------------------------- rows */

static void
test_rows_tell_how_far_it_is_who_is_in_flight_and_who_failed(void **state)
{
    struct snapshot s = make(2, 1);

    (void)state;
    rows_are(&s, 200, 20,
             "deploy prod running  wave 2/3  1m00s  run 20261125T120000Z-0123456789abcdef\n"
             "[========>           ] 4/9  ok 3  failed 1  active 2 of 3  bad 1, budget 2\n"
             "  web-01  step 1/2 Switch  5s\n"
             "  web-02  step 1/2 Switch  5s\n"
             "  bad-01  failed: exit 3\n");
    snapshot_release(&s);
}

static void
test_what_the_run_waits_for_is_a_command(void **state)
{
    struct snapshot s = make(0, 0);

    (void)state;
    free(s.state);
    s.state = xstrdup("promoting");
    s.state_since_ms = 70000;
    s.waits_for = xstrdup("promote");
    s.budget = -1;
    rows_are(&s, 200, 20,
             "deploy prod promoting  wave 2/3  1m00s  run 20261125T120000Z-0123456789abcdef\n"
             "[======>             ] 3/9  ok 3  active 0 of 3\n"
             "waits for an answer, 30s: inventory-manager ctl prod promote\n");
    line_is(&s, "deploy prod promoting  wave 2/3  3/9  ok 3  active 0  waits for promote");
    snapshot_release(&s);
}

static void
test_the_end_of_a_bake_and_the_halt_have_rows(void **state)
{
    struct snapshot s = make(0, 0);

    (void)state;
    s.waves = 0;
    s.wave_due_ms = 112000;
    s.halt = xstrdup("aborted");
    s.totals.rolled_back = 2;
    s.totals.rollbacks_failed = 1;
    rows_are(&s, 200, 20,
             "deploy prod running  1m00s  run 20261125T120000Z-0123456789abcdef\n"
             "[======>             ] 3/9  ok 3  rolled back 2  rollbacks failed 1  active 0 of 3  "
             "bad 0, budget 2\n"
             "halted: aborted\n"
             "the wave is over in 12s\n");
    s.exit_code = 7;
    line_is(&s, "deploy prod running  3/9  ok 3  rolled back 2  rollbacks failed 1  active 0  "
                "halted: aborted  exit 7");
    snapshot_release(&s);
}

static size_t
count_rows(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++) {
        n += *text == '\n';
    }
    return n;
}

/* Whatever the terminal's size: never more rows, never a row that wraps; who is left out is
 * counted. */
static void
test_a_frame_fits_into_every_terminal(void **state)
{
    struct snapshot s = make(6, 3);

    (void)state;
    s.active = 5000;
    for (int32_t rows = 0; rows < 20; rows++) {
        for (int32_t width = 0; width < 100; width++) {
            char *text = rows_of(&s, width, rows, false);
            assert_true(count_rows(text) <= (size_t)rows);
            for (const char *p = text; *p != '\0'; p += strcspn(p, "\n") + 1) {
                assert_true((int32_t)strcspn(p, "\n") < width);
            }
            if (rows >= 8 && width >= 60) {
                assert_non_null(strstr(text, " more in flight\n"));
            }
            free(text);
        }
    }
    rows_are(&s, 80, 8,
             "deploy prod running  wave 2/3  1m00s  run 20261125T120000Z-0123456789abcdef\n"
             "[=============>      ] 6/9  ok 3  failed 3  active 5000 of 3  bad 3, budget 2\n"
             "  web-01  step 1/2 Switch  5s\n"
             "  web-02  step 1/2 Switch  5s\n"
             "  and 4998 more in flight\n"
             "  bad-01  failed: exit 3\n");
    snapshot_release(&s);
}

static void
test_colors_are_not_counted_as_columns(void **state)
{
    struct snapshot s = make(0, 1);

    (void)state;
    char *text = rows_of(&s, 12, 9, true);
    assert_string_equal(text, "\033[1mdeploy prod\033[0m\n"
                              "[========> \n"
                              "\033[31m  bad-01  f\033[0m\n");
    free(text);
    snapshot_release(&s);
}

static void
test_nothing_that_a_host_says_moves_the_cursor(void **state)
{
    struct snapshot s = make(1, 1);

    (void)state;
    free(s.failures[0].reason);
    s.failures[0].reason = xstrdup("a\033[2Jb\r\nc\xff");
    free(s.hosts[0].doing);
    s.hosts[0].doing = xstrdup("\033]0;x\a");
    char *text = rows_of(&s, 200, 20, false);
    assert_null(strchr(text, '\033'));
    assert_null(strchr(text, '\r'));
    assert_null(strchr(text, '\a'));
    assert_int_equal(count_rows(text), 4);
    free(text);
    snapshot_release(&s);
}

/* ---------------------------------------------------------------- JSON */

static void
test_a_snapshot_is_one_object_of_what_applies(void **state)
{
    struct snapshot s = make(1, 1);
    struct buf out;

    (void)state;
    buf_init(&out, TEXT_MAX);
    free(s.failures[0].reason);
    s.failures[0].reason = xstrdup("\xff\"\n");
    snapshot_to_json(&s, &out);
    assert_string_equal(
        out.data,
        "{\"type\":\"snapshot\",\"format\":1,\"at_ms\":100000,"
        "\"run\":\"20261125T120000Z-0123456789abcdef\",\"env\":\"prod\",\"action\":\"deploy\","
        "\"strategy\":\"rolling\",\"mutating\":true,\"pid\":77,\"started_ms\":40000,"
        "\"state\":\"running\",\"state_since_ms\":40000,\"workers\":3,\"active\":1,\"wave\":2,"
        "\"waves\":3,\"host_count\":9,\"totals\":{\"untouched\":4,\"running\":1,\"ok\":3,"
        "\"failed\":1},\"bad\":1,\"budget\":2,"
        "\"in_flight\":[{\"host\":\"web-01\",\"slot\":0,\"doing\":\"step 1/2 Switch\","
        "\"since_ms\":95000}],\"failures\":[{\"host\":\"bad-01\",\"outcome\":\"failed\","
        "\"reason\":\"\\\\xff\\\"\\\\n\"}]}");
    buf_release(&out);
    snapshot_release(&s);
    snapshot_release(&s); /* an empty one too */
}

/* As many hosts and failures as are told, each as long as may be, and none of it plain. */
static void
test_the_largest_snapshot_has_room(void **state)
{
    struct snapshot s = make(0, 0);
    char *name = xcalloc(256, 1);
    char *reason = xcalloc(SNAPSHOT_TEXT_MAX + 1, 1);
    struct buf out;

    (void)state;
    memset(name, '"', 255);
    memset(reason, '\001', SNAPSHOT_TEXT_MAX);
    free(s.hosts);
    free(s.failures);
    s.hosts = xcalloc(SNAPSHOT_HOSTS_MAX, sizeof(*s.hosts));
    s.failures = xcalloc(SNAPSHOT_FAILURES_MAX, sizeof(*s.failures));
    for (; s.shown < SNAPSHOT_HOSTS_MAX; s.shown++) {
        s.hosts[s.shown] =
            (struct snapshot_host){.name = xstrdup(name), .doing = xstrndup(reason, 160)};
    }
    for (; s.failed < SNAPSHOT_FAILURES_MAX; s.failed++) {
        s.failures[s.failed] = (struct snapshot_failure){
            .name = xstrdup(name), .outcome = xstrdup("failed"), .reason = xstrdup(reason)};
    }
    buf_init(&out, SNAPSHOT_BYTES_MAX);
    snapshot_to_json(&s, &out);
    assert_false(out.full);
    assert_int_equal(out.data[out.len - 1], '}');
    buf_release(&out);
    snapshot_release(&s);
    free(name);
    free(reason);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_tell_how_far_it_is_who_is_in_flight_and_who_failed),
        cmocka_unit_test(test_what_the_run_waits_for_is_a_command),
        cmocka_unit_test(test_the_end_of_a_bake_and_the_halt_have_rows),
        cmocka_unit_test(test_a_frame_fits_into_every_terminal),
        cmocka_unit_test(test_colors_are_not_counted_as_columns),
        cmocka_unit_test(test_nothing_that_a_host_says_moves_the_cursor),
        cmocka_unit_test(test_a_snapshot_is_one_object_of_what_applies),
        cmocka_unit_test(test_the_largest_snapshot_has_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

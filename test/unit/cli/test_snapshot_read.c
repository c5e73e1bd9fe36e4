/*
 * test_snapshot_read.c - what a run says of itself is read back, and nothing else is.
 */
#include "cli/snapshot_read.h"

#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* A snapshot with every field, written. */
static void
write_full(struct buf *out)
{
    struct snapshot_host host = {xstrdup("web-01"), xstrdup("step 1/2 \"Switch\"\tü"), 4,
                                 1795649284136};
    struct snapshot_failure failure = {xstrdup("web-02"), xstrdup("unreachable"),
                                       xstrdup("no route\nto\xff it")};
    struct snapshot s = {
        .at_ms = 1795649284137,
        .run = xstrdup("20261125T120000Z-0123456789abcdef"),
        .env = xstrdup("prod"),
        .action = xstrdup("deploy"),
        .strategy = xstrdup("canary"),
        .mutating = true,
        .pid = 4711,
        .started_ms = 1795649284000,
        .state = xstrdup("rolling back"),
        .state_since_ms = 1795649284100,
        .waits_for = xstrdup("continue"),
        .halt = xstrdup("rolled back"),
        .workers = 5,
        .active = 1,
        .wave = 2,
        .waves = 3,
        .wave_due_ms = 1795649285000,
        .host_count = 12,
        .totals = {.rolled_back = 2, .rollbacks_failed = 1},
        .bad = 6,
        .budget = 0,
        .exit_code = 7,
        .hosts = xmemdup(&host, sizeof(host)),
        .shown = 1,
        .failures = xmemdup(&failure, sizeof(failure)),
        .failed = 1,
    };

    for (int i = 0; i < OUTCOMES; i++) {
        s.totals.count[i] = i + 1;
    }
    snapshot_to_json(&s, out);
    snapshot_release(&s);
}

static void
test_what_was_written_is_read(void **state)
{
    struct snapshot s;
    struct err err = {0};
    struct buf text;
    struct buf again;

    (void)state;
    buf_init(&text, SNAPSHOT_BYTES_MAX);
    buf_init(&again, SNAPSHOT_BYTES_MAX);
    write_full(&text);
    assert_int_equal(snapshot_read(text.data, text.len, &s, &err), 0);
    assert_string_equal(s.hosts[0].doing, "step 1/2 \"Switch\"\tü");
    assert_string_equal(s.failures[0].reason, "no route\\nto\\xff it");
    free(s.failures[0].reason);
    s.failures[0].reason = xstrdup("no route\nto\xff it"); /* escaped once, not twice */
    snapshot_to_json(&s, &again);
    assert_string_equal(again.data, text.data);
    snapshot_release(&s);
    buf_release(&again);
    buf_release(&text);
}

static void
test_fields_that_do_not_apply_or_are_unknown_are_empty(void **state)
{
    static const char text[] =
        "{\"type\":\"snapshot\",\"format\":9,\"new\":{\"a\":[1]},\"run\":[1],\"active\":\"many\","
        "\"workers\":99999999999999,\"in_flight\":[1,{\"host\":\"a\"}],\"failures\":{\"b\":1},"
        "\"totals\":3}";
    struct snapshot s;
    struct err err = {0};

    (void)state;
    assert_int_equal(snapshot_read(text, sizeof(text) - 1, &s, &err), 0);
    assert_string_equal(s.run, "");
    assert_string_equal(s.state, "");
    assert_null(s.waits_for);
    assert_null(s.halt);
    assert_int_equal(s.active, 0);
    assert_int_equal(s.workers, 0);
    assert_int_equal(s.budget, -1);
    assert_int_equal(s.exit_code, -1);
    assert_int_equal(s.wave_due_ms, -1);
    assert_int_equal(s.shown, 2);
    assert_string_equal(s.hosts[0].name, "");
    assert_string_equal(s.hosts[1].name, "a");
    assert_int_equal(s.failed, 0);
    snapshot_release(&s);
}

static void
test_anything_else_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "no the run is over",
        "[]",
        "{}",
        "{\"type\":\"event\"}",
        "{\"type\":[]}",
        "{\"type\":\"snapshot\"",
        "null",
        "\xff",
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct snapshot s;
        struct err err = {0};
        assert_int_equal(snapshot_read(rows[i], strlen(rows[i]), &s, &err), -1);
        assert_int_equal(err.kind, ERR_IO);
    }
}

/* Cut at every byte it is refused, or whole. */
static void
test_half_a_snapshot_is_none(void **state)
{
    struct buf text;

    (void)state;
    buf_init(&text, SNAPSHOT_BYTES_MAX);
    write_full(&text);
    for (size_t len = 0; len < text.len; len++) {
        struct snapshot s;
        char *cut = xstrndup(text.data, len);
        assert_int_equal(snapshot_read(cut, len, &s, NULL), -1);
        free(cut);
    }
    buf_release(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_written_is_read),
        cmocka_unit_test(test_fields_that_do_not_apply_or_are_unknown_are_empty),
        cmocka_unit_test(test_anything_else_is_refused),
        cmocka_unit_test(test_half_a_snapshot_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

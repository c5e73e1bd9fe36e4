/*
 * test_duration.c - what is a duration, what is none, and how each form reads.
 */
#include "base/duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_reads_durations(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"0", 0},
        {"30", 30000},
        {"0.25", 250},
        {"1.5s", 1500},
        {"500ms", 500},
        {"30s", 30000},
        {"5m", 300000},
        {"1h30m", 5400000},
        {"1d2h3m4s5ms", 93784005},
        {"0.001", 1},
        {"1.5000", 1500},
        {"1.5h", 5400000},
        {"365d", INT64_C(31536000000)},
        {"31536000", INT64_C(31536000000)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t ms = -7;
        if (duration_parse(rows[i].text, &ms) != 0 || ms != rows[i].ms) {
            fail_msg("%s: %lld ms", rows[i].text, (long long)ms);
        }
    }
}

static void
test_refuses_what_is_no_duration_and_changes_nothing(void **state)
{
    static const char *const rows[] = {"",          "-1",
                                       "+1",        "s",
                                       "1x",        "1 s",
                                       " 1",        "1s ",
                                       "1m1h",      "1s1s",
                                       "1h30",      "1.s",
                                       ".5",        "1..5",
                                       "0.0001",    "0.5ms",
                                       "1e3",       "0x10",
                                       "inf",       "nan",
                                       "366d",      "1m1m",
                                       "365d1s",    "1s30m",
                                       "31536001s", "99999999999999999999"};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t ms = -7;
        if (duration_parse(rows[i], &ms) != -1 || ms != -7) {
            fail_msg("\"%s\" was taken as %lld ms", rows[i], (long long)ms);
        }
    }
}

static void
test_formats_for_the_log_and_for_people(void **state)
{
    static const struct {
        int64_t ms;
        const char *log, *human;
    } rows[] = {
        {0, "0.000s", "0.00s"},          {310, "0.310s", "0.31s"},
        {4210, "4.210s", "4.2s"},        {59999, "59.999s", "59.9s"},
        {60000, "60.000s", "1m00s"},     {185000, "185.000s", "3m05s"},
        {300012, "300.012s", "5m00s"},   {3599999, "3599.999s", "59m59s"},
        {7800000, "7800.000s", "2h10m"}, {-5, "0.000s", "0.00s"},
    };
    char text[32];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        duration_format(rows[i].ms, text, sizeof(text));
        assert_string_equal(text, rows[i].log);
        duration_human(rows[i].ms, text, sizeof(text));
        assert_string_equal(text, rows[i].human);
    }
    duration_format(300012, text, 4);
    assert_string_equal(text, "300");
}

/* What is written reads as what it was. */
static void
test_writes_what_it_reads(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {0, "0s"},
        {1, "1ms"},
        {1500, "1s500ms"},
        {30000, "30s"},
        {90000, "1m30s"},
        {300000, "5m"},
        {5400000, "1h30m"},
        {86400000, "1d"},
        {172800001, "2d1ms"},
        {-5, "0s"},
        {INT64_C(365) * 86400000, "365d"},
    };
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t ms = -1;
        duration_written(rows[i].ms, text, sizeof(text));
        assert_string_equal(text, rows[i].text);
        assert_int_equal(duration_parse(text, &ms), 0);
        assert_int_equal(ms, rows[i].ms < 0 ? 0 : rows[i].ms);
    }
    duration_written(5400000, text, 3);
    assert_string_equal(text, "1h");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_durations),
        cmocka_unit_test(test_refuses_what_is_no_duration_and_changes_nothing),
        cmocka_unit_test(test_formats_for_the_log_and_for_people),
        cmocka_unit_test(test_writes_what_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

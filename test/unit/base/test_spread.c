/*
 * test_spread.c - quantiles out of buckets, against the same durations sorted.
 */
#include "base/spread.h"

#include "base/prng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

static int
compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void
test_nothing_has_no_quantiles(void **state)
{
    const struct spread s = {0};
    const struct spread_figures f = spread_figures(&s);

    (void)state;
    assert_int_equal(f.count, 0);
    assert_int_equal(f.p50_us, 0);
    assert_int_equal(f.max_us, 0);
}

static void
test_one_is_all_of_its_quantiles(void **state)
{
    static const int64_t rows[] = {0, 1, 15, 16, 31, 32, 33, 1000, 999999, INT64_C(1) << 40};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct spread s = {0};
        spread_add(&s, rows[i]);
        const struct spread_figures f = spread_figures(&s);
        assert_int_equal(f.count, 1);
        assert_int_equal(f.p50_us, rows[i]);
        assert_int_equal(f.p999_us, rows[i]);
        assert_int_equal(f.max_us, rows[i]);
    }
}

static void
test_what_is_out_of_range_counts_at_its_end(void **state)
{
    struct spread s = {0};

    (void)state;
    spread_add(&s, -5);
    spread_add(&s, INT64_MAX);
    assert_int_equal(s.count, 2);
    assert_int_equal(spread_quantile(&s, 500), 0);
    assert_int_equal(s.max_us, INT64_C(1) << 40);
}

static void
test_a_quantile_is_at_most_a_sixteenth_too_high(void **state)
{
    enum { COUNT = 5000 };
    static int64_t all[COUNT];
    static const int asked[] = {1, 100, 500, 900, 990, 999, 1000};
    struct prng r = {.state = 7};
    struct spread s = {0};

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        all[i] = (int64_t)(prng_next(&r) >> (24 + prng_next(&r) % 40));
        spread_add(&s, all[i]);
    }
    qsort(all, COUNT, sizeof(all[0]), compare);
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        const int64_t exact = all[(COUNT * asked[i] + 999) / 1000 - 1];
        const int64_t told = spread_quantile(&s, asked[i]);
        assert_true(told >= exact);
        assert_true(told <= exact + exact / 16);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_has_no_quantiles),
        cmocka_unit_test(test_one_is_all_of_its_quantiles),
        cmocka_unit_test(test_what_is_out_of_range_counts_at_its_end),
        cmocka_unit_test(test_a_quantile_is_at_most_a_sixteenth_too_high),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

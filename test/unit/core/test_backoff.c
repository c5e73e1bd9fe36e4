/*
 * test_backoff.c - waits double, stop at a minute, and spread by seed, host and attempt.
 */
#include "core/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
test_doubles_up_to_a_minute_and_a_quarter_on_top(void **state)
{
    static const struct {
        int64_t delay_ms;
        int32_t attempt;
        int64_t base_ms;
    } cases[] = {
        {2000, 1, 2000},
        {2000, 2, 4000},
        {2000, 5, 32000},
        {2000, 6, 60000},
        {2000, 1000, 60000},
        {1, 17, 60000},
        {1, 16, 32768},
        {60000, 1, 60000},
        {60001, 1, 60000},
        {INT64_MAX, 1, 60000},
        {INT64_MAX, INT32_MAX, 60000},
        {3, 1, 3},
        {0, 1, 0},
        {0, INT32_MAX, 0},
        {1, INT32_MAX, 60000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int32_t host = 0; host < 100; host++) {
            const int64_t ms = backoff_ms(cases[i].delay_ms, cases[i].attempt, 5, host);
            assert_in_range(ms, cases[i].base_ms, cases[i].base_ms + cases[i].base_ms / 4);
        }
    }
}

static void
test_reaches_both_ends_of_the_jitter(void **state)
{
    int seen[3] = {0};

    (void)state;
    for (int32_t host = 0; host < 100; host++) {
        seen[backoff_ms(8, 1, 1, host) - 8]++;
    }
    assert_true(seen[0] > 0 && seen[1] > 0 && seen[2] > 0);
}

static void
test_the_same_seed_host_and_attempt_wait_the_same(void **state)
{
    (void)state;
    for (int32_t host = 0; host < 50; host++) {
        assert_int_equal(backoff_ms(1000, 3, 9, host), backoff_ms(1000, 3, 9, host));
    }
}

static void
test_hosts_attempts_and_seeds_do_not_come_back_together(void **state)
{
    int hosts = 0, attempts = 0, seeds = 0;

    (void)state;
    for (int32_t i = 0; i < 100; i++) {
        hosts += backoff_ms(60000, 1, 9, i) != backoff_ms(60000, 1, 9, i + 1);
        attempts += backoff_ms(60000, i + 1, 9, 4) != backoff_ms(60000, i + 2, 9, 4);
        seeds += backoff_ms(60000, 1, (uint64_t)i, 4) != backoff_ms(60000, 1, (uint64_t)i + 1, 4);
    }
    assert_true(hosts > 95);
    assert_true(attempts > 95);
    assert_true(seeds > 95);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_doubles_up_to_a_minute_and_a_quarter_on_top),
        cmocka_unit_test(test_reaches_both_ends_of_the_jitter),
        cmocka_unit_test(test_the_same_seed_host_and_attempt_wait_the_same),
        cmocka_unit_test(test_hosts_attempts_and_seeds_do_not_come_back_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

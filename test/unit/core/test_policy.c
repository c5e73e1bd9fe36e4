/*
 * test_policy.c - amounts round as the rollout semantics say, and choices keep their names.
 */
#include "core/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
test_a_budget_in_percent_rounds_down(void **state)
{
    static const struct {
        struct amount amount;
        int32_t total, want;
    } cases[] = {
        {{0, false}, 9, 0},
        {{3, false}, 9, 3},
        {{30, false}, 9, 30},
        {{0, true}, 9, 0},
        {{10, true}, 9, 0},
        {{11, true}, 9, 0},
        {{12, true}, 9, 1},
        {{33, true}, 3, 0},
        {{34, true}, 3, 1},
        {{50, true}, 3, 1},
        {{100, true}, 3, 3},
        {{100, true}, INT32_MAX, INT32_MAX},
        {{99, true}, 1000000, 990000},
        {{INT32_MAX, false}, 1, INT32_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(amount_budget(cases[i].amount, cases[i].total), cases[i].want);
    }
}

/* Exceeded is failed*100 > P*scope: the whole number allowed is the last that is not. */
static void
test_a_budget_is_the_most_that_does_not_exceed_the_percentage(void **state)
{
    (void)state;
    for (int32_t total = 1; total <= 120; total++) {
        for (int32_t percent = 0; percent <= 100; percent++) {
            const int32_t b = amount_budget((struct amount){percent, true}, total);
            assert_true(b * 100 <= percent * total);
            assert_true((b + 1) * 100 > percent * total);
        }
    }
}

static void
test_a_wave_in_percent_is_at_least_one_host(void **state)
{
    static const struct {
        struct amount amount;
        int32_t total, want;
    } cases[] = {
        {{1, true}, 1, 1},   {{1, true}, 99, 1},
        {{1, true}, 199, 1}, {{1, true}, 200, 2},
        {{30, true}, 10, 3}, {{39, true}, 10, 3},
        {{100, true}, 7, 7}, {{100, true}, INT32_MAX, INT32_MAX},
        {{5, false}, 3, 5},  {{1, false}, 100, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(amount_wave(cases[i].amount, cases[i].total), cases[i].want);
    }
}

static void
test_choices_are_named_as_config_yml_has_them(void **state)
{
    static const char *const strategies[] = {"sequential",  "parallel", "rolling",
                                             "all_at_once", "canary",   "blue_green"};
    static const char *const orders[] = {"inventory", "reverse_inventory", "sorted",
                                         "reverse_sorted", "shuffle"};
    static const char *const failures[] = {"stop", "continue", "rollback", "pause"};
    static const char *const promotes[] = {"auto", "manual"};

    (void)state;
    assert_int_equal(STRATEGIES, sizeof(strategies) / sizeof(strategies[0]));
    assert_int_equal(HOST_ORDERS, sizeof(orders) / sizeof(orders[0]));
    assert_int_equal(ON_FAILURES, sizeof(failures) / sizeof(failures[0]));
    assert_int_equal(PROMOTES, sizeof(promotes) / sizeof(promotes[0]));
    for (int i = 0; i < STRATEGIES; i++) {
        assert_string_equal(strategy_name((enum strategy)i), strategies[i]);
    }
    for (int i = 0; i < HOST_ORDERS; i++) {
        assert_string_equal(host_order_name((enum host_order)i), orders[i]);
    }
    for (int i = 0; i < ON_FAILURES; i++) {
        assert_string_equal(on_failure_name((enum on_failure)i), failures[i]);
    }
    for (int i = 0; i < PROMOTES; i++) {
        assert_string_equal(promote_name((enum promote)i), promotes[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_budget_in_percent_rounds_down),
        cmocka_unit_test(test_a_budget_is_the_most_that_does_not_exceed_the_percentage),
        cmocka_unit_test(test_a_wave_in_percent_is_at_least_one_host),
        cmocka_unit_test(test_choices_are_named_as_config_yml_has_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

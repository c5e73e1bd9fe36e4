/*
 * test_budget.c - what fits, by who asks.
 */
#include "ui/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_each_holder_has_its_own_threshold(void **state)
{
    struct budget b = {.max = 1000};

    (void)state;
    assert_true(budget_fits(&b, BUDGET_QUEUES, 500));
    assert_false(budget_fits(&b, BUDGET_QUEUES, 501));
    budget_take(&b, 700);
    assert_false(budget_fits(&b, BUDGET_QUEUES, 0));
    assert_true(budget_fits(&b, BUDGET_KEPT, 50));
    assert_true(budget_fits(&b, BUDGET_LINES, 200));
    assert_false(budget_fits(&b, BUDGET_LINES, 201));
    budget_give(&b, 700);
    assert_int_equal(b.used, 0);
}

static void
test_without_a_budget_everything_fits(void **state)
{
    (void)state;
    assert_true(budget_fits(NULL, BUDGET_QUEUES, SIZE_MAX));
    budget_take(NULL, 5);
    budget_give(NULL, 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_holder_has_its_own_threshold),
        cmocka_unit_test(test_without_a_budget_everything_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

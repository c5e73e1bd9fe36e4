/*
 * test_summary.c - counted outcomes make the exit code of interfaces and rollout: 7, 3, 2, 4, 0.
 */
#include "core/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_the_first_rule_that_applies_gives_the_exit_code(void **state)
{
    static const struct {
        struct summary sum;
        int want;
    } cases[] = {
        {{.count = {0}}, 0},
        {{.count = {[OUTCOME_OK] = 9}}, 0},
        {{.count = {[OUTCOME_OK] = 8, [OUTCOME_SKIPPED] = 1}}, 0},
        {{.count = {[OUTCOME_SKIPPED] = 9}}, 0},
        {{.count = {[OUTCOME_OK] = 8, [OUTCOME_UNREACHABLE] = 1}}, 4},
        {{.count = {[OUTCOME_FAILED] = 1, [OUTCOME_UNREACHABLE] = 8}}, 2},
        {{.count = {[OUTCOME_UNKNOWN] = 1, [OUTCOME_UNREACHABLE] = 8}}, 2},
        {{.count = {[OUTCOME_FAILED] = 1, [OUTCOME_UNTOUCHED] = 1}}, 3},
        {{.count = {[OUTCOME_UNKNOWN] = 5, [OUTCOME_CANCELLED] = 1}}, 3},
        {{.count = {[OUTCOME_UNREACHABLE] = 5, [OUTCOME_UNTOUCHED] = 1}}, 3},
        {{.count = {[OUTCOME_CANCELLED] = 1, [OUTCOME_OK] = 1}}, 3},
        {{.count = {[OUTCOME_OK] = 1}, .rolled_back = 1}, 3},
        {{.count = {[OUTCOME_FAILED] = 1}, .rolled_back = 1}, 3},
        {{.count = {[OUTCOME_FAILED] = 2}, .rolled_back = 1, .rollbacks_failed = 1}, 7},
        {{.count = {[OUTCOME_UNTOUCHED] = 1}, .rollbacks_failed = 1}, 7},
        {{.count = {[OUTCOME_OK] = 1}, .rollbacks_failed = 1}, 7},
        {{.count = {[OUTCOME_FAILED] = INT32_MAX}, .rollbacks_failed = INT32_MAX}, 7},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(summary_exit(&cases[i].sum), cases[i].want);
    }
}

static void
test_bad_is_failed_unreachable_or_unknown(void **state)
{
    (void)state;
    for (int i = 0; i < OUTCOMES; i++) {
        const enum outcome o = (enum outcome)i;
        assert_int_equal(outcome_is_bad(o),
                         o == OUTCOME_FAILED || o == OUTCOME_UNREACHABLE || o == OUTCOME_UNKNOWN);
    }
}

/* Numbers and names are in journals and in what other programs read: they never change. */
static void
test_outcomes_keep_their_numbers_and_names(void **state)
{
    static const char *const names[] = {"untouched",   "running", "ok",        "failed",
                                        "unreachable", "unknown", "cancelled", "skipped"};

    (void)state;
    assert_int_equal(OUTCOMES, sizeof(names) / sizeof(names[0]));
    for (int i = 0; i < OUTCOMES; i++) {
        assert_string_equal(outcome_name((enum outcome)i), names[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_rule_that_applies_gives_the_exit_code),
        cmocka_unit_test(test_bad_is_failed_unreachable_or_unknown),
        cmocka_unit_test(test_outcomes_keep_their_numbers_and_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_fact.c - facts, causes and verbs keep the numbers and names that journals hold.
 */
#include "core/fact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
test_facts_keep_their_numbers_and_names(void **state)
{
    static const char *const names[] = {
        "connected",    "connect_failed",   "throttled",    "step_sent",       "step_done",
        "step_skipped", "step_not_started", "step_unknown", "probe_passed",    "probe_failed",
        "tick",         "finally_done",     "disconnected", "connection_lost", "verb",
        "resumed",      "verdict",
    };

    (void)state;
    assert_int_equal(FACT_KINDS, sizeof(names) / sizeof(names[0]));
    for (int i = 0; i < FACT_KINDS; i++) {
        assert_string_equal(fact_name((enum fact_kind)i), names[i]);
    }
}

static void
test_causes_keep_their_numbers_and_names(void **state)
{
    static const char *const names[] = {
        "none",         "name",           "name (temporary)", "connect",         "key exchange",
        "host key",     "authentication", "refused",          "connection lost", "deadline",
        "output idle",  "no exit status", "did not begin",    "local",           "killed",
        "health check", "run_once",       "not switched",     "unhealthy",       "cancelled",
    };

    (void)state;
    assert_int_equal(CAUSES, sizeof(names) / sizeof(names[0]));
    for (int i = 0; i < CAUSES; i++) {
        assert_string_equal(cause_name((enum cause)i), names[i]);
    }
}

static void
test_verbs_keep_their_numbers_and_names(void **state)
{
    static const char *const names[] = {"pause",    "continue", "promote", "abort",  "kill",
                                        "rollback", "skip",     "retry",   "workers"};

    (void)state;
    assert_int_equal(VERBS, sizeof(names) / sizeof(names[0]));
    for (int i = 0; i < VERBS; i++) {
        assert_string_equal(verb_name((enum verb)i), names[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_keep_their_numbers_and_names),
        cmocka_unit_test(test_causes_keep_their_numbers_and_names),
        cmocka_unit_test(test_verbs_keep_their_numbers_and_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

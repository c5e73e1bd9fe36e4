/*
 * test_plan.c - a plan keeps what it was made from, and answers for steps, checks, slots, budget.
 */
#include "planned.h"

#include "base/xalloc.h"

#include <stdlib.h>

static void
test_there_is_no_gate_without_checks_or_when_it_is_off(void **state)
{
    static const struct plan_check remote = {.local = false};
    static const struct plan_step local = {.local = true};

    (void)state;
    for (int i = 0; i < 4; i++) {
        const struct policy policy = {.gate_enabled = i % 2 == 1, .gate_successes = 1};
        struct plan_request q = planned_request(&policy, 1);
        q.steps = &local;
        q.checks = &remote;
        q.check_count = i / 2;
        struct plan *p = plan_new(&q, NULL);
        assert_int_equal(plan_check_count(p), i == 3 ? 1 : 0);
        assert_int_equal(plan_is_remote(p), i == 3);
        plan_free(p);
    }
    /* Where there is none, nobody asks whether it could be passed. */
    const struct policy policy = {.gate_enabled = true};
    const struct plan_request q = planned_request(&policy, 1);
    struct plan *p = plan_new(&q, NULL);
    assert_non_null(p);
    plan_free(p);
}

static void
test_the_budget_is_of_all_hosts_or_none(void **state)
{
    static const struct {
        struct policy policy;
        int32_t want;
    } cases[] = {
        {{.has_budget = false, .max_fail = {3, false}}, -1},
        {{.has_budget = false, .max_fail = {-3, false}}, -1},
        {{.has_budget = true}, 0},
        {{.has_budget = true, .max_fail = {3, false}}, 3},
        {{.has_budget = true, .max_fail = {25, true}}, 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct plan_request q = planned_request(&cases[i].policy, 9);
        struct plan *p = plan_new(&q, NULL);
        assert_int_equal(plan_budget(p), cases[i].want);
        plan_free(p);
    }
}

static void
test_a_plan_keeps_copies_of_policy_and_steps(void **state)
{
    struct policy *policy = xcalloc(1, sizeof(*policy));
    struct plan_step *steps = xcalloc(2, sizeof(*steps));
    struct plan_request q = planned_request(policy, 2);

    (void)state;
    policy->workers = 2;
    steps[1].delay_ms = 7;
    q.steps = steps;
    q.step_count = 2;
    q.finally_steps = steps;
    q.finally_count = 2;
    q.rollback_steps = &steps[1];
    q.rollback_count = 1;
    struct plan *p = plan_new(&q, NULL);
    free(policy);
    free(steps);
    assert_int_equal(plan_policy(p)->workers, 2);
    assert_int_equal(plan_step_count(p), 2);
    assert_int_equal(plan_finally_count(p), 2);
    assert_int_equal(plan_step(p, 1)->delay_ms, 7);
    assert_int_equal(plan_finally_step(p, 1)->delay_ms, 7);
    assert_int_equal(plan_rollback_count(p), 1);
    assert_int_equal(plan_rollback_step(p, 0)->delay_ms, 7);
    assert_true(plan_step_accepts(plan_rollback_step(p, 0), 0));
    plan_free(p);
    plan_free(NULL);
}

static void
test_exit_codes_are_the_listed_ones_or_only_zero(void **state)
{
    const struct plan_step steps[] = {{0}, {.ok_codes = {[0] = 1 << 3, [31] = 1 << 7}}};
    const struct policy policy = {.workers = 1};
    struct plan_request q = planned_request(&policy, 1);

    (void)state;
    q.steps = steps;
    q.step_count = 2;
    struct plan *p = plan_new(&q, NULL);
    for (int32_t code = -300; code < 600; code++) {
        assert_int_equal(plan_step_accepts(plan_step(p, 0), code), code == 0);
        assert_int_equal(plan_step_accepts(plan_step(p, 1), code), code == 3 || code == 255);
    }
    assert_false(plan_step_accepts(plan_step(p, 1), INT32_MIN));
    assert_false(plan_step_accepts(plan_step(p, 1), INT32_MAX));
    plan_free(p);
}

/* One list after the other has a remote step; the check too, which a plan without a gate leaves. */
static void
test_a_plan_is_remote_if_any_step_or_check_is(void **state)
{
    static const struct plan_step steps[] = {{.local = true}, {.local = false}};
    static const struct plan_check checks[] = {{.local = true}, {.local = false}};

    (void)state;
    for (int remote = 0; remote < 6; remote++) {
        const struct policy policy = {.gate_enabled = remote != 5, .gate_successes = 1};
        struct plan_request q = planned_request(&policy, 1);
        q.steps = steps;
        q.step_count = remote == 1 ? 2 : 1;
        q.finally_steps = steps;
        q.finally_count = remote == 2 ? 2 : 1;
        q.rollback_steps = steps;
        q.rollback_count = remote == 3 ? 2 : 1;
        q.checks = checks;
        q.check_count = remote >= 4 ? 2 : 1;
        struct plan *p = plan_new(&q, NULL);
        assert_int_equal(plan_is_remote(p), remote >= 1 && remote <= 4);
        plan_free(p);
    }
}

static void
test_slots_are_workers_but_no_more_than_hosts(void **state)
{
    static const struct {
        struct policy policy;
        int32_t slots;
    } cases[] = {
        {{.strategy = STRATEGY_SEQUENTIAL, .workers = 5}, 1},
        {{.strategy = STRATEGY_SEQUENTIAL}, 1},
        {{.strategy = STRATEGY_PARALLEL}, 1},
        {{.strategy = STRATEGY_PARALLEL, .workers = 6}, 6},
        {{.strategy = STRATEGY_PARALLEL, .workers = 9}, 7},
        {{.strategy = STRATEGY_ROLLING, .workers = 3, .serial_count = 1, .serial = {{5, false}}},
         3},
        {{.strategy = STRATEGY_ALL_AT_ONCE}, 1},
        {{.strategy = STRATEGY_ALL_AT_ONCE, .workers = 7}, 7},
        {{.strategy = STRATEGY_CANARY, .canary = {1, false}, .workers = 4}, 4},
        {{.strategy = STRATEGY_BLUE_GREEN, .workers = 2}, 2},
    };
    static const struct plan_step switches = {.switches = true};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plan_request q = planned_request(&cases[i].policy, 7);
        q.steps = &switches;
        struct plan *p = plan_new(&q, NULL);
        assert_non_null(p);
        assert_int_equal(plan_slot_count(p), cases[i].slots);
        plan_free(p);
    }
}

static void
test_the_switch_is_the_first_such_step_of_blue_green(void **state)
{
    static const struct plan_step steps[] = {{0}, {0}, {.switches = true}, {.switches = true}};

    (void)state;
    for (int s = 0; s < STRATEGIES; s++) {
        const struct policy policy = {.strategy = (enum strategy)s, .canary = {1, false}};
        struct plan_request q = planned_request(&policy, 2);
        q.steps = steps;
        q.step_count = 4;
        struct plan *p = plan_new(&q, NULL);
        assert_non_null(p);
        assert_int_equal(plan_switch_step(p), s == STRATEGY_BLUE_GREEN ? 2 : -1);
        plan_free(p);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_is_no_gate_without_checks_or_when_it_is_off),
        cmocka_unit_test(test_the_budget_is_of_all_hosts_or_none),
        cmocka_unit_test(test_a_plan_keeps_copies_of_policy_and_steps),
        cmocka_unit_test(test_exit_codes_are_the_listed_ones_or_only_zero),
        cmocka_unit_test(test_a_plan_is_remote_if_any_step_or_check_is),
        cmocka_unit_test(test_slots_are_workers_but_no_more_than_hosts),
        cmocka_unit_test(test_the_switch_is_the_first_such_step_of_blue_green),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_rollout_budget.c - what is counted, and what is done when it is too much: docs/rollout.md,
 * "Budget".
 *
 * Each test drives a rollout by hand: facts in, the exact orders out, as text.
 */
#include "unit/core/bench.h"

static void
budget_init(struct bench *b, enum on_failure way, int32_t max_fail)
{
    bench_init(b, STRATEGY_PARALLEL, 1);
    b->policy.on_failure = way;
    b->policy.answerable = true;
    b->policy.max_fail.value = max_fail;
    b->rollback_count = 1;
}

static void
test_a_bad_outcome_counts_before_the_finally_list_is_run(void **state)
{
    struct bench b;

    (void)state;
    budget_init(&b, ON_FAILURE_STOP, 0);
    b.finally_count = 1;
    b.policy.workers = 2;
    bench_start(&b, 3);
    whole_host(&b, 0, 1);
    in_state(&b, RUN_DRAINING, HALT_BUDGET);
    assert_int_equal(rollout_bad(b.rollout), 1);
    finally_done(&b, 0, 0, 1); /* it is counted once */
    assert_int_equal(rollout_bad(b.rollout), 1);
    bench_end(&b);
}

static void
test_a_failed_finally_step_turns_ok_into_failed_and_counts(void **state)
{
    struct bench b;

    (void)state;
    budget_init(&b, ON_FAILURE_STOP, 0);
    b.finally_count = 2;
    bench_start(&b, 2);
    whole_host(&b, 0, 0);
    buf_clear(&b.seen);
    finally_done(&b, 0, 0, 1);
    in_state(&b, RUN_DRAINING, HALT_BUDGET);
    expect(&b, "finally 0:1,"); /* the rest of the list runs all the same */
    finally_done(&b, 0, 1, 0);
    ended(&b, OUTCOME_FAILED, CAUSE_NONE, 0);
    bench_end(&b);
}

static void
test_each_host_counts_once_and_the_count_never_goes_down(void **state)
{
    struct bench b;

    (void)state;
    budget_init(&b, ON_FAILURE_STOP, 1);
    bench_start(&b, 3);
    past_host(&b, 0, 1);
    verb_to(&b, VERB_RETRY, 0);
    past_host(&b, 1, 0);
    past_host(&b, 0, 1);
    assert_int_equal(rollout_bad(b.rollout), 1);
    in_state(&b, RUN_RUNNING, HALT_NONE);
    verb_to(&b, VERB_RETRY, 0);
    past_host(&b, 2, 0);
    past_host(&b, 0, 0);
    ended(&b, OUTCOME_OK, CAUSE_NONE, 0);
    assert_int_equal(rollout_bad(b.rollout), 1);
    bench_end(&b);
}

static void
test_budget_by_counts_each_value_for_itself(void **state)
{
    static const int32_t value_of[] = {0, 1, 0, 1, 0};
    struct bench b;

    (void)state;
    budget_init(&b, ON_FAILURE_STOP, 9);
    b.budget_by[0] = (struct plan_parting){"site", value_of, 2, {.value = 1}};
    bench_start(&b, 5);
    past_host(&b, 0, 1);
    past_host(&b, 1, 1);
    in_state(&b, RUN_RUNNING, HALT_NONE);
    past_host(&b, 2, 1);
    in_state(&b, RUN_OVER, HALT_BUDGET);
    bench_end(&b);
}

static void
test_a_percent_of_budget_by_is_of_the_hosts_of_the_value(void **state)
{
    static const int32_t value_of[] = {0, 0, 0, 0, 1};
    struct bench b;

    (void)state;
    budget_init(&b, ON_FAILURE_STOP, 9);
    b.budget_by[0] = (struct plan_parting){"site", value_of, 2, {.value = 25, .percent = true}};
    bench_start(&b, 5);
    past_host(&b, 0, 1); /* one of four */
    in_state(&b, RUN_RUNNING, HALT_NONE);
    verb_to(&b, VERB_SKIP, 2);
    verb_to(&b, VERB_SKIP, 3);
    past_host(&b, 1, 0);
    past_host(&b, 4, 1); /* floor(25 % of one) is none */
    in_state(&b, RUN_OVER, HALT_BUDGET);
    bench_end(&b);
}

static void
test_of_two_variables_each_has_its_budget_and_max_fail_need_not_be_given(void **state)
{
    static const int32_t site_of[] = {0, 0, 1, 1};
    static const int32_t role_of[] = {0, 1, 0, 1};
    struct bench b;

    (void)state;
    budget_init(&b, ON_FAILURE_STOP, 0);
    b.policy.has_budget = false;
    b.budget_by[0] = (struct plan_parting){"site", site_of, 2, {.value = 1}};
    b.budget_by[1] = (struct plan_parting){"role", role_of, 2, {.value = 1}};
    bench_start(&b, 4);
    past_host(&b, 0, 1);
    past_host(&b, 1, 0);
    in_state(&b, RUN_RUNNING, HALT_NONE);
    past_host(&b, 2, 1); /* the second of its role */
    in_state(&b, RUN_OVER, HALT_BUDGET);
    bench_end(&b);
}

static void
test_an_action_without_budget_is_never_halted_for_it(void **state)
{
    struct bench b;

    (void)state;
    budget_init(&b, ON_FAILURE_STOP, 0);
    b.policy.has_budget = false;
    bench_start(&b, 3);
    for (int32_t i = 0; i < 3; i++) {
        in_state(&b, RUN_RUNNING, HALT_NONE);
        past_host(&b, i, 1);
    }
    in_state(&b, RUN_OVER, HALT_NONE);
    bench_end(&b);
}

static void
test_on_failure_decides_what_an_exceeded_budget_means(void **state)
{
    static const struct {
        enum on_failure way;
        enum run_state state;
        enum halt halt;
    } cases[] = {
        {ON_FAILURE_CONTINUE, RUN_RUNNING, HALT_NONE},
        {ON_FAILURE_STOP, RUN_DRAINING, HALT_BUDGET},
        {ON_FAILURE_ROLLBACK, RUN_DRAINING, HALT_BUDGET}, /* one is in flight */
        {ON_FAILURE_PAUSE, RUN_PAUSED, HALT_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench b;
        budget_init(&b, cases[i].way, 0);
        b.policy.workers = 2;
        bench_start(&b, 3);
        past_host(&b, 0, 1);
        in_state(&b, cases[i].state, cases[i].halt);
        past_host(&b, 1, 0);
        ended(&b, OUTCOME_OK, CAUSE_NONE, 1); /* hosts in flight go on to their end */
        if (cases[i].way == ON_FAILURE_ROLLBACK) {
            in_state(&b, RUN_ROLLING_BACK, HALT_BUDGET);
        }
        bench_end(&b);
    }
}

static void
test_continue_excuses_what_was_counted_and_no_more(void **state)
{
    struct bench b;

    (void)state;
    budget_init(&b, ON_FAILURE_PAUSE, 0);
    b.policy.workers = 2;
    bench_start(&b, 6);
    past_host(&b, 0, 1);
    in_state(&b, RUN_PAUSED, HALT_NONE);
    past_host(&b, 1, 1); /* in a pause it pauses no further */
    verb(&b, VERB_CONTINUE);
    in_state(&b, RUN_RUNNING, HALT_NONE);
    past_host(&b, 2, 1);
    in_state(&b, RUN_PAUSED, HALT_NONE);
    bench_end(&b);
}

static void
test_a_budget_that_was_not_exceeded_is_not_lowered_by_continue(void **state)
{
    static const int32_t value_of[] = {0, 1, 1, 0};
    struct bench b;

    (void)state;
    budget_init(&b, ON_FAILURE_PAUSE, 9);
    b.budget_by[0] = (struct plan_parting){"site", value_of, 2, {.value = 0}};
    bench_start(&b, 4);
    past_host(&b, 0, 1);
    in_state(&b, RUN_PAUSED, HALT_NONE);
    verb(&b, VERB_CONTINUE);
    past_host(&b, 1, 1); /* another value, with its own */
    in_state(&b, RUN_PAUSED, HALT_NONE);
    verb(&b, VERB_CONTINUE);
    past_host(&b, 2, 0);
    past_host(&b, 3, 1); /* the second of the first value, where one is excused */
    in_state(&b, RUN_PAUSED, HALT_NONE);
    bench_end(&b);
}

static void
test_three_denials_and_a_timeout_stop_whatever_on_failure_says(void **state)
{
    static const enum on_failure ways[] = {ON_FAILURE_CONTINUE, ON_FAILURE_ROLLBACK,
                                           ON_FAILURE_PAUSE};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct bench b;
        budget_init(&b, ways[i], 9);
        bench_start(&b, 5);
        past_host(&b, 0, 0);
        for (int32_t k = 1; k < 4; k++) {
            connect_failed(&b, k, 1, CAUSE_AUTH);
        }
        in_state(&b, RUN_OVER, HALT_BREAKER); /* and nothing was rolled back */
        bench_end(&b);

        budget_init(&b, ways[i], 9);
        b.policy.run_timeout_ms = 100;
        bench_start(&b, 3);
        past_host(&b, 0, 0);
        tick(&b, 100);
        in_state(&b, RUN_DRAINING, HALT_TIMEOUT);
        past_host(&b, 1, 0);
        in_state(&b, RUN_OVER, HALT_TIMEOUT);
        bench_end(&b);
    }
}

static void
test_a_failed_run_once_step_stops_or_rolls_back(void **state)
{
    static const enum on_failure ways[] = {ON_FAILURE_STOP, ON_FAILURE_CONTINUE, ON_FAILURE_PAUSE,
                                           ON_FAILURE_ROLLBACK};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct bench b;
        budget_init(&b, ways[i], 9);
        b.steps[0].run_once = true;
        bench_start(&b, 2);
        past_host(&b, 0, 1);
        in_state(&b, ways[i] == ON_FAILURE_ROLLBACK ? RUN_ROLLING_BACK : RUN_OVER, HALT_ONCE);
        bench_end(&b);
    }
}

static void
test_the_first_halt_stands_and_only_kill_tops_it(void **state)
{
    struct bench b;

    (void)state;
    budget_init(&b, ON_FAILURE_ROLLBACK, 0);
    bench_start(&b, 2);
    connected(&b, 0);
    verb(&b, VERB_ABORT);
    done(&b, 0, 0, 1);
    in_state(&b, RUN_OVER, HALT_ABORT); /* a budget exceeded later rolls nothing back */
    bench_end(&b);

    budget_init(&b, ON_FAILURE_STOP, 0);
    b.policy.workers = 2;
    bench_start(&b, 3);
    past_host(&b, 0, 1);
    connected(&b, 1);
    verb(&b, VERB_KILL);
    in_state(&b, RUN_KILLING, HALT_KILL);
    bench_end(&b);
}

static void
test_a_halt_ends_a_pause(void **state)
{
    struct bench b;

    (void)state;
    budget_init(&b, ON_FAILURE_STOP, 0);
    bench_start(&b, 2);
    connected(&b, 0);
    verb(&b, VERB_PAUSE);
    done(&b, 0, 0, 1);
    in_state(&b, RUN_OVER, HALT_BUDGET);
    bench_end(&b);
}

static void
test_what_is_exceeded_twice_is_decided_once(void **state)
{
    static const int32_t value_of[] = {0, 0, 0};
    struct bench b;

    (void)state;
    budget_init(&b, ON_FAILURE_ROLLBACK, 0); /* by max_fail and by a value, by two hosts */
    b.policy.workers = 2;
    b.budget_by[0] = (struct plan_parting){"site", value_of, 1, {.value = 0}};
    bench_start(&b, 3);
    past_host(&b, 0, 1);
    in_state(&b, RUN_DRAINING, HALT_BUDGET);
    past_host(&b, 1, 1);
    in_state(&b, RUN_ROLLING_BACK, HALT_BUDGET);
    bench_end(&b);
}

static void
test_a_halted_run_is_not_paused_by_its_budget(void **state)
{
    struct bench b;

    (void)state;
    budget_init(&b, ON_FAILURE_PAUSE, 0);
    bench_start(&b, 2);
    connected(&b, 0);
    verb(&b, VERB_ABORT);
    done(&b, 0, 0, 1);
    in_state(&b, RUN_OVER, HALT_ABORT);
    bench_end(&b);
}

static void
test_continue_gives_no_budget_to_a_run_that_has_none(void **state)
{
    struct bench b;

    (void)state;
    budget_init(&b, ON_FAILURE_STOP, 0);
    b.policy.has_budget = false;
    bench_start(&b, 3);
    past_host(&b, 0, 1);
    verb(&b, VERB_PAUSE);
    verb(&b, VERB_CONTINUE);
    past_host(&b, 1, 1);
    in_state(&b, RUN_RUNNING, HALT_NONE);
    bench_end(&b);
}

static void
test_a_budget_exceeded_in_a_pause_leaves_its_clocks_as_they_stand(void **state)
{
    struct bench b;

    (void)state;
    budget_init(&b, ON_FAILURE_PAUSE, 0);
    b.policy.run_timeout_ms = 1000;
    bench_start(&b, 2);
    verb(&b, VERB_PAUSE);
    past_host(&b, 0, 1);
    b.now_ms = 500;
    buf_clear(&b.seen);
    verb(&b, VERB_CONTINUE);
    expect(&b, "start 1@0, connect 1, wait 1500,");
    bench_end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bad_outcome_counts_before_the_finally_list_is_run),
        cmocka_unit_test(test_a_failed_finally_step_turns_ok_into_failed_and_counts),
        cmocka_unit_test(test_each_host_counts_once_and_the_count_never_goes_down),
        cmocka_unit_test(test_budget_by_counts_each_value_for_itself),
        cmocka_unit_test(test_a_percent_of_budget_by_is_of_the_hosts_of_the_value),
        cmocka_unit_test(test_of_two_variables_each_has_its_budget_and_max_fail_need_not_be_given),
        cmocka_unit_test(test_an_action_without_budget_is_never_halted_for_it),
        cmocka_unit_test(test_on_failure_decides_what_an_exceeded_budget_means),
        cmocka_unit_test(test_continue_excuses_what_was_counted_and_no_more),
        cmocka_unit_test(test_a_budget_that_was_not_exceeded_is_not_lowered_by_continue),
        cmocka_unit_test(test_three_denials_and_a_timeout_stop_whatever_on_failure_says),
        cmocka_unit_test(test_a_failed_run_once_step_stops_or_rolls_back),
        cmocka_unit_test(test_the_first_halt_stands_and_only_kill_tops_it),
        cmocka_unit_test(test_a_halt_ends_a_pause),
        cmocka_unit_test(test_what_is_exceeded_twice_is_decided_once),
        cmocka_unit_test(test_a_halted_run_is_not_paused_by_its_budget),
        cmocka_unit_test(test_continue_gives_no_budget_to_a_run_that_has_none),
        cmocka_unit_test(test_a_budget_exceeded_in_a_pause_leaves_its_clocks_as_they_stand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

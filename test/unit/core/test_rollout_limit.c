/*
 * test_rollout_limit.c - how many hosts are in flight: docs/rollout.md, "Limits", and "Words".
 *
 * Each test drives a rollout by hand: facts in, the exact orders out, as text.
 */
#include "unit/core/bench.h"

static void
limit_init(struct bench *b, int32_t workers, const int32_t *value_of, struct amount limit)
{
    bench_init(b, STRATEGY_PARALLEL, workers);
    b->policy.max_fail.value = 9;
    b->policy.answerable = true;
    b->parallel_by[0] = (struct plan_parting){"site", value_of, 2, limit};
}

static void
test_a_host_that_waits_for_its_value_is_passed_over(void **state)
{
    static const int32_t value_of[] = {0, 0, 1, 1, 0};
    struct bench b;

    (void)state;
    limit_init(&b, 4, value_of, (struct amount){.value = 1});
    bench_start(&b, 5);
    expect(&b, "start 0@0, connect 0, start 2@1, connect 2,");
    past_host(&b, 2, 0);
    expect(&b, "run_step 2:0.1, disconnect 2, release 2@1, start 3@1, connect 3,");
    past_host(&b, 0, 1);
    expect(&b, "run_step 0:0.1, disconnect 0, release 0@0, start 1@0, connect 1,");
    bench_end(&b);
}

static void
test_a_percent_is_of_the_hosts_of_the_value_and_one_at_least(void **state)
{
    static const int32_t value_of[] = {0, 0, 0, 0, 1, 1};
    struct bench b;

    (void)state;
    limit_init(&b, 6, value_of, (struct amount){.value = 50, .percent = true});
    bench_start(&b, 6);
    expect(&b, "start 0@0, connect 0, start 1@1, connect 1, start 4@2, connect 4,");
    bench_end(&b);

    limit_init(&b, 6, value_of, (struct amount){.value = 10, .percent = true});
    bench_start(&b, 6);
    expect(&b, "start 0@0, connect 0, start 4@1, connect 4,");
    bench_end(&b);
}

static void
test_of_two_variables_both_hold(void **state)
{
    static const int32_t site_of[] = {0, 0, 1, 1};
    static const int32_t role_of[] = {0, 1, 0, 1};
    struct bench b;

    (void)state;
    limit_init(&b, 4, site_of, (struct amount){.value = 1});
    b.parallel_by[1] = (struct plan_parting){"role", role_of, 2, {.value = 1}};
    bench_start(&b, 4);
    expect(&b, "start 0@0, connect 0, start 3@1, connect 3,");
    past_host(&b, 3, 0);
    expect(&b, "run_step 3:0.1, disconnect 3, release 3@1,"); /* 1 and 2 each share one with 0 */
    bench_end(&b);
}

static void
test_a_host_is_in_flight_to_the_end_of_its_finally_list(void **state)
{
    static const int32_t value_of[] = {0, 0};
    struct bench b;

    (void)state;
    limit_init(&b, 2, value_of, (struct amount){.value = 1});
    b.finally_count = 1;
    bench_start(&b, 2);
    whole_host(&b, 0, 1);
    assert_int_equal(rollout_active(b.rollout), 1);
    buf_clear(&b.seen);
    finally_done(&b, 0, 0, 0);
    expect(&b, "disconnect 0, release 0@0, start 1@0, connect 1,");
    bench_end(&b);
}

static void
test_a_parked_host_is_not_in_flight_and_is_again_when_it_is_switched(void **state)
{
    static const int32_t value_of[] = {0, 0};
    struct bench b;

    (void)state;
    limit_init(&b, 2, value_of, (struct amount){.value = 1});
    b.policy.strategy = STRATEGY_BLUE_GREEN;
    b.step_count = 2;
    b.steps[1].switches = true;
    bench_start(&b, 2);
    buf_clear(&b.seen);
    past_host(&b, 0, 0);
    past_host(&b, 1, 0);
    expect(&b, "run_step 0:0.1, disconnect 0, park 0@0, start 1@0, connect 1, run_step 1:0.1, "
               "disconnect 1, park 1@0, unpark 0@0, connect 0,");
    bench_end(&b);
}

static void
test_workers_never_lets_more_in_than_limits_say(void **state)
{
    static const int32_t value_of[] = {0, 0, 1};
    struct bench b;

    (void)state;
    limit_init(&b, 1, value_of, (struct amount){.value = 1});
    bench_start(&b, 3);
    buf_clear(&b.seen);
    tell(&b, (struct fact){.kind = FACT_VERB, .verb = VERB_WORKERS, .value = 9});
    expect(&b, "start 2@1, connect 2,");
    bench_end(&b);
}

/* As many as fill more than one word of the set of slots, and every ring. */
enum { MANY = 150 };

static void
many_done(struct bench *b, int32_t host)
{
    whole_host(b, host, 0);
    looked(b, host, true);
    gone(b, host);
}

static void
test_many_hosts_go_as_few_do(void **state)
{
    struct bench b;
    struct buf all;

    (void)state;
    buf_init(&all, 1 << 20);
    bench_init(&b, STRATEGY_PARALLEL, MANY - 2);
    bench_gate(&b);
    b.rollback_count = 1;
    bench_start(&b, MANY);
    assert_int_equal(rollout_active(b.rollout), MANY - 2);
    for (int32_t i = 0; i < MANY - 2; i++) {
        buf_addf(&all, "%sstart %d@%d, connect %d,", i > 0 ? " " : "", (int)i, (int)i, (int)i);
    }
    assert_string_equal(b.seen.data, all.data);
    buf_release(&all);
    many_done(&b, 5);
    assert_int_equal(rollout_host(b.rollout, MANY - 2).slot, 5); /* the lowest that is free */
    tell(&b, (struct fact){.kind = FACT_VERB, .verb = VERB_WORKERS, .value = MANY - 1});
    assert_int_equal(rollout_host(b.rollout, MANY - 1).slot, MANY - 2);
    for (int32_t i = 0; i < MANY - 1; i++) {
        if (i != 5) {
            assert_int_equal(rollout_host(b.rollout, i).slot, i < MANY - 2 ? i : 5);
            many_done(&b, i);
        }
    }
    buf_clear(&b.seen);
    tick(&b, 500); /* all of them are looked at */
    for (int32_t i = 0; i < MANY - 1; i++) {
        looked(&b, i, true);
        assert_int_equal(rollout_host(b.rollout, i).probe_try, 2);
    }
    tell(&b, (struct fact){.kind = FACT_VERB, .verb = VERB_WORKERS, .value = 1});
    buf_clear(&b.seen);
    verb(&b, VERB_ROLLBACK);
    gone(&b, MANY - 1);
    expect(&b, "disconnect 149, wait -1, release 149@148, rollback 148@0, connect 148,");
    in_state(&b, RUN_ROLLING_BACK, HALT_ROLLBACK);
    bench_end(&b);
}

static void
test_a_burst_of_orders_keeps_their_order(void **state)
{
    struct bench b;
    struct buf all;

    (void)state;
    buf_init(&all, 1 << 20);
    bench_init(&b, STRATEGY_PARALLEL, 1);
    bench_start(&b, MANY);
    buf_clear(&b.seen);
    tell(&b, (struct fact){.kind = FACT_VERB, .verb = VERB_WORKERS, .value = MANY});
    for (int32_t i = 1; i < MANY; i++) {
        buf_addf(&all, "%sstart %d@%d, connect %d,", i > 1 ? " " : "", (int)i, (int)i, (int)i);
    }
    assert_string_equal(b.seen.data, all.data);
    buf_release(&all);
    bench_end(&b);
}

static void
test_many_that_wait_for_their_retry_are_all_remembered(void **state)
{
    enum { FAILED = 40 };
    static const int32_t value_of[FAILED + 1]; /* one value: one at a time */
    struct bench b;

    (void)state;
    limit_init(&b, 2, value_of, (struct amount){.value = 1});
    b.policy.max_fail.value = FAILED;
    bench_start(&b, FAILED + 1);
    for (int32_t i = 0; i < FAILED; i++) {
        past_host(&b, i, 1);
    }
    for (int32_t i = FAILED - 1; i >= 0; i--) {
        verb_to(&b, VERB_RETRY, i);
    }
    past_host(&b, FAILED, 0);
    for (int32_t i = 0; i < FAILED; i++) {
        ended(&b, OUTCOME_RUNNING, CAUSE_NONE, i);
        past_host(&b, i, 0);
    }
    in_state(&b, RUN_OVER, HALT_NONE);
    assert_int_equal(rollout_summary(b.rollout).count[OUTCOME_OK], FAILED + 1);
    bench_end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_host_that_waits_for_its_value_is_passed_over),
        cmocka_unit_test(test_a_percent_is_of_the_hosts_of_the_value_and_one_at_least),
        cmocka_unit_test(test_of_two_variables_both_hold),
        cmocka_unit_test(test_a_host_is_in_flight_to_the_end_of_its_finally_list),
        cmocka_unit_test(test_a_parked_host_is_not_in_flight_and_is_again_when_it_is_switched),
        cmocka_unit_test(test_workers_never_lets_more_in_than_limits_say),
        cmocka_unit_test(test_many_hosts_go_as_few_do),
        cmocka_unit_test(test_a_burst_of_orders_keeps_their_order),
        cmocka_unit_test(test_many_that_wait_for_their_retry_are_all_remembered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

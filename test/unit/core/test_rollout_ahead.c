/*
 * test_rollout_ahead.c - who is connected ahead, and when: docs/rollout.md, "Connecting ahead".
 *
 * Each test drives a rollout by hand: facts in, the exact orders out, as text.
 */
#include "unit/core/bench.h"

/* A wave of two, of which none waits: the next is connected. */
static void
test_the_next_wave_is_connected_when_all_of_this_one_have_started(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 2);
    bench_start(&b, 5);
    expect(&b, "start 0@0, connect 0, start 1@1, connect 1, connect 2 ahead, connect 3 ahead,");
    connected(&b, 2);
    connected(&b, 3);
    past_host(&b, 0, 0);
    expect(&b, "run_step 0:0.1, disconnect 0, release 0@0,"); /* and nothing runs on them */
    past_host(&b, 1, 0);
    expect(&b, "run_step 1:0.1, disconnect 1, release 1@1, start 2@0, run_step 2:0.1,"
               " start 3@1, run_step 3:0.1, connect 4 ahead,");
    bench_end(&b);

    ahead_init(&b, 2); /* as many as W, and none as A says */
    b.policy.ahead_max = 0;
    bench_start(&b, 5);
    expect(&b, "start 0@0, connect 0, start 1@1, connect 1,");
    bench_end(&b);
}

static void
test_nobody_is_while_a_host_of_the_wave_waits_for_a_slot(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 2);
    b.policy.serial_count = 1;
    b.policy.serial[0].value = 3;
    bench_start(&b, 6);
    expect(&b, "start 0@0, connect 0, start 1@1, connect 1,");
    past_host(&b, 1, 0);
    expect(&b, "run_step 1:0.1, disconnect 1, release 1@1, start 2@1, connect 2,"
               " connect 3 ahead, connect 4 ahead,"); /* behind what starts by the same fact */
    past_host(&b, 0, 0);
    expect(&b, "run_step 0:0.1, disconnect 0, release 0@0,");
    bench_end(&b);
}

static void
test_nobody_is_while_a_host_of_the_wave_waits_for_a_limit(void **state)
{
    static const int32_t value_of[] = {0, 0, 0, 1};
    struct bench b;

    (void)state;
    ahead_init(&b, 2);
    b.parallel_by[0] = (struct plan_parting){"site", value_of, 2, {.value = 1}};
    bench_start(&b, 4);
    expect(&b, "start 0@0, connect 0,");
    past_host(&b, 0, 0);
    /* 2 has the value of 1, and is connected all the same: no limit counts it */
    expect(&b, "run_step 0:0.1, disconnect 0, release 0@0, start 1@0, connect 1,"
               " connect 2 ahead, connect 3 ahead,");
    bench_end(&b);
}

static void
test_nobody_is_while_a_host_waits_for_its_retry(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 2);
    b.policy.ahead_max = 1;
    b.policy.serial_count = 1;
    b.policy.serial[0].value = 3;
    bench_start(&b, 6);
    whole_host(&b, 0, 1);
    expect(&b, "start 0@0, connect 0, start 1@1, connect 1, run_step 0:0.1, disconnect 0,"
               " release 0@0, start 2@0, connect 2, connect 3 ahead,");
    verb_to(&b, VERB_RETRY, 0);
    connect_failed(&b, 3, 1, CAUSE_CONNECT);
    assert_int_equal(b.seen.len, 0); /* 4 would be next */
    whole_host(&b, 1, 0);
    expect(&b, "run_step 1:0.1, disconnect 1, release 1@1, start 0@1, connect 4 ahead,");
    bench_end(&b);

    ahead_init(&b, 2); /* one that waits no more is waited for no more */
    b.policy.ahead_max = 1;
    b.policy.serial_count = 1;
    b.policy.serial[0].value = 3;
    bench_start(&b, 6);
    whole_host(&b, 0, 1);
    verb_to(&b, VERB_RETRY, 0);
    connect_failed(&b, 3, 1, CAUSE_CONNECT);
    buf_clear(&b.seen);
    verb_to(&b, VERB_SKIP, 0);
    expect(&b, "connect 4 ahead,");
    bench_end(&b);
}

static void
test_nobody_is_where_no_host_is_connected_to(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 2);
    b.steps[0].local = true;
    bench_start(&b, 4);
    expect(&b, "start 0@0, run_step 0:0.1, start 1@1, run_step 1:0.1,");
    bench_end(&b);

    ahead_init(&b, 2); /* a finally step is reason enough */
    b.steps[0].local = true;
    b.finally_count = 1;
    bench_start(&b, 4);
    expect(&b, "start 0@0, connect 0, start 1@1, connect 1, connect 2 ahead, connect 3 ahead,");
    bench_end(&b);
}

static void
test_nobody_is_over_a_barrier_that_waits(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 1);
    b.policy.wave_bake_ms = 1;
    bench_start(&b, 2);
    expect(&b, "start 0@0, connect 0,");
    bench_end(&b);

    ahead_init(&b, 1);
    b.policy.wave_pause_ms = 1;
    bench_start(&b, 2);
    expect(&b, "start 0@0, connect 0,");
    past_host(&b, 0, 0);
    expect(&b, "run_step 0:0.1, disconnect 0, release 0@0, wait 1,"); /* nor in the pause */
    bench_end(&b);
}

static void
test_nobody_is_before_the_switch(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 2);
    b.policy.strategy = STRATEGY_BLUE_GREEN;
    b.step_count = 2;
    b.steps[1].switches = true;
    bench_start(&b, 3);
    expect(&b, "start 0@0, connect 0, start 1@1, connect 1,");
    whole_host(&b, 0, 0);
    gone(&b, 0);
    whole_host(&b, 1, 0);
    expect(&b, "run_step 0:0.1, disconnect 0, park 0@0, start 2@0, connect 2, run_step 1:0.1,"
               " disconnect 1, park 1@1,");
    bench_end(&b);
}

static void
test_nobody_is_before_a_canary_is_promoted_by_hand(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 1);
    b.policy.strategy = STRATEGY_CANARY;
    b.policy.canary.value = 2;
    b.policy.promote = PROMOTE_MANUAL;
    b.policy.workers = 2;
    bench_start(&b, 5);
    expect(&b, "start 0@0, connect 0, start 1@1, connect 1,");
    past_host(&b, 0, 0);
    past_host(&b, 1, 0);
    buf_clear(&b.seen);
    verb(&b, VERB_PROMOTE);
    expect(&b, "start 2@0, connect 2, start 3@1, connect 3, connect 4 ahead,");
    bench_end(&b);

    ahead_init(&b, 1); /* by itself it goes on at once */
    b.policy.strategy = STRATEGY_CANARY;
    b.policy.canary.value = 1;
    bench_start(&b, 3);
    expect(&b, "start 0@0, connect 0, connect 1 ahead,");
    connected(&b, 1);
    whole_host(&b, 0, 1); /* and a canary that fails halts: nothing is promoted */
    expect(&b, "run_step 0:0.1, disconnect 0, release 0@0, disconnect 1,");
    gone(&b, 1);
    expect(&b, "finish 3,");
    in_state(&b, RUN_OVER, HALT_CANARY);
    bench_end(&b);
}

static void
test_waves_of_values_are_connected_ahead_too(void **state)
{
    static const int32_t value_of[] = {0, 1, 0, 1};
    struct bench b;

    (void)state;
    ahead_init(&b, 9);
    b.policy.strategy = STRATEGY_PARALLEL;
    b.sequence_by =
        (struct plan_parting){.variable = "site", .value_of = value_of, .value_count = 2};
    bench_start(&b, 4);
    expect(&b, "start 0@0, connect 0, start 2@1, connect 2, connect 1 ahead, connect 3 ahead,");
    bench_end(&b);

    ahead_init(&b, 9); /* of one at a time there is one ahead */
    b.policy.strategy = STRATEGY_SEQUENTIAL;
    b.sequence_by =
        (struct plan_parting){.variable = "site", .value_of = value_of, .value_count = 2};
    bench_start(&b, 4);
    past_host(&b, 0, 0);
    expect(&b, "start 0@0, connect 0, run_step 0:0.1, disconnect 0, release 0@0, start 2@0,"
               " connect 2, connect 1 ahead,");
    bench_end(&b);
}

static void
test_no_more_are_ahead_than_a_and_w_allow(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 3);
    b.policy.ahead_max = 2;
    bench_start(&b, 9);
    expect(&b, "start 0@0, connect 0, start 1@1, connect 1, start 2@2, connect 2,"
               " connect 3 ahead, connect 4 ahead,");
    assert_int_equal(rollout_ahead(b.rollout), 2);
    connected(&b, 3);
    assert_int_equal(b.seen.len, 0);
    throttled(&b, 4); /* its end makes room for another; for it there is no second time */
    expect(&b, "connect 5 ahead,");
    lost(&b, 3);
    assert_int_equal(b.seen.len, 0);
    assert_int_equal(rollout_ahead(b.rollout), 1);
    bench_end(&b);

    ahead_init(&b, 3); /* W is that of now */
    b.policy.serial_count = 2;
    b.policy.serial[0].value = 1;
    b.policy.serial[1].value = 5;
    bench_start(&b, 6);
    expect(&b, "start 0@0, connect 0, connect 1 ahead, connect 2 ahead, connect 3 ahead,");
    workers(&b, 2);
    throttled(&b, 1);
    assert_int_equal(b.seen.len, 0);
    workers(&b, 3);
    expect(&b, "connect 4 ahead,");
    workers(&b, 9); /* A is what it was */
    assert_int_equal(b.seen.len, 0);
    bench_end(&b);
}

static void
test_skipped_hosts_are_passed_over(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 1);
    b.policy.serial_count = 2;
    b.policy.serial[0].value = 1;
    b.policy.serial[1].value = 2;
    b.policy.wave_pause_ms = 0;
    bench_start(&b, 6);
    expect(&b, "start 0@0, connect 0, connect 1 ahead,");
    verb_to(&b, VERB_SKIP, 2);
    verb_to(&b, VERB_SKIP, 3);
    verb_to(&b, VERB_SKIP, 4);
    past_host(&b, 0, 0);
    expect(&b, "run_step 0:0.1, disconnect 0, release 0@0, start 1@0,");
    /* the next wave is that of 3 and 4: nobody is connected over a wave that starts no host */
    past_host(&b, 1, 0);
    expect(&b, "run_step 1:0.1, disconnect 1, release 1@0, start 5@0, connect 5,");
    bench_end(&b);
}

static void
test_a_pause_lets_stand_what_is_ahead_and_connects_no_more(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 2);
    b.policy.ahead_max = 1;
    bench_start(&b, 4);
    connected(&b, 2);
    buf_clear(&b.seen);
    verb(&b, VERB_PAUSE);
    assert_int_equal(b.seen.len, 0);
    lost(&b, 2);
    assert_int_equal(b.seen.len, 0); /* 3 would be next */
    verb(&b, VERB_CONTINUE);
    expect(&b, "connect 3 ahead,");
    past_host(&b, 0, 0);
    past_host(&b, 1, 0);
    expect(&b, "run_step 0:0.1, disconnect 0, release 0@0, run_step 1:0.1, disconnect 1,"
               " release 1@1, start 2@0, connect 2, start 3@1,"); /* the order of 3 stands */
    bench_end(&b);
}

static void
test_a_retry_that_opens_the_wave_again_leaves_what_is_ahead(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 2);
    b.policy.ahead_max = 1;
    bench_start(&b, 4);
    connected(&b, 2);
    past_host(&b, 0, 1);
    verb(&b, VERB_PAUSE);
    past_host(&b, 1, 0);
    buf_clear(&b.seen);
    lost(&b, 2);
    verb_to(&b, VERB_RETRY, 0); /* the wave was over, and is not any more */
    expect(&b, "start 0@0, connect 0,");
    verb(&b, VERB_CONTINUE);
    expect(&b, "connect 3 ahead,");
    connected(&b, 3);
    connected(&b, 0);
    verb(&b, VERB_PAUSE);
    done(&b, 0, 0, 1);
    gone(&b, 0);
    verb_to(&b, VERB_RETRY, 0);
    expect(&b, "run_step 0:0.2, disconnect 0, release 0@0, start 0@0, connect 0,");
    assert_int_equal(rollout_ahead(b.rollout), 1);
    verb(&b, VERB_CONTINUE);
    past_host(&b, 0, 0);
    expect(&b, "run_step 0:0.3, disconnect 0, release 0@0, start 2@0, connect 2, start 3@1,"
               " run_step 3:0.1,");
    bench_end(&b);
}

static void
test_nobody_is_in_the_last_wave_or_after_a_halt(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 2);
    b.policy.max_fail.value = 0;
    b.policy.serial_count = 1;
    b.policy.serial[0].value = 2;
    bench_start(&b, 2);
    expect(&b, "start 0@0, connect 0, start 1@1, connect 1,");
    bench_end(&b);

    ahead_init(&b, 2);
    b.policy.max_fail.value = 0;
    b.policy.serial_count = 1;
    b.policy.serial[0].value = 3;
    bench_start(&b, 5);
    whole_host(&b, 0, 1); /* nobody waits to start any more, since nobody ever will */
    expect(&b, "start 0@0, connect 0, start 1@1, connect 1, run_step 0:0.1, disconnect 0,"
               " release 0@0,");
    past_host(&b, 1, 0);
    expect(&b, "run_step 1:0.1, disconnect 1, release 1@1, finish 3,");
    bench_end(&b);
}

static void
test_a_host_ahead_is_untouched(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 1);
    bench_start(&b, 3);
    for (int i = 0; i < 2; i++) {
        const struct rollout_host h = rollout_host(b.rollout, 1);
        assert_true(h.ahead);
        assert_int_equal(h.outcome, OUTCOME_UNTOUCHED);
        assert_int_equal(h.connect_attempt, 1);
        assert_int_equal(h.slot, -1);
        assert_int_equal(h.round, 0);
        assert_int_equal(h.started_ms, -1);
        assert_int_equal(rollout_active(b.rollout), 1);
        assert_int_equal(rollout_summary(b.rollout).count[OUTCOME_UNTOUCHED], 2);
        connected(&b, 1);
    }
    assert_false(rollout_host(b.rollout, 0).ahead);
    assert_false(rollout_host(b.rollout, 2).ahead);
    buf_clear(&b.seen);
    done(&b, 1, 0, 0); /* nothing was sent to it */
    assert_int_equal(b.seen.len, 0);
    verb_to(&b, VERB_RETRY, 1);
    assert_int_equal(b.seen.len, 0);
    past_host(&b, 0, 0);
    assert_false(rollout_host(b.rollout, 1).ahead);
    assert_int_equal(rollout_host(b.rollout, 1).slot, 0);
    bench_end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_next_wave_is_connected_when_all_of_this_one_have_started),
        cmocka_unit_test(test_nobody_is_while_a_host_of_the_wave_waits_for_a_slot),
        cmocka_unit_test(test_nobody_is_while_a_host_of_the_wave_waits_for_a_limit),
        cmocka_unit_test(test_nobody_is_while_a_host_waits_for_its_retry),
        cmocka_unit_test(test_nobody_is_where_no_host_is_connected_to),
        cmocka_unit_test(test_nobody_is_over_a_barrier_that_waits),
        cmocka_unit_test(test_nobody_is_before_the_switch),
        cmocka_unit_test(test_nobody_is_before_a_canary_is_promoted_by_hand),
        cmocka_unit_test(test_waves_of_values_are_connected_ahead_too),
        cmocka_unit_test(test_no_more_are_ahead_than_a_and_w_allow),
        cmocka_unit_test(test_skipped_hosts_are_passed_over),
        cmocka_unit_test(test_a_pause_lets_stand_what_is_ahead_and_connects_no_more),
        cmocka_unit_test(test_a_retry_that_opens_the_wave_again_leaves_what_is_ahead),
        cmocka_unit_test(test_nobody_is_in_the_last_wave_or_after_a_halt),
        cmocka_unit_test(test_a_host_ahead_is_untouched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_rollout_park.c - hosts that wait for the switch: docs/rollout.md, "blue_green".
 *
 * Each test drives a rollout by hand: facts in, the exact orders out, as text.
 */
#include "unit/core/bench.h"

/* One step before the switch, and the switch. */
static void
park_init(struct bench *b, int32_t workers)
{
    bench_init(b, STRATEGY_BLUE_GREEN, workers);
    b->policy.max_fail.value = 9;
    b->policy.answerable = true;
    b->step_count = 2;
    b->steps[1].switches = true;
}

/* Its first step is over, and its session. */
static void
parked(struct bench *b, int32_t host)
{
    past_host(b, host, 0);
    assert_true(rollout_host(b->rollout, host).parked);
}

static void
test_a_parked_host_has_no_slot_and_no_session(void **state)
{
    struct bench b;

    (void)state;
    park_init(&b, 1);
    bench_start(&b, 2);
    whole_host(&b, 0, 0);
    expect(&b,
           "start 0@0, connect 0, run_step 0:0.1, disconnect 0, park 0@0, start 1@0, connect 1,");
    ended(&b, OUTCOME_RUNNING, CAUSE_NONE, 0);
    assert_int_equal(rollout_active(b.rollout), 1);
    bench_end(&b);
}

static void
test_when_all_are_parked_or_over_they_are_switched_in_order(void **state)
{
    struct bench b;

    (void)state;
    park_init(&b, 2);
    b.waves = true;
    b.finally_count = 1;
    bench_start(&b, 3);
    parked(&b, 1);
    whole_host(&b, 0, 1);
    finally_done(&b, 0, 0, 0);
    ended(&b, OUTCOME_FAILED, CAUSE_NONE, 0); /* its end is here: it is not switched */
    connected(&b, 2);
    buf_clear(&b.seen);
    done(&b, 2, 0, 0);
    expect(&b, "disconnect 2, park 2@1, wave_end 0, wave_begin 1, unpark 1@0, connect 1, "
               "unpark 2@1,");
    assert_int_equal(rollout_waves_started(b.rollout), 2);
    gone(&b, 2); /* nothing begins before */
    expect(&b, "connect 2,");
    connected(&b, 1);
    done(&b, 1, 1, 0);
    finally_done(&b, 1, 0, 0);
    expect(&b, "run_step 1:1.1, finally 1:0, disconnect 1, release 1@0,");
    connected(&b, 2);
    done(&b, 2, 1, 0);
    finally_done(&b, 2, 0, 0);
    expect(&b, "run_step 2:1.1, finally 2:0, disconnect 2, release 2@1, wave_end 1, finish 2,");
    assert_int_equal(rollout_waves_done(b.rollout), 2);
    bench_end(&b);
}

static void
test_wave_pause_comes_before_the_switch_and_wave_bake_only_behind_it(void **state)
{
    struct bench b;

    (void)state;
    park_init(&b, 1);
    b.policy.wave_bake_ms = 100;
    b.policy.wave_pause_ms = 1000;
    bench_start(&b, 1);
    buf_clear(&b.seen);
    parked(&b, 0);
    expect(&b, "run_step 0:0.1, disconnect 0, park 0@0, wait 1000,");
    tick(&b, 1000);
    connected(&b, 0);
    done(&b, 0, 1, 0);
    expect(&b, "unpark 0@0, connect 0, wait -1, run_step 0:1.1, disconnect 0, release 0@0, "
               "wait 1100,");
    tick(&b, 1100);
    expect(&b, "finish 0, wait -1,");
    bench_end(&b);
}

static void
test_a_whole_first_wave_that_failed_halts_and_a_second_does_not(void **state)
{
    struct bench b;

    (void)state;
    park_init(&b, 1);
    bench_start(&b, 2);
    past_host(&b, 0, 1);
    past_host(&b, 1, 1);
    in_state(&b, RUN_OVER, HALT_WAVE);
    bench_end(&b);

    park_init(&b, 1);
    bench_start(&b, 2);
    parked(&b, 0);
    parked(&b, 1);
    for (int32_t i = 0; i < 2; i++) {
        connected(&b, i);
        done(&b, i, 1, 1);
        gone(&b, i);
    }
    in_state(&b, RUN_OVER, HALT_NONE);
    bench_end(&b);
}

static void
test_on_a_halt_every_parked_host_is_cancelled_over_slots_finally_list_first(void **state)
{
    struct bench b;

    (void)state;
    park_init(&b, 1);
    b.finally_count = 1;
    b.finally_steps[0].local = true;
    bench_start(&b, 3);
    parked(&b, 0);
    parked(&b, 1);
    connected(&b, 2);
    buf_clear(&b.seen);
    verb(&b, VERB_ABORT);
    assert_int_equal(b.seen.len, 0); /* there is no slot for them yet */
    done(&b, 2, 0, 0);
    expect(&b, "finally 2:0,"); /* it has come to the switch: cancelled where it is */
    ended(&b, OUTCOME_CANCELLED, CAUSE_SWITCH, 2);
    finally_done(&b, 2, 0, 0);
    expect(&b, "disconnect 2, release 2@0, unpark 0@0, finally 0:0,");
    finally_done(&b, 0, 0, 0);
    expect(&b, "release 0@0, unpark 1@0, finally 1:0,");
    finally_done(&b, 1, 0, 0);
    expect(&b, "release 1@0, finish 3,");
    ended(&b, OUTCOME_CANCELLED, CAUSE_SWITCH, 0);
    assert_int_equal(rollout_bad(b.rollout), 0);
    bench_end(&b);
}

static void
test_without_a_finally_list_a_cancelled_host_takes_and_leaves_its_slot_at_once(void **state)
{
    struct bench b;

    (void)state;
    park_init(&b, 2);
    bench_start(&b, 3);
    parked(&b, 0);
    parked(&b, 1);
    buf_clear(&b.seen);
    verb(&b, VERB_ABORT);
    expect(&b, "disconnect 2, unpark 0@1, release 0@1, unpark 1@1, release 1@1,");
    gone(&b, 2);
    expect(&b, "release 2@0, finish 3,");
    bench_end(&b);
}

static void
test_one_that_is_cancelled_and_was_changed_is_rolled_back(void **state)
{
    struct bench b;

    (void)state;
    park_init(&b, 1);
    b.rollback_count = 1;
    bench_start(&b, 2);
    parked(&b, 0);
    buf_clear(&b.seen);
    verb(&b, VERB_ROLLBACK);
    gone(&b, 1);
    expect(&b, "disconnect 1, release 1@0, unpark 0@0, release 0@0, rollback 0@0, connect 0,");
    past_host(&b, 0, 0);
    in_state(&b, RUN_OVER, HALT_ROLLBACK);
    ended(&b, OUTCOME_CANCELLED, CAUSE_SWITCH, 0);
    bench_end(&b);
}

static void
test_a_kill_reaches_a_cancelled_host_at_its_finally_list(void **state)
{
    struct bench b;

    (void)state;
    park_init(&b, 1);
    b.finally_count = 1;
    bench_start(&b, 2);
    whole_host(&b, 0, 0); /* its session is being closed still */
    gone(&b, 1);
    buf_clear(&b.seen);
    verb(&b, VERB_ABORT);
    gone(&b, 1);
    finally_done(&b, 1, 0, 0);
    expect(&b, "disconnect 1, finally 1:0, release 1@0, unpark 0@0,");
    verb(&b, VERB_KILL); /* it waits for the end of that session: no second disconnect */
    assert_int_equal(b.seen.len, 0);
    gone(&b, 0);
    expect(&b, "finally 0:0,"); /* and no connection for it */
    ended(&b, OUTCOME_CANCELLED, CAUSE_SWITCH, 0);
    finally_done(&b, 0, 0, 0);
    expect(&b, "release 0@0, finish 3,");
    bench_end(&b);

    park_init(&b, 1); /* nor are those that were parked switched by it */
    bench_start(&b, 2);
    parked(&b, 0);
    verb(&b, VERB_KILL);
    gone(&b, 1);
    ended(&b, OUTCOME_CANCELLED, CAUSE_SWITCH, 0);
    bench_end(&b);

    park_init(&b, 1); /* and nobody connects after it */
    b.finally_count = 1;
    bench_start(&b, 2);
    parked(&b, 0);
    verb(&b, VERB_KILL);
    gone(&b, 1);
    buf_clear(&b.seen);
    finally_done(&b, 1, 0, 0);
    expect(&b, "release 1@0, unpark 0@0, finally 0:0,");
    bench_end(&b);
}

static void
test_a_parked_host_is_under_way_for_the_operator(void **state)
{
    struct bench b;
    const struct fact skip = {.kind = FACT_VERB, .verb = VERB_SKIP, .host = 0};
    const struct fact retry = {.kind = FACT_VERB, .verb = VERB_RETRY, .host = 0};

    (void)state;
    park_init(&b, 1);
    bench_start(&b, 2);
    parked(&b, 0);
    assert_string_equal(rollout_refuses(b.rollout, &skip), "it has been started");
    assert_string_equal(rollout_refuses(b.rollout, &retry), "it is under way");
    bench_end(&b);
}

static void
test_a_host_retried_behind_the_switch_does_not_wait_for_it_again(void **state)
{
    struct bench b;

    (void)state;
    park_init(&b, 1);
    bench_start(&b, 2);
    parked(&b, 0);
    past_host(&b, 1, 1);
    verb_to(&b, VERB_RETRY, 1);
    buf_clear(&b.seen);
    connected(&b, 0);
    done(&b, 0, 1, 0);
    gone(&b, 0);
    connected(&b, 1);
    done(&b, 1, 0, 0);
    expect(&b, "run_step 0:1.1, disconnect 0, release 0@0, start 1@0, connect 1, run_step 1:0.2, "
               "run_step 1:1.2,");
    bench_end(&b);
}

static void
test_the_rollback_list_has_no_switch(void **state)
{
    struct bench b;

    (void)state;
    park_init(&b, 1);
    b.rollback_count = 2;
    bench_start(&b, 2);
    parked(&b, 0);
    verb(&b, VERB_ROLLBACK);
    gone(&b, 1);
    connected(&b, 0);
    buf_clear(&b.seen);
    done(&b, 0, 0, 0);
    expect(&b, "run_step 0:1.2,");
    bench_end(&b);
}

static void
test_where_the_first_step_is_the_switch_nothing_is_done_before(void **state)
{
    struct bench b;

    (void)state;
    park_init(&b, 1);
    b.steps[0].switches = true;
    b.policy.wave_bake_ms = 100;
    bench_start(&b, 2);
    expect(&b, "start 0@0, park 0@0, start 1@0, park 1@0, unpark 0@0, connect 0,");
    bench_end(&b);

    park_init(&b, 1); /* all hosts are of the second wave, too, and hold its bake */
    bench_gate(&b);
    b.steps[0].switches = true;
    b.step_count = 1;
    b.policy.wave_bake_ms = 100;
    b.policy.gate_retries = 1;
    bench_start(&b, 1);
    past_gate(&b, 0);
    b.now_ms = 10;
    looked(&b, 0, false);
    assert_int_equal(rollout_wave_due_ms(b.rollout), 110);
    bench_end(&b);
}

static void
test_hosts_wait_for_each_other_behind_the_switch_as_elsewhere(void **state)
{
    struct bench b;

    (void)state;
    park_init(&b, 3);
    b.step_count = 3;
    b.steps[0].throttle = 1;
    b.steps[2].run_once = true;
    bench_start(&b, 3);
    for (int32_t i = 0; i < 3; i++) {
        connected(&b, i);
    }
    for (int32_t i = 0; i < 3; i++) {
        done(&b, i, 0, 0);
        gone(&b, i);
    }
    for (int32_t i = 2; i >= 0; i--) {
        connected(&b, i);
    }
    done(&b, 2, 1, 0);
    done(&b, 1, 1, 0);
    buf_clear(&b.seen);
    done(&b, 0, 1, 1); /* the lowest comes to its end before */
    expect(&b, "disconnect 0, release 0@0, run_step 1:2.1,");
    done(&b, 1, 2, 0);
    in_state(&b, RUN_OVER, HALT_NONE);
    bench_end(&b);
}

static void
test_a_parked_host_is_passed_over_for_a_turn_and_stands_in_line_when_it_is_switched(void **state)
{
    static const int32_t value_of[] = {0, 0, 1};
    struct bench b;

    (void)state;
    park_init(&b, 2);
    b.parallel_by[0] = (struct plan_parting){"site", value_of, 2, {.value = 1}};
    b.step_count = 3;
    b.steps[1].local = true;
    b.steps[2].run_once = true;
    b.finally_count = 1;
    b.finally_steps[0].local = true;
    bench_start(&b, 3);
    parked(&b, 0);
    parked(&b, 1);
    whole_host(&b, 2, 0);
    gone(&b, 2);
    done(&b, 0, 1, 1); /* at its finally list, in the slot that 1 waits for */
    buf_clear(&b.seen);
    done(&b, 2, 1, 0);
    expect(&b, "connect 2,"); /* it is its turn: 0 is past its steps, and 1 is not there */
    connect_failed(&b, 2, 2, CAUSE_AUTH); /* and he gives it back */
    finally_done(&b, 2, 0, 0);
    finally_done(&b, 0, 0, 0);
    buf_clear(&b.seen);
    done(&b, 1, 1, 0);
    expect(&b, "connect 1,");
    connected(&b, 1);
    expect(&b, "run_step 1:2.1,");
    bench_end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_parked_host_has_no_slot_and_no_session),
        cmocka_unit_test(test_when_all_are_parked_or_over_they_are_switched_in_order),
        cmocka_unit_test(test_wave_pause_comes_before_the_switch_and_wave_bake_only_behind_it),
        cmocka_unit_test(test_a_whole_first_wave_that_failed_halts_and_a_second_does_not),
        cmocka_unit_test(
            test_on_a_halt_every_parked_host_is_cancelled_over_slots_finally_list_first),
        cmocka_unit_test(
            test_without_a_finally_list_a_cancelled_host_takes_and_leaves_its_slot_at_once),
        cmocka_unit_test(test_one_that_is_cancelled_and_was_changed_is_rolled_back),
        cmocka_unit_test(test_a_kill_reaches_a_cancelled_host_at_its_finally_list),
        cmocka_unit_test(test_a_parked_host_is_under_way_for_the_operator),
        cmocka_unit_test(test_a_host_retried_behind_the_switch_does_not_wait_for_it_again),
        cmocka_unit_test(test_the_rollback_list_has_no_switch),
        cmocka_unit_test(test_where_the_first_step_is_the_switch_nothing_is_done_before),
        cmocka_unit_test(test_hosts_wait_for_each_other_behind_the_switch_as_elsewhere),
        cmocka_unit_test(
            test_a_parked_host_is_passed_over_for_a_turn_and_stands_in_line_when_it_is_switched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

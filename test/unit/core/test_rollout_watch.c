/*
 * test_rollout_watch.c - hosts that are done are looked at while the run goes on: docs/rollout.md,
 * "Late watch", and the bake of waves.
 *
 * Each test drives a rollout by hand: facts in, the exact orders out, as text.
 */
#include "unit/core/bench.h"

static void
test_a_host_is_looked_at_five_intervals_after_its_release_and_after_each_look(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_PARALLEL, 1);
    bench_start(&b, 2);
    past_gate(&b, 0);
    buf_clear(&b.seen);
    tick(&b, 499);
    assert_int_equal(b.seen.len, 0);
    tick(&b, 500);
    expect(&b, "probe 0:0.2, wait -1,");
    b.now_ms = 520;
    looked(&b, 0, true);
    expect(&b, "wait 1020,");
    ended(&b, OUTCOME_OK, CAUSE_NONE, 0);
    bench_end(&b);
}

static void
test_failed_looks_are_an_interval_apart_and_turn_the_host_when_too_many_in_a_row(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_PARALLEL, 1);
    b.policy.gate_retries = 1;
    b.policy.max_fail.value = 0;
    bench_start(&b, 2);
    past_gate(&b, 0);
    connected(&b, 1);
    tick(&b, 500);
    looked(&b, 0, false);
    tick(&b, 600);
    looked(&b, 0, true); /* not in a row */
    tick(&b, 1100);
    buf_clear(&b.seen);
    looked(&b, 0, false);
    expect(&b, "wait 1200,");
    tick(&b, 1200);
    ended(&b, OUTCOME_OK, CAUSE_NONE, 0);
    buf_clear(&b.seen);
    looked(&b, 0, false);
    expect(&b, "outcome 0,");
    ended(&b, OUTCOME_FAILED, CAUSE_HEALTH, 0);
    assert_true(rollout_host(b.rollout, 0).late);
    in_state(&b, RUN_DRAINING, HALT_BUDGET); /* counted like any other */
    assert_int_equal(rollout_bad(b.rollout), 1);
    bench_end(&b);
}

static void
test_one_that_failed_is_not_looked_at_and_nobody_is_without_checks(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_PARALLEL, 1);
    bench_start(&b, 2);
    buf_clear(&b.seen);
    past_host(&b, 0, 1);
    expect(&b, "run_step 0:0.1, disconnect 0, release 0@0, start 1@0, connect 1,");
    bench_end(&b);

    watch_init(&b, STRATEGY_PARALLEL, 1);
    b.policy.gate_enabled = false;
    b.check_count = 0;
    bench_start(&b, 2);
    buf_clear(&b.seen);
    past_host(&b, 0, 0);
    expect(&b, "run_step 0:0.1, disconnect 0, release 0@0, start 1@0, connect 1,");
    bench_end(&b);
}

static void
test_w_hosts_are_looked_at_at_a_time_and_the_others_queue(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_PARALLEL, 2);
    bench_start(&b, 4);
    past_gate(&b, 0);
    past_gate(&b, 1);
    past_gate(&b, 2);
    buf_clear(&b.seen);
    tick(&b, 500);
    expect(&b, "probe 0:0.2, probe 1:0.2, wait -1,");
    looked(&b, 1, true);
    expect(&b, "probe 2:0.2, wait 1000,");
    bench_end(&b);
}

static void
test_a_check_on_the_host_connects_first_and_disconnects_after_the_look(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_PARALLEL, 1);
    b.policy.gate_retries = 1;
    b.check_count = 2;
    b.checks[1].local = false;
    bench_start(&b, 2);
    past_gate(&b, 0);
    tick(&b, 500);
    buf_clear(&b.seen);
    looked(&b, 0, true);
    expect(&b, "connect 0,");
    connected(&b, 0);
    expect(&b, "probe 0:1.2,");
    looked(&b, 0, true);
    expect(&b, "disconnect 0, wait 1000,");
    gone(&b, 0);
    tick(&b, 1000);
    looked(&b, 0, true);
    buf_clear(&b.seen);
    connect_failed(&b, 0, 3,
                   CAUSE_CONNECT); /* a failed try; not told like that of a host in work */
    expect(&b, "wait 1100,");
    tick(&b, 1100);
    looked(&b, 0, true);
    connected(&b, 0);
    buf_clear(&b.seen);
    probed(&b, 0, 1, 4, false, CAUSE_LOST); /* there is no session to close any more */
    expect(&b, "outcome 0,");
    bench_end(&b);
}

static void
test_while_its_wave_bakes_a_host_is_looked_at_at_once_and_every_interval(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_ROLLING, 2);
    b.policy.wave_bake_ms = 1000;
    bench_start(&b, 3);
    past_gate(&b, 0);
    past_host(&b, 1, 1); /* not ok: not looked at */
    expect(&b, "start 0@0, connect 0, start 1@1, connect 1, run_step 0:0.1, probe 0:0.1, "
               "disconnect 0, release 0@0, wait 500, run_step 1:0.1, disconnect 1, release 1@1, "
               "probe 0:0.2, wait 1000,");
    looked(&b, 0, true);
    expect(&b, "wait 100,");
    tick(&b, 100);
    expect(&b, "probe 0:0.3, wait 1000,");
    b.now_ms = 999;
    looked(&b, 0, true);
    tick(&b, 1000);
    expect(&b, "start 2@0, connect 2, wait 1099,"); /* as it was due; from then on less often */
    tick(&b, 1099);
    looked(&b, 0, true);
    expect(&b, "probe 0:0.4, wait -1, wait 1599,");
    bench_end(&b);
}

static void
test_a_failed_look_begins_the_bake_again_and_in_a_bake_they_add_up(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_ROLLING, 1);
    b.policy.wave_bake_ms = 1000;
    b.policy.gate_retries = 1;
    bench_start(&b, 2);
    past_gate(&b, 0);
    b.now_ms = 10;
    looked(&b, 0, false);
    tick(&b, 110);
    looked(&b, 0, true);
    tick(&b, 999);
    looked(&b, 0, true);
    tick(&b, 1000);
    assert_int_equal(rollout_wave(b.rollout), 0);
    assert_int_equal(rollout_wave_due_ms(b.rollout), 1010);
    tick(&b, 1009);
    tick(&b, 1099); /* late: the bake is over, and the next wave has begun */
    assert_int_equal(rollout_wave(b.rollout), 1);
    bench_end(&b);

    watch_init(&b, STRATEGY_ROLLING, 1);
    b.policy.wave_bake_ms = 1000;
    b.policy.gate_retries = 1;
    bench_start(&b, 2);
    past_gate(&b, 0);
    looked(&b, 0, false);
    tick(&b, 100);
    looked(&b, 0, true);
    tick(&b, 200);
    looked(&b, 0, false);
    ended(&b, OUTCOME_FAILED, CAUSE_HEALTH, 0);
    assert_int_equal(rollout_wave_due_ms(b.rollout), 1200);
    bench_end(&b);
}

static void
test_a_host_of_an_earlier_wave_does_not_hold_the_bake(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_ROLLING, 1);
    b.policy.wave_bake_ms = 1000;
    b.policy.gate_retries = 1;
    bench_start(&b, 3);
    past_gate(&b, 0);
    looked(&b, 0, true);
    b.now_ms = 1000;
    tick(&b, 1000);
    looked(&b, 0, true);
    past_gate(&b, 1);
    assert_int_equal(rollout_wave_due_ms(b.rollout), 2000);
    looked(&b, 1, true);
    tick(&b, 1500);
    looked(&b, 1, true);
    looked(&b, 0, false);
    assert_int_equal(rollout_wave_due_ms(b.rollout), 2000);
    bench_end(&b);
}

static void
test_an_interval_of_nothing_is_a_millisecond(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_PARALLEL, 1);
    b.policy.gate_interval_ms = 0;
    bench_start(&b, 2);
    past_gate(&b, 0);
    expect(&b, "start 0@0, connect 0, run_step 0:0.1, probe 0:0.1, disconnect 0, release 0@0, "
               "start 1@0, connect 1, wait 1,");
    bench_end(&b);
}

static void
test_facts_of_another_look_change_nothing(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_PARALLEL, 1);
    bench_start(&b, 2);
    past_gate(&b, 0);
    const uint64_t waits = rollout_digest(b.rollout);
    probed(&b, 0, 0, 1, false, CAUSE_NONE);
    assert_true(rollout_digest(b.rollout) == waits);
    tick(&b, 500);
    const uint64_t before = rollout_digest(b.rollout);
    probed(&b, 0, 0, 1, false, CAUSE_NONE);
    probed(&b, 0, 1, 2, false, CAUSE_NONE);
    assert_true(rollout_digest(b.rollout) == before);
    bench_end(&b);
}

static void
test_who_is_looked_at_when_the_bake_begins_is_not_asked_twice(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_ROLLING, 2);
    b.policy.wave_bake_ms = 1000;
    b.policy.gate_retries = 1;
    bench_start(&b, 3);
    past_gate(&b, 0);
    connected(&b, 1);
    tick(&b, 500);
    buf_clear(&b.seen);
    done(&b, 1, 0, 1);
    expect(&b, "disconnect 1, release 1@1, wait 1500,");
    b.now_ms = 600;
    looked(&b, 0, false); /* it counts in the bake */
    assert_int_equal(rollout_wave_due_ms(b.rollout), 1600);
    bench_end(&b);
}

static void
test_what_failed_before_the_release_or_before_the_bake_is_forgotten(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_PARALLEL, 1);
    b.policy.gate_retries = 1;
    b.policy.host_bake_ms = 101;
    bench_start(&b, 2);
    whole_host(&b, 0, 0);
    looked(&b, 0, true);
    tick(&b, 100);
    looked(&b, 0, false); /* in its bake */
    tick(&b, 200);
    b.now_ms = 300;
    looked(&b, 0, true);
    gone(&b, 0);
    tick(&b, 800);
    looked(&b, 0, false);
    ended(&b, OUTCOME_OK, CAUSE_NONE, 0);
    bench_end(&b);

    watch_init(&b, STRATEGY_ROLLING, 2);
    b.policy.gate_retries = 1;
    b.policy.wave_bake_ms = 1000;
    bench_start(&b, 2);
    past_gate(&b, 0);
    connected(&b, 1);
    tick(&b, 500);
    looked(&b, 0, false);
    done(&b, 1, 0, 1); /* the bake begins */
    looked(&b, 0, false);
    ended(&b, OUTCOME_OK, CAUSE_NONE, 0);
    bench_end(&b);
}

static void
test_looks_may_end_in_any_order(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_PARALLEL, 3);
    bench_start(&b, 5);
    for (int32_t i = 0; i < 4; i++) {
        past_gate(&b, i);
    }
    tick(&b, 500);
    buf_clear(&b.seen);
    looked(&b, 0, true);
    expect(&b, "probe 3:0.2, wait 1000,");
    looked(&b, 2, true);
    looked(&b, 3, true);
    looked(&b, 1, true);
    for (int32_t i = 0; i < 4; i++) {
        assert_int_equal(rollout_host(b.rollout, i).probe_try, 2);
        ended(&b, OUTCOME_OK, CAUSE_NONE, i);
    }
    bench_end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_a_host_is_looked_at_five_intervals_after_its_release_and_after_each_look),
        cmocka_unit_test(
            test_failed_looks_are_an_interval_apart_and_turn_the_host_when_too_many_in_a_row),
        cmocka_unit_test(test_one_that_failed_is_not_looked_at_and_nobody_is_without_checks),
        cmocka_unit_test(test_w_hosts_are_looked_at_at_a_time_and_the_others_queue),
        cmocka_unit_test(test_a_check_on_the_host_connects_first_and_disconnects_after_the_look),
        cmocka_unit_test(test_while_its_wave_bakes_a_host_is_looked_at_at_once_and_every_interval),
        cmocka_unit_test(test_a_failed_look_begins_the_bake_again_and_in_a_bake_they_add_up),
        cmocka_unit_test(test_a_host_of_an_earlier_wave_does_not_hold_the_bake),
        cmocka_unit_test(test_an_interval_of_nothing_is_a_millisecond),
        cmocka_unit_test(test_facts_of_another_look_change_nothing),
        cmocka_unit_test(test_who_is_looked_at_when_the_bake_begins_is_not_asked_twice),
        cmocka_unit_test(test_what_failed_before_the_release_or_before_the_bake_is_forgotten),
        cmocka_unit_test(test_looks_may_end_in_any_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

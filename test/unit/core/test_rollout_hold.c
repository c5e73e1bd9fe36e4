/*
 * test_rollout_hold.c - hosts that wait for each other: run_once and throttle.
 *
 * Each test drives a rollout by hand: facts in, the exact orders out, as text.
 */
#include "unit/core/bench.h"

/* All hosts connected, standing at their first step. */
static void
hold_start(struct bench *b, int32_t hosts, int32_t steps)
{
    b->step_count = steps;
    bench_start(b, hosts);
    for (int32_t i = 0; i < hosts; i++) {
        connected(b, i);
    }
}

static void
once_init(struct bench *b)
{
    bench_init(b, STRATEGY_PARALLEL, 4);
    b->policy.has_budget = false;
}

static void
test_the_lowest_host_runs_a_run_once_step_and_the_others_pass_on(void **state)
{
    struct bench b;

    (void)state;
    once_init(&b);
    b.steps[0].run_once = true;
    b.step_count = 2;
    bench_start(&b, 5);
    buf_clear(&b.seen);
    connected(&b, 2);
    connected(&b, 1);
    assert_int_equal(b.seen.len, 0);
    assert_true(rollout_host(b.rollout, 1).held && rollout_host(b.rollout, 2).held);
    connected(&b, 0);
    expect(&b, "run_step 0:0.1,");
    done(&b, 0, 0, 0);
    expect(&b, "run_step 0:1.1, run_step 1:1.1, run_step 2:1.1,");
    connected(&b, 3);
    expect(&b, "run_step 3:1.1,");
    done(&b, 0, 1, 0);
    expect(&b, "disconnect 0, release 0@0, start 4@0, connect 4,");
    connected(&b, 4); /* it was done for the hosts that start later, too */
    expect(&b, "run_step 4:1.1,");
    bench_end(&b);
}

static void
test_the_lowest_is_by_position_not_by_name_or_number(void **state)
{
    struct bench b;

    (void)state;
    once_init(&b);
    b.policy.order = HOST_ORDER_REVERSE_INVENTORY;
    b.steps[0].run_once = true;
    hold_start(&b, 3, 1);
    expect(&b, "start 2@0, connect 2, start 1@1, connect 1, start 0@2, connect 0, "
               "run_step 2:0.1,");
    bench_end(&b);
}

static void
test_a_bad_end_halts_the_run_and_fails_who_waits_and_who_comes_later(void **state)
{
    struct bench b;

    (void)state;
    once_init(&b);
    b.policy.on_failure = ON_FAILURE_CONTINUE;
    b.steps[1].run_once = true;
    hold_start(&b, 5, 2);
    done(&b, 0, 0, 0);
    done(&b, 1, 0, 0);
    buf_clear(&b.seen);
    done(&b, 0, 1, 9);
    expect(&b, "disconnect 0, release 0@0, disconnect 1, release 1@1,");
    assert_int_equal(rollout_halt(b.rollout), HALT_ONCE);
    assert_string_equal(halt_text(HALT_ONCE), "a run_once step failed");
    ended(&b, OUTCOME_FAILED, CAUSE_NONE, 0);
    ended(&b, OUTCOME_FAILED, CAUSE_ONCE, 1);
    done(&b, 2, 0, 0);
    expect(&b, "disconnect 2, release 2@2,");
    ended(&b, OUTCOME_FAILED, CAUSE_ONCE, 2);
    done(&b, 3, 0, 4); /* failed by itself, before it came there */
    ended(&b, OUTCOME_FAILED, CAUSE_NONE, 3);
    expect(&b, "disconnect 3, release 3@3, finish 3,");
    ended(&b, OUTCOME_UNTOUCHED, CAUSE_NONE, 4);
    bench_end(&b);
}

static void
test_who_fails_with_the_runner_still_has_its_finally_list(void **state)
{
    struct bench b;

    (void)state;
    once_init(&b);
    b.steps[0].run_once = true;
    b.finally_count = 1;
    hold_start(&b, 2, 1);
    buf_clear(&b.seen);
    tell(&b, (struct fact){.kind = FACT_STEP_UNKNOWN, .attempt = 1, .cause = CAUSE_NO_STATUS});
    expect(&b, "finally 0:0, finally 1:0,");
    ended(&b, OUTCOME_UNKNOWN, CAUSE_NO_STATUS, 0);
    bench_end(&b);
}

static void
test_a_runner_that_ends_before_the_step_is_followed_by_the_next(void **state)
{
    struct bench b;

    (void)state;
    once_init(&b);
    b.steps[1].run_once = true;
    b.finally_count = 1;
    hold_start(&b, 3, 2);
    done(&b, 1, 0, 0);
    done(&b, 2, 0, 0);
    buf_clear(&b.seen);
    done(&b, 0, 0, 1); /* its finally list is not waited for */
    expect(&b, "finally 0:0, run_step 1:1.1,");
    assert_int_equal(rollout_halt(b.rollout), HALT_NONE);
    bench_end(&b);

    once_init(&b); /* a host that could not be reached has not begun it */
    b.steps[0].run_once = true;
    bench_start(&b, 2);
    connected(&b, 1);
    buf_clear(&b.seen);
    connect_failed(&b, 0, 1, CAUSE_CONNECT);
    expect(&b, "release 0@0, run_step 1:0.1,");
    assert_int_equal(rollout_halt(b.rollout), HALT_NONE);
    bench_end(&b);
}

static void
test_a_turn_that_was_never_ordered_goes_to_the_next(void **state)
{
    struct bench b;

    (void)state;
    once_init(&b);
    b.steps[0].local = true;
    b.steps[1].run_once = true;
    hold_start(&b, 2, 2);
    done(&b, 1, 0, 0);
    tell(&b, (struct fact){.kind = FACT_CONNECTION_LOST, .cause = CAUSE_LOST});
    buf_clear(&b.seen);
    done(&b, 0, 0, 0);
    expect(&b, "connect 0,");
    connect_failed(&b, 0, 2, CAUSE_CONNECT);
    expect(&b, "release 0@0, run_step 1:1.1,");
    bench_end(&b);
}

static void
test_an_ordered_step_that_did_not_start_is_not_given_to_another(void **state)
{
    struct bench b;

    (void)state;
    once_init(&b);
    b.steps[0].run_once = true;
    hold_start(&b, 2, 1);
    buf_clear(&b.seen);
    tell(&b, (struct fact){.kind = FACT_STEP_NOT_STARTED, .attempt = 1, .cause = CAUSE_LOCAL});
    assert_int_equal(rollout_halt(b.rollout), HALT_ONCE);
    ended(&b, OUTCOME_FAILED, CAUSE_ONCE, 1);
    bench_end(&b);
}

static void
test_retries_and_ignored_errors_are_the_runners(void **state)
{
    struct bench b;

    (void)state;
    once_init(&b);
    b.steps[0] = (struct plan_step){
        .run_once = true, .idempotent = true, .retries = 1, .delay_ms = 50, .ignore_errors = true};
    hold_start(&b, 2, 2);
    buf_clear(&b.seen);
    done(&b, 0, 0, 1);
    expect(&b, "wait 58,"); /* 50 and up to a quarter, from the seed */
    tick(&b, 58);
    expect(&b, "run_step 0:0.2, wait -1,");
    tell(&b, (struct fact){.kind = FACT_STEP_DONE, .attempt = 2, .exit_code = 1});
    expect(&b, "run_step 0:1.1, run_step 1:1.1,");
    bench_end(&b);
}

static void
test_a_skipped_run_once_step_is_skipped_for_all(void **state)
{
    struct bench b;

    (void)state;
    once_init(&b);
    b.steps[0].run_once = true;
    hold_start(&b, 2, 2);
    buf_clear(&b.seen);
    tell(&b, (struct fact){.kind = FACT_STEP_SKIPPED, .attempt = 1});
    expect(&b, "run_step 0:1.1, run_step 1:1.1,");
    bench_end(&b);
}

static void
test_hosts_that_start_pass_on_without_end_where_nothing_needs_a_connection(void **state)
{
    struct bench b;

    (void)state;
    once_init(&b);
    b.policy.workers = 1;
    b.steps[0] = (struct plan_step){.run_once = true, .local = true};
    bench_start(&b, 3);
    expect(&b, "start 0@0, run_step 0:0.1,");
    done(&b, 0, 0, 0);
    expect(&b, "release 0@0, start 1@0, release 1@0, start 2@0, release 2@0, finish 0,");
    bench_end(&b);
}

static void
test_a_throttle_lets_so_many_in_and_the_others_in_order_of_position(void **state)
{
    struct bench b;

    (void)state;
    once_init(&b);
    b.steps[1].throttle = 2;
    hold_start(&b, 4, 3);
    buf_clear(&b.seen);
    done(&b, 3, 0, 0);
    done(&b, 2, 0, 0);
    expect(&b, "run_step 3:1.1, run_step 2:1.1,");
    done(&b, 1, 0, 0);
    done(&b, 0, 0, 0);
    assert_int_equal(b.seen.len, 0);
    done(&b, 2, 1, 0);
    expect(&b, "run_step 2:2.1, run_step 0:1.1,");
    done(&b, 3, 1, 5); /* however it ends */
    expect(&b, "disconnect 3, release 3@3, run_step 1:1.1,");
    bench_end(&b);
}

static void
test_a_host_keeps_its_place_in_a_throttled_step_while_it_retries(void **state)
{
    struct bench b;

    (void)state;
    once_init(&b);
    b.steps[0] =
        (struct plan_step){.throttle = 1, .idempotent = true, .retries = 1, .delay_ms = 50};
    hold_start(&b, 2, 1);
    buf_clear(&b.seen);
    tell(&b, (struct fact){.kind = FACT_STEP_UNKNOWN, .attempt = 1, .cause = CAUSE_LOST});
    expect(&b, "wait 58,"); /* 50 and up to a quarter, from the seed */
    tick(&b, 58);
    expect(&b, "connect 0, wait -1,");
    tell(&b, (struct fact){.kind = FACT_CONNECTED, .attempt = 2});
    expect(&b, "run_step 0:0.2,");
    tell(&b, (struct fact){.kind = FACT_STEP_DONE, .attempt = 2});
    expect(&b, "disconnect 0, release 0@0, run_step 1:0.1,");
    bench_end(&b);
}

static void
test_a_session_lost_while_waiting_comes_back_when_it_is_the_turn(void **state)
{
    struct bench b;

    (void)state;
    once_init(&b);
    b.steps[0].throttle = 1;
    hold_start(&b, 2, 1);
    buf_clear(&b.seen);
    tell(&b, (struct fact){.kind = FACT_CONNECTION_LOST, .host = 1, .cause = CAUSE_LOST});
    assert_int_equal(b.seen.len, 0);
    done(&b, 0, 0, 0);
    expect(&b, "disconnect 0, release 0@0, connect 1,");
    bench_end(&b);
}

static void
test_an_abort_lets_those_who_wait_go_on_and_starts_nobody(void **state)
{
    struct bench b;

    (void)state;
    once_init(&b);
    b.policy.workers = 2;
    b.steps[0].run_once = true;
    b.step_count = 2;
    bench_start(&b, 3);
    connected(&b, 0);
    connected(&b, 1);
    verb(&b, VERB_ABORT);
    buf_clear(&b.seen);
    done(&b, 0, 0, 0);
    expect(&b, "run_step 0:1.1, run_step 1:1.1,");
    done(&b, 0, 1, 0);
    done(&b, 1, 1, 0);
    expect(&b, "disconnect 0, release 0@0, disconnect 1, release 1@1, finish 3,");
    assert_int_equal(rollout_halt(b.rollout), HALT_ABORT);
    bench_end(&b);
}

static void
test_a_kill_gives_the_turn_to_nobody(void **state)
{
    struct bench b;

    (void)state;
    once_init(&b);
    b.steps[0].run_once = true;
    b.steps[0].idempotent = true;
    b.steps[0].retries = 1;
    b.steps[0].delay_ms = 50;
    hold_start(&b, 3, 1);
    done(&b, 0, 0, 1);
    buf_clear(&b.seen);
    verb(&b, VERB_KILL);
    expect(&b, "disconnect 0, release 0@0, disconnect 1, release 1@1, disconnect 2, release 2@2, "
               "finish 3, wait -1,");
    assert_int_equal(rollout_halt(b.rollout), HALT_KILL);
    ended(&b, OUTCOME_UNKNOWN, CAUSE_KILLED, 0);
    ended(&b, OUTCOME_CANCELLED, CAUSE_KILLED, 1);
    bench_end(&b);

    once_init(&b); /* a turn that was free goes to nobody either */
    b.steps[0].run_once = true;
    bench_start(&b, 2);
    connected(&b, 1);
    buf_clear(&b.seen);
    verb(&b, VERB_KILL);
    expect(&b, "disconnect 0, disconnect 1, release 1@1,");
    tell(&b, (struct fact){.kind = FACT_DISCONNECTED});
    expect(&b, "release 0@0, finish 3,");
    bench_end(&b);
}

static void
test_steps_in_a_row_that_hold_do_not_lock_each_other(void **state)
{
    struct bench b;

    (void)state;
    once_init(&b);
    b.steps[0].throttle = 1;
    b.steps[1].run_once = true;
    b.steps[2].throttle = 1;
    hold_start(&b, 3, 3);
    for (int32_t i = 0; i < 3; i++) {
        done(&b, i, 0, 0);
        if (i == 0) {
            buf_clear(&b.seen);
            done(&b, 0, 1, 0);
            expect(&b, "run_step 0:2.1,");
        }
    }
    done(&b, 0, 2, 0);
    done(&b, 1, 2, 0);
    done(&b, 2, 2, 0);
    assert_true(rollout_finished(b.rollout));
    assert_int_equal(rollout_summary(b.rollout).count[OUTCOME_OK], 3);
    bench_end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_lowest_host_runs_a_run_once_step_and_the_others_pass_on),
        cmocka_unit_test(test_the_lowest_is_by_position_not_by_name_or_number),
        cmocka_unit_test(test_a_bad_end_halts_the_run_and_fails_who_waits_and_who_comes_later),
        cmocka_unit_test(test_who_fails_with_the_runner_still_has_its_finally_list),
        cmocka_unit_test(test_a_runner_that_ends_before_the_step_is_followed_by_the_next),
        cmocka_unit_test(test_a_turn_that_was_never_ordered_goes_to_the_next),
        cmocka_unit_test(test_an_ordered_step_that_did_not_start_is_not_given_to_another),
        cmocka_unit_test(test_retries_and_ignored_errors_are_the_runners),
        cmocka_unit_test(test_a_skipped_run_once_step_is_skipped_for_all),
        cmocka_unit_test(
            test_hosts_that_start_pass_on_without_end_where_nothing_needs_a_connection),
        cmocka_unit_test(test_a_throttle_lets_so_many_in_and_the_others_in_order_of_position),
        cmocka_unit_test(test_a_host_keeps_its_place_in_a_throttled_step_while_it_retries),
        cmocka_unit_test(test_a_session_lost_while_waiting_comes_back_when_it_is_the_turn),
        cmocka_unit_test(test_an_abort_lets_those_who_wait_go_on_and_starts_nobody),
        cmocka_unit_test(test_a_kill_gives_the_turn_to_nobody),
        cmocka_unit_test(test_steps_in_a_row_that_hold_do_not_lock_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

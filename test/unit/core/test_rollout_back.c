/*
 * test_rollout_back.c - what was changed is rolled back: docs/rollout.md, "Rollback".
 *
 * Each test drives a rollout by hand: facts in, the exact orders out, as text.
 */
#include "unit/core/bench.h"

static void
back_init(struct bench *b, int32_t workers)
{
    bench_init(b, STRATEGY_PARALLEL, workers);
    b->policy.max_fail.value = 9;
    b->policy.answerable = true;
    b->rollback_count = 1;
}

/* Three hosts, all ok, of which the rollback is asked for while a fourth is in flight. */
static void
three_done(struct bench *b)
{
    bench_start(b, 4);
    for (int32_t i = 0; i < 3; i++) {
        past_host(b, i, 0);
    }
    connected(b, 3);
    buf_clear(&b->seen);
}

static void
exit_code(struct bench *b, int code)
{
    const struct summary s = rollout_summary(b->rollout);

    in_state(b, RUN_OVER, rollout_halt(b->rollout));
    assert_int_equal(summary_exit(&s), code);
}

static void
test_the_last_started_is_rolled_back_first_when_nobody_is_in_flight(void **state)
{
    struct bench b;

    (void)state;
    back_init(&b, 1);
    b.rollback_count = 2;
    three_done(&b);
    verb(&b, VERB_ROLLBACK);
    assert_int_equal(b.seen.len, 0);
    done(&b, 3, 0, 0);
    expect(&b, "disconnect 3, release 3@0, rollback 3@0,");
    gone(&b, 3);
    expect(&b, "connect 3,");
    connected(&b, 3);
    done(&b, 3, 0, 0);
    done(&b, 3, 1, 0);
    expect(&b, "run_step 3:0.2, run_step 3:1.2, disconnect 3, release 3@0, "
               "rollback 2@0, connect 2,");
    assert_int_equal(rollout_host(b.rollout, 3).rollback, ROLLBACK_DONE);
    ended(&b, OUTCOME_OK, CAUSE_NONE, 3); /* outcomes stay */
    assert_int_equal(rollout_host(b.rollout, 2).rollback, ROLLBACK_RUNNING);
    assert_int_equal(rollout_host(b.rollout, 0).rollback, ROLLBACK_NONE);
    bench_end(&b);
}

static void
test_w_hosts_are_rolled_back_at_a_time_and_the_run_then_exits_3(void **state)
{
    struct bench b;

    (void)state;
    back_init(&b, 2);
    bench_start(&b, 3);
    for (int32_t i = 0; i < 3; i++) {
        past_host(&b, i, 0);
        if (i == 1) {
            verb(&b, VERB_PAUSE);
        }
    }
    buf_clear(&b.seen);
    verb(&b, VERB_ROLLBACK);
    expect(&b, "rollback 2@0, connect 2, rollback 1@1, connect 1,");
    past_host(&b, 1, 0);
    expect(&b, "run_step 1:0.2, disconnect 1, release 1@1, rollback 0@1, connect 0,");
    past_host(&b, 0, 0);
    past_host(&b, 2, 0);
    exit_code(&b, 3);
    assert_int_equal(rollout_summary(b.rollout).rolled_back, 3);
    bench_end(&b);
}

static void
test_it_begins_by_itself_where_on_failure_says_rollback(void **state)
{
    struct bench b;

    (void)state;
    back_init(&b, 2);
    b.policy.max_fail.value = 0;
    b.policy.on_failure = ON_FAILURE_ROLLBACK;
    bench_start(&b, 4);
    past_host(&b, 0, 1);
    in_state(&b, RUN_DRAINING, HALT_BUDGET);
    buf_clear(&b.seen);
    past_host(&b, 1, 0);
    expect(&b, "run_step 1:0.1, disconnect 1, release 1@1, rollback 1@0, rollback 0@1, connect 0, "
               "connect 1,");
    in_state(&b, RUN_ROLLING_BACK, HALT_BUDGET);
    bench_end(&b);
}

static void
test_a_host_on_which_nothing_can_have_changed_is_left_alone(void **state)
{
    static const struct fact ends[] = {
        {.kind = FACT_STEP_DONE},
        {.kind = FACT_STEP_UNKNOWN, .cause = CAUSE_LOST},
        {.kind = FACT_STEP_SKIPPED},
        {.kind = FACT_STEP_NOT_STARTED, .cause = CAUSE_LOCAL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        for (int looks = 0; looks < 2; looks++) {
            struct bench b;
            struct fact f = ends[i];
            const bool changed = i < 2 && looks == 0;
            back_init(&b, 1);
            b.steps[0].looks = looks == 1;
            bench_start(&b, 1);
            connected(&b, 0);
            verb(&b, VERB_ROLLBACK);
            f.attempt = 1;
            tell(&b, f);
            in_state(&b, changed ? RUN_ROLLING_BACK : RUN_OVER, HALT_ROLLBACK);
            bench_end(&b);
        }
    }
}

static void
test_a_host_that_was_retried_is_rolled_back_once_as_its_last_start_says(void **state)
{
    struct bench b;

    (void)state;
    back_init(&b, 1);
    bench_start(&b, 3);
    past_host(&b, 0, 1);
    verb_to(&b, VERB_RETRY, 0);
    past_host(&b, 1, 0);
    whole_host(&b, 0, 1);
    gone(&b, 0);
    verb(&b, VERB_PAUSE);
    past_host(&b, 2, 0);
    buf_clear(&b.seen);
    verb(&b, VERB_ROLLBACK);
    past_host(&b, 2, 0);
    past_host(&b, 0, 0);
    past_host(&b, 1, 0);
    expect(&b, "rollback 2@0, connect 2, run_step 2:0.2, disconnect 2, release 2@0, "
               "rollback 0@0, connect 0, run_step 0:0.3, disconnect 0, release 0@0, "
               "rollback 1@0, connect 1, run_step 1:0.2, disconnect 1, release 1@0, finish 3,");
    bench_end(&b);
}

static void
test_the_gate_and_the_finally_list_belong_to_it_and_a_bake_does_not(void **state)
{
    struct bench b;

    (void)state;
    back_init(&b, 1);
    bench_gate(&b);
    b.policy.host_bake_ms = 1000;
    b.policy.max_fail.value = 0;
    b.policy.on_failure = ON_FAILURE_ROLLBACK;
    b.finally_count = 1;
    bench_start(&b, 1);
    whole_host(&b, 0, 1);
    finally_done(&b, 0, 0, 0);
    gone(&b, 0);
    buf_clear(&b.seen);
    connected(&b, 0);
    done(&b, 0, 0, 0);
    looked(&b, 0, true);
    expect(&b, "run_step 0:0.2, probe 0:0.1, finally 0:0,");
    tell(&b, (struct fact){.kind = FACT_FINALLY_DONE, .attempt = 1}); /* of the round before */
    assert_int_equal(b.seen.len, 0);
    finally_done(&b, 0, 0, 0);
    expect(&b, "disconnect 0, release 0@0, finish 3,");
    bench_end(&b);
}

static void
test_any_failure_on_the_way_is_a_failed_rollback_and_exit_7(void **state)
{
    (void)state;
    for (int where = 0; where < 4; where++) {
        struct bench b;
        back_init(&b, 1);
        b.policy.gate_enabled = true;
        b.policy.gate_successes = 1;
        b.check_count = 1;
        b.checks[0].local = true;
        b.finally_count = 1;
        bench_start(&b, 1);
        connected(&b, 0);
        verb(&b, VERB_ROLLBACK);
        done(&b, 0, 0, 1);
        finally_done(&b, 0, 0, 0);
        gone(&b, 0);
        if (where == 0) {
            connect_failed(&b, 0, 2, CAUSE_AUTH);
        } else {
            connected(&b, 0);
            done(&b, 0, 0, where == 1);
        }
        if (where >= 2) {
            looked(&b, 0, where != 2);
        }
        finally_done(&b, 0, 0, where == 3);
        assert_int_equal(rollout_host(b.rollout, 0).rollback, ROLLBACK_FAILED);
        ended(&b, OUTCOME_FAILED, CAUSE_NONE, 0);
        assert_int_equal(rollout_bad(b.rollout), 1); /* nothing is counted */
        exit_code(&b, 7);
        bench_end(&b);
    }
}

static void
test_a_failed_rollback_holds_nobody_up(void **state)
{
    struct bench b;

    (void)state;
    back_init(&b, 1);
    three_done(&b);
    verb(&b, VERB_ROLLBACK);
    past_host(&b, 3, 0);
    buf_clear(&b.seen);
    past_host(&b, 3, 1);
    expect(&b, "run_step 3:0.2, disconnect 3, release 3@0, rollback 2@0, connect 2,");
    for (int32_t i = 2; i >= 0; i--) {
        past_host(&b, i, 0);
    }
    exit_code(&b, 7);
    bench_end(&b);
}

static void
test_an_abort_starts_no_further_rollback(void **state)
{
    struct bench b;

    (void)state;
    back_init(&b, 1);
    three_done(&b);
    verb(&b, VERB_ROLLBACK);
    past_host(&b, 3, 0);
    verb(&b, VERB_ABORT);
    in_state(&b, RUN_ROLLING_BACK, HALT_ROLLBACK);
    past_host(&b, 3, 0);
    exit_code(&b, 3);
    assert_int_equal(rollout_host(b.rollout, 3).rollback, ROLLBACK_DONE);
    assert_int_equal(rollout_host(b.rollout, 2).rollback, ROLLBACK_NONE);
    bench_end(&b);
}

static void
test_an_abort_takes_back_a_rollback_that_is_due_until_it_is_asked_for_again(void **state)
{
    struct bench b;

    (void)state;
    back_init(&b, 1);
    three_done(&b);
    verb(&b, VERB_ROLLBACK);
    verb(&b, VERB_ABORT);
    in_state(&b, RUN_DRAINING, HALT_ROLLBACK);
    past_host(&b, 3, 0);
    exit_code(&b, 0);
    bench_end(&b);

    back_init(&b, 1);
    three_done(&b);
    verb(&b, VERB_ABORT);
    verb(&b, VERB_ROLLBACK);
    in_state(&b, RUN_DRAINING, HALT_ABORT);
    past_host(&b, 3, 0);
    in_state(&b, RUN_ROLLING_BACK, HALT_ABORT);
    bench_end(&b);
}

static void
test_a_kill_fails_those_in_flight_and_none_follows(void **state)
{
    struct bench b;

    (void)state;
    back_init(&b, 1);
    three_done(&b);
    verb(&b, VERB_ROLLBACK);
    past_host(&b, 3, 0);
    connected(&b, 3);
    buf_clear(&b.seen);
    verb(&b, VERB_KILL);
    expect(&b, "disconnect 3,");
    tell(&b,
         (struct fact){.kind = FACT_STEP_UNKNOWN, .host = 3, .attempt = 2, .cause = CAUSE_KILLED});
    expect(&b, "release 3@0, finish 7,");
    assert_int_equal(rollout_host(b.rollout, 3).rollback, ROLLBACK_FAILED);
    assert_int_equal(rollout_host(b.rollout, 2).rollback, ROLLBACK_NONE);
    bench_end(&b);

    back_init(&b, 1); /* one that was only due does not begin */
    three_done(&b);
    verb(&b, VERB_ROLLBACK);
    verb(&b, VERB_KILL);
    gone(&b, 3);
    tell(&b,
         (struct fact){.kind = FACT_STEP_UNKNOWN, .host = 3, .attempt = 1, .cause = CAUSE_KILLED});
    exit_code(&b, 2);
    bench_end(&b);
}

static void
test_the_verb_cancels_those_never_connected_and_nobody_starts(void **state)
{
    struct bench b;

    (void)state;
    back_init(&b, 2);
    bench_start(&b, 3);
    past_host(&b, 0, 0);
    buf_clear(&b.seen);
    verb(&b, VERB_ROLLBACK);
    expect(&b, "disconnect 1, disconnect 2,");
    gone(&b, 1);
    gone(&b, 2);
    expect(&b, "release 1@1, release 2@0, rollback 0@0, connect 0,");
    ended(&b, OUTCOME_CANCELLED, CAUSE_CANCELLED, 1);
    bench_end(&b);
}

static void
test_max_parallel_by_holds_in_a_rollback_too(void **state)
{
    static const int32_t value_of[] = {0, 1, 1};
    struct bench b;

    (void)state;
    back_init(&b, 3);
    b.parallel_by[0] = (struct plan_parting){"site", value_of, 2, {.value = 1}};
    bench_start(&b, 3);
    past_host(&b, 0, 0);
    past_host(&b, 1, 0);
    verb(&b, VERB_PAUSE);
    past_host(&b, 2, 0);
    buf_clear(&b.seen);
    verb(&b, VERB_ROLLBACK);
    expect(&b, "rollback 2@0, connect 2, rollback 0@1, connect 0,");
    past_host(&b, 2, 0);
    expect(&b, "run_step 2:0.2, disconnect 2, release 2@0, rollback 1@0, connect 1,");
    bench_end(&b);
}

static void
test_it_waits_for_the_last_look_to_be_broken_off(void **state)
{
    struct bench b;

    (void)state;
    back_init(&b, 1);
    bench_gate(&b);
    bench_start(&b, 2);
    whole_host(&b, 0, 0);
    looked(&b, 0, true);
    gone(&b, 0);
    tick(&b, 500);
    buf_clear(&b.seen);
    verb(&b, VERB_ROLLBACK);
    gone(&b, 1);
    expect(&b, "disconnect 1, disconnect 0, release 1@0,");
    gone(&b, 0);
    expect(&b, "rollback 0@0, connect 0,");
    bench_end(&b);
}

static void
test_run_timeout_is_not_for_rollbacks(void **state)
{
    struct bench b;

    (void)state;
    back_init(&b, 1);
    b.policy.run_timeout_ms = 1000;
    bench_start(&b, 2);
    past_host(&b, 0, 0);
    buf_clear(&b.seen);
    verb(&b, VERB_ROLLBACK);
    gone(&b, 1);
    expect(&b, "disconnect 1, release 1@0, rollback 0@0, connect 0, wait -1,");
    bench_end(&b);
}

static void
test_steps_of_the_rollback_list_hold_hosts_like_others(void **state)
{
    struct bench b;

    (void)state;
    back_init(&b, 2);
    b.rollback_count = 2;
    b.rollback_steps[0].run_once = true;
    b.rollback_steps[1].throttle = 1;
    b.step_count = 2;
    b.steps[1].run_once = true;
    bench_start(&b, 2);
    whole_host(&b, 1, 0);
    past_host(&b, 0, 1); /* that it failed in the first round is no matter */
    verb(&b, VERB_PAUSE);
    done(&b, 1, 1, 0);
    gone(&b, 1);
    verb(&b, VERB_ROLLBACK);
    connected(&b, 1);
    buf_clear(&b.seen);
    connected(&b, 0);
    expect(&b, "run_step 0:0.2,"); /* the lowest position, though the other came first */
    done(&b, 0, 0, 0);
    expect(&b, "run_step 0:1.2,");
    done(&b, 0, 1, 0);
    expect(&b, "disconnect 0, release 0@1, run_step 1:1.2,");
    bench_end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_started_is_rolled_back_first_when_nobody_is_in_flight),
        cmocka_unit_test(test_w_hosts_are_rolled_back_at_a_time_and_the_run_then_exits_3),
        cmocka_unit_test(test_it_begins_by_itself_where_on_failure_says_rollback),
        cmocka_unit_test(test_a_host_on_which_nothing_can_have_changed_is_left_alone),
        cmocka_unit_test(test_a_host_that_was_retried_is_rolled_back_once_as_its_last_start_says),
        cmocka_unit_test(test_the_gate_and_the_finally_list_belong_to_it_and_a_bake_does_not),
        cmocka_unit_test(test_any_failure_on_the_way_is_a_failed_rollback_and_exit_7),
        cmocka_unit_test(test_a_failed_rollback_holds_nobody_up),
        cmocka_unit_test(test_an_abort_starts_no_further_rollback),
        cmocka_unit_test(
            test_an_abort_takes_back_a_rollback_that_is_due_until_it_is_asked_for_again),
        cmocka_unit_test(test_a_kill_fails_those_in_flight_and_none_follows),
        cmocka_unit_test(test_the_verb_cancels_those_never_connected_and_nobody_starts),
        cmocka_unit_test(test_max_parallel_by_holds_in_a_rollback_too),
        cmocka_unit_test(test_it_waits_for_the_last_look_to_be_broken_off),
        cmocka_unit_test(test_run_timeout_is_not_for_rollbacks),
        cmocka_unit_test(test_steps_of_the_rollback_list_hold_hosts_like_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_rollout_ahead_start.c - what becomes of a session ahead: its host is started, or it is
 * closed: docs/rollout.md, "Connecting ahead".
 *
 * Each test drives a rollout by hand: facts in, the exact orders out, as text.
 */
#include "unit/core/bench.h"

/* ---- its host is started */

static void
test_a_host_that_is_connected_runs_its_step_at_once(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 1);
    b.waves = true;
    bench_start(&b, 3);
    connected(&b, 1);
    past_host(&b, 0, 0);
    expect(&b, "wave_begin 0, start 0@0, connect 0, connect 1 ahead, run_step 0:0.1, disconnect 0,"
               " release 0@0, wave_end 0, wave_begin 1, start 1@0, run_step 1:0.1,"
               " connect 2 ahead,");
    connected(&b, 1); /* it is connected already */
    assert_int_equal(b.seen.len, 0);
    done(&b, 1, 0, 0);
    expect(&b, "disconnect 1, release 1@0, wave_end 1, wave_begin 2, start 2@0,");
    bench_end(&b);
}

static void
test_a_host_that_is_being_connected_is_not_told_to_again(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 1);
    bench_start(&b, 2);
    past_host(&b, 0, 0);
    expect(&b, "start 0@0, connect 0, connect 1 ahead, run_step 0:0.1, disconnect 0, release 0@0,"
               " start 1@0,");
    assert_int_equal(rollout_host(b.rollout, 1).connect_attempt, 1);
    assert_int_equal(rollout_ahead(b.rollout), 0);
    connected(&b, 1);
    expect(&b, "run_step 1:0.1,");
    bench_end(&b);
}

static void
test_one_whose_session_has_ended_connects_as_ever(void **state)
{
    static const enum cause helped[] = {CAUSE_NAME_TEMPORARY, CAUSE_CONNECT, CAUSE_KEX, CAUSE_LOST};
    struct bench b;

    (void)state;
    for (size_t i = 0; i < sizeof(helped) / sizeof(helped[0]) + 2; i++) {
        ahead_init(&b, 1); /* without auto_retry, too */
        bench_start(&b, 2);
        if (i == 4) {
            throttled(&b, 1);
        } else if (i == 5) {
            connected(&b, 1);
            lost(&b, 1);
        } else {
            connect_failed(&b, 1, 1, helped[i]);
        }
        assert_int_equal(rollout_ahead(b.rollout), 0);
        assert_false(rollout_host(b.rollout, 1).ahead);
        past_host(&b, 0, 0);
        expect(&b, "start 0@0, connect 0, connect 1 ahead, run_step 0:0.1, disconnect 0,"
                   " release 0@0, start 1@0, connect 1,");
        assert_int_equal(rollout_host(b.rollout, 1).connect_attempt, 2);
        connect_failed(&b, 1, 1, CAUSE_AUTH); /* late: of the attempt ahead */
        assert_int_equal(b.seen.len, 0);
        past_host(&b, 1, 0);
        expect(&b, "run_step 1:0.1, disconnect 1, release 1@0, finish 0,");
        bench_end(&b);
    }
}

static void
test_an_attempt_that_failed_ahead_is_no_try_of_the_round(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 1);
    b.policy.retry_connect = true;
    b.policy.retries_max = 1;
    bench_start(&b, 2);
    connect_failed(&b, 1, 1, CAUSE_CONNECT);
    past_host(&b, 0, 0);
    buf_clear(&b.seen);
    connect_failed(&b, 1, 2, CAUSE_CONNECT);
    buf_clear(&b.seen);
    tick(&b, 1250); /* as after a first try: retry_delay, and up to a quarter more */
    expect(&b, "connect 1, wait -1,");
    connect_failed(&b, 1, 3, CAUSE_CONNECT);
    expect(&b, "release 1@0, finish 4,");
    bench_end(&b);
}

static void
test_one_that_was_under_way_or_up_is_the_first_try(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 1);
    b.policy.retry_connect = true;
    b.policy.retries_max = 1;
    bench_start(&b, 2);
    past_host(&b, 0, 0);
    connect_failed(&b, 1, 1, CAUSE_CONNECT);
    tick(&b, 1250);
    buf_clear(&b.seen);
    connect_failed(&b, 1, 2, CAUSE_CONNECT);
    expect(&b, "release 1@0, finish 4,");
    bench_end(&b);

    ahead_init(&b, 1);
    b.policy.retry_connect = true;
    b.policy.retries_max = 0; /* it has had its one try */
    bench_start(&b, 2);
    connected(&b, 1);
    past_host(&b, 0, 0);
    buf_clear(&b.seen);
    tell(&b, (struct fact){
                 .kind = FACT_STEP_NOT_STARTED, .host = 1, .attempt = 1, .cause = CAUSE_LOST});
    expect(&b, "release 1@0, finish 4,");
    bench_end(&b);
}

static void
test_a_refusal_is_told_when_the_host_is_started(void **state)
{
    static const enum cause refused[] = {CAUSE_NAME, CAUSE_HOSTKEY, CAUSE_AUTH, CAUSE_LOCAL};
    struct bench b;

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        ahead_init(&b, 1);
        b.policy.retry_connect = true;
        b.finally_count = 1;
        b.finally_steps[0].local = true;
        bench_start(&b, 2);
        connect_failed(&b, 1, 1, refused[i]);
        assert_int_equal(rollout_ahead(b.rollout), 0);
        assert_int_equal(rollout_host(b.rollout, 1).outcome, OUTCOME_UNTOUCHED);
        assert_int_equal(rollout_bad(b.rollout), 0);
        connected(&b, 1); /* a second end does not fit */
        connected(&b, 0);
        done(&b, 0, 0, 0);
        buf_clear(&b.seen);
        finally_done(&b, 0, 0, 0);
        expect(&b, "disconnect 0, release 0@0, start 1@0, finally 1:0,");
        ended(&b, OUTCOME_UNREACHABLE, refused[i], 1);
        assert_int_equal(rollout_bad(b.rollout), 1);
        assert_int_equal(rollout_host(b.rollout, 1).connect_attempt, 1);
        finally_done(&b, 1, 0, 0);
        expect(&b, "release 1@0, finish 4,");
        bench_end(&b);
    }
}

static void
test_a_host_that_was_refused_connects_when_it_is_retried(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 2);
    b.policy.max_fail.value = 9;
    bench_start(&b, 5);
    connect_failed(&b, 2, 1, CAUSE_HOSTKEY);
    past_host(&b, 0, 0);
    past_host(&b, 1, 0);
    buf_clear(&b.seen);
    verb_to(&b, VERB_RETRY, 2);
    expect(&b, "start 2@1, connect 2,");
    assert_int_equal(rollout_host(b.rollout, 2).connect_attempt, 2);
    bench_end(&b);
}

static void
test_nobody_starts_behind_a_refusal_that_halts(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 3);
    b.policy.max_fail.value = 0;
    bench_start(&b, 6);
    connect_failed(&b, 3, 1, CAUSE_NAME);
    connected(&b, 5);
    past_host(&b, 0, 0);
    past_host(&b, 1, 0);
    buf_clear(&b.seen);
    past_host(&b, 2, 0);
    expect(&b, "run_step 2:0.1, disconnect 2, release 2@2, start 3@0, release 3@0,"
               " disconnect 4, disconnect 5,");
    in_state(&b, RUN_DRAINING, HALT_BUDGET);
    gone(&b, 5);
    gone(&b, 4);
    expect(&b, "finish 3,");
    bench_end(&b);

    ahead_init(&b, 2); /* one that is paused by it neither */
    b.policy.max_fail.value = 0;
    b.policy.on_failure = ON_FAILURE_PAUSE;
    bench_start(&b, 4);
    connect_failed(&b, 2, 1, CAUSE_NAME);
    past_host(&b, 0, 0);
    buf_clear(&b.seen);
    past_host(&b, 1, 0);
    expect(&b, "run_step 1:0.1, disconnect 1, release 1@1, start 2@0, release 2@0,");
    in_state(&b, RUN_PAUSED, HALT_NONE);
    verb(&b, VERB_CONTINUE);
    expect(&b, "start 3@0,");
    bench_end(&b);
}

static void
test_nor_does_a_retry_that_waits_for_its_limit(void **state)
{
    static const int32_t value_of[] = {0, 1, 2, 0, 1, 2};
    struct bench b;

    (void)state;
    ahead_init(&b, 3);
    b.policy.max_fail.value = 1;
    b.parallel_by[0] = (struct plan_parting){"site", value_of, 3, {.value = 1}};
    bench_start(&b, 6);
    connect_failed(&b, 4, 1, CAUSE_NAME);
    workers(&b, 1);
    past_host(&b, 0, 1);
    past_host(&b, 1, 0);
    past_host(&b, 2, 0);
    verb_to(&b, VERB_RETRY, 0); /* waits for 3, which has the one slot */
    connected(&b, 3);
    buf_clear(&b.seen);
    workers(&b, 2);
    expect(&b, "start 4@1, release 4@1, disconnect 5,");
    in_state(&b, RUN_DRAINING, HALT_BUDGET);
    gone(&b, 5);
    done(&b, 3, 0, 0);
    expect(&b, "disconnect 3, release 3@0, finish 3,");
    bench_end(&b);
}

static void
test_denials_count_when_their_hosts_are_started(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 4);
    bench_start(&b, 8);
    for (int32_t i = 4; i < 7; i++) {
        connect_failed(&b, i, 1, CAUSE_AUTH);
    }
    in_state(&b, RUN_RUNNING, HALT_NONE);
    for (int32_t i = 0; i < 4; i++) {
        past_host(&b, i, 0); /* each was let in */
    }
    in_state(&b, RUN_DRAINING, HALT_BREAKER);
    assert_int_equal(rollout_host(b.rollout, 7).outcome, OUTCOME_UNTOUCHED);
    bench_end(&b);

    ahead_init(&b, 4); /* one that is let in between them, too */
    bench_start(&b, 8);
    connect_failed(&b, 4, 1, CAUSE_AUTH);
    connect_failed(&b, 5, 1, CAUSE_AUTH);
    connect_failed(&b, 7, 1, CAUSE_AUTH);
    connected(&b, 6);
    for (int32_t i = 0; i < 4; i++) {
        past_host(&b, i, 0);
    }
    in_state(&b, RUN_RUNNING, HALT_NONE);
    bench_end(&b);
}

static void
test_turns_are_given_when_all_of_the_wave_have_started(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 2);
    b.steps[0].throttle = 1;
    bench_start(&b, 4);
    connected(&b, 2);
    connected(&b, 3);
    past_host(&b, 0, 0);
    connected(&b, 1);
    buf_clear(&b.seen);
    done(&b, 1, 0, 0);
    expect(&b, "disconnect 1, release 1@1, start 2@0, start 3@1, run_step 2:0.1,");
    done(&b, 2, 0, 0);
    expect(&b, "disconnect 2, release 2@0, run_step 3:0.1,");
    bench_end(&b);

    ahead_init(&b, 2); /* run_once is for the lowest, though only the other is connected */
    b.steps[0].run_once = true;
    b.step_count = 2;
    bench_start(&b, 4);
    connected(&b, 3);
    for (int32_t i = 0; i < 2; i++) {
        connected(&b, i);
    }
    tell(&b, (struct fact){.kind = FACT_STEP_UNKNOWN, .host = 0, .attempt = 1});
    in_state(&b, RUN_DRAINING, HALT_ONCE);
    bench_end(&b);
}

static void
test_a_host_that_waits_for_its_limit_stays_ahead(void **state)
{
    static const int32_t value_of[] = {0, 1, 0, 0};
    struct bench b;

    (void)state;
    ahead_init(&b, 2);
    b.parallel_by[0] = (struct plan_parting){"site", value_of, 2, {.value = 1}};
    bench_start(&b, 4);
    expect(&b, "start 0@0, connect 0, start 1@1, connect 1, connect 2 ahead, connect 3 ahead,");
    connected(&b, 3);
    past_host(&b, 0, 0);
    past_host(&b, 1, 0);
    expect(&b, "run_step 0:0.1, disconnect 0, release 0@0, run_step 1:0.1, disconnect 1,"
               " release 1@1, start 2@0,");
    assert_int_equal(rollout_ahead(b.rollout), 1);
    assert_true(rollout_host(b.rollout, 3).ahead);
    verb(&b, VERB_ABORT); /* closes it as well, behind those in flight */
    expect(&b, "disconnect 2, disconnect 3,");
    gone(&b, 3);
    assert_int_equal(rollout_ahead(b.rollout), 0);
    bench_end(&b);
}

static void
test_abort_cancels_who_was_not_connected_when_it_was_started(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 2);
    bench_start(&b, 4);
    connected(&b, 2);
    lost(&b, 2); /* to have been connected once, ahead, is not enough */
    connected(&b, 3);
    past_host(&b, 0, 0);
    past_host(&b, 1, 0);
    buf_clear(&b.seen);
    verb(&b, VERB_ABORT);
    expect(&b, "disconnect 2,"); /* 3 goes on to its end */
    gone(&b, 2);
    ended(&b, OUTCOME_CANCELLED, CAUSE_CANCELLED, 2);
    done(&b, 3, 0, 0);
    expect(&b, "release 2@0, disconnect 3, release 3@1, finish 3,");
    bench_end(&b);
}

/* ---- it is closed */

static void
test_a_halt_closes_what_is_ahead_the_lowest_first(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 3);
    b.policy.order = HOST_ORDER_REVERSE_INVENTORY;
    bench_start(&b, 6);
    expect(&b, "start 5@0, connect 5, start 4@1, connect 4, start 3@2, connect 3,"
               " connect 2 ahead, connect 1 ahead, connect 0 ahead,");
    connected(&b, 0);
    connect_failed(&b, 1, 1, CAUSE_CONNECT); /* there is nothing of it left to close */
    verb(&b, VERB_KILL);
    expect(&b, "disconnect 5, disconnect 4, disconnect 3, disconnect 2, disconnect 0,");
    bench_end(&b);
}

static void
test_finish_waits_until_what_is_ahead_is_gone(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 2);
    b.policy.max_fail.value = 0;
    bench_start(&b, 4);
    connected(&b, 2);
    past_host(&b, 0, 1);
    past_host(&b, 1, 0);
    expect(&b, "start 0@0, connect 0, start 1@1, connect 1, connect 2 ahead, connect 3 ahead,"
               " run_step 0:0.1, disconnect 0, release 0@0, disconnect 2, disconnect 3,"
               " run_step 1:0.1, disconnect 1, release 1@1,");
    assert_false(rollout_host(b.rollout, 2).ahead);
    assert_int_equal(rollout_ahead(b.rollout), 2);
    verb(&b, VERB_KILL); /* no second disconnect */
    connect_failed(&b, 3, 1, CAUSE_AUTH);
    connected(&b, 3);
    throttled(&b, 3);
    lost(&b, 2);
    gone(&b, 2);
    gone(&b, 2); /* told twice */
    assert_int_equal(b.seen.len, 0);
    assert_int_equal(rollout_ahead(b.rollout), 1);
    gone(&b, 3);
    expect(&b, "finish 3,");
    ended(&b, OUTCOME_UNTOUCHED, CAUSE_NONE, 2);
    ended(&b, OUTCOME_UNTOUCHED, CAUSE_NONE, 3);
    bench_end(&b);
}

static void
test_the_first_rollback_waits_for_it_too(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 1);
    b.rollback_count = 1;
    bench_start(&b, 3);
    past_host(&b, 0, 0);
    past_host(&b, 1, 0);
    buf_clear(&b.seen);
    verb(&b, VERB_ROLLBACK); /* 2 was started with its session under way */
    expect(&b, "disconnect 2,");
    gone(&b, 2);
    expect(&b, "release 2@0, rollback 1@0, connect 1,");
    bench_end(&b);

    ahead_init(&b, 1);
    b.rollback_count = 1;
    b.policy.max_fail.value = 0;
    b.policy.on_failure = ON_FAILURE_ROLLBACK;
    bench_start(&b, 2);
    connected(&b, 1);
    past_host(&b, 0, 1);
    expect(&b, "start 0@0, connect 0, connect 1 ahead, run_step 0:0.1, disconnect 0, release 0@0,"
               " disconnect 1,");
    gone(&b, 1);
    expect(&b, "rollback 0@0, connect 0,");
    bench_end(&b);
}

static void
test_skip_closes_the_session_of_its_host_alone(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 2);
    bench_start(&b, 5);
    buf_clear(&b.seen);
    connected(&b, 2);
    verb_to(&b, VERB_SKIP, 2);
    expect(&b, "disconnect 2,");
    ended(&b, OUTCOME_SKIPPED, CAUSE_NONE, 2);
    assert_int_equal(rollout_ahead(b.rollout), 2);
    verb_to(&b, VERB_SKIP, 3); /* one that is being connected */
    expect(&b, "disconnect 3,");
    verb_to(&b, VERB_SKIP, 3);
    connected(&b, 3);
    assert_int_equal(b.seen.len, 0);
    gone(&b, 3);
    gone(&b, 2);
    assert_int_equal(rollout_ahead(b.rollout), 0);
    past_host(&b, 0, 0);
    past_host(&b, 1, 0);
    expect(&b, "run_step 0:0.1, disconnect 0, release 0@0, run_step 1:0.1, disconnect 1,"
               " release 1@1, start 4@0, connect 4,");
    bench_end(&b);

    ahead_init(&b, 2); /* one that ended ahead has none */
    bench_start(&b, 4);
    connect_failed(&b, 2, 1, CAUSE_CONNECT);
    connect_failed(&b, 3, 1, CAUSE_AUTH);
    buf_clear(&b.seen);
    verb_to(&b, VERB_SKIP, 2);
    verb_to(&b, VERB_SKIP, 3);
    assert_int_equal(b.seen.len, 0);
    past_host(&b, 0, 0);
    past_host(&b, 1, 0);
    assert_true(rollout_finished(b.rollout));
    bench_end(&b);
}

static void
test_one_that_is_being_closed_keeps_its_place(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 2);
    b.policy.ahead_max = 1;
    bench_start(&b, 4);
    verb_to(&b, VERB_SKIP, 2);
    expect(&b, "start 0@0, connect 0, start 1@1, connect 1, connect 2 ahead, disconnect 2,");
    gone(&b, 2);
    expect(&b, "connect 3 ahead,");
    bench_end(&b);
}

static void
test_finish_waits_for_the_session_of_a_skipped_host(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 1);
    bench_gate(&b);
    b.policy.gate_interval_ms = 1;
    bench_start(&b, 3);
    verb_to(&b, VERB_SKIP, 1);
    verb_to(&b, VERB_SKIP, 2);
    past_gate(&b, 0);
    expect(&b, "start 0@0, connect 0, connect 1 ahead, disconnect 1, run_step 0:0.1, probe 0:0.1,"
               " disconnect 0, release 0@0, wait 5,");
    assert_int_equal(rollout_active(b.rollout), 0);
    tick(&b, 5); /* nor is anybody looked at any more */
    expect(&b, "wait -1,");
    in_state(&b, RUN_RUNNING, HALT_NONE);
    gone(&b, 1);
    expect(&b, "finish 0,");
    bench_end(&b);

    ahead_init(&b, 1); /* an operator may still halt it */
    bench_start(&b, 2);
    verb_to(&b, VERB_SKIP, 1);
    past_host(&b, 0, 0);
    buf_clear(&b.seen);
    verb(&b, VERB_ABORT);
    assert_int_equal(b.seen.len, 0);
    gone(&b, 1);
    expect(&b, "finish 0,");
    bench_end(&b);
}

/* ---- facts that do not fit */

static void
test_facts_that_do_not_fit_change_nothing(void **state)
{
    struct bench b;
    uint64_t before;

    (void)state;
    ahead_init(&b, 1);
    bench_start(&b, 2);
    buf_clear(&b.seen);
    before = rollout_digest(b.rollout);
    tell(&b, (struct fact){.kind = FACT_CONNECTED, .host = 1, .attempt = 2});
    connect_failed(&b, 1, 0, CAUSE_AUTH);
    tell(&b, (struct fact){.kind = FACT_CONNECTION_LOST, .host = 1, .attempt = 1}); /* not up yet */
    tell(&b, (struct fact){.kind = FACT_DISCONNECTED, .host = 1, .attempt = 1}); /* nobody asked */
    assert_true(rollout_digest(b.rollout) == before);
    connected(&b, 1);
    assert_false(rollout_digest(b.rollout) == before);
    before = rollout_digest(b.rollout);
    connected(&b, 1);
    connect_failed(&b, 1, 1, CAUSE_AUTH);
    throttled(&b, 1);
    gone(&b, 1);
    assert_true(rollout_digest(b.rollout) == before);
    lost(&b, 1);
    assert_false(rollout_digest(b.rollout) == before);
    before = rollout_digest(b.rollout);
    lost(&b, 1);
    connected(&b, 1);
    assert_true(rollout_digest(b.rollout) == before);
    assert_int_equal(b.seen.len, 0);
    bench_end(&b);
}

static void
test_a_session_that_is_lost_when_its_host_has_been_started_is_the_hosts(void **state)
{
    struct bench b;

    (void)state;
    ahead_init(&b, 1);
    b.policy.retry_connect = true;
    bench_start(&b, 2);
    connected(&b, 1);
    past_host(&b, 0, 0);
    buf_clear(&b.seen);
    lost(&b, 1);
    tell(&b, (struct fact){
                 .kind = FACT_STEP_NOT_STARTED, .host = 1, .attempt = 1, .cause = CAUSE_LOST});
    tick(&b, 1250);
    buf_clear(&b.seen);
    assert_int_equal(rollout_host(b.rollout, 1).connect_attempt, 2);
    past_host(&b, 1, 0);
    expect(&b, "run_step 1:0.1, disconnect 1, release 1@0, finish 0,");
    bench_end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_host_that_is_connected_runs_its_step_at_once),
        cmocka_unit_test(test_a_host_that_is_being_connected_is_not_told_to_again),
        cmocka_unit_test(test_one_whose_session_has_ended_connects_as_ever),
        cmocka_unit_test(test_an_attempt_that_failed_ahead_is_no_try_of_the_round),
        cmocka_unit_test(test_one_that_was_under_way_or_up_is_the_first_try),
        cmocka_unit_test(test_a_refusal_is_told_when_the_host_is_started),
        cmocka_unit_test(test_a_host_that_was_refused_connects_when_it_is_retried),
        cmocka_unit_test(test_nobody_starts_behind_a_refusal_that_halts),
        cmocka_unit_test(test_nor_does_a_retry_that_waits_for_its_limit),
        cmocka_unit_test(test_denials_count_when_their_hosts_are_started),
        cmocka_unit_test(test_turns_are_given_when_all_of_the_wave_have_started),
        cmocka_unit_test(test_a_host_that_waits_for_its_limit_stays_ahead),
        cmocka_unit_test(test_abort_cancels_who_was_not_connected_when_it_was_started),
        cmocka_unit_test(test_a_halt_closes_what_is_ahead_the_lowest_first),
        cmocka_unit_test(test_finish_waits_until_what_is_ahead_is_gone),
        cmocka_unit_test(test_the_first_rollback_waits_for_it_too),
        cmocka_unit_test(test_skip_closes_the_session_of_its_host_alone),
        cmocka_unit_test(test_one_that_is_being_closed_keeps_its_place),
        cmocka_unit_test(test_finish_waits_for_the_session_of_a_skipped_host),
        cmocka_unit_test(test_facts_that_do_not_fit_change_nothing),
        cmocka_unit_test(test_a_session_that_is_lost_when_its_host_has_been_started_is_the_hosts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

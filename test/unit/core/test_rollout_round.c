/*
 * test_rollout_round.c - retries, of steps and of hosts, and how they are counted: docs/rollout.md,
 * "A host" and "Verbs", retry.
 *
 * Each test drives a rollout by hand: facts in, the exact orders out, as text.
 */
#include "unit/core/bench.h"

static void
round_init(struct bench *b)
{
    bench_init(b, STRATEGY_PARALLEL, 1);
    b->policy.max_fail.value = 9;
    b->policy.answerable = true;
}

static void
unknown(struct bench *b, int32_t host)
{
    const struct rollout_host h = rollout_host(b->rollout, host);

    tell(b, (struct fact){.kind = FACT_STEP_UNKNOWN,
                          .host = host,
                          .step = h.step,
                          .attempt = h.attempt,
                          .cause = CAUSE_IDLE});
}

static void
test_numbers_of_attempts_count_on_and_retries_are_counted_within_a_round(void **state)
{
    struct bench b;

    (void)state;
    round_init(&b);
    b.steps[0] = (struct plan_step){.idempotent = true, .retries = 1, .local = true};
    b.step_count = 2;
    b.finally_count = 1;
    b.finally_steps[0].local = true;
    bench_start(&b, 2);
    connected(&b, 0);
    done(&b, 0, 0, 1);
    tick(&b, 0);
    buf_clear(&b.seen);
    done(&b, 0, 0, 1); /* the one retry is spent */
    expect(&b, "finally 0:0,");
    finally_done(&b, 0, 0, 0);
    gone(&b, 0);
    verb_to(&b, VERB_RETRY, 0);
    past_host(&b, 1, 0);
    finally_done(&b, 1, 0, 0);
    tell(&b, (struct fact){.kind = FACT_STEP_DONE, .host = 1, .step = 1, .attempt = 1});
    tell(&b, (struct fact){.kind = FACT_FINALLY_DONE, .host = 1, .attempt = 1});
    buf_clear(&b.seen);
    connected(&b, 0);
    expect(&b, "run_step 0:0.3,");
    done(&b, 0, 0, 1);
    tick(&b, 0);
    buf_clear(&b.seen);
    done(&b, 0, 0, 0);
    expect(&b, "run_step 0:1.3,"); /* every step of the round counts from where it began */
    done(&b, 0, 1, 0);
    buf_clear(&b.seen);
    tell(&b, (struct fact){.kind = FACT_FINALLY_DONE, .host = 0, .attempt = 1});
    assert_int_equal(b.seen.len, 0); /* of the first round */
    finally_done(&b, 0, 0, 0);
    ended(&b, OUTCOME_OK, CAUSE_NONE, 0);
    assert_int_equal(rollout_host(b.rollout, 0).round, 2);
    bench_end(&b);
}

static void
test_no_fact_of_an_earlier_round_fits(void **state)
{
    struct bench b;

    (void)state;
    round_init(&b);
    bench_start(&b, 2);
    past_host(&b, 0, 1);
    past_host(&b, 1, 0);
    assert_true(rollout_finished(b.rollout));
    bench_end(&b);

    round_init(&b);
    bench_start(&b, 2);
    past_host(&b, 0, 1);
    verb_to(&b, VERB_RETRY, 0);
    past_host(&b, 1, 0);
    const uint64_t connecting = rollout_digest(b.rollout);
    tell(&b, (struct fact){.kind = FACT_CONNECTED, .attempt = 1});
    connect_failed(&b, 0, 1, CAUSE_AUTH);
    assert_true(rollout_digest(b.rollout) == connecting);
    connected(&b, 0);
    const uint64_t ordered = rollout_digest(b.rollout);
    tell(&b, (struct fact){.kind = FACT_STEP_SENT, .attempt = 1});
    tell(&b, (struct fact){.kind = FACT_STEP_DONE, .attempt = 1});
    assert_true(rollout_digest(b.rollout) == ordered);
    bench_end(&b);
}

static void
test_max_retries_of_connecting_are_counted_within_a_round(void **state)
{
    struct bench b;

    (void)state;
    round_init(&b);
    b.policy.retry_connect = true;
    b.policy.retries_max = 1;
    b.policy.retry_delay_ms = 0;
    bench_start(&b, 1);
    verb(&b, VERB_PAUSE);
    for (int32_t round = 0; round < 2; round++) {
        connect_failed(&b, 0, round * 2 + 1, CAUSE_CONNECT);
        tick(&b, 0);
        ended(&b, OUTCOME_RUNNING, CAUSE_NONE, 0);
        connect_failed(&b, 0, round * 2 + 2, CAUSE_CONNECT);
        ended(&b, OUTCOME_UNREACHABLE, CAUSE_CONNECT, 0);
        verb_to(&b, VERB_RETRY, 0);
    }
    bench_end(&b);
}

static void
test_a_retried_host_goes_from_its_first_step_and_forgets_how_it_ended(void **state)
{
    struct bench b;

    (void)state;
    round_init(&b);
    b.step_count = 2;
    bench_start(&b, 2);
    connected(&b, 0);
    done(&b, 0, 0, 0);
    done(&b, 0, 1, 7);
    gone(&b, 0);
    verb_to(&b, VERB_RETRY, 0);
    assert_true(rollout_host(b.rollout, 0).queued);
    ended(&b, OUTCOME_FAILED, CAUSE_NONE, 0); /* until it starts */
    assert_int_equal(rollout_host(b.rollout, 0).exit_code, 7);
    buf_clear(&b.seen);
    connect_failed(&b, 1, 1, CAUSE_NAME);
    expect(&b, "release 1@0, start 0@0, connect 0,");
    ended(&b, OUTCOME_RUNNING, CAUSE_NONE, 0);
    assert_int_equal(rollout_host(b.rollout, 0).exit_code, 0);
    assert_false(rollout_host(b.rollout, 0).queued);
    connected(&b, 0);
    expect(&b, "run_step 0:0.2,");
    bench_end(&b);
}

static void
test_of_several_retried_the_lowest_position_with_room_goes_first(void **state)
{
    static const int32_t value_of[] = {0, 0, 1, 0};
    struct bench b;

    (void)state;
    round_init(&b);
    b.policy.workers = 2;
    b.policy.order = HOST_ORDER_REVERSE_INVENTORY;
    b.parallel_by[0] = (struct plan_parting){"site", value_of, 2, {.value = 1}};
    bench_start(&b, 4);
    past_host(&b, 3, 1);
    past_host(&b, 2, 1);
    past_host(&b, 1, 1);
    verb_to(&b, VERB_RETRY, 1); /* 0 is in flight, of their value */
    verb_to(&b, VERB_RETRY, 3);
    buf_clear(&b.seen);
    verb_to(&b, VERB_RETRY, 2);
    expect(&b, "start 2@1, connect 2,");
    past_host(&b, 0, 0);
    expect(&b, "run_step 0:0.1, disconnect 0, release 0@0, start 3@0, connect 3,");
    bench_end(&b);
}

static void
test_a_retry_goes_before_all_that_have_not_started(void **state)
{
    struct bench b;

    (void)state;
    round_init(&b);
    bench_start(&b, 3);
    past_host(&b, 0, 1);
    verb_to(&b, VERB_RETRY, 0);
    buf_clear(&b.seen);
    past_host(&b, 1, 0);
    expect(&b, "run_step 1:0.1, disconnect 1, release 1@0, start 0@0, connect 0,");
    bench_end(&b);
}

static void
test_skip_lets_a_host_wait_for_its_retry_no_more(void **state)
{
    struct bench b;

    (void)state;
    round_init(&b);
    bench_start(&b, 2);
    past_host(&b, 0, 1);
    verb_to(&b, VERB_RETRY, 0);
    verb_to(&b, VERB_SKIP, 0);
    assert_false(rollout_host(b.rollout, 0).queued);
    past_host(&b, 1, 0);
    in_state(&b, RUN_OVER, HALT_NONE);
    ended(&b, OUTCOME_FAILED, CAUSE_NONE, 0); /* it keeps its outcome */
    bench_end(&b);
}

static void
test_a_halt_forgets_who_waits_for_a_retry(void **state)
{
    struct bench b;

    (void)state;
    round_init(&b);
    bench_start(&b, 3);
    past_host(&b, 0, 1);
    verb_to(&b, VERB_RETRY, 0);
    connected(&b, 1);
    verb(&b, VERB_ABORT);
    assert_false(rollout_host(b.rollout, 0).queued);
    done(&b, 1, 0, 0);
    in_state(&b, RUN_OVER, HALT_ABORT);
    ended(&b, OUTCOME_FAILED, CAUSE_NONE, 0);
    bench_end(&b);
}

static void
test_a_host_that_turned_to_failed_is_late_until_it_goes_again(void **state)
{
    struct bench b;

    (void)state;
    round_init(&b);
    bench_gate(&b);
    bench_start(&b, 2);
    whole_host(&b, 0, 0);
    looked(&b, 0, true);
    gone(&b, 0);
    tick(&b, 500);
    looked(&b, 0, false);
    assert_true(rollout_host(b.rollout, 0).late);
    verb_to(&b, VERB_RETRY, 0);
    past_host(&b, 1, 1);
    assert_false(rollout_host(b.rollout, 0).late);
    whole_host(&b, 0, 0);
    buf_clear(&b.seen);
    probed(&b, 0, 0, 2, true, CAUSE_NONE); /* the number of a look before */
    assert_int_equal(b.seen.len, 0);
    probed(&b, 0, 0, 3, true, CAUSE_NONE);
    ended(&b, OUTCOME_OK, CAUSE_NONE, 0);
    bench_end(&b);
}

static void
test_only_an_idempotent_step_is_sent_again(void **state)
{
    (void)state;
    for (int idempotent = 0; idempotent < 2; idempotent++) {
        struct bench b;
        round_init(&b);
        b.steps[0].idempotent = idempotent == 1;
        b.steps[0].retries = 1;
        bench_start(&b, 1);
        connected(&b, 0);
        unknown(&b, 0);
        ended(&b, idempotent ? OUTCOME_RUNNING : OUTCOME_UNKNOWN,
              idempotent ? CAUSE_NONE : CAUSE_IDLE, 0);
        bench_end(&b);
    }
}

static void
test_a_step_that_a_signal_ended_has_failed_whatever_its_code(void **state)
{
    struct bench b;

    (void)state;
    round_init(&b);
    bench_start(&b, 1);
    connected(&b, 0);
    tell(&b, (struct fact){.kind = FACT_STEP_DONE, .attempt = 1, .signal = 9});
    ended(&b, OUTCOME_FAILED, CAUSE_NONE, 0);
    assert_int_equal(rollout_host(b.rollout, 0).signal, 9);
    bench_end(&b);
}

static void
test_a_retried_host_of_a_higher_position_waits_though_it_was_named_later(void **state)
{
    struct bench b;

    (void)state;
    round_init(&b);
    bench_start(&b, 3);
    past_host(&b, 0, 1);
    past_host(&b, 1, 1);
    verb_to(&b, VERB_RETRY, 0);
    verb_to(&b, VERB_RETRY, 1);
    buf_clear(&b.seen);
    past_host(&b, 2, 0);
    expect(&b, "run_step 2:0.1, disconnect 2, release 2@0, start 0@0, connect 0,");
    bench_end(&b);
}

static void
test_retries_of_a_step_leave_the_numbers_of_the_next_as_they_are(void **state)
{
    struct bench b;

    (void)state;
    round_init(&b);
    b.step_count = 2;
    b.steps[0] = b.steps[1] = (struct plan_step){.idempotent = true, .retries = 2};
    bench_start(&b, 2);
    connected(&b, 0);
    for (int32_t i = 0; i < 3; i++) {
        done(&b, 0, 0, i < 2);
        tick(&b, 0);
    }
    assert_int_equal(rollout_host(b.rollout, 0).step, 1);
    assert_int_equal(rollout_host(b.rollout, 0).attempt, 1);
    for (int32_t i = 0; i < 2; i++) {
        done(&b, 0, 1, 1);
        tick(&b, 0);
    }
    assert_int_equal(rollout_host(b.rollout, 0).attempt, 3);
    done(&b, 0, 1, 1);
    gone(&b, 0);
    verb(&b, VERB_PAUSE);
    connect_failed(&b, 1, 1, CAUSE_NAME);
    verb_to(&b, VERB_RETRY, 0);
    connected(&b, 0);
    assert_int_equal(rollout_host(b.rollout, 0).attempt, 4); /* above all before, of any step */
    bench_end(&b);
}

static void
test_a_step_that_was_not_started_for_a_lost_session_connects_again(void **state)
{
    struct bench b;

    (void)state;
    round_init(&b);
    b.policy.retry_connect = true;
    b.policy.retry_delay_ms = 0;
    bench_start(&b, 1);
    connected(&b, 0);
    tell(&b, (struct fact){.kind = FACT_STEP_NOT_STARTED, .attempt = 1, .cause = CAUSE_LOST});
    tick(&b, 0);
    buf_clear(&b.seen);
    connected(&b, 0);
    expect(&b, "run_step 0:0.1,"); /* the same attempt: nothing of it ran */
    bench_end(&b);

    round_init(&b); /* where connecting is tried again at all */
    bench_start(&b, 1);
    connected(&b, 0);
    tell(&b, (struct fact){.kind = FACT_STEP_NOT_STARTED, .attempt = 1, .cause = CAUSE_LOST});
    ended(&b, OUTCOME_UNREACHABLE, CAUSE_LOST, 0);
    bench_end(&b);
}

static void
test_ok_exit_codes_say_what_is_good(void **state)
{
    (void)state;
    for (int code = 0; code < 4; code++) {
        struct bench b;
        round_init(&b);
        b.steps[0].ok_codes[0] = 1 << 2;
        b.finally_count = 1;
        b.finally_steps[0] = (struct plan_step){.local = true, .ok_codes = {1 << 3}};
        bench_start(&b, 1);
        whole_host(&b, 0, code);
        ended(&b, code == 2 ? OUTCOME_RUNNING : OUTCOME_FAILED, CAUSE_NONE, 0);
        finally_done(&b, 0, 0, code == 2 ? 3 : 0);
        ended(&b, code == 2 ? OUTCOME_OK : OUTCOME_FAILED, CAUSE_NONE, 0);
        bench_end(&b);
    }
}

/* One plain step, then one that a single host runs for all; two hosts stand before it. */
static void
once_init(struct bench *b, int32_t hosts)
{
    round_init(b);
    b->policy.workers = hosts;
    b->step_count = 2;
    b->steps[1].run_once = true;
    bench_start(b, hosts);
    for (int32_t i = 0; i < hosts; i++) {
        connected(b, i);
    }
}

static void
test_a_retried_host_is_of_those_who_may_run_a_run_once_step(void **state)
{
    struct bench b;

    (void)state;
    once_init(&b, 3);
    done(&b, 2, 0, 0);
    past_host(&b, 0, 1);
    verb_to(&b, VERB_RETRY, 0);
    connected(&b, 0);
    past_host(&b, 1, 1);
    buf_clear(&b.seen);
    assert_true(rollout_host(b.rollout, 2).held); /* for 0, who is the lowest again */
    done(&b, 0, 0, 0);
    expect(&b, "run_step 0:1.2,");
    bench_end(&b);
}

static void
test_a_turn_that_was_given_is_not_taken_back_for_a_lower_host_that_is_retried(void **state)
{
    struct bench b;

    (void)state;
    once_init(&b, 2);
    done(&b, 1, 0, 0);
    tell(&b, (struct fact){.kind = FACT_CONNECTION_LOST, .host = 1, .cause = CAUSE_LOST});
    buf_clear(&b.seen);
    past_host(&b, 0, 1);
    expect(&b, "disconnect 0, release 0@0, connect 1,");
    verb_to(&b, VERB_RETRY, 0);
    connected(&b, 0);
    done(&b, 0, 0, 0);
    buf_clear(&b.seen);
    assert_true(rollout_host(b.rollout, 0).held);
    connected(&b, 1);
    expect(&b, "run_step 1:1.1,");
    bench_end(&b);
}

static void
test_a_refused_channel_is_forgiven_once_a_step(void **state)
{
    static const struct fact refused = {
        .kind = FACT_STEP_NOT_STARTED, .attempt = 1, .cause = CAUSE_REFUSED};
    struct bench b;
    struct fact again = refused;

    (void)state;
    round_init(&b);
    b.step_count = 2;
    bench_start(&b, 1);
    connected(&b, 0);
    tell(&b, refused);
    tick(&b, 1000);
    done(&b, 0, 0, 0);
    again.step = 1;
    tell(&b, again);
    ended(&b, OUTCOME_RUNNING, CAUSE_NONE, 0);
    tick(&b, 2000);
    tell(&b, again);
    ended(&b, OUTCOME_FAILED, CAUSE_REFUSED, 0);
    bench_end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_of_attempts_count_on_and_retries_are_counted_within_a_round),
        cmocka_unit_test(test_no_fact_of_an_earlier_round_fits),
        cmocka_unit_test(test_max_retries_of_connecting_are_counted_within_a_round),
        cmocka_unit_test(test_a_retried_host_goes_from_its_first_step_and_forgets_how_it_ended),
        cmocka_unit_test(test_of_several_retried_the_lowest_position_with_room_goes_first),
        cmocka_unit_test(test_a_retry_goes_before_all_that_have_not_started),
        cmocka_unit_test(test_skip_lets_a_host_wait_for_its_retry_no_more),
        cmocka_unit_test(test_a_halt_forgets_who_waits_for_a_retry),
        cmocka_unit_test(test_a_host_that_turned_to_failed_is_late_until_it_goes_again),
        cmocka_unit_test(test_only_an_idempotent_step_is_sent_again),
        cmocka_unit_test(test_a_step_that_a_signal_ended_has_failed_whatever_its_code),
        cmocka_unit_test(test_ok_exit_codes_say_what_is_good),
        cmocka_unit_test(test_a_retried_host_of_a_higher_position_waits_though_it_was_named_later),
        cmocka_unit_test(test_retries_of_a_step_leave_the_numbers_of_the_next_as_they_are),
        cmocka_unit_test(test_a_step_that_was_not_started_for_a_lost_session_connects_again),
        cmocka_unit_test(test_a_retried_host_is_of_those_who_may_run_a_run_once_step),
        cmocka_unit_test(
            test_a_turn_that_was_given_is_not_taken_back_for_a_lower_host_that_is_retried),
        cmocka_unit_test(test_a_refused_channel_is_forgiven_once_a_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_rollout_session.c - one session a host, and nothing begins before the last is gone:
 * docs/rollout.md, "A host", and what abort and kill do to it.
 *
 * Each test drives a rollout by hand: facts in, the exact orders out, as text.
 */
#include "unit/core/bench.h"

static void
session_init(struct bench *b)
{
    bench_init(b, STRATEGY_PARALLEL, 1);
    b->policy.max_fail.value = 9;
    b->policy.answerable = true;
}

/* Host 0 goes again while its old session is being closed. */
static void
retried_while_closing(struct bench *b)
{
    bench_start(b, 2);
    whole_host(b, 0, 1);
    verb_to(b, VERB_RETRY, 0);
    past_host(b, 1, 0);
    assert_int_equal(rollout_active(b->rollout), 1);
    buf_clear(&b->seen);
}

static void
test_a_host_connects_again_when_its_old_session_is_gone(void **state)
{
    struct bench b;

    (void)state;
    session_init(&b);
    retried_while_closing(&b);
    const uint64_t before = rollout_digest(b.rollout);
    tell(&b, (struct fact){.kind = FACT_CONNECTED, .attempt = 1});
    connect_failed(&b, 0, 1, CAUSE_CONNECT);
    assert_true(rollout_digest(b.rollout) == before);
    assert_int_equal(b.seen.len, 0);
    gone(&b, 0);
    expect(&b, "connect 0,");
    gone(&b, 0); /* told twice */
    assert_int_equal(b.seen.len, 0);
    bench_end(&b);
}

static void
test_a_step_on_the_controller_waits_for_it_too(void **state)
{
    struct bench b;

    (void)state;
    session_init(&b);
    b.steps[0].local = true;
    b.step_count = 2;
    b.steps[1].switches = true;
    b.policy.strategy = STRATEGY_BLUE_GREEN;
    b.steps[1].local = true;
    b.finally_count = 1; /* the one that needs a connection */
    bench_start(&b, 1);
    whole_host(&b, 0, 0);
    expect(&b, "start 0@0, connect 0, run_step 0:0.1, disconnect 0, park 0@0, unpark 0@0,");
    gone(&b, 0);
    expect(&b, "run_step 0:1.1,");
    bench_end(&b);
}

static void
test_a_finally_list_waits_for_it_and_comes_to_no_line_before(void **state)
{
    struct bench b;

    (void)state;
    session_init(&b);
    b.policy.strategy = STRATEGY_BLUE_GREEN;
    b.policy.workers = 2;
    b.step_count = 2;
    b.steps[1].switches = true;
    b.finally_count = 1;
    b.finally_steps[0] = (struct plan_step){.local = true, .run_once = true};
    bench_start(&b, 3);
    whole_host(&b, 0, 0);
    connected(&b, 1);
    connected(&b, 2);
    verb(&b, VERB_ABORT); /* 0 is cancelled when there is a slot */
    buf_clear(&b.seen);
    done(&b, 1, 0, 0);
    expect(&b, "finally 1:0,"); /* 0 has the lower position, but is not there yet */
    finally_done(&b, 1, 0, 0);
    gone(&b, 0);
    bench_end(&b);
}

static void
test_a_kill_of_a_host_that_waits_for_it_orders_no_second_disconnect(void **state)
{
    struct bench b;

    (void)state;
    session_init(&b);
    retried_while_closing(&b);
    verb(&b, VERB_KILL);
    expect(&b, "release 0@0, finish 2,");
    ended(&b, OUTCOME_UNKNOWN, CAUSE_KILLED, 0); /* a step was sent to it in this run */
    bench_end(&b);

    session_init(&b); /* nor has the end of that session a meaning later */
    b.policy.workers = 2;
    bench_start(&b, 3);
    connected(&b, 1);
    whole_host(&b, 0, 1);
    verb_to(&b, VERB_RETRY, 0);
    past_host(&b, 2, 0);
    buf_clear(&b.seen);
    verb(&b, VERB_KILL);
    expect(&b, "release 0@0, disconnect 1,");
    gone(&b, 0);
    assert_int_equal(b.seen.len, 0);
    bench_end(&b);

    session_init(&b);
    b.finally_count = 1;
    bench_start(&b, 2);
    whole_host(&b, 0, 1);
    finally_done(&b, 0, 0, 0);
    verb_to(&b, VERB_RETRY, 0);
    whole_host(&b, 1, 0);
    finally_done(&b, 1, 0, 0);
    buf_clear(&b.seen);
    verb(&b, VERB_KILL);
    assert_int_equal(b.seen.len, 0);
    gone(&b, 0); /* its finally list has waited for that */
    expect(&b, "finally 0:0,");
    bench_end(&b);
}

static void
test_an_abort_leaves_a_host_that_was_connected_before_to_go_on(void **state)
{
    struct bench b;

    (void)state;
    session_init(&b);
    retried_while_closing(&b);
    verb(&b, VERB_ABORT);
    gone(&b, 0);
    expect(&b, "connect 0,");
    bench_end(&b);
}

static void
test_an_abort_cancels_who_was_never_connected_wherever_he_waits(void **state)
{
    struct bench b;

    (void)state;
    session_init(&b); /* connecting: that is closed first */
    bench_start(&b, 2);
    buf_clear(&b.seen);
    verb(&b, VERB_ABORT);
    expect(&b, "disconnect 0,");
    connected(&b, 0); /* too late */
    assert_int_equal(b.seen.len, 0);
    gone(&b, 0);
    expect(&b, "release 0@0, finish 3,");
    ended(&b, OUTCOME_CANCELLED, CAUSE_CANCELLED, 0);
    bench_end(&b);

    session_init(&b); /* between two attempts */
    b.policy.retry_connect = true;
    bench_start(&b, 2);
    connect_failed(&b, 0, 1, CAUSE_CONNECT);
    buf_clear(&b.seen);
    verb(&b, VERB_ABORT);
    expect(&b, "release 0@0, finish 3, wait -1,");
    ended(&b, OUTCOME_CANCELLED, CAUSE_CANCELLED, 0);
    bench_end(&b);

    session_init(&b); /* where nothing needs a connection: at a step that holds it */
    b.policy.workers = 3;
    b.steps[0] = (struct plan_step){.local = true, .throttle = 1};
    bench_start(&b, 4);
    expect(&b, "start 0@0, start 1@1, start 2@2, run_step 0:0.1,");
    verb(&b, VERB_ABORT);
    expect(&b, "release 1@1, release 2@2,");
    ended(&b, OUTCOME_CANCELLED, CAUSE_CANCELLED, 2);
    done(&b, 0, 0, 0); /* it was ordered: it goes on */
    expect(&b, "release 0@0, finish 3,");
    ended(&b, OUTCOME_OK, CAUSE_NONE, 0);
    bench_end(&b);
}

static void
test_an_abort_lets_a_host_retry_to_which_a_step_was_sent(void **state)
{
    struct bench b;

    (void)state;
    session_init(&b);
    b.steps[0] =
        (struct plan_step){.local = true, .idempotent = true, .retries = 1, .delay_ms = 50};
    bench_start(&b, 2);
    done(&b, 0, 0, 1);
    buf_clear(&b.seen);
    verb(&b, VERB_ABORT);
    assert_int_equal(b.seen.len, 0);
    tick(&b, 62);
    expect(&b, "run_step 0:0.2, wait -1,");
    bench_end(&b);
}

static void
test_an_abort_lets_who_waits_at_his_finally_list_go_on(void **state)
{
    struct bench b;

    (void)state;
    session_init(&b);
    b.policy.workers = 2;
    b.steps[0].local = true;
    b.finally_count = 1;
    b.finally_steps[0] = (struct plan_step){.local = true, .throttle = 1};
    bench_start(&b, 3);
    tell(&b, (struct fact){.kind = FACT_STEP_SKIPPED, .host = 0, .attempt = 1});
    tell(&b, (struct fact){.kind = FACT_STEP_SKIPPED, .host = 1, .attempt = 1});
    buf_clear(&b.seen);
    verb(&b, VERB_ABORT);
    assert_int_equal(b.seen.len, 0);
    finally_done(&b, 0, 0, 0);
    finally_done(&b, 1, 0, 0);
    expect(&b, "release 0@0, finally 1:0, release 1@1, finish 3,");
    ended(&b, OUTCOME_OK, CAUSE_NONE, 1);
    bench_end(&b);
}

static void
test_a_kill_reaches_the_finally_list_of_a_host_that_an_abort_cancelled(void **state)
{
    struct bench b;

    (void)state;
    session_init(&b);
    b.finally_count = 1;
    b.finally_steps[0].local = true;
    bench_start(&b, 1);
    verb(&b, VERB_ABORT);
    gone(&b, 0);
    buf_clear(&b.seen);
    verb(&b, VERB_KILL);
    expect(&b, "disconnect 0,");
    tell(&b, (struct fact){.kind = FACT_FINALLY_DONE, .attempt = 1, .cause = CAUSE_KILLED});
    gone(&b, 0);
    ended(&b, OUTCOME_CANCELLED, CAUSE_CANCELLED, 0);
    in_state(&b, RUN_OVER, HALT_KILL);
    bench_end(&b);
}

static void
test_a_kill_waits_for_the_end_of_what_is_under_way(void **state)
{
    struct bench b;

    (void)state;
    session_init(&b);
    b.policy.retry_connect = true;
    bench_start(&b, 1);
    verb(&b, VERB_KILL);
    connect_failed(&b, 0, 1, CAUSE_CONNECT); /* not tried again */
    ended(&b, OUTCOME_CANCELLED, CAUSE_KILLED, 0);
    bench_end(&b);

    session_init(&b);
    b.steps[0].idempotent = true;
    b.steps[0].retries = 1;
    b.step_count = 2;
    bench_start(&b, 1);
    connected(&b, 0);
    verb(&b, VERB_KILL);
    done(&b, 0, 0, 1); /* nor is a step */
    ended(&b, OUTCOME_UNKNOWN, CAUSE_KILLED, 0);
    bench_end(&b);

    session_init(&b);
    b.steps[0].idempotent = true;
    b.steps[0].retries = 1;
    bench_start(&b, 1);
    connected(&b, 0);
    verb(&b, VERB_KILL);
    tell(&b, (struct fact){.kind = FACT_STEP_UNKNOWN, .attempt = 1, .cause = CAUSE_LOST});
    ended(&b, OUTCOME_UNKNOWN, CAUSE_KILLED, 0);
    bench_end(&b);

    for (int sent = 0; sent < 2; sent++) { /* of what was sent nobody knows */
        session_init(&b);
        bench_start(&b, 1);
        connected(&b, 0);
        if (sent) {
            tell(&b, (struct fact){.kind = FACT_STEP_SENT, .attempt = 1});
        }
        verb(&b, VERB_KILL);
        tell(&b, (struct fact){.kind = FACT_STEP_NOT_STARTED, .attempt = 1, .cause = CAUSE_LOST});
        ended(&b, sent ? OUTCOME_UNKNOWN : OUTCOME_CANCELLED, CAUSE_KILLED, 0);
        bench_end(&b);
    }

    session_init(&b);
    b.step_count = 2;
    bench_start(&b, 1);
    connected(&b, 0);
    verb(&b, VERB_KILL);
    done(&b, 0, 0, 0); /* nor is there a next */
    ended(&b, OUTCOME_UNKNOWN, CAUSE_KILLED, 0);
    bench_end(&b);

    session_init(&b);
    bench_start(&b, 1);
    connected(&b, 0);
    verb(&b, VERB_KILL);
    done(&b, 0, 0, 0); /* it was the last: all was done */
    ended(&b, OUTCOME_OK, CAUSE_NONE, 0);
    bench_end(&b);
}

static void
test_a_connection_that_is_being_closed_is_not_closed_again(void **state)
{
    static const enum verb then[] = {VERB_ROLLBACK, VERB_KILL};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bench b;
        session_init(&b);
        b.rollback_count = 1;
        bench_start(&b, 2);
        buf_clear(&b.seen);
        verb(&b, VERB_ABORT);
        verb(&b, then[i]);
        expect(&b, "disconnect 0,");
        gone(&b, 0);
        expect(&b, "release 0@0, finish 3,");
        bench_end(&b);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_host_connects_again_when_its_old_session_is_gone),
        cmocka_unit_test(test_a_step_on_the_controller_waits_for_it_too),
        cmocka_unit_test(test_a_finally_list_waits_for_it_and_comes_to_no_line_before),
        cmocka_unit_test(test_a_kill_of_a_host_that_waits_for_it_orders_no_second_disconnect),
        cmocka_unit_test(test_an_abort_leaves_a_host_that_was_connected_before_to_go_on),
        cmocka_unit_test(test_an_abort_cancels_who_was_never_connected_wherever_he_waits),
        cmocka_unit_test(test_an_abort_lets_a_host_retry_to_which_a_step_was_sent),
        cmocka_unit_test(test_an_abort_lets_who_waits_at_his_finally_list_go_on),
        cmocka_unit_test(test_a_kill_reaches_the_finally_list_of_a_host_that_an_abort_cancelled),
        cmocka_unit_test(test_a_kill_waits_for_the_end_of_what_is_under_way),
        cmocka_unit_test(test_a_connection_that_is_being_closed_is_not_closed_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_rollout_bake.c - a host stays healthy for a while before it is done: docs/rollout.md,
 * "A host", host_bake.
 *
 * Each test drives a rollout by hand: facts in, the exact orders out, as text.
 */
#include "unit/core/bench.h"

/* A try every 100 ms for a second. */
static void
bake_init(struct bench *b, int32_t retries)
{
    bench_init(b, STRATEGY_PARALLEL, 1);
    b->policy.max_fail.value = 9;
    bench_gate(b);
    b->policy.gate_retries = retries;
    b->policy.host_bake_ms = 1000;
}

/* One host whose gate is passed. */
static void
baking(struct bench *b)
{
    bench_start(b, 1);
    whole_host(b, 0, 0);
    looked(b, 0, true);
    assert_true(rollout_host(b->rollout, 0).baking);
    buf_clear(&b->seen);
}

static void
test_a_host_is_tried_every_interval_until_its_bake_is_over(void **state)
{
    struct bench b;

    (void)state;
    bake_init(&b, 0);
    b.policy.gate_interval_ms = 400;
    b.finally_count = 1;
    baking(&b);
    tick(&b, 400);
    expect(&b, "probe 0:0.2, wait -1,");
    b.now_ms = 410;
    looked(&b, 0, true);
    expect(&b, "wait 810,");
    tick(&b, 810);
    looked(&b, 0, true);
    expect(&b, "probe 0:0.3, wait -1, wait 1000,"); /* not 1210 */
    assert_int_equal(rollout_active(b.rollout), 1); /* it keeps its slot */
    tick(&b, 1000);
    expect(&b, "finally 0:0, wait -1,");
    assert_false(rollout_host(b.rollout, 0).baking);
    bench_end(&b);
}

static void
test_no_try_begins_at_the_end_of_the_bake_and_one_under_way_is_waited_for(void **state)
{
    struct bench b;

    (void)state;
    bake_init(&b, 0);
    b.policy.host_bake_ms = 100;
    baking(&b);
    tick(&b, 100);
    expect(&b, "disconnect 0, release 0@0, finish 0, wait -1,");
    bench_end(&b);

    bake_init(&b, 1);
    b.policy.host_bake_ms = 101;
    baking(&b);
    tick(&b, 100);
    b.now_ms = 500;
    looked(&b, 0, true);
    expect(&b, "probe 0:0.2, wait -1, disconnect 0, release 0@0, finish 0,");
    bench_end(&b);

    bake_init(&b, 1); /* though it fails, and the bake with it begins again */
    b.policy.host_bake_ms = 101;
    baking(&b);
    tick(&b, 100);
    b.now_ms = 500;
    looked(&b, 0, false);
    expect(&b, "probe 0:0.2, wait -1, wait 600,");
    bench_end(&b);
}

static void
test_a_try_that_passes_at_the_very_end_ends_the_bake(void **state)
{
    struct bench b;

    (void)state;
    bake_init(&b, 0);
    b.policy.host_bake_ms = 101;
    baking(&b);
    tick(&b, 100);
    b.now_ms = 101;
    looked(&b, 0, true);
    expect(&b, "probe 0:0.2, wait -1, disconnect 0, release 0@0, finish 0,");
    bench_end(&b);
}

static void
test_a_failed_try_begins_the_bake_again_and_too_many_fail_the_host(void **state)
{
    struct bench b;

    (void)state;
    bake_init(&b, 1);
    baking(&b);
    tick(&b, 100);
    looked(&b, 0, false);
    for (int32_t i = 2; i <= 9; i++) {
        tick(&b, i * 100);
        looked(&b, 0, true);
    }
    tick(&b, 1000);
    looked(&b, 0, true); /* the first bake would be over */
    ended(&b, OUTCOME_RUNNING, CAUSE_NONE, 0);
    buf_clear(&b.seen);
    tick(&b, 1100);
    expect(&b, "disconnect 0, release 0@0, finish 0, wait -1,");
    bench_end(&b);

    bake_init(&b, 1);
    baking(&b);
    tick(&b, 100);
    looked(&b, 0, false);
    tick(&b, 200);
    looked(&b, 0, true); /* they need not be in a row */
    tick(&b, 300);
    looked(&b, 0, false);
    ended(&b, OUTCOME_FAILED, CAUSE_GATE, 0);
    bench_end(&b);
}

static void
test_without_checks_a_host_waits_its_bake(void **state)
{
    struct bench b;

    (void)state;
    bake_init(&b, 0);
    b.policy.gate_enabled = false;
    b.check_count = 0;
    bench_start(&b, 1);
    buf_clear(&b.seen);
    whole_host(&b, 0, 0);
    expect(&b, "run_step 0:0.1, wait 1000,");
    tick(&b, 1000);
    expect(&b, "disconnect 0, release 0@0, finish 0, wait -1,");
    bench_end(&b);
}

static void
test_tries_are_a_millisecond_apart_at_least(void **state)
{
    struct bench b;

    (void)state;
    bake_init(&b, 0);
    b.policy.gate_interval_ms = 0;
    b.policy.host_bake_ms = 2;
    bench_start(&b, 1);
    whole_host(&b, 0, 0);
    buf_clear(&b.seen);
    looked(&b, 0, true);
    expect(&b, "wait 1,");
    tick(&b, 1);
    looked(&b, 0, true);
    expect(&b, "probe 0:0.2, wait -1, wait 2,");
    bench_end(&b);
}

static void
test_an_abort_and_a_rollback_end_bakes_and_the_host_is_ok(void **state)
{
    static const enum verb verbs[] = {VERB_ABORT, VERB_ROLLBACK};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bench b;
        bake_init(&b, 0);
        b.rollback_count = 1;
        baking(&b);
        verb(&b, verbs[i]);
        ended(&b, OUTCOME_OK, CAUSE_NONE, 0);
        bench_end(&b);

        bake_init(&b, 0); /* a try under way is waited for, and says what it will */
        b.rollback_count = 1;
        baking(&b);
        tick(&b, 100);
        verb(&b, verbs[i]);
        ended(&b, OUTCOME_RUNNING, CAUSE_NONE, 0);
        looked(&b, 0, false);
        ended(&b, OUTCOME_OK, CAUSE_NONE, 0);
        bench_end(&b);

        bake_init(&b, 0); /* what it waited for is forgotten */
        b.rollback_count = b.finally_count = 1;
        baking(&b);
        verb(&b, verbs[i]);
        expect(&b, "finally 0:0, wait -1,");
        bench_end(&b);

        bake_init(&b, 0); /* and none begins later */
        b.rollback_count = 1;
        bench_start(&b, 1);
        connected(&b, 0);
        verb(&b, verbs[i]);
        done(&b, 0, 0, 0);
        looked(&b, 0, true);
        ended(&b, OUTCOME_OK, CAUSE_NONE, 0);
        bench_end(&b);
    }
}

static void
test_a_halt_that_no_operator_asked_for_lets_bakes_go_on(void **state)
{
    struct bench b;

    (void)state;
    bake_init(&b, 0);
    b.policy.run_timeout_ms = 50;
    baking(&b);
    tick(&b, 50);
    in_state(&b, RUN_DRAINING, HALT_TIMEOUT);
    expect(&b, "wait 100,");
    ended(&b, OUTCOME_RUNNING, CAUSE_NONE, 0);
    bench_end(&b);
}

static void
test_a_kill_ends_a_bake_and_nobody_knows(void **state)
{
    struct bench b;

    (void)state;
    bake_init(&b, 0);
    baking(&b);
    verb(&b, VERB_KILL);
    expect(&b, "disconnect 0, release 0@0, finish 2, wait -1,");
    ended(&b, OUTCOME_UNKNOWN, CAUSE_KILLED, 0);
    bench_end(&b);
}

static void
test_a_pause_does_not_stop_the_bake_of_a_host(void **state)
{
    struct bench b;

    (void)state;
    bake_init(&b, 0);
    b.policy.host_bake_ms = 100;
    baking(&b);
    verb(&b, VERB_PAUSE);
    tick(&b, 100);
    ended(&b, OUTCOME_OK, CAUSE_NONE, 0);
    bench_end(&b);
}

static void
test_a_check_on_the_host_connects_in_the_bake_and_a_failure_to_is_a_failed_try(void **state)
{
    struct bench b;

    (void)state;
    bake_init(&b, 0);
    b.checks[0].local = false;
    baking(&b);
    tell(&b, (struct fact){.kind = FACT_CONNECTION_LOST, .cause = CAUSE_LOST});
    tick(&b, 100);
    expect(&b, "connect 0, wait -1,");
    connect_failed(&b, 0, 2, CAUSE_CONNECT);
    ended(&b, OUTCOME_FAILED, CAUSE_GATE, 0);
    bench_end(&b);
}

static void
test_every_round_has_a_gate_and_a_bake_of_its_own(void **state)
{
    struct bench b;

    (void)state;
    bake_init(&b, 1);
    bench_start(&b, 1);
    verb(&b, VERB_PAUSE); /* so that it does not end */
    whole_host(&b, 0, 0);
    looked(&b, 0, false);
    tick(&b, 100);
    looked(&b, 0, true);
    tick(&b, 200);
    looked(&b, 0, false);
    tick(&b, 300);
    looked(&b, 0, false);
    ended(&b, OUTCOME_FAILED, CAUSE_GATE, 0); /* all tries of the round were needed */
    gone(&b, 0);
    verb_to(&b, VERB_RETRY, 0);
    whole_host(&b, 0, 0);
    looked(&b, 0, false);
    tick(&b, 400);
    ended(&b, OUTCOME_RUNNING, CAUSE_NONE, 0);
    looked(&b, 0, true);
    tick(&b, 500);
    looked(&b, 0, false);
    ended(&b, OUTCOME_RUNNING, CAUSE_NONE, 0);
    bench_end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_host_is_tried_every_interval_until_its_bake_is_over),
        cmocka_unit_test(test_no_try_begins_at_the_end_of_the_bake_and_one_under_way_is_waited_for),
        cmocka_unit_test(test_a_try_that_passes_at_the_very_end_ends_the_bake),
        cmocka_unit_test(test_a_failed_try_begins_the_bake_again_and_too_many_fail_the_host),
        cmocka_unit_test(test_without_checks_a_host_waits_its_bake),
        cmocka_unit_test(test_tries_are_a_millisecond_apart_at_least),
        cmocka_unit_test(test_an_abort_and_a_rollback_end_bakes_and_the_host_is_ok),
        cmocka_unit_test(test_a_halt_that_no_operator_asked_for_lets_bakes_go_on),
        cmocka_unit_test(test_a_kill_ends_a_bake_and_nobody_knows),
        cmocka_unit_test(test_a_pause_does_not_stop_the_bake_of_a_host),
        cmocka_unit_test(
            test_a_check_on_the_host_connects_in_the_bake_and_a_failure_to_is_a_failed_try),
        cmocka_unit_test(test_every_round_has_a_gate_and_a_bake_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

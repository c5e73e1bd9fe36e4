/*
 * test_rollout_gate.c - a host is not done before its checks have passed.
 *
 * Each test drives a rollout by hand: facts in, the exact orders out, as text.
 */
#include "unit/core/bench.h"

static void
gate_init(struct bench *b, int32_t retries, int32_t successes, int32_t checks)
{
    bench_init(b, STRATEGY_ROLLING, 1);
    b->policy.gate_enabled = true;
    b->policy.gate_retries = retries;
    b->policy.gate_successes = successes;
    b->policy.gate_interval_ms = 100;
    b->check_count = checks;
    for (int32_t i = 0; i < 4; i++) {
        b->checks[i].local = true;
    }
}

/* One host whose steps are over. */
static void
gate_reached(struct bench *b)
{
    bench_start(b, 1);
    connected(b, 0);
    buf_clear(&b->seen);
    done(b, 0, 0, 0);
}

static void
test_all_checks_in_order_are_one_try_and_come_before_finally(void **state)
{
    struct bench b;

    (void)state;
    gate_init(&b, 0, 1, 3);
    b.finally_count = 1;
    gate_reached(&b);
    expect(&b, "probe 0:0.1,");
    probed(&b, 0, 0, 1, true, CAUSE_NONE);
    expect(&b, "probe 0:1.1,");
    probed(&b, 0, 1, 1, true, CAUSE_NONE);
    expect(&b, "probe 0:2.1,");
    probed(&b, 0, 2, 1, true, CAUSE_NONE);
    expect(&b, "finally 0:0,");
    tell(&b, (struct fact){.kind = FACT_FINALLY_DONE});
    expect(&b, "disconnect 0, release 0@0, finish 0,");
    ended(&b, OUTCOME_OK, CAUSE_NONE, 0);
    bench_end(&b);
}

static void
test_a_failed_check_ends_the_try_and_the_next_begins_with_the_first(void **state)
{
    struct bench b;

    (void)state;
    gate_init(&b, 1, 1, 2);
    gate_reached(&b);
    probed(&b, 0, 0, 1, true, CAUSE_NONE);
    probed(&b, 0, 1, 1, false, CAUSE_NONE);
    expect(&b, "probe 0:0.1, probe 0:1.1, wait 100,");
    assert_int_equal(rollout_host(b.rollout, 0).probe_try, 1);
    tick(&b, 99);
    assert_int_equal(b.seen.len, 0);
    tick(&b, 100);
    expect(&b, "probe 0:0.2, wait -1,");
    probed(&b, 0, 0, 2, false, CAUSE_NONE);
    expect(&b, "disconnect 0, release 0@0, finish 2,");
    ended(&b, OUTCOME_FAILED, CAUSE_GATE, 0);
    bench_end(&b);
}

static void
test_successes_count_in_a_row_only(void **state)
{
    struct bench b;

    (void)state;
    gate_init(&b, 3, 2, 1);
    gate_reached(&b);
    probed(&b, 0, 0, 1, true, CAUSE_NONE);
    tick(&b, 100);
    probed(&b, 0, 0, 2, false, CAUSE_NONE);
    tick(&b, 200);
    probed(&b, 0, 0, 3, true, CAUSE_NONE);
    tick(&b, 300);
    buf_clear(&b.seen);
    probed(&b, 0, 0, 4, true, CAUSE_NONE);
    expect(&b, "disconnect 0, release 0@0, finish 0,");
    bench_end(&b);

    gate_init(&b, 2, 2, 1);
    gate_reached(&b);
    probed(&b, 0, 0, 1, true, CAUSE_NONE);
    tick(&b, 100);
    probed(&b, 0, 0, 2, false, CAUSE_NONE);
    tick(&b, 200);
    probed(&b, 0, 0, 3, true, CAUSE_NONE);
    ended(&b, OUTCOME_FAILED, CAUSE_GATE, 0);
    bench_end(&b);
}

static void
test_a_check_on_the_host_connects_again_and_a_local_one_does_not(void **state)
{
    struct bench b;

    (void)state;
    gate_init(&b, 2, 1, 2);
    b.checks[1].local = false;
    gate_reached(&b);
    tell(&b, (struct fact){.kind = FACT_CONNECTION_LOST, .cause = CAUSE_LOST});
    probed(&b, 0, 0, 1, true, CAUSE_NONE);
    expect(&b, "probe 0:0.1, connect 0,");
    connect_failed(&b, 0, 2, CAUSE_AUTH);
    expect(&b, "wait 100,");
    tick(&b, 100);
    probed(&b, 0, 0, 2, true, CAUSE_NONE);
    expect(&b, "probe 0:0.2, wait -1, connect 0,");
    tell(&b, (struct fact){.kind = FACT_CONNECTED, .attempt = 3});
    expect(&b, "probe 0:1.2,");
    probed(&b, 0, 1, 2, false, CAUSE_DEADLINE);
    tick(&b, 200);
    buf_clear(&b.seen);
    probed(&b, 0, 0, 3, true, CAUSE_NONE);
    expect(&b, "connect 0,"); /* a check that ran out of time took the session with it */
    tell(&b, (struct fact){.kind = FACT_CONNECTED, .attempt = 4});
    probed(&b, 0, 1, 3, true, CAUSE_NONE);
    expect(&b, "probe 0:1.3, disconnect 0, release 0@0, finish 0,");
    bench_end(&b);
}

static void
test_denials_while_connecting_for_a_check_do_not_trip_the_breaker(void **state)
{
    struct bench b;

    (void)state;
    gate_init(&b, 3, 1, 1);
    b.checks[0].local = false;
    gate_reached(&b);
    probed(&b, 0, 0, 1, false, CAUSE_LOST);
    for (int32_t i = 2; i <= 4; i++) {
        tick(&b, (i - 1) * 100);
        connect_failed(&b, 0, i, CAUSE_AUTH);
    }
    ended(&b, OUTCOME_FAILED, CAUSE_GATE, 0);
    assert_int_equal(rollout_halt(b.rollout), HALT_BUDGET);
    bench_end(&b);
}

static void
test_the_slot_the_wave_and_the_budget_wait_for_the_gate(void **state)
{
    struct bench b;

    (void)state;
    gate_init(&b, 0, 1, 1);
    bench_start(&b, 2);
    whole_host(&b, 0, 0);
    assert_int_equal(rollout_active(b.rollout), 1);
    assert_int_equal(rollout_waves_done(b.rollout), 0);
    buf_clear(&b.seen);
    probed(&b, 0, 0, 1, false, CAUSE_NONE);
    expect(&b, "disconnect 0, release 0@0, finish 3,");
    assert_int_equal(rollout_halt(b.rollout), HALT_BUDGET);
    ended(&b, OUTCOME_UNTOUCHED, CAUSE_NONE, 1);
    bench_end(&b);

    gate_init(&b, 0, 1, 1);
    bench_start(&b, 2);
    whole_host(&b, 0, 0);
    buf_clear(&b.seen);
    probed(&b, 0, 0, 1, true, CAUSE_NONE);
    expect(&b, "disconnect 0, release 0@0, start 1@0, connect 1, wait 500,"); /* the late watch */
    bench_end(&b);
}

static void
test_a_host_that_failed_has_no_gate(void **state)
{
    struct bench b;

    (void)state;
    gate_init(&b, 0, 1, 1);
    bench_start(&b, 1);
    whole_host(&b, 0, 7);
    expect(&b, "start 0@0, connect 0, run_step 0:0.1, disconnect 0, release 0@0, finish 2,");
    ended(&b, OUTCOME_FAILED, CAUSE_NONE, 0);
    bench_end(&b);
}

static void
test_a_host_in_flight_passes_its_gate_after_an_abort(void **state)
{
    struct bench b;

    (void)state;
    gate_init(&b, 1, 1, 1);
    gate_reached(&b);
    verb(&b, VERB_ABORT);
    probed(&b, 0, 0, 1, false, CAUSE_NONE);
    tick(&b, 100);
    probed(&b, 0, 0, 2, true, CAUSE_NONE);
    expect(&b, "probe 0:0.1, wait 100, probe 0:0.2, wait -1, disconnect 0, release 0@0, finish 0,");
    bench_end(&b);
}

static void
test_a_kill_ends_the_gate_wherever_it_is(void **state)
{
    struct bench b;

    (void)state;
    for (int i = 0; i < 5; i++) {
        gate_init(&b, 1, 1, 1);
        b.checks[0].local = i == 1;
        gate_reached(&b);
        if (i >= 2) {
            probed(&b, 0, 0, 1, false, CAUSE_LOST);
        }
        if (i >= 3) {
            tick(&b, 100);
        }
        verb(&b, VERB_KILL);
        if (i == 0) {
            probed(&b, 0, 0, 1, true, CAUSE_NONE); /* too late to count */
        } else if (i == 1 || i == 3) {
            tell(&b, (struct fact){.kind = FACT_DISCONNECTED});
        } else if (i == 4) {
            tell(&b, (struct fact){.kind = FACT_CONNECTED, .attempt = 2});
            tell(&b, (struct fact){.kind = FACT_DISCONNECTED});
        }
        assert_true(rollout_finished(b.rollout));
        ended(&b, OUTCOME_UNKNOWN, CAUSE_KILLED, 0);
        bench_end(&b);
    }
    gate_init(&b, 1, 1, 1);
    bench_start(&b, 1);
    connected(&b, 0);
    verb(&b, VERB_KILL);
    done(&b, 0, 0, 0); /* without a gate this would be ok */
    ended(&b, OUTCOME_UNKNOWN, CAUSE_KILLED, 0);
    bench_end(&b);
}

static void
test_late_and_foreign_facts_of_probes_change_nothing(void **state)
{
    static const int32_t odd[][2] = {{1, 1}, {-1, 1}, {0, 0}, {0, 2}, {INT32_MAX, 1}, {0, -1}};
    struct bench b;

    (void)state;
    gate_init(&b, 1, 1, 1);
    bench_start(&b, 1);
    probed(&b, 0, 0, 1, true, CAUSE_NONE);
    expect(&b, "start 0@0, connect 0,");
    whole_host(&b, 0, 0);
    const uint64_t before = rollout_digest(b.rollout);
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        probed(&b, 0, odd[i][0], odd[i][1], i % 2 == 0, CAUSE_NONE);
        assert_true(rollout_digest(b.rollout) == before);
    }
    probed(&b, 0, 0, 1, false, CAUSE_NONE);
    buf_clear(&b.seen);
    probed(&b, 0, 0, 1, true, CAUSE_NONE); /* the same try has failed already */
    assert_int_equal(b.seen.len, 0);
    bench_end(&b);
}

static void
test_successes_in_a_row_are_counted_anew_in_each_round(void **state)
{
    struct bench b;

    (void)state;
    gate_init(&b, 3, 2, 1);
    b.rollback_count = 1;
    b.policy.max_fail.value = 9;
    b.finally_count = 1;
    gate_reached(&b);
    looked(&b, 0, true);
    tick(&b, 100);
    looked(&b, 0, true);
    verb(&b, VERB_ROLLBACK);
    finally_done(&b, 0, 0, 0);
    gone(&b, 0);
    connected(&b, 0);
    done(&b, 0, 0, 0);
    buf_clear(&b.seen);
    looked(&b, 0, true);
    expect(&b, "wait 200,");
    tick(&b, 200);
    looked(&b, 0, true);
    expect(&b, "probe 0:0.4, wait -1, finally 0:0,");
    bench_end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_checks_in_order_are_one_try_and_come_before_finally),
        cmocka_unit_test(test_a_failed_check_ends_the_try_and_the_next_begins_with_the_first),
        cmocka_unit_test(test_successes_count_in_a_row_only),
        cmocka_unit_test(test_a_check_on_the_host_connects_again_and_a_local_one_does_not),
        cmocka_unit_test(test_denials_while_connecting_for_a_check_do_not_trip_the_breaker),
        cmocka_unit_test(test_the_slot_the_wave_and_the_budget_wait_for_the_gate),
        cmocka_unit_test(test_a_host_that_failed_has_no_gate),
        cmocka_unit_test(test_a_host_in_flight_passes_its_gate_after_an_abort),
        cmocka_unit_test(test_a_kill_ends_the_gate_wherever_it_is),
        cmocka_unit_test(test_late_and_foreign_facts_of_probes_change_nothing),
        cmocka_unit_test(test_successes_in_a_row_are_counted_anew_in_each_round),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

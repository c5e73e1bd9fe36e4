/*
 * test_rollout_watch_end.c - looks that wait or are broken off, by a pause, a halt or the end of
 * the run: docs/rollout.md, "Late watch".
 *
 * Each test drives a rollout by hand: facts in, the exact orders out, as text.
 */
#include "unit/core/bench.h"

static void
test_nothing_begins_before_the_old_session_is_gone(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_ROLLING, 1);
    b.policy.wave_bake_ms = 1000;
    bench_start(&b, 2);
    whole_host(&b, 0, 0);
    buf_clear(&b.seen);
    looked(&b, 0, true);
    expect(&b, "disconnect 0, release 0@0, wait 1000,"); /* the bake looks at once, but for that */
    gone(&b, 0);
    expect(&b, "probe 0:0.2,");
    bench_end(&b);
}

static void
test_a_pause_breaks_a_look_off_and_judges_it_no_more(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_PARALLEL, 2);
    b.checks[0].local = false;
    bench_start(&b, 4);
    past_gate(&b, 0);
    past_gate(&b, 1);
    past_gate(&b, 2);
    tick(&b, 500);
    connected(&b, 0); /* 0 is asked, 1 is connecting, 2 queues */
    buf_clear(&b.seen);
    verb(&b, VERB_PAUSE);
    expect(&b, "disconnect 0, disconnect 1,");
    looked(&b, 0, false); /* too late */
    connected(&b, 1);
    gone(&b, 0);
    gone(&b, 1);
    expect(&b, "wait 1000,");
    ended(&b, OUTCOME_OK, CAUSE_NONE, 0);
    verb(&b, VERB_CONTINUE);
    expect(&b, "connect 2,");
    bench_end(&b);
}

static void
test_one_whose_session_is_being_closed_queues_when_it_is_gone(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_ROLLING, 2);
    b.policy.wave_bake_ms = 1000;
    bench_start(&b, 2);
    whole_host(&b, 0, 0);
    looked(&b, 0, true);
    past_gate(&b, 1);
    expect(&b, "start 0@0, connect 0, start 1@1, connect 1, run_step 0:0.1, probe 0:0.1, "
               "disconnect 0, release 0@0, wait 500, run_step 1:0.1, probe 1:0.1, "
               "disconnect 1, release 1@1, wait 1000, probe 1:0.2,"); /* 0 holds nobody up */
    verb(&b, VERB_PAUSE);
    expect(&b, "disconnect 1, wait -1,");
    gone(&b, 0); /* in the pause it only queues */
    gone(&b, 1);
    expect(&b, "wait 100,");
    verb(&b, VERB_CONTINUE);
    expect(&b, "probe 0:0.2,");
    bench_end(&b);

    watch_init(&b, STRATEGY_ROLLING, 1); /* where the run is over nobody waits for it */
    b.policy.wave_bake_ms = 1000;
    bench_start(&b, 2);
    whole_host(&b, 0, 0);
    looked(&b, 0, true);
    buf_clear(&b.seen);
    verb(&b, VERB_ABORT);
    expect(&b, "finish 3, wait -1,");
    bench_end(&b);
}

static void
test_what_is_broken_off_already_is_not_broken_off_again(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_PARALLEL, 1);
    bench_start(&b, 2);
    past_gate(&b, 0);
    connected(&b, 1);
    tick(&b, 500);
    buf_clear(&b.seen);
    verb(&b, VERB_PAUSE);
    verb(&b, VERB_ABORT);
    expect(&b, "disconnect 0,");
    bench_end(&b);
}

static void
test_a_halt_breaks_looks_off_and_finish_waits_for_their_end(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_PARALLEL, 1);
    bench_start(&b, 3);
    past_gate(&b, 0);
    past_gate(&b, 1);
    tick(&b, 500);
    buf_clear(&b.seen);
    verb(&b, VERB_ABORT);
    expect(&b, "disconnect 2, disconnect 0,");
    gone(&b, 2);
    expect(&b, "release 2@0,");
    gone(&b, 0);
    expect(&b, "finish 3,");
    bench_end(&b);
}

static void
test_the_end_of_the_run_breaks_looks_off_and_waits_for_them(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_PARALLEL, 1);
    bench_start(&b, 2);
    past_gate(&b, 0);
    connected(&b, 1);
    tick(&b, 500);
    buf_clear(&b.seen);
    done(&b, 1, 0, 1);
    expect(&b, "disconnect 1, release 1@0, disconnect 0,");
    gone(&b, 0);
    expect(&b, "finish 2,");
    bench_end(&b);
}

static void
test_a_retry_in_that_last_moment_takes_the_watch_up_again(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_PARALLEL, 1);
    bench_start(&b, 3);
    past_gate(&b, 0);
    past_gate(&b, 1);
    connected(&b, 2);
    tick(&b, 500);
    done(&b, 2, 0, 1);
    gone(&b, 2);
    buf_clear(&b.seen);
    assert_int_equal(rollout_waves_done(b.rollout), 1);
    verb_to(&b, VERB_RETRY, 2);
    assert_int_equal(rollout_waves_done(b.rollout), 0);
    expect(&b, "start 2@0, connect 2,");
    b.now_ms = 600;
    gone(&b, 0);
    expect(&b, "probe 1:0.2, wait 1100,"); /* it had queued */
    tick(&b, 1100);
    looked(&b, 1, true);
    expect(&b, "wait -1, probe 0:0.3, wait 1600,");
    bench_end(&b);
}

static void
test_a_halt_lets_those_go_who_queue(void **state)
{
    struct bench b;

    (void)state;
    watch_init(&b, STRATEGY_PARALLEL, 1);
    b.policy.gate_interval_ms = 0;
    bench_start(&b, 2);
    whole_host(&b, 0, 0);
    looked(&b, 0, true);
    connected(&b, 1);
    tick(&b, 1); /* its session is being closed still */
    buf_clear(&b.seen);
    verb(&b, VERB_ABORT);
    gone(&b, 0);
    assert_int_equal(b.seen.len, 0);
    bench_end(&b);

    watch_init(&b, STRATEGY_PARALLEL, 1);
    b.rollback_count = 1;
    bench_start(&b, 3);
    past_gate(&b, 0);
    past_gate(&b, 1);
    tick(&b, 500); /* 0 is looked at, 1 queues */
    verb(&b, VERB_ROLLBACK);
    gone(&b, 2);
    buf_clear(&b.seen);
    gone(&b, 0);
    expect(&b, "rollback 1@0, connect 1,");
    bench_end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_begins_before_the_old_session_is_gone),
        cmocka_unit_test(test_a_pause_breaks_a_look_off_and_judges_it_no_more),
        cmocka_unit_test(test_one_whose_session_is_being_closed_queues_when_it_is_gone),
        cmocka_unit_test(test_what_is_broken_off_already_is_not_broken_off_again),
        cmocka_unit_test(test_a_halt_breaks_looks_off_and_finish_waits_for_their_end),
        cmocka_unit_test(test_the_end_of_the_run_breaks_looks_off_and_waits_for_them),
        cmocka_unit_test(test_a_retry_in_that_last_moment_takes_the_watch_up_again),
        cmocka_unit_test(test_a_halt_lets_those_go_who_queue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_rollout_end.c - the finally list, and run_once and throttle in it: docs/rollout.md,
 * "run_once, throttle".
 *
 * Each test drives a rollout by hand: facts in, the exact orders out, as text.
 */
#include "unit/core/bench.h"

/* One finally step on the controller. */
static void
end_init(struct bench *b, struct plan_step last)
{
    bench_init(b, STRATEGY_PARALLEL, 3);
    b->policy.max_fail.value = 9;
    b->policy.answerable = true;
    last.local = true;
    b->finally_steps[0] = last;
    b->finally_count = 1;
}

static void
test_a_run_once_finally_step_is_run_by_the_first_that_comes_once_a_run(void **state)
{
    struct bench b;

    (void)state;
    end_init(&b, (struct plan_step){.run_once = true});
    bench_start(&b, 3);
    buf_clear(&b.seen);
    whole_host(&b, 2, 1);
    expect(&b, "run_step 2:0.1, finally 2:0,");
    whole_host(&b, 0, 0); /* it waits for nothing */
    expect(&b, "run_step 0:0.1, disconnect 0, release 0@0,");
    finally_done(&b, 2, 0, 1); /* however it ended */
    gone(&b, 2);
    verb_to(&b, VERB_RETRY, 2);
    buf_clear(&b.seen);
    whole_host(&b, 2, 0);
    expect(&b, "run_step 2:0.2, disconnect 2, release 2@0,"); /* nor again in another round */
    in_state(&b, RUN_RUNNING, HALT_NONE);
    bench_end(&b);
}

static void
test_a_throttled_finally_step_takes_so_many_the_lowest_positions_first(void **state)
{
    struct bench b;

    (void)state;
    end_init(&b, (struct plan_step){.throttle = 1});
    bench_start(&b, 3);
    whole_host(&b, 1, 0);
    whole_host(&b, 2, 1);
    whole_host(&b, 0, 0);
    buf_clear(&b.seen);
    assert_true(rollout_host(b.rollout, 2).held);
    finally_done(&b, 1, 0, 0);
    expect(&b, "disconnect 1, release 1@1, finally 0:0,");
    finally_done(&b, 0, 0, 0);
    expect(&b, "disconnect 0, release 0@0, finally 2:0,");
    bench_end(&b);
}

static void
test_a_kill_does_not_keep_a_held_host_from_its_finally_list(void **state)
{
    struct bench b;

    (void)state;
    end_init(&b, (struct plan_step){.throttle = 1});
    b.finally_steps[0].local = false; /* it does not connect for it any more */
    bench_start(&b, 2);
    whole_host(&b, 0, 0);
    whole_host(&b, 1, 0);
    buf_clear(&b.seen);
    verb(&b, VERB_KILL);
    expect(&b, "disconnect 0, disconnect 1,");
    gone(&b, 1);
    tell(&b, (struct fact){.kind = FACT_FINALLY_DONE, .attempt = 1, .cause = CAUSE_KILLED});
    expect(&b, "release 0@0, finally 1:0,");
    finally_done(&b, 1, 0, 0);
    expect(&b, "release 1@1, finish 2,");
    ended(&b, OUTCOME_OK, CAUSE_NONE, 1); /* all was done for it */
    bench_end(&b);
}

/* Held at a step, then killed, then held at the finally list: it stands in one line only. */
static void
test_a_host_that_was_held_at_a_step_leaves_that_line_when_it_is_killed(void **state)
{
    struct bench b;

    (void)state;
    end_init(&b, (struct plan_step){.throttle = 1});
    b.steps[0].throttle = 1;
    b.policy.workers = 4;
    bench_start(&b, 4);
    for (int32_t i = 0; i < 4; i++) {
        connected(&b, i);
    }
    buf_clear(&b.seen);
    verb(&b, VERB_KILL);
    expect(&b, "disconnect 0, disconnect 1, disconnect 2, disconnect 3,");
    gone(&b, 1);
    gone(&b, 2);
    gone(&b, 3);
    expect(&b, "finally 1:0,");
    tell(&b, (struct fact){.kind = FACT_STEP_UNKNOWN, .attempt = 1, .cause = CAUSE_KILLED});
    gone(&b, 0);
    assert_int_equal(b.seen.len, 0);
    finally_done(&b, 1, 0, 0);
    expect(&b, "release 1@1, finally 0:0,");
    finally_done(&b, 0, 0, 0);
    expect(&b, "release 0@0, finally 2:0,");
    finally_done(&b, 2, 0, 0);
    expect(&b, "release 2@2, finally 3:0,");
    finally_done(&b, 3, 0, 0);
    expect(&b, "release 3@3, finish 3,");
    bench_end(&b);
}

static void
test_a_failed_finally_step_is_passed_over_where_errors_are_ignored(void **state)
{
    struct bench b;

    (void)state;
    end_init(&b, (struct plan_step){.ignore_errors = true});
    bench_start(&b, 1);
    whole_host(&b, 0, 0);
    finally_done(&b, 0, 0, 1);
    ended(&b, OUTCOME_OK, CAUSE_NONE, 0);
    in_state(&b, RUN_OVER, HALT_NONE);
    bench_end(&b);
}

static void
test_each_finally_step_runs_once_a_round_whatever_its_retries(void **state)
{
    struct bench b;

    (void)state;
    end_init(&b, (struct plan_step){.idempotent = true, .retries = 3});
    b.finally_count = 2;
    b.finally_steps[1].local = true;
    bench_start(&b, 1);
    whole_host(&b, 0, 7);
    buf_clear(&b.seen);
    finally_done(&b, 0, 0, 1);
    expect(&b, "finally 0:1,");
    finally_done(&b, 0, 0, 1); /* told twice */
    assert_int_equal(b.seen.len, 0);
    finally_done(&b, 0, 1, 0);
    ended(&b, OUTCOME_FAILED, CAUSE_NONE, 0);
    assert_int_equal(rollout_host(b.rollout, 0).exit_code, 7); /* not that of the list */
    bench_end(&b);
}

static void
test_who_runs_a_run_once_finally_step_connects_for_it_and_runs_it(void **state)
{
    struct bench b;

    (void)state;
    end_init(&b, (struct plan_step){.run_once = true});
    b.finally_steps[0].local = false;
    bench_start(&b, 2);
    connected(&b, 0);
    tell(&b, (struct fact){.kind = FACT_CONNECTION_LOST, .cause = CAUSE_LOST});
    buf_clear(&b.seen);
    done(&b, 0, 0, 0);
    expect(&b, "connect 0,");
    whole_host(&b, 1, 0); /* it is taken */
    expect(&b, "run_step 1:0.1, disconnect 1, release 1@1,");
    connected(&b, 0);
    expect(&b, "finally 0:0,");
    bench_end(&b);
}

static void
test_a_finally_step_fails_by_its_code_by_a_signal_and_where_it_could_not_run(void **state)
{
    static const struct fact ends[] = {
        {.exit_code = 1}, {.signal = 15}, {.cause = CAUSE_LOCAL}, {.exit_code = 0}};

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct bench b;
        struct fact f = ends[i];
        end_init(&b, (struct plan_step){0});
        bench_start(&b, 1);
        whole_host(&b, 0, 0);
        f.kind = FACT_FINALLY_DONE;
        tell(&b, f);
        ended(&b, i < 3 ? OUTCOME_FAILED : OUTCOME_OK, f.cause, 0);
        assert_int_equal(rollout_host(b.rollout, 0).exit_code, f.exit_code);
        assert_int_equal(rollout_host(b.rollout, 0).signal, f.signal);
        bench_end(&b);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_run_once_finally_step_is_run_by_the_first_that_comes_once_a_run),
        cmocka_unit_test(test_a_throttled_finally_step_takes_so_many_the_lowest_positions_first),
        cmocka_unit_test(test_a_kill_does_not_keep_a_held_host_from_its_finally_list),
        cmocka_unit_test(test_a_host_that_was_held_at_a_step_leaves_that_line_when_it_is_killed),
        cmocka_unit_test(test_a_failed_finally_step_is_passed_over_where_errors_are_ignored),
        cmocka_unit_test(test_each_finally_step_runs_once_a_round_whatever_its_retries),
        cmocka_unit_test(test_who_runs_a_run_once_finally_step_connects_for_it_and_runs_it),
        cmocka_unit_test(
            test_a_finally_step_fails_by_its_code_by_a_signal_and_where_it_could_not_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

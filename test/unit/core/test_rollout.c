/*
 * test_rollout.c - the scheduler's rules, one sentence a test.
 *
 * Each test drives a rollout by hand: facts in, the exact orders out, as text.
 */
#include "unit/core/bench.h"

#include "base/xalloc.h"

#include <stdlib.h>

static void
test_waves_of_w_hosts_take_the_lowest_free_slot(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_ROLLING, 3);
    bench_start(&b, 5);
    expect(&b, "start 0@0, connect 0, start 1@1, connect 1, start 2@2, connect 2,");
    connected(&b, 1);
    expect(&b, "run_step 1:0.1,");
    done(&b, 1, 0, 0);
    expect(&b, "disconnect 1, release 1@1,");
    whole_host(&b, 0, 0);
    expect(&b, "run_step 0:0.1, disconnect 0, release 0@0,");
    assert_int_equal(rollout_waves_done(b.rollout), 0);
    whole_host(&b, 2, 0);
    expect(&b, "run_step 2:0.1, disconnect 2, release 2@2, start 3@0, connect 3, start 4@1, "
               "connect 4,");
    assert_int_equal(rollout_waves_done(b.rollout), 1);
    assert_int_equal(rollout_waves_started(b.rollout), 2);
    whole_host(&b, 3, 0);
    whole_host(&b, 4, 0);
    expect(&b, "run_step 3:0.1, disconnect 3, release 3@0, run_step 4:0.1, disconnect 4, "
               "release 4@1, finish 0,");
    assert_true(rollout_finished(b.rollout));
    bench_end(&b);
}

static void
test_parallel_refills_a_slot_the_moment_it_frees(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_PARALLEL, 2);
    bench_start(&b, 3);
    buf_clear(&b.seen);
    whole_host(&b, 1, 0);
    expect(&b, "run_step 1:0.1, disconnect 1, release 1@1, start 2@1, connect 2,");
    bench_end(&b);
}

static void
test_zero_workers_is_one_host_at_a_time_whatever_the_strategy(void **state)
{
    static const enum strategy all[] = {STRATEGY_SEQUENTIAL, STRATEGY_PARALLEL, STRATEGY_ROLLING};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct bench b;
        bench_init(&b, all[i], 0);
        bench_start(&b, 2);
        expect(&b, "start 0@0, connect 0,");
        whole_host(&b, 0, 0);
        expect(&b, "run_step 0:0.1, disconnect 0, release 0@0, start 1@0, connect 1,");
        bench_end(&b);
    }
}

static void
test_serial_sets_wave_sizes_and_the_last_repeats(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_ROLLING, 5);
    b.policy.serial_count = 2;
    b.policy.serial[0] = (struct amount){.value = 1};
    b.policy.serial[1] = (struct amount){.value = 40, .percent = true};
    bench_start(&b, 10);
    assert_int_equal(plan_wave_count(b.plan), 4);
    assert_int_equal(plan_wave_end(b.plan, 0), 1);
    assert_int_equal(plan_wave_end(b.plan, 1), 5);
    assert_int_equal(plan_wave_end(b.plan, 2), 9);
    assert_int_equal(plan_wave_end(b.plan, 3), 10);
    bench_end(&b);
}

static void
test_orders_of_hosts(void **state)
{
    static const struct {
        enum host_order order;
        int32_t want[4];
    } cases[] = {
        {HOST_ORDER_INVENTORY, {0, 1, 2, 3}},
        {HOST_ORDER_REVERSE_INVENTORY, {3, 2, 1, 0}},
        {HOST_ORDER_SORTED, {3, 1, 2, 0}},
        {HOST_ORDER_REVERSE_SORTED, {0, 2, 1, 3}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench b;
        bench_init(&b, STRATEGY_SEQUENTIAL, 0);
        b.policy.order = cases[i].order;
        bench_start(&b, 4);
        for (int32_t k = 0; k < 4; k++) {
            assert_int_equal(plan_host_at(b.plan, k), cases[i].want[k]);
        }
        bench_end(&b);
    }
}

static void
test_a_shuffle_is_a_permutation_given_by_its_seed(void **state)
{
    int32_t first[10];
    int differs = 0;

    (void)state;
    for (int round = 0; round < 3; round++) {
        struct bench b;
        int seen[10] = {0};
        bench_init(&b, STRATEGY_SEQUENTIAL, 0);
        b.policy.order = HOST_ORDER_SHUFFLE;
        b.policy.seed = round < 2 ? 7 : 8;
        bench_start(&b, 10);
        for (int32_t k = 0; k < 10; k++) {
            const int32_t host = plan_host_at(b.plan, k);
            seen[host]++;
            if (round == 0) {
                first[k] = host;
            } else if (round == 1) {
                assert_int_equal(host, first[k]);
            } else {
                differs += host != first[k];
            }
        }
        for (int k = 0; k < 10; k++) {
            assert_int_equal(seen[k], 1);
        }
        bench_end(&b);
    }
    assert_true(differs > 0);
}

static void
test_halts_when_failure_budget_is_spent(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_PARALLEL, 2);
    b.policy.max_fail.value = 1;
    bench_start(&b, 6);
    whole_host(&b, 0, 3);
    buf_clear(&b.seen);
    whole_host(&b, 1, 3);
    expect(&b, "run_step 1:0.1, disconnect 1, release 1@1,");
    assert_int_equal(rollout_halt(b.rollout), HALT_BUDGET);
    whole_host(&b, 2, 0);
    expect(&b, "run_step 2:0.1, disconnect 2, release 2@0, finish 3,");
    assert_int_equal(rollout_host(b.rollout, 0).exit_code, 3);
    assert_int_equal(rollout_host(b.rollout, 5).outcome, OUTCOME_UNTOUCHED);
    bench_end(&b);
}

static void
test_a_percentage_is_exceeded_only_past_it(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_SEQUENTIAL, 0);
    b.policy.max_fail = (struct amount){.value = 20, .percent = true};
    bench_start(&b, 10);
    whole_host(&b, 0, 1);
    whole_host(&b, 1, 1);
    assert_int_equal(rollout_halt(b.rollout), HALT_NONE);
    whole_host(&b, 2, 1);
    assert_int_equal(rollout_halt(b.rollout), HALT_BUDGET);
    bench_end(&b);
}

static void
test_continue_means_continue(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_ROLLING, 2);
    b.policy.on_failure = ON_FAILURE_CONTINUE;
    bench_start(&b, 4);
    for (int32_t i = 0; i < 4; i++) {
        whole_host(&b, i, 1);
    }
    assert_true(rollout_finished(b.rollout));
    assert_int_equal(rollout_halt(b.rollout), HALT_NONE);
    const struct summary s = rollout_summary(b.rollout);
    assert_int_equal(s.count[OUTCOME_FAILED], 4);
    assert_int_equal(summary_exit(&s), 2);
    bench_end(&b);
}

static void
test_a_wave_that_failed_whole_stops_the_run(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_ROLLING, 2);
    b.policy.max_fail.value = 10;
    bench_start(&b, 4);
    whole_host(&b, 0, 1);
    whole_host(&b, 1, 1);
    assert_int_equal(rollout_halt(b.rollout), HALT_WAVE);
    assert_true(rollout_finished(b.rollout));
    bench_end(&b);
}

/* fault 14: the breaker of denials */
static void
test_three_denials_in_a_row_stop_new_starts(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_SEQUENTIAL, 0);
    b.policy.has_budget = false;
    bench_start(&b, 9);
    connect_failed(&b, 0, 1, CAUSE_AUTH);
    connect_failed(&b, 1, 1, CAUSE_AUTH);
    whole_host(&b, 2, 0);
    connect_failed(&b, 3, 1, CAUSE_AUTH);
    connect_failed(&b, 4, 1, CAUSE_AUTH);
    assert_int_equal(rollout_halt(b.rollout), HALT_NONE);
    connect_failed(&b, 5, 1, CAUSE_AUTH);
    assert_int_equal(rollout_halt(b.rollout), HALT_BREAKER);
    assert_true(rollout_finished(b.rollout));
    bench_end(&b);
}

/* fault 1: only what may pass by itself is retried */
static void
test_connecting_is_retried_only_where_it_may_help(void **state)
{
    static const struct {
        enum cause cause;
        bool retried;
    } cases[] = {
        {CAUSE_NAME, false},  {CAUSE_NAME_TEMPORARY, true}, {CAUSE_CONNECT, true},
        {CAUSE_KEX, true},    {CAUSE_HOSTKEY, false},       {CAUSE_AUTH, false},
        {CAUSE_LOCAL, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench b;
        bench_init(&b, STRATEGY_SEQUENTIAL, 0);
        b.policy.retry_connect = true;
        bench_start(&b, 1);
        connect_failed(&b, 0, 1, cases[i].cause);
        assert_int_equal(rollout_finished(b.rollout), !cases[i].retried);
        bench_end(&b);
    }
}

static void
test_retries_back_off_and_end(void **state)
{
    struct bench b;
    int64_t last_ms = 0;

    (void)state;
    bench_init(&b, STRATEGY_SEQUENTIAL, 0);
    b.policy.retry_connect = true;
    b.policy.retries_max = 2;
    bench_start(&b, 1);
    for (int32_t attempt = 1; attempt <= 2; attempt++) {
        buf_clear(&b.seen);
        connect_failed(&b, 0, attempt, CAUSE_CONNECT);
        const long due_ms = strtol(b.seen.data + strlen("wait "), NULL, 10);
        assert_in_range(due_ms - last_ms, 1000 << (attempt - 1), 1250 << (attempt - 1));
        buf_clear(&b.seen);
        tick(&b, due_ms - 1);
        expect(&b, "");
        tick(&b, due_ms);
        expect(&b, "connect 0, wait -1,");
        last_ms = due_ms;
    }
    connect_failed(&b, 0, 3, CAUSE_CONNECT);
    expect(&b, "release 0@0, finish 4,");
    bench_end(&b);
}

/* fault 6: its own class, with a pause */
static void
test_a_throttled_host_is_retried_without_auto_retry(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_SEQUENTIAL, 0);
    bench_start(&b, 1);
    tell(&b,
         (struct fact){.kind = FACT_THROTTLED, .host = 0, .attempt = 1, .cause = CAUSE_CONNECT});
    assert_false(rollout_finished(b.rollout));
    bench_end(&b);
}

static void
test_an_early_tick_changes_nothing(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_ROLLING, 1);
    b.policy.wave_pause_ms = 500;
    bench_start(&b, 2);
    whole_host(&b, 0, 0);
    buf_clear(&b.seen);
    const uint64_t before = rollout_digest(b.rollout);
    tick(&b, 499);
    expect(&b, "");
    assert_true(rollout_digest(b.rollout) == before);
    tick(&b, 500);
    expect(&b, "start 1@0, connect 1, wait -1,");
    whole_host(&b, 1, 0);
    expect(&b, "run_step 1:0.1, disconnect 1, release 1@0, finish 0,");
    bench_end(&b);
}

/* fault 18: unknown, not failed */
static void
test_a_connection_lost_after_sending_is_unknown(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_SEQUENTIAL, 0);
    bench_start(&b, 1);
    connected(&b, 0);
    tell(&b, (struct fact){.kind = FACT_STEP_SENT, .host = 0, .attempt = 1});
    buf_clear(&b.seen);
    tell(&b,
         (struct fact){.kind = FACT_STEP_UNKNOWN, .host = 0, .attempt = 1, .cause = CAUSE_LOST});
    expect(&b, "release 0@0, finish 2,");
    assert_int_equal(rollout_host(b.rollout, 0).outcome, OUTCOME_UNKNOWN);
    bench_end(&b);
}

static void
test_an_idempotent_step_is_sent_again_over_a_new_connection(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_SEQUENTIAL, 0);
    b.steps[0] = (struct plan_step){.idempotent = true, .retries = 1, .delay_ms = 10};
    bench_start(&b, 1);
    connected(&b, 0);
    tell(&b, (struct fact){.kind = FACT_STEP_SENT, .host = 0, .attempt = 1});
    buf_clear(&b.seen);
    tell(&b,
         (struct fact){.kind = FACT_STEP_UNKNOWN, .host = 0, .attempt = 1, .cause = CAUSE_LOST});
    expect(&b, "wait 11,"); /* and up to a quarter, from the seed */
    tick(&b, 11);
    expect(&b, "connect 0, wait -1,");
    tell(&b, (struct fact){.kind = FACT_CONNECTED, .host = 0, .attempt = 2});
    expect(&b, "run_step 0:0.2,");
    tell(&b, (struct fact){.kind = FACT_STEP_DONE, .host = 0, .attempt = 2});
    expect(&b, "disconnect 0, release 0@0, finish 0,");
    bench_end(&b);
}

/* fault 17: tried once more */
static void
test_a_refused_channel_is_tried_once_more_with_the_same_attempt(void **state)
{
    const struct fact refused = {
        .kind = FACT_STEP_NOT_STARTED, .host = 0, .attempt = 1, .cause = CAUSE_REFUSED};
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_SEQUENTIAL, 0);
    bench_start(&b, 1);
    connected(&b, 0);
    buf_clear(&b.seen);
    tell(&b, refused);
    expect(&b, "wait 1000,");
    tick(&b, 1000);
    expect(&b, "run_step 0:0.1, wait -1,");
    tell(&b, refused);
    expect(&b, "disconnect 0, release 0@0, finish 2,");
    bench_end(&b);
}

static void
test_finally_runs_whatever_happened_and_can_fail_an_ok_host(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_PARALLEL, 2);
    b.policy.max_fail.value = 5;
    b.finally_count = 1;
    b.finally_steps[0].local = true;
    bench_start(&b, 2);
    buf_clear(&b.seen);
    connect_failed(&b, 0, 1, CAUSE_CONNECT);
    expect(&b, "finally 0:0,");
    tell(&b, (struct fact){.kind = FACT_FINALLY_DONE, .host = 0, .exit_code = 1});
    expect(&b, "release 0@0,");
    assert_int_equal(rollout_host(b.rollout, 0).outcome, OUTCOME_UNREACHABLE);
    whole_host(&b, 1, 0);
    tell(&b, (struct fact){.kind = FACT_FINALLY_DONE, .host = 1, .exit_code = 9});
    assert_int_equal(rollout_host(b.rollout, 1).outcome, OUTCOME_FAILED);
    assert_int_equal(rollout_host(b.rollout, 1).exit_code, 9);
    bench_end(&b);
}

static void
test_a_remote_finally_gets_one_reconnect(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_SEQUENTIAL, 0);
    b.finally_count = 1;
    bench_start(&b, 1);
    connected(&b, 0);
    tell(&b, (struct fact){.kind = FACT_STEP_SENT, .host = 0, .attempt = 1});
    buf_clear(&b.seen);
    tell(&b,
         (struct fact){.kind = FACT_STEP_UNKNOWN, .host = 0, .attempt = 1, .cause = CAUSE_LOST});
    expect(&b, "connect 0,");
    connect_failed(&b, 0, 2, CAUSE_CONNECT);
    expect(&b, "finally 0:0,");
    tell(&b, (struct fact){.kind = FACT_FINALLY_DONE, .host = 0, .cause = CAUSE_LOST});
    expect(&b, "release 0@0, finish 2,");
    bench_end(&b);
}

static void
test_abort_lets_hosts_in_flight_end(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_PARALLEL, 1);
    bench_start(&b, 3);
    connected(&b, 0);
    buf_clear(&b.seen);
    tell(&b, (struct fact){.kind = FACT_VERB, .host = -1, .verb = VERB_ABORT});
    expect(&b, "");
    done(&b, 0, 0, 0);
    expect(&b, "disconnect 0, release 0@0, finish 3,");
    bench_end(&b);
}

static void
test_kill_waits_for_what_the_shell_knows(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_PARALLEL, 3);
    bench_start(&b, 4);
    connected(&b, 1);
    connected(&b, 2);
    tell(&b, (struct fact){.kind = FACT_STEP_SENT, .host = 1, .attempt = 1});
    buf_clear(&b.seen);
    tell(&b, (struct fact){.kind = FACT_VERB, .host = -1, .verb = VERB_KILL});
    expect(&b, "disconnect 0, disconnect 1, disconnect 2,");
    connect_failed(&b, 0, 1, CAUSE_KILLED);
    tell(&b,
         (struct fact){.kind = FACT_STEP_UNKNOWN, .host = 1, .attempt = 1, .cause = CAUSE_KILLED});
    tell(&b, (struct fact){
                 .kind = FACT_STEP_NOT_STARTED, .host = 2, .attempt = 1, .cause = CAUSE_KILLED});
    expect(&b, "release 0@0, release 1@1, release 2@2, finish 3,");
    assert_int_equal(rollout_host(b.rollout, 0).outcome, OUTCOME_CANCELLED);
    assert_int_equal(rollout_host(b.rollout, 1).outcome, OUTCOME_UNKNOWN);
    assert_int_equal(rollout_host(b.rollout, 2).outcome, OUTCOME_CANCELLED);
    assert_int_equal(rollout_host(b.rollout, 3).outcome, OUTCOME_UNTOUCHED);
    bench_end(&b);
}

static void
test_run_timeout_drains(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_SEQUENTIAL, 0);
    b.policy.run_timeout_ms = 100;
    bench_start(&b, 2);
    expect(&b, "start 0@0, connect 0, wait 100,");
    tick(&b, 100);
    assert_int_equal(rollout_halt(b.rollout), HALT_TIMEOUT);
    whole_host(&b, 0, 0);
    expect(&b, "wait -1, run_step 0:0.1, disconnect 0, release 0@0, finish 3,");
    bench_end(&b);
}

static void
test_late_and_duplicate_facts_change_nothing(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_PARALLEL, 2);
    bench_start(&b, 3);
    whole_host(&b, 0, 0);
    tell(&b, (struct fact){.kind = FACT_DISCONNECTED, .host = 0});
    buf_clear(&b.seen);
    const uint64_t before = rollout_digest(b.rollout);
    connected(&b, 0);
    done(&b, 0, 0, 1);
    tell(&b, (struct fact){.kind = FACT_STEP_DONE, .host = 1, .attempt = 1});
    tell(&b, (struct fact){.kind = FACT_DISCONNECTED, .host = 0});
    tell(&b, (struct fact){.kind = FACT_CONNECTED, .host = 99});
    expect(&b, "");
    assert_true(rollout_digest(b.rollout) == before);
    bench_end(&b);
}

static void
test_steps_on_the_controller_need_no_connection(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_SEQUENTIAL, 0);
    b.steps[0].local = true;
    bench_start(&b, 1);
    expect(&b, "start 0@0, run_step 0:0.1,");
    bench_end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waves_of_w_hosts_take_the_lowest_free_slot),
        cmocka_unit_test(test_parallel_refills_a_slot_the_moment_it_frees),
        cmocka_unit_test(test_zero_workers_is_one_host_at_a_time_whatever_the_strategy),
        cmocka_unit_test(test_serial_sets_wave_sizes_and_the_last_repeats),
        cmocka_unit_test(test_orders_of_hosts),
        cmocka_unit_test(test_a_shuffle_is_a_permutation_given_by_its_seed),
        cmocka_unit_test(test_halts_when_failure_budget_is_spent),
        cmocka_unit_test(test_a_percentage_is_exceeded_only_past_it),
        cmocka_unit_test(test_continue_means_continue),
        cmocka_unit_test(test_a_wave_that_failed_whole_stops_the_run),
        cmocka_unit_test(test_three_denials_in_a_row_stop_new_starts),
        cmocka_unit_test(test_connecting_is_retried_only_where_it_may_help),
        cmocka_unit_test(test_retries_back_off_and_end),
        cmocka_unit_test(test_a_throttled_host_is_retried_without_auto_retry),
        cmocka_unit_test(test_an_early_tick_changes_nothing),
        cmocka_unit_test(test_a_connection_lost_after_sending_is_unknown),
        cmocka_unit_test(test_an_idempotent_step_is_sent_again_over_a_new_connection),
        cmocka_unit_test(test_a_refused_channel_is_tried_once_more_with_the_same_attempt),
        cmocka_unit_test(test_finally_runs_whatever_happened_and_can_fail_an_ok_host),
        cmocka_unit_test(test_a_remote_finally_gets_one_reconnect),
        cmocka_unit_test(test_abort_lets_hosts_in_flight_end),
        cmocka_unit_test(test_kill_waits_for_what_the_shell_knows),
        cmocka_unit_test(test_run_timeout_drains),
        cmocka_unit_test(test_late_and_duplicate_facts_change_nothing),
        cmocka_unit_test(test_steps_on_the_controller_need_no_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

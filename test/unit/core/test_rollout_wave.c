/*
 * test_rollout_wave.c - from wave to wave: docs/rollout.md, "Waves".
 *
 * Each test drives a rollout by hand: facts in, the exact orders out, as text.
 */
#include "unit/core/bench.h"

/* Waves of two hosts, two at a time, which are told. */
static void
pairs_init(struct bench *b)
{
    bench_init(b, STRATEGY_ROLLING, 2);
    b->policy.max_fail.value = 9;
    b->waves = true;
}

static void
test_a_wave_is_told_from_its_first_start_to_its_last_outcome(void **state)
{
    struct bench b;

    (void)state;
    pairs_init(&b);
    bench_start(&b, 3);
    expect(&b, "wave_begin 0, start 0@0, connect 0, start 1@1, connect 1,");
    past_host(&b, 0, 0);
    buf_clear(&b.seen);
    whole_host(&b, 1, 0);
    expect(&b, "run_step 1:0.1, disconnect 1, release 1@1, wave_end 0, "
               "wave_begin 1, start 2@0, connect 2,");
    whole_host(&b, 2, 0);
    expect(&b, "run_step 2:0.1, disconnect 2, release 2@0, wave_end 1, finish 0,");
    bench_end(&b);

    bench_init(&b, STRATEGY_PARALLEL, 2); /* its one wave is not told */
    b.waves = true;
    bench_start(&b, 1);
    whole_host(&b, 0, 0);
    expect(&b, "start 0@0, connect 0, run_step 0:0.1, disconnect 0, release 0@0, finish 0,");
    bench_end(&b);
}

static void
test_sequence_by_is_a_barrier_in_parallel_too(void **state)
{
    static const int32_t value_of[] = {0, 1, 0, 1};
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_PARALLEL, 4);
    b.sequence_by = (struct plan_parting){"site", value_of, 2, {0}};
    b.waves = true;
    bench_start(&b, 4);
    expect(&b, "wave_begin 0, start 0@0, connect 0, start 2@1, connect 2,");
    whole_host(&b, 2, 0);
    expect(&b, "run_step 2:0.1, disconnect 2, release 2@1,");
    whole_host(&b, 0, 0);
    expect(&b, "run_step 0:0.1, disconnect 0, release 0@0, wave_end 0, "
               "wave_begin 1, start 1@0, connect 1, start 3@1, connect 3,");
    bench_end(&b);
}

static void
test_a_wave_bakes_before_the_next_and_the_last_one_too_without_checks(void **state)
{
    struct bench b;

    (void)state;
    pairs_init(&b);
    b.policy.wave_bake_ms = 100;
    bench_start(&b, 3);
    whole_host(&b, 0, 0);
    buf_clear(&b.seen);
    whole_host(&b, 1, 0);
    expect(&b, "run_step 1:0.1, disconnect 1, release 1@1, wave_end 0, wait 100,");
    assert_int_equal(rollout_waves_done(b.rollout), 0);
    tick(&b, 99);
    assert_int_equal(b.seen.len, 0);
    tick(&b, 100);
    expect(&b, "wave_begin 1, start 2@0, connect 2, wait -1,");
    whole_host(&b, 2, 0);
    expect(&b, "run_step 2:0.1, disconnect 2, release 2@0, wave_end 1, wait 200,");
    tick(&b, 200);
    expect(&b, "finish 0, wait -1,");
    bench_end(&b);
}

static void
test_a_wave_that_started_nobody_is_not_told_and_neither_bakes_nor_pauses(void **state)
{
    struct bench b;

    (void)state;
    pairs_init(&b);
    b.policy.wave_bake_ms = 100;
    b.policy.wave_pause_ms = 1000;
    bench_start(&b, 5);
    verb_to(&b, VERB_SKIP, 2);
    verb_to(&b, VERB_SKIP, 3);
    whole_host(&b, 0, 0);
    whole_host(&b, 1, 0);
    buf_clear(&b.seen);
    tick(&b, 100);
    expect(&b, "wait 1100,");
    tick(&b, 1100);
    expect(&b, "wave_begin 2, start 4@0, connect 4, wait -1,");
    assert_int_equal(rollout_waves_done(b.rollout), 2);
    bench_end(&b);

    pairs_init(&b);
    bench_start(&b, 5);
    verb_to(&b, VERB_SKIP, 2);
    verb_to(&b, VERB_SKIP, 3);
    whole_host(&b, 0, 0);
    buf_clear(&b.seen);
    whole_host(&b, 1, 0);
    expect(&b, "run_step 1:0.1, disconnect 1, release 1@1, wave_end 0, "
               "wave_begin 2, start 4@0, connect 4,");
    bench_end(&b);
}

static void
test_there_is_no_pause_behind_the_last_wave(void **state)
{
    struct bench b;

    (void)state;
    pairs_init(&b);
    b.policy.wave_pause_ms = 1000;
    bench_start(&b, 2);
    whole_host(&b, 0, 0);
    buf_clear(&b.seen);
    whole_host(&b, 1, 0);
    expect(&b, "run_step 1:0.1, disconnect 1, release 1@1, wave_end 0, finish 0,");
    bench_end(&b);
}

static void
test_a_wave_of_two_or_more_that_failed_whole_halts_unless_it_was_the_last(void **state)
{
    static const struct {
        int32_t hosts;
        int codes[4];
        int32_t skip; /* -1: none */
        enum halt halt;
    } cases[] = {
        {3, {1, 1}, -1, HALT_WAVE}, {3, {0, 1}, -1, HALT_NONE},
        {3, {1, 1}, 1, HALT_NONE}, /* one was started: that is no wave of two */
        {2, {1, 1}, -1, HALT_NONE}, {4, {0, 0, 1, 1}, -1, HALT_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench b;
        pairs_init(&b);
        b.policy.workers = 1;
        b.policy.serial_count = 1;
        b.policy.serial[0] = (struct amount){.value = 2};
        bench_start(&b, cases[i].hosts);
        if (cases[i].skip >= 0) {
            verb_to(&b, VERB_SKIP, cases[i].skip);
        }
        for (int32_t k = 0; k < cases[i].hosts; k++) {
            past_host(&b, k, cases[i].codes[k]);
        }
        assert_string_equal(halt_text(rollout_halt(b.rollout)), halt_text(cases[i].halt));
        bench_end(&b);
    }
}

static void
test_without_a_budget_a_whole_wave_may_fail(void **state)
{
    struct bench b;

    (void)state;
    pairs_init(&b);
    b.policy.has_budget = false;
    bench_start(&b, 3);
    whole_host(&b, 0, 1);
    whole_host(&b, 1, 1);
    in_state(&b, RUN_RUNNING, HALT_NONE);
    bench_end(&b);
}

static void
test_a_wave_is_judged_in_a_pause_too(void **state)
{
    struct bench b;

    (void)state;
    pairs_init(&b);
    bench_start(&b, 3);
    verb(&b, VERB_PAUSE);
    whole_host(&b, 0, 1);
    in_state(&b, RUN_PAUSED, HALT_NONE);
    whole_host(&b, 1, 1);
    in_state(&b, RUN_OVER, HALT_WAVE);
    bench_end(&b);
}

static void
test_one_continue_excuses_a_wave_that_failed_whole_its_bake_included(void **state)
{
    struct bench b;

    (void)state;
    pairs_init(&b);
    b.policy.on_failure = ON_FAILURE_PAUSE;
    b.policy.answerable = true;
    b.policy.wave_bake_ms = 100;
    bench_start(&b, 3);
    whole_host(&b, 0, 1);
    whole_host(&b, 1, 1);
    in_state(&b, RUN_PAUSED, HALT_NONE);
    buf_clear(&b.seen);
    verb(&b, VERB_CONTINUE);
    expect(&b, "wait 100,");
    tick(&b, 100);
    expect(&b, "wave_begin 1, start 2@0, connect 2, wait -1,");
    bench_end(&b);
}

/* Two hosts, of which the first is ok, look at each other while they bake. */
static void
bake_init(struct bench *b)
{
    pairs_init(b);
    b->policy.wave_bake_ms = 1000;
    bench_gate(b);
}

static void
test_a_wave_is_judged_again_after_its_bake(void **state)
{
    static const enum on_failure ways[] = {ON_FAILURE_STOP, ON_FAILURE_PAUSE};
    static const enum run_state states[] = {RUN_OVER, RUN_PAUSED};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bench b;
        bake_init(&b);
        b.policy.on_failure = ways[i];
        b.policy.answerable = true;
        bench_start(&b, 3);
        past_host(&b, 0, 1);
        whole_host(&b, 1, 0);
        looked(&b, 1, true);
        gone(&b, 1);
        looked(&b, 1, false); /* the first look of the bake: that of the whole wave */
        ended(&b, OUTCOME_FAILED, CAUSE_HEALTH, 1);
        in_state(&b, RUN_RUNNING, HALT_NONE);
        tick(&b, 1000);
        in_state(&b, states[i], i == 0 ? HALT_WAVE : HALT_NONE);
        assert_int_equal(rollout_wave(b.rollout), 0); /* and nothing goes on */
        assert_int_equal(rollout_waves_done(b.rollout), 0);
        if (i == 1) {
            buf_clear(&b.seen);
            verb(&b, VERB_CONTINUE);
            expect(&b, "wave_begin 1, start 2@0, connect 2,");
        }
        bench_end(&b);
    }
}

static void
test_a_retry_opens_the_wave_again_wherever_it_has_come_to(void **state)
{
    struct bench b;

    (void)state;
    pairs_init(&b);
    b.policy.wave_bake_ms = 100;
    b.policy.wave_pause_ms = 1000;
    bench_start(&b, 3);
    past_host(&b, 0, 1);
    past_host(&b, 1, 0);
    buf_clear(&b.seen);
    b.now_ms = 60;
    verb_to(&b, VERB_RETRY, 0); /* it bakes */
    expect(&b, "wave_begin 0, start 0@0, connect 0, wait -1,");
    past_host(&b, 0, 1);
    expect(&b, "run_step 0:0.2, disconnect 0, release 0@0, wave_end 0, wait 160,");
    tick(&b, 160);
    expect(&b, "wait 1160,");
    b.now_ms = 1159;
    verb_to(&b, VERB_RETRY, 0); /* it pauses */
    past_host(&b, 0, 0);
    expect(&b, "wave_begin 0, start 0@0, connect 0, wait -1, run_step 0:0.3, disconnect 0, "
               "release 0@0, wave_end 0, wait 1259,");
    tick(&b, 1259);
    tick(&b, 2259);
    expect(&b, "wait 2259, wave_begin 1, start 2@0, connect 2, wait -1,");
    bench_end(&b);
}

static void
test_a_wave_waits_for_a_retried_host_of_an_earlier_one(void **state)
{
    struct bench b;

    (void)state;
    pairs_init(&b);
    b.policy.serial_count = 1;
    b.policy.serial[0] = (struct amount){.value = 1};
    bench_start(&b, 3);
    past_host(&b, 0, 1);
    verb_to(&b, VERB_RETRY, 0);
    buf_clear(&b.seen);
    past_host(&b, 1, 0);
    expect(&b, "run_step 1:0.1, disconnect 1, release 1@0,");
    past_host(&b, 0, 0);
    expect(&b, "run_step 0:0.2, disconnect 0, release 0@1, wave_end 1, "
               "wave_begin 2, start 2@0, connect 2,");
    bench_end(&b);
}

static void
test_a_pause_stops_a_bake_and_continue_gives_it_the_rest(void **state)
{
    struct bench b;

    (void)state;
    pairs_init(&b);
    b.policy.wave_bake_ms = 100;
    bench_start(&b, 1);
    past_host(&b, 0, 0);
    buf_clear(&b.seen);
    b.now_ms = 30;
    verb(&b, VERB_PAUSE);
    expect(&b, "wait -1,");
    b.now_ms = 5000;
    verb(&b, VERB_CONTINUE);
    expect(&b, "wait 5070,");
    b.now_ms = 5071; /* its time has come, and the tick has not */
    verb(&b, VERB_PAUSE);
    verb(&b, VERB_CONTINUE);
    expect(&b, "wait -1, wait 5071,");
    bench_end(&b);
}

static void
test_a_halt_leaves_no_bake_and_no_pause(void **state)
{
    struct bench b;

    (void)state;
    pairs_init(&b);
    b.policy.wave_bake_ms = 100;
    b.policy.run_timeout_ms = 50;
    bench_start(&b, 3);
    past_host(&b, 0, 0);
    past_host(&b, 1, 0);
    buf_clear(&b.seen);
    tick(&b, 120); /* late: both times have come, and the earlier one halts the run */
    expect(&b, "finish 3, wait -1,");
    in_state(&b, RUN_OVER, HALT_TIMEOUT);
    bench_end(&b);
}

static void
test_a_retry_in_a_pause_lets_the_bake_that_stood_still_go(void **state)
{
    struct bench b;

    (void)state;
    pairs_init(&b);
    b.policy.wave_bake_ms = 100;
    bench_start(&b, 3);
    past_host(&b, 0, 1);
    past_host(&b, 1, 0);
    verb(&b, VERB_PAUSE);
    verb_to(&b, VERB_RETRY, 0);
    buf_clear(&b.seen);
    verb(&b, VERB_CONTINUE);
    assert_int_equal(b.seen.len, 0);
    past_host(&b, 0, 0);
    expect(&b, "run_step 0:0.2, disconnect 0, release 0@0, wave_end 0, wait 100,");
    bench_end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_wave_is_told_from_its_first_start_to_its_last_outcome),
        cmocka_unit_test(test_sequence_by_is_a_barrier_in_parallel_too),
        cmocka_unit_test(test_a_wave_bakes_before_the_next_and_the_last_one_too_without_checks),
        cmocka_unit_test(test_a_wave_that_started_nobody_is_not_told_and_neither_bakes_nor_pauses),
        cmocka_unit_test(test_there_is_no_pause_behind_the_last_wave),
        cmocka_unit_test(test_a_wave_of_two_or_more_that_failed_whole_halts_unless_it_was_the_last),
        cmocka_unit_test(test_without_a_budget_a_whole_wave_may_fail),
        cmocka_unit_test(test_a_wave_is_judged_in_a_pause_too),
        cmocka_unit_test(test_one_continue_excuses_a_wave_that_failed_whole_its_bake_included),
        cmocka_unit_test(test_a_wave_is_judged_again_after_its_bake),
        cmocka_unit_test(test_a_retry_opens_the_wave_again_wherever_it_has_come_to),
        cmocka_unit_test(test_a_wave_waits_for_a_retried_host_of_an_earlier_one),
        cmocka_unit_test(test_a_pause_stops_a_bake_and_continue_gives_it_the_rest),
        cmocka_unit_test(test_a_halt_leaves_no_bake_and_no_pause),
        cmocka_unit_test(test_a_retry_in_a_pause_lets_the_bake_that_stood_still_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

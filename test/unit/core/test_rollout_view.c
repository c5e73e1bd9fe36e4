/*
 * test_rollout_view.c - what is seen of a rollout from outside: names, waves, and its fingerprint.
 */
#include "unit/core/bench.h"

static void
test_every_state_and_halt_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < RUN_STATES; i++) {
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(run_state_name((enum run_state)i),
                                    run_state_name((enum run_state)k));
        }
    }
    for (int i = 0; i < HALTS; i++) {
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(halt_text((enum halt)i), halt_text((enum halt)k));
        }
    }
    assert_string_equal(halt_text(HALT_NONE), "");
    assert_string_equal(run_state_name(RUN_ROLLING_BACK), "rolling back");
    assert_string_equal(rollback_name(ROLLBACK_NONE), "none");
    assert_string_equal(rollback_name(ROLLBACK_RUNNING), "running");
    assert_string_equal(rollback_name(ROLLBACK_DONE), "done");
    assert_string_equal(rollback_name(ROLLBACK_FAILED), "failed");
}

static void
test_a_wave_is_started_with_its_first_host_and_done_after_its_bake(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_ROLLING, 1);
    b.policy.wave_bake_ms = 100;
    b.policy.wave_pause_ms = 1000;
    bench_start(&b, 2);
    assert_int_equal(rollout_waves_started(b.rollout), 1);
    assert_int_equal(rollout_wave_due_ms(b.rollout), -1);
    past_host(&b, 0, 0);
    assert_int_equal(rollout_wave_due_ms(b.rollout), 100);
    assert_true(rollout_wave_bakes(b.rollout));
    assert_int_equal(rollout_waves_done(b.rollout), 0);
    tick(&b, 100);
    assert_int_equal(rollout_wave_due_ms(b.rollout), 1100);
    assert_false(rollout_wave_bakes(b.rollout));
    verb(&b, VERB_PAUSE);
    assert_int_equal(rollout_wave_due_ms(b.rollout), -1); /* it stands still */
    verb(&b, VERB_CONTINUE);
    tick(&b, 1100);
    assert_int_equal(rollout_wave(b.rollout), 1);
    assert_int_equal(rollout_waves_started(b.rollout), 2);
    assert_int_equal(rollout_waves_done(b.rollout), 1);
    past_host(&b, 1, 0);
    tick(&b, 1200);
    assert_int_equal(rollout_wave(b.rollout), 1); /* the last */
    assert_int_equal(rollout_waves_done(b.rollout), 2);
    bench_end(&b);
}

static void
test_a_wave_in_which_nobody_has_started_yet_is_not_started(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_ROLLING, 1);
    bench_start(&b, 2);
    verb(&b, VERB_PAUSE);
    past_host(&b, 0, 0);
    verb(&b, VERB_CONTINUE);
    assert_int_equal(rollout_waves_started(b.rollout), 2);
    bench_end(&b);

    bench_init(&b, STRATEGY_ROLLING, 1);
    bench_start(&b, 2);
    verb_to(&b, VERB_SKIP, 1);
    past_host(&b, 0, 0);
    in_state(&b, RUN_OVER, HALT_NONE);
    assert_int_equal(rollout_waves_started(b.rollout), 1);
    bench_end(&b);
}

static void
test_a_host_shows_when_its_round_began_and_ended(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_PARALLEL, 1);
    b.policy.max_fail.value = 9;
    bench_start(&b, 2);
    assert_int_equal(rollout_host(b.rollout, 1).started_ms, -1);
    assert_int_equal(rollout_host(b.rollout, 1).slot, -1);
    assert_int_equal(rollout_host(b.rollout, 1).round, 0);
    b.now_ms = 10;
    past_host(&b, 0, 1);
    assert_int_equal(rollout_host(b.rollout, 0).started_ms, 0);
    assert_int_equal(rollout_host(b.rollout, 0).finished_ms, 10);
    verb_to(&b, VERB_RETRY, 0);
    b.now_ms = 20;
    past_host(&b, 1, 0);
    assert_int_equal(rollout_host(b.rollout, 0).started_ms, 20);
    assert_int_equal(rollout_host(b.rollout, 0).finished_ms, -1);
    bench_end(&b);
}

static void
test_equal_facts_give_equal_fingerprints_and_each_fact_another(void **state)
{
    static const int32_t value_of[] = {0, 1, 1};
    struct bench b[2];
    uint64_t before = 0;

    (void)state;
    for (int i = 0; i < 2; i++) {
        bench_init(&b[i], STRATEGY_PARALLEL, 2);
        b[i].policy.max_fail.value = 9;
        b[i].budget_by[0] = (struct plan_parting){"site", value_of, 2, {.value = 1}};
        bench_start(&b[i], 3);
    }
    for (int k = 0; k < 6; k++) {
        for (int i = 0; i < 2; i++) {
            if (k % 2 == 0) {
                connected(&b[i], k / 2);
            } else {
                done(&b[i], k / 2, 0, k == 3);
            }
        }
        assert_true(rollout_digest(b[0].rollout) == rollout_digest(b[1].rollout));
        assert_true(rollout_digest(b[0].rollout) != before);
        before = rollout_digest(b[0].rollout);
    }
    bench_end(&b[0]);
    bench_end(&b[1]);
    rollout_free(NULL); /* is fine */
}

static void
test_what_fits_nothing_changes_nothing(void **state)
{
    static const struct fact strays[] = {
        {.kind = FACT_RESUMED, .host = 0, .value = 2},
        {.kind = FACT_VERDICT, .host = 0, .attempt = 1},
        {.kind = FACT_CONNECTED, .host = 3, .attempt = 1},
        {.kind = FACT_CONNECTED, .host = -1, .attempt = 1},
        {.kind = FACT_CONNECTED, .host = 2, .attempt = 1},
        {.kind = FACT_STEP_SENT, .host = 0, .attempt = 2},
        {.kind = FACT_STEP_DONE, .host = 0, .step = 1, .attempt = 1},
        {.kind = FACT_STEP_DONE, .host = 1, .attempt = 1},
        {.kind = FACT_FINALLY_DONE, .host = 0, .attempt = 1},
        {.kind = FACT_PROBE_PASSED, .host = 0, .attempt = 1},
        {.kind = FACT_DISCONNECTED, .host = 0},
        {.kind = FACT_TICK, .host = -1},
        {.kind = FACT_VERB, .host = -1, .verb = VERB_CONTINUE},
        {.kind = FACT_VERB, .host = 0, .verb = VERB_RETRY},
        {.kind = FACT_VERB, .host = 9, .verb = VERB_SKIP},
    };
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_PARALLEL, 2);
    bench_start(&b, 3);
    connected(&b, 0);
    buf_clear(&b.seen);
    const uint64_t before = rollout_digest(b.rollout);
    for (size_t i = 0; i < sizeof(strays) / sizeof(strays[0]); i++) {
        tell(&b, strays[i]);
        assert_true(rollout_digest(b.rollout) == before);
        assert_int_equal(b.seen.len, 0);
    }
    tick(&b, 1000); /* nor does time, where nothing waits for it */
    assert_true(rollout_digest(b.rollout) == before);
    bench_end(&b);
}

static void
test_a_run_may_begin_at_any_time(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_PARALLEL, 1);
    b.policy.run_timeout_ms = 100;
    b.now_ms = 5000;
    bench_start(&b, 1);
    expect(&b, "start 0@0, connect 0, wait 5100,");
    assert_int_equal(rollout_host(b.rollout, 0).started_ms, 5000);
    bench_end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_state_and_halt_has_a_name_of_its_own),
        cmocka_unit_test(test_a_wave_is_started_with_its_first_host_and_done_after_its_bake),
        cmocka_unit_test(test_a_wave_in_which_nobody_has_started_yet_is_not_started),
        cmocka_unit_test(test_a_host_shows_when_its_round_began_and_ended),
        cmocka_unit_test(test_equal_facts_give_equal_fingerprints_and_each_fact_another),
        cmocka_unit_test(test_what_fits_nothing_changes_nothing),
        cmocka_unit_test(test_a_run_may_begin_at_any_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_rollout_canary.c - what comes behind the canary: docs/rollout.md, "Waves", point 2.
 *
 * Each test drives a rollout by hand: facts in, the exact orders out, as text.
 */
#include "unit/core/bench.h"

/* A canary of two hosts, then the others. */
static void
canary_init(struct bench *b, enum promote promote, enum on_failure way)
{
    bench_init(b, STRATEGY_CANARY, 2);
    b->policy.canary = (struct amount){.value = 2};
    b->policy.promote = promote;
    b->policy.on_failure = way;
    b->policy.answerable = true;
    b->policy.max_fail.value = 9;
    b->rollback_count = 1;
}

static void
test_promote_auto_goes_on_when_every_canary_host_is_ok(void **state)
{
    struct bench b;

    (void)state;
    canary_init(&b, PROMOTE_AUTO, ON_FAILURE_STOP);
    bench_start(&b, 3);
    past_host(&b, 0, 0);
    buf_clear(&b.seen);
    past_host(&b, 1, 0);
    expect(&b, "run_step 1:0.1, disconnect 1, release 1@1, start 2@0, connect 2,");
    bench_end(&b);
}

static void
test_a_canary_host_that_was_skipped_is_not_asked_for(void **state)
{
    struct bench b;

    (void)state;
    canary_init(&b, PROMOTE_AUTO, ON_FAILURE_STOP);
    b.policy.workers = 1;
    bench_start(&b, 3);
    verb_to(&b, VERB_SKIP, 1);
    buf_clear(&b.seen);
    past_host(&b, 0, 0);
    expect(&b, "run_step 0:0.1, disconnect 0, release 0@0, start 2@0, connect 2,");
    bench_end(&b);
}

static void
test_of_a_canary_that_failed_on_failure_decides(void **state)
{
    static const struct {
        enum on_failure way;
        enum run_state state;
        enum halt halt;
    } cases[] = {
        {ON_FAILURE_STOP, RUN_OVER, HALT_CANARY},
        {ON_FAILURE_CONTINUE, RUN_RUNNING, HALT_NONE},
        {ON_FAILURE_PAUSE, RUN_PAUSED, HALT_NONE},
        {ON_FAILURE_ROLLBACK, RUN_ROLLING_BACK, HALT_CANARY},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench b;
        canary_init(&b, PROMOTE_AUTO, cases[i].way);
        bench_start(&b, 3);
        past_host(&b, 0, 0);
        past_host(&b, 1, 1);
        in_state(&b, cases[i].state, cases[i].halt);
        if (cases[i].way == ON_FAILURE_PAUSE) {
            verb(&b, VERB_CONTINUE); /* counts as promoted */
        }
        if (cases[i].halt == HALT_NONE) {
            connected(&b, 2);
            in_state(&b, RUN_RUNNING, HALT_NONE);
            assert_int_equal(rollout_wave(b.rollout), 1);
        }
        bench_end(&b);
    }
}

static void
test_a_canary_is_judged_though_the_action_has_no_budget(void **state)
{
    struct bench b;

    (void)state;
    canary_init(&b, PROMOTE_AUTO, ON_FAILURE_STOP);
    b.policy.has_budget = false;
    bench_start(&b, 3);
    past_host(&b, 0, 1);
    in_state(&b, RUN_RUNNING, HALT_NONE);
    past_host(&b, 1, 1);
    in_state(&b, RUN_OVER, HALT_CANARY);
    bench_end(&b);
}

static void
test_a_canary_is_judged_again_after_its_bake(void **state)
{
    static const struct {
        enum on_failure way;
        enum run_state state;
        enum halt halt;
    } cases[] = {
        {ON_FAILURE_STOP, RUN_OVER, HALT_CANARY},
        {ON_FAILURE_PAUSE, RUN_PAUSED, HALT_NONE},
        {ON_FAILURE_CONTINUE, RUN_RUNNING, HALT_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench b;
        canary_init(&b, PROMOTE_AUTO, cases[i].way);
        b.policy.canary.value = 1;
        bench_gate(&b);
        b.policy.wave_bake_ms = 1000;
        bench_start(&b, 2);
        whole_host(&b, 0, 0);
        looked(&b, 0, true);
        gone(&b, 0);
        looked(&b, 0, false);
        ended(&b, OUTCOME_FAILED, CAUSE_HEALTH, 0);
        in_state(&b, RUN_RUNNING, HALT_NONE);
        tick(&b, 1000);
        in_state(&b, cases[i].state, cases[i].halt);
        bench_end(&b);
    }
}

static void
test_promote_manual_waits_for_promote_whatever_became_of_the_canary(void **state)
{
    struct bench b;

    (void)state;
    canary_init(&b, PROMOTE_MANUAL, ON_FAILURE_STOP);
    b.policy.wave_bake_ms = 100;
    b.policy.wave_pause_ms = 1000;
    bench_start(&b, 3);
    past_host(&b, 0, 0);
    past_host(&b, 1, 1);
    in_state(&b, RUN_RUNNING, HALT_NONE); /* it bakes */
    tick(&b, 100);
    in_state(&b, RUN_PROMOTING, HALT_NONE);
    buf_clear(&b.seen);
    b.now_ms = 5000;
    verb(&b, VERB_PROMOTE);
    expect(&b, "wait 6000,");
    tick(&b, 6000);
    expect(&b, "start 2@0, connect 2, wait -1,");
    bench_end(&b);
}

static void
test_nothing_is_promoted_where_no_wave_follows(void **state)
{
    struct bench b;

    (void)state;
    canary_init(&b, PROMOTE_MANUAL, ON_FAILURE_STOP);
    bench_start(&b, 2);
    past_host(&b, 0, 0);
    past_host(&b, 1, 0);
    in_state(&b, RUN_OVER, HALT_NONE);
    bench_end(&b);

    canary_init(&b, PROMOTE_AUTO, ON_FAILURE_STOP); /* judged it is all the same */
    bench_start(&b, 2);
    past_host(&b, 0, 0);
    past_host(&b, 1, 1);
    in_state(&b, RUN_OVER, HALT_CANARY);
    bench_end(&b);
}

static void
test_a_canary_of_several_waves_ends_with_the_last_of_them(void **state)
{
    static const int32_t value_of[] = {0, 1, 1};
    struct bench b;

    (void)state;
    canary_init(&b, PROMOTE_MANUAL, ON_FAILURE_STOP);
    b.sequence_by = (struct plan_parting){"site", value_of, 2, {0}};
    bench_start(&b, 3);
    past_host(&b, 0, 0);
    in_state(&b, RUN_RUNNING, HALT_NONE);
    assert_int_equal(rollout_wave(b.rollout), 1);
    past_host(&b, 1, 0);
    in_state(&b, RUN_PROMOTING, HALT_NONE);
    bench_end(&b);

    canary_init(&b, PROMOTE_AUTO, ON_FAILURE_STOP); /* and all of them are judged */
    b.sequence_by = (struct plan_parting){"site", value_of, 2, {0}};
    bench_start(&b, 3);
    past_host(&b, 0, 1);
    in_state(&b, RUN_RUNNING, HALT_NONE);
    past_host(&b, 1, 0);
    in_state(&b, RUN_OVER, HALT_CANARY);
    bench_end(&b);
}

static void
test_a_retry_takes_the_promotion_back_until_the_wave_is_over_again(void **state)
{
    struct bench b;

    (void)state;
    canary_init(&b, PROMOTE_MANUAL, ON_FAILURE_STOP);
    bench_start(&b, 3);
    past_host(&b, 0, 0);
    past_host(&b, 1, 1);
    verb_to(&b, VERB_RETRY, 1);
    in_state(&b, RUN_RUNNING, HALT_NONE);
    past_host(&b, 1, 0);
    in_state(&b, RUN_PROMOTING, HALT_NONE);
    bench_end(&b);
}

static void
test_behind_the_canary_serial_begins_anew(void **state)
{
    struct bench b;

    (void)state;
    canary_init(&b, PROMOTE_AUTO, ON_FAILURE_STOP);
    b.policy.serial_count = 2;
    b.policy.serial[0] = (struct amount){.value = 1};
    b.policy.serial[1] = (struct amount){.value = 2};
    bench_start(&b, 7);
    assert_int_equal(plan_canary_waves(b.plan), 1);
    assert_int_equal(plan_wave_end(b.plan, 0), 2);
    assert_int_equal(plan_wave_end(b.plan, 1), 3);
    assert_int_equal(plan_wave_end(b.plan, 2), 5);
    assert_int_equal(plan_wave_count(b.plan), 4);
    bench_end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_promote_auto_goes_on_when_every_canary_host_is_ok),
        cmocka_unit_test(test_a_canary_host_that_was_skipped_is_not_asked_for),
        cmocka_unit_test(test_of_a_canary_that_failed_on_failure_decides),
        cmocka_unit_test(test_a_canary_is_judged_though_the_action_has_no_budget),
        cmocka_unit_test(test_a_canary_is_judged_again_after_its_bake),
        cmocka_unit_test(test_promote_manual_waits_for_promote_whatever_became_of_the_canary),
        cmocka_unit_test(test_nothing_is_promoted_where_no_wave_follows),
        cmocka_unit_test(test_a_canary_of_several_waves_ends_with_the_last_of_them),
        cmocka_unit_test(test_a_retry_takes_the_promotion_back_until_the_wave_is_over_again),
        cmocka_unit_test(test_behind_the_canary_serial_begins_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_forecast.c - a run under virtual time.
 *
 * Plans are made by hand; what comes out is compared as times and as a short text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/forecast.h"
#include "base/buf.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { HOSTS_MAX = 64, MINUTE = 60 * 1000, WORK_MS = 5 * MINUTE };

struct bench {
    struct policy policy;
    struct plan_step steps[4];
    int32_t step_count;
    struct plan_step back;
    int32_t back_count;
    struct plan_check check;
    int32_t check_count;
    const struct plan_parting *limit;  /* max_parallel_by, or NULL */
    const struct plan_parting *budget; /* budget_by, or NULL */
    int32_t host_count;
    struct forecast_host hosts[HOSTS_MAX];
    struct plan *plan;
    struct forecast f;
    struct buf text;
};

static void
bench_init(struct bench *b, enum strategy strategy, int32_t hosts, int32_t workers)
{
    *b = (struct bench){.host_count = hosts, .step_count = 2, .check_count = 1};
    b->policy = (struct policy){.strategy = strategy,
                                .workers = workers,
                                .has_budget = true,
                                .gate_enabled = true,
                                .gate_retries = 3,
                                .gate_successes = 1,
                                .gate_interval_ms = 2000,
                                .answerable = true,
                                .seed = 1};
    for (int32_t i = 0; i < hosts; i++) {
        b->hosts[i] = (struct forecast_host){.work_ms = WORK_MS, .step = -1};
    }
    buf_init(&b->text, 1 << 16);
}

static void
bench_run(struct bench *b)
{
    static const char *const names[HOSTS_MAX];
    struct err err = {0};
    const struct plan_request request = {
        .policy = &b->policy,
        .host_count = b->host_count,
        .host_names = names,
        .steps = b->steps,
        .step_count = b->step_count,
        .checks = &b->check,
        .check_count = b->check_count,
        .rollback_steps = &b->back,
        .rollback_count = b->back_count,
        .parallel_by = b->limit,
        .parallel_by_count = b->limit != NULL,
        .budget_by = b->budget,
        .budget_by_count = b->budget != NULL,
    };

    b->plan = plan_new(&request, &err);
    if (b->plan == NULL) {
        fail_msg("%s", err.text);
    }
    forecast_run(
        &(struct forecast_request){
            .plan = b->plan, .hosts = b->hosts, .connect_ms_max = 10000, .story = true},
        &b->f);
    assert_false(b->f.endless);
}

static void
bench_end(struct bench *b)
{
    forecast_release(&b->f);
    plan_free(b->plan);
    buf_release(&b->text);
}

static const char *const words[] = {[FORECAST_WAVE_BEGIN] = "begin",
                                    [FORECAST_WAVE_END] = "end",
                                    [FORECAST_AGAIN] = "again",
                                    [FORECAST_BAD] = "bad",
                                    [FORECAST_LATE] = "late",
                                    [FORECAST_CANCELLED] = "cancelled",
                                    [FORECAST_EXCEEDED] = "exceeded",
                                    [FORECAST_HALT] = "halt",
                                    [FORECAST_PAUSED] = "paused",
                                    [FORECAST_PROMOTED] = "promoted",
                                    [FORECAST_ROLLBACK] = "back",
                                    [FORECAST_ROLLED_BACK] = "rolled_back",
                                    [FORECAST_ROLLBACK_FAILED] = "stuck"};

/* "300 end 0 (2 ok 1 bad)": seconds, what, and of what. */
static void
expect_story(struct bench *b, const char *expected)
{
    buf_clear(&b->text);
    for (size_t i = 0; i < b->f.event_count; i++) {
        const struct forecast_event *e = &b->f.events[i];
        buf_addf(&b->text, "%s%d %s", i > 0 ? ", " : "", (int)(e->at_ms / 1000), words[e->kind]);
        if (e->host >= 0) {
            buf_addf(&b->text, " h%d", (int)e->host);
        }
        if (e->value >= 0) {
            buf_addf(&b->text, " %d", (int)e->value);
        }
        if (e->kind == FORECAST_WAVE_END) {
            buf_addf(&b->text, " (%d ok %d bad)", (int)e->ok, (int)e->bad);
        }
    }
    assert_string_equal(b->text.data, expected);
}

static void
test_nine_hosts_of_five_minutes_take_as_long_as_their_waves(void **state)
{
    static const struct {
        enum strategy strategy;
        int32_t workers;
        int64_t minutes;
    } rows[] = {
        {STRATEGY_SEQUENTIAL, 3, 45}, {STRATEGY_PARALLEL, 3, 15}, {STRATEGY_PARALLEL, 9, 5},
        {STRATEGY_PARALLEL, 0, 45},   {STRATEGY_PARALLEL, 4, 15}, {STRATEGY_ROLLING, 3, 15},
        {STRATEGY_ROLLING, 4, 15},    {STRATEGY_ROLLING, 0, 45},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b;
        bench_init(&b, rows[i].strategy, 9, rows[i].workers);
        bench_run(&b);
        assert_int_equal(b.f.total_ms, rows[i].minutes * MINUTE);
        assert_int_equal(b.f.exit_code, 0);
        assert_int_equal(b.f.state, RUN_OVER);
        assert_int_equal(b.f.summary.count[OUTCOME_OK], 9);
        bench_end(&b);
    }
}

static void
test_each_wave_has_its_own_times_and_each_host_its_slot(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_ROLLING, 9, 3);
    b.policy.wave_pause_ms = MINUTE;
    b.hosts[4].work_ms = 2 * (int64_t)WORK_MS;
    bench_run(&b);
    assert_int_equal(b.f.wave_count, 3);
    assert_int_equal(b.f.waves[1].begin_ms, 6 * MINUTE);
    assert_int_equal(b.f.waves[1].end_ms, 16 * MINUTE);
    assert_int_equal(b.f.waves[2].begin_ms, 17 * MINUTE);
    assert_int_equal(b.f.total_ms, 22 * MINUTE); /* no pause after the last */
    assert_int_equal(b.f.hosts[5].slot, 2);
    assert_int_equal(b.f.hosts[5].begin_ms, 6 * MINUTE);
    assert_int_equal(b.f.hosts[5].end_ms, 11 * MINUTE);
    expect_story(&b, "0 begin 0, 300 end 0 (3 ok 0 bad), 360 begin 1, 960 end 1 (3 ok 0 bad), "
                     "1020 begin 2, 1320 end 2 (3 ok 0 bad)");
    bench_end(&b);
}

static void
test_one_failure_stops_what_has_not_started(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_ROLLING, 9, 3);
    b.hosts[1].trouble = TROUBLE_FAIL;
    b.hosts[1].step = 0;
    bench_run(&b);
    expect_story(&b, "0 begin 0, 150 bad h1, 150 halt 1, 300 end 0 (2 ok 1 bad)");
    assert_int_equal(b.f.exit_code, 3);
    assert_int_equal(b.f.halt, HALT_BUDGET);
    assert_int_equal(b.f.summary.count[OUTCOME_UNTOUCHED], 6);
    assert_int_equal(b.f.hosts[3].begin_ms, -1);
    assert_int_equal(b.f.waves[1].begin_ms, -1);
    bench_end(&b);
}

static void
test_each_trouble_ends_as_the_rules_say(void **state)
{
    static const struct {
        enum trouble trouble;
        enum outcome outcome;
        int64_t seconds; /* until its end */
        int exit_code;
    } rows[] = {
        {TROUBLE_FAIL, OUTCOME_FAILED, 300, 2},
        {TROUBLE_UNREACHABLE, OUTCOME_UNREACHABLE, 10, 4},
        {TROUBLE_UNKNOWN, OUTCOME_UNKNOWN, 300, 2},
        {TROUBLE_UNHEALTHY, OUTCOME_FAILED, 306, 2}, /* four tries, two seconds apart */
        {TROUBLE_FLAP, OUTCOME_OK, 302, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b;
        bench_init(&b, STRATEGY_PARALLEL, 2, 2);
        b.policy.max_fail.value = 1;
        b.hosts[0].trouble = rows[i].trouble;
        bench_run(&b);
        assert_int_equal(b.f.hosts[0].last.outcome, rows[i].outcome);
        assert_int_equal(b.f.hosts[0].end_ms, rows[i].seconds * 1000);
        assert_int_equal(b.f.exit_code, rows[i].exit_code);
        bench_end(&b);
    }
}

static void
test_a_step_that_flaps_is_tried_again_where_it_may_be(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_PARALLEL, 1, 1);
    b.check_count = 0;
    b.steps[1].idempotent = true;
    b.steps[1].retries = 1;
    b.hosts[0].trouble = TROUBLE_FLAP;
    bench_run(&b);
    expect_story(&b, "300 again h0 1");
    assert_int_equal(b.f.exit_code, 0);
    assert_int_equal(b.f.total_ms, 450000);
    bench_end(&b);

    bench_init(&b, STRATEGY_PARALLEL, 1, 1);
    b.check_count = 0;
    b.hosts[0].trouble = TROUBLE_FLAP;
    bench_run(&b);
    expect_story(&b, "300 bad h0, 300 halt 1");
    assert_int_equal(b.f.exit_code, 2);
    bench_end(&b);
}

static void
test_a_budget_that_nobody_heeds_is_told_once(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_PARALLEL, 3, 1);
    b.policy.on_failure = ON_FAILURE_CONTINUE;
    b.hosts[0].trouble = b.hosts[1].trouble = TROUBLE_FAIL;
    bench_run(&b);
    expect_story(&b, "300 bad h0, 300 exceeded, 600 bad h1");
    assert_int_equal(b.f.exit_code, 2);
    bench_end(&b);
}

static void
test_what_one_host_runs_for_all_takes_no_time_of_the_others(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_PARALLEL, 3, 3);
    b.step_count = 3;
    b.steps[0].run_once = true;
    bench_run(&b);
    assert_int_equal(b.f.total_ms, WORK_MS);
    bench_end(&b);

    bench_init(&b, STRATEGY_PARALLEL, 3, 3); /* nothing else: then it is the work */
    b.step_count = 1;
    b.steps[0].run_once = true;
    bench_run(&b);
    assert_int_equal(b.f.total_ms, WORK_MS);
    bench_end(&b);
}

static void
test_a_throttled_step_makes_hosts_wait_for_each_other(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_PARALLEL, 3, 3);
    b.steps[1].throttle = 1; /* half of the work */
    bench_run(&b);
    assert_int_equal(b.f.total_ms, 4 * WORK_MS / 2);
    bench_end(&b);
}

static void
test_every_strategy_takes_the_time_of_its_barriers(void **state)
{
    static const struct {
        enum strategy strategy;
        int32_t workers, canary;
        int64_t host_bake_m, wave_bake_m, wave_pause_m, minutes;
    } rows[] = {
        {STRATEGY_ALL_AT_ONCE, 9, 0, 0, 0, 0, 5}, {STRATEGY_ALL_AT_ONCE, 3, 0, 0, 0, 2, 15},
        {STRATEGY_ROLLING, 3, 0, 0, 1, 0, 18}, /* after the last wave too */
        {STRATEGY_ROLLING, 3, 0, 2, 0, 1, 23}, /* 3 * (5 + 2) + 2 */
        {STRATEGY_CANARY, 3, 1, 0, 0, 0, 20},  /* 1, 3, 3, 2 hosts */
        {STRATEGY_CANARY, 4, 1, 0, 1, 2, 22},  /* 1, 4, 4 hosts: 3 * (5 + 1) + 2 * 2 */
        {STRATEGY_BLUE_GREEN, 9, 0, 0, 0, 1, 6},  {STRATEGY_BLUE_GREEN, 3, 0, 0, 0, 0, 15},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b;
        bench_init(&b, rows[i].strategy, 9, rows[i].workers);
        b.policy.ahead_max = rows[i].workers; /* changes none of these */
        b.policy.canary.value = rows[i].canary;
        b.policy.host_bake_ms = rows[i].host_bake_m * MINUTE;
        b.policy.wave_bake_ms = rows[i].wave_bake_m * MINUTE;
        b.policy.wave_pause_ms = rows[i].wave_pause_m * MINUTE;
        b.steps[1].switches = rows[i].strategy == STRATEGY_BLUE_GREEN;
        bench_run(&b);
        assert_int_equal(b.f.total_ms, rows[i].minutes * MINUTE);
        assert_int_equal(b.f.exit_code, 0);
        bench_end(&b);
    }
}

/* The wait for a host that does not answer overlaps with the wave before it; once that is over, it
 * is tried again at its start. */
static void
test_who_is_connected_ahead_is_waited_for_ahead(void **state)
{
    static const struct {
        int32_t ahead;
        int64_t work_ms;
        const char *story;
    } rows[] = {
        {0, 6000, "0 begin 0, 6 end 0 (2 ok 0 bad), 6 begin 1, 16 bad h3, 16 end 1 (1 ok 1 bad)"},
        {2, 6000, "0 begin 0, 6 end 0 (2 ok 0 bad), 6 begin 1, 10 bad h3, 12 end 1 (1 ok 1 bad)"},
        {0, 20000,
         "0 begin 0, 20 end 0 (2 ok 0 bad), 20 begin 1, 30 bad h3, 40 end 1 (1 ok 1 bad)"},
        {2, 20000,
         "0 begin 0, 20 end 0 (2 ok 0 bad), 20 begin 1, 30 bad h3, 40 end 1 (1 ok 1 bad)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b;
        bench_init(&b, STRATEGY_ROLLING, 4, 2);
        b.policy.ahead_max = rows[i].ahead;
        b.policy.max_fail.value = 1;
        for (int32_t k = 0; k < 4; k++) {
            b.hosts[k].work_ms = rows[i].work_ms;
        }
        b.hosts[3].trouble = TROUBLE_UNREACHABLE;
        bench_run(&b);
        expect_story(&b, rows[i].story);
        assert_int_equal(b.f.exit_code, 4);
        bench_end(&b);
    }
}

static void
test_a_canary_is_promoted_only_when_it_is_well(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_CANARY, 5, 4);
    b.policy.canary.value = 1;
    b.policy.promote = PROMOTE_MANUAL;
    bench_run(&b);
    expect_story(&b, "0 begin 0, 300 end 0 (1 ok 0 bad), 300 promoted, 300 begin 1, "
                     "600 end 1 (4 ok 0 bad)");
    assert_int_equal(b.f.promoted, 1);
    bench_end(&b);

    bench_init(&b, STRATEGY_CANARY, 5, 4);
    b.policy.canary.value = 1;
    b.policy.promote = PROMOTE_MANUAL;
    b.policy.max_fail.value = 1;
    b.hosts[0].trouble = TROUBLE_FAIL;
    bench_run(&b);
    expect_story(&b, "0 begin 0, 300 bad h0, 300 end 0 (0 ok 1 bad)");
    assert_int_equal(b.f.state, RUN_PROMOTING);
    assert_int_equal(b.f.exit_code, -1);
    bench_end(&b);

    bench_init(&b, STRATEGY_CANARY, 5, 4); /* auto */
    b.policy.canary.value = 1;
    b.policy.max_fail.value = 1;
    b.hosts[0].trouble = TROUBLE_FAIL;
    bench_run(&b);
    expect_story(&b, "0 begin 0, 300 bad h0, 300 end 0 (0 ok 1 bad), 300 halt 8");
    assert_int_equal(b.f.exit_code, 3);
    bench_end(&b);
}

static void
test_blue_green_switches_none_where_one_fails_before_the_switch(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_BLUE_GREEN, 3, 3);
    b.steps[1].switches = true;
    bench_run(&b);
    expect_story(&b, "0 begin 0, 150 end 0 (3 ok 0 bad), 150 begin 1, 300 end 1 (3 ok 0 bad)");
    bench_end(&b);

    bench_init(&b, STRATEGY_BLUE_GREEN, 3, 3);
    b.steps[1].switches = true;
    b.hosts[1].trouble = TROUBLE_FAIL;
    b.hosts[1].step = 0;
    bench_run(&b);
    expect_story(&b, "0 begin 0, 150 bad h1, 150 halt 1, 150 cancelled h0, 150 cancelled h2, "
                     "150 end 0 (1 ok 2 bad)");
    assert_int_equal(b.f.waves[1].begin_ms, -1);
    assert_int_equal(b.f.hosts[0].last.outcome, OUTCOME_CANCELLED);
    assert_int_equal(b.f.exit_code, 3);
    bench_end(&b);
}

static void
test_a_rollback_brings_back_what_has_changed(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_ROLLING, 4, 2);
    b.policy.on_failure = ON_FAILURE_ROLLBACK;
    b.back_count = 1;
    b.hosts[2].trouble = TROUBLE_UNHEALTHY;
    bench_run(&b);
    expect_story(&b, "0 begin 0, 300 end 0 (2 ok 0 bad), 300 begin 1, 606 bad h2, 606 halt 1, "
                     "606 end 1 (1 ok 1 bad), 606 back h3, 606 back h2, 906 rolled_back h3, "
                     "906 back h1, 906 rolled_back h2, 906 back h0, 1206 rolled_back h1, "
                     "1206 rolled_back h0");
    assert_int_equal(b.f.exit_code, 3);
    bench_end(&b);
}

static void
test_a_paused_run_waits_for_the_operator(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_ROLLING, 4, 2);
    b.policy.on_failure = ON_FAILURE_PAUSE;
    b.hosts[0].trouble = TROUBLE_FAIL;
    b.hosts[1].work_ms = 2 * (int64_t)WORK_MS;
    bench_run(&b);
    expect_story(&b, "0 begin 0, 300 bad h0, 300 exceeded, 300 paused, 600 end 0 (1 ok 1 bad)");
    assert_int_equal(b.f.state, RUN_PAUSED);
    assert_int_equal(b.f.exit_code, -1);
    assert_int_equal(b.f.total_ms, 600 * 1000);
    bench_end(&b);
}

static void
test_a_host_that_turns_bad_later_is_seen_while_the_run_lasts(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_ROLLING, 4, 2);
    b.hosts[0].trouble = TROUBLE_LATE;
    bench_run(&b);
    expect_story(&b, "0 begin 0, 300 end 0 (2 ok 0 bad), 300 begin 1, 316 late h0, 316 halt 1, "
                     "600 end 1 (2 ok 0 bad)");
    assert_int_equal(b.f.exit_code, 2);
    bench_end(&b);
}

static void
test_limits_by_value_hold_hosts_back(void **state)
{
    static const int32_t zones[] = {0, 0, 0, 1, 1, 1};
    const struct plan_parting zone = {
        .variable = "zone", .value_of = zones, .value_count = 2, .limit = {.value = 1}};
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_PARALLEL, 6, 6);
    b.limit = &zone;
    bench_run(&b);
    assert_int_equal(b.f.total_ms, 3 * WORK_MS);
    assert_int_equal(b.f.hosts[3].slot, 1);
    assert_int_equal(b.f.hosts[1].begin_ms, WORK_MS);
    bench_end(&b);
}

static void
test_a_budget_of_a_value_is_told_with_the_value(void **state)
{
    static const int32_t zones[] = {0, 1, 0, 1, 0, 1};
    const struct plan_parting zone = {
        .variable = "zone", .value_of = zones, .value_count = 2, .limit = {.value = 1}};
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_ROLLING, 6, 2);
    b.budget = &zone;
    b.policy.max_fail.value = 3;
    b.hosts[1].trouble = b.hosts[3].trouble = TROUBLE_FAIL;
    bench_run(&b);
    expect_story(&b, "0 begin 0, 300 bad h1, 300 end 0 (1 ok 1 bad), 300 begin 1, 600 bad h3, "
                     "600 halt 1, 600 end 1 (1 ok 1 bad)");
    for (size_t i = 0; i < b.f.event_count; i++) {
        assert_int_equal(b.f.events[i].scope, b.f.events[i].kind == FORECAST_HALT ? 1 : -1);
    }
    bench_end(&b);
}

static void
test_the_same_request_gives_the_same_forecast(void **state)
{
    struct bench b[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        bench_init(&b[i], STRATEGY_ROLLING, 20, 4);
        b[i].policy.order = HOST_ORDER_SHUFFLE;
        b[i].policy.retry_connect = true;
        b[i].policy.retries_max = 3;
        b[i].policy.retry_delay_ms = 2000;
        b[i].policy.max_fail.value = 2;
        b[i].hosts[3].trouble = TROUBLE_UNREACHABLE;
        b[i].hosts[7].trouble = TROUBLE_UNHEALTHY;
        bench_run(&b[i]);
    }
    assert_int_equal(b[0].f.total_ms, b[1].f.total_ms);
    assert_int_equal(b[0].f.event_count, b[1].f.event_count);
    assert_memory_equal(b[0].f.waves, b[1].f.waves, sizeof(*b[0].f.waves) * 5);
    bench_end(&b[0]);
    bench_end(&b[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nine_hosts_of_five_minutes_take_as_long_as_their_waves),
        cmocka_unit_test(test_each_wave_has_its_own_times_and_each_host_its_slot),
        cmocka_unit_test(test_one_failure_stops_what_has_not_started),
        cmocka_unit_test(test_each_trouble_ends_as_the_rules_say),
        cmocka_unit_test(test_a_step_that_flaps_is_tried_again_where_it_may_be),
        cmocka_unit_test(test_a_budget_that_nobody_heeds_is_told_once),
        cmocka_unit_test(test_what_one_host_runs_for_all_takes_no_time_of_the_others),
        cmocka_unit_test(test_a_throttled_step_makes_hosts_wait_for_each_other),
        cmocka_unit_test(test_every_strategy_takes_the_time_of_its_barriers),
        cmocka_unit_test(test_who_is_connected_ahead_is_waited_for_ahead),
        cmocka_unit_test(test_a_canary_is_promoted_only_when_it_is_well),
        cmocka_unit_test(test_blue_green_switches_none_where_one_fails_before_the_switch),
        cmocka_unit_test(test_a_rollback_brings_back_what_has_changed),
        cmocka_unit_test(test_a_paused_run_waits_for_the_operator),
        cmocka_unit_test(test_a_host_that_turns_bad_later_is_seen_while_the_run_lasts),
        cmocka_unit_test(test_limits_by_value_hold_hosts_back),
        cmocka_unit_test(test_a_budget_of_a_value_is_told_with_the_value),
        cmocka_unit_test(test_the_same_request_gives_the_same_forecast),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

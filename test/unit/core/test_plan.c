/*
 * test_plan.c - a plan fixes order, waves and budget in numbers, and refuses what can never finish.
 */
#include "core/plan.h"

#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HOSTS_MAX = 12 };

static const char *const names[HOSTS_MAX] = {"web-3", "web-1", "web-10", "db-1", "web-1", "Web-1",
                                             "",      "a",     "b",      "c",    "d",     "e"};
static const struct plan_step one_step[2];

static struct plan_request
request(const struct policy *policy, int32_t hosts)
{
    return (struct plan_request){
        .policy = policy,
        .host_count = hosts,
        .host_names = names,
        .steps = one_step,
        .step_count = 1,
    };
}

static void
refused(const struct plan_request *q, enum err_kind kind, const char *text)
{
    struct err err = {0};

    assert_null(plan_new(q, &err));
    assert_int_equal(err.kind, kind);
    assert_non_null(strstr(err.text, text));
    assert_null(plan_new(q, NULL));
}

static void
test_nothing_to_do_is_refused(void **state)
{
    const struct policy policy = {.strategy = STRATEGY_PARALLEL};
    struct plan_request q = request(&policy, 0);

    (void)state;
    refused(&q, ERR_NO_MATCH, "no hosts");
    q.host_count = -1;
    refused(&q, ERR_NO_MATCH, "no hosts");
    q = request(&policy, 1);
    q.step_count = 0;
    refused(&q, ERR_NO_MATCH, "no steps");
}

static void
test_what_is_not_built_is_refused_by_name(void **state)
{
    static const struct {
        struct policy policy;
        const char *text;
    } cases[] = {
        {{.strategy = STRATEGY_ALL_AT_ONCE}, "not yet: strategy all_at_once"},
        {{.strategy = STRATEGY_CANARY}, "not yet: strategy canary"},
        {{.strategy = STRATEGY_BLUE_GREEN}, "not yet: strategy blue_green"},
        {{.on_failure = ON_FAILURE_ROLLBACK}, "not yet: on_failure: rollback"},
        {{.on_failure = ON_FAILURE_PAUSE}, "not yet: on_failure: pause"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct plan_request q = request(&cases[i].policy, 1);
        refused(&q, ERR_NOT_YET, cases[i].text);
    }
}

static void
test_numbers_out_of_range_are_refused(void **state)
{
    static const struct {
        struct policy policy;
        const char *text;
    } cases[] = {
        {{.workers = -1}, "workers: -1"},
        {{.workers = POLICY_WORKERS_MAX + 1}, "workers: 10001"},
        {{.workers = INT32_MIN}, "workers:"},
        {{.serial_count = 1, .serial = {{0, false}}}, "serial: a wave of 0 hosts"},
        {{.serial_count = 1, .serial = {{0, true}}}, "serial: a wave of 0% hosts"},
        {{.serial_count = 1, .serial = {{101, true}}}, "serial: a wave of 101%"},
        {{.serial_count = 2, .serial = {{1, false}, {-3, false}}}, "serial: a wave of -3"},
        {{.serial_count = -1}, "serial: -1 sizes"},
        {{.serial_count = POLICY_SERIAL_MAX + 1}, "serial: 65 sizes"},
        {{.has_budget = true, .max_fail = {-1, false}}, "max_fail: -1"},
        {{.has_budget = true, .max_fail = {101, true}}, "max_fail: 101%"},
        {{.wave_pause_ms = -1}, "wave_pause"},
        {{.wave_pause_ms = POLICY_MS_MAX + 1}, "wave_pause"},
        {{.retry_delay_ms = INT64_MIN}, "retry_delay"},
        {{.retry_delay_ms = INT64_MAX}, "retry_delay"},
        {{.run_timeout_ms = -1}, "run_timeout"},
        {{.run_timeout_ms = INT64_MAX}, "run_timeout"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct plan_request q = request(&cases[i].policy, 3);
        refused(&q, ERR_CONFIG, cases[i].text);
    }
}

static void
test_a_gate_that_cannot_be_passed_is_refused(void **state)
{
    static const struct plan_check checks[2] = {{.local = true}};
    static const struct {
        struct policy policy;
        const char *text; /* NULL: it is taken */
    } cases[] = {
        {{.gate_successes = 1}, NULL},
        {{.gate_successes = 4, .gate_retries = 3}, NULL},
        {{.gate_successes = INT32_MAX, .gate_retries = INT32_MAX - 1}, NULL},
        {{.gate_successes = 1, .gate_interval_ms = POLICY_MS_MAX}, NULL},
        {{.gate_successes = 0}, "health_check_successes: 0"},
        {{.gate_successes = INT32_MIN}, "health_check_successes: -2147483648"},
        {{.gate_successes = 2}, "2 in a row never come from 1 tries"},
        {{.gate_successes = 5, .gate_retries = 3}, "5 in a row never come from 4 tries"},
        {{.gate_successes = 1, .gate_retries = -1}, "health_check_retries: -1"},
        {{.gate_successes = 1, .gate_retries = INT32_MAX}, "health_check_retries: 2147483647"},
        {{.gate_successes = 1, .gate_interval_ms = -1}, "health_check_interval"},
        {{.gate_successes = 1, .gate_interval_ms = INT64_MAX}, "health_check_interval"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct policy policy = cases[i].policy;
        struct plan_request q = request(&policy, 1);
        policy.gate_enabled = true;
        q.checks = checks;
        q.check_count = 2;
        if (cases[i].text != NULL) {
            refused(&q, ERR_CONFIG, cases[i].text);
            continue;
        }
        struct plan *p = plan_new(&q, NULL);
        assert_non_null(p);
        assert_int_equal(plan_check_count(p), 2);
        assert_true(plan_check(p, 0)->local && !plan_check(p, 1)->local);
        plan_free(p);
    }
}

static void
test_there_is_no_gate_without_checks_or_when_it_is_off(void **state)
{
    static const struct plan_check remote = {.local = false};
    static const struct plan_step local = {.local = true};

    (void)state;
    for (int i = 0; i < 4; i++) {
        const struct policy policy = {.gate_enabled = i % 2 == 1, .gate_successes = 1};
        struct plan_request q = request(&policy, 1);
        q.steps = &local;
        q.checks = &remote;
        q.check_count = i / 2;
        struct plan *p = plan_new(&q, NULL);
        assert_int_equal(plan_check_count(p), i == 3 ? 1 : 0);
        assert_int_equal(plan_is_remote(p), i == 3);
        plan_free(p);
    }
    /* Where there is none, nobody asks whether it could be passed. */
    const struct policy policy = {.gate_enabled = true};
    const struct plan_request q = request(&policy, 1);
    struct plan *p = plan_new(&q, NULL);
    assert_non_null(p);
    plan_free(p);
}

static void
test_a_throttle_below_zero_and_turns_in_the_finally_list_are_refused(void **state)
{
    static const struct plan_step steps[] = {
        {.throttle = INT32_MAX}, {.throttle = -1}, {.run_once = true}};
    const struct policy policy = {.strategy = STRATEGY_PARALLEL};
    struct plan_request q = request(&policy, 1);

    (void)state;
    q.steps = steps;
    q.step_count = 2;
    refused(&q, ERR_CONFIG, "step 2: throttle: -1");
    q.step_count = 1;
    q.finally_count = 1;
    q.finally_steps = &steps[0];
    refused(&q, ERR_NOT_YET, "not yet: throttle in the finally list (its step 1)");
    q.finally_steps = &steps[2];
    refused(&q, ERR_NOT_YET, "not yet: run_once in the finally list (its step 1)");
}

static void
test_a_delay_out_of_range_names_its_step(void **state)
{
    const struct plan_step steps[] = {{.delay_ms = POLICY_MS_MAX}, {.delay_ms = INT64_MAX}};
    const struct policy policy = {.strategy = STRATEGY_PARALLEL};
    struct plan_request q = request(&policy, 1);

    (void)state;
    q.steps = steps;
    q.step_count = 2;
    refused(&q, ERR_CONFIG, "step 2: delay");
}

static void
test_the_largest_numbers_are_taken(void **state)
{
    struct policy policy = {
        .strategy = STRATEGY_ROLLING,
        .workers = POLICY_WORKERS_MAX,
        .serial_count = POLICY_SERIAL_MAX,
        .has_budget = true,
        .max_fail = {100, true},
        .wave_pause_ms = POLICY_MS_MAX,
        .retry_delay_ms = POLICY_MS_MAX,
        .run_timeout_ms = POLICY_MS_MAX,
    };
    const struct plan_request q = request(&policy, HOSTS_MAX);

    (void)state;
    for (int i = 0; i < POLICY_SERIAL_MAX; i++) {
        policy.serial[i] = (struct amount){INT32_MAX, false};
    }
    struct plan *p = plan_new(&q, NULL);
    assert_non_null(p);
    assert_int_equal(plan_wave_count(p), 1);
    assert_int_equal(plan_slot_count(p), HOSTS_MAX);
    assert_int_equal(plan_budget(p), HOSTS_MAX);
    plan_free(p);
}

/* Wave sizes as text: "3,3,1". */
static void
expect_waves(const struct plan *p, const char *want)
{
    char seen[64] = "";
    size_t len = 0;

    for (int32_t k = 0; k < plan_wave_count(p); k++) {
        assert_int_equal(plan_wave_begin(p, k), k == 0 ? 0 : plan_wave_end(p, k - 1));
        len += (size_t)snprintf(seen + len, sizeof(seen) - len, "%s%d", k == 0 ? "" : ",",
                                (int)(plan_wave_end(p, k) - plan_wave_begin(p, k)));
        for (int32_t i = plan_wave_begin(p, k); i < plan_wave_end(p, k); i++) {
            assert_int_equal(plan_wave_of(p, plan_host_at(p, i)), k);
        }
    }
    assert_int_equal(plan_wave_end(p, plan_wave_count(p) - 1), plan_host_count(p));
    assert_string_equal(seen, want);
}

static void
test_waves_and_slots_follow_strategy_workers_and_serial(void **state)
{
    static const struct {
        struct policy policy;
        int32_t hosts;
        int32_t slots;
        const char *waves;
    } cases[] = {
        {{.strategy = STRATEGY_SEQUENTIAL, .workers = 5}, 7, 1, "7"},
        {{.strategy = STRATEGY_SEQUENTIAL}, 1, 1, "1"},
        {{.strategy = STRATEGY_PARALLEL, .workers = 3}, 7, 3, "7"},
        {{.strategy = STRATEGY_PARALLEL, .workers = 9}, 7, 7, "7"},
        {{.strategy = STRATEGY_PARALLEL}, 7, 1, "7"},
        {{.strategy = STRATEGY_ROLLING, .workers = 3}, 9, 3, "3,3,3"},
        {{.strategy = STRATEGY_ROLLING, .workers = 3}, 7, 3, "3,3,1"},
        {{.strategy = STRATEGY_ROLLING, .workers = 30}, 7, 7, "7"},
        {{.strategy = STRATEGY_ROLLING}, 3, 1, "1,1,1"},
        {{.strategy = STRATEGY_ROLLING, .serial_count = 1, .serial = {{4, false}}}, 7, 1, "4,3"},
        {{.strategy = STRATEGY_ROLLING, .workers = 2, .serial_count = 1, .serial = {{5, false}}},
         7,
         2,
         "5,2"},
        {{.strategy = STRATEGY_ROLLING,
          .workers = 9,
          .serial_count = 3,
          .serial = {{1, false}, {30, true}, {5, false}}},
         12,
         9,
         "1,3,5,3"},
        {{.strategy = STRATEGY_ROLLING, .workers = 9, .serial_count = 1, .serial = {{1, true}}},
         4,
         4,
         "1,1,1,1"},
        {{.strategy = STRATEGY_PARALLEL, .workers = 2, .serial_count = 1, .serial = {{1, false}}},
         4,
         2,
         "4"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct plan_request q = request(&cases[i].policy, cases[i].hosts);
        struct plan *p = plan_new(&q, NULL);
        assert_non_null(p);
        expect_waves(p, cases[i].waves);
        assert_int_equal(plan_slot_count(p), cases[i].slots);
        assert_int_equal(plan_has_waves(p), cases[i].policy.strategy == STRATEGY_ROLLING);
        plan_free(p);
    }
}

/* Bytes, not the order of a locale; equal names stand as in the inventory, backwards in reverse. */
static void
test_sorting_is_by_bytes_and_equal_names_keep_their_order(void **state)
{
    static const struct {
        enum host_order order;
        int32_t want[7];
    } cases[] = {
        {HOST_ORDER_INVENTORY, {0, 1, 2, 3, 4, 5, 6}},
        {HOST_ORDER_REVERSE_INVENTORY, {6, 5, 4, 3, 2, 1, 0}},
        {HOST_ORDER_SORTED, {6, 5, 3, 1, 4, 2, 0}},
        {HOST_ORDER_REVERSE_SORTED, {0, 2, 4, 1, 3, 5, 6}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct policy policy = {.order = cases[i].order};
        const struct plan_request q = request(&policy, 7);
        struct plan *p = plan_new(&q, NULL);
        assert_non_null(p);
        for (int32_t k = 0; k < 7; k++) {
            assert_int_equal(plan_host_at(p, k), cases[i].want[k]);
        }
        plan_free(p);
    }
}

static int32_t
shuffled(uint64_t seed, int32_t hosts, int32_t position)
{
    const struct policy policy = {.order = HOST_ORDER_SHUFFLE, .seed = seed};
    const struct plan_request q = request(&policy, hosts);
    struct plan *p = plan_new(&q, NULL);

    assert_non_null(p);
    const int32_t host = plan_host_at(p, position);
    plan_free(p);
    return host;
}

/* 4,000 seeds over 4 places: 1,000 each; 150 off is more than five times the deviation of 27. */
static void
test_a_shuffle_puts_every_host_in_every_place_as_often(void **state)
{
    int times[4][4] = {{0}};

    (void)state;
    for (uint64_t seed = 0; seed < 4000; seed++) {
        for (int32_t k = 0; k < 4; k++) {
            times[k][shuffled(seed, 4, k)]++;
        }
    }
    for (int k = 0; k < 4; k++) {
        for (int host = 0; host < 4; host++) {
            assert_in_range(times[k][host], 850, 1150);
        }
    }
    assert_int_equal(shuffled(5, 1, 0), 0);
}

static void
test_the_budget_is_of_all_hosts_or_none(void **state)
{
    static const struct {
        struct policy policy;
        int32_t want;
    } cases[] = {
        {{.has_budget = false, .max_fail = {3, false}}, -1},
        {{.has_budget = false, .max_fail = {-3, false}}, -1},
        {{.has_budget = true}, 0},
        {{.has_budget = true, .max_fail = {3, false}}, 3},
        {{.has_budget = true, .max_fail = {25, true}}, 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct plan_request q = request(&cases[i].policy, 9);
        struct plan *p = plan_new(&q, NULL);
        assert_int_equal(plan_budget(p), cases[i].want);
        plan_free(p);
    }
}

static void
test_a_plan_keeps_copies_of_policy_and_steps(void **state)
{
    struct policy *policy = xcalloc(1, sizeof(*policy));
    struct plan_step *steps = xcalloc(2, sizeof(*steps));
    struct plan_request q = request(policy, 2);

    (void)state;
    policy->workers = 2;
    steps[1].delay_ms = 7;
    q.steps = steps;
    q.step_count = 2;
    q.finally_steps = steps;
    q.finally_count = 2;
    struct plan *p = plan_new(&q, NULL);
    free(policy);
    free(steps);
    assert_int_equal(plan_policy(p)->workers, 2);
    assert_int_equal(plan_step_count(p), 2);
    assert_int_equal(plan_finally_count(p), 2);
    assert_int_equal(plan_step(p, 1)->delay_ms, 7);
    assert_int_equal(plan_finally_step(p, 1)->delay_ms, 7);
    plan_free(p);
    plan_free(NULL);
}

static void
test_exit_codes_are_the_listed_ones_or_only_zero(void **state)
{
    const struct plan_step steps[] = {{0}, {.ok_codes = {[0] = 1 << 3, [31] = 1 << 7}}};
    const struct policy policy = {.workers = 1};
    struct plan_request q = request(&policy, 1);

    (void)state;
    q.steps = steps;
    q.step_count = 2;
    struct plan *p = plan_new(&q, NULL);
    for (int32_t code = -300; code < 600; code++) {
        assert_int_equal(plan_step_accepts(plan_step(p, 0), code), code == 0);
        assert_int_equal(plan_step_accepts(plan_step(p, 1), code), code == 3 || code == 255);
    }
    assert_false(plan_step_accepts(plan_step(p, 1), INT32_MIN));
    assert_false(plan_step_accepts(plan_step(p, 1), INT32_MAX));
    plan_free(p);
}

static void
test_a_plan_is_remote_if_any_step_is(void **state)
{
    static const struct plan_step kinds[] = {{.local = true}, {.local = false}};
    const struct policy policy = {.workers = 1};

    (void)state;
    for (int i = 0; i < 6; i++) {
        struct plan_request q = request(&policy, 1);
        q.steps = &kinds[i % 2];
        q.finally_steps = i / 2 == 0 ? NULL : &kinds[i / 2 - 1];
        q.finally_count = i / 2 == 0 ? 0 : 1;
        struct plan *p = plan_new(&q, NULL);
        assert_int_equal(plan_is_remote(p), i % 2 == 1 || i / 2 == 2);
        plan_free(p);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_to_do_is_refused),
        cmocka_unit_test(test_what_is_not_built_is_refused_by_name),
        cmocka_unit_test(test_numbers_out_of_range_are_refused),
        cmocka_unit_test(test_a_gate_that_cannot_be_passed_is_refused),
        cmocka_unit_test(test_there_is_no_gate_without_checks_or_when_it_is_off),
        cmocka_unit_test(test_a_throttle_below_zero_and_turns_in_the_finally_list_are_refused),
        cmocka_unit_test(test_a_delay_out_of_range_names_its_step),
        cmocka_unit_test(test_the_largest_numbers_are_taken),
        cmocka_unit_test(test_waves_and_slots_follow_strategy_workers_and_serial),
        cmocka_unit_test(test_sorting_is_by_bytes_and_equal_names_keep_their_order),
        cmocka_unit_test(test_a_shuffle_puts_every_host_in_every_place_as_often),
        cmocka_unit_test(test_the_budget_is_of_all_hosts_or_none),
        cmocka_unit_test(test_a_plan_keeps_copies_of_policy_and_steps),
        cmocka_unit_test(test_exit_codes_are_the_listed_ones_or_only_zero),
        cmocka_unit_test(test_a_plan_is_remote_if_any_step_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_plan_refuse.c - what can never be carried out is refused, and the text names the key.
 */
#include "planned.h"

static const int32_t zones[PLANNED_HOSTS_MAX] = {0, 1, 0, 1};

static void
test_nothing_to_do_is_refused(void **state)
{
    const struct policy policy = {.strategy = STRATEGY_PARALLEL};
    struct plan_request q = planned_request(&policy, 0);

    (void)state;
    planned_refused(&q, ERR_NO_MATCH, "no hosts");
    q.host_count = -1;
    planned_refused(&q, ERR_NO_MATCH, "no hosts");
    q = planned_request(&policy, 1);
    q.step_count = 0;
    planned_refused(&q, ERR_NO_MATCH, "no steps");
}

static void
test_numbers_out_of_range_are_refused(void **state)
{
    static const struct {
        struct policy policy;
        const char *text;
    } cases[] = {
        {{.workers = -1}, "max_parallel_workers: -1"},
        {{.workers = POLICY_WORKERS_MAX + 1}, "max_parallel_workers: 10001"},
        {{.workers = INT32_MIN}, "max_parallel_workers:"},
        {{.ahead_max = -1}, "connect_ahead: -1 sessions"},
        {{.ahead_max = POLICY_WORKERS_MAX + 1}, "connect_ahead: 10001 sessions"},
        {{.serial_count = 1, .serial = {{0, false}}}, "serial: a wave of 0 hosts"},
        {{.serial_count = 1, .serial = {{0, true}}}, "serial: a wave of 0% hosts"},
        {{.serial_count = 1, .serial = {{101, true}}}, "serial: a wave of 101%"},
        {{.serial_count = 2, .serial = {{1, false}, {-3, false}}}, "serial: a wave of -3"},
        {{.serial_count = -1}, "serial: -1 sizes"},
        {{.serial_count = POLICY_SERIAL_MAX + 1}, "serial: 65 sizes"},
        {{.has_budget = true, .max_fail = {-1, false}}, "max_fail: -1 is"},
        {{.has_budget = true, .max_fail = {101, true}}, "max_fail: 101%"},
        {{.wave_pause_ms = -1}, "wave_pause"},
        {{.wave_pause_ms = POLICY_MS_MAX + 1}, "wave_pause"},
        {{.wave_bake_ms = -1}, "wave_bake"},
        {{.wave_bake_ms = POLICY_MS_MAX + 1}, "wave_bake"},
        {{.host_bake_ms = -1}, "host_bake"},
        {{.host_bake_ms = POLICY_MS_MAX + 1}, "host_bake"},
        {{.retry_delay_ms = INT64_MIN}, "retry_delay"},
        {{.retry_delay_ms = INT64_MAX}, "retry_delay"},
        {{.run_timeout_ms = -1}, "run_timeout"},
        {{.run_timeout_ms = INT64_MAX}, "run_timeout"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct plan_request q = planned_request(&cases[i].policy, 3);
        planned_refused(&q, ERR_CONFIG, cases[i].text);
    }
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
        .wave_bake_ms = POLICY_MS_MAX,
        .host_bake_ms = POLICY_MS_MAX,
        .retry_delay_ms = POLICY_MS_MAX,
        .run_timeout_ms = POLICY_MS_MAX,
    };
    const struct plan_request q = planned_request(&policy, PLANNED_HOSTS_MAX);

    (void)state;
    for (int i = 0; i < POLICY_SERIAL_MAX; i++) {
        policy.serial[i] = (struct amount){INT32_MAX, false};
    }
    struct plan *p = plan_new(&q, NULL);
    assert_non_null(p);
    assert_int_equal(plan_wave_count(p), 1);
    assert_int_equal(plan_slot_count(p), PLANNED_HOSTS_MAX);
    assert_int_equal(plan_budget(p), PLANNED_HOSTS_MAX);
    plan_free(p);
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
        struct plan_request q = planned_request(&policy, 1);
        policy.gate_enabled = true;
        q.checks = checks;
        q.check_count = 2;
        if (cases[i].text != NULL) {
            planned_refused(&q, ERR_CONFIG, cases[i].text);
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
test_steps_of_every_list_are_looked_at(void **state)
{
    static const struct plan_step steps[] = {
        {.throttle = INT32_MAX, .delay_ms = POLICY_MS_MAX, .run_once = true},
        {.throttle = -1},
        {.delay_ms = -1},
        {.delay_ms = POLICY_MS_MAX + 1},
    };
    static const char *const texts[] = {NULL, "step 1: throttle: -1 hosts", "step 1: delay: out",
                                        "step 1: delay: out"};
    static const char *const lists[] = {"", "finally: ", "rollback: "};
    const struct policy policy = {.strategy = STRATEGY_PARALLEL};

    (void)state;
    for (size_t list = 0; list < 3; list++) {
        for (size_t i = 0; i < 4; i++) {
            struct plan_request q = planned_request(&policy, 1);
            q.steps = list == 0 ? &steps[i] : q.steps;
            q.finally_steps = &steps[i];
            q.finally_count = list == 1 ? 1 : 0;
            q.rollback_steps = &steps[i];
            q.rollback_count = list == 2 ? 1 : 0;
            if (i > 0) {
                char text[64];
                (void)snprintf(text, sizeof(text), "%s%s", lists[list], texts[i]);
                planned_refused(&q, ERR_CONFIG, text);
                continue;
            }
            struct plan *p = plan_new(&q, NULL);
            assert_non_null(p);
            plan_free(p);
        }
    }
    struct plan_request q = planned_request(&policy, 1);
    q.steps = steps;
    q.step_count = 2;
    planned_refused(&q, ERR_CONFIG, "step 2: throttle: -1");
}

/* Of one variable, twice: the second is what is wrong. */
static void
test_limits_and_budgets_of_values_are_looked_at(void **state)
{
    static const struct {
        struct amount amount;
        const char *limit;  /* NULL: it is taken as max_parallel_by */
        const char *budget; /* and as budget_by */
    } cases[] = {
        {{1, false}, NULL, NULL},
        {{INT32_MAX, false}, NULL, NULL},
        {{1, true}, NULL, NULL},
        {{100, true}, NULL, NULL},
        {{0, false}, "max_parallel_by: zone: a limit of 0 can never start anything", NULL},
        {{0, true}, "max_parallel_by: zone: a limit of 0% can never start anything", NULL},
        {{-1, false}, "max_parallel_by: zone: a limit of -1 can", "budget_by: zone: -1 is out"},
        {{-1, true}, "max_parallel_by: zone: a limit of -1% can", "budget_by: zone: -1% is out"},
        {{101, true}, "max_parallel_by: zone: 101% is out", "budget_by: zone: 101% is out"},
    };
    const struct policy policy = {.strategy = STRATEGY_PARALLEL};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct plan_parting by[2] = {
            {"rack", zones, 2, {1, false}},
            {"zone", zones, 2, cases[i].amount},
        };
        for (int budget = 0; budget < 2; budget++) {
            const char *text = budget != 0 ? cases[i].budget : cases[i].limit;
            struct plan_request q = planned_request(&policy, 4);
            q.parallel_by = q.budget_by = by;
            q.parallel_by_count = budget != 0 ? 0 : 2;
            q.budget_by_count = budget != 0 ? 2 : 0;
            if (text != NULL) {
                planned_refused(&q, ERR_CONFIG, text);
                continue;
            }
            struct plan *p = plan_new(&q, NULL);
            assert_non_null(p);
            plan_free(p);
        }
    }
}

static void
test_more_variables_than_fit_are_refused(void **state)
{
    static const int32_t counts[] = {-1, PLAN_PARTINGS_MAX + 1};
    const struct policy policy = {.strategy = STRATEGY_PARALLEL};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct plan_request q = planned_request(&policy, 1);
        q.parallel_by_count = counts[i];
        planned_refused(&q, ERR_CONFIG,
                        i == 0 ? "max_parallel_by: -1 variables" : "max_parallel_by: 5 variables");
        q.parallel_by_count = 0;
        q.budget_by_count = counts[i];
        planned_refused(&q, ERR_CONFIG,
                        i == 0 ? "budget_by: -1 variables" : "budget_by: 5 variables");
    }
}

static void
test_a_canary_has_hosts(void **state)
{
    static const struct {
        struct amount canary;
        const char *text; /* NULL: it is taken */
    } cases[] = {
        {{1, false}, NULL},
        {{INT32_MAX, false}, NULL},
        {{1, true}, NULL},
        {{100, true}, NULL},
        {{0, false}, "canary: how many hosts? Got 0:"},
        {{-5, false}, "canary: how many hosts? Got -5:"},
        {{0, true}, "canary: how many hosts? Got 0%:"},
        {{101, true}, "canary: how many hosts? Got 101%:"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct policy policy = {.strategy = STRATEGY_CANARY, .canary = cases[i].canary};
        const struct plan_request q = planned_request(&policy, 3);
        if (cases[i].text != NULL) {
            planned_refused(&q, ERR_CONFIG, cases[i].text);
            policy.strategy = STRATEGY_ROLLING; /* where it does not matter */
        }
        struct plan *p = plan_new(&q, NULL);
        assert_non_null(p);
        plan_free(p);
    }
}

static void
test_blue_green_has_a_switch_and_no_sequence(void **state)
{
    static const struct plan_step steps[] = {{0}, {.switches = true}};
    static const struct plan_parting zone = {"zone", zones, 2, {0}};
    const struct policy policy = {.strategy = STRATEGY_BLUE_GREEN};
    struct plan_request q = planned_request(&policy, 4);

    (void)state;
    planned_refused(&q, ERR_CONFIG, "strategy blue_green: none of the steps to run has switch");
    q.finally_steps = q.rollback_steps = &steps[1];
    q.finally_count = q.rollback_count = 1;
    planned_refused(&q, ERR_CONFIG, "strategy blue_green: none of the steps to run has switch");
    q.steps = steps;
    q.step_count = 2;
    struct plan *p = plan_new(&q, NULL);
    assert_non_null(p);
    plan_free(p);
    q.sequence_by = &zone;
    planned_refused(&q, ERR_CONFIG, "sequence_by: zone: not with strategy blue_green");
}

/* Where nothing could ever lead to a rollback or a pause, nobody asks for what they need. */
static void
test_what_a_failure_leads_to_must_be_possible(void **state)
{
    static const struct plan_step once = {.run_once = true};
    static const struct plan_parting zone = {"zone", zones, 2, {1, false}};
    static const char *const no_list = "on_failure: rollback: the action has no rollback list";
    static const char *const nobody = "on_failure: pause: nobody can answer";
    static const struct {
        struct policy policy;
        const char *text; /* NULL: it is taken */
        bool rollback, once, once_last, budget_by;
    } cases[] = {
        {.policy = {.on_failure = ON_FAILURE_ROLLBACK}},
        {.policy = {.on_failure = ON_FAILURE_ROLLBACK, .has_budget = true}, .text = no_list},
        {.policy = {.on_failure = ON_FAILURE_ROLLBACK, .has_budget = true}, .rollback = true},
        {.policy = {.on_failure = ON_FAILURE_ROLLBACK}, .text = no_list, .budget_by = true},
        {.policy = {.on_failure = ON_FAILURE_ROLLBACK}, .text = no_list, .once = true},
        {.policy = {.on_failure = ON_FAILURE_ROLLBACK}, .text = no_list, .once_last = true},
        {.policy = {.on_failure = ON_FAILURE_ROLLBACK,
                    .strategy = STRATEGY_CANARY,
                    .canary = {1, false}},
         .text = no_list},
        {.policy = {.on_failure = ON_FAILURE_STOP, .has_budget = true}, .once = true},
        {.policy = {.on_failure = ON_FAILURE_CONTINUE, .has_budget = true}, .once = true},
        {.policy = {.on_failure = ON_FAILURE_PAUSE}, .once = true},
        {.policy = {.on_failure = ON_FAILURE_PAUSE, .has_budget = true}, .text = nobody},
        {.policy = {.on_failure = ON_FAILURE_PAUSE}, .text = nobody, .budget_by = true},
        {.policy = {.on_failure = ON_FAILURE_PAUSE, .has_budget = true, .answerable = true}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plan_request q = planned_request(&cases[i].policy, 4);
        q.steps = cases[i].once ? &once : q.steps;
        q.finally_steps = &once;
        q.finally_count = cases[i].once_last ? 1 : 0;
        q.rollback_steps = &planned_step;
        q.rollback_count = cases[i].rollback ? 1 : 0;
        q.budget_by = &zone;
        q.budget_by_count = cases[i].budget_by ? 1 : 0;
        if (cases[i].text != NULL) {
            planned_refused(&q, ERR_CONFIG, cases[i].text);
            continue;
        }
        struct plan *p = plan_new(&q, NULL);
        assert_non_null(p);
        plan_free(p);
    }
}

static void
test_a_canary_promoted_by_hand_needs_somebody(void **state)
{
    struct policy policy = {
        .strategy = STRATEGY_CANARY, .canary = {1, false}, .promote = PROMOTE_MANUAL};
    const struct plan_request q = planned_request(&policy, 3);

    (void)state;
    planned_refused(&q, ERR_CONFIG, "promote: manual: nobody can answer");
    for (int i = 0; i < 3; i++) {
        policy.answerable = i == 0;
        policy.promote = i == 1 ? PROMOTE_AUTO : PROMOTE_MANUAL;
        policy.strategy = i == 2 ? STRATEGY_ROLLING : STRATEGY_CANARY;
        struct plan *p = plan_new(&q, NULL);
        assert_non_null(p);
        plan_free(p);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_to_do_is_refused),
        cmocka_unit_test(test_numbers_out_of_range_are_refused),
        cmocka_unit_test(test_the_largest_numbers_are_taken),
        cmocka_unit_test(test_a_gate_that_cannot_be_passed_is_refused),
        cmocka_unit_test(test_steps_of_every_list_are_looked_at),
        cmocka_unit_test(test_limits_and_budgets_of_values_are_looked_at),
        cmocka_unit_test(test_more_variables_than_fit_are_refused),
        cmocka_unit_test(test_a_canary_has_hosts),
        cmocka_unit_test(test_blue_green_has_a_switch_and_no_sequence),
        cmocka_unit_test(test_what_a_failure_leads_to_must_be_possible),
        cmocka_unit_test(test_a_canary_promoted_by_hand_needs_somebody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The ten scenarios of docs/strategies.md, as the core runs them: what stands there under "here".
 */
#include "strategies/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka needs the three above. */
#include <cmocka.h>

#include <string.h>

static struct trail trail;

/* Twelve hosts, waves of four, no failure is borne. */
static struct world_case
twelve(void)
{
    return (struct world_case){.host_count = 12,
                               .steps = {{.idempotent = false}, {.idempotent = false}},
                               .step_ms = {4000, 6000},
                               .step_count = 2,
                               .checked = true,
                               .policy = {.strategy = STRATEGY_ROLLING,
                                          .workers = 4,
                                          .seed = 1,
                                          .has_budget = true,
                                          .gate_enabled = true,
                                          .gate_successes = 1,
                                          .gate_retries = 1,
                                          .gate_interval_ms = 1000}};
}

static void
run(const struct world_case *c)
{
    struct err err = {0};

    if (world_run(c, &trail, &err) != 0) {
        fail_msg("%s", err.text);
    }
}

static int32_t
count(enum outcome outcome, int32_t hosts)
{
    int32_t n = 0;

    for (int32_t i = 0; i < hosts; i++) {
        n += trail.hosts[i].outcome == outcome;
    }
    return n;
}

static int64_t
first_start_ms(int32_t host)
{
    for (int32_t i = 0; i < trail.span_count; i++) {
        if (trail.spans[i].host == host) {
            return trail.spans[i].from_ms;
        }
    }
    return -1;
}

static int64_t
last_end_ms(int32_t host)
{
    int64_t end_ms = -1;

    for (int32_t i = 0; i < trail.span_count; i++) {
        if (trail.spans[i].host == host && trail.spans[i].to_ms > end_ms) {
            end_ms = trail.spans[i].to_ms;
        }
    }
    return end_ms;
}

/* ---- 1 */

static void
test_a_host_that_fails_in_the_first_wave_is_the_last_wave(void **state)
{
    struct world_case c = twelve();

    (void)state;
    c.rules[0] = (struct world_rule){TROUBLE_FAILS, .host = 1, .step = 0};
    run(&c);
    assert_int_equal(trail.started, 4);
    assert_int_equal(count(OUTCOME_OK, 12), 3); /* those in flight went on to their end */
    assert_int_equal(count(OUTCOME_UNTOUCHED, 12), 8);
    assert_int_equal(trail.halt, HALT_BUDGET);
    assert_int_equal(trail.exit_code, 3);
}

/* ---- 2 */

static void
test_failures_one_a_wave_are_added_up_over_the_run(void **state)
{
    struct world_case c = twelve();

    (void)state;
    c.host_count = 20;
    c.policy.workers = 5;
    c.policy.max_fail = (struct amount){10, true};
    for (int i = 0; i < 4; i++) {
        c.rules[i] = (struct world_rule){TROUBLE_FAILS, .host = i * 5, .step = 1};
    }
    run(&c);
    assert_int_equal(trail.started, 15); /* two are borne, the third is not */
    assert_int_equal(count(OUTCOME_FAILED, 20), 3);
    assert_int_equal(trail.exit_code, 3);
}

static void
test_a_wave_that_fails_whole_halts_under_any_budget(void **state)
{
    struct world_case c = twelve();

    (void)state;
    c.policy.max_fail = (struct amount){100, true};
    for (int i = 0; i < 4; i++) {
        c.rules[i] = (struct world_rule){TROUBLE_FAILS, .host = i, .step = 1};
    }
    run(&c);
    assert_int_equal(trail.started, 4);
    assert_int_equal(trail.halt, HALT_WAVE);
}

/* ---- 3 */

static void
test_an_unreachable_host_counts_like_a_failed_one(void **state)
{
    struct world_case c = twelve();

    (void)state;
    c.rules[0] = (struct world_rule){TROUBLE_UNREACHABLE, .host = 1};
    run(&c);
    assert_int_equal(trail.started, 4);
    assert_int_equal(trail.hosts[1].outcome, OUTCOME_UNREACHABLE);
    assert_int_equal(trail.exit_code, 3);
    c.policy.max_fail = (struct amount){1, false};
    run(&c);
    assert_int_equal(trail.started, 12);
    assert_int_equal(trail.exit_code, 4); /* told apart at the end all the same */
}

/* ---- 4 */

static void
test_a_canary_that_is_not_healthy_halts_whatever_max_fail_says(void **state)
{
    struct world_case c = twelve();

    (void)state;
    c.policy.strategy = STRATEGY_CANARY;
    c.policy.canary = (struct amount){1, false};
    c.policy.max_fail = (struct amount){50, true};
    c.rules[0] = (struct world_rule){TROUBLE_SICK, .host = 0};
    run(&c);
    assert_int_equal(trail.started, 1);
    assert_int_equal(trail.halt, HALT_CANARY);
    assert_int_equal(trail.exit_code, 3);
}

static void
test_a_canary_that_gets_sick_in_its_bake_halts(void **state)
{
    struct world_case c = twelve();

    (void)state;
    c.policy.strategy = STRATEGY_CANARY;
    c.policy.canary = (struct amount){1, false};
    c.policy.max_fail = (struct amount){50, true};
    c.policy.wave_bake_ms = 60000;
    c.rules[0] = (struct world_rule){TROUBLE_SICK, .host = 0, .from_ms = 40000};
    run(&c);
    assert_int_equal(trail.started, 1);
    assert_true(trail.hosts[0].late);
    assert_int_equal(trail.halt, HALT_CANARY);
}

/* ---- 5 */

static void
test_a_host_that_gets_sick_after_its_wave_is_counted(void **state)
{
    struct world_case c = twelve();

    (void)state;
    c.rules[0] = (struct world_rule){TROUBLE_SICK, .host = 0, .from_ms = 20000};
    run(&c);
    assert_int_equal(trail.hosts[0].outcome, OUTCOME_FAILED);
    assert_true(trail.hosts[0].late);
    assert_true(trail.started < 12);
    assert_int_equal(trail.halt, HALT_BUDGET);
}

/* ---- 6 */

static void
test_a_migration_runs_once_in_the_run_not_once_a_wave(void **state)
{
    struct world_case c = twelve();

    (void)state;
    c.steps[0].run_once = true;
    run(&c);
    assert_int_equal(count(OUTCOME_OK, 12), 12);
    assert_int_equal(trail.step_runs[0], 1);
    assert_int_equal(trail.step_runs[1], 12);
}

static void
test_a_migration_is_run_by_the_next_host_where_the_first_is_unreachable(void **state)
{
    struct world_case c = twelve();

    (void)state;
    c.steps[0].run_once = true;
    c.policy.max_fail = (struct amount){1, false};
    c.rules[0] = (struct world_rule){TROUBLE_UNREACHABLE, .host = 0};
    run(&c);
    assert_int_equal(trail.step_runs[0], 1);
    assert_int_equal(count(OUTCOME_OK, 12), 11);
}

static void
test_a_migration_that_fails_is_tried_by_nobody_else(void **state)
{
    struct world_case c = twelve();

    (void)state;
    c.steps[0].run_once = true;
    c.policy.max_fail = (struct amount){100, true};
    c.rules[0] = (struct world_rule){TROUBLE_LOST, .host = 0, .step = 0};
    run(&c);
    assert_int_equal(trail.step_runs[0], 1);
    assert_int_equal(trail.hosts[0].outcome, OUTCOME_UNKNOWN);
    assert_int_equal(trail.step_runs[1], 0);
    assert_int_equal(trail.halt, HALT_ONCE);
}

/* ---- 7 */

static void
test_never_two_hosts_of_a_zone_are_in_flight_and_slots_do_not_stand_idle(void **state)
{
    struct world_case c = twelve();

    (void)state;
    c.zones = 3;
    c.parallel_by = (struct amount){1, false};
    c.policy.serial[0] = (struct amount){100, true};
    c.policy.serial_count = 1;
    run(&c);
    assert_int_equal(count(OUTCOME_OK, 12), 12);
    assert_int_equal(trail.zone_in_flight_max, 1);
    assert_int_equal(trail.in_flight_max, 3);
}

static void
test_never_two_hosts_of_a_zone_are_rolled_back_at_once(void **state)
{
    struct world_case c = twelve();

    (void)state;
    c.zones = 3;
    c.parallel_by = (struct amount){1, false};
    c.can_roll_back = true;
    c.policy.on_failure = ON_FAILURE_ROLLBACK;
    c.rules[0] = (struct world_rule){TROUBLE_SICK, .host = 8};
    run(&c);
    assert_int_equal(trail.hosts[0].rollback, ROLLBACK_DONE);
    assert_int_equal(trail.zone_in_flight_max, 1);
}

/* ---- 8 */

static void
test_a_paused_run_starts_nobody_and_goes_on_where_it_was(void **state)
{
    struct world_case c = twelve();

    (void)state;
    c.verbs[0] = (struct world_verb){RUN_RUNNING, 5000, VERB_PAUSE, -1, 0};
    c.verbs[1] = (struct world_verb){RUN_PAUSED, 100000, VERB_CONTINUE, -1, 0};
    c.policy.answerable = true;
    run(&c);
    assert_int_equal(count(OUTCOME_OK, 12), 12);
    assert_true(last_end_ms(3) < 105000); /* in flight when it was paused */
    assert_int_equal(first_start_ms(4), 105000);
}

static void
test_an_aborted_run_leaves_no_host_half_way(void **state)
{
    struct world_case c = twelve();

    (void)state;
    c.verbs[0] = (struct world_verb){RUN_RUNNING, 9000, VERB_ABORT, -1, 0};
    run(&c);
    assert_int_equal(count(OUTCOME_OK, 12), 4);
    assert_int_equal(count(OUTCOME_UNTOUCHED, 12), 8);
    assert_int_equal(trail.exit_code, 3);
}

/* ---- 9 */

static void
test_a_connection_lost_in_a_step_is_unknown_not_failed(void **state)
{
    struct world_case c = twelve();

    (void)state;
    c.rules[0] = (struct world_rule){TROUBLE_LOST, .host = 1, .step = 1};
    run(&c);
    assert_int_equal(trail.hosts[1].outcome, OUTCOME_UNKNOWN);
    assert_int_equal(trail.step_runs[1], 4); /* it is not run again: it may have run */
    assert_int_equal(trail.started, 4);
}

/* ---- 10 */

static void
test_every_host_that_was_sent_a_step_is_rolled_back_the_last_one_first(void **state)
{
    struct world_case c = twelve();

    (void)state;
    c.can_roll_back = true;
    c.policy.workers = 1;
    c.policy.on_failure = ON_FAILURE_ROLLBACK;
    c.rules[0] = (struct world_rule){TROUBLE_SICK, .host = 3};
    run(&c);
    assert_int_equal(trail.started, 4);
    for (int32_t host = 0; host < 4; host++) {
        assert_int_equal(trail.hosts[host].rollback, ROLLBACK_DONE);
        assert_true(host == 0 || last_end_ms(host) <= last_end_ms(host - 1));
    }
    assert_int_equal(trail.hosts[4].rollback, ROLLBACK_NONE);
    assert_int_equal(trail.hosts[0].outcome, OUTCOME_OK); /* it was; the exit code says the rest */
    assert_int_equal(trail.exit_code, 3);
}

/* ---- how a percentage is rounded */

static void
test_percentages_of_nine_hosts(void **state)
{
    static const struct {
        int32_t percent;
        int32_t wave;
        int32_t budget;
    } rows[] = {{1, 1, 0},  {10, 1, 0}, {11, 1, 0}, {12, 1, 1}, {25, 2, 2},
                {34, 3, 3}, {50, 4, 4}, {99, 8, 8}, {100, 9, 9}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct amount a = {rows[i].percent, true};
        assert_int_equal(amount_wave(a, 9), rows[i].wave);
        assert_int_equal(amount_budget(a, 9), rows[i].budget);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_host_that_fails_in_the_first_wave_is_the_last_wave),
        cmocka_unit_test(test_failures_one_a_wave_are_added_up_over_the_run),
        cmocka_unit_test(test_a_wave_that_fails_whole_halts_under_any_budget),
        cmocka_unit_test(test_an_unreachable_host_counts_like_a_failed_one),
        cmocka_unit_test(test_a_canary_that_is_not_healthy_halts_whatever_max_fail_says),
        cmocka_unit_test(test_a_canary_that_gets_sick_in_its_bake_halts),
        cmocka_unit_test(test_a_host_that_gets_sick_after_its_wave_is_counted),
        cmocka_unit_test(test_a_migration_runs_once_in_the_run_not_once_a_wave),
        cmocka_unit_test(test_a_migration_is_run_by_the_next_host_where_the_first_is_unreachable),
        cmocka_unit_test(test_a_migration_that_fails_is_tried_by_nobody_else),
        cmocka_unit_test(test_never_two_hosts_of_a_zone_are_in_flight_and_slots_do_not_stand_idle),
        cmocka_unit_test(test_never_two_hosts_of_a_zone_are_rolled_back_at_once),
        cmocka_unit_test(test_a_paused_run_starts_nobody_and_goes_on_where_it_was),
        cmocka_unit_test(test_an_aborted_run_leaves_no_host_half_way),
        cmocka_unit_test(test_a_connection_lost_in_a_step_is_unknown_not_failed),
        cmocka_unit_test(test_every_host_that_was_sent_a_step_is_rolled_back_the_last_one_first),
        cmocka_unit_test(test_percentages_of_nine_hosts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

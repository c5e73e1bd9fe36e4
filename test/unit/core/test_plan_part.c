/*
 * test_plan_part.c - what each value of a variable may have, and which hosts share all limits.
 */
#include "planned.h"

#include "base/prng.h"
#include "base/xalloc.h"

#include <stdlib.h>

/* Values 0 and 3 have 5 hosts each, 1 has none, 2 has 2. */
static const int32_t zones[PLANNED_HOSTS_MAX] = {0, 3, 0, 3, 2, 0, 3, 3, 0, 2, 0, 3};
static const int32_t racks[PLANNED_HOSTS_MAX] = {1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0};

static const struct policy parallel = {.strategy = STRATEGY_PARALLEL};

static void
test_without_variables_there_is_one_class_and_nothing_to_count(void **state)
{
    const struct plan_request q = planned_request(&parallel, 3);
    struct plan *p = plan_new(&q, NULL);

    (void)state;
    assert_int_equal(plan_limit_vars(p), 0);
    assert_int_equal(plan_limit_count(p), 0);
    assert_int_equal(plan_class_count(p), 1);
    assert_int_equal(plan_class_of(p, 2), 0);
    assert_int_equal(plan_scope_vars(p), 0);
    assert_int_equal(plan_scope_count(p), 0);
    plan_free(p);
}

static void
test_a_percentage_is_of_the_hosts_of_the_value(void **state)
{
    static const struct {
        struct amount amount;
        int32_t limits[4];
        int32_t budgets[4];
    } cases[] = {
        {{0, false}, {0}, {0, 0, 0, 0}},          {{1, false}, {1, 1, 1, 1}, {1, 1, 1, 1}},
        {{9, false}, {9, 9, 9, 9}, {9, 9, 9, 9}}, {{1, true}, {1, 1, 1, 1}, {0, 0, 0, 0}},
        {{19, true}, {1, 1, 1, 1}, {0, 0, 0, 0}}, {{20, true}, {1, 1, 1, 1}, {1, 0, 0, 1}},
        {{39, true}, {1, 1, 1, 1}, {1, 0, 0, 1}}, {{40, true}, {2, 1, 1, 2}, {2, 0, 0, 2}},
        {{49, true}, {2, 1, 1, 2}, {2, 0, 0, 2}}, {{50, true}, {2, 1, 1, 2}, {2, 0, 1, 2}},
        {{99, true}, {4, 1, 1, 4}, {4, 0, 1, 4}}, {{100, true}, {5, 1, 2, 5}, {5, 0, 2, 5}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct plan_parting zone = {"zone", zones, 4, cases[i].amount};
        struct plan_request q = planned_request(&parallel, PLANNED_HOSTS_MAX);
        q.parallel_by = q.budget_by = &zone;
        q.parallel_by_count = i == 0 ? 0 : 1;
        q.budget_by_count = 1;
        struct plan *p = plan_new(&q, NULL);
        assert_int_equal(plan_limit_count(p), i == 0 ? 0 : 4);
        assert_int_equal(plan_scope_count(p), 4);
        for (int32_t value = 0; value < 4; value++) {
            assert_int_equal(plan_scope_budget(p, value), cases[i].budgets[value]);
            if (i > 0) {
                assert_int_equal(plan_limit(p, value), cases[i].limits[value]);
            }
        }
        plan_free(p);
    }
}

static void
test_values_of_several_variables_are_numbered_through(void **state)
{
    const struct plan_parting by[] = {
        {"rack", racks, 2, {7, false}},
        {"zone", zones, 4, {3, false}},
    };
    struct plan_request q = planned_request(&parallel, PLANNED_HOSTS_MAX);

    (void)state;
    q.parallel_by = q.budget_by = by;
    q.parallel_by_count = q.budget_by_count = 2;
    struct plan *p = plan_new(&q, NULL);
    assert_int_equal(plan_limit_count(p), 6);
    assert_int_equal(plan_limit_vars(p), 2);
    assert_int_equal(plan_scope_count(p), 6);
    assert_int_equal(plan_scope_vars(p), 2);
    for (int32_t i = 0; i < 6; i++) {
        assert_int_equal(plan_limit(p, i), i < 2 ? 7 : 3);
        assert_int_equal(plan_scope_budget(p, i), i < 2 ? 7 : 3);
    }
    for (int32_t host = 0; host < PLANNED_HOSTS_MAX; host++) {
        const int32_t c = plan_class_of(p, host);
        assert_int_equal(plan_class_limit(p, c, 0), racks[host]);
        assert_int_equal(plan_class_limit(p, c, 1), 2 + zones[host]);
        assert_int_equal(plan_scope_of(p, host, 0), racks[host]);
        assert_int_equal(plan_scope_of(p, host, 1), 2 + zones[host]);
    }
    assert_int_equal(plan_class_count(p), 6);
    plan_free(p);
}

/* Two hosts are of one class exactly when they have every value in common. */
static void
test_hosts_with_the_same_limits_are_one_class(void **state)
{
    enum { HOSTS = 60, SEEDS = 300 };
    static const char *names[HOSTS];

    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct prng rng = {.state = seed};
        const int32_t vars = 1 + (int32_t)prng_below(&rng, PLAN_PARTINGS_MAX);
        int32_t values[PLAN_PARTINGS_MAX][HOSTS];
        struct plan_parting by[PLAN_PARTINGS_MAX];
        for (int32_t v = 0; v < vars; v++) {
            const int32_t count = 1 + (int32_t)prng_below(&rng, 6);
            by[v] = (struct plan_parting){"x", values[v], count, {1, false}};
            for (int32_t i = 0; i < HOSTS; i++) {
                values[v][i] = (int32_t)prng_below(&rng, (uint64_t)count);
            }
        }
        struct plan_request q = planned_request(&parallel, HOSTS);
        q.host_names = names;
        q.parallel_by = by;
        q.parallel_by_count = vars;
        struct plan *p = plan_new(&q, NULL);
        for (int32_t a = 0; a < HOSTS; a++) {
            assert_in_range(plan_class_of(p, a), 0, plan_class_count(p) - 1);
            for (int32_t b = 0; b < HOSTS; b++) {
                bool same = true;
                for (int32_t v = 0; v < vars; v++) {
                    same = same && values[v][a] == values[v][b];
                }
                assert_int_equal(plan_class_of(p, a) == plan_class_of(p, b), same);
            }
        }
        plan_free(p);
    }
}

/* Nothing here may be quadratic: this would take hours then. */
static void
test_a_hundred_thousand_hosts_of_as_many_values_are_parted(void **state)
{
    enum { HOSTS = 100000 };
    const char **names = xcalloc(HOSTS, sizeof(*names));
    int32_t *value = xcalloc(HOSTS, sizeof(*value));
    const struct policy policy = {.strategy = STRATEGY_ROLLING, .workers = 10};
    const struct plan_parting by = {"host", value, HOSTS, {1, false}};
    struct plan_request q = planned_request(&policy, HOSTS);

    (void)state;
    for (int32_t i = 0; i < HOSTS; i++) {
        value[i] = HOSTS - 1 - i;
    }
    q.host_names = names;
    q.parallel_by = q.budget_by = q.sequence_by = &by;
    q.parallel_by_count = q.budget_by_count = 1;
    struct plan *p = plan_new(&q, NULL);
    assert_int_equal(plan_wave_count(p), HOSTS);
    assert_int_equal(plan_class_count(p), HOSTS);
    assert_int_equal(plan_limit_count(p), HOSTS);
    assert_int_equal(plan_wave_of(p, HOSTS - 1), HOSTS - 1);
    plan_free(p);
    free(names);
    free(value);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_variables_there_is_one_class_and_nothing_to_count),
        cmocka_unit_test(test_a_percentage_is_of_the_hosts_of_the_value),
        cmocka_unit_test(test_values_of_several_variables_are_numbered_through),
        cmocka_unit_test(test_hosts_with_the_same_limits_are_one_class),
        cmocka_unit_test(test_a_hundred_thousand_hosts_of_as_many_values_are_parted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_plan_waves.c - in which order hosts start, and where a barrier stands between them.
 */
#include "planned.h"

/* Values of a variable by host, as the inventory might have them. */
static const int32_t two_zones[PLANNED_HOSTS_MAX] = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1};
static const int32_t blocks[PLANNED_HOSTS_MAX] = {2, 2, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1};
static const int32_t all_apart[PLANNED_HOSTS_MAX] = {11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
static const int32_t all_one[PLANNED_HOSTS_MAX] = {0};

/* The plan of this policy and sequence has these hosts in these waves. */
static void
expect(const struct policy *policy, const int32_t *sequence, int32_t hosts, bool told,
       int32_t canary_waves, const char *want)
{
    const struct plan_parting by = {"zone", sequence, PLANNED_HOSTS_MAX, {0}};
    struct plan_request q = planned_request(policy, hosts);
    struct err err = {0};

    q.sequence_by = sequence == NULL ? NULL : &by;
    struct plan *p = plan_new(&q, &err);
    assert_string_equal(err.text, "");
    planned_expect(p, want);
    assert_int_equal(plan_has_waves(p), told);
    assert_int_equal(plan_canary_waves(p), canary_waves);
    plan_free(p);
}

static void
test_waves_follow_strategy_workers_and_serial(void **state)
{
    static const struct {
        struct policy policy;
        int32_t hosts;
        bool told;
        const char *waves;
    } cases[] = {
        {{.strategy = STRATEGY_SEQUENTIAL, .workers = 5}, 7, false, "0123456"},
        {{.strategy = STRATEGY_SEQUENTIAL}, 1, false, "0"},
        {{.strategy = STRATEGY_PARALLEL, .workers = 3}, 7, false, "0123456"},
        {{.strategy = STRATEGY_PARALLEL, .workers = 2, .serial_count = 1, .serial = {{1, false}}},
         4,
         false,
         "0123"},
        {{.strategy = STRATEGY_ALL_AT_ONCE, .workers = 2}, 5, true, "01234"},
        {{.strategy = STRATEGY_ALL_AT_ONCE, .serial_count = 1, .serial = {{1, false}}},
         3,
         true,
         "012"},
        {{.strategy = STRATEGY_ROLLING, .workers = 3}, 9, true, "012|345|678"},
        {{.strategy = STRATEGY_ROLLING, .workers = 3}, 7, true, "012|345|6"},
        {{.strategy = STRATEGY_ROLLING, .workers = 30}, 7, true, "0123456"},
        {{.strategy = STRATEGY_ROLLING}, 3, true, "0|1|2"},
        {{.strategy = STRATEGY_ROLLING, .serial_count = 1, .serial = {{4, false}}},
         7,
         true,
         "0123|456"},
        {{.strategy = STRATEGY_ROLLING, .workers = 2, .serial_count = 1, .serial = {{5, false}}},
         7,
         true,
         "01234|56"},
        {{.strategy = STRATEGY_ROLLING,
          .workers = 9,
          .serial_count = 3,
          .serial = {{1, false}, {30, true}, {5, false}}},
         12,
         true,
         "0|123|45678|9ab"},
        {{.strategy = STRATEGY_ROLLING, .workers = 9, .serial_count = 1, .serial = {{1, true}}},
         4,
         true,
         "0|1|2|3"},
        {{.strategy = STRATEGY_ROLLING, .serial_count = 1, .serial = {{INT32_MAX, false}}},
         2,
         true,
         "01"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect(&cases[i].policy, NULL, cases[i].hosts, cases[i].told, 0, cases[i].waves);
    }
}

/* 10 hosts: where a percentage of them becomes one host more. */
static void
test_sizes_in_percent_round_down_but_not_to_nothing(void **state)
{
    static const struct {
        int32_t percent;
        const char *rolling, *canary; /* the canary is followed by waves of 5 */
    } cases[] = {
        {1, "0|1|2|3|4|5|6|7|8|9", "0|12345|6789"},  {9, "0|1|2|3|4|5|6|7|8|9", "0|12345|6789"},
        {10, "0|1|2|3|4|5|6|7|8|9", "0|12345|6789"}, {19, "0|1|2|3|4|5|6|7|8|9", "0|12345|6789"},
        {20, "01|23|45|67|89", "01|23456|789"},      {59, "01234|56789", "01234|56789"},
        {60, "012345|6789", "012345|6789"},          {99, "012345678|9", "012345678|9"},
        {100, "0123456789", "0123456789"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct amount size = {cases[i].percent, true};
        struct policy policy = {
            .strategy = STRATEGY_ROLLING, .workers = 5, .serial_count = 1, .serial = {size}};
        expect(&policy, NULL, 10, true, 0, cases[i].rolling);
        policy = (struct policy){.strategy = STRATEGY_CANARY, .workers = 5, .canary = size};
        expect(&policy, NULL, 10, true, 1, cases[i].canary);
    }
}

static void
test_the_canary_goes_first_and_serial_begins_behind_it(void **state)
{
    static const struct {
        struct policy policy;
        const int32_t *sequence;
        int32_t hosts;
        int32_t canary_waves;
        const char *waves;
    } cases[] = {
        {{.canary = {1, false}, .workers = 3}, NULL, 8, 1, "0|123|456|7"},
        {{.canary = {2, false}}, NULL, 5, 1, "01|2|3|4"},
        {{.canary = {3, false},
          .workers = 9,
          .serial_count = 2,
          .serial = {{1, false}, {2, false}}},
         NULL,
         9,
         1,
         "012|3|45|67|8"},
        {{.canary = {9, false}, .workers = 1}, NULL, 3, 1, "012"},
        {{.canary = {3, false}, .workers = 1}, NULL, 3, 1, "012"},
        {{.canary = {50, true}, .workers = 9, .serial_count = 1, .serial = {{50, true}}},
         NULL,
         5,
         1,
         "01|23|4"},
        /* The canary is cut where the value changes; serial begins behind all of it. */
        {{.canary = {4, false},
          .workers = 9,
          .serial_count = 2,
          .serial = {{1, false}, {2, false}}},
         blocks,
         12,
         2,
         "012|3|4|56|78|9a|b"},
        {{.canary = {6, false}, .workers = 9}, blocks, 12, 3, "012|34|5|6789ab"},
        {{.canary = {5, false}, .workers = 9}, blocks, 12, 2, "012|34|56789ab"},
        {{.canary = {2, false}, .workers = 9}, blocks, 12, 1, "01|2|34|56789ab"},
        {{.canary = {3, false}, .workers = 9}, all_apart, 5, 3, "0|1|2|3|4"},
        {{.canary = {1, false}, .workers = 9}, all_one, 5, 1, "0|1234"},
        {{.canary = {2, false}, .workers = 2}, two_zones, 6, 1, "02|4|13|5"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct policy policy = cases[i].policy;
        policy.strategy = STRATEGY_CANARY;
        expect(&policy, cases[i].sequence, cases[i].hosts, true, cases[i].canary_waves,
               cases[i].waves);
    }
}

/* A wave that the value cuts short has used up its size: the next has the next of serial. */
static void
test_a_sequence_parts_hosts_by_value_in_the_order_they_come_first(void **state)
{
    static const struct {
        struct policy policy;
        const int32_t *sequence;
        const char *waves;
    } cases[] = {
        {{.strategy = STRATEGY_SEQUENTIAL}, two_zones, "02468a|13579b"},
        {{.strategy = STRATEGY_PARALLEL, .workers = 2}, two_zones, "02468a|13579b"},
        {{.strategy = STRATEGY_ALL_AT_ONCE}, blocks, "012|34|56789ab"},
        {{.strategy = STRATEGY_ALL_AT_ONCE}, all_one, "0123456789ab"},
        {{.strategy = STRATEGY_ROLLING, .workers = 4}, two_zones, "0246|8a|1357|9b"},
        {{.strategy = STRATEGY_ROLLING, .workers = 6}, two_zones, "02468a|13579b"},
        {{.strategy = STRATEGY_ROLLING, .workers = 2}, blocks, "01|2|34|56|78|9a|b"},
        {{.strategy = STRATEGY_ROLLING,
          .serial_count = 3,
          .serial = {{4, false}, {1, false}, {50, true}}},
         blocks,
         "012|3|4|56789a|b"},
        {{.strategy = STRATEGY_PARALLEL}, all_apart, "0|1|2|3|4|5|6|7|8|9|a|b"},
        {{.strategy = STRATEGY_PARALLEL, .order = HOST_ORDER_REVERSE_INVENTORY},
         two_zones,
         "b97531|a86420"},
        {{.strategy = STRATEGY_PARALLEL, .order = HOST_ORDER_REVERSE_INVENTORY},
         blocks,
         "ba98765|43|210"},
        {{.strategy = STRATEGY_PARALLEL, .order = HOST_ORDER_SORTED}, two_zones, "68a420|5793b1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect(&cases[i].policy, cases[i].sequence, PLANNED_HOSTS_MAX, true, 0, cases[i].waves);
    }
}

static void
test_both_waves_of_blue_green_are_of_all_hosts(void **state)
{
    static const struct plan_step switches = {.switches = true};
    const struct policy policy = {.strategy = STRATEGY_BLUE_GREEN,
                                  .workers = 2,
                                  .serial_count = 1,
                                  .serial = {{1, false}},
                                  .order = HOST_ORDER_REVERSE_INVENTORY};
    struct plan_request q = planned_request(&policy, 5);

    (void)state;
    q.steps = &switches;
    struct plan *p = plan_new(&q, NULL);
    assert_non_null(p);
    assert_true(plan_has_waves(p));
    assert_int_equal(plan_wave_count(p), 2);
    assert_int_equal(plan_canary_waves(p), 0);
    for (int32_t wave = 0; wave < 2; wave++) {
        assert_int_equal(plan_wave_begin(p, wave), 0);
        assert_int_equal(plan_wave_end(p, wave), 5);
    }
    for (int32_t i = 0; i < 5; i++) {
        assert_int_equal(plan_host_at(p, i), 4 - i);
        assert_int_equal(plan_position_of(p, 4 - i), i);
        assert_int_equal(plan_wave_of(p, i), 0);
    }
    plan_free(p);
}

/* Which zone comes first is the shuffle's; within a zone hosts stand as the shuffle has them. */
static void
test_a_shuffle_is_parted_as_it_stands(void **state)
{
    const struct plan_parting zone = {"zone", two_zones, 2, {0}};
    int first_zones[2] = {0};

    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        const struct policy policy = {
            .strategy = STRATEGY_PARALLEL, .order = HOST_ORDER_SHUFFLE, .seed = seed};
        struct plan_request q = planned_request(&policy, PLANNED_HOSTS_MAX);
        struct plan *shuffled = plan_new(&q, NULL);
        q.sequence_by = &zone;
        struct plan *parted = plan_new(&q, NULL);
        const int32_t first = two_zones[plan_host_at(shuffled, 0)];
        int32_t position = 0;
        for (int32_t k = 0; k < 2; k++) {
            for (int32_t i = 0; i < PLANNED_HOSTS_MAX; i++) {
                const int32_t host = plan_host_at(shuffled, i);
                if (two_zones[host] == (k == 0 ? first : 1 - first)) {
                    assert_int_equal(plan_host_at(parted, position++), host);
                    assert_int_equal(plan_wave_of(parted, host), k);
                }
            }
        }
        first_zones[first]++;
        plan_free(shuffled);
        plan_free(parted);
    }
    assert_true(first_zones[0] > 0 && first_zones[1] > 0);
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
        const struct plan_request q = planned_request(&policy, 7);
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
    const struct plan_request q = planned_request(&policy, hosts);
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waves_follow_strategy_workers_and_serial),
        cmocka_unit_test(test_sizes_in_percent_round_down_but_not_to_nothing),
        cmocka_unit_test(test_the_canary_goes_first_and_serial_begins_behind_it),
        cmocka_unit_test(test_a_sequence_parts_hosts_by_value_in_the_order_they_come_first),
        cmocka_unit_test(test_both_waves_of_blue_green_are_of_all_hosts),
        cmocka_unit_test(test_a_shuffle_is_parted_as_it_stands),
        cmocka_unit_test(test_sorting_is_by_bytes_and_equal_names_keep_their_order),
        cmocka_unit_test(test_a_shuffle_puts_every_host_in_every_place_as_often),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

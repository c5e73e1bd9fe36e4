/*
 * test_files.c - descriptors are shared out: slots first, sessions ahead of what is left.
 */
#include "unit/app/rig.h"

#include "app/files.h"

static void
test_slots_come_first_and_what_is_left_bounds_the_sessions_ahead(void **state)
{
    static const struct {
        int room;
        struct files_cost cost;
        int32_t hosts, workers, ahead;
        int32_t expected_workers, expected_ahead, expected_max;
    } rows[] = {
        /* there is room for all */
        {1000, {1, 1}, 100, 10, 10, 10, 10, 990},
        {20, {1, 1}, 100, 10, 10, 10, 10, 10},
        /* fewer ahead; no slot is given up for them */
        {19, {1, 1}, 100, 10, 10, 10, 9, 10},
        {11, {1, 1}, 100, 10, 10, 10, 1, 10},
        {10, {1, 1}, 100, 10, 10, 10, 0, 10},
        /* fewer slots, and nothing ahead but what no slot fits into */
        {9, {1, 1}, 100, 10, 10, 9, 0, 9},
        {29, {3, 1}, 100, 10, 10, 9, 2, 9},
        {29, {3, 3}, 100, 10, 10, 9, 0, 9},
        /* a slot costs more than a session on which nothing runs */
        {40, {3, 1}, 100, 10, 10, 10, 10, 10},
        {42, {3, 2}, 100, 10, 10, 10, 6, 10},
        /* more workers than hosts take no more than the hosts do */
        {20, {1, 1}, 15, 1000, 1000, 1000, 5, 15},
        {14, {1, 1}, 15, 1000, 1000, 14, 0, 14},
        /* one at a time; and one there always is */
        {20, {1, 1}, 100, 0, 1, 0, 1, 19},
        {1, {1, 1}, 100, 0, 1, 0, 0, 1},
        {0, {1, 1}, 100, 10, 10, 1, 0, 1},
        {-5, {3, 2}, 100, 10, 10, 1, 0, 1},
        /* none were asked for */
        {1000, {1, 1}, 100, 10, 0, 10, 0, 1000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct policy p = {.workers = rows[i].workers, .ahead_max = rows[i].ahead};
        const int most = files_share(rows[i].room, &rows[i].cost, rows[i].hosts, &p);
        if (p.workers != rows[i].expected_workers || p.ahead_max != rows[i].expected_ahead ||
            most != rows[i].expected_max) {
            fail_msg("row %zu: %d workers, %d ahead, at most %d", i, (int)p.workers,
                     (int)p.ahead_max, most);
        }
    }
}

/* Whatever is asked, what is used fits. */
static void
test_never_takes_more_than_there_is(void **state)
{
    (void)state;
    for (int room = 1; room < 60; room++) {
        for (int slot = 1; slot < 5; slot++) {
            for (int ahead = 1; ahead <= slot; ahead++) {
                for (int32_t workers = 0; workers < 30; workers++) {
                    const struct files_cost cost = {slot, ahead};
                    struct policy p = {.workers = workers, .ahead_max = workers > 0 ? workers : 1};
                    const int most = files_share(room, &cost, 40, &p);
                    const int width = p.workers > 1 ? p.workers : 1;
                    assert_true(p.ahead_max <= width);
                    assert_true(width == 1 || width * slot + p.ahead_max * ahead <= room);
                    assert_true(most == 1 || most * slot + p.ahead_max * ahead <= room);
                    assert_true(most >= p.workers);
                }
            }
        }
    }
}

static void
note_slots(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    (void)host;
    (void)step;
    r->number = (uint64_t)run->slots_max;
}

/* Slots that fit into the files of this process, whatever their number is. */
static uint64_t
slots_of(const char *action)
{
    struct rig r;

    rig_open(&r, NULL, "greet", action);
    r.look = note_slots;
    assert_int_equal(rig_run(&r), 0);
    const uint64_t slots = r.number;
    rig_close(&r);
    return slots;
}

/* A session and the two pipes of a child, or a session and a file, at the same time. */
static void
test_a_slot_has_room_for_the_steps_of_each_list(void **state)
{
#define GREET "name: greet\nsteps:\n  - {name: One, run: 'true'}\n"
    static const char *const with_child[] = {
        "name: greet\nsteps:\n  - {name: One, run: 'true'}\n  - {name: Two, local: 'true'}\n",
        GREET "finally:\n  - {name: Last, local: 'true'}\n",
        GREET "rollback:\n  - {name: Back, local: 'true'}\n",
    };
    const uint64_t most = slots_of(GREET);

    (void)state;
    assert_true(most > 9);
    for (size_t i = 0; i < sizeof(with_child) / sizeof(with_child[0]); i++) {
        const uint64_t slots = slots_of(with_child[i]);
        if (slots > most / 3 + 1) {
            fail_msg("row %zu: %d slots, %d without a child", i, (int)slots, (int)most);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots_come_first_and_what_is_left_bounds_the_sessions_ahead),
        cmocka_unit_test(test_never_takes_more_than_there_is),
        cmocka_unit_test(test_a_slot_has_room_for_the_steps_of_each_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

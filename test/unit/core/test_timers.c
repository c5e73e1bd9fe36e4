/*
 * test_timers.c - deadlines come in order of time, then of id; against a plain list.
 */
#include "core/rollout_state.h"

#include "base/prng.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { IDS = 40 };

static void
test_none_set_is_minus_one(void **state)
{
    struct timers t;

    (void)state;
    timers_init(&t, 1);
    assert_int_equal(timers_next_ms(&t), -1);
    assert_int_equal(timers_due_ms(&t, 0), -1);
    assert_int_equal(timers_pop(&t, INT64_MAX), -1);
    timers_drop(&t, 0);
    assert_int_equal(t.count, 0);
    timers_release(&t);
}

static void
test_nothing_is_taken_before_its_time(void **state)
{
    struct timers t;

    (void)state;
    timers_init(&t, 2);
    timers_set(&t, 1, 100);
    assert_int_equal(timers_pop(&t, 99), -1);
    assert_int_equal(timers_next_ms(&t), 100);
    assert_int_equal(timers_pop(&t, 100), 1);
    assert_int_equal(timers_next_ms(&t), -1);
    timers_release(&t);
}

static void
test_equal_times_come_by_id(void **state)
{
    struct timers t;

    (void)state;
    timers_init(&t, IDS);
    for (int32_t i = IDS - 1; i >= 0; i--) {
        timers_set(&t, i, 7);
    }
    for (int32_t i = 0; i < IDS; i++) {
        assert_int_equal(timers_pop(&t, 7), i);
    }
    timers_release(&t);
}

static void
test_setting_again_moves_both_ways(void **state)
{
    struct timers t;

    (void)state;
    timers_init(&t, 3);
    timers_set(&t, 0, 10);
    timers_set(&t, 1, 20);
    timers_set(&t, 2, 30);
    timers_set(&t, 2, 5);
    timers_set(&t, 0, INT64_MAX);
    assert_int_equal(t.count, 3);
    assert_int_equal(timers_due_ms(&t, 2), 5);
    assert_int_equal(timers_pop(&t, 1000), 2);
    assert_int_equal(timers_pop(&t, 1000), 1);
    assert_int_equal(timers_pop(&t, 1000), -1);
    assert_int_equal(timers_pop(&t, INT64_MAX), 0);
    timers_release(&t);
}

/* In this heap the last one is earlier than the parent of the one dropped: it has to rise. */
static void
test_dropping_from_the_middle_keeps_the_order(void **state)
{
    static const int64_t due[] = {0, 100, 1, 101, 102, 2, 3};
    static const int32_t want[] = {0, 2, 5, 6, 1, 4};
    struct timers t;

    (void)state;
    timers_init(&t, 7);
    for (int32_t i = 0; i < 7; i++) {
        timers_set(&t, i, due[i]);
    }
    timers_drop(&t, 3);
    for (int32_t i = 0; i < 6; i++) {
        assert_int_equal(timers_pop(&t, 1000), want[i]);
    }
    assert_int_equal(t.count, 0);
    timers_release(&t);
}

/* The list the heap must agree with: -1 where nothing is set. */
static int32_t
list_first(const int64_t *due)
{
    int32_t first = -1;

    for (int32_t i = 0; i < IDS; i++) {
        if (due[i] >= 0 && (first < 0 || due[i] < due[first])) {
            first = i;
        }
    }
    return first;
}

static void
test_agrees_with_a_plain_list(void **state)
{
    struct prng p = {.state = 11};
    int64_t due[IDS];
    struct timers t;

    (void)state;
    timers_init(&t, IDS);
    for (int32_t i = 0; i < IDS; i++) {
        due[i] = -1;
    }
    for (int i = 0; i < 20000; i++) {
        const int32_t id = (int32_t)prng_below(&p, IDS);
        const int64_t at_ms = (int64_t)prng_below(&p, 50);
        const uint64_t what = prng_below(&p, 4);
        if (what < 2) {
            timers_set(&t, id, at_ms);
            due[id] = at_ms;
        } else if (what == 2) {
            timers_drop(&t, id);
            due[id] = -1;
        } else {
            const int32_t first = list_first(due);
            const int32_t want = first >= 0 && due[first] <= at_ms ? first : -1;
            assert_int_equal(timers_pop(&t, at_ms), want);
            if (want >= 0) {
                due[want] = -1;
            }
        }
        const int32_t first = list_first(due);
        assert_int_equal(timers_next_ms(&t), first < 0 ? -1 : due[first]);
        assert_int_equal(timers_due_ms(&t, id), due[id]);
    }
    timers_release(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none_set_is_minus_one),
        cmocka_unit_test(test_nothing_is_taken_before_its_time),
        cmocka_unit_test(test_equal_times_come_by_id),
        cmocka_unit_test(test_setting_again_moves_both_ways),
        cmocka_unit_test(test_dropping_from_the_middle_keeps_the_order),
        cmocka_unit_test(test_agrees_with_a_plain_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

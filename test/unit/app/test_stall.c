/*
 * test_stall.c - what a turn of the loop is, and that libevent's waits are seen.
 */
#include "app/stall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/event.h>

enum { BUSY_US = 20000 };

static void
test_a_turn_is_what_is_done_between_two_waits(void **state)
{
    struct stall s = {.began_us = 100};

    (void)state;
    stall_wait_begins(&s, 103);
    stall_wait_ends(&s, 5000);
    stall_wait_begins(&s, 5012);
    assert_int_equal(stall_turns(&s).count, 2);
    assert_int_equal(stall_turns(&s).p50_us, 3);
    assert_int_equal(stall_turns(&s).max_us, 12);
}

static void
test_a_commit_is_counted_apart_and_once(void **state)
{
    struct stall s = {.began_us = 0};

    (void)state;
    stall_commit(&s, 700);
    stall_commit(&s, 200);
    stall_wait_begins(&s, 1000);
    stall_wait_ends(&s, 2000);
    stall_wait_begins(&s, 2020);
    assert_int_equal(s.commits.count, 2);
    assert_int_equal(s.commits.max_us, 700);
    assert_int_equal(stall_turns(&s).count, 2);
    assert_int_equal(stall_turns(&s).max_us, 100);
    assert_int_equal(stall_turns(&s).p50_us, 20);
}

static void
test_no_turn_has_begun_before_a_wait_has_ended(void **state)
{
    struct stall s = {.began_us = -1};

    (void)state;
    stall_wait_begins(&s, 1000);
    assert_int_equal(stall_turns(&s).count, 0);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
    const int64_t until_us = stall_now_us() + BUSY_US;

    (void)fd;
    (void)what;
    (void)arg;
    while (stall_now_us() < until_us) {}
}

/* The loop waits, then a callback takes its time. */
static void
spin(struct stall *s)
{
    const struct timeval later = {.tv_usec = 1000};
    struct event_base *base = event_base_new();
    struct event *timer = evtimer_new(base, on_timer, NULL);

    assert_int_equal(evtimer_add(timer, &later), 0);
    stall_watch(s);
    assert_int_equal(event_base_dispatch(base), 1);
    stall_watch(NULL);
    event_free(timer);
    event_base_free(base);
}

static void
test_a_callback_of_libevent_that_takes_long_is_seen(void **state)
{
    struct stall s = {0};

    (void)state;
    spin(&s);
    const int64_t count = stall_turns(&s).count;
    assert_true(count >= 1);
    assert_true(s.began_us >= 0); /* the turn with the callback: no other wait began */
    stall_wait_begins(&s, stall_now_us());
    assert_int_equal(stall_turns(&s).count, count + 1);
    assert_true(stall_turns(&s).max_us >= BUSY_US);
}

static void
test_nobody_is_watched_any_more(void **state)
{
    struct stall s = {0};

    (void)state;
    spin(&s);
    const int64_t count = stall_turns(&s).count;
    spin(NULL);
    assert_int_equal(stall_turns(&s).count, count);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_turn_is_what_is_done_between_two_waits),
        cmocka_unit_test(test_a_commit_is_counted_apart_and_once),
        cmocka_unit_test(test_no_turn_has_begun_before_a_wait_has_ended),
        cmocka_unit_test(test_a_callback_of_libevent_that_takes_long_is_seen),
        cmocka_unit_test(test_nobody_is_watched_any_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_buf.c - bounded buffers never pass their limit and are always strings.
 */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_appends_and_stays_a_string(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    assert_string_equal(b.data, "");
    assert_int_equal(buf_adds(&b, "web"), 0);
    assert_int_equal(buf_addc(&b, '-'), 0);
    assert_int_equal(buf_addf(&b, "%02d", 7), 0);
    assert_int_equal(buf_add(&b, NULL, 0), 0);
    assert_string_equal(b.data, "web-07");
    assert_int_equal(b.len, 6);
    buf_release(&b);
}

static void
test_refuses_what_does_not_fit_and_says_full(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 4);
    assert_int_equal(buf_adds(&b, "abc"), 0);
    assert_int_equal(buf_adds(&b, "de"), -1);
    assert_true(b.full);
    assert_string_equal(b.data, "abc");
    assert_int_equal(buf_addf(&b, "%d", 123), -1);
    assert_int_equal(buf_addc(&b, 'd'), 0);
    assert_int_equal(buf_addc(&b, 'e'), -1);
    assert_string_equal(b.data, "abcd");
    buf_clear(&b);
    assert_false(b.full);
    assert_int_equal(b.len, 0);
    buf_release(&b);
}

static void
test_drains_from_the_front_at_most_everything(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    (void)buf_adds(&b, "abcdef");
    buf_drain(&b, 2);
    assert_string_equal(b.data, "cdef");
    buf_drain(&b, 99);
    assert_int_equal(b.len, 0);
    assert_string_equal(b.data, "");
    buf_release(&b);
}

static void
test_detaches_the_bytes_and_stays_usable(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 5);
    (void)buf_adds(&b, "one");
    char *text = buf_detach(&b);
    assert_string_equal(text, "one");
    assert_int_equal(buf_adds(&b, "seven."), -1);
    assert_int_equal(buf_adds(&b, "three"), 0);
    assert_string_equal(b.data, "three");
    free(text);
    buf_release(&b);
    buf_release(&b);
}

static void
test_grows_to_its_maximum(void **state)
{
    enum { MAX = 100000 };
    struct buf b;

    (void)state;
    buf_init(&b, MAX);
    for (int i = 0; i < MAX; i++) {
        assert_int_equal(buf_addc(&b, (char)('a' + i % 26)), 0);
    }
    assert_int_equal(buf_addc(&b, 'x'), -1);
    assert_int_equal(strlen(b.data), MAX);
    assert_int_equal(b.data[MAX - 1], 'a' + (MAX - 1) % 26);
    buf_release(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appends_and_stays_a_string),
        cmocka_unit_test(test_refuses_what_does_not_fit_and_says_full),
        cmocka_unit_test(test_drains_from_the_front_at_most_everything),
        cmocka_unit_test(test_detaches_the_bytes_and_stays_usable),
        cmocka_unit_test(test_grows_to_its_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

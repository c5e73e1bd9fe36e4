/*
 * test_strv.c - lists of strings own copies and end with NULL.
 */
#include "base/strv.h"

#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_owns_copies_and_ends_with_null(void **state)
{
    struct strv v = {0};
    char text[] = "web-01";

    (void)state;
    for (size_t i = 0; i < 100; i++) {
        strv_add(&v, text);
        assert_int_equal(v.count, i + 1);
        assert_null(v.items[i + 1]);
    }
    text[0] = 'X';
    assert_string_equal(v.items[99], "web-01");
    strv_addn(&v, "abcdef", 3);
    assert_string_equal(v.items[100], "abc");
    strv_take(&v, xstrdup("taken"));
    assert_string_equal(v.items[101], "taken");
    assert_null(v.items[102]);
    strv_clear(&v);
    assert_int_equal(v.count, 0);
    assert_null(v.items);
    strv_clear(&v);
}

static void
test_finds_whole_strings_only(void **state)
{
    struct strv v = {0};

    (void)state;
    assert_false(strv_has(&v, ""));
    strv_add(&v, "web-01");
    assert_true(strv_has(&v, "web-01"));
    assert_false(strv_has(&v, "web-0"));
    assert_false(strv_has(&v, "web-011"));
    strv_clear(&v);
}

static void
test_sorts_by_bytes(void **state)
{
    static const char *const unsorted[] = {"b", "B", "a", "\xc3\xa9", "aa", ""};
    static const char *const sorted[] = {"", "B", "a", "aa", "b", "\xc3\xa9"};
    struct strv v = {0};

    (void)state;
    strv_sort(&v);
    for (size_t i = 0; i < 6; i++) {
        strv_add(&v, unsorted[i]);
    }
    strv_sort(&v);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(v.items[i], sorted[i]);
    }
    assert_null(v.items[6]);
    strv_clear(&v);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owns_copies_and_ends_with_null),
        cmocka_unit_test(test_finds_whole_strings_only),
        cmocka_unit_test(test_sorts_by_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

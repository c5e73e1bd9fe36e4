/*
 * test_err.c - failures keep their kind, fit their room, and are optional.
 */
#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_sets_kind_and_text_and_returns_minus_one(void **state)
{
    struct err err = {0};

    (void)state;
    assert_int_equal(err_set(&err, ERR_CONFIG, "%s:%d: bad", "a.yml", 3), -1);
    assert_int_equal(err.kind, ERR_CONFIG);
    assert_string_equal(err.text, "a.yml:3: bad");
}

static void
test_accepts_no_err(void **state)
{
    (void)state;
    assert_int_equal(err_set(NULL, ERR_IO, "lost"), -1);
    err_prefix(NULL, "web-01: ");
}

static void
test_prefix_keeps_the_text_and_the_kind(void **state)
{
    struct err err = {0};

    (void)state;
    (void)err_set(&err, ERR_STORE, "disk full");
    err_prefix(&err, "%s: ", "web-01");
    assert_string_equal(err.text, "web-01: disk full");
    assert_int_equal(err.kind, ERR_STORE);
}

static void
test_cuts_text_at_the_limit(void **state)
{
    struct err err = {0};
    char big[2 * ERR_TEXT_MAX];

    (void)state;
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    (void)err_set(&err, ERR_IO, "%s", big);
    assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
    err_prefix(&err, "front: ");
    assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
    assert_memory_equal(err.text, "front: x", 8);
    err_prefix(&err, "%s", big);
    assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets_kind_and_text_and_returns_minus_one),
        cmocka_unit_test(test_accepts_no_err),
        cmocka_unit_test(test_prefix_keeps_the_text_and_the_kind),
        cmocka_unit_test(test_cuts_text_at_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

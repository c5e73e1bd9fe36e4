/*
 * test_mistakes.c - what is kept of many mistakes, and when they are all promised features.
 */
#include "config/mistakes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "told.h"

static void
test_every_mistake_is_kept_in_its_order(void **state)
{
    struct mistakes m = {0};

    (void)state;
    assert_int_equal(mistakes_add(&m, "%s:%d", "a", 1), -1);
    assert_int_equal(mistakes_not_yet(&m, "not yet: %s", "b"), -1);
    mistakes_warn(&m, "%s", "100%n");
    assert_int_equal(m.count, 2);
    assert_int_equal(m.warned, 1);
    assert_string_equal(m.warnings.items[0], "100%n");
    told(&m, "a:1\nnot yet: b\n");
    assert_int_equal(m.count, 0); /* released: as new */
    assert_int_equal(m.warned, 0);
    assert_int_equal(m.warnings.count, 0);
}

/* Found by fuzzing: an unknown key "0\n755". */
/* fault 22: mistakes of files */
static void
test_a_mistake_is_one_line_whatever_it_quotes(void **state)
{
    struct mistakes m = {0};

    (void)state;
    (void)mistakes_add(&m, "f:1:1: key: got \"%s\"", "0\n7\x1b[2J\\5");
    mistakes_warn(&m, "%s", "a\nb");
    assert_string_equal(m.warnings.items[0], "a\\nb");
    told(&m, "f:1:1: key: got \"0\\n7\\x1b[2J\\5\"\n");
}

static void
test_past_the_maximum_mistakes_and_warnings_are_counted_only(void **state)
{
    struct mistakes m = {0};

    (void)state;
    for (int i = 1; i <= MISTAKES_MAX + 23; i++) {
        (void)mistakes_add(&m, "e%d", i);
        mistakes_warn(&m, "w%d", i);
        mistakes_warn(&m, "w%d", i);
    }
    assert_int_equal(m.errors.count, MISTAKES_MAX);
    assert_int_equal(m.count, MISTAKES_MAX + 23);
    assert_string_equal(m.errors.items[MISTAKES_MAX - 1], "e100");
    assert_int_equal(m.warnings.count, MISTAKES_MAX);
    assert_int_equal(m.warned, 2 * (MISTAKES_MAX + 23));
    assert_string_equal(m.warnings.items[MISTAKES_MAX - 1], "w50");
    mistakes_release(&m);
}

/* Exit 5 is for those who ask for nothing but what is promised. */
static void
test_not_yet_is_said_only_when_nothing_else_is_wrong(void **state)
{
    static const struct {
        const char *order; /* n: not yet, e: an error, w: a warning */
        bool not_yet;
    } rows[] = {
        {"", false},   {"n", true},    {"nn", true}, {"e", false},  {"ne", false},
        {"en", false}, {"nen", false}, {"wn", true}, {"nwn", true}, {"w", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mistakes m = {0};
        for (const char *p = rows[i].order; *p != '\0'; p++) {
            if (*p == 'n') {
                (void)mistakes_not_yet(&m, "n");
            } else if (*p == 'e') {
                (void)mistakes_add(&m, "e");
            } else {
                mistakes_warn(&m, "w");
            }
        }
        assert_int_equal(m.not_yet, rows[i].not_yet);
        mistakes_release(&m);
    }
}

/* Past the maximum too: the 101st may be the first real error. */
static void
test_an_error_that_is_counted_only_ends_not_yet(void **state)
{
    struct mistakes m = {0};

    (void)state;
    for (int i = 0; i < MISTAKES_MAX + 1; i++) {
        (void)mistakes_not_yet(&m, "n");
    }
    assert_true(m.not_yet);
    (void)mistakes_add(&m, "e");
    assert_false(m.not_yet);
    mistakes_release(&m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_mistake_is_kept_in_its_order),
        cmocka_unit_test(test_a_mistake_is_one_line_whatever_it_quotes),
        cmocka_unit_test(test_past_the_maximum_mistakes_and_warnings_are_counted_only),
        cmocka_unit_test(test_not_yet_is_said_only_when_nothing_else_is_wrong),
        cmocka_unit_test(test_an_error_that_is_counted_only_ends_not_yet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

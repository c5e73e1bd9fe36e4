/*
 * test_inbox.c - facts wait in order, with copies of their reasons.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/inbox.h"

#include <string.h>

static void
test_letters_come_out_as_they_went_in(void **state)
{
    struct inbox in = {0};

    (void)state;
    for (int32_t i = 0; i < 1000; i++) {
        const struct fact f = {.kind = FACT_STEP_DONE, .host = i, .exit_code = -i};
        char reason[16] = "same buffer";
        reason[0] = (char)('a' + i % 26);
        inbox_put(&in, &f, reason);
        memset(reason, 'z', sizeof(reason)); /* it is copied */
    }
    assert_int_equal(in.count, 1000);
    for (int32_t i = 0; i < 1000; i++) {
        assert_int_equal(in.letters[i].fact.host, i);
        assert_int_equal(in.letters[i].fact.exit_code, -i);
        assert_int_equal(in.letters[i].reason[0], 'a' + i % 26);
        assert_string_equal(in.letters[i].reason + 1, "ame buffer");
    }
    inbox_release(&in);
    assert_null(in.letters);
    inbox_release(&in);
}

static void
test_no_reason_and_an_empty_one_are_the_same(void **state)
{
    const struct fact f = {.kind = FACT_TICK, .host = -1};
    struct inbox in = {0};

    (void)state;
    inbox_put(&in, &f, NULL);
    inbox_put(&in, &f, "");
    assert_null(in.letters[0].reason);
    assert_null(in.letters[1].reason);
    inbox_clear(&in);
    assert_int_equal(in.count, 0);
    inbox_put(&in, &f, "again");
    assert_int_equal(in.count, 1);
    assert_string_equal(in.letters[0].reason, "again");
    inbox_release(&in);
}

static void
test_a_long_reason_is_cut(void **state)
{
    const struct fact f = {.kind = FACT_TICK, .host = -1};
    static char reason[100000];
    struct inbox in = {0};

    (void)state;
    memset(reason, 'x', sizeof(reason) - 1);
    inbox_put(&in, &f, reason);
    assert_int_equal(strlen(in.letters[0].reason), 2048);
    inbox_release(&in);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_letters_come_out_as_they_went_in),
        cmocka_unit_test(test_no_reason_and_an_empty_one_are_the_same),
        cmocka_unit_test(test_a_long_reason_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

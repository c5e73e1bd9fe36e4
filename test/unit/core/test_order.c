/*
 * test_order.c - orders keep the numbers and names that journals hold.
 */
#include "core/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
test_orders_keep_their_numbers_and_names(void **state)
{
    static const char *const names[] = {
        "connect", "start",      "run_step", "probe",      "wait",
        "finally", "disconnect", "release",  "rollback",   "finish",
        "park",    "unpark",     "outcome",  "wave_begin", "wave_end",
    };

    (void)state;
    assert_int_equal(ORDER_KINDS, sizeof(names) / sizeof(names[0]));
    for (int i = 0; i < ORDER_KINDS; i++) {
        assert_string_equal(order_name((enum order_kind)i), names[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders_keep_their_numbers_and_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

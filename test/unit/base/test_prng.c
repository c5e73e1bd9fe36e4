/*
 * test_prng.c - the same seed gives the same even numbers.
 */
#include "base/prng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_gives_the_published_numbers_of_splitmix64(void **state)
{
    struct prng p = {.state = 1234567};

    (void)state;
    assert_true(prng_next(&p) == UINT64_C(6457827717110365317));
    assert_true(prng_next(&p) == UINT64_C(3203168211198807973));
    assert_true(prng_next(&p) == UINT64_C(9817491932198370423));
}

static void
test_stays_below_the_bound_and_reaches_every_number(void **state)
{
    struct prng p = {.state = 1};
    int seen[7] = {0};

    (void)state;
    for (int i = 0; i < 7000; i++) {
        const uint64_t n = prng_below(&p, 7);
        assert_true(n < 7);
        seen[n]++;
    }
    for (int i = 0; i < 7; i++) {
        assert_in_range(seen[i], 850, 1150);
    }
    assert_true(prng_below(&p, 1) == 0);
    for (int i = 0; i < 100; i++) {
        assert_true(prng_below(&p, UINT64_MAX) < UINT64_MAX);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gives_the_published_numbers_of_splitmix64),
        cmocka_unit_test(test_stays_below_the_bound_and_reaches_every_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

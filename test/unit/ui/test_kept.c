/*
 * test_kept.c - beginning and end of a text, whatever the pieces; not a byte is unaccounted for.
 */
#include "ui/kept.h"

#include "base/prng.h"
#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_BYTES = 20000 };

static void
check(const struct kept *k, const char *text, size_t said)
{
    const size_t head = k->missing > 0 ? k->cut : k->len;

    assert_int_equal(k->len + (size_t)k->missing, said);
    assert_true(k->len <= k->cap);
    assert_memory_equal(k->bytes, text, head);
    assert_memory_equal(k->bytes + head, text + said - (k->len - head), k->len - head);
}

static void
test_head_and_tail_are_the_texts_own_wherever_it_is_cut(void **state)
{
    char *text = xcalloc(TEXT_BYTES, 1);
    struct prng p = {.state = 11};

    (void)state;
    for (int i = 0; i < TEXT_BYTES; i++) {
        text[i] = (char)prng_next(&p);
    }
    for (int round = 0; round < 2000; round++) {
        struct budget b = {.max = 1000};
        struct kept k = {0};
        size_t max = 64 + prng_below(&p, 4000);
        size_t said = 0;
        while (said < TEXT_BYTES) {
            size_t part = 1 + prng_below(&p, round % 2 == 0 ? 40 : 6000);
            part = part < TEXT_BYTES - said ? part : TEXT_BYTES - said;
            kept_add(&k, &b, text + said, part, max);
            said += part;
            check(&k, text, said);
            assert_true(k.len <= max && k.cap <= (max > 64 ? max : 64));
            assert_int_equal(b.used, k.cap);
            if (prng_below(&p, 20) == 0) {
                max = 64 + prng_below(&p, max);
                kept_trim(&k, &b, max);
                check(&k, text, said);
                assert_true(k.cap <= max);
            }
        }
        assert_true(k.len >= max / 4);
        kept_release(&k, &b);
        assert_int_equal(b.used, 0);
    }
    free(text);
}

static void
test_half_is_head_and_the_newest_bytes_are_there(void **state)
{
    struct kept k = {0};

    (void)state;
    for (int i = 0; i < 1000; i++) {
        kept_add(&k, NULL, i % 2 == 0 ? "abcdefgh" : "ABCDEFGH", 8, 1024);
    }
    assert_int_equal(k.cut, 512);
    assert_int_equal(k.missing, 8000 - (int64_t)k.len);
    assert_true(k.len - k.cut >= 256);
    assert_memory_equal(k.bytes + k.len - 16, "abcdefghABCDEFGH", 16);
    kept_release(&k, NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head_and_tail_are_the_texts_own_wherever_it_is_cut),
        cmocka_unit_test(test_half_is_head_and_the_newest_bytes_are_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

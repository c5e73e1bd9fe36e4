/*
 * test_nearest.c - which word is suggested for a wrong one, and when none is.
 */
#include "config/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const words[] = {"serial", "order", "max_fail", "max_retries", "on", "off"};

static void
near(const char *word, const char *expected)
{
    const char *got = nearest_word(word, words, sizeof(words) / sizeof(words[0]));

    if ((got == NULL) != (expected == NULL) || (got != NULL && strcmp(got, expected) != 0)) {
        fail_msg("%s: expected %s, got %s", word, expected == NULL ? "none" : expected,
                 got == NULL ? "none" : got);
    }
}

static void
test_a_slip_of_the_keyboard_is_near(void **state)
{
    (void)state;
    near("serial", "serial");
    near("serail", "serial"); /* swapped */
    near("sreial", "serial");
    near("seral", "serial");   /* dropped */
    near("seriaal", "serial"); /* inserted */
    near("zerial", "serial");  /* changed */
    near("serzaz", "serial");  /* two of six */
    near("maxfail", "max_fail");
    near("max-retrys", "max_retries");
    near("of", "on"); /* one letter from `off` too: the first is meant */
}

static void
test_another_word_is_not_near(void **state)
{
    (void)state;
    near("", NULL);
    near("x", NULL);
    near("o", NULL);      /* one letter stands for nothing */
    near("xy", NULL);     /* every letter changed */
    near("serzzz", NULL); /* three of six */
    near("SERIAL", NULL);
    near("larges", NULL);
    near("order order order", NULL);
}

static void
test_the_first_of_equally_near_words_is_meant(void **state)
{
    static const char *const equals[] = {"web-01", "web-02", "web-03"};

    (void)state;
    assert_ptr_equal(nearest_word("web-09", equals, 3), equals[0]);
    assert_ptr_equal(nearest_word("web-02", equals, 3), equals[1]);
    assert_null(nearest_word("web-09", equals, 0));
}

/* 64 bytes are looked at: a longer word, wrong or right, is never near. */
static void
test_words_longer_than_64_bytes_are_left_alone(void **state)
{
    char word[67];
    char same[67];
    const char *list[] = {same};

    (void)state;
    memset(word, 'a', sizeof(word));
    memset(same, 'a', sizeof(same));
    word[64] = '\0';
    word[0] = 'b';
    same[64] = '\0';
    assert_ptr_equal(nearest_word(word, list, 1), same);
    same[64] = 'a';
    same[65] = '\0';
    assert_null(nearest_word(word, list, 1));
    word[64] = 'a';
    word[65] = '\0';
    same[64] = '\0';
    assert_null(nearest_word(word, list, 1));
}

/* The full distance, by its definition, of all short words over two letters. */
static size_t
slow_distance(const char *a, size_t n, const char *b, size_t k)
{
    if (n == 0 || k == 0) {
        return n + k;
    }
    size_t best = slow_distance(a, n - 1, b, k - 1) + (a[n - 1] != b[k - 1]);
    const size_t drop = slow_distance(a, n - 1, b, k) + 1;
    const size_t insert = slow_distance(a, n, b, k - 1) + 1;
    best = drop < best ? drop : best;
    best = insert < best ? insert : best;
    if (n > 1 && k > 1 && a[n - 1] == b[k - 2] && a[n - 2] == b[k - 1]) {
        const size_t swap = slow_distance(a, n - 2, b, k - 2) + 1;
        best = swap < best ? swap : best;
    }
    return best;
}

static void
test_near_is_at_most_a_third_of_what_was_written(void **state)
{
    enum { LETTERS = 6, ALL = 1 << LETTERS };
    size_t found = 0;

    (void)state;
    for (int i = 0; i < ALL * ALL; i += 7) { /* each pair costs thousands of steps */
        char word[LETTERS + 1] = "";
        char other[LETTERS + 1] = "";
        const char *list[] = {other};
        const size_t len = 3 + (size_t)(i % 4);
        for (int bit = 0; bit < LETTERS; bit++) {
            word[bit] = (char)('a' + (i >> bit & 1));
            other[bit] = (char)('a' + (i >> (LETTERS + bit) & 1));
        }
        other[len] = '\0';
        const bool is_near = slow_distance(word, LETTERS, other, len) <= LETTERS / 3;
        assert_int_equal(nearest_word(word, list, 1) != NULL, is_near);
        found += is_near;
    }
    assert_in_range(found, 50, ALL * ALL / 7 - 50);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_slip_of_the_keyboard_is_near),
        cmocka_unit_test(test_another_word_is_not_near),
        cmocka_unit_test(test_the_first_of_equally_near_words_is_meant),
        cmocka_unit_test(test_words_longer_than_64_bytes_are_left_alone),
        cmocka_unit_test(test_near_is_at_most_a_third_of_what_was_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_tape.c - the last lines of what a host said, held against the plainest way to know them.
 */
#include "unit/ui/stage.h"

#include "base/prng.h"
#include "ui/tape.h"

enum { ROUNDS = 300, PIECES = 60, PIECE_MAX = 9000, ALL_MAX = 1 << 22 };

/* Where the last `lines` lines of text begin; one that has not ended counts beside them. */
static size_t
last_lines(const char *text, size_t len, int32_t lines)
{
    size_t at = len;
    int32_t ends = 0;

    while (at > 0) {
        if (text[at - 1] == '\n' && ++ends > lines) {
            break;
        }
        at--;
    }
    return at;
}

static void
add(struct tape *t, const char *text, struct tape_max max)
{
    tape_add(t, NULL, text, strlen(text), max);
}

static void
is(const struct tape *t, const char *expected)
{
    assert_int_equal(t->len, strlen(expected));
    if (t->len > 0) {
        assert_memory_equal(t->bytes + t->start, expected, t->len);
    }
}

static void
test_only_the_last_lines_are_kept(void **state)
{
    const struct tape_max max = {.lines = 2, .bytes = 1 << 16};
    struct tape t = {0};

    (void)state;
    add(&t, "one\ntw", max);
    is(&t, "one\ntw");
    add(&t, "o\nthree\nfo", max);
    is(&t, "two\nthree\nfo");
    add(&t, "ur\n", max);
    is(&t, "three\nfour\n");
    assert_int_equal(t.count, 19);
    tape_end_line(&t, NULL, max);
    is(&t, "three\nfour\n");
    add(&t, "five", max);
    tape_end_line(&t, NULL, max);
    is(&t, "four\nfive\n");
    tape_release(&t, NULL);
}

static void
test_no_line_is_kept_where_none_is_wanted(void **state)
{
    const struct tape_max max = {.lines = 0, .bytes = 1 << 16};
    struct tape t = {0};

    (void)state;
    add(&t, "one\ntwo", max);
    is(&t, "");
    assert_int_equal(t.count, 7);
    assert_null(t.bytes);
    tape_release(&t, NULL);
}

/* A bar of progress: one line for ever. */
static void
test_of_a_line_without_an_end_the_newest_bytes_are_kept(void **state)
{
    const struct tape_max max = {.lines = 5, .bytes = 4 * TAPE_LINE_BYTES};
    struct tape t = {0};
    char text[32];

    (void)state;
    add(&t, "before\n", max);
    for (int i = 0; i < 100000; i++) {
        (void)snprintf(text, sizeof(text), "%6d %%\r", i);
        add(&t, text, max);
        assert_in_range(t.cap, 0, 4 * TAPE_LINE_BYTES);
    }
    assert_memory_equal(t.bytes + t.start, "before\n", 7);
    assert_memory_equal(t.bytes + t.start + t.len - 9, " 99999 %\r" + 0, 9);
    assert_in_range(t.len, TAPE_LINE_BYTES, 2 * TAPE_LINE_BYTES + 7);
    tape_release(&t, NULL);
}

/* Bytes and pieces by chance, with lines that are short enough to be kept whole. */
static void
one_round(struct prng *p, const struct tape_max *max, char *all)
{
    struct budget b = {.max = INT64_MAX};
    struct tape t = {0};
    size_t len = 0;

    for (int i = 0; i < PIECES; i++) {
        const size_t begin = len;
        const size_t count = prng_below(p, 4) == 0 ? prng_below(p, PIECE_MAX) : prng_below(p, 80);
        while (len < begin + count) {
            all[len++] = prng_below(p, 40) == 0 ? '\n' : (char)(prng_below(p, 255) + 1);
        }
        if (len - begin > 0 && prng_below(p, 2) == 0) {
            all[len - 1] = '\n';
        }
        tape_add(&t, &b, all + begin, len - begin, *max);
        const size_t from = last_lines(all, len, max->lines);
        assert_int_equal(t.count, len);
        assert_int_equal(b.used, t.cap);
        if (len - from <= max->bytes / 2) { /* nothing had to go for its bytes */
            assert_int_equal(t.len, len - from);
            assert_memory_equal(t.bytes == NULL ? "" : t.bytes + t.start, all + from, t.len);
        }
        assert_in_range(t.len, 0, max->bytes);
        assert_in_range(t.cap, 0, max->bytes + PIECE_MAX);
        if (t.len > 0) { /* whatever is kept is the end of what came */
            assert_memory_equal(t.bytes + t.start, all + len - t.len, t.len);
        }
    }
    tape_trim(&t, &b, (struct tape_max){.lines = 1, .bytes = 4 * TAPE_LINE_BYTES});
    assert_in_range(t.cap, 0, 4 * TAPE_LINE_BYTES);
    assert_in_range(t.lines, 0, 1);
    tape_drop(&t, &b);
    assert_int_equal(b.used, 0);
    assert_int_equal(t.count, len);
    tape_release(&t, &b);
}

static void
test_what_is_kept_is_the_end_of_what_came(void **state)
{
    char *all = xcalloc(ALL_MAX, 1);
    struct prng p = {.state = 7};

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        const struct tape_max max = {.lines = (int32_t)prng_below(&p, 200) + 1,
                                     .bytes = i % 2 == 0 ? 1 << 20 : 4 * TAPE_LINE_BYTES};
        one_round(&p, &max, all);
    }
    free(all);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_the_last_lines_are_kept),
        cmocka_unit_test(test_no_line_is_kept_where_none_is_wanted),
        cmocka_unit_test(test_of_a_line_without_an_end_the_newest_bytes_are_kept),
        cmocka_unit_test(test_what_is_kept_is_the_end_of_what_came),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

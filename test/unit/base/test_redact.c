/*
 * test_redact.c - no byte of a secret gets through, however the stream is cut, and no other is
 * lost.
 */
#include "base/redact.h"

#include "base/prng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

enum { OUT_MAX = 1 << 20, SECRETS_MAX = 6, TEXT_BYTES = 300, ROUNDS = 4000 };

static struct redact *
set_of(const char *const *secrets)
{
    struct redact *r = redact_new();

    for (; *secrets != NULL; secrets++) {
        assert_int_equal(redact_add(r, *secrets, strlen(*secrets)), 0);
    }
    return r;
}

static void
test_every_byte_of_a_secret_is_taken_out_and_nothing_else(void **state)
{
    static const struct {
        const char *secrets[4];
        const char *text, *wanted;
    } rows[] = {
        {{"hunter22"}, "the password is hunter22.", "the password is ***."},
        {{"hunter22"}, "hunter2 hunter22", "hunter2 ***"},
        {{"hunter22"}, "+ echo 'hunter22'", "+ echo '***'"},
        {{"hunter22"}, "hunter22hunter22", "***"},
        {{"hunter22"}, "hunter22 hunter22", "*** ***"},
        {{"abcd", "cdef"}, "xabcdefx", "x***x"},
        {{"abcd", "abcdefgh"}, "abcdefg", "***efg"},
        {{"abcd", "xxabcdyy"}, "xxabcdyz", "xx***yz"},
        {{"aaaa"}, "aaaaaaa b aaa", "*** b aaa"},
        {{"abc"}, "abc", "abc"},                 /* too short to be told from ordinary text */
        {{"\nhunter22\r\n"}, "hunter22", "***"}, /* as `echo x | ansible-vault` writes it */
        {{"line one\nline two\nend"}, "a line two end", "a *** end"},
        {{"line one\nline two\nend"}, "line one\nline two\nend", "***"},
        {{"line one\r\nshort\r\n"}, "line one\nshort", "***\nshort"},
        {{"****"}, "****", "***"},
        {{NULL}, "nothing to hide", "nothing to hide"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct redact *r = set_of(rows[i].secrets);
        struct buf out;
        buf_init(&out, OUT_MAX);
        assert_int_equal(redact_text(r, rows[i].text, strlen(rows[i].text), &out), 0);
        assert_string_equal(out.data, rows[i].wanted);
        buf_release(&out);
        redact_free(r);
    }
}

static void
test_a_stream_passes_on_what_can_no_longer_be_a_secret(void **state)
{
    static const char *const secrets[] = {"hunter22", NULL};
    struct redact *r = set_of(secrets);
    struct redact_stream s = {0};
    struct buf out;

    (void)state;
    buf_init(&out, OUT_MAX);
    redact_feed(r, &s, "password: hun", 13, &out);
    assert_string_equal(out.data, "password: ");
    redact_feed(r, &s, "gry\nhunt", 8, &out);
    assert_string_equal(out.data, "password: hungry\n");
    redact_feed(r, &s, "er22", 4, &out);
    redact_feed(r, &s, "!", 1, &out);
    assert_string_equal(out.data, "password: hungry\n***!");
    redact_feed(r, &s, "hunter", 6, &out);
    assert_string_equal(out.data, "password: hungry\n***!");
    redact_flush(&s, &out);
    assert_string_equal(out.data, "password: hungry\n***!hunter");
    redact_feed(r, &s, "22", 2, &out); /* of another step: it does not end the first one's */
    redact_flush(&s, &out);
    assert_string_equal(out.data, "password: hungry\n***!hunter22");
    redact_stream_release(&s);
    buf_release(&out);
    redact_free(r);
}

static void
test_a_stream_keeps_no_room_that_it_does_not_need(void **state)
{
    static const char *const secrets[] = {"hunter22", NULL};
    struct redact *r = set_of(secrets);
    struct redact_stream s = {0};
    char *large = calloc(1, 65536);
    struct buf out;

    (void)state;
    assert_non_null(large);
    memcpy(large + 65530, "hunter", 6);
    buf_init(&out, OUT_MAX);
    redact_feed(r, &s, large, 65536, &out);
    assert_int_equal(s.held_len, 6);
    assert_true(s.held_cap < 1024);
    assert_int_equal(out.len, 65530);
    redact_stream_release(&s);
    free(large);
    buf_release(&out);
    redact_free(r);
}

static void
test_a_secret_may_be_added_while_a_stream_is_under_way(void **state)
{
    struct redact *r = redact_new();
    struct redact_stream s = {0};
    struct buf out;

    (void)state;
    assert_true(redact_is_empty(NULL));
    assert_true(redact_is_empty(r));
    redact_add(r, "abcdef", 6);
    assert_false(redact_is_empty(r));
    buf_init(&out, OUT_MAX);
    redact_feed(r, &s, "xabcd", 5, &out);
    redact_add(r, "abcd", 4);
    redact_add(r, "efgh", 4);
    redact_feed(r, &s, "ef efgh", 7, &out);
    redact_flush(&s, &out);
    assert_string_equal(out.data, "x*** ***");
    redact_stream_release(&s);
    buf_release(&out);
    redact_free(r);
}

static void
test_a_set_that_is_full_says_so(void **state)
{
    struct redact *r = redact_new();
    char *large = calloc(REDACT_BYTES_MAX, 1);

    (void)state;
    assert_non_null(large);
    memset(large, 'a', REDACT_BYTES_MAX);
    assert_int_equal(redact_add(r, large, REDACT_BYTES_MAX), -1);
    assert_int_equal(redact_add(r, large, REDACT_BYTES_MAX - 1), 0);
    assert_int_equal(redact_add(r, "b and more", 10), -1);
    assert_int_equal(redact_add(r, large, REDACT_BYTES_MAX - 1), 0); /* it is in already */
    free(large);
    redact_free(r);
}

/* ---------------------------------------------------------------- against the plain way */

/* Mark every byte of every occurrence, then write each marked run as one mark. */
static void
redact_plainly(char secrets[][8], size_t count, const char *text, size_t len, struct buf *out)
{
    bool marked[TEXT_BYTES] = {false};

    for (size_t k = 0; k < count; k++) {
        const size_t n = strlen(secrets[k]);
        for (size_t i = 0; n >= REDACT_BYTES_MIN && i + n <= len; i++) {
            if (memcmp(text + i, secrets[k], n) == 0) {
                memset(marked + i, true, n);
            }
        }
    }
    for (size_t i = 0; i < len; i++) {
        if (!marked[i]) {
            (void)buf_addc(out, text[i]);
        } else if (i == 0 || !marked[i - 1]) {
            (void)buf_adds(out, REDACT_MARK);
        }
    }
}

static void
feed_in_pieces(struct prng *p, struct redact *r, const char *text, size_t len, struct buf *out)
{
    struct redact_stream s = {0};

    for (size_t at = 0; at < len;) {
        const size_t most = prng_below(p, 2) == 0 ? 3 : 40;
        size_t n = prng_below(p, most + 1);
        n = n < len - at ? n : len - at;
        assert_int_equal(redact_feed(r, &s, text + at, n, out), 0);
        assert_true(s.held_len < 8);
        at += n;
    }
    assert_int_equal(redact_flush(&s, out), 0);
    redact_stream_release(&s);
}

static void
test_is_the_same_as_the_plain_way_however_the_text_is_cut(void **state)
{
    struct prng p = {.state = 1975};

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        char secrets[SECRETS_MAX][8];
        char text[TEXT_BYTES];
        const uint64_t letters = 1 + prng_below(&p, 3);
        const size_t count = prng_below(&p, SECRETS_MAX + 1);
        const size_t len = prng_below(&p, TEXT_BYTES + 1);
        struct redact *r = redact_new();
        struct buf wanted, got;

        for (size_t k = 0; k < count; k++) {
            const size_t n = prng_below(&p, 8);
            for (size_t i = 0; i < n; i++) {
                secrets[k][i] = (char)('a' + prng_below(&p, letters));
            }
            secrets[k][n] = '\0';
            assert_int_equal(redact_add(r, secrets[k], n), 0);
        }
        for (size_t i = 0; i < len; i++) {
            text[i] = (char)('a' + prng_below(&p, letters));
        }
        buf_init(&wanted, OUT_MAX);
        buf_init(&got, OUT_MAX);
        redact_plainly(secrets, count, text, len, &wanted);
        feed_in_pieces(&p, r, text, len, &got);
        assert_string_equal(got.data, wanted.data);
        buf_release(&wanted);
        buf_release(&got);
        redact_free(r);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_byte_of_a_secret_is_taken_out_and_nothing_else),
        cmocka_unit_test(test_a_stream_passes_on_what_can_no_longer_be_a_secret),
        cmocka_unit_test(test_a_stream_keeps_no_room_that_it_does_not_need),
        cmocka_unit_test(test_a_secret_may_be_added_while_a_stream_is_under_way),
        cmocka_unit_test(test_a_set_that_is_full_says_so),
        cmocka_unit_test(test_is_the_same_as_the_plain_way_however_the_text_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

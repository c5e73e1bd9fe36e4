/*
 * test_escape.c - random bytes come out as one harmless line; a real shell reads back what was
 * quoted.
 */
#include "base/escape.h"

#include "base/prng.h"

#include <stdio.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef void escaper(struct buf *out, const char *bytes, size_t len);

static void
check_rows(escaper *escape, const char *const (*rows)[2], size_t count)
{
    struct buf out;

    buf_init(&out, 1000);
    for (size_t i = 0; i < count; i++) {
        buf_clear(&out);
        escape(&out, rows[i][0], strlen(rows[i][0]));
        assert_string_equal(out.data, rows[i][1]);
    }
    buf_release(&out);
}

/* fault 22: one line */
static void
test_escapes_a_line_for_the_log(void **state)
{
    static const char *const rows[][2] = {
        {"plain", "plain"},
        {"a\nb\tc", "a\\nb\\tc"},
        {"\x1b[2J", "\\x1b[2J"},
        {"c:\\n", "c:\\\\n"},
        {"\x7f", "\\x7f"},
        {"\xff\xc3", "\\xff\\xc3"},
        {"caf\xc3\xa9", "caf\xc3\xa9"},
        {"\xe2\x80\xae", "\\u202e"},
        {"\xe2\x80\xa8", "\\u2028"},
        {"\xd8\x9c", "\\u061c"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
    };

    (void)state;
    check_rows(escape_line, rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_leaves_tab_and_backslash_to_a_terminal(void **state)
{
    static const char *const rows[][2] = {
        {"a\tb\\c", "a\tb\\c"},
        {"a\nb\r", "a\\nb\\r"},
        {"\x1b]0;x\x07", "\\x1b]0;x\\x07"},
        {"\xe2\x81\xa6", "\\u2066"},
    };

    (void)state;
    check_rows(escape_terminal, rows, sizeof(rows) / sizeof(rows[0]));
}

/* One line, valid UTF-8, no control code (C1 too), no bidi control. */
static void
check_harmless(const struct buf *out, bool tab_allowed)
{
    for (size_t i = 0; i < out->len;) {
        unsigned code = 0;
        const size_t n = utf8_decode(out->data + i, out->len - i, &code);
        assert_true(n > 0);
        assert_true(code >= 0x20 || (tab_allowed && code == '\t'));
        assert_false(code >= 0x7f && code < 0xa0);
        assert_false(code >= 0x2028 && code <= 0x202e);
        assert_false(code >= 0x2066 && code <= 0x2069);
        assert_false(code == 0x200e || code == 0x200f || code == 0x61c);
        i += n;
    }
}

static size_t
random_bytes(struct prng *p, char *bytes, size_t max)
{
    /* bytes that make UTF-8 sequences, and bidi controls, likely */
    static const unsigned char lead[] = {0xc2, 0xd8, 0xe2, 0xed, 0xf0, 0xf4, 0x80, 0x81,
                                         0x9c, 0xa8, 0xae, 0xbf, '\n', 0x1b, '\\', 'a'};
    const size_t len = prng_below(p, max + 1);

    for (size_t i = 0; i < len; i++) {
        bytes[i] =
            (char)(prng_below(p, 2) == 0 ? prng_below(p, 256) : lead[prng_below(p, sizeof(lead))]);
    }
    return len;
}

/* fault 21: nothing a terminal obeys */
static void
test_makes_random_bytes_harmless(void **state)
{
    struct prng p = {.state = 20240601};
    struct buf out;
    char bytes[64];

    (void)state;
    buf_init(&out, 4096);
    for (int round = 0; round < 20000; round++) {
        const size_t len = random_bytes(&p, bytes, sizeof(bytes));
        buf_clear(&out);
        escape_line(&out, bytes, len);
        check_harmless(&out, false);
        assert_false(out.full);
        buf_clear(&out);
        escape_terminal(&out, bytes, len);
        check_harmless(&out, true);
    }
    buf_release(&out);
}

static void
test_stays_harmless_when_the_room_ends(void **state)
{
    struct prng p = {.state = 5};
    char bytes[64];

    (void)state;
    for (size_t max = 0; max < 80; max++) {
        struct buf out;
        buf_init(&out, max);
        escape_line(&out, bytes, random_bytes(&p, bytes, sizeof(bytes)));
        check_harmless(&out, false);
        assert_true(out.len <= max);
        buf_release(&out);
    }
}

static void
test_fills_the_room_to_the_last_whole_character(void **state)
{
    static const struct {
        size_t max;
        const char *bytes, *expected;
    } rows[] = {
        {5, "abcdefgh", "abcde"},
        {5, "abc\xc3\xa9\xc3\xa9", "abc\xc3\xa9"},
        {4, "abc\xc3\xa9\xc3\xa9", "abc"},
        {4, "abc\xc3\xa9x", "abcx"}, /* what is shorter still has room */
        {4, "ab\x1b_", "ab_"},
        {0, "a", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf out;
        buf_init(&out, rows[i].max);
        escape_line(&out, rows[i].bytes, strlen(rows[i].bytes));
        assert_string_equal(out.data, rows[i].expected);
        assert_true(out.full);
        buf_release(&out);
    }
}

static void
test_tells_valid_utf8_by_rfc_3629(void **state)
{
    static const struct {
        const char *bytes;
        size_t len; /* of the first sequence, 0 when invalid */
        unsigned code;
    } rows[] = {
        {"a", 1, 'a'},
        {"\xc3\xa9", 2, 0xe9},
        {"\xe2\x82\xac", 3, 0x20ac},
        {"\xf0\x9f\x98\x80", 4, 0x1f600},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
        {"\xf4\x90\x80\x80", 0, 0},
        {"\xc0\x80", 0, 0},
        {"\xc1\xbf", 0, 0},
        {"\xe0\x9f\xbf", 0, 0},
        {"\xf0\x8f\xbf\xbf", 0, 0},
        {"\xed\xa0\x80", 0, 0},
        {"\xed\xbf\xbf", 0, 0},
        {"\xe2\x82", 0, 0},
        {"\xf8\x88\x80\x80\x80", 0, 0},
        {"\x80", 0, 0},
        {"\xff", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned code = 0;
        const size_t len = strlen(rows[i].bytes);
        assert_int_equal(utf8_decode(rows[i].bytes, len, &code), rows[i].len);
        assert_int_equal(code, rows[i].code);
        assert_int_equal(utf8_valid(rows[i].bytes, len), rows[i].len > 0);
    }
    assert_int_equal(utf8_decode("", 0, NULL), 0);
    assert_true(utf8_valid("", 0));
}

static void
check_shell_reads_back(const char *bytes, size_t len)
{
    char path[] = "/tmp/test_escape.XXXXXX";
    char back[1024];
    struct buf out;
    const int fd = mkstemp(path);

    assert_true(fd >= 0);
    buf_init(&out, 4096);
    (void)buf_adds(&out, "printf %s ");
    escape_shell(&out, bytes, len);
    assert_int_equal(write(fd, out.data, out.len), (ssize_t)out.len);
    assert_int_equal(close(fd), 0);
    buf_clear(&out);
    (void)buf_addf(&out, "exec dash %s", path);
    FILE *shell = popen(out.data, "r"); /* NOLINT(cert-env33-c): the path is our own */
    assert_non_null(shell);
    assert_int_equal(fread(back, 1, sizeof(back), shell), len);
    assert_int_equal(pclose(shell), 0);
    assert_memory_equal(back, bytes, len);
    (void)unlink(path);
    buf_release(&out);
}

/* fault 43: every byte */
static void
test_quotes_every_byte_for_a_real_shell(void **state)
{
    struct prng p = {.state = 77};
    char bytes[255];

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(i + 1);
    }
    check_shell_reads_back(bytes, sizeof(bytes));
    check_shell_reads_back("", 0);
    check_shell_reads_back("'", 1);
    check_shell_reads_back("''$(id)`id`\\'\n", 14);
    for (int round = 0; round < 5; round++) {
        for (size_t i = 0; i < sizeof(bytes); i++) {
            bytes[i] = (char)(prng_below(&p, 3) == 0 ? '\'' : 1 + prng_below(&p, 255));
        }
        check_shell_reads_back(bytes, sizeof(bytes));
    }
}

static void
test_what_is_encoded_is_decoded_again(void **state)
{
    static const unsigned codes[] = {0x1,    0x7f,   0x80,   0x7ff,   0x800,
                                     0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff};
    (void)state;

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        struct buf b;
        unsigned code = 0;
        buf_init(&b, 16);
        utf8_encode(&b, codes[i]);
        assert_int_equal(utf8_decode(b.data, b.len, &code), b.len);
        assert_int_equal(code, codes[i]);
        buf_release(&b);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes_a_line_for_the_log),
        cmocka_unit_test(test_what_is_encoded_is_decoded_again),
        cmocka_unit_test(test_leaves_tab_and_backslash_to_a_terminal),
        cmocka_unit_test(test_makes_random_bytes_harmless),
        cmocka_unit_test(test_stays_harmless_when_the_room_ends),
        cmocka_unit_test(test_fills_the_room_to_the_last_whole_character),
        cmocka_unit_test(test_tells_valid_utf8_by_rfc_3629),
        cmocka_unit_test(test_quotes_every_byte_for_a_real_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

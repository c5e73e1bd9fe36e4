/*
 * test_pattern.c - a pattern falls into its terms as in Ansible, and an expression of Python's is
 * written for PCRE2 with nothing in it that only PCRE2 knows.
 */
#include "config/pattern.h"
#include "config/pattern_regex.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Each answer is split_host_pattern's of ansible-core 2.14. */
static void
test_splits_at_commas_or_else_at_colons_but_not_in_addresses(void **state)
{
    static const char *const rows[][2] = {
        {"a", "a"},
        {"a,b", "a|b"},
        {" a , b\t", "a|b"},
        {"a:b", "a|b"},
        {"a b", "a|b"},
        {"a:b,c", "a:b|c"},
        {",,", ""},
        {":", ""},
        {"a,\xc2\xa0", "a"},
        {"web-[1:3]", "web-[1:3]"},
        {"web-[1:3]:db", "web-[1:3]|db"},
        {"web-[1:3", "web-|1|3"},
        {"web]x", "web|x"},
        {"[a b]:c", "[a b]|c"},
        {"web:22", "web:22"},
        {"web:80:443", "web|80|443"},
        {"web*:22", "web*|22"},
        {"[10.0.0.1]:22", "[10.0.0.1]:22"},
        {"fe80::1", "fe80::1"},
        {"FE80::1", "FE80::1"},
        {"::1", "::1"},
        {"a::b", "a::b"}, /* an address begins there, and that is enough */
        {"g::h", "g|h"},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"~a:b", "~a|b"},
        {"web[0]:db[1:2]", "web[0]|db[1:2]"},
        {"!a:&b", "!a|&b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct strv terms = {0};
        struct buf got;
        assert_int_equal(pattern_split(rows[i][0], &terms, NULL), 0);
        buf_init(&got, 4096);
        for (size_t k = 0; k < terms.count; k++) {
            (void)buf_addf(&got, "%s%s", k > 0 ? "|" : "", terms.items[k]);
        }
        if (strcmp(got.data, rows[i][1]) != 0) {
            fail_msg("%s: got %s, expected %s", rows[i][0], got.data, rows[i][1]);
        }
        buf_release(&got);
        strv_clear(&terms);
    }
}

static void
test_bytes_that_are_no_utf8_are_no_pattern(void **state)
{
    struct strv terms = {0};
    struct err err = {0};

    (void)state;
    assert_int_equal(pattern_split("web,\xff", &terms, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_string_equal(err.text, "the pattern is not UTF-8");
    strv_clear(&terms);
}

static void
test_subscripts_of_ten_things(void **state)
{
    static const struct {
        const char *term;
        size_t len;
        int from, end; /* -1: there is no such one */
    } rows[] = {
        {"web", 3, 0, 10},         {"web[0]", 3, 0, 1},    {"web[9]", 3, 9, 10},
        {"web[10]", 3, -1, 0},     {"web[-1]", 3, 9, 10},  {"web[-10]", 3, 0, 1},
        {"web[-11]", 3, -1, 0},    {"web[2:4]", 3, 2, 5},  {"web[2-4]", 3, 2, 5},
        {"web[2:]", 3, 2, 10},     {"web[2-]", 3, 2, 10},  {"web[2:99]", 3, 2, 10},
        {"web[4:2]", 3, 4, 4},     {"web[4:0]", 3, 4, 5},  {"web[99:]", 3, 10, 10},
        {"web[99:0]", 3, -1, 0},   {"web[007]", 3, 7, 8},  {"web[99999999999999999999]", 3, -1, 0},
        {"web[:2]", 7, 0, 10},     {"web[]", 5, 0, 10},    {"web[a]", 6, 0, 10},
        {"web[1:2:3]", 10, 0, 10}, {"web[-1:]", 8, 0, 10}, {"[0]", 3, 0, 10},
        {"a[0][1]", 4, 1, 2},      {"~web[0]", 7, 0, 10},  {"web[0]x", 7, 0, 10},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct subscript s;
        size_t from = 0;
        size_t end = 0;
        assert_int_equal(pattern_subscript(rows[i].term, &s), rows[i].len);
        const int rc = subscript_apply(&s, 10, &from, &end);
        if (rc == 0 ? (int)from != rows[i].from || (int)end != rows[i].end : rows[i].from != -1) {
            fail_msg("%s: got %d %zu %zu", rows[i].term, rc, from, end);
        }
    }
}

static void
test_pythons_expressions_are_written_for_pcre2(void **state)
{
    static const char *const rows[][2] = {
        {"web-\\d+", "web\\x{2d}\\d+"},
        {"a|b$", "a|b$"},
        {"(a)(?:b)(?P<n>c)(?P=n)\\1", "(a)(?:b)(c)\\g{2}\\g{1}"},
        {"(?=a)*", "(?:(?=a))*"},
        {"a{,2}b{2,}c{3}?d{2,999}+", "a{0,2}b{2,}c{3,3}?d{2,300}+"},
        {"a{}{x{1", "a\\x{7b}\\x{7d}\\x{7b}x\\x{7b}1"},
        {"[]a^-c\\d]", "[\\x{5d}\\x{61}\\x{5e}-\\x{63}\\d]"},
        {"[^[:alpha:]]", "[^\\x{5b}\\x{3a}\\x{61}\\x{6c}\\x{70}\\x{68}\\x{61}\\x{3a}]\\x{5d}"},
        {"\\x41\\u0042\\103\\07\\Z\\.", "ABC\\x{7}\\z\\x{2e}"},
        {"(?i)a(?-i:b)(?x: c # d\n)", "(?i)a(?-i:b)(?:c)"},
        {"(?xi) a b", "(?i)ab"},
        {"(?#note)a(?>b)", "a(?>b)"},
        {"(a)?(?(1)b|c)", "(a)?(?(1)b|c)"},
        {"\xc3\xa9", "\\x{e9}"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};
        struct buf out;
        buf_init(&out, 4096);
        if (pattern_regex_translate(rows[i][0], &out, &err) < 0) {
            fail_msg("%s: %s", rows[i][0], err.text);
        }
        if (strcmp(out.data, rows[i][1]) != 0) {
            fail_msg("%s: got %s, expected %s", rows[i][0], out.data, rows[i][1]);
        }
        buf_release(&out);
    }
}

static void
test_what_python_refuses_is_refused(void **state)
{
    static const char *const rows[] = {
        "(",
        ")",
        "[",
        "[z-a]",
        "[\\d-z]",
        "a**",
        "*a",
        "+",
        "^*",
        "\\b+",
        "a{2}{3}",
        "a{3,2}",
        "\\",
        "\\q",
        "\\Q",
        "\\h",
        "\\K",
        "\\z",
        "\\p{L}",
        "\\1",
        "(a)\\2",
        "(a\\1)",
        "\\x4",
        "\\u004",
        "\\400",
        "[\\A]",
        "[\\8]",
        "(?",
        "(?P",
        "(?P<a",
        "(?P<1a>x)",
        "(?P=n)",
        "(?P<a>x)(?P<a>y)",
        "(?R)",
        "(?1)",
        "(?|a)",
        "(?<n>a)",
        "(?'n'a)",
        "(*FAIL)",
        "(?C)",
        "a(?i)b",
        "(?z)",
        "(?-i)",
        "(?i-i:a)",
        "(?L)",
        "(?(1)a)",
        "(?(0)a)",
        "(a)(?(1)b|c|d)",
        "(?#",
        "\\N{DIGIT ONE}",
        "\xff",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};
        struct buf out;
        buf_init(&out, 4096);
        if (pattern_regex_translate(rows[i], &out, &err) == 0) {
            fail_msg("%s was accepted as %s", rows[i], out.data);
        }
        assert_int_equal(err.kind, ERR_USAGE);
        assert_true(strncmp(err.text, "regular expression '", 20) == 0);
        buf_release(&out);
    }
}

static void
test_deep_and_long_expressions_are_refused(void **state)
{
    struct err err = {0};
    struct buf text;
    struct buf out;

    (void)state;
    buf_init(&text, 1 << 20);
    buf_init(&out, 1 << 20);
    for (int i = 0; i < 5000; i++) {
        (void)buf_addc(&text, '(');
    }
    assert_int_equal(pattern_regex_translate(text.data, &out, &err), -1);
    assert_non_null(strstr(err.text, "too many groups inside each other"));
    buf_clear(&text);
    for (int i = 0; i < 2000; i++) {
        (void)buf_adds(&text, "()");
    }
    assert_int_equal(pattern_regex_translate(text.data, &out, &err), -1);
    assert_non_null(strstr(err.text, "too many groups"));
    assert_null(pattern_regex_new("(((a{300}){300}){300}){300}", 1000, &err));
    assert_non_null(strstr(err.text, "too large"));
    buf_release(&text);
    buf_release(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_splits_at_commas_or_else_at_colons_but_not_in_addresses),
        cmocka_unit_test(test_bytes_that_are_no_utf8_are_no_pattern),
        cmocka_unit_test(test_subscripts_of_ten_things),
        cmocka_unit_test(test_pythons_expressions_are_written_for_pcre2),
        cmocka_unit_test(test_what_python_refuses_is_refused),
        cmocka_unit_test(test_deep_and_long_expressions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

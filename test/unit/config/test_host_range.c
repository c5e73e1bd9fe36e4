/*
 * test_host_range.c - names with ranges against written expectations and a naive model.
 */
#include "base/prng.h"
#include "base/xalloc.h"
#include "config/inventory_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *
joined(const struct strv *names)
{
    struct buf out;

    buf_init(&out, 1 << 24);
    for (size_t i = 0; i < names->count; i++) {
        buf_addf(&out, "%s%s", i == 0 ? "" : " ", names->items[i]);
    }
    char *text = buf_detach(&out);
    buf_release(&out);
    return text;
}

static void
test_expands_ranges_as_ansible_does(void **state)
{
    static const struct {
        const char *pattern, *expected;
    } rows[] = {
        {"web", "web"},
        {"web-[1:3]", "web-1 web-2 web-3"},
        {"web-[01:03]", "web-01 web-02 web-03"},
        {"web-[08:11].example", "web-08.example web-09.example web-10.example web-11.example"},
        {"[9:11]", "9 10 11"},
        {"n[1:9:2]", "n1 n3 n5 n7 n9"},
        {"n[1:8:3]", "n1 n4 n7"},
        {"n[1:8:99]", "n1"},
        {"n[000:010:5]", "n000 n005 n010"},
        {"n[0:2]", "n0 n1 n2"},
        {"n[:2]", "n0 n1 n2"},
        {"n[5:5]", "n5"},
        {"n[1:01]", "n1"},
        {"db-[a:d]", "db-a db-b db-c db-d"},
        {"db-[a:g:3]", "db-a db-d db-g"},
        {"db-[X:Z]", "db-X db-Y db-Z"},
        {"db-[y:B]", "db-y db-z db-A db-B"}, /* letters go a-z, then A-Z */
        {"[a:b][1:2]", "a1 a2 b1 b2"},
        {"r[1:2]-n[01:02]-[a:b]",
         "r1-n01-a r1-n01-b r1-n02-a r1-n02-b r2-n01-a r2-n01-b r2-n02-a r2-n02-b"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct strv names = {0};
        char why[128];
        if (host_range_expand(rows[i].pattern, &names, why) < 0) {
            fail_msg("%s: %s", rows[i].pattern, why);
        }
        char *got = joined(&names);
        assert_string_equal(got, rows[i].expected);
        free(got);
        strv_clear(&names);
    }
}

static void
test_refuses_what_is_no_range(void **state)
{
    static const char form[] = "a range is [1:9], [01:09], [a:f] or [1:9:2]";
    static const char *const rows[] = {
        "w[",
        "w[1",
        "w[1:",
        "w[1:2",
        "w[]",
        "w[1]",
        "w[:]",
        "w[1:]",
        "w[a:]",
        "w[:a]",
        "w[2:1]",
        "w[b:a]",
        "w[A:a]",
        "w[a:1]",
        "w[1:a]",
        "w[aa:bb]",
        "w[1:2:0]",
        "w[1:2:-1]",
        "w[1:2:]",
        "w[1:2:x]",
        "w[1:2:3:4]",
        "w[-1:2]",
        "w[+1:2]",
        "w[ 1:2]",
        "w[01:2]",
        "w[01:002]",
        "w[1-2]",
        "w[1:2]x[",
        "w[1:2]x[2:1]",
        "w[0x1:0x2]",
        "w[1.0:2]",
        "w[1:9999999999]",
        "w[99999999999999999999:99999999999999999999]",
        "w[1:2:99999999999999999999]",
        "w[[1:2]]",
        "w[\xc3\xa9:\xc3\xaa]",
        "w[@:A]",
        "w[Z:[]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct strv names = {0};
        char why[128] = "";
        if (host_range_expand(rows[i], &names, why) == 0) {
            char *got = joined(&names);
            fail_msg("%s was accepted: %s", rows[i], got);
        }
        assert_string_equal(why, form);
        strv_clear(&names);
    }
}

static void
test_stops_at_the_number_of_hosts(void **state)
{
    static const struct {
        const char *pattern;
        size_t count; /* 0: refused */
    } rows[] = {
        {"n[1:100000]", 100000},         {"n[1:100001]", 0},
        {"n[0:999999999]", 0},           {"n[1:400]-[1:250]", 100000},
        {"n[1:400]-[1:251]", 0},         {"[1:99999][1:99999][1:99999][1:99999]", 0},
        {"n[0:999999999:999999999]", 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct strv names = {0};
        char why[128] = "";
        const int rc = host_range_expand(rows[i].pattern, &names, why);
        assert_int_equal(rc, rows[i].count > 0 ? 0 : -1);
        if (rc == 0) {
            assert_int_equal(names.count, rows[i].count);
        } else {
            assert_string_equal(why, "a range of more than 100000 hosts");
        }
        strv_clear(&names);
    }
}

static void
test_a_name_has_at_most_253_bytes(void **state)
{
    struct strv names = {0};
    char why[128] = "", text[300] = "";

    (void)state;
    memset(text, 'a', 252);
    (void)snprintf(text + 252, sizeof(text) - 252, "[1:9]");
    assert_int_equal(host_range_expand(text, &names, why), 0);
    assert_int_equal(names.count, 9);
    assert_true(host_name_valid(names.items[8]));
    strv_clear(&names);
    (void)snprintf(text + 252, sizeof(text) - 252, "[1:10]");
    assert_int_equal(host_range_expand(text, &names, why), -1);
    assert_string_equal(why, "a host name has at most 253 bytes");
    strv_clear(&names);
}

/* fault 42: the grammar of a name */
static void
test_a_name_has_a_strict_grammar(void **state)
{
    static const char *const good[] = {"a", "9", "_x", "web-01.example.org", "A.b_c-d", "10.0.0.1"};
    static const char *const bad[] = {
        "",        "-oProxyCommand=id",
        "-",       ".",
        "..",      "../x",
        ".x",      "a/b",
        "a b",     " a",
        "a ",      "a\n",
        "a\tb",    "a\x1b[31m",
        "\x7f",    "a\xc3\xa9",
        "\xff",    "a:22",
        "[::1]",   "::1::",
        "a@b",     "a,b",
        "a;b",     "$(id)",
        "`id`",    "a'b",
        "a\"b",    "a\\b",
        "*",       "a?",
        "!a",      "&a",
        "~a",      "a%b",
        "{{ a }}",
    };
    char longest[255];

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(host_name_valid(good[i]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (host_name_valid(bad[i])) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
    memset(longest, 'a', 254);
    longest[254] = '\0';
    assert_false(host_name_valid(longest));
    longest[253] = '\0';
    assert_true(host_name_valid(longest));
}

static void
test_every_byte_is_in_the_grammar_or_not(void **state)
{
    static const char inside[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

    (void)state;
    for (int c = 1; c < 256; c++) {
        const char first[] = {(char)c, 'a', '\0'}, later[] = {'a', (char)c, '\0'};
        const bool word = strchr(inside, c) != NULL;
        assert_int_equal(host_name_valid(first), word);
        assert_int_equal(host_name_valid(later), word || c == '.' || c == '-');
    }
}

/* ---- against a model that counts instead of parsing */

enum { PARTS_MAX = 3, ROUNDS = 500 };

struct part {
    bool letters, padded;
    int first, last, step;
};

static void
draw_part(struct prng *p, struct part *part)
{
    part->letters = prng_below(p, 3) == 0;
    part->padded = !part->letters && prng_below(p, 2) == 0;
    const int bound = part->letters ? 52 : 1000;
    part->first = (int)prng_below(p, (uint64_t)bound);
    part->last = part->first + (int)prng_below(p, 8);
    part->last = part->last < bound ? part->last : bound - 1;
    part->step = 1 + (int)prng_below(p, 4);
}

static char
letter(int i)
{
    return (char)(i < 26 ? 'a' + i : 'A' + i - 26);
}

static void
put_number(struct buf *out, const struct part *part, int n)
{
    if (part->letters) {
        buf_addc(out, letter(n));
    } else if (part->padded) {
        buf_addf(out, "%04d", n);
    } else {
        buf_addf(out, "%d", n);
    }
}

static char *
pattern_of(const struct part *parts, size_t count)
{
    struct buf out;

    buf_init(&out, 4096);
    buf_adds(&out, "h");
    for (size_t i = 0; i < count; i++) {
        buf_adds(&out, "[");
        put_number(&out, &parts[i], parts[i].first);
        buf_adds(&out, ":");
        put_number(&out, &parts[i], parts[i].last);
        if (parts[i].step > 1) {
            buf_addf(&out, ":%d", parts[i].step);
        }
        buf_adds(&out, "]-");
    }
    char *text = buf_detach(&out);
    buf_release(&out);
    return text;
}

/* Counts through all combinations like an odometer. */
static void
model(const struct part *parts, size_t count, struct strv *names)
{
    int at[PARTS_MAX];

    for (size_t i = 0; i < count; i++) {
        at[i] = parts[i].first;
    }
    for (bool more = true; more;) {
        struct buf out;
        buf_init(&out, 4096);
        buf_adds(&out, "h");
        for (size_t i = 0; i < count; i++) {
            put_number(&out, &parts[i], at[i]);
            buf_adds(&out, "-");
        }
        strv_take(names, buf_detach(&out));
        buf_release(&out);
        more = false;
        for (size_t i = count; i > 0 && !more; i--) {
            at[i - 1] += parts[i - 1].step;
            more = at[i - 1] <= parts[i - 1].last;
            at[i - 1] = more ? at[i - 1] : parts[i - 1].first;
        }
    }
}

static void
test_random_ranges_expand_as_the_model_counts(void **state)
{
    struct prng p = {.state = 20};

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        const size_t count = 1 + prng_below(&p, PARTS_MAX);
        struct part parts[PARTS_MAX];
        struct strv expected = {0}, got = {0};
        char why[128];
        for (size_t i = 0; i < count; i++) {
            draw_part(&p, &parts[i]);
        }
        char *pattern = pattern_of(parts, count);
        model(parts, count, &expected);
        if (host_range_expand(pattern, &got, why) < 0) {
            fail_msg("%s: %s", pattern, why);
        }
        assert_int_equal(got.count, expected.count);
        for (size_t i = 0; i < got.count; i++) {
            assert_string_equal(got.items[i], expected.items[i]);
        }
        strv_clear(&expected);
        strv_clear(&got);
        free(pattern);
    }
}

static void
test_random_bytes_expand_to_names_or_say_why(void **state)
{
    static const char bytes[] = "[]:::0019azAZ-.\xff";
    struct prng p = {.state = 7};
    int accepted = 0;

    (void)state;
    for (int round = 0; round < 20 * ROUNDS; round++) {
        char text[24], why[128] = "";
        struct strv names = {0};
        const size_t len = prng_below(&p, 12);
        for (size_t i = 0; i < len; i++) {
            text[i] = bytes[prng_below(&p, sizeof(bytes) - 1)];
        }
        text[len] = '\0';
        if (host_range_expand(text, &names, why) == 0) {
            assert_true(names.count >= 1);
            accepted += strchr(text, '[') != NULL;
        } else {
            assert_true(why[0] != '\0');
        }
        strv_clear(&names);
    }
    assert_true(accepted > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expands_ranges_as_ansible_does),
        cmocka_unit_test(test_refuses_what_is_no_range),
        cmocka_unit_test(test_stops_at_the_number_of_hosts),
        cmocka_unit_test(test_a_name_has_at_most_253_bytes),
        cmocka_unit_test(test_a_name_has_a_strict_grammar),
        cmocka_unit_test(test_every_byte_is_in_the_grammar_or_not),
        cmocka_unit_test(test_random_ranges_expand_as_the_model_counts),
        cmocka_unit_test(test_random_bytes_expand_to_names_or_say_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_ini_value.c - Python's literals and shlex's words, as Python reads them.
 */
#include "config/ini_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"

/* Each expectation is json.dumps(ast.literal_eval(text)), or the text where that raises. */
static void
test_literals_have_their_types_and_the_rest_is_text(void **state)
{
    static const struct {
        const char *text, *json;
    } rows[] = {
        {"23", "23"},
        {"-5", "-5"},
        {"+5", "5"},
        {"- 5", "-5"},
        {"-(5)", "-5"},
        {"--5", "\"--5\""},
        {"1_000", "1000"},
        {"1__0", "\"1__0\""},
        {"1_", "\"1_\""},
        {"_1", "\"_1\""},
        {"0", "0"},
        {"00", "0"},
        {"007", "\"007\""},
        {"0644", "\"0644\""},
        {"0x1F", "31"},
        {"0x_1f", "31"},
        {"0o17", "15"},
        {"0b101", "5"},
        {"0x", "\"0x\""},
        {"0b2", "\"0b2\""},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"9223372036854775808", "\"9223372036854775808\""},
        {"1.10", "1.1"},
        {"1.", "1.0"},
        {".5", "0.5"},
        {"-.5", "-0.5"},
        {"1e5", "100000.0"},
        {"1e-7", "1e-07"},
        {"1E+2", "100.0"},
        {"010.5", "10.5"},
        {"1e", "\"1e\""},
        {"1._5", "\"1._5\""},
        {"1.2.3", "\"1.2.3\""},
        {"1e400", "Infinity"},
        {"3j", "\"3j\""},
        {"1+2", "\"1+2\""},
        {"10.0.0.1", "\"10.0.0.1\""},
        {"1 2", "\"1 2\""},
        {"8080 # the port", "8080"},
        {"web # not a comment of ours", "\"web # not a comment of ours\""},
        {"True", "true"},
        {"False", "false"},
        {"None", "null"},
        {"true", "\"true\""},
        {"yes", "\"yes\""},
        {"-True", "\"-True\""},
        {"Truely", "\"Truely\""},
        {"", "\"\""},
        {"''", "\"\""},
        {"'a'", "\"a\""},
        {"\"a'b\"", "\"a'b\""},
        {"'a' \"b\"", "\"ab\""},
        {"'a\\tb\\x41\\u00e9\\101'", "\"a\\tbA\xc3\xa9"
                                     "A\""},
        {"'\\q'", "\"\\\\q\""},
        {"'\\N{BULLET}'", "\"'\\\\N{BULLET}'\""},
        {"r'a\\nb'", "\"a\\\\nb\""},
        {"u'x'", "\"x\""},
        {"b'x'", "\"x\""},
        {"b'\\xc3\\xa9'", "\"\xc3\xa9\""},
        {"f'x'", "\"f'x'\""},
        {"'''a'b'''", "\"a'b\""},
        {"'a", "\"'a\""},
        {"'a' b", "\"'a' b\""},
        {"'a'.upper()", "\"'a'.upper()\""},
        {"[1, 'a', [True, None]]", "[1, \"a\", [true, null]]"},
        {"[1,]", "[1]"},
        {"[]", "[]"},
        {"[,]", "\"[,]\""},
        {"[1 2]", "\"[1 2]\""},
        {"[a, b]", "\"[a, b]\""},
        {"[1, 2", "\"[1, 2\""},
        {"1, 2", "[1, 2]"},
        {"1,", "[1]"},
        {"(1)", "1"},
        {"(1,)", "[1]"},
        {"()", "[]"},
        {"{'a': 1, 'b': {'c': [2]}}", "{\"a\": 1, \"b\": {\"c\": [2]}}"},
        {"{'a': 1, 'a': 2,}", "{\"a\": 2}"},
        {"{2: 'x', None: 0, True: 1, 1.5: 2, 1e999: 3}",
         "{\"2\": \"x\", \"null\": 0, \"true\": 1, \"1.5\": 2, \"Infinity\": 3}"},
        {"{True: 'x', 1: 'y', 1.0: 'z'}", "{\"true\": \"z\"}"},
        {"{1: 'x', '1': 'y'}", "{\"1\": \"y\"}"},
        {"{}", "{}"},
        {"{1, 2}", "\"{1, 2}\""},
        {"{a: 1}", "\"{a: 1}\""},
        {"{'a'}", "\"{'a'}\""},
        {"{{ x }}", "\"{{ x }}\""},
        {"[1] + [2]", "\"[1] + [2]\""},
        {"__import__('os')", "\"__import__('os')\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *why = NULL;
        struct value *v = ini_value_read(rows[i].text, strlen(rows[i].text), &why);
        struct buf got;
        assert_non_null(v);
        buf_init(&got, 4096);
        value_to_json(v, &got);
        if (strcmp(got.data, rows[i].json) != 0) {
            fail_msg("%s: got %s, expected %s", rows[i].text, got.data, rows[i].json);
        }
        buf_release(&got);
        value_free(v);
    }
}

static void
test_what_no_value_can_be_is_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"'\\0'", "a NUL (\\0) in a text"},
        {"{[1]: 2}", "a list or a dict is a key"},
        {"{(1, 2): 3}", "a list or a dict is a key"},
    };
    char deep[2 * INI_DEPTH_MAX + 3];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *why = NULL;
        assert_null(ini_value_read(rows[i].text, strlen(rows[i].text), &why));
        assert_string_equal(why, rows[i].why);
    }
    const char *why = NULL;
    memset(deep, '[', INI_DEPTH_MAX);
    memset(deep + INI_DEPTH_MAX, ']', INI_DEPTH_MAX);
    struct value *v = ini_value_read(deep, (size_t)2 * INI_DEPTH_MAX, &why);
    assert_non_null(v);
    assert_int_equal(v->kind, VALUE_LIST);
    value_free(v);
    memset(deep, '[', INI_DEPTH_MAX + 1);
    memset(deep + INI_DEPTH_MAX + 1, ']', INI_DEPTH_MAX + 1);
    assert_null(ini_value_read(deep, (size_t)2 * INI_DEPTH_MAX + 2, &why));
    assert_string_equal(why, "nested deeper than 64");
}

static void
test_words_are_those_of_shlex(void **state)
{
    static const struct {
        const char *line, *words; /* joined with | */
    } rows[] = {
        {"web a=1  b=2\tc=3", "web|a=1|b=2|c=3"},
        {"web a='x y' b=\"p q\"", "web|a=x y|b=p q"},
        {"web a='\"x\"'", "web|a=\"x\""},
        {"web a=\"\\\"x\\\" \\q \\\\\"", "web|a=\"x\" \\q \\"},
        {"web a=x\\ y", "web|a=x y"},
        {"web a='x\\y'", "web|a=x\\y"},
        {"web '' x", "web||x"},
        {"web # comment", "web"},
        {"web a=b#c d=e", "web|a=b"},
        {"web a='b#c'", "web|a=b#c"},
        {"we'b'", "web"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ini_words words;
        const char *why = NULL;
        struct buf got;
        assert_int_equal(ini_words_split(&words, rows[i].line, strlen(rows[i].line), &why), 0);
        buf_init(&got, 4096);
        for (size_t k = 0; k < words.text.count; k++) {
            buf_addf(&got, "%s%s", k == 0 ? "" : "|", words.text.items[k]);
        }
        assert_string_equal(got.data, rows[i].words);
        buf_release(&got);
        ini_words_release(&words);
    }
}

static void
test_words_know_where_they_begin(void **state)
{
    static const char line[] = "data a=1  'a'=2";
    struct ini_words words;
    const char *why = NULL;

    (void)state;
    assert_int_equal(ini_words_split(&words, line, sizeof(line) - 1, &why), 0);
    assert_int_equal(words.text.count, 3);
    assert_int_equal(words.at[0], 0);
    assert_int_equal(words.at[1], 5);
    assert_int_equal(words.at[2], 10);
    ini_words_release(&words);
}

static void
test_open_quotes_are_refused(void **state)
{
    static const struct {
        const char *line, *why;
    } rows[] = {
        {"web a='x", "a quote is not closed"},
        {"web a=\"x\\", "a quote is not closed"},
        {"web a=x\\", "nothing follows the backslash"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ini_words words;
        const char *why = NULL;
        assert_int_equal(ini_words_split(&words, rows[i].line, strlen(rows[i].line), &why), -1);
        assert_string_equal(why, rows[i].why);
        ini_words_release(&words);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_literals_have_their_types_and_the_rest_is_text),
        cmocka_unit_test(test_what_no_value_can_be_is_refused),
        cmocka_unit_test(test_words_are_those_of_shlex),
        cmocka_unit_test(test_words_know_where_they_begin),
        cmocka_unit_test(test_open_quotes_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

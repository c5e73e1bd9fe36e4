/*
 * test_value.c - what a plain word of YAML is, as PyYAML 6.0 reads it, and how values are printed.
 *
 * The expected types and numbers were taken from PyYAML (timestamps stay text).
 */
#include "base/xalloc.h"
#include "config/value.h"
#include "config/yaml.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mutate.h"
#include "told.h"

static struct value *
read_value(const char *text, struct mistakes *m)
{
    struct yaml *y = yaml_parse(text, strlen(text), "f", YAML_SMALL_MAX, YAML_REPEAT_LAST, m);

    if (y == NULL) {
        fail_msg("%s: %s", text, m->errors.items[0]);
    }
    struct value *v = value_of_node(yaml_root(y), m);
    yaml_close(y); /* what is read outlives the file */
    return v;
}

static struct value *
read_good(const char *text)
{
    struct mistakes m = {0};
    struct value *v = read_value(text, &m);

    told(&m, "");
    assert_non_null(v);
    return v;
}

static void
prints(const struct value *v, const char *json)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    value_to_json(v, &out);
    assert_string_equal(out.data, json);
    buf_release(&out);
}

static void
reads(const char *text, enum value_kind kind, const char *json)
{
    char *list = xasprintf("- %s\n", text);
    struct value *v = read_good(list);

    assert_int_equal(v->count, 1);
    if (v->items[0]->kind != kind) {
        fail_msg("%s: kind %u, expected %u", text, v->items[0]->kind, kind);
    }
    prints(v->items[0], json);
    value_free(v);
    free(list);
}

static void
test_words_for_nothing_true_and_false(void **state)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    static const char *const yes[] = {"yes",  "Yes", "YES", "true", "True",
                                      "TRUE", "on",  "On",  "ON"};
    static const char *const no[] = {"no",    "No",  "NO",  "false", "False",
                                     "FALSE", "off", "Off", "OFF"};
    static const char *const texts[] = {"y",    "n",    "yEs", "tRUE", "nULL", "oN",
                                        "none", "None", "nil", "YeS",  "~~",   "nulls"};

    (void)state;
    for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++) {
        reads(nulls[i], VALUE_NULL, "null");
    }
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        reads(yes[i], VALUE_BOOL, "true");
        reads(no[i], VALUE_BOOL, "false");
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *quoted = xasprintf("\"%s\"", texts[i]);
        reads(texts[i], VALUE_TEXT, quoted);
        free(quoted);
    }
}

static void
test_integers_of_every_base(void **state)
{
    static const struct {
        const char *text, *json;
    } rows[] = {
        {"0", "0"},
        {"00", "0"},
        {"0_", "0"},
        {"-0", "0"},
        {"+12", "12"},
        {"-12", "-12"},
        {"1_000", "1000"},
        {"1__", "1"},
        {"0b101", "5"},
        {"-0b1_1", "-3"},
        {"0644", "420"},
        {"-017", "-15"},
        {"0xFf", "255"},
        {"+0x_1", "1"},
        {"22:22", "1342"},
        {"-1:30", "-90"},
        {"190:20:30", "685230"},
        {"1_0:5", "605"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"0x7fffffffffffffff", "9223372036854775807"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        reads(rows[i].text, VALUE_INT, rows[i].json);
    }
}

/* A release named by forty digits must reach the host with all of them. */
static void
test_integers_past_64_bits_keep_every_digit(void **state)
{
    static const struct {
        const char *text, *json;
    } rows[] = {
        {"9223372036854775808", "\"9223372036854775808\""},
        {"-9223372036854775809", "\"-9223372036854775809\""},
        {"+18446744073709551616", "\"18446744073709551616\""},
        {"1234567890123456789012345678901234567890",
         "\"1234567890123456789012345678901234567890\""},
        {"0xFFFFFFFFFFFFFFFFFF", "\"4722366482869645213695\""},
        {"-0x8000000000000001", "\"-9223372036854775809\""},
        {"0b1000000000000000000000000000000000000000000000000000000000000", "1152921504606846976"},
        {"01777777777777777777777", "\"18446744073709551615\""},
        {"0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
         "\"28269553036454149273332760011886696253239742350009903329945699220681916415\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        reads(rows[i].text, rows[i].json[0] == '"' ? VALUE_TEXT : VALUE_INT, rows[i].json);
    }
}

static void
test_numbers_with_a_point(void **state)
{
    static const struct {
        const char *text, *json;
    } rows[] = {
        {"1.10", "1.1"},
        {"1.0", "1.0"},
        {"-0.0", "-0.0"},
        {"5.", "5.0"},
        {".5", "0.5"},
        {".5_", "0.5"},
        {"1_0.5_0", "10.5"},
        {"+1.5e+3", "1500.0"},
        {"1.e-5", "1e-05"},
        {"0.0001", "0.0001"},
        {"0.00001", "1e-05"},
        {"1.0E+16", "1e+16"},
        {"9007199254740993.0", "9007199254740992.0"},
        {"123456789012345680.0", "1.2345678901234568e+17"},
        {"1.7976931348623157e+308", "1.7976931348623157e+308"},
        {"4.9e-324", "5e-324"},
        {"0.1", "0.1"},
        {"0.30000000000000004", "0.30000000000000004"},
        {"1.0e+400", "Infinity"},
        {"-1.0e+400", "-Infinity"},
        {".inf", "Infinity"},
        {"+.Inf", "Infinity"},
        {"-.INF", "-Infinity"},
        {".nan", "NaN"},
        {".NaN", "NaN"},
        {"1:30.5", "90.5"},
        {"-01:30.25", "-90.25"},
        {"1:30.5_5", "90.55"},
        {"1:30.", "90.0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        reads(rows[i].text, VALUE_FLOAT, rows[i].json);
    }
}

static void
test_what_only_looks_like_a_number_is_text(void **state)
{
    static const char *const texts[] = {"0o17",  "08",    "0b",         "0b2",        "0x",
                                        "0x_",   "0XFF",  "_1",         "-_1",        "--1",
                                        "+",     "1e5",   "1.5e3",      "1.5e+",      "-.5",
                                        "+.5",   "._5",   ".",          "..5",        "-.nan",
                                        ".iNf",  "1:60",  "1:300",      "1:",         "0:10",
                                        "1:3_0", "1.2.3", "1_:",        "2001-01-01", "10.0.0.1",
                                        "12e3",  "1,000", "0x1:2",      "1.5e+_",     "<<x",
                                        "=",     "v1",    "2001-1-1 1", "infinity",   "0b_"};
    struct buf json;

    (void)state;
    buf_init(&json, 1000);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        /* `1:` and `1_:` would be keys: quotes keep them whole */
        const bool key = texts[i][strlen(texts[i]) - 1] == ':';
        char *text = xasprintf(key ? "'%s'" : "%s", texts[i]);
        buf_clear(&json);
        buf_addf(&json, "\"%s\"", texts[i]);
        reads(text, VALUE_TEXT, json.data);
        free(text);
    }
    buf_release(&json);
}

/* 63 characters are read as a number, 64 are text: nobody counts that far. */
static void
test_a_number_of_64_characters_is_text(void **state)
{
    char digits[65];
    char *json;

    (void)state;
    memset(digits, '7', sizeof(digits));
    digits[64] = '\0';
    json = xasprintf("\"%s\"", digits);
    reads(digits, VALUE_TEXT, json);
    free(json);
    memcpy(digits, "0.", 2);
    digits[63] = '\0';
    reads(digits, VALUE_FLOAT, "0.7777777777777778");
}

static void
test_quotes_blocks_and_tags_make_text(void **state)
{
    reads("'yes'", VALUE_TEXT, "\"yes\"");
    reads("\"1\\n\\t\\\"\\\\\\x01\\x7f\\u20ac\"", VALUE_TEXT,
          "\"1\\n\\t\\\"\\\\\\u0001\\u007f\u20ac\"");
    reads("|\n  12", VALUE_TEXT, "\"12\\n\"");
    reads(">-\n  true", VALUE_TEXT, "\"true\"");
    reads("!!str 12", VALUE_TEXT, "\"12\"");
    reads("!!str", VALUE_TEXT, "\"\"");
    reads("!unsafe no", VALUE_TEXT, "\"no\"");
    reads("!!seq [1]", VALUE_LIST, "[1]");
    reads("!!map {a: 1}", VALUE_DICT, "{\"a\": 1}");
    (void)state;
}

/* What is expected is what PyYAML says. */
static void
test_a_written_type_takes_more_texts_than_are_numbers_without(void **state)
{
    static const struct {
        const char *text;
        enum value_kind kind;
        const char *json;
    } rows[] = {
        {"!!int '3'", VALUE_INT, "3"},
        {"!!int 1_0", VALUE_INT, "10"},
        {"!!int ' 3 '", VALUE_INT, "3"},
        {"!!int 0x1F", VALUE_INT, "31"},
        {"!!int '-0b11'", VALUE_INT, "-3"},
        {"!!int 0o7", VALUE_INT, "7"},
        {"!!int 017", VALUE_INT, "15"},
        {"!!int '0'", VALUE_INT, "0"},
        {"!!int '+1:30'", VALUE_INT, "90"},
        {"!!int '1:-2'", VALUE_INT, "58"},
        {"!!int 99999999999999999999", VALUE_TEXT, "\"99999999999999999999\""},
        {"!!float 3", VALUE_FLOAT, "3.0"},
        {"!!float 1e5", VALUE_FLOAT, "100000.0"},
        {"!!float '1:30'", VALUE_FLOAT, "90.0"},
        {"!!float '-1:30.5'", VALUE_FLOAT, "-90.5"},
        {"!!float 0.1000000000000000000000000000000000000000000000000000000000000000000000001",
         VALUE_FLOAT, "0.1"},
        {"!!float .INF", VALUE_FLOAT, "Infinity"},
        {"!!float '-.inf'", VALUE_FLOAT, "-Infinity"},
        {"!!float .nan", VALUE_FLOAT, "NaN"},
        {"!!float Infinity", VALUE_FLOAT, "Infinity"},
        {"!!float ' -1_0.50 '", VALUE_FLOAT, "-10.5"},
        {"!!bool YeS", VALUE_BOOL, "true"},
        {"!!bool 'off'", VALUE_BOOL, "false"},
        {"!!null ''", VALUE_NULL, "null"},
        {"!!null x", VALUE_NULL, "null"},
        {"! 12", VALUE_INT, "12"},
        {"! '12'", VALUE_INT, "12"},
        {"! ''", VALUE_NULL, "null"},
        {"! a", VALUE_TEXT, "\"a\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        reads(rows[i].text, rows[i].kind, rows[i].json);
    }
}

static void
test_a_number_of_json_may_be_long(void **state)
{
    struct value *v =
        read_good("{\"a\": 0.10000000000000000000000000000000000000000000000000000000000"
                  "00000000000001}");

    (void)state;
    prints(v, "{\"a\": 0.1}");
    value_free(v);
}

static void
test_a_key_that_is_no_text_is_known_by_its_json(void **state)
{
    reads("{yes: a, 0644: b, ~: c, 22:22: d, 1_000: e, 1.50: f, .inf: g, 1e3: h}", VALUE_DICT,
          "{\"true\": \"a\", \"420\": \"b\", \"null\": \"c\", \"1342\": \"d\", \"1000\": \"e\", "
          "\"1.5\": \"f\", \"Infinity\": \"g\", \"1e3\": \"h\"}");
    reads("{!!int '3': a, !!str 4: b, '5': c}", VALUE_DICT,
          "{\"3\": \"a\", \"4\": \"b\", \"5\": \"c\"}");
    reads("{99999999999999999999: a}", VALUE_DICT, "{\"99999999999999999999\": \"a\"}");
    /* Python: True == 1 == 1.0, and the key that was first stays */
    reads("{true: a, 1: b, 1.0: c, yes: d}", VALUE_DICT, "{\"true\": \"d\"}");
    reads("{-0.0: a, 0: b, no: c}", VALUE_DICT, "{\"-0.0\": \"c\"}");
    reads("{'yes': a, yes: b, 'true': c}", VALUE_DICT, "{\"yes\": \"a\", \"true\": \"c\"}");
    (void)state;
}

static void
test_other_tags_are_refused(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"!vault x", "f:1:1: !vault: expected a text that begins with $ANSIBLE_VAULT;\n"},
        {"a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  00\n",
         "f:1:4: !vault: torn or changed: a part of it is no line of hexadecimal digits\n"},
        {"a: !vault [x]\n", "f:1:4: !vault: expected a text, got a list\n"},
        {"!vault-encrypted {}", "f:1:1: !vault-encrypted: expected a text, got a mapping\n"},
        {"a: !!int x", "f:1:4: int: expected a whole number, got \"x\"\n"},
        {"!!int '-'", "f:1:1: int: expected a whole number, got \"-\" in quotes\n"},
        {"!!int 089", "f:1:1: int: expected a whole number, got \"089\"\n"},
        {"!!int '1:'", "f:1:1: int: expected a whole number, got \"1:\" in quotes\n"},
        {"!!int 0x", "f:1:1: int: expected a whole number, got \"0x\"\n"},
        {"!!float 0x10", "f:1:1: float: expected a number, got \"0x10\"\n"},
        {"!!float nan(1)", "f:1:1: float: expected a number, got \"nan(1)\"\n"},
        {"!!float", "f:1:1: float: expected a number, got nothing\n"},
        {"!!bool 1", "f:1:1: bool: expected yes or no, got \"1\"\n"},
        {"!!int [5]", "f:1:1: the tag !!int is not supported\n"},
        {"{!!int x: 1}", "f:1:2: int: expected a whole number, got \"x\"\n"},
        {"{!foo a: 1}", "f:1:2: the tag !foo is not supported\n"},
        {"{!vault x: 1}", "f:1:2: a vault is no key\n"},
        {"[1, !!binary aa]", "f:1:5: the tag !!binary is not supported\n"},
        {"!!set {a, b}", "f:1:1: the tag !!set is not supported\n"},
        {"a: !!omap [b: 1]", "f:1:4: the tag !!omap is not supported\n"},
        {"!!map [1]", "f:1:1: the tag !!map is not supported\n"},
        {"!!python/object:os.system [x]",
         "f:1:1: the tag !!python/object:os.system is not supported\n"},
        {"!unsafe {a: 1}", "f:1:1: the tag !unsafe is not supported\n"},
        {"!aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa x",
         "f:1:1: the tag !aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         " is not supported\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mistakes m = {0};
        assert_null(read_value(rows[i].text, &m));
        assert_false(m.not_yet);
        told(&m, rows[i].expected);
    }
}

static void
test_a_value_remembers_where_it_stood(void **state)
{
    struct value *v = read_good("a:\n  - &x \u00e9\n  - {b: *x}\n");
    const struct value *list = value_dict_get(v, "a");
    struct value *copy = value_copy(list);

    (void)state;
    assert_string_equal(list->file, "f");
    assert_int_equal(list->items[0]->line, 2);
    assert_int_equal(list->items[0]->col, 5);
    assert_int_equal(value_dict_get(list->items[1], "b")->line, 3);
    assert_int_equal(value_dict_get(list->items[1], "b")->col, 9);
    value_free(v);
    prints(copy, "[\"\u00e9\", {\"b\": \"\u00e9\"}]");
    assert_int_equal(copy->items[1]->line, 3);
    assert_int_equal(copy->items[0]->len, 2);
    value_free(copy);
}

static void
test_a_copy_grows_on_its_own(void **state)
{
    struct value *v = read_good("{a: [], b: {}}");
    struct value *copy = value_copy(v);

    (void)state;
    value_dict_set(copy, "c", value_text("new"));
    value_dict_set(copy, "a", value_new(VALUE_TEXT));
    for (int i = 0; i < 20; i++) {
        value_list_add(v->items[0], value_new(VALUE_NULL));
    }
    value_dict_add(copy->items[1], "x", value_new(VALUE_LIST));
    assert_int_equal(v->items[0]->count, 20);
    prints(copy, "{\"a\": \"\", \"b\": {\"x\": []}, \"c\": \"new\"}");
    assert_null(value_dict_get(v, "c"));
    assert_null(value_dict_get(copy, ""));
    value_free(copy);
    value_free(v);
    value_free(NULL);
}

static void
test_a_dict_keeps_its_order_and_replaces_in_place(void **state)
{
    struct value *v = value_new(VALUE_DICT);

    (void)state;
    value_dict_set(v, "z", value_text("1"));
    value_dict_set(v, "a\"", value_text("2"));
    value_dict_set(v, "z", value_textn("345", 2));
    assert_int_equal(v->count, 2);
    prints(v, "{\"z\": \"34\", \"a\\\"\": \"2\"}");
    value_free(v);
}

static void
test_the_text_of_a_value_is_that_of_ansible(void **state)
{
    static const struct {
        const char *yaml, *text; /* NULL: has none */
    } rows[] = {
        {"~", ""},           {"yes", "True"},         {"off", "False"},  {"-5", "-5"},
        {"1.10", "1.1"},     {".inf", "inf"},         {"-.inf", "-inf"}, {".nan", "nan"},
        {"1.e+20", "1e+20"}, {"' a\n\n b'", " a\nb"}, {"[1]", NULL},     {"{}", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct value *v = read_good(rows[i].yaml);
        struct buf out;
        buf_init(&out, 100);
        assert_int_equal(value_to_text(v, &out), rows[i].text == NULL ? -1 : 0);
        assert_string_equal(out.data, rows[i].text == NULL ? "" : rows[i].text);
        buf_release(&out);
        value_free(v);
    }
}

static void
test_a_text_too_long_for_the_buffer_is_told(void **state)
{
    static const char *const texts[] = {"abcdef", "123456", "1.2345", "true"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct value *v = read_good(texts[i]);
        struct buf out;
        buf_init(&out, 3);
        assert_int_equal(value_to_text(v, &out), -1);
        assert_true(out.full);
        buf_clear(&out);
        value_to_json(v, &out);
        assert_true(out.full);
        buf_release(&out);
        value_free(v);
    }
}

/* Every double is printed so that it reads back the same. */
static void
test_printed_numbers_read_back_the_same(void **state)
{
    struct prng p = {.state = 39};
    struct buf out;

    (void)state;
    buf_init(&out, 100);
    for (int i = 0; i < 2000; i++) {
        const uint64_t bits = prng_next(&p);
        struct value *v = value_new(VALUE_FLOAT);
        memcpy(&v->real, &bits, sizeof(bits));
        buf_clear(&out);
        value_to_json(v, &out);
        if (!isnan(v->real)) {
            char *end = NULL;
            assert_true(strtod(out.data, &end) == v->real);
            assert_true(*end == '\0');
            struct value *again = read_good(out.data);
            assert_int_equal(again->kind, strchr(out.data, '.') == NULL ? VALUE_TEXT : VALUE_FLOAT);
            value_free(again);
        }
        value_free(v);
    }
    buf_release(&out);
}

/* No word of these letters crashes, and none that holds another letter is a number. */
static void
test_random_words_are_numbers_only_of_their_letters(void **state)
{
    static const char letters[] = "0123456789_.:-+eExbafinNIF";
    struct prng p = {.state = 40};
    int numbers = 0;

    (void)state;
    for (int i = 0; i < 4000; i++) {
        char word[12] = "- ";
        const size_t len = 1 + prng_below(&p, 8);
        struct mistakes m = {0};
        for (size_t k = 0; k < len; k++) {
            word[2 + k] = letters[prng_below(&p, sizeof(letters) - 1)];
        }
        struct yaml *y = yaml_parse(word, strlen(word), "f", YAML_SMALL_MAX, YAML_REPEAT_LAST, &m);
        mistakes_release(&m);
        if (y == NULL) {
            continue;
        }
        struct value *v = value_of_node(yaml_root(y), &m);
        assert_non_null(v);
        const struct value *one = v->kind == VALUE_LIST ? v->items[0] : v;
        if (one->kind == VALUE_INT || one->kind == VALUE_FLOAT) {
            numbers++;
            assert_true(strpbrk(word, "0123456789iInN") != NULL);
            assert_true(one->kind == VALUE_FLOAT || strpbrk(word, ".iInN") == NULL);
        }
        value_free(v);
        yaml_close(y);
    }
    assert_in_range(numbers, 100, 3900);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_for_nothing_true_and_false),
        cmocka_unit_test(test_integers_of_every_base),
        cmocka_unit_test(test_integers_past_64_bits_keep_every_digit),
        cmocka_unit_test(test_numbers_with_a_point),
        cmocka_unit_test(test_what_only_looks_like_a_number_is_text),
        cmocka_unit_test(test_a_number_of_64_characters_is_text),
        cmocka_unit_test(test_quotes_blocks_and_tags_make_text),
        cmocka_unit_test(test_a_written_type_takes_more_texts_than_are_numbers_without),
        cmocka_unit_test(test_a_number_of_json_may_be_long),
        cmocka_unit_test(test_a_key_that_is_no_text_is_known_by_its_json),
        cmocka_unit_test(test_other_tags_are_refused),
        cmocka_unit_test(test_a_value_remembers_where_it_stood),
        cmocka_unit_test(test_a_copy_grows_on_its_own),
        cmocka_unit_test(test_a_dict_keeps_its_order_and_replaces_in_place),
        cmocka_unit_test(test_the_text_of_a_value_is_that_of_ansible),
        cmocka_unit_test(test_a_text_too_long_for_the_buffer_is_told),
        cmocka_unit_test(test_printed_numbers_read_back_the_same),
        cmocka_unit_test(test_random_words_are_numbers_only_of_their_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

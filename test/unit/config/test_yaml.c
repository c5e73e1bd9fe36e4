/*
 * test_yaml.c - the tree of a YAML file: where each node stands, what is refused, and at which
 * limit.
 *
 * The place of every node of mutated files is held against a scanner of its own.  Files are read
 * in a folder under /tmp.
 */
#include "base/escape.h"
#include "base/xalloc.h"
#include "config/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "folder.h"
#include "mutate.h"
#include "told.h"

static struct yaml *
parse(const char *text, enum yaml_repeat repeat, struct mistakes *m)
{
    return yaml_parse(text, strlen(text), "f", YAML_SMALL_MAX, repeat, m);
}

static struct yaml *
parse_good(const char *text)
{
    struct mistakes m = {0};
    struct yaml *y = parse(text, YAML_REPEAT_ERROR, &m);

    told(&m, "");
    assert_non_null(y);
    return y;
}

/* The text is refused with this one line. */
static void
refused(const char *text, const char *expected)
{
    struct mistakes m = {0};
    char *line = xasprintf("%s\n", expected);

    assert_null(parse(text, YAML_REPEAT_ERROR, &m));
    assert_int_equal(m.count, 1);
    assert_false(m.not_yet);
    told(&m, line);
    free(line);
}

/* ---------------------------------------------------------------- places */

/* A line a node: what it is, line:col, and its bytes in the file. */
static void
dump(const struct yaml *y, const struct yaml_node *n, struct buf *out)
{
    static const char kinds[] = {'s', 'l', 'm'};
    size_t len = 0;
    const char *bytes = yaml_bytes(y, &len);

    assert_true(n->start <= n->end && n->end <= len);
    buf_addf(out, "%c%s%s %d:%d ", kinds[n->kind], n->flow ? "f" : "", n->alias ? "*" : "", n->line,
             n->col);
    escape_line(out, bytes + n->start, n->end - n->start);
    buf_addc(out, '\n');
    for (size_t i = 0; n->kind != YAML_NODE_SCALAR && i < n->count; i++) {
        if (n->kind == YAML_NODE_MAP) {
            dump(y, n->keys[i], out);
        }
        dump(y, n->items[i], out);
    }
}

static void
test_every_node_knows_its_line_its_column_and_its_bytes(void **state)
{
    static const struct {
        const char *text, *places;
    } rows[] = {
        {"a", "s 1:1 a\n"},
        {"# c\n\n  a  # c\n", "s 3:3 a\n"},
        {"\xef\xbb\xbf\xc3\xa9: \xf0\x9f\x98\x80 x\nb: [\xf0\x9f\x98\x80, y]\n",
         "m 1:1 \u00e9: \U0001f600 x\\nb: [\U0001f600, y]\n"
         "s 1:1 \u00e9\ns 1:4 \U0001f600 x\n"
         "s 2:1 b\nlf 2:4 [\U0001f600, y]\ns 2:5 \U0001f600\ns 2:8 y\n"},
        {"a: |\n  x\n# c\n\nb: [1, {c: d }, e: f ]\n",
         "m 1:1 a: |\\n  x\\n# c\\n\\nb: [1, {c: d }, e: f ]\n"
         "s 1:1 a\ns 1:4 |\\n  x\n"
         "s 5:1 b\nlf 5:4 [1, {c: d }, e: f ]\ns 5:5 1\n"
         "mf 5:8 {c: d }\ns 5:9 c\ns 5:12 d\nmf 5:17 e: f\ns 5:17 e\ns 5:20 f\n"},
        {"x: &k \"\u00fc\\n\"  # c\r\ny: *k\r\nz: |+\r\n  a\r\n\r\n# t\r\nw: >-\r\n  f\r\n  g\r\n",
         "m 1:1 x: &k \"\u00fc\\\\n\"  # c\\r\\ny: *k\\r\\nz: |+\\r\\n  a\\r\\n\\r\\n# t\\r\\n"
         "w: >-\\r\\n  f\\r\\n  g\n"
         "s 1:1 x\ns 1:4 &k \"\u00fc\\\\n\"\ns 2:1 y\ns* 2:4 *k\n"
         "s 3:1 z\ns 3:4 |+\\r\\n  a\ns 7:1 w\ns 7:4 >-\\r\\n  f\\r\\n  g\n"},
        {"- a:\n  - !!str 5\t# tab\n-\n- 'm\n  n'\n- {?  s : [], t}\n",
         "l 1:1 - a:\\n  - !!str 5\\t# tab\\n-\\n- 'm\\n  n'\\n- {?  s : [], t}\n"
         "m 1:3 a:\\n  - !!str 5\ns 1:3 a\nl 2:3 - !!str 5\ns 2:5 !!str 5\n"
         "s 3:2 \ns 4:3 'm\\n  n'\n"
         "mf 6:3 {?  s : [], t}\ns 6:7 s\nlf 6:11 []\ns 6:15 t\ns 6:16 \n"},
        {"b: &b {k: [1]}\nc: {<<: *b, j: 2}\nd: *b\n",
         "m 1:1 b: &b {k: [1]}\\nc: {<<: *b, j: 2}\\nd: *b\n"
         "s 1:1 b\nmf 1:4 &b {k: [1]}\ns 1:8 k\nlf 1:11 [1]\ns 1:12 1\n"
         "s 2:1 c\nmf 2:4 {<<: *b, j: 2}\n"
         "s 1:8 k\nlf 1:11 [1]\ns 1:12 1\ns 2:13 j\ns 2:16 2\n"
         "s 3:1 d\nmf* 3:4 *b\ns 1:8 k\nlf 1:11 [1]\ns 1:12 1\n"},
        {"a: x\xc2\x85"
         "b: y\u2028c: z\r",
         "m 1:1 a: x\\x85b: y\\u2028c: z\ns 1:1 a\ns 1:4 x\n"
         "s 2:1 b\ns 2:4 y\ns 3:1 c\ns 3:4 z\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct yaml *y = parse_good(rows[i].text);
        struct buf got;
        buf_init(&got, 65536);
        dump(y, yaml_root(y), &got);
        assert_string_equal(got.data, rows[i].places);
        buf_release(&got);
        yaml_close(y);
    }
}

static void
test_bytes_are_found_far_behind_wide_characters(void **state)
{
    struct buf text;
    struct mistakes m = {0};

    (void)state;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 300; i++) {
        buf_addf(&text, "- %.*s\u20acx\n", i % 67, /* marks every 64 characters are passed */
                 "-------------------------------------------------------------------");
    }
    struct yaml *y = yaml_parse(text.data, text.len, "f", 1 << 20, YAML_REPEAT_ERROR, &m);
    told(&m, "");
    const struct yaml_node *root = yaml_root(y);
    assert_int_equal(root->count, 300);
    for (size_t i = 0; i < root->count; i++) {
        const struct yaml_node *n = root->items[i];
        assert_int_equal(n->line, i + 1);
        assert_int_equal(n->end - n->start, n->len);
        assert_memory_equal(text.data + n->start, n->text, n->len);
    }
    yaml_close(y);
    buf_release(&text);
}

static void
test_texts_tags_and_styles_are_as_written(void **state)
{
    struct yaml *y = parse_good("[a b, 'it''s', \"\\x41\\u20ac\", !!str 1, !vault v, ! w, ~, '']");
    static const struct {
        const char *text, *tag;
        enum yaml_style style;
        bool null;
    } rows[] = {
        {"a b", NULL, YAML_STYLE_PLAIN, false},
        {"it's", NULL, YAML_STYLE_QUOTED, false},
        {"A\u20ac", NULL, YAML_STYLE_QUOTED, false},
        {"1", "tag:yaml.org,2002:str", YAML_STYLE_PLAIN, false},
        {"v", "!vault", YAML_STYLE_PLAIN, false},
        {"w", "!", YAML_STYLE_PLAIN, false},
        {"~", NULL, YAML_STYLE_PLAIN, true},
        {"", NULL, YAML_STYLE_QUOTED, false},
    };

    (void)state;
    assert_int_equal(yaml_root(y)->count, sizeof(rows) / sizeof(rows[0]));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct yaml_node *n = yaml_root(y)->items[i];
        assert_string_equal(n->text, rows[i].text);
        assert_int_equal(n->len, strlen(rows[i].text));
        assert_int_equal(n->style, rows[i].style);
        assert_int_equal(yaml_is_null(n), rows[i].null);
        assert_int_equal(n->tag == NULL, rows[i].tag == NULL);
        if (rows[i].tag != NULL) {
            assert_string_equal(n->tag, rows[i].tag);
        }
    }
    assert_null(yaml_get(yaml_root(y), "a b")); /* no map */
    assert_null(yaml_get(NULL, "a"));
    yaml_close(y);
}

/* ---------------------------------------------------------------- limits */

static char *
repeated(const char *before, const char *text, size_t times, const char *after)
{
    struct buf all;

    buf_init(&all, 16 << 20);
    buf_adds(&all, before);
    for (size_t i = 0; i < times; i++) {
        buf_adds(&all, text);
    }
    assert_int_equal(buf_adds(&all, after), 0);
    char *bytes = buf_detach(&all);
    buf_release(&all);
    return bytes;
}

static void
check_repeated(const char *before, const char *text, size_t times, const char *expected)
{
    char *all = repeated(before, text, times, "");

    refused(all, expected);
    free(all);
}

static void
test_nesting_ends_at_64_however_it_is_written(void **state)
{
    static const char deep[] = "nested deeper than 64, aliases expanded";
    char *open = repeated("", "[", 64, "");
    char *whole = repeated(open, "]", 64, "");
    char *expected = NULL;

    (void)state;
    struct yaml *y = parse_good(whole);
    yaml_close(y);
    expected = xasprintf("f:1:65: %s", deep);
    check_repeated("", "[", 65, expected);
    check_repeated("", "[", 1000000, expected);
    free(expected);
    expected = xasprintf("f:1:129: %s", deep);
    check_repeated("", "- ", 1000000, expected);
    check_repeated("", "? ", 1000000, expected);
    free(expected);
    expected = xasprintf("f:1:257: %s", deep);
    check_repeated("", "{a: ", 300000, expected);
    free(expected);
    free(whole);
    free(open);
}

/* Each alias adds to the depth of what it stands in. */
static void
test_nesting_is_counted_through_aliases(void **state)
{
    char *thirty = repeated("- &a ", "[", 30, "");
    char *anchor = repeated(thirty, "]", 30, "\n- ");
    char *good = repeated(anchor, "[", 33, "*a");
    char *bad = repeated(anchor, "[", 34, "*a");
    char *closed = repeated(good, "]", 33, "\n");

    (void)state;
    yaml_close(parse_good(closed));
    refused(bad, "f:2:37: nested deeper than 64, aliases expanded");
    free(thirty);
    free(anchor);
    free(good);
    free(bad);
    free(closed);
}

static void
test_values_are_counted_with_their_aliases(void **state)
{
    /* 1 list, 1000 of the anchor, 298 times 1000: 999 more is all there can be. */
    char *anchor = repeated("- &a [x", ",x", 998, "]\n");
    char *aliases = repeated(anchor, "- *a\n", 298, "");
    char *full = repeated(aliases, "- x\n", 999, "");
    char *over = repeated(full, "- x\n", 1, "");

    (void)state;
    struct yaml *y = parse_good(full);
    assert_int_equal(yaml_root(y)->count, 1 + 298 + 999);
    assert_int_equal(yaml_root(y)->items[298]->count, 999);
    assert_ptr_equal(yaml_root(y)->items[298]->items, yaml_root(y)->items[0]->items);
    yaml_close(y);
    refused(over, "f:1299:3: more than 300000 values, aliases expanded");
    free(anchor);
    free(aliases);
    free(full);
    free(over);
}

/* Refused where the count passes the limit, on the sixth of twelve lines. */
static void
test_billion_laughs_end_at_the_limit_of_values(void **state)
{
    struct buf text;

    (void)state;
    buf_init(&text, 4096);
    buf_adds(&text, "a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 12; i++) {
        buf_addf(&text, "a%d: &a%d [", i, i);
        for (int k = 0; k < 9; k++) {
            buf_addf(&text, "%s*a%d", k == 0 ? "" : ",", i - 1);
        }
        buf_adds(&text, "]\n");
    }
    refused(text.data, "f:6:22: more than 300000 values, aliases expanded");
    buf_release(&text);
    /* The same by merging: what `<<` brings counts each time. */
    buf_init(&text, 1 << 20);
    buf_adds(&text, "b: &b {k0: 1");
    for (int i = 1; i < 1000; i++) {
        buf_addf(&text, ", k%d: 1", i);
    }
    buf_adds(&text, "}\n");
    for (int i = 0; i < 120; i++) {
        buf_addf(&text, "m%d: {<<: *b}\n", i);
    }
    refused(text.data, "f:101:11: more than 300000 values, aliases expanded");
    buf_release(&text);
}

static void
test_a_text_of_the_limit_is_read_and_one_byte_more_is_not(void **state)
{
    const size_t max = 1 << 20;
    char *text = repeated("", "#", max + 1, "");
    struct mistakes m = {0};
    struct yaml *y = yaml_parse(text, max, "f", max, YAML_REPEAT_ERROR, &m);

    (void)state;
    assert_non_null(y);
    assert_null(yaml_root(y));
    yaml_close(y);
    assert_null(yaml_parse(text, max + 1, "f", max, YAML_REPEAT_ERROR, &m));
    told(&m, "f:1:1: the file is larger than 1 MiB\n");
    free(text);
}

/* ---------------------------------------------------------------- bytes */

static void
test_every_byte_is_text_or_refused_where_it_stands(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        char text[] = "# \u00e9\n# x y\n";
        char *expected = xasprintf(c < 0x80 ? "f:2:4: not text: character U+%04X\n"
                                            : "f:2:4: not UTF-8: byte 0x%02x\n",
                                   (unsigned)c);
        struct mistakes m = {0};
        text[8] = (char)c;
        struct yaml *y =
            yaml_parse(text, sizeof(text) - 1, "f", YAML_SMALL_MAX, YAML_REPEAT_ERROR, &m);
        const bool good = c == '\t' || c == '\n' || c == '\r' || (c >= ' ' && c < 0x7f);
        if (good && (c == '\n' || c == '\r')) {
            mistakes_release(&m); /* ` y` on a line of its own is a text: read */
        } else {
            told(&m, good ? "" : expected);
        }
        assert_int_equal(y != NULL, good);
        yaml_close(y);
        free(expected);
    }
}

static void
test_bad_utf8_and_hidden_characters_are_refused(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"a: \xc0\xaf", "f:1:4: not UTF-8: byte 0xc0"}, /* overlong */
        {"a: \xe0\x80\xaf", "f:1:4: not UTF-8: byte 0xe0"},
        {"a: \xed\xa0\x80", "f:1:4: not UTF-8: byte 0xed"}, /* a surrogate */
        {"a: \xf4\x90\x80\x80", "f:1:4: not UTF-8: byte 0xf4"},
        {"a:\n \xe2\x82", "f:2:2: not UTF-8: byte 0xe2"}, /* cut off */
        {"\xff\xfe"
         "a",
         "f:1:1: not UTF-8: this is UTF-16"},
        {"\xfe\xff", "f:1:1: not UTF-8: this is UTF-16"},
        {"\xef\xbb\xbf\xef\xbb\xbf"
         "a: 1",
         "f:1:1: not text: character U+FEFF"},
        {"a: \xef\xbb\xbf", "f:1:4: not text: character U+FEFF"},
        {"a: \xc2\x9b"
         "31m",
         "f:1:4: not text: character U+009B"},
        {"a: \x1b[31m", "f:1:4: not text: character U+001B"},
        {"a: \ufffe", "f:1:4: not text: character U+FFFE"},
        {"a: \uffff", "f:1:4: not text: character U+FFFF"},
        {"a: \"\\0\"", "f:1:4: a NUL (\"\\0\") in a text"},
        {"\"a\\0b\": 1", "f:1:1: a NUL (\"\\0\") in a text"},
        {"%TAG ! tag:x,2000:\n---\na: 1", "f:1:1: directives (%TAG) are not supported"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        refused(rows[i].text, rows[i].expected);
    }
    yaml_close(parse_good("a: \xc2\x85 \u00a0 \ufffd \U0010ffff"));
}

static void
test_nothing_but_comments_has_no_root(void **state)
{
    static const char *const texts[] = {"", "\n\n", "# c", "\xef\xbb\xbf", "  \n# c\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct yaml *y = parse_good(texts[i]);
        size_t len = 0;
        assert_null(yaml_root(y));
        assert_string_equal(yaml_bytes(y, &len), texts[i]);
        assert_int_equal(len, strlen(texts[i]));
        yaml_close(y);
    }
    yaml_close(NULL);
}

/* ---------------------------------------------------------------- documents, keys, aliases */

static void
test_what_is_no_yaml_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"---\na: 1\n---\nb: 1\n", "f:3:1: a second document: expected one in a file"},
        {"a: 1\n...\n---\n", "f:3:1: a second document: expected one in a file"},
        {"a: 1b: 2\n", "f:1:6: not YAML: mapping values are not allowed in this context (two keys "
                       "on one line? Text appended to a file whose last line has no newline ends "
                       "up there)"},
        {"a: [1\n", "f:2:1: not YAML: did not find expected ',' or ']', while parsing a flow "
                    "sequence"},
        {"a:\n\t- b\n", "f:2:1: not YAML: found character that cannot start any token, while "
                        "scanning for the next token (a tab? Lines begin with blanks; a value that "
                        "begins with @, % or ` needs quotes)"},
        {"a: {{ b }}/c\n",
         "f:1:5: expected a key, got a mapping (a value that begins with {{ needs "
         "quotes)"},
        {"a: 'x\n", "f:2:1: not YAML: found unexpected end of stream, while scanning a quoted "
                    "scalar"},
        {"a: \"\\ud800\"\n", "f:1:7: not YAML: found invalid Unicode character escape code, while "
                             "parsing a quoted scalar"},
        {"a: !x!y z\n", "f:1:4: not YAML: found undefined tag handle, while parsing a node"},
        {"a: *nobody\n", "f:1:4: alias: no anchor '&nobody' before this alias"},
        {"a: *b\nb: &b 1\n", "f:1:4: alias: no anchor '&b' before this alias"},
        {"a: &a [1, *a]\n", "f:1:11: alias: it stands inside the anchor '&a' that it names"},
        {"a: &a\n  b:\n    <<: *a\n",
         "f:3:9: alias: it stands inside the anchor '&a' that it names"},
        {"[a]: b\n", "f:1:1: expected a key, got a list"},
        {"? {a: b}\n: c\n", "f:1:3: expected a key, got a mapping (a value that begins with {{ "
                            "needs quotes)"},
        {"a: &l [1]\n*l : 2\n", "f:2:1: expected a key, got a list"},
        {"<<: 1\n", "f:1:5: <<: expected a mapping or a list of mappings, got \"1\""},
        {"<<:\n", "f:1:4: <<: expected a mapping or a list of mappings, got nothing"},
        {"<<: [{a: 1}, [b]]\n", "f:1:5: <<: expected a mapping or a list of mappings, got a list"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        refused(rows[i].text, rows[i].expected);
    }
    yaml_close(parse_good("%YAML 1.1\n---\na: 1\n...\n# the end\n"));
}

static void
has_scalar(const struct yaml_node *map, const char *key, const char *expected)
{
    const struct yaml_node *n = yaml_get(map, key);

    assert_non_null(n);
    assert_string_equal(n->text, expected);
}

static void
test_merged_keys_yield_to_own_ones_and_of_a_list_later_maps_to_earlier(void **state)
{
    struct yaml *y = parse_good("a: &a {k: a, l: a}\n"
                                "b: &b {l: b, m: b}\n"
                                "c: {m: own, <<: [*a, *b]}\n"
                                "d: {'<<': text}\n"
                                "e: {<<: *b, <<: *a, n: &n key}\n"
                                "f: &a {k: again}\n"
                                "g: *a\n"
                                "*n : value\n");
    const struct yaml_node *root = yaml_root(y);

    (void)state;
    has_scalar(yaml_get(root, "c"), "k", "a");
    has_scalar(yaml_get(root, "c"), "l", "a");
    has_scalar(yaml_get(root, "c"), "m", "own");
    assert_int_equal(yaml_get(root, "c")->count, 3);
    has_scalar(yaml_get(root, "d"), "<<", "text");
    has_scalar(yaml_get(root, "e"), "l", "a"); /* of two `<<` the later counts */
    has_scalar(yaml_get(root, "e"), "m", "b");
    has_scalar(yaml_get(root, "g"), "k", "again");
    has_scalar(root, "key", "value");
    assert_int_equal(root->count, 8);
    yaml_close(y);
}

static void
test_yes_and_the_text_yes_are_two_keys(void **state)
{
    static const char *const texts[] = {"{yes: 1, 'yes': 2, no: 3, !!str no: 4}",
                                        "{yes: 1, 'yes': 2, no: 3, !!str no: 4, a: 5, b: 6, c: 7, "
                                        "d: 8, e: 9}"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct mistakes m = {0};
        struct yaml *y = parse(texts[i], YAML_REPEAT_LAST, &m);
        assert_non_null(y);
        assert_int_equal(m.warned, 0);
        for (size_t k = 0; k < 4; k++) {
            assert_int_equal(yaml_root(y)->keys[k]->typed, k % 2 == 0);
        }
        mistakes_release(&m);
        yaml_close(y);
    }
    /* what is known by its text is not */
    refused("{NO: 1, 'NO': 2}", "f:1:9: NO: given twice, first on line 1");
    refused("{a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, NO: 1, 'NO': 2}",
            "f:1:57: NO: given twice, first on line 1");
}

/* Few keys are compared one by one, more than eight are looked up: the same must come of it. */
static void
test_a_key_given_twice_is_an_error_or_a_warning(void **state)
{
    static const char *const texts[] = {"a: 1\nb: 1\na: 2\n",
                                        "a: 1\nb: 1\na: 2\nc: 1\nd: 1\ne: 1\nf: 1\ng: 1\nh: 1\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct mistakes m = {0};
        refused(texts[i], "f:3:1: a: given twice, first on line 1");
        struct yaml *y = parse(texts[i], YAML_REPEAT_LAST, &m);
        assert_non_null(y);
        has_scalar(yaml_root(y), "a", "2");
        assert_int_equal(m.count, 0);
        assert_int_equal(m.warned, 1);
        assert_string_equal(m.warnings.items[0],
                            "f:3:1: a: given twice: line 3 counts, not line 1");
        mistakes_release(&m);
        yaml_close(y);
    }
}

static void
test_every_key_given_twice_is_told(void **state)
{
    struct mistakes m = {0};

    (void)state;
    assert_null(parse("a: 1\nb: 1\na: 2\nb: 2\n", YAML_REPEAT_ERROR, &m));
    told(&m, "f:3:1: a: given twice, first on line 1\nf:4:1: b: given twice, first on line 2\n");
}

/* Names are the user's: a message is one short line of text whatever they are. */
static void
test_long_and_strange_names_are_shown_short(void **state)
{
    char *name = repeated("", "\u20ac", 1000, "");
    char *text = xasprintf("? '%s'\n: 1\n? '%s'\n: 2\n", name, name);
    char *cut = xasprintf("f:3:3: %.60s...: given twice, first on line 1", name);

    (void)state;
    refused(text, cut);
    refused("\"a\\n\\e[31m\": 1\n\"a\\n\\e[31m\": 2\n",
            "f:2:1: a\\n\\x1b[31m: given twice, first on line 1");
    free(text);
    free(cut);
    free(name);
    name = repeated("*", "a", 100000, "");
    cut = xasprintf("f:1:1: alias: no anchor '&%.60s...' before this alias", name + 1);
    refused(name, cut);
    free(cut);
    free(name);
}

static void
test_a_mistake_shows_what_was_found(void **state)
{
    static const char list[] = "[[], {}, ~, x, 'y', \"a\\n\\x07\", "
                               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]";
    struct yaml *y = parse_good(list);
    struct mistakes m = {0};

    (void)state;
    for (size_t i = 0; i < yaml_root(y)->count; i++) {
        assert_int_equal(yaml_expected(&m, yaml_root(y)->items[i], "k", "%d %%", 5), -1);
    }
    assert_int_equal(yaml_expected(&m, yaml_root(y), NULL, "z"), -1);
    assert_int_equal(yaml_mistake(&m, yaml_root(y), "%s", "100%n"), -1);
    told(&m, "f:1:2: k: expected 5 %, got a list\n"
             "f:1:6: k: expected 5 %, got a mapping\n"
             "f:1:10: k: expected 5 %, got nothing\n"
             "f:1:13: k: expected 5 %, got \"x\"\n"
             "f:1:16: k: expected 5 %, got \"y\" in quotes\n"
             "f:1:21: k: expected 5 %, got \"a\\n\\x07\" in quotes\n"
             "f:1:32: k: expected 5 %, got "
             "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\"\n"
             "f:1:1: expected z, got a list\n"
             "f:1:1: 100%n\n");
    assert_int_equal(yaml_not_yet(&m, yaml_root(y), "x"), -1);
    assert_true(m.not_yet);
    told(&m, "f:1:1: not yet: x\n");
    yaml_close(y);
}

/* ---------------------------------------------------------------- files */

static void
test_only_files_of_a_bearable_size_are_read(void **state)
{
    struct folder f;
    struct mistakes m = {0};
    char *big = repeated("", "#", (1 << 20) + 1, "");

    (void)state;
    folder_make(&f);
    folder_text(&f, "good.yml", "a: 1");
    folder_text(&f, "big.yml", big);
    char *fifo = xasprintf("%s/fifo", f.path);
    char *link = xasprintf("%s/link", f.path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(symlink("good.yml", link), 0);
    struct yaml *y = yaml_load(link, 1 << 20, YAML_REPEAT_ERROR, &m);
    assert_non_null(y);
    assert_string_equal(yaml_root(y)->file, link); /* interned: outlives the path */
    yaml_close(y);
    static const struct {
        const char *name, *expected;
    } rows[] = {
        {"none.yml", ": cannot be opened: No such file or directory"},
        {"good.yml/x", ": cannot be opened: Not a directory"},
        {".", ": expected a file, got a folder"},
        {"fifo", ": expected a file, got something else"},
        {"big.yml", ":1:1: the file is larger than 1 MiB"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *path = xasprintf("%s/%s", f.path, rows[i].name);
        char *expected = xasprintf("%s%s\n", path, rows[i].expected);
        assert_null(yaml_load(path, 1 << 20, YAML_REPEAT_ERROR, &m));
        told(&m, expected);
        free(path);
        free(expected);
    }
    folder_remove(&f);
    free(fifo);
    free(link);
    free(big);
}

/* ---------------------------------------------------------------- mutations */

/* Line and column of a byte, counted as YAML 1.1 counts lines (5.4). */
static void
place_of(const char *bytes, size_t at, int *ret_line, int *ret_col)
{
    size_t i = strncmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    *ret_line = 1;
    *ret_col = 1;
    while (i < at) {
        unsigned code = 0;
        const size_t n = utf8_decode(bytes + i, strlen(bytes + i), &code);
        assert_true(n > 0);
        i += n;
        ++*ret_col;
        if (code == '\r' && bytes[i] == '\n') {
            --*ret_col;
        } else if (code == '\n' || code == '\r' || code == 0x85 || code == 0x2028 ||
                   code == 0x2029) {
            ++*ret_line;
            *ret_col = 1;
        }
    }
}

static void
check_node(const struct yaml *y, const struct yaml_node *n, int depth)
{
    size_t len = 0;
    const char *bytes = yaml_bytes(y, &len);
    int line = 0, col = 0;

    assert_in_range(depth, 0, YAML_DEPTH_MAX);
    assert_true(n->start <= n->end && n->end <= len);
    place_of(bytes, n->start, &line, &col);
    if (n->line != line || n->col != col) {
        fail_msg("%d:%d is said of %d:%d in <<%s>>", n->line, n->col, line, col, bytes);
    }
    if (n->kind == YAML_NODE_SCALAR) {
        assert_int_equal(strlen(n->text), n->len);
        return;
    }
    for (size_t i = 0; i < n->count; i++) {
        if (n->kind == YAML_NODE_MAP) {
            assert_ptr_equal(yaml_get(n, n->keys[i]->text), n->items[i]);
            check_node(y, n->keys[i], depth + 1);
        }
        check_node(y, n->items[i], depth + 1);
    }
}

static const char seed_text[] = "a: &a {x: [1, \u00e9\u20ac], y: 'it''s'}\n"
                                "b:\r\n- *a\r\n- <<: *a\r\n  z: |\r\n    l\r\n\r\n    m\r\n# c\r\n"
                                "c: \"\\x41\\n\\\n  b\" # \U0001f600\n"
                                "d: >-\n  f\n  g\n"
                                "? e\n: [p: q , {r}]\n"
                                "f: !!str 5\n"
                                "g: plain\n text\n";

static void
test_mutated_files_are_refused_or_every_place_is_right(void **state)
{
    struct prng p = {.state = 38};
    int read = 0, wrong = 0;

    (void)state;
    for (int round = 0; round < 4000; round++) {
        char text[sizeof(seed_text) + 16];
        size_t len = sizeof(seed_text) - 1;
        struct mistakes m = {0};
        memcpy(text, seed_text, len);
        for (uint64_t k = 1 + prng_below(&p, 3); k > 0; k--) {
            len = mutate(&p, text, len);
        }
        struct yaml *y = yaml_parse(text, len, "f", YAML_SMALL_MAX, YAML_REPEAT_LAST, &m);
        assert_int_equal(y == NULL, m.count > 0);
        for (size_t i = 0; i < m.errors.count; i++) {
            int line = 0, col = 0;
            assert_int_equal(sscanf(m.errors.items[i], "f:%d:%d: ", &line, &col), 2);
            assert_in_range(line, 1, 60);
            assert_in_range(col, 1, sizeof(text));
        }
        if (y != NULL && yaml_root(y) != NULL) {
            check_node(y, yaml_root(y), 0);
        }
        read += y != NULL;
        wrong += y == NULL;
        yaml_close(y);
        mistakes_release(&m);
    }
    if (read < 500 || wrong < 500) {
        fail_msg("%d read, %d refused", read, wrong);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_node_knows_its_line_its_column_and_its_bytes),
        cmocka_unit_test(test_bytes_are_found_far_behind_wide_characters),
        cmocka_unit_test(test_texts_tags_and_styles_are_as_written),
        cmocka_unit_test(test_nesting_ends_at_64_however_it_is_written),
        cmocka_unit_test(test_nesting_is_counted_through_aliases),
        cmocka_unit_test(test_values_are_counted_with_their_aliases),
        cmocka_unit_test(test_billion_laughs_end_at_the_limit_of_values),
        cmocka_unit_test(test_a_text_of_the_limit_is_read_and_one_byte_more_is_not),
        cmocka_unit_test(test_every_byte_is_text_or_refused_where_it_stands),
        cmocka_unit_test(test_bad_utf8_and_hidden_characters_are_refused),
        cmocka_unit_test(test_nothing_but_comments_has_no_root),
        cmocka_unit_test(test_what_is_no_yaml_is_refused_with_its_place),
        cmocka_unit_test(test_merged_keys_yield_to_own_ones_and_of_a_list_later_maps_to_earlier),
        cmocka_unit_test(test_yes_and_the_text_yes_are_two_keys),
        cmocka_unit_test(test_a_key_given_twice_is_an_error_or_a_warning),
        cmocka_unit_test(test_every_key_given_twice_is_told),
        cmocka_unit_test(test_long_and_strange_names_are_shown_short),
        cmocka_unit_test(test_a_mistake_shows_what_was_found),
        cmocka_unit_test(test_only_files_of_a_bearable_size_are_read),
        cmocka_unit_test(test_mutated_files_are_refused_or_every_place_is_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

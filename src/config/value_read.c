/*
 * value_read.c - the types of YAML 1.1, with the rules of PyYAML's resolver.
 *
 * Decides what a plain scalar is (https://yaml.org/type/, PyYAML resolver.py).  Dates stay text.
 */
#include "config/value.h"

#include "base/xalloc.h"
#include "config/value_keys.h"
#include "config/value_type.h"
#include "config/vault.h"
#include "config/yaml.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_MAX = 64 };

static bool
is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(text, *words) == 0) {
            return true;
        }
    }
    return false;
}

bool
value_reads_bool(const char *text, bool *ret)
{
    static const char *const yes[] = {"yes",  "Yes", "YES", "true", "True",
                                      "TRUE", "on",  "On",  "ON",   NULL};
    static const char *const no[] = {"no",    "No",  "NO",  "false", "False",
                                     "FALSE", "off", "Off", "OFF",   NULL};

    *ret = false;
    if (strchr("yYnNtTfFoO", text[0]) == NULL) { /* most texts are none, and soon known to be */
        return false;
    }
    *ret = is_one_of(text, yes);
    return *ret || is_one_of(text, no);
}

static bool
read_bool(const char *text, struct value *v)
{
    if (!value_reads_bool(text, &v->boolean)) {
        return false;
    }
    v->kind = VALUE_BOOL;
    return true;
}

static size_t
span(const char *text, const char *set)
{
    return strspn(text, set);
}

/* [1-9][0-9_]*(:[0-5]?[0-9])+ with an optional fraction; the whole part in *ret. */
static const char *
read_sixties(const char *p, double *ret)
{
    double sum = 0;

    for (int part = 0;; part++) {
        double n = 0;
        const size_t len = span(p, part ? "0123456789" : "0123456789_");
        if (len == 0 || (part && (len > 2 || (len == 2 && *p > '5')))) {
            return NULL;
        }
        for (size_t i = 0; i < len; i++) {
            n = p[i] == '_' ? n : n * 10 + (p[i] - '0');
        }
        sum = sum * 60 + n;
        p += len;
        if (*p != ':') {
            *ret = sum;
            return part ? p : NULL;
        }
        p++;
    }
}

/* The digits of an integer without `_`, and its base; false: not an integer's form. */
static bool
split_int(const char *p, int *ret_base, char ret_digits[NUMBER_MAX])
{
    const char *set = "0123456789_";
    size_t n = 0;

    *ret_base = 10;
    if (p[0] == '0' && p[1] == 'b') {
        *ret_base = 2;
        set = "01_";
        p += 2;
    } else if (p[0] == '0' && p[1] == 'x') {
        *ret_base = 16;
        set = "0123456789abcdefABCDEF_";
        p += 2;
    } else if (p[0] == '0' && p[1]) {
        *ret_base = 8; /* its 0 is a digit too: `0_` is 0 */
        set = "01234567_";
    } else if (*p == '_') {
        return false;
    }
    if (!*p || p[span(p, set)]) {
        return false;
    }
    for (; *p && n + 1 < NUMBER_MAX; p++) {
        if (*p != '_') {
            ret_digits[n++] = *p;
        }
    }
    ret_digits[n] = '\0';
    return n > 0 && !*p;
}

static unsigned
digit_of(char c)
{
    return (unsigned)(isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10);
}

/* Python's integers have no end.  Ours have: what is larger is kept as the text of its decimal
 * digits, which is what a script is given either way. */
static void
set_large(struct value *v, bool minus, const char *digits, unsigned base)
{
    unsigned char decimal[NUMBER_MAX * 2] = {0}; /* the last digit first */
    char text[sizeof(decimal) + 2];
    size_t count = 1, n = 0;

    for (; *digits; digits++) {
        unsigned carry = digit_of(*digits);
        for (size_t i = 0; i < count || carry; i++) {
            carry += decimal[i] * base;
            decimal[i] = (unsigned char)(carry % 10);
            carry /= 10;
            count = i < count ? count : i + 1;
        }
    }
    if (minus) {
        text[n++] = '-';
    }
    while (count > 0) {
        text[n++] = (char)('0' + decimal[--count]);
    }
    v->kind = VALUE_TEXT;
    v->text = xstrndup(text, n);
    v->len = n;
}

static void
set_integer(struct value *v, bool minus, const char *digits, int base)
{
    errno = 0;
    const unsigned long long n = strtoull(digits, NULL, base);
    if (errno == ERANGE || n > (unsigned long long)INT64_MAX + minus) {
        set_large(v, minus, digits, (unsigned)base);
    } else {
        v->integer = minus ? (int64_t)(0 - n) : (int64_t)n;
    }
}

struct value *
value_integer(bool minus, const char *digits, int base)
{
    struct value *v = value_new(VALUE_INT);

    set_integer(v, minus, digits, base);
    return v;
}

static bool
read_int(const char *text, struct value *v)
{
    const bool minus = *text == '-';
    const char *p = text + (*text == '-' || *text == '+');
    char digits[NUMBER_MAX];
    int base = 10;
    double sixties = 0;

    v->kind = VALUE_INT;
    if (*p >= '1' && *p <= '9' && strchr(p, ':')) {
        const char *end = read_sixties(p, &sixties);
        if (!end || *end || sixties > 9e15) {
            return false;
        }
        v->integer = (minus ? -1 : 1) * (int64_t)sixties;
        return true;
    }
    if (!split_int(p, &base, digits)) {
        return false;
    }
    set_integer(v, minus, digits, base);
    return true;
}

/* [0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)? | \.[0-9][0-9_]*([eE][-+][0-9]+)? */
static bool
is_float_form(const char *p)
{
    const size_t whole = span(p, "0123456789_");

    if (*p == '_' || p[whole] != '.') {
        return false;
    }
    p += whole + 1;
    if (whole == 0 && !isdigit((unsigned char)*p)) {
        return false;
    }
    p += span(p, "0123456789_");
    if (*p != 'e' && *p != 'E') {
        return !*p;
    }
    p++;
    if (*p != '-' && *p != '+') {
        return false;
    }
    p++;
    return *p && !p[span(p, "0123456789")];
}

/* `.nan` has no sign. */
static bool
read_special(const char *text, struct value *v)
{
    static const char *const infinite[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const not_number[] = {".nan", ".NaN", ".NAN", NULL};
    const bool is_signed = *text == '-' || *text == '+';

    if (is_one_of(text + is_signed, infinite)) {
        v->real = *text == '-' ? -(double)INFINITY : (double)INFINITY;
    } else if (is_one_of(text, not_number)) {
        v->real = (double)NAN;
    } else {
        return false;
    }
    v->kind = VALUE_FLOAT;
    return true;
}

/* Fewer than NUMBER_MAX bytes, which the caller knows. */
static double
to_double(const char *p)
{
    char digits[NUMBER_MAX];
    size_t n = 0;

    for (; *p && n + 1 < NUMBER_MAX; p++) {
        if (*p != '_') {
            digits[n++] = *p;
        }
    }
    digits[n] = '\0';
    return strtod(digits, NULL);
}

static bool
read_float(const char *text, struct value *v)
{
    const bool is_signed = *text == '-' || *text == '+';
    const double sign = *text == '-' ? -1 : 1;
    const char *p = text + is_signed;
    double sixties = 0;
    const char *end = NULL;

    if (read_special(text, v)) {
        return true;
    }
    v->kind = VALUE_FLOAT;
    if (isdigit((unsigned char)*p) && (end = read_sixties(p, &sixties)) && *end == '.' &&
        !end[1 + span(end + 1, "0123456789_")]) {
        v->real = (sixties + to_double(end)) * sign;
        return true;
    }
    if (!is_float_form(p) || (is_signed && *p == '.')) { /* -.5 is a text, as in PyYAML */
        return false;
    }
    v->real = to_double(p) * sign;
    return true;
}

/* Whether a plain text is null, a bool or a number; v is it then. */
static bool
read_form(const struct yaml_node *node, struct value *v)
{
    static const char first[] = "yYnNtTfFoO0123456789+-.~"; /* most texts begin otherwise */

    if (node->len > 0 && strchr(first, node->text[0]) == NULL) {
        return false;
    }
    struct yaml_node plain = *node;
    plain.style = YAML_STYLE_PLAIN;
    if (yaml_is_null(&plain)) {
        v->kind = VALUE_NULL;
        return true;
    }
    return node->len < NUMBER_MAX &&
           (read_bool(node->text, v) || read_int(node->text, v) || read_float(node->text, v));
}

static struct value *
read_plain(const struct yaml_node *node)
{
    struct value *v = value_new(VALUE_NULL);

    if (read_form(node, v)) {
        return v;
    }
    value_free(v);
    return value_textn(node->text, node->len);
}

static bool
is_vault(const struct yaml_node *node)
{
    static const char *const names[] = {"!vault", "!vault-encrypted", NULL};

    return node->tag && is_one_of(node->tag, names);
}

/* Whether the tag that is written, if any, is one of these. */
static int
check_tag(const struct yaml_node *node, const char *const *good, struct mistakes *m)
{
    static const char core[] = "tag:yaml.org,2002:";

    if (!node->tag || is_one_of(node->tag, good)) {
        return 0;
    }
    if (is_vault(node)) {
        return yaml_expected(m, node, node->tag, "a text");
    }
    if (node->secret) {
        return yaml_mistake(m, node, "this tag is not supported");
    }
    const bool is_core = strncmp(node->tag, core, sizeof(core) - 1) == 0;
    return yaml_mistake(m, node, "the tag %s%.60s is not supported", is_core ? "!!" : "",
                        node->tag + (is_core ? sizeof(core) - 1 : 0));
}

/* Its form is checked here, so that every torn one is told at once; it is opened when it is used.
 */
static struct value *
read_vault(const struct yaml_node *node, struct mistakes *m)
{
    const char *why = vault_check(node->text, node->len);

    if (why) {
        yaml_mistake(m, node, "%s: %s", node->tag, why);
        return NULL;
    }
    struct value *v = value_textn(node->text, node->len);
    v->vault = true;
    v->secret = true;
    return v;
}

static const char *const text_tags[] = {"tag:yaml.org,2002:str", "!unsafe", NULL};

/* Whether the text alone says what a scalar is.  The tag `!` makes text in YAML 1.1, but libyaml
 * has PyYAML take it for none, quotes and all. */
static bool
is_plain(const struct yaml_node *node)
{
    return node->tag ? strcmp(node->tag, "!") == 0 : node->style == YAML_STYLE_PLAIN;
}

bool
value_is_text(const struct yaml_node *scalar)
{
    struct value v = {0};

    if (!is_plain(scalar)) {
        return !scalar->tag || is_one_of(scalar->tag, text_tags);
    }
    if (!read_form(scalar, &v)) {
        return true;
    }
    free(v.text); /* of an integer past 64 bits */
    return false;
}

static struct value *
read_scalar(const struct yaml_node *node, struct mistakes *m)
{
    if (is_vault(node)) {
        return read_vault(node, m);
    }
    if (value_has_type(node)) {
        return value_of_type(node, m);
    }
    if (is_plain(node)) {
        return read_plain(node);
    }
    if (check_tag(node, text_tags, m)) {
        return NULL;
    }
    return value_textn(node->text, node->len);
}

/* ---------------------------------------------------------------- lists and dicts */

static struct value *
read_key(const struct yaml_node *node, struct mistakes *m)
{
    if (is_vault(node)) {
        yaml_mistake(m, node, "a vault is no key");
        return NULL;
    }
    return read_scalar(node, m);
}

char *
value_key_of_node(const struct yaml_node *key, struct mistakes *m)
{
    struct value *v = key->typed ? read_key(key, m) : NULL;
    struct buf text;

    if (!key->typed) {
        return xstrndup(key->text, key->len);
    }
    if (!v) {
        return NULL;
    }
    buf_init(&text, key->len + VALUE_KEY_MAX);
    (void)value_to_key(v, &text);
    value_free(v);
    char *copy = xstrndup(text.data, text.len);
    buf_release(&text);
    return copy;
}

static int
read_typed_pairs(const struct yaml_node *node, struct value *dict, struct mistakes *m)
{
    struct value_keys keys;
    int rc = 0;

    value_keys_init(&keys, dict);
    for (size_t i = 0; i < node->count && rc == 0; i++) {
        struct value *key = read_key(node->keys[i], m);
        struct value *item = key ? value_of_node(node->items[i], m) : NULL;
        if (item) {
            value_keys_put(&keys, key, item);
        }
        value_free(key);
        rc = item ? 0 : -1;
    }
    value_keys_release(&keys);
    return rc;
}

static int
read_pairs(const struct yaml_node *node, struct value *dict, struct mistakes *m)
{
    for (size_t i = 0; i < node->count; i++) {
        if (node->keys[i]->typed) {
            return read_typed_pairs(node, dict, m);
        }
    }
    for (size_t i = 0; i < node->count; i++) {
        struct value *item = value_of_node(node->items[i], m);
        if (!item) {
            return -1;
        }
        value_dict_add(dict, node->keys[i]->text, item);
    }
    return 0;
}

static int
read_items(const struct yaml_node *node, struct value *list, struct mistakes *m)
{
    for (size_t i = 0; i < node->count; i++) {
        struct value *item = value_of_node(node->items[i], m);
        if (!item) {
            return -1;
        }
        value_list_add(list, item);
    }
    return 0;
}

static struct value *
read_children(const struct yaml_node *node, struct mistakes *m)
{
    static const char *const list[] = {"!", "tag:yaml.org,2002:seq", NULL};
    static const char *const dict[] = {"!", "tag:yaml.org,2002:map", NULL};
    const bool is_dict = node->kind == YAML_NODE_MAP;

    if (check_tag(node, is_dict ? dict : list, m)) {
        return NULL;
    }
    struct value *v = value_new(is_dict ? VALUE_DICT : VALUE_LIST);
    if ((is_dict ? read_pairs : read_items)(node, v, m)) {
        value_free(v);
        return NULL;
    }
    return v;
}

struct value *
value_of_node(const struct yaml_node *node, struct mistakes *m)
{
    struct value *v =
        node->kind == YAML_NODE_SCALAR ? read_scalar(node, m) : read_children(node, m);

    if (v) {
        v->secret = v->secret || node->secret;
        v->file = node->file;
        v->line = node->line;
        v->col = node->col;
    }
    return v;
}

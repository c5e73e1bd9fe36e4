/*
 * ini_value.c - Python's literals, as ast.literal_eval reads them.
 *
 * Decides what is a literal (docs.python.org, "Lexical analysis" and ast.literal_eval).  What is
 * none is text: sets, complex numbers, \N{...}, names.  Owns nothing.  Never evaluates anything.
 */
#include "config/ini_value.h"

#include "base/escape.h"
#include "base/xalloc.h"
#include "config/value_keys.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 64 };

struct reader {
    const char *at; /* of a NUL-terminated text */
    int depth;
    bool number;     /* what was read last is a number without a sign */
    const char *why; /* NULL: if it fails, it is text */
};

static struct value *read_one(struct reader *r);

static void
skip_blanks(struct reader *r)
{
    r->at += strspn(r->at, " \t\f");
    if (*r->at == '#') {
        r->at += strlen(r->at);
    }
}

static bool
is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* ---------------------------------------------------------------- numbers */

/* Digits of a set, each pair of them with at most one `_` between; appended without it.  false: a
 * `_` where none may be. */
static bool
take_digits(struct reader *r, const char *set, struct buf *out)
{
    const size_t before = out->len;

    while (*r->at != '\0' && (strchr(set, *r->at) != NULL || *r->at == '_')) {
        if (*r->at == '_' && (out->len == before || r->at[1] == '\0' || r->at[1] == '_' ||
                              strchr(set, r->at[1]) == NULL)) {
            return false;
        }
        if (*r->at != '_') {
            buf_addc(out, *r->at);
        }
        r->at++;
    }
    return true;
}

static const char decimal[] = "0123456789";

/* The fraction and the exponent of a float, if there are any. */
static bool
take_fraction(struct reader *r, struct buf *digits, bool *ret_float)
{
    if (*r->at == '.') {
        *ret_float = true;
        buf_addc(digits, *r->at++);
        if (!take_digits(r, decimal, digits)) {
            return false;
        }
    }
    if (*r->at != 'e' && *r->at != 'E') {
        return true;
    }
    *ret_float = true;
    buf_addc(digits, *r->at++);
    if (*r->at == '+' || *r->at == '-') {
        buf_addc(digits, *r->at++);
    }
    return isdigit((unsigned char)*r->at) && take_digits(r, decimal, digits);
}

/* What is past 63 digits is kept as text, as everywhere. */
static struct value *
integer_of(const struct buf *digits, int base)
{
    if (digits->len == 0 || digits->full) {
        return NULL;
    }
    return digits->len < DIGITS_MAX ? value_integer(false, digits->data, base)
                                    : value_textn(digits->data, digits->len);
}

static struct value *
read_decimal(struct reader *r, struct buf *digits)
{
    bool real = false;

    if (!take_digits(r, decimal, digits) || !take_fraction(r, digits, &real) || is_word(*r->at) ||
        digits->full) {
        return NULL;
    }
    if (real) {
        struct value *v = value_new(VALUE_FLOAT);
        v->real = strtod(digits->data, NULL);
        return v;
    }
    if (digits->data[0] == '0' && strspn(digits->data, "0") < digits->len) {
        return NULL; /* 010 is none in Python */
    }
    return integer_of(digits, 10);
}

static struct value *
read_number(struct reader *r)
{
    static const struct {
        char letter;
        int base;
        const char *set;
    } bases[] = {{'x', 16, "0123456789abcdefABCDEF"}, {'o', 8, "01234567"}, {'b', 2, "01"}};
    struct value *v = NULL;
    struct buf digits;
    bool done = false;

    buf_init(&digits, 4300); /* Python's own limit, sys.int_info.default_max_str_digits */
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]) && !done; i++) {
        if (r->at[0] != '0' || tolower((unsigned char)r->at[1]) != bases[i].letter) {
            continue;
        }
        r->at += 2;
        r->at += *r->at == '_';
        if (take_digits(r, bases[i].set, &digits) && !is_word(*r->at)) {
            v = digits.len < DIGITS_MAX ? integer_of(&digits, bases[i].base) : NULL;
        }
        done = true;
    }
    v = done ? v : read_decimal(r, &digits);
    buf_release(&digits);
    r->number = v != NULL;
    return v;
}

/* ---------------------------------------------------------------- strings */

struct string {
    struct buf text;
    bool bytes, raw, any;
};

/* `\x41`, `\u0041`: exactly so many hexadecimal digits. */
static bool
take_hex(struct reader *r, struct string *s, size_t count)
{
    char digits[9] = {0};

    if (strspn(r->at, "0123456789abcdefABCDEF") < count) {
        return false;
    }
    memcpy(digits, r->at, count);
    r->at += count;
    const unsigned long code = strtoul(digits, NULL, 16);
    if (code > 0x10ffff) {
        return false;
    }
    if (s->bytes) {
        buf_addc(&s->text, (char)code);
    } else {
        utf8_encode(&s->text, (unsigned)code);
    }
    return true;
}

static void
take_octal(struct reader *r, struct string *s)
{
    unsigned code = 0;

    for (int i = 0; i < 3 && *r->at >= '0' && *r->at <= '7'; i++) {
        code = code * 8 + (unsigned)(*r->at++ - '0');
    }
    if (s->bytes) {
        buf_addc(&s->text, (char)code);
    } else {
        utf8_encode(&s->text, code);
    }
}

static bool
take_escape(struct reader *r, struct string *s)
{
    static const char from[] = "\\'\"abfnrtv";
    static const char to[] = "\\'\"\a\b\f\n\r\t\v";
    const char c = *r->at;
    const char *known = c == '\0' ? NULL : strchr(from, c);

    if (c == '\0') {
        return false;
    }
    if (known != NULL) {
        buf_addc(&s->text, to[known - from]);
        r->at++;
        return true;
    }
    if (c >= '0' && c <= '7') {
        take_octal(r, s);
        return true;
    }
    if (c == 'x' || (!s->bytes && (c == 'u' || c == 'U'))) {
        r->at++;
        return take_hex(r, s, c == 'x' ? 2 : c == 'u' ? 4 : 8);
    }
    buf_addc(&s->text, '\\'); /* an unknown one stays as it is */
    return s->bytes || c != 'N';
}

static bool
take_body(struct reader *r, struct string *s)
{
    const char quote[4] = {*r->at, *r->at, *r->at, '\0'};
    const size_t width = strncmp(r->at, quote, 3) == 0 ? 3 : 1;

    r->at += width;
    while (strncmp(r->at, quote, width) != 0) {
        if (*r->at == '\0' || (s->bytes && (unsigned char)*r->at >= 0x80)) {
            return false;
        }
        if (*r->at == '\\' && s->raw) {
            buf_addc(&s->text, *r->at++); /* and what follows, a quote too */
            if (*r->at == '\0') {
                return false;
            }
        } else if (*r->at == '\\') {
            r->at++;
            if (!take_escape(r, s)) {
                return false;
            }
            continue;
        }
        buf_addc(&s->text, *r->at++);
    }
    r->at += width;
    return true;
}

/* r, u, b, br, rb in any case, then a quote; the length of the prefix, or -1. */
static int
prefix_of(const char *at, struct string *s)
{
    static const char *const prefixes[] = {"", "r", "u", "b", "br", "rb"};
    const size_t len = strcspn(at, "'\"");

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (len == strlen(prefixes[i]) && strncasecmp(at, prefixes[i], len) == 0 &&
            at[len] != '\0') {
            s->bytes = strchr(prefixes[i], 'b') != NULL;
            s->raw = strchr(prefixes[i], 'r') != NULL;
            return (int)len;
        }
    }
    return -1;
}

/* Strings side by side are one; text and bytes do not mix. */
static struct value *
read_string(struct reader *r)
{
    struct string s = {0};
    struct value *v = NULL;
    bool bytes = false;
    int prefix;

    buf_init(&s.text, INI_TEXT_MAX);
    while ((prefix = prefix_of(r->at, &s)) >= 0) {
        r->at += prefix;
        if ((s.any && bytes != s.bytes) || !take_body(r, &s)) {
            goto out;
        }
        bytes = s.bytes;
        s.any = true;
        skip_blanks(r);
    }
    if (memchr(s.text.data, '\0', s.text.len) != NULL) {
        r->why = "a NUL (\\0) in a text";
    } else if (utf8_valid(s.text.data, s.text.len)) {
        v = value_textn(s.text.data, s.text.len);
    }
out:
    buf_release(&s.text);
    return v;
}

/* ---------------------------------------------------------------- lists and dicts */

/* Items up to `close`, which is '\0' for a tuple without brackets; *ret_comma: there was one. */
static struct value *
read_items(struct reader *r, char close, bool *ret_comma)
{
    struct value *list = value_new(VALUE_LIST);

    *ret_comma = false;
    for (skip_blanks(r); *r->at != close; skip_blanks(r)) {
        struct value *item = read_one(r);
        if (item == NULL) {
            goto bad;
        }
        value_list_add(list, item);
        skip_blanks(r);
        if (*r->at == ',') {
            *ret_comma = true;
            r->at++;
        } else if (*r->at != close) {
            goto bad;
        }
    }
    r->at += close != '\0';
    return list;
bad:
    value_free(list);
    return NULL;
}

/* The only item of a list, out of it. */
static struct value *
unwrap(struct value *list)
{
    struct value *item = list->items[0];

    list->count = 0;
    value_free(list);
    return item;
}

/* (1) is 1, (1,) and () are tuples. */
static struct value *
read_tuple(struct reader *r, char close)
{
    bool comma = false;
    struct value *list = read_items(r, close, &comma);

    if (list != NULL && list->count == 0 && close == '\0') {
        value_free(list);
        return NULL;
    }
    if (list != NULL && list->count == 1 && !comma) {
        return unwrap(list);
    }
    r->number = false;
    return list;
}

static struct value *
read_list(struct reader *r)
{
    bool comma = false;
    struct value *list = read_items(r, ']', &comma);

    r->number = false;
    return list;
}

static bool
read_pair(struct reader *r, struct value_keys *keys)
{
    struct value *key = read_one(r);
    struct value *v = NULL;
    bool good = false;

    skip_blanks(r);
    if (key != NULL && *r->at == ':') {
        r->at++;
        skip_blanks(r);
        v = read_one(r);
    }
    if (v != NULL && (key->kind == VALUE_LIST || key->kind == VALUE_DICT)) {
        r->why = "a list or a dict is a key";
    } else if (v != NULL) {
        value_keys_put(keys, key, v);
        v = NULL;
        good = true;
    }
    value_free(v);
    value_free(key);
    return good;
}

static struct value *
read_dict(struct reader *r)
{
    struct value *dict = value_new(VALUE_DICT);
    struct value_keys keys;

    value_keys_init(&keys, dict);
    for (skip_blanks(r); *r->at != '}'; skip_blanks(r)) {
        if (!read_pair(r, &keys)) {
            goto bad;
        }
        skip_blanks(r);
        if (*r->at == ',') {
            r->at++;
        } else if (*r->at != '}') {
            goto bad;
        }
    }
    r->at++;
    r->number = false;
    value_keys_release(&keys);
    return dict;
bad:
    value_keys_release(&keys);
    value_free(dict);
    return NULL;
}

/* ---------------------------------------------------------------- one value */

static struct value *
read_word(struct reader *r)
{
    static const struct {
        const char *word;
        enum value_kind kind;
        bool boolean;
    } words[] = {
        {"True", VALUE_BOOL, true}, {"False", VALUE_BOOL, false}, {"None", VALUE_NULL, false}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const size_t len = strlen(words[i].word);
        if (strncmp(r->at, words[i].word, len) == 0 && !is_word(r->at[len])) {
            struct value *v = value_new(words[i].kind);
            v->boolean = words[i].boolean;
            r->at += len;
            return v;
        }
    }
    return NULL;
}

/* One sign, before a number only. */
static struct value *
read_signed(struct reader *r)
{
    const bool minus = *r->at++ == '-';

    skip_blanks(r);
    struct value *v = *r->at == '-' || *r->at == '+' ? NULL : read_one(r);
    if (v == NULL || !r->number) {
        value_free(v);
        return NULL;
    }
    r->number = false;
    if (minus && v->kind == VALUE_TEXT) { /* past 64 bits */
        char *text = xasprintf("-%s", v->text);
        value_free(v);
        v = strcmp(text, "-9223372036854775808") == 0 ? value_int(INT64_MIN) : value_text(text);
        free(text);
    } else if (minus) {
        v->integer = -v->integer;
        v->real = -v->real;
    }
    return v;
}

static struct value *
read_nested(struct reader *r, char open)
{
    struct value *v = NULL;

    if (r->depth == INI_DEPTH_MAX) {
        r->why = "nested deeper than 64";
        return NULL;
    }
    r->depth++;
    r->at++;
    if (open == '(') {
        v = read_tuple(r, ')');
    } else {
        v = open == '[' ? read_list(r) : read_dict(r);
    }
    r->depth--;
    return v;
}

static struct value *
read_one(struct reader *r)
{
    struct string ignored = {0};
    const char c = *r->at;

    if (r->why != NULL) {
        return NULL;
    }
    if (isdigit((unsigned char)c) || (c == '.' && isdigit((unsigned char)r->at[1]))) {
        return read_number(r);
    }
    if (c == '-' || c == '+') {
        return read_signed(r);
    }
    if (c == '(' || c == '[' || c == '{') {
        return read_nested(r, c);
    }
    r->number = false;
    return prefix_of(r->at, &ignored) >= 0 ? read_string(r) : read_word(r);
}

struct value *
ini_value_read(const char *text, size_t len, const char **ret_why)
{
    char *copy = xstrndup(text, len);
    struct reader r = {.at = copy};
    struct value *v;

    *ret_why = NULL;
    v = read_tuple(&r, '\0');
    if (v != NULL && *r.at != '\0') {
        value_free(v);
        v = NULL;
    }
    if (v == NULL && r.why == NULL) {
        v = value_textn(text, len);
    } else if (r.why != NULL) {
        *ret_why = r.why;
        value_free(v);
        v = NULL;
    }
    free(copy);
    return v;
}

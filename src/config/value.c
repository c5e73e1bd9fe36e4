/*
 * value.c - builds, copies and prints values.
 *
 * Owns what it holds.  Reading types from YAML is in value_read.c.
 */
#include "config/value.h"

#include "base/xalloc.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct value *
value_new(enum value_kind kind)
{
    struct value *v = xcalloc(1, sizeof(*v));

    v->kind = kind;
    if (kind == VALUE_TEXT) {
        v->text = xstrdup("");
    }
    return v;
}

struct value *
value_bool(bool b)
{
    struct value *v = value_new(VALUE_BOOL);

    v->boolean = b;
    return v;
}

struct value *
value_int(int64_t n)
{
    struct value *v = value_new(VALUE_INT);

    v->integer = n;
    return v;
}

struct value *
value_textn(const char *bytes, size_t len)
{
    struct value *v = xcalloc(1, sizeof(*v));

    assert(!memchr(bytes, '\0', len));
    v->kind = VALUE_TEXT;
    v->text = xstrndup(bytes, len);
    v->len = len;
    return v;
}

struct value *
value_text(const char *text)
{
    return value_textn(text, strlen(text));
}

struct value *
value_copy(const struct value *v)
{
    struct value *copy = xmemdup(v, sizeof(*v));

    copy->text = v->text ? xstrndup(v->text, v->len) : NULL;
    copy->items = NULL;
    copy->keys = NULL;
    copy->cap = v->count;
    if (v->count == 0) {
        return copy;
    }
    copy->items = xcalloc(v->count, sizeof(struct value *));
    if (v->keys) {
        copy->keys = xcalloc(v->count, sizeof(char *));
    }
    for (size_t i = 0; i < v->count; i++) {
        copy->items[i] = value_copy(v->items[i]);
        if (v->keys) {
            copy->keys[i] = xstrdup(v->keys[i]);
        }
    }
    return copy;
}

static bool
is_same_scalar(const struct value *a, const struct value *b)
{
    switch (a->kind) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return a->boolean == b->boolean;
    case VALUE_INT:
        return a->integer == b->integer;
    case VALUE_FLOAT:
        return a->real == b->real || (isnan(a->real) && isnan(b->real));
    case VALUE_TEXT:
        return a->vault == b->vault && a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
    case VALUE_LIST:
    case VALUE_DICT:
        return a->count == b->count;
    }
    return false;
}

bool
value_is_same(const struct value *a, const struct value *b)
{
    if (a->kind != b->kind || !is_same_scalar(a, b)) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        if ((a->keys && strcmp(a->keys[i], b->keys[i]) != 0) ||
            !value_is_same(a->items[i], b->items[i])) {
            return false;
        }
    }
    return true;
}

void
value_free(struct value *v)
{
    if (!v) {
        return;
    }
    if (v->secret && v->text) {
        explicit_bzero(v->text, v->len);
    }
    for (size_t i = 0; i < v->count; i++) {
        value_free(v->items[i]);
        if (v->keys) {
            free(v->keys[i]);
        }
    }
    free(v->items);
    free(v->keys);
    free(v->text);
    free(v);
}

void
value_list_add(struct value *list, struct value *item)
{
    assert(list->kind == VALUE_LIST);
    list->items = xgrow(list->items, list->count, &list->cap, sizeof(struct value *));
    list->items[list->count++] = item;
}

void
value_dict_add(struct value *dict, const char *key, struct value *v)
{
    size_t cap = dict->cap;

    assert(dict->kind == VALUE_DICT);
    dict->keys = xgrow(dict->keys, dict->count, &cap, sizeof(char *));
    dict->items = xgrow(dict->items, dict->count, &dict->cap, sizeof(struct value *));
    dict->keys[dict->count] = xstrdup(key);
    dict->items[dict->count++] = v;
}

void
value_dict_set(struct value *dict, const char *key, struct value *v)
{
    assert(dict->kind == VALUE_DICT);
    for (size_t i = 0; i < dict->count; i++) {
        if (strcmp(dict->keys[i], key) == 0) {
            value_free(dict->items[i]);
            dict->items[i] = v;
            return;
        }
    }
    value_dict_add(dict, key, v);
}

struct value *
value_dict_get(const struct value *dict, const char *key)
{
    assert(dict->kind == VALUE_DICT);
    for (size_t i = 0; i < dict->count; i++) {
        if (strcmp(dict->keys[i], key) == 0) {
            return dict->items[i];
        }
    }
    return NULL;
}

/* ---------------------------------------------------------------- text */

/* Python's repr: the fewest digits that read back the same; exponents below 1e-4, from 1e16. */
static void
put_real(struct buf *out, double real)
{
    char digits[40];
    int precision = 0;

    do {
        snprintf(digits, sizeof(digits), "%.*e", precision, real);
    } while (strtod(digits, NULL) != real && precision++ < 17);
    const int exponent = atoi(strchr(digits, 'e') + 1);
    if (exponent < -4 || exponent >= 16) {
        buf_addf(out, "%.*se%c%02d", (int)(strchr(digits, 'e') - digits), digits,
                 exponent < 0 ? '-' : '+', abs(exponent));
        return;
    }
    const int places = precision - exponent;
    buf_addf(out, "%.*f", places > 1 ? places : 1, real);
}

static void
put_float(struct buf *out, double real, bool json)
{
    if (isnan(real)) {
        buf_adds(out, json ? "NaN" : "nan");
    } else if (isinf(real)) {
        buf_addf(out, "%s%s", real < 0 ? "-" : "", json ? "Infinity" : "inf");
    } else {
        put_real(out, real);
    }
}

int
value_to_text(const struct value *v, struct buf *out)
{
    switch (v->kind) {
    case VALUE_NULL:
        return 0;
    case VALUE_BOOL:
        return buf_adds(out, v->boolean ? "True" : "False");
    case VALUE_INT:
        return buf_addf(out, "%" PRId64, v->integer);
    case VALUE_FLOAT:
        put_float(out, v->real, false);
        return out->full ? -1 : 0;
    case VALUE_TEXT:
        return v->vault ? -1 : buf_add(out, v->text, v->len);
    case VALUE_LIST:
    case VALUE_DICT:
        return -1;
    }
    return -1;
}

int
value_to_key(const struct value *v, struct buf *out)
{
    if (v->kind == VALUE_NULL || v->kind == VALUE_BOOL || v->kind == VALUE_FLOAT) {
        value_to_json(v, out);
        return out->full ? -1 : 0;
    }
    return value_to_text(v, out);
}

static void
put_string(struct buf *out, const char *text, size_t len)
{
    buf_addc(out, '"');
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            buf_addf(out, "\\%c", c);
        } else if (c == '\n') {
            buf_adds(out, "\\n");
        } else if (c == '\t') {
            buf_adds(out, "\\t");
        } else if (c < 0x20 || c == 0x7f) {
            buf_addf(out, "\\u%04x", c);
        } else {
            buf_addc(out, (char)c);
        }
    }
    buf_addc(out, '"');
}

static void
put_children(const struct value *v, struct buf *out)
{
    buf_addc(out, v->kind == VALUE_DICT ? '{' : '[');
    for (size_t i = 0; i < v->count; i++) {
        if (i) {
            buf_adds(out, ", ");
        }
        if (v->kind == VALUE_DICT) {
            put_string(out, v->keys[i], strlen(v->keys[i]));
            buf_adds(out, ": ");
        }
        value_to_json(v->items[i], out);
    }
    buf_addc(out, v->kind == VALUE_DICT ? '}' : ']');
}

static void
put_secret(const struct value *v, struct buf *out)
{
    if (!v->vault) {
        buf_adds(out, "\"***\"");
        return;
    }
    buf_adds(out, "{\"__ansible_vault\": ");
    put_string(out, v->text, v->len);
    buf_addc(out, '}');
}

void
value_to_json(const struct value *v, struct buf *out)
{
    if (v->secret && v->kind != VALUE_LIST && v->kind != VALUE_DICT) {
        put_secret(v, out);
        return;
    }
    switch (v->kind) {
    case VALUE_NULL:
        buf_adds(out, "null");
        return;
    case VALUE_BOOL:
        buf_adds(out, v->boolean ? "true" : "false");
        return;
    case VALUE_INT:
        buf_addf(out, "%" PRId64, v->integer);
        return;
    case VALUE_FLOAT:
        put_float(out, v->real, true);
        return;
    case VALUE_TEXT:
        put_string(out, v->text, v->len);
        return;
    case VALUE_LIST:
    case VALUE_DICT:
        put_children(v, out);
        return;
    }
}

/*
 * value_read.c - the types of YAML 1.1, with the rules of PyYAML's resolver.
 *
 * Decides what a plain scalar is (https://yaml.org/type/, PyYAML resolver.py).  Dates stay text.
 */
#include "config/value.h"

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
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

static bool
read_bool(const char *text, struct value *v)
{
    static const char *const yes[] = {"yes",  "Yes", "YES", "true", "True",
                                      "TRUE", "on",  "On",  "ON",   NULL};
    static const char *const no[] = {"no",    "No",  "NO",  "false", "False",
                                     "FALSE", "off", "Off", "OFF",   NULL};

    if (!is_one_of(text, yes) && !is_one_of(text, no))
        return false;
    v->kind = VALUE_BOOL;
    v->boolean = is_one_of(text, yes);
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
        if (len == 0 || (part && (len > 2 || (len == 2 && *p > '5'))))
            return NULL;
        for (size_t i = 0; i < len; i++)
            n = p[i] == '_' ? n : n * 10 + (p[i] - '0');
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
split_int(const char *p, int *ret_base, char *ret_digits)
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
        *ret_base = 8;
        set = "01234567_";
        p++;
    } else if (*p == '_') {
        return false;
    }
    if (!*p || p[span(p, set)])
        return false;
    for (; *p && n + 1 < NUMBER_MAX; p++)
        if (*p != '_')
            ret_digits[n++] = *p;
    ret_digits[n] = '\0';
    return n > 0 && !*p;
}

static bool
set_int(struct value *v, bool minus, double beyond, unsigned long long n)
{
    /* Python's integers have no end; ours keep the size as a float. */
    if (beyond >= 0 || n > (unsigned long long)INT64_MAX) {
        v->kind = VALUE_FLOAT;
        v->real = beyond >= 0 ? beyond : (double)n;
        v->real = minus ? -v->real : v->real;
        return true;
    }
    v->kind = VALUE_INT;
    v->integer = minus ? -(int64_t)n : (int64_t)n;
    return true;
}

static bool
read_int(const char *text, struct value *v)
{
    const bool minus = *text == '-';
    const char *p = text + (*text == '-' || *text == '+');
    char digits[NUMBER_MAX];
    int base = 10;
    double sixties = 0;

    if (*p >= '1' && *p <= '9' && strchr(p, ':')) {
        const char *end = read_sixties(p, &sixties);
        if (!end || *end || sixties > 9e15)
            return false;
        return set_int(v, minus, -1, (unsigned long long)sixties);
    }
    if (!split_int(p, &base, digits))
        return false;
    errno = 0;
    const unsigned long long n = strtoull(digits, NULL, base);
    const bool beyond = errno == ERANGE && base == 10;
    return set_int(v, minus, beyond ? strtod(digits, NULL) : -1, n);
}

/* [0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)? | \.[0-9][0-9_]*([eE][-+][0-9]+)? */
static bool
is_float_form(const char *p)
{
    const size_t whole = span(p, "0123456789_");

    if (*p == '_' || p[whole] != '.')
        return false;
    p += whole + 1;
    if (whole == 0 && !isdigit((unsigned char)*p))
        return false;
    p += span(p, "0123456789_");
    if (*p != 'e' && *p != 'E')
        return !*p;
    p++;
    if (*p != '-' && *p != '+')
        return false;
    p++;
    return *p && !p[span(p, "0123456789")];
}

static bool
read_special(const char *p, struct value *v)
{
    static const char *const infinite[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const not_number[] = {".nan", ".NaN", ".NAN", NULL};

    if (!is_one_of(p, infinite) && !is_one_of(p, not_number))
        return false;
    v->kind = VALUE_FLOAT;
    v->real = is_one_of(p, infinite) ? (double)INFINITY : (double)NAN;
    return true;
}

static bool
read_float(const char *text, struct value *v)
{
    const bool minus = *text == '-';
    const char *p = text + (*text == '-' || *text == '+');
    char digits[NUMBER_MAX];
    size_t n = 0;
    double sixties = 0;
    const char *end = NULL;

    if (read_special(p, v)) {
        v->real = minus ? -v->real : v->real;
        return true;
    }
    if (isdigit((unsigned char)*p) && (end = read_sixties(p, &sixties)) && *end == '.' &&
        !end[1 + span(end + 1, "0123456789_")]) {
        v->kind = VALUE_FLOAT;
        v->real = (sixties + strtod(end, NULL)) * (minus ? -1 : 1);
        return true;
    }
    if (!is_float_form(p))
        return false;
    for (; *p && n + 1 < NUMBER_MAX; p++)
        if (*p != '_')
            digits[n++] = *p;
    digits[n] = '\0';
    v->kind = VALUE_FLOAT;
    v->real = strtod(digits, NULL) * (minus ? -1 : 1);
    return !*p;
}

static struct value *
read_plain(const struct yaml_node *node)
{
    if (yaml_is_null(node))
        return value_new(VALUE_NULL);
    struct value *v = value_new(VALUE_NULL);
    if (node->len < NUMBER_MAX &&
        (read_bool(node->text, v) || read_int(node->text, v) || read_float(node->text, v)))
        return v;
    value_free(v);
    return value_textn(node->text, node->len);
}

static struct value *
read_scalar(const struct yaml_node *node, struct mistakes *m)
{
    static const char *const texts[] = {"!", "tag:yaml.org,2002:str", "!unsafe", NULL};

    if (node->tag && strcmp(node->tag, "!vault") == 0) {
        yaml_not_yet(m, node, "vault values");
        return NULL;
    }
    if (node->tag && !is_one_of(node->tag, texts)) {
        yaml_mistake(m, node, "the tag %s is not supported", node->tag);
        return NULL;
    }
    if (node->style == YAML_STYLE_PLAIN && !node->tag)
        return read_plain(node);
    return value_textn(node->text, node->len);
}

static struct value *
read_children(const struct yaml_node *node, struct mistakes *m)
{
    struct value *v = value_new(node->kind == YAML_NODE_MAP ? VALUE_DICT : VALUE_LIST);

    for (size_t i = 0; i < node->count; i++) {
        struct value *item = value_of_node(node->items[i], m);
        if (!item) {
            value_free(v);
            return NULL;
        }
        if (node->kind == YAML_NODE_LIST)
            value_list_add(v, item);
        else
            value_dict_set(v, node->keys[i]->text, item);
    }
    return v;
}

struct value *
value_of_node(const struct yaml_node *node, struct mistakes *m)
{
    struct value *v =
        node->kind == YAML_NODE_SCALAR ? read_scalar(node, m) : read_children(node, m);

    if (v) {
        v->file = node->file;
        v->line = node->line;
        v->col = node->col;
    }
    return v;
}

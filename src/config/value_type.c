/*
 * value_type.c - values whose type is written: `!!int "3"`, `!!float`, `!!bool`, `!!null`.
 *
 * Decides which texts fit a tag: more than those that are numbers without one (`!!int " 3 "`,
 * `!!float 1e5`), as Python's int and float take them.  Never looks at how the text is quoted.
 */
#include "config/value_type.h"

#include "config/yaml.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NUMBER_MAX = 64, PARTS_MAX = NUMBER_MAX };

/* The text of a number without its `_` and its first sign. */
struct number {
    bool minus;
    char text[NUMBER_MAX];
};

static bool
take_number(const struct yaml_node *node, struct number *ret)
{
    size_t n = 0;

    for (size_t i = 0; i < node->len; i++) {
        if (node->text[i] == '_') {
            continue;
        }
        if (n + 1 == NUMBER_MAX) {
            return false;
        }
        ret->text[n++] = node->text[i];
    }
    ret->text[n] = '\0';
    ret->minus = ret->text[0] == '-';
    if (ret->text[0] == '-' || ret->text[0] == '+') {
        memmove(ret->text, ret->text + 1, n--);
    }
    return n > 0;
}

/* Without the blanks around it, as Python's int and float begin. */
static char *
strip(char *text)
{
    size_t len;

    text += strspn(text, " \t\n\v\f\r");
    for (len = strlen(text); len > 0 && strchr(" \t\n\v\f\r", text[len - 1]) != NULL;) {
        len--;
    }
    text[len] = '\0';
    return text;
}

/* Split at colons into parts, the last of which is worth least; the count. */
static size_t
split(char *text, char *ret_parts[PARTS_MAX])
{
    size_t count = 0;

    for (char *p = text; p != NULL;) {
        char *colon = strchr(p, ':');
        if (colon != NULL) {
            *colon++ = '\0';
        }
        ret_parts[count++] = strip(p);
        p = colon;
    }
    return count;
}

/* ---------------------------------------------------------------- whole numbers */

static bool
are_digits(const char *text, int base)
{
    for (const char *p = text; *p != '\0'; p++) {
        const int c = tolower((unsigned char)*p);
        const int digit = isdigit(c) ? c - '0' : isalpha(c) ? c - 'a' + 10 : base;
        if (digit >= base) {
            return false;
        }
    }
    return text[0] != '\0';
}

/* Python's int(text, base), its sign taken. */
static struct value *
read_whole(char *text, bool minus, int base)
{
    const char *p = strip(text);

    if (*p == '-' || *p == '+') {
        minus = minus != (*p++ == '-');
    }
    if (base == 8 && p[0] == '0' && (p[1] == 'o' || p[1] == 'O')) {
        p += 2;
    }
    if (!are_digits(p, base)) {
        return NULL;
    }
    return value_integer(minus, p, base);
}

/* 1:30:00 is in sixties. */
static struct value *
read_sixties(char *text, bool minus)
{
    char *parts[PARTS_MAX];
    const size_t count = split(text, parts);
    int64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        struct value *part = read_whole(parts[i], false, 10);
        const bool good = part != NULL && part->kind == VALUE_INT && llabs(sum) < INT64_MAX / 128 &&
                          llabs(part->integer) < INT64_MAX / 2;
        sum = good ? sum * 60 + part->integer : 0;
        value_free(part);
        if (!good) {
            return NULL;
        }
    }
    return value_int(minus ? -sum : sum);
}

static struct value *
read_int(const struct yaml_node *node)
{
    struct number n;

    if (!take_number(node, &n)) {
        return NULL;
    }
    if (n.text[0] == '0' && (n.text[1] == 'b' || n.text[1] == 'x')) {
        return read_whole(n.text + 2, n.minus, n.text[1] == 'b' ? 2 : 16);
    }
    if (n.text[0] == '0') {
        return read_whole(n.text, n.minus, 8);
    }
    return strchr(n.text, ':') != NULL ? read_sixties(n.text, n.minus)
                                       : read_whole(n.text, n.minus, 10);
}

/* ---------------------------------------------------------------- floats */

/* Python's float(text). */
static bool
read_real(const char *text, double *ret)
{
    static const char *const words[] = {"inf", "infinity", "nan"};
    const char *p = text + (*text == '-' || *text == '+');
    bool good =
        isdigit((unsigned char)p[*p == '.']) != 0 && p[strspn(p, "0123456789.eE+-")] == '\0';
    char *end = NULL;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        good = good || strcasecmp(p, words[i]) == 0;
    }
    *ret = strtod(text, &end);
    return good && *end == '\0';
}

static struct value *
read_float(const struct yaml_node *node)
{
    char *parts[PARTS_MAX];
    struct number n;
    double sum = 0;

    if (!take_number(node, &n)) {
        return NULL;
    }
    if (strcasecmp(n.text, ".inf") == 0 || strcasecmp(n.text, ".nan") == 0) {
        sum = tolower((unsigned char)n.text[1]) == 'i' ? (double)INFINITY : (double)NAN;
    } else {
        const size_t count = split(n.text, parts);
        for (size_t i = 0; i < count; i++) {
            double part = 0;
            if (!read_real(parts[i], &part)) {
                return NULL;
            }
            sum = count == 1 ? part : sum * 60 + part;
        }
    }
    struct value *v = value_new(VALUE_FLOAT);
    v->real = n.minus ? -sum : sum;
    return v;
}

/* ---------------------------------------------------------------- the table */

static struct value *
read_bool(const struct yaml_node *node)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(node->text, words[i]) == 0) {
            return value_bool(i % 2 == 1);
        }
    }
    return NULL;
}

/* Any text is. */
static struct value *
read_null(const struct yaml_node *node)
{
    (void)node;
    return value_new(VALUE_NULL);
}

static const struct type {
    const char *tag, *expected;
    struct value *(*read)(const struct yaml_node *node);
} types[] = {{"tag:yaml.org,2002:int", "a whole number", read_int},
             {"tag:yaml.org,2002:float", "a number", read_float},
             {"tag:yaml.org,2002:bool", "yes or no", read_bool},
             {"tag:yaml.org,2002:null", "nothing", read_null}};

static const struct type *
type_of(const struct yaml_node *scalar)
{
    for (size_t i = 0; scalar->tag != NULL && i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(scalar->tag, types[i].tag) == 0) {
            return &types[i];
        }
    }
    return NULL;
}

bool
value_has_type(const struct yaml_node *scalar)
{
    return type_of(scalar) != NULL;
}

struct value *
value_of_type(const struct yaml_node *scalar, struct mistakes *m)
{
    const struct type *type = type_of(scalar);

    assert(type != NULL); /* value_has_type said so */
    struct value *v = type->read(scalar);
    if (v == NULL) {
        (void)yaml_expected(m, scalar, strrchr(type->tag, ':') + 1, "%s", type->expected);
    }
    return v;
}

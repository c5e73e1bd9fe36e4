/*
 * value_type.c - values whose type is written: `!!int "3"`, `!!float`, `!!bool`, `!!null`.
 *
 * Decides which texts fit a tag: more than those that are numbers without one (`!!int " 3 "`,
 * `!!float 1e5`), as Python's int and float take them.  Never looks at how the text is quoted.
 */
#include "config/value_type.h"

#include "base/xalloc.h"
#include "config/yaml.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DIGITS_MAX = 64 }; /* of value_integer */

/* The text of a number without its `_` and its first sign. */
struct number {
    bool minus;
    char *text; /* owned; never empty */
};

static bool
take_number(const struct yaml_node *node, struct number *ret)
{
    char *text = xcalloc(node->len + 1, 1);
    size_t n = 0;

    for (size_t i = 0; i < node->len; i++) {
        if (node->text[i] != '_') {
            text[n++] = node->text[i];
        }
    }
    ret->minus = text[0] == '-';
    if (text[0] == '-' || text[0] == '+') {
        memmove(text, text + 1, n--);
    }
    if (n == 0) {
        free(text);
        return false;
    }
    ret->text = text;
    return true;
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

/* The next of the parts between colons; NULL: *at was the last. */
static char *
next_part(char **at)
{
    char *part = *at;

    if (part == NULL) {
        return NULL;
    }
    *at = strchr(part, ':');
    if (*at != NULL) {
        *(*at)++ = '\0';
    }
    return strip(part);
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
    if (!are_digits(p, base) || strlen(p) >= DIGITS_MAX) {
        return NULL;
    }
    return value_integer(minus, p, base);
}

/* 1:30:00 is in sixties. */
static struct value *
read_sixties(char *text, bool minus)
{
    int64_t sum = 0;

    for (char *part = next_part(&text); part != NULL; part = next_part(&text)) {
        struct value *v = read_whole(part, false, 10);
        const bool good = v != NULL && v->kind == VALUE_INT && llabs(sum) < INT64_MAX / 128 &&
                          llabs(v->integer) < INT64_MAX / 4;
        sum = good ? sum * 60 + v->integer : 0;
        value_free(v);
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
    struct value *v;

    if (!take_number(node, &n)) {
        return NULL;
    }
    if (n.text[0] == '0' && (n.text[1] == 'b' || n.text[1] == 'x')) {
        v = read_whole(n.text + 2, n.minus, n.text[1] == 'b' ? 2 : 16);
    } else if (n.text[0] == '0') {
        v = read_whole(n.text, n.minus, 8);
    } else if (strchr(n.text, ':') != NULL) {
        v = read_sixties(n.text, n.minus);
    } else {
        v = read_whole(n.text, n.minus, 10);
    }
    free(n.text);
    return v;
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

/* 1:30 is in sixties, too. */
static bool
read_sum(char *text, double *ret)
{
    const bool sixties = strchr(text, ':') != NULL;
    double part = 0;

    *ret = 0;
    for (char *p = next_part(&text); p != NULL; p = next_part(&text)) {
        if (!read_real(p, &part)) {
            return false;
        }
        *ret = sixties ? *ret * 60 + part : part;
    }
    return true;
}

static struct value *
read_float(const struct yaml_node *node)
{
    struct number n;
    double real = 0;
    bool good = true;

    if (!take_number(node, &n)) {
        return NULL;
    }
    if (strcasecmp(n.text, ".inf") == 0) {
        real = (double)INFINITY;
    } else if (strcasecmp(n.text, ".nan") == 0) {
        real = (double)NAN;
    } else {
        good = read_sum(n.text, &real);
    }
    free(n.text);
    struct value *v = good ? value_new(VALUE_FLOAT) : NULL;
    if (v != NULL) {
        v->real = n.minus ? -real : real;
    }
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

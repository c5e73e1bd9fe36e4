/*
 * pattern_python.c - reads a regular expression as Python's re does and writes PCRE2's.
 *
 * Decides what Python would take (Lib/re/_parser.py, 3.11).  Owns the reader during one call. Every
 * character of the user's that could mean something to PCRE2 leaves as a number, so what PCRE2 gets
 * is only what was understood here.
 */
#include "config/pattern_regex.h"

#include "base/escape.h"
#include "base/map.h"
#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH_MAX = 100,
    GROUPS_MAX = 1000,
    REPEAT_MAX = 300, /* of an item; host names are shorter than that */
    OUT_MAX = 1 << 20,
};

/* What a quantifier would repeat. */
enum item { ITEM_NONE, ITEM_PLACE, ITEM_ATOM, ITEM_REPEAT };

struct reader {
    const char *text, *p;  /* borrowed: all of it, and the place */
    struct buf *out;       /* borrowed */
    struct map *names;     /* owned: group name -> its bit of open */
    bool open[GROUPS_MAX]; /* groups not closed yet */
    int groups;            /* opened so far, and the whole match: Python's state.groups */
    int condition_max;     /* the highest group a condition asked for */
    int depth;
    bool verbose;    /* (?x): white space and comments mean nothing */
    struct err *err; /* borrowed */
};

static int read_alternatives(struct reader *r, bool top);

static int
wrong(const struct reader *r, const char *why)
{
    return err_set(r->err, ERR_USAGE, "regular expression '%.100s': byte %zu: %s", r->text,
                   (size_t)(r->p - r->text), why);
}

static bool
is_in(char c, const char *list)
{
    return c != '\0' && strchr(list, c) != NULL;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
take(struct reader *r, char c)
{
    if (*r->p != c) {
        return false;
    }
    r->p++;
    return true;
}

/* ---- characters */

static void
add_code(struct reader *r, unsigned code)
{
    if (code < 0x80 && (is_digit((char)code) || is_letter((char)code))) {
        (void)buf_addc(r->out, (char)code);
    } else {
        (void)buf_addf(r->out, "\\x{%x}", code);
    }
}

/* text is UTF-8, as the caller has seen to. */
static unsigned
take_char(struct reader *r)
{
    unsigned code = 0;
    const size_t n = utf8_decode(r->p, strnlen(r->p, 4), &code);

    assert(n > 0);
    r->p += n;
    return code;
}

/* Up to max digits of the base; returns how many were there. */
static size_t
take_number(struct reader *r, const char *digits, size_t max, unsigned base, unsigned *code)
{
    size_t n = 0;

    while (n < max && is_in(*r->p, digits)) {
        const char c = *r->p++;
        *code = *code * base + (unsigned)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
        n++;
    }
    return n;
}

/* \x41 A \U00000041: exactly that many digits.  r->p is behind the letter. */
static int
take_hex(struct reader *r, size_t len, unsigned *ret_code)
{
    *ret_code = 0;
    if (take_number(r, "0123456789abcdefABCDEF", len, 16, ret_code) != len) {
        return wrong(r, "an escape with too few digits");
    }
    if (*ret_code > 0x10ffff || (*ret_code >= 0xd800 && *ret_code <= 0xdfff)) {
        return wrong(r, "no such character");
    }
    return 0;
}

/* The escapes that mean a character both inside and outside of brackets.  1: it was one; 0: none,
 * nothing was read; -1.  r->p is behind the backslash. */
static int
take_escaped(struct reader *r, unsigned *ret_code)
{
    static const char letters[] = "afnrtv";
    static const char means[] = "\a\f\n\r\t\v";
    const char c = *r->p;
    const char *at = is_in(c, letters) ? strchr(letters, c) : NULL;

    if (at != NULL) {
        r->p++;
        *ret_code = (unsigned char)means[at - letters];
        return 1;
    }
    if (c == 'x' || c == 'u' || c == 'U') {
        r->p++;
        return take_hex(r, c == 'x' ? 2 : c == 'u' ? 4 : 8, ret_code) < 0 ? -1 : 1;
    }
    if (c == '\0') {
        return wrong(r, "a backslash at the end");
    }
    if (is_digit(c)) {
        return 0;
    }
    if (is_letter(c)) {
        return wrong(r, "an escape Python does not have here");
    }
    *ret_code = take_char(r);
    return 1;
}

static int
add_reference(struct reader *r, int group)
{
    if (group >= r->groups) {
        return wrong(r, "there is no such group before it");
    }
    if (r->open[group]) {
        return wrong(r, "the group is not closed yet");
    }
    (void)buf_addf(r->out, "\\g{%d}", group);
    return 0;
}

/* \0 \012 \123 are characters, \1 and \12 are groups. */
static int
read_numbered(struct reader *r)
{
    static const char octal[] = "01234567";
    unsigned code = 0;

    if (take(r, '0')) {
        (void)take_number(r, octal, 2, 8, &code);
        add_code(r, code);
        return 0;
    }
    if (is_in(r->p[0], octal) && is_in(r->p[1], octal) && is_in(r->p[2], octal)) {
        (void)take_number(r, octal, 3, 8, &code);
        if (code > 0377) {
            return wrong(r, "an octal number past 0o377");
        }
        add_code(r, code);
        return 0;
    }
    (void)take_number(r, "0123456789", 2, 10, &code);
    return add_reference(r, (int)code);
}

static int
read_escape(struct reader *r, enum item *ret_item)
{
    const char c = *r->p;
    unsigned code = 0;

    *ret_item = is_in(c, "AbBZ") ? ITEM_PLACE : ITEM_ATOM;
    if (is_in(c, "AbBdDsSwWZ")) {
        r->p++;
        (void)buf_addf(r->out, "\\%c", c == 'Z' ? 'z' : c);
        return 0;
    }
    const int got = take_escaped(r, &code);
    if (got > 0) {
        add_code(r, code);
    }
    return got == 0 ? read_numbered(r) : got < 0 ? -1 : 0;
}

/* ---- brackets */

/* One member of a bracket: a character, or a class like \d, which is written as it is. */
static int
take_member(struct reader *r, unsigned *ret_code, char *ret_class)
{
    *ret_class = '\0';
    if (*r->p == '\0') {
        return wrong(r, "a bracket is never closed");
    }
    if (!take(r, '\\')) {
        *ret_code = take_char(r);
        return 0;
    }
    if (is_in(*r->p, "dDsSwW")) {
        *ret_class = *r->p++;
        return 0;
    }
    if (take(r, 'b')) {
        *ret_code = '\b';
        return 0;
    }
    const int got = take_escaped(r, ret_code);
    if (got == 0) {
        *ret_code = 0;
        if (take_number(r, "01234567", 3, 8, ret_code) == 0 || *ret_code > 0377) {
            return wrong(r, "an escape Python does not have in a bracket");
        }
    }
    return got < 0 ? -1 : 0;
}

static void
add_member(struct reader *r, unsigned code, char class)
{
    if (class != '\0') {
        (void)buf_addf(r->out, "\\%c", class);
    } else {
        (void)buf_addf(r->out, "\\x{%x}", code);
    }
}

/* r->p is behind the dash after low. */
static int
read_range(struct reader *r, unsigned low, char class)
{
    unsigned high = 0;
    char high_class = '\0';

    if (*r->p == ']') {
        add_member(r, low, class);
        add_member(r, '-', '\0');
        return 0;
    }
    if (take_member(r, &high, &high_class) < 0) {
        return -1;
    }
    if (class != '\0' || high_class != '\0' || low > high) {
        return wrong(r, "a range that is none");
    }
    (void)buf_addf(r->out, "\\x{%x}-\\x{%x}", low, high);
    return 0;
}

/* r->p is behind the open bracket. */
static int
read_set(struct reader *r)
{
    bool first = true;

    (void)buf_adds(r->out, take(r, '^') ? "[^" : "[");
    while (first || *r->p != ']') {
        unsigned code = 0;
        char class = '\0';
        if (take_member(r, &code, &class) < 0) {
            return -1;
        }
        if (!take(r, '-')) {
            add_member(r, code, class);
        } else if (read_range(r, code, class) < 0) {
            return -1;
        }
        first = false;
    }
    r->p++;
    (void)buf_addc(r->out, ']');
    return 0;
}

/* ---- groups */

/* A name or number up to the given character, which is passed over. */
static int
take_name(struct reader *r, char until, char ret_name[64])
{
    const size_t n = strcspn(r->p, (const char[]){until, '\0'});

    if (n == 0 || r->p[n] == '\0' || n > 63) {
        return wrong(r, "the name of a group is missing, or longer than 63 bytes");
    }
    memcpy(ret_name, r->p, n);
    ret_name[n] = '\0';
    for (size_t i = 0; i < n; i++) {
        if (!is_letter(ret_name[i]) && !is_digit(ret_name[i]) && ret_name[i] != '_') {
            return wrong(r, "the name of a group is letters, digits and _");
        }
    }
    r->p += n + 1;
    return 0;
}

static int
named_group(const struct reader *r, const char *name)
{
    const bool *open = map_get(r->names, name);

    return open == NULL ? -1 : (int)(open - r->open);
}

static int
close_group(struct reader *r)
{
    if (!take(r, ')')) {
        return wrong(r, "a group is never closed");
    }
    (void)buf_addc(r->out, ')');
    return 0;
}

/* name: NULL or one of its own. */
static int
read_capture(struct reader *r, const char *name)
{
    const int group = r->groups;

    if (group >= GROUPS_MAX) {
        return wrong(r, "too many groups");
    }
    if (name != NULL && (is_digit(name[0]) || map_get(r->names, name) != NULL)) {
        return wrong(r, "the name of a group begins with a digit or is taken");
    }
    if (name != NULL) {
        map_set(r->names, name, &r->open[group]);
    }
    r->groups++;
    r->open[group] = true;
    (void)buf_addc(r->out, '(');
    if (read_alternatives(r, false) < 0 || close_group(r) < 0) {
        return -1;
    }
    r->open[group] = false;
    return 0;
}

/* (?P<name>...) and (?P=name); r->p is behind the P. */
static int
read_named(struct reader *r)
{
    char name[64];

    if (take(r, '<')) {
        return take_name(r, '>', name) < 0 ? -1 : read_capture(r, name);
    }
    if (!take(r, '=') || take_name(r, ')', name) < 0) {
        return wrong(r, "expected (?P<name>...) or (?P=name)");
    }
    const int group = named_group(r, name);
    return group < 0 ? wrong(r, "no group has this name") : add_reference(r, group);
}

static int read_sequence(struct reader *r, bool top);

/* (?(1)yes|no); r->p is behind the second parenthesis.  A condition may look ahead. */
static int
read_condition(struct reader *r)
{
    char name[64];

    if (take_name(r, ')', name) < 0) {
        return -1;
    }
    const bool number = name[strspn(name, "0123456789")] == '\0' && strlen(name) <= 9;
    const int group = number ? (int)strtol(name, NULL, 10) : named_group(r, name);
    if (group <= 0 || group >= GROUPS_MAX) {
        return wrong(r, "no group has this name or number");
    }
    r->condition_max = group > r->condition_max ? group : r->condition_max;
    (void)buf_addf(r->out, "(?(%d)", group);
    if (read_sequence(r, false) < 0) {
        return -1;
    }
    if (take(r, '|')) {
        (void)buf_addc(r->out, '|');
        if (read_sequence(r, false) < 0) {
            return -1;
        }
    }
    return close_group(r);
}

/* A quantifier may follow, so PCRE2 gets a group around it. */
static int
read_look(struct reader *r, const char *open)
{
    (void)buf_addf(r->out, "(?:%s", open);
    if (read_alternatives(r, false) < 0 || close_group(r) < 0) {
        return -1;
    }
    (void)buf_addc(r->out, ')');
    return 0;
}

static int
read_behind(struct reader *r)
{
    if (take(r, '=')) {
        return read_look(r, "(?<=");
    }
    return take(r, '!') ? read_look(r, "(?<!") : wrong(r, "expected (?<=...) or (?<!...)");
}

/* The letters of (?im-s:...).  a, u: what they change, no host name has; x is ours to do. */
static int
take_flags(struct reader *r, char ret_on[8], char ret_off[8])
{
    char *list = ret_on;

    memset(ret_on, 0, 8);
    memset(ret_off, 0, 8);
    while (*r->p != ':' && *r->p != ')') {
        const char c = *r->p;
        const bool known = is_in(c, "imsx") || (list == ret_on && is_in(c, "au"));
        if (c == '-' && list == ret_on) {
            list = ret_off;
        } else if (!known) {
            return wrong(r, "an unknown flag");
        } else if (strchr(list, c) == NULL) {
            list[strlen(list)] = c;
        }
        r->p++;
    }
    const bool type_twice = strchr(ret_on, 'a') != NULL && strchr(ret_on, 'u') != NULL;
    if ((list == ret_off && ret_off[0] == '\0') || strpbrk(ret_on, ret_off) != NULL || type_twice) {
        return wrong(r, "flags that cannot be");
    }
    return 0;
}

static void
add_flags(struct reader *r, const char *on, const char *off)
{
    (void)buf_adds(r->out, "(?");
    for (const char *p = on; *p != '\0'; p++) {
        (void)buf_add(r->out, p, is_in(*p, "ims") ? 1 : 0);
    }
    (void)buf_add(r->out, "-", off[0] != '\0' && strcmp(off, "x") != 0 ? 1 : 0);
    for (const char *p = off; *p != '\0'; p++) {
        (void)buf_add(r->out, p, is_in(*p, "ims") ? 1 : 0);
    }
}

/* at_start: nothing stands before it, so flags may hold for the whole expression. */
static int
read_flags(struct reader *r, bool at_start, enum item *item)
{
    const bool verbose = r->verbose;
    char on[8];
    char off[8];

    if (take_flags(r, on, off) < 0) {
        return -1;
    }
    if (take(r, ')')) {
        if (!at_start || off[0] != '\0') {
            return wrong(r, "flags for all of it stand at its start");
        }
        r->verbose = r->verbose || strchr(on, 'x') != NULL;
        add_flags(r, on, off);
        (void)buf_addc(r->out, ')');
        return 0;
    }
    r->p++;
    r->verbose = (verbose || strchr(on, 'x') != NULL) && strchr(off, 'x') == NULL;
    add_flags(r, on, off);
    (void)buf_addc(r->out, ':');
    const int rc = read_alternatives(r, false) < 0 || close_group(r) < 0 ? -1 : 0;
    r->verbose = verbose;
    *item = ITEM_ATOM;
    return rc;
}

static int
read_plain(struct reader *r, const char *open)
{
    (void)buf_adds(r->out, open);
    return read_alternatives(r, false) < 0 ? -1 : close_group(r);
}

/* r->p is behind the parenthesis.  A comment, or flags for all, are no item: *item stays. */
static int
read_group(struct reader *r, bool at_start, enum item *item)
{
    if (!take(r, '?')) {
        *item = ITEM_ATOM;
        return read_capture(r, NULL);
    }
    if (take(r, '#')) {
        r->p += strcspn(r->p, ")");
        return take(r, ')') ? 0 : wrong(r, "a comment is never closed");
    }
    if (is_in(*r->p, "aimsux-")) {
        return read_flags(r, at_start, item);
    }
    *item = ITEM_ATOM;
    switch (*r->p++) {
    case 'P':
        return read_named(r);
    case ':':
        return read_plain(r, "(?:");
    case '>':
        return read_plain(r, "(?>");
    case '=':
        return read_look(r, "(?=");
    case '!':
        return read_look(r, "(?!");
    case '<':
        return read_behind(r);
    case '(':
        return read_condition(r);
    default:
        r->p--;
        return wrong(r, "a group Python does not have");
    }
}

/* ---- quantifiers */

/* A number too large to count is UINT32_MAX or more. */
static unsigned long
digits_at(const char **p)
{
    unsigned long n = 0;

    while (is_digit(**p)) {
        n = n < UINT32_MAX ? n * 10 + (unsigned long)(**p - '0') : n;
        (*p)++;
    }
    return n;
}

/* {2,5} {2,} {,5} {2}: the numbers, and true; else nothing is read, and it is no quantifier. */
static bool
take_braces(struct reader *r, unsigned long *min, unsigned long *max, bool *open)
{
    const char *p = r->p + 1;
    const bool has_min = is_digit(*p);

    *min = digits_at(&p);
    *max = *min;
    *open = false;
    if (*p == ',') {
        p++;
        *open = !is_digit(*p);
        *max = digits_at(&p);
    } else if (!has_min) {
        return false;
    }
    if (*p != '}') {
        return false;
    }
    r->p = p + 1;
    return true;
}

static unsigned long
least(unsigned long n)
{
    return n < REPEAT_MAX ? n : REPEAT_MAX;
}

/* 1: a quantifier was read; 0: a brace that is a letter; -1. */
static int
read_quantifier(struct reader *r, enum item *item)
{
    unsigned long min = 0;
    unsigned long max = 0;
    bool open = false;
    const char c = *r->p;

    if (c == '{' && !take_braces(r, &min, &max, &open)) {
        return 0;
    }
    if (*item == ITEM_NONE || *item == ITEM_PLACE) {
        return wrong(r, "there is nothing to repeat");
    }
    if (*item == ITEM_REPEAT) {
        return wrong(r, "a repeat of a repeat");
    }
    if ((!open && max < min) || min >= UINT32_MAX || max >= UINT32_MAX) {
        return wrong(r, "a repeat whose numbers cannot be");
    }
    if (c != '{') {
        r->p++;
        (void)buf_addc(r->out, c);
    } else if (open) {
        (void)buf_addf(r->out, "{%lu,}", least(min));
    } else {
        (void)buf_addf(r->out, "{%lu,%lu}", least(min), least(max));
    }
    if (*r->p == '?' || *r->p == '+') {
        (void)buf_addc(r->out, *r->p++);
    }
    *item = ITEM_REPEAT;
    return 1;
}

/* ---- the whole */

static bool
skip_blank(struct reader *r)
{
    if (!r->verbose) {
        return false;
    }
    if (take(r, '#')) {
        r->p += strcspn(r->p, "\n");
        return true;
    }
    if (is_in(*r->p, " \t\n\r\v\f")) {
        r->p++;
        return true;
    }
    return false;
}

static int
read_item(struct reader *r, bool at_start, enum item *item)
{
    const char c = *r->p;

    if (is_in(c, "*+?{")) {
        const int got = read_quantifier(r, item);
        if (got != 0) {
            return got < 0 ? -1 : 0;
        }
    }
    if (c == '(') {
        r->p++;
        return read_group(r, at_start, item);
    }
    *item = is_in(c, "^$") ? ITEM_PLACE : ITEM_ATOM;
    if (is_in(c, ".^$")) {
        r->p++;
        (void)buf_addc(r->out, c);
        return 0;
    }
    if (c == '\\') {
        r->p++;
        return read_escape(r, item);
    }
    if (c == '[') {
        r->p++;
        return read_set(r);
    }
    add_code(r, take_char(r));
    return 0;
}

static int
read_sequence(struct reader *r, bool top)
{
    enum item item = ITEM_NONE;

    if (r->depth >= DEPTH_MAX) {
        return wrong(r, "too many groups inside each other");
    }
    r->depth++;
    while (*r->p != '\0' && *r->p != '|' && *r->p != ')') {
        if (!skip_blank(r) && read_item(r, top && item == ITEM_NONE, &item) < 0) {
            return -1;
        }
        if (r->out->full) {
            return wrong(r, "too long");
        }
    }
    r->depth--;
    return 0;
}

static int
read_alternatives(struct reader *r, bool top)
{
    for (;;) {
        if (read_sequence(r, top) < 0) {
            return -1;
        }
        top = false;
        if (!take(r, '|')) {
            return 0;
        }
        (void)buf_addc(r->out, '|');
    }
}

int
pattern_regex_translate(const char *text, struct buf *out, struct err *err)
{
    struct reader *r = xcalloc(1, sizeof(*r));

    *r = (struct reader){
        .text = text, .p = text, .out = out, .groups = 1, .err = err, .names = map_new(NULL)};
    int rc = utf8_valid(text, strlen(text)) ? read_alternatives(r, true) : wrong(r, "not UTF-8");
    if (rc == 0 && *r->p != '\0') {
        rc = wrong(r, "a parenthesis closes that was not opened");
    }
    if (rc == 0 && r->condition_max >= r->groups) {
        rc = wrong(r, "a condition asks for a group that is not there");
    }
    map_free(r->names);
    free(r);
    return rc;
}

/*
 * pattern.c - takes a host pattern apart as Ansible does (inventory/manager.py, split_host_pattern
 * and _split_subscript; parsing/utils/addresses.py).
 *
 * Decides where a term ends, and reads the files of `@file`.  Owns nothing.  Never looks at an
 * inventory.
 */
#include "config/pattern.h"

#include "base/buf.h"
#include "base/escape.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- white space, Python's str.isspace */

static bool
is_space(unsigned code)
{
    static const struct {
        unsigned first, last;
    } blanks[] = {{0x09, 0x0d},     {0x1c, 0x20},     {0x85, 0x85},     {0xa0, 0xa0},
                  {0x1680, 0x1680}, {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f},
                  {0x205f, 0x205f}, {0x3000, 0x3000}};
    bool found = false;

    for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
        found = found || (code >= blanks[i].first && code <= blanks[i].last);
    }
    return found;
}

/* The bytes of white space at p, 0 when there is none. */
static size_t
space_at(const char *p, size_t len)
{
    unsigned code = 0;
    const size_t n = utf8_decode(p, len, &code);

    return n > 0 && is_space(code) ? n : 0;
}

static void
trim(const char **p, size_t *len)
{
    size_t n = 0;

    while (*len > 0 && (n = space_at(*p, *len)) > 0) {
        *p += n;
        *len -= n;
    }
    for (n = 1; n <= 3 && n <= *len; n++) {
        if (space_at(*p + *len - n, n) == n) {
            *len -= n;
            n = 0;
        }
    }
}

/* ---- addresses: what is one keeps its colons */

#define STEP "(?::[0-9]+)?\\]"
#define RANGE_6 "\\[[0-9a-f]+:[0-9a-f]+" STEP
#define RANGE_4 "\\[[0-9]+:[0-9]+" STEP
#define RANGE_NAME "\\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)" STEP
#define PART_6 "(?:[0-9a-f]{1,4}|" RANGE_6 ")"
#define PART_4 "(?:[01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5]|" RANGE_4 ")"
#define LABEL "(?:\\w|" RANGE_NAME ")(?:[\\w_-]|" RANGE_NAME ")*(?<![_-])"

static const char with_bracket_and_port[] = "^\\[(.+)\\]:([0-9]+)$";
static const char with_port[] = "^((?:[^:\\[\\]]|\\[[^\\]]*\\])*):([0-9]+)$";
/* Only the last alternative of an IPv6 address has to end: Ansible's is written that way. */
static const char *const address_forms[] = {
    "^(?:" PART_4 "\\.){3}" PART_4 "$",
    "^(?:" PART_6 ":){7}" PART_6 "|(?:" PART_6 ":){1,6}:|(?:" PART_6 ":)(?::" PART_6 "){1,6}|"
    "(?:" PART_6 ":){2}(?::" PART_6 "){1,5}|(?:" PART_6 ":){3}(?::" PART_6 "){1,4}|"
    "(?:" PART_6 ":){4}(?::" PART_6 "){1,3}|(?:" PART_6 ":){5}(?::" PART_6 "){1,2}|"
    "(?:" PART_6 ":){6}(?::" PART_6 ")|:(?::" PART_6 "){1,6}|" PART_6 "?::|"
    "(?:0:){6}(?:" PART_6 "\\.){3}" PART_6 "|::(?:ffff:)?(?:" PART_6 "\\.){3}" PART_6 "|"
    "(?:0:){5}ffff:(?:" PART_6 "\\.){3}" PART_6 "$",
    "^" LABEL "(?:\\." LABEL ")*$",
};

/* Does form match at the start of text?  Sets the bytes of its first group, if it has one. */
static bool
matches(const char *form, uint32_t options, const char *text, size_t len, size_t *ret_from,
        size_t *ret_end)
{
    int number = 0;
    PCRE2_SIZE at = 0;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)form, PCRE2_ZERO_TERMINATED,
                                     PCRE2_UTF | PCRE2_UCP | options, &number, &at, NULL);
    pcre2_match_data *match =
        code == NULL ? NULL : pcre2_match_data_create_from_pattern(code, NULL);

    if (match == NULL) {
        abort(); /* out of memory: the forms are ours and compile */
    }
    const int got = pcre2_match(code, (PCRE2_SPTR)text, len, 0, PCRE2_ANCHORED, match, NULL);
    if (got > 1) {
        *ret_from = pcre2_get_ovector_pointer(match)[2];
        *ret_end = pcre2_get_ovector_pointer(match)[3];
    }
    pcre2_match_data_free(match);
    pcre2_code_free(code);
    return got > 0;
}

static bool
is_address(const char *text, size_t len)
{
    static const char *const ports[] = {with_bracket_and_port, with_port};
    bool found = false;
    size_t from = 0;
    size_t end = 0;

    for (size_t i = 0; i < 2; i++) {
        if (matches(ports[i], 0, text, len, &from, &end)) {
            text += from;
            len = end - from;
        }
    }
    for (size_t i = 0; i < sizeof(address_forms) / sizeof(address_forms[0]) && !found; i++) {
        found = len > 0 && matches(address_forms[i], PCRE2_CASELESS, text, len, &from, &end);
    }
    return found;
}

/* ---- splitting */

static int
add_term(struct strv *terms, const char *p, size_t len, struct err *err)
{
    trim(&p, &len);
    if (len > PATTERN_TERM_BYTES_MAX) {
        return err_set(err, ERR_USAGE, "a name or pattern of more than %d bytes: '%.40s...'",
                       PATTERN_TERM_BYTES_MAX, p);
    }
    if (terms->count >= PATTERN_TERMS_MAX) {
        return err_set(err, ERR_USAGE, "more than %d names and patterns", PATTERN_TERMS_MAX);
    }
    if (len > 0) {
        strv_addn(terms, p, len);
    }
    return 0;
}

static int
split_at(struct strv *terms, const char *text, const char *ends, struct err *err)
{
    for (const char *p = text;; p++) {
        const size_t n = strcspn(p, ends);
        if (add_term(terms, p, n, err) < 0) {
            return -1;
        }
        p += n;
        if (*p == '\0') {
            return 0;
        }
    }
}

/* The bytes at p that belong to a term: one character, or a whole bracket; 0 between terms.  last:
 * the last closing bracket there is, so that many open ones are not searched again and again. */
static size_t
term_bytes(const char *p, const char *last)
{
    if (*p == '[') {
        return last == NULL || last < p ? 0 : (size_t)(strchr(p, ']') - p) + 1;
    }
    const size_t len = strnlen(p, 4);
    return len == 0 || *p == ':' || *p == ']' || space_at(p, len) > 0 ? 0
                                                                      : utf8_decode(p, len, NULL);
}

static int
split_at_colons(struct strv *terms, const char *text, struct err *err)
{
    const char *last = strrchr(text, ']');

    for (const char *p = text; *p != '\0';) {
        const char *start = p;
        size_t n = 0;
        while ((n = term_bytes(p, last)) > 0) {
            p += n;
        }
        if (add_term(terms, start, (size_t)(p - start), err) < 0) {
            return -1;
        }
        p += *p != '\0' ? 1 : 0;
    }
    return 0;
}

static int
split(struct strv *terms, const char *text, struct err *err)
{
    if (strchr(text, ',') != NULL) {
        return split_at(terms, text, ",", err);
    }
    return is_address(text, strlen(text)) ? add_term(terms, text, strlen(text), err)
                                          : split_at_colons(terms, text, err);
}

/* ---- @file */

static int
no_file(const char *path, const char *why, struct err *err)
{
    return err_set(err, ERR_USAGE, "@%s: %s", path, why);
}

static int
read_whole(int fd, const char *path, struct buf *out, struct err *err)
{
    char part[65536];
    ssize_t n;

    while ((n = read(fd, part, sizeof(part))) != 0) {
        if (n < 0 && errno != EINTR) {
            return no_file(path, strerror(errno), err);
        }
        if (n > 0 && buf_add(out, part, (size_t)n) < 0) {
            return no_file(path, "the file is larger than 1 MiB", err);
        }
    }
    if (memchr(out->data, '\0', out->len) != NULL || !utf8_valid(out->data, out->len)) {
        return no_file(path, "the file is no text in UTF-8", err);
    }
    return 0;
}

/* A pipe or a folder is none; a slow one must not make us wait. */
static int
read_terms(const char *path, struct strv *terms, struct err *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;
    struct buf text;
    int rc = 0;

    if (fd < 0) {
        return no_file(path, path[0] == '\0' ? "the name of a file is missing" : strerror(errno),
                       err);
    }
    buf_init(&text, PATTERN_BYTES_MAX);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        rc = no_file(path, "not a file", err);
    } else {
        rc = read_whole(fd, path, &text, err);
    }
    if (rc == 0) {
        rc = split_at(terms, text.data, "\r\n", err);
    }
    buf_release(&text);
    (void)close(fd);
    return rc;
}

int
pattern_split(const char *text, struct strv *ret_terms, struct err *err)
{
    struct strv parts = {0};
    const size_t len = strnlen(text, (size_t)PATTERN_BYTES_MAX + 1);
    int rc = 0;

    if (len > PATTERN_BYTES_MAX) {
        return err_set(err, ERR_USAGE, "the pattern is longer than 1 MiB");
    }
    if (!utf8_valid(text, len)) {
        return err_set(err, ERR_USAGE, "the pattern is not UTF-8");
    }
    rc = split(&parts, text, err);
    for (size_t i = 0; i < parts.count && rc == 0; i++) {
        rc = parts.items[i][0] == '@'
                 ? read_terms(parts.items[i] + 1, ret_terms, err)
                 : add_term(ret_terms, parts.items[i], strlen(parts.items[i]), err);
    }
    strv_clear(&parts);
    return rc;
}

/* ---- subscripts */

static int64_t
number_of(const char *digits, size_t len)
{
    int64_t n = 0;

    for (size_t i = 0; i < len && n < INT32_MAX; i++) {
        n = n * 10 + (digits[i] - '0');
    }
    return n;
}

/* [5] [-5] [1:3] [1-3] [1:] at the end of a term that has something before it. */
size_t
pattern_subscript(const char *term, struct subscript *ret)
{
    static const char digits[] = "0123456789";
    const size_t len = strlen(term);
    const char *open = strrchr(term, '[');

    *ret = (struct subscript){0};
    if (term[0] == '~' || open == NULL || open == term || term[len - 1] != ']') {
        return len;
    }
    const bool negative = open[1] == '-';
    const char *first = open + 1 + (negative ? 1 : 0);
    const size_t n = strspn(first, digits);
    const char *rest = first + n;
    if (n == 0) {
        return len;
    }
    if (strcmp(rest, "]") == 0) {
        ret->given = true;
        ret->first = negative ? -number_of(first, n) : number_of(first, n);
    } else if (!negative && (*rest == ':' || *rest == '-') &&
               strcmp(rest + 1 + strspn(rest + 1, digits), "]") == 0) {
        const size_t k = strspn(rest + 1, digits);
        *ret = (struct subscript){true, true, number_of(first, n),
                                  k > 0 ? number_of(rest + 1, k) : -1};
    }
    return ret->given ? (size_t)(open - term) : len;
}

/* Ansible asks whether the end is true: [2:0] is [2]. */
int
subscript_apply(const struct subscript *s, size_t count, size_t *ret_from, size_t *ret_end)
{
    const int64_t n = (int64_t)count;
    int64_t from = s->first;

    *ret_from = 0;
    *ret_end = count;
    if (!s->given || count == 0) {
        return 0;
    }
    if (!s->range || s->last == 0) {
        from = from < 0 ? from + n : from;
        if (from < 0 || from >= n) {
            return -1;
        }
        *ret_from = (size_t)from;
        *ret_end = (size_t)from + 1;
        return 0;
    }
    const int64_t last = s->last == -1 || s->last >= n ? n - 1 : s->last;
    *ret_from = (size_t)(from < n ? from : n);
    *ret_end = last < from ? *ret_from : (size_t)last + 1;
    return 0;
}

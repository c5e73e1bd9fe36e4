/*
 * glob.c - shell wildcards as Python's fnmatch.translate reads them (Lib/fnmatch.py, 3.11).
 *
 * Decides what a bracket holds, odd ones included: a range that runs backwards falls out, and
 * what is left may begin with `!`.  Owns its tokens.  Never backtracks over more than one star.
 */
#include "base/glob.h"

#include "base/escape.h"
#include "base/xalloc.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind { GLOB_CHAR, GLOB_ANY, GLOB_STAR, GLOB_SET, GLOB_END };

struct range {
    unsigned low, high;
};

struct token {
    enum kind kind;
    unsigned code; /* of a char */
    bool negated;
    struct range *ranges; /* owned: of a set */
    size_t count, cap;
};

struct glob {
    struct token *tokens; /* owned; a GLOB_END last */
    size_t count, cap;
};

/* One character of a bracket; a dash between two ranges' ends is no character. */
struct member {
    unsigned code;
    bool dash;
};

/* A byte that is no UTF-8 is a character past all others. */
static size_t
next_char(const char *p, unsigned *ret_code)
{
    const size_t n = utf8_decode(p, strnlen(p, 4), ret_code);

    if (n == 0) {
        *ret_code = 0x110000U + (unsigned char)*p;
        return 1;
    }
    return n;
}

static struct token *
add_token(struct glob *g, enum kind kind, unsigned code)
{
    g->tokens = xgrow(g->tokens, g->count, &g->cap, sizeof(*g->tokens));
    g->tokens[g->count] = (struct token){.kind = kind, .code = code};
    return &g->tokens[g->count++];
}

static void
add_range(struct token *t, unsigned low, unsigned high)
{
    t->ranges = xgrow(t->ranges, t->count, &t->cap, sizeof(*t->ranges));
    t->ranges[t->count++] = (struct range){low, high};
}

/* The place of the next `-` from k on, or n. */
static size_t
find_dash(const struct member *list, size_t k, size_t n)
{
    while (k < n && list[k].code != '-') {
        k++;
    }
    return k;
}

/* Mark which dashes make ranges: one with a character before it that is not a range's end already.
 * A dash at the very end is a character. */
static void
mark_dashes(struct member *list, size_t n)
{
    size_t k = find_dash(list, n > 0 && list[0].code == '!' ? 2 : 1, n);

    while (k < n) {
        list[k].dash = k + 1 < n;
        k = find_dash(list, k + 3, n);
    }
}

/* Ranges that run backwards go, both ends with them; from the last to the first. */
static size_t
drop_empty_ranges(struct member *list, size_t n)
{
    for (size_t k = n; k-- > 1;) {
        if (list[k].dash && list[k - 1].code > list[k + 1].code) {
            memmove(&list[k - 1], &list[k + 2], (n - k - 2) * sizeof(*list));
            n -= 3;
        }
    }
    return n;
}

static void
fill_set(struct token *t, const struct member *list, size_t n)
{
    size_t i = 0;

    t->negated = n > 0 && !list[0].dash && list[0].code == '!';
    if (t->negated) {
        i = 1;
    }
    while (i < n) {
        const bool is_range = i + 2 < n && list[i + 1].dash;
        add_range(t, list[i].code, list[is_range ? i + 2 : i].code);
        i += is_range ? 3 : 1;
    }
}

/* p: behind the open bracket.  The bytes up to the closing one, or 0 when there is none: a bracket
 * may begin with `]`, after `!` too. */
static size_t
bracket_length(const char *p)
{
    const size_t first = (size_t)(*p == '!');
    const size_t from = first + (size_t)(p[first] == ']');
    const char *end = strchr(p + from, ']');

    return end == NULL ? 0 : (size_t)(end - p);
}

static void
add_set(struct glob *g, const char *p, size_t len)
{
    struct member *list = xcalloc(len, sizeof(*list));
    size_t n = 0;

    for (size_t i = 0; i < len; n++) {
        i += next_char(p + i, &list[n].code);
    }
    mark_dashes(list, n);
    n = drop_empty_ranges(list, n);
    fill_set(add_token(g, GLOB_SET, 0), list, n);
    free(list);
}

struct glob *
glob_new(const char *text)
{
    struct glob *g = xcalloc(1, sizeof(*g));

    for (const char *p = text; *p != '\0';) {
        const size_t inside = *p == '[' ? bracket_length(p + 1) : 0;
        unsigned code = 0;
        const size_t n = next_char(p, &code);
        if (inside > 0) {
            add_set(g, p + 1, inside);
            p += inside + 2;
            continue;
        }
        if (code != '*') {
            (void)add_token(g, code == '?' ? GLOB_ANY : GLOB_CHAR, code);
        } else if (g->count == 0 || g->tokens[g->count - 1].kind != GLOB_STAR) {
            (void)add_token(g, GLOB_STAR, 0);
        }
        p += n;
    }
    (void)add_token(g, GLOB_END, 0);
    return g;
}

void
glob_free(struct glob *g)
{
    if (g == NULL) {
        return;
    }
    for (size_t i = 0; i < g->count; i++) {
        free(g->tokens[i].ranges);
    }
    free(g->tokens);
    free(g);
}

static bool
takes(const struct token *t, unsigned code)
{
    if (t->kind != GLOB_SET) {
        return t->kind == GLOB_ANY || (t->kind == GLOB_CHAR && t->code == code);
    }
    for (size_t i = 0; i < t->count; i++) {
        if (code >= t->ranges[i].low && code <= t->ranges[i].high) {
            return !t->negated;
        }
    }
    return t->negated;
}

/* Only the last star can give way: what an earlier one could take, the last one can take too. */
bool
glob_match(const struct glob *g, const char *text)
{
    const struct token *t = g->tokens;
    const struct token *after_star = NULL;
    const char *retry = NULL;
    unsigned code = 0;

    for (;;) {
        if (t->kind == GLOB_STAR) {
            after_star = ++t;
            retry = text;
        } else if (*text == '\0') {
            return t->kind == GLOB_END;
        } else {
            const size_t n = next_char(text, &code);
            if (takes(t, code)) {
                t++;
                text += n;
            } else if (after_star == NULL) {
                return false;
            } else {
                t = after_star;
                retry += next_char(retry, &code);
                text = retry;
            }
        }
    }
}

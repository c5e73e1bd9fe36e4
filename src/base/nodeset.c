/*
 * nodeset.c - folds host names: web-01 web-02 web-03 becomes web-[01-03].
 *
 * Decides which run of digits of a name is folded: the last one.  Names that share prefix, suffix
 * and padding make one group; padded groups stand first, then the order of the first name.  Owns
 * nothing between calls, and never appends a part of the list: all of it fits, or none.
 */
#include "base/nodeset.h"

#include "base/map.h"
#include "base/xalloc.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 18 };

struct group {
    const char *name;  /* borrowed: the first of them, for prefix and suffix */
    size_t prefix;     /* bytes before the digits */
    size_t digits;     /* 0: no digits, or too many of them: a name by itself */
    int width;         /* of padded numbers, 0 when not padded, -1 without a number */
    uint64_t *numbers; /* owned */
    size_t count, cap;
};

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static uint64_t
split(struct group *g, const char *name)
{
    size_t end = strlen(name);
    uint64_t n = 0;

    *g = (struct group){.name = name};
    while (end > 0 && !is_digit(name[end - 1])) {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && is_digit(name[begin - 1])) {
        begin--;
    }
    g->prefix = begin;
    g->digits = end - begin;
    if (g->digits > DIGITS_MAX) {
        g->digits = 0;
    }
    if (g->digits == 0) {
        g->prefix = strlen(name);
        g->width = -1; /* no number's width: web must not meet web1 */
        return 0;
    }
    for (size_t i = begin; i < end; i++) {
        n = n * 10 + (uint64_t)(name[i] - '0');
    }
    /* 01..09 are padded and so are 10..99 beside them; without a leading zero the width is open. */
    g->width = name[begin] == '0' && g->digits > 1 ? (int)g->digits : 0;
    return n;
}

/* prefix, \1, suffix, \1, width */
static char *
key_of(const struct group *g, int width)
{
    return xasprintf("%.*s\001%s\001%d", (int)g->prefix, g->name, g->name + g->prefix + g->digits,
                     width);
}

static void
free_group(void *p)
{
    struct group *g = p;

    free(g->numbers);
    free(g);
}

/* The group a name belongs to: its own width, or for a number that needs no zeros a padded group of
 * just its width that is there already. */
static struct group *
group_for(struct map *groups, const struct group *g)
{
    char *key = key_of(g, g->width != 0 ? g->width : (int)g->digits);
    struct group *found = map_get(groups, key);
    int width = g->width;

    if (found != NULL) {
        free(key);
        return found;
    }
    if (width == 0) {
        free(key);
        key = key_of(g, 0);
        found = map_get(groups, key);
    }
    if (found == NULL) {
        found = xmemdup(g, sizeof(*g));
        map_set(groups, key, found);
    }
    free(key);
    return found;
}

static int
by_number(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static size_t
sort_unique(struct group *g)
{
    size_t n = 0;

    qsort(g->numbers, g->count, sizeof(*g->numbers), by_number);
    for (size_t i = 0; i < g->count; i++) {
        if (n == 0 || g->numbers[i] != g->numbers[n - 1]) {
            g->numbers[n++] = g->numbers[i];
        }
    }
    g->count = n;
    return n;
}

static void
add_group(struct buf *out, struct group *g)
{
    const size_t n = g->digits == 0 ? 0 : sort_unique(g);
    const char *comma = "";

    if (out->len > 0) {
        (void)buf_addc(out, ',');
    }
    (void)buf_add(out, g->name, g->prefix);
    if (n > 1) {
        (void)buf_addc(out, '[');
    }
    for (size_t i = 0; i < n; comma = ",") {
        size_t j = i;
        while (j + 1 < n && g->numbers[j + 1] == g->numbers[j] + 1) {
            j++;
        }
        (void)buf_addf(out, "%s%0*llu", comma, g->width, (unsigned long long)g->numbers[i]);
        if (j > i) {
            (void)buf_addf(out, "-%0*llu", g->width, (unsigned long long)g->numbers[j]);
        }
        i = j + 1;
    }
    if (n > 1) {
        (void)buf_addc(out, ']');
    }
    (void)buf_adds(out, g->name + g->prefix + g->digits);
}

void
nodeset_fold(struct buf *out, const char *const *names, size_t count)
{
    struct map *groups = map_new(free_group);
    struct buf text;
    struct group *g = NULL;
    void *iter = NULL;

    /* Padded names first: they tell which width the others may join. */
    for (int padded = 1; padded >= 0; padded--) {
        for (size_t i = 0; i < count; i++) {
            struct group one;
            const uint64_t n = split(&one, names[i]);
            if ((one.width > 0) != padded) {
                continue;
            }
            g = group_for(groups, &one);
            g->numbers = xgrow(g->numbers, g->count, &g->cap, sizeof(*g->numbers));
            g->numbers[g->count++] = n;
        }
    }
    buf_init(&text, out->max);
    while ((g = map_next(groups, &iter, NULL)) != NULL) {
        add_group(&text, g);
    }
    if (text.full) {
        out->full = true; /* a cut list would name the wrong hosts: all or nothing */
    } else {
        (void)buf_add(out, text.data, text.len);
    }
    buf_release(&text);
    map_free(groups);
}

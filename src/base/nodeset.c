/*
 * nodeset.c - folds host names: web-01 web-02 web-03 becomes web-[01-03].
 *
 * Decides which names belong together: those that are the same but for their numbers.  Owns nothing
 * between calls, and never appends a part of the list: all of it fits, or none.
 */
#include "base/nodeset.h"

#include "base/map.h"
#include "base/rangevec.h"
#include "base/xalloc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Names of one pattern: the name with %s for each number and %% for a percent sign. */
struct group {
    char *pattern;       /* owned */
    size_t dims;         /* numbers a name has */
    struct digits *rows; /* owned: dims a name */
    size_t count, cap;   /* of rows, in numbers */
};

struct folding {
    struct map *groups;     /* owned: pattern -> struct group, owned */
    struct buf pattern;     /* of the name at hand */
    struct digits *numbers; /* owned: of the name at hand */
    size_t count, cap;
};

static void
free_group(void *p)
{
    struct group *g = p;

    free(g->pattern);
    free(g->rows);
    free(g);
}

static size_t
digits_at(const char *p)
{
    size_t n = 0;

    while (p[n] >= '0' && p[n] <= '9') {
        n++;
    }
    return n;
}

static void
split(struct folding *f, const char *name)
{
    f->count = 0;
    buf_clear(&f->pattern);
    for (const char *p = name; *p != '\0';) {
        const size_t n = digits_at(p);
        if (n == 0) {
            (void)buf_add(&f->pattern, "%", *p == '%' ? 1 : 0);
            (void)buf_addc(&f->pattern, *p);
            p++;
            continue;
        }
        (void)buf_adds(&f->pattern, "%s");
        f->numbers = xgrow(f->numbers, f->count, &f->cap, sizeof(*f->numbers));
        f->numbers[f->count++] = (struct digits){p, n};
        p += n;
    }
}

static void
add_name(struct folding *f, const char *name)
{
    split(f, name);
    struct group *g = map_get(f->groups, f->pattern.data);
    if (g == NULL) {
        g = xcalloc(1, sizeof(*g));
        g->pattern = xstrdup(f->pattern.data);
        g->dims = f->count;
        map_set(f->groups, g->pattern, g);
    }
    for (size_t i = 0; i < f->count; i++) {
        g->rows = xgrow(g->rows, g->count, &g->cap, sizeof(*g->rows));
        g->rows[g->count++] = f->numbers[i];
    }
}

static void
add_group(struct buf *out, struct group *g)
{
    if (out->len > 0) {
        (void)buf_addc(out, ',');
    }
    if (g->dims > 1) {
        rangevec_fold(out, g->pattern, g->rows, g->count / g->dims, g->dims);
        return;
    }
    const size_t count = g->dims == 0 ? 0 : rangeset_sort(g->rows, g->count);
    const struct digits *const sets[] = {g->rows};
    rangevec_write(out, g->pattern, sets, &count);
}

static int
by_pattern(const void *a, const void *b)
{
    const struct group *const *x = a;
    const struct group *const *y = b;

    return strcmp((*x)->pattern, (*y)->pattern);
}

static void
add_groups(struct buf *out, const struct map *groups)
{
    struct group **list = xcalloc(map_count(groups), sizeof(struct group *));
    struct group *g = NULL;
    void *iter = NULL;
    size_t n = 0;

    while ((g = map_next(groups, &iter, NULL)) != NULL) {
        list[n++] = g;
    }
    qsort((void *)list, n, sizeof(struct group *), by_pattern);
    for (size_t i = 0; i < n && !out->full; i++) {
        add_group(out, list[i]);
    }
    free((void *)list);
}

void
nodeset_fold(struct buf *out, const char *const *names, size_t count)
{
    struct folding f = {.groups = map_new(free_group)};
    struct buf text;

    buf_init(&f.pattern, (size_t)1 << 30);
    buf_init(&text, out->max);
    for (size_t i = 0; i < count; i++) {
        add_name(&f, names[i]);
    }
    add_groups(&text, f.groups);
    if (text.full) {
        out->full = true; /* a cut list would name the wrong hosts: all or nothing */
    } else {
        (void)buf_add(out, text.data, text.len);
    }
    buf_release(&text);
    buf_release(&f.pattern);
    free(f.numbers);
    map_free(f.groups);
}

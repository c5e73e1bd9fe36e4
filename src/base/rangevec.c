/*
 * rangevec.c - folds tuples of indexes into few vectors of sets.
 *
 * Decides which vectors merge, as ClusterShell does.  Owns its tables during a fold.  Works on
 * ranks (small numbers in the order of each dimension), never on the digits themselves.
 *
 * First pass: tuples in order; neighbours that differ in one dimension only run together.  Then
 * passes over what is left: sort, biggest first, and merge each vector with those behind it, first
 * only with the next ones, in the end with all.  Ends when a full pass changes nothing.
 */
#include "base/rangevec.h"

#include "base/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct set {
    uint32_t *ranks; /* owned, ascending */
    size_t count;
};

struct vec {
    struct set *sets;        /* owned: one a dimension */
    uint64_t size;           /* the product of their counts */
    size_t place;            /* before a sort, which keeps the order of equals */
    const struct fold *fold; /* borrowed, for the sort */
};

struct axis {
    struct digits *values; /* owned: each index of this dimension, in the order of digits_compare */
    uint32_t *lexical;     /* owned: rank -> place in the order of bytes */
    size_t count;
};

struct fold {
    size_t dims;
    struct axis *axes; /* owned */
    struct vec *vecs;  /* owned; a vector merged into another has no sets */
    size_t count, cap;
    uint64_t work;
};

/* ---- ranks */

static int
by_digits(const void *a, const void *b)
{
    return digits_compare(a, b);
}

struct word {
    struct digits digits;
    uint32_t rank;
};

static int
by_bytes(const void *a, const void *b)
{
    const struct digits *x = &((const struct word *)a)->digits;
    const struct digits *y = &((const struct word *)b)->digits;
    const int order = memcmp(x->at, y->at, x->len < y->len ? x->len : y->len);

    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static void
fill_axis(struct axis *axis, const struct digits *rows, size_t count, size_t dims)
{
    axis->values = xcalloc(count, sizeof(*axis->values));
    for (size_t i = 0; i < count; i++) {
        axis->values[i] = rows[i * dims];
    }
    axis->count = rangeset_sort(axis->values, count);
    axis->lexical = xcalloc(axis->count, sizeof(*axis->lexical));
    struct word *words = xcalloc(axis->count, sizeof(*words));
    for (size_t i = 0; i < axis->count; i++) {
        words[i] = (struct word){axis->values[i], (uint32_t)i};
    }
    qsort(words, axis->count, sizeof(*words), by_bytes);
    for (size_t i = 0; i < axis->count; i++) {
        axis->lexical[words[i].rank] = (uint32_t)i;
    }
    free(words);
}

static uint32_t
rank_of(const struct axis *axis, const struct digits *d)
{
    const struct digits *found =
        bsearch(d, axis->values, axis->count, sizeof(*axis->values), by_digits);

    return (uint32_t)(found - axis->values);
}

/* ---- the first pass */

/* A tuple as it is sorted: places in the order of bytes, which is the order of ClusterShell's
 * first pass, with the ranks behind them. */
struct tuple {
    const uint32_t *places; /* borrowed: dims places, then dims ranks */
    size_t dims;
};

static int
by_places(const void *a, const void *b)
{
    const struct tuple *x = a;
    const struct tuple *y = b;

    for (size_t d = 0; d < x->dims; d++) {
        if (x->places[d] != y->places[d]) {
            return x->places[d] < y->places[d] ? -1 : 1;
        }
    }
    return 0;
}

/* The dimensions in which two tuples differ: their number, and one of them. */
static size_t
differences(const struct tuple *x, const struct tuple *y, size_t *ret_dim)
{
    size_t n = 0;

    for (size_t d = 0; d < x->dims && n < 2; d++) {
        if (x->places[d] != y->places[d]) {
            *ret_dim = d;
            n++;
        }
    }
    return n;
}

static int
by_rank(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a;
    const uint32_t y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void
add_vec(struct fold *f, const struct tuple *run, size_t len, size_t dim)
{
    struct vec v = {.sets = xcalloc(f->dims, sizeof(struct set)), .size = len, .fold = f};

    for (size_t d = 0; d < f->dims; d++) {
        const size_t n = d == dim ? len : 1;
        v.sets[d] = (struct set){xcalloc(n, sizeof(uint32_t)), n};
        for (size_t i = 0; i < n; i++) {
            v.sets[d].ranks[i] = run[i].places[f->dims + d];
        }
        qsort(v.sets[d].ranks, n, sizeof(uint32_t), by_rank);
    }
    f->vecs = xgrow(f->vecs, f->count, &f->cap, sizeof(*f->vecs));
    f->vecs[f->count++] = v;
}

static void
merge_runs(struct fold *f, const struct tuple *list, size_t count)
{
    for (size_t i = 0; i < count;) {
        size_t dim = 0;
        size_t other = 0;
        size_t j = i + 1;
        if (j < count && differences(&list[i], &list[j], &dim) == 1) {
            do {
                j++;
            } while (j < count && differences(&list[i], &list[j], &other) == 1 && other == dim);
        }
        add_vec(f, &list[i], j - i, dim);
        i = j;
    }
}

static void
first_pass(struct fold *f, const struct digits *rows, size_t count)
{
    const size_t dims = f->dims;
    uint32_t *places = xcalloc(count, 2 * dims * sizeof(*places));
    struct tuple *list = xcalloc(count, sizeof(*list));
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        uint32_t *p = &places[i * 2 * dims];
        for (size_t d = 0; d < dims; d++) {
            p[dims + d] = rank_of(&f->axes[d], &rows[i * dims + d]);
            p[d] = f->axes[d].lexical[p[dims + d]];
        }
        list[i] = (struct tuple){p, dims};
    }
    qsort(list, count, sizeof(*list), by_places);
    for (size_t i = 0; i < count; i++) {
        if (n == 0 || by_places(&list[n - 1], &list[i]) != 0) {
            list[n++] = list[i];
        }
    }
    merge_runs(f, list, n);
    free(list);
    free(places);
}

/* ---- the other passes */

/* RangeSetND._sort: bigger vectors first, then dimension by dimension the longer set, the lower
 * first index, the lower last one; indexes as texts. */
static int
by_size(const void *a, const void *b)
{
    const struct vec *x = a;
    const struct vec *y = b;

    if (x->size != y->size) {
        return x->size > y->size ? -1 : 1;
    }
    for (size_t d = 0; d < x->fold->dims; d++) {
        const uint32_t *places = x->fold->axes[d].lexical;
        const struct set *s = &x->sets[d];
        const struct set *t = &y->sets[d];
        if (s->count != t->count) {
            return s->count > t->count ? -1 : 1;
        }
        const int first = by_rank(&places[s->ranks[0]], &places[t->ranks[0]]);
        const int last = by_rank(&places[s->ranks[s->count - 1]], &places[t->ranks[t->count - 1]]);
        if (first != 0 || last != 0) {
            return first != 0 ? first : last;
        }
    }
    return (x->place > y->place) - (x->place < y->place);
}

static size_t
count_common(const struct set *a, const struct set *b)
{
    size_t n = 0;
    size_t i = 0;
    size_t j = 0;

    while (i < a->count && j < b->count) {
        const uint32_t x = a->ranks[i];
        const uint32_t y = b->ranks[j];
        n += (size_t)(x == y);
        i += (size_t)(x <= y);
        j += (size_t)(y <= x);
    }
    return n;
}

/* How two sets of one dimension stand to each other. */
enum relation { SETS_SAME, SETS_MERGE, SETS_OVERLAP };

static enum relation
relate(struct fold *f, const struct set *a, const struct set *b)
{
    f->work += a->count < b->count ? a->count : b->count;
    if (a->count == b->count && memcmp(a->ranks, b->ranks, a->count * sizeof(uint32_t)) == 0) {
        return SETS_SAME;
    }
    f->work += a->count + b->count;
    const size_t common = count_common(a, b);
    const size_t least = a->count < b->count ? a->count : b->count;
    return common == 0 || common == least ? SETS_MERGE : SETS_OVERLAP;
}

/* a becomes the union. */
static void
unite(struct fold *f, struct set *a, const struct set *b)
{
    uint32_t *ranks = xcalloc(a->count + b->count, sizeof(*ranks));
    size_t n = 0;
    size_t i = 0;
    size_t j = 0;

    f->work += a->count + b->count;
    while (i < a->count || j < b->count) {
        const bool from_a = j == b->count || (i < a->count && a->ranks[i] <= b->ranks[j]);
        const uint32_t rank = from_a ? a->ranks[i] : b->ranks[j];
        i += (size_t)(i < a->count && a->ranks[i] == rank);
        j += (size_t)(j < b->count && b->ranks[j] == rank);
        ranks[n++] = rank;
    }
    free(a->ranks);
    *a = (struct set){ranks, n};
}

static void
release_vec(struct vec *v, size_t dims)
{
    for (size_t d = 0; v->sets != NULL && d < dims; d++) {
        free(v->sets[d].ranks);
    }
    free(v->sets);
    v->sets = NULL;
}

/* Two vectors are one when they differ in no more than one dimension, and there one set is inside
 * the other or apart from it. */
static bool
merge(struct fold *f, struct vec *a, struct vec *b)
{
    size_t differ = f->dims;

    for (size_t d = 0; d < f->dims; d++) {
        const enum relation r = relate(f, &a->sets[d], &b->sets[d]);
        if (r == SETS_OVERLAP || (r == SETS_MERGE && differ < f->dims)) {
            return false;
        }
        differ = r == SETS_MERGE ? d : differ;
    }
    if (differ < f->dims) {
        a->size /= a->sets[differ].count;
        unite(f, &a->sets[differ], &b->sets[differ]);
        a->size *= a->sets[differ].count;
    }
    release_vec(b, f->dims);
    return true;
}

static void
sort_vecs(struct fold *f)
{
    size_t n = 0;

    for (size_t i = 0; i < f->count; i++) {
        if (f->vecs[i].sets != NULL) {
            f->vecs[n] = f->vecs[i];
            f->vecs[n].place = n;
            n++;
        }
    }
    f->count = n;
    f->work += 16 * n;
    if (n > 1) {
        qsort(f->vecs, n, sizeof(*f->vecs), by_size);
    }
}

/* full: each vector with all behind it; else a vector that cannot take the next one is done. */
static bool
pass(struct fold *f, bool full)
{
    bool changed = false;

    for (size_t i = 0; i < f->count && f->work < RANGEVEC_WORK_MAX; i++) {
        bool go_on = f->vecs[i].sets != NULL;
        for (size_t j = i + 1; go_on && j < f->count && f->work < RANGEVEC_WORK_MAX; j++) {
            f->work++;
            if (f->vecs[j].sets != NULL && merge(f, &f->vecs[i], &f->vecs[j])) {
                changed = true;
            } else if (f->vecs[j].sets != NULL) {
                go_on = full;
            }
        }
    }
    return changed;
}

/* The first pass has changed something, or had nothing to change: both lead to another one. */
static void
merge_vecs(struct fold *f)
{
    bool full = false;
    bool go_on = true;

    while (go_on) {
        sort_vecs(f);
        go_on = pass(f, full) && f->work < RANGEVEC_WORK_MAX;
        if (!go_on && !full && f->work < RANGEVEC_WORK_MAX) {
            full = true;
            go_on = true;
        }
    }
    sort_vecs(f);
}

/* ---- output */

void
rangevec_write(struct buf *out, const char *pattern, const struct digits *const *sets,
               const size_t *lens)
{
    size_t d = 0;

    for (const char *p = pattern; *p != '\0'; p++) {
        if (*p != '%') {
            (void)buf_addc(out, *p);
            continue;
        }
        p++;
        if (*p == '%') {
            (void)buf_addc(out, '%');
            continue;
        }
        if (lens[d] > 1) {
            (void)buf_addc(out, '[');
        }
        rangeset_fold(out, sets[d], lens[d]);
        if (lens[d] > 1) {
            (void)buf_addc(out, ']');
        }
        d++;
    }
}

static void
write_vec(struct buf *out, const char *pattern, const struct vec *v)
{
    const size_t dims = v->fold->dims;
    struct digits **sets = xcalloc(dims, sizeof(struct digits *));
    size_t *lens = xcalloc(dims, sizeof(*lens));

    for (size_t d = 0; d < dims; d++) {
        lens[d] = v->sets[d].count;
        sets[d] = xcalloc(lens[d], sizeof(struct digits));
        for (size_t i = 0; i < lens[d]; i++) {
            sets[d][i] = v->fold->axes[d].values[v->sets[d].ranks[i]];
        }
    }
    rangevec_write(out, pattern, (const struct digits *const *)sets, lens);
    for (size_t d = 0; d < dims; d++) {
        free(sets[d]);
    }
    free((void *)sets);
    free(lens);
}

void
rangevec_fold(struct buf *out, const char *pattern, const struct digits *rows, size_t count,
              size_t dims)
{
    struct fold f = {.dims = dims, .axes = xcalloc(dims, sizeof(struct axis))};

    for (size_t d = 0; d < dims; d++) {
        fill_axis(&f.axes[d], rows + d, count, dims);
    }
    first_pass(&f, rows, count);
    merge_vecs(&f);
    for (size_t i = 0; i < f.count; i++) {
        if (i > 0) {
            (void)buf_addc(out, ',');
        }
        write_vec(out, pattern, &f.vecs[i]);
        release_vec(&f.vecs[i], dims);
    }
    for (size_t d = 0; d < dims; d++) {
        free(f.axes[d].values);
        free(f.axes[d].lexical);
    }
    free(f.axes);
    free(f.vecs);
}

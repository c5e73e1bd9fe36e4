/*
 * table.c - rows that are scrolled, marked, filtered and sorted.
 *
 * Decides which rows are seen, in which order.  Owns marks and the order; what a row says is its
 * owner's.  A key costs what it changes: only filter and sort look at every row.
 */
#include "ui/table_state.h"

#include "base/buf.h"
#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE_UNKNOWN = 10, /* rows seen, before it was drawn */
    ROW_BYTES_MAX = 64 * 1024,
};

struct table *
table_new(const struct table_source *source)
{
    struct table *t = xcalloc(1, sizeof(*t));

    assert(source->column_count > 0 && source->column_count <= TABLE_COLUMNS_MAX);
    t->source = *source;
    t->sort = -1;
    t->page = PAGE_UNKNOWN;
    return t;
}

void
table_free(struct table *t)
{
    if (t == NULL) {
        return;
    }
    free(t->shown);
    free(t->marked);
    words_release(&t->words);
    free(t);
}

/* ---------------------------------------------------------------- which rows, in which order */

/* Every cell on a line of its own, so that a word is never found over two. */
static void
text_of(const struct table *t, size_t row, struct buf *out)
{
    char cell[TABLE_CELL_BYTES];

    buf_clear(out);
    for (size_t i = 0; i < t->source.column_count; i++) {
        (void)t->source.cell(t->source.arg, row, i, cell);
        (void)buf_adds(out, cell);
        (void)buf_addc(out, '\n');
    }
    const char *more = t->source.found_by == NULL ? NULL : t->source.found_by(t->source.arg, row);
    if (more != NULL) {
        (void)buf_adds(out, more);
    }
}

static void
filter_rows(struct table *t)
{
    struct buf text;

    t->shown_count = 0;
    if (t->words.count == 0) {
        for (size_t i = 0; i < t->count; i++) {
            t->shown[t->shown_count++] = i;
        }
        return;
    }
    buf_init(&text, ROW_BYTES_MAX);
    for (size_t i = 0; i < t->count; i++) {
        text_of(t, i, &text);
        if (words_fit(&t->words, text.data, text.len)) {
            t->shown[t->shown_count++] = i;
        }
    }
    buf_release(&text);
}

/* What qsort_r is given: the texts of one column, made once for each row. */
struct sorting {
    const struct table *t;
    char **texts; /* owned; by row; NULL: the source compares */
};

/* Equal ones stay in the owner's order, whichever way round. */
static int
compare(const void *a, const void *b, void *arg)
{
    const struct sorting *s = arg;
    const size_t x = *(const size_t *)a;
    const size_t y = *(const size_t *)b;
    const struct table *t = s->t;
    const int order = s->texts != NULL ? strverscmp(s->texts[x], s->texts[y])
                                       : t->source.compare(t->source.arg, (size_t)t->sort, x, y);

    if (order != 0) {
        return t->reverse ? -order : order;
    }
    return x < y ? -1 : x > y;
}

static void
sort_rows(struct table *t)
{
    struct sorting s = {.t = t};

    if (t->sort < 0) {
        for (size_t i = 0; t->reverse && i < t->shown_count / 2; i++) {
            const size_t other = t->shown_count - 1 - i;
            const size_t row = t->shown[i];
            t->shown[i] = t->shown[other];
            t->shown[other] = row;
        }
        return;
    }
    if (t->source.compare == NULL) {
        char cell[TABLE_CELL_BYTES];
        s.texts = xcalloc(t->count, sizeof(*s.texts));
        for (size_t i = 0; i < t->shown_count; i++) {
            (void)t->source.cell(t->source.arg, t->shown[i], (size_t)t->sort, cell);
            s.texts[t->shown[i]] = xstrdup(cell);
        }
    }
    qsort_r(t->shown, t->shown_count, sizeof(*t->shown), compare, &s);
    for (size_t i = 0; s.texts != NULL && i < t->count; i++) {
        free(s.texts[i]);
    }
    free(s.texts);
}

void
table_settle(struct table *t)
{
    const size_t page = (size_t)t->page;

    if (t->at >= t->shown_count) {
        t->at = t->shown_count > 0 ? t->shown_count - 1 : 0;
    }
    if (t->top > t->at) {
        t->top = t->at;
    }
    if (t->at >= t->top + page) {
        t->top = t->at - page + 1;
    }
    if (t->top > 0 && t->top + page > t->shown_count) {
        t->top = t->shown_count > page ? t->shown_count - page : 0;
    }
}

void
table_go(struct table *t, size_t row)
{
    for (size_t i = 0; i < t->shown_count; i++) {
        if (t->shown[i] == row) {
            t->at = i;
            break;
        }
    }
    table_settle(t);
}

void
table_refresh(struct table *t)
{
    size_t row = 0;
    const bool has_row = table_at(t, &row) && row < t->count;

    filter_rows(t);
    sort_rows(t);
    if (has_row) {
        table_go(t, row);
    } else {
        table_settle(t);
    }
}

/* Of what is shown keep the rows below count; the cursor's may be among them. */
static void
cut_shown(struct table *t, size_t count)
{
    size_t left = 0;
    size_t at = 0;

    for (size_t i = 0; i < t->shown_count; i++) {
        if (t->shown[i] < count) {
            at = i == t->at ? left : at;
            t->shown[left++] = t->shown[i];
        }
    }
    t->shown_count = left;
    t->at = at;
}

void
table_set_count(struct table *t, size_t count, bool keep)
{
    const size_t kept = !keep ? 0 : count < t->count ? count : t->count;

    if (!keep) {
        t->at = t->top = 0;
        t->shown_count = 0;
    } else if (count < t->count) {
        cut_shown(t, count);
    }
    t->shown = xreallocarray(t->shown, count + 1, sizeof(*t->shown));
    t->marked = xreallocarray(t->marked, count + 1, sizeof(*t->marked));
    memset(t->marked + kept, 0, (count + 1 - kept) * sizeof(*t->marked));
    t->marked_count = 0;
    for (size_t i = 0; i < kept; i++) {
        t->marked_count += t->marked[i];
    }
    t->count = count;
    table_refresh(t);
}

/* Whether only rows that are shown now can fit what is asked for: somebody types on. */
static bool
goes_on(const struct table *t, const char *text, bool without)
{
    const char *before = words_shown(&t->words);

    return before[0] != '\0' && !t->words.without && !without && text != NULL &&
           strncmp(text, before, strlen(before)) == 0 && strchr(text, '"') == NULL;
}

/* Their order stays. */
static void
narrow(struct table *t)
{
    const size_t at = t->at;
    size_t left = 0;
    struct buf text;

    buf_init(&text, ROW_BYTES_MAX);
    for (size_t i = 0; i < t->shown_count; i++) {
        text_of(t, t->shown[i], &text);
        if (i == at) {
            t->at = left;
        }
        if (words_fit(&t->words, text.data, text.len)) {
            t->shown[left++] = t->shown[i];
        }
    }
    t->shown_count = left;
    buf_release(&text);
    table_settle(t);
}

void
table_filter(struct table *t, const char *text, bool without)
{
    const bool less = goes_on(t, text, without);

    words_set(&t->words, text, without);
    if (less) {
        narrow(t);
    } else {
        table_refresh(t);
    }
}

const char *
table_filter_text(const struct table *t)
{
    return words_shown(&t->words);
}

void
table_sort(struct table *t, int column, bool reverse)
{
    t->sort = column < (int)t->source.column_count ? column : -1;
    t->reverse = reverse;
    table_refresh(t);
}

/* ---------------------------------------------------------------- marks and the cursor */

bool
table_at(const struct table *t, size_t *ret_row)
{
    if (t->at >= t->shown_count) {
        return false;
    }
    *ret_row = t->shown[t->at];
    return true;
}

size_t
table_shown(const struct table *t)
{
    return t->shown_count;
}

size_t
table_marked(const struct table *t)
{
    return t->marked_count;
}

bool
table_is_marked(const struct table *t, size_t row)
{
    return row < t->count && t->marked[row];
}

void
table_mark(struct table *t, size_t row, bool marked)
{
    if (row < t->count && t->marked[row] != marked) {
        t->marked[row] = marked;
        t->marked_count = marked ? t->marked_count + 1 : t->marked_count - 1;
    }
}

/* All that are shown; none of them, if all are. */
static void
mark_all(struct table *t)
{
    bool all = true;

    for (size_t i = 0; i < t->shown_count && all; i++) {
        all = t->marked[t->shown[i]];
    }
    for (size_t i = 0; i < t->shown_count; i++) {
        table_mark(t, t->shown[i], !all);
    }
}

/* Mark the row under the cursor, or not any more, and go on to the next. */
static void
mark_one(struct table *t)
{
    size_t row = 0;

    if (table_at(t, &row)) {
        table_mark(t, row, !t->marked[row]);
        t->at++;
    }
}

void
table_move(struct table *t, long by)
{
    if (by < 0) {
        const size_t up = (size_t)-by;
        t->at = t->at > up ? t->at - up : 0;
    } else {
        t->at += (size_t)by;
    }
    table_settle(t);
}

static void
sort_next(struct table *t)
{
    const int next = t->sort + 1;

    table_sort(t, next < (int)t->source.column_count ? next : -1, t->reverse);
}

bool
table_act(struct table *t, enum act act)
{
    const long page = t->page > 1 ? t->page - 1 : 1;

    if (act == ACT_UP) {
        table_move(t, -1);
    } else if (act == ACT_DOWN) {
        table_move(t, 1);
    } else if (act == ACT_PAGE_UP) {
        table_move(t, -page);
    } else if (act == ACT_PAGE_DOWN) {
        table_move(t, page);
    } else if (act == ACT_TOP) {
        t->at = 0;
        table_settle(t);
    } else if (act == ACT_BOTTOM) {
        t->at = t->shown_count;
        table_settle(t);
    } else if (t->source.aside && (act == ACT_LEFT || act == ACT_RIGHT)) {
        table_go_aside(t, act == ACT_RIGHT);
    } else if (act == ACT_MARK) {
        mark_one(t);
        table_settle(t);
    } else if (act == ACT_MARK_ALL) {
        mark_all(t);
    } else if (act == ACT_SORT) {
        sort_next(t);
    } else if (act == ACT_SORT_REVERSE) {
        table_sort(t, t->sort, !t->reverse);
    } else {
        return false;
    }
    return true;
}

/*
 * table.c - rows that are scrolled, marked, filtered and sorted.
 *
 * Decides which rows are seen, in which order.  Owns marks and the order; what a row says is its
 * owner's.  A key costs what it changes: only filter and sort look at every row.
 */
#include "ui/table.h"

#include "base/buf.h"
#include "base/xalloc.h"
#include "ui/words.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIGNS = 3,        /* cells before a row: cursor, mark, a space */
    GAP = 2,          /* cells between two columns */
    FLEXIBLE_MIN = 8, /* of the column that takes what is left */
    WHEEL_ROWS = 3,
    PAGE_UNKNOWN = 10, /* rows seen, before it was drawn */
    ROW_BYTES_MAX = 64 * 1024,
    FOOT_BYTES_MAX = 2048,
};

struct table {
    struct table_source source;
    size_t count;
    size_t *shown; /* owned: numbers of rows, in the order they are shown */
    size_t shown_count;
    bool *marked; /* owned; by row */
    size_t marked_count;
    size_t at;  /* the cursor: an index of shown */
    size_t top; /* the first one seen */
    struct words words;
    int sort; /* -1: the owner's order */
    bool reverse;
    size_t side; /* columns behind the first that are left out, to see those that have no room */
    struct box drawn;
    int page; /* rows that were seen last */
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

/* Keep the cursor among the rows, and in sight. */
static void
settle(struct table *t)
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
    settle(t);
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
        settle(t);
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
    settle(t);
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

static void
move(struct table *t, long by)
{
    if (by < 0) {
        const size_t up = (size_t)-by;
        t->at = t->at > up ? t->at - up : 0;
    } else {
        t->at += (size_t)by;
    }
    settle(t);
}

static void
sort_next(struct table *t)
{
    const int next = t->sort + 1;

    table_sort(t, next < (int)t->source.column_count ? next : -1, t->reverse);
}

static void go_aside(struct table *t, bool right);

bool
table_act(struct table *t, enum act act)
{
    const long page = t->page > 1 ? t->page - 1 : 1;

    if (act == ACT_UP) {
        move(t, -1);
    } else if (act == ACT_DOWN) {
        move(t, 1);
    } else if (act == ACT_PAGE_UP) {
        move(t, -page);
    } else if (act == ACT_PAGE_DOWN) {
        move(t, page);
    } else if (act == ACT_TOP) {
        t->at = 0;
        settle(t);
    } else if (act == ACT_BOTTOM) {
        t->at = t->shown_count;
        settle(t);
    } else if (t->source.aside && (act == ACT_LEFT || act == ACT_RIGHT)) {
        go_aside(t, act == ACT_RIGHT);
    } else if (act == ACT_MARK) {
        mark_one(t);
        settle(t);
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

/* ---------------------------------------------------------------- drawing */

/* Where each column stands; width 0: there is no room for it. */
struct layout {
    int col[TABLE_COLUMNS_MAX];
    int width[TABLE_COLUMNS_MAX];
};

static int
least_of(const struct table_column *c)
{
    return c->width > 0 ? c->width : FLEXIBLE_MIN;
}

/* The column that is shown behind this one. */
static size_t
next_column(const struct table *t, size_t column)
{
    return column == 0 ? 1 + t->side : column + 1;
}

/* Of what is left over. */
static int
more_of(const struct table_column *c, int spare)
{
    const int least = least_of(c);

    if (c->most == 0 || least + spare <= c->most) {
        return spare;
    }
    return c->most > least ? c->most - least : 0;
}

/* The last ones are left out where there is no room for all, never the first; what is left then is
 * the flexible one's.  False: some are left out. */
static bool
lay_out(const struct table *t, int width, struct layout *ret)
{
    const struct table_column *columns = t->source.columns;
    size_t end = 0; /* the first that has no room */
    int used = 0;
    int col = 0;
    bool capped = false; /* the flexible one took not all that was left */

    while (end < t->source.column_count) {
        const int more = least_of(&columns[end]) + (end > 0 ? GAP : 0);
        if (end > 0 && used + more > width) {
            break;
        }
        used += more;
        end = next_column(t, end);
    }
    *ret = (struct layout){0};
    int spare = width > used ? width - used : 0;
    for (size_t i = 0; i < end; i = next_column(t, i)) {
        int w = least_of(&columns[i]);
        if (columns[i].width == 0 || (capped && next_column(t, i) >= end)) {
            const int more = more_of(&columns[i], spare);
            w += more;
            spare -= more;
            capped = columns[i].most > 0;
        }
        if (w > width) {
            w = width; /* the first, where not even that has room */
        }
        ret->col[i] = col;
        ret->width[i] = w;
        col += w + GAP;
    }
    return end >= t->source.column_count;
}

/* In a window that has grown no column is left out for one that has room. */
static bool
fit_aside(struct table *t, int width, struct layout *ret)
{
    bool all = lay_out(t, width, ret);

    while (all && t->side > 0) {
        t->side--;
        all = lay_out(t, width, ret);
        if (!all) {
            t->side++;
        }
    }
    return lay_out(t, width, ret);
}

/* To the left or right, as far as there is something to be seen there. */
static void
go_aside(struct table *t, bool right)
{
    struct layout l;

    if (right && !lay_out(t, t->drawn.cols - SIGNS, &l)) {
        t->side++;
    } else if (!right && t->side > 0) {
        t->side--;
    }
}

static void
draw_heads(const struct table *t, struct canvas *c, struct box box, const struct layout *l)
{
    for (size_t i = 0; i < t->source.column_count; i++) {
        const struct table_column *column = &t->source.columns[i];
        const int col = box.col + SIGNS + l->col[i];
        const int width = l->width[i];
        const bool sorted = t->sort == (int)i;
        if (width == 0) {
            continue;
        }
        if (column->right) {
            (void)canvas_right(c, box.row, col, sorted ? width - 1 : width, LOOK_HEAD,
                               column->name);
        } else {
            (void)canvas_text(c, box.row, col, sorted ? width - 1 : width, LOOK_HEAD, column->name);
        }
        if (sorted) {
            int at = canvas_width_of(c, column->name, strlen(column->name));
            at = column->right || at > width - 1 ? width - 1 : at;
            canvas_ornament(c, box.row, col + at, LOOK_HEAD, t->reverse ? ORN_DOWN : ORN_UP);
        }
    }
}

static void
draw_cell(struct canvas *c, int row, int col, int width, bool right, unsigned look,
          const char *text)
{
    const unsigned ornament = look >> 8 & 0xff;

    look &= 0xff;
    if (ornament > 0 && width > 2) {
        canvas_ornament(c, row, col, look, (enum ornament)(ornament - 1));
        col += 2;
        width -= 2;
    }
    if (right) {
        (void)canvas_right(c, row, col, width, look, text);
    } else {
        (void)canvas_text(c, row, col, width, look, text);
    }
}

static void
draw_row(const struct table *t, struct canvas *c, struct box box, const struct layout *l,
         size_t index, int row)
{
    const size_t which = t->shown[index];
    const unsigned cursor = index == t->at ? LOOK_REVERSE : 0;
    char cell[TABLE_CELL_BYTES];

    if (cursor != 0) {
        canvas_fill(c, (struct box){row, box.col, 1, box.cols}, cursor);
        (void)canvas_text(c, row, box.col, 1, cursor, ">");
    }
    if (t->marked[which]) {
        canvas_ornament(c, row, box.col + 1, LOOK_MARK | cursor, ORN_MARK);
    }
    for (size_t i = 0; i < t->source.column_count; i++) {
        if (l->width[i] == 0) {
            continue;
        }
        const unsigned look = t->source.cell(t->source.arg, which, i, cell);
        draw_cell(c, row, box.col + SIGNS + l->col[i], l->width[i], t->source.columns[i].right,
                  look | cursor, cell);
    }
}

/* Columns that have no room: how they are brought to sight.  Returns how many cells that took. */
static int
draw_aside(const struct table *t, struct canvas *c, struct box box, bool right)
{
    const char *text = !t->source.aside       ? ""
                       : t->side > 0 && right ? "Left, Right: more"
                       : right                ? "Right: more"
                       : t->side > 0          ? "Left: more"
                                              : "";
    const int width = canvas_width_of(c, text, strlen(text));

    if (width == 0 || width + SIGNS > box.cols) {
        return 0;
    }
    return GAP + canvas_right(c, box.row + box.rows - 1, box.col, box.cols, LOOK_DIM, text);
}

/* "1-18 of 9000 (10000), 3 marked, /web" */
static void
draw_foot(const struct table *t, struct canvas *c, struct box box)
{
    struct buf text;
    const size_t last = t->top + (size_t)t->page;

    buf_init(&text, FOOT_BYTES_MAX);
    if (t->shown_count == 0) {
        (void)buf_adds(&text, t->count > 0 ? "none is shown" : "none");
    } else {
        (void)buf_addf(&text, "%zu-%zu of %zu", t->top + 1,
                       last < t->shown_count ? last : t->shown_count, t->shown_count);
    }
    if (t->shown_count != t->count) {
        (void)buf_addf(&text, " (%zu)", t->count);
    }
    if (t->marked_count > 0) {
        (void)buf_addf(&text, ", %zu marked", t->marked_count);
    }
    if (t->words.count > 0) {
        (void)buf_addf(&text, ", /%.200s", words_shown(&t->words));
    }
    (void)canvas_text(c, box.row + box.rows - 1, box.col + SIGNS, box.cols - SIGNS, LOOK_DIM,
                      text.data);
    buf_release(&text);
}

void
table_draw(struct table *t, struct canvas *c, struct box box)
{
    const bool foot = box.rows > 3;
    struct layout l;

    t->drawn = box;
    t->page = box.rows - 1 - foot;
    if (t->page < 1) {
        t->page = 1;
    }
    if (box.rows < 1 || box.cols <= SIGNS) {
        return;
    }
    settle(t);
    const bool all = fit_aside(t, box.cols - SIGNS, &l);
    draw_heads(t, c, box, &l);
    for (int i = 0; i < box.rows - 1 - foot && t->top + (size_t)i < t->shown_count; i++) {
        draw_row(t, c, box, &l, t->top + (size_t)i, box.row + 1 + i);
    }
    if (foot) {
        box.cols -= draw_aside(t, c, box, !all);
        draw_foot(t, c, box);
    }
}

/* ---------------------------------------------------------------- the mouse */

/* On a head: sort by it; once more: the other way round. */
static void
click_head(struct table *t, int col)
{
    struct layout l;

    (void)lay_out(t, t->drawn.cols - SIGNS, &l);
    for (size_t i = 0; i < t->source.column_count; i++) {
        const int begin = t->drawn.col + SIGNS + l.col[i];
        if (col >= begin && col < begin + l.width[i]) {
            table_sort(t, (int)i, t->sort == (int)i && !t->reverse);
        }
    }
}

bool
table_click(struct table *t, const struct key *k)
{
    const struct box b = t->drawn;

    if (k->row < b.row || k->row >= b.row + b.rows || k->col < b.col || k->col >= b.col + b.cols) {
        return false;
    }
    if (k->code == KEYC_WHEEL_UP || k->code == KEYC_WHEEL_DOWN) {
        move(t, k->code == KEYC_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS);
        return true;
    }
    if (k->code != KEYC_CLICK) {
        return false;
    }
    const size_t index = t->top + (size_t)(k->row - b.row - 1);
    if (k->row == b.row) {
        click_head(t, k->col);
    } else if (k->row <= b.row + t->page && index < t->shown_count) {
        t->at = index;
        if (k->col < b.col + SIGNS) {
            table_mark(t, t->shown[index], !t->marked[t->shown[index]]);
        }
    }
    return true;
}

/*
 * table_draw.c - how a table is seen: which columns have room, its rows, its first and last line;
 * and what a click on it means.
 *
 * Decides what is left out where there is little room.  Owns nothing.  Only rows in sight are asked
 * for.
 */
#include "ui/table_state.h"

#include "base/buf.h"

#include <string.h>

enum {
    SIGNS = 3,        /* cells before a row: cursor, mark, a space */
    GAP = 2,          /* cells between two columns */
    FLEXIBLE_MIN = 8, /* of the column that takes what is left */
    WHEEL_ROWS = 3,
    FOOT_BYTES_MAX = 2048,
};

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

void
table_go_aside(struct table *t, bool right)
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
    table_settle(t);
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
        table_move(t, k->code == KEYC_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS);
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

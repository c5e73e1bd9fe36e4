/*
 * table.h - rows that are scrolled, marked, filtered and sorted; any number of them.
 *
 * Holds numbers of rows only: what a row says, its owner knows and tells when asked.  Drawing costs
 * what is visible.  Filtering and sorting are done when something has changed (table_refresh).  The
 * first line has the heads, the last says which rows of how many are seen (in 3 lines and less it
 * is left out); before each row stand the cursor, `>`, and its mark.
 */
#ifndef UI_TABLE_H
#define UI_TABLE_H

#include "ui/canvas.h"
#include "ui/keymap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_column {
    const char *name;
    int width;  /* cells; 0: takes what is left (at most one); a column is left out where there
                   is no room for all, the last first, but never the first */
    bool right; /* aligned right */
    int most;   /* cells that one with width 0 takes at most, the rest is the last one's; 0: all */
};

enum { TABLE_CELL_BYTES = 512, TABLE_COLUMNS_MAX = 16 };

/* What the owner tells.  row: 0 to count-1, in its own order. */
struct table_source {
    const struct table_column *columns; /* borrowed; static */
    size_t column_count;
    /* The text of a cell into ret (NUL-terminated, cut to TABLE_CELL_BYTES), and its look; or'ed to
     * it what table_ornament gives, of a sign before the text. */
    unsigned (*cell)(void *arg, size_t row, size_t column, char ret[TABLE_CELL_BYTES]);
    /* Order of two rows by a column: <0, 0, >0; NULL: by their texts. */
    int (*compare)(void *arg, size_t column, size_t a, size_t b);
    /* Further text that a filter finds; NULL: the cells only. */
    const char *(*found_by)(void *arg, size_t row);
    void *arg;  /* borrowed */
    bool aside; /* ACT_LEFT and ACT_RIGHT bring columns that have no room to sight */
};

static inline unsigned
table_ornament(enum ornament o)
{
    return ((unsigned)o + 1) << 8;
}

struct table;

struct table *table_new(const struct table_source *source);
void table_free(struct table *t); /* NULL is fine */

/* There are count rows now, and all may have changed; keep: rows that had a mark, or the cursor,
 * are the same numbers as before.  Else marks are gone, and the cursor is at the top. */
void table_set_count(struct table *t, size_t count, bool keep);
/* Texts have changed: sort and filter again, the cursor stays on its row. */
void table_refresh(struct table *t);

/* A filter (ui/words.h): words that must each be found in some cell; not: none of which may be. ""
 * or NULL: none. */
void table_filter(struct table *t, const char *text, bool without);
const char *table_filter_text(const struct table *t); /* "" none; "!web" of one that leaves out */
/* Sort by a column; -1: the owner's order. */
void table_sort(struct table *t, int column, bool reverse);

/* Moving, marking (ACT_UP ... ACT_BOTTOM; ACT_LEFT, ACT_RIGHT to columns that have no room;
 * ACT_MARK, ACT_MARK_ALL of what is visible under the filter, ACT_SORT: the next column,
 * ACT_SORT_REVERSE); false: not an act of tables. */
bool table_act(struct table *t, enum act act);
/* A click or wheel on the box it was drawn in last; false: outside. */
bool table_click(struct table *t, const struct key *k);

void table_draw(struct table *t, struct canvas *c, struct box box);

/* The row under the cursor; false: there is none. */
bool table_at(const struct table *t, size_t *ret_row);
void table_go(struct table *t, size_t row); /* the cursor to a row, if it is shown */
size_t table_shown(const struct table *t);  /* rows that the filter leaves */
size_t table_marked(const struct table *t); /* rows with a mark, shown or not */
bool table_is_marked(const struct table *t, size_t row);
void table_mark(struct table *t, size_t row, bool marked);

#endif

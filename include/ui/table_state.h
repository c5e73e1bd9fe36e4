/*
 * table_state.h - the struct behind table.h; for table*.c alone.
 */
#ifndef UI_TABLE_STATE_H
#define UI_TABLE_STATE_H

#include "ui/table.h"
#include "ui/words.h"

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

/* ---- table.c */
/* Keep the cursor among the rows, and in sight. */
void table_settle(struct table *t);
/* Up or down, so many rows. */
void table_move(struct table *t, long by);

/* ---- table_draw.c */
/* To the left or right, as far as there is something to be seen there. */
void table_go_aside(struct table *t, bool right);

#endif

/*
 * view_chart_state.h - what view_chart*.c share.
 */
#ifndef UI_VIEW_CHART_STATE_H
#define UI_VIEW_CHART_STATE_H

#include "ui/table.h"
#include "ui/view_chart.h"

/* No span, no slot. */
#define CHART_NONE SIZE_MAX

struct view_chart {
    const struct report *report; /* borrowed */
    struct table *table;         /* owned: the hosts */

    /* Spans by slot, then by their beginnings. */
    size_t *order;    /* owned: indexes of spans */
    size_t *place;    /* owned: by span: where it is in order; CHART_NONE: it has no slot */
    size_t *first;    /* owned: by slot, and one more: where its spans begin in order */
    int64_t *busy_ms; /* owned: by slot */
    size_t *of_host;  /* owned: by host: its last span, or CHART_NONE */
    size_t slots;     /* that were used */
    int64_t all_ms;   /* > 0 */

    size_t span; /* under the cursor, or CHART_NONE: of the host under the table's */
    size_t top;  /* the first slot that is seen */
    bool moved;  /* the cursor has: its slot and its time come into sight */
    int zoom;    /* the window is all_ms >> zoom */
    int64_t from_ms;

    /* where it was drawn last */
    struct box gantt, list;
    int label; /* cells before a slot's row */
};

/* view_chart_slots.c */
void chart_index(struct view_chart *v);
void chart_index_release(struct view_chart *v);
/* The slots over time in all rows of box, with their heads. */
void chart_slots_draw(struct view_chart *v, struct canvas *c, struct box box);
/* How many rows they take beside those of slots. */
int chart_slots_heads(const struct view_chart *v);
/* The span at a cell of what was drawn last, or CHART_NONE. */
size_t chart_span_at(const struct view_chart *v, int row, int col);

#endif

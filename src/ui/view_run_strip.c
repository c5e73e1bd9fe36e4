/*
 * view_run_strip.c - the worker slots of a run: who is in each, what is done there, for how long.
 *
 * Decides how many slots stand on a line, and what is said of those that have no room.  Owns
 * nothing.  Touches the slots that are shown; who is at it for the longest, course.h knows.
 */
#include "ui/view_run_parts.h"

#include "ui/pen.h"

#include <stdio.h>
#include <string.h>

enum { CELL_COLS_MIN = 25, CELL_COLS_GOOD = 36, GAP = 2, DOING_BYTES = 256 };

struct grid {
    int rows, across; /* cells on a row */
    int cols;         /* of a cell, its gap included */
    int32_t shown;    /* slots; less than all: the last cell tells of the others */
};

static int
across_of(int cols, int cell)
{
    return cols > cell ? cols / cell : 1;
}

/* Wide cells where there is room, narrow ones if so all are seen; else wide ones again. */
static struct grid
grid_of(int32_t slots, int cols, int rows_max)
{
    const int narrow = across_of(cols, CELL_COLS_MIN);
    int across = across_of(cols, CELL_COLS_GOOD);

    while (across < narrow && across * rows_max < slots) {
        across++;
    }
    if (across * rows_max < slots) {
        across = across_of(cols, CELL_COLS_GOOD);
    }
    const int rows = (int)((slots + across - 1) / across);
    struct grid g = {.rows = rows < rows_max ? rows : rows_max,
                     .across = across,
                     .cols = cols / across,
                     .shown = slots};
    if (g.rows * across < slots) {
        g.shown = g.rows * across - 1;
    }
    return g;
}

int
run_strip_rows(const struct view_run *v, int cols, int rows_max)
{
    return feed_course(v->feed)->slot_count == 0 || cols < CELL_COLS_MIN
               ? 0
               : grid_of(feed_course(v->feed)->slot_count, cols, rows_max).rows;
}

/* Digits of the greatest number of a slot. */
static int
digits_of(int32_t slots)
{
    int n = 1;

    for (int32_t last = slots - 1; last > 9; last /= 10) {
        n++;
    }
    return n;
}

static void
draw_slot(const struct view_run *v, struct pen *p, int32_t slot, int digits)
{
    const struct course *course = feed_course(v->feed);
    const int32_t host = course->slots[slot].host;
    const struct board *b = feed_board(v->feed);
    const bool longest = slot == course->longest && course->busy > 1;
    const unsigned look = longest ? LOOK_WARN | LOOK_BOLD : LOOK_BUSY;
    char text[DOING_BYTES];

    if (host < 0 || (size_t)host >= b->names.count) {
        pen_ornament(p, LOOK_DIM, ORN_WAIT);
        pen_print(p, LOOK_DIM, "%*d idle", digits, (int)slot);
        return;
    }
    pen_ornament(p, look, longest ? ORN_MARK : ORN_BUSY);
    pen_print(p, look, "%*d ", digits, (int)slot);
    since_text(v->now_ms - b->hosts[host].step_at_ms, text);
    pen_right(p, longest ? look : LOOK_DIM, text);
    pen_print(p, LOOK_PLAIN | LOOK_BOLD, "%s ", b->names.items[host]);
    view_run_doing(v->feed, host, text, sizeof(text));
    pen_put(p, LOOK_PLAIN, text);
}

/* "+84 more busy, 3 idle" */
static void
draw_others(const struct course *c, struct pen *p, int32_t busy_shown)
{
    pen_print(p, LOOK_PLAIN, "+%d more busy, %d idle", (int)(c->busy - busy_shown),
              (int)(c->slot_count - c->busy));
}

static struct pen
cell_at(const struct grid *g, struct canvas *c, struct box box, int32_t i)
{
    const struct box cell = {.row = box.row + (int)i / g->across,
                             .col = box.col + (int)i % g->across * g->cols,
                             .rows = 1,
                             .cols = g->cols - GAP};

    return pen_at(c, cell, 0);
}

/* All by their numbers; or those that are at it for the longest. */
void
run_strip_draw(const struct view_run *v, struct canvas *c, struct box box)
{
    const struct course *course = feed_course(v->feed);

    if (box.rows <= 0 || run_strip_rows(v, box.cols, box.rows) == 0) {
        return;
    }
    const struct grid g = grid_of(course->slot_count, box.cols, box.rows);
    const bool all = g.shown == course->slot_count;
    const int digits = digits_of(course->slot_count);
    int32_t slot = all ? 0 : course->longest;
    int32_t i = 0;

    for (; i < g.shown && slot >= 0; i++) {
        struct pen p = cell_at(&g, c, box, i);
        draw_slot(v, &p, slot, digits);
        slot = all ? slot + 1 : course->slots[slot].later;
    }
    if (!all) {
        struct pen p = cell_at(&g, c, box, i);
        draw_others(course, &p, i);
    }
}

/*
 * view_run.c - the Run page: where each of its parts stands.
 *
 * Decides the layout, by the size and by where the keys go.  Owns nothing.  On a wide screen the
 * list is left and the host under the cursor right; on others below.
 */
#include "ui/view_run_parts.h"

#include "ui/pen.h"

#include <stdio.h>
#include <string.h>

enum {
    ROWS_MIN = 3,
    COLS_MIN = 40,
    WIDE_COLS = 150, /* from here on side by side */
    WIDE_ROWS = 10,
    PANE_ROWS_MIN = 12, /* list and host have room one below the other */
    LIST_ROWS_MIN = 5,
    STEPS_COLS_MAX = 48,
    SAID_ROWS = 20, /* from here on a line for what the run has said */
    TITLE_BYTES = 512,
};

struct layout {
    struct box head, strip, list, edge, title, steps, between, output, said;
};

static struct box
cut_top(struct box *box, int rows)
{
    struct box top = *box;

    top.rows = rows < box->rows ? rows : box->rows;
    top.rows = top.rows > 0 ? top.rows : 0;
    box->row += top.rows;
    box->rows -= top.rows;
    return top;
}

static struct box
cut_left(struct box *box, int cols)
{
    struct box left = *box;

    left.cols = cols;
    box->col += cols;
    box->cols -= cols;
    return left;
}

static int
strip_rows_max(int rows)
{
    return rows < 30 ? 3 : rows < 60 ? 6 : 10;
}

static bool
is_over(const struct view_run *v)
{
    struct feed_end end;

    return feed_end(v->feed, &end);
}

/* The steps above, what it says below. */
static void
lay_wide(const struct view_run *v, struct layout *l, struct box rest)
{
    const struct feed_host *h = feed_host(v->feed, v->host);
    const int wanted = h == NULL ? 0 : (int)h->step_count + (h->reason != NULL ? 3 : 0);

    l->list = cut_left(&rest, rest.cols * 9 / 20);
    l->edge = cut_left(&rest, 1);
    l->title = cut_top(&rest, 1);
    l->steps = cut_top(&rest, wanted < 1 ? 1 : wanted < rest.rows / 2 ? wanted : rest.rows / 2);
    l->between = cut_top(&rest, 1);
    l->output = rest;
}

/* The list above; below it the steps left, what the host says right. */
static void
lay_stacked(const struct view_run *v, struct layout *l, struct box rest)
{
    const int list = v->reads ? LIST_ROWS_MIN : rest.rows * 11 / 20;

    l->list = cut_top(&rest, list > LIST_ROWS_MIN ? list : LIST_ROWS_MIN);
    l->title = cut_top(&rest, 1);
    l->steps =
        cut_left(&rest, rest.cols * 2 / 5 < STEPS_COLS_MAX ? rest.cols * 2 / 5 : STEPS_COLS_MAX);
    l->edge = cut_left(&rest, 1);
    l->output = rest;
}

static struct layout
lay_out(const struct view_run *v, struct box box)
{
    const int strip = strip_rows_max(box.rows);
    struct layout l = {0};
    struct box rest = box;

    l.head = cut_top(&rest, VIEW_RUN_HEAD_ROWS);
    l.strip =
        cut_top(&rest, is_over(v) ? VIEW_RUN_END_ROWS - 1 : run_strip_rows(v, box.cols, strip));
    if (box.rows >= SAID_ROWS && feed_said_count(v->feed) > 0) {
        l.said = rest;
        l.said.row = rest.row + --rest.rows;
        l.said.rows = 1;
    }
    if (box.cols >= WIDE_COLS && rest.rows >= WIDE_ROWS) {
        lay_wide(v, &l, rest);
    } else if (rest.rows >= PANE_ROWS_MIN) {
        lay_stacked(v, &l, rest);
    } else if (v->reads) {
        l.title = cut_top(&rest, 1);
        l.output = rest;
    } else {
        l.list = rest;
    }
    return l;
}

/* ---------------------------------------------------------------- parts */

static void
draw_edge(struct canvas *c, struct box box)
{
    for (int i = 0; i < box.rows && box.cols > 0; i++) {
        canvas_ornament(c, box.row + i, box.col, LOOK_DIM, ORN_VLINE);
    }
}

static void
draw_said(const struct view_run *v, struct canvas *c, struct box box)
{
    const size_t count = feed_said_count(v->feed);
    const struct feed_said *s = count > 0 ? feed_said(v->feed, count - 1) : NULL;
    struct pen p = pen_at(c, box, 0);

    if (s == NULL || box.rows < 1) {
        return;
    }
    pen_right(&p, LOOK_KEY, ":said");
    pen_since(&p, LOOK_DIM, v->now_ms - s->at_ms);
    pen_put(&p, LOOK_DIM, " ago: ");
    pen_put(&p, s->warning ? LOOK_WARN : LOOK_PLAIN, s->text);
}

static void
draw_pane(const struct view_run *v, struct canvas *c, const struct layout *l)
{
    const char *keys = v->reads ? "Left: back to the hosts" : "Right: scroll, f: whole screen";
    char title[TITLE_BYTES];
    char place[64];
    char output[128];

    run_host_title(v, title, sizeof(title));
    pager_place(v->output, place);
    (void)snprintf(output, sizeof(output), "output %s", place);
    if (l->between.rows > 0) {
        run_title_draw(c, l->title, title, "", false);
        run_title_draw(c, l->between, output, keys, v->reads);
    } else {
        run_title_draw(c, l->title, title, keys, v->reads);
    }
    draw_edge(c, l->edge);
    if (l->steps.rows > 0) {
        run_steps_draw(v, c, l->steps);
    }
    if (l->output.rows > 0 && pager_lines(v->output) > 0) {
        pager_draw(v->output, c, l->output);
    } else if (l->output.rows > 0) {
        (void)canvas_text(c, l->output.row, l->output.col + 1, l->output.cols - 1, LOOK_DIM,
                          "it has said nothing");
    }
}

struct box
view_run_output_box(const struct view_run *v, struct box box)
{
    const struct box none = {0};

    return v->feed == NULL || feed_board(v->feed)->run == NULL ? none : lay_out(v, box).output;
}

void
view_run_draw(const struct view_run *v, struct canvas *c, struct box box)
{
    struct run_head head;

    if (box.rows < ROWS_MIN || box.cols < COLS_MIN) {
        return;
    }
    if (v->feed == NULL) {
        run_none_draw(v, c, box);
        return;
    }
    run_head_of(v, &head);
    run_head_draw(&head, c, box);
    if (head.begins) {
        return;
    }
    const struct layout l = lay_out(v, box);
    if (is_over(v)) {
        run_end_draw(v, c, l.strip);
    } else {
        run_strip_draw(v, c, l.strip);
    }
    if (l.list.rows > 0) {
        table_draw(v->hosts, c, l.list);
    }
    if (l.title.rows > 0) {
        draw_pane(v, c, &l);
    }
    draw_said(v, c, l.said);
}

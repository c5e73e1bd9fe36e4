/*
 * view_run_host.c - the host under the cursor: how its steps went.
 *
 * Decides what is said of a step.  Owns nothing.  The newest steps are those that are seen.
 */
#include "ui/view_run_parts.h"

#include "base/duration.h"
#include "ui/pen.h"
#include "ui/wrap.h"

#include <stdio.h>
#include <string.h>

enum { TITLE_BYTES = 512 };

void
run_title_draw(struct canvas *c, struct box box, const char *title, const char *keys, bool lit)
{
    struct pen p = pen_at(c, box, 0);

    if (box.rows < 1) {
        return;
    }
    for (int i = 0; i < box.cols; i++) {
        canvas_ornament(c, box.row, box.col + i, lit ? LOOK_KEY : LOOK_DIM, ORN_HLINE);
    }
    p.col++;
    p.end--;
    pen_print(&p, lit ? LOOK_TITLE | LOOK_BOLD : LOOK_HEAD, " %s ", title);
    pen_right(&p, LOOK_KEY, keys);
}

void
run_host_title(const struct view_run *v, char *ret, size_t size)
{
    char state[TABLE_CELL_BYTES];
    char step[TABLE_CELL_BYTES];
    char time[TABLE_CELL_BYTES];

    if (feed_host(v->feed, v->host) == NULL) {
        (void)snprintf(ret, size, "no host");
        return;
    }
    (void)view_run_cell(v->feed, v->now_ms, v->host, RUN_COLUMN_STATE, state);
    (void)view_run_cell(v->feed, v->now_ms, v->host, RUN_COLUMN_TIME, time);
    view_run_doing(v->feed, v->host, step, sizeof(step));
    (void)snprintf(ret, size, "%s: %s%s%s%s%s", feed_board(v->feed)->names.items[v->host], state,
                   step[0] != '\0' ? ", " : "", step, time[0] != '\0' ? ", " : "", time);
}

/* ---------------------------------------------------------------- steps */

struct outcome_look {
    const char *word;
    unsigned look;
    enum ornament sign;
};

static struct outcome_look
look_of(const struct feed_step *s, bool active)
{
    if (s->outcome == NULL) {
        return active ? (struct outcome_look){"", LOOK_BUSY, ORN_BUSY}
                      : (struct outcome_look){"its end is not known", LOOK_WARN, ORN_WAIT};
    }
    if (strcmp(s->outcome, outcome_name(OUTCOME_OK)) == 0) {
        return (struct outcome_look){"", LOOK_OK, ORN_OK};
    }
    if (strcmp(s->outcome, outcome_name(OUTCOME_SKIPPED)) == 0) {
        return (struct outcome_look){"skipped", LOOK_DIM, ORN_WAIT};
    }
    return (struct outcome_look){s->outcome, LOOK_BAD, ORN_BAD};
}

static void
draw_step(const struct view_run *v, const struct feed_step *s, struct canvas *c, struct box box,
          int row)
{
    static const char *const before[] = {[LIST_STEPS] = "",
                                         [LIST_FINALLY] = "finally ",
                                         [LIST_CHECKS] = "check ",
                                         [LIST_ROLLBACK] = "back "};
    const bool active = board_is_active(&feed_board(v->feed)->hosts[v->host]);
    const struct outcome_look o = look_of(s, active);
    struct pen p = pen_at(c, box, row);
    char time[32] = "";

    pen_ornament(&p, o.look, o.sign);
    if (s->outcome == NULL && active) {
        since_text(v->now_ms - s->began_ms, time);
    } else if (s->took_ms >= 0) {
        duration_human(s->took_ms, time, sizeof(time));
    }
    pen_right(&p, LOOK_DIM, time);
    pen_print(&p, o.look == LOOK_DIM ? LOOK_DIM : LOOK_PLAIN, "%s%2d %s", before[s->list],
              (int)s->step, s->name != NULL ? s->name : "");
    if (s->attempt > 1) {
        pen_print(&p, LOOK_WARN, " try %d", (int)s->attempt);
    }
    if (s->exit_code > 0) {
        pen_print(&p, o.look, " exit %d", (int)s->exit_code);
    } else if (o.word[0] != '\0') {
        pen_print(&p, o.look, " %s", o.word);
    }
}

/* It may say what to do: it has what the steps leave, half of the rows at least. */
static int
rows_of_reason(int rows, size_t steps)
{
    const int wanted = steps == 0 ? 1 : steps < (size_t)rows ? (int)steps : rows;

    return rows - wanted > rows / 2 ? rows - wanted : rows / 2;
}

void
run_steps_draw(const struct view_run *v, struct canvas *c, struct box box)
{
    const struct feed_host *h = feed_host(v->feed, v->host);

    if (h == NULL || box.rows < 1) {
        return;
    }
    if (h->reason != NULL) {
        struct box why = box;
        why.rows = rows_of_reason(box.rows, h->step_count);
        const int rows = wrap_draw(c, why, LOOK_BAD, h->reason);
        box.row += rows;
        box.rows -= rows;
    }
    const size_t room = (size_t)box.rows;
    const size_t first = h->step_count > room ? h->step_count - room : 0;
    for (size_t i = first; i < h->step_count; i++) {
        draw_step(v, &h->steps[i], c, box, (int)(i - first));
    }
    if (h->step_count == 0) {
        struct pen p = pen_at(c, box, 0);
        pen_put(&p, LOOK_DIM, h->began_ms < 0 ? "not started yet" : "no step yet");
    }
}

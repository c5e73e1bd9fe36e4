/*
 * view_run_none.c - the Run page where nothing runs here: what to do, what is queued, and what
 * another process does.
 *
 * Decides the words.  Owns nothing.
 */
#include "ui/view_run_parts.h"

#include "ui/pen.h"
#include "ui/wrap.h"

#include <stdio.h>
#include <string.h>

/* Rows that are filled from above. */
struct sheet {
    struct canvas *c;
    struct box box; /* what is left */
};

static struct pen
next_row(struct sheet *s)
{
    struct pen p = pen_at(s->c, s->box, 0);

    s->box.row++;
    s->box.rows--;
    return p;
}

static void
put_line(struct sheet *s, unsigned look, const char *text)
{
    struct pen p = next_row(s);

    pen_put(&p, look, text);
}

/* ---------------------------------------------------------------- another process */

static void
put_failures(struct sheet *s, const struct snapshot *o)
{
    for (size_t i = 0; i < o->failed && s->box.rows > 0; i++) {
        const struct snapshot_failure *x = &o->failures[i];
        struct pen p = next_row(s);
        pen_ornament(&p, LOOK_BAD, ORN_BAD);
        pen_print(&p, LOOK_BAD, " %s  %s", x->name, x->outcome);
        if (x->reason != NULL && x->reason[0] != '\0') {
            pen_print(&p, LOOK_PLAIN, ": %s", x->reason);
        }
    }
}

static void
put_flights(struct sheet *s, const struct view_run *v, int rows_max)
{
    const struct snapshot *o = v->other;
    const size_t room = rows_max > 0 ? (size_t)rows_max : 0;
    const size_t shown = o->shown < room ? o->shown : room;

    for (size_t i = 0; i < shown; i++) {
        const struct snapshot_host *h = &o->hosts[i];
        char since[32];
        struct pen p = next_row(s);
        since_text(v->now_ms - h->since_ms, since);
        pen_ornament(&p, LOOK_BUSY, ORN_BUSY);
        pen_print(&p, LOOK_BUSY, "%3d ", (int)h->slot);
        pen_print(&p, LOOK_PLAIN, "%-20s %s", h->name, h->doing);
        pen_print(&p, LOOK_DIM, "  %s", since);
    }
    if (o->active > (int32_t)shown) {
        struct pen p = next_row(s);
        pen_print(&p, LOOK_DIM, "and %d more in flight", (int)(o->active - (int32_t)shown));
    }
}

static void
put_other(struct sheet *s, const struct view_run *v)
{
    const struct snapshot *o = v->other;
    struct run_head h;
    struct pen p = next_row(s);

    pen_print(&p, LOOK_WARN | LOOK_BOLD, "%s %s %s in another process (pid %lld)", o->action,
              o->env, o->exit_code >= 0 ? "ran" : "is under way", (long long)o->pid);
    p = next_row(s);
    if (o->exit_code < 0 && o->state != NULL) {
        pen_put(&p, LOOK_DIM,
                "The verbs of this page reach it: p c m A K B + -, :skip HOST, :retry HOST");
    }
    if (o->state == NULL) { /* nothing but that it is there */
        if (v->other_note != NULL) {
            put_line(s, LOOK_DIM, v->other_note);
        }
        p = next_row(s);
        pen_print(&p, LOOK_PLAIN, "Watch it: inventory-manager status %s --watch", o->env);
        return;
    }
    s->box.row++;
    s->box.rows--;
    run_head_of_other(v, &h);
    h.queued = 0;
    run_head_draw(&h, s->c, s->box);
    s->box.row += VIEW_RUN_HEAD_ROWS + 1;
    s->box.rows -= VIEW_RUN_HEAD_ROWS + 1;
    put_flights(s, v, s->box.rows - (int)o->failed - 1);
    put_failures(s, o);
}

/* ---------------------------------------------------------------- nothing runs */

static void
put_keys(struct sheet *s, const char *before, const char *key, const char *after)
{
    struct pen p = next_row(s);

    pen_put(&p, LOOK_PLAIN, before);
    pen_put(&p, LOOK_KEY | LOOK_BOLD, key);
    pen_put(&p, LOOK_PLAIN, after);
}

static void
put_hints(struct sheet *s, const struct view_run *v)
{
    put_line(s, LOOK_PLAIN | LOOK_BOLD,
             "Nothing runs, and nothing has run since the screen was opened.");
    put_line(s, LOOK_PLAIN, "");
    if (v->env == NULL) {
        put_keys(s, "Open an environment (", "1", "), mark servers with Space, press d to deploy.");
    } else {
        struct pen p = next_row(s);
        pen_print(&p, LOOK_PLAIN, "Servers of %s (", v->env);
        pen_put(&p, LOOK_KEY | LOOK_BOLD, "2");
        pen_put(&p, LOOK_PLAIN, "): mark them with Space, press d to deploy.");
    }
    put_keys(s, "Earlier runs are in History (", "4", ").");
}

static void
put_queue(struct sheet *s, const struct view_run *v)
{
    put_line(s, LOOK_PLAIN, "");
    if (v->queue_count == 0) {
        put_line(s, LOOK_DIM, "The queue is empty.");
        return;
    }
    put_keys(s, v->queue_runs ? "The queue is being worked off (" : "The queue stands still (", "s",
             v->queue_runs ? " stops it after the action under way):"
                           : " starts it, x empties it):");
    for (size_t i = 0; i < v->queue_shown && s->box.rows > 1; i++) {
        struct pen p = next_row(s);
        pen_print(&p, LOOK_DIM, "%4zu  ", i + 1);
        pen_put(&p, LOOK_PLAIN, v->queue[i]);
    }
    if (v->queue_count > v->queue_shown && s->box.rows > 0) {
        struct pen p = next_row(s);
        pen_print(&p, LOOK_DIM, "      and %zu more", v->queue_count - v->queue_shown);
    }
}

void
run_none_draw(const struct view_run *v, struct canvas *c, struct box box)
{
    struct sheet s = {.c = c, .box = box};

    s.box.col += 1;
    s.box.cols -= 1;
    if (v->other != NULL) {
        put_other(&s, v);
    } else {
        put_hints(&s, v);
    }
    put_queue(&s, v);
}

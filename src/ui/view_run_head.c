/*
 * view_run_head.c - three lines on how a run goes as a whole, and what stands there when it is
 * over.
 *
 * Decides the words of each state, and what is left out where there is no room.  Owns nothing.
 */
#include "ui/view_run_parts.h"

#include "base/duration.h"
#include "core/rollout.h"
#include "ui/pen.h"
#include "ui/wrap.h"

#include <stdio.h>
#include <string.h>

enum { BAR_CELLS = 20, LABEL_CELLS = 6, LABEL_BYTES = 40, NUMBER_BYTES = 32 };

/* ---------------------------------------------------------------- what is known */

static enum run_state
state_of(const char *name)
{
    for (int i = 0; name != NULL && i < RUN_STATES; i++) {
        if (strcmp(run_state_name((enum run_state)i), name) == 0) {
            return (enum run_state)i;
        }
    }
    return RUN_RUNNING;
}

static void
take_glance(struct run_head *h, const struct snapshot *s)
{
    h->state = state_of(s->state);
    h->since_ms = s->state_since_ms;
    h->halt = s->halt;
    h->due_ms = s->wave_due_ms;
    h->bad = s->bad;
    h->budget = s->budget;
    h->active = s->active;
    h->workers = s->workers;
    h->totals = s->totals;
}

static void
take_course(struct run_head *h, const struct course *c, const struct view_run *v)
{
    h->bakes = c->bakes;
    h->waves = c->wave_count;
    h->wave = c->wave;
    if (c->wave > 0) {
        h->of_wave = c->waves[c->wave - 1];
    }
    h->budget = c->budget;
    h->workers = c->workers;
    h->left_ms = course_left_ms(c, v->now_ms, v->predicted_ms);
}

static void
take_end(struct run_head *h, const struct feed *f)
{
    struct feed_end end;

    if (feed_end(f, &end)) {
        h->state = RUN_OVER;
        h->halt = end.reason;
        h->totals = end.totals;
        h->took_ms = end.duration_ms;
        h->exit_code = end.exit_code;
        h->active = 0;
    }
}

void
run_head_of(const struct view_run *v, struct run_head *ret)
{
    const struct board *b = feed_board(v->feed);
    struct run_head h = {.now_ms = v->now_ms,
                         .action = b->action,
                         .env = b->env,
                         .run = b->run,
                         .begins = b->run == NULL,
                         .due_ms = -1,
                         .hosts = (int32_t)b->names.count,
                         .parked = b->parked,
                         .budget = -1,
                         .active = board_active(b),
                         .began_ms = b->started_at_ms,
                         .took_ms = -1,
                         .left_ms = -1,
                         .exit_code = -1,
                         .queued = v->queue_count};

    memcpy(h.totals.count, b->count, sizeof(h.totals.count));
    take_course(&h, feed_course(v->feed), v);
    if (v->glance != NULL) {
        take_glance(&h, v->glance);
    }
    for (int i = 0; i < OUTCOMES && v->glance == NULL; i++) {
        h.bad += outcome_is_bad((enum outcome)i) ? h.totals.count[i] : 0;
    }
    take_end(&h, v->feed);
    *ret = h;
}

void
run_head_of_other(const struct view_run *v, struct run_head *ret)
{
    const struct snapshot *s = v->other;
    struct run_head h = {.now_ms = v->now_ms,
                         .action = s->action,
                         .env = s->env,
                         .run = s->run,
                         .wave = s->wave,
                         .waves = s->waves,
                         .hosts = s->host_count,
                         .began_ms = s->started_ms,
                         .took_ms = s->exit_code >= 0 ? s->at_ms - s->started_ms : -1,
                         .left_ms = -1,
                         .exit_code = s->exit_code,
                         .queued = v->queue_count};

    take_glance(&h, s);
    *ret = h;
}

/* ---------------------------------------------------------------- the state, in words */

static void
put_due(struct pen *p, const struct run_head *h)
{
    const int64_t ms = h->due_ms - h->now_ms;

    pen_put(p, LOOK_BUSY, h->bakes ? "the wave bakes, " : "the next wave waits, ");
    pen_since(p, LOOK_BUSY, ms);
    pen_put(p, LOOK_BUSY, " to go");
}

static void
put_waits(struct pen *p, const struct run_head *h, const char *state, const char *key,
          const char *what)
{
    pen_print(p, LOOK_WARN | LOOK_BOLD, "%s ", state);
    pen_since(p, LOOK_WARN | LOOK_BOLD, h->now_ms - h->since_ms);
    pen_put(p, LOOK_WARN, ": ");
    pen_put(p, LOOK_KEY | LOOK_BOLD, key);
    pen_print(p, LOOK_WARN, " %s", what);
}

static void
put_halts(struct pen *p, const struct run_head *h)
{
    pen_print(p, LOOK_BAD | LOOK_BOLD, "halts: %s", h->halt != NULL ? h->halt : "");
    if (h->active > 0) {
        pen_print(p, LOOK_WARN, "; %d in flight go%s on", (int)h->active,
                  h->active == 1 ? "es" : "");
    }
}

static void
put_over(struct pen *p, const struct run_head *h)
{
    if (h->exit_code == 0) {
        pen_ornament(p, LOOK_OK | LOOK_BOLD, ORN_OK);
        pen_put(p, LOOK_OK | LOOK_BOLD, " over: all ok");
        return;
    }
    pen_ornament(p, LOOK_BAD | LOOK_BOLD, ORN_BAD);
    pen_print(p, LOOK_BAD | LOOK_BOLD, " over: exit %d", (int)h->exit_code);
    if (h->halt != NULL && h->halt[0] != '\0') {
        pen_print(p, LOOK_BAD, ", %s", h->halt);
    }
}

static void
put_state(struct pen *p, const struct run_head *h)
{
    if (h->begins) {
        pen_put(p, LOOK_BUSY, "begins");
        return;
    }
    switch (h->state) {
    case RUN_RUNNING:
        if (h->due_ms >= h->now_ms) {
            put_due(p, h);
        } else {
            pen_ornament(p, LOOK_BUSY, ORN_BUSY);
            pen_put(p, LOOK_BUSY, " running");
        }
        break;
    case RUN_PROMOTING:
        put_waits(p, h, "waits for promote,", "m", "goes on");
        break;
    case RUN_PAUSED:
        put_waits(p, h, "paused for", "c", "goes on");
        break;
    case RUN_DRAINING:
        put_halts(p, h);
        break;
    case RUN_KILLING:
        pen_print(p, LOOK_BAD | LOOK_BOLD, "kills what is in flight");
        break;
    case RUN_ROLLING_BACK:
        pen_print(p, LOOK_WARN | LOOK_BOLD, "rolls back: %s", h->halt != NULL ? h->halt : "");
        break;
    case RUN_OVER:
        put_over(p, h);
        break;
    }
}

/* ---------------------------------------------------------------- lines */

static void
draw_first(const struct run_head *h, struct canvas *c, struct box box)
{
    struct pen p = pen_at(c, box, 0);

    pen_put(&p, LOOK_PLAIN | LOOK_BOLD, h->action != NULL ? h->action : "a run");
    pen_print(&p, LOOK_PLAIN | LOOK_BOLD, " %s  ", h->env != NULL ? h->env : "");
    put_state(&p, h);
    p.col += 2;
    if (h->run != NULL) {
        pen_right(&p, LOOK_DIM, h->run);
    }
}

static void
put_count(struct pen *p, unsigned look, const char *word, int32_t n)
{
    if (n > 0) {
        pen_print(p, look, "  %s %d", word, (int)n);
    }
}

static void
put_counts(struct pen *p, const struct run_head *h)
{
    const int32_t *n = h->totals.count;

    put_count(p, LOOK_OK, "ok", n[OUTCOME_OK]);
    put_count(p, LOOK_BAD, "failed", n[OUTCOME_FAILED]);
    put_count(p, LOOK_BAD, "unreachable", n[OUTCOME_UNREACHABLE]);
    put_count(p, LOOK_BAD, "unknown", n[OUTCOME_UNKNOWN]);
    put_count(p, LOOK_WARN, "cancelled", n[OUTCOME_CANCELLED]);
    put_count(p, LOOK_WARN, "skipped", n[OUTCOME_SKIPPED]);
    put_count(p, LOOK_WARN, "rolled back", h->totals.rolled_back);
    put_count(p, LOOK_BAD, "stuck", h->totals.rollbacks_failed);
    put_count(p, LOOK_BUSY, "prepared", h->parked);
    put_count(p, h->state == RUN_OVER ? LOOK_WARN : LOOK_PLAIN,
              h->state == RUN_OVER ? "untouched" : "left", n[OUTCOME_UNTOUCHED]);
}

/* Bars stand one below the other. */
static int
label_of(const struct run_head *h, char ret[LABEL_BYTES])
{
    const int len = h->waves > 0
                        ? snprintf(ret, LABEL_BYTES, "wave %d/%d ", (int)h->wave, (int)h->waves)
                        : snprintf(ret, LABEL_BYTES, "time ");

    return len > LABEL_CELLS ? len : LABEL_CELLS;
}

static int
bar_of(struct box box)
{
    return box.cols / 8 < BAR_CELLS ? box.cols / 8 : BAR_CELLS;
}

/* Of those that are done, the bad ones stand last. */
static void
put_bar(struct pen *p, int width, int32_t done, int32_t bad, int32_t whole)
{
    const int filled = whole > 0 ? (int)((int64_t)done * width / whole) : 0;
    const int spoilt = done > 0 ? (int)(((int64_t)bad * filled + done - 1) / done) : 0;
    const int col = p->col;

    pen_bar(p, width, LOOK_BUSY, done, whole);
    if (p->col - col == width) {
        canvas_tint(p->c, p->row, col + filled - spoilt, spoilt, LOOK_BAD);
    }
}

static void
draw_hosts(const struct run_head *h, struct canvas *c, struct box box)
{
    const int32_t *n = h->totals.count;
    const int32_t done = h->hosts - n[OUTCOME_UNTOUCHED] - n[OUTCOME_RUNNING];
    struct pen p = pen_at(c, box, 1);
    char label[LABEL_BYTES];
    char budget[2 * NUMBER_BYTES];

    pen_print(&p, LOOK_HEAD, "%-*s", label_of(h, label), "hosts");
    put_bar(&p, bar_of(box), done, n[OUTCOME_FAILED] + n[OUTCOME_UNREACHABLE] + n[OUTCOME_UNKNOWN],
            h->hosts);
    pen_print(&p, LOOK_PLAIN, " %d/%d", (int)done, (int)h->hosts);
    if (h->budget >= 0) {
        (void)snprintf(budget, sizeof(budget), "%d bad of %d allowed", (int)h->bad, (int)h->budget);
        pen_right(&p, h->bad > h->budget ? LOOK_BAD : h->bad > 0 ? LOOK_WARN : LOOK_DIM, budget);
    }
    put_counts(&p, h);
}

/* "1m20s of about 3m30s" */
static void
put_time(struct pen *p, const struct run_head *h)
{
    char text[NUMBER_BYTES];

    if (h->took_ms >= 0) {
        duration_human(h->took_ms, text, sizeof(text));
        pen_print(p, LOOK_PLAIN, "took %s", text);
        return;
    }
    pen_since(p, LOOK_PLAIN, h->now_ms - h->began_ms);
    if (h->state == RUN_RUNNING && h->left_ms >= 0) {
        since_text(h->left_ms, text);
        pen_print(p, LOOK_DIM, ", about %s to go", text);
    }
}

static void
draw_wave(const struct run_head *h, struct canvas *c, struct box box)
{
    struct pen p = pen_at(c, box, 2);

    char label[LABEL_BYTES];
    const int width = label_of(h, label);

    pen_print(&p, LOOK_HEAD, "%-*s", width, label);
    if (h->of_wave.hosts > 0) {
        put_bar(&p, bar_of(box), h->of_wave.done, h->of_wave.bad, h->of_wave.hosts);
        pen_print(&p, LOOK_PLAIN, " %d/%d  ", (int)h->of_wave.done, (int)h->of_wave.hosts);
    }
    put_time(&p, h);
    pen_print(&p, LOOK_DIM, "  ");
    if (h->state != RUN_OVER && !h->begins) {
        if (h->workers > 0) {
            pen_print(&p, LOOK_PLAIN, "workers %d/%d busy", (int)h->active, (int)h->workers);
        } else {
            pen_put(&p, LOOK_PLAIN, "one at a time");
        }
    }
    if (h->queued > 0) {
        pen_print(&p, LOOK_WARN, "  queued %zu", h->queued);
    }
}

void
run_head_draw(const struct run_head *h, struct canvas *c, struct box box)
{
    draw_first(h, c, box);
    if (!h->begins) {
        draw_hosts(h, c, box);
        draw_wave(h, c, box);
    }
}

/* ---------------------------------------------------------------- the end */

void
run_end_draw(const struct view_run *v, struct canvas *c, struct box box)
{
    struct feed_end end;
    int row = 0;

    if (!feed_end(v->feed, &end)) {
        return;
    }
    const bool go_on = end.go_on != NULL && end.go_on[0] != '\0';
    if (go_on || end.exit_code > 0) {
        struct pen p = pen_at(c, box, row++);
        pen_put(&p, LOOK_HEAD, "to go on  ");
        pen_put(&p, LOOK_KEY | LOOK_BOLD, "R");
        pen_put(&p, LOOK_PLAIN, go_on ? ", or " : " does it again where it is not ok");
        pen_put(&p, LOOK_PLAIN | LOOK_BOLD, go_on ? end.go_on : "");
    }
    if (end.log_dir != NULL && end.log_dir[0] != '\0') {
        struct pen p = pen_at(c, box, row++);
        pen_put(&p, LOOK_HEAD, "logs      ");
        pen_put(&p, LOOK_PLAIN, end.log_dir);
    }
}

/*
 * view_confirm.c - what an action would do, shown before somebody says that it shall.
 *
 * Decides which lines there are, and their words.  Owns nothing.  What to press stands still below,
 * the rest is scrolled.
 */
#include "ui/view_confirm.h"

#include "base/duration.h"
#include "ui/pen.h"
#include "ui/wrap.h"

#include <stdio.h>
#include <string.h>

enum {
    NAME_CELLS = 13,    /* of a field */
    BAR_CELLS_MAX = 24, /* of a wave */
    NAMES_ROWS_MAX = 3, /* of folded hosts */
    TEXT_ROWS_MAX = 4,  /* of any other text */
    FOOT_ROWS = 2,
    COLS_MIN = 40,    /* of less nothing can be made */
    NUMBER_CELLS = 6, /* of a wave, of its hosts */
    TEXT_BYTES = 512,
    STEPS_BYTES = 4096,
};

/* Lines from the top, of which those in the box are drawn. */
struct sheet {
    const struct view_confirm *v;
    const struct canvas *measure;
    struct canvas *c; /* NULL: only counted */
    struct box box;   /* without the foot */
    int top, line;
};

/* Whether the next row is in the box. */
static bool
is_seen(const struct sheet *p)
{
    return p->c != NULL && p->line >= p->top && p->line < p->top + p->box.rows;
}

static int
row_of(const struct sheet *p)
{
    return p->box.row + p->line - p->top;
}

/* A text from col on over rows; those above and below the box are left out. */
static void
put_text(struct sheet *p, int col, int rows_max, unsigned look, const char *text)
{
    struct wrap w = {
        .text = text, .len = strlen(text), .width = p->box.cols - col, .rows_left = rows_max};
    const char *line = NULL;
    size_t len = 0;

    for (; wrap_next(p->measure, &w, &line, &len); p->line++) {
        if (is_seen(p)) {
            (void)canvas_bytes(p->c, row_of(p), p->box.col + col, w.width, look, line, len);
        }
    }
}

static void
put_field_look(struct sheet *p, const char *name, int rows_max, unsigned look, const char *text)
{
    if (is_seen(p)) {
        (void)canvas_text(p->c, row_of(p), p->box.col + 1, NAME_CELLS - 1, LOOK_HEAD, name);
    }
    put_text(p, NAME_CELLS + 1, rows_max, look, text);
}

static void
put_field(struct sheet *p, const char *name, const char *text)
{
    put_field_look(p, name, TEXT_ROWS_MAX, LOOK_PLAIN, text);
}

static const char *
s_of(int32_t n)
{
    return n == 1 ? "" : "s";
}

static bool
is_said(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* ---------------------------------------------------------------- what, where, how */

static void
put_head(struct sheet *p)
{
    const struct view_confirm *v = p->v;
    char text[TEXT_BYTES];

    (void)snprintf(text, sizeof(text), "%s on %d host%s of %s?", v->action, (int)v->host_count,
                   s_of(v->host_count), v->env);
    put_text(p, 1, 2, LOOK_PLAIN | LOOK_BOLD, text);
    if (is_said(v->description)) {
        put_text(p, 1, TEXT_ROWS_MAX, LOOK_DIM, v->description);
    }
    p->line++;
}

static void
put_hosts(struct sheet *p)
{
    const struct view_confirm *v = p->v;
    char text[TEXT_BYTES];

    if (is_said(v->retry_of)) {
        (void)snprintf(text, sizeof(text), "%s: its hosts that are not there yet", v->retry_of);
        put_field(p, "Once more", text);
    }
    if (v->host_all < 0) {
        (void)snprintf(text, sizeof(text), "%d", (int)v->host_count);
    } else if (v->host_all > v->host_count) {
        (void)snprintf(text, sizeof(text), "%d of %d", (int)v->host_count, (int)v->host_all);
    } else {
        (void)snprintf(text, sizeof(text), "%d, all there are", (int)v->host_count);
    }
    put_field(p, "Hosts", text);
    if (is_said(v->hosts)) {
        put_text(p, NAME_CELLS + 1, NAMES_ROWS_MAX, LOOK_PLAIN, v->hosts);
    }
}

static void
put_strategy(struct sheet *p)
{
    const struct view_confirm *v = p->v;
    char text[TEXT_BYTES];
    char workers[64] = "one host at a time";

    if (v->workers > 0) {
        (void)snprintf(workers, sizeof(workers), "%d worker%s", (int)v->workers, s_of(v->workers));
    }
    (void)snprintf(text, sizeof(text), "%s, %s%s%s", v->strategy, workers,
                   is_said(v->order) ? ", order " : "", is_said(v->order) ? v->order : "");
    put_field(p, "Strategy", text);
}

/* ---------------------------------------------------------------- the waves, as a picture */

static int32_t
largest_wave(const struct view_confirm *v, size_t shown)
{
    int32_t most = 1;

    for (size_t i = 0; i < shown; i++) {
        most = v->waves[i].hosts > most ? v->waves[i].hosts : most;
    }
    return most;
}

/* Cells of a wave: one a host where all waves have room so, else in proportion. */
static int
cells_of(int32_t hosts, int32_t most, int room)
{
    if (most <= room) {
        return (int)hosts;
    }
    const int cells = (int)((int64_t)hosts * room / most);
    return cells > 0 ? cells : 1;
}

/* Whole seconds tell enough, but "0s" tells nothing. */
static void
about_text(int64_t ms, char ret[32])
{
    if (ms < 10000) {
        duration_human(ms, ret, 32);
    } else {
        since_text(ms, ret);
    }
}

static void
draw_wave(struct sheet *p, int32_t number, int32_t most, int room)
{
    const struct view_confirm_wave *w = &p->v->waves[number];
    const int cells = cells_of(w->hosts, most, room);
    const int bar = most <= room ? (int)most : room;
    struct pen pen = pen_at(p->c, p->box, p->line - p->top);
    char time[32];

    pen_print(&pen, LOOK_DIM, "%*d ", NUMBER_CELLS, (int)number + 1);
    for (int i = 0; i < cells; i++) {
        pen_ornament(&pen, w->canary ? LOOK_WARN : LOOK_BUSY, ORN_FULL);
    }
    pen_print(&pen, LOOK_PLAIN, "%*s%*d ", bar - cells, "", NUMBER_CELLS, (int)w->hosts);
    if (w->p50_ms >= 0) {
        about_text(w->p50_ms, time);
        pen_print(&pen, LOOK_DIM, "%6s ", time);
    }
    if (w->canary) {
        pen_put(&pen, LOOK_WARN, p->v->promote_manual ? "canary, waits for promote: " : "canary: ");
    }
    pen_put(&pen, LOOK_PLAIN, is_said(w->names) ? w->names : "");
}

static void
put_waves(struct sheet *p)
{
    const struct view_confirm *v = p->v;
    const size_t shown = v->waves == NULL                         ? 0
                         : v->wave_count < VIEW_CONFIRM_WAVES_MAX ? v->wave_count
                                                                  : VIEW_CONFIRM_WAVES_MAX;
    const int32_t most = largest_wave(v, shown);
    const int room = p->box.cols / 4 < BAR_CELLS_MAX ? p->box.cols / 4 : BAR_CELLS_MAX;
    char text[TEXT_BYTES];

    if (v->wave_count == 0) {
        put_field(p, "Waves", "none: whoever is next starts as soon as a slot is free");
        return;
    }
    (void)snprintf(text, sizeof(text), "%zu, one after the other", v->wave_count);
    put_field(p, "Waves", v->wave_count == 1 ? "1" : text);
    for (size_t i = 0; i < shown; i++, p->line++) {
        if (is_seen(p)) {
            draw_wave(p, (int32_t)i, most, room);
        }
    }
    if (v->wave_count > shown) {
        (void)snprintf(text, sizeof(text), "and %zu waves more", v->wave_count - shown);
        put_text(p, NUMBER_CELLS + 2, 1, LOOK_DIM, text);
    }
}

/* ---------------------------------------------------------------- the rest */

static void
put_steps(struct sheet *p)
{
    const struct view_confirm *v = p->v;
    char text[STEPS_BYTES];
    int len = snprintf(text, sizeof(text), "%zu", v->step_count);

    for (size_t i = 0; i < v->step_count && len < (int)sizeof(text); i++) {
        len += snprintf(text + len, sizeof(text) - (size_t)len, "%s%s", i == 0 ? ": " : ", ",
                        v->steps[i]);
    }
    put_field_look(p, "Steps", NAMES_ROWS_MAX, LOOK_PLAIN, text);
    if (is_said(v->tags)) {
        put_field(p, "Tags", v->tags);
    }
}

static void
put_changes(struct sheet *p)
{
    const struct view_confirm *v = p->v;
    char text[TEXT_BYTES];

    if (v->mutating) {
        (void)snprintf(text, sizeof(text), "yes%s%s%s",
                       is_said(v->produces) ? ": each is then `" : "",
                       is_said(v->produces) ? v->produces : "", is_said(v->produces) ? "`" : "");
        put_field_look(p, "Changes them", 1, LOOK_WARN, text);
    } else {
        put_field_look(p, "Changes them", 1, LOOK_OK, "no: it only looks");
    }
    if (is_said(v->release)) {
        put_field(p, "Release", v->release);
    }
}

static void
put_budget(struct sheet *p)
{
    const struct view_confirm *v = p->v;
    char text[TEXT_BYTES];
    const char *then = is_said(v->on_failure) ? v->on_failure : "stop";

    if (v->budget < 0) {
        put_field(p, "May fail", "all: there is no failure budget");
        return;
    }
    if (v->budget == 0) {
        (void)snprintf(text, sizeof(text), "none: on the first failure %s", then);
    } else {
        (void)snprintf(text, sizeof(text), "%d host%s: on one more %s", (int)v->budget,
                       s_of(v->budget), then);
    }
    put_field(p, "May fail", text);
}

static void
put_health(struct sheet *p)
{
    const struct view_confirm *v = p->v;
    const bool more = is_said(v->health);
    char text[TEXT_BYTES];

    if (v->checks > 0) {
        (void)snprintf(text, sizeof(text), "%d check%s, up to %d tr%s each%s%s", (int)v->checks,
                       s_of(v->checks), (int)v->tries, v->tries == 1 ? "y" : "ies",
                       more ? ", " : "", more ? v->health : "");
    } else {
        (void)snprintf(text, sizeof(text), "not checked%s%s", more ? ": " : "",
                       more ? v->health : "");
    }
    put_field_look(p, "Health", TEXT_ROWS_MAX,
                   v->checks > 0 || !v->mutating ? LOOK_PLAIN : LOOK_WARN, text);
    if (is_said(v->pauses)) {
        put_field(p, "Pauses", v->pauses);
    }
}

static void
put_time(struct sheet *p)
{
    const struct view_confirm *v = p->v;
    char text[TEXT_BYTES];
    char half[32];
    char most[32];

    if (v->p50_ms < 0) {
        (void)snprintf(text, sizeof(text), "nobody knows%s%s",
                       is_said(v->no_history) ? ": " : ": no history",
                       is_said(v->no_history) ? v->no_history : "");
        put_field_look(p, "Takes", TEXT_ROWS_MAX, LOOK_DIM, text);
        return;
    }
    about_text(v->p50_ms, half);
    about_text(v->p95_ms, most);
    (void)snprintf(text, sizeof(text), "about %s; 19 times of 20 at most %s%s", half, most,
                   v->promote_manual ? "; the wait for promote not counted" : "");
    put_field(p, "Takes", text);
}

static void
put_warnings(struct sheet *p)
{
    const struct view_confirm *v = p->v;

    for (size_t i = 0; i < v->warning_count; i++) {
        if (i == 0) {
            p->line++;
        }
        if (is_seen(p)) {
            (void)canvas_text(p->c, row_of(p), p->box.col + 1, 1, LOOK_WARN | LOOK_BOLD, "!");
        }
        put_text(p, 3, TEXT_ROWS_MAX, LOOK_WARN, v->warnings[i]);
    }
}

static void
put_plan(struct sheet *p)
{
    put_strategy(p);
    put_waves(p);
    put_budget(p);
    put_health(p);
    put_time(p);
}

static void
put_all(struct sheet *p)
{
    put_head(p);
    put_hosts(p);
    if (is_said(p->v->strategy)) {
        put_plan(p);
    } else {
        put_field(p, "Plan", "worked out when it starts: a run is under way");
    }
    put_steps(p);
    put_changes(p);
    put_warnings(p);
}

/* ---------------------------------------------------------------- the foot */

static void
put_key(struct pen *p, const char *key, const char *what)
{
    pen_put(p, LOOK_KEY | LOOK_BOLD, key);
    pen_print(p, LOOK_PLAIN, " %s   ", what);
}

static void
draw_foot(const struct view_confirm *v, struct canvas *c, struct box box, bool more)
{
    struct pen p = pen_at(c, box, box.rows - 1);
    struct pen note = pen_at(c, box, box.rows - 2);

    p.col++;
    put_key(&p, "Enter", v->will_queue ? "queues it" : "starts it");
    if (!v->will_queue) {
        put_key(&p, "w", "queues it");
    }
    put_key(&p, "Esc", "back, nothing is done");
    if (more) {
        put_key(&p, "j k", "more");
    }
    note.col++;
    if (v->will_queue) {
        pen_print(&note, LOOK_WARN, "%s is under way: this waits for it, and for `s`",
                  is_said(v->under_way) ? v->under_way : "a run");
    } else if (v->queued > 0) {
        pen_print(&note, LOOK_DIM, "%d action%s in the queue", (int)v->queued, s_of(v->queued));
    }
}

static struct box
body_of(struct box box)
{
    box.rows -= box.rows > FOOT_ROWS ? FOOT_ROWS : 1;
    box.rows = box.rows > 0 ? box.rows : 0;
    return box;
}

int
view_confirm_top_max(const struct view_confirm *v, const struct canvas *c, struct box box)
{
    struct sheet p = {.v = v, .measure = c, .box = body_of(box)};

    put_all(&p);
    return p.line > p.box.rows ? p.line - p.box.rows : 0;
}

void
view_confirm_draw(const struct view_confirm *v, struct canvas *c, struct box box)
{
    if (box.cols < COLS_MIN || box.rows < FOOT_ROWS) {
        return;
    }
    const int top_max = view_confirm_top_max(v, c, box);
    struct sheet p = {.v = v, .measure = c, .c = c, .box = body_of(box)};

    p.top = v->top < 0 ? 0 : v->top > top_max ? top_max : v->top;
    put_all(&p);
    draw_foot(v, c, box, top_max > 0);
}

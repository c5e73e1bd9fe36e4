/*
 * view_chart.c - one run looked back at.
 *
 * Decides what the head says, how the rows are shared between slots and hosts, and what the cursor
 * stands on.  Owns the table of hosts.  The slots are in view_chart_slots.c.
 */
#include "ui/view_chart.h"

#include "base/duration.h"
#include "base/xalloc.h"
#include "ui/clock.h"
#include "ui/pen.h"
#include "ui/view_chart_state.h"
#include "ui/wrap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ZOOM_MAX = 30,
    WINDOW_MS_MIN = 1000, /* times are told to tenths of a second */
    HIDDEN_MAX = 1000,    /* spans passed over since the filter hides their hosts */
    LIST_ROWS_MIN = 4,
    WHY_ROWS = 2, /* below the list: why the host under the cursor is not ok, in full */
    WHY_FROM = 8, /* rows of the list, from which there is room for that */
    SLOT_ROWS_MIN = 1,
};

enum column { COLUMN_HOST, COLUMN_OUTCOME, COLUMN_TOOK, COLUMN_SLOT, COLUMN_WAVE, COLUMN_WHY };
enum { COLUMNS = COLUMN_WHY + 1 };

static const struct table_column columns[] = {
    [COLUMN_HOST] = {.name = "HOST", .width = 22},
    [COLUMN_OUTCOME] = {.name = "OUTCOME", .width = 13},
    [COLUMN_TOOK] = {.name = "TOOK", .width = 6, .right = true},
    [COLUMN_SLOT] = {.name = "SLOT", .width = 5, .right = true},
    [COLUMN_WAVE] = {.name = "WAVE", .width = 4, .right = true},
    [COLUMN_WHY] = {.name = "WHY"},
};
_Static_assert(sizeof(columns) / sizeof(columns[0]) == COLUMNS, "head a column");

/* ---------------------------------------------------------------- hosts */

static unsigned
outcome_look(enum outcome o)
{
    static const unsigned looks[] = {
        [OUTCOME_UNTOUCHED] = LOOK_DIM | (ORN_WAIT + 1) << 8,
        [OUTCOME_RUNNING] = LOOK_BUSY | (ORN_BUSY + 1) << 8,
        [OUTCOME_OK] = LOOK_OK | (ORN_OK + 1) << 8,
        [OUTCOME_FAILED] = LOOK_BAD | (ORN_BAD + 1) << 8,
        [OUTCOME_UNREACHABLE] = LOOK_BAD | (ORN_BAD + 1) << 8,
        [OUTCOME_UNKNOWN] = LOOK_BAD | (ORN_BAD + 1) << 8,
        [OUTCOME_CANCELLED] = LOOK_WARN | (ORN_BAD + 1) << 8,
        [OUTCOME_SKIPPED] = LOOK_DIM | (ORN_WAIT + 1) << 8,
    };
    _Static_assert(sizeof(looks) / sizeof(looks[0]) == OUTCOMES, "a look an outcome");

    return looks[o];
}

/* Why it is not ok; and what became of its rollback. */
static void
tell_why(const struct report_host *h, char ret[TABLE_CELL_BYTES])
{
    const char *reason = h->outcome == OUTCOME_OK ? "" : h->reason;
    const char *comma = reason[0] != '\0' ? "; " : "";

    switch (h->rollback) {
    case ROLLBACK_RUNNING:
        (void)snprintf(ret, TABLE_CELL_BYTES, "rolling back%s%s", comma, reason);
        break;
    case ROLLBACK_DONE:
        (void)snprintf(ret, TABLE_CELL_BYTES, "rolled back%s%s", comma, reason);
        break;
    case ROLLBACK_FAILED:
        (void)snprintf(ret, TABLE_CELL_BYTES, "not rolled back: %s%s%s", h->rollback_reason, comma,
                       reason);
        break;
    case ROLLBACK_NONE:
        (void)snprintf(ret, TABLE_CELL_BYTES, "%s", reason);
        break;
    }
}

static unsigned
cell(void *arg, size_t row, size_t column, char ret[TABLE_CELL_BYTES])
{
    const struct view_chart *v = arg;
    const struct report_host *h = &v->report->hosts[row];

    ret[0] = '\0';
    switch ((enum column)column) {
    case COLUMN_HOST:
        (void)snprintf(ret, TABLE_CELL_BYTES, "%s", h->name);
        return LOOK_PLAIN;
    case COLUMN_OUTCOME:
        (void)snprintf(ret, TABLE_CELL_BYTES, "%s", outcome_name(h->outcome));
        return outcome_look(h->outcome);
    case COLUMN_TOOK:
        if (h->took_ms >= 0) {
            duration_human(h->took_ms, ret, TABLE_CELL_BYTES);
        }
        return LOOK_PLAIN;
    case COLUMN_SLOT:
        if (h->slot >= 0) {
            (void)snprintf(ret, TABLE_CELL_BYTES, "%d", (int)h->slot);
        }
        return LOOK_PLAIN;
    case COLUMN_WAVE:
        if (h->wave >= 0) {
            (void)snprintf(ret, TABLE_CELL_BYTES, "%d", (int)h->wave + 1);
        }
        return LOOK_PLAIN;
    case COLUMN_WHY:
        tell_why(h, ret);
        return LOOK_WARN;
    }
    return LOOK_PLAIN;
}

static int
by_number(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int
compare(void *arg, size_t column, size_t a, size_t b)
{
    const struct view_chart *v = arg;
    const struct report_host *x = &v->report->hosts[a];
    const struct report_host *y = &v->report->hosts[b];
    char why_x[TABLE_CELL_BYTES], why_y[TABLE_CELL_BYTES];

    switch ((enum column)column) {
    case COLUMN_HOST:
        return strverscmp(x->name, y->name);
    case COLUMN_OUTCOME:
        return strcmp(outcome_name(x->outcome), outcome_name(y->outcome));
    case COLUMN_TOOK:
        return by_number(x->took_ms, y->took_ms);
    case COLUMN_SLOT:
        return by_number(x->slot, y->slot);
    case COLUMN_WAVE:
        return by_number(x->wave, y->wave);
    case COLUMN_WHY:
        tell_why(x, why_x);
        tell_why(y, why_y);
        return strcmp(why_x, why_y);
    }
    return 0;
}

/* ---------------------------------------------------------------- the cursor */

/* The table's host is the cursor's. */
static void
follow_table(struct view_chart *v)
{
    size_t host = 0;

    v->span = table_at(v->table, &host) ? v->of_host[host] : CHART_NONE;
    v->moved = true;
}

/* The host of a span; false: the filter hides it. */
static bool
go_to_span(struct view_chart *v, size_t span)
{
    const size_t host = (size_t)v->report->spans[span].host;
    size_t at = 0;

    table_go(v->table, host);
    if (!table_at(v->table, &at) || at != host) {
        return false;
    }
    v->span = span;
    v->moved = true;
    return true;
}

/* To the one before or behind in the same slot. */
static void
go_aside(struct view_chart *v, bool back)
{
    const size_t slot = v->span == CHART_NONE ? 0 : (size_t)v->report->spans[v->span].slot;
    size_t place = v->span == CHART_NONE ? 0 : v->place[v->span];

    for (int i = 0; i < HIDDEN_MAX && v->span != CHART_NONE; i++) {
        if (back ? place == v->first[slot] : place + 1 >= v->first[slot + 1]) {
            return;
        }
        place = back ? place - 1 : place + 1;
        if (go_to_span(v, v->order[place])) {
            return;
        }
    }
}

static void
set_zoom(struct view_chart *v, int zoom)
{
    const int64_t middle_ms = v->from_ms + (v->all_ms >> v->zoom) / 2;

    if (zoom < 0 || zoom > ZOOM_MAX || (zoom > 0 && v->all_ms >> zoom < WINDOW_MS_MIN)) {
        return;
    }
    v->zoom = zoom;
    v->from_ms = middle_ms - (v->all_ms >> zoom) / 2;
    v->moved = true;
}

struct view_chart *
view_chart_new(const struct report *report)
{
    struct view_chart *v = xcalloc(1, sizeof(*v));
    const struct table_source source = {
        .columns = columns, .column_count = COLUMNS, .cell = cell, .compare = compare, .arg = v};

    v->report = report;
    v->table = table_new(&source);
    chart_index(v);
    table_set_count(v->table, report->names.count, false);
    follow_table(v);
    return v;
}

void
view_chart_free(struct view_chart *v)
{
    if (v == NULL) {
        return;
    }
    table_free(v->table);
    chart_index_release(v);
    free(v);
}

void
view_chart_set(struct view_chart *v, const struct report *report)
{
    v->report = report;
    chart_index(v);
    table_set_count(v->table, report->names.count, true);
    follow_table(v);
}

bool
view_chart_act(struct view_chart *v, enum act act)
{
    if (act == ACT_LEFT || act == ACT_RIGHT) {
        go_aside(v, act == ACT_LEFT);
    } else if (act == ACT_NEARER || act == ACT_FARTHER) {
        set_zoom(v, act == ACT_NEARER ? v->zoom + 1 : v->zoom - 1);
    } else if (act != ACT_MARK && act != ACT_MARK_ALL && table_act(v->table, act)) {
        follow_table(v);
    } else {
        return false;
    }
    return true;
}

static bool
is_in(const struct box *b, const struct key *k)
{
    return k->row >= b->row && k->row < b->row + b->rows && k->col >= b->col &&
           k->col < b->col + b->cols;
}

bool
view_chart_click(struct view_chart *v, const struct key *k)
{
    if (is_in(&v->gantt, k) && k->code == KEYC_CLICK) {
        const size_t span = chart_span_at(v, k->row, k->col);
        return span != CHART_NONE && go_to_span(v, span);
    }
    if (is_in(&v->gantt, k) && k->code == KEYC_WHEEL_UP) {
        v->top = v->top > 1 ? v->top - 1 : 0;
        return true;
    }
    if (is_in(&v->gantt, k) && k->code == KEYC_WHEEL_DOWN) {
        v->top++; /* too far is put right when it is drawn */
        return true;
    }
    if (is_in(&v->list, k) && table_click(v->table, k)) {
        follow_table(v);
        return true;
    }
    return false;
}

void
view_chart_filter(struct view_chart *v, const char *text, bool without)
{
    table_filter(v->table, text, without);
    follow_table(v);
}

const char *
view_chart_filter_text(const struct view_chart *v)
{
    return table_filter_text(v->table);
}

bool
view_chart_at(const struct view_chart *v, int32_t *ret_host)
{
    size_t host = 0;

    if (!table_at(v->table, &host)) {
        return false;
    }
    *ret_host = (int32_t)host;
    return true;
}

/* ---------------------------------------------------------------- the head */

static unsigned
tell_result(const struct report *r, char ret[128])
{
    char took[32];

    duration_human(r->wall_ms, took, sizeof(took));
    switch (r->state) {
    case REPORT_RUNNING:
        (void)snprintf(ret, 128, "it goes on, since %s", took);
        return LOOK_BUSY;
    case REPORT_DIED:
        (void)snprintf(ret, 128, "it died; last seen %s after its start", took);
        return LOOK_BAD;
    case REPORT_OVER:
        break;
    }
    (void)snprintf(ret, 128, "%s (exit %d) in %s", r->exit_code == 0 ? "ok" : "not ok",
                   r->exit_code, took);
    return r->exit_code == 0 ? LOOK_OK : LOOK_BAD;
}

static void
draw_title(const struct report *r, struct canvas *c, struct box box)
{
    struct pen p = pen_at(c, box, 0);
    char result[128];
    const unsigned look = tell_result(r, result);

    pen_right(&p, look | LOOK_BOLD, result);
    pen_print(&p, LOOK_PLAIN | LOOK_BOLD, "%s %s", r->action, r->env);
    pen_print(&p, LOOK_DIM, "  run %s", r->run);
}

static void
put_list(struct pen *p, const char *title, const struct strv *list)
{
    if (list->count == 0 || (list->count == 1 && strcmp(list->items[0], "all") == 0)) {
        return;
    }
    for (size_t i = 0; i < list->count && pen_room(p) > 0; i++) {
        pen_print(p, LOOK_PLAIN, "%s%s", i == 0 ? title : ", ", list->items[i]);
    }
}

static void
draw_how(const struct report *r, struct canvas *c, struct box box)
{
    struct pen p = pen_at(c, box, 1);
    char when[CLOCK_BYTES];

    clock_seconds(r->started_wall_ms, when);
    pen_print(&p, LOOK_PLAIN, "%s  %s", when, r->strategy);
    if (r->workers == 0) {
        pen_put(&p, LOOK_PLAIN, ", one host at a time");
    } else {
        pen_print(&p, LOOK_PLAIN, ", %d worker%s, %d at once at most", (int)r->workers,
                  r->workers == 1 ? "" : "s", (int)r->active_max);
    }
    if (r->release[0] != '\0') {
        pen_print(&p, LOOK_PLAIN, "  release %s", r->release);
    }
    put_list(&p, "  tags ", &r->tags);
    put_list(&p, "  without ", &r->skip_tags);
    put_list(&p, "  -e ", &r->extra);
}

static void
draw_counts(const struct report *r, struct canvas *c, struct box box)
{
    static const enum outcome order[] = {
        OUTCOME_OK,      OUTCOME_RUNNING,   OUTCOME_FAILED,    OUTCOME_UNREACHABLE,
        OUTCOME_UNKNOWN, OUTCOME_CANCELLED, OUTCOME_UNTOUCHED, OUTCOME_SKIPPED,
    };
    struct pen p = pen_at(c, box, 2);
    char all[32];

    pen_print(&p, LOOK_PLAIN, "%zu host%s:", r->names.count, r->names.count == 1 ? "" : "s");
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (r->totals.count[order[i]] > 0) {
            pen_print(&p, outcome_look(order[i]) & 0xff, " %d %s", (int)r->totals.count[order[i]],
                      outcome_name(order[i]));
        }
    }
    if (r->totals.rolled_back > 0) {
        pen_print(&p, LOOK_WARN, " %d rolled back", (int)r->totals.rolled_back);
    }
    if (r->totals.rollbacks_failed > 0) {
        pen_print(&p, LOOK_BAD, " %d not rolled back", (int)r->totals.rollbacks_failed);
    }
    if (r->wave_count > 1) {
        pen_print(&p, LOOK_PLAIN, "  %zu waves", r->wave_count);
    }
    if (r->sum_ms > 0) {
        duration_human(r->sum_ms, all, sizeof(all));
        pen_print(&p, LOOK_DIM, "  slots %.0f %% busy, one by one %s", r->busy, all);
    }
}

/* Returns the rows it took. */
static int
draw_head(const struct report *r, struct canvas *c, struct box box)
{
    draw_title(r, c, box);
    draw_how(r, c, box);
    draw_counts(r, c, box);
    if (r->halt[0] == '\0') {
        return 3;
    }
    struct pen p = pen_at(c, box, 3);
    pen_print(&p, LOOK_WARN, "halted: %s", r->halt);
    return 4;
}

/* ---------------------------------------------------------------- the picture */

static bool
has_whys(const struct report *r)
{
    bool has = false;

    for (size_t i = 0; !has && i < r->names.count; i++) {
        has = (r->hosts[i].outcome != OUTCOME_OK && r->hosts[i].reason[0] != '\0') ||
              r->hosts[i].rollback == ROLLBACK_FAILED;
    }
    return has;
}

static void
draw_list(struct view_chart *v, struct canvas *c)
{
    char why[TABLE_CELL_BYTES];
    size_t host = 0;

    if (v->list.rows >= WHY_FROM && has_whys(v->report)) {
        v->list.rows -= WHY_ROWS;
        if (table_at(v->table, &host)) {
            tell_why(&v->report->hosts[host], why);
            (void)wrap_draw(
                c, (struct box){v->list.row + v->list.rows, v->list.col, WHY_ROWS, v->list.cols},
                LOOK_WARN, why);
        }
    }
    if (v->list.rows > 0) {
        table_draw(v->table, c, v->list);
    }
}

/* Rows for slots of so many that are left: at most half of them, more where there are few hosts. */
static int
rows_for_slots(const struct view_chart *v, int left)
{
    const size_t list = v->report->names.count + 2;
    const int half = left / 2 > LIST_ROWS_MIN ? left / 2 : LIST_ROWS_MIN;
    const int wanted = list < (size_t)half ? (int)list : half;
    const int most = left - wanted - chart_slots_heads(v);

    if (v->slots == 0 || most < SLOT_ROWS_MIN) {
        return 0;
    }
    return v->slots < (size_t)most ? (int)v->slots : most;
}

void
view_chart_draw(struct view_chart *v, struct canvas *c, struct box box)
{
    int head = draw_head(v->report, c, box);
    int slots, rows;

    head = head < box.rows ? head : box.rows;
    slots = rows_for_slots(v, box.rows - head);
    rows = slots > 0 ? slots + chart_slots_heads(v) : 0;
    v->gantt = (struct box){0};
    if (slots > 0) {
        chart_slots_draw(v, c, (struct box){box.row + head, box.col, rows, box.cols});
    } else if (v->slots == 0 && head < box.rows) {
        canvas_text(c, box.row + head, box.col, box.cols, LOOK_DIM, "no host was in a slot");
        rows = 1;
    }
    v->list = (struct box){box.row + head + rows, box.col, box.rows - head - rows, box.cols};
    draw_list(v, c);
}

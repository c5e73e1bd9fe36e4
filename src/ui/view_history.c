/*
 * view_history.c - runs, newest first.
 *
 * Decides the columns; those that matter most fit 80 cells.  Owns nothing.
 */
#include "ui/view_history.h"

#include "base/duration.h"
#include "ui/clock.h"

#include <stdio.h>
#include <string.h>

enum column {
    COLUMN_WHEN,
    COLUMN_ENV,
    COLUMN_ACTION,
    COLUMN_RESULT,
    COLUMN_TOOK,
    COLUMN_HOSTS,
    COLUMN_OK,
    COLUMN_BAD,
    COLUMN_LEFT,
    COLUMN_RELEASE,
    COLUMN_STRATEGY,
    COLUMN_RUN,
    COLUMN_HALT,
};
enum { COLUMNS = COLUMN_HALT + 1 };

static const struct table_column columns[] = {
    [COLUMN_WHEN] = {.name = "WHEN", .width = 16},
    [COLUMN_ENV] = {.name = "ENV", .width = 9},
    [COLUMN_ACTION] = {.name = "ACTION", .width = 9},
    [COLUMN_RESULT] = {.name = "RESULT", .width = 9},
    [COLUMN_TOOK] = {.name = "TOOK", .width = 6, .right = true},
    [COLUMN_HOSTS] = {.name = "HOSTS", .width = 5, .right = true},
    [COLUMN_OK] = {.name = "OK", .width = 5, .right = true},
    [COLUMN_BAD] = {.name = "BAD", .width = 4, .right = true},
    [COLUMN_LEFT] = {.name = "LEFT", .width = 5, .right = true},
    [COLUMN_RELEASE] = {.name = "RELEASE", .width = 14},
    [COLUMN_STRATEGY] = {.name = "STRATEGY", .width = 10},
    [COLUMN_RUN] = {.name = "RUN", .width = 33},
    [COLUMN_HALT] = {.name = "WHY IT ENDED"},
};
_Static_assert(sizeof(columns) / sizeof(columns[0]) == COLUMNS, "head a column");

/* failed, unreachable, unknown */
static int32_t
bad_of(const struct view_run *r)
{
    int32_t bad = 0;

    for (int i = 0; i < OUTCOMES; i++) {
        bad += outcome_is_bad((enum outcome)i) ? r->outcomes[i] : 0;
    }
    return bad;
}

/* Hosts that are not ok, and not bad: a retry goes on with them. */
static int32_t
left_of(const struct view_run *r)
{
    return r->hosts - r->outcomes[OUTCOME_OK] - r->outcomes[OUTCOME_SKIPPED] - bad_of(r);
}

unsigned
view_run_result(const struct view_run *r, char *ret, size_t size)
{
    switch (r->state) {
    case VIEW_RUN_RUNNING:
        (void)snprintf(ret, size, "running");
        return LOOK_BUSY | table_ornament(ORN_BUSY);
    case VIEW_RUN_DIED:
        (void)snprintf(ret, size, "died");
        return LOOK_BAD | table_ornament(ORN_BAD);
    case VIEW_RUN_OVER:
        break;
    }
    if (r->exit_code == 0) {
        (void)snprintf(ret, size, "ok");
        return LOOK_OK | table_ornament(ORN_OK);
    }
    (void)snprintf(ret, size, "exit %d", r->exit_code);
    return LOOK_BAD | table_ornament(ORN_BAD);
}

static unsigned
number(int32_t n, unsigned look, char ret[TABLE_CELL_BYTES])
{
    (void)snprintf(ret, TABLE_CELL_BYTES, "%d", (int)n);
    return n == 0 ? LOOK_DIM : look;
}

static unsigned
text(const char *t, unsigned look, char ret[TABLE_CELL_BYTES])
{
    (void)snprintf(ret, TABLE_CELL_BYTES, "%s", t);
    return look;
}

static unsigned
cell(void *arg, size_t row, size_t column, char ret[TABLE_CELL_BYTES])
{
    const struct view_history *v = arg;
    const struct view_run *r = &v->runs[row];
    char when[CLOCK_BYTES];

    ret[0] = '\0';
    switch ((enum column)column) {
    case COLUMN_WHEN:
        clock_minutes(r->started_wall_ms, when);
        return text(when, LOOK_PLAIN, ret);
    case COLUMN_ENV:
        return text(r->env, LOOK_PLAIN, ret);
    case COLUMN_ACTION:
        return text(r->action, LOOK_PLAIN, ret);
    case COLUMN_RESULT:
        return view_run_result(r, ret, TABLE_CELL_BYTES);
    case COLUMN_TOOK:
        if (r->took_ms >= 0) {
            duration_human(r->took_ms, ret, TABLE_CELL_BYTES);
        }
        return LOOK_PLAIN;
    case COLUMN_HOSTS:
        return number(r->hosts, LOOK_PLAIN, ret);
    case COLUMN_OK:
        return number(r->outcomes[OUTCOME_OK], LOOK_OK, ret);
    case COLUMN_BAD:
        return number(bad_of(r), LOOK_BAD, ret);
    case COLUMN_LEFT:
        return number(left_of(r), LOOK_WARN, ret);
    case COLUMN_RELEASE:
        return text(r->release, LOOK_PLAIN, ret);
    case COLUMN_STRATEGY:
        return text(r->strategy, LOOK_DIM, ret);
    case COLUMN_RUN:
        return text(r->id, LOOK_DIM, ret);
    case COLUMN_HALT:
        return text(r->halt, LOOK_WARN, ret);
    }
    return LOOK_PLAIN;
}

static int
by_number(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int
result_order(const struct view_run *r)
{
    return r->state == VIEW_RUN_RUNNING ? -2 : r->state == VIEW_RUN_DIED ? -1 : r->exit_code;
}

static int
compare(void *arg, size_t column, size_t a, size_t b)
{
    const struct view_history *v = arg;
    const struct view_run *x = &v->runs[a];
    const struct view_run *y = &v->runs[b];

    switch ((enum column)column) {
    case COLUMN_WHEN:
        return by_number(x->started_wall_ms, y->started_wall_ms);
    case COLUMN_ENV:
        return strcmp(x->env, y->env);
    case COLUMN_ACTION:
        return strcmp(x->action, y->action);
    case COLUMN_RESULT:
        return by_number(result_order(x), result_order(y));
    case COLUMN_TOOK:
        return by_number(x->took_ms, y->took_ms);
    case COLUMN_HOSTS:
        return by_number(x->hosts, y->hosts);
    case COLUMN_OK:
        return by_number(x->outcomes[OUTCOME_OK], y->outcomes[OUTCOME_OK]);
    case COLUMN_BAD:
        return by_number(bad_of(x), bad_of(y));
    case COLUMN_LEFT:
        return by_number(left_of(x), left_of(y));
    case COLUMN_RELEASE:
        return strverscmp(x->release, y->release);
    case COLUMN_STRATEGY:
        return strcmp(x->strategy, y->strategy);
    case COLUMN_RUN:
        return strcmp(x->id, y->id);
    case COLUMN_HALT:
        return strcmp(x->halt, y->halt);
    }
    return 0;
}

/* The id and why it ended, also where they have no column. */
static const char *
found_by(void *arg, size_t row)
{
    const struct view_history *v = arg;

    return v->runs[row].id;
}

struct table *
view_history_table(struct view_history *v)
{
    const struct table_source source = {.columns = columns,
                                        .column_count = COLUMNS,
                                        .cell = cell,
                                        .compare = compare,
                                        .found_by = found_by,
                                        .arg = v,
                                        .aside = true};

    return table_new(&source);
}

static void
draw_none(const struct view_history *v, struct canvas *c, struct box box)
{
    const int row = box.row + box.rows / 3;

    if (v->trouble != NULL) {
        canvas_text(c, row, box.col + 2, box.cols - 2, LOOK_BAD, v->trouble);
    } else if (v->env != NULL) {
        canvas_print(c, row, box.col + 2, box.cols - 2, LOOK_PLAIN, "%s has had no run yet.",
                     v->env);
    } else {
        canvas_text(c, row, box.col + 2, box.cols - 2, LOOK_PLAIN, "There was no run yet.");
    }
}

void
view_history_draw(const struct view_history *v, struct canvas *c, struct box box)
{
    if (v->count == 0) {
        draw_none(v, c, box);
    } else {
        table_draw(v->table, c, box);
    }
}

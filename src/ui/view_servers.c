/*
 * view_servers.c - the Servers page as it looks.
 *
 * Decides the columns, what stands in them and what is before what.  Owns nothing.  Knows no store,
 * no inventory, no clock.
 */
#include "ui/view_servers.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum column {
    COL_NAME,
    COL_ADDRESS,
    COL_PORT,
    COL_STATE,
    COL_ACTION,
    COL_TEST,
    COL_RELEASE,
    COL_PROGRESS,
    COL_GROUPS,
};
enum { COLUMNS = COL_GROUPS + 1, BAR_CELLS = 10 };

/* The last are left out where there is no room: 80 columns have all up to the test. */
static const struct table_column columns[] = {
    [COL_NAME] = {.name = "SERVER", .most = 40},
    [COL_ADDRESS] = {.name = "ADDRESS", .width = 15},
    [COL_PORT] = {.name = "PORT", .width = 5, .right = true},
    [COL_STATE] = {.name = "STATE", .width = 11},
    [COL_ACTION] = {.name = "LAST ACTION", .width = 17},
    [COL_TEST] = {.name = "TEST", .width = 8, .right = true},
    [COL_RELEASE] = {.name = "RELEASE", .width = 12},
    [COL_PROGRESS] = {.name = "PROGRESS", .width = BAR_CELLS},
    [COL_GROUPS] = {.name = "GROUPS", .width = 16},
};
_Static_assert(sizeof(columns) / sizeof(columns[0]) == COLUMNS, "a row a column");

/* ---------------------------------------------------------------- words */

void
view_servers_age(int64_t wall_ms, int64_t then_ms, char ret[32])
{
    const int64_t s = wall_ms > then_ms ? (wall_ms - then_ms) / 1000 : 0;

    if (s < 1) {
        snprintf(ret, 32, "now");
    } else if (s < 60) {
        snprintf(ret, 32, "%" PRId64 "s", s);
    } else if (s < 3600) {
        snprintf(ret, 32, "%" PRId64 "m", s / 60);
    } else if (s < 86400) {
        snprintf(ret, 32, "%" PRId64 "h", s / 3600);
    } else {
        snprintf(ret, 32, "%" PRId64 "d", s / 86400);
    }
}

void
view_servers_trip(int64_t trip_us, char ret[32])
{
    if (trip_us < 1000) {
        snprintf(ret, 32, "%" PRId64 " us", trip_us);
    } else if (trip_us < 100000) {
        snprintf(ret, 32, "%" PRId64 ".%" PRId64 " ms", trip_us / 1000, trip_us % 1000 / 100);
    } else if (trip_us < 1000000) {
        snprintf(ret, 32, "%" PRId64 " ms", trip_us / 1000);
    } else {
        snprintf(ret, 32, "%" PRId64 ".%" PRId64 " s", trip_us / 1000000,
                 trip_us % 1000000 / 100000);
    }
}

static unsigned
look_of(enum outcome o)
{
    switch (o) {
    case OUTCOME_OK:
        return LOOK_OK | table_ornament(ORN_OK);
    case OUTCOME_FAILED:
    case OUTCOME_UNREACHABLE:
        return LOOK_BAD | table_ornament(ORN_BAD);
    case OUTCOME_UNKNOWN:
    case OUTCOME_CANCELLED:
        return LOOK_WARN | table_ornament(ORN_BAD);
    case OUTCOME_RUNNING:
        return LOOK_BUSY | table_ornament(ORN_BUSY);
    case OUTCOME_UNTOUCHED:
    case OUTCOME_SKIPPED:
        break;
    }
    return LOOK_DIM | table_ornament(ORN_WAIT);
}

/* ---------------------------------------------------------------- cells */

/* Add text behind the len bytes that are there; returns how many there are then. */
static size_t
add_text(char ret[TABLE_CELL_BYTES], size_t len, const char *text)
{
    const size_t more = strnlen(text, TABLE_CELL_BYTES - 1 - len);

    memcpy(ret + len, text, more);
    ret[len + more] = '\0';
    return len + more;
}

static unsigned
cell_port(const struct server_row *row, char ret[TABLE_CELL_BYTES])
{
    if (row->port > 0) {
        snprintf(ret, TABLE_CELL_BYTES, "%d", row->port);
    }
    return LOOK_PLAIN;
}

/* What was done to it last: of the run under way, if it has ended there. */
static struct server_row
last_of(const struct server_row *row, const struct server_now *now)
{
    struct server_row last = *row;

    if (now->fresh) {
        last.action = now->action;
        last.outcome = now->outcome;
        last.reason = now->reason;
        last.wall_ms = now->wall_ms;
    }
    return last;
}

static unsigned
cell_action(const struct view_servers *v, const struct server_row *of, const struct server_now *now,
            char ret[TABLE_CELL_BYTES])
{
    const struct server_row row = last_of(of, now);
    char age[32];

    if (now->busy && now->step_count > 0) {
        snprintf(ret, TABLE_CELL_BYTES, "%" PRId32 "/%" PRId32 " %s", now->step, now->step_count,
                 now->doing);
    } else if (now->busy) {
        snprintf(ret, TABLE_CELL_BYTES, "%s", now->doing);
    }
    if (now->busy) {
        return LOOK_BUSY | table_ornament(ORN_BUSY);
    }
    if (row.action == NULL) {
        return LOOK_PLAIN;
    }
    view_servers_age(v->wall_ms, row.wall_ms, age);
    if (row.outcome == OUTCOME_RUNNING) {
        snprintf(ret, TABLE_CELL_BYTES, "%s runs", row.action);
    } else if (row.outcome == OUTCOME_OK || row.outcome == OUTCOME_FAILED) {
        snprintf(ret, TABLE_CELL_BYTES, "%s %s", row.action, age); /* the sign says which */
    } else {
        snprintf(ret, TABLE_CELL_BYTES, "%s %s, %s", row.action, age, outcome_name(row.outcome));
    }
    return look_of(row.outcome);
}

static unsigned
cell_test(const struct server_now *now, char ret[TABLE_CELL_BYTES])
{
    char trip[32];

    switch (now->test) {
    case SERVER_UNTESTED:
        break;
    case SERVER_TESTING:
        snprintf(ret, TABLE_CELL_BYTES, "...");
        return LOOK_BUSY;
    case SERVER_TEST_OK:
        view_servers_trip(now->trip_us, trip);
        snprintf(ret, TABLE_CELL_BYTES, "%s", now->trip_us < 0 ? "ok" : trip); /* not taken */
        return LOOK_OK;
    case SERVER_TEST_FAILED:
        snprintf(ret, TABLE_CELL_BYTES, "failed");
        return LOOK_BAD;
    }
    return LOOK_PLAIN;
}

static unsigned
cell_progress(const struct view_servers *v, const struct server_now *now,
              char ret[TABLE_CELL_BYTES])
{
    const int whole = now->step_count;
    const int full = !now->busy || whole <= 0 ? 0 : (now->step - 1) * BAR_CELLS / whole;
    size_t len = 0;

    for (int i = 0; now->busy && whole > 0 && i < BAR_CELLS; i++) {
        const char *part = v->ascii ? (i < full ? "#" : "-") : i < full ? "\u2588" : "\u2591";
        len = add_text(ret, len, part);
    }
    return LOOK_BUSY;
}

static unsigned
cell_groups(const struct server_row *row, char ret[TABLE_CELL_BYTES])
{
    size_t len = 0;

    for (size_t i = 0; row->groups != NULL && row->groups[i] != NULL; i++) {
        len = add_text(ret, len, i == 0 ? "" : ",");
        len = add_text(ret, len, row->groups[i]);
    }
    return LOOK_DIM;
}

static void
ask_now(const struct view_servers *v, size_t row, struct server_now *ret)
{
    *ret = (struct server_now){0};
    if (v->now != NULL) {
        v->now(v->arg, row, ret);
    }
}

static unsigned
text_cell(char ret[TABLE_CELL_BYTES], unsigned look, const char *text)
{
    (void)add_text(ret, 0, text == NULL ? "" : text);
    return look;
}

static unsigned
cell(void *arg, size_t i, size_t column, char ret[TABLE_CELL_BYTES])
{
    const struct view_servers *v = arg;
    const struct server_row *row = &v->rows[i];
    struct server_now now;

    ret[0] = '\0';
    switch ((enum column)column) {
    case COL_NAME:
        return text_cell(ret, LOOK_PLAIN | LOOK_BOLD, row->name);
    case COL_ADDRESS:
        return text_cell(ret, LOOK_PLAIN, row->address);
    case COL_PORT:
        return cell_port(row, ret);
    case COL_STATE:
        return text_cell(ret, LOOK_PLAIN, row->state);
    case COL_ACTION:
        ask_now(v, i, &now);
        return cell_action(v, row, &now, ret);
    case COL_TEST:
        ask_now(v, i, &now);
        return cell_test(&now, ret);
    case COL_RELEASE:
        return text_cell(ret, LOOK_PLAIN, row->release);
    case COL_PROGRESS:
        ask_now(v, i, &now);
        return cell_progress(v, &now, ret);
    case COL_GROUPS:
        return cell_groups(row, ret);
    }
    return LOOK_PLAIN;
}

/* ---------------------------------------------------------------- order */

void
view_servers_address(struct server_row *row)
{
    unsigned char *to = row->by_address;

    memset(to, 0, sizeof(row->by_address));
    if (inet_pton(AF_INET, row->address, to + 1) == 1) {
        to[0] = 1;
    } else if (inet_pton(AF_INET6, row->address, to + 1) == 1) {
        to[0] = 2;
    } else {
        to[0] = 3; /* names: behind addresses, by their texts */
    }
}

static int
by_number(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int
by_text(const char *a, const char *b)
{
    return strverscmp(a == NULL ? "" : a, b == NULL ? "" : b);
}

static int
by_address(const struct server_row *a, const struct server_row *b)
{
    const int order = memcmp(a->by_address, b->by_address, sizeof(a->by_address));

    return order != 0 ? order : by_text(a->address, b->address);
}

/* Under way first, then the newest. */
static int
by_action(const struct view_servers *v, size_t a, size_t b)
{
    struct server_now x;
    struct server_now y;

    ask_now(v, a, &x);
    ask_now(v, b, &y);
    if (x.busy != y.busy) {
        return x.busy ? -1 : 1;
    }
    const struct server_row last_a = last_of(&v->rows[a], &x);
    const struct server_row last_b = last_of(&v->rows[b], &y);
    const int64_t then_a = last_a.action == NULL ? INT64_MIN : last_a.wall_ms;
    const int64_t then_b = last_b.action == NULL ? INT64_MIN : last_b.wall_ms;
    return x.busy ? by_number(x.step, y.step) : by_number(then_b, then_a);
}

/* The failed first, then the slowest; those that were not tested last. */
static int
by_test(const struct view_servers *v, size_t a, size_t b)
{
    struct server_now x;
    struct server_now y;

    ask_now(v, a, &x);
    ask_now(v, b, &y);
    return x.test != y.test ? by_number((int)y.test, (int)x.test) : by_number(y.trip_us, x.trip_us);
}

static int
by_groups(const struct server_row *a, const struct server_row *b)
{
    char x[TABLE_CELL_BYTES] = "";
    char y[TABLE_CELL_BYTES] = "";

    (void)cell_groups(a, x);
    (void)cell_groups(b, y);
    return by_text(x, y);
}

static int
compare(void *arg, size_t column, size_t a, size_t b)
{
    const struct view_servers *v = arg;
    const struct server_row *x = &v->rows[a];
    const struct server_row *y = &v->rows[b];

    switch ((enum column)column) {
    case COL_NAME:
        return by_text(x->name, y->name);
    case COL_ADDRESS:
        return by_address(x, y);
    case COL_PORT:
        return by_number(x->port, y->port);
    case COL_STATE:
        return by_text(x->state, y->state);
    case COL_ACTION:
    case COL_PROGRESS:
        return by_action(v, a, b);
    case COL_TEST:
        return by_test(v, a, b);
    case COL_RELEASE:
        return by_text(x->release, y->release);
    case COL_GROUPS:
        return by_groups(x, y);
    }
    return 0;
}

static const char *
found_by(void *arg, size_t row)
{
    const struct view_servers *v = arg;

    return v->found_by == NULL ? NULL : v->found_by(v->arg, row);
}

struct table_source
view_servers_source(struct view_servers *v)
{
    return (struct table_source){.columns = columns,
                                 .column_count = COLUMNS,
                                 .cell = cell,
                                 .compare = compare,
                                 .found_by = found_by,
                                 .arg = v,
                                 .aside = true};
}

/* ---------------------------------------------------------------- drawing */

/* What the row under the cursor has no room for: why a test or its last action did not end well. */
static void
draw_note(const struct view_servers *v, struct canvas *c, struct box line)
{
    struct server_now now;
    size_t i = 0;

    if (!table_at(v->table, &i)) {
        return;
    }
    ask_now(v, i, &now);
    const struct server_row last = last_of(&v->rows[i], &now);
    const struct server_row *row = &last;
    if (now.test == SERVER_TEST_FAILED) {
        canvas_print(c, line.row, line.col, line.cols, LOOK_BAD, "%s: test: %s", row->name,
                     now.test_reason == NULL ? "failed" : now.test_reason);
    } else if (now.busy && now.step_count > 0) {
        canvas_print(c, line.row, line.col, line.cols, LOOK_BUSY,
                     "%s: step %" PRId32 " of %" PRId32 ": %s", row->name, now.step, now.step_count,
                     now.doing);
    } else if (row->action != NULL && row->outcome != OUTCOME_OK && row->reason != NULL &&
               row->reason[0] != '\0') {
        canvas_print(c, line.row, line.col, line.cols,
                     outcome_is_bad(row->outcome) ? LOOK_BAD : LOOK_WARN, "%s: %s %s: %s",
                     row->name, row->action, outcome_name(row->outcome), row->reason);
    }
}

static void
draw_queue(const struct view_servers *v, struct canvas *c, struct box line)
{
    canvas_print(c, line.row, line.col, line.cols, LOOK_WARN, "%s: %s",
                 v->queue_runs ? "queue runs (s stops it)" : "queued (s starts, x clears)",
                 v->queue);
}

void
view_servers_draw(const struct view_servers *v, struct canvas *c, struct box box)
{
    int below = 0;

    if (v->count == 0) {
        canvas_text(c, box.row + 1, box.col + 3, box.cols - 3, LOOK_DIM,
                    v->nothing == NULL ? "" : v->nothing);
    }
    if (v->queue != NULL && box.rows > 4) {
        below++;
        draw_queue(v, c, (struct box){box.row + box.rows - below, box.col + 3, 1, box.cols - 3});
    }
    if (v->count > 0 && box.rows > 6) {
        below++;
        draw_note(v, c, (struct box){box.row + box.rows - below, box.col + 3, 1, box.cols - 3});
    }
    if (v->count > 0) {
        table_draw(v->table, c, (struct box){box.row, box.col, box.rows - below, box.cols});
    }
}

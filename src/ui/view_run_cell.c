/*
 * view_run_cell.c - where one host of a run stands, in the words of its row.
 *
 * Decides the words, their looks and the order of states.  Owns nothing.  Looks at one host at a
 * time.
 */
#include "ui/view_run_parts.h"

#include "base/duration.h"
#include "ui/pen.h"

#include <stdio.h>
#include <string.h>

const struct table_column view_run_columns[RUN_COLUMNS] = {
    [RUN_COLUMN_HOST] = {.name = "host", .width = 18},
    [RUN_COLUMN_STATE] = {.name = "state", .width = 13},
    [RUN_COLUMN_WAVE] = {.name = "wave", .width = 4, .right = true},
    [RUN_COLUMN_SLOT] = {.name = "slot", .width = 4, .right = true},
    [RUN_COLUMN_TIME] = {.name = "time", .width = 6, .right = true},
    [RUN_COLUMN_STEP] = {.name = "step, or why not"},
};

/* ---------------------------------------------------------------- what it does */

static const struct feed_step *
last_step(const struct feed_host *h)
{
    return h->step_count > 0 ? &h->steps[h->step_count - 1] : NULL;
}

/* All checks were passed, and it still has its slot. */
static bool
is_baking(const struct board_host *b, const struct feed_step *s)
{
    return s != NULL && s->list == LIST_CHECKS && s->outcome != NULL &&
           strcmp(s->outcome, outcome_name(OUTCOME_OK)) == 0 && b->step == b->step_count;
}

static void
add_step(const struct board_host *b, const struct feed_step *s, char *ret, size_t size)
{
    static const char *const before[] = {[LIST_STEPS] = "",
                                         [LIST_FINALLY] = "finally ",
                                         [LIST_CHECKS] = "check ",
                                         [LIST_ROLLBACK] = "back "};
    const enum step_list list = s != NULL ? s->list : LIST_STEPS;
    const int len = snprintf(ret, size, "%s%d/%d %s", before[list], (int)b->step,
                             (int)b->step_count, b->step_name);

    if (s != NULL && s->attempt > 1 && len > 0 && (size_t)len < size) {
        (void)snprintf(ret + len, size - (size_t)len, ", try %d", (int)s->attempt);
    }
}

void
view_run_doing(const struct feed *f, int32_t host, char *ret, size_t size)
{
    const struct feed_host *h = feed_host(f, host);

    ret[0] = '\0';
    if (h == NULL) {
        return;
    }
    const struct board_host *b = &feed_board(f)->hosts[host];
    const struct feed_step *s = last_step(h);
    if (b->parked) {
        (void)snprintf(ret, size, "waits for the switch");
    } else if (!board_is_active(b)) {
        return;
    } else if (b->step_name == NULL) {
        (void)snprintf(ret, size, "connects");
    } else if (is_baking(b, s)) {
        (void)snprintf(ret, size, "healthy, bakes");
    } else {
        add_step(b, s, ret, size);
    }
}

/* ---------------------------------------------------------------- its state */

struct state {
    const char *word;
    unsigned look;
    enum ornament sign;
    int rank; /* sorted by state: what is under way first, then what went wrong */
};

static const struct state outcomes[] = {
    [OUTCOME_UNTOUCHED] = {"waits", LOOK_DIM, ORN_WAIT, 6},
    [OUTCOME_RUNNING] = {"running", LOOK_BUSY, ORN_BUSY, 0},
    [OUTCOME_OK] = {"ok", LOOK_OK, ORN_OK, 8},
    [OUTCOME_FAILED] = {"failed", LOOK_BAD, ORN_BAD, 2},
    [OUTCOME_UNREACHABLE] = {"unreachable", LOOK_BAD, ORN_BAD, 2},
    [OUTCOME_UNKNOWN] = {"unknown", LOOK_BAD, ORN_BAD, 2},
    [OUTCOME_CANCELLED] = {"cancelled", LOOK_WARN, ORN_BAD, 3},
    [OUTCOME_SKIPPED] = {"skipped", LOOK_WARN, ORN_WAIT, 7},
};
_Static_assert(sizeof(outcomes) / sizeof(outcomes[0]) == OUTCOMES, "a state an outcome");

static const struct state rollbacks[] = {
    [ROLLBACK_NONE] = {"", LOOK_PLAIN, ORN_WAIT, 0},
    [ROLLBACK_RUNNING] = {"rolling back", LOOK_BUSY, ORN_BUSY, 0},
    [ROLLBACK_DONE] = {"rolled back", LOOK_WARN, ORN_OK, 4},
    [ROLLBACK_FAILED] = {"stuck", LOOK_BAD | LOOK_BOLD, ORN_BAD, 1},
};
_Static_assert(sizeof(rollbacks) / sizeof(rollbacks[0]) == ROLLBACK_STATES, "a state a rollback");

static const struct state prepared = {"prepared", LOOK_BUSY, ORN_WAIT, 5};
static const struct state untouched = {"untouched", LOOK_WARN, ORN_WAIT, 6};

static const struct state *
state_of(const struct feed *f, int32_t host)
{
    const struct board_host *b = &feed_board(f)->hosts[host];
    struct feed_end end;

    if (b->rollback != ROLLBACK_NONE) {
        return &rollbacks[b->rollback];
    }
    if (b->parked) {
        return &prepared;
    }
    return b->outcome == OUTCOME_UNTOUCHED && feed_end(f, &end) ? &untouched
                                                                : &outcomes[b->outcome];
}

/* ---------------------------------------------------------------- cells */

static int64_t
time_of(const struct feed *f, int64_t now_ms, int32_t host)
{
    const struct feed_host *h = feed_host(f, host);

    return h->began_ms < 0 ? -1 : h->took_ms >= 0 ? h->took_ms : now_ms - h->began_ms;
}

static void
time_text(const struct feed *f, int64_t now_ms, int32_t host, char ret[TABLE_CELL_BYTES])
{
    const struct feed_host *h = feed_host(f, host);
    const int64_t ms = time_of(f, now_ms, host);

    if (ms < 0) {
        ret[0] = '\0';
    } else if (h->took_ms >= 0) {
        duration_human(ms, ret, TABLE_CELL_BYTES);
    } else {
        since_text(ms, ret);
    }
}

static int32_t
wave_of(const struct feed *f, int32_t host)
{
    const int32_t seen = feed_host(f, host)->wave;

    return seen > 0 ? seen : feed_course(f)->wave_of[host];
}

static void
step_text(const struct feed *f, int32_t host, char ret[TABLE_CELL_BYTES])
{
    const struct feed_host *h = feed_host(f, host);

    view_run_doing(f, host, ret, TABLE_CELL_BYTES);
    if (ret[0] == '\0' && h->reason != NULL) {
        (void)snprintf(ret, TABLE_CELL_BYTES, "%s", h->reason);
    }
}

static void
number_text(int32_t n, bool shown, char ret[TABLE_CELL_BYTES])
{
    ret[0] = '\0';
    if (shown) {
        (void)snprintf(ret, TABLE_CELL_BYTES, "%d", (int)n);
    }
}

unsigned
view_run_cell(const struct feed *f, int64_t now_ms, int32_t host, enum view_run_column column,
              char ret[TABLE_CELL_BYTES])
{
    const struct state *s;
    int32_t wave;

    ret[0] = '\0';
    if (feed_host(f, host) == NULL) {
        return LOOK_PLAIN;
    }
    s = state_of(f, host);
    const unsigned quiet = s->rank >= 6 ? LOOK_DIM : LOOK_PLAIN;
    switch (column) {
    case RUN_COLUMN_HOST:
        (void)snprintf(ret, TABLE_CELL_BYTES, "%s", feed_board(f)->names.items[host]);
        return LOOK_PLAIN;
    case RUN_COLUMN_STATE:
        (void)snprintf(ret, TABLE_CELL_BYTES, "%s", s->word);
        return s->look | table_ornament(s->sign);
    case RUN_COLUMN_WAVE:
        wave = wave_of(f, host);
        number_text(wave, wave > 0, ret);
        return quiet;
    case RUN_COLUMN_SLOT:
        number_text(feed_host(f, host)->slot, feed_host(f, host)->slot >= 0, ret);
        return quiet;
    case RUN_COLUMN_TIME:
        time_text(f, now_ms, host, ret);
        return quiet;
    case RUN_COLUMN_STEP:
        step_text(f, host, ret);
        return s->look & ~(unsigned)LOOK_BOLD;
    }
    return LOOK_PLAIN;
}

static int
order_of(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int
view_run_compare(const struct feed *f, int64_t now_ms, enum view_run_column column, int32_t a,
                 int32_t b)
{
    char one[TABLE_CELL_BYTES];
    char other[TABLE_CELL_BYTES];

    if (feed_host(f, a) == NULL || feed_host(f, b) == NULL) {
        return order_of(a, b);
    }
    switch (column) {
    case RUN_COLUMN_STATE:
        return order_of(state_of(f, a)->rank, state_of(f, b)->rank);
    case RUN_COLUMN_WAVE:
        return order_of(wave_of(f, a), wave_of(f, b));
    case RUN_COLUMN_SLOT: /* those in none are last */
        return order_of((uint32_t)feed_host(f, a)->slot, (uint32_t)feed_host(f, b)->slot);
    case RUN_COLUMN_TIME:
        return order_of(time_of(f, now_ms, a), time_of(f, now_ms, b));
    case RUN_COLUMN_HOST: /* web-2 before web-10 */
        return strverscmp(feed_board(f)->names.items[a], feed_board(f)->names.items[b]);
    case RUN_COLUMN_STEP:
        break;
    }
    (void)view_run_cell(f, now_ms, a, column, one);
    (void)view_run_cell(f, now_ms, b, column, other);
    return strcmp(one, other);
}

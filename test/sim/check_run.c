/*
 * check_run.c - the budget, halts, pauses, rollback and the end of a run.
 *
 * Decides what a bad outcome means for the run, and when the run is over.
 */
#include "sim/check_state.h"

#include "base/xalloc.h"

#include <stdlib.h>

void
check_outcome(struct check *k, struct check_host *h, enum outcome outcome)
{
    k->counts[h->outcome]--;
    k->counts[outcome]++;
    h->outcome = outcome;
}

/* ---- budget */

static bool
exceeded(const struct check *k, int32_t host)
{
    bool over = k->budget >= 0 && k->bad > k->budget;

    for (int32_t i = 0; i < k->budget_vars; i++) {
        const int32_t value = k->c->budget_by[i].value_of[host];
        over |= k->scope_bad[i][value] > k->scope_budget[i][value];
    }
    return over;
}

void
check_halt_by_rule(struct check *k, enum halt why)
{
    const bool first = k->halt == HALT_NONE;

    check_halt(k, why);
    k->roll_back |= first && k->c->policy.on_failure == ON_FAILURE_ROLLBACK;
}

/* A first bad outcome of the host. */
void
check_count(struct check *k, struct check_host *h)
{
    const int32_t host = k->host_at[h->position];

    if (h->counted) {
        return;
    }
    h->counted = true;
    k->bad++;
    for (int32_t i = 0; i < k->budget_vars; i++) {
        k->scope_bad[i][k->c->budget_by[i].value_of[host]]++;
    }
    if (!exceeded(k, host)) {
        return;
    }
    switch (k->c->policy.on_failure) {
    case ON_FAILURE_CONTINUE:
        break;
    case ON_FAILURE_STOP:
    case ON_FAILURE_ROLLBACK:
        check_halt_by_rule(k, HALT_BUDGET);
        break;
    case ON_FAILURE_PAUSE:
        check_pause(k);
        break;
    }
}

/* The operator has seen it: what has been counted is allowed. */
void
check_reset_budget(struct check *k)
{
    if (k->budget >= 0 && k->bad > k->budget) {
        k->budget = k->bad;
    }
    for (int32_t i = 0; i < k->budget_vars; i++) {
        for (int32_t v = 0; v < k->c->budget_by[i].value_count; v++) {
            if (k->scope_bad[i][v] > k->scope_budget[i][v]) {
                k->scope_budget[i][v] = k->scope_bad[i][v];
            }
        }
    }
}

/* ---- halts and pauses */

void
check_halt(struct check *k, enum halt why)
{
    if (why == HALT_KILL) {
        k->roll_back = k->rolling && k->roll_back;
        k->roll_stopped = true;
        k->halt = HALT_KILL;
    }
    const bool before = k->halt != HALT_NONE && why != HALT_KILL;

    if (before) {
        return;
    }
    k->halt = why;
    k->paused = false;
    check_watch_stop(k);
    check_ahead_halt(k);
    for (int32_t i = 0; i < k->host_count && k->queued + k->parked > 0; i++) {
        struct check_host *h = &k->hosts[i];
        k->queued -= h->queued;
        h->queued = false;
        h->cancelling |= h->parked; /* and its finally list is due */
    }
}

void
check_pause(struct check *k)
{
    if (k->halt != HALT_NONE || k->paused) {
        return;
    }
    k->paused = true;
    k->paused_at_ms = k->now_ms;
    check_watch_stop(k);
    check_ahead_pause(k);
}

static int64_t
later(const struct check *k, int64_t due_ms, int64_t since_ms)
{
    if (due_ms < 0) {
        return due_ms;
    }
    return due_ms < since_ms ? k->now_ms : due_ms + k->now_ms - since_ms;
}

/* Time has stood still for what belongs to the run. */
void
check_unpause(struct check *k)
{
    const int64_t since_ms = k->wave_set_ms > k->paused_at_ms ? k->wave_set_ms : k->paused_at_ms;

    k->paused = false;
    k->wave_due_ms = later(k, k->wave_due_ms, since_ms);
    k->run_due_ms = later(k, k->run_due_ms, k->paused_at_ms);
}

/* ---- rollback */

struct started {
    int64_t number;
    int32_t host;
};

static int
last_first(const void *a, const void *b)
{
    const int64_t x = ((const struct started *)a)->number;
    const int64_t y = ((const struct started *)b)->number;

    return x < y ? 1 : x > y ? -1 : 0;
}

/* When the last host in flight has its outcome, and none is parked. */
static void
begin_rollback(struct check *k)
{
    if (!k->roll_back || k->rolling || k->active > 0 || k->parked > 0 || k->breaking > 0 ||
        k->ahead_closing > 0) {
        return;
    }
    struct started *list = xcalloc((size_t)k->host_count, sizeof(*list));

    k->rolling = true;
    k->roll_list = xcalloc((size_t)k->host_count, sizeof(*k->roll_list));
    for (int32_t i = 0; i < k->host_count; i++) {
        if (k->hosts[i].may_differ) {
            list[k->roll_count++] = (struct started){.number = k->hosts[i].start_number, .host = i};
        }
    }
    qsort(list, (size_t)k->roll_count, sizeof(*list), last_first);
    for (int32_t i = 0; i < k->roll_count; i++) {
        k->roll_list[i] = list[i].host;
    }
    k->roll_left = k->roll_count;
    free(list);
}

/* ---- who is next */

bool
check_limits_free(const struct check *k, int32_t host)
{
    bool room = true;

    for (int32_t i = 0; i < k->limit_vars; i++) {
        const int32_t value = k->c->parallel_by[i].value_of[host];
        room &= k->in_flight[i][value] < k->limit[i][value];
    }
    return room;
}

static int32_t
next_rolled_back(const struct check *k)
{
    for (int32_t i = 0; i < k->roll_count && k->roll_left > 0 && !k->roll_stopped; i++) {
        const int32_t host = k->roll_list[i];
        if (k->hosts[host].rollback == ROLLBACK_NONE && check_limits_free(k, host)) {
            return host;
        }
    }
    return -1;
}

/* The first position from here on whose host is like that and is not held back by a limit. */
static int32_t
next_by_position(const struct check *k, int32_t begin, int32_t end,
                 bool (*is)(const struct check_host *h))
{
    for (int32_t i = begin; i < end; i++) {
        const int32_t host = k->host_at[i];
        if (is(&k->hosts[host]) && check_limits_free(k, host)) {
            return host;
        }
    }
    return -1;
}

static bool
is_queued(const struct check_host *h)
{
    return h->queued;
}

static bool
is_parked(const struct check_host *h)
{
    return h->parked;
}

static bool
is_untouched(const struct check_host *h)
{
    return h->outcome == OUTCOME_UNTOUCHED;
}

void
check_pass_untouched(struct check *k)
{
    while (k->first_untouched < k->host_count &&
           !is_untouched(&k->hosts[k->host_at[k->first_untouched]])) {
        k->first_untouched++;
    }
}

int32_t
check_next_host(const struct check *k, enum order_kind *ret_how)
{
    int32_t host = -1;

    if (k->active >= k->width || k->finished) {
        return -1;
    }
    if (k->rolling) {
        *ret_how = ORDER_ROLLBACK;
        return next_rolled_back(k);
    }
    *ret_how = ORDER_START;
    if (k->queued > 0) {
        host = next_by_position(k, 0, k->host_count, is_queued);
    }
    const bool opened = !k->paused && k->phase == WAVE_OPEN && k->wave == 1 && k->switch_step >= 0;

    if (host < 0 && k->parked > 0 && (k->halt != HALT_NONE || opened)) {
        *ret_how = ORDER_UNPARK;
        return next_by_position(k, 0, k->host_count, is_parked);
    }
    if (host < 0 && k->halt == HALT_NONE && !k->paused && k->phase == WAVE_OPEN) {
        const int32_t end = k->switch_step >= 0 ? k->host_count : k->wave_begin[k->wave + 1];
        host = next_by_position(k, k->first_untouched, end, is_untouched);
    }
    return host;
}

/* ---- the end */

bool
check_done(const struct check *k)
{
    const bool due = k->roll_back && (!k->rolling || (k->roll_left > 0 && !k->roll_stopped));

    return k->active == 0 && k->parked == 0 && k->queued == 0 && !k->paused && !due &&
           (k->halt != HALT_NONE || k->phase == WAVE_ALL_OVER);
}

bool
check_over(const struct check *k)
{
    return check_done(k) && k->watching == 0 && k->breaking == 0 && k->ahead_closing == 0;
}

int
check_exit_code(const struct check *k)
{
    if (k->rollbacks_failed > 0) {
        return 7;
    }
    if (k->counts[OUTCOME_UNTOUCHED] + k->counts[OUTCOME_CANCELLED] + k->rolled_back > 0) {
        return 3;
    }
    if (k->counts[OUTCOME_FAILED] + k->counts[OUTCOME_UNKNOWN] > 0) {
        return 2;
    }
    return k->counts[OUTCOME_UNREACHABLE] > 0 ? 4 : 0;
}

void
check_settle(struct check *k)
{
    check_waves(k);
    begin_rollback(k);
    if (k->watching > 0 && check_done(k)) {
        check_watch_stop(k);
    }
}

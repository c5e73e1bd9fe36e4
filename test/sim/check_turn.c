/*
 * check_turn.c - no order is left: nothing that is due may be missing.
 *
 * Looks at every host of a small run after each fact; of a large one at the host of the fact, and
 * at all of them now and then.
 */
#include "sim/check_state.h"

enum { SMALL = 64 };

/* Timers: the earliest time by which a tick is needed, and whether the wait is for one of them. */
struct due {
    int64_t by_ms; /* -1: none */
    bool fits;
    bool watch; /* late watch goes on */
};

static void
may_be_due(const struct check *k, struct due *d, int64_t from_ms, int64_t to_ms)
{
    d->fits |= k->wait_ms >= from_ms && k->wait_ms <= to_ms;
}

static void
must_be_due(const struct check *k, struct due *d, int64_t from_ms, int64_t to_ms)
{
    d->by_ms = d->by_ms < 0 || to_ms < d->by_ms ? to_ms : d->by_ms;
    may_be_due(k, d, from_ms, to_ms);
}

/* ---- hosts with a slot */

static void
settled_in_flight(struct check *k, const struct check_host *h, int32_t host, struct due *d)
{
    const enum check_want due = check_wants(k, h);

    if (due == WANT_NOTHING) {
        return;
    }
    if (h->waiting) {
        must_be_due(k, d, h->from_ms, h->to_ms);
        CHECK(k, h->to_ms > k->ticked_ms || h->wait_set >= k->ticked,
              "host %d: %s was due at %" PRId64 " ms, and is missing", (int)host,
              check_want_name(due), h->to_ms);
        return;
    }
    CHECK(k, h->closing > 0 || check_may_hold(k, h), "host %d: %s is due, and is missing",
          (int)host, check_want_name(due));
}

/* ---- hosts without */

static void
settled_watch(struct check *k, const struct check_host *h, int32_t host, struct due *d)
{
    if (h->watching) {
        CHECK(k, h->open != OPEN_NONE || h->closing > 0, "host %d: its late watch does not go on",
              (int)host);
        return;
    }
    if ((k->paused || (check_done(k) && k->halt == HALT_NONE)) && check_watched(k, h)) {
        may_be_due(k, d, h->watch_from_ms, h->watch_to_ms); /* it only queues the host */
    }
    if (!d->watch || !check_watched(k, h)) {
        return;
    }
    const bool overdue = h->watch_to_ms <= k->ticked_ms && h->watch_set < k->ticked;

    if (h->closing > 0 || h->open != OPEN_NONE || overdue) {
        may_be_due(k, d, h->watch_from_ms, h->watch_to_ms);
        k->overdue = overdue && h->closing == 0 && h->open == OPEN_NONE ? host : k->overdue;
    } else if (k->watching + k->breaking < k->width) {
        must_be_due(k, d, h->watch_from_ms, h->watch_to_ms);
    } else {
        may_be_due(k, d, h->watch_from_ms, h->watch_to_ms);
    }
}

static void
settled_host(struct check *k, int32_t host, struct due *d)
{
    const struct check_host *h = &k->hosts[host];

    CHECK(k, !h->must_close, "host %d: disconnect is due, and is missing", (int)host);
    CHECK(k, !h->must_tell, "host %d: its new outcome was not told", (int)host);
    if (h->flying) {
        settled_in_flight(k, h, host, d);
    } else {
        settled_watch(k, h, host, d);
    }
}

/* ---- the run */

static void
settled_timers(struct check *k, struct due *d)
{
    if (k->finished) {
        CHECK(k, k->wait_ms == -1, "a timer outlives the run: %" PRId64 " ms", k->wait_ms);
        return;
    }
    if (k->halt != HALT_NONE) {
        may_be_due(k, d, k->run_due_ms, k->run_due_ms); /* it does nothing any more */
    } else if (!k->paused) {
        if (k->run_due_ms >= 0) {
            must_be_due(k, d, k->run_due_ms, k->run_due_ms);
        }
        if (k->wave_due_ms >= 0) {
            must_be_due(k, d, k->wave_due_ms, k->wave_due_ms);
        }
    }
    CHECK(k, d->by_ms < 0 || (k->wait_ms >= 0 && k->wait_ms <= d->by_ms),
          "the run waits until %" PRId64 " ms, and something is due at %" PRId64, k->wait_ms,
          d->by_ms);
    CHECK(k, k->wait_ms < 0 || d->fits, "the run waits until %" PRId64 " ms, for nothing",
          k->wait_ms);
}

static void
settled_run(struct check *k)
{
    enum order_kind how = ORDER_START;
    const int32_t next = check_next_host(k, &how);
    const int32_t ahead = check_next_ahead(k);
    const bool ended = k->begun < k->wave || k->phase != WAVE_OPEN ||
                       (k->wave_left == 0 && k->again == 0 && k->queued == 0);

    CHECK(k, next < 0, "%s of host %d is due, and is missing", order_name(how), (int)next);
    CHECK(k, ahead < 0, "connect of host %d ahead is due, and is missing", (int)ahead);
    CHECK(k, k->finished || !check_over(k), "the run is over, and does not finish");
    CHECK(k, !k->begin_told, "wave %d was begun without a host", (int)k->begun + 1);
    CHECK(k, !ended || k->ended >= k->begun, "the end of wave %d was not told", (int)k->begun + 1);
}

/* Looking for the next host may be long where limits hold many back. */
static bool
all_this_time(const struct check *k)
{
    return k->facts % (1 + k->host_count / SMALL) == 0;
}

void
check_turn(struct check *k, int64_t now_ms)
{
    struct due d = {.by_ms = -1, .watch = check_watch_on(k)};
    (void)now_ms;

    if (k->wrong[0] != '\0') {
        return;
    }
    if (!all_this_time(k)) {
        if (k->last_host >= 0) {
            settled_host(k, k->last_host, &d);
        }
        if (k->limit_vars == 0) {
            settled_run(k);
        }
        return;
    }
    k->overdue = -1;
    for (int32_t i = 0; i < k->host_count; i++) {
        settled_host(k, i, &d);
    }
    CHECK(k, k->overdue < 0 || k->watching + k->breaking >= k->width,
          "host %d: late watch was due at %" PRId64 " ms, and is missing", (int)k->overdue,
          k->hosts[k->overdue < 0 ? 0 : k->overdue].watch_to_ms);
    settled_run(k);
    settled_timers(k, &d);
}

void
check_end(struct check *k)
{
    CHECK(k, k->finished, "nothing will come any more, and the run has not finished");
    for (int32_t i = 0; i < k->host_count && k->wrong[0] == '\0'; i++) {
        const struct check_host *h = &k->hosts[i];
        CHECK(k, !h->flying && !h->parked, "host %d: the run has finished without it", (int)i);
        CHECK(k, h->outcome != OUTCOME_RUNNING, "host %d: it has no outcome", (int)i);
    }
}

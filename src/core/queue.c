/*
 * queue.c - lines of hosts that share their limits, and who of the first ones may start.
 *
 * Decides whose turn it is.  Owns its arrays.  What holds between two calls:
 *   - a class with a line is in `ready`, or parked with a limit of its own;
 *   - where a limit with room has classes parked, a class that this limit has offered stands in
 *     `ready`, before all of them.  So nobody who has room is behind the top of `ready`.
 */
#include "core/queue.h"

#include "core/planted.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>

enum { NOBODY = -1, NO_LIMIT = -1 };

/* Instead of a rank. */
enum { RANK_NONE = -1, RANK_DROPPED = -2 };

static int32_t *
filled(int32_t count, int32_t value)
{
    int32_t *list = xcalloc((size_t)count, sizeof(*list));

    for (int32_t i = 0; i < count; i++) {
        list[i] = value;
    }
    return list;
}

void
queue_init(struct queue *q, const struct plan *p)
{
    const int32_t hosts = plan_host_count(p);
    const int32_t classes = plan_class_count(p);
    const int32_t limits = plan_limit_count(p);

    *q = (struct queue){
        .plan = p,
        .next = filled(hosts, NOBODY),
        .rank = filled(hosts, RANK_NONE),
        .first = filled(classes, NOBODY),
        .last = filled(classes, NOBODY),
        .offered_by = filled(classes, NO_LIMIT),
        .ready = HEAP_EMPTY,
        .parked = filled(limits, HEAP_EMPTY),
        .in_flight = filled(limits, 0),
    };
    heap_init(&q->heap, classes);
}

void
queue_release(struct queue *q)
{
    free(q->next);
    free(q->rank);
    free(q->first);
    free(q->last);
    free(q->offered_by);
    free(q->parked);
    free(q->in_flight);
    heap_release(&q->heap);
    *q = (struct queue){0};
}

void
queue_clear(struct queue *q)
{
    if (q->linked > 0) {
        for (int32_t c = 0; c < plan_class_count(q->plan); c++) {
            for (int32_t host = q->first[c]; host != NOBODY; host = q->next[host]) {
                q->rank[host] = RANK_NONE;
            }
            q->first[c] = NOBODY;
            q->offered_by[c] = NO_LIMIT;
        }
        for (int32_t l = 0; l < plan_limit_count(q->plan); l++) {
            q->parked[l] = HEAP_EMPTY;
        }
        q->ready = HEAP_EMPTY;
    }
    q->added = 0;
    q->linked = 0;
    q->waiting = 0;
}

void
queue_add(struct queue *q, int32_t host)
{
    const int32_t c = plan_class_of(q->plan, host);

    assert(q->rank[host] == RANK_NONE);
    if (q->linked == 0) {
        q->added = 0; /* ranks are compared with those of hosts in lines only */
    }
    assert(q->added < INT32_MAX);
    q->rank[host] = q->added++;
    q->next[host] = NOBODY;
    q->linked++;
    q->waiting++;
    if (q->first[c] == NOBODY) {
        q->first[c] = host;
        heap_push(&q->heap, &q->ready, c, q->rank[host]);
    } else {
        q->next[q->last[c]] = host;
    }
    q->last[c] = host;
}

static bool
has_room(const struct queue *q, int32_t limit)
{
    return q->in_flight[limit] < plan_limit(q->plan, limit) + PLANTED(LIMIT_ONE_MORE);
}

/* A limit of the class that is full; NO_LIMIT: it has room in all. */
static int32_t
full_limit(const struct queue *q, int32_t c)
{
    for (int32_t i = 0; i < plan_limit_vars(q->plan); i++) {
        const int32_t limit = plan_class_limit(q->plan, c, i);
        if (!has_room(q, limit) && (i == 0 || !PLANTED(LIMIT_FIRST_ONLY))) {
            return limit;
        }
    }
    return NO_LIMIT;
}

/* While the limit has room, the first of what is parked with it must stand in ready. */
static void
offer(struct queue *q, int32_t limit)
{
    if (q->parked[limit] == HEAP_EMPTY || !has_room(q, limit)) {
        return;
    }
    const int32_t c = heap_pop(&q->heap, &q->parked[limit]);
    q->offered_by[c] = limit;
    heap_push(&q->heap, &q->ready, c, heap_key(&q->heap, c));
}

/* The top of ready leaves its place; the limit that had offered it offers the next. */
static int32_t
leave_ready(struct queue *q)
{
    const int32_t c = heap_pop(&q->heap, &q->ready);
    const int32_t limit = q->offered_by[c];

    q->offered_by[c] = NO_LIMIT;
    if (limit != NO_LIMIT) {
        offer(q, limit);
    }
    return c;
}

static void
park(struct queue *q, int32_t limit)
{
    const int32_t c = leave_ready(q);

    heap_push(&q->heap, &q->parked[limit], c, heap_key(&q->heap, c));
}

/* The first host of the class that is the top of ready leaves the line. */
static void
shift(struct queue *q)
{
    const int32_t c = leave_ready(q);
    const int32_t host = q->first[c];

    q->rank[host] = RANK_NONE;
    q->linked--;
    q->first[c] = q->next[host];
    /* Those that were dropped are no reason to come before others. */
    while (q->first[c] != NOBODY && q->rank[q->first[c]] == RANK_DROPPED) {
        q->rank[q->first[c]] = RANK_NONE;
        q->linked--;
        q->first[c] = q->next[q->first[c]];
    }
    if (q->first[c] != NOBODY) {
        heap_push(&q->heap, &q->ready, c, q->rank[q->first[c]]);
    }
}

int32_t
queue_next(struct queue *q)
{
    while (q->ready != HEAP_EMPTY) {
        const int32_t c = q->ready;
        if (q->rank[q->first[c]] == RANK_DROPPED) {
            shift(q);
            continue;
        }
        const int32_t limit = full_limit(q, c);
        if (limit == NO_LIMIT) {
            return q->first[c];
        }
        if (PLANTED(LIMIT_HOLDS_ALL)) {
            return NOBODY;
        }
        park(q, limit);
    }
    return NOBODY;
}

void
queue_take(struct queue *q, int32_t host)
{
    const int32_t c = plan_class_of(q->plan, host);

    assert(queue_has_room(q, host));
    for (int32_t i = 0; i < plan_limit_vars(q->plan); i++) {
        q->in_flight[plan_class_limit(q->plan, c, i)]++;
    }
    if (queue_waits(q, host)) {
        assert(q->ready == c && q->first[c] == host);
        q->waiting--;
        shift(q);
    }
}

void
queue_give(struct queue *q, int32_t host)
{
    const int32_t c = plan_class_of(q->plan, host);

    for (int32_t i = 0; i < plan_limit_vars(q->plan); i++) {
        const int32_t limit = plan_class_limit(q->plan, c, i);
        assert(q->in_flight[limit] > 0);
        const bool was_full = !has_room(q, limit);
        q->in_flight[limit]--;
        if (was_full) {
            offer(q, limit);
        }
    }
}

bool
queue_has_room(const struct queue *q, int32_t host)
{
    return full_limit(q, plan_class_of(q->plan, host)) == NO_LIMIT;
}

void
queue_drop(struct queue *q, int32_t host)
{
    assert(queue_waits(q, host));
    q->rank[host] = RANK_DROPPED;
    q->waiting--;
}

bool
queue_waits(const struct queue *q, int32_t host)
{
    return q->rank[host] >= 0;
}

int32_t
queue_waiting(const struct queue *q)
{
    return q->waiting;
}

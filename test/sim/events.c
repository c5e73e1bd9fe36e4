/*
 * events.c - a binary heap of keys over a pool of events.
 */
#include "sim/events.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

void
events_clear(struct events *q)
{
    q->count = 0;
    q->pool_count = 0;
    q->free_count = 0;
    q->numbers = 0;
}

void
events_release(struct events *q)
{
    free(q->heap);
    free(q->pool);
    free(q->free_list);
    *q = (struct events){0};
}

static bool
before(const struct event_key *a, const struct event_key *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->number < b->number;
}

static uint32_t
pool_place(struct events *q)
{
    if (q->free_count > 0) {
        return q->free_list[--q->free_count];
    }
    q->pool = xgrow(q->pool, q->pool_count, &q->pool_cap, sizeof(*q->pool));
    return (uint32_t)q->pool_count++;
}

void
events_add(struct events *q, const struct event *e)
{
    const struct event_key key = {
        .at_ms = e->at_ms, .number = q->numbers++, .place = pool_place(q)};

    q->pool[key.place] = *e;
    q->heap = xgrow(q->heap, q->count, &q->heap_cap, sizeof(*q->heap));
    size_t i = q->count++;
    while (i > 0 && before(&key, &q->heap[(i - 1) / 2])) {
        q->heap[i] = q->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    q->heap[i] = key;
}

int64_t
events_next_ms(const struct events *q)
{
    return q->count == 0 ? INT64_MAX : q->heap[0].at_ms;
}

struct event
events_take(struct events *q)
{
    assert(q->count > 0);
    const uint32_t place = q->heap[0].place;
    const struct event_key last = q->heap[--q->count];
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= q->count) {
            break;
        }
        if (child + 1 < q->count && before(&q->heap[child + 1], &q->heap[child])) {
            child++;
        }
        if (!before(&q->heap[child], &last)) {
            break;
        }
        q->heap[i] = q->heap[child];
        i = child;
    }
    q->heap[i] = last;
    q->free_list = xgrow(q->free_list, q->free_count, &q->free_cap, sizeof(*q->free_list));
    q->free_list[q->free_count++] = place;
    return q->pool[place];
}

/*
 * timers.c - a binary heap of deadlines, one per id, ordered by time and then by id.
 *
 * Setting, dropping and taking are O(log n).  Owns its arrays.
 */
#include "core/rollout_state.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>

void
timers_init(struct timers *t, int32_t ids)
{
    const size_t n = (size_t)ids;

    *t = (struct timers){
        .heap = xcalloc(n, sizeof(*t->heap)),
        .place = xcalloc(n, sizeof(*t->place)),
        .due_ms = xcalloc(n, sizeof(*t->due_ms)),
    };
    for (size_t i = 0; i < n; i++) {
        t->place[i] = -1;
    }
}

void
timers_release(struct timers *t)
{
    free(t->heap);
    free(t->place);
    free(t->due_ms);
    *t = (struct timers){0};
}

static bool
before(const struct timers *t, int32_t a, int32_t b)
{
    if (t->due_ms[a] != t->due_ms[b]) {
        return t->due_ms[a] < t->due_ms[b];
    }
    return a < b;
}

static void
put(struct timers *t, int32_t at, int32_t id)
{
    t->heap[at] = id;
    t->place[id] = at;
}

static void
rise(struct timers *t, int32_t at)
{
    const int32_t id = t->heap[at];

    while (at > 0 && before(t, id, t->heap[(at - 1) / 2])) {
        put(t, at, t->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(t, at, id);
}

static void
sink(struct timers *t, int32_t at)
{
    const int32_t id = t->heap[at];

    for (;;) {
        int32_t child = 2 * at + 1;
        if (child >= t->count) {
            break;
        }
        if (child + 1 < t->count && before(t, t->heap[child + 1], t->heap[child])) {
            child++;
        }
        if (!before(t, t->heap[child], id)) {
            break;
        }
        put(t, at, t->heap[child]);
        at = child;
    }
    put(t, at, id);
}

void
timers_set(struct timers *t, int32_t id, int64_t due_ms)
{
    timers_drop(t, id);
    t->due_ms[id] = due_ms;
    t->heap[t->count] = id;
    t->place[id] = t->count;
    t->count++;
    rise(t, t->count - 1);
}

void
timers_drop(struct timers *t, int32_t id)
{
    const int32_t at = t->place[id];

    if (at < 0) {
        return;
    }
    t->place[id] = -1;
    t->count--;
    if (at == t->count) {
        return;
    }
    const int32_t last = t->heap[t->count];
    put(t, at, last);
    rise(t, at);
    sink(t, t->place[last]);
}

int64_t
timers_due_ms(const struct timers *t, int32_t id)
{
    return t->place[id] < 0 ? -1 : t->due_ms[id];
}

int64_t
timers_next_ms(const struct timers *t)
{
    return t->count == 0 ? -1 : t->due_ms[t->heap[0]];
}

int32_t
timers_pop(struct timers *t, int64_t now_ms)
{
    if (t->count == 0 || t->due_ms[t->heap[0]] > now_ms) {
        return -1;
    }
    const int32_t id = t->heap[0];

    timers_drop(t, id);
    assert(t->place[id] == -1);
    return id;
}

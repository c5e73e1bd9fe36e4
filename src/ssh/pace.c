/*
 * pace.c - a rate, one window for who throttles, and the order of who waits.
 *
 * Decides who may connect now and who tries again; pace.h says why so.  Owns the names of the
 * suspects; tickets are their owners'.  Never looks at a clock.
 */
#include "ssh/pace.h"

#include "base/map.h"
#include "base/prng.h"
#include "base/xalloc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FRESH_MIN = 8,    /* throttled first attempts that may mean a common server */
    FRESH_KEPT = 128, /* first attempts that are counted, the older ones less and less */
    LAG_MS_MAX = 5,   /* of the loop, that the rate makes up for */
    NS_IN_MS = 1000000,
    SLOWEST = 32, /* part of the rate that is always left */
};

struct queue {
    struct pace_ticket *first, *last; /* borrowed */
};

struct pace {
    struct prng prng;
    double rate, rate_now; /* a second; 0: no limit */
    int64_t next_ns;       /* no connection before it */
    struct queue fresh, suspects;
    struct map *throttlers; /* owned: addresses; the values mean nothing */
    double window;          /* 0: not needed yet */
    int in_window;          /* under way */
    int64_t shrunk_ms;
    double fresh_ended, fresh_throttled; /* first attempts, of late; the second of the first */
    int fresh_under_way;
    bool guarded;
    int64_t came_in; /* suspects, or anybody while guarded */
    int short_waiting;
};

struct pace *
pace_new(int32_t rate, uint64_t seed)
{
    struct pace *p = xcalloc(1, sizeof(*p));

    assert(rate >= 0);
    p->prng.state = seed;
    p->rate = p->rate_now = rate;
    p->throttlers = map_new(NULL);
    return p;
}

void
pace_free(struct pace *p)
{
    if (p == NULL) {
        return;
    }
    map_free(p->throttlers);
    free(p);
}

bool
pace_is_guarded(const struct pace *p)
{
    return p->guarded;
}

double
pace_window(const struct pace *p)
{
    return p->window;
}

/* ---------------------------------------------------------------- waiting */

static struct queue *
queue_of(struct pace *p, const struct pace_ticket *t)
{
    return t->suspect ? &p->suspects : &p->fresh;
}

static void
enqueue(struct pace *p, struct pace_ticket *t)
{
    struct queue *q = queue_of(p, t);

    t->next = NULL;
    t->prev = q->last;
    *(q->last == NULL ? &q->first : &q->last->next) = t;
    q->last = t;
    p->short_waiting += t->shorts > 0;
    t->state = PACE_WAITING;
}

static void
dequeue(struct pace *p, struct pace_ticket *t)
{
    struct queue *q = queue_of(p, t);

    *(t->prev == NULL ? &q->first : &t->prev->next) = t->next;
    *(t->next == NULL ? &q->last : &t->next->prev) = t->prev;
    t->next = t->prev = NULL;
    p->short_waiting -= t->shorts > 0;
}

void
pace_join(struct pace *p, int64_t now_ms, struct pace_ticket *t, const char *key)
{
    assert(t->state == PACE_IDLE);
    (void)snprintf(t->key, sizeof(t->key), "%s", key);
    t->since_ms = now_ms;
    t->rest_until_ms = now_ms;
    t->tries = t->fruitless = t->shorts = 0;
    t->suspect = map_get(p->throttlers, t->key) != NULL;
    enqueue(p, t);
}

static bool
window_is_full(const struct pace *p)
{
    return p->window > 0 && p->in_window + 1 > (int)p->window;
}

/* The first that has rested. */
static struct pace_ticket *
rested(const struct queue *q, int64_t now_ms)
{
    struct pace_ticket *t = q->first;

    while (t != NULL && t->rest_until_ms > now_ms) {
        t = t->next;
    }
    return t;
}

static int64_t
interval_ns(const struct pace *p)
{
    return p->rate_now > 0 ? (int64_t)(1e9 / p->rate_now) : 0;
}

/* A loop that is late by a little makes up for it; more would be a burst. */
static void
spend(struct pace *p, int64_t now_ns)
{
    const int64_t from_ns =
        now_ns - p->next_ns <= (int64_t)LAG_MS_MAX * NS_IN_MS ? p->next_ns : now_ns;

    p->next_ns = from_ns + interval_ns(p);
}

static void
begin(struct pace *p, int64_t now_ms, struct pace_ticket *t)
{
    dequeue(p, t);
    t->state = PACE_UNDER_WAY;
    t->since_ms = now_ms;
    t->came_in = p->came_in;
    t->in_window = t->suspect || p->guarded;
    p->in_window += t->in_window;
    p->fresh_under_way += !t->suspect;
    spend(p, now_ms * NS_IN_MS);
}

struct pace_ticket *
pace_next(struct pace *p, int64_t now_ms)
{
    struct pace_ticket *t = NULL;

    if (p->rate > 0 && now_ms * NS_IN_MS < p->next_ns) {
        return NULL;
    }
    if (!window_is_full(p)) {
        t = rested(&p->suspects, now_ms);
    }
    if (t == NULL && (!p->guarded || !window_is_full(p))) {
        t = rested(&p->fresh, now_ms);
    }
    if (t != NULL) {
        begin(p, now_ms, t);
    }
    return t;
}

/* The soonest of a queue; INT64_MAX: nobody waits. */
static int64_t
soonest_ms(const struct queue *q)
{
    int64_t ms = INT64_MAX;

    for (const struct pace_ticket *t = q->first; t != NULL; t = t->next) {
        ms = t->rest_until_ms < ms ? t->rest_until_ms : ms;
    }
    return ms;
}

int64_t
pace_wait_ms(const struct pace *p, int64_t now_ms)
{
    const int64_t turn_ms = p->rate > 0 ? (p->next_ns + NS_IN_MS - 1) / NS_IN_MS : now_ms;
    const bool full = window_is_full(p);
    const int64_t suspects_ms = full ? INT64_MAX : soonest_ms(&p->suspects);
    const int64_t fresh_ms = full && p->guarded ? INT64_MAX : soonest_ms(&p->fresh);
    int64_t at_ms = suspects_ms < fresh_ms ? suspects_ms : fresh_ms;

    if (at_ms == INT64_MAX) {
        return -1;
    }
    at_ms = at_ms > turn_ms ? at_ms : turn_ms;
    return at_ms > now_ms ? at_ms - now_ms : 0;
}

/* ---------------------------------------------------------------- what came of it */

/* Leaves when half of that share is gone, so that it does not flap. */
static void
judge_fresh(struct pace *p)
{
    const double all = p->fresh_ended + p->fresh_under_way;
    const double share = all > 0 ? p->fresh_throttled / all : 0;

    if (!p->guarded) {
        p->guarded = p->fresh_throttled >= FRESH_MIN && share >= 0.25;
    } else if (share < 0.125) {
        p->guarded = false;
        p->rate_now = p->rate;
    }
}

/* Those under way count as not throttled: they may take longer than a refusal does. */
static void
end_fresh(struct pace *p, bool was_throttled)
{
    if (p->fresh_ended >= FRESH_KEPT) {
        p->fresh_ended /= 2;
        p->fresh_throttled /= 2;
    }
    p->fresh_ended++;
    p->fresh_throttled += was_throttled;
    judge_fresh(p);
}

static void
shrink(struct pace *p, int64_t now_ms, const struct pace_ticket *t)
{
    if (p->window == 0) {
        p->window = PACE_WINDOW_FIRST;
    } else if (!t->in_window || t->since_ms <= p->shrunk_ms) {
        return; /* it was sent off when there was more room: nothing new */
    } else {
        p->window = p->window / 2 > 1 ? p->window / 2 : 1;
    }
    p->shrunk_ms = now_ms;
    if (p->guarded && p->rate_now > p->rate / SLOWEST) {
        p->rate_now /= 2;
    }
}

static void
came_in(struct pace *p, struct pace_ticket *t)
{
    if (t->suspect || p->guarded) {
        p->came_in++;
    }
    if (t->in_window) {
        p->window += 1 / p->window;
    }
    if (p->rate_now < p->rate) {
        p->rate_now += p->rate / SLOWEST;
        p->rate_now = p->rate_now < p->rate ? p->rate_now : p->rate;
    }
    map_remove(p->throttlers, t->key);
}

/* At least half of it, so that those dropped together do not come back together. */
static int64_t
rest_ms(struct pace *p, int tries)
{
    int64_t ms = PACE_REST_MS;

    for (int i = 1; i < tries && ms < PACE_REST_MS_MAX; i++) {
        ms *= 2;
    }
    return ms / 2 + (int64_t)prng_below(&p->prng, (uint64_t)ms / 2 + 1);
}

static bool
throttled(struct pace *p, int64_t now_ms, struct pace_ticket *t)
{
    shrink(p, now_ms, t);
    map_set(p->throttlers, t->key, p);
    t->suspect = true;
    t->fruitless = p->came_in == t->came_in ? t->fruitless + 1 : 0;
    t->tries++;
    t->shorts = 0;
    t->rest_until_ms = now_ms + rest_ms(p, t->tries);
    return t->fruitless <= PACE_FRUITLESS_MAX && t->tries <= PACE_TRIES_MAX;
}

bool
pace_over(struct pace *p, int64_t now_ms, struct pace_ticket *t, enum pace_end end, bool retry)
{
    bool again = false;

    assert(t->state == PACE_UNDER_WAY);
    t->state = PACE_IDLE;
    p->in_window -= t->in_window;
    p->fresh_under_way -= !t->suspect;
    if (!t->suspect && end != PACE_SHORT) {
        end_fresh(p, end == PACE_THROTTLED);
    }
    switch (end) {
    case PACE_IN:
        came_in(p, t);
        break;
    case PACE_THROTTLED:
        again = throttled(p, now_ms, t);
        break;
    case PACE_SHORT:
        t->rest_until_ms = now_ms + PACE_SHORT_MS;
        again = ++t->shorts <= PACE_SHORT_MAX;
        break;
    case PACE_OTHER:
        break;
    }
    t->in_window = false;
    if (!again || !retry) {
        return false;
    }
    t->since_ms = now_ms;
    enqueue(p, t);
    return true;
}

void
pace_leave(struct pace *p, struct pace_ticket *t)
{
    if (t->state == PACE_WAITING) {
        dequeue(p, t);
    } else if (t->state == PACE_UNDER_WAY) {
        p->in_window -= t->in_window;
        p->fresh_under_way -= !t->suspect;
    }
    t->in_window = false;
    t->state = PACE_IDLE;
}

void
pace_freed(struct pace *p)
{
    struct queue *const all[] = {&p->fresh, &p->suspects};

    for (int i = 0; i < 2 && p->short_waiting > 0; i++) {
        for (struct pace_ticket *t = all[i]->first; t != NULL; t = t->next) {
            if (t->shorts > 0) {
                t->rest_until_ms = 0;
                t->shorts = 1;
            }
        }
    }
}

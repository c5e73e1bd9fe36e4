/*
 * gate.c - lets connections begin when pace.c says so.
 *
 * Decides nothing.  Owns the timer.  Never calls a slot from inside a call of its own.
 */
#include "ssh/gate.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

struct gate {
    struct pace *pace;   /* owned */
    struct event *timer; /* owned */
    bool retry;
    void (*open)(void *arg);
};

static int64_t
now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Look once a turn of the loop, however much has happened: a look walks over all that wait. */
static void
look_soon(const struct gate *g)
{
    event_active(g->timer, EV_TIMEOUT, 0);
}

static void
arm(struct gate *g)
{
    const int64_t ms = pace_wait_ms(g->pace, now_ms());
    const struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};

    if (ms < 0) {
        (void)evtimer_del(g->timer);
    } else {
        (void)evtimer_add(g->timer, &tv);
    }
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct gate *g = arg;
    struct pace_ticket *t;

    (void)fd;
    (void)what;
    while ((t = pace_next(g->pace, now_ms())) != NULL) {
        g->open(t->arg);
    }
    arm(g);
}

struct gate *
gate_new(struct event_base *base, int32_t rate, uint64_t seed, bool retry, void (*open)(void *arg))
{
    struct gate *g = xcalloc(1, sizeof(*g));

    g->pace = pace_new(rate, seed);
    g->timer = evtimer_new(base, on_timer, g);
    assert(g->timer != NULL);
    g->retry = retry;
    g->open = open;
    return g;
}

void
gate_free(struct gate *g)
{
    if (g == NULL) {
        return;
    }
    event_free(g->timer);
    pace_free(g->pace);
    free(g);
}

void
gate_join(struct gate *g, struct pace_ticket *t, const char *key)
{
    pace_join(g->pace, now_ms(), t, key);
    look_soon(g);
}

bool
gate_over(struct gate *g, struct pace_ticket *t, enum pace_end end)
{
    if (t->state != PACE_UNDER_WAY) {
        return false;
    }
    const bool again = pace_over(g->pace, now_ms(), t, end, g->retry || end == PACE_SHORT);

    look_soon(g);
    return again;
}

void
gate_leave(struct gate *g, struct pace_ticket *t)
{
    pace_leave(g->pace, t);
    pace_freed(g->pace);
    look_soon(g);
}

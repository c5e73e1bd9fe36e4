/*
 * world.c - answers each order with the fact of its good end.
 *
 * Owns the orders that are under way, in a ring.  Decides nothing.
 */
#include "world.h"

#include "base/xalloc.h"
#include "core/rollout.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct world {
    struct rollout *rollout; /* owned */
    struct order *items;     /* owned: a ring of what is under way; its size is a power of two */
    size_t head, count, cap;
    int64_t now_ms;
    int64_t wake_ms; /* -1: nobody waits */
    bool over;
    struct told told;
};

double
world_now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
add(struct world *w, const struct order *o)
{
    if (w->count == w->cap) {
        (void)fprintf(stderr, "more than %zu orders under way\n", w->cap);
        abort();
    }
    w->items[(w->head + w->count++) & (w->cap - 1)] = *o;
}

static struct order
take(struct world *w)
{
    const struct order o = w->items[w->head];

    w->head = (w->head + 1) & (w->cap - 1);
    w->count--;
    return o;
}

static void
carry_out(struct world *w, const struct order *o)
{
    switch (o->kind) {
    case ORDER_CONNECT:
    case ORDER_RUN_STEP:
    case ORDER_PROBE:
    case ORDER_FINALLY:
    case ORDER_DISCONNECT:
        add(w, o);
        break;
    case ORDER_WAIT:
        w->wake_ms = o->value;
        break;
    case ORDER_FINISH:
        w->over = true;
        w->told.exit_code = (int)o->value;
        break;
    case ORDER_START:
    case ORDER_RELEASE:
    case ORDER_ROLLBACK:
    case ORDER_PARK:
    case ORDER_UNPARK:
    case ORDER_OUTCOME:
    case ORDER_WAVE_BEGIN:
    case ORDER_WAVE_END:
        break;
    }
}

static void
drain(struct world *w)
{
    struct order o;

    while (rollout_next(w->rollout, &o)) {
        w->told.orders++;
        carry_out(w, &o);
    }
    const int32_t active = rollout_active(w->rollout);
    if (active > w->told.most_active) {
        w->told.most_active = active;
    }
}

static void
tell(struct world *w, enum fact_kind kind, const struct order *o)
{
    const struct fact fact = {
        .kind = kind, .host = o->host, .step = o->step, .attempt = o->attempt};

    w->told.facts++;
    rollout_tell(w->rollout, w->now_ms, &fact);
    drain(w);
}

static void
end_well(struct world *w, const struct order *o)
{
    if (o->kind == ORDER_CONNECT) {
        tell(w, FACT_CONNECTED, o);
    } else if (o->kind == ORDER_RUN_STEP) {
        tell(w, FACT_STEP_SENT, o);
        tell(w, FACT_STEP_DONE, o);
    } else if (o->kind == ORDER_PROBE) {
        tell(w, FACT_PROBE_PASSED, o);
    } else if (o->kind == ORDER_FINALLY) {
        tell(w, FACT_FINALLY_DONE, o);
    } else {
        tell(w, FACT_DISCONNECTED, o);
    }
}

static void
wake(struct world *w)
{
    const struct order nobody = {.host = -1, .step = -1};

    if (w->wake_ms < 0) {
        (void)fprintf(stderr, "nothing is under way, and the run is not over\n");
        abort();
    }
    w->now_ms = w->wake_ms;
    tell(w, FACT_TICK, &nobody);
}

struct told
world_run(const struct plan *plan)
{
    const double begin_s = world_now_s();
    struct world w = {.rollout = rollout_new(plan, 0), .cap = 64, .wake_ms = -1};
    const double made_s = world_now_s();

    while (w.cap < (size_t)plan_slot_count(plan) * 8) {
        w.cap *= 2;
    }
    w.items = xcalloc(w.cap, sizeof(*w.items));
    drain(&w);
    while (!w.over) {
        if (w.count == 0) {
            wake(&w);
            continue;
        }
        const struct order o = take(&w);
        end_well(&w, &o);
    }
    w.told.new_s = made_s - begin_s;
    w.told.run_s = world_now_s() - made_s;
    rollout_free(w.rollout);
    free(w.items);
    return w.told;
}

/*
 * world.c - the clock of a run that does not exist: what comes next, and what the next turn takes.
 *
 * Facts lie in the inbox for a while, as they do in the app; all that came by then are told in one
 * turn, and orders are carried out after it.
 */
#include "sim/world_state.h"

#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world *
world_new(void)
{
    return xcalloc(1, sizeof(struct world));
}

void
world_free(struct world *w)
{
    if (w == NULL) {
        return;
    }
    events_release(&w->events);
    free(w->places);
    free(w->inbox.facts);
    free(w->taken.facts);
    free(w);
}

void
world_begin(struct world *w, const struct sim_case *c)
{
    const size_t hosts = (size_t)c->host_count;

    w->c = c;
    w->p.state = ~c->seed;
    w->now_ms = 0;
    w->tick_ms = INT64_MAX;
    w->inbox.count = 0;
    w->thinking = false;
    w->words = 0;
    w->broken[0] = '\0';
    events_clear(&w->events);
    if (hosts > w->places_cap) {
        free(w->places);
        w->places = xcalloc(hosts, sizeof(*w->places));
        w->places_cap = hosts;
    }
    memset(w->places, 0, hosts * sizeof(*w->places));
    for (size_t i = 0; i < hosts; i++) {
        w->places[i].slow = draw_chance(&w->p, c->trouble.slow_host);
    }
    for (int32_t i = 0; i < c->verb_count; i++) {
        const struct fact which = {.kind = FACT_VERB, .value = i};
        world_plan(w, c->verbs[i].at_ms, EVENT_VERB, 0, &which);
    }
}

int64_t
world_now_ms(const struct world *w)
{
    return w->now_ms;
}

uint64_t
world_draw(struct world *w, uint64_t bound)
{
    return prng_below(&w->p, bound);
}

const char *
world_broken(const struct world *w)
{
    return w->broken[0] == '\0' ? NULL : w->broken;
}

void
world_break(struct world *w, int32_t host, const char *what)
{
    if (w->broken[0] == '\0') {
        (void)snprintf(w->broken, sizeof(w->broken), "host %d %s", (int)host, what);
    }
}

void
world_plan(struct world *w, int64_t after_ms, enum event_kind kind, uint32_t age,
           const struct fact *fact)
{
    const struct event e = {.at_ms = w->now_ms + after_ms, .kind = kind, .age = age, .fact = *fact};

    events_add(&w->events, &e);
}

void
world_put(struct world *w, const struct fact *fact)
{
    if (w->inbox.count == 0) {
        w->turn_ms = w->now_ms + (int64_t)prng_below(&w->p, (uint64_t)w->c->turn_ms + 1);
    }
    w->inbox.facts = xgrow(w->inbox.facts, w->inbox.count, &w->inbox.cap, sizeof(*w->inbox.facts));
    w->inbox.facts[w->inbox.count++] = *fact;
}

/* Facts of a session do not say which one, and an attempt that was not started keeps its number:
 * the shell tells these once. */
static bool
may_stray(enum fact_kind kind)
{
    return kind != FACT_DISCONNECTED && kind != FACT_CONNECTION_LOST &&
           kind != FACT_STEP_NOT_STARTED && kind != FACT_STEP_SENT;
}

void
world_say(struct world *w, const struct fact *fact)
{
    struct fact again = *fact;

    world_put(w, fact);
    if (!may_stray(fact->kind) || !draw_chance(&w->p, w->c->trouble.stray)) {
        return;
    }
    switch (prng_below(&w->p, 8)) {
    case 0:
        again.host = (int32_t)DRAW(&w->p, -1, w->c->host_count, INT32_MAX, INT32_MIN);
        break;
    case 1:
        again.attempt += (int32_t)DRAW(&w->p, -1, 1000);
        break;
    case 2:
        again.step = (int32_t)DRAW(&w->p, -1, 99, INT32_MAX);
        break;
    case 3: /* of the next step of the list, as it was in an earlier round */
        if (again.kind == FACT_FINALLY_DONE) {
            again.step += 1;
            again.attempt -= 1;
        }
        break;
    case 4: /* nobody has asked for these */
        again.kind = draw_chance(&w->p, 500) ? FACT_RESUMED : FACT_VERDICT;
        break;
    default:
        break;
    }
    const uint64_t late_ms = (uint64_t)w->c->slow_ms * (uint64_t)DRAW(&w->p, 2, 4, 60);
    world_plan(w, (int64_t)prng_below(&w->p, late_ms + 1), EVENT_POST, 0, &again);
}

void
world_told(struct world *w, const struct fact *fact)
{
    if (fact->kind == FACT_DISCONNECTED && fact->host >= 0 && fact->host < w->c->host_count) {
        w->places[fact->host].closing = false;
    }
}

void
world_asked(struct world *w, const struct order *o)
{
    if (o->host < 0 || o->host >= w->c->host_count) {
        return;
    }
    struct place *h = &w->places[o->host];

    if (o->kind == ORDER_DISCONNECT) {
        if (h->closing) {
            world_break(w, o->host, "is asked to disconnect twice");
        }
        h->closing = true;
    } else if (o->kind == ORDER_CONNECT && h->closing) {
        world_break(w, o->host, "is asked to connect before it was told as disconnected");
    }
}

void
world_carry_out(struct world *w, const struct order *o)
{
    if (o->kind == ORDER_WAIT) {
        w->tick_ms = INT64_MAX;
        if (o->value >= 0) {
            w->tick_ms = o->value;
            if (draw_chance(&w->p, w->c->trouble.late_tick)) {
                w->tick_ms += (int64_t)prng_below(&w->p, (uint64_t)w->c->slow_ms + 5);
            }
        }
        return;
    }
    if (o->host >= 0) {
        place_carry_out(w, o);
    }
}

static void
happen(struct world *w, const struct rollout *r, const struct event *e)
{
    switch (e->kind) {
    case EVENT_POST:
        world_put(w, &e->fact);
        break;
    case EVENT_VERB:
        operator_verb(w, r, e->fact.value);
        break;
    case EVENT_OPERATOR:
        operator_speak(w, r);
        break;
    case EVENT_CONNECT_ENDS:
    case EVENT_STEP_SENT:
    case EVENT_JOB_ENDS:
    case EVENT_DROPS:
    case EVENT_CLOSED:
        place_happen(w, e);
        break;
    }
}

static void
put_tick(struct world *w)
{
    const struct fact tick = {.kind = FACT_TICK, .host = -1, .step = -1};

    world_put(w, &tick);
    w->turn_ms = w->now_ms;
}

static void
take_mail(struct world *w, const struct fact **ret_facts, size_t *ret_count)
{
    const struct mail taken = w->taken;

    if (draw_chance(&w->p, w->c->trouble.odd_tick)) {
        put_tick(w);
    }
    w->taken = w->inbox;
    w->inbox = taken;
    w->inbox.count = 0;
    *ret_facts = w->taken.facts;
    *ret_count = w->taken.count;
}

static int64_t
later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

bool
world_turn(struct world *w, const struct rollout *r, const struct fact **ret_facts,
           size_t *ret_count)
{
    for (;;) {
        const int64_t turn_ms = w->inbox.count > 0 ? w->turn_ms : INT64_MAX;
        const int64_t event_ms = events_next_ms(&w->events);

        if (turn_ms == INT64_MAX && event_ms == INT64_MAX && w->tick_ms == INT64_MAX) {
            return false;
        }
        if (turn_ms <= event_ms && turn_ms <= w->tick_ms) {
            w->now_ms = later(w->now_ms, turn_ms);
            take_mail(w, ret_facts, ret_count);
            return true;
        }
        if (w->tick_ms <= event_ms) {
            w->now_ms = later(w->now_ms, w->tick_ms);
            w->tick_ms = INT64_MAX;
            put_tick(w);
            continue;
        }
        w->now_ms = later(w->now_ms, event_ms);
        const struct event e = events_take(&w->events);
        happen(w, r, &e);
    }
}

void
world_watch(struct world *w, const struct rollout *r)
{
    const enum run_state state = rollout_state(r);

    if (w->thinking || (state != RUN_PAUSED && state != RUN_PROMOTING)) {
        return;
    }
    const struct fact none = {.kind = FACT_VERB};
    w->thinking = true;
    world_plan(w, (int64_t)prng_below(&w->p, (uint64_t)w->c->operator_ms + 1), EVENT_OPERATOR, 0,
               &none);
}

void
world_end(struct world *w)
{
    for (int32_t i = 0; i < w->c->host_count; i++) {
        if (w->places[i].session != SESSION_NONE) {
            world_break(w, i, "has a session that was never closed");
        } else if (w->places[i].job != JOB_NONE) {
            world_break(w, i, "has something under way that was never ended");
        }
    }
}

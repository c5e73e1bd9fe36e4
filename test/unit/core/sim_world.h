/*
 * sim_world.h - hosts that do not exist: takes orders, answers facts, keeps a virtual clock.
 *
 * Behaves as pool and local children do: one session and one step a host, facts in the order in
 * which things happened, the end of a step before the end of its session.  Draws every answer from
 * the seed.  Knows nothing of what the scheduler should do.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "base/xalloc.h"
#include "unit/core/sim_case.h"

#include <stdlib.h>

enum sim_session { SESSION_NONE, SESSION_CONNECTING, SESSION_OPEN, SESSION_CLOSING };

struct sim_host {
    enum sim_session session;
    uint32_t session_age; /* things planned for an earlier one do not happen */
    uint32_t job_age;
    bool job, job_local, job_sent, job_finally, job_probe;
    int32_t step, attempt;
};

enum sim_what { SIM_POST, SIM_CONNECT_ENDS, SIM_STEP_SENT, SIM_STEP_ENDS, SIM_DROPS, SIM_CLOSED };

struct sim_event {
    int64_t at_ms;
    uint64_t number; /* breaks ties: first planned, first to happen */
    enum sim_what what;
    uint32_t age;
    struct fact fact;
};

struct sim_world {
    const struct sim_case *c; /* borrowed */
    struct prng p;
    int64_t now_ms, wait_ms;
    struct sim_host hosts[SIM_HOSTS_MAX];
    struct sim_event *events; /* owned, in no order */
    size_t event_count, event_cap;
    uint64_t numbers;
    struct fact *inbox; /* owned: what the next turn takes */
    size_t inbox_count, inbox_cap;
    int64_t turn_ms;
    const char *broken; /* an order no shell could carry out */
};

static void
world_plan(struct sim_world *w, int64_t after_ms, enum sim_what what, uint32_t age,
           struct fact fact)
{
    w->events = xgrow(w->events, w->event_count, &w->event_cap, sizeof(*w->events));
    w->events[w->event_count++] = (struct sim_event){.at_ms = w->now_ms + after_ms,
                                                     .number = w->numbers++,
                                                     .what = what,
                                                     .age = age,
                                                     .fact = fact};
}

static void
world_init(struct sim_world *w, const struct sim_case *c)
{
    memset(w, 0, sizeof(*w));
    w->c = c;
    w->p.state = ~c->seed;
    w->wait_ms = -1;
    for (int i = 0; i < c->verb_count; i++) {
        world_plan(w, c->verbs[i].at_ms, SIM_POST, 0,
                   (struct fact){.kind = FACT_VERB, .host = -1, .verb = c->verbs[i].verb});
    }
}

static void
world_release(struct sim_world *w)
{
    free(w->events);
    free(w->inbox);
}

static int64_t
world_takes_ms(struct sim_world *w)
{
    return (int64_t)prng_below(&w->p, (uint64_t)w->c->slow_ms + 1);
}

static void
world_put(struct sim_world *w, struct fact fact)
{
    if (w->inbox_count == 0) {
        w->turn_ms = w->now_ms + (int64_t)prng_below(&w->p, 6);
    }
    w->inbox = xgrow(w->inbox, w->inbox_count, &w->inbox_cap, sizeof(*w->inbox));
    w->inbox[w->inbox_count++] = fact;
}

/* Facts that say which attempt they belong to may come once more, late.  Those of a session do not
 * say it, and an attempt that was not started keeps its number: the shell tells them once. */
static void
world_say(struct sim_world *w, struct fact fact)
{
    world_put(w, fact);
    if (fact.kind == FACT_DISCONNECTED || fact.kind == FACT_CONNECTION_LOST ||
        fact.kind == FACT_STEP_NOT_STARTED || !sim_chance(&w->p, w->c->stray_trouble)) {
        return;
    }
    if (sim_chance(&w->p, 300)) {
        fact.host = (int32_t)SIM_PICK(&w->p, -1, w->c->host_count, INT32_MAX, INT32_MIN);
    } else if (sim_chance(&w->p, 300)) {
        fact.attempt += (int32_t)SIM_PICK(&w->p, -1, 1000);
    }
    world_plan(w, world_takes_ms(w), SIM_POST, 0, fact);
}

/* ---- things that happen */

static void
world_session_gone(struct sim_world *w, int32_t host, enum fact_kind how)
{
    w->hosts[host].session = SESSION_NONE;
    w->hosts[host].session_age++;
    world_say(w, (struct fact){.kind = how,
                               .host = host,
                               .cause = how == FACT_CONNECTION_LOST ? CAUSE_LOST : CAUSE_NONE});
}

static void
world_step_ends(struct sim_world *w, int32_t host, struct fact end)
{
    struct sim_host *h = &w->hosts[host];
    const bool takes_session =
        end.kind != FACT_STEP_DONE && end.kind != FACT_PROBE_PASSED && !h->job_local &&
        (end.cause == CAUSE_LOST || end.cause == CAUSE_DEADLINE || end.cause == CAUSE_IDLE) &&
        h->session == SESSION_OPEN;

    h->job = false;
    h->job_age++;
    end.host = host;
    end.step = h->step;
    end.attempt = h->attempt;
    if (h->job_finally) {
        end.kind = FACT_FINALLY_DONE;
    } else if (h->job_probe && end.kind != FACT_PROBE_PASSED) {
        end.kind = FACT_PROBE_FAILED;
        end.signal = 0;
    }
    world_say(w, end);
    if (takes_session) {
        world_session_gone(w, host, FACT_CONNECTION_LOST);
    }
}

/* The session ends under a step, or without one. */
static void
world_session_ends(struct sim_world *w, int32_t host, enum fact_kind how, enum cause cause)
{
    struct sim_host *h = &w->hosts[host];

    h->session = SESSION_NONE;
    if (h->job && !h->job_local) {
        world_step_ends(w, host,
                        (struct fact){.kind = h->job_sent && !sim_chance(&w->p, 200)
                                                  ? FACT_STEP_UNKNOWN
                                                  : FACT_STEP_NOT_STARTED,
                                      .cause = cause});
    }
    world_session_gone(w, host, how);
}

static void
world_connect_ends(struct sim_world *w, const struct fact *fact)
{
    struct sim_host *h = &w->hosts[fact->host];

    if (fact->kind != FACT_CONNECTED) {
        h->session = SESSION_NONE;
        h->session_age++;
        world_say(w, *fact);
        return;
    }
    h->session = SESSION_OPEN;
    world_say(w, *fact);
    if (sim_chance(&w->p, w->c->drop_trouble)) {
        world_plan(w, world_takes_ms(w), SIM_DROPS, h->session_age, *fact);
    }
}

static void
world_happen(struct sim_world *w, const struct sim_event *e)
{
    const int32_t host = e->fact.host;

    switch (e->what) {
    case SIM_POST:
        world_put(w, e->fact);
        break;
    case SIM_CONNECT_ENDS:
        if (e->age == w->hosts[host].session_age) {
            world_connect_ends(w, &e->fact);
        }
        break;
    case SIM_STEP_SENT:
        if (e->age == w->hosts[host].job_age && !w->hosts[host].job_sent) {
            w->hosts[host].job_sent = true;
            if (!w->hosts[host].job_finally && !w->hosts[host].job_probe) {
                world_say(w, e->fact);
            }
        }
        break;
    case SIM_STEP_ENDS:
        if (e->age == w->hosts[host].job_age) {
            world_step_ends(w, host, e->fact);
        }
        break;
    case SIM_DROPS:
        if (e->age == w->hosts[host].session_age) {
            world_session_ends(w, host, FACT_CONNECTION_LOST, CAUSE_LOST);
        }
        break;
    case SIM_CLOSED:
        world_session_ends(w, host, FACT_DISCONNECTED, CAUSE_KILLED);
        break;
    }
}

/* ---- orders carried out */

static void
world_connect(struct sim_world *w, const struct order *o)
{
    static const enum cause causes[] = {
        CAUSE_NAME,    CAUSE_NAME_TEMPORARY, CAUSE_CONNECT, CAUSE_KEX,
        CAUSE_HOSTKEY, CAUSE_AUTH,           CAUSE_AUTH,    CAUSE_LOST};
    struct sim_host *h = &w->hosts[o->host];
    struct fact f = {.kind = FACT_CONNECTED, .host = o->host, .attempt = o->attempt};

    if (h->session != SESSION_NONE) {
        w->broken = "connect: the host has a session";
        return;
    }
    h->session = SESSION_CONNECTING;
    h->session_age++;
    if (sim_chance(&w->p, w->c->connect_trouble)) {
        f.kind = sim_chance(&w->p, 150) ? FACT_THROTTLED : FACT_CONNECT_FAILED;
        f.cause = f.kind == FACT_THROTTLED
                      ? CAUSE_CONNECT
                      : causes[prng_below(&w->p, sizeof(causes) / sizeof(causes[0]))];
    }
    world_plan(w, world_takes_ms(w), SIM_CONNECT_ENDS, h->session_age, f);
}

/* How a step will end, if nothing comes between. */
static struct fact
world_end_of_step(struct sim_world *w, bool local)
{
    struct fact f = {.kind = FACT_STEP_DONE};

    if (!sim_chance(&w->p, w->c->step_trouble)) {
        return f;
    }
    switch (prng_below(&w->p, 6)) {
    case 0:
        f.kind = FACT_STEP_NOT_STARTED;
        f.cause = local ? CAUSE_LOCAL
                        : (enum cause)SIM_PICK(&w->p, CAUSE_REFUSED, CAUSE_REFUSED, CAUSE_LOST,
                                               CAUSE_NO_HEADER, CAUSE_LOCAL);
        break;
    case 1:
        if (local) {
            f.signal = 9;
            break;
        }
        f.kind = FACT_STEP_UNKNOWN;
        f.cause =
            (enum cause)SIM_PICK(&w->p, CAUSE_LOST, CAUSE_DEADLINE, CAUSE_IDLE, CAUSE_NO_STATUS);
        break;
    case 2:
        f.kind = FACT_STEP_SKIPPED;
        break;
    case 3:
        f.signal = 15;
        break;
    default:
        f.exit_code = (int32_t)SIM_PICK(&w->p, 1, 3, 3, 255, 256, -1);
        break;
    }
    return f;
}

static struct fact
world_end_of_probe(struct sim_world *w)
{
    const uint64_t trouble = w->c->step_trouble;

    if (!sim_chance(&w->p, trouble)) {
        return (struct fact){.kind = FACT_PROBE_PASSED};
    }
    return (struct fact){.kind = FACT_PROBE_FAILED,
                         .cause = (enum cause)SIM_PICK(&w->p, CAUSE_NONE, CAUSE_NONE, CAUSE_REFUSED,
                                                       CAUSE_LOST, CAUSE_DEADLINE, CAUSE_IDLE)};
}

static void
world_run(struct sim_world *w, const struct order *o, bool local)
{
    struct sim_host *h = &w->hosts[o->host];
    const int64_t sent_ms = world_takes_ms(w);
    struct fact end = o->kind == ORDER_PROBE ? world_end_of_probe(w) : world_end_of_step(w, local);
    const struct fact sent = {
        .kind = FACT_STEP_SENT, .host = o->host, .step = o->step, .attempt = o->attempt};

    if (h->job) {
        w->broken = "run: a step is under way";
        return;
    }
    h->job = true;
    h->job_local = local;
    h->job_sent = false;
    h->job_finally = o->kind == ORDER_FINALLY;
    h->job_probe = o->kind == ORDER_PROBE;
    h->job_age++;
    h->step = o->step;
    h->attempt = o->attempt;
    end.host = o->host;
    if (!local && h->session != SESSION_OPEN) {
        end = (struct fact){.kind = FACT_STEP_NOT_STARTED, .host = o->host, .cause = CAUSE_LOST};
        world_plan(w, 0, SIM_STEP_ENDS, h->job_age, end);
        return;
    }
    const bool headless = !local && (end.cause == CAUSE_NO_HEADER || end.cause == CAUSE_LOST) &&
                          sim_chance(&w->p, 500);
    if ((end.kind != FACT_STEP_NOT_STARTED || headless) && !sim_chance(&w->p, 20)) {
        world_plan(w, sent_ms, SIM_STEP_SENT, h->job_age, sent);
    }
    world_plan(w, sent_ms + world_takes_ms(w), SIM_STEP_ENDS, h->job_age, end);
}

static void
world_disconnect(struct sim_world *w, int32_t host)
{
    struct sim_host *h = &w->hosts[host];
    const struct fact at = {.kind = FACT_STEP_DONE, .host = host, .signal = 9};

    if (h->job && h->job_probe && h->job_local && sim_chance(&w->p, 500)) {
        h->job = false; /* taken back without a word: the end of the session says it */
        h->job_age++;
    }
    if (h->job && h->job_local) {
        h->job_age++;
        world_plan(w, world_takes_ms(w), SIM_STEP_ENDS, h->job_age, at);
    } else if (h->session == SESSION_NONE) {
        world_plan(w, 0, SIM_POST, 0, (struct fact){.kind = FACT_DISCONNECTED, .host = host});
    } else if (h->session != SESSION_CLOSING) {
        h->session = SESSION_CLOSING;
        h->session_age++;
        world_plan(w, (int64_t)prng_below(&w->p, 3), SIM_CLOSED, 0, at);
    }
}

static void
world_carry_out(struct sim_world *w, const struct order *o)
{
    switch (o->kind) {
    case ORDER_CONNECT:
        world_connect(w, o);
        break;
    case ORDER_RUN_STEP:
        world_run(w, o, w->c->steps[o->step].local);
        break;
    case ORDER_FINALLY:
        world_run(w, o, w->c->finally_steps[o->step].local);
        break;
    case ORDER_PROBE:
        world_run(w, o, w->c->checks[o->step].local);
        break;
    case ORDER_DISCONNECT:
        world_disconnect(w, o->host);
        break;
    case ORDER_WAIT:
        w->wait_ms = o->value;
        break;
    case ORDER_START:
    case ORDER_RELEASE:
    case ORDER_FINISH:
        break;
    case ORDER_ROLLBACK:
    case ORDER_PARK:
    case ORDER_UNPARK:
    case ORDER_OUTCOME:
    case ORDER_WAVE_BEGIN:
    case ORDER_WAVE_END:
        w->broken = "an order that is not built yet";
        break;
    }
}

/* Move the clock to what comes next and let it happen; false when nothing ever will. */
static bool
world_advance(struct sim_world *w)
{
    size_t first = 0;

    for (size_t i = 1; i < w->event_count; i++) {
        const struct sim_event *a = &w->events[i];
        const struct sim_event *b = &w->events[first];
        if (a->at_ms < b->at_ms || (a->at_ms == b->at_ms && a->number < b->number)) {
            first = i;
        }
    }
    const int64_t event_ms = w->event_count > 0 ? w->events[first].at_ms : INT64_MAX;
    const int64_t wait_ms = w->wait_ms >= 0 ? w->wait_ms : INT64_MAX;
    const int64_t turn_ms = w->inbox_count > 0 ? w->turn_ms : INT64_MAX;

    if (turn_ms == INT64_MAX && event_ms == INT64_MAX && wait_ms == INT64_MAX) {
        return false;
    }
    if (turn_ms <= event_ms && turn_ms <= wait_ms) {
        w->now_ms = turn_ms > w->now_ms ? turn_ms : w->now_ms;
        return true;
    }
    if (wait_ms <= event_ms) {
        w->now_ms = wait_ms > w->now_ms ? wait_ms : w->now_ms;
        w->wait_ms = -1;
        world_put(w, (struct fact){.kind = FACT_TICK, .host = -1});
        return true;
    }
    const struct sim_event e = w->events[first];
    w->events[first] = w->events[--w->event_count];
    w->now_ms = e.at_ms > w->now_ms ? e.at_ms : w->now_ms;
    world_happen(w, &e);
    return true;
}

#endif

/*
 * exhaust_world.c - what can happen next, and what an order makes of the tiny world.
 */
#include "sim/exhaust_world.h"

#include <string.h>

void
tiny_begin(struct tiny_world *w, int32_t bad, int32_t ticks)
{
    memset(w, 0, sizeof(*w));
    w->wait_ms = -1;
    w->bad_left = bad;
    w->ticks_left = ticks;
}

/* ---- events */

struct list {
    const struct tiny_world *w; /* borrowed */
    struct tiny_event *events;  /* borrowed */
    int count;
    bool ahead; /* hosts are connected ahead: more can go wrong with a connection */
};

static struct tiny_event *
add(struct list *l, struct fact fact)
{
    struct tiny_event *e = &l->events[l->count++];

    e->facts[0] = fact;
    e->count = 1;
    e->now_ms = l->w->now_ms;
    e->after = *l->w;
    return e;
}

/* One that goes wrong, if anything still may; nobody sees the event otherwise. */
static struct tiny_event *
add_bad(struct list *l, struct fact fact, struct tiny_event *nowhere)
{
    if (l->w->bad_left == 0) {
        return nowhere;
    }
    struct tiny_event *e = add(l, fact);

    e->after.bad_left--;
    return e;
}

static void
connect_events(struct list *l, int32_t host)
{
    const struct tiny_host *h = &l->w->hosts[host];
    struct fact f = {.kind = FACT_CONNECTED, .host = host, .step = -1, .attempt = h->connect};
    struct tiny_event nowhere;

    add(l, f)->after.hosts[host].session = TINY_OPEN;
    f.kind = FACT_CONNECT_FAILED;
    f.cause = CAUSE_CONNECT;
    add_bad(l, f, &nowhere)->after.hosts[host].session = TINY_NONE;
    if (l->ahead) {
        f.cause = CAUSE_AUTH;
        add_bad(l, f, &nowhere)->after.hosts[host].session = TINY_NONE;
        f.kind = FACT_THROTTLED;
        f.cause = CAUSE_CONNECT;
        add_bad(l, f, &nowhere)->after.hosts[host].session = TINY_NONE;
    }
}

/* The session goes with the thing that was under way: both facts lie in the inbox. */
static void
lose(struct tiny_event *e, int32_t host)
{
    e->facts[e->count++] =
        (struct fact){.kind = FACT_CONNECTION_LOST, .host = host, .step = -1, .cause = CAUSE_LOST};
    e->after.hosts[host].session = TINY_NONE;
}

/* One that waits for its start goes by itself. */
static void
lost_event(struct list *l, int32_t host)
{
    struct tiny_event nowhere;
    struct tiny_event *e = add_bad(
        l,
        (struct fact){.kind = FACT_CONNECTION_LOST, .host = host, .step = -1, .cause = CAUSE_LOST},
        &nowhere);

    e->after.hosts[host].session = TINY_NONE;
}

static struct tiny_event *
end_job(struct tiny_event *e, int32_t host)
{
    e->after.hosts[host].job = TINY_IDLE;
    e->after.hosts[host].sent = false;
    return e;
}

static void
step_events(struct list *l, int32_t host)
{
    const struct tiny_host *h = &l->w->hosts[host];
    struct fact f = {.host = host, .step = h->step, .attempt = h->attempt};
    struct tiny_event nowhere;

    if (!h->sent) {
        f.kind = FACT_STEP_SENT;
        add(l, f)->after.hosts[host].sent = true;
        f.kind = FACT_STEP_NOT_STARTED;
        f.cause = h->local ? CAUSE_LOCAL : CAUSE_REFUSED;
        (void)end_job(add_bad(l, f, &nowhere), host);
        return; /* a step that ends without having been sent is one fact less */
    }
    f.kind = FACT_STEP_DONE;
    (void)end_job(add(l, f), host);
    f.exit_code = 1;
    (void)end_job(add_bad(l, f, &nowhere), host);
    f.exit_code = 0;
    f.kind = FACT_STEP_UNKNOWN;
    f.cause = CAUSE_LOST;
    if (!h->local) {
        nowhere.count = 0;
        lose(end_job(add_bad(l, f, &nowhere), host), host);
    }
}

static void
other_events(struct list *l, int32_t host)
{
    const struct tiny_host *h = &l->w->hosts[host];
    const bool probe = h->job == TINY_PROBE;
    struct fact f = {.kind = probe ? FACT_PROBE_PASSED : FACT_FINALLY_DONE,
                     .host = host,
                     .step = h->step,
                     .attempt = h->attempt};
    struct tiny_event nowhere;
    const bool may_run = h->local || h->session == TINY_OPEN;

    if (may_run) {
        (void)end_job(add(l, f), host);
    }
    f.kind = probe ? FACT_PROBE_FAILED : FACT_FINALLY_DONE;
    f.exit_code = may_run ? 1 : 0;
    f.cause = may_run ? CAUSE_NONE : CAUSE_LOST;
    (void)end_job(may_run ? add_bad(l, f, &nowhere) : add(l, f), host);
}

/* What was asked to close: the thing under way ends with it, if it did not before. */
static void
closed_event(struct list *l, int32_t host)
{
    const struct tiny_host *h = &l->w->hosts[host];
    struct fact f = {.kind = FACT_DISCONNECTED, .host = host, .step = -1};
    struct fact end = {.host = host, .step = h->step, .attempt = h->attempt, .cause = CAUSE_KILLED};
    struct tiny_event *e = add(l, f);

    e->after.hosts[host].session = TINY_NONE;
    e->after.hosts[host].closing = false;
    if (h->job == TINY_STEP || h->job == TINY_FINALLY) {
        end.kind = h->job == TINY_FINALLY ? FACT_FINALLY_DONE
                   : h->sent              ? FACT_STEP_UNKNOWN
                                          : FACT_STEP_NOT_STARTED;
        e->facts[0] = end;
        e->facts[1] = f;
        e->count = 2;
    }
    (void)end_job(e, host);
}

static void
host_events(struct list *l, int32_t host)
{
    const struct tiny_host *h = &l->w->hosts[host];

    if (h->closing) {
        closed_event(l, host);
    }
    if (h->ahead && h->session == TINY_OPEN && !h->closing) {
        lost_event(l, host);
    }
    if (h->session == TINY_CONNECTING) {
        connect_events(l, host);
    } else if (h->job == TINY_STEP) {
        step_events(l, host);
    } else if (h->job != TINY_IDLE) {
        other_events(l, host);
    }
}

int
tiny_events(const struct tiny_world *w, const struct sim_case *c, bool waits,
            struct tiny_event *ret_events)
{
    struct list l = {.w = w, .events = ret_events, .ahead = c->policy.ahead_max > 0};

    for (int32_t i = 0; i < c->host_count; i++) {
        host_events(&l, i);
    }
    if (w->wait_ms >= 0 && (w->ticks_left > 0 || (l.count == 0 && !waits))) {
        struct tiny_event *e = add(&l, (struct fact){.kind = FACT_TICK, .host = -1, .step = -1});
        e->now_ms = e->after.now_ms = w->wait_ms > w->now_ms ? w->wait_ms : w->now_ms;
        e->after.ticks_left -= w->ticks_left > 0;
        e->after.wait_ms = -1;
    }
    return l.count;
}

/* ---- orders */

static const char *
begin_job(struct tiny_host *h, enum tiny_job job, const struct order *o, bool local)
{
    if (h->job != TINY_IDLE || h->session == TINY_CONNECTING) {
        return "it is asked to do something while something is under way";
    }
    if (h->closing) {
        return "it is asked to do something while it is being closed";
    }
    if (!local && h->session != TINY_OPEN && job != TINY_FINALLY) {
        return "it is asked to do something without a session";
    }
    h->job = job;
    h->local = local;
    h->sent = false;
    h->step = o->step;
    h->attempt = o->attempt;
    return NULL;
}

static const char *
begin_connect(struct tiny_host *h, const struct order *o)
{
    if (h->session != TINY_NONE || h->closing) {
        return "it is asked to connect, and has a session";
    }
    h->session = TINY_CONNECTING;
    h->ahead = o->slot < 0 && o->attempt == 1;
    h->connect = o->attempt;
    return NULL;
}

static const char *
carry_out_at(struct tiny_host *h, const struct sim_case *c, const struct order *o, bool rolling)
{
    switch (o->kind) {
    case ORDER_CONNECT:
        return begin_connect(h, o);
    case ORDER_RUN_STEP:
        return begin_job(h, TINY_STEP, o,
                         rolling ? c->rollback_steps[o->step].local : c->steps[o->step].local);
    case ORDER_FINALLY:
        return begin_job(h, TINY_FINALLY, o, c->finally_steps[o->step].local);
    case ORDER_PROBE:
        return begin_job(h, TINY_PROBE, o, c->checks[o->step].local);
    case ORDER_DISCONNECT:
        if (h->closing) {
            return "it is asked to disconnect twice";
        }
        h->closing = true;
        break;
    case ORDER_START:
        h->ahead = false;
        break;
    case ORDER_WAIT:
    case ORDER_FINISH:
    case ORDER_RELEASE:
    case ORDER_ROLLBACK:
    case ORDER_PARK:
    case ORDER_UNPARK:
    case ORDER_OUTCOME:
    case ORDER_WAVE_BEGIN:
    case ORDER_WAVE_END:
        break;
    }
    return NULL;
}

const char *
tiny_carry_out(struct tiny_world *w, const struct sim_case *c, const struct order *o, bool rolling)
{
    if (o->kind == ORDER_WAIT) {
        w->wait_ms = o->value;
    }
    w->finished |= o->kind == ORDER_FINISH;
    return o->host < 0 ? NULL : carry_out_at(&w->hosts[o->host], c, o, rolling);
}

static uint64_t
mix(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return sum ^ sum >> 31;
}

uint64_t
tiny_sum(const struct tiny_world *w, int32_t hosts)
{
    uint64_t sum = mix((uint64_t)w->wait_ms, (uint64_t)w->now_ms);

    sum = mix(sum, (uint64_t)w->bad_left << 32 | (uint64_t)w->ticks_left << 2 |
                       (uint64_t)w->verb_said << 1 | (uint64_t)w->finished);
    for (int32_t i = 0; i < hosts; i++) {
        const struct tiny_host *h = &w->hosts[i];
        sum = mix(sum, (uint64_t)h->session << 32 | (uint64_t)h->job << 8 | (uint64_t)h->local |
                           (uint64_t)h->sent << 1 | (uint64_t)h->closing << 2 |
                           (uint64_t)h->ahead << 3);
        sum = mix(sum, (uint64_t)h->step << 32 | (uint32_t)h->attempt);
        sum = mix(sum, (uint64_t)h->connect);
    }
    return sum;
}

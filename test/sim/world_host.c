/*
 * world_host.c - one host: its session, and the one thing that runs on it.
 *
 * A remote thing needs the session and ends with it; a local one does not.  What ends is told
 * before the end of the session it ran over.
 */
#include "sim/world_state.h"

static const struct plan_step *
step_of(const struct world *w, const struct order *o)
{
    if (o->kind == ORDER_FINALLY) {
        return &w->c->finally_steps[o->step];
    }
    return w->places[o->host].rolling ? &w->c->rollback_steps[o->step] : &w->c->steps[o->step];
}

static int64_t
takes_ms(struct world *w, int32_t host)
{
    const uint64_t most = (uint64_t)w->c->slow_ms * (w->places[host].slow ? 10 : 1);

    return (int64_t)prng_below(&w->p, most + 1);
}

/* ---- ends */

static void
say_host(struct world *w, int32_t host, enum fact_kind kind, enum cause cause)
{
    const struct fact f = {.kind = kind, .host = host, .step = -1, .cause = cause};

    world_say(w, &f);
}

static void
session_gone(struct world *w, int32_t host, enum fact_kind how)
{
    w->places[host].session = SESSION_NONE;
    w->places[host].session_age++;
    say_host(w, host, how, how == FACT_CONNECTION_LOST ? CAUSE_LOST : CAUSE_NONE);
}

static bool
takes_session(const struct place *h, const struct fact *end)
{
    return !h->job_local && h->session == SESSION_OPEN &&
           (end->cause == CAUSE_LOST || end->cause == CAUSE_DEADLINE || end->cause == CAUSE_IDLE);
}

static void
job_ends(struct world *w, int32_t host, const struct fact *how)
{
    struct place *h = &w->places[host];
    struct fact end = *how;
    const bool gone = takes_session(h, how);

    end.host = host;
    end.step = h->step;
    end.attempt = h->attempt;
    if (h->job == JOB_FINALLY) {
        end.kind = FACT_FINALLY_DONE;
    } else if (h->job == JOB_PROBE && end.kind != FACT_PROBE_PASSED) {
        end.kind = FACT_PROBE_FAILED;
        end.signal = 0;
        end.exit_code = 0;
    }
    h->job = JOB_NONE;
    h->job_age++;
    world_say(w, &end);
    if (gone) {
        session_gone(w, host, FACT_CONNECTION_LOST);
    }
}

/* How a thing ends whose session goes. */
static struct fact
broken_end(struct world *w, const struct place *h, enum cause cause)
{
    if (h->job_local) {
        return (struct fact){.kind = FACT_STEP_DONE, .signal = (int32_t)DRAW(&w->p, 9, 9, 15, 0)};
    }
    return (struct fact){.kind = h->job_sent && !draw_chance(&w->p, 200) ? FACT_STEP_UNKNOWN
                                                                         : FACT_STEP_NOT_STARTED,
                         .cause = cause};
}

static void
drops(struct world *w, int32_t host)
{
    struct place *h = &w->places[host];

    h->session = SESSION_NONE;
    if (h->job != JOB_NONE && !h->job_local) {
        const struct fact end = broken_end(w, h, CAUSE_LOST);
        job_ends(w, host, &end);
    }
    session_gone(w, host, FACT_CONNECTION_LOST);
}

static void
closed(struct world *w, int32_t host)
{
    struct place *h = &w->places[host];

    if (h->session == SESSION_CLOSING) {
        h->session = SESSION_NONE;
    }
    if (h->job != JOB_NONE && h->job_age == h->closing_age) {
        if (h->job == JOB_PROBE && draw_chance(&w->p, 500)) {
            h->job = JOB_NONE; /* taken back without a word */
            h->job_age++;
        } else {
            const struct fact end = broken_end(w, h, CAUSE_KILLED);
            job_ends(w, host, &end);
        }
    }
    session_gone(w, host, FACT_DISCONNECTED);
}

static void
connect_ends(struct world *w, const struct fact *f)
{
    struct place *h = &w->places[f->host];
    const struct fact none = {.host = f->host};

    h->session = f->kind == FACT_CONNECTED ? SESSION_OPEN : SESSION_NONE;
    if (h->session == SESSION_NONE) {
        h->session_age++;
    } else if (draw_chance(&w->p, w->c->trouble.drop)) {
        world_plan(w, takes_ms(w, f->host) * 2, EVENT_DROPS, h->session_age, &none);
    }
    world_say(w, f);
}

void
place_happen(struct world *w, const struct event *e)
{
    const int32_t host = e->fact.host;
    struct place *h = &w->places[host];
    const bool job = e->kind == EVENT_STEP_SENT || e->kind == EVENT_JOB_ENDS;

    if (e->kind == EVENT_CLOSED) {
        closed(w, host);
        return;
    }
    if (e->age != (job ? h->job_age : h->session_age)) {
        return; /* of an earlier one */
    }
    if (e->kind == EVENT_CONNECT_ENDS) {
        connect_ends(w, &e->fact);
    } else if (e->kind == EVENT_DROPS) {
        drops(w, host);
    } else if (e->kind == EVENT_JOB_ENDS) {
        job_ends(w, host, &e->fact);
    } else {
        h->job_sent = true;
        if (h->job == JOB_STEP) {
            world_say(w, &e->fact);
        }
    }
}

/* ---- beginnings */

static enum cause
connect_cause(struct world *w)
{
    if (draw_chance(&w->p, w->c->trouble.denied)) {
        return CAUSE_AUTH;
    }
    return (enum cause)DRAW(&w->p, CAUSE_NAME, CAUSE_NAME_TEMPORARY, CAUSE_NAME_TEMPORARY,
                            CAUSE_CONNECT, CAUSE_CONNECT, CAUSE_CONNECT, CAUSE_KEX, CAUSE_HOSTKEY,
                            CAUSE_LOST, CAUSE_LOST);
}

static void
begin_connect(struct world *w, const struct order *o)
{
    struct place *h = &w->places[o->host];
    struct fact f = {.kind = FACT_CONNECTED, .host = o->host, .step = -1, .attempt = o->attempt};
    int64_t after_ms = takes_ms(w, o->host);

    if (h->session != SESSION_NONE) {
        world_break(w, o->host, "is asked to connect, and has a session");
        return;
    }
    h->session = SESSION_CONNECTING;
    h->session_age++;
    if (draw_chance(&w->p, w->c->trouble.stall)) {
        f.kind = FACT_CONNECT_FAILED;
        f.cause = CAUSE_CONNECT;
        after_ms = w->c->stall_ms;
    } else if (draw_chance(&w->p, w->c->trouble.connect)) {
        f.kind = draw_chance(&w->p, w->c->trouble.throttled) ? FACT_THROTTLED : FACT_CONNECT_FAILED;
        f.cause = f.kind == FACT_THROTTLED ? CAUSE_CONNECT : connect_cause(w);
    }
    world_plan(w, after_ms, EVENT_CONNECT_ENDS, h->session_age, &f);
}

static int32_t
good_code(const struct plan_step *s)
{
    for (int32_t i = 0; i < 256; i++) {
        if ((s->ok_codes[i / 8] >> (i % 8) & 1) != 0) {
            return i;
        }
    }
    return 0;
}

static struct fact
bad_end(struct world *w, const struct plan_step *s)
{
    struct fact f = {.kind = FACT_STEP_DONE};

    if (!s->local && draw_chance(&w->p, w->c->trouble.unknown)) {
        f.kind = FACT_STEP_UNKNOWN;
        f.cause = (enum cause)DRAW(&w->p, CAUSE_LOST, CAUSE_LOST, CAUSE_DEADLINE, CAUSE_IDLE,
                                   CAUSE_NO_STATUS);
        return f;
    }
    switch (prng_below(&w->p, 6)) {
    case 0:
        f.kind = FACT_STEP_NOT_STARTED;
        f.cause = s->local ? CAUSE_LOCAL
                           : (enum cause)DRAW(&w->p, CAUSE_REFUSED, CAUSE_REFUSED, CAUSE_LOST,
                                              CAUSE_LOST, CAUSE_NO_HEADER, CAUSE_LOCAL);
        break;
    case 1:
        f.signal = (int32_t)DRAW(&w->p, 9, 15);
        break;
    default:
        f.exit_code = (int32_t)DRAW(&w->p, 1, 1, 2, 3, 255, 256, -1);
        break;
    }
    return f;
}

static struct fact
end_of_step(struct world *w, const struct order *o, bool *ret_stalls)
{
    const struct plan_step *s = step_of(w, o);
    const int32_t trouble = o->kind == ORDER_FINALLY     ? w->c->trouble.finally
                            : w->places[o->host].rolling ? w->c->trouble.rollback
                                                         : w->c->trouble.step;

    *ret_stalls = draw_chance(&w->p, w->c->trouble.stall);
    if (*ret_stalls && s->local) {
        return (struct fact){.kind = FACT_STEP_DONE, .signal = 9};
    }
    if (*ret_stalls) {
        return (struct fact){.kind = FACT_STEP_UNKNOWN,
                             .cause = (enum cause)DRAW(&w->p, CAUSE_DEADLINE, CAUSE_IDLE)};
    }
    if (draw_chance(&w->p, trouble)) {
        return bad_end(w, s);
    }
    if (draw_chance(&w->p, 60)) {
        return (struct fact){.kind = FACT_STEP_SKIPPED};
    }
    return (struct fact){.kind = FACT_STEP_DONE, .exit_code = good_code(s)};
}

/* A host is well or sick, and that changes now and then: its checks mostly say so. */
static struct fact
end_of_probe(struct world *w, const struct order *o, bool *ret_stalls)
{
    struct place *h = &w->places[o->host];

    *ret_stalls = draw_chance(&w->p, w->c->trouble.stall);
    if (*ret_stalls) {
        return (struct fact){.kind = FACT_PROBE_FAILED, .cause = CAUSE_DEADLINE};
    }
    if (draw_chance(&w->p, w->c->trouble.flap)) {
        h->sick = !h->sick;
    }
    if (draw_chance(&w->p, h->sick ? 900 : w->c->trouble.check)) {
        return (struct fact){.kind = FACT_PROBE_FAILED,
                             .cause = (enum cause)DRAW(&w->p, CAUSE_NONE, CAUSE_NONE, CAUSE_NONE,
                                                       CAUSE_REFUSED, CAUSE_LOST, CAUSE_DEADLINE,
                                                       CAUSE_IDLE)};
    }
    return (struct fact){.kind = FACT_PROBE_PASSED, .value = draw_chance(&w->p, 50)};
}

static enum job
job_of(enum order_kind kind)
{
    if (kind == ORDER_PROBE) {
        return JOB_PROBE;
    }
    return kind == ORDER_FINALLY ? JOB_FINALLY : JOB_STEP;
}

/* The first byte goes out, if anything of it does: an attempt that is not started may have sent a
 * piece all the same. */
static bool
is_sent(struct world *w, const struct place *h, const struct fact *end)
{
    const bool headless = !h->job_local && (end->cause == CAUSE_NO_HEADER ||
                                            (end->cause == CAUSE_LOST && draw_chance(&w->p, 500)));

    if (end->kind == FACT_STEP_SKIPPED) {
        return draw_chance(&w->p, 500);
    }
    if (end->kind == FACT_STEP_NOT_STARTED) {
        return headless;
    }
    return !draw_chance(&w->p, 20);
}

static void
begin_job(struct world *w, const struct order *o)
{
    struct place *h = &w->places[o->host];
    const bool probe = o->kind == ORDER_PROBE;
    const int64_t sent_ms = takes_ms(w, o->host);
    int64_t ends_ms = takes_ms(w, o->host);
    bool stalls = false;
    const struct fact sent = {
        .kind = FACT_STEP_SENT, .host = o->host, .step = o->step, .attempt = o->attempt};

    if (h->job != JOB_NONE) {
        world_break(w, o->host, "is asked to do something while something is under way");
        return;
    }
    struct fact end = probe ? end_of_probe(w, o, &stalls) : end_of_step(w, o, &stalls);
    h->job = job_of(o->kind);
    h->job_local = probe ? w->c->checks[o->step].local : step_of(w, o)->local;
    h->job_sent = false;
    h->job_age++;
    h->step = o->step;
    h->attempt = o->attempt;
    end.host = o->host;
    if (!h->job_local && h->session != SESSION_OPEN) {
        end = (struct fact){.kind = FACT_STEP_NOT_STARTED, .host = o->host, .cause = CAUSE_LOST};
        world_plan(w, 0, EVENT_JOB_ENDS, h->job_age, &end);
        return;
    }
    if (h->job == JOB_STEP && is_sent(w, h, &end)) {
        world_plan(w, sent_ms, EVENT_STEP_SENT, h->job_age, &sent);
    }
    h->job_sent = h->job == JOB_FINALLY;
    ends_ms = stalls ? w->c->stall_ms : ends_ms;
    world_plan(w, sent_ms + ends_ms, EVENT_JOB_ENDS, h->job_age, &end);
}

static void
begin_close(struct world *w, int32_t host)
{
    struct place *h = &w->places[host];
    const struct fact none = {.host = host};

    if (h->session != SESSION_NONE) {
        h->session = SESSION_CLOSING;
        h->session_age++;
    }
    h->closing_age = h->job_age;
    world_plan(w, takes_ms(w, host) / 2, EVENT_CLOSED, 0, &none);
}

void
place_carry_out(struct world *w, const struct order *o)
{
    switch (o->kind) {
    case ORDER_CONNECT:
        begin_connect(w, o);
        break;
    case ORDER_RUN_STEP:
    case ORDER_FINALLY:
    case ORDER_PROBE:
        begin_job(w, o);
        break;
    case ORDER_DISCONNECT:
        begin_close(w, o->host);
        break;
    case ORDER_START:
        w->places[o->host].rolling = false;
        break;
    case ORDER_ROLLBACK:
        w->places[o->host].rolling = true;
        break;
    case ORDER_RELEASE:
    case ORDER_PARK:
    case ORDER_UNPARK:
    case ORDER_OUTCOME:
    case ORDER_WAIT:
    case ORDER_FINISH:
    case ORDER_WAVE_BEGIN:
    case ORDER_WAVE_END:
        break;
    }
}

/*
 * forecast.c - carries out the orders of a rollout in no time: hosts that are only numbers.
 *
 * Decides what hosts answer, and when; the core decides the rest.  Owns the rollout while it lasts.
 * Never reads a clock, connects or draws a number.
 */
#include "app/forecast.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>

/* What a host will say; at most one such thing a host is under way. */
struct answer {
    int64_t at_ms;
    uint64_t number; /* of equal times the first asked for comes first */
    uint32_t age;    /* of the host: asked for before it was disconnected, it does not come */
    struct fact fact;
};

struct body {
    uint32_t age;
    int32_t again; /* the step that flaps, while it does; -1 */
    bool rolling_back;
    bool released; /* once */
    bool switched; /* it is in the second wave of blue_green */
};

/* Of a wave. */
struct count {
    int32_t left; /* hosts without an outcome */
    int32_t ok, bad;
};

struct world {
    const struct forecast_request *q; /* borrowed, and so are the next two */
    const struct plan *plan;
    struct forecast *out;
    struct rollout *rollout; /* owned, as is all below */
    struct body *bodies;     /* by host */
    struct count *counts;    /* by wave */
    int32_t *weights;        /* by step: what it and those before it have of `weight` */
    int32_t weight;
    int32_t *scope_bad;  /* by scope: bad outcomes */
    int32_t spent_scope; /* the first one with more than its budget; -1 */
    enum halt halt;      /* told, and so are the next two */
    bool paused;
    bool exceeded;
    struct answer *heap; /* by time, then number */
    size_t heap_count, heap_cap;
    struct fact *now; /* what is said at once, in a queue */
    size_t now_head, now_count, now_cap;
    uint64_t numbers;
    int64_t now_ms;
    int64_t wait_ms; /* -1: none */
    int64_t facts;
};

/* ---------------------------------------------------------------- answers */

static bool
comes_before(const struct answer *a, const struct answer *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->number < b->number;
}

static void
heap_push(struct world *w, struct answer a)
{
    size_t at = w->heap_count++;

    w->heap = xgrow(w->heap, at, &w->heap_cap, sizeof(*w->heap));
    while (at > 0 && comes_before(&a, &w->heap[(at - 1) / 2])) {
        w->heap[at] = w->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    w->heap[at] = a;
}

static struct answer
heap_pop(struct world *w)
{
    const struct answer first = w->heap[0];
    const struct answer last = w->heap[--w->heap_count];
    size_t at = 0;

    for (;;) {
        size_t below = 2 * at + 1;
        if (below >= w->heap_count) {
            break;
        }
        if (below + 1 < w->heap_count && comes_before(&w->heap[below + 1], &w->heap[below])) {
            below++;
        }
        if (!comes_before(&w->heap[below], &last)) {
            break;
        }
        w->heap[at] = w->heap[below];
        at = below;
    }
    w->heap[at] = last; /* of an empty heap: never read */
    return first;
}

static void
say_after(struct world *w, int64_t ms, struct fact fact)
{
    heap_push(w, (struct answer){.at_ms = w->now_ms + ms,
                                 .number = w->numbers++,
                                 .age = w->bodies[fact.host].age,
                                 .fact = fact});
}

static void
say_now(struct world *w, struct fact fact)
{
    if (w->now_head > 0 && w->now_head == w->now_count) {
        w->now_head = w->now_count = 0;
    }
    w->now = xgrow(w->now, w->now_count, &w->now_cap, sizeof(*w->now));
    w->now[w->now_count++] = fact;
}

/* ---------------------------------------------------------------- the story */

static void
tell(struct world *w, struct forecast_event e)
{
    struct forecast *f = w->out;

    if (!w->q->story) {
        return;
    }
    e.at_ms = w->now_ms;
    if (e.host >= 0) {
        e.seen = rollout_host(w->rollout, e.host);
    }
    f->events = xgrow(f->events, f->event_count, &f->event_cap, sizeof(*f->events));
    f->events[f->event_count++] = e;
}

static bool
is_spent(const struct world *w)
{
    const int32_t budget = plan_budget(w->plan);

    return budget >= 0 && rollout_bad(w->rollout) > budget;
}

static void
tell_host(struct world *w, enum forecast_kind kind, int32_t host)
{
    tell(w, (struct forecast_event){.kind = kind, .host = host, .value = -1, .scope = -1});
}

static void
tell_run(struct world *w, enum forecast_kind kind, int32_t value)
{
    const bool budget =
        kind == FORECAST_EXCEEDED || (kind == FORECAST_HALT && value == HALT_BUDGET);

    tell(w, (struct forecast_event){.kind = kind,
                                    .host = -1,
                                    .value = value,
                                    .scope = budget && !is_spent(w) ? w->spent_scope : -1});
}

/* blue_green has every host in both of its waves, one after the other. */
static int32_t
wave_of(const struct world *w, int32_t host)
{
    return w->bodies[host].switched ? 1 : plan_wave_of(w->plan, host);
}

static void
wave_begins(struct world *w, int32_t wave)
{
    struct forecast_wave *f = &w->out->waves[wave];

    if (f->begin_ms < 0) {
        f->begin_ms = w->now_ms;
        if (plan_has_waves(w->plan)) {
            tell_run(w, FORECAST_WAVE_BEGIN, wave);
        }
    }
}

/* A host of it has an outcome, or is parked. */
static void
wave_goes_on(struct world *w, int32_t wave, bool ok)
{
    struct count *c = &w->counts[wave];

    if (w->out->waves[wave].begin_ms >= 0) {
        w->out->waves[wave].end_ms = w->now_ms;
    }
    c->ok += ok;
    c->bad += !ok;
    if (--c->left == 0 && plan_has_waves(w->plan) && w->out->waves[wave].begin_ms >= 0) {
        tell(w, (struct forecast_event){.kind = FORECAST_WAVE_END,
                                        .host = -1,
                                        .value = wave,
                                        .scope = -1,
                                        .ok = c->ok,
                                        .bad = c->bad});
    }
}

/* What is not ordered but can be seen. */
static void
look(struct world *w)
{
    const enum halt halt = rollout_halt(w->rollout);
    const bool paused = rollout_state(w->rollout) == RUN_PAUSED;
    const bool exceeded = is_spent(w) || w->spent_scope >= 0;

    if (halt != w->halt) {
        w->halt = halt;
        tell_run(w, FORECAST_HALT, (int32_t)halt);
    } else if (exceeded && !w->exceeded) {
        tell_run(w, FORECAST_EXCEEDED, -1);
    }
    w->exceeded = exceeded;
    if (paused && !w->paused) {
        tell_run(w, FORECAST_PAUSED, -1);
    }
    w->paused = paused;
}

/* ---------------------------------------------------------------- hosts */

static bool
has(const struct world *w, int32_t host, enum trouble t)
{
    return (w->q->hosts[host].trouble & t) != 0 && !w->bodies[host].rolling_back;
}

/* Where it fails: as was said, else at the last step whose failure is its own and matters. */
static int32_t
step_of_trouble(const struct world *w, int32_t host)
{
    const int32_t said = w->q->hosts[host].step;
    const int32_t last = plan_step_count(w->plan) - 1;

    if (said >= 0) {
        return said;
    }
    for (int32_t step = last; step >= 0; step--) {
        const struct plan_step *s = plan_step(w->plan, step);
        if (!s->run_once && !s->ignore_errors) {
            return step;
        }
    }
    return last;
}

static int64_t
step_ms(const struct world *w, int32_t host, int32_t step)
{
    const int64_t work_ms = w->q->hosts[host].work_ms;
    const int32_t before = step == 0 ? 0 : w->weights[step - 1];

    if (w->bodies[host].rolling_back) {
        return work_ms / plan_rollback_count(w->plan);
    }
    return work_ms * w->weights[step] / w->weight - work_ms * before / w->weight;
}

static struct fact
fact_of(const struct order *o, enum fact_kind kind, enum cause cause)
{
    return (struct fact){
        .kind = kind, .host = o->host, .step = o->step, .attempt = o->attempt, .cause = cause};
}

static void
on_connect(struct world *w, const struct order *o)
{
    if (has(w, o->host, TROUBLE_UNREACHABLE)) {
        say_after(w, w->q->connect_ms_max, fact_of(o, FACT_CONNECT_FAILED, CAUSE_CONNECT));
    } else {
        say_now(w, fact_of(o, FACT_CONNECTED, CAUSE_NONE));
    }
}

static void
on_step(struct world *w, const struct order *o)
{
    const int64_t ms = step_ms(w, o->host, o->step);
    const bool here = step_of_trouble(w, o->host) == o->step;
    const bool flaps =
        has(w, o->host, TROUBLE_FLAP) && plan_check_count(w->plan) == 0 && o->attempt == 1;
    struct fact end = fact_of(o, FACT_STEP_DONE, CAUSE_NONE);

    say_now(w, fact_of(o, FACT_STEP_SENT, CAUSE_NONE));
    if (here && has(w, o->host, TROUBLE_UNKNOWN)) {
        end.kind = FACT_STEP_UNKNOWN;
        end.cause = CAUSE_LOST;
    } else if (here && (flaps || has(w, o->host, TROUBLE_FAIL))) {
        end.exit_code = 1;
    }
    if (here && flaps) {
        w->bodies[o->host].again = o->step;
    }
    say_after(w, ms, end);
}

static void
on_probe(struct world *w, const struct order *o)
{
    const struct body *b = &w->bodies[o->host];
    const bool flaps = has(w, o->host, TROUBLE_FLAP) && o->attempt == 1;
    const bool failed = flaps || has(w, o->host, TROUBLE_UNHEALTHY) ||
                        (has(w, o->host, TROUBLE_LATE) && b->released);

    say_now(w, fact_of(o, failed ? FACT_PROBE_FAILED : FACT_PROBE_PASSED, CAUSE_NONE));
}

static void
on_begin(struct world *w, const struct order *o)
{
    struct forecast_span *s = &w->out->hosts[o->host];

    if (rollout_halt(w->rollout) == HALT_NONE) { /* else it has a slot for its finally list only */
        wave_begins(w, wave_of(w, o->host));
    }
    if (s->begin_ms < 0) {
        s->begin_ms = w->now_ms;
        s->slot = o->slot;
    }
}

static void
on_park(struct world *w, const struct order *o)
{
    wave_goes_on(w, 0, true);
    w->bodies[o->host].switched = true;
    w->counts[1].left++;
}

/* As the budgets of the values do. */
static void
count_bad(struct world *w, int32_t host)
{
    for (int32_t i = 0; i < plan_scope_vars(w->plan); i++) {
        const int32_t scope = plan_scope_of(w->plan, host, i);
        w->scope_bad[scope]++;
        if (w->spent_scope < 0 && w->scope_bad[scope] > plan_scope_budget(w->plan, scope)) {
            w->spent_scope = scope;
        }
    }
}

static void
tell_end(struct world *w, int32_t host)
{
    const struct rollout_host h = rollout_host(w->rollout, host);

    if (outcome_is_bad(h.outcome)) {
        count_bad(w, host);
        tell_host(w, FORECAST_BAD, host);
    } else if (h.outcome == OUTCOME_CANCELLED) {
        tell_host(w, FORECAST_CANCELLED, host);
    }
}

static void
on_release(struct world *w, const struct order *o)
{
    struct body *b = &w->bodies[o->host];

    w->out->hosts[o->host].end_ms = w->now_ms;
    if (b->rolling_back) {
        const bool done = rollout_host(w->rollout, o->host).rollback == ROLLBACK_DONE;
        tell_host(w, done ? FORECAST_ROLLED_BACK : FORECAST_ROLLBACK_FAILED, o->host);
        return;
    }
    b->released = true;
    tell_end(w, o->host);
    if (rollout_halt(w->rollout) != HALT_CANARY && rollout_halt(w->rollout) != HALT_WAVE) {
        look(w); /* those two are judged of a wave that is over */
    }
    wave_goes_on(w, wave_of(w, o->host), rollout_host(w->rollout, o->host).outcome == OUTCOME_OK);
    look(w);
}

static void
on_rollback(struct world *w, const struct order *o)
{
    w->bodies[o->host].rolling_back = true;
    tell_host(w, FORECAST_ROLLBACK, o->host);
}

static void
take(struct world *w, const struct order *o)
{
    switch (o->kind) {
    case ORDER_CONNECT:
        on_connect(w, o);
        break;
    case ORDER_START:
    case ORDER_UNPARK:
        on_begin(w, o);
        break;
    case ORDER_RUN_STEP:
        on_step(w, o);
        break;
    case ORDER_PROBE:
        on_probe(w, o);
        break;
    case ORDER_WAIT:
        w->wait_ms = o->value;
        break;
    case ORDER_FINALLY:
        say_now(w, fact_of(o, FACT_FINALLY_DONE, CAUSE_NONE));
        break;
    case ORDER_DISCONNECT:
        w->bodies[o->host].age++;
        say_now(w, fact_of(o, FACT_DISCONNECTED, CAUSE_NONE));
        break;
    case ORDER_RELEASE:
        on_release(w, o);
        break;
    case ORDER_ROLLBACK:
        on_rollback(w, o);
        break;
    case ORDER_PARK:
        on_park(w, o);
        break;
    case ORDER_OUTCOME:
        count_bad(w, o->host);
        tell_host(w, FORECAST_LATE, o->host);
        look(w);
        break;
    case ORDER_FINISH:
        w->out->exit_code = (int)o->value;
        break;
    case ORDER_WAVE_BEGIN: /* both are seen by the hosts, in plans that do not tell them too */
    case ORDER_WAVE_END:
        break;
    }
}

/* ---------------------------------------------------------------- the run */

/* What flaps has failed its first try: told if there is another. */
static void
look_again(struct world *w, const struct fact *f)
{
    struct body *b = &w->bodies[f->host];
    const bool step = f->kind == FACT_STEP_DONE && b->again >= 0;
    const bool gate =
        f->kind == FACT_PROBE_FAILED && f->attempt == 1 && has(w, f->host, TROUBLE_FLAP);

    if ((step || gate) && rollout_host(w->rollout, f->host).outcome == OUTCOME_RUNNING) {
        tell(w, (struct forecast_event){.kind = FORECAST_AGAIN,
                                        .host = f->host,
                                        .value = step ? b->again : -1,
                                        .scope = -1});
    }
    b->again = step ? -1 : b->again;
}

static void
say(struct world *w, const struct fact *f)
{
    w->facts++;
    rollout_tell(w->rollout, w->now_ms, f);
    if (f->host >= 0) {
        look_again(w, f);
    }
}

/* A canary that is well is promoted; false: nobody is there to say so. */
static bool
promote(struct world *w)
{
    const struct fact f = {.kind = FACT_VERB, .host = -1, .step = -1, .verb = VERB_PROMOTE};

    if (rollout_bad(w->rollout) > 0) {
        return false;
    }
    tell_run(w, FORECAST_PROMOTED, -1);
    w->out->promoted++;
    say(w, &f);
    return true;
}

/* Take the next thing that happens; false: nothing will. */
static bool
go_on(struct world *w)
{
    const struct fact tick = {.kind = FACT_TICK, .host = -1, .step = -1};

    if (rollout_state(w->rollout) == RUN_PROMOTING) {
        return promote(w);
    }
    if (w->heap_count > 0 && (w->wait_ms < 0 || w->heap[0].at_ms <= w->wait_ms)) {
        const struct answer a = heap_pop(w);
        if (a.age == w->bodies[a.fact.host].age) {
            w->now_ms = a.at_ms;
            say(w, &a.fact);
        }
        return true;
    }
    if (w->wait_ms < 0 || (w->paused && rollout_active(w->rollout) == 0)) {
        return false;
    }
    w->now_ms = w->wait_ms;
    say(w, &tick);
    return true;
}

static void
run_to_end(struct world *w)
{
    struct order o;
    bool more = true;

    while (more && w->facts < FORECAST_FACTS_MAX) {
        while (rollout_next(w->rollout, &o)) {
            take(w, &o);
        }
        if (w->now_head < w->now_count) {
            const struct fact f = w->now[w->now_head++];
            say(w, &f);
            continue;
        }
        look(w);
        more = !rollout_finished(w->rollout) && go_on(w);
    }
    w->out->endless = more;
}

/* Evenly, if nothing was said; what one host runs for all has no part in it then: to the others it
 * was waiting. */
static void
weigh(struct world *w)
{
    const int32_t count = plan_step_count(w->plan);

    w->weights = xcalloc((size_t)count, sizeof(*w->weights));
    for (int32_t i = 0; i < count; i++) {
        w->weight += w->q->weights != NULL ? w->q->weights[i] : !plan_step(w->plan, i)->run_once;
        w->weights[i] = w->weight;
    }
    if (w->weight == 0) {
        w->weight = w->weights[count - 1] = 1;
    }
}

static void
world_init(struct world *w, const struct forecast_request *q, struct forecast *ret)
{
    const struct plan *p = q->plan;
    const int32_t waves = plan_wave_count(p);
    const int32_t hosts = plan_host_count(p);

    *ret = (struct forecast){.exit_code = -1, .wave_count = waves, .host_count = hosts};
    ret->waves = xcalloc((size_t)waves, sizeof(*ret->waves));
    ret->hosts = xcalloc((size_t)hosts, sizeof(*ret->hosts));
    *w = (struct world){.q = q, .plan = p, .out = ret, .spent_scope = -1, .wait_ms = -1};
    w->bodies = xcalloc((size_t)hosts, sizeof(*w->bodies));
    w->counts = xcalloc((size_t)waves, sizeof(*w->counts));
    for (int32_t i = 0; i < waves; i++) {
        const bool second = plan_switch_step(p) >= 0 && i == 1;
        ret->waves[i] = (struct forecast_wave){.begin_ms = -1, .end_ms = -1};
        w->counts[i].left = second ? 0 : plan_wave_end(p, i) - plan_wave_begin(p, i);
    }
    for (int32_t i = 0; i < hosts; i++) {
        ret->hosts[i] = (struct forecast_span){.slot = -1, .begin_ms = -1, .end_ms = -1};
        w->bodies[i].again = -1;
    }
    w->scope_bad = xcalloc((size_t)plan_scope_count(p), sizeof(*w->scope_bad));
    weigh(w);
    w->rollout = rollout_new(p, 0);
}

static void
world_release(struct world *w)
{
    rollout_free(w->rollout);
    free(w->bodies);
    free(w->counts);
    free(w->weights);
    free(w->scope_bad);
    free(w->heap);
    free(w->now);
}

void
forecast_run(const struct forecast_request *q, struct forecast *ret)
{
    struct world w;

    world_init(&w, q, ret);
    run_to_end(&w);
    ret->total_ms = w.now_ms;
    ret->state = rollout_state(w.rollout);
    ret->halt = rollout_halt(w.rollout);
    ret->summary = rollout_summary(w.rollout);
    for (int32_t i = 0; i < ret->host_count; i++) {
        ret->hosts[i].last = rollout_host(w.rollout, i);
    }
    world_release(&w);
}

void
forecast_release(struct forecast *f)
{
    free(f->waves);
    free(f->hosts);
    free(f->events);
    *f = (struct forecast){0};
}

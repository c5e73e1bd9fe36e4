/*
 * world.c - carries out orders against hosts that do not exist, and tells facts as the shell would.
 *
 * One session and one job a host; the end of a job is told before the end of its session.  What was
 * under way when a session is closed does not happen any more: each host has an age, and events of
 * an older one are dropped.
 */
#include "strategies/world.h"

#include "base/prng.h"
#include "base/xalloc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECT_MS = 2000,
    REFUSED_MS = 1000,
    CHECK_MS = 2000,
    ROLLBACK_STEP_MS = 6000,
    WORLD_EVENTS_MAX = 1024,
    WORLD_TURNS_MAX = 1000000,
};

struct event {
    int64_t at_ms;
    uint64_t number; /* breaks ties: first planned, first to happen */
    uint32_t age;    /* of the host; verbs have none */
    struct fact fact;
    bool ends_session; /* the connection is lost right after */
};

struct world {
    const struct world_case *c; /* borrowed */
    struct plan *plan;          /* owned */
    struct rollout *rollout;    /* owned */
    struct trail *trail;        /* borrowed */
    struct prng prng;
    int64_t now_ms;
    int64_t wait_ms; /* -1: none */
    uint64_t numbers;
    struct event events[WORLD_EVENTS_MAX];
    int32_t event_count;
    int32_t zone_of[TRAIL_HOSTS_MAX];
    uint32_t age[TRAIL_HOSTS_MAX];
    bool sent[TRAIL_HOSTS_MAX]; /* a step is running */
    struct fact job[TRAIL_HOSTS_MAX];
    bool rolling_back[TRAIL_HOSTS_MAX];
    bool said[WORLD_VERBS_MAX]; /* the verb is planned */
};

const char *
world_host_name(int32_t host)
{
    static char name[16];

    (void)snprintf(name, sizeof(name), "web-%02d", (int)host + 1);
    return name;
}

const char *
world_zone_name(const struct world_case *c, int32_t host)
{
    static char name[2];

    name[0] = (char)('a' + (c->zones > 0 ? host % c->zones : 0));
    return name;
}

static enum trouble
trouble_of(const struct world *w, enum trouble trouble, int32_t host, int32_t step)
{
    for (int i = 0; i < WORLD_RULES_MAX; i++) {
        const struct world_rule *rule = &w->c->rules[i];
        if (rule->trouble == trouble && rule->host == host && w->now_ms >= rule->from_ms &&
            (step == -1 || rule->step == step)) {
            return trouble;
        }
    }
    return TROUBLE_NONE;
}

static struct event *
plan_fact(struct world *w, int64_t after_ms, struct fact fact)
{
    assert(w->event_count < WORLD_EVENTS_MAX);
    struct event *e = &w->events[w->event_count++];

    *e = (struct event){.at_ms = w->now_ms + after_ms, .number = w->numbers++, .fact = fact};
    if (fact.host >= 0) {
        e->age = w->age[fact.host];
    }
    return e;
}

/* As long as this host takes for it: hosts differ by the seed, and the same thing varies a little.
 */
static int64_t
about(struct world *w, int32_t host, int64_t ms)
{
    struct prng of_host = {.state = w->c->policy.seed * 1000 + (uint64_t)host};
    const int64_t percent =
        100 + (int64_t)prng_below(&of_host, 50) + (int64_t)prng_below(&w->prng, 10);

    return ms * percent / 100 / 100 * 100;
}

/* ---- orders */

static void
do_connect(struct world *w, const struct order *o)
{
    struct fact f = {.kind = FACT_CONNECTED, .host = o->host, .step = -1, .attempt = o->attempt};
    int64_t takes_ms = about(w, o->host, CONNECT_MS);

    if (trouble_of(w, TROUBLE_UNREACHABLE, o->host, -1) != TROUBLE_NONE) {
        f.kind = FACT_CONNECT_FAILED;
        f.cause = CAUSE_CONNECT;
        takes_ms = REFUSED_MS;
    }
    (void)plan_fact(w, takes_ms, f);
}

static void
do_step(struct world *w, const struct order *o)
{
    const bool back = w->rolling_back[o->host];
    struct fact f = {
        .kind = FACT_STEP_SENT, .host = o->host, .step = o->step, .attempt = o->attempt};
    const int64_t takes_ms = about(w, o->host, back ? ROLLBACK_STEP_MS : w->c->step_ms[o->step]);

    w->job[o->host] = f;
    (void)plan_fact(w, 0, f);
    f.kind = FACT_STEP_DONE;
    if (!back && trouble_of(w, TROUBLE_FAILS, o->host, o->step) != TROUBLE_NONE) {
        f.exit_code = 1;
    }
    if (!back && trouble_of(w, TROUBLE_LOST, o->host, o->step) != TROUBLE_NONE) {
        f.kind = FACT_STEP_UNKNOWN;
        f.cause = CAUSE_LOST;
    }
    plan_fact(w, takes_ms, f)->ends_session = f.kind == FACT_STEP_UNKNOWN;
}

static void
do_probe(struct world *w, const struct order *o)
{
    const bool sick =
        !w->rolling_back[o->host] && trouble_of(w, TROUBLE_SICK, o->host, -1) != TROUBLE_NONE;

    (void)plan_fact(w, CHECK_MS,
                    (struct fact){.kind = sick ? FACT_PROBE_FAILED : FACT_PROBE_PASSED,
                                  .host = o->host,
                                  .step = o->step,
                                  .attempt = o->attempt});
}

/* What was under way ends with the session: a step that was running has an unknown end. */
static void
do_disconnect(struct world *w, int32_t host)
{
    w->age[host]++;
    if (w->sent[host]) {
        struct fact f = w->job[host];
        f.kind = FACT_STEP_UNKNOWN;
        f.cause = CAUSE_KILLED;
        (void)plan_fact(w, 0, f);
    }
    (void)plan_fact(w, 0, (struct fact){.kind = FACT_DISCONNECTED, .host = host, .step = -1});
}

static void
carry_out(struct world *w, const struct order *o)
{
    switch (o->kind) {
    case ORDER_CONNECT:
        do_connect(w, o);
        break;
    case ORDER_RUN_STEP:
        do_step(w, o);
        break;
    case ORDER_PROBE:
        do_probe(w, o);
        break;
    case ORDER_DISCONNECT:
        do_disconnect(w, o->host);
        break;
    case ORDER_WAIT:
        w->wait_ms = o->value;
        break;
    case ORDER_FINISH:
        w->trail->exit_code = (int)o->value;
        break;
    case ORDER_START:
    case ORDER_UNPARK:
    case ORDER_ROLLBACK:
        w->rolling_back[o->host] = o->kind == ORDER_ROLLBACK;
        break;
    case ORDER_FINALLY: /* these cases have no finally list */
    case ORDER_RELEASE:
    case ORDER_PARK:
    case ORDER_OUTCOME:
    case ORDER_WAVE_BEGIN:
    case ORDER_WAVE_END:
        break;
    }
}

/* ---- verbs */

static void
plan_verbs(struct world *w)
{
    for (int i = 0; i < WORLD_VERBS_MAX; i++) {
        const struct world_verb *v = &w->c->verbs[i];
        if (v->after_ms == 0 || w->said[i] || rollout_state(w->rollout) != v->when) {
            continue;
        }
        w->said[i] = true;
        struct event *e = plan_fact(
            w, v->after_ms,
            (struct fact){
                .kind = FACT_VERB, .host = -1, .step = -1, .verb = v->verb, .value = v->value});
        e->fact.host = v->verb == VERB_SKIP || v->verb == VERB_RETRY ? v->host : -1;
    }
}

/* ---- time */

static void
take_orders(struct world *w)
{
    struct order o;

    while (rollout_next(w->rollout, &o)) {
        trail_order(w->trail, w->now_ms, &o);
        carry_out(w, &o);
        trail_count(w->trail, w->plan, w->c->zones > 0 ? w->zone_of : NULL);
    }
    trail_look(w->trail, w->now_ms, w->plan, w->rollout);
    plan_verbs(w);
}

static void
tell(struct world *w, struct fact fact)
{
    if (fact.host >= 0 && fact.kind != FACT_VERB) {
        w->sent[fact.host] = fact.kind == FACT_STEP_SENT;
    }
    rollout_tell(w->rollout, w->now_ms, &fact);
    take_orders(w);
}

static void
happen(struct world *w, struct event e)
{
    if (e.fact.kind != FACT_VERB && e.age != w->age[e.fact.host]) {
        return;
    }
    tell(w, e.fact);
    if (e.ends_session && e.age == w->age[e.fact.host]) {
        tell(w, (struct fact){.kind = FACT_CONNECTION_LOST,
                              .host = e.fact.host,
                              .step = -1,
                              .cause = CAUSE_LOST});
    }
}

/* Let what comes next happen; false when nothing ever will. */
static bool
advance(struct world *w)
{
    int32_t first = -1;

    for (int32_t i = 0; i < w->event_count; i++) {
        const struct event *a = &w->events[i];
        const struct event *b = &w->events[first < 0 ? i : first];
        if (first < 0 || a->at_ms < b->at_ms || (a->at_ms == b->at_ms && a->number < b->number)) {
            first = i;
        }
    }
    if (w->wait_ms >= 0 && (first < 0 || w->wait_ms <= w->events[first].at_ms)) {
        w->now_ms = w->wait_ms > w->now_ms ? w->wait_ms : w->now_ms;
        w->wait_ms = -1;
        tell(w, (struct fact){.kind = FACT_TICK, .host = -1, .step = -1});
        return true;
    }
    if (first < 0) {
        return false;
    }
    const struct event e = w->events[first];
    w->events[first] = w->events[--w->event_count];
    w->now_ms = e.at_ms;
    happen(w, e);
    return true;
}

/* ---- the plan */

static struct plan *
make_plan(struct world *w, struct err *err)
{
    static const struct plan_check check = {.local = true};
    static const struct plan_step back = {.idempotent = true};
    const struct world_case *c = w->c;
    char text[TRAIL_HOSTS_MAX][16];
    const char *names[TRAIL_HOSTS_MAX];

    assert(c->host_count <= TRAIL_HOSTS_MAX);
    for (int32_t i = 0; i < c->host_count; i++) {
        (void)snprintf(text[i], sizeof(text[i]), "%s", world_host_name(i));
        names[i] = text[i];
        w->zone_of[i] = c->zones > 0 ? i % c->zones : 0;
    }
    struct plan_parting by = {.variable = "zone",
                              .value_of = w->zone_of,
                              .value_count = c->zones,
                              .limit = c->parallel_by};
    struct plan_parting budget = by;
    budget.limit = c->budget_by;
    const struct plan_request request = {.policy = &c->policy,
                                         .host_count = c->host_count,
                                         .host_names = names,
                                         .steps = c->steps,
                                         .step_count = c->step_count,
                                         .checks = &check,
                                         .check_count = c->checked ? 1 : 0,
                                         .rollback_steps = &back,
                                         .rollback_count = c->can_roll_back ? 1 : 0,
                                         .parallel_by = &by,
                                         .parallel_by_count = c->parallel_by.value > 0 ? 1 : 0,
                                         .budget_by = &budget,
                                         .budget_by_count = c->has_budget_by ? 1 : 0,
                                         .sequence_by = c->sequence_by ? &by : NULL};
    return plan_new(&request, err);
}

int
world_run(const struct world_case *c, struct trail *ret_trail, struct err *err)
{
    struct world *w = xcalloc(1, sizeof(*w));
    int result = -1;

    trail_init(ret_trail);
    w->c = c;
    w->trail = ret_trail;
    w->wait_ms = -1;
    w->prng.state = c->policy.seed;
    w->plan = make_plan(w, err);
    if (w->plan == NULL) {
        goto out;
    }
    w->rollout = rollout_new(w->plan, 0);
    take_orders(w);
    for (int turns = 0; !rollout_finished(w->rollout); turns++) {
        if (turns == WORLD_TURNS_MAX || !advance(w)) {
            (void)err_set(err, ERR_USAGE, "the run does not end");
            goto out;
        }
    }
    trail_end(ret_trail, w->now_ms, w->plan, w->rollout);
    result = 0;
out:
    rollout_free(w->rollout);
    plan_free(w->plan);
    free(w);
    return result;
}

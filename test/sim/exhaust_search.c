/*
 * exhaust_search.c - depth first, a copy of the arena a level, seen states by their sums.
 */
#include "sim/exhaust_search.h"

#include "sim/check.h"
#include "sim/exhaust_arena.h"
#include "sim/exhaust_states.h"
#include "sim/exhaust_world.h"
#include "sim/script.h"

#include "base/xalloc.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 600, ORDERS_MAX = 256 };

/* One state on the way, and what is left to be tried from it. */
struct level {
    uint8_t *copy; /* owned: the arena as it was */
    size_t used;
    struct tiny_world world;
    uint64_t sum;
    struct tiny_event events[TINY_EVENTS_MAX];
    int count, next;
};

struct search {
    const struct sim_case *c; /* borrowed */
    int verb;
    struct rollout *rollout; /* in the arena; so is the next */
    struct check *check;
    struct tiny_world world;
    struct states *seen;  /* owned */
    struct level *levels; /* owned: DEPTH_MAX */
    int32_t depth;        /* levels on the way */
    struct order due[ORDERS_MAX];
    int due_count;
    struct search_sum sum;
    char wrong[512];
};

struct search *
search_new(void)
{
    struct search *s = xcalloc(1, sizeof(*s));

    s->seen = states_new();
    s->levels = xcalloc(DEPTH_MAX, sizeof(*s->levels));
    for (int i = 0; i < DEPTH_MAX; i++) {
        s->levels[i].copy = xcalloc(1, ARENA_BYTES);
    }
    return s;
}

void
search_free(struct search *s)
{
    if (s == NULL) {
        return;
    }
    for (int i = 0; i < DEPTH_MAX; i++) {
        free(s->levels[i].copy);
    }
    states_free(s->seen);
    free(s->levels);
    free(s);
}

static void __attribute__((format(printf, 2, 3))) wrong(struct search *s, const char *fmt, ...)
{
    va_list ap;

    if (s->wrong[0] == '\0') {
        va_start(ap, fmt);
        (void)vsnprintf(s->wrong, sizeof(s->wrong), fmt, ap);
        va_end(ap);
    }
}

/* ---- one event */

static void
take_orders(struct search *s)
{
    struct order o;

    while (s->wrong[0] == '\0' && rollout_next(s->rollout, &o)) {
        check_order(s->check, s->world.now_ms, &o);
        if (s->due_count == ORDERS_MAX) {
            wrong(s, "more than %d orders after one fact", ORDERS_MAX);
            return;
        }
        s->due[s->due_count++] = o;
        if (check_wrong(s->check) != NULL) {
            wrong(s, "%s", check_wrong(s->check));
        }
    }
    check_turn(s->check, s->world.now_ms);
    if (check_wrong(s->check) != NULL) {
        wrong(s, "%s", check_wrong(s->check));
    }
}

static void
carry_out(struct search *s)
{
    for (int i = 0; i < s->due_count; i++) {
        const struct order *o = &s->due[i];
        const bool rolling =
            o->host >= 0 && rollout_host(s->rollout, o->host).rollback == ROLLBACK_RUNNING;
        const char *why = tiny_carry_out(&s->world, s->c, o, rolling);
        if (why != NULL) {
            wrong(s, "host %d: %s", (int)o->host, why);
        }
    }
    s->due_count = 0;
}

/* What the rollout says of itself is what the checker makes of the facts. */
static void
compare(struct search *s)
{
    if (rollout_bad(s->rollout) != check_bad(s->check)) {
        wrong(s, "%d bad outcomes counted, not %d", (int)rollout_bad(s->rollout),
              (int)check_bad(s->check));
    }
    for (int32_t i = 0; i < s->c->host_count; i++) {
        const enum outcome its = rollout_host(s->rollout, i).outcome;
        const enum outcome mine = check_host_outcome(s->check, i);
        if (its != mine && mine != OUTCOME_RUNNING) {
            wrong(s, "host %d is %s, not %s", (int)i, outcome_name(its), outcome_name(mine));
        }
    }
}

static void
tell(struct search *s, const struct fact *f)
{
    check_fact(s->check, s->world.now_ms, f);
    rollout_tell(s->rollout, s->world.now_ms, f);
    take_orders(s);
}

static void
apply(struct search *s, const struct tiny_event *e)
{
    s->sum.transitions++;
    s->world.now_ms = e->now_ms;
    for (int i = 0; i < e->count && s->wrong[0] == '\0'; i++) {
        tell(s, &e->facts[i]);
    }
    s->world = e->after;
    carry_out(s);
    compare(s);
}

/* ---- what may come next */

static bool
waits_for_operator(const struct search *s)
{
    const enum run_state state = rollout_state(s->rollout);

    return state == RUN_PAUSED || state == RUN_PROMOTING;
}

/* Told all the same, a verb that is refused changes nothing. */
static void
say_refused(struct search *s, const struct fact *f)
{
    const uint64_t before = rollout_digest(s->rollout);
    struct order o;

    rollout_tell(s->rollout, s->world.now_ms, f);
    if (rollout_next(s->rollout, &o)) {
        wrong(s, "%s is refused, and yields %s", verb_name(f->verb), order_name(o.kind));
    }
    if (rollout_digest(s->rollout) != before) {
        wrong(s, "%s is refused, and changes the state", verb_name(f->verb));
    }
}

static void
add_verb(struct search *s, struct level *l, enum verb verb, int32_t host, bool said)
{
    const struct fact f = {
        .kind = FACT_VERB, .host = host, .step = -1, .verb = verb, .value = verb == VERB_WORKERS};
    const bool refused = rollout_refuses(s->rollout, &f) != NULL;

    if (refused == check_allows(s->check, &f)) {
        wrong(s, "%s of host %d is %s", verb_name(verb), (int)host,
              refused ? "refused, and may be told" : "taken, and is to be refused");
    }
    if (refused) {
        say_refused(s, &f);
        return;
    }
    struct tiny_event *e = &l->events[l->count++];

    *e =
        (struct tiny_event){.facts = {f}, .count = 1, .now_ms = s->world.now_ms, .after = s->world};
    e->after.verb_said |= said;
}

static void
add_verbs(struct search *s, struct level *l)
{
    const bool of_host = s->verb == VERB_SKIP || s->verb == VERB_RETRY;

    if (l->count == 0 && waits_for_operator(s)) {
        const bool paused = rollout_state(s->rollout) == RUN_PAUSED;
        add_verb(s, l, paused ? VERB_CONTINUE : VERB_PROMOTE, -1, false);
    }
    if (s->verb == VERBS || s->world.verb_said) {
        return;
    }
    for (int32_t i = 0; i < (of_host ? s->c->host_count : 1); i++) {
        add_verb(s, l, (enum verb)s->verb, of_host ? i : -1, true);
    }
}

/* ---- the way */

static void
at_end(struct search *s)
{
    s->sum.ends++;
    check_end(s->check);
    if (check_wrong(s->check) != NULL) {
        wrong(s, "%s", check_wrong(s->check));
    }
}

/* A fact that fits nothing yields nothing; what it leaves is what the state is known by. */
static void
say_nothing(struct search *s)
{
    const struct fact f = {.kind = FACT_RESUMED, .host = -1, .step = -1};
    struct order o;

    rollout_tell(s->rollout, s->world.now_ms, &f);
    if (rollout_next(s->rollout, &o)) {
        wrong(s, "a fact that fits nothing yields %s", order_name(o.kind));
    }
}

/* The state is new: it becomes a level of the way. */
static void
enter(struct search *s)
{
    say_nothing(s);
    const uint64_t sum = rollout_digest(s->rollout) ^ tiny_sum(&s->world, s->c->host_count);

    switch (states_enter(s->seen, sum)) {
    case STATE_SEEN:
        return;
    case STATE_OPEN:
        wrong(s, "a state comes again on its own way: the run need not end");
        return;
    case STATE_NEW:
        break;
    }
    s->sum.states++;
    if (s->world.finished) {
        at_end(s);
        states_leave(s->seen, sum);
        return;
    }
    if (s->depth == DEPTH_MAX) {
        wrong(s, "the run is not over after %d facts", (int)s->depth);
        return;
    }
    struct level *l = &s->levels[s->depth++];

    s->sum.deepest = s->depth > s->sum.deepest ? s->depth : s->sum.deepest;
    l->used = arena_used();
    arena_save(l->copy);
    l->world = s->world;
    l->sum = sum;
    l->next = 0;
    l->count = tiny_events(&s->world, s->c, waits_for_operator(s), l->events);
    add_verbs(s, l);
    if (l->count == 0 && s->wrong[0] == '\0') {
        wrong(s, "stuck: nothing can happen, and the run is not over");
    }
}

static void
go(struct search *s)
{
    while (s->depth > 0 && s->wrong[0] == '\0') {
        struct level *l = &s->levels[s->depth - 1];
        if (l->next == l->count) {
            states_leave(s->seen, l->sum);
            s->depth--;
            continue;
        }
        arena_restore(l->copy, l->used);
        s->world = l->world;
        apply(s, &l->events[l->next++]);
        if (s->wrong[0] == '\0') {
            enter(s);
        }
    }
}

bool
search_case(struct search *s, const struct sim_case *c, int verb,
            const struct search_limits *limits, struct search_sum *sum)
{
    struct err err = {0};
    struct plan *plan = case_plan(c, &err);

    s->c = c;
    s->verb = verb;
    s->depth = s->due_count = 0;
    s->sum = (struct search_sum){0};
    s->wrong[0] = '\0';
    if (plan == NULL) {
        wrong(s, "refused: %s", err.text);
        return false;
    }
    states_clear(s->seen);
    tiny_begin(&s->world, limits->bad, limits->ticks);
    arena_clear();
    arena_open(true);
    s->check = check_new(c, plan);
    s->rollout = rollout_new(plan, 0);
    take_orders(s);
    carry_out(s);
    if (s->wrong[0] == '\0') {
        enter(s);
    }
    go(s);
    arena_open(false);
    plan_free(plan);
    sum->states += s->sum.states;
    sum->transitions += s->sum.transitions;
    sum->ends += s->sum.ends;
    sum->deepest = s->sum.deepest > sum->deepest ? s->sum.deepest : sum->deepest;
    return s->wrong[0] == '\0';
}

const char *
search_wrong(const struct search *s)
{
    return s->wrong;
}

void
search_script(const struct search *s, FILE *out)
{
    struct record *facts = xcalloc((size_t)DEPTH_MAX * TINY_FACTS_MAX, sizeof(*facts));
    size_t count = 0;

    for (int32_t i = 0; i < s->depth; i++) {
        const struct level *l = &s->levels[i];
        if (l->next == 0) {
            break;
        }
        const struct tiny_event *e = &l->events[l->next - 1];
        for (int j = 0; j < e->count; j++) {
            facts[count++] = (struct record){.at_ms = e->now_ms, .fact = e->facts[j]};
        }
    }
    script_write(out, s->c, facts, count);
    free(facts);
}

/*
 * run.c - tells facts as the app's turn does, and has the checker see all of it.
 *
 * All facts that have come are told one by one, the orders of each taken, and carried out after the
 * last: what happened in between is told in the next turn.
 */
#include "sim/run.h"

#include "sim/draw.h"
#include "sim/guard.h"
#include "sim/limits.h"
#include "sim/say.h"

#include "base/xalloc.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { AGAIN_EVERY = 32, CLOSE_EVERY = 64, CLOSE_HOSTS = 40 };

void
run_init(struct run *u)
{
    *u = (struct run){0};
}

static void
drop(struct run *u)
{
    check_free(u->check);
    rollout_free(u->rollout);
    plan_free(u->plan);
    u->check = NULL;
    u->rollout = NULL;
    u->plan = NULL;
}

void
run_release(struct run *u)
{
    drop(u);
    free(u->journal);
    free(u->due);
    run_init(u);
}

static void __attribute__((format(printf, 2, 3))) wrong(struct run *u, const char *fmt, ...)
{
    va_list ap;

    if (u->wrong[0] != '\0') {
        return;
    }
    va_start(ap, fmt);
    (void)vsnprintf(u->wrong, sizeof(u->wrong), fmt, ap);
    va_end(ap);
}

static bool
is_right(struct run *u)
{
    if (check_wrong(u->check) != NULL) {
        wrong(u, "%s", check_wrong(u->check));
    }
    if (world_broken(u->world) != NULL) {
        wrong(u, "%s", world_broken(u->world));
    }
    return u->wrong[0] == '\0';
}

static uint64_t
sum_order(uint64_t sum, const struct order *o)
{
    const uint64_t words[] = {(uint64_t)o->kind,    (uint64_t)o->host, (uint64_t)o->step,
                              (uint64_t)o->attempt, (uint64_t)o->slot, (uint64_t)o->value};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        sum = (sum ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 29;
    }
    return sum;
}

/* ---- telling */

static void
take_orders(struct run *u)
{
    struct order o;

    while (u->wrong[0] == '\0' && rollout_next(u->rollout, &o)) {
        u->orders = sum_order(u->orders, &o);
        u->order_count++;
        if (u->trace != NULL) {
            say_order(u->trace, &o);
        }
        if (u->stats != NULL) {
            u->stats->order[o.kind]++;
        }
        if (o.kind == ORDER_WAIT) {
            u->wait_ms = o.value;
        } else if (o.kind == ORDER_FINISH) {
            u->finished = true;
            u->exit_code = (int32_t)o.value;
        }
        check_order(u->check, u->now_ms, &o);
        world_asked(u->world, &o);
        if (u->live) {
            u->due = xgrow(u->due, u->due_count, &u->due_cap, sizeof(*u->due));
            u->due[u->due_count++] = o;
        }
    }
    if (is_right(u)) {
        check_turn(u->check, u->now_ms);
        (void)is_right(u);
    }
}

static bool
looks_closer(struct run *u)
{
    return u->close || prng_below(&u->p, (uint64_t)u->c->host_count + 16) == 0;
}

/* A tick before its time yields no order and changes no state; it is not journaled. */
static void
tell_stale_tick(struct run *u, const struct fact *tick)
{
    const bool look = looks_closer(u);
    const uint64_t before = look ? rollout_digest(u->rollout) : 0;
    struct order o;

    check_fact(u->check, u->now_ms, tick);
    rollout_tell(u->rollout, u->now_ms, tick);
    if (rollout_next(u->rollout, &o)) {
        wrong(u, "a tick before its time yields %s", order_name(o.kind));
    }
    if (look && rollout_digest(u->rollout) != before) {
        wrong(u, "a tick before its time changes the state");
    }
    check_turn(u->check, u->now_ms);
}

static void
keep(struct run *u, const struct fact *f)
{
    u->journal = xgrow(u->journal, u->journal_count, &u->journal_cap, sizeof(*u->journal));
    u->journal[u->journal_count++] = (struct record){
        .at_ms = u->now_ms,
        .fact = *f,
        .orders = u->orders,
        .digest = looks_closer(u) ? rollout_digest(u->rollout) : 0,
    };
}

static void
tell(struct run *u, const struct fact *f)
{
    const bool stale = f->kind == FACT_TICK && (u->wait_ms < 0 || u->wait_ms > u->now_ms);

    u->last = (struct record){.at_ms = u->now_ms, .fact = *f};
    u->has_last = true;
    if (u->trace != NULL) {
        say_fact(u->trace, u->now_ms, f);
    }
    if (u->stats != NULL) {
        stats_fact(u->stats, u->rollout, f);
    }
    if (stale) {
        tell_stale_tick(u, f);
        u->has_last = u->wrong[0] != '\0';
        return;
    }
    if (f->kind == FACT_VERB &&
        check_allows(u->check, f) != (rollout_refuses(u->rollout, f) == NULL)) {
        wrong(u, "%s is %s", verb_name(f->verb),
              check_allows(u->check, f) ? "refused, and may be told"
                                        : "taken, and is to be refused");
    }
    world_told(u->world, f);
    check_fact(u->check, u->now_ms, f);
    rollout_tell(u->rollout, u->now_ms, f);
    take_orders(u);
    keep(u, f);
    u->has_last = false;
}

/* ---- live */

static void
carry_out(struct run *u)
{
    for (size_t i = 0; i < u->due_count; i++) {
        world_carry_out(u->world, &u->due[i]);
    }
    u->due_count = 0;
}

static bool
begin(struct run *u, const struct sim_case *c)
{
    struct err err = {0};

    u->c = c;
    u->journal_count = 0;
    u->has_last = false;
    u->due_count = 0;
    u->p.state = c->seed ^ UINT64_C(0x5bf03635);
    u->close = prng_below(&u->p, CLOSE_EVERY) == 0 && c->host_count <= CLOSE_HOSTS;
    u->now_ms = 0;
    u->wait_ms = -1;
    u->orders = 0;
    u->order_count = 0;
    u->finished = false;
    u->wrong[0] = '\0';
    world_begin(u->world, c);
    u->plan = case_plan(c, &err);
    if (u->plan == NULL) {
        wrong(u, "%s", err.text);
        return false;
    }
    u->check = check_new(c, u->plan);
    u->rollout = rollout_new(u->plan, 0);
    take_orders(u);
    return true;
}

static void
live_turns(struct run *u)
{
    struct world *w = u->world;
    const int64_t deadline_ms = limits_deadline_ms(u->c, u->plan);
    const size_t facts_max = limits_facts(u->c);
    const struct fact *facts;
    size_t count;

    carry_out(u);
    world_watch(w, u->rollout);
    while (u->wrong[0] == '\0' && world_turn(w, u->rollout, &facts, &count)) {
        u->now_ms = world_now_ms(w);
        for (size_t i = 0; i < count && u->wrong[0] == '\0'; i++) {
            tell(u, &facts[i]);
        }
        carry_out(u);
        world_watch(w, u->rollout);
        if (!u->finished && u->now_ms > deadline_ms) {
            wrong(u, "the run is not over after %" PRId64 " ms", deadline_ms);
        }
        if (u->journal_count > facts_max) {
            wrong(u, "the run is not over after %zu facts", facts_max);
        }
    }
}

/* What can be seen from outside must add up. */
static void
audit(struct run *u)
{
    const struct summary sum = rollout_summary(u->rollout);
    int32_t count[OUTCOMES] = {0};

    for (int32_t i = 0; i < u->c->host_count; i++) {
        const struct rollout_host h = rollout_host(u->rollout, i);
        count[h.outcome]++;
        if (u->check != NULL && check_host_outcome(u->check, i) != h.outcome) {
            wrong(u, "host %d is %s, not %s", (int)i, outcome_name(h.outcome),
                  outcome_name(check_host_outcome(u->check, i)));
        }
        if (h.outcome == OUTCOME_RUNNING || h.parked || h.queued || h.held) {
            wrong(u, "host %d is not at rest in the end: %s", (int)i, outcome_name(h.outcome));
        }
        if (h.started_ms >= 0 && h.finished_ms < h.started_ms) {
            wrong(u, "host %d: started at %" PRId64 ", over at %" PRId64, (int)i, h.started_ms,
                  h.finished_ms);
        }
    }
    for (int i = 0; i < OUTCOMES; i++) {
        if (count[i] != sum.count[i]) {
            wrong(u, "the summary counts %d hosts as %s; there are %d", (int)sum.count[i],
                  outcome_name((enum outcome)i), (int)count[i]);
        }
    }
    if (summary_exit(&sum) != u->exit_code) {
        wrong(u, "exit code %d, but the summary makes it %d", (int)u->exit_code,
              summary_exit(&sum));
    }
    if (!rollout_finished(u->rollout) || rollout_active(u->rollout) != 0 ||
        rollout_state(u->rollout) != RUN_OVER) {
        wrong(u, "the run is over and does not say so");
    }
}

static void
live_end(struct run *u)
{
    struct world *w = u->world;

    if (u->wrong[0] == '\0' && !u->finished) {
        wrong(u, "stuck: nothing will happen any more, and the run is not over");
    }
    if (u->wrong[0] == '\0') {
        check_end(u->check);
        (void)is_right(u);
        audit(u);
        world_end(w);
        if (world_broken(w) != NULL) {
            wrong(u, "in the end %s", world_broken(w));
        }
    }
}

/* ---- again */

/* The journal alone gives the same orders after every fact, and the same state where it was looked
 * at: to cut it there and go on is what resume does. */
static void
fold(struct run *u)
{
    struct rollout *again = rollout_new(u->plan, 0);
    uint64_t sum = 0;
    struct order o;

    while (rollout_next(again, &o)) {
        sum = sum_order(sum, &o);
    }
    for (size_t i = 0; i < u->journal_count && u->wrong[0] == '\0'; i++) {
        const struct record *k = &u->journal[i];
        rollout_tell(again, k->at_ms, &k->fact);
        while (rollout_next(again, &o)) {
            sum = sum_order(sum, &o);
        }
        if (sum != k->orders) {
            wrong(u, "folded: other orders after fact %zu", i + 1);
        }
        if (k->digest != 0 && rollout_digest(again) != k->digest) {
            wrong(u, "folded: another state after fact %zu", i + 1);
        }
    }
    if (u->wrong[0] == '\0' && rollout_digest(again) != rollout_digest(u->rollout)) {
        wrong(u, "folded: another state in the end");
    }
    rollout_free(again);
}

/* The same seed gives the same orders, bit for bit. */
static void
twice(struct run *u)
{
    const uint64_t orders = u->orders;
    const uint64_t digest = rollout_digest(u->rollout);
    struct stats *stats = u->stats;

    u->stats = NULL;
    drop(u);
    if (begin(u, u->c)) {
        live_turns(u);
    }
    u->stats = stats;
    if (u->orders != orders || rollout_digest(u->rollout) != digest) {
        wrong(u, "the same seed gives other orders the second time");
    }
}

struct live {
    struct run *run;
    const struct sim_case *c;
    const struct record *facts; /* of a replay */
    size_t count;
    bool refused;
};

static void
live_body(void *arg)
{
    struct live *l = arg;
    struct run *u = l->run;

    if (!begin(u, l->c)) {
        l->refused = true;
        return;
    }
    if (u->stats != NULL) {
        stats_case(u->stats, l->c);
    }
    live_turns(u);
    live_end(u);
    if (u->wrong[0] == '\0' && u->stats != NULL) {
        stats_end(u->stats, u->rollout, u->check, u->c->host_count);
        u->stats->facts += u->journal_count;
        u->stats->orders += u->order_count;
        u->stats->virtual_ms += u->now_ms;
    }
    if (u->wrong[0] == '\0') {
        fold(u);
    }
    if (u->wrong[0] == '\0' && l->c->seed % AGAIN_EVERY == 0) {
        twice(u);
    }
}

static enum run_end
guarded(struct live *l, void (*body)(void *arg))
{
    struct run *u = l->run;
    char why[256];

    drop(u);
    u->wrong[0] = '\0';
    if (!guard_call(body, l, why, sizeof(why))) {
        wrong(u, "%s", why);
        u->check = NULL; /* lost: what an assertion leaves is not to be touched */
        u->rollout = NULL;
        u->plan = NULL;
    }
    if (l->refused) {
        return RUN_REFUSED;
    }
    return u->wrong[0] == '\0' ? RUN_PASSED : RUN_FAILED;
}

enum run_end
run_live(struct run *u, struct world *w, const struct sim_case *c)
{
    struct live l = {.run = u, .c = c};

    u->world = w;
    u->live = true;
    return guarded(&l, live_body);
}

static void
replay_body(void *arg)
{
    struct live *l = arg;
    struct run *u = l->run;

    if (!begin(u, l->c)) {
        l->refused = true;
        return;
    }
    for (size_t i = 0; i < l->count && u->wrong[0] == '\0'; i++) {
        u->now_ms = l->facts[i].at_ms;
        tell(u, &l->facts[i].fact);
    }
    if (u->wrong[0] == '\0') {
        fold(u);
    }
}

enum run_end
run_replay(struct run *u, struct world *w, const struct sim_case *c, const struct record *facts,
           size_t count)
{
    struct live l = {.run = u, .c = c, .facts = facts, .count = count};

    u->world = w;
    u->live = false;
    return guarded(&l, replay_body);
}

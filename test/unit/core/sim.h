/*
 * sim.h - one simulated run: case, world, scheduler and checker, turn by turn as the app does it.
 *
 * Takes all facts that have come, tells each, has the checker look at every order, and carries the
 * orders out after the last: what happened in between is told in the next turn.  Keeps the facts
 * as a journal, so that the run can be folded again from them alone.
 */
#ifndef SIM_H
#define SIM_H

#include "unit/core/sim_check.h"
#include "unit/core/sim_world.h"

enum { SIM_FACTS_MAX = 200000 };

struct sim_entry {
    int64_t at_ms;
    struct fact fact;
    uint64_t orders; /* a sum of all orders up to here */
};

struct sim {
    struct sim_case c;
    struct sim_world world;
    struct check check;
    struct plan *plan;         /* owned */
    struct rollout *rollout;   /* owned */
    struct sim_entry *journal; /* owned */
    size_t journal_count, journal_cap;
    struct order *due; /* owned: of this turn */
    size_t due_count, due_cap;
    uint64_t orders;
    uint64_t cut_digest; /* of the state after journal[cut - 1] */
    size_t cut;
    bool loud; /* say every fact and order */
};

static uint64_t
sim_sum(uint64_t sum, const struct order *o)
{
    const int64_t words[] = {(int64_t)o->kind, o->host, o->step, o->attempt, o->slot, o->value};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct prng p = {.state = sum ^ (uint64_t)words[i]};
        sum = prng_next(&p);
    }
    return sum;
}

static void
sim_say_fact(const struct sim *s, const struct fact *f)
{
    if (s->loud) {
        (void)printf("%8" PRId64 "  %s%s%s host %d step %d attempt %d: %s exit %d signal %d\n",
                     s->world.now_ms, fact_name(f->kind), f->kind == FACT_VERB ? " " : "",
                     f->kind == FACT_VERB ? verb_name(f->verb) : "", (int)f->host, (int)f->step,
                     (int)f->attempt, cause_name(f->cause), (int)f->exit_code, (int)f->signal);
    }
}

static void
sim_say_order(const struct sim *s, const struct order *o)
{
    if (s->loud) {
        (void)printf("%8" PRId64 "      -> %s host %d slot %d step %d attempt %d value %" PRId64
                     "\n",
                     s->world.now_ms, order_name(o->kind), (int)o->host, (int)o->slot, (int)o->step,
                     (int)o->attempt, o->value);
    }
}

static void
sim_take_orders(struct sim *s, const struct fact *cause)
{
    struct order o;

    while (s->check.wrong[0] == '\0' && rollout_next(s->rollout, &o)) {
        sim_say_order(s, &o);
        s->orders = sim_sum(s->orders, &o);
        check_order(&s->check, &o);
        s->due = xgrow(s->due, s->due_count, &s->due_cap, sizeof(*s->due));
        s->due[s->due_count++] = o;
    }
    if (s->check.wrong[0] == '\0') {
        check_settled(&s->check, cause);
    }
}

static void
sim_tell(struct sim *s, const struct fact *f)
{
    sim_say_fact(s, f);
    check_fact(&s->check, s->world.now_ms, f);
    rollout_tell(s->rollout, s->world.now_ms, f);
    sim_take_orders(s, f);
    s->journal = xgrow(s->journal, s->journal_count, &s->journal_cap, sizeof(*s->journal));
    s->journal[s->journal_count++] =
        (struct sim_entry){.at_ms = s->world.now_ms, .fact = *f, .orders = s->orders};
    if (s->cut == 0 && prng_below(&s->world.p, 50) == 0) {
        s->cut = s->journal_count;
        s->cut_digest = rollout_digest(s->rollout);
    }
}

/* A tick before its time yields no order and changes no state; it is not journaled. */
static void
sim_stray_tick(struct sim *s)
{
    const struct fact tick = {.kind = FACT_TICK, .host = -1};
    const bool due = s->check.wait_ms >= 0 && s->check.wait_ms <= s->world.now_ms;
    struct order o;

    if (due || prng_below(&s->world.p, 16) != 0) {
        return;
    }
    const uint64_t before = rollout_digest(s->rollout);
    rollout_tell(s->rollout, s->world.now_ms, &tick);
    CHECK(&s->check, !rollout_next(s->rollout, &o), "an early tick yields %s", order_name(o.kind));
    CHECK(&s->check, rollout_digest(s->rollout) == before, "an early tick changes the state");
}

static void
sim_carry_out(struct sim *s)
{
    for (size_t i = 0; i < s->due_count && s->check.wrong[0] == '\0'; i++) {
        world_carry_out(&s->world, &s->due[i]);
        CHECK(&s->check, s->world.broken == NULL, "%s (host %d)", s->world.broken,
              (int)s->due[i].host);
    }
    s->due_count = 0;
}

static void
sim_turn(struct sim *s)
{
    struct sim_world *w = &s->world;

    sim_stray_tick(s);
    for (size_t i = 0; i < w->inbox_count && s->check.wrong[0] == '\0'; i++) {
        sim_tell(s, &w->inbox[i]);
    }
    w->inbox_count = 0;
    sim_carry_out(s);
}

static void
sim_check_hosts(struct sim *s)
{
    for (int32_t i = 0; i < s->c.host_count; i++) {
        const struct rollout_host h = rollout_host(s->rollout, i);
        const struct check_host *mine = &s->check.hosts[i];
        const enum outcome want = mine->started ? mine->outcome : OUTCOME_UNTOUCHED;
        CHECK(&s->check, h.outcome == want, "host %d is %s, not %s", (int)i,
              outcome_name(h.outcome), outcome_name(want));
        CHECK(&s->check,
              mine->of_others == CAUSE_NONE ? h.cause != CAUSE_GATE && h.cause != CAUSE_ONCE
                                            : h.cause == mine->of_others,
              "host %d: because of %s, not %s", (int)i, cause_name(h.cause),
              cause_name(mine->of_others));
        CHECK(&s->check,
              (h.started_ms >= 0) == mine->started && (h.finished_ms >= h.started_ms) == true,
              "host %d: started at %" PRId64 ", over at %" PRId64, (int)i, h.started_ms,
              h.finished_ms);
    }
}

/* Run to the end, and on until the world has said its last word. */
static void
sim_run(struct sim *s)
{
    s->rollout = rollout_new(s->plan, 0);
    sim_take_orders(s, NULL);
    sim_carry_out(s);
    while (s->check.wrong[0] == '\0' && world_advance(&s->world)) {
        if (s->world.inbox_count > 0 && s->world.now_ms >= s->world.turn_ms) {
            sim_turn(s);
        }
        CHECK(&s->check, s->journal_count < SIM_FACTS_MAX, "does not come to an end");
    }
    CHECK(&s->check, s->check.finished && rollout_finished(s->rollout), "stuck: nothing will come");
    sim_check_hosts(s);
}

/* The journal alone gives the same orders after every fact, and the same state at the cut. */
static void
sim_fold(struct sim *s)
{
    struct rollout *again = rollout_new(s->plan, 0);
    uint64_t sum = 0;
    struct order o;

    for (size_t i = 0; i < s->journal_count && s->check.wrong[0] == '\0'; i++) {
        while (i == 0 && rollout_next(again, &o)) {
            sum = sim_sum(sum, &o);
        }
        rollout_tell(again, s->journal[i].at_ms, &s->journal[i].fact);
        while (rollout_next(again, &o)) {
            sum = sim_sum(sum, &o);
        }
        CHECK(&s->check, sum == s->journal[i].orders, "folded: other orders after fact %zu", i + 1);
        CHECK(&s->check, i + 1 != s->cut || rollout_digest(again) == s->cut_digest,
              "folded: another state after fact %zu", i + 1);
    }
    CHECK(&s->check,
          s->check.wrong[0] != '\0' || rollout_digest(again) == rollout_digest(s->rollout),
          "folded: another state at the end");
    rollout_free(again);
}

static void
sim_release(struct sim *s)
{
    rollout_free(s->rollout);
    plan_free(s->plan);
    world_release(&s->world);
    free(s->journal);
    free(s->due);
}

/* One seed, whole.  What was wrong is in s->check.wrong; the caller releases. */
static void
sim_seed(struct sim *s, uint64_t seed, bool loud)
{
    struct err err = {0};

    memset(s, 0, sizeof(*s));
    s->loud = loud;
    sim_case_make(&s->c, seed);
    world_init(&s->world, &s->c);
    check_init(&s->check, &s->c);
    s->plan = sim_case_plan(&s->c, &err);
    if (s->plan == NULL) {
        CHECK(&s->check, s->c.step_count == 0 && err.kind == ERR_NO_MATCH, "plan: %.200s",
              err.text);
        return;
    }
    CHECK(&s->check, s->c.step_count > 0, "a plan without steps");
    CHECK(&s->check, plan_wave_count(s->plan) == s->check.waves, "%d waves, not %d",
          (int)plan_wave_count(s->plan), (int)s->check.waves);
    sim_run(s);
    sim_fold(s);
}

#endif

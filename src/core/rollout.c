/*
 * rollout.c - takes facts, keeps slots, waves and the failure budget, and yields orders.
 *
 * Decides who starts when and when the run is over.  Owns all state of a run.  Reads no clock, does
 * no I/O, draws no randomness but from the plan's seed.
 */
#include "core/rollout.h"

#include "base/xalloc.h"
#include "core/rollout_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SLOT_WORD_BITS = 64 };

int32_t
rollout_timer_wave(const struct rollout *r)
{
    return plan_host_count(r->plan);
}

int32_t
rollout_timer_run(const struct rollout *r)
{
    return plan_host_count(r->plan) + 1;
}

/* ---- orders: a ring that grows */

void
rollout_order(struct rollout *r, struct order order)
{
    if (r->orders_count == r->orders_cap) {
        const size_t cap = r->orders_cap == 0 ? 16 : r->orders_cap * 2;
        struct order *ring = xcalloc(cap, sizeof(*ring));

        for (size_t i = 0; i < r->orders_count; i++) {
            ring[i] = r->orders[(r->orders_head + i) % r->orders_cap];
        }
        free(r->orders);
        r->orders = ring;
        r->orders_cap = cap;
        r->orders_head = 0;
    }
    r->orders[(r->orders_head + r->orders_count) % r->orders_cap] = order;
    r->orders_count++;
}

bool
rollout_next(struct rollout *r, struct order *ret_order)
{
    if (r->orders_count == 0) {
        return false;
    }
    *ret_order = r->orders[r->orders_head];
    r->orders_head = (r->orders_head + 1) % r->orders_cap;
    r->orders_count--;
    return true;
}

/* ---- slots: the lowest free one first */

static int32_t
slot_take(struct rollout *r)
{
    const int32_t slots = plan_slot_count(r->plan);

    if (r->active == slots) {
        return -1;
    }
    for (int32_t w = r->slots_hint / SLOT_WORD_BITS;; w++) {
        const uint64_t free_bits = ~r->slots_taken[w];
        if (free_bits != 0) {
            const int32_t slot = w * SLOT_WORD_BITS + __builtin_ctzll(free_bits);
            assert(slot < slots);
            r->slots_taken[w] |= free_bits & -free_bits;
            r->slots_hint = slot + 1;
            r->active++;
            return slot;
        }
    }
}

static void
slot_give(struct rollout *r, int32_t slot)
{
    const uint64_t bit = (uint64_t)1 << (slot % SLOT_WORD_BITS);
    uint64_t *word = &r->slots_taken[slot / SLOT_WORD_BITS];

    assert((*word & bit) != 0);
    *word &= ~bit;
    if (slot < r->slots_hint) {
        r->slots_hint = slot;
    }
    r->active--;
}

/* ---- budget */

void
rollout_stop(struct rollout *r, enum halt why)
{
    if (r->halt == HALT_NONE || (why == HALT_KILL && r->halt != HALT_KILL)) {
        r->halt = why;
    }
}

void
rollout_count_bad(struct rollout *r)
{
    const int32_t budget = plan_budget(r->plan);

    r->bad++;
    r->wave_bad++;
    if (budget >= 0 && r->bad > budget && plan_policy(r->plan)->on_failure != ON_FAILURE_CONTINUE) {
        rollout_stop(r, HALT_BUDGET);
    }
}

void
rollout_host_over(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    assert(plan_wave_of(r->plan, host) == r->wave);
    r->summary.count[OUTCOME_RUNNING]--;
    r->summary.count[h->outcome]++;
    slot_give(r, h->slot);
    assert(r->wave_left > 0);
    r->wave_left--;
    while (r->first_live < r->next_position &&
           r->hosts[plan_host_at(r->plan, r->first_live)].phase == PHASE_OVER) {
        r->first_live++;
    }
}

/* ---- waves */

static void
wave_enter(struct rollout *r, int32_t wave)
{
    r->wave = wave;
    r->wave_open = true;
    r->wave_bad = 0;
    r->wave_left = plan_wave_end(r->plan, wave) - plan_wave_begin(r->plan, wave);
}

/* The last host of the wave has its outcome. */
static void
wave_over(struct rollout *r)
{
    const struct policy *o = plan_policy(r->plan);
    const int32_t size = plan_wave_end(r->plan, r->wave) - plan_wave_begin(r->plan, r->wave);

    r->waves_done++;
    r->wave_open = false;
    if (size >= 2 && r->wave_bad == size && o->has_budget && o->on_failure != ON_FAILURE_CONTINUE &&
        r->waves_done < plan_wave_count(r->plan)) {
        rollout_stop(r, HALT_WAVE);
    }
    if (r->halt != HALT_NONE || r->waves_done == plan_wave_count(r->plan)) {
        return;
    }
    if (o->wave_pause_ms > 0) {
        timers_set(&r->timers, rollout_timer_wave(r), r->now_ms + o->wave_pause_ms);
    } else {
        wave_enter(r, r->wave + 1);
    }
}

static void
admit(struct rollout *r)
{
    for (;;) {
        if (r->wave_open && r->wave_left == 0) {
            wave_over(r);
        }
        if (!r->wave_open || r->halt != HALT_NONE ||
            r->next_position == plan_wave_end(r->plan, r->wave)) {
            return;
        }
        const int32_t slot = slot_take(r);
        if (slot < 0) {
            return;
        }
        const int32_t host = plan_host_at(r->plan, r->next_position++);
        r->summary.count[OUTCOME_UNTOUCHED]--;
        r->summary.count[OUTCOME_RUNNING]++;
        host_start(r, host, slot);
    }
}

static void
finish_if_over(struct rollout *r)
{
    const bool all = r->waves_done == plan_wave_count(r->plan);

    if (r->finished || r->active > 0 || (!all && r->halt == HALT_NONE)) {
        return;
    }
    r->finished = true;
    timers_drop(&r->timers, rollout_timer_wave(r));
    timers_drop(&r->timers, rollout_timer_run(r));
    assert(r->timers.count == 0);
    rollout_order(r, (struct order){.kind = ORDER_FINISH,
                                    .host = -1,
                                    .step = -1,
                                    .slot = -1,
                                    .value = summary_exit(&r->summary)});
}

static void
settle(struct rollout *r)
{
    do {
        hold_release(r);
        admit(r);
    } while (r->look && r->held > 0);
    finish_if_over(r);
    const int64_t next_ms = timers_next_ms(&r->timers);

    if (next_ms != r->waiting_ms) {
        r->waiting_ms = next_ms;
        rollout_order(
            r, (struct order){
                   .kind = ORDER_WAIT, .host = -1, .step = -1, .slot = -1, .value = next_ms});
    }
    assert(r->active <= plan_slot_count(r->plan));
}

/* ---- facts */

static void
on_tick(struct rollout *r, int64_t now_ms)
{
    const int64_t next_ms = timers_next_ms(&r->timers);

    if (next_ms < 0 || next_ms > now_ms) {
        return; /* early or stale: no order, no change */
    }
    r->now_ms = now_ms;
    for (int32_t id = timers_pop(&r->timers, now_ms); id >= 0;
         id = timers_pop(&r->timers, now_ms)) {
        if (id == rollout_timer_run(r)) {
            rollout_stop(r, HALT_TIMEOUT);
        } else if (id == rollout_timer_wave(r)) {
            if (r->halt == HALT_NONE) {
                wave_enter(r, r->wave + 1);
            }
        } else {
            host_timer(r, id);
        }
    }
    settle(r);
}

static void
on_verb(struct rollout *r, enum verb verb)
{
    const struct fact told = {.kind = FACT_VERB, .verb = verb};

    if (rollout_refuses(r, &told) != NULL) {
        return;
    }
    if (verb == VERB_ABORT) {
        rollout_stop(r, HALT_ABORT);
        return;
    }
    assert(verb == VERB_KILL);
    rollout_stop(r, HALT_KILL);
    for (int32_t i = 0; i < r->next_position; i++) {
        host_kill(r, plan_host_at(r->plan, i));
    }
}

struct rollout *
rollout_new(const struct plan *plan, int64_t now_ms)
{
    const int32_t hosts = plan_host_count(plan);
    const int32_t words = (plan_slot_count(plan) + SLOT_WORD_BITS - 1) / SLOT_WORD_BITS;
    struct rollout *r = xcalloc(1, sizeof(*r));

    r->plan = plan;
    r->now_ms = now_ms;
    r->waiting_ms = -1;
    r->hosts = xcalloc((size_t)hosts, sizeof(*r->hosts));
    for (int32_t i = 0; i < hosts; i++) {
        r->hosts[i].slot = -1;
        r->hosts[i].started_ms = -1;
        r->hosts[i].finished_ms = -1;
    }
    r->summary.count[OUTCOME_UNTOUCHED] = hosts;
    r->steps = xcalloc((size_t)plan_step_count(plan), sizeof(*r->steps));
    r->slots_taken = xcalloc((size_t)words, sizeof(*r->slots_taken));
    timers_init(&r->timers, hosts + 2);
    if (plan_policy(plan)->run_timeout_ms > 0) {
        timers_set(&r->timers, rollout_timer_run(r), now_ms + plan_policy(plan)->run_timeout_ms);
    }
    wave_enter(r, 0);
    settle(r);
    return r;
}

void
rollout_free(struct rollout *r)
{
    if (r == NULL) {
        return;
    }
    timers_release(&r->timers);
    free(r->hosts);
    free(r->steps);
    free(r->slots_taken);
    free(r->orders);
    free(r);
}

void
rollout_tell(struct rollout *r, int64_t now_ms, const struct fact *fact)
{
    assert(now_ms >= r->now_ms);
    if (r->finished) {
        return;
    }
    if (fact->kind == FACT_TICK) {
        on_tick(r, now_ms);
        return;
    }
    r->now_ms = now_ms;
    if (fact->kind == FACT_VERB) {
        on_verb(r, fact->verb);
    } else if (fact->host >= 0 && fact->host < plan_host_count(r->plan)) {
        host_fact(r, fact);
    }
    settle(r);
}

/* ---- what can be seen from outside */

const char *
rollout_refuses(const struct rollout *r, const struct fact *verb)
{
    if (r->finished) {
        return "the run is over";
    }
    switch (verb->verb) {
    case VERB_ABORT:
    case VERB_KILL:
        return NULL;
    case VERB_PAUSE:
    case VERB_CONTINUE:
    case VERB_PROMOTE:
    case VERB_ROLLBACK:
    case VERB_SKIP:
    case VERB_RETRY:
    case VERB_WORKERS:
        break;
    }
    return "not yet";
}

struct rollout_host
rollout_host(const struct rollout *r, int32_t host)
{
    assert(host >= 0 && host < plan_host_count(r->plan));
    const struct host_state *h = &r->hosts[host];

    return (struct rollout_host){
        .outcome = h->outcome,
        .cause = h->cause,
        .exit_code = h->exit_code,
        .signal = h->signal,
        .slot = h->slot,
        .step = h->step,
        .attempt = h->attempt,
        .connect_attempt = h->connect_attempt,
        .held = h->phase == PHASE_HELD,
        .probe_try = h->probe_try,
        .probe_check = h->probe_check,
        .started_ms = h->started_ms,
        .finished_ms = h->finished_ms,
    };
}

enum halt
rollout_halt(const struct rollout *r)
{
    return r->halt;
}

static const char *const halts[] = {
    [HALT_NONE] = "",
    [HALT_BUDGET] = "failure budget spent",
    [HALT_WAVE] = "a whole wave failed",
    [HALT_BREAKER] = "three hosts in a row denied authentication",
    [HALT_ABORT] = "aborted",
    [HALT_KILL] = "killed",
    [HALT_TIMEOUT] = "run_timeout passed",
    [HALT_ONCE] = "a run_once step failed",
    [HALT_CANARY] = "a canary failed",
    [HALT_ROLLBACK] = "rolled back",
};
_Static_assert(sizeof(halts) / sizeof(halts[0]) == HALTS, "say each halt");

const char *
halt_text(enum halt h)
{
    assert((unsigned)h < HALTS);
    return halts[h];
}

struct summary
rollout_summary(const struct rollout *r)
{
    return r->summary;
}

int32_t
rollout_active(const struct rollout *r)
{
    return r->active;
}

int32_t
rollout_workers(const struct rollout *r)
{
    return plan_slot_count(r->plan);
}

int32_t
rollout_wave(const struct rollout *r)
{
    return r->wave;
}

int64_t
rollout_wave_due_ms(const struct rollout *r)
{
    return timers_due_ms(&r->timers, rollout_timer_wave(r));
}

int32_t
rollout_bad(const struct rollout *r)
{
    return r->bad;
}

enum run_state
rollout_state(const struct rollout *r)
{
    if (r->finished) {
        return RUN_OVER;
    }
    return r->halt == HALT_NONE ? RUN_RUNNING : r->halt == HALT_KILL ? RUN_KILLING : RUN_DRAINING;
}

static const char *const run_states[] = {
    [RUN_RUNNING] = "running",   [RUN_PROMOTING] = "promoting", [RUN_PAUSED] = "paused",
    [RUN_DRAINING] = "draining", [RUN_KILLING] = "killing",     [RUN_ROLLING_BACK] = "rolling back",
    [RUN_OVER] = "over",
};
_Static_assert(sizeof(run_states) / sizeof(run_states[0]) == RUN_STATES, "name a state");

const char *
run_state_name(enum run_state s)
{
    assert((unsigned)s < RUN_STATES);
    return run_states[s];
}

static const char *const rollbacks[] = {
    [ROLLBACK_NONE] = "none",
    [ROLLBACK_RUNNING] = "running",
    [ROLLBACK_DONE] = "done",
    [ROLLBACK_FAILED] = "failed",
};
_Static_assert(sizeof(rollbacks) / sizeof(rollbacks[0]) == ROLLBACK_STATES, "name a state");

const char *
rollback_name(enum rollback_state s)
{
    assert((unsigned)s < ROLLBACK_STATES);
    return rollbacks[s];
}

int32_t
rollout_waves_started(const struct rollout *r)
{
    return r->next_position > plan_wave_begin(r->plan, r->wave) ? r->wave + 1 : r->wave;
}

int32_t
rollout_waves_done(const struct rollout *r)
{
    return r->waves_done;
}

bool
rollout_finished(const struct rollout *r)
{
    return r->finished;
}

static uint64_t
mix(uint64_t sum, const int64_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sum = (sum ^ (uint64_t)words[i]) * UINT64_C(0x100000001b3);
        sum ^= sum >> 29;
    }
    return sum;
}

static uint64_t
mix_host(uint64_t sum, const struct host_state *h, int64_t due_ms)
{
    const int64_t words[] = {
        h->phase,     h->outcome,       h->cause,         h->exit_code,       h->signal,
        h->slot,      h->step,          h->attempt,       h->connect_attempt, h->finally_step,
        h->connected, h->was_connected, h->step_was_sent, h->refused_once,    h->reached_again,
        h->killed,    h->started_ms,    h->finished_ms,   h->step_unsure,     due_ms,
        h->admitted,  h->probe_try,     h->probe_check,   h->probe_row,
    };

    return mix(sum, words, sizeof(words) / sizeof(words[0]));
}

uint64_t
rollout_digest(const struct rollout *r)
{
    const int64_t words[] = {
        r->now_ms,     r->active,     r->next_position, r->wave,         r->wave_left,
        r->wave_bad,   r->waves_done, r->wave_open,     r->bad,          r->denials_in_row,
        r->halt,       r->finished,   r->waiting_ms,    r->timers.count, timers_next_ms(&r->timers),
        r->first_live, r->held,       r->look,
    };
    uint64_t sum = mix(UINT64_C(0xcbf29ce484222325), words, sizeof(words) / sizeof(words[0]));

    for (int32_t i = 0; i < plan_host_count(r->plan); i++) {
        sum = mix_host(sum, &r->hosts[i], timers_due_ms(&r->timers, i));
    }
    for (int32_t i = 0; i < plan_step_count(r->plan); i++) {
        const int64_t step[] = {r->steps[i].once, r->steps[i].inside};
        sum = mix(sum, step, 2);
    }
    for (int i = 0; i < OUTCOMES; i++) {
        const int64_t count = r->summary.count[i];
        sum = mix(sum, &count, 1);
    }
    return sum;
}

/*
 * rollout.c - takes facts, gives slots, ends the run, and yields orders.
 *
 * Decides who starts next and when the run is over.  Owns all state of a run.  Reads no clock, does
 * no I/O, draws no randomness but from the plan's seed.
 */
#include "core/rollout.h"

#include "base/xalloc.h"
#include "core/rollout_state.h"

#include "core/planted.h"

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

/* ---- rings that grow: orders, and hosts */

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

void
rollout_order_host(struct rollout *r, enum order_kind kind, int32_t host)
{
    rollout_order(
        r, (struct order){.kind = kind, .host = host, .step = -1, .slot = r->hosts[host].slot});
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

void
ring_add(struct ring *q, int32_t item)
{
    if (q->count == q->cap) {
        const int32_t cap = q->cap == 0 ? 16 : q->cap * 2;
        int32_t *items = xcalloc((size_t)cap, sizeof(*items));

        for (int32_t i = 0; i < q->count; i++) {
            items[i] = q->items[(q->head + i) % q->cap];
        }
        free(q->items);
        q->items = items;
        q->cap = cap;
        q->head = 0;
    }
    assert(q->count < q->cap);
    q->items[(q->head + q->count) % q->cap] = item;
    q->count++;
}

int32_t
ring_take(struct ring *q)
{
    assert(q->count > 0);
    const int32_t item = q->items[q->head];

    q->head = (q->head + 1) % q->cap;
    q->count--;
    return item;
}

/* ---- slots: the lowest free one first */

static int32_t
slot_take(struct rollout *r)
{
    assert(r->active < r->width);
    for (int32_t w = r->slots_hint / SLOT_WORD_BITS;; w++) {
        const uint64_t free_bits = ~r->slots_taken[w];
        if (free_bits != 0) {
            const int32_t slot = w * SLOT_WORD_BITS + __builtin_ctzll(free_bits);
            r->slots_taken[w] |= free_bits & -free_bits;
            r->slots_hint = slot + 1;
            r->active++;
            return slot;
        }
    }
}

void
rollout_slot_give(struct rollout *r, int32_t host, enum order_kind how)
{
    const struct host_state *h = &r->hosts[host];
    const uint64_t bit = (uint64_t)1 << (h->slot % SLOT_WORD_BITS);
    uint64_t *word = &r->slots_taken[h->slot / SLOT_WORD_BITS];

    rollout_order_host(r, how, host);
    assert((*word & bit) != 0);
    *word &= ~(PLANTED(SLOT_LEAKED) ? 0 : bit);
    if (h->slot < r->slots_hint && (h->slot == 0 || !PLANTED(SLOT_NOT_LOWEST))) {
        r->slots_hint = h->slot;
    }
    r->active--;
    if (how != ORDER_PARK || !PLANTED(LIMIT_KEPT_BY_PARKED)) {
        queue_give(&r->queue, host);
    }
    if (!r->rolling_back) {
        assert(r->wave_left > 0);
        r->wave_left--;
    }
}

/* ---- who starts next */

/* Of the hosts that are to be retried and that no limit holds back the lowest; -1: none.  They are
 * few: an operator named each.  Those that were skipped meanwhile are forgotten here. */
static int32_t
next_retry(struct rollout *r)
{
    int32_t best = -1;

    for (int32_t i = r->retries.count; i > 0; i--) {
        const int32_t host = ring_take(&r->retries);
        if (!r->hosts[host].queued) {
            continue;
        }
        ring_add(&r->retries, host);
        if (queue_has_room(&r->queue, host) &&
            (best < 0 || plan_position_of(r->plan, host) < plan_position_of(r->plan, best))) {
            best = host;
        }
    }
    return best;
}

/* The queue holds the wave, those who wait for the switch, or those to be rolled back. */
static bool
queue_is_open(const struct rollout *r)
{
    if (r->halt != HALT_NONE && !PLANTED(HALT_STARTS)) {
        return r->parked > 0 || r->rolling_back;
    }
    return r->stage == WAVE_OPEN && (!r->paused || PLANTED(PAUSE_STARTS));
}

static void
start(struct rollout *r, int32_t host)
{
    const int32_t slot = slot_take(r);

    queue_take(&r->queue, host);
    if (r->rolling_back) {
        host_roll_back(r, host, slot);
    } else if (r->hosts[host].phase == PHASE_PARKED) {
        if (r->halt == HALT_NONE) {
            wave_tell_begin(r);
        }
        host_unpark(r, host, slot);
    } else {
        r->hosts[host].queued = false;
        wave_tell_begin(r);
        host_start(r, host, slot);
    }
}

/* -1: nobody may. */
static int32_t
next_host(struct rollout *r)
{
    int32_t host = PLANTED(RETRY_LAST) ? -1 : next_retry(r);

    if (host < 0 && queue_is_open(r)) {
        host = queue_next(&r->queue);
    }
    return host < 0 && PLANTED(RETRY_LAST) ? next_retry(r) : host;
}

/* The start of a host that was refused ahead may halt or pause the run: then the queue is closed,
 * and no retry has room that had none before. */
static void
admit(struct rollout *r)
{
    for (;;) {
        wave_move(r);
        if (r->active >= r->width + PLANTED(WIDTH_ONE_MORE)) {
            return;
        }
        const int32_t host = next_host(r);
        if (host < 0) {
            return;
        }
        start(r, host);
    }
}

static bool
is_halting(const struct rollout *r)
{
    return r->halt != HALT_NONE && !r->halt_seen;
}

/* What follows from a halt, once: nothing more is started but for the end of those who wait for the
 * switch. */
static void
draw_consequences(struct rollout *r)
{
    if (!is_halting(r)) {
        return;
    }
    r->halt_seen = true;
    timers_drop(&r->timers, rollout_timer_wave(r));
    while (r->retries.count > 0) {
        struct host_state *h = &r->hosts[ring_take(&r->retries)];
        r->wave_left -= h->queued; /* it keeps the outcome it has */
        h->queued = false;
    }
    if (!PLANTED(HALT_STARTS)) {
        queue_clear(&r->queue);
    }
    for (int32_t i = 0; r->parked > 0 && i < plan_host_count(r->plan); i++) {
        const int32_t host = plan_host_at(r->plan, i);
        if (r->hosts[host].phase == PHASE_PARKED) {
            queue_add(&r->queue, host);
        }
    }
    watch_end(r);
    ahead_halt(r);
}

/* But for looks that are under way, and for sessions ahead that are being closed. */
static bool
is_over(const struct rollout *r)
{
    return r->active == 0 && r->parked == 0 && !r->paused && !r->rollback_due &&
           (r->halt != HALT_NONE || r->stage == WAVE_DONE);
}

static void
finish(struct rollout *r)
{
    assert(queue_waiting(&r->queue) == 0); /* nobody who could start is left behind */
    watch_end(r);
    r->finished = true;
    timers_drop(&r->timers, rollout_timer_run(r));
    assert(r->timers.count == 0);
    rollout_order(r, (struct order){.kind = ORDER_FINISH,
                                    .host = -1,
                                    .step = -1,
                                    .slot = -1,
                                    .value = summary_exit(&r->summary)});
}

/* A host may be retried until the last look has been broken off: then the watch goes on. */
static void
watch_or_finish(struct rollout *r)
{
    if (!is_over(r)) {
        watch_pump(r);
        return;
    }
    watch_break(r);
    if (r->watch_count == 0 && ahead_is_gone(r)) {
        finish(r);
    }
}

static void
settle(struct rollout *r)
{
    do {
        hold_release(r);
        draw_consequences(r);
        admit(r);
    } while ((r->look && r->held > 0) || is_halting(r) || back_begin(r));
    r->look = false; /* nobody is held whom it could wake */
    ahead_pump(r);
    watch_or_finish(r);
    const int64_t next_ms = timers_next_ms(&r->timers);

    if (next_ms != r->waiting_ms &&
        !(PLANTED(WAIT_ONLY_LATER) && next_ms >= 0 && next_ms < r->waiting_ms)) {
        r->waiting_ms = next_ms;
        rollout_order(
            r, (struct order){
                   .kind = ORDER_WAIT, .host = -1, .step = -1, .slot = -1, .value = next_ms});
    }
}

/* ---- facts */

static void
on_tick(struct rollout *r, int64_t now_ms)
{
    const int64_t next_ms = timers_next_ms(&r->timers);

    if (next_ms < 0 || next_ms > now_ms) {
        r->now_ms += PLANTED(TICK_MOVES_TIME); /* early or stale: no order, no change */
        return;
    }
    r->now_ms = now_ms;
    for (int32_t id = timers_pop(&r->timers, now_ms); id >= 0;
         id = timers_pop(&r->timers, now_ms)) {
        if (id == rollout_timer_run(r)) {
            rollout_stop(r, PLANTED(TIMEOUT_IGNORED) ? HALT_NONE : HALT_TIMEOUT);
        } else if (id == rollout_timer_wave(r)) {
            if (r->halt == HALT_NONE) {
                wave_timer(r);
            }
        } else {
            host_timer(r, id);
        }
    }
    settle(r);
}

struct rollout *
rollout_new(const struct plan *plan, int64_t now_ms)
{
    const int32_t hosts = plan_host_count(plan);
    const int32_t words = (hosts + SLOT_WORD_BITS - 1) / SLOT_WORD_BITS;
    struct rollout *r = xcalloc(1, sizeof(*r));

    r->plan = plan;
    r->now_ms = now_ms;
    r->waiting_ms = r->frozen_wave_ms = r->frozen_run_ms = -1;
    r->hosts = xcalloc((size_t)hosts, sizeof(*r->hosts));
    for (int32_t i = 0; i < hosts; i++) {
        r->hosts[i].slot = r->hosts[i].watch_at = -1;
        r->hosts[i].started_ms = r->hosts[i].finished_ms = -1;
    }
    r->summary.count[OUTCOME_UNTOUCHED] = hosts;
    r->width = plan_slot_count(plan);
    r->budget = plan_budget(plan);
    r->scope_bad = xcalloc((size_t)plan_scope_count(plan), sizeof(*r->scope_bad));
    r->slots_taken = xcalloc((size_t)words, sizeof(*r->slots_taken));
    queue_init(&r->queue, plan);
    hold_init(r);
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
    queue_release(&r->queue);
    heap_release(&r->held_heap);
    heap_release(&r->end_heap);
    heap_release(&r->live_heap);
    free(r->hosts);
    free(r->steps);
    free(r->scope_bad);
    free(r->slots_taken);
    free(r->retries.items);
    free(r->start_log.items);
    free(r->watch_queue.items);
    free(r->watch_now);
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
        verb_tell(r, fact);
    } else if (fact->host >= 0 && fact->host < plan_host_count(r->plan)) {
        host_fact(r, fact);
    }
    settle(r);
}

/*
 * rollout_wave.c - moves from wave to wave: over, baked, promoted, paused, the next.
 *
 * Decides when the barrier between two waves opens (docs/rollout.md, "Waves").  A plan without
 * waves has one.
 */
#include "core/rollout_state.h"

#include "core/planted.h"

#include <assert.h>

static bool
is_last(const struct rollout *r)
{
    return r->wave + 1 == plan_wave_count(r->plan);
}

static bool
is_prepare(const struct rollout *r)
{
    return plan_switch_step(r->plan) >= 0 && r->wave == 0;
}

static void
order_wave(struct rollout *r, enum order_kind kind)
{
    if (plan_has_waves(r->plan)) {
        rollout_order(
            r, (struct order){.kind = kind, .host = -1, .step = -1, .slot = -1, .value = r->wave});
    }
}

void
wave_tell_begin(struct rollout *r)
{
    if (!r->wave_told) {
        r->wave_told = true;
        order_wave(r, ORDER_WAVE_BEGIN);
    }
}

static bool
waits_here(const struct rollout *r, int32_t host)
{
    const enum phase phase = r->hosts[host].phase;

    return phase == PHASE_UNTOUCHED || phase == PHASE_PARKED;
}

void
wave_enter(struct rollout *r, int32_t wave)
{
    r->wave = wave;
    r->stage = WAVE_OPEN;
    r->wave_bad = r->wave_started = r->wave_left = 0;
    r->wave_told = r->wave_failed = r->wave_excused = false;
    queue_clear(&r->queue);
    for (int32_t i = plan_wave_begin(r->plan, wave); i < plan_wave_end(r->plan, wave); i++) {
        const int32_t host = plan_host_at(r->plan, i);
        if (waits_here(r, host)) {
            queue_add(&r->queue, host);
            r->wave_left++;
        }
    }
}

/* ---- judging a wave whose hosts all have an outcome */

static bool
failed_whole(const struct rollout *r)
{
    return r->wave_started >= 2 - PLANTED(WHOLE_WAVE_OF_ONE) && !PLANTED(WHOLE_WAVE_PASSES) &&
           r->wave_bad == r->wave_started && !is_last(r) && plan_policy(r->plan)->has_budget;
}

static bool
canary_ends(const struct rollout *r)
{
    return r->wave + 1 == plan_canary_waves(r->plan);
}

/* Every canary host that was started is ok. */
static bool
canary_is_ok(const struct rollout *r)
{
    for (int32_t i = 0; i < plan_wave_end(r->plan, r->wave); i++) {
        const struct host_state *h = &r->hosts[plan_host_at(r->plan, i)];
        if (h->round > 0 && h->outcome != OUTCOME_OK) {
            return false;
        }
    }
    return true;
}

static void
fail_wave(struct rollout *r, enum halt why)
{
    rollout_fail(r, why);
    r->wave_failed = r->paused;
}

/* At once when the wave is over, in a pause too, and again after its bake. */
static void
judge(struct rollout *r)
{
    const bool promotes = canary_ends(r) && plan_policy(r->plan)->promote == PROMOTE_AUTO;

    if (r->halt != HALT_NONE || r->wave_excused) {
        return;
    }
    if (failed_whole(r)) {
        fail_wave(r, HALT_WAVE);
    } else if (promotes && !PLANTED(CANARY_NOT_JUDGED) && !canary_is_ok(r)) {
        fail_wave(r, HALT_CANARY);
    }
}

static void
wait_for(struct rollout *r, enum wave_stage stage, int64_t ms)
{
    r->stage = stage;
    timers_set(&r->timers, rollout_timer_wave(r), r->now_ms + ms);
}

/* ---- on from each stage; true: something was decided, and there may be more */

static bool
from_open(struct rollout *r)
{
    if (r->wave_left > PLANTED(BARRIER_CROSSED)) {
        return false;
    }
    r->stage = WAVE_CLOSED;
    if (r->wave_told) {
        order_wave(r, ORDER_WAVE_END);
    }
    judge(r);
    return true;
}

static bool
from_closed(struct rollout *r)
{
    const int64_t bake_ms = plan_policy(r->plan)->wave_bake_ms;

    if (bake_ms == 0 || PLANTED(WAVE_BAKE_LOST) || r->wave_started == 0 ||
        (is_prepare(r) && !PLANTED(PREPARE_BAKES))) {
        r->stage = WAVE_BAKED;
        return true;
    }
    wait_for(r, WAVE_BAKING, bake_ms);
    watch_wave(r);
    return false;
}

static bool
next_wave(struct rollout *r)
{
    r->waves_done++;
    if (is_last(r)) {
        r->stage = WAVE_DONE;
        return false;
    }
    wave_enter(r, r->wave + 1);
    return true;
}

static bool
pause_or_go(struct rollout *r)
{
    const int64_t pause_ms = plan_policy(r->plan)->wave_pause_ms;

    if (pause_ms == 0 || (is_last(r) && !PLANTED(WAVE_PAUSE_LAST)) || r->wave_started == 0) {
        return next_wave(r);
    }
    if (PLANTED(WAVE_PAUSE_LOST)) {
        return next_wave(r);
    }
    wait_for(r, WAVE_PAUSING, pause_ms);
    return false;
}

static bool
waits_for_promote(const struct rollout *r)
{
    return canary_ends(r) && plan_policy(r->plan)->promote == PROMOTE_MANUAL && !is_last(r);
}

bool
wave_next_follows(const struct rollout *r)
{
    const struct policy *o = plan_policy(r->plan);

    if (is_last(r) || plan_switch_step(r->plan) >= 0) {
        return false;
    }
    return (o->wave_bake_ms == 0 && o->wave_pause_ms == 0 && !waits_for_promote(r)) ||
           PLANTED(AHEAD_OVER_BARRIER);
}

static bool
from_baked(struct rollout *r)
{
    judge(r);
    if (r->halt != HALT_NONE || r->paused) {
        return false;
    }
    if (waits_for_promote(r) && !PLANTED(CANARY_PROMOTES_ITSELF)) {
        r->stage = WAVE_PROMOTING;
        return false;
    }
    return pause_or_go(r);
}

void
wave_move(struct rollout *r)
{
    bool more = true;

    while (more) {
        more = false;
        if (r->stage == WAVE_OPEN) {
            more = from_open(r);
        } else if (r->halt == HALT_NONE && !r->paused && r->stage == WAVE_CLOSED) {
            more = from_closed(r);
        } else if (r->halt == HALT_NONE && !r->paused && r->stage == WAVE_BAKED) {
            more = from_baked(r);
        }
    }
}

void
wave_timer(struct rollout *r)
{
    if (r->stage == WAVE_BAKING) {
        r->stage = WAVE_BAKED;
    } else {
        assert(r->stage == WAVE_PAUSING);
        (void)next_wave(r);
    }
}

void
wave_promote(struct rollout *r)
{
    assert(r->stage == WAVE_PROMOTING);
    (void)pause_or_go(r);
}

void
wave_reopen(struct rollout *r)
{
    if (r->stage == WAVE_DONE) {
        r->waves_done--;
    }
    if (r->stage != WAVE_OPEN) {
        r->stage = WAVE_OPEN;
        r->wave_told = false;
        r->frozen_wave_ms = -1;
        timers_drop(&r->timers, rollout_timer_wave(r));
    }
    r->wave_left++;
}

void
wave_bake_again(struct rollout *r)
{
    assert(r->stage == WAVE_BAKING);
    if (!PLANTED(WAVE_BAKE_NOT_RESTARTED)) {
        timers_set(&r->timers, rollout_timer_wave(r),
                   r->now_ms + plan_policy(r->plan)->wave_bake_ms);
    }
}

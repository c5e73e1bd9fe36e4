/*
 * check_wave.c - waves and what lies between them: bake, promote, pause.
 *
 * Decides when a wave is over and when the next may begin.
 */
#include "sim/check_state.h"

static int32_t
wave_end(const struct check *k)
{
    return k->switch_step >= 0 ? k->host_count : k->wave_begin[k->wave + 1];
}

void
check_wave_wait(struct check *k, int64_t ms)
{
    k->wave_due_ms = k->now_ms + ms;
    k->wave_set_ms = k->now_ms;
}

void
check_wave_enter(struct check *k, int32_t wave)
{
    k->wave = wave;
    k->phase = WAVE_OPEN;
    k->reopened = k->wave_failed = k->wave_excused = false;
    k->wave_due_ms = -1;
    k->wave_started = 0;
    k->wave_left = 0;
    for (int32_t i = k->wave_begin[wave]; i < wave_end(k); i++) {
        const struct check_host *h = &k->hosts[k->host_at[i]];
        k->wave_left += h->outcome == OUTCOME_UNTOUCHED || h->parked;
    }
}

/* Two hosts or more were started, and none of them ended well. */
static bool
whole_wave_bad(const struct check *k)
{
    int32_t started = 0, bad = 0;

    for (int32_t i = k->wave_begin[k->wave]; i < wave_end(k); i++) {
        const struct check_host *h = &k->hosts[k->host_at[i]];
        started += h->round > 0;
        bad += h->round > 0 && outcome_is_bad(h->outcome);
    }
    return started >= 2 && bad == started;
}

static bool
canary_fine(const struct check *k)
{
    bool fine = true;

    for (int32_t i = 0; i < k->wave_begin[k->canary_waves]; i++) {
        const struct check_host *h = &k->hosts[k->host_at[i]];
        fine &= h->round == 0 || h->outcome == OUTCOME_OK;
    }
    return fine;
}

void
check_promoted(struct check *k)
{
    if (k->wave == k->waves - 1) {
        k->phase = WAVE_ALL_OVER;
    } else if (k->wave_started > 0 && k->c->policy.wave_pause_ms > 0) {
        k->phase = WAVE_PAUSES;
        check_wave_wait(k, k->c->policy.wave_pause_ms);
    } else {
        check_wave_enter(k, k->wave + 1);
    }
}

/* It ended badly: what on_failure says.  A pause lasts until the operator lets it pass. */
static void
fail_wave(struct check *k, enum halt why)
{
    switch (k->c->policy.on_failure) {
    case ON_FAILURE_CONTINUE:
        break;
    case ON_FAILURE_STOP:
    case ON_FAILURE_ROLLBACK:
        check_halt_by_rule(k, why);
        break;
    case ON_FAILURE_PAUSE:
        check_pause(k);
        k->wave_failed = true;
        break;
    }
}

static bool
ends_canary(const struct check *k)
{
    return k->canary_waves > 0 && k->wave == k->canary_waves - 1;
}

static void
judge(struct check *k)
{
    if (k->wave_excused) {
        return;
    }
    if (k->wave < k->waves - 1 && k->c->policy.has_budget && whole_wave_bad(k)) {
        fail_wave(k, HALT_WAVE);
    } else if (ends_canary(k) && k->c->policy.promote == PROMOTE_AUTO && !canary_fine(k)) {
        fail_wave(k, HALT_CANARY);
    }
}

static void
from_closed(struct check *k)
{
    const bool before_switch = k->switch_step >= 0 && k->wave == 0;

    if (k->wave_started > 0 && k->c->policy.wave_bake_ms > 0 && !before_switch) {
        k->phase = WAVE_BAKES;
        check_wave_wait(k, k->c->policy.wave_bake_ms);
        check_watch_bake(k);
    } else {
        k->phase = WAVE_BAKED;
    }
}

static void
from_baked(struct check *k)
{
    judge(k); /* hosts may have become sick in the bake */
    if (k->halt != HALT_NONE || k->paused) {
        return;
    }
    if (ends_canary(k) && k->c->policy.promote == PROMOTE_MANUAL && k->wave < k->waves - 1) {
        k->phase = WAVE_PROMOTE;
    } else {
        check_promoted(k);
    }
}

/* The operator lets a wave pass that ended badly. */
void
check_wave_continue(struct check *k)
{
    k->wave_excused |= k->wave_failed;
}

/* A host is retried: the wave is not over any more, and is told again. */
void
check_wave_reopen(struct check *k)
{
    if (k->phase == WAVE_OPEN) {
        return;
    }
    k->phase = WAVE_OPEN;
    k->wave_due_ms = -1;
    k->begun = k->ended = k->wave - 1;
    k->reopened = true;
}

/* Go on as far as nothing is left to wait for; a paused run decides nothing. */
void
check_waves(struct check *k)
{
    enum check_wave before;
    int32_t wave;

    do {
        before = k->phase;
        wave = k->wave;
        if (k->finished || k->halt != HALT_NONE) {
            return;
        }
        if (k->phase == WAVE_OPEN && k->wave_left == 0 && k->again == 0 && k->queued == 0) {
            k->phase = WAVE_CLOSED;
            judge(k);
        }
        if (k->phase == WAVE_CLOSED && !k->paused && k->halt == HALT_NONE) {
            from_closed(k);
        }
        if (k->phase == WAVE_BAKED && !k->paused && k->halt == HALT_NONE) {
            from_baked(k);
        }
    } while (k->phase != before || k->wave != wave);
}

static void
wave_tick(struct check *k)
{
    if (k->paused || k->halt != HALT_NONE || k->wave_due_ms < 0 || k->wave_due_ms > k->now_ms) {
        return;
    }
    if (k->phase == WAVE_BAKES) {
        k->wave_due_ms = -1;
        k->phase = WAVE_BAKED; /* judged when all timers have been taken */
    } else if (k->phase == WAVE_PAUSES) {
        check_wave_enter(k, k->wave + 1);
    }
}

/* A tick that is due: timers of the run, the earlier one first. */
void
check_run_tick(struct check *k)
{
    const bool wave_first = k->wave_due_ms >= 0 && k->wave_due_ms <= k->run_due_ms;

    if (wave_first) {
        wave_tick(k);
    }
    if (!k->paused && k->run_due_ms >= 0 && k->run_due_ms <= k->now_ms) {
        k->run_due_ms = -1;
        check_halt(k, HALT_TIMEOUT);
    }
    if (!wave_first) {
        wave_tick(k);
    }
}

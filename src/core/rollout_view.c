/*
 * rollout_view.c - what of a rollout can be seen from outside, and its fingerprint.
 *
 * Decides nothing, changes nothing.
 */
#include "core/rollout_state.h"

#include <assert.h>

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
        .rollback = h->rollback,
        .round = h->round,
        .parked = h->phase == PHASE_PARKED,
        .baking = h->baking,
        .queued = h->queued,
        .late = h->late,
        .ahead = ahead_is_open(h),
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
    [HALT_ROLLBACK] = "rollback asked for",
};
_Static_assert(sizeof(halts) / sizeof(halts[0]) == HALTS, "say each halt");

const char *
halt_text(enum halt h)
{
    assert((unsigned)h < HALTS);
    return halts[h];
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
rollout_ahead(const struct rollout *r)
{
    return r->ahead_count;
}

int32_t
rollout_workers(const struct rollout *r)
{
    return r->width;
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

bool
rollout_wave_bakes(const struct rollout *r)
{
    return r->stage == WAVE_BAKING;
}

int32_t
rollout_bad(const struct rollout *r)
{
    return r->bad;
}

int32_t
rollout_waves_started(const struct rollout *r)
{
    return r->wave_started > 0 ? r->wave + 1 : r->wave;
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

/* ---- fingerprint: all that decides, and nothing of how it is kept */

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
    const int64_t flags = h->connected | h->was_connected << 1 | h->closing << 2 |
                          h->close_waits << 3 | h->step_was_sent << 4 | h->changed << 5 |
                          h->step_unsure << 6 | h->refused_once << 7 | h->admitted << 8 |
                          h->at_end << 9 | h->reached_again << 10 | h->baking << 11 |
                          h->killed << 12 | h->counted << 13 | h->queued << 14 | h->late << 15 |
                          h->ever_connected << 16 | h->ahead << 17 | h->ahead_cause << 20;
    const int64_t words[] = {
        h->phase,        h->outcome,     h->cause,           h->rollback,     h->exit_code,
        h->signal,       h->slot,        h->round,           h->step,         h->attempt,
        h->attempt_base, h->attempt_top, h->connect_attempt, h->connect_base, h->finally_step,
        h->probe_try,    h->probe_base,  h->probe_check,     h->probe_row,    h->probe_lost,
        h->bake_ms,      h->started_ms,  h->finished_ms,     flags,           due_ms,
    };

    return mix(sum, words, sizeof(words) / sizeof(words[0]));
}

static uint64_t
mix_ring(uint64_t sum, const struct ring *q)
{
    for (int32_t i = 0; i < q->count; i++) {
        const int64_t item = q->items[(q->head + i) % q->cap];
        sum = mix(sum, &item, 1);
    }
    return sum;
}

uint64_t
rollout_digest(const struct rollout *r)
{
    const int64_t flags = r->wave_told | r->wave_failed << 1 | r->wave_excused << 2 |
                          r->paused << 3 | r->halt_seen << 4 | r->hurried << 5 |
                          r->rollback_due << 6 | r->rolling_back << 7 | r->finished << 8 |
                          r->look << 9;
    const int64_t words[] = {
        r->now_ms,
        r->width,
        r->active,
        r->held,
        r->wave,
        r->wave_left,
        r->wave_started,
        r->wave_bad,
        r->waves_done,
        r->stage,
        r->parked,
        r->frozen_wave_ms,
        r->frozen_run_ms,
        r->bad,
        r->budget,
        r->denials_in_row,
        r->halt,
        r->watch_count,
        r->waiting_ms,
        r->timers.count,
        flags,
        timers_next_ms(&r->timers),
        timers_due_ms(&r->timers, rollout_timer_wave(r)),
        timers_due_ms(&r->timers, rollout_timer_run(r)),
        queue_waiting(&r->queue),
        r->summary.rolled_back,
        r->summary.rollbacks_failed,
        r->ahead_next,
        r->ahead_count,
    };
    uint64_t sum = mix(UINT64_C(0xcbf29ce484222325), words, sizeof(words) / sizeof(words[0]));

    for (int32_t i = 0; i < plan_host_count(r->plan); i++) {
        sum = mix_host(sum, &r->hosts[i], timers_due_ms(&r->timers, i));
    }
    const int32_t steps =
        plan_step_count(r->plan) + plan_rollback_count(r->plan) + plan_finally_count(r->plan);
    for (int32_t i = 0; i < steps; i++) {
        const int64_t step[] = {r->steps[i].once, r->steps[i].inside};
        sum = mix(sum, step, 2);
    }
    for (int32_t i = 0; i < plan_scope_count(r->plan); i++) {
        const int64_t bad = r->scope_bad[i];
        sum = mix(sum, &bad, 1);
    }
    for (int i = 0; i < OUTCOMES; i++) {
        const int64_t count = r->summary.count[i];
        sum = mix(sum, &count, 1);
    }
    return mix_ring(mix_ring(mix_ring(sum, &r->retries), &r->start_log), &r->watch_queue);
}

/*
 * rollout_verb.c - what the operator may say, and when: one table of every pair of state and verb.
 *
 * Decides the answer to each; docs/rollout.md, "Verbs", has the same table.
 */
#include "core/rollout_state.h"

#include "core/planted.h"

#include <assert.h>
#include <string.h>

enum run_state
rollout_state(const struct rollout *r)
{
    if (r->finished) {
        return RUN_OVER;
    }
    if (r->halt == HALT_KILL) {
        return RUN_KILLING;
    }
    if (r->rolling_back) {
        return RUN_ROLLING_BACK;
    }
    if (r->halt != HALT_NONE) {
        return RUN_DRAINING;
    }
    if (r->paused) {
        return RUN_PAUSED;
    }
    return r->stage == WAVE_PROMOTING ? RUN_PROMOTING : RUN_RUNNING;
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

#define OVER "the run is over"
#define KILLED "the run is being killed"
#define HALTED "the run has halted: nothing starts any more"
#define BACK "the run is rolling back"

/* NULL: may be told (skip, retry, workers and rollback then look closer); else why not. */
static const char *const answers[VERBS][RUN_STATES] = {
    [VERB_PAUSE] = {[RUN_PROMOTING] = "the run waits for promote: nothing starts",
                    [RUN_PAUSED] = "the run is paused already",
                    [RUN_DRAINING] = HALTED,
                    [RUN_KILLING] = KILLED,
                    [RUN_ROLLING_BACK] = BACK,
                    [RUN_OVER] = OVER},
    [VERB_CONTINUE] = {[RUN_RUNNING] = "the run is not paused",
                       [RUN_PROMOTING] = "the run is not paused: the canary waits for promote",
                       [RUN_DRAINING] = HALTED,
                       [RUN_KILLING] = KILLED,
                       [RUN_ROLLING_BACK] = BACK,
                       [RUN_OVER] = OVER},
    [VERB_PROMOTE] = {[RUN_RUNNING] = "no canary waits for promote",
                      [RUN_PAUSED] = "the run is paused: continue it first",
                      [RUN_DRAINING] = HALTED,
                      [RUN_KILLING] = KILLED,
                      [RUN_ROLLING_BACK] = BACK,
                      [RUN_OVER] = OVER},
    [VERB_ABORT] = {[RUN_KILLING] = KILLED, [RUN_OVER] = OVER},
    [VERB_KILL] = {[RUN_KILLING] = "the run is being killed already", [RUN_OVER] = OVER},
    [VERB_ROLLBACK] = {[RUN_KILLING] = KILLED,
                       [RUN_ROLLING_BACK] = "the run is rolling back already",
                       [RUN_OVER] = OVER},
    [VERB_SKIP] = {[RUN_DRAINING] = HALTED,
                   [RUN_KILLING] = KILLED,
                   [RUN_ROLLING_BACK] = BACK,
                   [RUN_OVER] = OVER},
    [VERB_RETRY] = {[RUN_DRAINING] = HALTED,
                    [RUN_KILLING] = KILLED,
                    [RUN_ROLLING_BACK] = BACK,
                    [RUN_OVER] = OVER},
    [VERB_WORKERS] = {[RUN_KILLING] = KILLED, [RUN_OVER] = OVER},
};

static const char *
refuses_skip(const struct host_state *h)
{
    if (h->queued || h->phase == PHASE_UNTOUCHED) {
        return NULL;
    }
    if (h->outcome == OUTCOME_SKIPPED) {
        return "it is skipped already";
    }
    return host_in_flight(h) || h->phase == PHASE_PARKED ? "it has been started" : "it is over";
}

static const char *
refuses_retry(const struct host_state *h)
{
    if (h->queued) {
        return "it waits for its retry already";
    }
    if (h->phase == PHASE_UNTOUCHED) {
        return "it has not been started";
    }
    if (host_in_flight(h) || h->phase == PHASE_PARKED) {
        return "it is under way";
    }
    return outcome_is_bad(h->outcome) ? NULL : "it did not fail";
}

static const char *
refuses_workers(const struct rollout *r, int64_t n)
{
    if (n < 0 || n > POLICY_WORKERS_MAX) {
        return "workers: 0 to 10000";
    }
    return plan_policy(r->plan)->strategy == STRATEGY_SEQUENTIAL
               ? "the strategy is sequential: one host at a time"
               : NULL;
}

const char *
rollout_refuses(const struct rollout *r, const struct fact *f)
{
    if ((unsigned)f->verb >= VERBS) {
        return "no such verb";
    }
    const char *no = answers[f->verb][rollout_state(r)];
    const bool named = f->host >= 0 && f->host < plan_host_count(r->plan);

    if (no != NULL) {
        return no;
    }
    switch (f->verb) {
    case VERB_SKIP:
        return named ? refuses_skip(&r->hosts[f->host]) : "no such host";
    case VERB_RETRY:
        return named ? refuses_retry(&r->hosts[f->host]) : "no such host";
    case VERB_WORKERS:
        return refuses_workers(r, f->value);
    case VERB_ROLLBACK:
        return plan_rollback_count(r->plan) > 0 ? NULL : "the action has no rollback list";
    case VERB_PAUSE:
    case VERB_CONTINUE:
    case VERB_PROMOTE:
    case VERB_ABORT:
    case VERB_KILL:
        break;
    }
    return NULL;
}

/* ---- what each does */

/* Stop a timer of the run; what was left of it, -1 if it was not set. */
static int64_t
freeze(struct rollout *r, int32_t timer)
{
    const int64_t due_ms = timers_due_ms(&r->timers, timer);

    if (due_ms < 0) {
        return -1;
    }
    timers_drop(&r->timers, timer);
    return due_ms > r->now_ms ? due_ms - r->now_ms : 0;
}

static void
thaw(struct rollout *r, int32_t timer, int64_t left_ms)
{
    if (left_ms >= 0) {
        timers_set(&r->timers, timer, r->now_ms + left_ms);
    }
}

void
rollout_pause(struct rollout *r)
{
    if (r->paused) {
        return;
    }
    r->paused = true;
    r->frozen_wave_ms = freeze(r, rollout_timer_wave(r)) * (PLANTED(PAUSE_CLOCKS_RUN) ? 0 : 1);
    r->frozen_run_ms = freeze(r, rollout_timer_run(r));
    watch_break(r);
}

static void
go_on(struct rollout *r)
{
    r->paused = false;
    r->wave_excused = r->wave_failed;
    r->budget = PLANTED(EXCUSE_FOREVER) ? INT32_MAX : r->budget;
    thaw(r, rollout_timer_wave(r), r->frozen_wave_ms);
    thaw(r, rollout_timer_run(r), PLANTED(PAUSE_TIMEOUT_LOST) ? -1 : r->frozen_run_ms);
    r->frozen_wave_ms = r->frozen_run_ms = -1;
}

static void
each_host(struct rollout *r, void (*fn)(struct rollout *, int32_t))
{
    for (int32_t i = 0; i < plan_host_count(r->plan); i++) {
        fn(r, plan_host_at(r->plan, i));
    }
}

static void
stop(struct rollout *r, enum halt why)
{
    r->hurried = true;
    rollout_stop(r, why);
    if (why == HALT_KILL) {
        r->rollback_due = r->rollback_due && PLANTED(KILL_ROLLS_BACK);
        each_host(r, host_kill);
    } else {
        r->rollback_due = why == HALT_ROLLBACK;
        if (!PLANTED(ABORT_GOES_ON_CONNECTING)) {
            each_host(r, host_abort);
        }
    }
    if (r->rolling_back && !PLANTED(ABORT_ROLLS_ON)) {
        queue_clear(&r->queue);
    }
}

static void
skip(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];
    const bool waits = h->queued || rollout_host_of_wave(r, host);

    if (h->queued) {
        h->queued = false; /* its place among the retries is given up when it comes */
    } else {
        h->phase = PHASE_OVER;
        h->outcome = OUTCOME_SKIPPED;
        rollout_recount(r, host, OUTCOME_UNTOUCHED, OUTCOME_SKIPPED);
        if (waits && !PLANTED(SKIP_STARTS)) {
            queue_drop(&r->queue, host);
        }
        ahead_skip(r, host);
    }
    r->wave_left -= waits;
}

static void
retry(struct rollout *r, int32_t host)
{
    r->hosts[host].queued = true;
    ring_add(&r->retries, host);
    wave_reopen(r);
}

void
verb_tell(struct rollout *r, const struct fact *f)
{
    if (rollout_refuses(r, f) != NULL) {
        return;
    }
    switch (f->verb) {
    case VERB_PAUSE:
        if (!PLANTED(PAUSE_IGNORED)) {
            rollout_pause(r);
        }
        break;
    case VERB_CONTINUE:
        go_on(r);
        break;
    case VERB_PROMOTE:
        wave_promote(r);
        break;
    case VERB_ABORT:
        stop(r, HALT_ABORT);
        break;
    case VERB_KILL:
        stop(r, HALT_KILL);
        break;
    case VERB_ROLLBACK:
        stop(r, HALT_ROLLBACK);
        break;
    case VERB_SKIP:
        skip(r, f->host);
        break;
    case VERB_RETRY:
        retry(r, f->host);
        break;
    case VERB_WORKERS:
        if (f->value > r->width || !PLANTED(WORKERS_NOT_LOWERED)) {
            r->width = f->value == 0 ? 1 : (int32_t)f->value;
        }
        break;
    }
}

/*
 * rollout_gate.c - has a host pass the checks of the gate after its steps, and stay healthy for its
 * bake, before the finally list.
 *
 * Decides when a try is passed, what follows it, and when the gate is lost.  All checks in order
 * are one try; the first that fails ends it.  The host keeps its slot.
 */
#include "core/rollout_state.h"

#include "core/planted.h"

#include <assert.h>

int64_t
gate_spacing_ms(const struct rollout *r, int32_t times)
{
    const int64_t ms = plan_policy(r->plan)->gate_interval_ms * times;

    return ms < 1 ? 1 : ms;
}

static void
next_try(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    h->probe_try++;
    h->probe_check = 0;
    gate_check(r, host);
}

static void
wait_until(struct rollout *r, int32_t host, int64_t due_ms)
{
    r->hosts[host].phase = PHASE_PROBE_WAIT;
    timers_set(&r->timers, host, due_ms);
}

/* A host that is rolled back does not bake, nor does one when the operator wants an end. */
static void
bake(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];
    const int64_t bake_ms = plan_policy(r->plan)->host_bake_ms;

    if (bake_ms == 0 || PLANTED(HOST_BAKE_LOST) || r->hurried ||
        (h->rollback != ROLLBACK_NONE && !PLANTED(ROLLBACK_BAKES))) {
        end_finally(r, host);
        return;
    }
    h->baking = true;
    h->probe_lost = 0;
    h->bake_ms = r->now_ms + bake_ms;
    const int64_t look_ms = r->now_ms + gate_spacing_ms(r, 1);
    const bool looks = plan_check_count(r->plan) > 0 && look_ms < h->bake_ms;
    wait_until(r, host, looks ? look_ms : h->bake_ms);
}

/* A try in the bake is over. */
static void
baked_on(struct rollout *r, int32_t host, bool passed)
{
    static const struct fact lost = {.cause = CAUSE_GATE};
    const struct policy *o = plan_policy(r->plan);
    struct host_state *h = &r->hosts[host];

    if (r->hurried || (passed && r->now_ms >= h->bake_ms)) {
        end_finally(r, host);
        return;
    }
    if (!passed && ++h->probe_lost > o->gate_retries + PLANTED(HOST_BAKE_ONE_MORE)) {
        end_conclude(r, host, OUTCOME_FAILED, &lost);
        return;
    }
    if (!passed && !PLANTED(HOST_BAKE_NOT_RESTARTED)) {
        h->bake_ms = r->now_ms + o->host_bake_ms;
    }
    const int64_t look_ms = r->now_ms + gate_spacing_ms(r, 1);
    wait_until(r, host, look_ms < h->bake_ms ? look_ms : h->bake_ms);
}

void
gate_begin(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    assert(host_undecided(h) && !h->baking);
    h->probe_base = h->probe_try;
    h->probe_row = 0;
    if (plan_check_count(r->plan) == 0 ||
        (PLANTED(ROLLBACK_WITHOUT_GATE) && h->rollback != ROLLBACK_NONE)) {
        bake(r, host);
    } else {
        next_try(r, host);
    }
}

void
gate_check(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    if (!plan_check(r->plan, h->probe_check)->local && !h->connected) {
        session_connect(r, host, PHASE_PROBE_REACH);
        return;
    }
    h->phase = PHASE_PROBE;
    rollout_order(r, (struct order){.kind = ORDER_PROBE,
                                    .host = host,
                                    .step = h->probe_check,
                                    .slot = h->slot,
                                    .attempt = h->probe_try});
}

/* A try is over and did not decide the gate. */
static void
try_again(struct rollout *r, int32_t host)
{
    static const struct fact lost = {.cause = CAUSE_GATE};
    const struct policy *o = plan_policy(r->plan);
    struct host_state *h = &r->hosts[host];

    if (h->probe_try - h->probe_base > o->gate_retries - PLANTED(GATE_ONE_TRY_LESS)) {
        end_conclude(r, host, OUTCOME_FAILED, &lost);
        return;
    }
    wait_until(r, host, r->now_ms + (PLANTED(GATE_INTERVAL_LOST) ? 0 : o->gate_interval_ms));
}

void
gate_failed_try(struct rollout *r, int32_t host)
{
    if (r->hosts[host].baking) {
        baked_on(r, host, false);
        return;
    }
    r->hosts[host].probe_row *= PLANTED(GATE_NOT_IN_A_ROW);
    try_again(r, host);
}

static void
check_passed(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    if (h->probe_check + 1 < plan_check_count(r->plan) && !PLANTED(GATE_FIRST_CHECK_ONLY)) {
        h->probe_check++;
        gate_check(r, host);
    } else if (h->baking) {
        baked_on(r, host, true);
    } else if (++h->probe_row >= plan_policy(r->plan)->gate_successes) {
        bake(r, host);
    } else {
        try_again(r, host);
    }
}

void
gate_timer(struct rollout *r, int32_t host)
{
    const struct host_state *h = &r->hosts[host];

    if (h->baking && r->now_ms >= h->bake_ms) {
        end_finally(r, host);
    } else {
        next_try(r, host);
    }
}

void
gate_end_bake(struct rollout *r, int32_t host)
{
    assert(r->hosts[host].baking);
    if (r->hosts[host].phase == PHASE_PROBE_WAIT) {
        timers_drop(&r->timers, host);
        end_finally(r, host);
    } /* else the try under way ends it */
}

void
gate_fact(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    assert(h->phase == PHASE_PROBE);
    if (f->step != h->probe_check || f->attempt != h->probe_try) {
        return;
    }
    if (f->kind == FACT_PROBE_FAILED) {
        session_note(h, plan_check(r->plan, h->probe_check)->local, f->cause);
    }
    if (h->killed) {
        end_killed(r, f->host);
    } else if (f->kind == FACT_PROBE_PASSED) {
        check_passed(r, f->host);
    } else {
        gate_failed_try(r, f->host);
    }
}

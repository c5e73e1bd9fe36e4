/*
 * rollout_gate.c - has a host pass the checks of the gate after its steps, before the finally list.
 *
 * Decides when a try is passed, what follows it, and when the gate is lost.  All checks in order
 * are one try; the first that fails ends it.  The host keeps its slot; an abort changes nothing
 * here, a kill ends it.
 */
#include "core/rollout_state.h"

#include <assert.h>

void
gate_begin(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    if (plan_check_count(r->plan) == 0) {
        host_finally(r, host);
        return;
    }
    assert(h->outcome == OUTCOME_RUNNING);
    gate_next_try(r, host);
}

void
gate_next_try(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    h->probe_try++;
    h->probe_check = 0;
    gate_check(r, host);
}

void
gate_check(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    if (!plan_check(r->plan, h->probe_check)->local && !h->connected) {
        h->phase = PHASE_PROBE_REACH;
        host_order_connect(r, host);
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

    if (h->probe_try > o->gate_retries) {
        host_conclude(r, host, OUTCOME_FAILED, &lost);
        return;
    }
    h->phase = PHASE_PROBE_WAIT;
    timers_set(&r->timers, host, r->now_ms + o->gate_interval_ms);
}

void
gate_failed_try(struct rollout *r, int32_t host)
{
    r->hosts[host].probe_row = 0;
    try_again(r, host);
}

static void
check_passed(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    if (h->probe_check + 1 < plan_check_count(r->plan)) {
        h->probe_check++;
        gate_check(r, host);
        return;
    }
    h->probe_row++;
    if (h->probe_row >= plan_policy(r->plan)->gate_successes) {
        host_finally(r, host);
    } else {
        try_again(r, host);
    }
}

void
gate_fact(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    if (h->phase != PHASE_PROBE || f->step != h->probe_check || f->attempt != h->probe_try) {
        return;
    }
    if (f->kind == FACT_PROBE_FAILED) {
        host_note_session(h, plan_check(r->plan, h->probe_check)->local, f->cause);
    }
    if (h->killed) {
        host_conclude_killed(r, f->host);
    } else if (f->kind == FACT_PROBE_PASSED) {
        check_passed(r, f->host);
    } else {
        gate_failed_try(r, f->host);
    }
}

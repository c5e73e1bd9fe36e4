/*
 * check_gate.c - the gate and the bake of one host.
 *
 * Decides when the checks are passed, when the next try is due, and when the host is sick.
 */
#include "sim/check_state.h"

static int64_t
at_least_1(int64_t ms)
{
    return ms < 1 ? 1 : ms;
}

static void
begin_try(struct check_host *h)
{
    h->check = 0;
    h->probed = false;
    h->tries++;
    h->round_tries++;
}

/* Passed, or there is nothing to pass. */
static void
go_to_finally(struct check *k, struct check_host *h)
{
    check_decide(k, h, OUTCOME_OK);
}

void
check_gate_begin(struct check *k, struct check_host *h)
{
    const int64_t bake_ms = h->rolling ? 0 : k->c->policy.host_bake_ms;

    if (k->checks == 0 && (bake_ms == 0 || k->by_operator)) {
        go_to_finally(k, h);
        return;
    }
    if (k->checks == 0) {
        k->baking++;
        h->stage = STAGE_BAKE;
        h->bake_ends_ms = k->now_ms + bake_ms;
        check_wait(k, h, bake_ms, bake_ms);
        return;
    }
    h->stage = STAGE_GATE;
    h->row = h->round_tries = 0;
    begin_try(h);
}

/* The next try of a bake, or its end. */
static void
wait_in_bake(struct check *k, struct check_host *h)
{
    const int64_t interval_ms = at_least_1(k->c->policy.gate_interval_ms);
    const int64_t left_ms = h->bake_ends_ms - k->now_ms;

    begin_try(h);
    check_wait(k, h, interval_ms < left_ms ? interval_ms : left_ms,
               interval_ms < left_ms ? interval_ms : left_ms);
}

void
check_bake_end(struct check *k, struct check_host *h)
{
    h->ends_ok = h->open != OPEN_NONE; /* its end is waited for */
    if (!h->ends_ok) {
        go_to_finally(k, h);
    }
}

static void
gate_passed(struct check *k, struct check_host *h)
{
    if (h->rolling || k->c->policy.host_bake_ms == 0 || k->by_operator) {
        go_to_finally(k, h);
        return;
    }
    k->baking++;
    h->stage = STAGE_BAKE;
    h->bake_failed = 0;
    h->bake_ends_ms = k->now_ms + k->c->policy.host_bake_ms;
    wait_in_bake(k, h);
}

static void
gate_goes_on(struct check *k, struct check_host *h)
{
    const struct policy *o = &k->c->policy;

    if (h->round_tries == 1 + o->gate_retries) {
        check_decide(k, h, OUTCOME_FAILED);
        return;
    }
    begin_try(h);
    check_wait(k, h, o->gate_interval_ms, o->gate_interval_ms);
}

void
check_try_failed(struct check *k, struct check_host *h)
{
    if (h->stage == STAGE_GATE) {
        h->row = 0;
        gate_goes_on(k, h);
        return;
    }
    if (h->ends_ok) {
        check_bake_end(k, h);
        return;
    }
    if (++h->bake_failed > k->c->policy.gate_retries) {
        check_decide(k, h, OUTCOME_FAILED);
        return;
    }
    h->bake_ends_ms = k->now_ms + k->c->policy.host_bake_ms;
    wait_in_bake(k, h);
}

void
check_try_passed(struct check *k, struct check_host *h)
{
    if (h->stage == STAGE_GATE) {
        if (++h->row == k->c->policy.gate_successes) {
            gate_passed(k, h);
        } else {
            gate_goes_on(k, h);
        }
    } else if (h->ends_ok || k->now_ms >= h->bake_ends_ms) {
        check_bake_end(k, h);
    } else {
        wait_in_bake(k, h);
    }
}

/* A bake that nobody probes any more is over at its time. */
void
check_bakes_tick(struct check *k)
{
    for (int32_t slot = 0; slot < k->slots && k->baking > 0; slot++) {
        struct check_host *h = k->slot_host[slot] < 0 ? NULL : &k->hosts[k->slot_host[slot]];
        if (h != NULL && h->stage == STAGE_BAKE && h->waiting && k->now_ms >= h->bake_ends_ms) {
            check_bake_end(k, h);
        }
    }
}

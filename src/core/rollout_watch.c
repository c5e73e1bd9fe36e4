/*
 * rollout_watch.c - looks again and again at hosts that are done, while the run goes on: the late
 * watch.
 *
 * Decides when a host is looked at and when one that was ok has become unhealthy.  A look is a try
 * of the gate; at most W of them go on at a time, and none of them holds a slot.
 */
#include "core/rollout_state.h"

#include "core/planted.h"

#include "base/xalloc.h"

#include <assert.h>

static bool
looks_now(const struct rollout *r)
{
    return r->halt == HALT_NONE && (!r->paused || PLANTED(WATCH_IN_PAUSE));
}

static bool
in_bake(const struct rollout *r, int32_t host)
{
    return r->stage == WAVE_BAKING && rollout_host_of_wave(r, host);
}

static void
look_later(struct rollout *r, int32_t host, int32_t times)
{
    r->hosts[host].phase = PHASE_OVER;
    timers_set(&r->timers, host, r->now_ms + gate_spacing_ms(r, times));
}

static void
look_when_due(struct rollout *r, int32_t host)
{
    look_later(r, host, in_bake(r, host) ? 1 : 5 + PLANTED(WATCH_TOO_RARE));
}

void
watch_begin(struct rollout *r, int32_t host)
{
    r->hosts[host].probe_lost = 0;
    if (plan_check_count(r->plan) > 0 && !PLANTED(WATCH_NEVER) && r->halt == HALT_NONE) {
        look_when_due(r, host);
    }
}

void
watch_wave(struct rollout *r)
{
    for (int32_t i = plan_wave_begin(r->plan, r->wave); i < plan_wave_end(r->plan, r->wave); i++) {
        const int32_t host = plan_host_at(r->plan, i);
        struct host_state *h = &r->hosts[host];
        h->probe_lost = 0;
        if (h->phase == PHASE_OVER && timers_due_ms(&r->timers, host) >= 0) {
            timers_drop(&r->timers, host);
            h->phase = PHASE_WATCH_QUEUED;
            ring_add(&r->watch_queue, host);
        }
    }
}

void
watch_timer(struct rollout *r, int32_t host)
{
    r->hosts[host].phase = PHASE_WATCH_QUEUED;
    ring_add(&r->watch_queue, host);
}

/* ---- one look */

static void
list_add(struct rollout *r, int32_t host)
{
    if (r->watch_count == r->watch_cap) {
        r->watch_cap = r->watch_cap == 0 ? 16 : r->watch_cap * 2;
        r->watch_now = xreallocarray(r->watch_now, (size_t)r->watch_cap, sizeof(*r->watch_now));
    }
    r->hosts[host].watch_at = r->watch_count;
    r->watch_now[r->watch_count++] = host;
}

static void
list_drop(struct rollout *r, int32_t host)
{
    const int32_t at = r->hosts[host].watch_at;
    const int32_t last = r->watch_now[--r->watch_count];

    assert(at >= 0 && r->watch_now[at] == host);
    r->watch_now[at] = last;
    r->hosts[last].watch_at = at;
    r->hosts[host].watch_at = -1;
}

static void
look_check(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    if (!plan_check(r->plan, h->probe_check)->local && !h->connected) {
        session_connect(r, host, PHASE_WATCH_REACH);
        return;
    }
    h->phase = PHASE_WATCH_PROBE;
    rollout_order(r, (struct order){.kind = ORDER_PROBE,
                                    .host = host,
                                    .step = h->probe_check,
                                    .slot = -1,
                                    .attempt = h->probe_try});
}

void
watch_pump(struct rollout *r)
{
    while (looks_now(r) && r->watch_count < r->width + PLANTED(WATCH_ONE_MORE) &&
           r->watch_queue.count > 0) {
        const int32_t host = ring_take(&r->watch_queue);
        struct host_state *h = &r->hosts[host];
        assert(h->phase == PHASE_WATCH_QUEUED && h->outcome == OUTCOME_OK);
        if (session_waits(r, host, PHASE_WATCH_QUEUED)) {
            continue; /* it comes back here */
        }
        list_add(r, host);
        h->probe_try++;
        h->probe_check = 0;
        look_check(r, host);
    }
}

static void
turned(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    h->phase = PHASE_OVER;
    h->outcome = OUTCOME_FAILED;
    h->cause = CAUSE_HEALTH;
    h->late = true;
    rollout_recount(r, host, OUTCOME_OK, OUTCOME_FAILED);
    rollout_order_host(r, ORDER_OUTCOME, host);
    if (!PLANTED(BUDGET_LATE_FREE)) {
        rollout_count_bad(r, host);
    }
}

static void
judge(struct rollout *r, int32_t host, bool passed)
{
    struct host_state *h = &r->hosts[host];
    const bool bakes = in_bake(r, host);

    list_drop(r, host);
    session_close(r, host);
    if (passed) {
        h->probe_lost = bakes || PLANTED(WATCH_NOT_IN_A_ROW) ? h->probe_lost : 0;
        look_when_due(r, host);
        return;
    }
    if (bakes) {
        wave_bake_again(r);
    }
    if (++h->probe_lost > plan_policy(r->plan)->gate_retries - PLANTED(WATCH_ONE_LESS)) {
        turned(r, host);
    } else {
        look_later(r, host, 1);
    }
}

/* What was under way is broken off and has come to its end. */
void
watch_ended(struct rollout *r, int32_t host)
{
    list_drop(r, host);
    r->hosts[host].phase = PHASE_OVER;
    if (r->halt == HALT_NONE) {
        look_when_due(r, host);
    }
}

void
watch_reached(struct rollout *r, int32_t host, bool connected)
{
    if (connected) {
        look_check(r, host);
    } else {
        judge(r, host, false);
    }
}

void
watch_fact(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    if (h->phase != PHASE_WATCH_PROBE || f->step != h->probe_check || f->attempt != h->probe_try) {
        return;
    }
    if (f->kind == FACT_PROBE_FAILED) {
        session_note(h, plan_check(r->plan, h->probe_check)->local, f->cause);
        judge(r, f->host, false);
    } else if (h->probe_check + 1 < plan_check_count(r->plan)) {
        h->probe_check++;
        look_check(r, f->host);
    } else {
        judge(r, f->host, true);
    }
}

static void
break_off(struct rollout *r, int32_t host)
{
    if (r->hosts[host].phase != PHASE_WATCH_ENDING) {
        r->hosts[host].phase = PHASE_WATCH_ENDING;
        session_break(r, host);
    }
}

void
watch_break(struct rollout *r)
{
    for (int32_t i = 0; i < r->watch_count; i++) {
        break_off(r, r->watch_now[i]);
    }
}

void
watch_end(struct rollout *r)
{
    watch_break(r);
    if (plan_check_count(r->plan) == 0) {
        return;
    }
    r->watch_queue.count = 0;
    for (int32_t i = 0; i < plan_host_count(r->plan); i++) {
        struct host_state *h = &r->hosts[i];
        if (h->phase == PHASE_WATCH_QUEUED) {
            h->phase = PHASE_OVER;
            h->close_waits = false;
        } else if (h->phase == PHASE_OVER) {
            timers_drop(&r->timers, i);
        }
    }
}

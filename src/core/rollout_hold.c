/*
 * rollout_hold.c - hosts that wait for each other at a step: run_once and throttle.
 *
 * Decides whose turn it is: a run_once step is for the lowest position that is still at its steps,
 * a throttled one for the lowest that wait.  Turns are given out after a fact has been taken in
 * whole, never in the middle of it.  A host that has its turn keeps it through retries and
 * reconnects, and nobody waits for a host that is held behind it: no deadlock.
 */
#include "core/rollout_state.h"

#include <assert.h>

bool
hold_step(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];
    const struct plan_step *s = plan_step(r->plan, h->step);

    if (h->admitted || (!s->run_once && s->throttle == 0)) {
        return false;
    }
    assert(h->phase != PHASE_HELD);
    h->phase = PHASE_HELD;
    r->held++;
    r->look = true;
    return true;
}

void
hold_drop(struct rollout *r, int32_t host)
{
    assert(r->hosts[host].phase == PHASE_HELD && r->held > 0);
    r->held--;
    r->hosts[host].phase = PHASE_PAUSE;
}

void
hold_ordered(struct rollout *r, int32_t host)
{
    const struct host_state *h = &r->hosts[host];

    if (h->admitted && plan_step(r->plan, h->step)->run_once) {
        r->steps[h->step].once = ONCE_ORDERED;
    }
}

void
hold_leave(struct rollout *r, int32_t host, bool good)
{
    struct host_state *h = &r->hosts[host];
    struct step_state *s = &r->steps[h->step];

    r->look = true; /* it may have been the lowest */
    if (!h->admitted) {
        return;
    }
    h->admitted = false;
    assert(s->inside > 0);
    s->inside--;
    if (!plan_step(r->plan, h->step)->run_once) {
        return;
    }
    if (good) {
        s->once = ONCE_DONE;
    } else if (s->once == ONCE_ORDERED) {
        s->once = ONCE_FAILED;
        rollout_stop(r, HALT_ONCE);
    } else {
        s->once = ONCE_OPEN;
    }
}

/* Its steps are not over: it will come to every run_once step that is ahead. */
static bool
at_steps(const struct host_state *h)
{
    switch (h->phase) {
    case PHASE_CONNECTING:
    case PHASE_BACKOFF:
    case PHASE_ORDERED:
    case PHASE_SENT:
    case PHASE_PAUSE:
    case PHASE_HELD:
        return true;
    case PHASE_UNTOUCHED:
    case PHASE_PROBE_REACH:
    case PHASE_PROBE:
    case PHASE_PROBE_WAIT:
    case PHASE_REACH:
    case PHASE_FINALLY:
    case PHASE_OVER:
        break;
    }
    return false;
}

static void
admit(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];
    struct step_state *s = &r->steps[h->step];

    hold_drop(r, host);
    h->admitted = true;
    s->inside++;
    if (plan_step(r->plan, h->step)->run_once) {
        assert(s->once == ONCE_OPEN && s->inside == 1);
        s->once = ONCE_TAKEN;
    }
    host_step(r, host);
}

static void
release_once(struct rollout *r, int32_t host, bool lowest)
{
    static const struct fact elsewhere = {.cause = CAUSE_ONCE};

    switch (r->steps[r->hosts[host].step].once) {
    case ONCE_OPEN:
        if (lowest) {
            admit(r, host);
        }
        break;
    case ONCE_TAKEN:
    case ONCE_ORDERED:
        break;
    case ONCE_DONE:
        hold_drop(r, host);
        host_next_step(r, host);
        break;
    case ONCE_FAILED:
        hold_drop(r, host);
        host_conclude(r, host, OUTCOME_FAILED, &elsewhere);
        break;
    }
}

static void
release_host(struct rollout *r, int32_t host, bool lowest)
{
    const int32_t step = r->hosts[host].step;
    const struct plan_step *s = plan_step(r->plan, step);

    if (s->run_once) {
        release_once(r, host, lowest);
    } else if (r->steps[step].inside < s->throttle) {
        admit(r, host);
    }
}

void
hold_release(struct rollout *r)
{
    while (r->look && r->held > 0) {
        bool lowest = true;

        r->look = false;
        for (int32_t i = r->first_live; i < r->next_position; i++) {
            const int32_t host = plan_host_at(r->plan, i);
            const struct host_state *h = &r->hosts[host];

            if (h->phase == PHASE_HELD) {
                release_host(r, host, lowest);
            }
            lowest = lowest && !at_steps(h);
        }
    }
    r->look = false;
    assert(r->held == 0 || r->held < r->active); /* somebody goes on, and will end */
}

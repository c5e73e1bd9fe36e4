/*
 * rollout_hold.c - hosts that wait for each other at a step: run_once and throttle.
 *
 * Decides whose turn it is: a run_once step is for the lowest position that is still at its steps,
 * a throttled one for the lowest that wait.  Turns are given out after a fact has been taken in
 * whole, never in the middle of it.  A host that has its turn keeps it through retries and
 * reconnects, and nobody waits for a host that is held behind it: no deadlock.
 */
#include "core/rollout_state.h"

#include "core/planted.h"

#include "base/xalloc.h"

#include <assert.h>

/* ---- the steps of all lists, numbered through: steps, rollback list, finally list */

static int32_t
count_all(const struct plan *p)
{
    return plan_step_count(p) + plan_rollback_count(p) + plan_finally_count(p);
}

static const struct plan_step *
rule_of(const struct plan *p, int32_t index)
{
    if (index < plan_step_count(p)) {
        return plan_step(p, index);
    }
    index -= plan_step_count(p);
    return index < plan_rollback_count(p) ? plan_rollback_step(p, index)
                                          : plan_finally_step(p, index - plan_rollback_count(p));
}

static int32_t
index_of(const struct rollout *r, const struct host_state *h)
{
    const int32_t steps = plan_step_count(r->plan);

    if (h->at_end) {
        return steps + plan_rollback_count(r->plan) + h->finally_step;
    }
    return h->rollback == ROLLBACK_NONE ? h->step : steps + h->step;
}

static const struct plan_step *
rule_at(const struct rollout *r, const struct host_state *h)
{
    return rule_of(r->plan, index_of(r, h));
}

void
hold_init(struct rollout *r)
{
    const int32_t count = count_all(r->plan);

    r->live = -1;
    r->steps = xcalloc((size_t)count, sizeof(*r->steps));
    for (int32_t i = 0; i < count; i++) {
        r->steps[i].held = -1;
        r->holds = r->holds || rule_of(r->plan, i)->run_once || rule_of(r->plan, i)->throttle > 0;
    }
    if (r->holds) {
        heap_init(&r->held_heap, plan_host_count(r->plan));
        heap_init(&r->end_heap, plan_host_count(r->plan));
        heap_init(&r->live_heap, plan_host_count(r->plan));
    }
}

/* ---- a host comes, waits and goes */

void
hold_enter(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    if (r->holds && !h->live) {
        h->live = true;
        heap_push(&r->live_heap, &r->live, host, plan_position_of(r->plan, host));
    }
}

/* A host that was killed while it was held leaves its place in the heap of its step, and may be
 * held again at its finally list: that is a heap of its own. */
static struct heap *
heap_of(struct rollout *r, int32_t step)
{
    const int32_t end = plan_step_count(r->plan) + plan_rollback_count(r->plan);

    return step < end ? &r->held_heap : &r->end_heap;
}

bool
hold_step(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];
    const struct plan_step *s = rule_at(r, h);

    if (h->admitted || (!s->run_once && s->throttle == 0)) {
        return false;
    }
    assert(h->phase != PHASE_HELD);
    const int32_t step = index_of(r, h);
    h->phase = PHASE_HELD;
    heap_push(heap_of(r, step), &r->steps[step].held, host, plan_position_of(r->plan, host));
    r->held++;
    r->look = true;
    return true;
}

/* Its place in the heap is given up when it comes to the top. */
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

    if (h->admitted && rule_at(r, h)->run_once) {
        r->steps[index_of(r, h)].once = ONCE_ORDERED;
    }
}

void
hold_leave(struct rollout *r, int32_t host, bool good)
{
    struct host_state *h = &r->hosts[host];
    struct step_state *s = &r->steps[index_of(r, h)];

    r->look = true; /* it may have been the lowest */
    if (!h->admitted) {
        return;
    }
    h->admitted = false;
    assert(s->inside > 0);
    s->inside -= good || !PLANTED(THROTTLE_KEPT_BY_FAILED);
    if (!rule_at(r, h)->run_once) {
        return;
    }
    if (good) {
        s->once = PLANTED(ONCE_BY_EACH) ? ONCE_OPEN : ONCE_DONE;
    } else if (s->once == ONCE_ORDERED) {
        s->once = ONCE_FAILED;
        if (!PLANTED(ONCE_NOT_HALTING)) {
            rollout_fail(r, HALT_ONCE);
        }
    } else {
        s->once = ONCE_OPEN;
    }
}

bool
hold_runs_finally(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];
    struct step_state *s = &r->steps[index_of(r, h)];

    if (!rule_at(r, h)->run_once || h->admitted) {
        return true;
    }
    if (s->once != ONCE_OPEN) {
        return false;
    }
    s->once = ONCE_ORDERED;
    s->inside++;
    h->admitted = true;
    return true;
}

/* ---- turns */

static void
admit(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];
    struct step_state *s = &r->steps[index_of(r, h)];

    hold_drop(r, host);
    h->admitted = true;
    s->inside++;
    if (rule_at(r, h)->run_once) {
        assert(s->once == ONCE_OPEN && s->inside == 1);
        s->once = ONCE_TAKEN;
    }
    if (h->at_end) {
        end_finally(r, host);
    } else {
        step_go(r, host);
    }
}

/* The lowest position that is still at its steps: there is one, who waits for its turn. */
static int32_t
lowest_live(struct rollout *r)
{
    while (!host_at_steps(&r->hosts[r->live])) {
        r->hosts[r->live].live = false;
        (void)heap_pop(&r->live_heap, &r->live);
        assert(r->live >= 0);
    }
    return r->live;
}

/* The lowest position that waits at this step; -1: none. */
static int32_t
lowest_held(struct rollout *r, int32_t step)
{
    int32_t *root = &r->steps[step].held;

    while (*root >= 0) {
        const struct host_state *h = &r->hosts[*root];
        if (h->phase == PHASE_HELD && index_of(r, h) == step) {
            break;
        }
        (void)heap_pop(heap_of(r, step), root);
    }
    return *root;
}

static void
release_once(struct rollout *r, int32_t step)
{
    static const struct fact elsewhere = {.cause = CAUSE_ONCE};
    struct step_state *s = &r->steps[step];

    for (int32_t host = lowest_held(r, step); host >= 0; host = lowest_held(r, step)) {
        if (s->once == ONCE_TAKEN || s->once == ONCE_ORDERED ||
            (s->once == ONCE_OPEN && lowest_live(r) != host && !PLANTED(ONCE_NOT_LOWEST))) {
            return;
        }
        (void)heap_pop(heap_of(r, step), &s->held);
        if (s->once == ONCE_OPEN) {
            admit(r, host);
            continue;
        }
        hold_drop(r, host);
        if (s->once == ONCE_DONE || PLANTED(ONCE_FAILED_PASSES)) {
            step_next(r, host);
        } else {
            end_conclude(r, host, OUTCOME_FAILED, &elsewhere);
        }
    }
}

static void
release_throttled(struct rollout *r, int32_t step)
{
    struct step_state *s = &r->steps[step];

    while (s->inside < rule_of(r->plan, step)->throttle + PLANTED(THROTTLE_ONE_MORE)) {
        const int32_t host = lowest_held(r, step);
        if (host < 0) {
            return;
        }
        (void)heap_pop(heap_of(r, step), &s->held);
        admit(r, host);
    }
}

void
hold_release(struct rollout *r)
{
    while (r->look && r->held > 0) {
        r->look = false;
        for (int32_t i = 0; i < count_all(r->plan); i++) {
            if (r->steps[i].held < 0) {
                continue;
            }
            if (rule_of(r->plan, i)->run_once) {
                release_once(r, i);
            } else {
                release_throttled(r, i);
            }
        }
    }
    assert(r->held == 0 || r->held < r->active); /* somebody goes on, and will end */
}

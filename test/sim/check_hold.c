/*
 * check_hold.c - run_once and throttle: whose turn it is at a step, worked out by looking at all.
 *
 * Decides who may go ahead, who may be made to wait, and who passes on without running.
 */
#include "sim/check_state.h"

bool
check_restrained(const struct check *k, const struct check_host *h)
{
    if (!h->flying || h->stage == STAGE_GATE || h->stage == STAGE_BAKE) {
        return false;
    }
    const enum check_list list = check_list_of(h);

    if (!k->restrained[list] || h->step >= check_list_count(k, list)) {
        return false;
    }
    const struct plan_step *s = check_step_of(k, list, h->step);

    return s->run_once || s->throttle > 0;
}

/* It has come to the step, and has not got its turn. */
bool
check_held(const struct check *k, const struct check_host *h)
{
    if (!check_restrained(k, h) || h->turn || h->waiting || h->open != OPEN_NONE) {
        return false;
    }
    return h->stage == STAGE_FINALLY || h->was_connected || !k->remote;
}

/* Will come to this run_once step, or is at it. */
static bool
not_past(const struct check_host *other, enum check_list list, int32_t step)
{
    return other->flying && other->stage == STAGE_STEPS && check_list_of(other) == list &&
           other->step <= step;
}

/* Some other host at a lower position must go ahead of this one. */
static bool
lower_one(const struct check *k, const struct check_host *h, int32_t *ret_host)
{
    const enum check_list list = check_list_of(h);
    const bool once = check_step_of(k, list, h->step)->run_once;

    for (int32_t slot = 0; slot < k->slots; slot++) {
        const int32_t host = k->slot_host[slot];
        if (host < 0 || k->hosts[host].position >= h->position) {
            continue;
        }
        const struct check_host *other = &k->hosts[host];
        const bool waits = check_held(k, other) && check_list_of(other) == list &&
                           other->step == h->step && other->closing == 0;
        if (once ? not_past(other, list, h->step) : waits) {
            *ret_host = host;
            return true;
        }
    }
    return false;
}

/* Hosts in line at this step when they were killed: one of them has its turn perhaps, and waits for
 * its session to be closed. */
static int32_t
maybe_inside(const struct check *k, enum check_list list, int32_t step)
{
    int32_t count = 0;

    for (int32_t slot = 0; slot < k->slots; slot++) {
        const struct check_host *h = k->slot_host[slot] < 0 ? NULL : &k->hosts[k->slot_host[slot]];
        count += h != NULL && h->in_line && h->closing > 0 && check_held(k, h) &&
                 check_list_of(h) == list && h->step == step;
    }
    return count;
}

/* A host without its turn waits for a reason. */
bool
check_may_hold(const struct check *k, const struct check_host *h)
{
    int32_t other = -1;

    if (!check_held(k, h)) {
        return false;
    }
    const enum check_list list = check_list_of(h);
    const struct plan_step *s = check_step_of(k, list, h->step);

    if (!s->run_once) {
        return k->inside[list][h->step] + maybe_inside(k, list, h->step) >= s->throttle;
    }
    if (list == LIST_FINALLY || k->once[list][h->step] == ONCE_PASSED ||
        k->once[list][h->step] == ONCE_LOST) {
        return false;
    }
    return k->once[list][h->step] == ONCE_SOMEBODY || lower_one(k, h, &other);
}

static void
take(struct check *k, struct check_host *h, enum check_list list)
{
    h->turn = true;
    k->inside[list][h->step]++;
    if (check_step_of(k, list, h->step)->run_once) {
        k->once[list][h->step] = ONCE_SOMEBODY;
    }
}

/* The host goes ahead at a step where others may have to wait: it must be its turn. */
void
check_take_turn(struct check *k, struct check_host *h, int32_t host)
{
    int32_t other = -1;

    if (h->turn || !check_restrained(k, h)) {
        return;
    }
    const enum check_list list = check_list_of(h);
    const struct plan_step *s = check_step_of(k, list, h->step);
    const int32_t inside = k->inside[list][h->step];

    CHECK(k, !s->run_once || k->once[list][h->step] == ONCE_NOBODY,
          "host %d: the run_once step %d is run a second time", (int)host, (int)h->step);
    CHECK(k, s->run_once || inside < s->throttle,
          "host %d: step %d is throttled to %d, and %d hosts are in it", (int)host, (int)h->step,
          (int)s->throttle, (int)inside);
    const bool first = h->in_line || (list == LIST_FINALLY && s->run_once); /* who came first */

    CHECK(k, first || !lower_one(k, h, &other), "host %d: step %d is the turn of host %d",
          (int)host, (int)h->step, (int)other);
    take(k, h, list);
}

/* The host leaves its step, one way or the other. */
void
check_leave(struct check *k, struct check_host *h, bool good)
{
    const enum check_list list = check_list_of(h);

    if (!h->turn) {
        return;
    }
    k->inside[list][h->step]--;
    if (check_step_of(k, list, h->step)->run_once && list != LIST_FINALLY) {
        k->once[list][h->step] = good ? ONCE_PASSED : h->ordered ? ONCE_LOST : ONCE_NOBODY;
        if (!good && h->ordered && !h->rolling) {
            check_halt_by_rule(k, HALT_ONCE);
        }
    }
    h->turn = h->ordered = h->in_line = false;
}

/* One host that waits at a run_once step whose end is known passes on, or fails. */
static bool
pass_on(struct check *k, struct check_host *h)
{
    if (!check_held(k, h) || (h->closing > 0 && !h->in_line)) {
        return false;
    }
    const enum check_list list = check_list_of(h);

    if (!check_step_of(k, list, h->step)->run_once) {
        return false;
    }
    if (list == LIST_FINALLY && k->once[list][h->step] != ONCE_NOBODY) {
        h->step++;
        return true;
    }
    if (k->once[list][h->step] == ONCE_PASSED) {
        check_step_good(k, h);
        return true;
    }
    if (k->once[list][h->step] == ONCE_LOST) {
        check_decide(k, h, OUTCOME_FAILED);
        return true;
    }
    return false;
}

void
check_pass_on(struct check *k)
{
    bool again =
        k->restrained[LIST_STEPS] || k->restrained[LIST_ROLLBACK] || k->restrained[LIST_FINALLY];

    while (again) {
        again = false;
        for (int32_t slot = 0; slot < k->slots; slot++) {
            const int32_t host = k->slot_host[slot];
            again |= host >= 0 && pass_on(k, &k->hosts[host]);
        }
    }
}

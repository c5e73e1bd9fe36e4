/*
 * check_want.c - what is due for a host that has a slot, from what is known of it.
 *
 * Asked when an order comes, which must be this one, and when no order is left, when nothing may be
 * due.  Changes nothing.
 */
#include "sim/check_state.h"

const struct plan_step *
check_step_of(const struct check *k, enum check_list list, int32_t step)
{
    switch (list) {
    case LIST_STEPS:
        return &k->c->steps[step];
    case LIST_ROLLBACK:
        return &k->c->rollback_steps[step];
    case LIST_FINALLY:
        return &k->c->finally_steps[step];
    }
    return NULL;
}

int32_t
check_list_count(const struct check *k, enum check_list list)
{
    switch (list) {
    case LIST_STEPS:
        return k->c->step_count;
    case LIST_ROLLBACK:
        return k->c->rollback_count;
    case LIST_FINALLY:
        return k->c->finally_count;
    }
    return 0;
}

enum check_list
check_list_of(const struct check_host *h)
{
    return h->stage == STAGE_FINALLY ? LIST_FINALLY : h->rolling ? LIST_ROLLBACK : LIST_STEPS;
}

void
check_wait(struct check *k, struct check_host *h, int64_t from_ms, int64_t to_ms)
{
    h->waiting = true;
    h->from_ms = k->now_ms + from_ms;
    h->to_ms = k->now_ms + to_ms;
    h->wait_set = k->facts;
}

static enum check_want
wants_of_steps(const struct check *k, const struct check_host *h)
{
    const struct plan_step *s = check_step_of(k, check_list_of(h), h->step);

    if (!h->rolling && k->wave == 0 && h->step == k->switch_step) {
        return WANT_PARK;
    }
    /* The first connection comes before everything, for what is local too. */
    if (k->remote && !h->connected && (!h->was_connected || !s->local)) {
        return WANT_CONNECT;
    }
    return WANT_STEP;
}

static enum check_want
wants_of_finally(const struct check *k, const struct check_host *h)
{
    if (h->step == k->c->finally_count) {
        return WANT_LEAVE;
    }
    const bool reach = !k->c->finally_steps[h->step].local && h->was_connected && !h->reached;

    return reach && !h->connected && !h->killed ? WANT_CONNECT : WANT_FINALLY;
}

enum check_want
check_wants(const struct check *k, const struct check_host *h)
{
    if (!h->flying || h->open != OPEN_NONE) {
        return WANT_NOTHING;
    }
    switch (h->stage) {
    case STAGE_STEPS:
        return wants_of_steps(k, h);
    case STAGE_GATE:
    case STAGE_BAKE:
        return k->c->checks[h->check].local || h->connected ? WANT_PROBE : WANT_CONNECT;
    case STAGE_FINALLY:
        return wants_of_finally(k, h);
    }
    return WANT_NOTHING;
}

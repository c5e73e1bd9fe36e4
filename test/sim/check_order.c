/*
 * check_order.c - orders for one host: each must be the one that is due for it.
 *
 * Decides whether it may connect, run, probe, close; notes what is open from then on.
 */
#include "sim/check_state.h"

static const char *const wants[] = {
    [WANT_NOTHING] = "nothing", [WANT_CONNECT] = "connect", [WANT_STEP] = "run_step",
    [WANT_PROBE] = "probe",     [WANT_FINALLY] = "finally", [WANT_LEAVE] = "release",
    [WANT_PARK] = "park",
};

const char *
check_want_name(enum check_want want)
{
    return wants[want];
}

static void
must_be(struct check *k, const struct check_host *h, const struct order *o, enum check_want want,
        enum check_want due)
{
    CHECK(k, want == due, "%s of host %d (step %d, attempt %d): what is due is %s",
          order_name(o->kind), (int)o->host, (int)o->step, (int)o->attempt, wants[due]);
    CHECK(k, !h->waiting || k->now_ms >= h->from_ms,
          "%s of host %d: at %" PRId64 " ms, not before %" PRId64, order_name(o->kind),
          (int)o->host, k->now_ms, h->from_ms);
    CHECK(k, h->closing == 0, "%s of host %d: its last session has not ended", order_name(o->kind),
          (int)o->host);
    CHECK(k, !h->flying || o->slot == h->slot, "%s of host %d: slot %d, it is in slot %d",
          order_name(o->kind), (int)o->host, (int)o->slot, (int)h->slot);
}

/* ---- a try of late watch begins */

static void
begin_watch(struct check *k, struct check_host *h, const struct order *o)
{
    CHECK(k, check_watched(k, h) && !h->queued, "%s of host %d: it is not in flight",
          order_name(o->kind), (int)o->host);
    CHECK(k, check_watch_on(k), "%s of host %d: there is no late watch now", order_name(o->kind),
          (int)o->host);
    CHECK(k, k->watching + k->breaking < k->width,
          "%s of host %d: late watch of %d hosts at a time", order_name(o->kind), (int)o->host,
          (int)k->width);
    CHECK(k, k->now_ms >= h->watch_from_ms,
          "%s of host %d: late watch at %" PRId64 " ms, not before %" PRId64, order_name(o->kind),
          (int)o->host, k->now_ms, h->watch_from_ms);
    CHECK(k, h->open == OPEN_NONE, "%s of host %d: the last order has no answer yet",
          order_name(o->kind), (int)o->host);
    h->watching = true;
    k->watching++;
    h->check = 0;
    h->probed = false;
    h->tries++;
}

static enum check_want
watch_wants(const struct check *k, const struct check_host *h)
{
    if (h->open != OPEN_NONE) {
        return WANT_NOTHING;
    }
    return k->c->checks[h->check].local || h->connected ? WANT_PROBE : WANT_CONNECT;
}

static enum check_want
due_or_watch(struct check *k, struct check_host *h, const struct order *o)
{
    if (h->flying) {
        return check_wants(k, h);
    }
    if (!h->watching) {
        begin_watch(k, h, o);
    }
    return k->wrong[0] == '\0' ? watch_wants(k, h) : WANT_NOTHING;
}

/* ---- orders */

static void
connect_host(struct check *k, struct check_host *h, const struct order *o)
{
    if (h->outcome == OUTCOME_UNTOUCHED) {
        check_ahead_order(k, h, o);
        return;
    }
    must_be(k, h, o, WANT_CONNECT, due_or_watch(k, h, o));
    CHECK(k, h->open == OPEN_NONE, "connect of host %d: the last order has no answer yet",
          (int)o->host);
    CHECK(k, o->attempt == h->connects + 1, "connect of host %d: attempt %d, not %d", (int)o->host,
          (int)o->attempt, (int)h->connects + 1);
    if (h->flying && (h->stage == STAGE_FINALLY || (h->stage == STAGE_STEPS && h->was_connected))) {
        check_take_turn(k, h, o->host);
    }
    h->reached |= h->flying && h->stage == STAGE_FINALLY;
    h->connects = o->attempt;
    h->round_connects++;
    h->open = OPEN_CONNECT;
    h->waiting = false;
    check_pass_on(k);
}

static void
run_step(struct check *k, struct check_host *h, const struct order *o)
{
    must_be(k, h, o, WANT_STEP, check_wants(k, h));
    if (k->wrong[0] != '\0') {
        return;
    }
    CHECK(k, o->step == h->step, "run_step of host %d: step %d, not %d", (int)o->host, (int)o->step,
          (int)h->step);
    const int32_t last = h->last_attempt[h->step];
    const bool first = !h->repeats && h->retried == 0;
    const int32_t low = h->repeats ? last : last + 1;
    const int32_t high = first && h->round > 1 ? INT32_MAX : low;

    CHECK(k, o->attempt >= low && o->attempt <= high,
          "run_step of host %d, step %d: attempt %d, not %d", (int)o->host, (int)o->step,
          (int)o->attempt, (int)low);
    if (k->wrong[0] != '\0') {
        return;
    }
    check_take_turn(k, h, o->host);
    h->ordered = h->turn;
    h->attempt = h->last_attempt[h->step] = o->attempt;
    h->repeats = h->sent_now = false;
    h->open = OPEN_STEP;
    h->waiting = false;
    check_pass_on(k);
}

static void
probe_host(struct check *k, struct check_host *h, const struct order *o)
{
    must_be(k, h, o, WANT_PROBE, due_or_watch(k, h, o));
    CHECK(k, o->step == h->check, "probe of host %d: check %d, not %d", (int)o->host, (int)o->step,
          (int)h->check);
    CHECK(k, h->probed ? o->attempt == h->probes : o->attempt > h->probes && o->attempt <= h->tries,
          "probe of host %d: try %d, the last was %d of %d begun", (int)o->host, (int)o->attempt,
          (int)h->probes, (int)h->tries);
    h->probed = true;
    h->probes = o->attempt;
    h->open = OPEN_PROBE;
    h->waiting = false;
}

static void
run_finally(struct check *k, struct check_host *h, const struct order *o)
{
    must_be(k, h, o, WANT_FINALLY, check_wants(k, h));
    CHECK(k, o->step == h->step && o->attempt == h->round,
          "finally of host %d: step %d in round %d, not %d in %d", (int)o->host, (int)o->step,
          (int)o->attempt, (int)h->step, (int)h->round);
    if (k->wrong[0] != '\0') {
        return;
    }
    check_take_turn(k, h, o->host);
    h->open = OPEN_FINALLY;
    h->waiting = false;
    check_pass_on(k);
}

static void
close_session(struct check *k, struct check_host *h, const struct order *o)
{
    const enum check_want due = check_wants(k, h);
    const bool leaves = (due == WANT_LEAVE || due == WANT_PARK) && h->connected;

    CHECK(k, h->must_close || leaves, "disconnect of host %d: nothing asks for it", (int)o->host);
    CHECK(k, !h->waiting || h->must_close || k->now_ms >= h->from_ms,
          "disconnect of host %d: at %" PRId64 " ms, not before %" PRId64, (int)o->host, k->now_ms,
          h->from_ms);
    check_ahead_closed(k, h);
    h->must_close = h->connected = false;
    h->closing++;
}

void
check_host_order(struct check *k, const struct order *o)
{
    struct check_host *h = &k->hosts[o->host];

    switch (o->kind) {
    case ORDER_CONNECT:
        connect_host(k, h, o);
        break;
    case ORDER_RUN_STEP:
        run_step(k, h, o);
        break;
    case ORDER_PROBE:
        probe_host(k, h, o);
        break;
    case ORDER_FINALLY:
        run_finally(k, h, o);
        break;
    case ORDER_DISCONNECT:
        close_session(k, h, o);
        break;
    case ORDER_OUTCOME:
        CHECK(k, h->must_tell, "outcome of host %d: it has not changed", (int)o->host);
        h->must_tell = false;
        break;
    case ORDER_START:
    case ORDER_UNPARK:
    case ORDER_ROLLBACK:
    case ORDER_PARK:
    case ORDER_RELEASE:
        check_slot_order(k, o);
        break;
    case ORDER_WAIT:
    case ORDER_FINISH:
    case ORDER_WAVE_BEGIN:
    case ORDER_WAVE_END:
        break;
    }
}

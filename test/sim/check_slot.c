/*
 * check_slot.c - orders that give a host a slot or take it back: start, unpark, rollback, park,
 * release; and those that tell waves.
 *
 * Decides whether it is this host's turn and this slot; changes what is known of slots and waves.
 */
#include "sim/check_state.h"

#include "base/xalloc.h"

static const char *
verdict_of_next(const struct check *k, const struct check_host *h)
{
    if (k->finished) {
        return "the run is over";
    }
    if (k->active >= k->width) {
        return "no slot is free";
    }
    if (h->flying) {
        return "it is in flight";
    }
    if (!check_limits_free(k, k->host_at[h->position])) {
        return "its value is at its limit";
    }
    if (k->halt != HALT_NONE) {
        return "the run has a halt";
    }
    if (k->paused) {
        return "the run is paused";
    }
    const bool waits = k->phase != WAVE_OPEN || h->wave > k->wave || h->parked;

    return waits ? "the wave before it has not ended" : "nothing asks for it";
}

/* ---- slots */

static void
take_slot(struct check *k, const struct order *o)
{
    CHECK(k, o->slot >= 0 && o->slot <= POLICY_WORKERS_MAX, "%s of host %d: slot %d",
          order_name(o->kind), (int)o->host, (int)o->slot);
    while (k->wrong[0] == '\0' && k->slots <= o->slot) {
        k->slot_host = xreallocarray(k->slot_host, (size_t)k->slots + 1, sizeof(*k->slot_host));
        k->slot_host[k->slots++] = -1;
    }
    while (k->first_free < k->slots && k->slot_host[k->first_free] >= 0) {
        k->first_free++;
    }
    CHECK(k, o->slot == k->first_free, "%s of host %d: slot %d, the lowest free one is %d",
          order_name(o->kind), (int)o->host, (int)o->slot, (int)k->first_free);
    if (k->wrong[0] != '\0') {
        return;
    }
    k->slot_host[o->slot] = o->host;
    k->active++;
    for (int32_t i = 0; i < k->limit_vars; i++) {
        k->in_flight[i][k->c->parallel_by[i].value_of[o->host]]++;
    }
}

static void
give_slot(struct check *k, struct check_host *h, const struct order *o)
{
    k->slot_host[o->slot] = -1;
    k->first_free = o->slot < k->first_free ? o->slot : k->first_free;
    k->active--;
    for (int32_t i = 0; i < k->limit_vars; i++) {
        k->in_flight[i][k->c->parallel_by[i].value_of[o->host]]--;
    }
    h->flying = false;
    h->slot = -1;
}

/* ---- a round begins */

static void
begin_round(struct check *k, struct check_host *h, const struct order *o)
{
    h->round++;
    h->start_number = ++k->starts;
    h->flying = true;
    h->rolling = o->kind == ORDER_ROLLBACK;
    h->slot = o->slot;
    h->stage = STAGE_STEPS;
    h->result = OUTCOME_RUNNING;
    h->killed = h->dropped = h->ends_ok = h->was_connected = h->reached = h->again = false;
    h->repeats = h->unsure = h->refused = h->turn = h->ordered = h->in_line = h->waiting = false;
    h->round_connects = h->step = h->retried = 0;
}

static void
check_start(struct check *k, struct check_host *h, const struct order *o)
{
    const bool again = h->queued;

    begin_round(k, h, o);
    check_outcome(k, h, OUTCOME_RUNNING);
    if (!again) {
        k->wave_started++;
        check_ahead_start(k, h);
        return;
    }
    h->queued = false;
    h->again = true;
    k->queued--;
    k->again++;
}

static void
check_unpark(struct check *k, struct check_host *h, const struct order *o)
{
    h->parked = false;
    k->parked--;
    h->flying = true;
    h->slot = o->slot;
    h->again = false;
    if (h->cancelling) {
        k->wave_left += k->wave == 0; /* a parked host was not missed before the switch */
        h->stage = STAGE_FINALLY;
        h->step = 0;
        h->result = OUTCOME_CANCELLED;
        h->killed = k->halt == HALT_KILL;
    } else {
        k->wave_started++;
    }
}

static void
check_begin(struct check *k, struct check_host *h, const struct order *o)
{
    enum order_kind how = ORDER_START;
    const int32_t next = check_next_host(k, &how);

    CHECK(k, next >= 0, "%s of host %d: %s", order_name(o->kind), (int)o->host,
          verdict_of_next(k, h));
    CHECK(k, next == o->host && how == o->kind, "%s of host %d: it is the turn of host %d (%s)",
          order_name(o->kind), (int)o->host, (int)next, order_name(how));
    CHECK(k, !h->flying, "%s of host %d: it is in flight", order_name(o->kind), (int)o->host);
    CHECK(k, k->ahead_told != k->facts, "%s of host %d: after a connection ahead by the same fact",
          order_name(o->kind), (int)o->host);
    const bool told = k->told && k->halt == HALT_NONE && (!h->queued || k->reopened);

    CHECK(k, !told || k->begun == k->wave, "%s of host %d: the beginning of wave %d was not told",
          order_name(o->kind), (int)o->host, (int)k->wave + 1);
    take_slot(k, o);
    if (k->wrong[0] != '\0') {
        return;
    }
    if (o->kind == ORDER_START) {
        check_start(k, h, o);
    } else if (o->kind == ORDER_UNPARK) {
        check_unpark(k, h, o);
    } else {
        begin_round(k, h, o);
        h->rollback = ROLLBACK_RUNNING;
        k->roll_left--;
    }
    check_pass_untouched(k);
    check_pass_on(k);
}

/* ---- and ends */

static void
no_longer_missing(struct check *k, struct check_host *h)
{
    if (h->again) {
        h->again = false;
        k->again--;
    } else {
        k->wave_left--;
    }
}

static void
check_park(struct check *k, struct check_host *h, const struct order *o)
{
    CHECK(k, check_wants(k, h) == WANT_PARK, "park of host %d: it is not at the switch",
          (int)o->host);
    CHECK(k, !h->connected, "park of host %d: its session is left open", (int)o->host);
    if (k->wrong[0] != '\0') {
        return;
    }
    give_slot(k, h, o);
    no_longer_missing(k, h);
    h->parked = true;
    k->parked++;
    check_settle(k);
}

static void
check_release(struct check *k, struct check_host *h, const struct order *o)
{
    CHECK(k, check_wants(k, h) == WANT_LEAVE, "release of host %d: it is not at its end",
          (int)o->host);
    CHECK(k, !h->connected, "release of host %d: its session is left open", (int)o->host);
    CHECK(k, !h->waiting || k->now_ms >= h->from_ms,
          "release of host %d: at %" PRId64 ", not before %" PRId64, (int)o->host, k->now_ms,
          h->from_ms);
    if (k->wrong[0] != '\0') {
        return;
    }
    give_slot(k, h, o);
    h->waiting = false;
    if (h->rolling) {
        h->rollback = h->result == OUTCOME_OK ? ROLLBACK_DONE : ROLLBACK_FAILED;
        k->rolled_back += h->result == OUTCOME_OK;
        k->rollbacks_failed += h->result != OUTCOME_OK;
        check_settle(k);
        return;
    }
    check_outcome(k, h, h->result);
    no_longer_missing(k, h);
    h->cancelling = false;
    h->watch_failed = 0;
    const int64_t period_ms = k->c->policy.gate_interval_ms * 5;
    check_watch_begin(k, h, period_ms, period_ms < 1 ? 1 : period_ms);
    check_settle(k);
}

/* ---- waves that are told */

static void
check_wave_begin(struct check *k, const struct order *o)
{
    enum order_kind how = ORDER_START;

    CHECK(k, k->told, "wave_begin: waves are not told");
    CHECK(k, o->value == k->wave && k->begun < k->wave,
          "wave_begin %" PRId64 ": wave %d has not ended", o->value + 1, (int)k->wave + 1);
    CHECK(k, k->ended >= k->begun, "wave_begin %" PRId64 ": the end of wave %d was not told",
          o->value + 1, (int)k->begun + 1);
    CHECK(k, check_next_host(k, &how) >= 0, "wave_begin %" PRId64 ": no host is about to start",
          o->value + 1);
    k->begun = k->wave;
    k->begin_told = true;
}

static void
check_wave_end(struct check *k, const struct order *o)
{
    const bool over =
        o->value < k->wave || k->phase != WAVE_OPEN || (k->wave_left == 0 && k->again == 0);

    CHECK(k, k->told, "wave_end: waves are not told");
    CHECK(k, o->value >= 0 && o->value <= k->begun,
          "wave_end %" PRId64 ": its beginning was not told", o->value + 1);
    CHECK(k, o->value > k->ended, "wave_end %" PRId64 ": once more", o->value + 1);
    CHECK(k, over, "wave_end %" PRId64 ": %d hosts of it have no outcome", o->value + 1,
          (int)k->wave_left);
    k->ended = (int32_t)o->value;
}

void
check_wave_order(struct check *k, const struct order *o)
{
    if (o->kind == ORDER_WAVE_BEGIN) {
        check_wave_begin(k, o);
    } else {
        check_wave_end(k, o);
    }
}

void
check_slot_order(struct check *k, const struct order *o)
{
    struct check_host *h = &k->hosts[o->host];

    switch (o->kind) {
    case ORDER_START:
    case ORDER_UNPARK:
    case ORDER_ROLLBACK:
        k->begin_told = false;
        check_begin(k, h, o);
        break;
    case ORDER_PARK:
        check_park(k, h, o);
        break;
    case ORDER_RELEASE:
        check_release(k, h, o);
        break;
    case ORDER_WAVE_BEGIN:
    case ORDER_WAVE_END:
    case ORDER_CONNECT:
    case ORDER_RUN_STEP:
    case ORDER_PROBE:
    case ORDER_WAIT:
    case ORDER_FINALLY:
    case ORDER_DISCONNECT:
    case ORDER_FINISH:
    case ORDER_OUTCOME:
        break;
    }
}

/*
 * trail.c - orders in, spans and bands out.
 *
 * A host does what its last order said, until the next one says another thing; that it bakes is no
 * order, so trail_look asks.  A band is open while the run as a whole waits for something.
 */
#include "strategies/trail.h"

#include <assert.h>
#include <string.h>

enum { SLOT_AS_BEFORE = -2 };

void
trail_init(struct trail *t)
{
    memset(t, 0, sizeof(*t));
    for (int i = 0; i < TRAIL_HOSTS_MAX; i++) {
        t->wave_begin_ms[i] = -1;
        t->wave_end_ms[i] = -1;
    }
}

static void
close_span(struct trail *t, int64_t now_ms, int32_t host)
{
    if (!t->busy[host]) {
        return;
    }
    t->busy[host] = false;
    t->open[host].to_ms = now_ms;
    if (t->open[host].from_ms == now_ms) {
        return;
    }
    assert(t->span_count < TRAIL_SPANS_MAX);
    t->spans[t->span_count++] = t->open[host];
}

/* The host does this from now on, if it is in a slot or parked: what the late watch asks is no work
 * of a slot. */
static void
now_does(struct trail *t, int64_t now_ms, int32_t host, enum span_kind kind, int32_t slot)
{
    struct span *open = &t->open[host];

    if (!t->in_slot[host] && kind != SPAN_PARKED) {
        return;
    }
    if (t->rolling_back[host]) {
        kind = SPAN_ROLLBACK;
    }
    if (slot == SLOT_AS_BEFORE) {
        slot = open->slot;
    }
    if (t->busy[host] && open->kind == kind && open->slot == slot) {
        return;
    }
    close_span(t, now_ms, host);
    *open = (struct span){.kind = kind, .host = host, .slot = slot, .from_ms = now_ms};
    t->busy[host] = true;
}

static void
take_slot(struct trail *t, int64_t now_ms, const struct order *o)
{
    t->in_slot[o->host] = true;
    t->rolling_back[o->host] = o->kind == ORDER_ROLLBACK;
    if (o->kind == ORDER_START && !t->had_slot[o->host]) {
        t->had_slot[o->host] = true;
        t->started++;
    }
    now_does(t, now_ms, o->host, SPAN_CONNECT, o->slot);
}

static void
leave_slot(struct trail *t, int64_t now_ms, const struct order *o)
{
    t->in_slot[o->host] = false;
    t->rolling_back[o->host] = false;
    if (o->kind == ORDER_PARK) {
        now_does(t, now_ms, o->host, SPAN_PARKED, -1);
    } else {
        close_span(t, now_ms, o->host);
    }
}

void
trail_order(struct trail *t, int64_t now_ms, const struct order *o)
{
    switch (o->kind) {
    case ORDER_START:
    case ORDER_ROLLBACK:
    case ORDER_UNPARK:
        take_slot(t, now_ms, o);
        break;
    case ORDER_PARK:
    case ORDER_RELEASE:
        leave_slot(t, now_ms, o);
        break;
    case ORDER_CONNECT:
        now_does(t, now_ms, o->host, SPAN_CONNECT, SLOT_AS_BEFORE);
        break;
    case ORDER_RUN_STEP:
        t->step_runs[o->step] += t->rolling_back[o->host] ? 0 : 1;
        now_does(t, now_ms, o->host, SPAN_STEPS, SLOT_AS_BEFORE);
        break;
    case ORDER_FINALLY:
        now_does(t, now_ms, o->host, SPAN_STEPS, SLOT_AS_BEFORE);
        break;
    case ORDER_PROBE:
        if (t->open[o->host].kind != SPAN_BAKE) {
            now_does(t, now_ms, o->host, SPAN_GATE, SLOT_AS_BEFORE);
        }
        break;
    case ORDER_WAVE_BEGIN:
        t->wave_begin_ms[o->value] = now_ms;
        t->wave_count = (int32_t)o->value + 1;
        break;
    case ORDER_WAVE_END:
        t->wave_end_ms[o->value] = now_ms;
        t->baked = false;
        break;
    case ORDER_WAIT:
    case ORDER_DISCONNECT:
    case ORDER_FINISH:
    case ORDER_OUTCOME:
        break;
    }
}

/* ---- bands */

static void
close_band(struct trail *t, int64_t now_ms)
{
    if (!t->waiting) {
        return;
    }
    t->waiting = false;
    t->open_band.to_ms = now_ms;
    if (t->open_band.from_ms < now_ms) {
        assert(t->band_count < TRAIL_BANDS_MAX);
        t->bands[t->band_count++] = t->open_band;
    }
    t->baked = t->baked || t->open_band.kind == BAND_BAKE;
}

static void
look_at_band(struct trail *t, int64_t now_ms, const struct plan *p, const struct rollout *r)
{
    const enum run_state state = rollout_state(r);
    const int64_t due_ms = rollout_wave_due_ms(r);
    enum band_kind kind;

    if (t->waiting && t->band_due_ms != due_ms) {
        close_band(t, now_ms); /* the bake is over, the pause begins */
    }
    if (state == RUN_PAUSED) {
        kind = BAND_PAUSED;
    } else if (state == RUN_PROMOTING) {
        kind = BAND_PROMOTE;
    } else if (due_ms > now_ms) {
        kind = plan_policy(p)->wave_bake_ms > 0 && !t->baked ? BAND_BAKE : BAND_PAUSE;
    } else {
        close_band(t, now_ms);
        return;
    }
    if (t->waiting && t->open_band.kind != kind) {
        close_band(t, now_ms);
    }
    if (!t->waiting) {
        t->waiting = true;
        t->open_band = (struct band){.kind = kind, .from_ms = now_ms};
    }
    t->band_due_ms = due_ms;
}

void
trail_look(struct trail *t, int64_t now_ms, const struct plan *p, const struct rollout *r)
{
    for (int32_t host = 0; host < plan_host_count(p); host++) {
        if (t->busy[host] && t->in_slot[host] && rollout_host(r, host).baking) {
            now_does(t, now_ms, host, SPAN_BAKE, SLOT_AS_BEFORE);
        }
    }
    look_at_band(t, now_ms, p, r);
}

void
trail_count(struct trail *t, const struct plan *p, const int32_t *zone_of)
{
    int32_t zone[TRAIL_HOSTS_MAX] = {0};
    int32_t all = 0;

    for (int32_t host = 0; host < plan_host_count(p); host++) {
        if (!t->in_slot[host]) {
            continue;
        }
        all++;
        if (zone_of != NULL && ++zone[zone_of[host]] > t->zone_in_flight_max) {
            t->zone_in_flight_max = zone[zone_of[host]];
        }
    }
    if (all > t->in_flight_max) {
        t->in_flight_max = all;
    }
}

void
trail_end(struct trail *t, int64_t now_ms, const struct plan *p, const struct rollout *r)
{
    close_band(t, now_ms);
    for (int32_t host = 0; host < plan_host_count(p); host++) {
        close_span(t, now_ms, host);
        t->hosts[host] = rollout_host(r, host);
    }
    t->halt = rollout_halt(r);
    t->end_ms = now_ms;
}

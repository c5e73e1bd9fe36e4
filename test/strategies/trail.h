/*
 * trail.h - who was in which slot when, and doing what: a run as a chart or a test wants it.
 *
 * Written from orders and from what the core says of its hosts, nothing else.  Decides nothing.
 * Fixed sizes: these runs are small.
 */
#ifndef STRATEGIES_TRAIL_H
#define STRATEGIES_TRAIL_H

#include "core/rollout.h"

enum {
    TRAIL_HOSTS_MAX = 128,
    TRAIL_STEPS_MAX = 8,
    TRAIL_SPANS_MAX = 4096,
    TRAIL_BANDS_MAX = 64,
};

enum span_kind { SPAN_CONNECT, SPAN_STEPS, SPAN_GATE, SPAN_BAKE, SPAN_PARKED, SPAN_ROLLBACK };
enum { SPAN_KINDS = SPAN_ROLLBACK + 1 };

/* A host was doing one thing for a while; spans of a host do not overlap. */
struct span {
    enum span_kind kind;
    int32_t host;
    int32_t slot; /* -1: parked */
    int64_t from_ms;
    int64_t to_ms;
};

enum band_kind { BAND_BAKE, BAND_PAUSE, BAND_PROMOTE, BAND_PAUSED };
enum { BAND_KINDS = BAND_PAUSED + 1 };

/* The whole run waited for something. */
struct band {
    enum band_kind kind;
    int64_t from_ms;
    int64_t to_ms;
};

/* What a run leaves behind.  The last two blocks are the pen: what is being written. */
struct trail {
    struct span spans[TRAIL_SPANS_MAX];
    int32_t span_count;
    struct band bands[TRAIL_BANDS_MAX];
    int32_t band_count;
    int64_t wave_begin_ms[TRAIL_HOSTS_MAX]; /* waves that are told; -1: never began */
    int64_t wave_end_ms[TRAIL_HOSTS_MAX];
    int32_t wave_count;
    struct rollout_host hosts[TRAIL_HOSTS_MAX]; /* at the end */
    int32_t step_runs[TRAIL_STEPS_MAX];         /* attempts of each step, all hosts together */
    int32_t in_flight_max;                      /* hosts in slots at an instant */
    int32_t zone_in_flight_max;                 /* of the same zone */
    int32_t started;                            /* hosts that had a slot, rollback apart */
    enum halt halt;
    int exit_code;
    int64_t end_ms;

    bool busy[TRAIL_HOSTS_MAX]; /* the host has an open span */
    struct span open[TRAIL_HOSTS_MAX];
    bool rolling_back[TRAIL_HOSTS_MAX];
    bool in_slot[TRAIL_HOSTS_MAX];
    bool had_slot[TRAIL_HOSTS_MAX];

    bool waiting; /* a band is open */
    struct band open_band;
    int64_t band_due_ms;
    bool baked; /* the wave that ended last had its bake */
};

void trail_init(struct trail *t);
void trail_order(struct trail *t, int64_t now_ms, const struct order *o);
/* After all orders of an instant were taken: bakes, bands and what is in flight now. */
void trail_look(struct trail *t, int64_t now_ms, const struct plan *p, const struct rollout *r);
/* zone_of may be NULL. */
void trail_count(struct trail *t, const struct plan *p, const int32_t *zone_of);
void trail_end(struct trail *t, int64_t now_ms, const struct plan *p, const struct rollout *r);

#endif

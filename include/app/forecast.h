/*
 * forecast.h - a run under virtual time: what the core decides where hosts take as long, and fail,
 * as is said here.
 *
 * No I/O, no clock, no randomness: the same request gives the same forecast.  Times are
 * milliseconds since the start of the run.  The operator is absent, but for one thing: a canary
 * whose hosts are all well is promoted at once.  Where anything else waits for a word, the forecast
 * ends there.
 */
#ifndef APP_FORECAST_H
#define APP_FORECAST_H

#include "core/plan.h"
#include "core/rollout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is wrong with a host: bits. */
enum trouble {
    TROUBLE_FAIL = 1 << 0,        /* a step ends with exit code 1, at every attempt */
    TROUBLE_UNREACHABLE = 1 << 1, /* no attempt to connect ever succeeds */
    TROUBLE_UNKNOWN = 1 << 2,     /* the connection is lost in a step, at every attempt */
    TROUBLE_UNHEALTHY = 1 << 3,   /* the gate never passes; after a rollback it does */
    TROUBLE_LATE = 1 << 4,        /* it passes the gate, and is unhealthy from its release on */
    TROUBLE_FLAP = 1 << 5,        /* the first try of the gate fails; without a gate, of a step */
};

struct forecast_host {
    int64_t work_ms;  /* its own time in a slot: steps and all that is theirs; waiting apart */
    unsigned trouble; /* of enum trouble */
    int32_t step; /* of the plan, where fail, unknown and flap happen; -1: the last that is neither
                     run_once nor ignore_errors */
};

enum { FORECAST_FACTS_MAX = 40 * 1000 * 1000 }; /* some five seconds */

struct forecast_request {
    const struct plan *plan;           /* borrowed, and so is hosts */
    const struct forecast_host *hosts; /* by host of the plan */
    const int32_t *weights; /* by step: its part of the work; NULL: all have the same, but
                               run_once ones none.  Their sum is at most INT32_MAX */
    int64_t connect_ms_max; /* after which an unreachable host is given up */
    bool story;             /* keep the events */
};

enum forecast_kind {
    FORECAST_WAVE_BEGIN, /* value: the wave; waves that are told only, as below */
    FORECAST_WAVE_END,   /* value: the wave; ok, bad: its hosts */
    FORECAST_AGAIN,      /* host; what failed goes well the next time: value: step, -1: the gate */
    FORECAST_BAD,        /* host: has a bad outcome */
    FORECAST_LATE,       /* host: was ok, and failed after its release */
    FORECAST_CANCELLED,  /* host */
    FORECAST_EXCEEDED,   /* more bad outcomes than the budget, and the run goes on */
    FORECAST_HALT,       /* value: enum halt */
    FORECAST_PAUSED,
    FORECAST_PROMOTED,        /* as an operator would */
    FORECAST_ROLLBACK,        /* host: begins to go back */
    FORECAST_ROLLED_BACK,     /* host */
    FORECAST_ROLLBACK_FAILED, /* host */
};

struct forecast_event {
    int64_t at_ms;
    enum forecast_kind kind;
    int32_t host; /* -1: none; value likewise */
    int32_t value;
    int32_t ok, bad;
    int32_t scope; /* EXCEEDED, HALT by a budget: of plan_scope_of; -1: that of the run */
    struct rollout_host seen; /* of host, at this time */
};

struct forecast_wave {
    int64_t begin_ms; /* its first host starts; -1: it never began; so below */
    int64_t end_ms;   /* its last host has an outcome, or is parked */
};

struct forecast_span {
    int32_t slot; /* of its first start; -1: never started */
    int64_t begin_ms, end_ms;
    struct rollout_host last; /* as it was at the end */
};

struct forecast {
    int64_t total_ms;
    bool endless;         /* given up after FORECAST_FACTS_MAX facts: the rest means nothing */
    int exit_code;        /* -1: it waits for the operator */
    enum run_state state; /* RUN_OVER, or what waits for the operator */
    enum halt halt;
    int32_t promoted; /* times an operator was taken to promote */
    struct summary summary;
    int32_t wave_count, host_count;
    struct forecast_wave *waves; /* owned */
    struct forecast_span *hosts; /* owned: by host */
    struct forecast_event *events;
    size_t event_count, event_cap;
};

/* Release ret in any case. */
void forecast_run(const struct forecast_request *request, struct forecast *ret);
void forecast_release(struct forecast *f);

#endif

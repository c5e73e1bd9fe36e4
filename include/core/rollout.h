/*
 * rollout.h - decides which host goes next; the pure heart of a deployment.
 *
 * Facts go in, orders come out.  No I/O, no clock, no randomness, no logging: the same facts always
 * give the same orders, bit for bit, which is what test/sim and resume rely on.  Times are
 * milliseconds on a monotonic clock, zero at the start of the run.
 *
 * After each fact take orders until none is left.  Facts that do not fit the host's state (late,
 * duplicate) change nothing.
 */
#ifndef CORE_ROLLOUT_H
#define CORE_ROLLOUT_H

#include "core/fact.h"
#include "core/order.h"
#include "core/plan.h"
#include "core/summary.h"

#include <stdbool.h>
#include <stdint.h>

struct rollout;

enum halt {
    HALT_NONE,
    HALT_BUDGET,   /* more bad outcomes than max_fail */
    HALT_WAVE,     /* a wave of two or more failed whole */
    HALT_BREAKER,  /* three authentication denials in a row */
    HALT_ABORT,    /* the operator */
    HALT_KILL,     /* the operator, twice */
    HALT_TIMEOUT,  /* run_timeout */
    HALT_ONCE,     /* a run_once step ended badly */
    HALT_CANARY,   /* a canary host was not ok, with nobody to promote */
    HALT_ROLLBACK, /* the operator wants everything rolled back */
};
enum { HALTS = HALT_ROLLBACK + 1 };

/* What verbs may be told: docs/rollout.md, "Verbs". */
enum run_state {
    RUN_RUNNING,
    RUN_PROMOTING, /* the canary waits for promote */
    RUN_PAUSED,    /* by the operator, or by on_failure */
    RUN_DRAINING,  /* halted: hosts in flight go on to their end */
    RUN_KILLING,
    RUN_ROLLING_BACK,
    RUN_OVER,
};
enum { RUN_STATES = RUN_OVER + 1 };

/* Of one host. */
enum rollback_state {
    ROLLBACK_NONE,
    ROLLBACK_RUNNING,
    ROLLBACK_DONE,
    ROLLBACK_FAILED,
};
enum { ROLLBACK_STATES = ROLLBACK_FAILED + 1 };

/* What is known of a host; a copy, for the view and the log. */
struct rollout_host {
    enum outcome outcome;
    enum cause cause;  /* of a bad outcome; CAUSE_NONE for an exit code */
    int32_t exit_code; /* of the step that failed */
    int32_t signal;
    int32_t slot; /* it is in, or was in last; -1: never in one */
    int32_t step; /* the step it is at, or where it ended */
    int32_t attempt;
    int32_t connect_attempt;
    bool held;           /* waits for its turn at a run_once or throttled step */
    int32_t probe_try;   /* of the gate; 0: not there yet */
    int32_t probe_check; /* the check it is at, or that failed last */
    enum rollback_state rollback;
    int32_t round;       /* 1, and one more each time it is retried or rolled back; 0: untouched */
    bool parked;         /* waits for the switch */
    bool baking;         /* passed its gate, and must stay healthy for a while */
    bool queued;         /* waits for its retry */
    bool late;           /* was ok, and failed after its release */
    bool ahead;          /* untouched, and connected already, or connecting: attempt 1, no slot */
    int64_t started_ms;  /* -1: never; of this round */
    int64_t finished_ms; /* -1: not yet */
};

/* Begin at now_ms.  Borrows plan, which must outlive the rollout.  Orders are due at once. */
struct rollout *rollout_new(const struct plan *plan, int64_t now_ms);
void rollout_free(struct rollout *r); /* NULL is fine */

/* Take in what happened at now_ms, which must not go backwards. */
void rollout_tell(struct rollout *r, int64_t now_ms, const struct fact *fact);

/* Fill the next order due; false, and no change, when none is. */
bool rollout_next(struct rollout *r, struct order *ret_order);

/* NULL when this FACT_VERB may be told now; else why not, for people ("the run is over"). One that
 * is told all the same changes nothing. */
const char *rollout_refuses(const struct rollout *r, const struct fact *verb);

enum run_state rollout_state(const struct rollout *r);
const char *run_state_name(enum run_state s);     /* "rolling back" */
const char *rollback_name(enum rollback_state s); /* "done" */

struct rollout_host rollout_host(const struct rollout *r, int32_t host);
enum halt rollout_halt(const struct rollout *r);
const char *halt_text(enum halt h); /* "failure budget spent" */
struct summary rollout_summary(const struct rollout *r);
int32_t rollout_active(const struct rollout *r); /* hosts in slots */
/* Sessions connected ahead of the start of their hosts; those being closed are counted too. */
int32_t rollout_ahead(const struct rollout *r);
int32_t rollout_workers(const struct rollout *r); /* slots that may be taken now */
/* The wave under way, or the last; and until when it bakes or the next one waits, -1: neither. */
int32_t rollout_wave(const struct rollout *r);
int64_t rollout_wave_due_ms(const struct rollout *r);
bool rollout_wave_bakes(const struct rollout *r); /* else it is the pause behind it */
int32_t rollout_bad(const struct rollout *r);     /* bad outcomes counted */
int32_t rollout_waves_started(const struct rollout *r);
int32_t rollout_waves_done(const struct rollout *r); /* every host of it has an outcome */
bool rollout_finished(const struct rollout *r);

/* A fingerprint of the whole state: equal after equal facts. */
uint64_t rollout_digest(const struct rollout *r);

#endif

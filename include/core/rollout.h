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
    HALT_BUDGET,  /* more bad outcomes than max_fail */
    HALT_WAVE,    /* a wave of two or more failed whole */
    HALT_BREAKER, /* three authentication denials in a row */
    HALT_ABORT,   /* the operator */
    HALT_KILL,    /* the operator, twice */
    HALT_TIMEOUT, /* run_timeout */
    HALT_ONCE,    /* a run_once step ended badly */
};
enum { HALTS = HALT_ONCE + 1 };

/* What is known of a host; a copy, for the view and the log. */
struct rollout_host {
    enum outcome outcome;
    enum cause cause;  /* of a bad outcome; CAUSE_NONE for an exit code */
    int32_t exit_code; /* of the step that failed */
    int32_t signal;
    int32_t slot; /* -1: none */
    int32_t step; /* the step it is at, or where it ended */
    int32_t attempt;
    int32_t connect_attempt;
    bool held;           /* waits for its turn at a run_once or throttled step */
    int32_t probe_try;   /* of the gate; 0: not there yet */
    int32_t probe_check; /* the check it is at, or that failed last */
    int64_t started_ms;  /* -1: never */
    int64_t finished_ms; /* -1: not yet */
};

/* Begin at now_ms.  Borrows plan, which must outlive the rollout.  Orders are due at once. */
struct rollout *rollout_new(const struct plan *plan, int64_t now_ms);
void rollout_free(struct rollout *r); /* NULL is fine */

/* Take in what happened at now_ms, which must not go backwards. */
void rollout_tell(struct rollout *r, int64_t now_ms, const struct fact *fact);

/* Fill the next order due; false, and no change, when none is. */
bool rollout_next(struct rollout *r, struct order *ret_order);

/* NULL when the verb may be told now; else why not, for people ("not yet: promote"). */
const char *rollout_refuses(const struct rollout *r, enum verb verb);

struct rollout_host rollout_host(const struct rollout *r, int32_t host);
enum halt rollout_halt(const struct rollout *r);
const char *halt_text(enum halt h); /* "failure budget spent" */
struct summary rollout_summary(const struct rollout *r);
int32_t rollout_active(const struct rollout *r); /* hosts in slots */
int32_t rollout_waves_started(const struct rollout *r);
int32_t rollout_waves_done(const struct rollout *r); /* every host of it has an outcome */
bool rollout_finished(const struct rollout *r);

/* A fingerprint of the whole state: equal after equal facts. */
uint64_t rollout_digest(const struct rollout *r);

#endif

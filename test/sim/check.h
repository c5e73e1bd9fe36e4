/*
 * check.h - every order must be one the rules allow, and none that is due may be missing.
 *
 * Reads facts and orders alone, and holds them to docs/rollout.md.  Knows nothing of the rollout's
 * state.  The first thing that does not fit is kept as a sentence.
 */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include "sim/case.h"

#include "core/order.h"
#include "core/rollout.h"

struct check;

/* What has happened to sessions that are opened ahead of their wave. */
enum check_met {
    MET_ORDERED,
    MET_CONNECTED,
    MET_FAILED,
    MET_FORGOTTEN,
    MET_THROTTLED,
    MET_LOST,
    MET_PAUSED,
    MET_CLOSED_BY_HALT,
    MET_CLOSED_BY_SKIP,
    MET_CLOSED_CONNECTING,
    MET_TOO_LATE,
    MET_STARTED_UP,
    MET_STARTED_CONNECTING,
    MET_STARTED_FAILED,
    MET_STARTED_ANEW,
    MET_HALTED,
    MET_FINISH_WAITED,
    MET_ROLLBACK_WAITED,
};
enum { CHECK_METS = MET_ROLLBACK_WAITED + 1 };

/* Borrows both.  The orders of rollout_new come before the first fact, with now_ms 0. */
struct check *check_new(const struct sim_case *c, const struct plan *p);
void check_free(struct check *k); /* NULL is fine */

/* A fact is about to be told; stray ones too. */
void check_fact(struct check *k, int64_t now_ms, const struct fact *fact);

/* An order that the last fact, or the beginning, has yielded. */
void check_order(struct check *k, int64_t now_ms, const struct order *order);

/* No order is left: nothing that is due may be missing. */
void check_turn(struct check *k, int64_t now_ms);

/* The world has said its last word. */
void check_end(struct check *k);

/* What the rules make of the facts so far; to be compared with what the rollout says of itself. */
enum run_state check_state(const struct check *k);
bool check_allows(const struct check *k, const struct fact *verb);
enum outcome check_host_outcome(const struct check *k, int32_t host);
int32_t check_bad(const struct check *k);

/* How often that was met; and of those that failed, each cause. */
const char *check_met_name(enum check_met met); /* "closed by skip" */
uint64_t check_met(const struct check *k, enum check_met met);
uint64_t check_met_cause(const struct check *k, enum cause cause);

/* NULL while all is right; else the first sentence, until check_free. */
const char *check_wrong(const struct check *k);

#endif

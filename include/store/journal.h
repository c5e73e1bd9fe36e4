/*
 * journal.h - facts and orders of one run, in the order they came to be; and the run itself.
 *
 * Writes go into the transaction under way; nothing is durable before store_commit.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "base/err.h"
#include "base/spread.h"
#include "core/fact.h"
#include "core/order.h"
#include "core/rollout.h"
#include "core/summary.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RUN_ID_SIZE = 40 };

/* What a run is, as written at its start.  All borrowed during the call. */
struct run_start {
    const char *env;
    const char *action;
    const char *strategy;
    bool mutating;
    int32_t workers;
    int64_t wall_ms; /* UTC epoch */
    uint64_t seed;
    const char *release;      /* "" if none */
    const char *produces;     /* state of a host that ends ok; "" if none */
    const char *plan_json;    /* numbers fixed by the plan, steps, vars' names: for resume */
    const char *const *hosts; /* in plan index order */
    int32_t host_count;
    int64_t pid;
};

struct journal; /* one run */

/* Register a new run: its id (UTC time plus 64 random bits: 20261123T214500Z-0123456789abcdef) and
 * its epoch = max(wall_ms, stored + 1) per environment.  Writes but does not commit. */
struct journal *journal_begin(struct store *s, const struct run_start *start, struct err *err);
void journal_free(struct journal *j); /* NULL is fine; writes nothing */

const char *journal_run_id(const struct journal *j);
int64_t journal_epoch(const struct journal *j);

/* at_ms: monotonic since the start of the run.  reason: for people, may be NULL. */
int journal_fact(struct journal *j, int64_t at_ms, const struct fact *fact, const char *reason,
                 struct err *err);
int journal_order(struct journal *j, int64_t at_ms, const struct order *order, struct err *err);

/* A host has its outcome; the row of the host in this run, and its state over runs.  May come more
 * than once for a host (it failed after it was ok, or was retried): the last counts, as if it were
 * the first. */
struct host_end {
    int32_t host;
    enum outcome outcome;
    enum cause cause;
    int32_t exit_code;
    int32_t signal;
    int32_t slot;
    int64_t started_ms; /* -1: never started */
    int64_t finished_ms;
    const char *reason;  /* "" if none */
    const char *release; /* the release it now has, if ok and one was made; "" */
    const char *tried;   /* the release it may have now, if not ok and one was to be made; "" */
    const char *boot_id; /* "" if not known */
};
int journal_host_end(struct journal *j, const struct host_end *end, struct err *err);

/* It goes again: it has no outcome until its next end. */
int journal_host_again(struct journal *j, int32_t host, struct err *err);

/* A host that has ended is rolled back: begun (running), done or failed.  Its outcome stays.  Over
 * runs it has from the beginning of it the release and the state it had before this run. */
struct host_back {
    int32_t host;
    enum rollback_state state;
    int64_t at_ms;
    const char *reason;  /* why it failed; "" */
    const char *release; /* done: the release it has again; "" if none is known */
    const char *tried;   /* else: the release it may have; "" */
};
int journal_host_back(struct journal *j, const struct host_back *back, struct err *err);

/* A host begins what would make this release: should we die, it may be there.  Only a host that has
 * a state keeps it, for rollback. */
int journal_host_tries(struct journal *j, int32_t host, const char *release, struct err *err);

/* Bytes of each stream that are in the host's log: what a resume attaches at. */
int journal_offsets(struct journal *j, int32_t host, int64_t out_bytes, int64_t err_bytes,
                    struct err *err);

/* What kept the loop.  Numbers are stored: never renumber, only add at the end. */
enum stall_kind {
    STALL_TURNS,   /* from one wait to the next, without the commit */
    STALL_COMMITS, /* of the store */
};
enum { STALL_KINDS = STALL_COMMITS + 1 };

/* How long the loop was kept; nothing is written where that was not measured (a count of 0). */
int journal_stall(struct journal *j, enum stall_kind kind, const struct spread_figures *f,
                  struct err *err);

/* The run is over. */
int journal_finish(struct journal *j, int64_t at_ms, int64_t wall_ms, int exit_code,
                   const char *halt, struct err *err);

#endif

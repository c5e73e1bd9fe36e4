/*
 * run.h - one run of the core under the checker: live in the world, again from its facts, or
 * folded.
 *
 * Keeps the facts as the app's journal does.  The first thing that is wrong ends the run and is
 * kept as a sentence; an assertion of the core is one.
 */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "sim/case.h"
#include "sim/check.h"
#include "sim/stats.h"
#include "sim/world.h"

#include "base/prng.h"

#include <stdio.h>

struct record {
    int64_t at_ms;
    struct fact fact;
    uint64_t orders; /* a sum over all orders up to here */
    uint64_t digest; /* of the rollout then; 0: not looked at */
};

enum { RUN_WRONG_MAX = 512 };

struct run {
    const struct sim_case *c; /* borrowed */
    struct plan *plan;        /* owned; so are the next two */
    struct rollout *rollout;
    struct check *check;
    struct world *world; /* borrowed */
    bool live;           /* the world carries orders out; else facts are told again */
    struct stats *stats; /* borrowed, or NULL */
    FILE *trace;         /* borrowed, or NULL: facts and orders, one a line */

    struct record *journal; /* owned */
    size_t journal_count, journal_cap;
    struct record last; /* the fact that is being told; kept where telling it fails */
    bool has_last;
    struct order *due; /* owned: given, not carried out */
    size_t due_count, due_cap;
    struct prng p; /* where to look closer; nothing that happens depends on it */
    bool close;    /* look at each fact */
    int64_t now_ms, wait_ms;
    uint64_t orders;
    uint64_t order_count;
    bool finished;
    int32_t exit_code;
    char wrong[RUN_WRONG_MAX]; /* "" while all is right */
};

void run_init(struct run *u);
void run_release(struct run *u);

enum run_end {
    RUN_PASSED,
    RUN_FAILED,  /* u->wrong says why */
    RUN_REFUSED, /* plan_new did not want it; u->wrong says why */
};

/* One case in the world, to its end; then folded, and for some seeds all over again. */
enum run_end run_live(struct run *u, struct world *w, const struct sim_case *c);

/* These facts, whatever the core answers; the world only sees whether a shell could do it. */
enum run_end run_replay(struct run *u, struct world *w, const struct sim_case *c,
                        const struct record *facts, size_t count);

#endif

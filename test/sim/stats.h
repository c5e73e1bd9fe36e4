/*
 * stats.h - what the seeds have met, so that one sees that everything was met.
 */
#ifndef SIM_STATS_H
#define SIM_STATS_H

#include "sim/case.h"
#include "sim/check.h"

#include "core/order.h"
#include "core/rollout.h"

#include <stdio.h>

enum { EXITS = 8 };

struct stats {
    uint64_t passed, failed, refused;
    uint64_t hosts, facts, orders, digests;
    int64_t virtual_ms;
    uint64_t fact[FACT_KINDS];
    uint64_t cause[CAUSES];
    uint64_t order[ORDER_KINDS];
    uint64_t outcome[OUTCOMES];
    uint64_t halt[HALTS];
    uint64_t strategy[STRATEGIES];
    uint64_t on_failure[ON_FAILURES];
    uint64_t exit[EXITS];
    uint64_t verb_taken[RUN_STATES][VERBS];
    uint64_t verb_refused[RUN_STATES][VERBS];
    uint64_t ahead[CHECK_METS], ahead_cause[CAUSES];
    uint64_t rolled_back, rollbacks_failed, retried, late;
};

void stats_case(struct stats *s, const struct sim_case *c);
void stats_fact(struct stats *s, const struct rollout *r, const struct fact *f);
void stats_end(struct stats *s, const struct rollout *r, const struct check *k, int32_t hosts);
void stats_add(struct stats *to, const struct stats *from);
void stats_print(const struct stats *s, FILE *out);

/* How much of the above was never met; each is printed. */
int stats_missing(const struct stats *s, FILE *out);

#endif

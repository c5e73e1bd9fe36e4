/*
 * exhaust_search.h - walks through every state that a run of one case can come to.
 *
 * A state is the rollout, its checker and the tiny world; each is gone on from once.  Every
 * transition is held to the rules by the checker and by the assertions of the core.  No state may
 * be without a next one before the end, and none may come again on its own way: then every way
 * ends.
 */
#ifndef SIM_EXHAUST_SEARCH_H
#define SIM_EXHAUST_SEARCH_H

#include "sim/case.h"

#include <stdio.h>

struct search_limits {
    int32_t bad;   /* things that go wrong in a run */
    int32_t ticks; /* ticks that come before other things */
};

struct search_sum {
    uint64_t states, transitions, ends;
    int32_t deepest;
};

struct search;

struct search *search_new(void);
void search_free(struct search *s); /* NULL is fine */

/* True when all is right; adds to sum.  verb: said once, in any state; VERBS: none is. */
bool search_case(struct search *s, const struct sim_case *c, int verb,
                 const struct search_limits *limits, struct search_sum *sum);

/* What was wrong, and the case and the facts that lead there as a script. */
const char *search_wrong(const struct search *s);
void search_script(const struct search *s, FILE *out);

#endif

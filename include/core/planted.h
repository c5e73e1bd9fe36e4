/*
 * planted.h - faults put into the core on purpose, to see whether the simulator finds them.
 *
 * Compiled only with -DPLANTED_FAULTS, for build/planted/test/sim/sim; in every other build
 * PLANTED(x) is false and costs nothing.  A new fault is a row of the list and an `if (PLANTED(X))`
 * where it does its harm; docs/sensitivity.md says which seed finds it.
 */
#ifndef CORE_PLANTED_H
#define CORE_PLANTED_H

#include <stdbool.h>

/* name, what it does */
#define PLANTED_LIST(X)                                                                            \
    X(BUDGET_ONE_MORE, "one bad outcome more than the budget is let pass")                         \
    X(PERCENT_ROUNDED_UP, "the percent of a budget is rounded up")

#define PLANTED_ENUM(name, text) PLANT_##name,
enum planted { PLANT_NONE, PLANTED_LIST(PLANTED_ENUM) PLANTED_END };

#ifdef PLANTED_FAULTS
extern enum planted planted; /* the one that is on; set by the simulator alone */
#define PLANTED(x) (planted == PLANT_##x)
#else
#define PLANTED(x) false
#endif

#endif

/*
 * world.h - hosts that do not exist, under a virtual clock: what a policy does with them.
 *
 * Runs the real core (its public API alone) against hosts whose behaviour a case lays down.  Draws
 * no randomness but from the seed of the case, so a run is the same every time.  Knows nothing of
 * drawing.
 */
#ifndef STRATEGIES_WORLD_H
#define STRATEGIES_WORLD_H

#include "strategies/trail.h"

enum {
    WORLD_RULES_MAX = 32,
    WORLD_VERBS_MAX = 8,
};

enum trouble {
    TROUBLE_NONE,
    TROUBLE_UNREACHABLE, /* connecting is refused */
    TROUBLE_FAILS,       /* the step exits with 1 */
    TROUBLE_LOST,        /* the connection goes in the middle of the step */
    TROUBLE_SICK,        /* from from_ms on every check fails */
};

/* What befalls one host. */
struct world_rule {
    enum trouble trouble;
    int32_t host;
    int32_t step; /* of fails and lost */
    int64_t from_ms;
};

/* The operator speaks once: after_ms after the run came into this state for the first time. */
struct world_verb {
    enum run_state when;
    int64_t after_ms;
    enum verb verb;
    int32_t host; /* of skip and retry; else -1 */
    int64_t value;
};

struct world_case {
    struct policy policy;
    int32_t host_count;
    int32_t zones; /* 0: none; else host n is in zone n % zones */
    struct plan_step steps[TRAIL_STEPS_MAX];
    int64_t step_ms[TRAIL_STEPS_MAX]; /* what it takes at least; up to 60 % more by the seed */
    int32_t step_count;
    bool checked;              /* one check of the gate, from the controller */
    bool can_roll_back;        /* a rollback list of one step */
    struct amount parallel_by; /* hosts in flight a zone; 0: no limit */
    struct amount budget_by;   /* bad hosts a zone; with has_budget_by */
    bool has_budget_by;
    bool sequence_by; /* one zone after the other */
    struct world_rule rules[WORLD_RULES_MAX];
    struct world_verb verbs[WORLD_VERBS_MAX];
};

/* Run it to its end.  0; or -1 and err: the plan was refused, or the run never ends. */
int world_run(const struct world_case *c, struct trail *ret_trail, struct err *err);

/* The name of host n ("web-07") and of its zone ("b"), good until the next call. */
const char *world_host_name(int32_t host);
const char *world_zone_name(const struct world_case *c, int32_t host);

#endif

/*
 * case.h - one random rollout: what is asked for, and how bad the world is.
 *
 * The same seed makes the same case.  Decides nothing of what is right.  Plain numbers, so that a
 * script can hold them and the shrinker can take them away one by one.
 */
#ifndef SIM_CASE_H
#define SIM_CASE_H

#include "base/err.h"
#include "core/fact.h"
#include "core/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SIM_HOSTS_MAX = 10000,
    SIM_STEPS_MAX = 6,
    SIM_FINALLY_MAX = 3,
    SIM_ROLLBACK_MAX = 3,
    SIM_CHECKS_MAX = 3,
    SIM_VERBS_MAX = 8,
    SIM_NAME_MAX = 16,
};

/* Hosts parted by a variable. */
struct sim_parting {
    int32_t *value_of; /* owned by the case: by host */
    int32_t value_count;
    struct amount limit;
};

/* What the operator says unasked. */
struct sim_verb {
    int64_t at_ms;
    enum verb verb;
    int32_t host;  /* skip, retry; -1: one that fits, chosen when it is said */
    int64_t value; /* workers */
};

/* How bad the world is.  Chances are of a thousand. */
struct sim_trouble {
    int32_t connect;   /* a connection fails */
    int32_t denied;    /* of these: authentication */
    int32_t throttled; /* of these: closed before its banner */
    int32_t step;      /* a step does not end well */
    int32_t unknown;   /* of these: nobody knows how it ended */
    int32_t check;     /* a check fails */
    int32_t flap;      /* with each check: a host turns sick, or well again */
    int32_t finally;   /* a step of the finally list fails */
    int32_t rollback;  /* a step of the rollback list fails */
    int32_t drop;      /* a session ends by itself */
    int32_t stall;     /* a thing hangs up to its deadline */
    int32_t stray;     /* a fact is told again later, or with wrong numbers */
    int32_t slow_host; /* a host is ten times as slow */
    int32_t late_tick; /* a tick comes after its time */
    int32_t odd_tick;  /* with each turn: a tick that nobody waits for */
    int32_t retries;   /* the operator retries a bad host when the run waits for a word */
    int32_t give_up;   /* the operator says abort, kill or rollback when the run waits for a word */
};

struct sim_case {
    uint64_t seed; /* of the case; the world draws from it too */
    struct policy policy;
    struct plan_step steps[SIM_STEPS_MAX];
    struct plan_step finally_steps[SIM_FINALLY_MAX];
    struct plan_step rollback_steps[SIM_ROLLBACK_MAX];
    struct plan_check checks[SIM_CHECKS_MAX];
    int32_t step_count, finally_count, rollback_count, check_count;

    int32_t host_count;
    const char **names; /* owned, and what it points to is the case's */
    struct sim_parting parallel_by[PLAN_PARTINGS_MAX];
    struct sim_parting budget_by[PLAN_PARTINGS_MAX];
    struct sim_parting sequence_by; /* its limit is not used */
    int32_t parallel_by_count, budget_by_count;
    bool sequenced; /* sequence_by counts */

    struct sim_trouble trouble;
    int64_t slow_ms;     /* longest a thing takes */
    int64_t stall_ms;    /* longest it takes when it hangs */
    int64_t turn_ms;     /* longest a fact lies in the inbox */
    int64_t operator_ms; /* longest the operator thinks */
    struct sim_verb verbs[SIM_VERBS_MAX];
    int32_t verb_count;

    char (*name_bytes)[SIM_NAME_MAX]; /* owned */
    int32_t *values;                  /* owned: of all partings */
    size_t hosts_cap;                 /* room in the arrays above */
};

void case_init(struct sim_case *c); /* an empty case, ready for the next two */
void case_release(struct sim_case *c);

/* Fill from a seed; what c owns is used again. */
void case_make(struct sim_case *c, uint64_t seed);

/* Make room for hosts, all names and values are then unset. */
void case_room(struct sim_case *c, int32_t hosts);

/* Fill ret, initialised, with a copy of c. */
void case_copy(struct sim_case *ret, const struct sim_case *c);

/* NULL and err when plan_new refuses it.  The plan copies what it needs. */
struct plan *case_plan(const struct sim_case *c, struct err *err);

#endif

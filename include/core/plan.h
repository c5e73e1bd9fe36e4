/*
 * plan.h - the rollout fixed in numbers: hosts in order, waves, budget, steps.
 *
 * Made once from a policy; never changes after.  Host indexes are those of the request (inventory
 * order); positions 0..count-1 are the order of starting.
 */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include "base/err.h"
#include "core/policy.h"

#include <stdbool.h>
#include <stdint.h>

struct plan;

/* What the scheduler must know of a step; how it is carried out is the shell's business. */
struct plan_step {
    bool local;           /* runs on the controller: needs no connection */
    bool idempotent;      /* may be sent again after a failure or an unknown end */
    bool ignore_errors;   /* a failure is passed over; an unknown end is not */
    int32_t retries;      /* attempts = 1 + retries; only with idempotent */
    bool run_once;        /* one host runs it for all; the others wait for its end and pass on */
    int32_t throttle;     /* at most so many hosts in this step at a time; 0: no limit */
    bool switches;        /* blue_green: this step and what follows wait for the barrier */
    bool looks;           /* changes nothing: that it was sent is no reason to roll back */
    int64_t delay_ms;     /* between attempts */
    uint8_t ok_codes[32]; /* bit n of the 256: exit code n is fine; all zero: only 0 is */
};

/* A check of the gate; what it asks is the shell's business. */
struct plan_check {
    bool local; /* from the controller: needs no connection */
};

/* Hosts parted by the value that a variable has for them. */
struct plan_parting {
    const char *variable;    /* for errors */
    const int32_t *value_of; /* by host: 0..value_count-1 */
    int32_t value_count;
    struct amount limit; /* of each value; sequence_by has none */
};

enum { PLAN_PARTINGS_MAX = 4 };

struct plan_request {
    const struct policy *policy; /* borrowed until plan_new returns; so are the rest */
    int32_t host_count;
    const char *const *host_names; /* for sorted orders and for errors */
    const struct plan_step *steps;
    int32_t step_count;
    const struct plan_step *finally_steps;
    int32_t finally_count;
    const struct plan_check *checks; /* of the gate; none where the policy has no gate */
    int32_t check_count;
    const struct plan_step *rollback_steps;
    int32_t rollback_count;
    const struct plan_parting *parallel_by; /* max_parallel_by: in flight per value */
    int32_t parallel_by_count;              /* at most PLAN_PARTINGS_MAX; so below */
    const struct plan_parting *budget_by;   /* a failure budget per value */
    int32_t budget_by_count;
    const struct plan_parting *sequence_by; /* one value after the other; or NULL */
};

/* NULL and err when it cannot be: no hosts, wave sizes of zero, times that are negative or over
 * POLICY_MS_MAX, a gate that cannot be passed, a limit under which a host could never start, a
 * canary without hosts, blue_green without a switch or with sequence_by, on_failure rollback
 * without a rollback list, a promotion or a pause that waits for an operator where nobody can
 * answer.  on_failure is not asked where nothing could come of it: without a budget, a canary and a
 * run_once step. */
struct plan *plan_new(const struct plan_request *request, struct err *err);
void plan_free(struct plan *p);

int32_t plan_host_count(const struct plan *p);
int32_t plan_step_count(const struct plan *p);
int32_t plan_finally_count(const struct plan *p);
int32_t plan_rollback_count(const struct plan *p);
const struct plan_step *plan_step(const struct plan *p, int32_t step);
const struct plan_step *plan_finally_step(const struct plan *p, int32_t step);
const struct plan_step *plan_rollback_step(const struct plan *p, int32_t step);

/* blue_green: the first step behind the barrier; else -1. */
int32_t plan_switch_step(const struct plan *p);

/* Checks a host must pass after its steps; 0: there is no gate. */
int32_t plan_check_count(const struct plan *p);
const struct plan_check *plan_check(const struct plan *p, int32_t check);

bool plan_step_accepts(const struct plan_step *s, int32_t exit_code);

/* Some step, one of the finally list or a check of the gate too, needs a connection; where none
 * does, no host is connected to. */
bool plan_is_remote(const struct plan *p);

const struct policy *plan_policy(const struct plan *p);

/* Slots really used at first: min(W, hosts), 1 when W is 0 or the strategy is sequential. */
int32_t plan_slot_count(const struct plan *p);

/* The host that starts at this position. */
int32_t plan_host_at(const struct plan *p, int32_t position);

int32_t plan_position_of(const struct plan *p, int32_t host);

/* Whether waves are told; a plan without has one wave of all hosts. */
bool plan_has_waves(const struct plan *p);
/* blue_green has two, both of all hosts. */
int32_t plan_wave_count(const struct plan *p);
/* Positions [begin, end) of wave k. */
int32_t plan_wave_begin(const struct plan *p, int32_t wave);
int32_t plan_wave_end(const struct plan *p, int32_t wave);
int32_t plan_wave_of(const struct plan *p, int32_t host); /* the first it is in */
/* The canary is waves 0..k-1; 0: none. */
int32_t plan_canary_waves(const struct plan *p);

/* Bad outcomes allowed in the run; -1: no budget. */
int32_t plan_budget(const struct plan *p);

/* Scopes that have a budget of their own: every value of every budget_by variable, numbered
 * through.  A host is in plan_scope_vars(p) of them, one a variable: i counts these. */
int32_t plan_scope_count(const struct plan *p);
int32_t plan_scope_vars(const struct plan *p);
int32_t plan_scope_of(const struct plan *p, int32_t host, int32_t i);
int32_t plan_scope_budget(const struct plan *p, int32_t scope);

/* Limits of hosts in flight: every value of every max_parallel_by variable, numbered through. */
int32_t plan_limit_count(const struct plan *p);
int32_t plan_limit_vars(const struct plan *p);
int32_t plan_limit(const struct plan *p, int32_t limit); /* at most so many, >= 1 */
/* Hosts that share all limits are a class; with no limits all hosts are class 0. */
int32_t plan_class_count(const struct plan *p);
int32_t plan_class_of(const struct plan *p, int32_t host);
int32_t plan_class_limit(const struct plan *p, int32_t host_class, int32_t i);

#endif

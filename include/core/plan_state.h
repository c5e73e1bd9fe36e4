/*
 * plan_state.h - what a plan is made of, shared by the files that make one and by nobody else.
 *
 * plan.c puts it together and answers; plan_refuse.c says what cannot be; plan_waves.c orders the
 * hosts and cuts the waves; plan_part.c parts hosts by the values of variables.
 */
#ifndef CORE_PLAN_STATE_H
#define CORE_PLAN_STATE_H

#include "core/plan.h"

/* Limits of hosts in flight.  Hosts with the same limits are one class. */
struct plan_limits {
    int32_t vars;
    int32_t count;
    int32_t *limit; /* owned: by limit */
    int32_t class_count;
    int32_t *class_of;     /* owned: by host; NULL: there are no limits, all are class 0 */
    int32_t *class_limits; /* owned: class * vars + i */
};

/* Budgets beside that of the run. */
struct plan_scopes {
    int32_t vars;
    int32_t count;
    int32_t *budget;   /* owned: by scope */
    int32_t *scope_of; /* owned: host * vars + i */
};

struct plan {
    struct policy policy;
    int32_t host_count;
    int32_t *order;      /* owned: position -> host */
    int32_t *position;   /* owned: host -> position */
    int32_t *wave_begin; /* owned: wave -> first position, host_count last; NULL: blue_green */
    int32_t wave_count;
    int32_t canary_waves;
    bool waves_told;
    int32_t slot_count;
    int32_t budget;
    struct plan_limits limits;
    struct plan_scopes scopes;
    struct plan_step *steps; /* owned */
    int32_t step_count;
    int32_t switch_step;
    struct plan_step *finally_steps; /* owned */
    int32_t finally_count;
    struct plan_step *rollback_steps; /* owned */
    int32_t rollback_count;
    struct plan_check *checks; /* owned */
    int32_t check_count;
    bool remote; /* some step needs a connection */
};

/* plan_refuse.c: -1 and err for what can never be carried out, or never end. */
int plan_refuse(const struct plan_request *q, struct err *err);
bool plan_has_gate(const struct plan_request *q);
int32_t plan_find_switch(const struct plan_request *q); /* -1: not blue_green, or no such step */

/* plan_waves.c: fill order, position, and what is known of waves. */
void plan_arrange(struct plan *p, const struct plan_request *q);
void plan_cut_waves(struct plan *p, const struct plan_parting *sequence_by);

/* plan_part.c */
void plan_make_limits(struct plan *p, const struct plan_request *q);
void plan_make_scopes(struct plan *p, const struct plan_request *q);
/* Bring together the hosts of a list that have the same value: values in the order in which they
 * come first, hosts of a value as they were.  In time of count + value_count. */
void plan_group(int32_t *list, int32_t count, const struct plan_parting *by);

#endif

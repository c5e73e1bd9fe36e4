/*
 * parting.h - hosts parted by the values of variables; for app/planning.c, and for who shows
 * a plan.
 */
#ifndef APP_PARTING_H
#define APP_PARTING_H

#include "app/run.h"
#include "base/strv.h"
#include "core/plan.h"

struct partings {
    struct plan_parting parallel_by[PLAN_PARTINGS_MAX];
    struct strv parallel_values[PLAN_PARTINGS_MAX]; /* texts of the values by number; owned */
    struct strv budget_values[PLAN_PARTINGS_MAX];
    int32_t parallel_by_count;
    struct plan_parting budget_by[PLAN_PARTINGS_MAX];
    int32_t budget_by_count;
    struct plan_parting sequence_by;
    bool has_sequence;
};

/* Look the variables of max_parallel_by, budget_by and sequence_by up for every host: -e, magic
 * names, the inventory's.  Values are texts, as a template has them, and numbered in the order in
 * which they come.  -1 and ERR_CONFIG: a host has none ("max_parallel_by: zone: web-03 has no such
 * variable"), or one that is a list, a mapping, null, empty, a secret or not to be rendered.
 * Release ret in any case. */
int partings_fill(const struct run_request *request, const char *const *names, struct partings *ret,
                  struct err *err);
void partings_release(struct partings *p);

#endif

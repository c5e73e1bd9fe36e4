/*
 * plan_head.h - how a plan begins for people; plan and -C say it alike.
 */
#ifndef CLI_PLAN_HEAD_H
#define CLI_PLAN_HEAD_H

#include "app/run.h"
#include "core/plan.h"

/* "deploy prod: 9 hosts, rolling, 3 workers, failure budget 0", and the seed if it matters. */
void plan_head(const struct plan *p, const struct run_request *r, bool seed_given);

/* "wave 1/3: web-[01-03]"; nothing where the strategy tells no waves. */
void plan_wave_line(const struct plan *p, const struct run_request *r, int32_t wave);

#endif

/*
 * limits.h - by when a run must be over, generously: as if its hosts went one after the other, and
 * everything that may be tried again were, and took as long as it can.
 */
#ifndef SIM_LIMITS_H
#define SIM_LIMITS_H

#include "sim/case.h"

int64_t limits_deadline_ms(const struct sim_case *c, const struct plan *p);
size_t limits_facts(const struct sim_case *c);

#endif

/*
 * shrink.h - makes a failing case small: takes away whatever the failure does not need.
 *
 * What counts as the same failure is the sentence without its numbers.
 */
#ifndef SIM_SHRINK_H
#define SIM_SHRINK_H

#include "sim/script.h"
#include "sim/world.h"

/* Fill ret, initialised, with a script that fails as c does in the world: with the facts it needs,
 * or without any where it fails only live.  ret_why is its sentence. */
void shrink(struct world *w, const struct sim_case *c, const char *why, struct script *ret,
            char *ret_why, size_t why_cap);

#endif

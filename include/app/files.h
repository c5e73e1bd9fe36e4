/*
 * files.h - the descriptors of a run, shared out: worker slots first, then sessions ahead.
 *
 * Arithmetic alone; the limit itself is read and raised by files_fit (run_state.h).
 */
#ifndef APP_FILES_H
#define APP_FILES_H

#include "core/policy.h"

#include <stdint.h>

/* Descriptors, at least 1 each. */
struct files_cost {
    int slot;  /* of a worker slot at its worst moment */
    int ahead; /* of a session on which nothing runs */
};

/* Lower policy->workers and policy->ahead_max to what `room` descriptors allow with so many hosts;
 * one worker there always is.  Returns how many workers an operator may raise them to, the sessions
 * ahead left as they are. */
int files_share(int room, const struct files_cost *cost, int32_t hosts, struct policy *policy);

#endif

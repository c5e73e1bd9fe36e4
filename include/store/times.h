/*
 * times.h - how long hosts took in earlier runs that went well.
 */
#ifndef STORE_TIMES_H
#define STORE_TIMES_H

#include "base/err.h"
#include "store/store.h"

#include <stddef.h>
#include <stdint.h>

struct times_query {
    const char *env, *action; /* borrowed, and so is the next */
    const char *steps_json;   /* the `steps` of the plan of a run that counts: a list of names */
    size_t runs_max;          /* the newest runs */
    size_t rows_max;          /* no further run is read once there are so many hosts */
};

/* Hand every host that ended ok in a run of this action and these steps that ended with exit code 0
 * to fn, the newest runs first: how long it held its slot, without the host_bake of that run.
 * *ret_runs: how many runs that were. */
int times_read(struct store *s, const struct times_query *q,
               void (*fn)(void *arg, const char *host, int64_t ms), void *arg, size_t *ret_runs,
               struct err *err);

#endif

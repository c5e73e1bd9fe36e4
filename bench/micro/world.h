/*
 * world.h - a world where everything goes well, and at once: what was ordered first ends first.
 *
 * Drives a rollout to its end through the public API of the core alone.
 */
#ifndef BENCH_WORLD_H
#define BENCH_WORLD_H

#include "core/plan.h"

#include <stdint.h>

struct told {
    int64_t facts;
    int64_t orders;
    int32_t most_active; /* hosts in slots at a time */
    int exit_code;
    double new_s; /* rollout_new */
    double run_s; /* the rest */
};

/* Of processor, of this process: who else uses the machine matters little. */
double world_now_s(void);

/* Carry out the whole plan. */
struct told world_run(const struct plan *plan);

#endif

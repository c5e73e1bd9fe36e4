/*
 * script_run.h - runs an executable inventory for config, which may not.
 */
#ifndef CLI_SCRIPT_RUN_H
#define CLI_SCRIPT_RUN_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

enum { SCRIPT_MS_MAX = 30000, SCRIPT_MS_MAX_TOGETHER = 300000 };

/* How long the executables of one inventory have run. */
struct script_time {
    int64_t used_ms;
    const char *refused; /* why none can be run now: its failure; or NULL */
};

/* The `run` of struct inventory_request; arg is a struct script_time. */
int
script_run(void *arg, const char *path, const char *const *argv, struct buf *out, struct err *err);

#endif

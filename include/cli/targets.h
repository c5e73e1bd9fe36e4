/*
 * targets.h - the release each host goes back to.
 */
#ifndef CLI_TARGETS_H
#define CLI_TARGETS_H

#include "base/err.h"
#include "store/history.h"

#include <stdbool.h>
#include <stddef.h>

struct targets {
    char **releases; /* owned, each owned; by host as they were asked for */
    size_t count;
};

/* Each host's own target, of what the store knows of the environment.  -1 and ERR_CONFIG, naming
 * every host without one.  Release t in any case. */
int targets_fill(struct targets *t, const struct host_list *states, const char *const *hosts,
                 size_t count, struct err *err);
void targets_release(struct targets *t);

/* Which hosts a release that failed has touched: those it was tried on, and those that took it
 * before it failed elsewhere.  How many; 0: none failed since the last good one, and ret_touched is
 * not set. */
size_t targets_touched(const struct host_list *states, const char *const *hosts, size_t count,
                       bool *ret_touched);

#endif

/*
 * follow.h - a run while it goes on, shown: status and status --watch.
 */
#ifndef CLI_FOLLOW_H
#define CLI_FOLLOW_H

#include "cli/command.h"
#include "cli/running.h"
#include "ui/snapshot.h"

/* Where a run stands: what it says itself if it answers within timeout_ms, else what the store
 * knows.  0 and *ret, to be released. */
int follow_once(const struct cli *c, const struct running *r, int timeout_ms, struct snapshot *ret,
                struct err *err);

/* Show it until it is over: in place on a terminal, else a line whenever something changes. */
int follow_run(const struct cli *c, const struct running *r, struct err *err);

#endif

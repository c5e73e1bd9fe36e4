/*
 * rollback.h - which hosts go back, and each to which release, where nobody has named one.
 */
#ifndef CLI_ROLLBACK_H
#define CLI_ROLLBACK_H

#include "base/err.h"
#include "cli/command.h"
#include "cli/load.h"
#include "cli/targets.h"

#include <stdbool.h>

/* It is a rollback, and -e names no release: each host goes back to its own. */
bool rollback_is_open(const struct loaded *l);

/* Fill t for the hosts of l.  Without -l and -w, and where a release has failed on its way, l is
 * narrowed to the hosts it has reached, and stderr is told which stay.  -1 and err; release t in
 * any case. */
int rollback_targets(const struct cli *c, const char *env, struct loaded *l, struct targets *t,
                     struct err *err);

#endif

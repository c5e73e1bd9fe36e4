/*
 * dryrun.h - what a run would do on every host, on stdout: -C.
 */
#ifndef CLI_DRYRUN_H
#define CLI_DRYRUN_H

#include "app/preview.h"
#include "cli/command.h"

#include <stdbool.h>

/* Print every step of every host in the order of the plan, or with -b hosts of the same steps once.
 * 0, or -1 and what the run itself would say.  A reader that leaves ends it early. */
int dryrun_show(const struct cli *c, const struct run_request *r, struct err *err);

/* The same as JSON: an object a line, or with array one array. */
int dryrun_json(const struct run_request *r, struct preview *p, bool array, struct err *err);

#endif

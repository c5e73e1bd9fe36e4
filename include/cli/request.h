/*
 * request.h - from the command line and what was loaded to the request of a run.
 */
#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include "app/run.h"
#include "cli/command.h"
#include "cli/load.h"

#include <stdbool.h>

/* What a run of l's action would be asked for; plan shows the same.  scripted: the action is
 * exec's or copy's.  Draws a seed unless one is given.  Borrows c, env and l. */
struct run_request
request_of(const struct cli *c, const char *env, const struct loaded *l, bool scripted);

/* -k and -K: ask, before the request is made, and keep the answers with the secrets. */
int request_ask(const struct cli *c, struct err *err);

/* Bytes that output of hosts may take while it runs: output_memory, less what connections need. */
int64_t request_output_budget(const struct run_request *r);

/* The first of tags that no step of a has, and that means nothing by itself; or NULL.  *ret_near:
 * the tag that was probably meant, or NULL; borrowed from a. */
const char *
request_unknown_tag(const struct action *a, const struct strv *tags, const char **ret_near);

/* Warn on stderr of a tag of -t or --skip-tags that no step has. */
void request_tell_tags(const struct cli *c, const struct loaded *l);

#endif

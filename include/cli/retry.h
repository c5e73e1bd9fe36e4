/*
 * retry.h - a run once more, for the hosts that it did not bring there: which these are, and what
 * the new run is given.
 */
#ifndef CLI_RETRY_H
#define CLI_RETRY_H

#include "app/given.h"
#include "base/err.h"
#include "base/strv.h"
#include "cli/command.h"
#include "store/history.h"

struct retry {
    struct run_list runs; /* one: the old run */
    struct host_list hosts;
    struct given given;
    struct strv names; /* of the hosts to be tried again; none: nothing is left of it */
};

/* Read an old run: by its id or the beginning of it, or an environment's newest that changes
 * something.  -1 and err, also where it cannot be given again: it is not over, its words are not
 * kept.  Release ret in any case. */
int retry_read(const char *root, const char *word, struct retry *ret, struct err *err);
void retry_release(struct retry *r);

/* Give c what the old run was given, with hosts; c borrows from r, and its tags grow.  -1 and err:
 * secrets are missing. */
int retry_give(struct cli *c, const struct retry *r, struct err *err);

#endif

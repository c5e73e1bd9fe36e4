/*
 * running.h - the runs that are under way, and which of them a word means.
 */
#ifndef CLI_RUNNING_H
#define CLI_RUNNING_H

#include "base/err.h"
#include "cli/command.h"
#include "store/history.h"

#include <stdbool.h>

struct running {
    char id[RUN_ID_SIZE];
    char *env, *action; /* owned */
    bool mutating;
    int64_t pid;
};

void running_fill(struct running *ret, const struct run_row *row);
void running_release(struct running *r);

/* Fill the run that is meant: of an environment the one that changes something, else the only one;
 * or that with this id, or a unique beginning of it.  word NULL: the same of all environments.
 * 1; 0: none is under way; -1: ERR_NO_MATCH (no such environment or run), ERR_USAGE (several, which
 * are listed), or what the store says. */
int running_find(const struct cli *c, const char *word, struct running *ret, struct err *err);

#endif

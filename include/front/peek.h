/*
 * peek.h - the store of runs, kept open for a page that looks at it again and again.
 *
 * Opened when there is a file, and anew when it is another one.  Holds no transaction between two
 * looks.
 */
#ifndef FRONT_PEEK_H
#define FRONT_PEEK_H

#include "base/err.h"
#include "store/history.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Zeroed: nothing is open. */
struct peek {
    struct store *store; /* owned or NULL */
    dev_t dev;
    ino_t ino;
    int64_t version; /* of history_version, at the last look */
};

/* The store of a root, borrowed until the next peek; NULL: there is none yet (err is ERR_NONE), or
 * it cannot be read.  *ret_changed: it was opened, or somebody has written, since the last peek. */
struct store *peek(struct peek *p, const char *root, bool *ret_changed, struct err *err);
void peek_close(struct peek *p);

/* The run with this id, as far as its rows say (history_recent); false: it is not there. */
bool peek_run(struct peek *p, const char *root, const char *run_id, struct run_list *ret_runs,
              struct err *err);

#endif

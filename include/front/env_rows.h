/*
 * env_rows.h - what is known of each environment: for the page that lists them.
 *
 * Names and locks are cheap; runs are read again when the store has changed; the servers of one
 * environment are counted at a time, since that reads its files.
 */
#ifndef FRONT_ENV_ROWS_H
#define FRONT_ENV_ROWS_H

#include "base/err.h"
#include "cli/command.h"
#include "front/watched.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SERVERS_UNKNOWN = -1, SERVERS_NOT_COUNTED = -2 };

struct env_row {
    char *name;              /* owned */
    int64_t servers;         /* SERVERS_UNKNOWN: not yet; _NOT_COUNTED: when it is opened */
    int mistakes;            /* in its files */
    struct watched *counted; /* owned: its files, as they were counted; NULL: never */
    char last[128];          /* "deploy ok 1m02s"; "": no run yet */
    int last_exit;           /* of that run; -1: it is not over, or died */
    int32_t ran_on;          /* hosts of it */
    int64_t ran_wall_ms;     /* when it began */
    int64_t locked_by_pid;   /* -1: nobody; 0: it is not known who */
    char locked_what[64];
};

/* Zeroed: nothing is known. */
struct env_rows {
    struct env_row *rows; /* owned; by name */
    size_t count;
    size_t lock_next;
    int64_t store_stamp; /* of the file of runs, as it was read; 0: never */
    int64_t store_read_ms;
};

void env_rows_release(struct env_rows *e);
/* True: they are others now; what is known of those that stay is kept. */
bool env_rows_names(struct env_rows *e, const char *root);
/* The last runs, if any was added; busy: somebody writes all the time, so only now and then. */
int
env_rows_runs(struct env_rows *e, const char *root, int64_t wall_ms, bool busy, struct err *err);
/* Who holds them; of very many some each time. */
void env_rows_locks(struct env_rows *e, const char *root);
/* Count the servers of one environment whose files have changed since, without running a program
 * for it; what is large is left until it is opened.  False: there is none. */
bool env_rows_count(struct env_rows *e, struct cli *c);

#endif

/*
 * host_runs.h - the runs of one host, and what the runs of an environment were.
 */
#ifndef STORE_HOST_RUNS_H
#define STORE_HOST_RUNS_H

#include "base/err.h"
#include "base/map.h"
#include "core/rollout.h"
#include "core/summary.h"
#include "store/journal.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOST_RUNS_LOOKED_AT = 20 }; /* the newest runs of the environment */

struct host_run {
    char id[RUN_ID_SIZE];
    char *action, *reason, *release; /* owned by the list */
    bool mutating;
    int64_t pid, started_wall_ms;
    bool finished; /* the run is */
    bool ended;    /* the host has an outcome in it */
    enum outcome outcome;
    enum rollback_state rollback;
    int64_t took_ms; /* of the host; -1: it was never started, or has not ended */
};
struct host_run_list {
    struct host_run *rows; /* newest first */
    size_t count;
};

/* At most max of the HOST_RUNS_LOOKED_AT newest runs of env that had this host.  Of a run that died
 * only what it wrote down of the host is told (history_hosts derives the rest). */
int host_runs_read(struct store *s, const char *env, const char *host, size_t max,
                   struct host_run_list *ret_list, struct err *err);
void host_run_list_release(struct host_run_list *l);

/* The action of each run of env that is kept: run id -> its name.  map_free it (it owns them). */
int host_runs_actions(struct store *s, const char *env, struct map **ret, struct err *err);

#endif

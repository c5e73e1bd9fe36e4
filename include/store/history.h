/*
 * history.h - what the store knows of runs and hosts: status, history, logs, and reading back the
 * journal.
 */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include "base/err.h"
#include "core/fact.h"
#include "core/order.h"
#include "core/summary.h"
#include "store/journal.h"
#include "store/store.h"

struct run_row {
    char id[RUN_ID_SIZE];
    char *env, *action, *strategy, *release, *halt; /* owned by the list */
    bool mutating;
    int32_t workers, host_count;
    int64_t epoch, pid, started_wall_ms;
    int64_t duration_ms; /* -1: not finished */
    int exit_code;       /* -1: not finished: running, or its process died */
    int32_t outcomes[OUTCOMES];
    int32_t rolled_back, rollbacks_failed;
};
struct run_list {
    struct run_row *rows; /* newest first */
    size_t count;
};

/* Say that the process of this unfinished run is alive (lock_runs; for one that takes no lock its
 * pid): the hosts it has begun are then shown as running.  Not said, it is taken for dead. */
void history_live(struct store *s, const char *run_id);

/* Newest first; env NULL: all; at most max rows. */
int history_runs(struct store *s, const char *env, size_t max, struct run_list *ret_list,
                 struct err *err);
void run_list_release(struct run_list *l);

/* The same, or only the run with this whole id (NULL: any), for who must not wait: no journal is
 * read.  Hosts of a run that is not finished count as untouched until they have an outcome. */
int history_recent(struct store *s, const char *env, const char *id, size_t max,
                   struct run_list *ret_list, struct err *err);

/* A number that is another one when somebody else has committed something since. */
int history_version(struct store *s, int64_t *ret_version, struct err *err);

/* A run by id, or by a unique beginning of it; ERR_NO_MATCH. */
int history_find(struct store *s, const char *id, struct run_list *ret_list, struct err *err);

/* The plan_json a run was begun with; the caller frees it.  ERR_NO_MATCH. */
int history_plan(struct store *s, const char *run_id, char **ret_json, struct err *err);

/* What kept the loop of a run, by kind; a count of 0: it is not known. */
int history_stalls(struct store *s, const char *run_id, struct spread_figures ret[STALL_KINDS],
                   struct err *err);

struct host_row {
    char *name, *reason, *release, *state; /* owned by the list */
    char *release_before; /* of history_states: the last one other than release; owned */
    char *
        release_tried; /* of history_states: the one of a run that failed, or began, since; owned */
    char *boot_id;     /* owned */
    char *run;         /* of history_states: id of the run it is from; owned */
    char *rollback_reason;        /* of history_hosts: why it failed; owned */
    enum rollback_state rollback; /* one that a dead run left half way has failed */
    enum outcome outcome;
    enum cause cause;
    int32_t slot, exit_code, signal;
    int64_t started_ms, finished_ms, out_bytes, err_bytes;
    int64_t wall_ms; /* of history_states: when it ended; its start, if it has not */
};
struct host_list {
    struct host_row *rows; /* in plan index order */
    size_t count;
};

/* Hosts of one run.  For a run whose process died the outcome follows from the journal alone: a
 * host with a committed run_step order and no end of that step is unknown; one that was started and
 * had none is cancelled; the rest untouched.  A finally step without its end counts as unknown
 * too, and so does a step whose last fact is step_unknown. */
int history_hosts(struct store *s, const char *run_id, struct host_list *ret_list, struct err *err);
void host_list_release(struct host_list *l);

/* Last known state of each host of an environment over all runs (name, release, state, outcome of
 * last run), in the order of their names.  Hosts an unfinished run has begun have the outcome that
 * history_hosts gives, and keep the release and state they had. */
int history_states(struct store *s, const char *env, struct host_list *ret_list, struct err *err);

/* A row of the journal; exactly one of fact and order is not NULL.  reason is NULL where none was
 * given.  False: no further one. */
typedef bool replay_fn(void *arg, int64_t at_ms, const struct fact *fact, const char *reason,
                       const struct order *order);

/* Walk the journal of a run in order. */
int history_replay(struct store *s, const char *run_id, replay_fn *fn, void *arg, struct err *err);

/* Keep the newest `keep` finished runs of env; the ids of those dropped are passed to fn (to delete
 * logs).  Commits before it tells. */
int history_prune(struct store *s, const char *env, size_t keep,
                  void (*fn)(void *arg, const char *run_id), void *arg, struct err *err);

#endif

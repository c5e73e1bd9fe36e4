/*
 * host_runs.c - the runs of one host, newest first.
 *
 * Decides how far back is looked: a run of 10,000 hosts costs a look at 10,000 rows, which are in
 * the order of the plan.  Lists own what they hold.  Writes nothing.
 */
#include "store/host_runs.h"

#include "base/xalloc.h"
#include "store/sql.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static void
read_row(sqlite3_stmt *stmt, struct host_run *ret)
{
    char *id = sql_column_text(stmt, 0);
    const int64_t outcome = sql_column_int(stmt, 7, -1);
    const int64_t rollback = sqlite3_column_int64(stmt, 8);
    const int64_t began_ms = sqlite3_column_int64(stmt, 9);
    const int64_t ended_ms = sqlite3_column_int64(stmt, 10);

    snprintf(ret->id, sizeof(ret->id), "%s", id);
    free(id);
    ret->action = sql_column_text(stmt, 1);
    ret->reason = sql_column_text(stmt, 2);
    ret->release = sql_column_text(stmt, 3);
    ret->mutating = sqlite3_column_int(stmt, 4) != 0;
    ret->pid = sqlite3_column_int64(stmt, 5);
    ret->started_wall_ms = sqlite3_column_int64(stmt, 6);
    ret->ended = outcome >= 0;
    ret->outcome = outcome < 0           ? OUTCOME_UNTOUCHED
                   : outcome >= OUTCOMES ? OUTCOME_UNKNOWN
                                         : (enum outcome)outcome;
    ret->rollback = rollback >= 0 && rollback < ROLLBACK_STATES ? (enum rollback_state)rollback
                                                                : ROLLBACK_FAILED;
    ret->took_ms = began_ms >= 0 && ended_ms >= began_ms ? ended_ms - began_ms : -1;
    ret->finished = sqlite3_column_int(stmt, 11) != 0;
}

void
host_run_list_release(struct host_run_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->rows[i].action);
        free(l->rows[i].reason);
        free(l->rows[i].release);
    }
    free(l->rows);
    *l = (struct host_run_list){0};
}

/* The host's row of one run: 1; 0: it was not in it; -1. */
static int
read_of_run(struct store *s, sqlite3_stmt *stmt, int64_t run, const char *host,
            struct host_run *ret, struct err *err)
{
    sqlite3_reset(stmt);
    sql_ints(stmt, 1, &run, 1);
    sql_text(stmt, 2, host);
    const int rc = sql_row(s, stmt, err);
    if (rc == 1) {
        read_row(stmt, ret);
    }
    return rc;
}

/* One run after the other, so that nothing is read behind the last one wanted. */
static int
read_runs(struct store *s, sqlite3_stmt *runs, sqlite3_stmt *of_run, const char *host, size_t max,
          struct host_run_list *list, struct err *err)
{
    size_t cap = 0;
    int rc = 0;

    while (list->count < max && (rc = sql_row(s, runs, err)) == 1) {
        struct host_run row = {0};
        rc = read_of_run(s, of_run, sqlite3_column_int64(runs, 0), host, &row, err);
        if (rc < 0) {
            break;
        }
        if (rc == 1) {
            list->rows = xgrow(list->rows, list->count, &cap, sizeof(*list->rows));
            list->rows[list->count++] = row;
        }
        rc = 0;
    }
    return rc;
}

int
host_runs_read(struct store *s, const char *env, const char *host, size_t max,
               struct host_run_list *ret_list, struct err *err)
{
    static const char runs_sql[] = "SELECT run FROM runs WHERE env = ?1 ORDER BY run DESC LIMIT ?2";
    static const char sql[] =
        "SELECT id, action, reason, release_after, mutating, pid, started_wall_ms, outcome,"
        " rollback, started_ms, finished_ms, runs.exit_code IS NOT NULL"
        " FROM run_hosts JOIN runs USING (run) WHERE run = ?1 AND name = ?2 LIMIT 1";
    const int64_t limit = HOST_RUNS_LOOKED_AT;
    struct host_run_list list = {0};
    sqlite3_stmt *runs = sql_read(s, runs_sql, err);
    sqlite3_stmt *of_run = runs == NULL ? NULL : sql_read(s, sql, err);
    int rc = -1;

    if (of_run != NULL) {
        sql_text(runs, 1, env);
        sql_ints(runs, 2, &limit, 1);
        rc = read_runs(s, runs, of_run, host, max, &list, err);
    }
    sqlite3_finalize(of_run);
    sqlite3_finalize(runs);
    if (rc == 0) {
        *ret_list = list;
    } else {
        host_run_list_release(&list);
    }
    return rc;
}

int
host_runs_actions(struct store *s, const char *env, struct map **ret, struct err *err)
{
    sqlite3_stmt *stmt = sql_read(s, "SELECT id, action FROM runs WHERE env = ?1", err);
    struct map *map = map_new(free);
    int rc = -1;

    if (stmt != NULL) {
        sql_text(stmt, 1, env);
    }
    while (stmt != NULL && (rc = sql_row(s, stmt, err)) == 1) {
        char *id = sql_column_text(stmt, 0);
        map_set(map, id, sql_column_text(stmt, 1));
        free(id);
    }
    sqlite3_finalize(stmt);
    if (rc == 0) {
        *ret = map;
    } else {
        map_free(map);
    }
    return rc;
}

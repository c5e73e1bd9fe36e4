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

int
host_runs_read(struct store *s, const char *env, const char *host, size_t max,
               struct host_run_list *ret_list, struct err *err)
{
    static const char sql[] =
        "SELECT r.id, r.action, h.reason, h.release_after, r.mutating, r.pid, r.started_wall_ms,"
        " h.outcome, h.rollback, h.started_ms, h.finished_ms, r.exit_code IS NOT NULL"
        " FROM (SELECT * FROM runs WHERE env = ?1 ORDER BY run DESC LIMIT ?3) AS r"
        " CROSS JOIN run_hosts AS h ON h.run = r.run AND h.name = ?2"
        " ORDER BY r.run DESC LIMIT ?4";
    const int64_t limits[2] = {HOST_RUNS_LOOKED_AT, (int64_t)max};
    struct host_run_list list = {0};
    sqlite3_stmt *stmt = sql_read(s, sql, err);
    size_t cap = 0;
    int rc = -1;

    if (stmt != NULL) {
        sql_text(stmt, 1, env);
        sql_text(stmt, 2, host);
        sql_ints(stmt, 3, limits, 2);
    }
    while (stmt != NULL && (rc = sql_row(s, stmt, err)) == 1) {
        list.rows = xgrow(list.rows, list.count, &cap, sizeof(*list.rows));
        list.rows[list.count] = (struct host_run){0};
        read_row(stmt, &list.rows[list.count++]);
    }
    sqlite3_finalize(stmt);
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

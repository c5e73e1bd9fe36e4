/*
 * history.c - the runs the store knows, and dropping the old ones.
 *
 * Decides which runs are old.  Lists own what they hold.  Writes only to prune; hosts are in
 * hosts.c, the journal in replay.c.
 */
#include "store/history.h"

#include "base/strv.h"
#include "base/xalloc.h"
#include "store/sql.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
history_live(struct store *s, const char *run_id)
{
    if (!strv_has(&s->live, run_id)) {
        strv_add(&s->live, run_id);
    }
}

/* ---------------------------------------------------------------- runs */

static int
count_finished(struct store *s, int64_t run, int32_t counts[OUTCOMES], struct err *err)
{
    sqlite3_stmt *stmt = sql_read(s, "SELECT outcome, hosts FROM run_outcomes WHERE run = ?1", err);
    int rc = -1;

    if (stmt != NULL) {
        sql_ints(stmt, 1, &run, 1);
    }
    while (stmt != NULL && (rc = sql_row(s, stmt, err)) == 1) {
        const int outcome = sqlite3_column_int(stmt, 0);
        if (outcome >= 0 && outcome < OUTCOMES) {
            counts[outcome] = sqlite3_column_int(stmt, 1);
        }
    }
    sqlite3_finalize(stmt);
    return rc;
}

static int
count_unfinished(struct store *s, struct run_row *row, struct err *err)
{
    struct host_list hosts = {0};

    if (history_hosts(s, row->id, &hosts, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < hosts.count; i++) {
        row->outcomes[hosts.rows[i].outcome]++;
        row->rolled_back += hosts.rows[i].rollback == ROLLBACK_DONE;
        row->rollbacks_failed += hosts.rows[i].rollback == ROLLBACK_FAILED;
    }
    host_list_release(&hosts);
    return 0;
}

/* By their rows alone. */
static int
count_known(struct store *s, int64_t run, struct run_row *row, struct err *err)
{
    static const char sql[] = "SELECT outcome, rollback, count(*) FROM run_hosts WHERE run = ?1"
                              " GROUP BY outcome, rollback";
    sqlite3_stmt *stmt = sql_read(s, sql, err);
    int rc = -1;

    if (stmt != NULL) {
        sql_ints(stmt, 1, &run, 1);
    }
    while (stmt != NULL && (rc = sql_row(s, stmt, err)) == 1) {
        const int64_t outcome = sql_column_int(stmt, 0, OUTCOME_UNTOUCHED);
        const int32_t hosts = sqlite3_column_int(stmt, 2);
        row->outcomes[outcome >= 0 && outcome < OUTCOMES ? outcome : OUTCOME_UNKNOWN] += hosts;
        row->rolled_back += sqlite3_column_int(stmt, 1) == ROLLBACK_DONE ? hosts : 0;
        row->rollbacks_failed += sqlite3_column_int(stmt, 1) == ROLLBACK_FAILED ? hosts : 0;
    }
    sqlite3_finalize(stmt);
    return rc;
}

#define RUN_COLUMNS                                                                                \
    "SELECT run, id, env, action, strategy, release, halt, mutating, workers, host_count, epoch,"  \
    " pid, started_wall_ms, duration_ms, exit_code, rolled_back, rollbacks_failed FROM runs "

static void
read_run(sqlite3_stmt *stmt, struct run_row *ret_row)
{
    struct run_row *r = ret_row;
    char *id = sql_column_text(stmt, 1);

    snprintf(r->id, sizeof(r->id), "%s", id);
    free(id);
    r->env = sql_column_text(stmt, 2);
    r->action = sql_column_text(stmt, 3);
    r->strategy = sql_column_text(stmt, 4);
    r->release = sql_column_text(stmt, 5);
    r->halt = sql_column_text(stmt, 6);
    r->mutating = sqlite3_column_int(stmt, 7) != 0;
    r->workers = sqlite3_column_int(stmt, 8);
    r->host_count = sqlite3_column_int(stmt, 9);
    r->epoch = sqlite3_column_int64(stmt, 10);
    r->pid = sqlite3_column_int64(stmt, 11);
    r->started_wall_ms = sqlite3_column_int64(stmt, 12);
    r->duration_ms = sql_column_int(stmt, 13, -1);
    r->exit_code = (int)sql_column_int(stmt, 14, -1);
    r->rolled_back = sqlite3_column_int(stmt, 15);
    r->rollbacks_failed = sqlite3_column_int(stmt, 16);
}

static int
count_hosts(struct store *s, int64_t run, struct run_row *row, bool derive, struct err *err)
{
    if (row->exit_code >= 0) {
        return count_finished(s, run, row->outcomes, err);
    }
    return derive ? count_unfinished(s, row, err) : count_known(s, run, row, err);
}

/* Read all rows of a statement over RUN_COLUMNS.  derive: journals may be read. */
static int
read_runs(struct store *s, sqlite3_stmt *stmt, bool derive, struct run_list *ret_list,
          struct err *err)
{
    struct run_list list = {0};
    size_t cap = 0;
    int rc;

    while ((rc = sql_row(s, stmt, err)) == 1) {
        const int64_t run = sqlite3_column_int64(stmt, 0);
        struct run_row *row;
        list.rows = xgrow(list.rows, list.count, &cap, sizeof(*list.rows));
        row = &list.rows[list.count++];
        *row = (struct run_row){0};
        read_run(stmt, row);
        if (count_hosts(s, run, row, derive, err) != 0) {
            rc = -1;
            break;
        }
    }
    if (rc == 0) {
        *ret_list = list;
    } else {
        run_list_release(&list);
    }
    return rc;
}

int
history_runs(struct store *s, const char *env, size_t max, struct run_list *ret_list,
             struct err *err)
{
    static const char sql[] = RUN_COLUMNS "WHERE ?1 IS NULL OR env = ?1 ORDER BY run DESC LIMIT ?2";
    const int64_t limit = max > INT32_MAX ? INT32_MAX : (int64_t)max;
    sqlite3_stmt *stmt = sql_read(s, sql, err);
    int rc = -1;

    if (stmt != NULL) {
        sql_text(stmt, 1, env);
        sql_ints(stmt, 2, &limit, 1);
        rc = read_runs(s, stmt, true, ret_list, err);
    }
    sqlite3_finalize(stmt);
    return rc;
}

int
history_recent(struct store *s, const char *env, const char *id, size_t max,
               struct run_list *ret_list, struct err *err)
{
    static const char sql[] = RUN_COLUMNS "WHERE (?1 IS NULL OR env = ?1) AND"
                                          " (?2 IS NULL OR id = ?2) ORDER BY run DESC LIMIT ?3";
    const int64_t limit = max > INT32_MAX ? INT32_MAX : (int64_t)max;
    sqlite3_stmt *stmt = sql_read(s, sql, err);
    int rc = -1;

    if (stmt != NULL) {
        sql_text(stmt, 1, env);
        sql_text(stmt, 2, id);
        sql_ints(stmt, 3, &limit, 1);
        rc = read_runs(s, stmt, false, ret_list, err);
    }
    sqlite3_finalize(stmt);
    return rc;
}

int
history_version(struct store *s, int64_t *ret_version, struct err *err)
{
    return sql_number(s, "PRAGMA data_version", ret_version, err);
}

void
run_list_release(struct run_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->rows[i].env);
        free(l->rows[i].action);
        free(l->rows[i].strategy);
        free(l->rows[i].release);
        free(l->rows[i].halt);
    }
    free(l->rows);
    *l = (struct run_list){0};
}

int
history_find(struct store *s, const char *id, struct run_list *ret_list, struct err *err)
{
    /* An id is unique, so a whole one can be the beginning of no other. */
    static const char sql[] =
        RUN_COLUMNS "WHERE ?1 <> '' AND substr(id, 1, length(?1)) = ?1 ORDER BY run DESC LIMIT 2";
    sqlite3_stmt *stmt = sql_read(s, sql, err);
    struct run_list list = {0};
    int rc = -1;

    if (stmt != NULL) {
        sql_text(stmt, 1, id);
        rc = read_runs(s, stmt, true, &list, err);
    }
    sqlite3_finalize(stmt);
    if (rc == 0 && list.count == 0) {
        rc = err_set(err, ERR_NO_MATCH, "no run %s", id);
    } else if (rc == 0 && list.count > 1) {
        rc = err_set(err, ERR_NO_MATCH, "%s is the beginning of several runs: %s, %s", id,
                     list.rows[0].id, list.rows[1].id);
    }
    if (rc == 0) {
        *ret_list = list;
    } else {
        run_list_release(&list);
    }
    return rc;
}

int
history_stalls(struct store *s, const char *run_id, struct spread_figures ret[STALL_KINDS],
               struct err *err)
{
    static const char sql[] = "SELECT kind, run_stalls.count, p50_us, p99_us, p999_us, max_us"
                              " FROM run_stalls JOIN runs USING (run) WHERE id = ?1";
    sqlite3_stmt *stmt = sql_read(s, sql, err);
    int rc = -1;

    memset(ret, 0, STALL_KINDS * sizeof(*ret));
    if (stmt != NULL) {
        sql_text(stmt, 1, run_id);
    }
    while (stmt != NULL && (rc = sql_row(s, stmt, err)) == 1) {
        const int kind = sqlite3_column_int(stmt, 0);
        if (kind >= 0 && kind < STALL_KINDS) {
            ret[kind] = (struct spread_figures){
                .count = sqlite3_column_int64(stmt, 1),
                .p50_us = sqlite3_column_int64(stmt, 2),
                .p99_us = sqlite3_column_int64(stmt, 3),
                .p999_us = sqlite3_column_int64(stmt, 4),
                .max_us = sqlite3_column_int64(stmt, 5),
            };
        }
    }
    sqlite3_finalize(stmt);
    return rc;
}

int
history_plan(struct store *s, const char *run_id, char **ret_json, struct err *err)
{
    sqlite3_stmt *stmt = sql_read(s, "SELECT plan FROM runs WHERE id = ?1", err);
    int rc = -1;

    if (stmt != NULL) {
        sql_text(stmt, 1, run_id);
        rc = sql_row(s, stmt, err);
    }
    if (rc == 1) {
        *ret_json = sql_column_text(stmt, 0);
    }
    sqlite3_finalize(stmt);
    if (rc == 0) {
        return err_set(err, ERR_NO_MATCH, "no run %s", run_id);
    }
    return rc == 1 ? 0 : -1;
}

/* ---------------------------------------------------------------- pruning */

static int
delete_run(struct store *s, const char *run_id, struct err *err)
{
    static const char sql[] = "DELETE FROM runs WHERE id = ?1";
    sqlite3_stmt *stmt = sql_write(s, sql, err);

    if (stmt == NULL) {
        return -1;
    }
    sql_text(stmt, 1, run_id);
    return sql_run(s, stmt, err);
}

static int
list_old(struct store *s, const char *env, size_t keep, struct strv *ret_ids, struct err *err)
{
    static const char sql[] = "SELECT id FROM runs WHERE env = ?1 AND exit_code IS NOT NULL"
                              " ORDER BY run DESC LIMIT -1 OFFSET ?2";
    const int64_t offset = keep > INT32_MAX ? INT32_MAX : (int64_t)keep;
    sqlite3_stmt *stmt = sql_read(s, sql, err);
    int rc = -1;

    if (stmt != NULL) {
        sql_text(stmt, 1, env);
        sql_ints(stmt, 2, &offset, 1);
    }
    while (stmt != NULL && (rc = sql_row(s, stmt, err)) == 1) {
        strv_take(ret_ids, sql_column_text(stmt, 0));
    }
    sqlite3_finalize(stmt);
    return rc;
}

int
history_prune(struct store *s, const char *env, size_t keep, void (*fn)(void *arg, const char *id),
              void *arg, struct err *err)
{
    struct strv ids = {0};
    int rc = list_old(s, env, keep, &ids, err);

    for (size_t i = 0; rc == 0 && i < ids.count; i++) {
        rc = delete_run(s, ids.items[i], err);
    }
    if (rc == 0) {
        rc = store_commit(s, err);
    }
    for (size_t i = 0; rc == 0 && i < ids.count; i++) {
        fn(arg, ids.items[i]);
    }
    strv_clear(&ids);
    return rc;
}

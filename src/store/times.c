/*
 * times.c - how long hosts took in earlier runs that went well.
 *
 * Decides which runs are like the one that is asked about: the same action, environment and steps.
 * Owns nothing.  Writes nothing.
 */
#include "store/times.h"

#include "base/xalloc.h"
#include "core/summary.h"
#include "store/sql.h"

#include <sqlite3.h>
#include <stdlib.h>

struct found {
    int64_t run;
    int64_t bake_ms;
};

/* The runs that count, the newest first; free() *ret. */
static int
find_runs(struct store *s, const struct times_query *q, struct found **ret, size_t *ret_count,
          struct err *err)
{
    static const char sql[] =
        "SELECT run, CASE WHEN json_valid(plan) THEN"
        "  coalesce(json_extract(plan, '$.host_bake_ms'), 0) END FROM runs"
        " WHERE env = ?1 AND action = ?2 AND exit_code = 0 AND CASE WHEN json_valid(plan) THEN"
        "  json_extract(plan, '$.steps') = json(?3) END ORDER BY run DESC LIMIT ?4";
    const int64_t limit = q->runs_max > INT32_MAX ? INT32_MAX : (int64_t)q->runs_max;
    sqlite3_stmt *stmt = sql_read(s, sql, err);
    size_t cap = 0;
    int rc = -1;

    if (stmt != NULL) {
        sql_text(stmt, 1, q->env);
        sql_text(stmt, 2, q->action);
        sql_text(stmt, 3, q->steps_json);
        sql_ints(stmt, 4, &limit, 1);
    }
    while (stmt != NULL && (rc = sql_row(s, stmt, err)) == 1) {
        *ret = xgrow(*ret, *ret_count, &cap, sizeof(**ret));
        (*ret)[(*ret_count)++] = (struct found){.run = sqlite3_column_int64(stmt, 0),
                                                .bake_ms = sqlite3_column_int64(stmt, 1)};
    }
    sqlite3_finalize(stmt);
    return rc;
}

static int
read_run(struct store *s, const struct found *run,
         void (*fn)(void *arg, const char *host, int64_t ms), void *arg, size_t *rows,
         struct err *err)
{
    static const char sql[] = "SELECT name, finished_ms - started_ms FROM run_hosts"
                              " WHERE run = ?1 AND outcome = ?2 AND started_ms >= 0"
                              " AND finished_ms >= started_ms";
    const int64_t numbers[] = {run->run, OUTCOME_OK};
    sqlite3_stmt *stmt = sql_read(s, sql, err);
    int rc = -1;

    if (stmt != NULL) {
        sql_ints(stmt, 1, numbers, 2);
    }
    while (stmt != NULL && (rc = sql_row(s, stmt, err)) == 1) {
        const int64_t ms = sqlite3_column_int64(stmt, 1) - run->bake_ms;
        const char *name = (const char *)sqlite3_column_text(stmt, 0);
        if (name != NULL) {
            fn(arg, name, ms > 0 ? ms : 0);
            ++*rows;
        }
    }
    sqlite3_finalize(stmt);
    return rc;
}

int
times_read(struct store *s, const struct times_query *q,
           void (*fn)(void *arg, const char *host, int64_t ms), void *arg, size_t *ret_runs,
           struct err *err)
{
    struct found *runs = NULL;
    size_t count = 0;
    size_t rows = 0;
    size_t i = 0;
    int rc = find_runs(s, q, &runs, &count, err);

    for (; rc == 0 && i < count && rows < q->rows_max; i++) {
        rc = read_run(s, &runs[i], fn, arg, &rows, err);
    }
    *ret_runs = i;
    free(runs);
    return rc;
}

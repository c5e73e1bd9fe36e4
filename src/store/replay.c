/*
 * replay.c - reads the journal of a run back, exactly as it was written.
 *
 * Decides only what is damage: a kind, cause or verb this program has no name for.  Writes nothing.
 */
#include "store/replay.h"
#include "store/history.h"
#include "store/sql.h"

#include <inttypes.h>
#include <sqlite3.h>

enum { TYPE_FACT = 0, TYPE_ORDER = 1 };

static bool
read_fact(sqlite3_stmt *stmt, struct fact *ret_fact)
{
    const int kind = sqlite3_column_int(stmt, 3);
    const int cause = sqlite3_column_int(stmt, 8);
    const int verb = sqlite3_column_int(stmt, 11);

    if (kind < 0 || kind >= FACT_KINDS || cause < 0 || cause >= CAUSES || verb < 0 ||
        verb >= VERBS) {
        return false;
    }
    *ret_fact = (struct fact){
        .kind = (enum fact_kind)kind,
        .host = sqlite3_column_int(stmt, 4),
        .step = sqlite3_column_int(stmt, 5),
        .attempt = sqlite3_column_int(stmt, 6),
        .value = sqlite3_column_int64(stmt, 7),
        .cause = (enum cause)cause,
        .exit_code = sqlite3_column_int(stmt, 9),
        .signal = sqlite3_column_int(stmt, 10),
        .verb = (enum verb)verb,
    };
    return true;
}

static bool
read_order(sqlite3_stmt *stmt, struct order *ret_order)
{
    const int kind = sqlite3_column_int(stmt, 3);

    if (kind < 0 || kind >= ORDER_KINDS) {
        return false;
    }
    *ret_order = (struct order){
        .kind = (enum order_kind)kind,
        .host = sqlite3_column_int(stmt, 4),
        .step = sqlite3_column_int(stmt, 5),
        .attempt = sqlite3_column_int(stmt, 6),
        .value = sqlite3_column_int64(stmt, 7),
        .slot = sqlite3_column_int(stmt, 12),
    };
    return true;
}

/* Rows must be numbered without a gap: a missing one would replay to something that never was. */
static int
replay_row(struct store *s, sqlite3_stmt *stmt, int64_t seq, replay_fn *fn, void *arg,
           bool *ret_more, struct err *err)
{
    const int64_t at_ms = sqlite3_column_int64(stmt, 1);
    const int type = sqlite3_column_int(stmt, 2);
    const char *reason = (const char *)sqlite3_column_text(stmt, 13);
    struct fact fact;
    struct order order;

    if (sqlite3_column_int64(stmt, 0) == seq && type == TYPE_FACT && read_fact(stmt, &fact)) {
        *ret_more = fn(arg, at_ms, &fact, reason, NULL);
        return 0;
    }
    if (sqlite3_column_int64(stmt, 0) == seq && type == TYPE_ORDER && read_order(stmt, &order)) {
        *ret_more = fn(arg, at_ms, NULL, NULL, &order);
        return 0;
    }
    return err_set(err, ERR_STORE, "%s: damaged: row %" PRId64 " of the journal is missing or odd",
                   s->path, seq);
}

/* The row number of a run, 0 and ERR_NO_MATCH if there is none. */
static int64_t
run_number(struct store *s, const char *run_id, struct err *err)
{
    sqlite3_stmt *stmt = sql_read(s, "SELECT run FROM runs WHERE id = ?1", err);
    int64_t run = 0;
    int rc = -1;

    if (stmt != NULL) {
        sql_text(stmt, 1, run_id);
        rc = sql_row(s, stmt, err);
    }
    if (rc == 1) {
        run = sqlite3_column_int64(stmt, 0);
    } else if (rc == 0) {
        err_set(err, ERR_NO_MATCH, "no run %s", run_id);
    }
    sqlite3_finalize(stmt);
    return run;
}

static const char replay_sql[] =
    "SELECT seq, at_ms, type, kind, host, step, attempt, value, cause, exit_code, signal, verb,"
    " slot, reason FROM journal WHERE run = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";

int
replay_some(struct store *s, int64_t run, int64_t *seq, int64_t rows_max, replay_fn *fn, void *arg,
            bool *ret_done, struct err *err)
{
    const int64_t numbers[] = {run, *seq, rows_max};
    sqlite3_stmt *stmt = sql_read(s, replay_sql, err);
    int64_t rows = 0;
    bool more = true;
    int rc = -1;

    if (stmt == NULL) {
        return -1;
    }
    sql_ints(stmt, 1, numbers, 3);
    while (more && (rc = sql_row(s, stmt, err)) == 1) {
        rc = replay_row(s, stmt, *seq + 1, fn, arg, &more, err);
        if (rc != 0) {
            break;
        }
        ++*seq;
        rows++;
    }
    sqlite3_finalize(stmt);
    *ret_done = rows < rows_max || !more;
    return rc;
}

int
history_replay(struct store *s, const char *run_id, replay_fn *fn, void *arg, struct err *err)
{
    const int64_t run = run_number(s, run_id, err);
    int64_t seq = 0;
    bool ignored;

    return run == 0 ? -1 : replay_some(s, run, &seq, INT64_MAX, fn, arg, &ignored, err);
}

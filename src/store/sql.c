/*
 * sql.c - statements and transactions.
 *
 * Decides when a transaction begins and when a store is dead.  Owns the cache of prepared
 * statements.  Never retries anything that failed: a failed fsync may have dropped pages that a
 * second one would call durable.
 */
#include "store/sql.h"

#include "base/xalloc.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdlib.h>

int
sql_error(const struct store *s, const char *what, struct err *err)
{
    const int code = sqlite3_extended_errcode(s->db);

    return err_set(err, ERR_STORE, "%s: %s: %s (SQLite code %d)", s->path, what,
                   sqlite3_errmsg(s->db), code);
}

int
sql_exec(struct store *s, const char *text, struct err *err)
{
    if (sqlite3_exec(s->db, text, NULL, NULL, NULL) != SQLITE_OK) {
        return sql_error(s, "cannot be used", err);
    }
    return 0;
}

int
sql_number(struct store *s, const char *text, int64_t *ret_number, struct err *err)
{
    sqlite3_stmt *stmt = sql_read(s, text, err);
    int rc;

    if (stmt == NULL) {
        return -1;
    }
    rc = sql_row(s, stmt, err);
    if (rc == 1) {
        *ret_number = sqlite3_column_int64(stmt, 0);
    }
    sqlite3_finalize(stmt);
    return rc == 1 ? 0 : -1;
}

void
sql_die(struct store *s)
{
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    /* Closing would checkpoint, that is: sync again what could not be synced. */
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    s->dirty = false;
    s->dead = true;
}

static int
refuse_dead(const struct store *s, struct err *err)
{
    return err_set(err, ERR_STORE,
                   "%s: not written: an earlier write failed, and it is never retried", s->path);
}

static sqlite3_stmt *
prepare_cached(struct store *s, const char *text, struct err *err)
{
    for (size_t i = 0; i < s->cached; i++) {
        if (s->cache[i].text == text) {
            return s->cache[i].stmt;
        }
    }

    assert(s->cached < SQL_CACHE);
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v3(s->db, text, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK) {
        sql_error(s, "cannot be used", err);
        return NULL;
    }
    s->cache[s->cached].text = text;
    s->cache[s->cached++].stmt = stmt;
    return stmt;
}

/* Two runs may share the file: waiting for the other's commit is no failure, so it does not kill
 * the store. */
static int
begin(struct store *s, struct err *err)
{
    if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK) {
        const int code = sqlite3_errcode(s->db);
        sql_error(s, "cannot write", err);
        if (code != SQLITE_BUSY) {
            sql_die(s);
        }
        return -1;
    }
    s->dirty = true;
    return 0;
}

struct sqlite3_stmt *
sql_write(struct store *s, const char *text, struct err *err)
{
    sqlite3_stmt *stmt;

    assert(!s->read_only);
    if (s->dead) {
        refuse_dead(s, err);
        return NULL;
    }
    stmt = prepare_cached(s, text, err);
    if (stmt == NULL || (!s->dirty && begin(s, err) != 0)) {
        return NULL;
    }
    return stmt;
}

int
sql_run(struct store *s, struct sqlite3_stmt *stmt, struct err *err)
{
    const int rc = sqlite3_step(stmt);

    if (rc != SQLITE_DONE && rc != SQLITE_ROW) {
        sql_error(s, "cannot write", err);
        sqlite3_reset(stmt);
        sql_die(s);
        return -1;
    }
    sqlite3_reset(stmt);
    return 0;
}

struct sqlite3_stmt *
sql_read(struct store *s, const char *text, struct err *err)
{
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v2(s->db, text, -1, &stmt, NULL) != SQLITE_OK) {
        sql_error(s, "cannot read", err);
        return NULL;
    }
    return stmt;
}

int
sql_row(struct store *s, struct sqlite3_stmt *stmt, struct err *err)
{
    const int rc = sqlite3_step(stmt);

    if (rc == SQLITE_ROW) {
        return 1;
    }
    if (rc == SQLITE_DONE) {
        return 0;
    }
    return sql_error(s, "cannot read", err);
}

void
sql_ints(struct sqlite3_stmt *stmt, int first, const int64_t *values, int count)
{
    for (int i = 0; i < count; i++) {
        const int rc = sqlite3_bind_int64(stmt, first + i, values[i]);
        assert(rc == SQLITE_OK);
        (void)rc;
    }
}

void
sql_text(struct sqlite3_stmt *stmt, int index, const char *text)
{
    const int rc = sqlite3_bind_text(stmt, index, text, -1, SQLITE_STATIC);

    assert(rc == SQLITE_OK);
    (void)rc;
}

char *
sql_column_text(struct sqlite3_stmt *stmt, int column)
{
    const unsigned char *text = sqlite3_column_text(stmt, column);

    return xstrdup(text == NULL ? "" : (const char *)text);
}

int64_t
sql_column_int(struct sqlite3_stmt *stmt, int column, int64_t fallback)
{
    if (sqlite3_column_type(stmt, column) == SQLITE_NULL) {
        return fallback;
    }
    return sqlite3_column_int64(stmt, column);
}

int
store_commit(struct store *s, struct err *err)
{
    if (s->dead) {
        return refuse_dead(s, err);
    }
    if (!s->dirty) {
        return 0;
    }
    if (sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
        sql_error(s, "cannot commit; nothing more is written", err);
        sql_die(s);
        return -1;
    }
    s->dirty = false;
    return 0;
}

bool
store_dirty(const struct store *s)
{
    return s->dirty;
}

/*
 * queue.c - actions that wait to be started, by somebody.
 *
 * Decides their order: the oldest first.  Owns the lists it gives.  Never starts anything.
 */
#include "store/queue.h"

#include "base/xalloc.h"
#include "store/sql.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdlib.h>

/* ---------------------------------------------------------------- changing */

/* id 0: the next one there is. */
static int
add_row(struct store *s, const struct queued *q, struct err *err)
{
    static const char sql[] =
        "INSERT INTO queue (wall_ms, env, action, id) VALUES (?1, ?2, ?3, nullif(?4, 0))";
    sqlite3_stmt *stmt = sql_write(s, sql, err);

    if (stmt == NULL) {
        return -1;
    }
    sql_ints(stmt, 1, &q->wall_ms, 1);
    sql_text(stmt, 2, q->env);
    sql_text(stmt, 3, q->action);
    sql_ints(stmt, 4, &q->id, 1);
    return sql_run(s, stmt, err);
}

static int
add_host(struct store *s, int64_t id, size_t place, const char *name, struct err *err)
{
    static const char sql[] = "INSERT INTO queue_hosts (id, place, name) VALUES (?1, ?2, ?3)";
    const int64_t numbers[] = {id, (int64_t)place};
    sqlite3_stmt *stmt = sql_write(s, sql, err);

    if (stmt == NULL) {
        return -1;
    }
    sql_ints(stmt, 1, numbers, 2);
    sql_text(stmt, 3, name);
    return sql_run(s, stmt, err);
}

static int
add(struct store *s, const struct queued *q, struct err *err)
{
    if (add_row(s, q, err) != 0) {
        return -1;
    }
    const int64_t id = sqlite3_last_insert_rowid(s->db);
    for (size_t i = 0; i < q->hosts.count; i++) {
        if (add_host(s, id, i, q->hosts.items[i], err) != 0) {
            return -1;
        }
    }
    return store_commit(s, err);
}

int
queued_put_back(struct store *s, const struct queued *q, struct err *err)
{
    assert(!store_dirty(s) && q->id > 0);
    return add(s, q, err);
}

int
queued_add(struct store *s, const char *env, const char *action, const struct strv *hosts,
           int64_t wall_ms, struct err *err)
{
    int64_t count = 0;

    assert(!store_dirty(s));
    if (sql_number(s, "SELECT count(*) FROM queue", &count, err) != 0) {
        return -1;
    }
    if (count >= QUEUE_MAX) {
        return err_set(err, ERR_USAGE, "the queue is full: %d actions wait", (int)QUEUE_MAX);
    }
    const struct queued q = {.wall_ms = wall_ms,
                             .env = (char *)(uintptr_t)env,
                             .action = (char *)(uintptr_t)action,
                             .hosts = *hosts};
    return add(s, &q, err);
}

int
queued_take(struct store *s, int64_t id, bool *ret_taken, struct err *err)
{
    sqlite3_stmt *stmt;

    assert(!store_dirty(s));
    stmt = sql_write(s, "DELETE FROM queue WHERE id = ?1", err);
    if (stmt == NULL) {
        return -1;
    }
    sql_ints(stmt, 1, &id, 1);
    if (sql_run(s, stmt, err) != 0) {
        return -1;
    }
    const bool taken = sqlite3_changes(s->db) > 0;
    if (store_commit(s, err) != 0) {
        return -1;
    }
    *ret_taken = taken;
    return 0;
}

int
queued_remove(struct store *s, int64_t id, struct err *err)
{
    bool ignored;

    return queued_take(s, id, &ignored, err);
}

int
queued_clear(struct store *s, struct err *err)
{
    sqlite3_stmt *stmt;

    assert(!store_dirty(s));
    stmt = sql_write(s, "DELETE FROM queue", err);
    if (stmt == NULL || sql_run(s, stmt, err) != 0) {
        return -1;
    }
    return store_commit(s, err);
}

/* ---------------------------------------------------------------- reading */

/* A row of the two tables: the first of an action, or another of its hosts. */
static void
take_row(sqlite3_stmt *stmt, struct queue_list *list, size_t *cap)
{
    const int64_t id = sqlite3_column_int64(stmt, 0);
    struct queued *q = list->count > 0 ? &list->rows[list->count - 1] : NULL;

    if (q == NULL || q->id != id) {
        list->rows = xgrow(list->rows, list->count, cap, sizeof(*list->rows));
        q = &list->rows[list->count++];
        *q = (struct queued){.id = id, .wall_ms = sqlite3_column_int64(stmt, 1)};
        q->env = sql_column_text(stmt, 2);
        q->action = sql_column_text(stmt, 3);
    }
    if (sqlite3_column_type(stmt, 4) != SQLITE_NULL) {
        strv_take(&q->hosts, sql_column_text(stmt, 4));
    }
}

int
queued_read(struct store *s, struct queue_list *ret, struct err *err)
{
    static const char sql[] = "SELECT id, wall_ms, env, action, name"
                              " FROM queue LEFT JOIN queue_hosts USING (id) ORDER BY id, place";
    sqlite3_stmt *stmt = sql_read(s, sql, err);
    struct queue_list list = {0};
    size_t cap = 0;
    int rc = -1;

    while (stmt != NULL && (rc = sql_row(s, stmt, err)) == 1) {
        take_row(stmt, &list, &cap);
    }
    sqlite3_finalize(stmt);
    if (rc == 0) {
        *ret = list;
    } else {
        queue_list_release(&list);
    }
    return rc;
}

void
queued_release(struct queued *q)
{
    free(q->env);
    free(q->action);
    strv_clear(&q->hosts);
}

void
queue_list_release(struct queue_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        queued_release(&l->rows[i]);
    }
    free(l->rows);
    *l = (struct queue_list){0};
}

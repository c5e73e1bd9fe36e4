/*
 * hosts.c - hosts of one run, and their last state over all runs.
 *
 * Decides how hosts of an unfinished run are shown, by what derive.c says.  Lists own what they
 * hold.  Writes nothing.
 */
#include "store/hosts.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "store/history.h"
#include "store/sql.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- hosts of a run */

int
hosts_find_run(struct store *s, const char *run_id, struct run_ref *ret_ref, struct err *err)
{
    sqlite3_stmt *stmt = sql_read(s,
                                  "SELECT run, host_count, exit_code IS NOT NULL, started_wall_ms"
                                  " FROM runs WHERE id = ?1",
                                  err);
    int rc = -1;

    if (stmt != NULL) {
        sql_text(stmt, 1, run_id);
        rc = sql_row(s, stmt, err);
    }
    if (rc == 1) {
        ret_ref->run = sqlite3_column_int64(stmt, 0);
        ret_ref->host_count = sqlite3_column_int(stmt, 1);
        ret_ref->finished = sqlite3_column_int(stmt, 2) != 0;
        ret_ref->started_wall_ms = sqlite3_column_int64(stmt, 3);
        ret_ref->live = strv_has(&s->live, run_id);
    }
    sqlite3_finalize(stmt);
    if (rc == 0) {
        return err_set(err, ERR_NO_MATCH, "no run %s", run_id);
    }
    return rc == 1 ? 0 : -1;
}

static enum outcome
known_outcome(int64_t number)
{
    return number >= 0 && number < OUTCOMES ? (enum outcome)number : OUTCOME_UNKNOWN;
}

/* What nobody is at any more is not under way. */
static enum rollback_state
known_rollback(int64_t number, bool live)
{
    if (number == ROLLBACK_RUNNING && !live) {
        return ROLLBACK_FAILED;
    }
    return number >= 0 && number < ROLLBACK_STATES ? (enum rollback_state)number : ROLLBACK_FAILED;
}

static enum cause
known_cause(int64_t number)
{
    return number >= 0 && number < CAUSES ? (enum cause)number : CAUSE_NONE;
}

/* Columns: name, reason, release, state, release_before, boot_id, run, outcome, cause, slot,
 * exit_code, signal, started_ms, finished_ms, out_bytes, err_bytes, wall_ms, release_tried,
 * rollback, rollback_reason. */
static void
read_host(const struct store *s, sqlite3_stmt *stmt, struct host_row *ret_row)
{
    *ret_row = (struct host_row){
        .name = sql_column_text(stmt, 0),
        .reason = sql_column_text(stmt, 1),
        .release = sql_column_text(stmt, 2),
        .state = sql_column_text(stmt, 3),
        .release_before = sql_column_text(stmt, 4),
        .boot_id = sql_column_text(stmt, 5),
        .run = sql_column_text(stmt, 6),
        .outcome = known_outcome(sql_column_int(stmt, 7, OUTCOME_UNTOUCHED)),
        .cause = known_cause(sqlite3_column_int64(stmt, 8)),
        .slot = sqlite3_column_int(stmt, 9),
        .exit_code = sqlite3_column_int(stmt, 10),
        .signal = sqlite3_column_int(stmt, 11),
        .started_ms = sqlite3_column_int64(stmt, 12),
        .finished_ms = sqlite3_column_int64(stmt, 13),
        .out_bytes = sqlite3_column_int64(stmt, 14),
        .err_bytes = sqlite3_column_int64(stmt, 15),
        .wall_ms = sqlite3_column_int64(stmt, 16),
        .release_tried = sql_column_text(stmt, 17),
        .rollback_reason = sql_column_text(stmt, 19),
    };
    const int64_t rollback = sqlite3_column_int64(stmt, 18);
    ret_row->rollback = known_rollback(rollback, strv_has(&s->live, ret_row->run));
    if (rollback == ROLLBACK_RUNNING && ret_row->rollback == ROLLBACK_FAILED) {
        free(ret_row->rollback_reason);
        ret_row->rollback_reason = xstrdup("the run was cut off: it may be half done");
    }
}

static void
release_host(struct host_row *h)
{
    free(h->name);
    free(h->reason);
    free(h->release);
    free(h->state);
    free(h->release_before);
    free(h->release_tried);
    free(h->rollback_reason);
    free(h->boot_id);
    free(h->run);
}

void
host_list_release(struct host_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        release_host(&l->rows[i]);
    }
    free(l->rows);
    *l = (struct host_list){0};
}

static int
read_hosts(struct store *s, sqlite3_stmt *stmt, struct host_list *ret_list, struct err *err)
{
    size_t cap = 0;
    int rc;

    while ((rc = sql_row(s, stmt, err)) == 1) {
        ret_list->rows = xgrow(ret_list->rows, ret_list->count, &cap, sizeof(*ret_list->rows));
        read_host(s, stmt, &ret_list->rows[ret_list->count++]);
    }
    return rc;
}

static void
apply_derived(struct host_row *row, const struct derived *d, const struct run_ref *ref)
{
    row->outcome = derive_outcome(d, ref->live);
    if (!d->begun) {
        return;
    }
    row->slot = d->slot;
    row->started_ms = d->started_ms;
    row->wall_ms = ref->started_wall_ms + d->started_ms;
    if (row->outcome == OUTCOME_RUNNING) {
        return;
    }
    free(row->reason);
    if (d->open || d->unknown) {
        row->reason = xasprintf("the run was cut off: step %" PRId32 " may have run", d->step + 1);
    } else if (d->finally_open) {
        row->reason = xasprintf("the run was cut off: finally step %" PRId32 " may have run",
                                d->finally_step + 1);
    } else {
        row->reason = xstrdup("the run was cut off between two steps");
    }
}

void
hosts_apply(struct host_list *list, const struct derived *derived, const bool *ended,
            const struct run_ref *ref)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!ended[i]) {
            apply_derived(&list->rows[i], &derived[i], ref);
        }
    }
}

/* Hosts that have no outcome in the table get one from the journal. */
static int
derive_rest(struct store *s, const struct run_ref *ref, struct host_list *list, const bool *ended,
            struct err *err)
{
    struct derived *derived = derive_hosts(s, ref->run, ref->host_count, err);

    if (derived == NULL) {
        return -1;
    }
    hosts_apply(list, derived, ended, ref);
    free(derived);
    return 0;
}

bool *
hosts_ended(struct store *s, const struct run_ref *ref, struct err *err)
{
    static const char sql[] = "SELECT host FROM run_hosts WHERE run = ?1 AND outcome IS NOT NULL";
    bool *ended = xcalloc((size_t)ref->host_count, sizeof(*ended));
    sqlite3_stmt *stmt = sql_read(s, sql, err);
    int rc = -1;

    if (stmt != NULL) {
        sql_ints(stmt, 1, &ref->run, 1);
    }
    while (stmt != NULL && (rc = sql_row(s, stmt, err)) == 1) {
        const int host = sqlite3_column_int(stmt, 0);
        if (host >= 0 && host < ref->host_count) {
            ended[host] = true;
        }
    }
    sqlite3_finalize(stmt);
    if (rc == 0) {
        return ended;
    }
    free(ended);
    return NULL;
}

int
hosts_read(struct store *s, const struct run_ref *ref, struct host_list *ret_list, struct err *err)
{
    static const char sql[] =
        "SELECT name, reason, release_after, produced, release_before, boot_id, id, outcome, cause,"
        " slot, run_hosts.exit_code, signal, started_ms, finished_ms, out_bytes, err_bytes,"
        " started_wall_ms + max(finished_ms, 0), '', rollback, rollback_reason"
        " FROM run_hosts JOIN runs USING (run) WHERE run = ?1 ORDER BY host";
    sqlite3_stmt *stmt = sql_read(s, sql, err);
    int rc = -1;

    if (stmt != NULL) {
        sql_ints(stmt, 1, &ref->run, 1);
        rc = read_hosts(s, stmt, ret_list, err);
    }
    sqlite3_finalize(stmt);
    if (rc == 0 && ret_list->count != (size_t)ref->host_count) {
        return err_set(err, ERR_STORE, "%s: damaged: a run has %zu hosts instead of %" PRId32,
                       s->path, ret_list->count, ref->host_count);
    }
    return rc;
}

int
history_hosts(struct store *s, const char *run_id, struct host_list *ret_list, struct err *err)
{
    struct host_list list = {0};
    struct run_ref ref = {0};
    bool *ended = NULL;
    int rc = -1;

    if (hosts_find_run(s, run_id, &ref, err) != 0 || hosts_read(s, &ref, &list, err) != 0) {
        goto out;
    }
    if (!ref.finished) {
        ended = hosts_ended(s, &ref, err);
        if (ended == NULL || derive_rest(s, &ref, &list, ended, err) != 0) {
            goto out;
        }
    }
    rc = 0;
out:
    free(ended);
    if (rc == 0) {
        *ret_list = list;
    } else {
        host_list_release(&list);
    }
    return rc;
}

/* ---------------------------------------------------------------- hosts over runs */

static int
compare_names(const void *a, const void *b)
{
    return strcmp(((const struct host_row *)a)->name, ((const struct host_row *)b)->name);
}

static void
swap_text(char **a, char **b)
{
    char *old = *a;

    *a = *b;
    *b = old;
}

/* Lay what an unfinished run began over the states; *count_sorted rows of list are in order. */
static void
overlay_host(struct host_list *list, size_t *cap, size_t count_sorted, struct host_row *from)
{
    struct host_row *row =
        list->count == 0 ? NULL
                         : bsearch(from, list->rows, count_sorted, sizeof(*from), compare_names);

    if (row == NULL) {
        list->rows = xgrow(list->rows, list->count, cap, sizeof(*list->rows));
        list->rows[list->count++] = *from;
        *from = (struct host_row){0};
    } else if (row->wall_ms <= from->wall_ms) { /* of this run too: it is retried */
        row->outcome = from->outcome;
        row->cause = from->cause;
        row->wall_ms = from->wall_ms;
        swap_text(&row->reason, &from->reason);
        swap_text(&row->run, &from->run);
    }
}

static int
overlay_run(struct store *s, const char *run_id, struct host_list *list, struct err *err)
{
    struct host_list hosts = {0};
    const size_t count_sorted = list->count;
    size_t cap = list->count;

    if (history_hosts(s, run_id, &hosts, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < hosts.count; i++) {
        const enum outcome o = hosts.rows[i].outcome;
        if (hosts.rows[i].finished_ms < 0 &&
            (o == OUTCOME_RUNNING || o == OUTCOME_UNKNOWN || o == OUTCOME_CANCELLED)) {
            overlay_host(list, &cap, count_sorted, &hosts.rows[i]);
        }
    }
    host_list_release(&hosts);
    if (list->count > 0) {
        qsort(list->rows, list->count, sizeof(*list->rows), compare_names);
    }
    return 0;
}

static int
overlay_unfinished(struct store *s, const char *env, struct host_list *list, struct err *err)
{
    static const char sql[] =
        "SELECT id FROM runs WHERE env = ?1 AND mutating AND exit_code IS NULL ORDER BY run";
    sqlite3_stmt *stmt = sql_read(s, sql, err);
    int rc = -1;

    if (stmt != NULL) {
        sql_text(stmt, 1, env);
    }
    while (stmt != NULL && (rc = sql_row(s, stmt, err)) == 1) {
        char *id = sql_column_text(stmt, 0);
        rc = overlay_run(s, id, list, err);
        free(id);
        if (rc != 0) {
            break;
        }
    }
    sqlite3_finalize(stmt);
    return rc;
}

int
history_states(struct store *s, const char *env, struct host_list *ret_list, struct err *err)
{
    static const char sql[] =
        "SELECT host, reason, release, state, release_before, boot_id, run, outcome, cause,"
        " -1, 0, 0, -1, -1, 0, 0, wall_ms, release_tried, rollback, '' FROM host_states"
        " WHERE env = ?1 ORDER BY host";
    struct host_list list = {0};
    sqlite3_stmt *stmt = sql_read(s, sql, err);
    int rc = -1;

    if (stmt != NULL) {
        sql_text(stmt, 1, env);
        rc = read_hosts(s, stmt, &list, err);
    }
    sqlite3_finalize(stmt);
    if (rc == 0) {
        rc = overlay_unfinished(s, env, &list, err);
    }
    if (rc == 0) {
        *ret_list = list;
    } else {
        host_list_release(&list);
    }
    return rc;
}

/*
 * journal.c - writes one run: its start, its facts and orders in one sequence, its hosts, its end.
 *
 * Decides the run's id and epoch.  Owns the numbering of the journal; the store is borrowed.
 * Never commits and never reads back what it wrote.
 */
#include "store/journal.h"

#include "base/xalloc.h"
#include "store/sql.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

struct journal {
    struct store *store; /* borrowed */
    char id[RUN_ID_SIZE];
    char *env;      /* owned */
    char *produces; /* owned */
    int64_t run;    /* row of runs */
    int64_t epoch;
    int64_t started_wall_ms;
    int64_t seq; /* of the row last written */
    int32_t host_count;
    bool mutating;
};

static int
make_id(int64_t wall_ms, char ret_id[RUN_ID_SIZE], struct err *err)
{
    const time_t seconds = (time_t)(wall_ms / 1000);
    char text[20];
    uint64_t random;
    struct tm tm;

    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        return err_set(err, ERR_STORE, "no random numbers for a run id: %s", strerror(errno));
    }
    if (gmtime_r(&seconds, &tm) == NULL ||
        strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &tm) != strlen("20261123T214500Z")) {
        return err_set(err, ERR_STORE, "the time %" PRId64 " cannot be part of a run id", wall_ms);
    }
    snprintf(ret_id, RUN_ID_SIZE, "%s-%016" PRIx64, text, random);
    return 0;
}

static int
next_epoch(struct journal *j, struct err *err)
{
    static const char sql[] =
        "INSERT INTO environments (name, epoch) VALUES (?1, ?2) ON CONFLICT (name)"
        " DO UPDATE SET epoch = max(excluded.epoch, epoch + 1) RETURNING epoch";
    sqlite3_stmt *stmt = sql_write(j->store, sql, err);
    int rc;

    if (stmt == NULL) {
        return -1;
    }
    sql_text(stmt, 1, j->env);
    sql_ints(stmt, 2, &j->started_wall_ms, 1);
    rc = sql_row(j->store, stmt, err);
    if (rc == 1) {
        j->epoch = sqlite3_column_int64(stmt, 0);
    }
    sqlite3_reset(stmt);
    if (rc == 1) {
        return 0;
    }
    sql_die(j->store);
    return -1;
}

static int
insert_run(struct journal *j, const struct run_start *start, struct err *err)
{
    static const char sql[] =
        "INSERT INTO runs (id, env, action, strategy, release, produces, plan, mutating, workers,"
        " seed, host_count, pid, epoch, started_wall_ms)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    const char *const texts[] = {j->id,          start->env,      start->action,   start->strategy,
                                 start->release, start->produces, start->plan_json};
    const int64_t numbers[] = {start->mutating,   start->workers, (int64_t)start->seed,
                               start->host_count, start->pid,     j->epoch,
                               start->wall_ms};
    enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };
    sqlite3_stmt *stmt = sql_write(j->store, sql, err);

    if (stmt == NULL) {
        return -1;
    }
    for (int i = 0; i < TEXTS; i++) {
        sql_text(stmt, i + 1, texts[i] == NULL ? "" : texts[i]);
    }
    sql_ints(stmt, TEXTS + 1, numbers, (int)(sizeof(numbers) / sizeof(numbers[0])));
    if (sql_run(j->store, stmt, err) != 0) {
        return -1;
    }
    j->run = sqlite3_last_insert_rowid(j->store->db);
    return 0;
}

static int
insert_hosts(struct journal *j, const struct run_start *start, struct err *err)
{
    static const char sql[] = "INSERT INTO run_hosts (name, run, host) VALUES (?1, ?2, ?3)";

    for (int32_t i = 0; i < start->host_count; i++) {
        const int64_t numbers[] = {j->run, i};
        sqlite3_stmt *stmt = sql_write(j->store, sql, err);
        if (stmt == NULL) {
            return -1;
        }
        sql_text(stmt, 1, start->hosts[i]);
        sql_ints(stmt, 2, numbers, 2);
        if (sql_run(j->store, stmt, err) != 0) {
            return -1;
        }
    }
    return 0;
}

struct journal *
journal_begin(struct store *s, const struct run_start *start, struct err *err)
{
    struct journal *j = xcalloc(1, sizeof(*j));

    assert(start->host_count >= 0);
    j->store = s;
    j->env = xstrdup(start->env);
    j->produces = xstrdup(start->produces == NULL ? "" : start->produces);
    j->started_wall_ms = start->wall_ms;
    j->host_count = start->host_count;
    j->mutating = start->mutating;
    if (make_id(start->wall_ms, j->id, err) != 0 || next_epoch(j, err) != 0 ||
        insert_run(j, start, err) != 0 || insert_hosts(j, start, err) != 0) {
        journal_free(j);
        return NULL;
    }
    return j;
}

void
journal_free(struct journal *j)
{
    if (j == NULL) {
        return;
    }
    free(j->env);
    free(j->produces);
    free(j);
}

const char *
journal_run_id(const struct journal *j)
{
    return j->id;
}

int64_t
journal_epoch(const struct journal *j)
{
    return j->epoch;
}

int
journal_fact(struct journal *j, int64_t at_ms, const struct fact *fact, const char *reason,
             struct err *err)
{
    static const char sql[] =
        "INSERT INTO journal (type, reason, run, seq, at_ms, kind, host, step, attempt, value,"
        " cause, exit_code, signal, verb)"
        " VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    const int64_t numbers[] = {j->run,      j->seq + 1,      at_ms,         (int64_t)fact->kind,
                               fact->host,  fact->step,      fact->attempt, fact->value,
                               fact->cause, fact->exit_code, fact->signal,  fact->verb};
    sqlite3_stmt *stmt = sql_write(j->store, sql, err);

    if (stmt == NULL) {
        return -1;
    }
    sql_text(stmt, 1, reason);
    sql_ints(stmt, 2, numbers, (int)(sizeof(numbers) / sizeof(numbers[0])));
    if (sql_run(j->store, stmt, err) != 0) {
        return -1;
    }
    j->seq++;
    return 0;
}

int
journal_order(struct journal *j, int64_t at_ms, const struct order *order, struct err *err)
{
    static const char sql[] =
        "INSERT INTO journal (type, run, seq, at_ms, kind, host, step, attempt, value, slot)"
        " VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    const int64_t numbers[] = {j->run,      j->seq + 1,  at_ms,          (int64_t)order->kind,
                               order->host, order->step, order->attempt, order->value,
                               order->slot};
    sqlite3_stmt *stmt = sql_write(j->store, sql, err);

    if (stmt == NULL) {
        return -1;
    }
    sql_ints(stmt, 1, numbers, (int)(sizeof(numbers) / sizeof(numbers[0])));
    if (sql_run(j->store, stmt, err) != 0) {
        return -1;
    }
    j->seq++;
    return 0;
}

/* What the host's state over runs was before this run is kept in the row of the run: rollback and
 * reports ask for it, and an end after another starts from it. */
static int
keep_before(struct journal *j, int32_t host, struct err *err)
{
    static const char sql[] =
        "UPDATE run_hosts SET before_known = 1, (release_before, release_older, state_before) ="
        " (SELECT coalesce(max(release), ''), coalesce(max(release_before), ''),"
        " coalesce(max(state), '') FROM host_states WHERE env = ?1 AND host_states.host ="
        " run_hosts.name) WHERE run = ?2 AND host = ?3 AND NOT before_known";
    const int64_t numbers[] = {j->run, host};
    sqlite3_stmt *stmt = sql_write(j->store, sql, err);

    if (stmt == NULL) {
        return -1;
    }
    sql_text(stmt, 1, j->env);
    sql_ints(stmt, 2, numbers, 2);
    return sql_run(j->store, stmt, err);
}

static int
end_run_host(struct journal *j, const struct host_end *end, const char *produced, struct err *err)
{
    static const char sql[] =
        "UPDATE run_hosts SET reason = ?1, release_after = ?2, produced = ?3, boot_id = ?4,"
        " outcome = ?5, cause = ?6, exit_code = ?7, signal = ?8, slot = ?9, started_ms = ?10,"
        " finished_ms = ?11 WHERE run = ?12 AND host = ?13";
    const int64_t numbers[] = {end->outcome,     end->cause, end->exit_code,
                               end->signal,      end->slot,  end->started_ms,
                               end->finished_ms, j->run,     end->host};
    sqlite3_stmt *stmt = sql_write(j->store, sql, err);

    if (stmt == NULL) {
        return -1;
    }
    sql_text(stmt, 1, end->reason == NULL ? "" : end->reason);
    sql_text(stmt, 2, end->release == NULL ? "" : end->release);
    sql_text(stmt, 3, produced);
    sql_text(stmt, 4, end->boot_id == NULL ? "" : end->boot_id);
    sql_ints(stmt, 5, numbers, (int)(sizeof(numbers) / sizeof(numbers[0])));
    return sql_run(j->store, stmt, err);
}

int
journal_host_again(struct journal *j, int32_t host, struct err *err)
{
    static const char sql[] = "UPDATE run_hosts SET outcome = NULL, finished_ms = -1, reason = ''"
                              " WHERE run = ?1 AND host = ?2";
    const int64_t numbers[] = {j->run, host};
    sqlite3_stmt *stmt = sql_write(j->store, sql, err);

    assert(host >= 0 && host < j->host_count);
    if (stmt == NULL) {
        return -1;
    }
    sql_ints(stmt, 1, numbers, 2);
    return sql_run(j->store, stmt, err);
}

int
journal_host_tries(struct journal *j, int32_t host, const char *release, struct err *err)
{
    static const char sql[] =
        "UPDATE host_states SET release_tried = ?1 WHERE env = ?2 AND host ="
        " (SELECT name FROM run_hosts WHERE run = ?3 AND run_hosts.host = ?4)";
    const int64_t numbers[] = {j->run, host};

    if (!j->mutating) {
        return 0;
    }
    sqlite3_stmt *stmt = sql_write(j->store, sql, err);
    if (stmt == NULL) {
        return -1;
    }
    sql_text(stmt, 1, release);
    sql_text(stmt, 2, j->env);
    sql_ints(stmt, 3, numbers, (int)(sizeof(numbers) / sizeof(numbers[0])));
    return sql_run(j->store, stmt, err);
}

/* release is the last one that succeeded on the host, release_before the last one other than that;
 * release_tried the one of a run that did not succeed since, so that the host may be on it (it is
 * written when the host begins, in case nobody lives to write its end).  A run that does not mutate
 * leaves all of them, and the state, alone: another may be writing them. */
static int
end_host_state(struct journal *j, const struct host_end *end, const char *produced, struct err *err)
{
    static const char sql[] =
        "INSERT INTO host_states (env, host, run, reason, release, release_before, state, boot_id,"
        " release_tried, outcome, cause, wall_ms)"
        " SELECT ?1, name, ?2, ?3, CASE ?4 WHEN '' THEN release_before ELSE ?4 END,"
        " CASE WHEN ?4 IN ('', release_before) THEN release_older ELSE release_before END,"
        " CASE ?5 WHEN '' THEN state_before ELSE ?5 END, ?6, ?7, ?8, ?9, ?10"
        " FROM run_hosts WHERE run = ?11 AND host = ?12"
        " ON CONFLICT (env, host) DO UPDATE SET run = excluded.run, reason = excluded.reason,"
        " release = CASE WHEN ?13 THEN excluded.release ELSE release END,"
        " release_before = CASE WHEN ?13 THEN excluded.release_before ELSE release_before END,"
        " state = CASE WHEN ?13 THEN excluded.state ELSE state END,"
        " release_tried = CASE WHEN ?4 <> '' THEN '' WHEN excluded.release_tried <> ''"
        " THEN excluded.release_tried ELSE release_tried END,"
        " boot_id = CASE excluded.boot_id WHEN '' THEN boot_id ELSE excluded.boot_id END,"
        " rollback = 0, outcome = excluded.outcome, cause = excluded.cause,"
        " wall_ms = excluded.wall_ms";
    const int64_t numbers[] = {end->outcome, end->cause, j->started_wall_ms + end->finished_ms,
                               j->run,       end->host,  j->mutating};
    sqlite3_stmt *stmt = sql_write(j->store, sql, err);

    if (stmt == NULL) {
        return -1;
    }
    sql_text(stmt, 1, j->env);
    sql_text(stmt, 2, j->id);
    sql_text(stmt, 3, end->reason == NULL ? "" : end->reason);
    sql_text(stmt, 4, end->release == NULL || !j->mutating ? "" : end->release);
    sql_text(stmt, 5, produced);
    sql_text(stmt, 6, end->boot_id == NULL ? "" : end->boot_id);
    sql_text(stmt, 7, end->tried == NULL || !j->mutating ? "" : end->tried);
    sql_ints(stmt, 8, numbers, (int)(sizeof(numbers) / sizeof(numbers[0])));
    return sql_run(j->store, stmt, err);
}

int
journal_host_end(struct journal *j, const struct host_end *end, struct err *err)
{
    const bool produced = end->outcome == OUTCOME_OK && j->mutating;
    const char *const state = produced ? j->produces : "";

    assert(end->host >= 0 && end->host < j->host_count);
    if (keep_before(j, end->host, err) != 0 || end_run_host(j, end, state, err) != 0) {
        return -1;
    }
    /* A host that was never started has the state it had. */
    if (end->started_ms < 0) {
        return 0;
    }
    return end_host_state(j, end, state, err);
}

static int
back_run_host(struct journal *j, const struct host_back *back, struct err *err)
{
    static const char sql[] = "UPDATE run_hosts SET rollback_reason = ?1, release_after = ?2,"
                              " produced = '', rollback = ?3 WHERE run = ?4 AND host = ?5";
    const int64_t numbers[] = {back->state, j->run, back->host};
    sqlite3_stmt *stmt = sql_write(j->store, sql, err);

    if (stmt == NULL) {
        return -1;
    }
    sql_text(stmt, 1, back->reason == NULL ? "" : back->reason);
    sql_text(stmt, 2, back->release == NULL ? "" : back->release);
    sql_ints(stmt, 3, numbers, 3);
    return sql_run(j->store, stmt, err);
}

/* Half way back the host may be on what was tried; when it is back, it is on nothing else. */
static int
back_host_state(struct journal *j, const struct host_back *back, struct err *err)
{
    static const char sql[] =
        "UPDATE host_states SET release = CASE ?1 WHEN '' THEN r.release_before ELSE ?1 END,"
        " release_before = r.release_older, state = r.state_before,"
        " release_tried = CASE WHEN ?4 = 2 THEN '' WHEN ?2 <> '' THEN ?2 ELSE release_tried END,"
        " rollback = ?4, wall_ms = ?5 FROM run_hosts r WHERE host_states.env = ?3"
        " AND host_states.host = r.name AND r.run = ?6 AND r.host = ?7";
    const int64_t numbers[] = {back->state, j->started_wall_ms + back->at_ms, j->run, back->host};
    sqlite3_stmt *stmt = sql_write(j->store, sql, err);

    _Static_assert(ROLLBACK_DONE == 2, "as in the statement");
    if (stmt == NULL) {
        return -1;
    }
    sql_text(stmt, 1, back->release == NULL ? "" : back->release);
    sql_text(stmt, 2, back->tried == NULL ? "" : back->tried);
    sql_text(stmt, 3, j->env);
    sql_ints(stmt, 4, numbers, 4);
    return sql_run(j->store, stmt, err);
}

int
journal_host_back(struct journal *j, const struct host_back *back, struct err *err)
{
    assert(back->host >= 0 && back->host < j->host_count);
    if (keep_before(j, back->host, err) != 0 || back_run_host(j, back, err) != 0) {
        return -1;
    }
    return j->mutating ? back_host_state(j, back, err) : 0;
}

int
journal_offsets(struct journal *j, int32_t host, int64_t out_bytes, int64_t err_bytes,
                struct err *err)
{
    static const char sql[] =
        "UPDATE run_hosts SET out_bytes = ?1, err_bytes = ?2 WHERE run = ?3 AND host = ?4";
    const int64_t numbers[] = {out_bytes, err_bytes, j->run, host};
    sqlite3_stmt *stmt = sql_write(j->store, sql, err);

    assert(host >= 0 && host < j->host_count);
    if (stmt == NULL) {
        return -1;
    }
    sql_ints(stmt, 1, numbers, 4);
    return sql_run(j->store, stmt, err);
}

int
journal_stall(struct journal *j, enum stall_kind kind, const struct spread_figures *f,
              struct err *err)
{
    static const char sql[] =
        "INSERT OR REPLACE INTO run_stalls (run, kind, count, p50_us, p99_us, p999_us, max_us)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    const int64_t numbers[] = {j->run, kind, f->count, f->p50_us, f->p99_us, f->p999_us, f->max_us};
    sqlite3_stmt *stmt = f->count == 0 ? NULL : sql_write(j->store, sql, err);

    if (stmt == NULL) {
        return f->count == 0 ? 0 : -1;
    }
    sql_ints(stmt, 1, numbers, (int)(sizeof(numbers) / sizeof(numbers[0])));
    return sql_run(j->store, stmt, err);
}

int
journal_finish(struct journal *j, int64_t at_ms, int64_t wall_ms, int exit_code, const char *halt,
               struct err *err)
{
    static const char sql[] =
        "UPDATE runs SET halt = ?1, duration_ms = ?2, finished_wall_ms = ?3, exit_code = ?4,"
        " rolled_back = (SELECT count(*) FROM run_hosts WHERE run = ?5 AND rollback = 2),"
        " rollbacks_failed = (SELECT count(*) FROM run_hosts WHERE run = ?5 AND rollback IN (1, 3))"
        " WHERE run = ?5";
    /* Counted once, so that a list of runs need not walk their hosts. */
    static const char count[] =
        "INSERT OR REPLACE INTO run_outcomes (run, outcome, hosts)"
        " SELECT run, coalesce(outcome, 0), count(*) FROM run_hosts WHERE run = ?1 GROUP BY 2";
    const int64_t numbers[] = {at_ms, wall_ms, exit_code, j->run};
    sqlite3_stmt *stmt = sql_write(j->store, sql, err);

    if (stmt == NULL) {
        return -1;
    }
    sql_text(stmt, 1, halt == NULL ? "" : halt);
    sql_ints(stmt, 2, numbers, 4);
    if (sql_run(j->store, stmt, err) != 0) {
        return -1;
    }
    stmt = sql_write(j->store, count, err);
    if (stmt == NULL) {
        return -1;
    }
    sql_ints(stmt, 1, &j->run, 1);
    return sql_run(j->store, stmt, err);
}

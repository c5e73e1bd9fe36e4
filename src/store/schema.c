/*
 * schema.c - the tables, and how an older file gets them.
 *
 * Decides whose file it is (application_id) and which version it has (user_version).  Each
 * migration is one transaction; one that was released is never edited, only followed by another.
 * Never writes to a file that is newer or not ours.
 */
#include "store/sql.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

/* "IMst" */
#define APPLICATION_ID 0x494d7374

/*
 * Numbers of outcomes, causes, kinds and verbs are those of the enums in core.
 *
 * runs.plan: what resume needs.  run_hosts.outcome: NULL until the host has one.  journal: facts
 * (type 0) and orders (type 1) in one sequence, since replay needs their common order.
 * host_states: over runs, so it does not refer to a row of runs, which may be pruned.
 *
 * A host may end more than once in a run: it was ok and failed later, was retried, was rolled back.
 * So what host_states said of it before the run (release, the one before that, state) is kept with
 * the row of the run from the first end on (before_known), and each end starts from there.
 * rollback: enum rollback_state, whose numbers are never changed.
 *
 * run_stalls: enum stall_kind; a run that died, or of an older version, has none.
 *
 * queue: what waits to be started by somebody; an id is never used twice, so that of two screens
 * which know one, only one starts it.  queue_hosts: none are all.
 */
static const char *const migrations[] = {
    "CREATE TABLE environments ("
    "  name TEXT PRIMARY KEY, epoch INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE runs ("
    "  run INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
    "  env TEXT NOT NULL REFERENCES environments(name),"
    "  action TEXT NOT NULL, strategy TEXT NOT NULL, mutating INTEGER NOT NULL,"
    "  workers INTEGER NOT NULL, seed INTEGER NOT NULL, release TEXT NOT NULL,"
    "  produces TEXT NOT NULL, plan TEXT NOT NULL, host_count INTEGER NOT NULL,"
    "  pid INTEGER NOT NULL, epoch INTEGER NOT NULL, started_wall_ms INTEGER NOT NULL,"
    "  finished_wall_ms INTEGER, duration_ms INTEGER, exit_code INTEGER,"
    "  halt TEXT NOT NULL DEFAULT '') STRICT;"
    "CREATE INDEX runs_env ON runs(env, run);"
    "CREATE TABLE run_hosts ("
    "  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, host INTEGER NOT NULL,"
    "  name TEXT NOT NULL, outcome INTEGER, cause INTEGER NOT NULL DEFAULT 0,"
    "  exit_code INTEGER NOT NULL DEFAULT 0, signal INTEGER NOT NULL DEFAULT 0,"
    "  slot INTEGER NOT NULL DEFAULT -1, started_ms INTEGER NOT NULL DEFAULT -1,"
    "  finished_ms INTEGER NOT NULL DEFAULT -1, reason TEXT NOT NULL DEFAULT '',"
    "  release_before TEXT NOT NULL DEFAULT '', release_after TEXT NOT NULL DEFAULT '',"
    "  produced TEXT NOT NULL DEFAULT '', boot_id TEXT NOT NULL DEFAULT '',"
    "  out_bytes INTEGER NOT NULL DEFAULT 0, err_bytes INTEGER NOT NULL DEFAULT 0,"
    "  PRIMARY KEY (run, host)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE run_outcomes ("
    "  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, outcome INTEGER NOT NULL,"
    "  hosts INTEGER NOT NULL, PRIMARY KEY (run, outcome)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE journal ("
    "  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, seq INTEGER NOT NULL,"
    "  at_ms INTEGER NOT NULL, type INTEGER NOT NULL, kind INTEGER NOT NULL,"
    "  host INTEGER NOT NULL, step INTEGER NOT NULL, attempt INTEGER NOT NULL,"
    "  value INTEGER NOT NULL, cause INTEGER, exit_code INTEGER, signal INTEGER, verb INTEGER,"
    "  slot INTEGER, reason TEXT, PRIMARY KEY (run, seq)) STRICT, WITHOUT ROWID;"
    "CREATE VIEW facts AS SELECT run, seq, at_ms, kind, host, step, attempt, value, cause,"
    "  exit_code, signal, verb, reason FROM journal WHERE type = 0;"
    "CREATE VIEW orders AS SELECT run, seq, at_ms, kind, host, step, attempt, value, slot"
    "  FROM journal WHERE type = 1;"
    "CREATE TABLE host_states ("
    "  env TEXT NOT NULL, host TEXT NOT NULL, run TEXT NOT NULL, wall_ms INTEGER NOT NULL,"
    "  outcome INTEGER NOT NULL, cause INTEGER NOT NULL, reason TEXT NOT NULL,"
    "  release TEXT NOT NULL, release_before TEXT NOT NULL, state TEXT NOT NULL,"
    "  boot_id TEXT NOT NULL, PRIMARY KEY (env, host)) STRICT, WITHOUT ROWID;",
    "ALTER TABLE host_states ADD COLUMN release_tried TEXT NOT NULL DEFAULT '';",
    "ALTER TABLE run_hosts ADD COLUMN rollback INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE run_hosts ADD COLUMN rollback_reason TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE run_hosts ADD COLUMN before_known INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE run_hosts ADD COLUMN release_older TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE run_hosts ADD COLUMN state_before TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE host_states ADD COLUMN rollback INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE runs ADD COLUMN rolled_back INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE runs ADD COLUMN rollbacks_failed INTEGER NOT NULL DEFAULT 0;",
    "CREATE TABLE run_stalls ("
    "  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, kind INTEGER NOT NULL,"
    "  count INTEGER NOT NULL, p50_us INTEGER NOT NULL, p99_us INTEGER NOT NULL,"
    "  p999_us INTEGER NOT NULL, max_us INTEGER NOT NULL,"
    "  PRIMARY KEY (run, kind)) STRICT, WITHOUT ROWID;",
    "CREATE TABLE queue ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, wall_ms INTEGER NOT NULL, env TEXT NOT NULL,"
    "  action TEXT NOT NULL) STRICT;"
    "CREATE TABLE queue_hosts ("
    "  id INTEGER NOT NULL REFERENCES queue ON DELETE CASCADE, place INTEGER NOT NULL,"
    "  name TEXT NOT NULL, PRIMARY KEY (id, place)) STRICT, WITHOUT ROWID;",
};
enum { VERSION = (int)(sizeof(migrations) / sizeof(migrations[0])) };

int
schema_version(void)
{
    return VERSION;
}

/* In the transaction that is open. */
static int
check(struct store *s, struct err *err)
{
    int64_t application = 0, version = 0, tables = 0;

    if (sql_number(s, "PRAGMA application_id", &application, err) != 0 ||
        sql_number(s, "PRAGMA user_version", &version, err) != 0 ||
        sql_number(s, "SELECT count(*) FROM sqlite_master", &tables, err) != 0) {
        return -1;
    }
    if (application != APPLICATION_ID && (application != 0 || version != 0 || tables != 0)) {
        return err_set(err, ERR_STORE,
                       "%s: refused: a database of another program (application id %" PRId64 ")",
                       s->path, application);
    }
    if (version > VERSION) {
        return err_set(err, ERR_STORE,
                       "%s: refused: it has schema version %" PRId64
                       ", this program knows up to %d; use the newer inventory-manager",
                       s->path, version, (int)VERSION);
    }
    if (application == APPLICATION_ID && version < 1) {
        return err_set(err, ERR_STORE,
                       "%s: refused: its schema version %" PRId64 " is none of ours", s->path,
                       version);
    }
    return 0;
}

/* In one snapshot: another process may be migrating. */
int
schema_check(struct store *s, struct err *err)
{
    int rc;

    if (sql_exec(s, "BEGIN", err) != 0) {
        return -1;
    }
    rc = check(s, err);
    (void)sql_exec(s, "ROLLBACK", NULL);
    return rc;
}

/* One step, from version to version + 1, in the transaction that is open. */
static int
migrate_one(struct store *s, int64_t version, struct err *err)
{
    char pragmas[96];

    assert(version >= 0 && version < VERSION);
    snprintf(pragmas, sizeof(pragmas), "PRAGMA application_id = %d; PRAGMA user_version = %" PRId64,
             APPLICATION_ID, version + 1);
    if (sql_exec(s, migrations[version], err) != 0) {
        return -1;
    }
    return sql_exec(s, pragmas, err);
}

/* 1: done; 0: another is due.  The version is read under the write lock: another process may have
 * been first. */
static int
migrate_next(struct store *s, struct err *err)
{
    int64_t version = 0;
    int rc = -1;

    if (sql_exec(s, "BEGIN IMMEDIATE", err) != 0) {
        return -1;
    }
    if (check(s, err) != 0 || sql_number(s, "PRAGMA user_version", &version, err) != 0) {
        goto out;
    }
    if (version < VERSION && migrate_one(s, version, err) != 0) {
        goto out;
    }
    if (sql_exec(s, "COMMIT", err) == 0) {
        rc = version + 1 >= VERSION ? 1 : 0;
    }
out:
    if (rc < 0) {
        (void)sql_exec(s, "ROLLBACK", NULL);
    }
    return rc;
}

int
schema_migrate(struct store *s, struct err *err)
{
    int64_t version = 0;
    int rc = 0;

    if (sql_number(s, "PRAGMA user_version", &version, err) != 0) {
        return -1;
    }
    if (version == VERSION) {
        return 0;
    }
    while (rc == 0) {
        rc = migrate_next(s, err);
    }
    return rc < 0 ? -1 : 0;
}

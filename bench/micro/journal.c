/*
 * journal.c - facts and orders written as a run writes them: some to a commit, each commit durable.
 *
 * Floor: the bare statement of sqlite into a file of the same schema and settings, with as many
 * rows to a commit.
 */
#include "micro.h"

#include "base/xalloc.h"
#include "store/journal.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HOSTS = 1000, TO_A_COMMIT = 64 }; /* what 5 ms hold of a run of 100 workers, about */

static struct journal *
begin(struct store *s)
{
    const char **names = xcalloc(HOSTS, sizeof(*names));
    char *text = xcalloc(HOSTS, 16);
    struct err err;

    for (int i = 0; i < HOSTS; i++) {
        (void)snprintf(text + (size_t)i * 16, 16, "host-%05d", i);
        names[i] = text + (size_t)i * 16;
    }
    const struct run_start start = {.env = "bench",
                                    .action = "deploy",
                                    .strategy = "rolling",
                                    .mutating = true,
                                    .workers = 100,
                                    .wall_ms = 1764115200000,
                                    .release = "r1",
                                    .produces = "deployed",
                                    .plan_json = "{}",
                                    .hosts = names,
                                    .host_count = HOSTS};
    struct journal *j = journal_begin(s, &start, &err);
    if (j == NULL || store_commit(s, &err) != 0) {
        micro_fail(err.text);
    }
    free(text);
    free(names);
    return j;
}

static void
write_row(struct journal *j, int64_t i)
{
    const int32_t host = (int32_t)(i % HOSTS);
    const struct fact fact = {.kind = FACT_STEP_DONE, .host = host, .step = 1, .attempt = 1};
    const struct order order = {
        .kind = ORDER_RUN_STEP, .host = host, .step = 2, .attempt = 1, .slot = 7};
    struct err err;
    const int rc =
        i % 2 == 0 ? journal_fact(j, i, &fact, NULL, &err) : journal_order(j, i, &order, &err);

    if (rc != 0) {
        micro_fail(err.text);
    }
}

static struct store *
open_new(const char *path)
{
    struct err err;

    (void)unlink(path);
    struct store *s = store_open(path, false, &err);
    if (s == NULL) {
        micro_fail(err.text);
    }
    return s;
}

static void
measure_ours(const char *path, int64_t rows)
{
    struct store *s = open_new(path);
    struct journal *j = begin(s);
    struct err err;

    const struct micro_clock c = micro_begin();
    for (int64_t i = 0; i < rows; i++) {
        write_row(j, i);
        if (i % TO_A_COMMIT == TO_A_COMMIT - 1 && store_commit(s, &err) != 0) {
            micro_fail(err.text);
        }
    }
    micro_end(&c, "facts and orders", rows, 0);
    journal_free(j);
    store_close(s);
}

static void
must(int rc, int wanted)
{
    if (rc != wanted) {
        micro_fail("sqlite refuses");
    }
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;

    must(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    return stmt;
}

static void
insert_bare(sqlite3_stmt *stmt, int64_t i)
{
    const int64_t numbers[] = {i & 1, 1, i + 1, i, 4, i % HOSTS, 1, 1, 0};

    for (int k = 0; k < (int)(sizeof(numbers) / sizeof(numbers[0])); k++) {
        must(sqlite3_bind_int64(stmt, k + 1, numbers[k]), SQLITE_OK);
    }
    must(sqlite3_step(stmt), SQLITE_DONE);
    must(sqlite3_reset(stmt), SQLITE_OK);
}

static void
insert_rows(sqlite3 *db, int64_t rows)
{
    sqlite3_stmt *insert =
        prepare(db, "INSERT INTO journal (type, run, seq, at_ms, kind, host, step, attempt, value)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");

    must(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    const struct micro_clock c = micro_begin();
    for (int64_t i = 0; i < rows; i++) {
        insert_bare(insert, i);
        if (i % TO_A_COMMIT == TO_A_COMMIT - 1) {
            must(sqlite3_exec(db, "COMMIT; BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
        }
    }
    micro_end(&c, "sqlite's bare insert", rows, 0);
    must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_finalize(insert);
}

static void
measure_floor(const char *path, int64_t rows)
{
    struct store *s = open_new(path);
    sqlite3 *db = NULL;

    journal_free(begin(s));
    store_close(s);
    must(sqlite3_open(path, &db), SQLITE_OK);
    must(sqlite3_exec(db, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON", NULL, NULL, NULL),
         SQLITE_OK);
    insert_rows(db, rows);
    must(sqlite3_close(db), SQLITE_OK);
}

void
micro_journal(int rounds, int64_t size)
{
    char *path = micro_path("state.db");

    for (int i = 0; i < rounds; i++) {
        measure_floor(path, size);
        measure_ours(path, size);
    }
    free(path);
}

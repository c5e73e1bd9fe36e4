/*
 * place.h - a folder of its own for each test of the store, and a run to put into it.
 *
 * Owns nothing after place_remove.  Never leaves files behind when a test passes.
 */
#ifndef UNIT_STORE_PLACE_H
#define UNIT_STORE_PLACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/history.h"
#include "store/journal.h"
#include "store/store.h"

#include <fcntl.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
    char dir[64];
    char db[96];
};

static inline int
place_make(void **state)
{
    struct place *p = calloc(1, sizeof(*p));

    assert_non_null(p);
    snprintf(p->dir, sizeof(p->dir), "/tmp/im-store-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    snprintf(p->db, sizeof(p->db), "%s/state.db", p->dir);
    *state = p;
    return 0;
}

static inline int
place_remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline int
place_remove(void **state)
{
    struct place *p = *state;
    const int rc = nftw(p->dir, place_remove_one, 8, FTW_DEPTH | FTW_PHYS);

    free(p);
    return rc;
}

static inline struct store *
place_open(const struct place *p)
{
    struct err err = {0};
    struct store *s = store_open(p->db, false, &err);

    if (s == NULL)
        fail_msg("%s", err.text);
    return s;
}

static inline struct journal *
place_begin(struct store *s, const char *env, int32_t hosts)
{
    static const char *const names[] = {"web-1", "web-2", "web-3", "web-4", "web-5", "web-6"};
    const struct run_start start = {
        .env = env,
        .action = "deploy",
        .strategy = "rolling",
        .mutating = true,
        .workers = 3,
        .wall_ms = 1795470300000,
        .seed = UINT64_MAX - 5,
        .release = "v2",
        .produces = "deployed",
        .plan_json = "{}",
        .hosts = names,
        .host_count = hosts,
        .pid = getpid(),
    };
    struct err err = {0};
    struct journal *j = journal_begin(s, &start, &err);

    assert_true(hosts <= (int32_t)(sizeof(names) / sizeof(names[0])));
    if (j == NULL)
        fail_msg("%s", err.text);
    return j;
}

/* With SQLite alone, beside the store. */
static inline void
place_sql(const struct place *p, const char *text)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(p->db, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(chmod(p->db, 0600), 0);
}

static inline int
place_take_number(void *arg, int columns, char **values, char **names)
{
    (void)columns;
    (void)names;
    *(int64_t *)arg = strtoll(values[0], NULL, 10);
    return 0;
}

/* The number a statement gives, with SQLite alone. */
static inline int64_t
place_number(const char *db_path, const char *sql)
{
    int64_t n = -1;
    sqlite3 *db;

    assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, place_take_number, &n, NULL), SQLITE_OK);
    sqlite3_close(db);
    return n;
}

static inline void
place_commit(struct store *s)
{
    struct err err = {0};

    if (store_commit(s, &err) != 0)
        fail_msg("%s", err.text);
}

static inline void
place_fact(struct journal *j, enum fact_kind kind, int32_t host, int32_t step)
{
    const struct fact f = {.kind = kind, .host = host, .step = step, .attempt = 1};

    assert_int_equal(journal_fact(j, 100, &f, NULL, NULL), 0);
}

static inline void
place_order(struct journal *j, enum order_kind kind, int32_t host, int32_t step)
{
    const struct order o = {.kind = kind, .host = host, .step = step, .attempt = 1, .slot = host};

    assert_int_equal(journal_order(j, 50 + host, &o, NULL), 0);
}

static inline void
place_end(struct journal *j, int32_t host, enum outcome outcome, const char *release)
{
    const struct host_end end = {
        .host = host,
        .outcome = outcome,
        .cause = outcome == OUTCOME_UNREACHABLE ? CAUSE_AUTH : CAUSE_NONE,
        .exit_code = outcome == OUTCOME_FAILED ? 3 : 0,
        .slot = 1,
        .started_ms = 10,
        .finished_ms = 200,
        .reason = outcome == OUTCOME_OK ? "" : "because",
        .release = release,
        .boot_id = "b00t",
    };

    assert_int_equal(journal_host_end(j, &end, NULL), 0);
}

static inline void
place_copy_id(const struct journal *j, char id[RUN_ID_SIZE])
{
    snprintf(id, RUN_ID_SIZE, "%s", journal_run_id(j));
}

static inline void
place_finish(struct store *s, struct journal *j, int exit_code)
{
    assert_int_equal(journal_finish(j, 4200, 1795470304200, exit_code, "", NULL), 0);
    place_commit(s);
    journal_free(j);
}

static inline void
place_expect_state(struct store *s, const char *host, const char *release, const char *before,
                   enum outcome outcome)
{
    struct host_list hosts;
    bool seen = false;

    assert_int_equal(history_states(s, "test", &hosts, NULL), 0);
    for (size_t i = 0; i < hosts.count; i++) {
        const struct host_row *h = &hosts.rows[i];
        if (strcmp(h->name, host) != 0)
            continue;
        seen = true;
        assert_string_equal(h->release, release);
        assert_string_equal(h->release_before, before);
        assert_int_equal(h->outcome, outcome);
        assert_string_equal(h->state, release[0] == '\0' ? "" : "deployed");
    }
    assert_true(seen);
    host_list_release(&hosts);
}

static inline void
place_run_one(struct store *s, enum outcome outcome, const char *release)
{
    struct journal *j = place_begin(s, "test", 1);

    place_end(j, 0, outcome, release);
    place_finish(s, j, 0);
}

/* One that has a place of its own. */
#define PLACED(f) cmocka_unit_test_setup_teardown(f, place_make, place_remove)

#endif

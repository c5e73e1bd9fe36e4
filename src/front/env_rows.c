/*
 * env_rows.c - what is known of each environment.
 *
 * Decides what is read when.  Owns the rows.
 */
#include "front/env_rows.h"

#include "base/duration.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "cli/load.h"
#include "cli/past.h"
#include "cli/place.h"
#include "store/lock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    LOCKS_A_TIME = 200,
    RUNS_LOOK_MS = 10000,           /* between two looks while a run writes */
    COUNTED_BYTES_MAX = 256 * 1024, /* of files: they are read in less than 50 ms */
};

static const char no_scripts[] = "an executable inventory is run when it is opened";

static void
row_release(struct env_row *r)
{
    free(r->name);
    watched_free(r->counted);
}

void
env_rows_release(struct env_rows *e)
{
    for (size_t i = 0; i < e->count; i++) {
        row_release(&e->rows[i]);
    }
    free(e->rows);
    *e = (struct env_rows){0};
}

/* ---------------------------------------------------------------- names */

static bool
are_same(const struct env_rows *e, const struct strv *names)
{
    bool same = names->count == e->count;

    for (size_t i = 0; same && i < e->count; i++) {
        same = strcmp(names->items[i], e->rows[i].name) == 0;
    }
    return same;
}

/* Both are sorted. */
static void
take_names(struct env_rows *e, const struct strv *names)
{
    struct env_row *rows = xcalloc(names->count, sizeof(*rows));
    size_t at = 0;

    for (size_t i = 0; i < names->count; i++) {
        while (at < e->count && strcmp(e->rows[at].name, names->items[i]) < 0) {
            row_release(&e->rows[at++]);
        }
        if (at < e->count && strcmp(e->rows[at].name, names->items[i]) == 0) {
            rows[i] = e->rows[at++];
        } else {
            rows[i] = (struct env_row){.name = xstrdup(names->items[i]),
                                       .servers = SERVERS_UNKNOWN,
                                       .last_exit = -1,
                                       .locked_by_pid = -1};
        }
    }
    while (at < e->count) {
        row_release(&e->rows[at++]);
    }
    free(e->rows);
    e->rows = rows;
    e->count = names->count;
    e->store_stamp = 0; /* there may be runs of those that are new */
}

bool
env_rows_names(struct env_rows *e, const char *root)
{
    struct strv names = {0};
    bool changed;

    place_envs(root, &names);
    changed = !are_same(e, &names);
    if (changed) {
        take_names(e, &names);
    }
    strv_clear(&names);
    return changed;
}

/* ---------------------------------------------------------------- runs and locks */

static int64_t
stamp_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0
               ? (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec + st.st_size
               : 1;
}

/* Of the file of runs, and of the one that it is written through. */
static int64_t
store_stamp(const char *root)
{
    char *db = xasprintf("%s/var/runs.db", root);
    char *wal = xasprintf("%s/var/runs.db-wal", root);
    const int64_t stamp = stamp_of(db) / 2 + stamp_of(wal) / 2;

    free(db);
    free(wal);
    return stamp;
}

static void
take_run(struct env_row *r, const char *root, const struct run_row *run)
{
    char result[32];
    char took[32] = "";

    past_result(root, run, result);
    if (run->duration_ms >= 0) {
        duration_human(run->duration_ms, took, sizeof(took));
    }
    (void)snprintf(r->last, sizeof(r->last), "%.40s %s%s%s", run->action, result,
                   took[0] != '\0' ? " " : "", took);
    r->last_exit = run->exit_code;
    r->ran_on = run->host_count;
    r->ran_wall_ms = run->started_wall_ms;
}

int
env_rows_runs(struct env_rows *e, const char *root, int64_t wall_ms, bool busy, struct err *err)
{
    const int64_t stamp = store_stamp(root);
    struct store *s;
    int rc = 0;

    if (stamp == e->store_stamp || (busy && wall_ms - e->store_read_ms < RUNS_LOOK_MS)) {
        return 0;
    }
    e->store_stamp = stamp;
    e->store_read_ms = wall_ms;
    s = past_open(root, err);
    if (s == NULL) {
        return -1;
    }
    for (size_t i = 0; rc == 0 && i < e->count; i++) {
        struct run_list runs = {0};
        rc = history_recent(s, e->rows[i].name, NULL, 1, &runs, err);
        if (rc == 0 && runs.count > 0) {
            take_run(&e->rows[i], root, &runs.rows[0]);
        }
        run_list_release(&runs);
    }
    store_close(s);
    return rc;
}

void
env_rows_locks(struct env_rows *e, const char *root)
{
    char *dir = xasprintf("%s/var", root);

    for (size_t i = 0; i < e->count && i < LOCKS_A_TIME; i++) {
        struct lock_holder holder = {0};
        struct env_row *r = &e->rows[e->lock_next++ % e->count];
        const bool held = lock_probe(dir, r->name, &holder, NULL) == 1;
        r->locked_by_pid = held ? holder.pid : -1;
        (void)snprintf(r->locked_what, sizeof(r->locked_what), "%s", held ? holder.what : "");
    }
    free(dir);
}

/* ---------------------------------------------------------------- servers */

static void
count(struct env_row *r, struct cli *c)
{
    struct mistakes m = {0};
    struct loaded l = {0};

    c->no_scripts = no_scripts;
    c->empty_ok = true;
    (void)load_quietly(&l, c, r->name, NULL, &m, &(struct err){0});
    c->no_scripts = NULL;
    c->empty_ok = false;
    r->mistakes = m.count;
    r->servers = l.inventory != NULL ? (int64_t)inventory_count(l.inventory) : SERVERS_NOT_COUNTED;
    if (m.count == 1 && strstr(m.errors.items[0], no_scripts) != NULL) {
        r->mistakes = 0;
    }
    loaded_release(&l);
    mistakes_release(&m);
}

/* False: nothing has changed. */
static bool
count_one(struct env_row *r, struct cli *c)
{
    char *dir;

    if (r->counted != NULL && !watched_changed(r->counted)) {
        return false;
    }
    dir = xasprintf("%s/inventory/%s", c->root, r->name);
    watched_free(r->counted);
    r->counted = watched_new(dir);
    free(dir);
    if (watched_bytes(r->counted) > COUNTED_BYTES_MAX) {
        r->servers = SERVERS_NOT_COUNTED;
        r->mistakes = 0;
    } else {
        count(r, c);
    }
    return true;
}

bool
env_rows_count(struct env_rows *e, struct cli *c)
{
    for (size_t i = 0; i < e->count; i++) {
        if (count_one(&e->rows[i], c)) {
            return true;
        }
    }
    return false;
}

/*
 * past.c - the store of finished and running runs, opened for reading.
 *
 * Decides which unfinished run is alive: one that mutates by its lock, others by their pid.
 */
#include "cli/past.h"

#include "base/xalloc.h"
#include "store/lock.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS_LOOKED_AT = 100 };

bool
past_is_alive(const char *root, const struct run_row *row)
{
    char *dir;
    bool alive;

    if (row->exit_code >= 0) {
        return false;
    }
    if (!row->mutating) {
        return row->pid > 0 && (kill((pid_t)row->pid, 0) == 0 || errno == EPERM);
    }
    dir = xasprintf("%s/var", root);
    alive = lock_runs(dir, row->env, row->id);
    free(dir);
    return alive;
}

struct store *
past_open(const char *root, struct err *err)
{
    char *path = xasprintf("%s/var/runs.db", root);
    struct store *s = store_open(path, true, err);
    struct run_list runs = {0};

    free(path);
    if (s == NULL) {
        return NULL;
    }
    if (history_runs(s, NULL, RUNS_LOOKED_AT, &runs, err) != 0) {
        store_close(s);
        return NULL;
    }
    for (size_t i = 0; i < runs.count; i++) {
        if (past_is_alive(root, &runs.rows[i])) {
            history_live(s, runs.rows[i].id);
        }
    }
    run_list_release(&runs);
    return s;
}

void
past_when(int64_t wall_ms, char ret_text[32])
{
    const time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;

    if (gmtime_r(&seconds, &tm) == NULL || strftime(ret_text, 32, "%Y-%m-%d %H:%M:%S", &tm) == 0) {
        snprintf(ret_text, 32, "?");
    }
}

void
past_result(const char *root, const struct run_row *row, char ret_text[32])
{
    if (row->exit_code == 0) {
        snprintf(ret_text, 32, "ok");
    } else if (row->exit_code > 0) {
        snprintf(ret_text, 32, "exit %d", row->exit_code);
    } else {
        snprintf(ret_text, 32, "%s", past_is_alive(root, row) ? "running" : "died");
    }
}

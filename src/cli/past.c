/*
 * past.c - the store of finished and running runs, opened for reading.
 *
 * Decides which unfinished run is alive: one that mutates by its lock, others by their pid; and
 * which run a word means.
 */
#include "cli/past.h"

#include "base/strv.h"
#include "base/xalloc.h"
#include "cli/place.h"
#include "config/nearest.h"
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
    if (history_recent(s, NULL, NULL, RUNS_LOOKED_AT, &runs, err) != 0) {
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

/* A word that is neither a run nor an environment with runs. */
static int
no_such(const char *root, const char *word, const struct err *why, struct err *err)
{
    struct strv envs = {0};
    const char *near;

    place_envs(root, &envs);
    near = nearest_word(word, (const char *const *)envs.items, envs.count);
    if (why->kind == ERR_NO_MATCH && near != NULL) {
        err_set(err, ERR_NO_MATCH, "no environment or run '%s'; did you mean %s?", word, near);
    } else {
        err_set(err, why->kind, "%s", why->text);
    }
    strv_clear(&envs);
    return -1;
}

int
past_find(const char *root, struct store *s, const char *word, struct run_list *ret_runs,
          struct err *err)
{
    struct strv envs = {0};
    struct err why = {0};
    bool is_env;

    if (history_runs(s, word, 1, ret_runs, err) != 0) {
        return -1;
    }
    place_envs(root, &envs);
    is_env = word == NULL || strv_has(&envs, word) || ret_runs->count > 0;
    strv_clear(&envs);
    if (is_env || history_find(s, word, ret_runs, &why) == 0) {
        return 0;
    }
    return no_such(root, word, &why, err);
}

int64_t
past_now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

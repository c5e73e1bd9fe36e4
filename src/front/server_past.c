/*
 * server_past.c - what the store knows of the servers of an environment, read when it has changed.
 *
 * Decides when it is read: never while nothing was written, and what takes long seldom, so that
 * keys are answered.  Owns the lists.  Writes nothing.
 */
#include "front/servers.h"

#include "base/xalloc.h"
#include "cli/past.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { REST_FACTOR = 20 }; /* reading takes at most a twentieth of the time */

static int64_t
now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
look_at_file(const char *root, struct past_mark *ret)
{
    static const char *const names[] = {"runs.db", "runs.db-wal"};

    memset(ret, 0, sizeof(*ret));
    for (size_t i = 0; i < 2; i++) {
        char *path = xasprintf("%s/var/%s", root, names[i]);
        struct stat st;
        if (stat(path, &st) == 0) {
            ret->changed[i] = st.st_mtim;
            ret->size[i] = st.st_size;
        }
        free(path);
    }
}

static bool
is_same(const struct past_mark *a, const struct past_mark *b)
{
    for (size_t i = 0; i < 2; i++) {
        if (a->changed[i].tv_sec != b->changed[i].tv_sec ||
            a->changed[i].tv_nsec != b->changed[i].tv_nsec || a->size[i] != b->size[i]) {
            return false;
        }
    }
    return true;
}

static void
forget(struct server_past *p)
{
    host_list_release(&p->states);
    map_free(p->actions);
    p->actions = NULL;
    free(p->env);
    p->env = NULL;
}

void
server_past_release(struct server_past *p)
{
    forget(p);
    *p = (struct server_past){0};
}

static int
read_store(struct server_past *p, const char *root, const char *env, struct err *err)
{
    struct host_list states = {0};
    struct map *actions = NULL;
    struct store *s = past_open(root, err);
    int rc = -1;

    if (s != NULL && history_states(s, env, &states, err) == 0) {
        rc = host_runs_actions(s, env, &actions, err);
    }
    store_close(s);
    if (rc != 0) {
        host_list_release(&states);
        return -1;
    }
    forget(p);
    p->states = states;
    p->actions = actions;
    p->env = xstrdup(env);
    return 0;
}

bool
server_past_read(struct server_past *p, const char *root, const char *env, bool force,
                 struct err *err)
{
    const bool other = p->env == NULL || strcmp(p->env, env) != 0;
    const int64_t begun_ms = now_ms();
    struct past_mark mark;

    if (!force && !other && begun_ms < p->next_ms) {
        return false;
    }
    look_at_file(root, &mark);
    if (!force && !other && is_same(&mark, &p->mark)) {
        return false;
    }
    const int rc = read_store(p, root, env, err);
    if (rc != 0 && other) {
        forget(p); /* of another environment: worse than nothing */
        p->env = xstrdup(env);
    }
    p->mark = mark;
    const int64_t ended_ms = now_ms();
    p->next_ms = ended_ms + (ended_ms - begun_ms) * REST_FACTOR;
    return rc == 0 || other;
}

static int
by_name(const void *name, const void *row)
{
    return strcmp(name, ((const struct host_row *)row)->name);
}

const struct host_row *
server_past_of(const struct server_past *p, const char *host)
{
    return p->states.count == 0
               ? NULL
               : bsearch(host, p->states.rows, p->states.count, sizeof(*p->states.rows), by_name);
}

const char *
server_past_action(const struct server_past *p, const struct host_row *row)
{
    const char *action = p->actions == NULL ? NULL : map_get(p->actions, row->run);

    return action == NULL ? "run" : action;
}

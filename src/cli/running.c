/*
 * running.c - the runs that are under way, and which of them a word means.
 *
 * Decides by the store and by who is alive.  Owns nothing; connects to nothing.
 */
#include "cli/running.h"

#include "base/xalloc.h"
#include "cli/past.h"
#include "cli/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS_LOOKED_AT = 100, LISTED_MAX = 5, LIST_BYTES = 1024 };

void
running_release(struct running *r)
{
    free(r->env);
    free(r->action);
    *r = (struct running){0};
}

void
running_fill(struct running *r, const struct run_row *row)
{
    *r = (struct running){
        .env = xstrdup(row->env),
        .action = xstrdup(row->action),
        .mutating = row->mutating,
        .pid = row->pid,
    };
    (void)snprintf(r->id, sizeof(r->id), "%s", row->id);
}

static int
tell_several(const char *word, const struct run_list *runs, const bool *alive, struct err *err)
{
    struct buf list;
    size_t listed = 0;

    buf_init(&list, LIST_BYTES);
    for (size_t i = 0; i < runs->count && listed < LISTED_MAX; i++) {
        if (alive[i]) {
            (void)buf_addf(&list, "%s%.40s of %.60s %s", listed == 0 ? "" : ", ",
                           runs->rows[i].action, runs->rows[i].env, runs->rows[i].id);
            listed++;
        }
    }
    (void)err_set(err, ERR_USAGE, "several runs%s%.60s are under way; name one by its id: %s",
                  word == NULL ? "" : " of ", word == NULL ? "" : word, list.data);
    buf_release(&list);
    return -1;
}

/* Of the living ones that which changes something, else the only one. */
static int
choose(const struct cli *c, const char *word, const struct run_list *runs, struct running *ret,
       struct err *err)
{
    bool *alive = xcalloc(runs->count, sizeof(*alive));
    const struct run_row *chosen = NULL;
    size_t living = 0;
    size_t mutating = 0;
    int rc = 0;

    for (size_t i = 0; i < runs->count; i++) {
        const struct run_row *row = &runs->rows[i];
        alive[i] = past_is_alive(c->root, row);
        living += alive[i];
        mutating += alive[i] && row->mutating;
        if (alive[i] && (chosen == NULL || (row->mutating && !chosen->mutating))) {
            chosen = row;
        }
    }
    if (mutating > 1 || (mutating == 0 && living > 1)) {
        rc = tell_several(word, runs, alive, err);
    } else if (chosen != NULL) {
        running_fill(ret, chosen);
        rc = 1;
    }
    free(alive);
    return rc;
}

/* An environment by its name, or by what has run there; else a run by its id. */
static int
list_runs(const struct cli *c, struct store *s, const char *word, struct run_list *runs,
          struct err *err)
{
    struct err no_env = {0};
    struct err no_run = {0};
    char *dir = NULL;

    if (history_runs(s, word, RUNS_LOOKED_AT, runs, err) != 0) {
        return -1;
    }
    if (word == NULL || runs->count > 0 || place_env(c->root, word, &dir, &no_env) == 0) {
        free(dir);
        return 0;
    }
    if (history_find(s, word, runs, &no_run) == 0) {
        return 0;
    }
    *err = word[0] >= '0' && word[0] <= '9' ? no_run : no_env;
    return -1;
}

int
running_find(const struct cli *c, const char *word, struct running *ret, struct err *err)
{
    struct store *s = past_open(c->root, err);
    struct run_list runs = {0};
    int rc = -1;

    if (s != NULL && list_runs(c, s, word, &runs, err) == 0) {
        rc = choose(c, word, &runs, ret, err);
    }
    run_list_release(&runs);
    store_close(s);
    return rc;
}

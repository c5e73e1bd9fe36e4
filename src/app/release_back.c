/*
 * release_back.c - the release that each host goes back to, inside a run.
 *
 * Decides where back is: the last release that succeeded on the host before this run, by the store.
 * Owns the names of the targets.  Reads the store before the loop runs, and never writes it.
 */
#include "app/run_state.h"

#include "base/map.h"
#include "base/nodeset.h"
#include "base/xalloc.h"
#include "store/history.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_BYTES_MAX = ERR_TEXT_MAX / 2 };

const char *
release_back_of(const struct run *run, int32_t host)
{
    return run->targets == NULL || run->targets[host] == NULL ? "" : run->targets[host];
}

bool
release_back_known(const struct run *run, int32_t host)
{
    return run->action->rollback_count > 0 &&
           (!run->back_named || release_back_of(run, host)[0] != '\0');
}

const char *
release_refuses_rollback(const struct run *run)
{
    return run->back_refusal;
}

/* The gate and the finally list run in a rollback too. */
static bool
list_mentions_release(const struct action_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (release_is_mentioned(&steps[i])) {
            return true;
        }
    }
    return false;
}

static bool
back_mentions_release(const struct action *a)
{
    return list_mentions_release(a->rollback_steps, a->rollback_count) ||
           list_mentions_release(a->checks, a->check_count) ||
           list_mentions_release(a->finally_steps, a->finally_count);
}

/* -e release= is the one that is made; back is another. */
static struct value *
without_release(const struct value *extra)
{
    if (extra == NULL || value_dict_get(extra, "release") == NULL) {
        return NULL;
    }
    struct value *rest = value_new(VALUE_DICT);
    for (size_t i = 0; i < extra->count; i++) {
        if (strcmp(extra->keys[i], "release") != 0) {
            value_dict_add(rest, extra->keys[i], value_copy(extra->items[i]));
        }
    }
    return rest;
}

static int
read_states(const struct run *run, struct host_list *ret, struct err *err)
{
    char *path = xasprintf("%s/var/runs.db", run->request->root);
    struct store *s = store_open(path, true, err);
    const int rc = s == NULL ? -1 : history_states(s, run->request->env, ret, err);

    store_close(s);
    free(path);
    return rc;
}

static void
set_targets(struct run *run, const struct host_list *states)
{
    struct map *rows = map_new(NULL); /* name -> row, borrowed */

    for (size_t i = 0; i < states->count; i++) {
        map_set(rows, states->rows[i].name, &states->rows[i]);
    }
    for (int32_t i = 0; i < run->host_count; i++) {
        const struct host_row *row = map_get(rows, run->names[i]);
        free(run->targets[i]);
        run->targets[i] = row == NULL || row->release == NULL || row->release[0] == '\0'
                              ? NULL
                              : xstrdup(row->release);
    }
    map_free(rows);
}

static void
set_refusal(struct run *run)
{
    const char **without = xcalloc((size_t)run->host_count, sizeof(*without));
    struct buf names;
    size_t count = 0;

    for (int32_t i = 0; i < run->host_count; i++) {
        if (!release_back_known(run, i)) {
            without[count++] = run->names[i];
        }
    }
    free(run->back_refusal);
    run->back_refusal = NULL;
    if (count > 0) {
        buf_init(&names, NAMES_BYTES_MAX);
        nodeset_fold(&names, without, count);
        run->back_refusal =
            xasprintf("%s %s no release to go back to", names.full ? "many hosts" : names.data,
                      count == 1 ? "has" : "have");
        buf_release(&names);
    }
    free(without);
}

int
release_back_prepare(struct run *run, struct err *err)
{
    struct host_list states = {0};

    if (run->action->rollback_count == 0) {
        return 0;
    }
    if (read_states(run, &states, err) < 0) {
        host_list_release(&states);
        return -1;
    }
    if (run->targets == NULL) {
        run->targets = xcalloc((size_t)run->host_count, sizeof(*run->targets));
        run->back_named = back_mentions_release(run->action);
        run->back_extra = without_release(run->request->extra);
    }
    set_targets(run, &states);
    set_refusal(run);
    host_list_release(&states);
    if (run->policy.on_failure == ON_FAILURE_ROLLBACK && run->back_refusal != NULL) {
        return err_set(err, ERR_CONFIG,
                       "on_failure: rollback: %s: deploy once with on_failure: stop",
                       run->back_refusal);
    }
    return 0;
}

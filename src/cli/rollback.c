/*
 * rollback.c - which hosts go back, and each to which release, where nobody has named one.
 *
 * Decides whom a release that failed on its way concerns.  Reads the store.  Changes only which
 * hosts are meant.
 */
#include "cli/rollback.h"

#include "base/nodeset.h"
#include "base/xalloc.h"
#include "store/history.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_BYTES_MAX = 64 * 1024 };

/* The names of the hosts in the order of l; free() the array. */
static const char **
names_of(const struct loaded *l)
{
    const char **names = xcalloc(l->host_count, sizeof(*names));

    for (size_t i = 0; i < l->host_count; i++) {
        names[i] = inventory_host(l->inventory, l->hosts[i])->name;
    }
    return names;
}

static void
tell_staying(const char *const *names, size_t count)
{
    struct buf folded;

    buf_init(&folded, NAMES_BYTES_MAX);
    nodeset_fold(&folded, names, count);
    fputs("rollback: not reached by the release that failed, and left as they are: ", stderr);
    cli_print(stderr, folded.full ? "many hosts" : folded.data);
    fputs(" (-l all: every host goes back)\n", stderr);
    buf_release(&folded);
}

/* After a release that failed on its way, back concerns those it has reached: the others are on the
 * last good one.  Who names hosts, means them. */
static void
keep_touched(const struct cli *c, struct loaded *l, const struct host_list *states)
{
    const char **names = names_of(l);
    const char **staying = xcalloc(l->host_count, sizeof(*staying));
    bool *touched = xcalloc(l->host_count, sizeof(*touched));
    size_t kept = 0, left = 0;

    if (c->options.limit == NULL && c->options.nodes == NULL && !c->hosts_fixed &&
        targets_touched(states, names, l->host_count, touched) > 0) {
        for (size_t i = 0; i < l->host_count; i++) {
            if (touched[i]) {
                l->hosts[kept++] = l->hosts[i];
            } else {
                staying[left++] = names[i];
            }
        }
        l->host_count = kept;
        if (left > 0) {
            tell_staying(staying, left);
        }
    }
    free(touched);
    free(staying);
    free(names);
}

bool
rollback_is_open(const struct loaded *l)
{
    return strcmp(l->action->name, "rollback") == 0 && value_dict_get(l->extra, "release") == NULL;
}

int
rollback_targets(const struct cli *c, const char *env, struct loaded *l, struct targets *t,
                 struct err *err)
{
    char *path = xasprintf("%s/var/runs.db", c->root);
    struct store *s = store_open(path, true, err);
    struct host_list states = {0};
    int rc = -1;

    if (s != NULL && history_states(s, env, &states, err) == 0) {
        keep_touched(c, l, &states);
        const char **names = names_of(l);
        rc = targets_fill(t, &states, names, l->host_count, err);
        free(names);
    }
    host_list_release(&states);
    store_close(s);
    free(path);
    return rc;
}

/*
 * targets.c - the release each host goes back to.
 *
 * Decides nothing by majority: a host without an earlier release stops the run before it begins.
 * Owns the names of releases.  Never opens the store.
 */
#include "cli/targets.h"

#include "base/map.h"
#include "base/nodeset.h"
#include "base/xalloc.h"

#include <stdlib.h>

void
targets_release(struct targets *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->releases[i]);
    }
    free(t->releases);
    *t = (struct targets){0};
}

static int
complain(const char *const *without, size_t count, struct err *err)
{
    struct buf names;

    buf_init(&names, ERR_TEXT_MAX / 2);
    nodeset_fold(&names, without, count);
    err_set(err, ERR_CONFIG, "no earlier release is known for %s%s; name one: -e release=...",
            names.data, names.full ? "..." : "");
    buf_release(&names);
    return -1;
}

int
targets_fill(struct targets *t, const struct host_list *states, const char *const *hosts,
             size_t count, struct err *err)
{
    const char **without = xcalloc(count, sizeof(*without));
    struct map *before = map_new(NULL); /* name -> release, borrowed */
    size_t missing = 0;
    int rc = 0;

    for (size_t i = 0; i < states->count; i++) {
        if (states->rows[i].release_before != NULL && states->rows[i].release_before[0] != '\0') {
            map_set(before, states->rows[i].name, states->rows[i].release_before);
        }
    }
    t->releases = xcalloc(count, sizeof(*t->releases));
    t->count = count;
    for (size_t i = 0; i < count; i++) {
        const char *release = map_get(before, hosts[i]);
        if (release == NULL) {
            without[missing++] = hosts[i];
        } else {
            t->releases[i] = xstrdup(release);
        }
    }
    if (missing > 0) {
        rc = complain(without, missing, err);
    }
    map_free(before);
    free(without);
    return rc;
}

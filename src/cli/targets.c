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

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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

/* Where a release was tried since the last good one, the host may be on it: back is the last good
 * one, else the one before that. */
static char *
target_of(const struct host_row *row)
{
    const bool tried = row->release_tried != NULL && row->release_tried[0] != '\0' &&
                       row->release != NULL && row->release[0] != '\0' &&
                       strcmp(row->release_tried, row->release) != 0;

    return tried ? row->release : row->release_before;
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
        char *release = target_of(&states->rows[i]);
        if (release != NULL && release[0] != '\0') {
            map_set(before, states->rows[i].name, release);
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

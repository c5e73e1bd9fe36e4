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

static bool
is_named(const char *release)
{
    return release != NULL && release[0] != '\0';
}

/* Another release than the last good one was tried since: the host may be on it. */
static bool
has_tried(const struct host_row *row)
{
    return is_named(row->release_tried) && is_named(row->release) &&
           strcmp(row->release_tried, row->release) != 0;
}

/* Back is the last good one where another was tried since, else the one before that. */
static char *
target_of(const struct host_row *row)
{
    return has_tried(row) ? row->release : row->release_before;
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
        if (is_named(release)) {
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

size_t
targets_touched(const struct host_list *states, const char *const *hosts, size_t count,
                bool *ret_touched)
{
    struct map *rows = map_new(NULL);  /* name -> row, borrowed */
    struct map *tried = map_new(NULL); /* release -> anything */
    size_t touched = 0;

    for (size_t i = 0; i < states->count; i++) {
        map_set(rows, states->rows[i].name, &states->rows[i]);
    }
    for (size_t i = 0; i < count; i++) {
        const struct host_row *row = map_get(rows, hosts[i]);
        if (row != NULL && has_tried(row)) {
            map_set(tried, row->release_tried, tried);
        }
    }
    for (size_t i = 0; i < count && map_count(tried) > 0; i++) {
        const struct host_row *row = map_get(rows, hosts[i]);
        ret_touched[i] =
            row != NULL &&
            (has_tried(row) || (is_named(row->release) && map_get(tried, row->release) != NULL));
        touched += ret_touched[i];
    }
    map_free(rows);
    map_free(tried);
    return touched;
}

/*
 * sources.c - the files that steps send, as they were when the run was checked.
 *
 * Decides what counts as changed: another file, size or time of modification.  A rolling run takes
 * long enough for a build to write its artifact anew, and half of the hosts would get it under the
 * name of the first.  Folders need none of it: their archive is made once.
 */
#include "app/run_state.h"

#include "base/map.h"
#include "base/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct source {
    dev_t device;
    ino_t number;
    off_t size;
    struct timespec changed;
};

static bool
is_same(const struct source *s, const struct stat *st)
{
    return s->device == st->st_dev && s->number == st->st_ino && s->size == st->st_size &&
           s->changed.tv_sec == st->st_mtim.tv_sec && s->changed.tv_nsec == st->st_mtim.tv_nsec;
}

int
sources_match(const struct run *run, const char *path, const struct stat *st, struct err *err)
{
    const struct source *s = run->sources == NULL ? NULL : map_get(run->sources, path);

    if (s != NULL && is_same(s, st)) {
        return 0;
    }
    return err_set(err, ERR_CONFIG, "%s: has changed since the run began", path);
}

int
sources_note(struct run *run, const char *path, struct err *err)
{
    struct stat st;

    if (stat(path, &st) < 0) {
        return err_set(err, ERR_CONFIG, "%s: %s", path, strerror(errno));
    }
    if (run->sources == NULL) {
        run->sources = map_new(free);
    }
    if (map_get(run->sources, path) != NULL) {
        return sources_match(run, path, &st, err);
    }
    const struct source s = {
        .device = st.st_dev, .number = st.st_ino, .size = st.st_size, .changed = st.st_mtim};
    map_set(run->sources, path, xmemdup(&s, sizeof(s)));
    return 0;
}

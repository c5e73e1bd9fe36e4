/*
 * sources.c - the files that steps send, as they were when the run was checked.
 *
 * Decides what counts as changed: another file, size or time of modification.  A rolling run takes
 * long enough for a build to write its artifact anew, and half of the hosts would get it under the
 * name of the first.  Folders need none of it: their archive is made once.
 */
#include "app/run_state.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_BYTES = 65536 };

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

int
sources_hash(const char *path, char ret_hex[HASH_SHA256_HEX], struct err *err)
{
    char *bytes = xcalloc(READ_BYTES, 1);
    struct hash *h = hash_new();
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t n = fd < 0 ? -1 : 1;

    while (n > 0) {
        n = read(fd, bytes, READ_BYTES);
        if (n > 0) {
            hash_update(h, bytes, (size_t)n);
        }
    }
    if (n < 0) {
        (void)err_set(err, ERR_CONFIG, "%s: %s", path, strerror(errno));
    } else {
        hash_finish(h, ret_hex);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    hash_free(h);
    free(bytes);
    return n < 0 ? -1 : 0;
}

/* ---------------------------------------------------------------- all of them */

struct walk {
    int (*fn)(void *arg, const char *path, const char *sha256);
    void *arg;
};

static int
walk_bundle(void *arg, const char *folder, const struct bundle *b)
{
    const struct walk *w = arg;

    return w->fn(w->arg, folder, b->sha256);
}

int
sources_each(const struct run *run, int (*fn)(void *arg, const char *path, const char *sha256),
             void *arg, struct err *err)
{
    struct walk w = {.fn = fn, .arg = arg};
    char hex[HASH_SHA256_HEX];
    const char *path;
    void *iter = NULL;
    int rc = 0;

    while (run->sources != NULL && rc == 0 && map_next(run->sources, &iter, &path) != NULL) {
        rc = sources_hash(path, hex, err) < 0 ? -1 : fn(arg, path, hex);
    }
    return rc != 0 ? rc : bundles_each(run->bundles, walk_bundle, &w);
}

struct expected {
    const struct map *digests; /* borrowed */
    struct err *err;
};

static int
expect_one(void *arg, const char *path, const char *sha256)
{
    const struct expected *e = arg;
    const char *digest = map_get(e->digests, path);

    if (digest != NULL && strcmp(digest, sha256) == 0) {
        return 0;
    }
    return err_set(e->err, ERR_CONFIG, "%s: has changed since the plan was compared", path);
}

int
sources_expect(const struct run *run, struct err *err)
{
    struct expected e = {.digests = run->request->sources, .err = err};

    return e.digests == NULL ? 0 : sources_each(run, expect_one, &e, err);
}

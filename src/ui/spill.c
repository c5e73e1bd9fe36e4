/*
 * spill.c - a file without a name, written at its end and read at its beginning.
 *
 * Owns the descriptor.  Room is given back when all was read.  Never waits but for the disk, as
 * the logs of hosts do.
 */
#include "ui/spill.h"

#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct spill {
    char *dir; /* owned */
    int fd;    /* owned; -1: not yet */
    int64_t begin, end;
    bool broken; /* nothing more is written */
};

struct spill *
spill_new(const char *dir)
{
    struct spill *s = xcalloc(1, sizeof(*s));

    s->dir = xstrdup(dir);
    s->fd = -1;
    return s;
}

void
spill_free(struct spill *s)
{
    if (s == NULL) {
        return;
    }
    if (s->fd >= 0) {
        (void)close(s->fd);
    }
    free(s->dir);
    free(s);
}

static int
open_nameless(const char *dir)
{
    const int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) {
        return fd;
    }
    char *path = xasprintf("%s/output.XXXXXX", dir);
    const int named = mkostemp(path, O_CLOEXEC);
    if (named >= 0) {
        (void)unlink(path);
    }
    free(path);
    return named;
}

int
spill_add(struct spill *s, const char *bytes, size_t len)
{
    size_t done = 0;

    if (s->fd < 0 && !s->broken) {
        s->fd = open_nameless(s->dir);
    }
    if (s->broken || s->fd < 0 || s->end + (int64_t)len > SPILL_BYTES_MAX + SPILL_BYTES_MAX / 16) {
        s->broken = s->broken || s->fd < 0;
        return -1;
    }
    while (done < len) {
        const ssize_t n = pwrite(s->fd, bytes + done, len - done, s->end + (int64_t)done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            s->broken = true; /* what was written of it is behind the end */
            return -1;
        }
        done += (size_t)n;
    }
    s->end += (int64_t)len;
    return 0;
}

size_t
spill_take(struct spill *s, char *ret_bytes, size_t max)
{
    const int64_t left = s->end - s->begin;
    const size_t want = left < (int64_t)max ? (size_t)left : max;
    ssize_t n;

    if (want == 0) {
        return 0;
    }
    do {
        n = pread(s->fd, ret_bytes, want, s->begin);
    } while (n < 0 && errno == EINTR);
    s->begin = n > 0 ? s->begin + n : s->end;
    if (s->begin == s->end) {
        s->begin = s->end = 0;
        (void)!ftruncate(s->fd, 0);
    }
    return n > 0 ? (size_t)n : 0;
}

int64_t
spill_pending(const struct spill *s)
{
    return s == NULL ? 0 : s->end - s->begin;
}

bool
spill_is_full(const struct spill *s)
{
    return s->broken || s->end >= SPILL_BYTES_MAX;
}

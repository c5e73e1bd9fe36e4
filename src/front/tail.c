/*
 * tail.c - the end of a file that others write.
 *
 * Decides when a file is another one.  Owns the descriptor.  Never follows a link, never waits.
 */
#include "front/tail.h"

#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tail {
    char *path; /* owned */
    int64_t last_bytes;
    int fd; /* owned; -1 */
    int64_t at;
    bool skipping; /* to the end of a line that began before */
    bool was_there;
};

struct tail *
tail_new(const char *path, int64_t last_bytes)
{
    struct tail *t = xcalloc(1, sizeof(*t));

    t->path = xstrdup(path);
    t->last_bytes = last_bytes;
    t->fd = -1;
    return t;
}

void
tail_free(struct tail *t)
{
    if (t == NULL) {
        return;
    }
    if (t->fd >= 0) {
        (void)close(t->fd);
    }
    free(t->path);
    free(t);
}

bool
tail_is_there(const struct tail *t)
{
    return t->fd >= 0;
}

/* 1: open; 0: there is none; -1 and err. */
static int
open_file(struct tail *t, struct err *err)
{
    const int fd = open(t->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    struct stat st;

    if (fd < 0) {
        return errno == ENOENT ? 0 : err_set(err, ERR_IO, "%s: %s", t->path, strerror(errno));
    }
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)close(fd);
        return err_set(err, ERR_IO, "%s: not a regular file", t->path);
    }
    if (t->fd >= 0) {
        (void)close(t->fd);
    }
    t->fd = fd;
    t->skipping = st.st_size > t->last_bytes;
    t->at = t->skipping ? st.st_size - t->last_bytes - 1 : 0; /* a line may end just before */
    return 1;
}

/* All of the file that is open was read: is it still the one?  1: there may be more; 0: there is
 * none; -1 and err. */
static int
look_again(struct tail *t, bool *ret_anew, struct err *err)
{
    struct stat there, ours;

    if (fstat(t->fd, &ours) != 0) {
        return err_set(err, ERR_IO, "%s: %s", t->path, strerror(errno));
    }
    if (ours.st_size < t->at) {
        t->at = 0;
        t->skipping = false;
        *ret_anew = true;
        return ours.st_size > 0;
    }
    if (lstat(t->path, &there) != 0) {
        return 0; /* it may be on its way */
    }
    if (there.st_ino == ours.st_ino && there.st_dev == ours.st_dev) {
        return 0;
    }
    *ret_anew = true;
    return open_file(t, err);
}

/* What is left of len bytes behind the end of the first line. */
static int64_t
skip_line(struct tail *t, char *bytes, int64_t len)
{
    const char *end = memchr(bytes, '\n', (size_t)len);
    const int64_t gone = end == NULL ? len : end + 1 - bytes;

    t->skipping = end == NULL;
    memmove(bytes, bytes + gone, (size_t)(len - gone));
    return len - gone;
}

int64_t
tail_next(struct tail *t, char *bytes, size_t size, bool *ret_anew, struct err *err)
{
    int rc = t->fd >= 0 ? 1 : open_file(t, err);

    *ret_anew = false;
    while (rc == 1) {
        ssize_t got = pread(t->fd, bytes, size, t->at);
        if (got < 0 && errno != EINTR) {
            return err_set(err, ERR_IO, "%s: %s", t->path, strerror(errno));
        }
        if (got > 0) {
            t->at += got;
            got = t->skipping ? skip_line(t, bytes, got) : got;
        } else if (got == 0) {
            rc = look_again(t, ret_anew, err);
        }
        if (got > 0) {
            return got;
        }
    }
    return rc;
}

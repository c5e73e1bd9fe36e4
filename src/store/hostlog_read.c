/*
 * hostlog_read.c - the log of a host, read at once or while it grows.
 *
 * Decides in which order its files are read, also when they turn while one reads: a segment that is
 * open stays open, whatever its name becomes.  Owns the reader's descriptors.  Never waits.
 */
#include "base/xalloc.h"
#include "store/files.h"
#include "store/hostlog.h"
#include "store/hostlog_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 65536 };

struct hostlog_reader {
    char *dir, *env, *run_id, *host; /* owned */
    int dir_fd, fd;                  /* owned; -1: not open */
    bool in_head;
    int64_t read_bytes; /* of the file that is open */
};

struct hostlog_reader *
hostlog_reader_new(const char *dir, const char *env, const char *run_id, const char *host,
                   struct err *err)
{
    struct hostlog_reader *r;

    if (!files_name_ok(host)) {
        err_set(err, ERR_NO_MATCH, "no log: not a name of a host");
        return NULL;
    }
    r = xcalloc(1, sizeof(*r));
    r->dir = xstrdup(dir);
    r->env = xstrdup(env);
    r->run_id = xstrdup(run_id);
    r->host = xstrdup(host);
    r->dir_fd = r->fd = -1;
    return r;
}

void
hostlog_reader_free(struct hostlog_reader *r)
{
    if (r == NULL) {
        return;
    }
    if (r->fd >= 0) {
        close(r->fd);
    }
    if (r->dir_fd >= 0) {
        close(r->dir_fd);
    }
    free(r->dir);
    free(r->env);
    free(r->run_id);
    free(r->host);
    free(r);
}

/* 1: open; 0: there is none; -1 and err. */
static int
open_part(struct hostlog_reader *r, enum part part, struct err *err)
{
    char name[HOSTLOG_NAME_BYTES];
    int fd;

    hostlog_part_name(r->host, part, name);
    fd = hostlog_open_part(r->dir_fd, name, O_RDONLY);
    if (fd < 0) {
        return errno == ENOENT ? 0 : err_set(err, ERR_IO, "%s: %s", name, strerror(errno));
    }
    if (r->fd >= 0) {
        close(r->fd);
    }
    r->fd = fd;
    r->in_head = part == PART_HEAD;
    r->read_bytes = 0;
    return 1;
}

/* 1: the folder and a file are open; 0: there is nothing yet; -1 and err. */
static int
open_first(struct hostlog_reader *r, struct err *err)
{
    if (r->dir_fd < 0) {
        struct err why = {0};
        r->dir_fd = hostlog_open_run(r->dir, r->env, r->run_id, false, &why);
        if (r->dir_fd < 0 && errno != ENOENT) {
            return err_set(err, why.kind, "%s", why.text);
        }
    }
    if (r->dir_fd < 0) {
        return 0;
    }
    return r->fd >= 0 ? 1 : open_part(r, PART_HEAD, err);
}

/* Whether a part is the file that is open. */
static bool
is_open(const struct hostlog_reader *r, enum part part)
{
    char name[HOSTLOG_NAME_BYTES];
    struct stat there, ours;

    hostlog_part_name(r->host, part, name);
    return fstatat(r->dir_fd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && fstat(r->fd, &ours) == 0 &&
           there.st_ino == ours.st_ino && there.st_dev == ours.st_dev;
}

/* All of the open file is read: on to the next.  1: one is open; 0: there is none; -1 and err. */
static int
open_next(struct hostlog_reader *r, struct err *err)
{
    if (r->in_head && r->read_bytes != HOSTLOG_HEAD_BYTES) {
        return 0; /* it is not full; or it was closed, and has its tail in it */
    }
    if (is_open(r, PART_NEW)) {
        return 0;
    }
    if (!is_open(r, PART_OLD)) {
        const int rc = open_part(r, PART_OLD, err);
        if (rc != 0) {
            return rc;
        }
    }
    return open_part(r, PART_NEW, err);
}

int64_t
hostlog_reader_next(struct hostlog_reader *r, char *bytes, size_t size, struct err *err)
{
    int rc = open_first(r, err);

    while (rc == 1) {
        const ssize_t got = read(r->fd, bytes, size);
        if (got > 0) {
            r->read_bytes += got;
            return got;
        }
        if (got < 0 && errno != EINTR) {
            return err_set(err, ERR_IO, "the log of %s: %s", r->host, strerror(errno));
        }
        rc = got == 0 ? open_next(r, err) : 1;
    }
    return rc;
}

int
hostlog_read(const char *dir, const char *env, const char *run_id, const char *host,
             int (*fn)(void *arg, const char *bytes, size_t len), void *arg, struct err *err)
{
    struct hostlog_reader *r = hostlog_reader_new(dir, env, run_id, host, err);
    char piece[PIECE_BYTES];
    int64_t got = -1;
    int rc = 0;

    while (r != NULL && rc == 0 && (got = hostlog_reader_next(r, piece, sizeof(piece), err)) > 0) {
        rc = fn(arg, piece, (size_t)got);
    }
    if (r != NULL && got == 0 && r->fd < 0) {
        rc = err_set(err, ERR_NO_MATCH, "%s.log: no such log", host);
    } else if (got < 0) {
        rc = -1;
    }
    hostlog_reader_free(r);
    return rc;
}

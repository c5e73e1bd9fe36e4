/*
 * debuglog.c - appends lines to debug.log.
 *
 * Owns the descriptor.  Never rotates, never waits, never fails a run.
 */
#include "app/debuglog.h"

#include "base/buf.h"
#include "base/escape.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    ESCAPED_BYTES_MAX = 4, /* of one byte: \x1b */
    REST_BYTES_MAX = 256,  /* time, tag, suffix */
    HELD_BYTES_MAX = 64 * 1024,
    KEPT_BYTES = 16 * 1024, /* a line longer than that above it is not kept room for */
};

struct debuglog {
    char *path; /* owned */
    int fd;
    dev_t dev;
    ino_t ino;
    bool holds;
    bool torn;        /* what was written last ends within a line: the disk became full */
    struct buf lines; /* owned: not yet written */
    time_t second;    /* of time */
    char time[32];
};

static int
reopen(struct debuglog *l)
{
    struct stat st;
    const int fd =
        open(l->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);

    if (fd < 0) {
        return -1;
    }
    if (fstat(fd, &st) < 0) {
        (void)close(fd);
        return -1;
    }
    if (l->fd >= 0) {
        (void)close(l->fd);
    }
    l->fd = fd;
    l->torn = false;
    l->dev = st.st_dev;
    l->ino = st.st_ino;
    return 0;
}

/* Bytes written. */
static size_t
put(struct debuglog *l, const char *bytes, size_t len)
{
    ssize_t n;

    do {
        n = write(l->fd, bytes, len);
    } while (n < 0 && errno == EINTR);
    if (n > 0) {
        l->torn = bytes[n - 1] != '\n';
    }
    return n < 0 ? 0 : (size_t)n;
}

/* Renamed by logrotate; if that fails the old file still takes the line. */
void
debuglog_reopen(struct debuglog *l)
{
    struct stat st;

    if (stat(l->path, &st) < 0 || st.st_ino != l->ino || st.st_dev != l->dev) {
        (void)reopen(l);
    }
}

static void
write_lines(struct debuglog *l)
{
    if (l->lines.len == 0) {
        return;
    }
    debuglog_reopen(l);
    if (!l->torn || put(l, "\n", 1) == 1) {
        (void)put(l, l->lines.data, l->lines.len);
    }
    if (l->lines.cap > HELD_BYTES_MAX + KEPT_BYTES) {
        buf_release(&l->lines);
        buf_init(&l->lines, 0);
    } else {
        buf_clear(&l->lines);
    }
}

struct debuglog *
debuglog_open(const char *path, struct err *err)
{
    struct debuglog *l = xcalloc(1, sizeof(*l));

    l->path = xstrdup(path);
    l->fd = -1;
    buf_init(&l->lines, 0);
    if (reopen(l) < 0) {
        (void)err_set(err, ERR_IO, "%s: cannot be opened for appending: %s", path, strerror(errno));
        debuglog_close(l);
        return NULL;
    }
    return l;
}

void
debuglog_close(struct debuglog *l)
{
    if (l == NULL) {
        return;
    }
    if (l->fd >= 0) {
        write_lines(l);
        (void)close(l->fd);
    }
    buf_release(&l->lines);
    free(l->path);
    free(l);
}

static void
add_time(struct debuglog *l)
{
    struct timespec now;
    struct tm tm;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec != l->second) { /* taken apart once a second: there are thousands of lines */
        l->second = now.tv_sec;
        if (localtime_r(&now.tv_sec, &tm) == NULL ||
            strftime(l->time, sizeof(l->time), "%Y/%m/%d %H:%M:%S", &tm) == 0) {
            l->time[0] = '\0';
        }
    }
    (void)buf_addf(&l->lines, "%s.%06ld", l->time, now.tv_nsec / 1000);
}

void
debuglog_line(struct debuglog *l, const char *tag, const char *suffix, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    const size_t len = strlen(text);
    l->lines.max = l->lines.len + ESCAPED_BYTES_MAX * len + REST_BYTES_MAX;
    add_time(l);
    (void)buf_addf(&l->lines, " [%s] ", tag);
    escape_line(&l->lines, text, len);
    (void)buf_addf(&l->lines, "%s\n", suffix);
    free(text);
    if (!l->holds || l->lines.len >= HELD_BYTES_MAX) {
        write_lines(l);
    }
}

void
debuglog_hold(struct debuglog *l)
{
    l->holds = true;
}

void
debuglog_flush(struct debuglog *l)
{
    l->holds = false;
    write_lines(l);
}

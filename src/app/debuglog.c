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
};

struct debuglog {
    char *path; /* owned */
    int fd;
    dev_t dev;
    ino_t ino;
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
    l->dev = st.st_dev;
    l->ino = st.st_ino;
    return 0;
}

struct debuglog *
debuglog_open(const char *path, struct err *err)
{
    struct debuglog *l = xcalloc(1, sizeof(*l));

    l->path = xstrdup(path);
    l->fd = -1;
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
        (void)close(l->fd);
    }
    free(l->path);
    free(l);
}

static void
add_time(struct buf *line)
{
    struct timespec now;
    struct tm tm;
    char text[32];

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (localtime_r(&now.tv_sec, &tm) == NULL ||
        strftime(text, sizeof(text), "%Y/%m/%d %H:%M:%S", &tm) == 0) {
        text[0] = '\0';
    }
    (void)buf_addf(line, "%s.%06ld", text, now.tv_nsec / 1000);
}

void
debuglog_line(struct debuglog *l, const char *tag, const char *suffix, const char *fmt, ...)
{
    struct buf raw;
    struct buf line;
    struct stat st;
    va_list ap;

    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    const size_t len = strlen(text);
    buf_init(&raw, ESCAPED_BYTES_MAX * len);
    escape_line(&raw, text, len);
    buf_init(&line, raw.len + REST_BYTES_MAX);
    add_time(&line);
    (void)buf_addf(&line, " [%s] %s%s\n", tag, raw.data, suffix);
    if (stat(l->path, &st) < 0 || st.st_ino != l->ino || st.st_dev != l->dev) {
        (void)reopen(l); /* renamed by logrotate; if that fails the old file still takes the line */
    }
    while (write(l->fd, line.data, line.len) < 0 && errno == EINTR) {}
    buf_release(&line);
    buf_release(&raw);
    free(text);
}

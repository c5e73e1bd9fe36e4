/*
 * hostlog.c - the raw output of each host of a run, on disk.
 *
 * Decides what is kept of too much output, and which descriptors stay open.  Owns the folder's
 * descriptor and those of the logs.  Only ever appends, so a kill at any time leaves whole pieces
 * in order: X.log, X.log.old, X.log.new.  Never follows a link, never waits.
 */
#include "store/hostlog.h"

#include "base/map.h"
#include "base/xalloc.h"
#include "store/files.h"
#include "store/hostlog_parts.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 65536, NO_SLOT = -1 };

struct host_log {
    char *name; /* owned */
    int slot;   /* of the descriptor, NO_SLOT: not open */
    bool known; /* the sizes below have been read */
    int64_t size[HOSTLOG_PARTS];
    int64_t cut_bytes;  /* of segments dropped */
    int64_t lost_bytes; /* could not be written; said before the next bytes */
};

struct hostlog {
    int dir;          /* owned */
    struct map *logs; /* owned; host name to struct host_log */
    struct {
        int fd;               /* owned; -1: free */
        uint64_t used;        /* when, by the tick */
        struct host_log *log; /* borrowed */
    } slots[HOSTLOG_FDS];
    int files_max;
    uint64_t tick;
    int64_t lost_bytes;
    bool said; /* a loss was reported */
};

/* The part being written. */
static enum part
part_now(const struct host_log *log)
{
    return log->size[PART_HEAD] < HOSTLOG_HEAD_BYTES ? PART_HEAD : PART_NEW;
}

static void
log_free(void *arg)
{
    struct host_log *log = arg;

    free(log->name);
    free(log);
}

struct hostlog *
hostlog_new(const char *dir, const char *env, const char *run_id, struct err *err)
{
    const int fd = hostlog_open_run(dir, env, run_id, true, err);
    struct hostlog *l;

    if (fd < 0) {
        return NULL;
    }
    l = xcalloc(1, sizeof(*l));
    l->dir = fd;
    l->logs = map_new(log_free);
    l->files_max = HOSTLOG_FDS;
    for (int i = 0; i < HOSTLOG_FDS; i++) {
        l->slots[i].fd = -1;
    }
    return l;
}

void
hostlog_limit_files(struct hostlog *l, int files)
{
    assert(files >= 1 && files <= HOSTLOG_FDS);
    l->files_max = files;
}

int64_t
hostlog_lost(const struct hostlog *l)
{
    return l->lost_bytes;
}

/* ---------------------------------------------------------------- descriptors */

static void
close_slot(struct hostlog *l, int slot)
{
    if (l->slots[slot].fd < 0) {
        return;
    }
    close(l->slots[slot].fd);
    l->slots[slot].fd = -1;
    l->slots[slot].log->slot = NO_SLOT;
    l->slots[slot].log = NULL;
}

/* A free slot; the one unused for longest is freed for it. */
static int
take_slot(struct hostlog *l)
{
    int oldest = 0;

    for (int i = 0; i < l->files_max; i++) {
        if (l->slots[i].fd < 0) {
            return i;
        }
        if (l->slots[i].used < l->slots[oldest].used) {
            oldest = i;
        }
    }
    close_slot(l, oldest);
    return oldest;
}

/* A resumed run goes on with what is there. */
static int
learn_sizes(struct hostlog *l, struct host_log *log)
{
    char name[HOSTLOG_NAME_BYTES];
    struct stat st;

    for (int part = 0; part < HOSTLOG_PARTS; part++) {
        hostlog_part_name(log->name, (enum part)part, name);
        if (fstatat(l->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
            log->size[part] = st.st_size;
        } else if (errno != ENOENT) {
            return -1;
        }
    }
    log->known = true;
    return 0;
}

/* The descriptor of the part being written; -1 and errno. */
static int
open_log(struct hostlog *l, struct host_log *log)
{
    char name[HOSTLOG_NAME_BYTES];
    int fd, slot;

    if (log->slot == NO_SLOT) {
        if (!log->known && learn_sizes(l, log) != 0) {
            return -1;
        }
        hostlog_part_name(log->name, part_now(log), name);
        slot = take_slot(l);
        fd = hostlog_open_part(l->dir, name, O_WRONLY | O_APPEND | O_CREAT);
        if (fd < 0) {
            return -1;
        }
        l->slots[slot].fd = fd;
        l->slots[slot].log = log;
        log->slot = slot;
    }
    l->slots[log->slot].used = ++l->tick;
    return l->slots[log->slot].fd;
}

/* ---------------------------------------------------------------- appending */

/* The new segment is full: it becomes the old one, whose bytes are cut. */
static int
turn_segments(struct hostlog *l, struct host_log *log)
{
    char from[HOSTLOG_NAME_BYTES], to[HOSTLOG_NAME_BYTES];

    hostlog_part_name(log->name, PART_NEW, from);
    hostlog_part_name(log->name, PART_OLD, to);
    if (renameat(l->dir, from, l->dir, to) != 0) {
        return -1;
    }
    log->cut_bytes += log->size[PART_OLD];
    log->size[PART_OLD] = log->size[PART_NEW];
    log->size[PART_NEW] = 0;
    return 0;
}

/* Write at most what fits the part; bytes written, or -1 and errno. */
static ssize_t
write_some(struct hostlog *l, struct host_log *log, const char *bytes, size_t len)
{
    const int fd = open_log(l, log);
    const enum part part = part_now(log);
    const int64_t max = part == PART_HEAD ? HOSTLOG_HEAD_BYTES : HOSTLOG_SEGMENT_BYTES;
    int64_t room;
    ssize_t n;

    if (fd < 0) {
        return -1;
    }
    if (part == PART_NEW && log->size[PART_NEW] >= max) {
        close_slot(l, log->slot);
        return turn_segments(l, log) == 0 ? write_some(l, log, bytes, len) : -1;
    }
    room = max - log->size[part];
    n = write(fd, bytes, (int64_t)len < room ? len : (size_t)room);
    if (n == 0) {
        errno = ENOSPC;
    }
    if (n <= 0) {
        return errno == EINTR ? 0 : -1;
    }
    log->size[part] += n;
    if (part != part_now(log)) {
        close_slot(l, log->slot);
    }
    return n;
}

/* -1 and errno; *ret_left is what was not written. */
static int
write_all(struct hostlog *l, struct host_log *log, const char *bytes, size_t len, size_t *ret_left)
{
    *ret_left = len;
    while (*ret_left > 0) {
        const ssize_t n = write_some(l, log, bytes + (len - *ret_left), *ret_left);
        if (n < 0) {
            return -1;
        }
        *ret_left -= (size_t)n;
    }
    return 0;
}

/* Say in the log what is missing before going on.  A line cut short by the next failure stays. */
static int
write_gap(struct hostlog *l, struct host_log *log)
{
    char line[96];
    size_t left;
    const int n = snprintf(line, sizeof(line), "\n[%" PRId64 " bytes could not be written here]\n",
                           log->lost_bytes);

    if (write_all(l, log, line, (size_t)n, &left) != 0) {
        return -1;
    }
    log->lost_bytes = 0;
    return 0;
}

static struct host_log *
find_log(struct hostlog *l, const char *host)
{
    struct host_log *log = map_get(l->logs, host);

    if (log == NULL && files_name_ok(host)) {
        log = xcalloc(1, sizeof(*log));
        log->name = xstrdup(host);
        log->slot = NO_SLOT;
        map_set(l->logs, host, log);
    }
    return log;
}

/* Count what was lost; say so the first time. */
static int
lose(struct hostlog *l, size_t bytes, const char *host, const char *why, struct err *err)
{
    l->lost_bytes += (int64_t)bytes;
    if (l->said) {
        return 0;
    }
    l->said = true;
    return err_set(err, ERR_IO, "%s: output is not logged: %s", host, why);
}

int
hostlog_append(struct hostlog *l, const char *host, const void *bytes, size_t len, struct err *err)
{
    struct host_log *log = find_log(l, host);
    size_t left = len;

    if (log == NULL) {
        return lose(l, len, "a host", "its name cannot be the name of a file", err);
    }
    if ((log->lost_bytes > 0 && write_gap(l, log) != 0) ||
        write_all(l, log, bytes, len, &left) != 0) {
        const int saved = errno;
        log->lost_bytes += (int64_t)left;
        return lose(l, left, host, strerror(saved), err);
    }
    return 0;
}

/* ---------------------------------------------------------------- closing */

static int
copy_part(struct hostlog *l, const char *host, enum part part, int to)
{
    char name[HOSTLOG_NAME_BYTES], piece[COPY_BYTES];
    ssize_t got = -1;
    int fd;

    hostlog_part_name(host, part, name);
    fd = hostlog_open_part(l->dir, name, O_RDONLY);
    if (fd < 0) {
        return errno == ENOENT ? 0 : -1;
    }
    while ((got = read(fd, piece, sizeof(piece))) > 0) {
        const ssize_t put = write(to, piece, (size_t)got);
        if (put != got) {
            errno = put < 0 ? errno : ENOSPC;
            got = -1;
            break;
        }
    }
    close(fd);
    return got < 0 ? -1 : 0;
}

static int
append_tail(struct hostlog *l, const struct host_log *log, int head)
{
    char line[96];

    if (log->cut_bytes > 0) {
        const int n =
            snprintf(line, sizeof(line), "\n[%" PRId64 " bytes cut here]\n", log->cut_bytes);
        if (write(head, line, (size_t)n) != n) {
            return -1;
        }
    }
    if (copy_part(l, log->name, PART_OLD, head) != 0) {
        return -1;
    }
    return copy_part(l, log->name, PART_NEW, head);
}

/* A tail that does not fit on the disk: the head is put back as it was and the segments stay. */
static int
settle(struct hostlog *l, const struct host_log *log)
{
    char name[HOSTLOG_NAME_BYTES];
    int rc = -1, saved, head;

    hostlog_part_name(log->name, PART_HEAD, name);
    head = hostlog_open_part(l->dir, name, O_WRONLY | O_APPEND);
    if (head < 0) {
        return -1;
    }
    rc = append_tail(l, log, head);
    saved = errno;
    if (rc != 0) {
        (void)!ftruncate(head, log->size[PART_HEAD]);
    }
    close(head);
    for (int part = PART_OLD; rc == 0 && part < HOSTLOG_PARTS; part++) {
        hostlog_part_name(log->name, (enum part)part, name);
        unlinkat(l->dir, name, 0);
    }
    errno = saved;
    return rc;
}

int
hostlog_close(struct hostlog *l, struct err *err)
{
    struct host_log *log;
    const char *host;
    void *iter = NULL;
    int rc = 0;

    if (l == NULL) {
        return 0;
    }
    for (int i = 0; i < HOSTLOG_FDS; i++) {
        close_slot(l, i);
    }
    while ((log = map_next(l->logs, &iter, &host)) != NULL) {
        if (log->size[PART_OLD] + log->size[PART_NEW] == 0 || settle(l, log) == 0) {
            continue;
        }
        if (rc == 0) {
            rc = err_set(err, ERR_IO, "%s: the end of its log stays in %s%s and %s%s: %s", host,
                         host, hostlog_suffix(PART_OLD), host, hostlog_suffix(PART_NEW),
                         strerror(errno));
        }
    }
    map_free(l->logs);
    close(l->dir);
    free(l);
    return rc;
}

/* ---------------------------------------------------------------- removing */

static int
remove_files(int dir)
{
    const int copy = fcntl(dir, F_DUPFD_CLOEXEC, 0);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *e;
    int rc = 0;

    if (d == NULL) {
        if (copy >= 0) {
            close(copy);
        }
        return -1;
    }
    while (rc == 0 && (e = readdir(d)) != NULL) { // NOLINT(concurrency-mt-unsafe): one thread
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            rc = unlinkat(dir, e->d_name, 0);
        }
    }
    closedir(d);
    return rc;
}

int
hostlog_remove(const char *dir, const char *env, const char *run_id, struct err *err)
{
    struct err why = {0};
    int env_fd = -1, run_fd = -1, rc = -1;
    const int dir_fd = files_dir_open(dir, false, &why);

    if (dir_fd >= 0) {
        env_fd = files_dir_below(dir_fd, env, false, &why);
    }
    if (env_fd >= 0) {
        run_fd = files_dir_below(env_fd, run_id, false, &why);
    }
    if (run_fd < 0) {
        rc = errno == ENOENT ? 0 : err_set(err, ERR_IO, "%s", why.text);
    } else if (remove_files(run_fd) != 0 || unlinkat(env_fd, run_id, AT_REMOVEDIR) != 0) {
        rc = err_set(err, ERR_IO, "logs of run %s: %s", run_id, strerror(errno));
    } else {
        rc = 0;
    }
    if (run_fd >= 0) {
        close(run_fd);
    }
    if (env_fd >= 0) {
        close(env_fd);
    }
    if (dir_fd >= 0) {
        close(dir_fd);
    }
    return rc;
}

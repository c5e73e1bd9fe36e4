/*
 * out.c - a queue in front of stdout or stderr, so that a slow reader never stalls the loop.
 *
 * Decides how much may be written without waiting, by what the descriptor is.  Owns the queue and,
 * for a terminal, a second open of it.  Never changes the flags of the caller's descriptor, never
 * reports an error: a reader that is gone is silently written to no more.
 */
#include "ui/out.h"

#include "base/buf.h"
#include "base/xalloc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FLUSH_BYTES_MAX = 64 * 1024, /* a call */
    PIPE_BYTES_MAX = 4096,       /* POLLOUT of a pipe promises one page (pipe(7)) */
    SHARED_TTY_BYTES_MAX = 256,  /* a terminal that could not be reopened */
};

enum kind { KIND_FILE, KIND_PIPE, KIND_SOCKET, KIND_TERMINAL, KIND_SHARED_TERMINAL };

struct out {
    enum kind kind;
    int fd;     /* borrowed; of a terminal: owned */
    bool owned; /* fd is ours to close */
    bool gone;
    size_t soft_max;
    uint64_t dropped; /* bytes thrown away and not yet told */
    struct buf queue; /* bytes before head are written */
    size_t head;
};

static void
open_terminal(struct out *o)
{
    char path[64];
    int own = -1;

    /* By its name: /proc/self/fd is closed to a process that is not dumpable. */
    if (ttyname_r(o->fd, path, sizeof(path)) == 0) {
        own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    }
    o->kind = own < 0 ? KIND_SHARED_TERMINAL : KIND_TERMINAL;
    if (own < 0) {
        return;
    }
    o->fd = own;
    o->owned = true;
}

struct out *
out_new(int fd, size_t soft_max)
{
    struct out *o = xcalloc(1, sizeof(*o));
    struct stat st;

    o->fd = fd;
    o->kind = KIND_FILE;
    o->soft_max = soft_max != 0 ? soft_max : OUT_SOFT_BYTES_MAX;
    buf_init(&o->queue, OUT_HARD_BYTES_MAX + OUT_NOTE_BYTES_MAX);
    if (fstat(fd, &st) != 0) {
        o->gone = true;
    } else if (S_ISFIFO(st.st_mode)) {
        o->kind = KIND_PIPE;
    } else if (S_ISSOCK(st.st_mode)) {
        o->kind = KIND_SOCKET;
    } else if (isatty(fd) == 1) {
        open_terminal(o);
    }
    return o;
}

void
out_free(struct out *o)
{
    if (o == NULL) {
        return;
    }
    if (o->owned) {
        close(o->fd);
    }
    buf_release(&o->queue);
    free(o);
}

bool
out_is_terminal(const struct out *o)
{
    return o->kind == KIND_TERMINAL || o->kind == KIND_SHARED_TERMINAL;
}

bool
out_same(int fd, int other_fd)
{
    struct stat a;
    struct stat b;

    return fstat(fd, &a) == 0 && fstat(other_fd, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino && a.st_rdev == b.st_rdev;
}

/* Move what waits to the front, when that is not more than what was written since. */
static void
make_room(struct out *o)
{
    if (o->head > 0 && (o->head == o->queue.len || o->head > o->queue.len / 2)) {
        buf_drain(&o->queue, o->head);
        o->head = 0;
    }
}

void
out_add(struct out *o, const char *bytes, size_t len)
{
    if (o->gone) {
        return;
    }
    make_room(o);
    if (len > OUT_HARD_BYTES_MAX || o->queue.len > OUT_HARD_BYTES_MAX - len) {
        o->dropped += len;
        return;
    }
    (void)buf_add(&o->queue, bytes, len);
}

void
out_tell_dropped(struct out *o, struct out *from)
{
    if (from->dropped == 0 || o->gone) {
        return;
    }
    make_room(o);
    (void)buf_addf(&o->queue, "%" PRIu64 " bytes of output dropped: the reader is too slow\n",
                   from->dropped);
    from->dropped = 0;
}

size_t
out_pending(const struct out *o)
{
    assert(o->head <= o->queue.len);
    return o->gone ? 0 : o->queue.len - o->head;
}

/* One write that does not wait: bytes written, 0 when it would wait, -1 when the reader is gone. */
static ssize_t
write_some(const struct out *o, const char *bytes, size_t len)
{
    struct pollfd p = {.fd = o->fd, .events = POLLOUT};
    ssize_t n;

    if (o->kind == KIND_PIPE || o->kind == KIND_SHARED_TERMINAL) {
        const size_t most = o->kind == KIND_PIPE ? PIPE_BYTES_MAX : SHARED_TTY_BYTES_MAX;
        if (poll(&p, 1, 0) <= 0) {
            return 0;
        }
        if ((p.revents & POLLERR) != 0) {
            return -1;
        }
        if ((p.revents & POLLOUT) == 0) {
            return (p.revents & (POLLHUP | POLLNVAL)) != 0 ? -1 : 0;
        }
        len = len < most ? len : most;
    }
    do {
        n = o->kind == KIND_SOCKET ? send(o->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL)
                                   : write(o->fd, bytes, len);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
    }
    return n;
}

static void
lose_reader(struct out *o)
{
    o->gone = true;
    o->head = 0;
    buf_clear(&o->queue);
}

void
out_flush(struct out *o)
{
    size_t written = 0;

    while (out_pending(o) > 0 && (written < FLUSH_BYTES_MAX || o->kind == KIND_FILE)) {
        const size_t pending = out_pending(o);
        const size_t most = pending < FLUSH_BYTES_MAX ? pending : FLUSH_BYTES_MAX;
        const ssize_t n = write_some(o, o->queue.data + o->head, most);
        if (n < 0) {
            lose_reader(o);
        }
        if (n <= 0) {
            return;
        }
        o->head += (size_t)n;
        written += (size_t)n;
    }
}

bool
out_drain(struct out *o, int timeout_ms)
{
    while (out_pending(o) > 0) {
        const size_t before = out_pending(o);
        struct pollfd p = {.fd = o->fd, .events = POLLOUT};
        out_flush(o);
        if (out_pending(o) == 0 || out_pending(o) < before) {
            continue;
        }
        if (poll(&p, 1, timeout_ms) <= 0) {
            return false;
        }
    }
    return true;
}

bool
out_wants(const struct out *o)
{
    return out_pending(o) > 0;
}

int
out_fd(const struct out *o)
{
    return o->fd;
}

bool
out_full(const struct out *o)
{
    return out_pending(o) >= o->soft_max;
}

bool
out_gone(const struct out *o)
{
    return o->gone;
}

/*
 * out.c - a queue in front of stdout or stderr, so that a slow reader never stalls the loop.
 *
 * Decides how much may be written without waiting, by what the descriptor is.  Owns the queue and,
 * for a terminal, a second open of it.  Never changes the flags of the caller's descriptor, never
 * reports an error: a reader that is gone is silently written to no more.
 */
#include "ui/out.h"

#include "base/xalloc.h"
#include "ui/budget.h"
#include "ui/spill.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FLUSH_BYTES_MAX = 64 * 1024, /* a call */
    PIPE_BYTES_MAX = 4096,       /* POLLOUT of a pipe promises one page (pipe(7)) */
    SHARED_TTY_BYTES_MAX = 256,  /* a terminal that could not be reopened */
};

enum kind { KIND_FILE, KIND_PIPE, KIND_SOCKET, KIND_TERMINAL, KIND_SHARED_TERMINAL };

enum { CHUNK_BYTES = 64 * 1024 - 32 };

struct chunk {
    struct chunk *next; /* owned */
    size_t begin, end;  /* bytes before begin are written */
    char bytes[CHUNK_BYTES];
};

struct out {
    enum kind kind;
    int fd;     /* borrowed; of a terminal: owned */
    bool owned; /* fd is ours to close */
    bool gone;
    size_t soft_max;
    uint64_t dropped;                  /* bytes thrown away and not yet told */
    struct chunk *first, *last;        /* owned */
    size_t queued;                     /* bytes in them that are not written */
    struct budget *budget;             /* borrowed; NULL: none */
    struct spill *spill;               /* owned; NULL: none.  Its bytes come after the chunks' */
    char note[2 * OUT_NOTE_BYTES_MAX]; /* comes after those */
};

static void
append(struct out *o, const char *bytes, size_t len)
{
    while (len > 0) {
        struct chunk *c = o->last;
        if (c == NULL || c->end == CHUNK_BYTES) {
            c = xreallocarray(NULL, 1, sizeof(*c)); /* not cleared: most turns fill little of it */
            c->next = NULL;
            c->begin = c->end = 0;
            budget_take(o->budget, sizeof(*c));
            *(o->last == NULL ? &o->first : &o->last->next) = c;
            o->last = c;
        }
        const size_t room = CHUNK_BYTES - c->end;
        const size_t part = len < room ? len : room;
        memcpy(c->bytes + c->end, bytes, part);
        c->end += part;
        o->queued += part;
        bytes += part;
        len -= part;
    }
}

static void
drop_first(struct out *o)
{
    struct chunk *c = o->first;

    o->queued -= c->end - c->begin;
    o->first = c->next;
    o->last = o->first == NULL ? NULL : o->last;
    budget_give(o->budget, sizeof(*c));
    free(c);
}

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
    while (o->first != NULL) {
        drop_first(o);
    }
    spill_free(o->spill);
    free(o);
}

void
out_bind(struct out *o, struct budget *budget, const char *spill_dir)
{
    assert(o->first == NULL);
    o->budget = budget;
    if (spill_dir != NULL && !out_is_terminal(o) && o->spill == NULL) {
        o->spill = spill_new(spill_dir);
    }
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

/* ---------------------------------------------------------------- the queue */

/* When memory is empty: a piece of the file, then what was said at its end. */
static void
refill(struct out *o)
{
    char piece[CHUNK_BYTES];

    if (o->queued == 0 && spill_pending(o->spill) > 0) {
        append(o, piece, spill_take(o->spill, piece, sizeof(piece)));
    }
    if (spill_pending(o->spill) == 0 && o->note[0] != '\0') {
        append(o, o->note, strlen(o->note));
        o->note[0] = '\0';
    }
}

/* What is in the file already, or does not fit, goes there; false: it is to be queued. */
static bool
spilled(struct out *o, const char *bytes, size_t len)
{
    const bool fits =
        o->queued + len <= OUT_HARD_BYTES_MAX && budget_fits(o->budget, BUDGET_QUEUES, len);

    if (o->spill == NULL || (spill_pending(o->spill) == 0 && fits)) {
        return false;
    }
    if (spill_add(o->spill, bytes, len) == 0) {
        return true;
    }
    if (spill_pending(o->spill) == 0) {
        return false;
    }
    o->dropped += len; /* it would stand before what is in the file */
    return true;
}

void
out_add(struct out *o, const char *bytes, size_t len)
{
    if (o->gone || spilled(o, bytes, len)) {
        return;
    }
    if (len > OUT_HARD_BYTES_MAX || o->queued > OUT_HARD_BYTES_MAX - len) {
        o->dropped += len;
        return;
    }
    append(o, bytes, len);
}

void
out_tell_dropped(struct out *o, struct out *from)
{
    char note[OUT_NOTE_BYTES_MAX];

    if (from->dropped == 0 || o->gone) {
        return;
    }
    (void)snprintf(note, sizeof(note),
                   "%" PRIu64 " bytes of output dropped: the reader is too slow\n", from->dropped);
    from->dropped = 0;
    if (spill_pending(o->spill) == 0) {
        append(o, note, strlen(note));
    } else {
        const size_t used = strlen(o->note);
        (void)snprintf(o->note + used, sizeof(o->note) - used, "%s", note);
    }
}

size_t
out_pending(const struct out *o)
{
    return o->gone ? 0 : o->queued + (size_t)spill_pending(o->spill) + strlen(o->note);
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
    while (o->first != NULL) {
        drop_first(o);
    }
    spill_free(o->spill);
    o->spill = NULL;
    o->note[0] = '\0';
}

void
out_flush(struct out *o)
{
    size_t written = 0;

    while (out_pending(o) > 0 && (written < FLUSH_BYTES_MAX || o->kind == KIND_FILE)) {
        refill(o);
        struct chunk *c = o->first;
        if (c == NULL) {
            return; /* the file could not be read */
        }
        const ssize_t n = write_some(o, c->bytes + c->begin, c->end - c->begin);
        if (n < 0) {
            lose_reader(o);
        }
        if (n <= 0) {
            return;
        }
        c->begin += (size_t)n;
        o->queued -= (size_t)n;
        written += (size_t)n;
        if (c->begin == c->end) {
            drop_first(o);
        }
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
    if (o->spill != NULL && !spill_is_full(o->spill)) {
        return false;
    }
    return out_pending(o) >= o->soft_max || !budget_fits(o->budget, BUDGET_QUEUES, 0);
}

bool
out_gone(const struct out *o)
{
    return o->gone;
}

/*
 * seam.c - send() and recv() as libssh should see them.
 *
 * Decides when an error of a socket is told (at recv, after the last byte that did arrive).  Owns
 * one small record a watched descriptor.  Never touches the sockets of others.
 */
#include "ssh/seam.h"

#include "base/xalloc.h"

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

/* A reader that was told "readable" and finds nothing waits this long: libssh takes EAGAIN for the
 * end.  Only the kernel dropping a bad packet after select said yes leads here (select(2), BUGS).
 */
enum { SPURIOUS_WAIT_MS = 20, HELD_BYTES_MAX = 4096 };

struct seam_record {
    bool watched;
    int error;         /* errno of the send that failed, 0 */
    int told;          /* errno of the last recv that failed, 0 */
    struct buf *heard; /* borrowed: the first bytes that come go there too; NULL: nowhere */
    const struct seam_peer *peer; /* borrowed; NULL: a socket */
    void *arg;                    /* borrowed */
    size_t limit;                 /* of one recv; 0: none */
    bool corked;
    struct buf held; /* owned: sent by libssh, not yet by us */
};

/* The one mutable global of the program: send() has no argument to carry a context. */
static struct {
    struct seam_record *records; /* owned; by descriptor */
    size_t count;
} seam;

static struct seam_record *
record_of(int fd)
{
    if (fd < 0 || (size_t)fd >= seam.count || !seam.records[fd].watched) {
        return NULL;
    }
    return &seam.records[fd];
}

/* Its record, empty; there is room for it then. */
static struct seam_record *
make_record(int fd)
{
    assert(fd >= 0);
    if ((size_t)fd >= seam.count) {
        const size_t count = (size_t)fd * 2 + 64;
        seam.records = xreallocarray(seam.records, count, sizeof(*seam.records));
        memset(seam.records + seam.count, 0, (count - seam.count) * sizeof(*seam.records));
        seam.count = count;
    }
    buf_release(&seam.records[fd].held);
    seam.records[fd] = (struct seam_record){.watched = true};
    return &seam.records[fd];
}

void
seam_watch(int fd)
{
    (void)make_record(fd);
}

void
seam_serve(int fd, const struct seam_peer *peer, void *arg)
{
    struct seam_record *r = make_record(fd);

    r->peer = peer;
    r->arg = arg;
}

void
seam_tap(int fd, struct buf *heard)
{
    struct seam_record *r = record_of(fd);

    if (r != NULL) {
        r->heard = heard;
    }
}

int
seam_error(int fd)
{
    const struct seam_record *r = record_of(fd);

    return r == NULL ? 0 : r->told;
}

static void
note(struct buf *to, const void *bytes, ssize_t n)
{
    if (to != NULL && n > 0 && to->len < to->max) {
        const size_t room = to->max - to->len;
        (void)buf_add(to, bytes, (size_t)n < room ? (size_t)n : room);
    }
}

void
seam_forget(int fd)
{
    struct seam_record *r = record_of(fd);

    if (r != NULL) {
        buf_release(&r->held);
        *r = (struct seam_record){0};
    }
}

void
seam_limit(int fd, size_t max)
{
    struct seam_record *r = record_of(fd);

    if (r != NULL) {
        r->limit = max;
    }
}

bool
seam_in_place(void)
{
    return dlsym(RTLD_DEFAULT, "send") == (void *)(ptrdiff_t)&send &&
           dlsym(RTLD_DEFAULT, "recv") == (void *)(ptrdiff_t)&recv;
}

/* ---------------------------------------------------------------- sending */

/* Bytes taken; 0: none now.  An error is kept for the next recv. */
static size_t
send_now(struct seam_record *r, int fd, const void *bytes, size_t len, int flags)
{
    ssize_t n;

    do {
        n = sendto(fd, bytes, len, flags | MSG_NOSIGNAL, NULL, 0);
    } while (n < 0 && errno == EINTR);
    if (n >= 0) {
        return (size_t)n;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return 0; /* libssh keeps the bytes and asks again when poll says writable */
    }
    r->error = errno;
    (void)shutdown(fd, SHUT_RDWR); /* so that poll wakes the reader whatever the error was */
    return len;
}

/* False: the socket takes no more now. */
static bool
send_held(struct seam_record *r, int fd)
{
    while (r->held.len > 0) {
        const size_t n = send_now(r, fd, r->held.data, r->held.len, 0);
        if (n == 0) {
            return false;
        }
        buf_drain(&r->held, n);
    }
    buf_release(&r->held); /* an idle session holds nothing */
    return true;
}

void
seam_cork(int fd)
{
    struct seam_record *r = record_of(fd);

    if (r != NULL) {
        r->corked = r->peer == NULL;
    }
}

void
seam_uncork(int fd)
{
    struct seam_record *r = record_of(fd);

    if (r != NULL) {
        r->corked = false;
        (void)send_held(r, fd);
    }
}

bool
seam_holds(int fd)
{
    const struct seam_record *r = record_of(fd);

    return r != NULL && r->held.len > 0;
}

/* sendto and recvfrom without an address are send and recv (send(2), recv(2)), so no look-up of the
 * next symbol is needed. */
ssize_t
send(int fd, const void *bytes, size_t len, int flags)
{
    struct seam_record *r = record_of(fd);

    if (r == NULL) {
        return sendto(fd, bytes, len, flags, NULL, 0);
    }
    if (r->peer != NULL) {
        return r->peer->send(r->arg, bytes, len);
    }
    if (r->error != 0) {
        return (ssize_t)len;
    }
    if (r->corked && len <= HELD_BYTES_MAX - r->held.len) {
        if (r->held.data == NULL) {
            buf_init(&r->held, HELD_BYTES_MAX);
        }
        (void)buf_add(&r->held, bytes, len);
        return (ssize_t)len;
    }
    if (!send_held(r, fd)) {
        return 0;
    }
    return r->error != 0 ? (ssize_t)len : (ssize_t)send_now(r, fd, bytes, len, flags);
}

/* ---------------------------------------------------------------- receiving */

static ssize_t
recv_patiently(int fd, void *bytes, size_t len, int flags)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    bool waited = false;

    for (;;) {
        const ssize_t n = recvfrom(fd, bytes, len, flags, NULL, NULL);
        if (n >= 0 || (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)) {
            return n;
        }
        if (errno == EINTR) {
            continue;
        }
        if (waited) {
            return -1;
        }
        waited = poll(&p, 1, SPURIOUS_WAIT_MS) == 0;
    }
}

ssize_t
recv(int fd, void *bytes, size_t len, int flags)
{
    struct seam_record *r = record_of(fd);

    if (r == NULL) {
        return recvfrom(fd, bytes, len, flags, NULL, NULL);
    }
    if (r->peer != NULL) {
        return r->peer->recv(r->arg, bytes, len);
    }
    const size_t max = r->limit > 0 && r->limit < len ? r->limit : len;
    const ssize_t n = recv_patiently(fd, bytes, max, flags);
    if (n <= 0 && r->error != 0) {
        r->told = errno = r->error;
        return -1;
    }
    if (n < 0) {
        r->told = errno;
    }
    note(r->heard, bytes, n);
    return n;
}

/*
 * seam.c - send() and recv() as libssh should see them.
 *
 * Decides when an error of a socket is told (at recv, after the last byte that did arrive).  Owns
 * one small record a watched descriptor.  Never touches the sockets of others, and never allocates
 * after seam_watch.
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
enum { SPURIOUS_WAIT_MS = 20 };

struct seam_record {
    bool watched;
    int error;    /* errno of the send that failed, 0 */
    size_t limit; /* of one recv; 0: none */
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

void
seam_watch(int fd)
{
    assert(fd >= 0);
    if ((size_t)fd >= seam.count) {
        const size_t count = (size_t)fd * 2 + 64;
        seam.records = xreallocarray(seam.records, count, sizeof(*seam.records));
        memset(seam.records + seam.count, 0, (count - seam.count) * sizeof(*seam.records));
        seam.count = count;
    }
    seam.records[fd] = (struct seam_record){.watched = true};
}

void
seam_forget(int fd)
{
    struct seam_record *r = record_of(fd);

    if (r != NULL) {
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

/* sendto and recvfrom without an address are send and recv (send(2), recv(2)), so no look-up of the
 * next symbol is needed. */
ssize_t
send(int fd, const void *bytes, size_t len, int flags)
{
    struct seam_record *r = record_of(fd);
    ssize_t n;

    if (r == NULL) {
        return sendto(fd, bytes, len, flags, NULL, 0);
    }
    if (r->error != 0) {
        return (ssize_t)len;
    }
    do {
        n = sendto(fd, bytes, len, flags | MSG_NOSIGNAL, NULL, 0);
    } while (n < 0 && errno == EINTR);
    if (n >= 0) {
        return n;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return 0; /* libssh keeps the bytes and asks again when poll says writable */
    }
    r->error = errno;
    (void)shutdown(fd, SHUT_RDWR); /* so that poll wakes the reader whatever the error was */
    return (ssize_t)len;
}

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
    const size_t max = r->limit > 0 && r->limit < len ? r->limit : len;
    const ssize_t n = recv_patiently(fd, bytes, max, flags);
    if (n <= 0 && r->error != 0) {
        errno = r->error;
        return -1;
    }
    return n;
}

/*
 * dial.c - connects, address by address.
 *
 * Decides in which order and how long each is tried.  Owns the socket until it is connected.
 * Never resolves, never speaks: what happens on the connection is session.c.
 */
#include "ssh/dial.h"

#include "base/buf.h"
#include "base/xalloc.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DIAL_TEXT_MAX = 800 };

struct dial {
    struct event_base *base; /* borrowed */
    struct addresses addresses;
    int next;         /* the address to try after this one */
    int fd;           /* owned; -1 between addresses */
    int64_t share_ms; /* of each address; -1: the kernel's own limit */
    int64_t user_timeout_ms;
    struct sockaddr_storage bind_to;
    socklen_t bind_size; /* 0: the kernel chooses */
    struct event *event; /* owned: fd writable or the share is over; rebuilt for each address */
    struct buf text;     /* owned: what went wrong so far */
    bool reset;          /* the last address, see dial.h */
    bool is_short;       /* likewise */
    dial_done *fn;
    void *arg; /* borrowed */
};

static void dial_try(struct dial *d);

static void
note_failure(struct dial *d, int index, const char *what)
{
    char host[NI_MAXHOST] = "?";
    char port[NI_MAXSERV] = "?";
    const struct sockaddr *a = &d->addresses.items[index].any;

    (void)getnameinfo(a, d->addresses.sizes[index], host, sizeof(host), port, sizeof(port),
                      NI_NUMERICHOST | NI_NUMERICSERV);
    (void)buf_addf(&d->text, "%s%s port %s: %s", d->text.len > 0 ? "; " : "", host, port, what);
}

static void
drop_socket(struct dial *d)
{
    if (d->event != NULL) {
        event_free(d->event);
        d->event = NULL;
    }
    if (d->fd >= 0) {
        (void)close(d->fd);
        d->fd = -1;
    }
}

static void
on_ready(evutil_socket_t fd, short what, void *arg)
{
    struct dial *d = arg;
    int error = ETIMEDOUT;
    socklen_t len = sizeof(error);

    if (d->fd < 0) { /* nothing could be started, or there is no address at all */
        d->fn(d->arg, -1, d->reset, d->text.data);
        return;
    }
    if ((what & EV_WRITE) != 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0) {
        error = errno;
    }
    if (error != 0) {
        note_failure(d, d->next - 1, strerror(error));
        d->reset = error == ECONNRESET;
        d->is_short = false;
        drop_socket(d);
        dial_try(d);
        return;
    }
    event_free(d->event);
    d->event = NULL;
    d->fd = -1;
    d->fn(d->arg, (int)fd, false, "");
}

/* -1: without a limit. */
static void
wait_for(struct dial *d, short what, int64_t ms)
{
    const struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};

    d->event = event_new(d->base, d->fd, what, on_ready, d);
    assert(d->event != NULL);
    (void)event_add(d->event, ms < 0 ? NULL : &tv);
}

/* An address that this machine has no way to come from (IPv6 that is off) fails like one for which
 * no port is left; only the first fails for a socket that needs none. */
static bool
has_source(const struct sockaddr *to, socklen_t size)
{
    const int fd = socket(to->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const bool has = fd < 0 || connect(fd, to, size) == 0 || errno != EADDRNOTAVAIL;

    if (fd >= 0) {
        (void)close(fd);
    }
    return has;
}

/* Of socket(2) and connect(2). */
static bool
is_short_of(const struct dial *d, int index, int error)
{
    if (error == EADDRNOTAVAIL) {
        return has_source(&d->addresses.items[index].any, d->addresses.sizes[index]);
    }
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void
prepare_socket(const struct dial *d)
{
    const unsigned user_ms = (unsigned)d->user_timeout_ms;
    const int one = 1;

    (void)setsockopt(d->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (user_ms > 0) {
        (void)setsockopt(d->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_ms, sizeof(user_ms));
    }
}

/* 0, or errno, and is_short. */
static int
start_one(struct dial *d, int index)
{
    const struct sockaddr *a = &d->addresses.items[index].any;
    int error = 0;

    d->is_short = false;
    d->fd = socket(a->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (d->fd < 0) {
        error = errno;
        d->is_short = is_short_of(d, index, error);
        return error;
    }
    prepare_socket(d);
    if (d->bind_size > 0 && bind(d->fd, (const struct sockaddr *)&d->bind_to, d->bind_size) < 0) {
        error = errno;
        d->is_short = error == EADDRINUSE; /* no port; EADDRNOTAVAIL: it is not ours */
    } else if (connect(d->fd, a, d->addresses.sizes[index]) < 0 && errno != EINPROGRESS) {
        error = errno;
        d->is_short = is_short_of(d, index, error);
    }
    if (error != 0) {
        drop_socket(d);
    }
    return error;
}

static void
dial_try(struct dial *d)
{
    while (d->next < d->addresses.count) {
        const int index = d->next++;
        const int error = start_one(d, index);
        if (error == 0) {
            wait_for(d, EV_WRITE, d->share_ms);
            return;
        }
        note_failure(d, index, strerror(error));
        d->reset = false;
    }
    if (d->text.len == 0) {
        (void)buf_adds(&d->text, "no address");
    }
    wait_for(d, 0, 0);
}

/* Only addresses of the family stay.  The address we come from has one, too. */
static void
keep_family(struct dial *d, int family)
{
    int kept = 0;

    for (int i = 0; i < d->addresses.count; i++) {
        const int is = d->addresses.items[i].any.sa_family;
        if ((family == AF_UNSPEC || is == family) &&
            (d->bind_size == 0 || is == d->bind_to.ss_family)) {
            d->addresses.items[kept] = d->addresses.items[i];
            d->addresses.sizes[kept++] = d->addresses.sizes[i];
        }
    }
    if (kept == 0 && d->addresses.count > 0) {
        (void)buf_addf(&d->text, "none of %d addresses is of the family %s", d->addresses.count,
                       d->bind_size > 0 ? "of the BindAddress" : "that AddressFamily names");
    }
    d->addresses.count = kept;
}

/* A literal address: nothing is looked up. */
static void
read_bind(struct dial *d, const char *text)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    struct addrinfo *all = NULL;

    if (text != NULL && getaddrinfo(text, NULL, &hints, &all) == 0) {
        memcpy(&d->bind_to, all->ai_addr, all->ai_addrlen);
        d->bind_size = all->ai_addrlen;
        freeaddrinfo(all);
    }
}

struct dial *
dial_start(struct event_base *base, const struct addresses *addresses, const struct dial_way *way,
           dial_done *fn, void *arg)
{
    struct dial *d = xcalloc(1, sizeof(*d));

    d->base = base;
    d->addresses = *addresses;
    d->fd = -1;
    d->user_timeout_ms = way->user_timeout_ms;
    d->fn = fn;
    d->arg = arg;
    buf_init(&d->text, DIAL_TEXT_MAX);
    read_bind(d, way->bind_address);
    keep_family(d, way->family);
    d->share_ms = way->timeout_ms > 0 ? way->timeout_ms / (d->addresses.count + 1) : -1;
    dial_try(d);
    return d;
}

bool
dial_is_short(const struct dial *d)
{
    return d->is_short;
}

void
dial_free(struct dial *d)
{
    if (d == NULL) {
        return;
    }
    drop_socket(d);
    buf_release(&d->text);
    free(d);
}

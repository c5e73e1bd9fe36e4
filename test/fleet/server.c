/*
 * server.c - listens and accepts.
 *
 * Decides who is let in: loopback, and a host we have.  Owns the listening socket.  Never waits: a
 * full table of descriptors pauses accepting until the next timer.
 */
#include "fleet/server.h"

#include "base/xalloc.h"
#include "fleet/conn.h"
#include "fleet/fleet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096, ACCEPTS_A_TURN = 64, PAUSE_US = 20 * 1000 };

struct server {
    struct fleet *fleet;    /* borrowed */
    int fd;                 /* owned */
    struct event *readable; /* owned */
    struct event *pause;    /* owned */
    int port;
};

static bool
is_loopback(struct in_addr in)
{
    return (ntohl(in.s_addr) >> 24) == 127;
}

static void
greet(struct server *s, int fd, const struct sockaddr_in *peer)
{
    struct sockaddr_in dialled = {0};
    socklen_t len = sizeof(dialled);
    const int one = 1;
    char from[INET_ADDRSTRLEN];
    char to[INET_ADDRSTRLEN];
    char client[128];

    if (getsockname(fd, (struct sockaddr *)&dialled, &len) < 0 || !is_loopback(dialled.sin_addr) ||
        !is_loopback(peer->sin_addr)) {
        (void)close(fd);
        return;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    (void)inet_ntop(AF_INET, &peer->sin_addr, from, sizeof(from));
    (void)inet_ntop(AF_INET, &dialled.sin_addr, to, sizeof(to));
    (void)snprintf(client, sizeof(client), "%s %d %s %d", from, ntohs(peer->sin_port), to, s->port);
    s->fleet->counts.accepted++;
    conn_start(s->fleet, fd, dialled.sin_addr, client);
}

static void
on_readable(evutil_socket_t listener, short what, void *arg)
{
    struct server *s = arg;
    const struct timeval pause = {.tv_usec = PAUSE_US};

    (void)what;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        struct sockaddr_in peer = {0};
        socklen_t len = sizeof(peer);
        const int fd =
            accept4(listener, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            greet(s, fd, &peer);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            (void)event_del(s->readable);
            (void)evtimer_add(s->pause, &pause);
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

static void
on_pause_over(evutil_socket_t fd, short what, void *arg)
{
    struct server *s = arg;

    (void)fd;
    (void)what;
    (void)event_add(s->readable, NULL);
}

static int
open_socket(struct server *s, const char *address, int port, struct err *err)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t len = sizeof(in);
    const int one = 1;

    if (inet_pton(AF_INET, address, &in.sin_addr) != 1 ||
        (in.sin_addr.s_addr != INADDR_ANY && !is_loopback(in.sin_addr))) {
        return err_set(err, ERR_USAGE, "--listen: expected 0.0.0.0 or a 127.x.y.z, got \"%s\"",
                       address);
    }
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->fd < 0) {
        return err_set(err, ERR_IO, "socket: %s", strerror(errno));
    }
    (void)setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    (void)setsockopt(s->fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", sizeof("lo"));
    if (bind(s->fd, (struct sockaddr *)&in, sizeof(in)) < 0 || listen(s->fd, BACKLOG) < 0 ||
        getsockname(s->fd, (struct sockaddr *)&in, &len) < 0) {
        return err_set(err, ERR_IO, "%s port %d: %s", address, port, strerror(errno));
    }
    s->port = ntohs(in.sin_port);
    return 0;
}

struct server *
server_new(struct fleet *fleet, struct err *err)
{
    struct server *s = xcalloc(1, sizeof(*s));

    s->fleet = fleet;
    s->fd = -1;
    if (open_socket(s, fleet->options.listen, fleet->options.port, err) < 0) {
        server_free(s);
        return NULL;
    }
    s->readable = event_new(fleet->base, s->fd, EV_READ | EV_PERSIST, on_readable, s);
    s->pause = evtimer_new(fleet->base, on_pause_over, s);
    if (s->readable == NULL || s->pause == NULL || event_add(s->readable, NULL) < 0) {
        abort();
    }
    return s;
}

void
server_free(struct server *s)
{
    if (s == NULL) {
        return;
    }
    if (s->readable != NULL) {
        event_free(s->readable);
    }
    if (s->pause != NULL) {
        event_free(s->pause);
    }
    if (s->fd >= 0) {
        (void)close(s->fd);
    }
    free(s);
}

int
server_port(const struct server *s)
{
    return s->port;
}

/*
 * tcp.c - connects to one address, and that is all.
 *
 * Decides whether a host takes a connection.  Owns the socket until it knows.  Never sends or
 * reads a byte; which address, and what comes after it, is probe.c.
 */
#include "probe/tcp.h"

#include "base/xalloc.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tcp_call {
    int fd;              /* owned; -1: could not be started */
    int error;           /* then why */
    struct event *event; /* owned */
    attempt_done *fn;
    void *arg; /* borrowed */
};

void
tcp_error_text(int error, char *ret_text, size_t size)
{
    (void)snprintf(ret_text, size, "%s", strerror(error));
    if (size > 1 && islower((unsigned char)ret_text[1])) { /* not the ones like "RPC is bad" */
        ret_text[0] = (char)tolower((unsigned char)ret_text[0]);
    }
}

static void
on_ready(evutil_socket_t fd, short what, void *arg)
{
    struct tcp_call *c = arg;
    char text[128];
    int error = c->error;
    socklen_t len = sizeof(error);

    if ((what & EV_WRITE) != 0) {
        if (getsockopt((int)fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0) {
            error = errno;
        }
    } else if (c->fd >= 0) {
        error = ETIMEDOUT;
    }
    if (error == 0) {
        c->fn(c->arg, ATTEMPT_PASSED, "connected");
        return;
    }
    tcp_error_text(error, text, sizeof(text));
    c->fn(c->arg, ATTEMPT_NO_CONNECTION, text);
}

static void
open_socket(struct tcp_call *c, const struct sockaddr *address, socklen_t size)
{
    c->fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) {
        c->error = errno;
    } else if (connect(c->fd, address, size) < 0 && errno != EINPROGRESS) {
        c->error = errno;
        (void)close(c->fd);
        c->fd = -1;
    }
}

struct tcp_call *
tcp_start(struct event_base *base, const struct sockaddr *address, socklen_t size,
          int64_t connect_ms, attempt_done *fn, void *arg)
{
    struct tcp_call *c = xcalloc(1, sizeof(*c));
    const struct timeval tv = {.tv_sec = connect_ms / 1000, .tv_usec = connect_ms % 1000 * 1000};

    c->fn = fn;
    c->arg = arg;
    open_socket(c, address, size);
    c->event = event_new(base, c->fd, c->fd >= 0 ? EV_WRITE : 0, on_ready, c);
    assert(c->event != NULL);
    if (c->fd < 0) {
        event_active(c->event, EV_TIMEOUT, 0);
    } else {
        (void)event_add(c->event, connect_ms > 0 ? &tv : NULL);
    }
    return c;
}

void
tcp_free(struct tcp_call *c)
{
    if (c == NULL) {
        return;
    }
    event_free(c->event);
    if (c->fd >= 0) {
        (void)close(c->fd);
    }
    free(c);
}

/*
 * proxy.c - frames messages of both directions, keeps count, cuts.
 *
 * Decides from lengths and order which phase the client is in (RFC 4253, 4252, 4254).  Owns the
 * listener and both sockets.  Never decrypts, never waits.
 */
#include "cut/proxy.h"

#include "base/buf.h"
#include "base/xalloc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MSG_NEWKEYS = 21, /* RFC 4253 7.3 */
    GCM_TAG = 16,
    HELD_MAX = 1 << 20,
    CHUNK = 64 * 1024,
    /* Of encrypted packets: multiples of 16 around what RFC 4254 says they hold. */
    LEN_SMALL = 16, /* window adjust, success, EOF, close */
    LEN_OPEN = 32,  /* channel open of "session"; its confirmation; exit status */
};

/* Server messages after its NEWKEYS, as OpenSSH sends them: extension info, service accept, success
 * of authentication, the global request with its host keys. */
enum { SEALED_AUTHENTICATED = 3 };

struct lane {
    int fd;           /* owned: where the bytes come from; -1 */
    struct buf held;  /* owned: not yet forwarded */
    bool sealed;      /* NEWKEYS has passed */
    int count;        /* messages seen whole */
    int sealed_count; /* of them after NEWKEYS */
    struct event *readable;
};

struct cut {
    struct event_base *base; /* borrowed */
    struct cut_plan plan;
    struct sockaddr_in server;
    int listener; /* owned */
    int port;
    struct event *accept; /* owned */
    struct lane lanes[CUT_WAYS];
    enum cut_phase phase;
    int exec_answers; /* in CUT_IN_EXEC: window adjust, success */
    bool eof_given;
    bool done;
};

static const char *const phase_names[] = {
    [CUT_IN_VERSION] = "version", [CUT_IN_KEX] = "kex",         [CUT_IN_AUTH] = "auth",
    [CUT_IN_READY] = "ready",     [CUT_IN_CHANNEL] = "channel", [CUT_IN_EXEC] = "exec",
    [CUT_IN_STEP] = "step",       [CUT_IN_STATUS] = "status",
};
_Static_assert(sizeof(phase_names) / sizeof(phase_names[0]) == CUT_PHASES, "a name a phase");

const char *
cut_phase_name(enum cut_phase phase)
{
    return phase_names[phase];
}

static void
must(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* ---------------------------------------------------------------- messages */

static uint32_t
packet_length(const struct lane *l)
{
    const unsigned char *b = (const unsigned char *)l->held.data;

    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Bytes of the first message held; 0 if it is not whole. */
static size_t
message_size(const struct lane *l)
{
    size_t size;

    if (l->count == 0) {
        const char *end = l->held.len == 0 ? NULL : memchr(l->held.data, '\n', l->held.len);
        return end == NULL ? 0 : (size_t)(end - l->held.data) + 1;
    }
    if (l->held.len < 5) {
        return 0;
    }
    size = 4 + (size_t)packet_length(l) + (l->sealed ? GCM_TAG : 0);
    must(size < HELD_MAX);
    return l->held.len < size ? 0 : size;
}

static void
hear_client(struct cut *c, uint32_t len)
{
    const bool between = c->phase == CUT_IN_READY || c->phase == CUT_IN_STATUS;

    if (between && len == LEN_OPEN) {
        c->phase = CUT_IN_CHANNEL;
        c->eof_given = false;
    }
}

static void
hear_server(struct cut *c, uint32_t len)
{
    switch (c->phase) {
    case CUT_IN_VERSION:
    case CUT_IN_KEX:
    case CUT_IN_READY:
    case CUT_IN_STATUS:
        break;
    case CUT_IN_AUTH:
        if (c->lanes[CUT_FROM_SERVER].sealed_count >= SEALED_AUTHENTICATED) {
            c->phase = CUT_IN_READY;
        }
        break;
    case CUT_IN_CHANNEL:
        if (len == LEN_OPEN) {
            c->phase = CUT_IN_EXEC;
            c->exec_answers = 0;
        }
        break;
    case CUT_IN_EXEC:
        c->exec_answers += len == LEN_SMALL;
        c->phase = c->exec_answers == 2 ? CUT_IN_STEP : CUT_IN_EXEC;
        break;
    case CUT_IN_STEP:
        c->phase = len == LEN_OPEN ? CUT_IN_STATUS : CUT_IN_STEP;
        break;
    }
}

/* What the client sends changes its phase when it is seen, what the server sends when it is given
 * to the client. */
static void
hear(struct cut *c, enum cut_way way)
{
    struct lane *l = &c->lanes[way];
    const uint32_t len = packet_length(l);

    if (way == CUT_FROM_CLIENT) {
        if (l->sealed) {
            hear_client(c, len);
        }
        return;
    }
    if (l->sealed) {
        l->sealed_count++;
        hear_server(c, len);
    } else if (l->count == 0) {
        c->phase = CUT_IN_KEX;
    } else if (l->held.data[5] == MSG_NEWKEYS) {
        c->phase = CUT_IN_AUTH;
    }
}

/* ---------------------------------------------------------------- cutting */

static void
close_lane(struct lane *l)
{
    if (l->readable != NULL) {
        event_free(l->readable);
        l->readable = NULL;
    }
    if (l->fd >= 0) {
        (void)close(l->fd);
        l->fd = -1;
    }
}

static void
cut_now(struct cut *c)
{
    const struct linger now = {.l_onoff = 1};
    struct lane *client = &c->lanes[CUT_FROM_CLIENT];

    c->done = true;
    close_lane(&c->lanes[CUT_FROM_SERVER]);
    switch (c->plan.how) {
    case CUT_RESET:
        (void)setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        close_lane(client);
        break;
    case CUT_CLOSE:
        close_lane(client);
        break;
    case CUT_HALF:
        (void)shutdown(client->fd, SHUT_WR);
        break;
    }
}

/* Both sockets are blocking for writes: what is in flight is far less than their buffers. */
static void
give(struct cut *c, enum cut_way way, size_t len)
{
    struct lane *l = &c->lanes[way];
    const int to = c->lanes[way == CUT_FROM_CLIENT ? CUT_FROM_SERVER : CUT_FROM_CLIENT].fd;
    size_t at = 0;

    while (at < len) {
        const ssize_t n = send(to, l->held.data + at, len - at, MSG_NOSIGNAL);
        if (n <= 0) {
            return; /* gone: its own lane says so */
        }
        at += (size_t)n;
    }
}

/* Forward the first message held; false once the connection is cut. */
static bool
pass(struct cut *c, enum cut_way way, size_t size)
{
    struct lane *l = &c->lanes[way];
    const bool here = c->plan.way == way && c->plan.message == l->count + 1;

    if (way == CUT_FROM_CLIENT) {
        hear(c, way);
    }
    if (here && c->plan.place != CUT_AFTER) {
        give(c, way, c->plan.place == CUT_MIDDLE ? size / 2 : 0);
        cut_now(c);
        return false;
    }
    give(c, way, size);
    if (way == CUT_FROM_SERVER) {
        hear(c, way);
    } else if (c->phase == CUT_IN_STEP && packet_length(l) == LEN_SMALL) {
        c->eof_given = true; /* the first of this size: output is too short for window adjusts */
    }
    l->sealed = l->sealed || (l->count > 0 && l->held.data[5] == MSG_NEWKEYS);
    l->count++;
    if (here) {
        cut_now(c);
        return false;
    }
    return true;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct cut *c = arg;
    const enum cut_way way = fd == c->lanes[CUT_FROM_CLIENT].fd ? CUT_FROM_CLIENT : CUT_FROM_SERVER;
    struct lane *l = &c->lanes[way];
    char bytes[CHUNK];
    const ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    size_t size;

    (void)what;
    if (n <= 0) {
        if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            close_lane(&c->lanes[CUT_FROM_CLIENT]);
            close_lane(&c->lanes[CUT_FROM_SERVER]);
        }
        return;
    }
    if (c->done) {
        return; /* half closed: nobody hears it */
    }
    must(buf_add(&l->held, bytes, (size_t)n) == 0);
    while ((size = message_size(l)) > 0) {
        if (!pass(c, way, size)) {
            return;
        }
        buf_drain(&l->held, size);
    }
}

/* ---------------------------------------------------------------- beginning and end */

static void
open_lane(struct cut *c, enum cut_way way, int fd)
{
    struct lane *l = &c->lanes[way];
    const int one = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    l->fd = fd;
    l->readable = event_new(c->base, fd, EV_READ | EV_PERSIST, on_readable, c);
    must(l->readable != NULL && event_add(l->readable, NULL) == 0);
}

static void
on_accept(evutil_socket_t listener, short what, void *arg)
{
    struct cut *c = arg;
    const int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)what;
    must(client >= 0 && server >= 0);
    must(connect(server, (const struct sockaddr *)&c->server, sizeof(c->server)) == 0);
    open_lane(c, CUT_FROM_CLIENT, client);
    open_lane(c, CUT_FROM_SERVER, server);
}

struct cut *
cut_new(struct event_base *base, const char *server, int server_port, const struct cut_plan *plan)
{
    struct cut *c = xcalloc(1, sizeof(*c));
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);

    c->base = base;
    c->plan = *plan;
    c->server =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)server_port)};
    must(inet_pton(AF_INET, server, &c->server.sin_addr) == 1);
    for (int way = 0; way < CUT_WAYS; way++) {
        c->lanes[way].fd = -1;
        buf_init(&c->lanes[way].held, HELD_MAX);
    }
    c->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(c->listener >= 0 && bind(c->listener, (const struct sockaddr *)&a, sizeof(a)) == 0 &&
         listen(c->listener, 1) == 0 && getsockname(c->listener, (struct sockaddr *)&a, &len) == 0);
    c->port = ntohs(a.sin_port);
    c->accept = event_new(base, c->listener, EV_READ, on_accept, c);
    must(c->accept != NULL && event_add(c->accept, NULL) == 0);
    return c;
}

void
cut_free(struct cut *c)
{
    if (c == NULL) {
        return;
    }
    for (int way = 0; way < CUT_WAYS; way++) {
        close_lane(&c->lanes[way]);
        buf_release(&c->lanes[way].held);
    }
    event_free(c->accept);
    (void)close(c->listener);
    free(c);
}

int
cut_port(const struct cut *c)
{
    return c->port;
}

bool
cut_is_done(const struct cut *c)
{
    return c->done;
}

int
cut_count(const struct cut *c, enum cut_way way)
{
    return c->lanes[way].count;
}

enum cut_phase
cut_phase(const struct cut *c)
{
    return c->phase;
}

bool
cut_eof_given(const struct cut *c)
{
    return c->eof_given;
}

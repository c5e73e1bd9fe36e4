/*
 * bridge.h - direct-tcpip channels of one session, each made into a socket that another session can
 * speak on.
 *
 * All work is done in bridges_serve, which the owner of the session calls after each look at its
 * socket; between two calls bridges ask for one with `kick`.  At most BRIDGES_OPENING_MAX channels
 * are asked for at once, the others wait in line.  Each direction is bounded: what the socket does
 * not take stays in libssh, which then does not widen the window; what the channel does not take
 * stays in the socket.  Internal to ssh/.
 */
#ifndef SSH_BRIDGE_H
#define SSH_BRIDGE_H

#include "ssh/session.h"

#include <event2/event.h>
#include <stddef.h>

enum {
    BRIDGES_OPENING_MAX = 16,
    BRIDGE_WINDOW = 1280000, /* libssh's, of each channel (channels.c, WINDOWBASE) */
};

struct bridges; /* of one session */
struct bridge;  /* one channel */

/* RFC 4254, 5.1; and two of ours. */
enum bridge_refusal {
    BRIDGE_PROHIBITED = 1,
    BRIDGE_NO_CONNECTION = 2,
    BRIDGE_UNKNOWN_TYPE = 3,
    BRIDGE_SHORTAGE = 4,
    BRIDGE_UNHEARD, /* refused, but its reason was lost */
    BRIDGE_BAD,     /* libssh could not ask */
};

/* From inside bridges_serve. */
struct bridge_events {
    void (*asked)(void *arg); /* out of the line: the channel is asked for */
    /* fd is the callee's: non-blocking, close-on-exec. */
    void (*there)(void *arg, int fd);
    /* words are the server's, escaped; the bridge must still be freed. */
    void (*refused)(void *arg, enum bridge_refusal why, const char *words);
};

struct bridges *bridges_new(struct event_base *base, void (*kick)(void *arg), void *arg);
/* All bridges must have been freed, or lost with their session.  NULL is fine. */
void bridges_free(struct bridges *b);

/* The session that is ready and has nothing else to do. */
void bridges_begin(struct bridges *b, struct session *session);
/* The session has been freed, or there will be none: sockets are closed, nobody is told. */
void bridges_lose(struct bridges *b);
/* Read the session's socket, at most a bounded part, and move what can be moved.  SESSION_FAIL: the
 * connection is over. */
enum session_io bridges_serve(struct bridges *b);

/* host is borrowed until the bridge is freed. */
struct bridge *bridge_new(struct bridges *b, const char *host, int port,
                          const struct bridge_events *events, void *arg);
/* The owner leaves; what its end of the socket has written still goes out. */
void bridge_free(struct bridge *b);

#endif

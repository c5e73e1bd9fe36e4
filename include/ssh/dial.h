/*
 * dial.h - a TCP connection to the first of several addresses that answers.
 *
 * Addresses are tried in order, each for an equal share of the time, with one share kept for what
 * follows the connection.  The socket is non-blocking, close-on-exec, TCP_NODELAY.
 */
#ifndef SSH_DIAL_H
#define SSH_DIAL_H

#include "proc/zygote.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct dial;

/* fd >= 0: connected, the callee's.  fd -1: text names each address and what was wrong with it;
 * reset: the last one was connected and reset at once, as a server does that has too many.
 * Called once, from the loop, never from inside dial_start; the dial is over then, but must still
 * be freed, and not from inside the call. */
typedef void dial_done(void *arg, int fd, bool reset, const char *text);

struct dial_way {
    int64_t timeout_ms;       /* 0: none but the kernel's */
    int64_t user_timeout_ms;  /* TCP_USER_TIMEOUT, 0: the kernel's */
    int family;               /* AF_INET, AF_INET6: no other address is tried; AF_UNSPEC: any */
    const char *bind_address; /* literal: where it comes from, and of what family; NULL: any */
};

/* addresses and way are copied. */
struct dial *dial_start(struct event_base *base, const struct addresses *addresses,
                        const struct dial_way *way, dial_done *fn, void *arg);
/* Inside fn: the last address failed for want of a descriptor, a port or memory on this machine. */
bool dial_is_short(const struct dial *d);
/* NULL is fine; closes what is under way, fn is not called any more. */
void dial_free(struct dial *d);

#endif

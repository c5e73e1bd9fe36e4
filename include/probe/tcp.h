/*
 * tcp.h - does one address take a TCP connection?  It is closed at once.
 */
#ifndef PROBE_TCP_H
#define PROBE_TCP_H

#include "probe/attempt.h"

#include <event2/event.h>
#include <stdint.h>
#include <sys/socket.h>

struct tcp_call;

/* connect_ms 0: no limit but the kernel's. */
struct tcp_call *tcp_start(struct event_base *base, const struct sockaddr *address, socklen_t size,
                           int64_t connect_ms, attempt_done *fn, void *arg);
/* NULL is fine; fn is not called any more. */
void tcp_free(struct tcp_call *c);

/* The text of an errno, as it stands inside a sentence: "connection refused". */
void tcp_error_text(int error, char *ret_text, size_t size);

#endif

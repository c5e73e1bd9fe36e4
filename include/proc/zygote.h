/*
 * zygote.h - a small child, forked before any library is initialised, that starts short-lived
 * look-ups.
 *
 * getaddrinfo blocks (10 s a name with a dead server, measured), so it runs in children of the
 * zygote: up to 32 at once, each killed at its deadline; more wait in line.  Answers are cached per
 * process. Literal addresses are answered without a child.
 */
#ifndef PROC_ZYGOTE_H
#define PROC_ZYGOTE_H

#include "base/err.h"

#include <event2/event.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum { RESOLVE_ADDRESSES_MAX = 16, RESOLVE_PARALLEL_MAX = 32 };

struct zygote;

/* Not sockaddr_storage, which has room for what no name resolves to: thousands of these are kept.
 */
union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

struct addresses {
    union address items[RESOLVE_ADDRESSES_MAX]; /* port set */
    socklen_t sizes[RESOLVE_ADDRESSES_MAX];
    int count;
};

enum resolve_result { RESOLVE_OK, RESOLVE_NO_NAME, RESOLVE_TEMPORARY, RESOLVE_DEADLINE };

/* Fork the zygote; call it first in main(), before any library is used.  NULL and err on failure.
 */
struct zygote *zygote_start(struct err *err);
/* Ends the zygote and its children; waits for it. */
void zygote_free(struct zygote *z);

/* Take part in a loop, before the first look-up; detach before the base is freed. */
void zygote_attach(struct zygote *z, struct event_base *base);

/* The loop is over: forget what was asked; what was not told yet never will be. */
void zygote_detach(struct zygote *z);

struct lookup;
/* fn is called once from the loop (never from inside this call); addresses is borrowed for the
 * call. */
struct lookup *zygote_resolve(struct zygote *z, const char *name, int port, int64_t timeout_ms,
                              void (*fn)(void *arg, enum resolve_result result,
                                         const struct addresses *addresses, const char *text),
                              void *arg);
/* fn will not be called. Valid only before it was. */
void lookup_cancel(struct lookup *l);

#endif

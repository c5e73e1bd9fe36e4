/*
 * proxy.h - programs that make the connection: ssh_config's ProxyCommand, run as ssh runs it.
 *
 * Each is `/bin/sh -c "exec COMMAND"` with one end of a pair of sockets as stdin and stdout; what
 * it says on stderr is kept, the last line of it, and never reaches the terminal.  At most
 * PROXIES_RUNNING_MAX run at once; more wait in line, in order.  proc/local.h has what a child gets
 * and how it is ended.
 */
#ifndef PROC_PROXY_H
#define PROC_PROXY_H

#include "base/buf.h"

#include <event2/event.h>
#include <stdbool.h>

enum { PROXIES_RUNNING_MAX = 64, PROXY_LINE_MAX = 256 };

struct locals;
struct proxies; /* all programs of one event base */
struct proxy;

/* All from the loop. */
struct proxy_events {
    /* It runs; fd, non-blocking and close-on-exec, is the callee's. */
    void (*running)(void *arg, int fd);
    void (*failed)(void *arg, const char *text); /* could not be started */
    /* It is the first that has to wait, since the line was empty. */
    void (*waits)(void *arg);
    /* It has exited, its stderr is at its end or was cut off: proxy_words has all. */
    void (*ended)(void *arg);
};

struct proxies *proxies_new(struct event_base *base, struct locals *locals);
/* What still runs is killed.  All proxies must have been freed; NULL is fine. */
void proxies_free(struct proxies *p);

/* command is borrowed until it runs. */
struct proxy *
proxy_new(struct proxies *p, const char *command, const struct proxy_events *events, void *arg);
/* It is ended if it runs, and nothing more is told. */
void proxy_free(struct proxy *x);

/* End it if it runs (TERM, a grace, KILL: the whole group); `ended` follows.  False: it is over. */
bool proxy_end(struct proxy *x);
bool proxy_is_over(const struct proxy *x);
/* Append its last words, escaped, and how it exited if it did so badly and by itself; nothing if
 * neither says anything. */
void proxy_words(const struct proxy *x, struct buf *out);

#endif

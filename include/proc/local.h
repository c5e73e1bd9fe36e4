/*
 * local.h - children of the loop: /bin/sh on the controller, each in its own process group.
 *
 * local_run runs a `local` step.  The script is given through a descriptor that is closed before it
 * begins, as on a host: it may hold secrets, and ps shows arguments.  stdin is /dev/null.
 * local_feed is what sshd does for a step: stdin is a pipe that we fill (ssh/session_local.c).
 * The environment is clean: PATH, HOME and LANG as the operator has them, plus what is passed.
 */
#ifndef PROC_LOCAL_H
#define PROC_LOCAL_H

#include "base/err.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOCAL_CHILDREN_MAX = 32, LOCAL_GRACE_MS = 2000 };

struct locals; /* all children of one event base */
struct local;  /* one child */

struct local_events {
    void (*started)(void *arg);
    void (*output)(void *arg, int stderr_stream, const char *bytes, size_t len);
    /* Once, when the child has ended and its pipes are empty, or the grace has passed.
     * timed_out: killed as a group at its deadline (TERM, the grace, KILL).  exit_code -1 if
     * signal. What it left running in the background is killed only with the group. */
    void (*ended)(void *arg, int exit_code, int signal, int timed_out);
    void (*failed)(void *arg, const char *text); /* could not be started */
    /* Of a child that is fed only, and needed there: */
    void (*room)(void *arg); /* it has read on, after local_write took less than it was given */
    /* At once; others may still hold its pipes, `ended` follows when nobody does. */
    void (*exited)(void *arg, int exit_code, int signal);
};

struct locals_config {
    struct event_base *base; /* borrowed */
    int64_t grace_ms;        /* from TERM to KILL, and for pipes that stay open: LOCAL_GRACE_MS */
    unsigned files;          /* soft limit of descriptors the children get; 0: ours */
};
struct locals *locals_new(const struct locals_config *config);
void locals_free(struct locals *l); /* kills what runs */

/* At most LOCAL_CHILDREN_MAX run; more wait in line.  env: NULL-terminated NAME=VALUE, added to the
 * clean environment. All copied. Callbacks come from the loop, never from inside this call; the
 * child is gone after `ended` or `failed`.  timeout_ms 0: no deadline; it begins with the child. */
struct local *
local_run(struct locals *l, const char *script, const char *cwd, const char *const *env,
          int64_t timeout_ms, const struct local_events *events, void *arg);
/* TERM to the group, KILL after the grace; `ended` follows, or `failed` if it was still in line. */
void local_kill(struct local *c);

/* A child that is fed: `sh -c command` (a constant, since ps shows it) in its home and in a session
 * of its own, so that nothing of it can ask at our terminal.  It begins now and stands in no line;
 * it has no deadline, and its open pipes no limit: its end is the caller's to decide (local_kill,
 * local_drop).  `output`, `room`, `exited` and `ended` are called.  NULL and ERR_IO. */
struct local *local_feed(struct locals *l, const char *command, const struct local_events *events,
                         void *arg, struct err *err);
/* A child that speaks on a socket, as ssh has it with a ProxyCommand: `sh -c command` where we are,
 * with our environment (what is secret was taken out of it before) and in a session of its own.  fd
 * is its stdin and stdout, borrowed; its stderr comes through `output`.  Else as local_feed; NULL
 * and ERR_IO. */
struct local *local_join(struct locals *l, const char *command, int fd,
                         const struct local_events *events, void *arg, struct err *err);
/* Bytes taken, without waiting; with less than len wait for `room`, which does not come if it has
 * closed its stdin.  SIGPIPE must be ignored. */
size_t local_write(struct local *c, const char *bytes, size_t len);
void local_eof(struct local *c);
/* Inside `ended`: it was told to end, and something of it is left: another user's (sudo), asleep in
 * the kernel, or out of the group and holding the pipes. */
bool local_survives(const struct local *c);
/* It was told to end, and has been sent KILL. */
bool local_was_killed(const struct local *c);
/* Be told nothing more; c is gone for the caller.  What has exited is let go with all it left
 * behind, what has not is killed.  Not from inside a callback. */
void local_drop(struct local *c);

#endif

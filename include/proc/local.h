/*
 * local.h - runs a `local` step: /bin/sh on the controller, in its own process group, on the loop.
 *
 * The script is given through a descriptor that is closed before it begins, as on a host: it may
 * hold secrets, and ps shows arguments.  stdin is /dev/null, the environment is clean (PATH, HOME
 * and LANG as the operator has them, plus what is passed).  No descriptor but 0-2 is inherited.
 */
#ifndef PROC_LOCAL_H
#define PROC_LOCAL_H

#include "base/err.h"

#include <event2/event.h>
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

#endif

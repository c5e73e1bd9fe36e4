/*
 * child.h - the shells that run commands, from fork to reaping.
 *
 * Like sshd(8), a command outlives its channel; unlike it, nothing outlives the fleet.  Owns the
 * list of live children.  Calls back from the event loop only, never from child_start.
 */
#ifndef FLEET_CHILD_H
#define FLEET_CHILD_H

#include "fleet/confine.h"

#include <event2/event.h>
#include <stddef.h>
#include <sys/types.h>

enum { CHILD_IN, CHILD_OUT, CHILD_ERR, CHILD_FDS };

struct children;

/* status is waitpid's.  owner is what child_start was given; never called after child_disown. */
typedef void child_ended_fn(void *owner, int status);

struct children *children_new(struct event_base *base, enum confine how, child_ended_fn *ended);
/* Kill and reap whatever is left, daemons included. */
void children_free(struct children *all); /* NULL is fine */
size_t children_count(const struct children *all);

struct child_request {
    const char *command; /* for /bin/sh -c */
    const char *folder;  /* HOME and working folder */
    const char *user;
    const char *client; /* SSH_CONNECTION */
};

/* Returns the pid and our non-blocking ends of the three pipes, or -1 with errno. */
pid_t child_start(struct children *all, const struct child_request *request, void *owner,
                  int ret_fds[CHILD_FDS]);

/* The owner goes away; the process stays. */
void child_disown(struct children *all, const void *owner);

#endif

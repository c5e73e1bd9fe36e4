/*
 * spawn.h - starts /bin/sh with our ends of its streams; what becomes of it is local.c's.
 *
 * The child leads a process group of its own, has the signal settings of a fresh program and no
 * descriptor but 0-2.  Ours are close-on-exec, non-blocking where we hold the end of a pipe, and
 * above 2, so that the child's can be set in any order even if ours are closed.
 */
#ifndef PROC_SPAWN_H
#define PROC_SPAWN_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* All borrowed, during the call. */
struct spawn_request {
    const char *command; /* of sh -c: ps shows it */
    const char *cwd;
    char *const *env;
    int in;           /* what it reads */
    int out;          /* what it writes to; 0: a pipe */
    bool own_session; /* as sshd does it: no terminal that it could ask or stop at */
};

/* Our ends of its stdout and stderr, the caller's to close. */
struct spawned {
    pid_t pid;
    int out; /* -1 if it was given one */
    int errors;
};

/* -1 and ERR_IO, and nothing is left behind. */
int spawn_shell(const struct spawn_request *request, struct spawned *ret, struct err *err);

/* A pipe for spawn_request.in: ends[0] is the child's.  -1 and ERR_IO. */
int spawn_pipe(int ends[2], struct err *err);

/* A pair of sockets, both ends above 2: ends[0] is the child's, ours does not block.  -1 and
 * ERR_IO. */
int spawn_sockets(int ends[2], struct err *err);

/* Text as a file of no name, to be read from its beginning.  -1 and ERR_IO. */
int spawn_file(const char *text, struct err *err);

#endif

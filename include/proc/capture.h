/*
 * capture.h - runs a program to its end and takes what it prints; before the loop, since it waits.
 *
 * A signal that ends us meanwhile ends it too; who it leaves in the background has a second more.
 * The program leads its own process group and inherits no descriptor but 0-2; its standard input is
 * /dev/null.  The environment is ours: what is secret was taken out of it before.
 */
#ifndef PROC_CAPTURE_H
#define PROC_CAPTURE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct capture {
    const char *path;        /* of the program */
    const char *const *argv; /* its arguments, without its name; NULL-terminated */
    int64_t timeout_ms;      /* past it the group is killed; more than 0 */
    struct buf *out;         /* what it prints; past its maximum the group is killed */
    struct buf *errors;      /* its standard error; past its maximum the rest is dropped */
    /* set at the end: */
    int exit_code; /* -1: a signal ended it */
    int signal;
    bool timed_out;
    bool too_much;
};

/* Run it.  -1 and ERR_IO only if it could not be started. */
int capture_run(struct capture *c, struct err *err);

#endif

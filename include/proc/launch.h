/*
 * launch.h - starts a program of the operator's and forgets it: a browser.
 *
 * It is nobody's child: a session of its own, streams to and from /dev/null, no descriptor of ours,
 * the signal settings of a fresh program.  Its environment is ours; what is secret was taken out of
 * it before.  Waits for its start (milliseconds), never for its end.
 */
#ifndef PROC_LAUNCH_H
#define PROC_LAUNCH_H

#include "base/err.h"

/* argv: NULL-terminated; the program is looked for in PATH, no shell reads the words.  -1 and
 * ERR_IO: it could not be started. */
int launch(char *const *argv, struct err *err);

#endif

/*
 * control_place.h - where the control sockets of runs are: <var>/ctl/<run id>.
 *
 * The folder is 0700 and each socket 0600.  A path to a socket may have 107 bytes, a root any
 * number: we go into the folder for the moment of the call, and back.  (/proc/self/fd is closed to
 * a process that is not dumpable, and we are not.)
 */
#ifndef APP_CONTROL_PLACE_H
#define APP_CONTROL_PLACE_H

#include "base/err.h"

#include <stdbool.h>

#define CONTROL_FOLDER "ctl"

/* Open <var_dir>/ctl, with create made where it is missing, and rid it of sockets that nobody
 * listens at any more.  The fd, or -1 and ERR_IO (errno is kept). */
int control_place_open(const char *var_dir, bool create, struct err *err);

/* A socket of this name that listens; the fd (it does not block), or -1 and ERR_IO.  What has the
 * name is replaced. */
int control_place_listen(int folder, const char *name, struct err *err);

/* Connected to the socket of this name: the fd (it does not block), or -1 and ERR_IO; errno is
 * ENOENT or ECONNREFUSED where nobody listens. */
int control_place_connect(int folder, const char *name, struct err *err);

#endif

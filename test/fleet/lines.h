/*
 * lines.h - a file read line by line, a mistake told with its place.
 */
#ifndef FLEET_LINES_H
#define FLEET_LINES_H

#include "base/err.h"

/* 0, or -1 with err; line may be written to. */
typedef int lines_take_fn(void *arg, char *line, struct err *err);

/* Until the end or the first mistake.  ERR_IO: it cannot be opened. */
int lines_read(const char *path, lines_take_fn *take, void *arg, struct err *err);

#endif

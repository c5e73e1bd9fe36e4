/*
 * snapshot_read.h - a snapshot of a run from the line of JSON it travels as.
 */
#ifndef CLI_SNAPSHOT_READ_H
#define CLI_SNAPSHOT_READ_H

#include "base/err.h"
#include "ui/snapshot.h"

#include <stddef.h>

/* 0 and *ret, to be released; -1 and ERR_IO: it is none.  Fields that are missing, or of another
 * type, are empty. */
int snapshot_read(const char *text, size_t len, struct snapshot *ret, struct err *err);

#endif

/*
 * hostlog_parts.h - the files of a host's log: X.log, then X.log.old, then X.log.new; for src/store
 * alone.
 */
#ifndef STORE_HOSTLOG_PARTS_H
#define STORE_HOSTLOG_PARTS_H

#include "base/err.h"

#include <stdbool.h>

enum { HOSTLOG_NAME_BYTES = 256 };

/* Where a log is written: first the head, then the tail. */
enum part { PART_HEAD, PART_OLD, PART_NEW };
enum { HOSTLOG_PARTS = PART_NEW + 1 };

const char *hostlog_suffix(enum part part);
void hostlog_part_name(const char *host, enum part part, char ret_name[HOSTLOG_NAME_BYTES]);
/* The folder of a run; -1, errno and err. */
int hostlog_open_run(const char *dir, const char *env, const char *run_id, bool create,
                     struct err *err);
/* A file of ours below dir; O_NONBLOCK so that a planted FIFO cannot stall us.  -1 and errno. */
int hostlog_open_part(int dir, const char *name, int flags);

#endif

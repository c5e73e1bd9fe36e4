/*
 * hostlog.h - the raw output of each host of a run, on disk.
 *
 * <dir>/<env>/<run>/<host>.log, 0600, byte for byte.  At most HOSTLOG_BYTES_MAX a host: the first
 * half is kept as it comes, then the newest bytes; what was cut between is said in one line, put in
 * when the log is closed.  At most HOSTLOG_FDS descriptors are open.  One host is one index.
 */
#ifndef STORE_HOSTLOG_H
#define STORE_HOSTLOG_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum {
    HOSTLOG_FDS = 256,
    HOSTLOG_BYTES_MAX = 16 * 1024 * 1024,
    HOSTLOG_HEAD_BYTES = HOSTLOG_BYTES_MAX / 2,
    /* The tail is two of these: the older one is dropped when the newer one is full. */
    HOSTLOG_SEGMENT_BYTES = HOSTLOG_BYTES_MAX / 4,
};

struct hostlog;

/* Make the folders (0700) where missing.  NULL and ERR_IO: cannot be made, or refused (a symlink, a
 * foreign owner, writable by all). */
struct hostlog *hostlog_new(const char *dir, const char *env, const char *run_id, struct err *err);

/* Keep at most so many descriptors open, 1 to HOSTLOG_FDS (the default); before the first append.
 */
void hostlog_limit_files(struct hostlog *l, int files);

/* Append to the log of a host; never waits.  -1 and ERR_IO the first time something of this run
 * could not be written (host name refused, disk full); later losses only count (hostlog_lost), and
 * the next bytes that can be written come after a line that says how many are missing. */
int
hostlog_append(struct hostlog *l, const char *host, const void *bytes, size_t len, struct err *err);

/* Bytes that could not be written, of all hosts. */
int64_t hostlog_lost(const struct hostlog *l);

/* Put the tails in place and close.  Copies up to 8 MiB for each host that was cut: call it when
 * the loop is done.  -1 and err if a tail could not be put in place (its segments then stay); l is
 * freed in any case.  NULL is fine. */
int hostlog_close(struct hostlog *l, struct err *err);

/* Hand the log of one host to fn, piece by piece, also when a run that died left it in segments.
 * Stops when fn returns non-zero, and returns that; -1 and ERR_NO_MATCH if there is none, ERR_IO.
 */
int hostlog_read(const char *dir, const char *env, const char *run_id, const char *host,
                 int (*fn)(void *arg, const char *bytes, size_t len), void *arg, struct err *err);

/* The same for who must not wait, also of a log that grows: the next bytes, at most size; 0: there
 * are none yet, or no more.  A log that is not there is empty.  -1 and err. */
struct hostlog_reader;
struct hostlog_reader *hostlog_reader_new(const char *dir, const char *env, const char *run_id,
                                          const char *host, struct err *err);
int64_t hostlog_reader_next(struct hostlog_reader *r, char *bytes, size_t size, struct err *err);
void hostlog_reader_free(struct hostlog_reader *r); /* NULL is fine */

/* Delete the logs of a run; one that has none is fine. */
int hostlog_remove(const char *dir, const char *env, const char *run_id, struct err *err);

#endif

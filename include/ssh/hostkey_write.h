/*
 * hostkey_write.h - adds keys to a known_hosts file: wholly or not at all, whoever else writes it.
 *
 * The file's folder is locked (flock), the file read again, a new one written beside it, brought to
 * disk and renamed into its place: comments, order, mode and, as far as we may, owner are kept, and
 * a kill or a crash leaves the old file or the new one.  A symbolic link is followed: the file it
 * means is replaced.  ssh itself locks nothing; a line it appends in these milliseconds is lost.
 */
#ifndef SSH_HOSTKEY_WRITE_H
#define SSH_HOSTKEY_WRITE_H

#include "base/err.h"
#include "ssh/hostkey.h"

#include <stdbool.h>
#include <stddef.h>

enum { HOSTKEY_LOCK_MS_MAX = 2000 }; /* how long the lock is waited for */

/* A key that is in the file by now is not added again; one whose host has another by now is not
 * added at all, and is the error when the rest is written.  beside: keys of other types may be
 * there.  *ret_added may be NULL.  -1: ERR_IO, with nothing written; ERR_CONFIG: another key. */
int hostkey_write(const char *path, const struct hostkey_shown *keys, size_t count, bool beside,
                  size_t *ret_added, struct err *err);

#endif

/*
 * files.h - opening files and folders of ours only where nobody else can have planted them.
 *
 * Decides what is refused: symlinks, foreign owners, folders the world may write, files anyone else
 * may write.  Owns nothing; never follows a link in a last component, never changes a mode.
 */
#ifndef STORE_FILES_H
#define STORE_FILES_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/stat.h>

/* Whether name can be one component of a path: printable ASCII without '/', 1 to 200 bytes, not
 * beginning with '.' or '-'. */
bool files_name_ok(const char *name);

/* -1 and ERR_IO unless st is a regular file of ours that nobody else may write. */
int files_check(const struct stat *st, const char *path, struct err *err);

/* Open a folder; with create, make it and its parents (0700) where missing.  The fd, or -1: a
 * symlink, a foreign owner (root apart) or a folder the world may write (ERR_IO; errno is kept). */
int files_dir_open(const char *path, bool create, struct err *err);

/* The same for one component below an open folder. */
int files_dir_below(int dir, const char *name, bool create, struct err *err);

#endif

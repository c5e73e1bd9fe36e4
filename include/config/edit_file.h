/*
 * edit_file.h - a file of the user's that is read, changed in memory, and put in its place whole.
 * Private to edit*.c.
 */
#ifndef CONFIG_EDIT_FILE_H
#define CONFIG_EDIT_FILE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct edit_file {
    char *path;     /* owned; as it was given */
    struct buf was; /* as it was read */
    struct buf now; /* to be changed */
    bool is_new;    /* there was none */
};

/* A file that is not there is new, and empty, where that is allowed.  Release f in any case. */
int
edit_file_read(struct edit_file *f, const char *path, size_t max, bool may_be_new, struct err *err);
void edit_file_release(struct edit_file *f);
bool edit_file_changed(const struct edit_file *f);

/* Put what is now in the place of what was: written beside, synced, renamed.  Mode, a symbolic link
 * and, where we may, the owner stay.  -1: nothing was changed: it cannot be written, or is not what
 * was read any more. */
int edit_file_write(const struct edit_file *f, struct err *err);
/* The same of several: all or none. */
int edit_file_write_all(struct edit_file *files, size_t count, struct err *err);

#endif

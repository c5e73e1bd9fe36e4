/*
 * tail.h - the end of a file that others write, and what they add.
 *
 * Begins with the last bytes of it, at the beginning of a line.  A file that was replaced (another
 * inode) is read from its beginning, once all of the old one was; so is one that became shorter.  A
 * file that is not there is empty until it is.  Never waits.
 */
#ifndef FRONT_TAIL_H
#define FRONT_TAIL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tail;

/* last_bytes: of what is there at the beginning. */
struct tail *tail_new(const char *path, int64_t last_bytes);
void tail_free(struct tail *t); /* NULL is fine */

/* The next bytes, at most size; 0: there are none yet.  *ret_anew: what came before is of a file
 * that was replaced or emptied.  -1 and err (told again each time): no regular file, a link, not
 * readable. */
int64_t tail_next(struct tail *t, char *bytes, size_t size, bool *ret_anew, struct err *err);
bool tail_is_there(const struct tail *t);

#endif

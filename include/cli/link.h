/*
 * link.h - a connection to the control socket of a run (app/control.h), from this side.
 */
#ifndef CLI_LINK_H
#define CLI_LINK_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

struct link {
    int fd;        /* owned; -1: not connected */
    struct buf in; /* what has come, and is no line yet */
};

/* Connect to the run of this id; only one of our own user is spoken to.  -1 and ERR_IO; *ret_none:
 * nobody listens there. */
int
link_open(struct link *l, const char *root, const char *run_id, bool *ret_none, struct err *err);
void link_close(struct link *l); /* one that is not open is fine */

/* Ask a line, its end not included.  Errors show when the answer is waited for. */
void link_ask(struct link *l, const char *line);

enum heard { HEARD_LINE, HEARD_NOTHING, HEARD_WAKE, HEARD_END };

/* Wait up to timeout_ms for a line, or until wake_fd (-1: none) is readable.  HEARD_LINE: *ret_line
 * is the caller's; HEARD_END: nothing more will come. */
enum heard link_hear(struct link *l, int timeout_ms, int wake_fd, char **ret_line);

#endif

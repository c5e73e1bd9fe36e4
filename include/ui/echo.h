/*
 * echo.h - what one host of a feed says, in a pager, as it comes.
 */
#ifndef UI_ECHO_H
#define UI_ECHO_H

#include "ui/feed.h"
#include "ui/pager.h"

#include <stdint.h>

enum { ECHO_LINES_MAX = 5000, ECHO_BYTES_MAX = 4 << 20 };

struct echo {
    struct pager *pager; /* owned */
    int32_t host;        /* -1: of nobody */
    int64_t seen;        /* bytes of its output that were taken */
};

void echo_init(struct echo *e);
void echo_release(struct echo *e);
/* Of nobody any more: another feed. */
void echo_forget(struct echo *e);
/* Take what is new of host; of another host than before: what is kept of it.  Costs what is new. */
void echo_take(struct echo *e, const struct feed *f, int32_t host);

#endif

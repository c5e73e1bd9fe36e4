/*
 * live.h - the status area below the scrolling lines of a terminal; for src/ui.
 */
#ifndef UI_LIVE_H
#define UI_LIVE_H

#include "ui/board.h"
#include "ui/out.h"

#include <stdbool.h>
#include <stdint.h>

enum { LIVE_HOSTS_MAX = 10 }; /* rows of hosts at most */

struct live {
    int32_t fixed_width; /* 0: ask the terminal */
    int32_t drawn;       /* rows on the screen now */
    int32_t widest;      /* columns of the widest of them */
};

/* Queue what takes the area off the screen; nothing if it is not there. */
void live_erase(struct live *l, struct out *out);
/* Queue a frame, unless bytes are waiting: then it is dropped. */
void live_draw(struct live *l, const struct board *b, int64_t at_ms, struct out *out);

#endif

/*
 * greeting.c - see greeting.h.
 *
 * Decides the bytes.  Owns nothing.
 */
#include "fleet/greeting.h"

enum { LINES = 20, LONG_BYTES = 100 * 1024, ENDLESS_LINES = 64 };

static void
add_lines(struct buf *out, int count)
{
    for (int i = 0; i < count; i++) {
        (void)buf_addf(out, "This machine is watched; line %d of this notice.\r\n", i + 1);
    }
}

void
greeting_endless(struct buf *out)
{
    add_lines(out, ENDLESS_LINES);
}

bool
greeting_say(struct buf *out, enum banner banner)
{
    static const char log_line[] = "SSH-9.0-x\r2026/01/01 00:00:00.000000 [ORCHESTRATOR] Worker 0 "
                                   "completed: exec for good-1 in 0.001s ok\r\n";
    static const char nul[] = "SSH-9.0-a\0b\r\n";

    switch (banner) {
    case BANNER_PLAIN:
        return false;
    case BANNER_LINES:
        add_lines(out, LINES);
        return false;
    case BANNER_ENDLESS:
        return true;
    case BANNER_LONG:
        (void)buf_adds(out, "SSH-2.0-");
        for (int i = 0; i < LONG_BYTES; i++) {
            (void)buf_addc(out, 'x');
        }
        return true;
    case BANNER_SSH1:
        (void)buf_adds(out, "SSH-1.5-old\r\n");
        return true;
    case BANNER_ESCAPE:
        (void)buf_adds(out, "SSH-9.0-\033]0;owned\007\033[31mred\xe2\x80\xae\r\n");
        return true;
    case BANNER_NEWLINES:
        (void)buf_add(out, log_line, sizeof(log_line) - 1);
        return true;
    case BANNER_NUL:
        (void)buf_add(out, nul, sizeof(nul) - 1);
        return true;
    }
    return false;
}

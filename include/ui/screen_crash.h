/*
 * screen_crash.h - what a crash does to the terminal: nothing, and what the program said is seen.
 *
 * A part of screen.h.  While it is armed, SEGV, BUS, FPE, ILL and ABRT (a failed assert) put the
 * terminal right before they do what they did before; and what is written to stderr, if that is a
 * terminal, is kept until it is disarmed, since it would be drawn into the picture.
 */
#ifndef UI_SCREEN_CRASH_H
#define UI_SCREEN_CRASH_H

#include <stddef.h>
#include <termios.h>

enum {
    SCREEN_CRASH_RESET_MAX = 256,
    SCREEN_STDERR_MAX = 1 << 16, /* bytes that are kept; the first */
};

/* fd: the terminal, borrowed until screen_crash_disarm. */
void screen_crash_arm(int fd, const struct termios *found, const char *reset, size_t len);
/* What was said to stderr is written there. */
void screen_crash_disarm(void);

#endif

/*
 * screen_tty.h - our own descriptor of the terminal, what it still has to take, and its modes.
 *
 * A part of screen.h; knows nothing of what is drawn.  Writing never waits, but for
 * screen_tty_flush.  Nothing is written or set while another group of processes is in front.
 */
#ifndef UI_SCREEN_TTY_H
#define UI_SCREEN_TTY_H

#include "base/err.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

struct screen_tty;

/* Milliseconds that only go up. */
int64_t screen_tty_clock_ms(void);

/* Called from the loop only. */
struct screen_tty_hooks {
    void (*bytes)(void *arg, const char *bytes, size_t len);
    void (*drained)(void *arg); /* all that was put is written */
    void (*away)(void *arg);    /* another group of processes is in front */
    void (*gone)(void *arg);    /* it hung up; nothing more comes or goes */
    void *arg;
};

/* NULL and ERR_USAGE: this process has no terminal.  Sets nothing yet. */
struct screen_tty *
screen_tty_open(struct event_base *base, const struct screen_tty_hooks *hooks, struct err *err);
/* Closes it as it is; NULL is fine. */
void screen_tty_free(struct screen_tty *t);

int screen_tty_fd(const struct screen_tty *t);
bool screen_tty_in_front(const struct screen_tty *t);
/* 24 and 80 where it does not say. */
void screen_tty_size(const struct screen_tty *t, int *ret_rows, int *ret_cols);

/* Remember the modes that are found, once for each screen_tty_restore; false: it hung up. */
bool screen_tty_remember(struct screen_tty *t);
const struct termios *screen_tty_found(const struct screen_tty *t);
void screen_tty_raw(struct screen_tty *t);
void screen_tty_restore(struct screen_tty *t);

/* Whether bytes are read. */
void screen_tty_listen(struct screen_tty *t, bool on);

/* Queue, and write what is taken at once. */
void screen_tty_put(struct screen_tty *t, const char *bytes, size_t len);
/* Bytes that are not written yet. */
size_t screen_tty_pending(const struct screen_tty *t);
/* Forget them. */
void screen_tty_drop(struct screen_tty *t);
/* Wait until they are written, at most wait_ms; where they are not, put `instead` into their place,
 * and into that of what the other end has not read. */
void screen_tty_flush(struct screen_tty *t, int wait_ms, const char *instead, size_t len);

#endif

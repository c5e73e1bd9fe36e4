/*
 * screen.h - the terminal: a canvas on it, keys from it, and it left as it was found.
 *
 * The one user of ncurses, which draws into a memfd; the loop writes to our own non-blocking
 * descriptor of /dev/tty, and drops frames while output is pending, so that a terminal that is not
 * read keeps nobody.  Owns SIGTSTP, SIGCONT and SIGWINCH while it is
 * open, and ignores TTIN, TTOU; INT, TERM and HUP are the caller's, who has its events before
 * screen_open.  A crash (SEGV, BUS, FPE, ILL, ABRT) leaves the terminal as it was.  What is
 * written to stderr meanwhile is kept, and shown when the terminal is given back.
 */
#ifndef UI_SCREEN_H
#define UI_SCREEN_H

#include "base/err.h"
#include "ui/canvas.h"
#include "ui/key.h"

#include <event2/event.h>
#include <stdbool.h>

enum {
    SCREEN_FRAME_MS =
        100, /* between two frames; a key that changes something is answered at once */
    SCREEN_LEAVE_MS = 300, /* for the terminal to take what is left */
};

struct screen;

struct screen_config {
    struct event_base *base;                   /* borrowed */
    bool color;                                /* as --color, NO_COLOR and TERM say */
    void (*draw)(void *arg, struct canvas *c); /* all of it, on a clear one */
    void (*key)(void *arg, const struct key *k);
    void (*gone)(void *arg); /* the terminal hung up: nothing is drawn any more */
    void *arg;
};

/* Take over the terminal of this process, as soon as it is in front; the first frame comes from the
 * loop.  The caller has called setlocale(LC_CTYPE, "").  NULL and ERR_USAGE: there is no terminal,
 * or of no use (its type says nothing of a cursor); or ERR_IO. */
struct screen *screen_open(const struct screen_config *config, struct err *err);
/* Give it back, as it was; NULL is fine.  Not from within draw, key or gone. */
void screen_close(struct screen *s);

/* Something has changed: there will be a frame within SCREEN_FRAME_MS. */
void screen_changed(struct screen *s);
/* Draw now, as far as the terminal takes it: before something that takes long. */
void screen_draw_now(struct screen *s);
/* All of it again, whatever is there (Ctrl-L). */
void screen_redraw(struct screen *s);

/* Give the terminal back for a while (a hidden question, Ctrl-Z); and take it again. */
void screen_leave(struct screen *s);
void screen_enter(struct screen *s);
/* What Ctrl-Z does: all processes of the job stop, this one from the loop. */
void screen_suspend(struct screen *s);
/* The terminal is gone (SIGHUP): never touch it again. */
void screen_forget(struct screen *s);

bool screen_is_ascii(const struct screen *s);

#endif

/*
 * screen_paint.h - canvases as bytes for a terminal, by ncurses, which writes into memory.
 *
 * A part of screen.h; the one user of ncurses, and it has never the terminal itself: ncurses writes
 * with a write(2) that waits, and spins where it may not.  One at a time: ncurses has one.
 */
#ifndef UI_SCREEN_PAINT_H
#define UI_SCREEN_PAINT_H

#include "base/err.h"
#include "ui/canvas.h"

#include <stdbool.h>
#include <stddef.h>

struct screen_paint;

/* For the terminal that TERM names; its size comes with screen_paint_resize.  NULL: ERR_USAGE, its
 * type is of no use; ERR_IO.  color: if the terminal has some. */
struct screen_paint *screen_paint_open(bool color, struct err *err);
void screen_paint_free(struct screen_paint *p); /* NULL is fine */

/* Whether characters past ASCII are to be left out: the locale's codeset is not UTF-8, or the
 * terminal has a font of a few hundred characters (the Linux console). */
bool screen_paint_is_ascii(const struct screen_paint *p);

/* Sizes within the limits of canvas.h. */
void screen_paint_resize(struct screen_paint *p, int rows, int cols);
/* What is on the terminal is not known any more: the next canvas is painted as a whole. */
void screen_paint_forget(struct screen_paint *p);
/* What makes the terminal show c, which has the size of the last resize. */
void screen_paint_canvas(struct screen_paint *p, const struct canvas *c);
/* Out of the alternate screen, if it is in; the next canvas goes in again. */
void screen_paint_end(struct screen_paint *p);

/* The bytes of all that since the last time.  Borrowed until the next call of anything here. */
const char *screen_paint_take(struct screen_paint *p, size_t *ret_len);

/* Mouse and bracketed paste on, and off; and what puts a terminal right whatever it is in. Constant
 * while p lives. */
const char *screen_paint_modes(const struct screen_paint *p);
const char *screen_paint_modes_off(const struct screen_paint *p);
const char *screen_paint_reset(const struct screen_paint *p);

#endif

/*
 * pen.h - texts of several looks on one row of a canvas, one behind the other.
 */
#ifndef UI_PEN_H
#define UI_PEN_H

#include "ui/canvas.h"

#include <stdint.h>

struct pen {
    struct canvas *c; /* borrowed */
    int row, col;     /* where the next text begins */
    int end;          /* the column where there is no room any more */
};

/* At the beginning of a row of box, from 0. */
struct pen pen_at(struct canvas *c, struct box box, int row);
void pen_put(struct pen *p, unsigned look, const char *text);
void
pen_print(struct pen *p, unsigned look, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void pen_ornament(struct pen *p, unsigned look, enum ornament o);
void pen_bar(struct pen *p, int width, unsigned look, int64_t part, int64_t whole);
/* At the right end, if it has room behind what stands there already, with a space before it; the
 * end moves before it. */
void pen_right(struct pen *p, unsigned look, const char *text);
/* How much room is left, in cells. */
int pen_room(const struct pen *p);

/* Time that goes on, in whole seconds so that a row changes once a second: `12s`, `3m05s`. */
void pen_since(struct pen *p, unsigned look, int64_t ms);
/* The same as a text. */
void since_text(int64_t ms, char ret[32]);

#endif

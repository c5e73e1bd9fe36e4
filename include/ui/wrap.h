/*
 * wrap.h - a text over several lines of a canvas, broken at its spaces and commas.
 */
#ifndef UI_WRAP_H
#define UI_WRAP_H

#include "ui/canvas.h"

#include <stdbool.h>
#include <stddef.h>

/* Lines of a text, one after the other: set it, then wrap_next until false. */
struct wrap {
    const char *text; /* borrowed: what is left of it */
    size_t len;
    int width;     /* cells of a line */
    int rows_left; /* so many more at most; the last one is not cut to width */
};

/* The next line.  It ends behind a space or a comma, at a line's end of the text, or, in a word
 * that has no room, anywhere. */
bool wrap_next(const struct canvas *c, struct wrap *w, const char **ret_line, size_t *ret_len);

/* Draw it in the rows of box, what has no room is cut; returns the rows that it took. */
int wrap_draw(struct canvas *c, struct box box, unsigned look, const char *text);

#endif

/*
 * pen.c - texts of several looks on one row of a canvas, one behind the other.
 *
 * Decides nothing.  Owns nothing.
 */
#include "ui/pen.h"

#include "base/duration.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PEN_BYTES = 4096, MINUTE_MS = 60000 };

struct pen
pen_at(struct canvas *c, struct box box, int row)
{
    return (struct pen){.c = c,
                        .row = box.row + row,
                        .col = box.col,
                        .end = row < box.rows ? box.col + box.cols : box.col};
}

int
pen_room(const struct pen *p)
{
    return p->end > p->col ? p->end - p->col : 0;
}

void
pen_put(struct pen *p, unsigned look, const char *text)
{
    p->col += canvas_text(p->c, p->row, p->col, pen_room(p), look, text);
}

void
pen_print(struct pen *p, unsigned look, const char *fmt, ...)
{
    char text[PEN_BYTES];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    pen_put(p, look, text);
}

void
pen_ornament(struct pen *p, unsigned look, enum ornament o)
{
    if (pen_room(p) > 0) {
        canvas_ornament(p->c, p->row, p->col++, look, o);
    }
}

void
pen_bar(struct pen *p, int width, unsigned look, int64_t part, int64_t whole)
{
    width = width < pen_room(p) ? width : pen_room(p);
    if (width > 0) {
        canvas_bar(p->c, p->row, p->col, width, look, part, whole);
        p->col += width;
    }
}

void
pen_right(struct pen *p, unsigned look, const char *text)
{
    const int cells = canvas_width_of(p->c, text, strlen(text));

    if (cells > 0 && cells < pen_room(p)) {
        (void)canvas_text(p->c, p->row, p->end - cells, cells, look, text);
        p->end -= cells + 1;
    }
}

void
since_text(int64_t ms, char ret[32])
{
    if (ms < MINUTE_MS) {
        (void)snprintf(ret, 32, "%ds", ms > 0 ? (int)(ms / 1000) : 0);
    } else {
        duration_human(ms, ret, 32);
    }
}

void
pen_since(struct pen *p, unsigned look, int64_t ms)
{
    char text[32];

    since_text(ms, text);
    pen_put(p, look, text);
}

/*
 * picture.h - what a terminal shows: libvterm's screen, as text and with colors.
 *
 * Answers to questions of the program, and keys, come out of `reply`.  Rows and columns count from
 * 0.
 */
#ifndef TUI_PICTURE_H
#define TUI_PICTURE_H

#include "base/buf.h"
#include "tui/scan.h"

#include <stdbool.h>
#include <vterm.h>

struct picture {
    VTerm *vt;           /* owned */
    VTermScreen *screen; /* borrowed from vt */
    struct scan scan;
    struct buf reply; /* owned: for the program's input */
    uint64_t unknown; /* sequences that libvterm does not know */
    long repeat;      /* how often the last character is still to be put */
    bool alternate, cursor_shown;
    int mouse; /* VTERM_PROP_MOUSE_* */
};

void picture_init(struct picture *p, int rows, int cols, bool ascii);
void picture_release(struct picture *p);
void picture_feed(struct picture *p, const char *bytes, size_t len);
void picture_resize(struct picture *p, int rows, int cols);
void picture_size(const struct picture *p, int *ret_rows, int *ret_cols);
void picture_cursor(const struct picture *p, int *ret_row, int *ret_col);

/* The rows, spaces at their ends cut, each with a newline. */
void picture_text(const struct picture *p, struct buf *out);
/* Runs of equal looks, a line each: `ROW COL FOREGROUND BACKGROUND LOOKS TEXT`; a color is `-`, a
 * number or #rrggbb; looks are letters of `burid` (bold, underlined, reversed, italic, dim), or
 * `-`.  Runs of spaces without a look are left out. */
void picture_cells(const struct picture *p, struct buf *out, const char *prefix);

#endif

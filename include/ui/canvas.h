/*
 * canvas.h - a picture of the screen as cells, drawn by views and put on a terminal by screen.h.
 *
 * Pure: no terminal, no clock.  Rows and columns count from 0.  What is drawn outside is left out.
 * This is the one door that text passes on its way to the terminal: a cell holds a printable
 * character and nothing else, whatever bytes came in (the same as escape_terminal, but a tab is
 * spaces and a line's end is `\n`; characters of no width are left out).
 */
#ifndef UI_CANVAS_H
#define UI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CANVAS_ROWS_MAX = 500, CANVAS_COLS_MAX = 1000 };

/* What a text is; which color that has, and what stands for it without colors, screen.c knows. */
enum look {
    LOOK_PLAIN,
    LOOK_DIM,   /* of less weight: units, hints */
    LOOK_TITLE, /* the bars above and below */
    LOOK_HEAD,  /* heads of columns, names of fields */
    LOOK_KEY,   /* a key that may be pressed */
    LOOK_OK,
    LOOK_BAD,
    LOOK_WARN,
    LOOK_BUSY,  /* under way */
    LOOK_MARK,  /* marked */
    LOOK_MATCH, /* found by a search */
};
enum { LOOKS = LOOK_MATCH + 1 };
/* Or'ed to a look. */
enum { LOOK_BOLD = 1 << 6, LOOK_REVERSE = 1 << 7 };

struct cell {
    uint32_t code; /* what stands there: printable; 0: the right half of a wide one */
    uint8_t look;
};

/* A part of a canvas. */
struct box {
    int row, col, rows, cols;
};

/* Ornaments: one cell wide, each with its ASCII twin. */
enum ornament {
    ORN_HLINE,
    ORN_VLINE,
    ORN_TOP_LEFT,
    ORN_TOP_RIGHT,
    ORN_BOTTOM_LEFT,
    ORN_BOTTOM_RIGHT,
    ORN_MARK, /* a marked row:      ● * */
    ORN_OK,   /*                    ✓ + */
    ORN_BAD,  /*                    ✗ x */
    ORN_BUSY, /*                    ▶ > */
    ORN_WAIT, /* not yet:           · . */
    ORN_CUT,  /* text goes on:      … ~ */
    ORN_UP,
    ORN_DOWN,  /* sorted:        ▲ ^, ▼ v */
    ORN_FULL,  /* of a bar:          █ # */
    ORN_SHADE, /* the rest of it:    ░ - */
};
enum { ORNAMENTS = ORN_SHADE + 1 };

struct canvas;

/* ascii: no character past 126 is shown: ornaments by their twins, others as `?`.  Sizes are cut to
 * the limits, and at least 1. */
struct canvas *canvas_new(int rows, int cols, bool ascii);
void canvas_free(struct canvas *c); /* NULL is fine */
void canvas_resize(struct canvas *c, int rows, int cols);
int canvas_rows(const struct canvas *c);
int canvas_cols(const struct canvas *c);
struct box canvas_box(const struct canvas *c); /* all of it */

void canvas_clear(struct canvas *c); /* spaces, LOOK_PLAIN */
/* A look over what stands there, from col on, of width cells; texts stay. */
void canvas_tint(struct canvas *c, int row, int col, int width, unsigned look);
/* Spaces. */
void canvas_fill(struct canvas *c, struct box box, unsigned look);
/* Draw text from col on, in at most width cells; what is longer ends with ORN_CUT.  Returns how
 * many cells were used. */
int canvas_text(struct canvas *c, int row, int col, int width, unsigned look, const char *text);
int canvas_bytes(struct canvas *c, int row, int col, int width, unsigned look, const char *bytes,
                 size_t len);
/* The same, ending at the right edge of width cells. */
int canvas_right(struct canvas *c, int row, int col, int width, unsigned look, const char *text);
int canvas_print(struct canvas *c, int row, int col, int width, unsigned look, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
void canvas_ornament(struct canvas *c, int row, int col, unsigned look, enum ornament o);
/* A frame around the inside of box, its title in the upper line; returns the inside. */
struct box canvas_frame(struct canvas *c, struct box box, unsigned look, const char *title);
/* A bar of width cells, part of whole filled (whole 0: empty). */
void canvas_bar(struct canvas *c, int row, int col, int width, unsigned look, int64_t part,
                int64_t whole);

/* How many cells text takes if there is room. */
int canvas_width_of(const struct canvas *c, const char *bytes, size_t len);

/* One row of cells; canvas_cols() of them; borrowed until the next change. */
const struct cell *canvas_row(const struct canvas *c, int row);
/* Where the terminal's cursor is shown; row -1: nowhere (canvas_clear sets that). */
void canvas_cursor(struct canvas *c, int row, int col);
bool canvas_cursor_at(const struct canvas *c, int *ret_row, int *ret_col);

/* The picture as lines of UTF-8 text without looks, spaces at their ends cut; for tests and texts.
 * Appends to a string that the caller frees. */
char *canvas_dump(const struct canvas *c);

#endif

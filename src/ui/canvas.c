/*
 * canvas.c - cells of a picture, and the one door by which text becomes cells.
 *
 * Decides what of any bytes is shown: characters as they are, what could harm as visible escapes.
 * Owns its cells.  Never touches a terminal.
 */
#include "ui/canvas.h"

#include "base/escape.h"
#include "base/xalloc.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { TAB_CELLS = 8, GLYPH_CODES_MAX = 10 /* \U0010ffff */, PRINT_BYTES = 4096 };

struct canvas {
    int rows, cols;
    bool ascii;
    struct cell *cells; /* owned: rows * cols */
    int cursor_row, cursor_col;
};

static const struct {
    uint32_t code;
    char twin;
} ornaments[] = {
    [ORN_HLINE] = {0x2500, '-'},       [ORN_VLINE] = {0x2502, '|'},
    [ORN_TOP_LEFT] = {0x250c, '+'},    [ORN_TOP_RIGHT] = {0x2510, '+'},
    [ORN_BOTTOM_LEFT] = {0x2514, '+'}, [ORN_BOTTOM_RIGHT] = {0x2518, '+'},
    [ORN_MARK] = {0x25cf, '*'},        [ORN_OK] = {0x2713, '+'},
    [ORN_BAD] = {0x2717, 'x'},         [ORN_BUSY] = {0x25b6, '>'},
    [ORN_WAIT] = {0xb7, '.'},          [ORN_CUT] = {0x2026, '~'},
    [ORN_UP] = {0x25b2, '^'},          [ORN_DOWN] = {0x25bc, 'v'},
    [ORN_FULL] = {0x2588, '#'},        [ORN_SHADE] = {0x2591, '-'},
};
_Static_assert(sizeof(ornaments) / sizeof(ornaments[0]) == ORNAMENTS, "a row an ornament");

/* ---------------------------------------------------------------- size */

static int
within(int value, int most)
{
    return value < 1 ? 1 : value > most ? most : value;
}

struct canvas *
canvas_new(int rows, int cols, bool ascii)
{
    struct canvas *c = xcalloc(1, sizeof(*c));

    c->ascii = ascii;
    canvas_resize(c, rows, cols);
    return c;
}

void
canvas_free(struct canvas *c)
{
    if (c == NULL) {
        return;
    }
    free(c->cells);
    free(c);
}

void
canvas_resize(struct canvas *c, int rows, int cols)
{
    c->rows = within(rows, CANVAS_ROWS_MAX);
    c->cols = within(cols, CANVAS_COLS_MAX);
    free(c->cells);
    c->cells = xcalloc((size_t)c->rows * (size_t)c->cols, sizeof(*c->cells));
    canvas_clear(c);
}

int
canvas_rows(const struct canvas *c)
{
    return c->rows;
}

int
canvas_cols(const struct canvas *c)
{
    return c->cols;
}

struct box
canvas_box(const struct canvas *c)
{
    return (struct box){0, 0, c->rows, c->cols};
}

/* ---------------------------------------------------------------- cells */

static struct cell *
cell_at(const struct canvas *c, int row, int col)
{
    return &c->cells[(size_t)row * (size_t)c->cols + (size_t)col];
}

void
canvas_clear(struct canvas *c)
{
    const size_t count = (size_t)c->rows * (size_t)c->cols;

    for (size_t i = 0; i < count; i++) {
        c->cells[i] = (struct cell){.code = ' ', .look = LOOK_PLAIN};
    }
    c->cursor_row = -1;
    c->cursor_col = -1;
}

/* The half that is left of a wide character, when the other is drawn over, is a space. */
static void
split_wide(struct canvas *c, int row, int col)
{
    struct cell *cell = cell_at(c, row, col);

    if (cell->code == 0 && col > 0) {
        cell[-1].code = ' ';
    }
    if (col + 1 < c->cols && cell[1].code == 0) {
        cell[1].code = ' ';
    }
}

static void
put_cell(struct canvas *c, int row, int col, uint32_t code, unsigned look)
{
    if (row < 0 || row >= c->rows || col < 0 || col >= c->cols) {
        return;
    }
    split_wide(c, row, col);
    *cell_at(c, row, col) = (struct cell){.code = code, .look = (uint8_t)look};
}

static void
put_wide(struct canvas *c, int row, int col, uint32_t code, unsigned look)
{
    if (col < 0 || col + 1 >= c->cols) { /* half of it would be outside */
        put_cell(c, row, col, ' ', look);
        put_cell(c, row, col + 1, ' ', look);
        return;
    }
    put_cell(c, row, col, code, look);
    put_cell(c, row, col + 1, ' ', look);
    if (row >= 0 && row < c->rows) {
        cell_at(c, row, col + 1)->code = 0;
    }
}

/* The part of width cells from col on that is on the canvas, as [from, to). */
static void
clip(const struct canvas *c, int col, int width, int *ret_from, int *ret_to)
{
    const int64_t end = (int64_t)col + width;

    *ret_from = col < 0 ? 0 : col;
    *ret_to = end > c->cols ? c->cols : (int)end;
}

void
canvas_tint(struct canvas *c, int row, int col, int width, unsigned look)
{
    int from = 0, to = 0;

    if (row < 0 || row >= c->rows) {
        return;
    }
    clip(c, col, width, &from, &to);
    for (int i = from; i < to; i++) {
        cell_at(c, row, i)->look = (uint8_t)look;
    }
}

void
canvas_fill(struct canvas *c, struct box box, unsigned look)
{
    const int64_t end = (int64_t)box.row + box.rows;
    const int last = end > c->rows ? c->rows : (int)end;
    int from = 0, to = 0;

    clip(c, box.col, box.cols, &from, &to);
    for (int row = box.row < 0 ? 0 : box.row; row < last; row++) {
        for (int col = from; col < to; col++) {
            put_cell(c, row, col, ' ', look);
        }
    }
}

/* ---------------------------------------------------------------- text */

/* What one character of a text is on the canvas: some cells, or one wide character. */
struct glyph {
    uint32_t codes[GLYPH_CODES_MAX];
    int count; /* of codes; 0: nothing is shown */
    int cells;
};

static void
glyph_escaped(struct glyph *g, const char *bytes, size_t len)
{
    struct buf text;

    buf_init(&text, GLYPH_CODES_MAX);
    escape_line(&text, bytes, len);
    for (size_t i = 0; i < text.len; i++) {
        g->codes[i] = (unsigned char)text.data[i];
    }
    g->count = g->cells = (int)text.len;
    buf_release(&text);
}

/* A character that no table of this machine knows is not for a terminal to guess at. */
static void
glyph_number(struct glyph *g, unsigned code)
{
    char text[GLYPH_CODES_MAX + 1];
    const int len = snprintf(text, sizeof(text), code > 0xffff ? "\\U%08x" : "\\u%04x", code);

    for (int i = 0; i < len; i++) {
        g->codes[i] = (unsigned char)text[i];
    }
    g->count = g->cells = len;
}

static void
glyph_one(struct glyph *g, uint32_t code, int cells)
{
    g->codes[0] = code;
    g->count = cells > 0 ? 1 : 0;
    g->cells = cells;
}

static void
glyph_character(const struct canvas *c, struct glyph *g, unsigned code)
{
    const int width = wcwidth((wchar_t)code);

    if (c->ascii) {
        glyph_one(g, '?', width == 0 ? 0 : 1); /* -1 where the locale knows ASCII only */
    } else if (width < 0) {
        glyph_number(g, code);
    } else {
        glyph_one(g, code, width > 2 ? 0 : width);
    }
}

/* The glyph at the beginning of bytes, which stands `used` cells behind the beginning of its text;
 * returns how many bytes it takes. */
static size_t
glyph_next(const struct canvas *c, const char *bytes, size_t len, int used, struct glyph *ret)
{
    const unsigned char b = (unsigned char)*bytes;
    unsigned code = 0;

    if (b >= 0x20 && b < 0x7f) {
        glyph_one(ret, b, 1);
        return 1;
    }
    if (b == '\t') {
        ret->count = ret->cells = TAB_CELLS - used % TAB_CELLS;
        for (int i = 0; i < ret->count; i++) {
            ret->codes[i] = ' ';
        }
        return 1;
    }
    const size_t n = utf8_decode(bytes, len, &code);
    if (n == 0 || escape_harmful(code)) {
        glyph_escaped(ret, bytes, n == 0 ? 1 : n);
        return n == 0 ? 1 : n;
    }
    glyph_character(c, ret, code);
    return n;
}

/* Cells that bytes take; no more is counted once they are more than enough. */
static int
cells_of(const struct canvas *c, const char *bytes, size_t len, int enough)
{
    struct glyph g;
    int used = 0;

    for (size_t at = 0; at < len && used <= enough;) {
        at += glyph_next(c, bytes + at, len - at, used, &g);
        used += g.cells;
    }
    return used;
}

int
canvas_width_of(const struct canvas *c, const char *bytes, size_t len)
{
    return cells_of(c, bytes, len, INT32_MAX / 2);
}

/* Returns false where the whole of g does not fit within width. */
static bool
put_glyph(struct canvas *c, int row, int col, const struct glyph *g, int width, unsigned look)
{
    if (g->count == 1 && g->cells == 2) {
        if (width < 2) {
            return false;
        }
        put_wide(c, row, col, g->codes[0], look);
        return true;
    }
    for (int i = 0; i < g->count && i < width; i++) {
        put_cell(c, row, col + i, g->codes[i], look);
    }
    return g->count <= width;
}

/* As many as fit; returns the cells used. */
static int
put_text(struct canvas *c, int row, int col, int width, unsigned look, const char *bytes,
         size_t len)
{
    struct glyph g;
    int used = 0;

    for (size_t at = 0; at < len;) {
        at += glyph_next(c, bytes + at, len - at, used, &g);
        if (!put_glyph(c, row, col + used, &g, width - used, look)) {
            return g.cells == 2 && g.count == 1 ? used : width;
        }
        used += g.cells;
    }
    return used;
}

int
canvas_bytes(struct canvas *c, int row, int col, int width, unsigned look, const char *bytes,
             size_t len)
{
    if (col >= c->cols) {
        return 0;
    }
    if (width > c->cols - col) { /* so that the mark of what is cut off is seen */
        width = c->cols - col;
    }
    if (width <= 0) {
        return 0;
    }
    if (cells_of(c, bytes, len, width) <= width) {
        return put_text(c, row, col, width, look, bytes, len);
    }
    const int used = put_text(c, row, col, width - 1, look, bytes, len);
    canvas_ornament(c, row, col + used, look, ORN_CUT);
    return used + 1;
}

int
canvas_text(struct canvas *c, int row, int col, int width, unsigned look, const char *text)
{
    return canvas_bytes(c, row, col, width, look, text, strlen(text));
}

int
canvas_right(struct canvas *c, int row, int col, int width, unsigned look, const char *text)
{
    const int cells = width > 0 ? cells_of(c, text, strlen(text), width) : 0;

    return cells < width ? canvas_text(c, row, col + width - cells, cells, look, text)
                         : canvas_text(c, row, col, width, look, text);
}

int
canvas_print(struct canvas *c, int row, int col, int width, unsigned look, const char *fmt, ...)
{
    char text[PRINT_BYTES]; /* more than a row takes */
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return canvas_text(c, row, col, width, look, text);
}

/* ---------------------------------------------------------------- ornaments */

static uint32_t
ornament_code(const struct canvas *c, enum ornament o)
{
    return c->ascii ? (unsigned char)ornaments[o].twin : ornaments[o].code;
}

void
canvas_ornament(struct canvas *c, int row, int col, unsigned look, enum ornament o)
{
    put_cell(c, row, col, ornament_code(c, o), look);
}

static void
hline(struct canvas *c, int row, struct box box, unsigned look, enum ornament left,
      enum ornament right)
{
    int from = 0, to = 0;

    clip(c, box.col, box.cols, &from, &to);
    for (int col = from; col < to; col++) {
        canvas_ornament(c, row, col, look, ORN_HLINE);
    }
    canvas_ornament(c, row, box.col, look, left);
    canvas_ornament(c, row, box.col + box.cols - 1, look, right);
}

struct box
canvas_frame(struct canvas *c, struct box box, unsigned look, const char *title)
{
    if (box.rows < 2 || box.cols < 2) {
        return (struct box){box.row, box.col, 0, 0};
    }
    hline(c, box.row, box, look, ORN_TOP_LEFT, ORN_TOP_RIGHT);
    hline(c, box.row + box.rows - 1, box, look, ORN_BOTTOM_LEFT, ORN_BOTTOM_RIGHT);
    for (int row = box.row + 1; row < box.row + box.rows - 1 && row < c->rows; row++) {
        canvas_ornament(c, row, box.col, look, ORN_VLINE);
        canvas_ornament(c, row, box.col + box.cols - 1, look, ORN_VLINE);
    }
    if (title != NULL && *title != '\0' && box.cols > 6) {
        const int used = canvas_text(c, box.row, box.col + 3, box.cols - 6, look, title);
        put_cell(c, box.row, box.col + 2, ' ', look);
        put_cell(c, box.row, box.col + 3 + used, ' ', look);
    }
    return (struct box){box.row + 1, box.col + 1, box.rows - 2, box.cols - 2};
}

void
canvas_bar(struct canvas *c, int row, int col, int width, unsigned look, int64_t part,
           int64_t whole)
{
    int64_t filled = 0;

    if (width <= 0) {
        return;
    }
    if (whole > 0 && part > 0) {
        const int64_t most = INT64_MAX / width;
        const int64_t scale = whole > most ? whole / most + 1 : 1;
        filled = part >= whole ? width : part / scale * width / (whole / scale);
    }
    for (int i = 0; i < width && col + i < c->cols; i++) {
        canvas_ornament(c, row, col + i, look, i < filled ? ORN_FULL : ORN_SHADE);
    }
}

/* ---------------------------------------------------------------- what is there */

const struct cell *
canvas_row(const struct canvas *c, int row)
{
    assert(row >= 0 && row < c->rows);
    return cell_at(c, row, 0);
}

void
canvas_cursor(struct canvas *c, int row, int col)
{
    const bool there = row >= 0 && row < c->rows && col >= 0 && col < c->cols;

    c->cursor_row = there ? row : -1;
    c->cursor_col = there ? col : -1;
}

bool
canvas_cursor_at(const struct canvas *c, int *ret_row, int *ret_col)
{
    if (c->cursor_row < 0) {
        return false;
    }
    *ret_row = c->cursor_row;
    *ret_col = c->cursor_col;
    return true;
}

char *
canvas_dump(const struct canvas *c)
{
    struct buf out;

    buf_init(&out, (size_t)c->rows * ((size_t)c->cols * 4 + 1));
    for (int row = 0; row < c->rows; row++) {
        size_t end = out.len;
        for (int col = 0; col < c->cols; col++) {
            const uint32_t code = cell_at(c, row, col)->code;
            if (code != 0) {
                utf8_encode(&out, code);
            }
            end = code != ' ' ? out.len : end;
        }
        out.len = end;
        buf_addc(&out, '\n');
    }
    char *text = buf_detach(&out);
    buf_release(&out);
    return text;
}

/*
 * terminal.h - a terminal for tests: takes the bytes of a screen and says what is seen.
 *
 * Strict: it knows what the terminal descriptions of xterm, screen, tmux, linux and vt100 may have
 * us send, and anything else - a control byte, a sequence, a character that is no character - is
 * kept as its first complaint.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include "base/escape.h"
#include "base/xalloc.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { TERM_PENDING_MAX = 64, TERM_NUMBERS_MAX = 16 };

enum { PEN_BOLD = 1, PEN_DIM = 2, PEN_UNDERLINE = 4, PEN_REVERSE = 8 };

struct pen {
    unsigned attributes;
    int fore, back; /* -1: the terminal's own */
};

struct seen {
    uint32_t code; /* 0: the right half of a wide one */
    struct pen pen;
};

struct terminal {
    int rows, cols;
    struct seen *cells; /* owned */
    int row, col, top, bottom;
    int saved_row, saved_col;
    bool wraps; /* the last column is written, the next character goes to the next row */
    bool stays; /* it never does */
    bool bce;   /* what is erased has the background of the pen */
    struct pen pen;
    uint32_t last;
    char pending[TERM_PENDING_MAX];
    size_t pending_len;
    /* modes */
    bool alternate, mouse, sgr_mouse, paste, cursor_hidden, inserts;
    int entered;         /* how many times the alternate screen was */
    char complaint[200]; /* "" none */
};

static inline void
terminal_init(struct terminal *t, int rows, int cols, bool bce)
{
    *t = (struct terminal){.rows = rows, .cols = cols, .bottom = rows - 1, .bce = bce};
    t->pen = (struct pen){0, -1, -1};
    t->cells = xcalloc((size_t)rows * (size_t)cols, sizeof(*t->cells));
    for (int i = 0; i < rows * cols; i++) {
        t->cells[i] = (struct seen){' ', t->pen};
    }
}

static inline void
terminal_release(struct terminal *t)
{
    free(t->cells);
    t->cells = NULL;
}

static inline void
terminal_complain(struct terminal *t, const char *what)
{
    struct buf text;

    if (t->complaint[0] != '\0') {
        return;
    }
    buf_init(&text, 150);
    escape_line(&text, t->pending, t->pending_len);
    (void)snprintf(t->complaint, sizeof(t->complaint), "%s: %s", what, text.data);
    buf_release(&text);
}

static inline struct seen *
terminal_at(struct terminal *t, int row, int col)
{
    return &t->cells[row * t->cols + col];
}

/* ---------------------------------------------------------------- erasing and moving */

static inline struct seen
terminal_blank(const struct terminal *t)
{
    return (struct seen){' ', {0, -1, t->bce ? t->pen.back : -1}};
}

/* Cells [from, to) of a row are about to be other ones. */
static inline void
terminal_split(struct terminal *t, int row, int from, int to)
{
    struct seen *cells = terminal_at(t, row, 0);

    if (from > 0 && from < t->cols && cells[from].code == 0) {
        cells[from - 1].code = ' ';
    }
    if (to > 0 && to < t->cols && cells[to].code == 0) {
        cells[to].code = ' ';
    }
}

static inline void
terminal_erase(struct terminal *t, int row, int from, int to)
{
    to = to > t->cols ? t->cols : to;
    terminal_split(t, row, from, to);
    for (int col = from; col < to; col++) {
        *terminal_at(t, row, col) = terminal_blank(t);
    }
}

static inline void
terminal_go(struct terminal *t, int row, int col)
{
    t->row = row < 0 ? 0 : row >= t->rows ? t->rows - 1 : row;
    t->col = col < 0 ? 0 : col >= t->cols ? t->cols - 1 : col;
    t->wraps = false;
}

/* Rows top to the bottom of the region go up (n > 0) or down. */
static inline void
terminal_scroll(struct terminal *t, int top, int n)
{
    const size_t row_bytes = (size_t)t->cols * sizeof(*t->cells);
    const int height = t->bottom - top + 1;
    const int by = abs(n) > height ? height : abs(n);

    if (n > 0) {
        memmove(terminal_at(t, top, 0), terminal_at(t, top + by, 0),
                (size_t)(height - by) * row_bytes);
    } else {
        memmove(terminal_at(t, top + by, 0), terminal_at(t, top, 0),
                (size_t)(height - by) * row_bytes);
    }
    for (int i = 0; i < by; i++) {
        const int row = n > 0 ? t->bottom - i : top + i;
        for (int col = 0; col < t->cols; col++) {
            *terminal_at(t, row, col) = terminal_blank(t);
        }
    }
}

static inline void
terminal_line_feed(struct terminal *t)
{
    t->wraps = false;
    if (t->row == t->bottom) {
        terminal_scroll(t, t->top, 1);
    } else if (t->row < t->rows - 1) {
        t->row++;
    }
}

/* Cells of the row from the cursor on go right (n > 0) or left. */
static inline void
terminal_shift(struct terminal *t, int n)
{
    struct seen *cells = terminal_at(t, t->row, 0);
    const int left = t->cols - t->col;
    const int by = abs(n) > left ? left : abs(n);

    terminal_split(t, t->row, t->col, t->col);
    if (n > 0) {
        terminal_split(t, t->row, t->col, t->cols - by);
        memmove(cells + t->col + by, cells + t->col, (size_t)(left - by) * sizeof(*cells));
        terminal_erase(t, t->row, t->col, t->col + by);
    } else {
        terminal_split(t, t->row, t->col, t->col + by);
        memmove(cells + t->col, cells + t->col + by, (size_t)(left - by) * sizeof(*cells));
        for (int col = t->cols - by; col < t->cols; col++) {
            cells[col] = terminal_blank(t);
        }
    }
}

static inline void
terminal_put(struct terminal *t, uint32_t code)
{
    const int width = wcwidth((wchar_t)code);

    if (width < 1) {
        terminal_complain(t, "a character of no width");
        return;
    }
    if ((t->wraps || t->col + width > t->cols) && !t->stays) {
        t->col = 0;
        terminal_line_feed(t);
    }
    if (t->inserts) {
        terminal_shift(t, width);
    }
    terminal_split(t, t->row, t->col, t->col + width);
    *terminal_at(t, t->row, t->col) = (struct seen){code, t->pen};
    if (width == 2 && t->col + 1 < t->cols) {
        *terminal_at(t, t->row, t->col + 1) = (struct seen){0, t->pen};
    }
    t->col += width;
    t->wraps = t->col >= t->cols;
    t->col = t->wraps ? t->cols - 1 : t->col;
    t->last = code;
}

/* ---------------------------------------------------------------- sequences */

static inline void
terminal_pen(struct terminal *t, const int *n, int count)
{
    for (int i = 0; i < count; i++) {
        const int v = n[i];
        if (v == 0) {
            t->pen = (struct pen){0, -1, -1};
        } else if (v == 1 || v == 2 || v == 4 || v == 7) {
            t->pen.attributes |= v == 1   ? PEN_BOLD
                                 : v == 2 ? PEN_DIM
                                 : v == 4 ? PEN_UNDERLINE
                                          : PEN_REVERSE;
        } else if (v == 22) {
            t->pen.attributes &= ~(unsigned)(PEN_BOLD | PEN_DIM);
        } else if (v == 24) {
            t->pen.attributes &= ~(unsigned)PEN_UNDERLINE;
        } else if (v == 27) {
            t->pen.attributes &= ~(unsigned)PEN_REVERSE;
        } else if ((v >= 30 && v <= 37) || v == 39) {
            t->pen.fore = v == 39 ? -1 : v - 30;
        } else if ((v >= 40 && v <= 47) || v == 49) {
            t->pen.back = v == 49 ? -1 : v - 40;
        } else if ((v == 38 || v == 48) && i + 2 < count && n[i + 1] == 5) {
            *(v == 38 ? &t->pen.fore : &t->pen.back) = n[i + 2];
            i += 2;
        } else if (v == 10 || v == 23 || v == 25) {
            continue;
        } else {
            terminal_complain(t, "an attribute");
        }
    }
}

static inline void
terminal_mode(struct terminal *t, int number, bool on)
{
    switch (number) {
    case 1049:
        t->entered += on ? 1 : 0;
        if (on && !t->alternate) {
            t->saved_row = t->row;
            t->saved_col = t->col;
        } else if (!on) {
            terminal_go(t, t->saved_row, t->saved_col);
        }
        t->alternate = on;
        break;
    case 1000:
        t->mouse = on;
        break;
    case 1006:
        t->sgr_mouse = on;
        break;
    case 2004:
        t->paste = on;
        break;
    case 25:
        t->cursor_hidden = !on;
        break;
    case 7:
        t->stays = !on;
        break;
    case 12:
    case 1:
        break;
    default:
        terminal_complain(t, "a mode");
    }
}

static inline void
terminal_erase_display(struct terminal *t, int how)
{
    if (how == 0) {
        terminal_erase(t, t->row, t->col, t->cols);
    } else if (how == 1) {
        terminal_erase(t, t->row, 0, t->col + 1);
    }
    for (int row = how == 0 ? t->row + 1 : 0; row < (how == 1 ? t->row : t->rows); row++) {
        terminal_erase(t, row, 0, t->cols);
    }
}

static inline void
terminal_csi(struct terminal *t, char private, const int *n, int count, char final)
{
    const int first = n[0] > 0 ? n[0] : 1;

    if (private == '?' && (final == 'h' || final == 'l')) {
        for (int i = 0; i < count; i++) {
            terminal_mode(t, n[i], final == 'h');
        }
        return;
    }
    if (private != '\0' && !(private == '?' && final == 'c')) { /* the Linux console's cursor */
        terminal_complain(t, "a private sequence");
        return;
    }
    switch (final) {
    case 'H':
        terminal_go(t, first - 1, (count > 1 && n[1] > 0 ? n[1] : 1) - 1);
        break;
    case 'G':
        terminal_go(t, t->row, first - 1);
        break;
    case 'd':
        terminal_go(t, first - 1, t->col);
        break;
    case 'A':
        terminal_go(t, t->row - first, t->col);
        break;
    case 'B':
        terminal_go(t, t->row + first, t->col);
        break;
    case 'C':
        terminal_go(t, t->row, t->col + first);
        break;
    case 'D':
        terminal_go(t, t->row, t->col - first);
        break;
    case 'Z':
        terminal_go(t, t->row, (t->col + 7) / 8 * 8 - 8 * first);
        break;
    case 'J':
        terminal_erase_display(t, n[0]);
        break;
    case 'K':
        terminal_erase(t, t->row, n[0] == 0 ? t->col : 0, n[0] == 1 ? t->col + 1 : t->cols);
        break;
    case 'X':
        terminal_erase(t, t->row, t->col, t->col + first);
        break;
    case '@':
        terminal_shift(t, first);
        break;
    case 'P':
        terminal_shift(t, -first);
        break;
    case 'L':
    case 'M':
        if (t->row >= t->top && t->row <= t->bottom) {
            terminal_scroll(t, t->row, final == 'M' ? first : -first);
        }
        break;
    case 'S':
    case 'T':
        terminal_scroll(t, t->top, final == 'S' ? first : -first);
        break;
    case 'b':
        for (int i = 0; i < first; i++) {
            terminal_put(t, t->last);
        }
        break;
    case 'r':
        t->top = first - 1;
        t->bottom = (count > 1 && n[1] > 0 ? n[1] : t->rows) - 1;
        if (t->bottom >= t->rows || t->top > t->bottom) {
            terminal_complain(t, "a region");
        }
        terminal_go(t, 0, 0);
        break;
    case 'm':
        terminal_pen(t, n, count);
        break;
    case 'h':
    case 'l':
        if (n[0] == 4) {
            t->inserts = final == 'h';
        } else if (n[0] == 34) {
            t->cursor_hidden = false;
        } else {
            terminal_complain(t, "a mode");
        }
        break;
    case 'c':
    case 't': /* the title is put aside, and taken back */
        break;
    default:
        terminal_complain(t, "a sequence");
    }
}

/* Returns whether pending is a whole sequence, or can be none. */
static inline bool
terminal_escape(struct terminal *t)
{
    const char *p = t->pending;
    int n[TERM_NUMBERS_MAX] = {0}, count = 1;
    char private = '\0';

    if (t->pending_len < 2) {
        return false;
    }
    if (strchr("()", p[1]) != NULL) {
        if (t->pending_len == 3 && strchr("B0", p[2]) == NULL) {
            terminal_complain(t, "a set of characters");
        }
        return t->pending_len == 3;
    }
    if (p[1] != '[') {
        if (p[1] == 'M') {
            if (t->row == t->top) {
                terminal_scroll(t, t->top, -1);
            } else if (t->row > 0) {
                t->row--;
            }
        } else if (p[1] == '7') {
            t->saved_row = t->row;
            t->saved_col = t->col;
        } else if (p[1] == '8') {
            terminal_go(t, t->saved_row, t->saved_col);
        } else if (strchr("=>", p[1]) == NULL) { /* what the keypad sends */
            terminal_complain(t, "an escape");
        }
        return true;
    }
    const char final = p[t->pending_len - 1];
    if (t->pending_len < 3 || final < 0x40 || final > 0x7e) {
        return false;
    }
    for (size_t i = 2; i + 1 < t->pending_len; i++) {
        if (p[i] >= '0' && p[i] <= '9') {
            n[count - 1] = n[count - 1] * 10 + (p[i] - '0');
        } else if (p[i] == ';' && count < TERM_NUMBERS_MAX) {
            count++;
        } else if (i == 2 && p[i] == '?') {
            private = p[i];
        } else {
            terminal_complain(t, "a parameter");
        }
    }
    terminal_csi(t, private, n, count, final);
    return true;
}

static inline void
terminal_control(struct terminal *t, char b)
{
    switch (b) {
    case '\r':
        terminal_go(t, t->row, 0);
        break;
    case '\n':
        terminal_line_feed(t);
        break;
    case '\b':
        terminal_go(t, t->row, t->col - 1);
        break;
    case '\t':
        terminal_go(t, t->row, (t->col / 8 + 1) * 8);
        break;
    case 017: /* the usual characters */
    case 030: /* ends what was cut off */
        break;
    default:
        terminal_complain(t, "a control byte");
    }
}

static inline void
terminal_byte(struct terminal *t, char b)
{
    const unsigned char u = (unsigned char)b;
    unsigned code = 0;

    if (b == 030) {
        t->pending_len = 0;
        return;
    }
    if (t->pending_len == 0 && u < 0x20 && b != 033) {
        t->pending[0] = b;
        t->pending_len = 1;
        terminal_control(t, b);
        t->pending_len = 0;
        return;
    }
    t->pending[t->pending_len++] = b;
    if (t->pending[0] == 033) {
        if (terminal_escape(t)) {
            t->pending_len = 0;
        }
    } else if (utf8_decode(t->pending, t->pending_len, &code) > 0) {
        if (escape_harmful(code)) {
            terminal_complain(t, "a harmful character");
        } else {
            terminal_put(t, code);
        }
        t->pending_len = 0;
    } else if (t->pending_len >= 4 || u < 0x80) {
        terminal_complain(t, "no UTF-8");
        t->pending_len = 0;
    }
    if (t->pending_len == TERM_PENDING_MAX) {
        terminal_complain(t, "a sequence without end");
        t->pending_len = 0;
    }
}

static inline void
terminal_take(struct terminal *t, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        terminal_byte(t, bytes[i]);
    }
}

/* A row as text, spaces at its end cut; the caller's. */
static inline char *
terminal_row(const struct terminal *t, int row)
{
    struct buf out;
    size_t end = 0;

    buf_init(&out, (size_t)t->cols * 4);
    for (int col = 0; col < t->cols; col++) {
        const uint32_t code = t->cells[row * t->cols + col].code;
        if (code != 0) {
            utf8_encode(&out, code);
        }
        end = code != ' ' ? out.len : end;
    }
    out.data[end] = '\0';
    return out.data;
}

static inline bool
terminal_shows(const struct terminal *t, const char *text)
{
    for (int row = 0; row < t->rows; row++) {
        char *line = terminal_row(t, row);
        const bool found = strstr(line, text) != NULL;
        free(line);
        if (found) {
            return true;
        }
    }
    return false;
}

#endif

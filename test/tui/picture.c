/*
 * picture.c - libvterm fed, and asked what it shows.
 *
 * Owns the emulator.  Decides what stands for it where libvterm 0.1 knows less than the terminals
 * that programs write for: REP, which ncurses uses.
 */
#include "tui/picture.h"

#include "base/escape.h"

#include <stdio.h>
#include <string.h>

enum { REPLY_MAX = 1 << 20, REPEAT_MAX = 1000, CODE_MAX = 8 };

static void
on_output(const char *bytes, size_t len, void *arg)
{
    struct picture *p = arg;

    (void)buf_add(&p->reply, bytes, len);
}

static int
on_property(VTermProp prop, VTermValue *value, void *arg)
{
    struct picture *p = arg;

    if (prop == VTERM_PROP_ALTSCREEN) {
        p->alternate = value->boolean;
    } else if (prop == VTERM_PROP_CURSORVISIBLE) {
        p->cursor_shown = value->boolean;
    } else if (prop == VTERM_PROP_MOUSE) {
        p->mouse = value->number;
    }
    return 1;
}

static int
on_csi(const char *leader, const long args[], int count, const char *between, char final, void *arg)
{
    struct picture *p = arg;

    (void)leader;
    (void)between;
    if (final != 'b') {
        p->unknown++;
        return 0;
    }
    p->repeat = count > 0 ? CSI_ARG_COUNT(args[0]) : 1;
    return 1;
}

/* The last character once more, `repeat` times. */
static void
repeat(struct picture *p)
{
    struct buf text;

    buf_init(&text, CODE_MAX);
    if (p->scan.last_code != 0) {
        utf8_encode(&text, p->scan.last_code);
    }
    for (long i = 0; i < p->repeat && i < REPEAT_MAX; i++) {
        (void)vterm_input_write(p->vt, text.data, text.len);
    }
    p->repeat = 0;
    buf_release(&text);
}

static const VTermScreenCallbacks screen_calls = {.settermprop = on_property};
static const VTermParserCallbacks unknown_calls = {.csi = on_csi};

void
picture_init(struct picture *p, int rows, int cols, bool ascii)
{
    memset(p, 0, sizeof(*p));
    buf_init(&p->reply, REPLY_MAX);
    scan_init(&p->scan, ascii);
    p->cursor_shown = true;
    p->vt = vterm_new(rows, cols);
    vterm_set_utf8(p->vt, 1);
    vterm_output_set_callback(p->vt, on_output, p);
    p->screen = vterm_obtain_screen(p->vt);
    vterm_screen_enable_altscreen(p->screen, 1);
    vterm_screen_set_callbacks(p->screen, &screen_calls, p);
    vterm_screen_set_unrecognised_fallbacks(p->screen, &unknown_calls, p);
    vterm_screen_reset(p->screen, 1);
}

void
picture_release(struct picture *p)
{
    vterm_free(p->vt);
    buf_release(&p->reply);
}

/* Cut behind each `b` that may end a REP: libvterm is not to be fed from inside of itself, and the
 * character before it must be the one that was printed last. */
void
picture_feed(struct picture *p, const char *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        const char *b = memchr(bytes + at, 'b', len - at);
        const size_t part = b == NULL ? len - at : (size_t)(b - bytes) + 1 - at;
        scan_feed(&p->scan, bytes + at, part);
        (void)vterm_input_write(p->vt, bytes + at, part);
        repeat(p);
        at += part;
    }
    vterm_screen_flush_damage(p->screen);
}

void
picture_resize(struct picture *p, int rows, int cols)
{
    vterm_set_size(p->vt, rows, cols);
}

void
picture_size(const struct picture *p, int *ret_rows, int *ret_cols)
{
    vterm_get_size(p->vt, ret_rows, ret_cols);
}

void
picture_cursor(const struct picture *p, int *ret_row, int *ret_col)
{
    VTermPos at = {0, 0};

    vterm_state_get_cursorpos(vterm_obtain_state(p->vt), &at);
    *ret_row = at.row;
    *ret_col = at.col;
}

static void
add_cell(struct buf *out, const VTermScreenCell *cell)
{
    if (cell->chars[0] == 0) {
        (void)buf_addc(out, ' ');
    }
    for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i] != 0; i++) {
        utf8_encode(out, cell->chars[i]);
    }
}

static void
cell_at(const struct picture *p, int row, int col, VTermScreenCell *ret)
{
    const VTermPos at = {.row = row, .col = col};

    (void)vterm_screen_get_cell(p->screen, at, ret);
    if (ret->width < 1) {
        ret->width = 1;
    }
}

static void
cut_spaces(struct buf *out, size_t from)
{
    while (out->len > from && out->data[out->len - 1] == ' ') {
        out->data[--out->len] = '\0';
    }
}

void
picture_text(const struct picture *p, struct buf *out)
{
    int rows = 0;
    int cols = 0;
    VTermScreenCell cell;

    picture_size(p, &rows, &cols);
    for (int row = 0; row < rows; row++) {
        const size_t begin = out->len;
        for (int col = 0; col < cols; col += cell.width) {
            cell_at(p, row, col, &cell);
            add_cell(out, &cell);
        }
        cut_spaces(out, begin);
        (void)buf_addc(out, '\n');
    }
}

static void
add_color(struct buf *out, const VTermColor *c)
{
    if (VTERM_COLOR_IS_DEFAULT_FG(c) || VTERM_COLOR_IS_DEFAULT_BG(c)) {
        (void)buf_adds(out, "- ");
    } else if (VTERM_COLOR_IS_INDEXED(c)) {
        (void)buf_addf(out, "%d ", c->indexed.idx);
    } else {
        (void)buf_addf(out, "#%02x%02x%02x ", c->rgb.red, c->rgb.green, c->rgb.blue);
    }
}

/* "FOREGROUND BACKGROUND LOOKS " of a cell.  libvterm 0.1 has no dim. */
static void
add_look(struct buf *out, const VTermScreenCell *cell)
{
    add_color(out, &cell->fg);
    add_color(out, &cell->bg);
    const size_t looks = out->len;
    if (cell->attrs.bold) {
        (void)buf_addc(out, 'b');
    }
    if (cell->attrs.underline != 0) {
        (void)buf_addc(out, 'u');
    }
    if (cell->attrs.reverse) {
        (void)buf_addc(out, 'r');
    }
    if (cell->attrs.italic) {
        (void)buf_addc(out, 'i');
    }
    (void)buf_adds(out, out->len == looks ? "- " : " ");
}

static void
add_run(struct buf *out, const char *prefix, int row, int col, const struct buf *look,
        struct buf *text)
{
    const bool plain = strcmp(look->data, "- - - ") == 0;

    if (plain) {
        cut_spaces(text, 0);
    }
    if (text->len > 0) {
        (void)buf_addf(out, "%s%d %d %s%s\n", prefix, row, col, look->data, text->data);
    }
    buf_clear(text);
}

static void
add_row(const struct picture *p, int row, int cols, struct buf *out, const char *prefix)
{
    struct buf look;
    struct buf now;
    struct buf text;
    int begin = 0;
    VTermScreenCell cell;

    buf_init(&look, SCAN_TEXT_MAX);
    buf_init(&now, SCAN_TEXT_MAX);
    buf_init(&text, REPLY_MAX);
    for (int col = 0; col < cols; col += cell.width) {
        cell_at(p, row, col, &cell);
        buf_clear(&now);
        add_look(&now, &cell);
        if (strcmp(now.data, look.data) != 0) {
            add_run(out, prefix, row, begin, &look, &text);
            begin = col;
            buf_clear(&look);
            (void)buf_add(&look, now.data, now.len);
        }
        add_cell(&text, &cell);
    }
    add_run(out, prefix, row, begin, &look, &text);
    buf_release(&look);
    buf_release(&now);
    buf_release(&text);
}

void
picture_cells(const struct picture *p, struct buf *out, const char *prefix)
{
    int rows = 0;
    int cols = 0;

    picture_size(p, &rows, &cols);
    for (int row = 0; row < rows; row++) {
        add_row(p, row, cols, out, prefix);
    }
}

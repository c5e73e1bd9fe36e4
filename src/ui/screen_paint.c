/*
 * screen_paint.c - what a terminal has to be sent so that it shows a canvas.
 *
 * Decides how looks are shown with many colors, few, or none.  Owns ncurses, the memory it writes
 * to, and the cells that were painted last.  Never touches the terminal.
 */
#include "ui/screen_paint.h"

#include "base/buf.h"
#include "base/xalloc.h"

#include <errno.h>
#include <langinfo.h>
#include <ncurses.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of <term.h>, which defines `lines`, `columns`, `tab` and more of that kind. */
extern char *tigetstr(const char *name);

enum {
    LOOK_BYTES = 256, /* a look with all that may be or'ed to it */
    LOOK_KINDS = LOOK_BOLD,
    MEMORY_KEPT = 1 << 18,
    RESET_BYTES = 256,
    CAN = 030, /* ends a sequence that was cut off */
};

static const char modes_on[] = "\033[?1000h\033[?1006h\033[?2004h";
static const char modes_off[] = "\033[?1006l\033[?1000l\033[?2004l";

struct style {
    short fore, back; /* -1: the terminal's own */
    attr_t attributes;
};

/* 256 colors; 8 or 16; none. */
static const struct {
    struct style many, few, none;
} styles[] = {
    [LOOK_PLAIN] = {{-1, -1, A_NORMAL}, {-1, -1, A_NORMAL}, {-1, -1, A_NORMAL}},
    [LOOK_DIM] = {{245, -1, A_NORMAL}, {-1, -1, A_DIM}, {-1, -1, A_DIM}},
    [LOOK_TITLE] = {{231, 24, A_NORMAL}, {COLOR_WHITE, COLOR_BLUE, A_NORMAL}, {-1, -1, A_REVERSE}},
    [LOOK_HEAD] = {{-1, -1, A_BOLD}, {-1, -1, A_BOLD}, {-1, -1, A_BOLD}},
    [LOOK_KEY] = {{37, -1, A_BOLD}, {COLOR_CYAN, -1, A_BOLD}, {-1, -1, A_BOLD}},
    [LOOK_OK] = {{34, -1, A_NORMAL}, {COLOR_GREEN, -1, A_NORMAL}, {-1, -1, A_NORMAL}},
    [LOOK_BAD] = {{196, -1, A_BOLD}, {COLOR_RED, -1, A_BOLD}, {-1, -1, A_BOLD | A_UNDERLINE}},
    [LOOK_WARN] = {{172, -1, A_NORMAL}, {COLOR_YELLOW, -1, A_NORMAL}, {-1, -1, A_UNDERLINE}},
    [LOOK_BUSY] = {{33, -1, A_NORMAL}, {COLOR_CYAN, -1, A_NORMAL}, {-1, -1, A_NORMAL}},
    [LOOK_MARK] = {{170, -1, A_BOLD}, {COLOR_MAGENTA, -1, A_BOLD}, {-1, -1, A_BOLD}},
    [LOOK_MATCH] = {{16, 220, A_NORMAL},
                    {COLOR_BLACK, COLOR_YELLOW, A_NORMAL},
                    {-1, -1, A_REVERSE | A_UNDERLINE}},
};
_Static_assert(sizeof(styles) / sizeof(styles[0]) == LOOKS, "a row a look");

struct screen_paint {
    SCREEN *ncurses; /* owned */
    FILE *out, *in;  /* owned: memory, and nothing */
    int memory;      /* out's */
    bool ascii, ansi;
    bool wraps; /* behind the last column, always */
    struct {
        attr_t attributes;
        short pair;
    } looks[LOOK_BYTES];
    struct cell *last; /* owned: what was painted, rows * cols */
    int rows, cols;
    bool last_known, cursor_shown;
    bool begun;         /* in the alternate screen */
    cchar_t *run;       /* owned: cols; a part of a row as ncurses has it */
    struct buf palette; /* what would undo the colors that the user has set */
    struct buf cursor;  /* what has a cursor seen */
    struct buf taken;   /* what screen_paint_take gave */
    char reset[RESET_BYTES];
};

/* ---------------------------------------------------------------- looks */

/* A pair of colors for each look that has some: pair numbers are the looks'. */
static void
set_looks(struct screen_paint *p, bool color)
{
    const bool some =
        color && has_colors() && start_color() == OK && COLORS >= 8 && COLOR_PAIRS > LOOKS;
    const bool many = some && COLORS >= 256;
    const bool own = some && use_default_colors() == OK;

    for (unsigned look = 0; look < LOOK_BYTES; look++) {
        const unsigned kind = look % LOOK_KINDS < LOOKS ? look % LOOK_KINDS : LOOK_PLAIN;
        const struct style *s = many   ? &styles[kind].many
                                : some ? &styles[kind].few
                                       : &styles[kind].none;
        const bool colored = some && (s->fore >= 0 || s->back >= 0);
        if (colored && look < LOOKS) {
            (void)init_pair((short)look, (short)(s->fore < 0 && !own ? COLOR_WHITE : s->fore),
                            (short)(s->back < 0 && !own ? COLOR_BLACK : s->back));
        }
        p->looks[look].pair = (short)(colored ? kind : 0);
        p->looks[look].attributes = s->attributes | ((look & LOOK_BOLD) != 0 ? A_BOLD : 0) |
                                    ((look & LOOK_REVERSE) != 0 ? A_REVERSE : 0);
    }
}

/* ---------------------------------------------------------------- the terminal's own strings */

/* Of a terminal's description, without its waiting times ($<5>); "" where it has none. */
static void
add_capability(struct buf *out, const char *name)
{
    const char *text = tigetstr(name);

    if (text == NULL || text == (const char *)-1) { /* NOLINT(performance-no-int-to-ptr) */
        return;
    }
    while (*text != '\0') {
        const char *end = strncmp(text, "$<", 2) == 0 ? strchr(text, '>') : NULL;
        if (end != NULL) {
            text = end + 1;
        } else {
            (void)buf_addc(out, *text++);
        }
    }
}

static bool
has_capability(const char *name)
{
    struct buf text;

    buf_init(&text, RESET_BYTES);
    add_capability(&text, name);
    const bool has = text.len > 0;
    buf_release(&text);
    return has;
}

static void
set_reset(struct screen_paint *p)
{
    struct buf text;

    buf_init(&text, sizeof(p->reset) - 1);
    add_capability(&text, "cup");
    p->ansi = strncmp(text.data, "\033[", 2) == 0; /* others would show what they do not know */
    buf_clear(&text);
    (void)buf_addc(&text, CAN);
    (void)buf_adds(&text, p->ansi ? modes_off : "");
    add_capability(&text, "sgr0");
    add_capability(&text, "rmcup");
    add_capability(&text, "cnorm");
    (void)snprintf(p->reset, sizeof(p->reset), "%s", text.data);
    buf_release(&text);
}

const char *
screen_paint_modes(const struct screen_paint *p)
{
    return p->ansi ? modes_on : "";
}

const char *
screen_paint_modes_off(const struct screen_paint *p)
{
    return p->ansi ? modes_off : "";
}

const char *
screen_paint_reset(const struct screen_paint *p)
{
    return p->reset;
}

/* ---------------------------------------------------------------- life */

/* The signals that newterm takes for itself. */
static const int taken[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
enum { TAKEN = sizeof(taken) / sizeof(taken[0]) };

/* newterm, and nothing of this process but ncurses is other than before. */
static SCREEN *
new_ncurses(FILE *out, FILE *in)
{
    static const char padding[] = "NCURSES_NO_PADDING"; /* no NULs that take time */
    const bool told = getenv(padding) != NULL;
    struct sigaction actions[TAKEN];

    for (size_t i = 0; i < TAKEN; i++) {
        (void)sigaction(taken[i], NULL, &actions[i]);
    }
    if (!told) {
        (void)setenv(padding, "1", 1);
    }
    use_env(FALSE);   /* LINES and COLUMNS may be anything; it would look there again and again */
    use_tioctl(TRUE); /* else a description without a size (linux) is refused */
    SCREEN *s = newterm(NULL, out, in);
    if (!told) {
        (void)unsetenv(padding);
    }
    for (size_t i = 0; i < TAKEN; i++) {
        (void)sigaction(taken[i], &actions[i], NULL);
    }
    return s;
}

static int
open_memory(struct screen_paint *p, struct err *err)
{
    p->memory = memfd_create("screen", MFD_CLOEXEC);
    p->out = p->memory < 0 ? NULL : fdopen(p->memory, "w+e");
    p->in = fopen("/dev/null", "re");
    if (p->out == NULL || p->in == NULL) {
        const int error = errno;
        if (p->out == NULL && p->memory >= 0) {
            (void)close(p->memory);
        }
        return err_set(err, ERR_IO, "the full screen: %s", strerror(error));
    }
    return 0;
}

static void
forget_bytes(struct screen_paint *p)
{
    (void)fflush(p->out);
    (void)lseek(p->memory, 0, SEEK_SET);
}

static bool
terminal_is_poor(void)
{
    const char *name = getenv("TERM");

    return name != NULL && (strcmp(name, "linux") == 0 || strncmp(name, "linux-", 6) == 0);
}

static int
start_ncurses(struct screen_paint *p, bool color, struct err *err)
{
    const char *name = getenv("TERM");

    p->ncurses = new_ncurses(p->out, p->in);
    if (p->ncurses == NULL || !has_capability("cup")) {
        return err_set(err, ERR_USAGE,
                       "it needs a known terminal whose cursor can be moved, and TERM is %s "
                       "(TERM=xterm-256color?)",
                       name == NULL || *name == '\0' ? "not set" : name);
    }
    (void)typeahead(-1);
    (void)noecho();
    (void)nonl();
    (void)curs_set(0);
    (void)leaveok(stdscr, TRUE);
    set_looks(p, color);
    set_reset(p);
    p->wraps = !has_capability("rmam");
    add_capability(&p->palette, "oc");
    add_capability(&p->cursor, "cnorm");
    (void)endwin(); /* it begins with the first canvas, in the size that is true then */
    forget_bytes(p);
    return 0;
}

struct screen_paint *
screen_paint_open(bool color, struct err *err)
{
    struct screen_paint *p = xcalloc(1, sizeof(*p));

    buf_init(&p->palette, RESET_BYTES);
    buf_init(&p->cursor, RESET_BYTES);
    buf_init(&p->taken, (size_t)1 << 26);
    if (open_memory(p, err) != 0 || start_ncurses(p, color, err) != 0) {
        screen_paint_free(p);
        return NULL;
    }
    p->ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0 || terminal_is_poor();
    screen_paint_resize(p, 24, 80);
    return p;
}

void
screen_paint_free(struct screen_paint *p)
{
    if (p == NULL) {
        return;
    }
    if (p->ncurses != NULL) {
        delscreen(p->ncurses);
    }
    if (p->out != NULL) {
        (void)fclose(p->out);
    }
    if (p->in != NULL) {
        (void)fclose(p->in);
    }
    buf_release(&p->palette);
    buf_release(&p->cursor);
    buf_release(&p->taken);
    free(p->last);
    free(p->run);
    free(p);
}

bool
screen_paint_is_ascii(const struct screen_paint *p)
{
    return p->ascii;
}

/* ---------------------------------------------------------------- painting */

void
screen_paint_resize(struct screen_paint *p, int rows, int cols)
{
    p->rows = rows;
    p->cols = cols;
    p->last = xreallocarray(p->last, (size_t)rows * (size_t)cols, sizeof(*p->last));
    p->run = xreallocarray(p->run, (size_t)cols, sizeof(*p->run));
    (void)resize_term(rows, cols); /* resizeterm would make a key of it */
    screen_paint_forget(p);
}

void
screen_paint_forget(struct screen_paint *p)
{
    p->last_known = false;
    (void)clearok(curscr, TRUE);
}

static bool
same(const struct cell *a, const struct cell *b)
{
    return a->code == b->code && a->look == b->look;
}

/* The cells of a row that are other than they were, as [from, to), no wide character halved. */
static bool
changed(const struct screen_paint *p, const struct cell *now, const struct cell *last,
        int *ret_from, int *ret_to)
{
    int from = 0, to = p->cols;

    while (p->last_known && from < to && same(&now[from], &last[from])) {
        from++;
    }
    while (p->last_known && to > from && same(&now[to - 1], &last[to - 1])) {
        to--;
    }
    if (from == to) {
        return false;
    }
    while (from > 0 && now[from].code == 0) {
        from--;
    }
    while (to < p->cols && now[to].code == 0) {
        to++;
    }
    *ret_from = from;
    *ret_to = to;
    return true;
}

static void
add_cell(struct screen_paint *p, int *count, uint32_t code, unsigned look)
{
    const wchar_t text[2] = {(wchar_t)code, L'\0'};

    (void)setcchar(&p->run[(*count)++], text, p->looks[look].attributes, p->looks[look].pair, NULL);
}

/* Where a terminal cannot be told not to wrap, ncurses writes the last cell of all by inserting
 * what stands before it, and halves that if it is wide: spaces then. */
static bool
is_halved(const struct screen_paint *p, int row, int col, const struct cell *now)
{
    return p->wraps && row == p->rows - 1 && col == p->cols - 3 && now[col + 1].code == 0;
}

static void
paint_row(struct screen_paint *p, int row, const struct cell *now)
{
    struct cell *last = &p->last[(size_t)row * (size_t)p->cols];
    int from = 0, to = 0, count = 0;

    if (!changed(p, now, last, &from, &to)) {
        return;
    }
    for (int col = from; col < to; col++) {
        const bool halved = is_halved(p, row, col, now);
        if (now[col].code != 0) {
            add_cell(p, &count, halved ? ' ' : now[col].code, now[col].look);
        }
        if (halved) {
            add_cell(p, &count, ' ', now[col].look);
        }
    }
    (void)mvadd_wchnstr(row, from, p->run, count);
    memcpy(last, now, (size_t)p->cols * sizeof(*last));
}

static void
paint_cursor(struct screen_paint *p, const struct canvas *c)
{
    int row = 0, col = 0;
    const bool shown = canvas_cursor_at(c, &row, &col);

    if (shown) {
        (void)move(row, col);
    }
    if (shown != p->cursor_shown) {
        p->cursor_shown = shown;
        (void)leaveok(stdscr, !shown);
        (void)curs_set(shown ? 1 : 0);
    }
}

void
screen_paint_canvas(struct screen_paint *p, const struct canvas *c)
{
    for (int row = 0; row < p->rows; row++) {
        paint_row(p, row, canvas_row(c, row));
    }
    p->last_known = p->begun = true;
    paint_cursor(p, c);
    (void)wnoutrefresh(stdscr);
    (void)doupdate();
}

/* The cursor is shown once more behind leaving the alternate screen: some terminals have one place
 * for a saved cursor, and it holds a hidden one where ncurses scrolled. */
void
screen_paint_end(struct screen_paint *p)
{
    if (p->begun) {
        (void)endwin(); /* ERR: memory has no modes, which is fine */
        (void)fwrite(p->cursor.data, 1, p->cursor.len, p->out);
        p->begun = false;
    }
    screen_paint_forget(p);
}

/* endwin has the terminal forget all colors that were ever set, the user's too; we set none. */
static void
leave_palette(struct screen_paint *p)
{
    const size_t len = p->palette.len;
    char *at = len == 0 ? NULL : memmem(p->taken.data, p->taken.len, p->palette.data, len);

    if (at != NULL) {
        memmove(at, at + len, p->taken.len - (size_t)(at - p->taken.data) - len);
        p->taken.len -= len;
    }
}

const char *
screen_paint_take(struct screen_paint *p, size_t *ret_len)
{
    buf_clear(&p->taken);
    (void)fflush(p->out);
    const off_t len = lseek(p->memory, 0, SEEK_CUR);
    char part[16384];
    for (off_t at = 0; at < len;) {
        const ssize_t n = pread(p->memory, part, sizeof(part), at);
        if (n <= 0) {
            break;
        }
        (void)buf_add(&p->taken, part,
                      (size_t)n < (size_t)(len - at) ? (size_t)n : (size_t)(len - at));
        at += n;
    }
    (void)lseek(p->memory, 0, SEEK_SET);
    if (len > MEMORY_KEPT) {
        (void)!ftruncate(p->memory, 0);
    }
    leave_palette(p);
    *ret_len = p->taken.len;
    return p->taken.data;
}

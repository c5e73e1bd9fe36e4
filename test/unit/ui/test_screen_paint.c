/*
 * test_screen_paint.c - a terminal that takes what is painted shows the canvas: its characters, its
 * looks, and nothing else, on every kind of terminal.
 */
#include "ui/screen_paint.h"

#include "terminal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <signal.h>

/* newterm forgets its memory when it refuses a terminal (ncurses 6.4, new_prescr): once a process.
 */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
    return "leak:new_prescr";
}

/* ---------------------------------------------------------------- help */

/* What the tests go by; the terminal beside it shows what was painted. */
struct bench {
    struct screen_paint *paint;
    struct canvas *canvas;
    struct terminal term;
    bool bce, wraps;
    size_t bytes; /* of the last frame */
};

static void
bench_open(struct bench *b, const char *term, bool color, int rows, int cols)
{
    struct err err = {0};

    setenv("TERM", term, 1);
    *b = (struct bench){.paint = screen_paint_open(color, &err)};
    if (b->paint == NULL) {
        fail_msg("%s: %s", term, err.text);
    }
    b->bce = strncmp(term, "xterm", 5) == 0 || strcmp(term, "linux") == 0;
    b->wraps = strncmp(term, "xterm", 5) != 0;
    b->canvas = canvas_new(rows, cols, screen_paint_is_ascii(b->paint));
    screen_paint_resize(b->paint, rows, cols);
    terminal_init(&b->term, rows, cols, b->bce);
}

static void
bench_take(struct bench *b)
{
    const char *bytes = screen_paint_take(b->paint, &b->bytes);

    terminal_take(&b->term, bytes, b->bytes);
    assert_string_equal(b->term.complaint, "");
    assert_int_equal(b->term.pending_len, 0);
}

static void
bench_close(struct bench *b)
{
    screen_paint_end(b->paint);
    bench_take(b);
    assert_false(b->term.alternate);
    assert_false(b->term.cursor_hidden);
    screen_paint_free(b->paint);
    canvas_free(b->canvas);
    terminal_release(&b->term);
}

static void
bench_frame(struct bench *b)
{
    screen_paint_canvas(b->paint, b->canvas);
    bench_take(b);
}

static bool
same_pen(const struct pen *a, const struct pen *b)
{
    return a->attributes == b->attributes && a->fore == b->fore && a->back == b->back;
}

/* Each look has a pen, always the same one: learned where it is met first. */
static void
assert_shown(struct bench *b)
{
    static struct pen pens[256];
    static bool known[256];

    memset(known, 0, sizeof(known));
    for (int row = 0; row < b->term.rows; row++) {
        const struct cell *want = canvas_row(b->canvas, row);
        for (int col = 0; col < b->term.cols; col++) {
            const struct seen *got = terminal_at(&b->term, row, col);
            const unsigned look =
                col > 0 && want[col].code == 0 ? want[col - 1].look : want[col].look;
            if (b->wraps && row == b->term.rows - 1 && col >= b->term.cols - 3 &&
                want[b->term.cols - 2].code == 0) {
                continue; /* ncurses cannot, see screen_paint.c */
            }
            if (got->code != want[col].code) {
                fail_msg("%d,%d: want %x, shown %x", row, col, (unsigned)want[col].code,
                         (unsigned)got->code);
            }
            const struct pen pen = got->pen;
            if (got->code == ' ' && (pen.attributes & (PEN_REVERSE | PEN_UNDERLINE)) == 0) {
                continue; /* no color or weight is seen */
            }
            if (known[look] && !same_pen(&pens[look], &pen)) {
                fail_msg("%d,%d: look %x is shown in two ways", row, col, look);
            }
            known[look] = true;
            pens[look] = pen;
        }
    }
}

static uint64_t random_state = 1;
static uint32_t
random_below(uint32_t n)
{
    random_state = random_state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(random_state >> 33) % n;
}

/* Bytes as bad as they come: anything, valid characters of all kinds, sequences. */
static size_t
random_bytes(char *bytes, size_t most)
{
    static const char *const pieces[] = {
        "\033[31m",
        "\033]0;title\a",
        "\033[2J",
        "\x9b"
        "1m",
        "\xc2\x9b"
        "2J",
        "日本",
        "ü",
        "\033c",
        "\xe2\x80\xae",
        "\xf0\x9f\x98\x80",
        "\033P0\033\\",
        "e\xcc\x81",
        "\t",
        "\r\n",
        "\x0e",
        "\x7f",
    };
    size_t len = 0;

    most = random_below((uint32_t)most);
    while (len < most) {
        const uint32_t kind = random_below(8);
        if (kind == 0) {
            const char *piece = pieces[random_below(sizeof(pieces) / sizeof(pieces[0]))];
            const size_t n = strlen(piece);
            if (len + n <= most) {
                memcpy(bytes + len, piece, n);
            }
            len += n;
        } else if (kind == 1 && len + 3 <= most) {
            bytes[len++] = (char)(0xe0 + random_below(16));
            bytes[len++] = (char)(0x80 + random_below(64));
            bytes[len++] = (char)(0x80 + random_below(64));
        } else if (kind < 5) {
            bytes[len++] = (char)(' ' + random_below(95));
        } else {
            bytes[len++] = (char)random_below(256);
        }
    }
    return most;
}

static void
draw_random(struct canvas *c)
{
    const int rows = canvas_rows(c), cols = canvas_cols(c);

    if (random_below(4) == 0) {
        canvas_clear(c);
    }
    for (uint32_t n = random_below(12); n > 0; n--) {
        char bytes[200];
        const size_t len = random_bytes(bytes, sizeof(bytes));
        const unsigned look = random_below(LOOKS) | random_below(4) << 6;
        canvas_bytes(c, (int)random_below((uint32_t)rows), (int)random_below((uint32_t)cols),
                     (int)random_below((uint32_t)cols + 1), look, bytes, len);
    }
    if (random_below(3) == 0) {
        canvas_tint(c, (int)random_below((uint32_t)rows), 0, cols, LOOK_BAD | LOOK_REVERSE);
    }
    if (random_below(3) == 0) {
        canvas_cursor(c, (int)random_below((uint32_t)rows), (int)random_below((uint32_t)cols));
    }
}

/* ---------------------------------------------------------------- terminals */

static const struct {
    const char *term;
    bool color;
    int rows, cols;
} kinds[] = {
    {"xterm-256color", true, 24, 80}, {"xterm-256color", false, 24, 80}, {"xterm", true, 10, 40},
    {"screen", true, 24, 80},         {"tmux-256color", true, 7, 33},    {"linux", true, 25, 80},
    {"vt100", true, 24, 80},          {"xterm-256color", true, 1, 1},    {"xterm", true, 1, 200},
    {"screen", false, 50, 2},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void
test_terminals_show_what_is_on_the_canvas(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct bench b;
        bench_open(&b, kinds[i].term, kinds[i].color, kinds[i].rows, kinds[i].cols);
        canvas_frame(b.canvas, canvas_box(b.canvas), LOOK_HEAD, "servers");
        canvas_text(b.canvas, 3, 2, 60, LOOK_BAD, "web-1 日本語 failed");
        bench_frame(&b);
        assert_shown(&b);
        canvas_text(b.canvas, 4, 2, 60, LOOK_OK, "web-2 ok");
        bench_frame(&b);
        assert_shown(&b);
        bench_frame(&b);
        assert_int_equal(b.bytes, 0); /* nothing new, nothing sent */
        bench_close(&b);
    }
}

/* All 256 bytes, and random ones: PAINT_STRINGS=1000000 for the campaign. */
static void
test_no_byte_of_any_text_reaches_a_terminal_but_as_a_character(void **state)
{
    const char *asked = getenv("PAINT_STRINGS");
    const long strings = asked == NULL ? 20000 : strtol(asked, NULL, 10);

    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct bench b;
        bench_open(&b, kinds[i].term, kinds[i].color, kinds[i].rows, kinds[i].cols);
        for (int byte = 0; byte < 256; byte++) {
            const char one = (char)byte;
            canvas_bytes(b.canvas, byte / 16 % kinds[i].rows, byte % 16 * 5 % kinds[i].cols, 5,
                         LOOK_PLAIN, &one, 1);
        }
        bench_frame(&b);
        assert_shown(&b);
        for (long n = 0; n < strings / KINDS; n += 6) { /* 5.5 strings a canvas */
            draw_random(b.canvas);
            bench_frame(&b);
            assert_shown(&b);
        }
        bench_close(&b);
    }
}

static void
test_forgets_what_is_shown_and_paints_all_of_it(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, "xterm-256color", true, 5, 20);
    canvas_text(b.canvas, 1, 0, 20, LOOK_OK, "here it is");
    bench_frame(&b);
    terminal_release(&b.term);
    terminal_init(&b.term, 5, 20, true);
    bench_frame(&b);
    assert_false(terminal_shows(&b.term, "here it is"));
    screen_paint_forget(b.paint);
    bench_frame(&b);
    assert_shown(&b);
    bench_close(&b);
}

static void
test_shows_the_canvas_in_a_new_size(void **state)
{
    static const int sizes[][2] = {{24, 80}, {1, 1}, {100, 300}, {2, 5}, {500, 1000}, {24, 80}};
    struct bench b;

    (void)state;
    bench_open(&b, "xterm-256color", true, 10, 10);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        canvas_resize(b.canvas, sizes[i][0], sizes[i][1]);
        screen_paint_resize(b.paint, sizes[i][0], sizes[i][1]);
        terminal_release(&b.term);
        terminal_init(&b.term, sizes[i][0], sizes[i][1], true);
        canvas_frame(b.canvas, canvas_box(b.canvas), LOOK_KEY, "in a new size");
        canvas_text(b.canvas, sizes[i][0] / 2, 1, 50, LOOK_BAD, "日本語 text");
        bench_frame(&b);
        assert_shown(&b);
    }
    /* the modes that the new terminals do not know of */
    b.term.alternate = true;
    bench_close(&b);
}

static void
test_leaves_the_alternate_screen_and_comes_back(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, "xterm-256color", true, 5, 20);
    canvas_text(b.canvas, 1, 0, 20, LOOK_OK, "here it is");
    bench_frame(&b);
    assert_true(b.term.alternate);
    assert_true(b.term.cursor_hidden);
    screen_paint_end(b.paint);
    bench_take(&b);
    assert_false(b.term.alternate);
    assert_false(b.term.cursor_hidden);
    assert_true(same_pen(&b.term.pen, &(struct pen){0, -1, -1}));
    bench_frame(&b);
    assert_true(b.term.alternate);
    assert_true(b.term.cursor_hidden);
    assert_int_equal(b.term.entered, 2);
    assert_shown(&b);
    bench_close(&b);
}

/* A saved cursor that is hidden comes back with the other screen. */
static void
test_the_cursor_is_shown_behind_leaving_the_alternate_screen(void **state)
{
    static const char left[] = "\033[?1049l", shown[] = "\033[?25h";
    struct bench b;
    size_t len = 0;

    (void)state;
    bench_open(&b, "xterm-256color", true, 5, 20);
    bench_frame(&b);
    screen_paint_end(b.paint);
    const char *bytes = screen_paint_take(b.paint, &len);
    const char *at = memmem(bytes, len, left, strlen(left));
    assert_non_null(at);
    assert_non_null(memmem(at, len - (size_t)(at - bytes), shown, strlen(shown)));
    terminal_take(&b.term, bytes, len);
    bench_close(&b);
}

static void
test_the_cursor_is_where_the_canvas_has_it(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, "xterm-256color", true, 5, 20);
    canvas_text(b.canvas, 3, 0, 20, LOOK_PLAIN, "name: ");
    canvas_cursor(b.canvas, 3, 6);
    bench_frame(&b);
    assert_false(b.term.cursor_hidden);
    assert_int_equal(b.term.row, 3);
    assert_int_equal(b.term.col, 6);
    canvas_text(b.canvas, 0, 0, 20, LOOK_PLAIN, "elsewhere");
    bench_frame(&b);
    assert_int_equal(b.term.row, 3);
    assert_int_equal(b.term.col, 6);
    canvas_cursor(b.canvas, -1, -1);
    bench_frame(&b);
    assert_true(b.term.cursor_hidden);
    bench_close(&b);
}

static void
test_sends_only_what_has_changed(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, "xterm-256color", true, 24, 80);
    for (int row = 0; row < 24; row++) {
        canvas_print(b.canvas, row, 0, 80, LOOK_PLAIN, "web-%04d %60s", row, "some text of it");
    }
    bench_frame(&b);
    canvas_text(b.canvas, 7, 70, 1, LOOK_PLAIN, "X");
    bench_frame(&b);
    assert_in_range(b.bytes, 2, 20);
    bench_close(&b);
}

/* ---------------------------------------------------------------- looks */

static struct pen
pen_of(struct bench *b, unsigned look)
{
    canvas_text(b->canvas, 0, 0, 1, look, "x");
    bench_frame(b);
    const struct pen pen = terminal_at(&b->term, 0, 0)->pen;
    canvas_text(b->canvas, 0, 0, 1, LOOK_PLAIN, "y");
    bench_frame(b);
    return pen;
}

static void
test_what_matters_is_told_apart_without_colors(void **state)
{
    static const unsigned rows[] = {LOOK_PLAIN,
                                    LOOK_BAD,
                                    LOOK_MARK,
                                    LOOK_WARN,
                                    LOOK_MATCH,
                                    LOOK_PLAIN | LOOK_REVERSE,
                                    LOOK_BAD | LOOK_REVERSE,
                                    LOOK_MARK | LOOK_REVERSE};
    static const struct {
        const char *term;
        bool color;
    } plain[] = {{"xterm-256color", false}, {"vt100", true}};

    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct bench b;
        struct pen pens[8];
        bench_open(&b, plain[k].term, plain[k].color, 3, 10);
        for (size_t i = 0; i < 8; i++) {
            pens[i] = pen_of(&b, rows[i]);
            assert_int_equal(pens[i].fore, -1);
            assert_int_equal(pens[i].back, -1);
            for (size_t j = 0; j < i; j++) {
                assert_false(same_pen(&pens[i], &pens[j]));
            }
        }
        bench_close(&b);
    }
}

static void
test_every_look_is_shown_with_many_colors_and_few(void **state)
{
    static const char *const terms[] = {"xterm-256color", "xterm"};

    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct bench b;
        bench_open(&b, terms[k], true, 3, 10);
        const struct pen bad = pen_of(&b, LOOK_BAD), ok = pen_of(&b, LOOK_OK);
        const struct pen cursor = pen_of(&b, LOOK_BAD | LOOK_REVERSE);
        const struct pen title = pen_of(&b, LOOK_TITLE), bold = pen_of(&b, LOOK_OK | LOOK_BOLD);
        assert_int_equal(bad.fore, k == 0 ? 196 : 1);
        assert_int_equal(ok.fore, k == 0 ? 34 : 2);
        assert_int_equal(ok.back, -1);
        assert_int_equal(title.back, k == 0 ? 24 : 4);
        assert_int_equal(cursor.attributes, bad.attributes | PEN_REVERSE);
        assert_int_equal(cursor.fore, bad.fore);
        assert_int_equal(bold.attributes, ok.attributes | PEN_BOLD);
        bench_close(&b);
    }
}

/* ---------------------------------------------------------------- what is refused, what is kept */

static void
test_refuses_a_terminal_that_is_of_no_use(void **state)
{
    static const struct {
        const char *term, *want;
    } bad[] = {
        {"dumb", "dumb"},
        {"no-such-terminal", "no-such-terminal"},
        {"", "not set"},
        {NULL, "not set"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err err = {0};
        char want[200];
        if (bad[i].term != NULL) {
            setenv("TERM", bad[i].term, 1);
        } else {
            unsetenv("TERM");
        }
        assert_null(screen_paint_open(true, &err));
        assert_int_equal(err.kind, ERR_USAGE);
        (void)snprintf(want, sizeof(want),
                       "it needs a known terminal whose cursor can be moved, and TERM is %s "
                       "(TERM=xterm-256color?)",
                       bad[i].want);
        assert_string_equal(err.text, want);
    }
    screen_paint_free(NULL);
}

static void
handler(int sig)
{
    (void)sig;
}

static void
test_signals_and_environment_are_as_before(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
    struct sigaction now;
    struct bench b;

    (void)state;
    (void)signal(SIGINT, handler);
    (void)setenv("LINES", "7", 1); /* of a shell that exports them; not true */
    (void)setenv("COLUMNS", "9", 1);
    bench_open(&b, "xterm", true, 24, 80);
    canvas_text(b.canvas, 20, 70, 10, LOOK_PLAIN, "far out");
    bench_frame(&b);
    assert_shown(&b);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(sigaction(signals[i], NULL, &now), 0);
        assert_true(now.sa_handler == (i == 0 ? handler : SIG_DFL));
    }
    assert_null(getenv("NCURSES_NO_PADDING"));
    assert_string_equal(getenv("LINES"), "7");
    bench_close(&b);
    (void)signal(SIGINT, SIG_DFL);
    (void)unsetenv("LINES");
    (void)unsetenv("COLUMNS");
}

static void
test_the_reset_puts_any_terminal_right(void **state)
{
    struct bench b;

    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        bench_open(&b, kinds[i].term, kinds[i].color, kinds[i].rows, kinds[i].cols);
        const char *modes = screen_paint_modes(b.paint), *reset = screen_paint_reset(b.paint);
        terminal_take(&b.term, modes, strlen(modes));
        assert_true(b.term.mouse && b.term.sgr_mouse && b.term.paste);
        canvas_text(b.canvas, 0, 0, 10, LOOK_BAD | LOOK_REVERSE, "x");
        bench_frame(&b);
        terminal_take(&b.term, "\033[1;3", 5); /* cut off */
        terminal_take(&b.term, reset, strlen(reset));
        assert_string_equal(b.term.complaint, "");
        assert_false(b.term.mouse || b.term.sgr_mouse || b.term.paste || b.term.alternate ||
                     b.term.cursor_hidden);
        assert_true(same_pen(&b.term.pen, &(struct pen){0, -1, -1}));
        assert_null(strstr(reset, "$<"));
        bench_close(&b);
    }
}

static void
test_other_characters_than_ascii_depend_on_locale_and_terminal(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, "xterm", true, 3, 10);
    assert_false(screen_paint_is_ascii(b.paint));
    bench_close(&b);
    bench_open(&b, "linux", true, 3, 10);
    assert_true(screen_paint_is_ascii(b.paint));
    bench_close(&b);
    setlocale(LC_CTYPE, "C");
    bench_open(&b, "xterm", true, 3, 10);
    assert_true(screen_paint_is_ascii(b.paint));
    canvas_text(b.canvas, 0, 0, 10, LOOK_OK,
                "gr\xc3\xbc\xc3\x9f"
                "e");
    canvas_frame(b.canvas, (struct box){1, 0, 2, 10}, LOOK_OK, "x");
    bench_frame(&b);
    assert_shown(&b);
    bench_close(&b);
    setlocale(LC_CTYPE, "C.UTF-8");
}

int
main(void)
{
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terminals_show_what_is_on_the_canvas),
        cmocka_unit_test(test_no_byte_of_any_text_reaches_a_terminal_but_as_a_character),
        cmocka_unit_test(test_forgets_what_is_shown_and_paints_all_of_it),
        cmocka_unit_test(test_shows_the_canvas_in_a_new_size),
        cmocka_unit_test(test_leaves_the_alternate_screen_and_comes_back),
        cmocka_unit_test(test_the_cursor_is_shown_behind_leaving_the_alternate_screen),
        cmocka_unit_test(test_the_cursor_is_where_the_canvas_has_it),
        cmocka_unit_test(test_sends_only_what_has_changed),
        cmocka_unit_test(test_what_matters_is_told_apart_without_colors),
        cmocka_unit_test(test_every_look_is_shown_with_many_colors_and_few),
        cmocka_unit_test(test_refuses_a_terminal_that_is_of_no_use),
        cmocka_unit_test(test_signals_and_environment_are_as_before),
        cmocka_unit_test(test_the_reset_puts_any_terminal_right),
        cmocka_unit_test(test_other_characters_than_ascii_depend_on_locale_and_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

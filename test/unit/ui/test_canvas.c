/*
 * test_canvas.c - the picture of the screen: what is drawn where, and what of any bytes is shown.
 */
#include "ui/canvas.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* ---------------------------------------------------------------- help */

static void
assert_dump(const struct canvas *c, const char *want)
{
    char *got = canvas_dump(c);

    assert_string_equal(got, want);
    free(got);
}

/* One row of 20 cells with a text drawn in `width` of them; the cells used. */
static int
assert_row(bool ascii, int width, const char *bytes, size_t len, const char *want)
{
    struct canvas *c = canvas_new(1, 20, ascii);
    char *got = NULL;
    const int used = canvas_bytes(c, 0, 0, width, LOOK_PLAIN, bytes, len);

    got = canvas_dump(c);
    got[strlen(got) - 1] = '\0';
    assert_string_equal(got, want);
    free(got);
    canvas_free(c);
    return used;
}

/* Nothing in a canvas but printable characters, and right halves behind wide ones. */
static void
assert_sound(const struct canvas *c)
{
    for (int row = 0; row < canvas_rows(c); row++) {
        const struct cell *cells = canvas_row(c, row);
        for (int col = 0; col < canvas_cols(c); col++) {
            const uint32_t code = cells[col].code;
            const bool wide = col > 0 && wcwidth((wchar_t)cells[col - 1].code) == 2;
            if (code == 0) {
                assert_true(wide && cells[col - 1].code != 0);
                continue;
            }
            assert_false(wide && cells[col - 1].code != 0);
            assert_true(code >= 0x20 && code != 0x7f && !(code >= 0x80 && code < 0xa0));
            assert_in_range(wcwidth((wchar_t)code), 1, 2);
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

/* ---------------------------------------------------------------- sizes and places */

static void
test_is_clear_when_new_and_after_a_resize(void **state)
{
    struct canvas *c = canvas_new(2, 3, false);
    int row = 0, col = 0;

    (void)state;
    assert_dump(c, "\n\n");
    canvas_text(c, 0, 0, 3, LOOK_BAD, "abc");
    canvas_cursor(c, 1, 2);
    assert_true(canvas_cursor_at(c, &row, &col));
    assert_int_equal(row, 1);
    assert_int_equal(col, 2);
    canvas_resize(c, 3, 4);
    assert_int_equal(canvas_rows(c), 3);
    assert_int_equal(canvas_cols(c), 4);
    assert_dump(c, "\n\n\n");
    assert_false(canvas_cursor_at(c, &row, &col));
    assert_int_equal(canvas_row(c, 0)[0].look, LOOK_PLAIN);
    canvas_free(c);
    canvas_free(NULL);
}

static void
test_cuts_sizes_to_its_limits(void **state)
{
    struct canvas *c = canvas_new(0, -5, false);

    (void)state;
    assert_int_equal(canvas_rows(c), 1);
    assert_int_equal(canvas_cols(c), 1);
    canvas_resize(c, 100000, 100000);
    assert_int_equal(canvas_rows(c), CANVAS_ROWS_MAX);
    assert_int_equal(canvas_cols(c), CANVAS_COLS_MAX);
    const struct box all = canvas_box(c);
    assert_int_equal(all.row + all.col, 0);
    assert_int_equal(all.rows, CANVAS_ROWS_MAX);
    assert_int_equal(all.cols, CANVAS_COLS_MAX);
    canvas_free(c);
}

static void
test_leaves_out_what_is_drawn_outside(void **state)
{
    struct canvas *c = canvas_new(3, 5, false);

    (void)state;
    canvas_text(c, -1, 0, 5, LOOK_PLAIN, "above");
    canvas_text(c, 3, 0, 5, LOOK_PLAIN, "below");
    canvas_text(c, 1, 5, 5, LOOK_PLAIN, "right");
    canvas_text(c, 1, -2, 5, LOOK_PLAIN, "xxABC");
    canvas_text(c, 0, 4, 5, LOOK_PLAIN, "日");
    canvas_text(c, 0, -1, 5, LOOK_PLAIN, "日");
    canvas_ornament(c, 9, 9, LOOK_PLAIN, ORN_OK);
    canvas_tint(c, -1, -1, 100, LOOK_BAD);
    canvas_tint(c, 3, 0, 100, LOOK_BAD);
    canvas_fill(c, (struct box){-5, -5, 3, 3}, LOOK_BAD);
    canvas_fill(c, (struct box){7, 7, 3, 3}, LOOK_BAD);
    canvas_bar(c, 2, 3, 100, LOOK_PLAIN, 1, 1);
    canvas_frame(c, (struct box){-1, -1, 100, 100}, LOOK_PLAIN, "title of what is outside");
    canvas_cursor(c, 3, 0);
    assert_dump(c, "    …\nABC\n   ██\n");
    assert_sound(c);
    int row = 0, col = 0;
    assert_false(canvas_cursor_at(c, &row, &col));
    for (int i = 0; i < 5; i++) {
        assert_int_equal(canvas_row(c, 0)[i].look, LOOK_PLAIN);
    }
    canvas_free(c);
}

static void
test_works_in_a_single_cell(void **state)
{
    struct canvas *c = canvas_new(1, 1, false);

    (void)state;
    assert_int_equal(canvas_text(c, 0, 0, 80, LOOK_PLAIN, "text"), 1);
    assert_dump(c, "…\n");
    canvas_text(c, 0, 0, 80, LOOK_PLAIN, "日本");
    canvas_right(c, 0, 0, 1, LOOK_PLAIN, "ab");
    canvas_frame(c, canvas_box(c), LOOK_PLAIN, "x");
    canvas_bar(c, 0, 0, 1, LOOK_PLAIN, 1, 2);
    assert_dump(c, "░\n");
    assert_sound(c);
    canvas_free(c);
}

/* ---------------------------------------------------------------- text */

static const struct {
    const char *text, *want;
    int width, used;
} fits[] = {
    {"", "", 20, 0},
    {"abc", "abc", 20, 3},
    {"abc", "abc", 3, 3},
    {"abcd", "ab…", 3, 3},
    {"abc", "", 0, 0},
    {"abc", "", -3, 0},
    {"abc", "…", 1, 1},
    {"a", "a", 1, 1},
    {"grüße", "grüße", 5, 5},
    {"日本語", "日本語", 6, 6},
    {"日本語", "日本…", 5, 5},
    {"日本語", "日…", 4, 3}, /* half a character is not there */
    {"日本語", "日…", 3, 3},
    {"a\tb", "a       b", 20, 9},
    {"\t|", "        |", 20, 9},
    {"日\tb", "日      b", 20, 9},
    {"a\nb", "a\\nb", 20, 4},
    {"a\r\n", "a\\r\\n", 20, 5},
    {"a\\b", "a\\b", 20, 3},
    {"\x1b[31mred", "\\x1b[31mred", 20, 11},
    {"\x1b[31mred", "\\x…", 3, 3},
    {"\x9b\x31m", "\\x9b1m", 20, 6},
    {"\xc2\x9b", "\\x9b", 20, 4},
    {"\x7f", "\\x7f", 20, 4},
    {"\xff\xfe", "\\xff\\xfe", 20, 8},
    {"\xe2\x82", "\\xe2\\x82", 20, 8},
    {"\xed\xa0\x80", "\\xed\\xa0\\x80", 20, 12},
    {"a\xe2\x80\xae"
     "b",
     "a\\u202eb", 20, 8},
    {"a\xe2\x80\x8b"
     "b",
     "a\\u200bb", 20, 8},
    {"e\xcc\x81"
     "x",
     "ex", 20, 2},                               /* an accent of no width */
    {"\xef\xb8\x8f", "", 20, 0},                 /* a variation selector */
    {"\xcd\xb8", "\\u0378", 20, 6},              /* not assigned */
    {"\xf3\xa0\x80\x81", "\\U000e0001", 20, 10}, /* a tag */
    {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", 20, 2},
    {"12345678901234567890", "12345678901234567890", 20, 20},
    {"123456789012345678901", "1234567890123456789…", 50, 20}, /* at the canvas's end */
};

static void
test_draws_text_as_far_as_there_is_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(fits) / sizeof(fits[0]); i++) {
        assert_int_equal(
            assert_row(false, fits[i].width, fits[i].text, strlen(fits[i].text), fits[i].want),
            fits[i].used);
    }
}

static void
test_shows_a_nul_byte(void **state)
{
    (void)state;
    assert_row(false, 20, "a\0b", 3, "a\\x00b");
}

static void
test_shows_only_ascii_where_only_that_is_shown(void **state)
{
    (void)state;
    assert_row(true, 20, "grüße", strlen("grüße"), "gr??e");
    assert_row(true, 20, "日本", strlen("日本"), "??");
    assert_row(true, 4, "abcdef", 6, "abc~");
    assert_row(true, 20, "\x1b\xff\xe2\x80\xae", 5, "\\x1b\\xff\\u202e");
    assert_row(true, 20, "e\xcc\x81", 3, "e");
    for (int o = 0; o < ORNAMENTS; o++) {
        struct canvas *c = canvas_new(1, 1, true);
        canvas_ornament(c, 0, 0, LOOK_PLAIN, (enum ornament)o);
        assert_in_range(canvas_row(c, 0)[0].code, 0x21, 0x7e);
        canvas_free(c);
    }
}

static void
test_ornaments_take_one_cell(void **state)
{
    struct canvas *c = canvas_new(1, ORNAMENTS, false);

    (void)state;
    for (int o = 0; o < ORNAMENTS; o++) {
        canvas_ornament(c, 0, o, LOOK_PLAIN, (enum ornament)o);
        assert_int_equal(wcwidth((wchar_t)canvas_row(c, 0)[o].code), 1);
    }
    assert_dump(c, "─│┌┐└┘●✓✗▶·…▲▼█░\n");
    canvas_free(c);
}

static void
test_draws_at_the_right_edge(void **state)
{
    struct canvas *c = canvas_new(4, 10, false);

    (void)state;
    assert_int_equal(canvas_right(c, 0, 2, 6, LOOK_PLAIN, "123"), 3);
    assert_int_equal(canvas_right(c, 1, 2, 6, LOOK_PLAIN, "1234567"), 6);
    assert_int_equal(canvas_right(c, 2, 2, 6, LOOK_PLAIN, "日本"), 4);
    assert_int_equal(canvas_right(c, 3, 2, 0, LOOK_PLAIN, "x"), 0);
    assert_dump(c, "     123\n  12345…\n    日本\n\n");
    canvas_free(c);
}

static void
test_prints_what_a_format_says(void **state)
{
    struct canvas *c = canvas_new(2, 10, false);

    (void)state;
    assert_int_equal(canvas_print(c, 0, 1, 9, LOOK_OK, "%d/%s", 3, "x\n"), 5);
    canvas_print(c, 1, 0, 10, LOOK_OK, "%05000d", 7);
    assert_dump(c, " 3/x\\n\n000000000…\n");
    assert_int_equal(canvas_row(c, 0)[0].look, LOOK_PLAIN);
    assert_int_equal(canvas_row(c, 0)[1].look, LOOK_OK);
    canvas_free(c);
}

static void
test_knows_how_wide_a_text_is(void **state)
{
    struct canvas *c = canvas_new(1, 1, false);
    struct canvas *ascii = canvas_new(1, 1, true);

    (void)state;
    assert_int_equal(canvas_width_of(c, "", 0), 0);
    assert_int_equal(canvas_width_of(c, "日本 x\t\x1b", strlen("日本 x\t\x1b")), 12);
    assert_int_equal(canvas_width_of(ascii, "日本", strlen("日本")), 2);
    canvas_free(c);
    canvas_free(ascii);
}

/* ---------------------------------------------------------------- wide characters */

static void
test_half_a_wide_character_becomes_a_space(void **state)
{
    struct canvas *c = canvas_new(1, 8, false);

    (void)state;
    canvas_text(c, 0, 0, 8, LOOK_PLAIN, "日本語");
    canvas_text(c, 0, 1, 1, LOOK_PLAIN, "x");
    assert_sound(c);
    assert_dump(c, " x本語\n");
    canvas_text(c, 0, 2, 1, LOOK_PLAIN, "y");
    assert_sound(c);
    assert_dump(c, " xy 語\n");
    canvas_text(c, 0, 3, 4, LOOK_PLAIN, "日");
    assert_sound(c);
    assert_dump(c, " xy日\n");
    canvas_text(c, 0, 2, 4, LOOK_PLAIN, "日");
    assert_sound(c);
    assert_dump(c, " x日\n");
    canvas_fill(c, (struct box){0, 3, 1, 1}, LOOK_PLAIN);
    assert_sound(c);
    assert_dump(c, " x\n");
    canvas_free(c);
}

static void
test_no_wide_character_hangs_over_an_edge(void **state)
{
    struct canvas *c = canvas_new(2, 5, false);

    (void)state;
    canvas_text(c, 0, 0, 9, LOOK_PLAIN, "日本語");
    canvas_text(c, 1, -1, 9, LOOK_PLAIN, "日本語");
    assert_sound(c);
    assert_dump(c, "日本…\n 本語\n");
    canvas_free(c);
}

/* ---------------------------------------------------------------- looks, frames, bars */

static void
test_tints_what_stands_there(void **state)
{
    struct canvas *c = canvas_new(2, 4, false);

    (void)state;
    canvas_text(c, 0, 0, 4, LOOK_OK, "abcd");
    canvas_tint(c, 0, 1, 2, LOOK_BAD | LOOK_REVERSE);
    canvas_fill(c, (struct box){1, 0, 1, 4}, LOOK_TITLE | LOOK_BOLD);
    assert_dump(c, "abcd\n\n");
    const struct cell *cells = canvas_row(c, 0);
    assert_int_equal(cells[0].look, LOOK_OK);
    assert_int_equal(cells[1].look, LOOK_BAD | LOOK_REVERSE);
    assert_int_equal(cells[2].look, LOOK_BAD | LOOK_REVERSE);
    assert_int_equal(cells[3].look, LOOK_OK);
    assert_int_equal(canvas_row(c, 1)[3].look, LOOK_TITLE | LOOK_BOLD);
    canvas_free(c);
}

static void
test_frames_leave_their_inside(void **state)
{
    struct canvas *c = canvas_new(4, 12, false);

    (void)state;
    struct box in = canvas_frame(c, (struct box){0, 0, 3, 12}, LOOK_PLAIN, "a title that is long");
    assert_dump(c, "┌─ a tit… ─┐\n│          │\n└──────────┘\n\n");
    assert_true(in.row == 1 && in.col == 1 && in.rows == 1 && in.cols == 10);
    in = canvas_frame(c, (struct box){0, 0, 2, 12}, LOOK_PLAIN, "x");
    assert_dump(c, "┌─ x ──────┐\n└──────────┘\n└──────────┘\n\n");
    assert_true(in.rows == 0 && in.cols == 10);
    in = canvas_frame(c, (struct box){1, 0, 1, 12}, LOOK_PLAIN, "x");
    assert_true(in.rows == 0 && in.cols == 0);
    canvas_clear(c);
    canvas_frame(c, (struct box){0, 0, 2, 6}, LOOK_PLAIN, "x"); /* no room for a title */
    assert_dump(c, "┌────┐\n└────┘\n\n\n");
    canvas_free(c);
}

static const struct {
    int64_t part, whole;
    const char *want;
} bars[] = {
    {0, 10, "░░░░░"},
    {1, 10, "░░░░░"},
    {5, 10, "██░░░"},
    {9, 10, "████░"},
    {10, 10, "█████"},
    {11, 10, "█████"},
    {-1, 10, "░░░░░"},
    {5, 0, "░░░░░"},
    {5, -1, "░░░░░"},
    {INT64_MAX / 2, INT64_MAX, "██░░░"},
    {INT64_MAX, INT64_MAX, "█████"},
};

static void
test_bars_are_filled_by_a_part_of_the_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bars) / sizeof(bars[0]); i++) {
        struct canvas *c = canvas_new(1, 7, false);
        char want[64];
        canvas_bar(c, 0, 1, 5, LOOK_OK, bars[i].part, bars[i].whole);
        (void)snprintf(want, sizeof(want), " %s\n", bars[i].want);
        assert_dump(c, want);
        canvas_bar(c, 0, 1, 0, LOOK_OK, 1, 1);
        canvas_bar(c, 0, 1, -1, LOOK_OK, 1, 1);
        assert_dump(c, want);
        canvas_free(c);
    }
}

/* ---------------------------------------------------------------- anything */

static void
test_holds_nothing_but_printable_characters_whatever_comes(void **state)
{
    const char *rounds = getenv("CANVAS_ROUNDS"); /* a campaign: a million */
    const long most = rounds == NULL ? 20000 : strtol(rounds, NULL, 10);
    struct canvas *both[2] = {canvas_new(6, 40, false), canvas_new(6, 40, true)};

    (void)state;
    for (int b = 0; b < 256; b++) {
        const char byte = (char)b;
        for (int i = 0; i < 2; i++) {
            canvas_bytes(both[i], b % 6, b % 40, 5, LOOK_PLAIN, &byte, 1);
            assert_sound(both[i]);
        }
    }
    for (long n = 0; n < most; n++) {
        struct canvas *c = both[n & 1];
        char bytes[40];
        const size_t len = random_below(sizeof(bytes));
        for (size_t i = 0; i < len; i++) {
            bytes[i] = (char)random_below(256);
        }
        for (size_t i = 0; i + 3 < len && random_below(2) == 0; i += 3) { /* valid ones, too */
            bytes[i] = (char)(0xe0 + random_below(16));
            bytes[i + 1] = (char)(0x80 + random_below(64));
            bytes[i + 2] = (char)(0x80 + random_below(64));
        }
        const int width = (int)random_below(50) - 3;
        const int used = canvas_bytes(c, (int)random_below(8) - 1, (int)random_below(50) - 5, width,
                                      LOOK_PLAIN, bytes, len);
        assert_in_range(used, 0, width < 0 ? 0 : width);
        assert_sound(c);
    }
    canvas_free(both[0]);
    canvas_free(both[1]);
}

int
main(void)
{
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_clear_when_new_and_after_a_resize),
        cmocka_unit_test(test_cuts_sizes_to_its_limits),
        cmocka_unit_test(test_leaves_out_what_is_drawn_outside),
        cmocka_unit_test(test_works_in_a_single_cell),
        cmocka_unit_test(test_draws_text_as_far_as_there_is_room),
        cmocka_unit_test(test_shows_a_nul_byte),
        cmocka_unit_test(test_shows_only_ascii_where_only_that_is_shown),
        cmocka_unit_test(test_ornaments_take_one_cell),
        cmocka_unit_test(test_draws_at_the_right_edge),
        cmocka_unit_test(test_prints_what_a_format_says),
        cmocka_unit_test(test_knows_how_wide_a_text_is),
        cmocka_unit_test(test_half_a_wide_character_becomes_a_space),
        cmocka_unit_test(test_no_wide_character_hangs_over_an_edge),
        cmocka_unit_test(test_tints_what_stands_there),
        cmocka_unit_test(test_frames_leave_their_inside),
        cmocka_unit_test(test_bars_are_filled_by_a_part_of_the_whole),
        cmocka_unit_test(test_holds_nothing_but_printable_characters_whatever_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

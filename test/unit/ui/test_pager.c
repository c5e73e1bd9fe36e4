/*
 * test_pager.c - lines kept, scrolled, searched, filtered, followed; bytes of anybody.
 */
#include "ui/pager.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 5, COLS = 20 };

static void
add(struct pager *p, const char *text)
{
    pager_add(p, text, strlen(text));
}

/* Lines "1" to "count". */
static struct pager *
numbered(int count)
{
    struct pager *p = pager_new(1000, 1 << 20);
    char line[16];

    for (int i = 1; i <= count; i++) {
        snprintf(line, sizeof(line), "%d\n", i);
        add(p, line);
    }
    return p;
}

static struct pager *
filled(const char *text)
{
    struct pager *p = pager_new(1000, 1 << 20);

    add(p, text);
    return p;
}

static char *
drawn(struct pager *p, bool ascii)
{
    struct canvas *c = canvas_new(ROWS, COLS, ascii);
    char *text;

    pager_draw(p, c, canvas_box(c));
    text = canvas_dump(c);
    canvas_free(c);
    return text;
}

static void
shows(struct pager *p, const char *expected)
{
    char *text = drawn(p, false);

    assert_string_equal(text, expected);
    free(text);
}

/* A letter a cell: its look; capitals are bold. */
static void
looks(struct pager *p, int row, const char *expected)
{
    static const char letters[] = "pdthkobwymf";
    struct canvas *c = canvas_new(ROWS, COLS, false);
    char text[COLS + 1] = "";
    size_t len = 0;

    _Static_assert(sizeof(letters) - 1 == LOOKS, "a letter a look");
    pager_draw(p, c, canvas_box(c));
    for (int i = 0; i < COLS; i++) {
        const struct cell cell = canvas_row(c, row)[i];
        const char letter = letters[cell.look & ~(LOOK_BOLD | LOOK_REVERSE)];
        text[i] = (char)((cell.look & LOOK_BOLD) != 0 ? letter - 'a' + 'A' : letter);
        len = cell.code != ' ' || text[i] != 'p' ? (size_t)i + 1 : len;
    }
    text[len] = '\0';
    assert_string_equal(text, expected);
    canvas_free(c);
}

static void
place_is(struct pager *p, const char *expected)
{
    char text[64];

    pager_place(p, text);
    assert_string_equal(text, expected);
}

/* ---------------------------------------------------------------- bytes */

static void
test_bytes_become_lines(void **state)
{
    static const struct {
        const char *bytes, *picture;
    } rows[] = {
        {"", "\n\n\n\n\n"},
        {"one\ntwo\n", "one\ntwo\n\n\n\n"},
        {"one\r\ntwo", "one\ntwo\n\n\n\n"},
        {"\n\nthird\n", "\n\nthird\n\n\n"},
        {"10%\r20%\r30%\ndone\n", "30%\ndone\n\n\n\n"},
        {"10%\r20%\r", "20%\n\n\n\n\n"},
        {"longer\rab\n", "ab\n\n\n\n\n"},
        {"a\r\r\nb\n", "a\nb\n\n\n\n"},
        {"a\tb\n1234567\tc\n12345678\td\n", "a       b\n1234567 c\n12345678        d\n\n\n"},
        {"\xc3\xa9\tb\n", "\xc3\xa9       b\n\n\n\n\n"},
        {"old\r\tx\n", "        x\n\n\n\n\n"},
        {"\x01\x7f\xff\n", "\\x01\\x7f\\xff\n\n\n\n\n"},
        {"\xe6\x97\xa5\xe6\x9c\xac\n", "\xe6\x97\xa5\xe6\x9c\xac\n\n\n\n\n"},
        {"safe\xe2\x80\xaetxt\n", "safe\\u202etxt\n\n\n\n\n"},
        /* what is understood leaves nothing behind */
        {"\x1b[31mred\x1b[0m\n", "red\n\n\n\n\n"},
        {"\x1b[1;38;5;200;4mx\x1b[m\n", "x\n\n\n\n\n"},
        {"50%\x1b[K\r60%\x1b[0K\n", "60%\n\n\n\n\n"},
        /* what is not, stays as it came */
        {"\x1b[2Jx\n", "\\x1b[2Jx\n\n\n\n\n"},
        {"\x1b]0;title\x07\n", "\\x1b]0;title\\x07\n\n\n\n\n"},
        {"\x1b\x1b[31mx\n", "\\x1bx\n\n\n\n\n"},
        {"\x1b[3\n1m\n", "\\x1b[3\n1m\n\n\n\n"},
        {"\x1b[?25l\n", "\\x1b[?25l\n\n\n\n\n"},
        {"\x1b[11111111111111111111111111111111m", "\\x1b[11111111111111\xe2\x80\xa6\n\n\n\n\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pager *whole = filled(rows[i].bytes);
        struct pager *pieces = pager_new(1000, 1 << 20);
        for (const char *b = rows[i].bytes; *b != '\0'; b++)
            pager_add(pieces, b, 1);
        shows(whole, rows[i].picture);
        shows(pieces, rows[i].picture);
        pager_free(whole);
        pager_free(pieces);
    }
}

static void
test_colors_are_looks_until_the_line_ends(void **state)
{
    struct pager *p = filled("a\x1b[31mbc\x1b[0md\x1b[1me\x1b[22mf\n"
                             "x\x1b[1;32my\x1b[39mz\x1b[33mw\n"
                             "plain \x1b[92mg\x1b[93mh\x1b[91mi\x1b[2mj\x1b[34mk\x1b[38;5;1ml\n"
                             "\x1b[38;2;1;31;32mn\x1b[48;5;31mo\x1b[31m\x1b[32mp\x1b[999999m\n");

    (void)state;
    looks(p, 0, "pbbpPp");
    looks(p, 1, "pOPW");
    looks(p, 2, "ppppppowbdpp");
    looks(p, 3, "ppo");
    pager_free(p);
}

static void
test_a_line_that_is_too_long_is_cut_between_characters(void **state)
{
    struct pager *p = pager_new(10, 1 << 20);
    char piece[] = "\xc3\xa9\xc3\xa9\xc3\xa9";

    (void)state;
    add(p, "x");
    for (int i = 0; i < PAGER_LINE_BYTES; i++)
        pager_add(p, piece, 6);
    add(p, "\nnext\n");
    assert_int_equal(pager_lines(p), 2);
    shows(p, "x\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
             "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xe2\x80\xa6\n"
             "next\n\n\n\n");
    /* 4095 bytes hold 2047 of them; the last that is seen is followed by the mark. */
    for (int i = 0; i < 186; i++)
        pager_act(p, ACT_RIGHT);
    shows(p, "\xc3\xa9\xc3\xa9\xe2\x80\xa6\n\n\n\n\n");
    pager_free(p);
}

static void
test_a_character_may_come_in_two_pieces(void **state)
{
    struct pager *p = pager_new(10, 1 << 20);

    (void)state;
    pager_add(p, "a\xe6\x97", 3);
    shows(p, "a\\xe6\\x97\n\n\n\n\n");
    pager_add(p, "\xa5", 1);
    shows(p, "a\xe6\x97\xa5\n\n\n\n\n");
    pager_free(p);
}

/* Every byte, and many at random: nothing harmful is ever on the picture.  PAGER_ROUNDS=N for a
 * campaign. */
static void
test_no_bytes_harm_the_picture(void **state)
{
    struct pager *p = pager_new(50, 1 << 16);
    uint32_t seed = 7;
    char bytes[256];
    const char *rounds = getenv("PAGER_ROUNDS");
    const long count = rounds == NULL ? 2000 : strtol(rounds, NULL, 10);

    (void)state;
    for (long round = 0; round < count; round++) {
        for (size_t i = 0; i < sizeof(bytes); i++) {
            seed = seed * 1664525 + 1013904223;
            bytes[i] = (char)(seed >> 16);
            if (round == 0)
                bytes[i] = (char)i;
            else if ((seed >> 24) % 5 == 0)
                bytes[i] = "\x1b[m;1\r\n"[seed >> 8 & 7];
        }
        pager_add(p, bytes, sizeof(bytes));
        if (round % 50 == 0) {
            pager_act(p, round % 3 == 0 ? ACT_RIGHT : round % 3 == 1 ? ACT_LEFT : ACT_PAGE_UP);
            (void)pager_search(p, round % 4 == 0 ? "m" : "\xc3\xa9", round % 2 == 0);
            pager_filter(p, round % 5 == 0 ? "1" : "", round % 10 == 0);
            char *text = drawn(p, round % 100 == 0);
            for (const char *t = text; *t != '\0'; t++)
                assert_true(*t == '\n' || ((unsigned char)*t >= 0x20 && *t != 0x7f));
            free(text);
        }
    }
    assert_in_range(pager_lines(p), 1, 50);
    pager_free(p);
}

/* ---------------------------------------------------------------- what is kept */

static void
test_only_the_newest_lines_are_kept(void **state)
{
    struct pager *p = pager_new(3, 1 << 20);

    (void)state;
    add(p, "1\n2\n3\n4\n5\n");
    shows(p, "3\n4\n5\n\n\n");
    add(p, "open");
    assert_int_equal(pager_lines(p), 3);
    shows(p, "4\n5\nopen\n\n\n");
    for (int i = 0; i < 10000; i++)
        add(p, " more\n");
    assert_int_equal(pager_lines(p), 3);
    pager_free(p);
    p = pager_new(1000, 10);
    add(p, "12345\n678\n90\nabc\n");
    shows(p, "678\n90\nabc\n\n\n");
    pager_clear(p);
    assert_int_equal(pager_lines(p), 0);
    shows(p, "\n\n\n\n\n");
    add(p, "again\n");
    shows(p, "again\n\n\n\n\n");
    pager_free(p);
}

/* ---------------------------------------------------------------- moving */

static void
test_it_follows_until_it_is_scrolled_up(void **state)
{
    struct pager *p = numbered(9);

    (void)state;
    shows(p, "5\n6\n7\n8\n9\n");
    place_is(p, "5-9/9, follows");
    add(p, "10\n");
    shows(p, "6\n7\n8\n9\n10\n");
    assert_true(pager_act(p, ACT_UP));
    assert_false(pager_follows(p));
    add(p, "11\n12\n");
    shows(p, "5\n6\n7\n8\n9\n");
    place_is(p, "5-9/12");
    pager_act(p, ACT_BOTTOM);
    shows(p, "8\n9\n10\n11\n12\n");
    assert_true(pager_follows(p));
    pager_act(p, ACT_PAGE_UP);
    shows(p, "4\n5\n6\n7\n8\n");
    pager_act(p, ACT_TOP);
    shows(p, "1\n2\n3\n4\n5\n");
    pager_act(p, ACT_UP);
    shows(p, "1\n2\n3\n4\n5\n");
    pager_act(p, ACT_DOWN);
    shows(p, "2\n3\n4\n5\n6\n");
    pager_act(p, ACT_PAGE_DOWN);
    pager_act(p, ACT_PAGE_DOWN);
    assert_true(pager_follows(p));
    shows(p, "8\n9\n10\n11\n12\n");
    pager_act(p, ACT_FOLLOW);
    add(p, "13\n");
    shows(p, "8\n9\n10\n11\n12\n");
    pager_act(p, ACT_FOLLOW);
    shows(p, "9\n10\n11\n12\n13\n");
    assert_false(pager_act(p, ACT_ENTER));
    pager_free(p);
}

static void
test_what_fits_is_followed_whatever_is_pressed(void **state)
{
    struct pager *p = numbered(2);

    (void)state;
    shows(p, "1\n2\n\n\n\n");
    pager_act(p, ACT_UP);
    pager_act(p, ACT_TOP);
    assert_true(pager_follows(p));
    place_is(p, "1-2/2, follows");
    pager_free(p);
    p = numbered(0);
    pager_act(p, ACT_DOWN);
    place_is(p, "0-0/0, follows");
    pager_free(p);
}

static void
test_a_place_that_is_gone_is_the_oldest_there_is(void **state)
{
    struct pager *p = pager_new(8, 1 << 20);

    (void)state;
    add(p, "1\n2\n3\n4\n5\n6\n7\n8\n");
    shows(p, "4\n5\n6\n7\n8\n");
    pager_act(p, ACT_TOP);
    add(p, "9\n10\n");
    shows(p, "3\n4\n5\n6\n7\n");
    pager_act(p, ACT_DOWN);
    add(p, "11\n");
    shows(p, "4\n5\n6\n7\n8\n");
    pager_free(p);
}

static void
test_the_wheel_turns_only_over_the_text(void **state)
{
    struct pager *p = numbered(20);
    struct key k = {.code = KEYC_WHEEL_UP, .row = 2, .col = 2};

    (void)state;
    assert_false(pager_wheel(p, &k)); /* not drawn yet */
    shows(p, "16\n17\n18\n19\n20\n");
    assert_true(pager_wheel(p, &k));
    shows(p, "13\n14\n15\n16\n17\n");
    k.code = KEYC_WHEEL_DOWN;
    assert_true(pager_wheel(p, &k));
    assert_true(pager_follows(p));
    k.row = ROWS;
    assert_false(pager_wheel(p, &k));
    k = (struct key){.code = KEYC_CLICK, .row = 2, .col = 2};
    assert_false(pager_wheel(p, &k));
    pager_free(p);
}

static void
test_long_lines_are_scrolled_sideways(void **state)
{
    struct pager *p = filled("abcdefghijklmnopqrstuvwxyz\nshort\n"
                             "0123456789\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9eX\n"
                             "12345678901234567890\n");

    (void)state;
    shows(p, "abcdefghijklmnopqrs\xe2\x80\xa6\nshort\n"
             "0123456789\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9eX\n12345678901234567890\n\n");
    pager_act(p, ACT_LEFT);
    pager_act(p, ACT_RIGHT); /* in the middle of a wide one: its half is left out */
    shows(p, "lmnopqrstuvwxyz\n\n \xe6\x9c\xac\xe8\xaa\x9eX\n234567890\n\n");
    place_is(p, "1-4/4 +11, follows");
    pager_act(p, ACT_RIGHT);
    shows(p, "wxyz\n\n\n\n\n");
    pager_act(p, ACT_LEFT);
    pager_act(p, ACT_LEFT);
    place_is(p, "1-4/4, follows");
    pager_free(p);
}

/* ---------------------------------------------------------------- filter */

static void
test_a_filter_leaves_lines_and_the_place(void **state)
{
    struct pager *p = numbered(30);

    (void)state;
    shows(p, "26\n27\n28\n29\n30\n");
    pager_filter(p, "2", false);
    shows(p, "25\n26\n27\n28\n29\n");
    place_is(p, "8-12/12 of 30, follows");
    add(p, "31\n32\n");
    shows(p, "26\n27\n28\n29\n32\n");
    pager_act(p, ACT_TOP);
    shows(p, "2\n12\n20\n21\n22\n");
    pager_act(p, ACT_DOWN);
    pager_filter(p, "", false);
    shows(p, "12\n13\n14\n15\n16\n");
    pager_filter(p, "1 2", true);
    assert_string_equal(pager_filter_text(p), "!1 2");
    shows(p, "6\n7\n8\n9\n30\n");
    pager_free(p);
}

static void
test_the_open_line_passes_the_filter_when_it_fits(void **state)
{
    struct pager *p = pager_new(4, 1 << 20);

    (void)state;
    pager_filter(p, "ok", false);
    add(p, "ok 1\nbad\nok 2\no");
    shows(p, "ok 1\nok 2\n\n\n\n");
    add(p, "k 3");
    shows(p, "ok 1\nok 2\nok 3\n\n\n");
    add(p, "\nbad\nbad\nok 4\n");
    shows(p, "ok 3\nok 4\n\n\n\n");
    pager_clear(p);
    shows(p, "\n\n\n\n\n");
    assert_string_equal(pager_filter_text(p), "ok");
    pager_free(p);
}

/* ---------------------------------------------------------------- search */

static void
test_a_search_goes_round_both_ways(void **state)
{
    struct pager *p = numbered(40);

    (void)state;
    shows(p, "36\n37\n38\n39\n40\n");
    pager_act(p, ACT_TOP);
    assert_true(pager_search(p, "15", false));
    shows(p, "14\n15\n16\n17\n18\n");
    looks(p, 1, "FF");
    assert_true(pager_search(p, "5", false)); /* from here on: 15 is one */
    shows(p, "14\n15\n16\n17\n18\n");
    assert_true(pager_search(p, "5", false));
    shows(p, "24\n25\n26\n27\n28\n");
    pager_act(p, ACT_SEARCH_NEXT);
    shows(p, "34\n35\n36\n37\n38\n");
    assert_false(pager_follows(p));
    pager_act(p, ACT_SEARCH_NEXT);
    shows(p, "4\n5\n6\n7\n8\n");
    pager_act(p, ACT_SEARCH_PREVIOUS);
    shows(p, "34\n35\n36\n37\n38\n");
    assert_true(pager_search(p, "5", true));
    shows(p, "24\n25\n26\n27\n28\n");
    assert_false(pager_search(p, "nowhere", false));
    shows(p, "24\n25\n26\n27\n28\n");
    assert_string_equal(pager_search_text(p), "nowhere");
    assert_true(pager_search(p, "", false));
    assert_string_equal(pager_search_text(p), "");
    pager_act(p, ACT_SEARCH_NEXT);
    shows(p, "24\n25\n26\n27\n28\n");
    pager_free(p);
}

static void
test_a_backward_search_begins_with_what_is_seen(void **state)
{
    struct pager *p = numbered(40);

    (void)state;
    shows(p, "36\n37\n38\n39\n40\n");
    assert_true(pager_search(p, "3", true));
    looks(p, 3, "Fp");
    assert_true(pager_search(p, "3", true));
    looks(p, 2, "Fp");
    looks(p, 3, "fp");
    pager_free(p);
}

static void
test_all_that_is_found_is_marked(void **state)
{
    struct pager *p = filled("none\nab xab \x1b[31mAB\x1b[0m abab\n");

    (void)state;
    pager_search(p, "ab", false);
    looks(p, 1, "FFppFFpFFpFFFF");
    pager_search(p, "x", false);
    looks(p, 1, "pppFpppbbppppp");
    pager_free(p);
}

static void
test_what_is_found_at_the_side_is_shown(void **state)
{
    struct pager *p = filled("0123456789012345678901234567890needle5678901234567890\n"
                             "needle\n");

    (void)state;
    shows(p, "0123456789012345678\xe2\x80\xa6\nneedle\n\n\n\n");
    assert_true(pager_search(p, "needle", false));
    shows(p, "1234567890needle567\xe2\x80\xa6\n\n\n\n\n");
    looks(p, 0, "ppppppppppFFFFFFpppp");
    assert_true(pager_search(p, "needle", false));
    shows(p, "0123456789012345678\xe2\x80\xa6\nneedle\n\n\n\n");
    /* its beginning is scrolled out */
    pager_search(p, "6789012345678901", false);
    looks(p, 0, "FFFFFFFFFFFFFFFFpppp");
    pager_act(p, ACT_RIGHT);
    looks(p, 0, "FFFFFppppppppppppppp");
    pager_free(p);
}

static void
test_a_search_finds_only_what_the_filter_leaves(void **state)
{
    struct pager *p = filled("a 1\nb 1\na 2\nb 2\n");

    (void)state;
    pager_filter(p, "b", false);
    assert_true(pager_search(p, "2", false));
    looks(p, 1, "ppF");
    assert_false(pager_search(p, "a", false));
    pager_free(p);
}

/* ---------------------------------------------------------------- looks, ASCII */

static unsigned
color(const char *bytes, size_t len)
{
    return len > 0 && bytes[0] == '!' ? LOOK_WARN : LOOK_PLAIN;
}

static void
test_the_owner_colors_what_has_no_color(void **state)
{
    struct pager *p = filled("!ab\x1b[31mc\nplain\n");

    (void)state;
    pager_color(p, color);
    looks(p, 0, "wwwb");
    looks(p, 1, "ppppp");
    pager_free(p);
}

static void
test_ascii_is_legible(void **state)
{
    struct pager *p = filled("abcdefghijklmnopqrstuvwxyz\n\xc3\xa9t\xc3\xa9\n");
    char *text = drawn(p, true);

    (void)state;
    assert_string_equal(text, "abcdefghijklmnopqrs~\n?t?\n\n\n\n");
    free(text);
    pager_free(p);
}

static void
test_only_its_box_is_drawn(void **state)
{
    struct pager *p = numbered(20);
    struct canvas *c = canvas_new(5, 8, true);
    char *text;

    (void)state;
    add(p, "abcdefgh\n");
    pager_draw(p, c, (struct box){1, 2, 3, 4});
    text = canvas_dump(c);
    assert_string_equal(text, "\n  19\n  20\n  abc~\n\n");
    free(text);
    canvas_clear(c);
    pager_draw(p, c, (struct box){1, 2, 0, 0});
    pager_draw(p, c, (struct box){1, 2, 3, 0});
    text = canvas_dump(c);
    assert_string_equal(text, "\n\n\n\n\n");
    free(text);
    canvas_free(c);
    pager_free(p);
    pager_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_become_lines),
        cmocka_unit_test(test_colors_are_looks_until_the_line_ends),
        cmocka_unit_test(test_a_line_that_is_too_long_is_cut_between_characters),
        cmocka_unit_test(test_a_character_may_come_in_two_pieces),
        cmocka_unit_test(test_no_bytes_harm_the_picture),
        cmocka_unit_test(test_only_the_newest_lines_are_kept),
        cmocka_unit_test(test_it_follows_until_it_is_scrolled_up),
        cmocka_unit_test(test_what_fits_is_followed_whatever_is_pressed),
        cmocka_unit_test(test_a_place_that_is_gone_is_the_oldest_there_is),
        cmocka_unit_test(test_the_wheel_turns_only_over_the_text),
        cmocka_unit_test(test_long_lines_are_scrolled_sideways),
        cmocka_unit_test(test_a_filter_leaves_lines_and_the_place),
        cmocka_unit_test(test_the_open_line_passes_the_filter_when_it_fits),
        cmocka_unit_test(test_a_search_goes_round_both_ways),
        cmocka_unit_test(test_a_backward_search_begins_with_what_is_seen),
        cmocka_unit_test(test_all_that_is_found_is_marked),
        cmocka_unit_test(test_what_is_found_at_the_side_is_shown),
        cmocka_unit_test(test_a_search_finds_only_what_the_filter_leaves),
        cmocka_unit_test(test_the_owner_colors_what_has_no_color),
        cmocka_unit_test(test_ascii_is_legible),
        cmocka_unit_test(test_only_its_box_is_drawn),
    };

    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_input.c - a line that is typed: whole characters, wide ones, and never more than the limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/escape.h"
#include "base/prng.h"
#include "ui/input.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static bool
type(struct input *in, uint32_t ch)
{
    return input_key(in, &(struct key){.code = KEYC_CHAR, .ch = ch});
}

static bool
press(struct input *in, enum key_code code)
{
    return input_key(in, &(struct key){.code = code});
}

static bool
control(struct input *in, char ch)
{
    return input_key(in, &(struct key){.code = KEYC_CHAR, .ch = (uint32_t)ch, .ctrl = true});
}

static const char *
drawn(struct input *in, int width, bool hidden, int *ret_col)
{
    static char text[256];
    struct canvas *c = canvas_new(1, width + 2, false);
    int row = 0;

    input_draw(in, c, 0, 1, width, hidden);
    char *dump = canvas_dump(c);
    (void)strncpy(text, dump, sizeof(text) - 1);
    text[strcspn(text, "\n")] = '\0';
    assert_true(canvas_cursor_at(c, &row, ret_col));
    assert_int_equal(row, 0);
    assert_true(*ret_col >= 1 && *ret_col <= width); /* the cursor has a cell of ours */
    free(dump);
    canvas_free(c);
    return text;
}

static void
test_what_is_typed_stands_where_the_cursor_is(void **state)
{
    struct input in;

    (void)state;
    input_set(&in, "wb");
    assert_true(press(&in, KEYC_LEFT));
    assert_true(type(&in, 'e'));
    assert_string_equal(in.text, "web");
    assert_true(press(&in, KEYC_HOME));
    assert_true(type(&in, 0xe9)); /* é */
    assert_true(press(&in, KEYC_END));
    assert_true(type(&in, 0x65e5)); /* 日 */
    assert_string_equal(in.text, "éweb日");
    assert_true(press(&in, KEYC_BACKSPACE));
    assert_string_equal(in.text, "éweb");
    assert_true(press(&in, KEYC_HOME));
    assert_true(press(&in, KEYC_DELETE));
    assert_string_equal(in.text, "web");
    assert_true(press(&in, KEYC_BACKSPACE)); /* nothing is there */
    assert_true(press(&in, KEYC_LEFT));
    assert_true(press(&in, KEYC_END));
    assert_true(press(&in, KEYC_DELETE));
    assert_true(press(&in, KEYC_RIGHT));
    assert_string_equal(in.text, "web");
}

static const struct {
    char key;
    const char *text, *left;
    size_t at, at_after;
} controls[] = {
    {'u', "mark web-1 db", "web-1 db", 5, 0},
    {'k', "mark web-1 db", "mark ", 5, 5},
    {'w', "mark web-1 db", "mark db", 11, 5},
    {'w', "mark  ", "", 6, 0},
    {'w', "", "", 0, 0},
    {'a', "mark", "mark", 2, 0},
    {'e', "mark", "mark", 2, 4},
};

static void
test_control_keys_edit_as_a_shell_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
        struct input in;
        input_set(&in, controls[i].text);
        in.at = controls[i].at;
        assert_true(control(&in, controls[i].key));
        assert_string_equal(in.text, controls[i].left);
        assert_int_equal(in.at, controls[i].at_after);
        assert_int_equal(in.len, strlen(in.text));
    }
}

static void
test_keys_that_are_of_no_line_are_left_to_others(void **state)
{
    static const enum key_code codes[] = {KEYC_ENTER, KEYC_ESC,  KEYC_TAB, KEYC_BACKTAB,
                                          KEYC_UP,    KEYC_DOWN, KEYC_F1,  KEYC_PAGE_UP,
                                          KEYC_CLICK, KEYC_NONE};
    struct input in;

    (void)state;
    input_set(&in, "x");
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        assert_false(press(&in, codes[i]));
    }
    assert_false(control(&in, 'c'));
    assert_false(input_key(&in, &(struct key){.code = KEYC_CHAR, .ch = 'x', .alt = true}));
    assert_string_equal(in.text, "x");
}

static void
test_a_line_is_never_longer_than_its_limit_nor_cut_inside_a_character(void **state)
{
    char *text = malloc(3 * INPUT_BYTES_MAX + 1);
    struct input in;

    (void)state;
    assert_non_null(text);
    text[0] = '\0';
    for (int i = 0; i < INPUT_BYTES_MAX; i++) {
        memcpy(text + 3 * (size_t)i, "日", 4);
    }
    input_set(&in, text);
    assert_int_equal(in.len, (INPUT_BYTES_MAX - 1) / 3 * 3);
    assert_true(utf8_valid(in.text, in.len));
    for (int i = 0; i < 10; i++) {
        (void)type(&in, 'x');
    }
    assert_true(in.len < INPUT_BYTES_MAX);
    (void)type(&in, 0x65e5);
    assert_true(in.len < INPUT_BYTES_MAX);
    assert_int_equal(in.text[in.len], '\0');
    free(text);
}

static void
test_what_is_no_character_is_not_taken(void **state)
{
    struct input in;

    (void)state;
    input_set(&in, "");
    (void)type(&in, 0xd800);   /* half a pair */
    (void)type(&in, 0x110000); /* past the last one */
    (void)type(&in, 7);
    assert_string_equal(in.text, "");
}

static void
test_the_cursor_is_in_sight_however_long_the_line_is(void **state)
{
    struct input in;
    int col = 0;

    (void)state;
    input_set(&in, "abcdefghijklmnop");
    assert_string_equal(drawn(&in, 8, false, &col), " jklmnop");
    assert_int_equal(col, 8);
    in.at = 0;
    assert_string_equal(drawn(&in, 8, false, &col), " abcdefg…");
    assert_int_equal(col, 1);
    in.at = 7;
    assert_string_equal(drawn(&in, 8, false, &col), " abcdefg…");
    in.at = in.len;
    (void)drawn(&in, 8, false, &col);
    (void)control(&in, 'u');
    assert_string_equal(drawn(&in, 8, false, &col), "");
    assert_int_equal(col, 1);
    input_set(&in, "日本語日本語"); /* two cells each */
    assert_string_equal(drawn(&in, 8, false, &col), " 日本語");
    assert_int_equal(col, 7);
    assert_string_equal(drawn(&in, 1, false, &col), "");
}

static void
test_what_was_scrolled_away_comes_back_when_there_is_room(void **state)
{
    struct input in;
    int col = 0;

    (void)state;
    input_set(&in, "abcdefghij");
    assert_string_equal(drawn(&in, 6, false, &col), " fghij");
    for (int i = 0; i < 6; i++) {
        (void)press(&in, KEYC_BACKSPACE);
    }
    assert_string_equal(drawn(&in, 6, false, &col), " abcd");
    assert_int_equal(col, 5);
}

static void
test_a_hidden_line_shows_one_star_a_character(void **state)
{
    struct input in;
    int col = 0;

    (void)state;
    input_set(&in, "pä日s");
    assert_string_equal(drawn(&in, 10, true, &col), " ****");
    assert_int_equal(col, 5);
    input_set(&in, "a very long secret");
    assert_string_equal(drawn(&in, 5, true, &col), " ****");
    assert_int_equal(col, 5);
}

static void
test_any_keys_leave_a_line_of_whole_characters(void **state)
{
    static const uint32_t letters[] = {'a', ' ', 0xe9, 0x65e5, 0x1f600, 0x301};
    static const enum key_code codes[] = {KEYC_BACKSPACE, KEYC_DELETE, KEYC_LEFT,
                                          KEYC_RIGHT,     KEYC_HOME,   KEYC_END};
    struct prng r = {.state = 3};
    struct input in;
    int col = 0;

    (void)state;
    input_set(&in, "");
    for (int i = 0; i < 5000; i++) {
        const uint64_t n = prng_below(&r, 20);
        if (n < 10) {
            (void)type(&in, letters[prng_below(&r, 6)]);
        } else if (n < 18) {
            (void)press(&in, codes[prng_below(&r, 6)]);
        } else {
            (void)control(&in, "aeukw"[prng_below(&r, 5)]);
        }
        assert_int_equal(in.len, strlen(in.text));
        assert_true(in.at <= in.len && in.first <= in.len);
        assert_true(utf8_valid(in.text, in.len));
        assert_true(utf8_valid(in.text, in.at));
        (void)drawn(&in, (int)prng_below(&r, 20) + 1, false, &col);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_typed_stands_where_the_cursor_is),
        cmocka_unit_test(test_control_keys_edit_as_a_shell_does),
        cmocka_unit_test(test_keys_that_are_of_no_line_are_left_to_others),
        cmocka_unit_test(test_a_line_is_never_longer_than_its_limit_nor_cut_inside_a_character),
        cmocka_unit_test(test_what_is_no_character_is_not_taken),
        cmocka_unit_test(test_the_cursor_is_in_sight_however_long_the_line_is),
        cmocka_unit_test(test_what_was_scrolled_away_comes_back_when_there_is_room),
        cmocka_unit_test(test_a_hidden_line_shows_one_star_a_character),
        cmocka_unit_test(test_any_keys_leave_a_line_of_whole_characters),
    };

    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}

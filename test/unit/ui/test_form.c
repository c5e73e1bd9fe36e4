/*
 * test_form.c - fields that are filled in: where the cursor goes, what is refused, what is shown.
 */
#include "ui/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
check_name(void *arg, const char *text, struct err *err)
{
    (void)arg;
    if (text[0] == '\0')
        return err_set(err, ERR_USAGE, "a name is needed");
    if (strchr(text, ' ') != NULL)
        return err_set(err, ERR_USAGE, "no space may be in a name");
    return 0;
}

/* arg counts how often it was asked. */
static int
check_port(void *arg, const char *text, struct err *err)
{
    if (arg != NULL)
        ++*(int *)arg;
    return text[0] == '\0' || strspn(text, "0123456789") == strlen(text)
               ? 0
               : err_set(err, ERR_USAGE, "expected a number from 1 to 65535, got \"%s\"", text);
}

static const char *const yes_no[] = {"no", "yes", NULL};

static const struct form_field fields[] = {
    {.name = "name", .help = "Letters, digits, dot, dash and underscore.", .check = check_name},
    {.name = "port", .help = "Empty: as ssh has it.", .preset = "22", .check = check_port},
    {.name = "sudo", .help = "Whether steps may ask for it.", .choices = yes_no},
    {.name = "secret", .help = "Not shown.", .hidden = true},
    {.name = "file", .fixed = true},
};
enum { NAME, PORT, SUDO, SECRET, FILE_, FIELDS };

static struct form *
make(const char *name)
{
    const char *const values[FIELDS] = {name, NULL, NULL, NULL, "inventory/prod/hosts.yml"};

    return form_new("A new server", fields, FIELDS, values, NULL);
}

static enum form_result
press(struct form *f, enum key_code code)
{
    const struct key k = {.code = code};

    return form_key(f, &k);
}

static void
type(struct form *f, const char *text)
{
    for (; *text != '\0'; text++) {
        const struct key k = {.code = KEYC_CHAR, .ch = (uint32_t)(unsigned char)*text};
        assert_int_equal(form_key(f, &k), FORM_GOES_ON);
    }
}

static void
shows(struct form *f, int rows, int cols, bool ascii, const char *expected)
{
    struct canvas *c = canvas_new(rows, cols, ascii);

    form_draw(f, c, canvas_box(c));
    char *text = canvas_dump(c);
    if (strcmp(text, expected) != 0) {
        fprintf(stderr, "shown:\n%s\nexpected:\n%s\n", text, expected); /* cmocka cuts it */
        fail();
    }
    free(text);
    canvas_free(c);
}

static bool
has(struct form *f, int rows, int cols, const char *part)
{
    struct canvas *c = canvas_new(rows, cols, false);

    form_draw(f, c, canvas_box(c));
    char *text = canvas_dump(c);
    const bool found = strstr(text, part) != NULL;
    if (!found)
        print_message("%s\n", text);
    free(text);
    canvas_free(c);
    return found;
}

/* ---------------------------------------------------------------- keys */

static void
test_what_is_right_is_taken_by_enter_on_any_field(void **state)
{
    struct form *f = make("");

    (void)state;
    type(f, "web-01");
    assert_int_equal(press(f, KEYC_ENTER), FORM_DONE);
    assert_string_equal(form_value(f, NAME), "web-01");
    assert_string_equal(form_value(f, PORT), "");
    assert_string_equal(form_value(f, SUDO), "no");
    form_free(f);
}

static void
test_enter_is_refused_and_goes_to_the_first_wrong_field(void **state)
{
    struct form *f = make("web-01");

    (void)state;
    press(f, KEYC_TAB);
    type(f, "x");
    press(f, KEYC_DOWN);
    press(f, KEYC_DOWN);
    assert_int_equal(form_at(f), SECRET);
    assert_int_equal(press(f, KEYC_ENTER), FORM_GOES_ON);
    assert_int_equal(form_at(f), PORT);
    assert_true(has(f, 24, 80, "expected a number from 1 to 65535, got \"x\""));
    form_free(f);
}

static void
test_enter_goes_on_where_a_later_field_is_wrong(void **state)
{
    struct form *f = make("web-01");

    (void)state;
    press(f, KEYC_TAB);
    type(f, "x");
    press(f, KEYC_UP);
    assert_int_equal(press(f, KEYC_ENTER), FORM_GOES_ON);
    assert_int_equal(form_at(f), PORT);
    form_free(f);
}

static void
test_the_cursor_goes_round_and_never_to_a_fixed_field(void **state)
{
    struct form *f = make("web-01");
    static const size_t order[] = {PORT, SUDO, SECRET, NAME};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        press(f, KEYC_TAB);
        assert_int_equal(form_at(f), order[i]);
    }
    press(f, KEYC_BACKTAB);
    assert_int_equal(form_at(f), SECRET);
    form_go(f, FILE_);
    assert_int_equal(form_at(f), SECRET);
    form_free(f);
}

static void
test_a_choice_is_changed_by_left_right_and_space_only(void **state)
{
    struct form *f = make("web-01");

    (void)state;
    form_go(f, SUDO);
    type(f, "x");
    assert_string_equal(form_value(f, SUDO), "no");
    type(f, " ");
    assert_string_equal(form_value(f, SUDO), "yes");
    press(f, KEYC_RIGHT);
    assert_string_equal(form_value(f, SUDO), "no");
    press(f, KEYC_LEFT);
    assert_string_equal(form_value(f, SUDO), "yes");
    form_free(f);
}

static void
test_escape_leaves_at_once_and_asks_where_something_was_typed(void **state)
{
    struct form *f = make("web-01");

    (void)state;
    assert_false(form_changed(f));
    assert_int_equal(press(f, KEYC_ESC), FORM_CANCELLED);
    type(f, "x");
    assert_true(form_changed(f));
    assert_int_equal(press(f, KEYC_ESC), FORM_GOES_ON);
    assert_true(has(f, 24, 80, "Esc once more"));
    type(f, "y"); /* another key: go on */
    assert_int_equal(press(f, KEYC_ESC), FORM_GOES_ON);
    assert_int_equal(press(f, KEYC_ESC), FORM_CANCELLED);
    assert_string_equal(form_value(f, NAME), "web-01xy");
    form_free(f);
}

static void
test_a_pasted_line_end_is_no_enter(void **state)
{
    struct form *f = make("web-01");
    const struct key enter = {.code = KEYC_ENTER, .pasted = true};
    const struct key tab = {.code = KEYC_TAB, .pasted = true};
    const struct key space = {.code = KEYC_CHAR, .ch = ' ', .pasted = true};

    (void)state;
    assert_int_equal(form_key(f, &enter), FORM_GOES_ON);
    assert_int_equal(form_key(f, &tab), FORM_GOES_ON);
    assert_int_equal(form_at(f), NAME);
    form_go(f, SUDO);
    assert_int_equal(form_key(f, &space), FORM_GOES_ON);
    assert_string_equal(form_value(f, SUDO), "no");
    form_free(f);
}

static void
test_only_the_field_that_was_typed_into_is_checked(void **state)
{
    int asked = 0;
    struct form *f = form_new("A new server", fields, FIELDS, NULL, &asked);

    (void)state;
    assert_int_equal(asked, 1);
    type(f, "web");
    assert_int_equal(asked, 1);
    press(f, KEYC_TAB);
    type(f, "22");
    assert_int_equal(asked, 3);
    form_free(f);
}

/* ---------------------------------------------------------------- what is shown */

static void
test_an_empty_form_blames_nobody(void **state)
{
    struct form *f = make("");

    (void)state;
    shows(f, 14, 80, true,
          "A new server\n"
          "\n"
          "> name\n"
          "  port    (22)\n"
          "  sudo    < no >                              +\n"
          "  secret\n"
          "  file    inventory/prod/hosts.yml\n"
          "\n"
          "Letters, digits, dot, dash and underscore.\n"
          "\n"
          "\n"
          "\n"
          "\n"
          "\n");
    form_free(f);
}

static void
test_a_wrong_field_is_told_beside_it_and_whole_below(void **state)
{
    struct form *f = make("web 01");

    (void)state;
    shows(f, 14, 80, true,
          "A new server\n"
          "\n"
          "> name    web 01                              x no space may be in a name\n"
          "  port    (22)\n"
          "  sudo    < no >                              +\n"
          "  secret\n"
          "  file    inventory/prod/hosts.yml\n"
          "\n"
          "Letters, digits, dot, dash and underscore.\n"
          "no space may be in a name\n"
          "\n"
          "\n"
          "\n"
          "\n");
    form_free(f);
}

static void
test_a_form_in_unicode(void **state)
{
    struct form *f = make("web-01");

    (void)state;
    press(f, KEYC_TAB);
    shows(f, 14, 120, false,
          "A new server\n"
          "\n"
          "  name    web-01                                       ✓\n"
          "▶ port    (22)\n"
          "  sudo    < no >                                       ✓\n"
          "  secret\n"
          "  file    inventory/prod/hosts.yml\n"
          "\n"
          "Empty: as ssh has it.\n"
          "\n"
          "\n"
          "\n"
          "\n"
          "\n");
    form_free(f);
}

static void
test_blame_goes_with_the_next_key_and_a_note_stays(void **state)
{
    struct form *f = make("web-01");

    (void)state;
    form_blame(f, "hosts.yml:3: a range cannot be edited here");
    form_note(f, "web-02 has the same address");
    assert_true(has(f, 24, 80, "hosts.yml:3: a range cannot be edited here"));
    press(f, KEYC_TAB);
    assert_true(has(f, 24, 80, "web-02 has the same address"));
    struct canvas *c = canvas_new(24, 80, false);
    form_draw(f, c, canvas_box(c));
    char *text = canvas_dump(c);
    assert_null(strstr(text, "range"));
    free(text);
    canvas_free(c);
    form_free(f);
}

static void
test_long_texts_are_broken_between_words(void **state)
{
    struct form *f = make("web-01");

    (void)state;
    form_blame(f, "one two three four five six seven eight nine ten");
    assert_true(has(f, 20, 30, "one two three four five six\nseven eight nine ten\n"));
    form_blame(f, "0123456789012345678901234567890123456789");
    assert_true(has(f, 20, 30, "012345678901234567890123456789\n0123456789\n"));
    form_free(f);
}

static void
test_a_secret_is_never_shown(void **state)
{
    struct form *f = make("web-01");

    (void)state;
    form_go(f, SECRET);
    type(f, "abc");
    assert_true(has(f, 24, 80, "***"));
    press(f, KEYC_TAB);
    struct canvas *c = canvas_new(24, 80, false);
    form_draw(f, c, canvas_box(c));
    char *text = canvas_dump(c);
    assert_null(strstr(text, "abc"));
    assert_non_null(strstr(text, "********"));
    free(text);
    canvas_free(c);
    form_free(f);
}

static void
test_the_field_under_the_cursor_is_seen_in_a_box_of_any_size(void **state)
{
    (void)state;
    for (int rows = 1; rows < 30; rows++) {
        for (int cols = 1; cols < 100; cols += 7) {
            struct form *f = make("web-01");
            struct canvas *c = canvas_new(rows, cols, false);
            for (int n = 0; n < 5; n++) {
                canvas_clear(c);
                form_draw(f, c, canvas_box(c));
                char *text = canvas_dump(c);
                if (rows > 3 && cols > 20)
                    assert_non_null(strstr(text, fields[form_at(f)].name));
                free(text);
                press(f, KEYC_TAB);
            }
            canvas_free(c);
            form_free(f);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_right_is_taken_by_enter_on_any_field),
        cmocka_unit_test(test_enter_is_refused_and_goes_to_the_first_wrong_field),
        cmocka_unit_test(test_enter_goes_on_where_a_later_field_is_wrong),
        cmocka_unit_test(test_the_cursor_goes_round_and_never_to_a_fixed_field),
        cmocka_unit_test(test_a_choice_is_changed_by_left_right_and_space_only),
        cmocka_unit_test(test_escape_leaves_at_once_and_asks_where_something_was_typed),
        cmocka_unit_test(test_a_pasted_line_end_is_no_enter),
        cmocka_unit_test(test_only_the_field_that_was_typed_into_is_checked),
        cmocka_unit_test(test_an_empty_form_blames_nobody),
        cmocka_unit_test(test_a_wrong_field_is_told_beside_it_and_whole_below),
        cmocka_unit_test(test_a_form_in_unicode),
        cmocka_unit_test(test_blame_goes_with_the_next_key_and_a_note_stays),
        cmocka_unit_test(test_long_texts_are_broken_between_words),
        cmocka_unit_test(test_a_secret_is_never_shown),
        cmocka_unit_test(test_the_field_under_the_cursor_is_seen_in_a_box_of_any_size),
    };
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}

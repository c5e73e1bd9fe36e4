/*
 * test_view_frame.c - the bars around a page, and a question over it: at every size something can
 * be done, and nothing is drawn outside.
 */
#include "unit/ui/golden.h"

#include "ui/view_ask.h"
#include "ui/view_frame.h"

#include <locale.h>

static struct view_hint hints[VIEW_HINTS_MAX];

static struct view_frame
servers(void)
{
    return (struct view_frame){
        .current = 1,
        .title = "Servers",
        .subtitle = "9 servers, 3 marked",
        .env = "production",
        .run = "deploy prod 4/9",
        .message = "",
        .hints = hints,
        .hint_count = view_hints(AT_SERVERS, hints),
    };
}

static struct canvas *
page(const struct view_frame *v, int rows, int cols, bool ascii)
{
    struct canvas *c = canvas_new(rows, cols, ascii);
    const struct box body = view_frame_body(canvas_box(c));

    for (int row = 0; row < body.rows; row++) {
        for (int col = 0; col < body.cols; col++) {
            (void)canvas_text(c, body.row + row, body.col + col, 1, LOOK_PLAIN, "x");
        }
    }
    view_frame_draw(v, c, canvas_box(c));
    return c;
}

static void
picture(const struct view_frame *v, int rows, int cols, const char *name)
{
    struct canvas *c = page(v, rows, cols, false);

    golden_is(c, name);
    canvas_free(c);
}

static void
test_the_frame_at_the_sizes_that_are_promised(void **state)
{
    const struct view_frame v = servers();

    (void)state;
    picture(&v, 24, 80, "frame");
    picture(&v, 10, 40, "frame");
    picture(&v, 100, 300, "frame");
}

static void
test_a_long_environment_takes_the_names_of_pages(void **state)
{
    struct view_frame v = servers();

    (void)state;
    v.env = "production-europe-west-three";
    picture(&v, 14, 80, "frame-long");
}

static void
test_a_message_and_what_is_typed_have_their_lines(void **state)
{
    struct view_frame v = servers();
    struct input in;
    int row = 0, col = 0;

    (void)state;
    v.message = "web-03: auth: key not accepted";
    v.message_look = LOOK_BAD;
    picture(&v, 14, 80, "frame-message");
    v.message = "config.yml:3:23: max_parallel_workers: expected a number from 0 to 10000, got "
                "\"three\" (did you mean 3?); the environment stays as it was read before, and "
                "what is under way goes on: nothing was changed by this, and nothing will be";
    picture(&v, 14, 60, "frame-message");
    v.message = "a short one";
    input_set(&in, "mark web-*");
    v.prompt = ":";
    v.input = &in;
    picture(&v, 14, 80, "frame-line");
    struct canvas *c = page(&v, 5, 40, false);
    assert_true(canvas_cursor_at(c, &row, &col));
    assert_int_equal(row, 4); /* where there are few lines, over the hints */
    assert_int_equal(col, 11);
    canvas_free(c);
}

static void
test_the_current_page_is_seen_without_colors(void **state)
{
    struct view_frame v = servers();

    (void)state;
    for (int i = 0; i < VIEW_PAGES; i++) {
        char wanted[32];
        v.current = i;
        struct canvas *c = page(&v, 24, 80, true);
        char *dump = canvas_dump(c);
        snprintf(wanted, sizeof(wanted), "[%d %s]", i + 1, where_name(view_page(i)));
        assert_non_null(strstr(dump, wanted));
        free(dump);
        canvas_free(c);
    }
}

static void
test_the_page_keeps_what_is_its_own_at_every_size(void **state)
{
    struct view_frame v = servers();
    struct input in;

    (void)state;
    input_set(&in, "x");
    v.message = "a message";
    for (int rows = 1; rows < 30; rows++) {
        for (int cols = 1; cols < 130; cols += rows % 3 + 1) {
            v.prompt = cols % 2 == 0 ? ":" : NULL;
            v.input = &in;
            struct canvas *c = page(&v, rows, cols, false);
            const struct box body = view_frame_body(canvas_box(c));
            assert_true(body.rows >= 0 && body.row + body.rows <= (rows > 1 ? rows : 2));
            canvas_free(c);
        }
    }
}

static void
test_a_click_does_what_stands_there(void **state)
{
    const struct view_frame v = servers();
    struct canvas *c = page(&v, 24, 80, false);
    const struct box all = canvas_box(c);

    (void)state;
    assert_int_equal(view_frame_click(&v, c, all, 0, 1), ACT_PAGE_ENVS);
    assert_int_equal(view_frame_click(&v, c, all, 0, 79), ACT_NONE);
    assert_int_equal(view_frame_click(&v, c, all, 1, 1), ACT_NONE);
    assert_int_equal(view_frame_click(&v, c, all, 23, 1), ACT_ENTER);
    assert_int_equal(view_frame_click(&v, c, all, 23, 75), ACT_HELP);
    canvas_free(c);
}

static void
test_every_place_says_what_can_be_done_and_help_is_last(void **state)
{
    struct view_hint list[VIEW_HINTS_MAX];

    (void)state;
    for (unsigned place = 1; place < AT_ALL; place <<= 1) {
        const size_t count = view_hints((enum where)place, list);
        if (place == AT_FORM) {
            continue; /* it tells its own keys */
        }
        assert_true(count >= 1);
        if (place != AT_ASK) {
            assert_int_equal(list[count - 1].act, ACT_HELP);
        }
    }
}

/* ---------------------------------------------------------------- questions */

static const struct view_hint yes_no[] = {{"y", "yes", ACT_ENTER}, {"n", "no", ACT_BACK}};

static void
ask(const struct view_ask *v, int rows, int cols, const char *name)
{
    struct canvas *c = canvas_new(rows, cols, false);

    view_ask_draw(v, c, canvas_box(c));
    golden_is(c, name);
    canvas_free(c);
}

static void
test_a_question_stands_in_the_middle(void **state)
{
    const struct view_ask v = {
        .text = "Kill what runs on 3 hosts?\n\nTheir steps are cut, and their state is unknown.",
        .choices = yes_no,
        .choice_count = 2};

    (void)state;
    ask(&v, 24, 80, "ask");
    ask(&v, 6, 30, "ask");
}

static void
test_a_question_with_a_word_shows_what_is_typed_and_counts_what_has_no_room(void **state)
{
    struct buf text;
    struct input typed;
    struct view_ask v = {
        .word = "test-multi", .typed = &typed, .choices = yes_no, .choice_count = 2};

    (void)state;
    input_set(&typed, "test-m");
    buf_init(&text, 64 * 1024);
    (void)buf_adds(&text, "Delete the environment test-multi? These files go:\n");
    for (int i = 0; i < 100; i++) {
        (void)buf_addf(&text, "  inventory/test-multi/host_vars/web-%02d.yml\n", i);
    }
    v.text = text.data;
    ask(&v, 16, 80, "ask-word");
    buf_release(&text);
}

static void
test_a_question_of_any_size_in_any_box_ends(void **state)
{
    char text[400];
    struct input typed;
    struct view_ask v = {.text = text, .typed = &typed, .choices = yes_no, .choice_count = 2};

    (void)state;
    input_set(&typed, "日本");
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        text[i] = "ab \n\x1b\xe6"[i * i % 7 % 6]; /* hostile bytes, long words, empty lines */
    }
    text[sizeof(text) - 1] = '\0';
    for (int rows = 1; rows < 20; rows++) {
        for (int cols = 1; cols < 100; cols += 7) {
            v.word = cols % 2 == 0 ? "w" : NULL;
            struct canvas *c = canvas_new(rows, cols, rows % 2 == 0);
            view_ask_draw(&v, c, canvas_box(c));
            char *dump = canvas_dump(c);
            assert_null(strchr(dump, '\x1b'));
            free(dump);
            canvas_free(c);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_frame_at_the_sizes_that_are_promised),
        cmocka_unit_test(test_a_long_environment_takes_the_names_of_pages),
        cmocka_unit_test(test_a_message_and_what_is_typed_have_their_lines),
        cmocka_unit_test(test_the_current_page_is_seen_without_colors),
        cmocka_unit_test(test_the_page_keeps_what_is_its_own_at_every_size),
        cmocka_unit_test(test_a_click_does_what_stands_there),
        cmocka_unit_test(test_every_place_says_what_can_be_done_and_help_is_last),
        cmocka_unit_test(test_a_question_stands_in_the_middle),
        cmocka_unit_test(
            test_a_question_with_a_word_shows_what_is_typed_and_counts_what_has_no_room),
        cmocka_unit_test(test_a_question_of_any_size_in_any_box_ends),
    };

    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}

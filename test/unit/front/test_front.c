/*
 * test_front.c - who gets a key, which page is seen, when it is left.
 */
#include "unit/front/stage.h"

#include "base/prng.h"

#include <locale.h>

/* ---------------------------------------------------------------- keys */

static void
test_a_key_goes_to_the_page_then_to_the_table_then_to_its_act(void **state)
{
    struct stage *s = *state;
    struct stage_page *p = s->bar[1];

    front_go(s->front, AT_SERVERS);
    p->takes_key = 'd';
    stage_type(s, "d");
    assert_int_equal(p->act, ACT_NONE); /* it was typed into the page */
    p->takes_key = 0;
    p->takes = ACT_DEPLOY;
    stage_type(s, "d");
    assert_int_equal(p->act, ACT_DEPLOY);
    assert_string_equal(s->front->said, "");
}

static void
test_what_nobody_takes_is_told(void **state)
{
    struct stage *s = *state;

    front_go(s->front, AT_SERVERS);
    stage_type(s, "d");
    assert_string_equal(s->front->said, "deploy: not possible here");
    stage_sees(s, "deploy: not possible here");
    stage_press(s, KEYC_UP); /* nor is it told of moving */
    assert_string_equal(s->front->said, "");
    stage_type(s, "%"); /* nor of keys that mean nothing */
    assert_string_equal(s->front->said, "");
}

static void
test_digits_and_tab_go_from_page_to_page(void **state)
{
    struct stage *s = *state;

    for (int i = VIEW_PAGES - 1; i >= 0; i--) {
        stage_type(s, (char[]){(char)('1' + i), '\0'});
        assert_int_equal(s->front->at, i);
        assert_true(s->bar[i]->ticks > 0); /* it fetched when it was shown */
    }
    stage_press(s, KEYC_BACKTAB);
    assert_int_equal(s->front->at, VIEW_PAGES - 1);
    stage_press(s, KEYC_TAB);
    stage_press(s, KEYC_TAB);
    assert_int_equal(s->front->at, 1);
}

static void
test_esc_goes_back_to_where_one_comes_from(void **state)
{
    struct stage *s = *state;

    front_go(s->front, AT_HISTORY);
    stage_press(s, KEYC_ESC); /* no environment is open */
    assert_int_equal(s->front->at, 0);
    assert_true(front_open_env(s->front, "prod"));
    front_go(s->front, AT_HISTORY);
    s->bar[3]->takes = ACT_BACK;
    stage_press(s, KEYC_ESC); /* the page ends its filter first */
    assert_int_equal(s->front->at, 3);
    s->bar[3]->takes = ACT_NONE;
    stage_press(s, KEYC_ESC);
    assert_int_equal(s->front->at, 1);
    stage_press(s, KEYC_ESC);
    assert_int_equal(s->front->at, 0);
    stage_press(s, KEYC_ESC);
    assert_int_equal(s->front->at, 0);
}

static void
test_a_pasted_text_is_no_command(void **state)
{
    struct stage *s = *state;

    front_go(s->front, AT_SERVERS);
    for (const char *p = "dq:3"; *p != '\0'; p++) {
        front_key(s->front, &(struct key){.code = KEYC_CHAR, .ch = (uint32_t)*p, .pasted = true});
    }
    assert_int_equal(s->bar[1]->act, ACT_NONE);
    assert_int_equal(s->front->at, 1);
    assert_int_equal(s->front->line.kind, LINE_NONE);
}

/* ---------------------------------------------------------------- pages over pages */

static void
test_a_page_that_leaves_from_inside_of_itself_is_freed_later_and_once(void **state)
{
    struct stage *s = *state;
    struct stage_page *p = stage_page(s->front, AT_TEXT);
    int freed = 0;

    p->freed = &freed;
    p->takes = ACT_FOLLOW;
    p->pops_itself = true;
    front_push(s->front, &p->page);
    stage_type(s, "F");
    assert_int_equal(freed, 0);
    assert_ptr_equal(front_top(s->front), &s->bar[0]->page);
    stage_turn(s);
    assert_int_equal(freed, 1);
}

static void
test_going_to_another_page_leaves_those_over_the_one_before(void **state)
{
    struct stage *s = *state;
    int freed = 0;

    for (int i = 0; i < 3; i++) {
        struct stage_page *p = stage_page(s->front, AT_TEXT);
        p->freed = &freed;
        front_push(s->front, &p->page);
    }
    stage_press(s, KEYC_ESC);
    assert_int_equal(s->front->over_count, 2);
    stage_type(s, "q"); /* back, as in a pager */
    assert_int_equal(s->front->over_count, 1);
    stage_type(s, "4");
    assert_int_equal(s->front->over_count, 0);
    assert_int_equal(s->front->at, 3);
    stage_turn(s);
    assert_int_equal(freed, 3);
    front_push(s->front, NULL);
    front_pop(s->front);
    assert_int_equal(s->front->over_count, 0);
}

static void
test_any_number_of_pages_may_be_left_before_the_loop_turns(void **state)
{
    struct stage *s = *state;
    int freed = 0;

    for (int i = 0; i < 300; i++) { /* typed ahead: all in one read */
        struct stage_page *p = stage_page(s->front, AT_TEXT);
        p->freed = &freed;
        front_push(s->front, &p->page);
        stage_type(s, "q");
    }
    assert_int_equal(freed, 0);
    stage_turn(s);
    assert_int_equal(freed, 300);
}

static void
test_there_is_an_end_to_pages_over_pages(void **state)
{
    struct stage *s = *state;
    int freed = 0;

    for (int i = 0; i < FRONT_OVER_MAX + 1; i++) {
        struct stage_page *p = stage_page(s->front, AT_TEXT);
        p->freed = &freed;
        front_push(s->front, &p->page);
    }
    assert_int_equal(freed, 1);
    assert_int_equal(s->front->over_count, FRONT_OVER_MAX);
    assert_non_null(strstr(s->front->said, "too many"));
}

static void
test_help_is_of_the_page_that_is_seen(void **state)
{
    struct stage *s = *state;

    front_go(s->front, AT_SERVERS);
    stage_type(s, "?");
    stage_sees(s, "Help of Servers");
    stage_sees(s, ":deploy");
}

/* ---------------------------------------------------------------- questions */

struct answered {
    int yes, no;
};

static void
on_answer(void *arg, bool yes)
{
    struct answered *a = arg;

    a->yes += yes;
    a->no += !yes;
}

static void
test_a_question_is_answered_once_by_its_keys_alone(void **state)
{
    static const struct {
        struct key key;
        int yes, no;
    } rows[] = {
        {{.code = KEYC_ENTER}, 1, 0},
        {{.code = KEYC_CHAR, .ch = 'y'}, 1, 0},
        {{.code = KEYC_ESC}, 0, 1},
        {{.code = KEYC_CHAR, .ch = 'n'}, 0, 1},
        {{.code = KEYC_CHAR, .ch = 'c', .ctrl = true}, 0, 1},
        {{.code = KEYC_CHAR, .ch = 'y', .pasted = true}, 0, 0},
        {{.code = KEYC_CHAR, .ch = 'q'}, 0, 0},
        {{.code = KEYC_CHAR, .ch = '3'}, 0, 0},
    };
    struct stage *s = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct answered a = {0};
        front_ask(s->front, "Kill it?", NULL, on_answer, &a);
        front_key(s->front, &rows[i].key);
        assert_int_equal(a.yes, rows[i].yes);
        assert_int_equal(a.no, rows[i].no);
        ask_cancel(s->front);
        assert_int_equal(a.yes + a.no, 1);
    }
    assert_false(stage_left(s));
}

static void
test_a_word_must_be_typed_as_it_is(void **state)
{
    struct stage *s = *state;
    struct answered a = {0};

    front_ask(s->front, "Delete it?", "prod", on_answer, &a);
    stage_sees(s, "Type prod to go on:");
    stage_press(s, KEYC_ENTER);
    stage_type(s, "pro");
    stage_press(s, KEYC_ENTER);
    stage_type(s, "dx");
    stage_press(s, KEYC_ENTER);
    assert_int_equal(a.yes + a.no, 0);
    stage_press(s, KEYC_BACKSPACE);
    front_key(s->front, &(struct key){.code = KEYC_ENTER, .pasted = true});
    assert_int_equal(a.yes + a.no, 0);
    stage_press(s, KEYC_ENTER);
    assert_int_equal(a.yes, 1);
    front_ask(s->front, "Delete it?", "prod", on_answer, &a);
    stage_press(s, KEYC_ESC);
    assert_int_equal(a.no, 1);
}

static void
test_whatever_comes_between_is_a_no(void **state)
{
    struct stage *s = *state;
    static struct answered a; /* stage_end answers the last one */
    struct answered b = {0};

    front_ask(s->front, "One?", NULL, on_answer, &a);
    front_ask(s->front, "Another?", NULL, on_answer, &b);
    assert_int_equal(a.no, 1);
    assert_int_equal(b.yes + b.no, 0);
    front_go(s->front, AT_RUN);
    assert_int_equal(b.no, 1);
    front_push(s->front, &stage_page(s->front, AT_SERVER)->page);
    front_ask(s->front, "Of the page?", NULL, on_answer, &a);
    front_pop(s->front);
    assert_int_equal(a.no, 2);
    front_ask(s->front, "At the end?", NULL, on_answer, &a);
}

/* ---------------------------------------------------------------- leaving */

static void
test_q_leaves_at_once_where_nothing_is_under_way(void **state)
{
    struct stage *s = *state;

    front_go(s->front, AT_LOG);
    stage_type(s, "q");
    assert_true(stage_left(s));
    assert_int_equal(s->front->exit_code, 0);
}

static void
test_what_was_typed_behind_a_q_is_not_done(void **state)
{
    struct stage *s = *state;

    front_go(s->front, AT_SERVERS);
    stage_type(s, "qd");
    assert_int_equal(s->bar[1]->act, ACT_QUIT); /* it was asked first, and nothing more */
}

static void
test_ctrl_c_ends_what_is_typed_then_leaves(void **state)
{
    struct stage *s = *state;

    stage_type(s, ":dep");
    stage_control(s, 'c');
    assert_int_equal(s->front->line.kind, LINE_NONE);
    assert_false(stage_left(s));
    stage_control(s, 'c');
    assert_true(stage_left(s));
    assert_int_equal(s->front->exit_code, 0);
}

static void
test_a_signal_leaves_with_its_number(void **state)
{
    struct stage *s = *state;

    front_interrupt(s->front, 130);
    assert_true(stage_left(s));
    assert_int_equal(s->front->exit_code, 130);
}

static void
test_what_is_said_goes_with_the_next_key(void **state)
{
    struct stage *s = *state;

    front_say(s->front, LOOK_BAD, "web-01: auth: %s", "key not accepted");
    stage_sees(s, "web-01: auth: key not accepted");
    stage_press(s, KEYC_DOWN);
    assert_string_equal(s->front->said, "");
}

/* Whatever is pressed in whatever order: there is a page, and it can be drawn. */
static void
test_any_keys_leave_a_front(void **state)
{
    static const char typed[] = "123456?:/&!qrslx dvpaDnR y\t";
    struct stage *s = *state;
    struct answered a = {0};
    struct prng r = {.state = 11};
    int asked = 0;

    for (int i = 0; i < 20000; i++) {
        struct key k = {.code = KEYC_CHAR,
                        .ch = (uint32_t)typed[prng_below(&r, sizeof(typed) - 1)]};
        const uint64_t n = prng_below(&r, 100);
        if (n < 40) {
            k.code = (enum key_code)prng_below(&r, KEYC_CLICK + 1);
            k.row = (int)prng_below(&r, 30);
            k.col = (int)prng_below(&r, 90);
        }
        k.ctrl = n == 50;
        k.pasted = n > 97;
        if (n == 60) {
            asked++;
            front_ask(s->front, "Really?", i % 2 == 0 ? "yes" : NULL, on_answer, &a);
        }
        if (n == 61) {
            front_push(s->front, &stage_page(s->front, i % 2 == 0 ? AT_FORM : AT_CHART)->page);
        }
        s->front->left = false;
        front_key(s->front, &k);
        if (i % 50 == 0) {
            stage_turn(s);
            free(stage_seen(s));
        }
        assert_non_null(front_top(s->front));
        assert_true(a.yes + a.no <= asked);
    }
    ask_cancel(s->front);
    assert_int_equal(a.yes + a.no, asked);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(test_a_key_goes_to_the_page_then_to_the_table_then_to_its_act),
        STAGE_TEST(test_what_nobody_takes_is_told),
        STAGE_TEST(test_digits_and_tab_go_from_page_to_page),
        STAGE_TEST(test_esc_goes_back_to_where_one_comes_from),
        STAGE_TEST(test_a_pasted_text_is_no_command),
        STAGE_TEST(test_a_page_that_leaves_from_inside_of_itself_is_freed_later_and_once),
        STAGE_TEST(test_going_to_another_page_leaves_those_over_the_one_before),
        STAGE_TEST(test_any_number_of_pages_may_be_left_before_the_loop_turns),
        STAGE_TEST(test_there_is_an_end_to_pages_over_pages),
        STAGE_TEST(test_help_is_of_the_page_that_is_seen),
        STAGE_TEST(test_a_question_is_answered_once_by_its_keys_alone),
        STAGE_TEST(test_a_word_must_be_typed_as_it_is),
        STAGE_TEST(test_whatever_comes_between_is_a_no),
        STAGE_TEST(test_q_leaves_at_once_where_nothing_is_under_way),
        STAGE_TEST(test_what_was_typed_behind_a_q_is_not_done),
        STAGE_TEST(test_ctrl_c_ends_what_is_typed_then_leaves),
        STAGE_TEST(test_a_signal_leaves_with_its_number),
        STAGE_TEST(test_what_is_said_goes_with_the_next_key),
        STAGE_TEST(test_any_keys_leave_a_front),
    };

    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}

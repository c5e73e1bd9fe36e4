/*
 * test_front_line.c - the line below: commands, filters, what is completed and remembered.
 */
#include "unit/front/stage.h"

#include <locale.h>

static int
begin_at_servers(void **state)
{
    (void)stage_begin(state);
    front_go(((struct stage *)*state)->front, AT_SERVERS);
    return 0;
}

/* ---------------------------------------------------------------- filters and searches */

static void
test_a_filter_holds_with_each_key(void **state)
{
    struct stage *s = *state;
    struct stage_page *p = s->bar[1];

    stage_type(s, "/we");
    assert_string_equal(p->text, "we");
    stage_press(s, KEYC_BACKSPACE);
    assert_string_equal(p->text, "w");
    stage_press(s, KEYC_ENTER); /* it stays */
    assert_int_equal(s->front->line.kind, LINE_NONE);
    assert_string_equal(p->text, "w");
    stage_type(s, "/!db");
    assert_true(p->without);
    assert_string_equal(p->text, "db");
    stage_press(s, KEYC_ESC); /* it ends */
    assert_string_equal(p->text, "");
    assert_false(p->without);
    stage_type(s, "/x");
    stage_press(s, KEYC_BACKSPACE);
    stage_press(s, KEYC_BACKSPACE); /* on an empty line: it ends, too */
    assert_int_equal(s->front->line.kind, LINE_NONE);
}

static void
test_a_search_is_made_when_it_is_entered(void **state)
{
    struct stage *s = *state;

    front_go(s->front, AT_LOG);
    stage_type(s, "/Worker 0");
    assert_string_equal(s->bar[5]->text, "");
    stage_press(s, KEYC_ENTER);
    assert_string_equal(s->bar[5]->text, "search Worker 0");
    stage_type(s, "&err");
    stage_sees(s, "\n&err\n");
    assert_string_equal(s->bar[5]->text, "err");
}

static void
test_a_page_that_cannot_filter_says_so(void **state)
{
    struct stage *s = *state;

    s->bar[1]->ops.filter = NULL;
    stage_type(s, "/");
    assert_int_equal(s->front->line.kind, LINE_NONE);
    assert_string_equal(s->front->said, "filter: not possible here");
}

static void
test_what_is_typed_ends_where_the_page_does(void **state)
{
    struct stage *s = *state;

    stage_type(s, ":dep");
    front_go(s->front, AT_LOG);
    assert_int_equal(s->front->line.kind, LINE_NONE);
}

/* ---------------------------------------------------------------- commands */

static const struct {
    const char *text;
    enum act act;        /* the page was told; NONE: nothing */
    const char *command; /* it was asked for; NULL: it was not */
    const char *said;    /* "" nothing; NULL: whatever */
} lines[] = {
    {"deploy", ACT_DEPLOY, NULL, ""},
    {"  deploy  ", ACT_DEPLOY, NULL, ""},
    {"dep", ACT_DEPLOY, "dep|", ""},
    {"", ACT_NONE, NULL, ""},
    {"   ", ACT_NONE, NULL, ""},
    {"de", ACT_NONE, "de|", "de is short for several: deploy, delete"},
    {"deplyo", ACT_NONE, "deplyo|", "there is no :deplyo here; did you mean :deploy?"},
    {"zzz", ACT_NONE, "zzz|", "there is no :zzz here"},
    {"deploy now", ACT_NONE, "deploy|now", ":deploy takes nothing more"},
    {"open", ACT_NONE, "open|", ":open ENV"},
    {"open nowhere", ACT_NONE, "open|nowhere", NULL},
    {"mark web", ACT_NONE, "mark|web", "no environment is open"},
    {"run setup", ACT_NONE, "run|setup", "setup: no environment is open"},
    {"filter !web", ACT_NONE, "web", ""}, /* which the filter wrote over */
    {"filter", ACT_FILTER, NULL, NULL},
};

static void
test_a_word_is_of_the_page_of_the_table_or_of_ours(void **state)
{
    struct stage *s = *state;
    struct stage_page *p = s->bar[1];

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        p->act = ACT_NONE;
        p->takes = lines[i].act;
        p->text[0] = '\0';
        s->front->said[0] = '\0';
        line_close(s->front);
        command_run(s->front, lines[i].text);
        if (lines[i].act != ACT_FILTER) {
            assert_int_equal(p->act, lines[i].act);
        } else {
            assert_int_equal(s->front->line.kind, LINE_FILTER);
        }
        assert_string_equal(p->text, lines[i].command == NULL ? "" : lines[i].command);
        if (lines[i].said != NULL) {
            assert_string_equal(s->front->said, lines[i].said);
        }
    }
}

static void
test_the_page_has_the_first_word_where_something_follows(void **state)
{
    struct stage *s = *state;

    s->bar[1]->takes_commands = true;
    command_run(s->front, "workers 5");
    assert_string_equal(s->bar[1]->text, "workers|5");
    command_run(s->front, "run it");
    assert_string_equal(s->bar[1]->text, "run|it");
    assert_string_equal(s->front->said, "");
}

static void
test_open_opens_and_goes_to_the_servers(void **state)
{
    struct stage *s = *state;

    front_go(s->front, AT_ENVS);
    stage_type(s, ":open prod");
    stage_press(s, KEYC_ENTER);
    assert_string_equal(front_env_name(s->front), "prod");
    assert_int_equal(s->front->at, 1);
}

static void
test_what_was_begun_for_somebody_goes_on_with_keys(void **state)
{
    struct stage *s = *state;

    front_type(s->front, "run ");
    stage_type(s, "x");
    stage_sees(s, "\n:run x\n");
}

/* ---------------------------------------------------------------- Tab, Up and Down */

static const struct {
    const char *typed, *line;
    const char *said; /* "" nothing */
} completions[] = {
    {"dep", "deploy ", ""},
    {"de", "de", "delete  deploy"},
    {"zz", "zz", ""},
    {"open p", "open prod ", ""},
    {"open ", "open prod", "prod  prod-eu"},
    {"mark w", "mark web-0", "web-01  web-02"},
    {"mark db", "mark db-01 ", ""},
    {"deploy x", "deploy x", ""},
};

static void
test_tab_completes_as_far_as_it_is_clear(void **state)
{
    struct stage *s = *state;

    assert_true(front_open_env(s->front, "prod"));
    for (size_t i = 0; i < sizeof(completions) / sizeof(completions[0]); i++) {
        if (i == 4) {
            folder_text(&s->folder, "inventory/prod-eu/hosts.yml", "all:\n");
        }
        front_type(s->front, completions[i].typed);
        stage_press(s, KEYC_TAB);
        assert_string_equal(s->front->line.input.text, completions[i].line);
        assert_string_equal(s->front->said, completions[i].said);
        line_close(s->front);
    }
}

static void
test_lines_are_remembered_each_kind_by_itself(void **state)
{
    struct stage *s = *state;
    const struct input *in = &s->front->line.input;

    stage_type(s, ":zzz");
    stage_press(s, KEYC_ENTER);
    stage_type(s, ":yyy");
    stage_press(s, KEYC_ENTER);
    stage_type(s, "/web");
    stage_press(s, KEYC_ENTER);
    stage_type(s, ":");
    stage_press(s, KEYC_UP);
    assert_string_equal(in->text, "yyy");
    stage_press(s, KEYC_UP);
    stage_press(s, KEYC_UP);
    assert_string_equal(in->text, "zzz");
    stage_press(s, KEYC_DOWN);
    stage_press(s, KEYC_DOWN);
    assert_string_equal(in->text, "");
    stage_press(s, KEYC_ESC);
    stage_type(s, "/");
    stage_press(s, KEYC_UP);
    assert_string_equal(in->text, "web");
    assert_string_equal(s->bar[1]->text, "web"); /* and it holds */
}

static void
test_only_so_many_lines_are_remembered(void **state)
{
    struct stage *s = *state;

    for (int i = 0; i < FRONT_HISTORY_MAX + 20; i++) {
        char text[32];
        (void)snprintf(text, sizeof(text), "/w%d", i);
        stage_type(s, text);
        stage_press(s, KEYC_ENTER);
        stage_type(s, text); /* twice the same is once */
        stage_press(s, KEYC_ENTER);
    }
    assert_int_equal(s->front->line.history[LINE_FILTER].count, FRONT_HISTORY_MAX);
    stage_type(s, "/");
    stage_press(s, KEYC_UP);
    assert_string_equal(s->front->line.input.text, "w119");
}

static void
test_a_pasted_line_waits_for_its_enter(void **state)
{
    struct stage *s = *state;

    stage_type(s, ":");
    for (const char *p = "quit"; *p != '\0'; p++) {
        front_key(s->front, &(struct key){.code = KEYC_CHAR, .ch = (uint32_t)*p, .pasted = true});
    }
    front_key(s->front, &(struct key){.code = KEYC_ENTER, .pasted = true});
    assert_false(stage_left(s));
    assert_string_equal(s->front->line.input.text, "quit ");
    stage_press(s, KEYC_ENTER);
    assert_true(stage_left(s));
}

#define LINE_TEST(test) cmocka_unit_test_setup_teardown(test, begin_at_servers, stage_finish)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        LINE_TEST(test_a_filter_holds_with_each_key),
        LINE_TEST(test_a_search_is_made_when_it_is_entered),
        LINE_TEST(test_a_page_that_cannot_filter_says_so),
        LINE_TEST(test_what_is_typed_ends_where_the_page_does),
        LINE_TEST(test_a_word_is_of_the_page_of_the_table_or_of_ours),
        LINE_TEST(test_the_page_has_the_first_word_where_something_follows),
        LINE_TEST(test_open_opens_and_goes_to_the_servers),
        LINE_TEST(test_what_was_begun_for_somebody_goes_on_with_keys),
        LINE_TEST(test_tab_completes_as_far_as_it_is_clear),
        LINE_TEST(test_lines_are_remembered_each_kind_by_itself),
        LINE_TEST(test_only_so_many_lines_are_remembered),
        LINE_TEST(test_a_pasted_line_waits_for_its_enter),
    };

    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}

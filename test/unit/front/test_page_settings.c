/*
 * test_page_settings.c - the Settings page as keys drive it: what is written to config.yml, and
 * what is seen of it.
 */
#include "unit/front/stage.h"

#include "front/page_settings.h"

#include <locale.h>

static void
config_is(const struct stage *s, const char *expected)
{
    char *path = xasprintf("%s/inventory/prod/config.yml", s->folder.path);
    char text[4096] = "";
    FILE *f = fopen(path, "rb");

    if (f != NULL) {
        text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
        (void)fclose(f);
    }
    assert_string_equal(text, expected);
    free(path);
}

/* The real page, with an environment open. */
static struct settings_page *
show(struct stage *s)
{
    struct page **place = &s->front->bar[4];

    assert_int_equal(view_page(4), AT_SETTINGS);
    (*place)->ops->free(*place);
    *place = page_settings_new(s->front);
    assert_true(front_open_env(s->front, "prod"));
    front_go(s->front, AT_SETTINGS);
    return (struct settings_page *)*place;
}

static void
test_a_value_is_typed_checked_and_written(void **state)
{
    struct stage *s = *state;

    folder_text(&s->folder, "inventory/prod/config.yml",
                "# ours\nmax_parallel_workers: 3 # few\nconfirm: true\n");
    (void)show(s);
    stage_sees(s, "inventory/prod/config.yml:2");
    stage_press(s, KEYC_ENTER);
    stage_type(s, "x");
    stage_sees(s, "expected a number from 0 to 10000, got \"3x\"");
    stage_press(s, KEYC_ENTER); /* refused: it stays */
    config_is(s, "# ours\nmax_parallel_workers: 3 # few\nconfirm: true\n");
    stage_press(s, KEYC_BACKSPACE);
    stage_type(s, "0");
    stage_press(s, KEYC_ENTER);
    config_is(s, "# ours\nmax_parallel_workers: 30 # few\nconfirm: true\n");
    assert_string_equal(s->front->said,
                        "max_parallel_workers: 30 stands in inventory/prod/config.yml:2");
    assert_int_equal(front_env(s->front)->settings.policy.workers, 30); /* without a restart */
    assert_int_equal(s->front->over_count, 0);
}

static void
test_what_has_few_values_is_chosen(void **state)
{
    struct stage *s = *state;

    (void)show(s);
    stage_press(s, KEYC_DOWN);
    stage_type(s, "e");
    stage_sees(s, "[rolling]");
    stage_press(s, KEYC_RIGHT);
    stage_sees(s, "[all_at_once]");
    stage_press(s, KEYC_LEFT);
    stage_type(s, " ");
    stage_sees(s, "[all_at_once]");
    stage_type(s, "p");
    stage_sees(s, "[parallel]");
    stage_press(s, KEYC_ENTER);
    config_is(s, "max_parallel_workers: 3\ndeployment_strategy: parallel\n");
    stage_type(s, "e");
    stage_press(s, KEYC_RIGHT);
    stage_press(s, KEYC_ESC);
    config_is(s, "max_parallel_workers: 3\ndeployment_strategy: parallel\n");
    /* what cannot be alone is refused when it is written */
    stage_type(s, "ec");
    stage_press(s, KEYC_ENTER);
    stage_sees(s, "canary needs the key canary");
    stage_press(s, KEYC_ESC);
    config_is(s, "max_parallel_workers: 3\ndeployment_strategy: parallel\n");
}

static void
test_a_key_is_taken_out(void **state)
{
    struct stage *s = *state;

    (void)show(s);
    stage_type(s, "D");
    stage_sees(s, "Take max_parallel_workers out of inventory/prod/config.yml:1?");
    stage_type(s, "n");
    config_is(s, "max_parallel_workers: 3\n");
    stage_type(s, "Dy");
    config_is(s, "");
    assert_string_equal(
        s->front->said,
        "max_parallel_workers is not in inventory/prod/config.yml any more: the default counts");
    stage_type(s, "D");
    assert_string_equal(
        s->front->said,
        "max_parallel_workers is not in inventory/prod/config.yml: the default counts already");
}

static void
test_the_line_below_sets_and_unsets(void **state)
{
    struct stage *s = *state;

    (void)show(s);
    stage_type(s, ":set serial [1, 10%]");
    stage_press(s, KEYC_ENTER);
    config_is(s, "max_parallel_workers: 3\nserial: [1, 10%]\n");
    stage_type(s, ":set confirm: yes");
    stage_press(s, KEYC_ENTER);
    config_is(s, "max_parallel_workers: 3\nserial: [1, 10%]\nconfirm: yes\n");
    stage_type(s, ":unset serial");
    stage_press(s, KEYC_ENTER);
    config_is(s, "max_parallel_workers: 3\nconfirm: yes\n");
    static const struct {
        const char *typed, *said;
    } rows[] = {
        {":set", ":set KEY VALUE"},
        {":set serial", ":set KEY VALUE"},
        {":unset serial 3", ":unset KEY"},
        {":set serail 3", "serail: serail: unknown key (did you mean serial?)"},
        {":set max_fail x",
         "max_fail: expected a number of hosts like 2, or 0% to 100%, got \"x\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        stage_type(s, rows[i].typed);
        stage_press(s, KEYC_ENTER);
        assert_string_equal(s->front->said, rows[i].said);
    }
    config_is(s, "max_parallel_workers: 3\nconfirm: yes\n");
    front_go(s->front, AT_SERVERS); /* from everywhere */
    stage_type(s, ":set max_fail 2");
    stage_press(s, KEYC_ENTER);
    config_is(s, "max_parallel_workers: 3\nconfirm: yes\nmax_fail: 2\n");
}

static void
test_a_file_with_mistakes_is_shown_and_can_be_mended(void **state)
{
    struct stage *s = *state;

    folder_text(&s->folder, "inventory/bad/config.yml",
                "max_parallel_workers: many\nconfirm: perhaps\n");
    folder_text(&s->folder, "inventory/bad/hosts.yml", "all:\n  hosts:\n    web-01:\n");
    (void)show(s);
    front_show_settings(s->front, "bad");
    stage_sees(s, "Settings: inventory/bad/config.yml");
    stage_sees(s, "1 of 2: inventory/bad/config.yml:1:23: max_parallel_workers: expected a");
    stage_type(s, "/confirm");
    stage_press(s, KEYC_ENTER);
    stage_sees(s, "1 of 2: inventory/bad/config.yml:2:10: confirm: expected true or false");
    stage_type(s, "e");
    stage_press(s, KEYC_RIGHT);
    stage_press(s, KEYC_ENTER);
    stage_press(s, KEYC_ESC); /* ends the filter */
    stage_sees(s, "inventory/bad/config.yml:1:23: max_parallel_workers: expected a");
    stage_press(s, KEYC_ESC); /* back */
    stage_sees(s, "Settings: inventory/prod/config.yml");
    front_show_settings(s->front, "prod"); /* it is the open one */
    assert_int_equal(s->front->over_count, 0);
    front_show_settings(s->front, "bad");
    stage_type(s, ":set max_fail 2");
    stage_press(s, KEYC_ENTER);
    stage_sees(s, "bad/config.yml");
    config_is(s, "max_parallel_workers: 3\n");
    stage_type(s, "e");
    front_go(s->front, AT_SERVERS); /* all go */
    stage_turn(s);
    assert_int_equal(s->front->over_count, 0);
}

static void
test_without_an_environment_there_is_nothing_to_edit(void **state)
{
    struct stage *s = *state;
    struct page *p = page_settings_new(s->front);

    s->front->bar[4]->ops->free(s->front->bar[4]);
    s->front->bar[4] = p;
    front_go(s->front, AT_SETTINGS);
    stage_sees(s, "No environment is open");
    stage_press(s, KEYC_ENTER);
    stage_type(s, ":set max_fail 2");
    stage_press(s, KEYC_ENTER);
    assert_string_equal(s->front->said, "no environment is open");
}

static void
test_what_others_write_is_seen(void **state)
{
    struct stage *s = *state;
    struct settings_page *p = show(s);

    folder_text(&s->folder, "inventory/prod/config.yml", "max_parallel_workers: 77777\n");
    p->page.ops->tick(&p->page, 0);
    stage_sees(s, "77777");
    for (int i = 0; i < 60; i++) {
        stage_press(s, i < 50 ? KEYC_DOWN : KEYC_PAGE_DOWN);
    }
    assert_int_equal(p->at, p->count - 1);
    stage_press(s, KEYC_HOME);
    assert_int_equal(p->at, 0);
    front_key(s->front, &(struct key){.code = KEYC_CLICK, .row = 6, .col = 5});
    assert_int_equal(p->at, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(test_a_value_is_typed_checked_and_written),
        STAGE_TEST(test_what_has_few_values_is_chosen),
        STAGE_TEST(test_a_key_is_taken_out),
        STAGE_TEST(test_the_line_below_sets_and_unsets),
        STAGE_TEST(test_a_file_with_mistakes_is_shown_and_can_be_mended),
        STAGE_TEST(test_without_an_environment_there_is_nothing_to_edit),
        STAGE_TEST(test_what_others_write_is_seen),
    };

    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_page_run.c - the keys and words of the Run page: what each asks for, and what is seen then.
 */
#include "unit/front/page_run_rig.h"

/* ---------------------------------------------------------------- tests */

static void
test_without_a_run_there_is_nothing_but_what_to_do_and_the_queue(void **state)
{
    char prod[] = "prod";
    char deploy[] = "deploy";
    char check[] = "check";
    struct queued rows[] = {{.id = 7, .env = prod, .action = deploy},
                            {.id = 9, .env = prod, .action = check}};
    struct front f;

    (void)state;
    front_make(&f);
    shows(&f, "Open an environment");
    shows(&f, "The queue is empty");
    strv_add(&rows[0].hosts, "web-01");
    strv_add(&rows[0].hosts, "web-02");
    f.work.queue = (struct queue_list){.rows = rows, .count = 2};
    shows(&f, "deploy prod: 2 hosts, web-[01-02]");
    shows(&f, "check prod: all hosts");
    f.work.queue.rows++;
    f.work.queue.count--;
    shows_not(&f, f.page, "web-[01-02]", false);
    assert_false(act(&f, ACT_DOWN));
    assert_false(act(&f, ACT_ENTER));
    assert_false(act(&f, ACT_BACK));
    assert_true(act(&f, ACT_SKIP));
    assert_string_equal(f.said, "no host is under the cursor");
    strv_clear(&rows[0].hosts);
    front_end(&f);
}

static void
test_each_key_of_a_run_asks_for_its_verb(void **state)
{
    static const struct {
        enum act act;
        const char *asked;
    } rows[] = {
        {ACT_PAUSE, "pause - 0"},
        {ACT_CONTINUE, "continue - 0"},
        {ACT_PROMOTE, "promote - 0"},
        {ACT_ABORT, "abort - 0"},
        {ACT_KILL, "kill - 0"},
        {ACT_ROLL_BACK, "rollback - 0"},
        {ACT_SKIP, "skip web-01 0"},
        {ACT_RETRY, "retry web-01 0"},
        {ACT_MORE_WORKERS, "workers - 4"},
        {ACT_FEWER_WORKERS, "workers - 2"},
    };
    struct front f;
    struct event e = event_make(EVENT_WORKERS, zero_ms);

    (void)state;
    front_make(&f);
    begin_run(&f, HOSTS);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(act(&f, rows[i].act));
        assert_string_equal(f.work.asked, rows[i].asked);
    }
    e.workers = 1;
    tell(&f, e);
    assert_true(act(&f, ACT_FEWER_WORKERS));
    assert_string_equal(f.work.asked, "");
    assert_string_equal(f.said, "one worker is the least; p pauses");
    front_end(&f);
}

static void
test_a_run_that_is_over_goes_again_with_all_that_are_not_there(void **state)
{
    struct front f;
    struct event e = event_make(EVENT_RUN_FINISHED, zero_ms);

    (void)state;
    front_make(&f);
    begin_run(&f, HOSTS);
    f.work.runs = false;
    e.exit_code = 0;
    tell(&f, e);
    assert_true(act(&f, ACT_RETRY)); /* nothing is left */
    assert_string_equal(f.work.asked, "");
    assert_string_equal(f.said, "all its hosts are there: nothing to do again");
    e.exit_code = 2; /* no halt: hosts failed within the budget */
    tell(&f, e);
    shows(&f, "to go on  R does it again where it is not ok");
    assert_true(act(&f, ACT_RETRY));
    assert_string_equal(f.work.asked, "once more " RUN);
    f.work.asked[0] = '\0';
    e.exit_code = 3;
    e.go_on = "inventory-manager retry " RUN;
    tell(&f, e);
    shows(&f, "to go on  R, or inventory-manager retry");
    assert_true(act(&f, ACT_RETRY));
    assert_string_equal(f.work.asked, "once more " RUN);
    front_end(&f);
}

static void
test_the_cursor_says_whose_output_is_seen_and_acted_on(void **state)
{
    struct front f;

    (void)state;
    front_make(&f);
    begin_run(&f, HOSTS);
    shows(&f, "hello from the first");
    assert_true(act(&f, ACT_DOWN));
    shows(&f, "hello from the second");
    output(&f, 1, "and more\n");
    shows(&f, "and more");
    assert_true(act(&f, ACT_RETRY));
    assert_string_equal(f.work.asked, "retry web-02 0");
    assert_true(act(&f, ACT_LOGS));
    assert_string_equal(f.seen_log, "prod " RUN " web-02");
    assert_true(act(&f, ACT_DOWN));
    shows(&f, "it has said nothing");
    front_end(&f);
}

static void
test_right_leads_into_the_output_and_left_or_escape_out_of_it(void **state)
{
    struct front f;

    (void)state;
    front_make(&f);
    begin_run(&f, HOSTS);
    for (int i = 0; i < 60; i++) {
        char line[32];
        (void)snprintf(line, sizeof(line), "line %d\n", i);
        output(&f, 0, line);
    }
    shows(&f, "Right: scroll");
    shows(&f, "line 59");
    assert_true(act(&f, ACT_RIGHT));
    shows(&f, "Left: back to the hosts");
    assert_true(act(&f, ACT_TOP));
    shows(&f, "hello from the first");
    shows_not(&f, f.page, "line 59", false);
    f.page->ops->filter(f.page, "line 3", false);
    shows_not(&f, f.page, "hello from the first", false);
    assert_true(act(&f, ACT_BACK)); /* the filter */
    assert_true(act(&f, ACT_BACK)); /* the output */
    assert_false(act(&f, ACT_BACK));
    shows(&f, "Right: scroll");
    assert_true(act(&f, ACT_RIGHT));
    assert_true(act(&f, ACT_LEFT));
    assert_true(act(&f, ACT_DOWN));
    shows(&f, "hello from the second");
    front_end(&f);
}

static void
test_the_list_is_filtered_and_sorted_and_both_end(void **state)
{
    struct front f;

    (void)state;
    front_make(&f);
    begin_run(&f, HOSTS);
    f.page->ops->filter(f.page, "web-17", false);
    shows(&f, "1-1 of 1 (40)");
    assert_true(act(&f, ACT_BACK));
    assert_false(act(&f, ACT_BACK));
    assert_true(act(&f, ACT_SORT));
    assert_true(act(&f, ACT_SORT));
    assert_true(act(&f, ACT_SORT_REVERSE));
    assert_true(act(&f, ACT_TOP));
    shows(&f, "state");
    assert_true(act(&f, ACT_SKIP)); /* those that wait are first now */
    assert_string_equal(f.work.asked, "skip web-04 0");
    assert_false(act(&f, ACT_MARK));
    assert_false(act(&f, ACT_MARK_ALL));
    front_end(&f);
}

static void
test_another_run_is_another_list(void **state)
{
    struct front f;
    struct event e = event_make(EVENT_RUN_STARTED, zero_ms);

    (void)state;
    front_make(&f);
    begin_run(&f, HOSTS);
    f.page->ops->filter(f.page, "web-17", false);
    assert_true(act(&f, ACT_RIGHT));
    shows(&f, "(40)");
    feed_free(f.work.feed);
    f.work.feed = feed_new(100, NULL);
    assert_false(act(&f, ACT_DOWN)); /* none has begun in it */
    shows(&f, "Open an environment");
    e.run = "20261127T000000Z-0000000000000000";
    e.env = "test";
    e.action = "check";
    e.hosts = (const char *const *)names;
    e.host_count = 2;
    tell(&f, e);
    shows(&f, "1-2 of 2");
    shows(&f, "check test");
    shows(&f, "Right: scroll");
    front_end(&f);
}

static void
test_words_say_how_many_workers_and_which_host(void **state)
{
    static const struct {
        const char *word, *rest, *asked, *said;
    } rows[] = {
        {"workers", "7", "workers - 7", ""},
        {"workers", "0", "workers - 0", ""},
        {"workers", "10001", "", "workers: expected a number from 0 to 10000, got 10001"},
        {"workers", "-1", "", "workers: expected a number from 0 to 10000, got -1"},
        {"workers", "7x", "", "workers: expected a number from 0 to 10000, got 7x"},
        {"skip", "web-09", "skip web-09 0", ""},
        {"retry", "web-09", "retry web-09 0", ""},
    };
    struct front f;

    (void)state;
    front_make(&f);
    begin_run(&f, HOSTS);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        f.said[0] = f.work.asked[0] = '\0';
        assert_true(f.page->ops->command(f.page, rows[i].word, rows[i].rest));
        assert_string_equal(f.work.asked, rows[i].asked);
        assert_string_equal(f.said, rows[i].said);
    }
    assert_false(f.page->ops->command(f.page, "workers", ""));
    assert_false(f.page->ops->command(f.page, "deploy", "now"));
    struct event e = event_make(EVENT_WARNING, zero_ms);
    e.text = "the disk is full";
    assert_true(f.page->ops->command(f.page, "said", ""));
    tell(&f, e);
    assert_true(f.page->ops->command(f.page, "said", ""));
    assert_non_null(strstr(f.said, "warning: the disk is full"));
    front_end(&f);
}

static void
test_a_click_takes_the_keys_to_where_it_was(void **state)
{
    struct key k = {.code = KEYC_CLICK, .row = ROWS - 3, .col = COLS - 10};
    struct front f;

    (void)state;
    front_make(&f);
    begin_run(&f, HOSTS);
    shows(&f, "Right: scroll");
    assert_true(f.page->ops->key(f.page, &k));
    shows(&f, "Left: back to the hosts");
    k = (struct key){.code = KEYC_CLICK, .row = 8, .col = 10};
    assert_true(f.page->ops->key(f.page, &k));
    shows(&f, "Right: scroll");
    k = (struct key){.code = KEYC_CHAR, .ch = 'p'};
    assert_false(f.page->ops->key(f.page, &k));
    front_end(&f);
}

static void
test_the_output_of_a_host_fills_the_screen_and_goes_on(void **state)
{
    struct front f;

    (void)state;
    front_make(&f);
    assert_null(page_output_new(&f, 0));
    begin_run(&f, HOSTS);
    assert_true(act(&f, ACT_ENTER));
    assert_non_null(f.pushed);
    assert_string_equal(f.pushed->ops->title, "web-01");
    assert_int_equal(f.pushed->ops->where, AT_TEXT);
    shows_not(&f, f.pushed, "hello from the first", true);
    output(&f, 0, "and then\n");
    shows_not(&f, f.pushed, "and then", true);
    f.pushed->ops->search(f.pushed, "nowhere");
    assert_string_equal(f.said, "nowhere: not found");
    f.pushed->ops->search(f.pushed, "hello");
    assert_true(f.pushed->ops->act(f.pushed, ACT_BACK));
    f.pushed->ops->filter(f.pushed, "then", false);
    shows_not(&f, f.pushed, "hello", false);
    assert_true(f.pushed->ops->act(f.pushed, ACT_BACK));
    assert_false(f.pushed->ops->act(f.pushed, ACT_BACK));
    begin_run(&f, 1); /* the same id: but of this host all is new */
    output(&f, 0, "anew\n");
    shows_not(&f, f.pushed, "anew", true);
    feed_free(f.work.feed);
    f.work.feed = NULL; /* what was there stays */
    shows_not(&f, f.pushed, "anew", true);
    assert_null(page_output_new(&f, HOSTS));
    front_end(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_run_there_is_nothing_but_what_to_do_and_the_queue),
        cmocka_unit_test(test_each_key_of_a_run_asks_for_its_verb),
        cmocka_unit_test(test_a_run_that_is_over_goes_again_with_all_that_are_not_there),
        cmocka_unit_test(test_the_cursor_says_whose_output_is_seen_and_acted_on),
        cmocka_unit_test(test_right_leads_into_the_output_and_left_or_escape_out_of_it),
        cmocka_unit_test(test_the_list_is_filtered_and_sorted_and_both_end),
        cmocka_unit_test(test_another_run_is_another_list),
        cmocka_unit_test(test_words_say_how_many_workers_and_which_host),
        cmocka_unit_test(test_a_click_takes_the_keys_to_where_it_was),
        cmocka_unit_test(test_the_output_of_a_host_fills_the_screen_and_goes_on),
    };
    int rc;

    (void)setlocale(LC_CTYPE, "C.UTF-8");
    for (int i = 0; i < HOSTS; i++) {
        names[i] = xasprintf("web-%02d", i + 1);
    }
    rc = cmocka_run_group_tests_name("page_run", tests, NULL, NULL);
    for (int i = 0; i < HOSTS; i++) {
        free(names[i]);
    }
    return rc;
}

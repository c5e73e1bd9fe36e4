/*
 * test_page_servers.c - the Servers page, driven: who is marked, what is asked for, what stays when
 * files change.
 */
#include "unit/front/fake_front.h"

#include "ui/sink.h"

#include <locale.h>

static bool
act(struct front *f, enum act a)
{
    f->said[0] = '\0';
    return f->servers->ops->act(f->servers, a);
}

static void
filter(struct front *f, const char *text, bool without)
{
    f->servers->ops->filter(f->servers, text, without);
}

/* `:word rest` */
static bool
command(struct front *f, const char *word, const char *rest)
{
    f->said[0] = '\0';
    return f->servers->ops->command(f->servers, word, rest);
}

static void
chosen_are(struct front *f, const char *expected)
{
    struct strv names = {0};

    front_chosen(f, &names);
    assert_string_equal(joined(&names), expected);
    strv_clear(&names);
}

static void
marked_are(struct front *f, const char *expected)
{
    struct strv names = {0};

    front_marked(f, &names);
    assert_string_equal(joined(&names), expected);
    strv_clear(&names);
}

/* ---------------------------------------------------------------- what is shown */

static void
test_servers_are_shown_as_the_inventory_has_them(void **state)
{
    struct front *f = *state;

    shows(f->servers, 24, 80, true,
          "   SERVER       ADDRESS           PORT  STATE        LAST ACTION            TEST\n"
          ">  web-10       10.0.0.10         2222\n"
          "   web-9        10.0.0.9\n"
          "   db-1         fe80::1\n"
          "\n"
          "   1-3 of 3                                                          "
          "Right: more\n"
          "\n");
}

static void
test_a_filter_finds_groups_and_variables_but_no_secrets(void **state)
{
    struct front *f = *state;
    struct value *secret;

    filter(f, "role=front", false);
    assert_true(seen(f->servers, "web-10"));
    assert_false(seen(f->servers, "web-9"));
    filter(f, "app_port=8080", false);
    assert_true(seen(f->servers, "web-10"));
    assert_false(seen(f->servers, "db-1"));
    filter(f, "silver", false);
    assert_true(seen(f->servers, "web-9"));
    assert_false(seen(f->servers, "web-10"));
    filter(f, "db", true);
    assert_true(seen(f->servers, "web-9"));
    assert_false(seen(f->servers, "db-1"));
    secret = value_dict_get(inventory_vars(f->loaded.inventory, 0), "role");
    assert_non_null(secret);
    secret->secret = true;
    filter(f, "front", false);
    assert_false(seen(f->servers, "web-10 "));
    assert_true(act(f, ACT_BACK)); /* ends the filter */
    assert_true(seen(f->servers, "web-10"));
    assert_false(act(f, ACT_BACK)); /* front.c's */
}

static void
test_a_filter_finds_numbers_as_they_are_written(void **state)
{
    struct front *f = *state;

    folder_text(&f->folder, "inventory/test/hosts.yml",
                "web: {hosts: {a: {n: -9223372036854775808}, b: {n: 9223372036854775807},"
                " c: {n: 0}, d: {n: true}}}\n");
    front_reload_env(f);
    filter(f, "n=-9223372036854775808", false);
    chosen_are(f, " a");
    filter(f, "n=9223372036854775807", false);
    chosen_are(f, " b");
    filter(f, "n=0", false);
    chosen_are(f, " c");
    filter(f, "n=True", false);
    chosen_are(f, " d");
}

static void
test_no_environment_and_no_server_are_told(void **state)
{
    struct front *f = *state;

    f->open = false;
    f->version++;
    sees(f->servers, "no environment is open: 1 shows those there are");
    assert_true(act(f, ACT_ADD));
    assert_string_equal(f->said, "no environment is open");
    assert_true(act(f, ACT_DEPLOY));
    assert_string_equal(f->said, "no server is chosen");
    chosen_are(f, "");
}

static void
test_the_queue_is_named_by_its_first_actions(void **state)
{
    struct front *f = *state;
    struct queued rows[7] = {0};
    char deploy[] = "deploy";
    char env[] = "prod";
    struct strv two = {0};

    strv_add(&two, "a");
    strv_add(&two, "b");
    for (size_t i = 0; i < 7; i++)
        rows[i] = (struct queued){.env = env, .action = deploy};
    rows[1].hosts = two;
    f->queue = (struct queue_list){rows, 2};
    sees(f->servers,
         "queued (s starts, x clears): deploy prod all servers, deploy prod 2 servers\n");
    f->queue.count = 7;
    sees(f->servers, ", and 4 more\n");
    strv_clear(&two);
    assert_true(act(f, ACT_START_STOP));
    assert_true(act(f, ACT_CLEAR_QUEUE));
    heard_is(f, "start or stop\nclear\n");
}

/* ---------------------------------------------------------------- marks and acts */

static void
test_actions_are_for_the_marked_else_for_the_one_under_the_cursor(void **state)
{
    struct front *f = *state;

    assert_true(act(f, ACT_DEPLOY));
    heard_is(f, "propose deploy web-10\n");
    assert_true(act(f, ACT_MARK)); /* goes on to the next */
    assert_true(act(f, ACT_MARK));
    assert_true(act(f, ACT_DEPLOY));
    heard_is(f, "propose deploy web-10 web-9\n");
    assert_true(act(f, ACT_MARK_ALL));
    assert_true(act(f, ACT_CHECK));
    assert_true(act(f, ACT_PROVISION));
    assert_true(act(f, ACT_UPDATE));
    assert_true(act(f, ACT_ROLLBACK_ACTION));
    heard_is(f, "propose check web-10 web-9 db-1\npropose provision web-10 web-9 db-1\n"
                "propose update web-10 web-9 db-1\npropose rollback web-10 web-9 db-1\n");
    assert_true(act(f, ACT_MARK_ALL));
    marked_are(f, "");
    chosen_are(f, " db-1");
}

static void
test_another_action_is_typed(void **state)
{
    struct front *f = *state;

    assert_true(act(f, ACT_RUN_ACTION));
    heard_is(f, "type run \n");
    assert_true(command(f, "run", "smoke"));
    heard_is(f, "propose smoke web-10\n");
    assert_false(command(f, "fly", "away"));
}

static void
test_one_is_tested_or_all_that_are_marked(void **state)
{
    struct front *f = *state;

    assert_true(act(f, ACT_TEST_MARKED));
    assert_non_null(strstr(f->said, "no server is marked"));
    assert_true(act(f, ACT_MARK));
    assert_true(act(f, ACT_MARK));
    assert_true(act(f, ACT_TEST)); /* the one under the cursor, whatever is marked */
    assert_true(act(f, ACT_TEST_MARKED));
    heard_is(f, "test db-1\ntest web-10 web-9\n");
    f->test = (struct work_test){.state = TEST_FAILED, .reason = "auth: key not accepted"};
    sees(f->servers, "db-1: test: auth: key not accepted\n");
}

static void
test_an_address_without_a_browser_is_told_to_be_copied(void **state)
{
    struct front *f = *state;

    unsetenv("BROWSER");
    unsetenv("DISPLAY");
    unsetenv("WAYLAND_DISPLAY");
    assert_true(act(f, ACT_BROWSE));
    assert_string_equal(f->said, "http://10.0.0.10:8080/ (no browser here: BROWSER, DISPLAY)");
    setenv("BROWSER", "true", 1);
    page_servers_go(f, "db-1");
    assert_true(act(f, ACT_BROWSE));
    assert_string_equal(f->said, "opened https://[fe80::1]:443/");
    setenv("BROWSER", "im-no-such-browser", 1);
    assert_true(act(f, ACT_BROWSE));
    assert_non_null(strstr(f->said, "db-1: cannot start im-no-such-browser"));
}

static void
test_patterns_mark_unmark_and_limit(void **state)
{
    struct front *f = *state;
    struct err err = {0};

    assert_true(command(f, "mark", "web"));
    assert_string_equal(f->said, "2 marked");
    marked_are(f, " web-10 web-9");
    assert_true(command(f, "unmark", "web-9"));
    marked_are(f, " web-10");
    assert_true(command(f, "limit", "db*"));
    marked_are(f, " db-1");
    assert_true(command(f, "mark", "wbe-1"));
    assert_string_equal(f->said, "no host or group matches 'wbe-1'");
    assert_true(command(f, "limit", ""));
    marked_are(f, "");
    assert_int_equal(front_mark_pattern(f, "all:!web", &err), 0);
    marked_are(f, " db-1");
    assert_true(command(f, "limit", "web-[9-10]")); /* as the screen writes them */
    marked_are(f, " web-10 web-9");
    assert_true(command(f, "mark", "web-[1-2]"));
    assert_string_equal(f->said, "no host or group matches 'web-[1-2]'");
}

static void
test_workers_are_those_of_the_run_under_way(void **state)
{
    struct front *f = *state;

    assert_true(command(f, "workers", "x"));
    assert_string_equal(f->said, "workers: expected a number from 0 to 10000");
    assert_true(command(f, "workers", "5"));
    assert_non_null(strstr(f->said, "no run is under way"));
    f->feed = feed_new(10, NULL);
    assert_true(command(f, "workers", "5"));
    heard_is(f, "verb workers 5\n");
    feed_free(f->feed);
    f->feed = NULL;
}

static void
test_forms_and_details_open_over_the_list(void **state)
{
    struct front *f = *state;

    assert_true(act(f, ACT_ENTER));
    assert_int_equal(f->over_count, 1);
    assert_int_equal(f->over[0]->ops->where, AT_SERVER);
    assert_true(act(f, ACT_ADD));
    assert_int_equal(f->over[1]->ops->where, AT_FORM);
}

/* ---------------------------------------------------------------- files that change */

static void
test_marks_and_cursor_stay_with_their_names_when_files_change(void **state)
{
    struct front *f = *state;

    assert_true(act(f, ACT_MARK));
    assert_true(act(f, ACT_MARK));
    folder_text(&f->folder, "inventory/test/hosts.yml",
                "web: {hosts: {new-1: , web-9: , db-1: , new-2: }}\n");
    front_reload_env(f);
    marked_are(f, " web-9");
    act(f, ACT_MARK_ALL);
    act(f, ACT_MARK_ALL);
    chosen_are(f, " db-1");
    page_servers_go(f, "new-2");
    chosen_are(f, " new-2");
}

static void
test_going_to_a_server_ends_a_filter_that_hides_it(void **state)
{
    struct front *f = *state;

    filter(f, "web", false);
    page_servers_go(f, "db-1");
    chosen_are(f, " db-1");
    page_servers_go(f, "nobody");
    chosen_are(f, " db-1");
}

static void
test_a_smaller_environment_takes_the_place_of_a_sorted_and_filtered_one(void **state)
{
    struct front *f = *state;

    folder_text(&f->folder, "inventory/other/hosts.yml", "web: {hosts: {x: }}\n");
    for (int column = 0; column < 9; column++) {
        act(f, ACT_SORT);
        filter(f, "e", false);
        fake_load(f, "other");
        chosen_are(f, " x");
        marked_are(f, "");
        fake_load(f, "test");
        act(f, ACT_MARK_ALL);
        marked_are(f, " web-10 web-9 db-1");
    }
}

static void
test_deleting_asks_first_and_says_what_stays(void **state)
{
    struct front *f = *state;

    folder_text(&f->folder, "inventory/test/host_vars/web-10.yml", "a: 1\n");
    assert_true(act(f, ACT_DELETE));
    assert_string_equal(f->asked, "Take web-10 out of the inventory of test?\n"
                                  "inventory/test/hosts.yml:6 is changed.\n"
                                  "inventory/test/host_vars/web-10.yml stays.\n"
                                  "Nothing is done on the server; runs and logs stay.");
    f->answer(f->answer_arg, false);
    event_base_loop(f->base, EVLOOP_NONBLOCK);
    assert_int_equal(inventory_count(f->loaded.inventory), 3);
}

static void
test_several_are_deleted_with_one_answer(void **state)
{
    struct front *f = *state;

    command(f, "mark", "web");
    assert_true(act(f, ACT_DELETE));
    assert_non_null(strstr(f->asked, "Take 2 servers out of the inventory of test?\nweb-[9-10]\n"));
    f->answer(f->answer_arg, true);
    event_base_dispatch(f->base);
    assert_string_equal(f->said, "web-[9-10]: taken out of the inventory");
    assert_int_equal(inventory_count(f->loaded.inventory), 1);
    chosen_are(f, " db-1");
}

static void
test_the_cursor_stays_where_a_server_is_gone(void **state)
{
    struct front *f = *state;

    page_servers_go(f, "web-9");
    assert_true(act(f, ACT_DELETE));
    f->answer(f->answer_arg, true);
    event_base_dispatch(f->base);
    chosen_are(f, " db-1");
    assert_true(act(f, ACT_DELETE)); /* the last one */
    f->answer(f->answer_arg, true);
    event_base_dispatch(f->base);
    chosen_are(f, " web-10");
}

static void
test_the_last_server_can_be_deleted(void **state)
{
    struct front *f = *state;

    act(f, ACT_MARK_ALL);
    assert_true(act(f, ACT_DELETE));
    f->answer(f->answer_arg, true);
    event_base_dispatch(f->base);
    assert_string_equal(f->said, "db-1,web-[9-10]: taken out of the inventory");
    sees(f->servers, "no server yet: n adds one\n");
    chosen_are(f, "");
}

static void
test_what_cannot_be_deleted_is_told(void **state)
{
    struct front *f = *state;

    assert_true(act(f, ACT_DELETE));
    folder_text(&f->folder, "inventory/test/hosts.yml", "web: {hosts: {'web-[08:10]': }}\n");
    f->answer(f->answer_arg, true);
    event_base_dispatch(f->base);
    assert_non_null(strstr(f->said, "hosts.yml:1"));
}

/* ---------------------------------------------------------------- the store and the run */

static void
test_the_store_says_what_was_done_last(void **state)
{
    struct front *f = *state;

    sees(f->servers, "web-10");
    fake_run(f, "deploy", OUTCOME_FAILED);
    assert_true(act(f, ACT_REFRESH));
    act(f, ACT_DOWN);
    shows(f->servers, 24, 120, false,
          "   SERVER                     ADDRESS           PORT  STATE        LAST ACTION          "
          "  TEST  RELEASE       PROGRESS\n"
          "   web-10                     10.0.0.10         2222  deployed     ✓ deploy 2m          "
          "        v2\n"
          ">  web-9                      10.0.0.9                             ✗ deploy 2m\n"
          "   db-1                       fe80::1\n"
          "\n"
          "   1-3 of 3                                                                             "
          "                     "
          "Right: more\n"
          "   web-9: deploy failed: step 3 Switch: exit 3\n");
    act(f, ACT_LOGS);
    assert_non_null(strstr(f->heard, "log test 2026"));
    assert_non_null(strstr(f->heard, " web-9\n"));
    page_servers_go(f, "db-1");
    act(f, ACT_LOGS);
    assert_string_equal(f->said, "db-1 was in none of the last 20 runs");
}

static struct event
host_event(const struct front *f, enum event_type type, int32_t host)
{
    static const char *const hosts[] = {"web-9", "web-10"};
    struct event e = event_make(type, f->wall_ms - 3000);

    e.run = "20261126T000000Z-live";
    e.env = "test";
    e.action = "deploy";
    if (host < 0) {
        e.hosts = hosts;
        e.host_count = 2;
        e.step_count = 10;
        return e;
    }
    e.host = hosts[host];
    e.host_index = host;
    e.slot = host;
    return e;
}

static void
hand(struct front *f, struct event e)
{
    sink_event(feed_sink(f->feed), &e);
}

static void
test_a_run_under_way_is_seen_host_by_host(void **state)
{
    struct front *f = *state;

    f->feed = feed_new(10, NULL);
    hand(f, host_event(f, EVENT_RUN_STARTED, -1));
    hand(f, host_event(f, EVENT_HOST_STARTED, 0));
    hand(f, host_event(f, EVENT_HOST_STARTED, 1));
    struct event e = host_event(f, EVENT_STEP_STARTED, 1);
    e.step = 4;
    e.step_count = 10;
    e.step_name = "Upload";
    e.attempt = 1;
    hand(f, e);
    e = host_event(f, EVENT_HOST_FINISHED, 0);
    e.outcome = "failed";
    e.reason = "step 2/10 Stop: exit 1";
    e.duration_ms = 1000;
    hand(f, e);
    shows(f->servers, 24, 120, false,
          "   SERVER                     ADDRESS           PORT  STATE        LAST ACTION          "
          "  TEST  RELEASE       PROGRESS\n"
          ">  web-10                     10.0.0.10         2222               ▶ 4/10 Upload        "
          "                      ███░░░░░░░\n"
          "   web-9                      10.0.0.9                             ✗ deploy 2s\n"
          "   db-1                       fe80::1\n"
          "\n"
          "   1-3 of 3                                                                             "
          "                     "
          "Right: more\n"
          "   web-10: step 4 of 10: Upload\n");
    act(f, ACT_LOGS);
    act(f, ACT_DOWN);
    sees(f->servers, "web-9: deploy failed: step 2/10 Stop: exit 1\n");
    heard_is(f, "log test 20261126 web-10\n");
    page_servers_go(f, "db-1");
    feed_free(f->feed);
    f->feed = NULL;
    fake_run(f, "deploy", OUTCOME_OK);
    f->servers->ops->tick(f->servers, f->wall_ms); /* the run is over: the store tells */
    sees(f->servers, "\u2713 deploy 2m");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(test_servers_are_shown_as_the_inventory_has_them),
        STAGED(test_a_filter_finds_groups_and_variables_but_no_secrets),
        STAGED(test_a_filter_finds_numbers_as_they_are_written),
        STAGED(test_no_environment_and_no_server_are_told),
        STAGED(test_the_queue_is_named_by_its_first_actions),
        STAGED(test_actions_are_for_the_marked_else_for_the_one_under_the_cursor),
        STAGED(test_another_action_is_typed),
        STAGED(test_one_is_tested_or_all_that_are_marked),
        STAGED(test_an_address_without_a_browser_is_told_to_be_copied),
        STAGED(test_patterns_mark_unmark_and_limit),
        STAGED(test_workers_are_those_of_the_run_under_way),
        STAGED(test_forms_and_details_open_over_the_list),
        STAGED(test_marks_and_cursor_stay_with_their_names_when_files_change),
        STAGED(test_going_to_a_server_ends_a_filter_that_hides_it),
        STAGED(test_a_smaller_environment_takes_the_place_of_a_sorted_and_filtered_one),
        STAGED(test_deleting_asks_first_and_says_what_stays),
        STAGED(test_several_are_deleted_with_one_answer),
        STAGED(test_the_cursor_stays_where_a_server_is_gone),
        STAGED(test_the_last_server_can_be_deleted),
        STAGED(test_what_cannot_be_deleted_is_told),
        STAGED(test_the_store_says_what_was_done_last),
        STAGED(test_a_run_under_way_is_seen_host_by_host),
    };
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}

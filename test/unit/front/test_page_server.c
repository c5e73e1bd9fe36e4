/*
 * test_page_server.c - the details of a server: what is told, where from, and what is not shown.
 */
#include "unit/front/fake_front.h"

#include <locale.h>
#include <unistd.h>

static struct page *
details(struct front *f, const char *host)
{
    struct page *p = page_server_new(f, host);

    front_push(f, p);
    return p;
}

static void
test_all_of_a_server_is_told_with_its_places(void **state)
{
    struct front *f = *state;

    folder_text(&f->folder, "inventory/test/host_vars/web-9.yml", "motd: \"a\\e[31mb\"\n");
    folder_text(&f->folder, "inventory/test/group_vars/web.yml", "tier: bronze\nlist: [1, 2]\n");
    front_reload_env(f);
    shows(details(f, "web-9"), 40, 120, false,
          " web-9\n"
          "Connection\n"
          "  address      10.0.0.9\n"
          "  port         (ssh_config, or 22)\n"
          "  user         (ssh_config, or who runs this)\n"
          "  key file     (ssh_config, agent, default keys)\n"
          "  named in     inventory/test/hosts.yml:7:9\n"
          "  This is what the inventory says.  With ssh_config, jump hosts included:\n"
          "    inventory-manager check test -l web-9 -C\n"
          "\n"
          "Groups\n"
          "  web\n"
          "\n"
          "State\n"
          "  nothing was ever done to it from here\n"
          "\n"
          "Last runs (of the newest 20)\n"
          "  none\n"
          "\n"
          "Variables (5)\n"
          "  ansible_host: \"10.0.0.9\"  (host, inventory/test/hosts.yml:7:31)\n"
          "  app_port: 8080  (group all, inventory/test/hosts.yml:2:32)\n"
          "  list: [1, 2]  (group_vars web, inventory/test/group_vars/web.yml:2:7)\n"
          "  motd: \"a\\u001b[31mb\"  (host_vars, inventory/test/host_vars/web-9.yml:1:7)\n"
          "  tier: \"silver\"  (host, inventory/test/hosts.yml:7:47)\n"
          "    over \"bronze\"  (group_vars web, inventory/test/group_vars/web.yml:1:7)\n"
          "    over \"gold\"  (group all, inventory/test/hosts.yml:2:16)\n"
          "\n"
          "                                                                                        "
          "                        1-26/26\n");
}

static void
test_on_a_small_terminal_it_is_scrolled(void **state)
{
    struct front *f = *state;
    struct page *p = details(f, "web-10");

    assert_true(p->ops->act(p, ACT_BOTTOM));
    shows(p, 12, 80, true,
          " web-10\n"
          "\n"
          "Last runs (of the newest 20)\n"
          "  none\n"
          "\n"
          "Variables (5)\n"
          "  ansible_host: \"10.0.0.10\"  (host, inventory/test/hosts.yml:6:32)\n"
          "  ansible_port: 2222  (host, inventory/test/hosts.yml:6:57)\n"
          "  app_port: 8080  (group all, inventory/test/hosts.yml:2:32)\n"
          "  role: \"front\"  (host, inventory/test/hosts.yml:6:69)\n"
          "  tier: \"gold\"  (group all, inventory/test/hosts.yml:2:16)\n"
          "                                                                       15-24/24\n");
}

static void
test_ssh_options_are_told_with_their_place(void **state)
{
    struct front *f = *state;

    folder_text(&f->folder, "inventory/test/hosts.yml",
                "web:\n  hosts:\n    a:\n      ansible_ssh_common_args: -o ProxyJump=bastion\n"
                "      ansible_user: deploy\n      ansible_ssh_private_key_file: keys/id\n");
    front_reload_env(f);
    struct page *p = details(f, "a");
    sees(p, "ssh option   ProxyJump=bastion\n");
    sees(p, "  set in       inventory/test/hosts.yml:4:32\n");
    sees(p, "  user         deploy\n");
    sees(p, "/keys/id\n");
}

static void
test_secrets_are_not_shown(void **state)
{
    struct front *f = *state;
    struct value *v = value_dict_get(inventory_vars(f->loaded.inventory, 0), "role");

    assert_non_null(v);
    v->secret = true;
    struct page *p = details(f, "web-10");
    assert_false(seen(p, "front"));
    sees(p, "  role: \"***\"  (host, inventory/test/hosts.yml:6:69)\n");
}

static void
test_a_text_is_found(void **state)
{
    struct front *f = *state;
    struct page *p = details(f, "web-10");

    p->ops->search(p, "gold");
    assert_string_equal(f->said, "");
    p->ops->search(p, "nothing of it");
    assert_string_equal(f->said, "nowhere: nothing of it");
    p->ops->filter(p, "port", false);
    assert_false(seen(p, "tier"));
    assert_true(p->ops->act(p, ACT_BACK)); /* ends the filter */
    assert_true(seen(p, "tier"));
    assert_false(p->ops->act(p, ACT_BACK));
}

static void
test_actions_are_for_this_server_whatever_is_marked(void **state)
{
    struct front *f = *state;
    struct page *p = details(f, "db-1");

    f->servers->ops->act(f->servers, ACT_MARK_ALL);
    assert_true(p->ops->act(p, ACT_DEPLOY));
    assert_true(p->ops->act(p, ACT_TEST));
    assert_true(p->ops->command(p, "run", "smoke"));
    heard_is(f, "propose deploy db-1\ntest db-1\npropose smoke db-1\n");
}

static void
test_the_test_is_told_above_the_text(void **state)
{
    struct front *f = *state;
    struct page *p = details(f, "db-1");

    f->test = (struct work_test){.state = TEST_OK, .trip_us = 2140};
    sees(p, " db-1  test ok, 2.1 ms\n");
    f->test = (struct work_test){.state = TEST_FAILED, .reason = "no route\x1b[2J"};
    sees(p, " db-1  test failed: no route\\x1b[2J\n");
}

static void
test_state_and_last_runs_are_told(void **state)
{
    struct front *f = *state;

    fake_run(f, "provision", OUTCOME_OK);
    fake_run(f, "deploy", OUTCOME_FAILED);
    struct page *p = details(f, "web-9");
    sees(p, "  state        deployed\n  release      v2\n  tried since  v2\n"
            "  last action  deploy failed, 2026-11-23 21:44:35\n"
            "  reason       step 3 Switch: exit 3\n");
    sees(p, "  2026-11-23 21:44:30  deploy     failed          5.0s  2026");
    sees(p, "\n    step 3 Switch: exit 3\n  2026-11-23 21:44:30  provision  ok ");
    assert_true(p->ops->act(p, ACT_LOGS));
    assert_non_null(strstr(f->heard, " web-9\n"));
}

static void
test_a_run_under_way_is_told_above_the_text(void **state)
{
    static const char *const hosts[] = {"db-1"};
    struct front *f = *state;
    struct page *p = details(f, "db-1");
    struct event e = event_make(EVENT_RUN_STARTED, f->wall_ms);

    sees(p, "Variables");
    f->feed = feed_new(10, NULL);
    e.run = "20261126T000000Z-live";
    e.hosts = hosts;
    e.host_count = 1;
    sink_event(feed_sink(f->feed), &e);
    sees(p, " db-1  deploy: untouched\n");
    e = event_make(EVENT_STEP_STARTED, f->wall_ms);
    e.host = hosts[0];
    e.host_index = 0;
    e.slot = 0;
    e.attempt = 1;
    e.step = 2;
    e.step_count = 3;
    e.step_name = "Upload";
    struct event started = event_make(EVENT_HOST_STARTED, f->wall_ms);
    started.host = hosts[0];
    started.host_index = 0;
    started.slot = 0;
    sink_event(feed_sink(f->feed), &started);
    sink_event(feed_sink(f->feed), &e);
    sees(p, " db-1  deploy: step 2/3 Upload\n");
    feed_free(f->feed);
    f->feed = NULL;
    sees(p, " db-1\n");
}

static void
test_a_server_that_is_gone_is_told(void **state)
{
    struct front *f = *state;
    struct page *p = details(f, "db-1");

    sees(p, "Variables");
    folder_text(&f->folder, "inventory/test/hosts.yml", "web: {hosts: {web-9: }}\n");
    assert_true(p->ops->act(p, ACT_REFRESH));
    sees(p, "It is not in the inventory any more.");
    assert_true(p->ops->act(p, ACT_DEPLOY));
    assert_string_equal(f->said, "no server is chosen");
    heard_is(f, "");
}

static void
test_details_follow_a_new_name_and_are_left_with_their_server(void **state)
{
    struct front *f = *state;
    struct page *p = details(f, "db-1");

    f->top = p;
    folder_text(&f->folder, "inventory/test/hosts.yml", "web: {hosts: {db-2: {own: 7}}}\n");
    assert_true(p->ops->act(p, ACT_REFRESH));
    page_server_follow(f, "web-9", "db-2");
    sees(p, "It is not in the inventory any more.");
    page_server_follow(f, "db-1", "db-2");
    sees(p, " db-2\n");
    sees(p, "own");
    const size_t popped = f->popped;
    page_server_follow(f, "db-1", NULL);
    assert_int_equal(f->popped, popped);
    page_server_follow(f, "db-2", NULL);
    assert_int_equal(f->popped, popped + 1);
    f->top = NULL;
    page_server_follow(f, "db-2", NULL);
    assert_int_equal(f->popped, popped + 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(test_all_of_a_server_is_told_with_its_places),
        STAGED(test_on_a_small_terminal_it_is_scrolled),
        STAGED(test_ssh_options_are_told_with_their_place),
        STAGED(test_secrets_are_not_shown),
        STAGED(test_a_text_is_found),
        STAGED(test_actions_are_for_this_server_whatever_is_marked),
        STAGED(test_the_test_is_told_above_the_text),
        STAGED(test_state_and_last_runs_are_told),
        STAGED(test_a_run_under_way_is_told_above_the_text),
        STAGED(test_a_server_that_is_gone_is_told),
        STAGED(test_details_follow_a_new_name_and_are_left_with_their_server),
    };

    setenv("TZ", "UTC", 1); /* times are local ones */
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_front_env.c - the environment that is open: what is read, and when it is read again.
 */
#include "unit/front/stage.h"

#include "store/lock.h"

#include <locale.h>

/* What a file of the project says; the caller frees it. */
static char *
text_of(const struct stage *s, const char *name)
{
    char *path = xasprintf("%s/%s", s->folder.path, name);
    FILE *f = fopen(path, "r");
    char *text = xcalloc(1, 8192);

    assert_non_null(f);
    assert_true(fread(text, 1, 8191, f) > 0);
    (void)fclose(f);
    free(path);
    return text;
}

static int
count_of(const char *text, const char *word)
{
    int count = 0;

    while ((text = strstr(text, word)) != NULL) {
        count++;
        text++;
    }
    return count;
}

static void
test_opening_reads_it_and_writes_the_lines_of_the_guide(void **state)
{
    struct stage *s = *state;
    const unsigned version = front_env_version(s->front);

    assert_null(front_env(s->front));
    assert_true(front_open_env(s->front, "prod"));
    assert_int_equal(inventory_count(front_env(s->front)->inventory), 3);
    assert_true(front_env_version(s->front) != version);
    assert_true(front_open_env(s->front, "prod")); /* each time */
    char *log = text_of(s, "debug.log");
    assert_int_equal(
        count_of(log, "[ORCHESTRATOR] Max workers set to 3 (0=sequential, >0=parallel)\n"), 2);
    assert_int_equal(count_of(log, "[ORCHESTRATOR] Running in PARALLEL mode with 3 workers\n"), 2);
    free(log);
    stage_sees(s, " prod\n"); /* in the bar */
}

static void
test_mistakes_are_shown_all_and_what_was_open_stays(void **state)
{
    struct stage *s = *state;

    folder_text(&s->folder, "inventory/bad/config.yml", "max_fial: 3\nserial: x\n");
    folder_text(&s->folder, "inventory/bad/hosts.yml", "all:\n  hosts:\n    web-01:\n");
    assert_true(front_open_env(s->front, "prod"));
    const unsigned version = front_env_version(s->front);
    assert_false(front_open_env(s->front, "bad"));
    assert_string_equal(front_env_name(s->front), "prod");
    assert_int_equal(front_env_version(s->front), version);
    stage_sees(s, "Mistakes of bad");
    stage_sees(s, "inventory/bad/config.yml:1:1: max_fial:");
    stage_sees(s, "inventory/bad/config.yml:2:9: serial:");
    stage_press(s, KEYC_ESC);
    assert_int_equal(s->front->over_count, 0);
}

static void
test_one_that_is_not_there_is_told_with_what_was_meant(void **state)
{
    struct stage *s = *state;

    assert_false(front_open_env(s->front, "prdo"));
    assert_non_null(strstr(s->front->said, "did you mean prod?"));
    assert_int_equal(s->front->over_count, 0);
    assert_null(front_env(s->front));
}

static void
test_one_without_hosts_opens(void **state)
{
    struct stage *s = *state;

    folder_text(&s->folder, "inventory/empty/hosts.yml", "all:\n  hosts:\n");
    assert_true(front_open_env(s->front, "empty"));
    assert_int_equal(inventory_count(front_env(s->front)->inventory), 0);
}

/* ---------------------------------------------------------------- read again */

static void
add_host(struct stage *s)
{
    folder_text(&s->folder, "inventory/prod/hosts.yml",
                "all:\n  hosts:\n    web-01:\n    web-02:\n    db-01:\n    db-02:\n");
}

static void
test_another_number_of_workers_is_told_to_the_log(void **state)
{
    struct stage *s = *state;

    assert_true(front_open_env(s->front, "prod"));
    front_reload_env(s->front); /* nothing is new: no line */
    folder_text(&s->folder, "inventory/prod/config.yml", "max_parallel_workers: 5\n");
    s->front->said[0] = '\0';
    front_refresh_env(s->front);
    assert_non_null(strstr(s->front->said, "prod is read again: "));
    char *log = text_of(s, "debug.log");
    assert_int_equal(count_of(log, "[ORCHESTRATOR] Max workers set to "), 2);
    assert_int_equal(
        count_of(log, "[ORCHESTRATOR] Max workers set to 5 (0=sequential, >0=parallel)\n"), 1);
    assert_int_equal(count_of(log, "[ORCHESTRATOR] Running in PARALLEL mode with 5 workers\n"), 1);
    free(log);
}

static size_t
hosts(const struct stage *s)
{
    return inventory_count(front_env(s->front)->inventory);
}

static void
test_what_changes_on_disk_is_read_again_and_only_then(void **state)
{
    struct stage *s = *state;

    env_tick(s->front); /* nothing is open */
    assert_true(front_open_env(s->front, "prod"));
    const unsigned version = front_env_version(s->front);
    env_tick(s->front);
    env_tick(s->front);
    assert_int_equal(front_env_version(s->front), version);
    add_host(s);
    env_tick(s->front);
    assert_int_equal(hosts(s), 4);
    env_tick(s->front);
    assert_int_equal(front_env_version(s->front), version + 1);
    folder_text(&s->folder, "inventory/prod/config.yml", "max_parallel_workers: 12\n");
    env_tick(s->front);
    assert_int_equal(front_env(s->front)->settings.policy.workers, 12);
    folder_text(&s->folder, "inventory/prod/group_vars/all.yml", "color: red\n");
    env_tick(s->front);
    assert_int_equal(front_env_version(s->front), version + 3);
    folder_text(&s->folder, "inventory/prod/group_vars/all.yml", "color: blue\n");
    env_tick(s->front);
    assert_int_equal(front_env_version(s->front), version + 4);
}

static void
test_a_mistake_made_meanwhile_leaves_it_as_it_was(void **state)
{
    struct stage *s = *state;

    assert_true(front_open_env(s->front, "prod"));
    folder_text(&s->folder, "inventory/prod/config.yml", "max_parallel_workers: many\n");
    env_tick(s->front);
    assert_non_null(strstr(s->front->said, "not read again: inventory/prod/config.yml:1:23"));
    assert_int_equal(front_env(s->front)->settings.policy.workers, 3);
    s->front->said[0] = '\0';
    env_tick(s->front); /* told once */
    assert_string_equal(s->front->said, "");
    folder_text(&s->folder, "inventory/prod/config.yml", "max_parallel_workers: 4\n");
    env_tick(s->front);
    assert_int_equal(front_env(s->front)->settings.policy.workers, 4);
}

static void
test_nothing_is_read_while_somebody_types(void **state)
{
    struct stage *s = *state;

    assert_true(front_open_env(s->front, "prod"));
    front_push(s->front, &stage_page(s->front, AT_FORM)->page);
    add_host(s);
    env_tick(s->front);
    assert_int_equal(hosts(s), 3);
    front_pop(s->front);
    stage_type(s, ":ma");
    env_tick(s->front);
    assert_int_equal(hosts(s), 3);
    stage_press(s, KEYC_ESC);
    env_tick(s->front);
    assert_int_equal(hosts(s), 4);
}

static void
test_r_reads_it_again_at_once(void **state)
{
    struct stage *s = *state;

    assert_true(front_open_env(s->front, "prod"));
    const unsigned version = front_env_version(s->front);
    stage_type(s, "r");
    assert_int_equal(front_env_version(s->front), version + 1);
    assert_non_null(strstr(s->front->said, "prod is read again: "));
    front_reload_env(s->front);
    assert_int_equal(front_env_version(s->front), version + 2);
    env_close(s->front);
    front_reload_env(s->front);
    assert_null(front_env(s->front));
    stage_type(s, "r");
}

static void
test_an_environment_that_goes_stays_as_it_was(void **state)
{
    struct stage *s = *state;
    char *command = xasprintf("rm -rf '%s/inventory/prod'", s->folder.path);

    assert_true(front_open_env(s->front, "prod"));
    /* NOLINTNEXTLINE(bugprone-command-processor): a folder of ours */
    assert_int_equal(system(command), 0);
    free(command);
    env_tick(s->front);
    assert_int_equal(hosts(s), 3);
    assert_non_null(strstr(s->front->said, "no environment 'prod'"));
}

static void
test_a_warning_does_not_keep_it_closed(void **state)
{
    struct stage *s = *state;

    folder_text(&s->folder, "inventory/prod/config.yml",
                "max_parallel_workers: 3\nmax_parallel_workers: 4\n");
    assert_true(front_open_env(s->front, "prod"));
    assert_non_null(strstr(s->front->said, "warning: inventory/prod/config.yml:2"));
}

/* ---------------------------------------------------------------- the page of environments */

static void
see_envs(struct stage *s)
{
    s->bar[0]->page.ops->free(&s->bar[0]->page);
    s->front->bar[0] = page_envs_new(s->front);
    front_go(s->front, AT_ENVS);
}

/* Until all have been counted. */
static void
count_all(struct stage *s)
{
    for (int i = 0; i < 5; i++) {
        (void)event_base_loopexit(s->front->base, &(struct timeval){0, 30000});
        (void)event_base_loop(s->front->base, 0);
    }
}

static void
test_environments_say_how_many_servers_and_mistakes_they_have(void **state)
{
    struct stage *s = *state;

    folder_text(&s->folder, "inventory/bad/config.yml", "max_fial: 3\n");
    folder_text(&s->folder, "inventory/bad/hosts.yml", "all:\n  hosts:\n    web-01:\n");
    see_envs(s);
    stage_sees(s, "...");
    count_all(s);
    stage_sees(s, "prod                      3  idle");
    stage_sees(s, "1 mistake");
    stage_press(s, KEYC_DOWN);
    stage_press(s, KEYC_ENTER);
    assert_string_equal(front_env_name(s->front), "prod");
    assert_int_equal(s->front->at, 1);
    front_go(s->front, AT_ENVS);
    stage_sees(s, "idle, open");
}

static void
test_deleting_one_names_what_goes_and_wants_its_name(void **state)
{
    struct stage *s = *state;

    folder_text(&s->folder, "inventory/old/hosts.yml", "all:\n  hosts:\n    a:\n");
    see_envs(s);
    assert_true(front_open_env(s->front, "old"));
    stage_type(s, "D"); /* the first: old */
    stage_sees(s, "Delete the environment old? These files go:");
    stage_sees(s, "inventory/old/hosts.yml");
    stage_type(s, "prod");
    stage_press(s, KEYC_ENTER);
    stage_press(s, KEYC_ESC);
    assert_string_equal(front_env_name(s->front), "old");
    stage_type(s, "D");
    stage_type(s, "old");
    stage_press(s, KEYC_ENTER);
    stage_sees(s, "old is deleted");
    assert_null(front_env(s->front)); /* it was open */
    assert_false(front_open_env(s->front, "old"));
    assert_true(front_open_env(s->front, "prod"));
}

static void
test_one_that_is_locked_is_not_deleted(void **state)
{
    struct stage *s = *state;
    char *var = xasprintf("%s/var", s->folder.path);

    assert_int_equal(mkdir(var, 0700), 0);
    struct lock *lock = lock_take(var, "prod", "deploy", 0, NULL);
    assert_non_null(lock);
    see_envs(s);
    stage_sees(s, "running (");
    stage_type(s, "D");
    assert_string_equal(s->front->said, "prod: a run is under way");
    lock_free(lock);
    free(var);
}

static void
test_no_environment_says_what_to_do(void **state)
{
    struct stage *s = *state;
    char *command = xasprintf("rm -rf '%s/inventory/prod'", s->folder.path);

    /* NOLINTNEXTLINE(bugprone-command-processor): a folder of ours */
    assert_int_equal(system(command), 0);
    free(command);
    see_envs(s);
    stage_sees(s, "There is no environment yet: n makes one.");
    stage_press(s, KEYC_ENTER);
    stage_type(s, "D");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(test_opening_reads_it_and_writes_the_lines_of_the_guide),
        STAGE_TEST(test_mistakes_are_shown_all_and_what_was_open_stays),
        STAGE_TEST(test_one_that_is_not_there_is_told_with_what_was_meant),
        STAGE_TEST(test_one_without_hosts_opens),
        STAGE_TEST(test_another_number_of_workers_is_told_to_the_log),
        STAGE_TEST(test_what_changes_on_disk_is_read_again_and_only_then),
        STAGE_TEST(test_a_mistake_made_meanwhile_leaves_it_as_it_was),
        STAGE_TEST(test_nothing_is_read_while_somebody_types),
        STAGE_TEST(test_r_reads_it_again_at_once),
        STAGE_TEST(test_an_environment_that_goes_stays_as_it_was),
        STAGE_TEST(test_a_warning_does_not_keep_it_closed),
        STAGE_TEST(test_environments_say_how_many_servers_and_mistakes_they_have),
        STAGE_TEST(test_deleting_one_names_what_goes_and_wants_its_name),
        STAGE_TEST(test_one_that_is_locked_is_not_deleted),
        STAGE_TEST(test_no_environment_says_what_to_do),
    };

    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}

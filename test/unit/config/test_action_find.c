/*
 * test_action_find.c - which file a name of an action stands for, and which names there are.
 */
#include "base/xalloc.h"
#include "config/action.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "folder.h"

static int
setup(void **state)
{
    struct folder *f = xcalloc(1, sizeof(*f));

    folder_make(f);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    folder_remove(*state);
    free(*state);
    return 0;
}

static void
put_action(const struct folder *f, const char *file, const char *name, const char *description)
{
    char *text = xasprintf("name: %s\ndescription: %s\nsteps:\n  - run: a\n", name, description);

    folder_text(f, file, text);
    free(text);
}

/* The description of the action found; NULL: none. */
static char *
find(const struct folder *f, const char *name, char **ret_near)
{
    char *env_dir = xasprintf("%s/inventory/e", f->path);
    struct mistakes m = {0};
    bool found = false;
    struct action *a = action_load(f->path, env_dir, name, &m, &found, ret_near);
    char *description = a != NULL ? xstrdup(a->description) : NULL;

    assert_int_equal(m.count, 0);
    assert_int_equal(found, a != NULL);
    action_free(a);
    mistakes_release(&m);
    free(env_dir);
    return description;
}

static void
finds(const struct folder *f, const char *name, const char *expected)
{
    char *near = NULL;
    char *got = find(f, name, &near);

    assert_non_null(got);
    assert_string_equal(got, expected);
    assert_null(near);
    free(got);
}

static void
test_the_environment_comes_before_the_project(void **state)
{
    put_action(*state, "conf/actions/deploy.yml", "deploy", "of the project");
    put_action(*state, "conf/actions/mine.yml", "mine", "of the project");
    finds(*state, "deploy", "of the project");
    put_action(*state, "inventory/e/actions/deploy.yml", "deploy", "of the environment");
    finds(*state, "deploy", "of the environment");
    finds(*state, "mine", "of the project");
}

static void
test_names_are_told_once_and_sorted(void **state)
{
    const struct folder *f = *state;
    struct strv names = {0};
    char *env_dir = xasprintf("%s/inventory/e", f->path);

    put_action(f, "conf/actions/zz.yml", "zz", "x");
    put_action(f, "conf/actions/both.yml", "both", "x");
    put_action(f, "inventory/e/actions/both.yml", "both", "x");
    put_action(f, "inventory/e/actions/aa.yml", "aa", "x");
    folder_text(f, "conf/actions/.hidden.yml", "");
    folder_text(f, "conf/actions/-oProxyCommand.yml", "");
    folder_text(f, "conf/actions/.yml", "");
    folder_text(f, "conf/actions/a b.yml", "");
    folder_text(f, "conf/actions/\x1b[31m.yml", "");
    folder_text(f, "conf/actions/backup.yml~", "");
    folder_text(f, "conf/actions/other.yaml", "");
    action_names(f->path, env_dir, &names);
    size_t ours = 0;
    for (size_t i = 0; i < names.count; i++) {
        assert_true(i == 0 || strcmp(names.items[i - 1], names.items[i]) < 0);
        ours += strcmp(names.items[i], "aa") == 0 || strcmp(names.items[i], "both") == 0 ||
                strcmp(names.items[i], "zz") == 0;
        assert_null(strpbrk(names.items[i], " \x1b~"));
        assert_true(names.items[i][0] != '.' && names.items[i][0] != '-');
        assert_string_not_equal(names.items[i], "other");
    }
    assert_int_equal(ours, 3);
    strv_clear(&names);
    free(env_dir);
}

static void
test_hostile_names_find_nothing(void **state)
{
    static const char *const names[] = {"",
                                        ".",
                                        "..",
                                        "../secret",
                                        "../../secret",
                                        "/etc/passwd",
                                        "a/../secret",
                                        "./secret",
                                        "-secret",
                                        ".secret",
                                        "secret ",
                                        "sec\nret",
                                        "sec\x1bret",
                                        "secret.yml/",
                                        "*",
                                        "secre?",
                                        "sec\xffret"};
    const struct folder *f = *state;

    put_action(f, "secret.yml", "secret", "x");
    put_action(f, "conf/secret.yml", "secret", "x");
    folder_text(f, "conf/actions/a/x", "");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *near = NULL;
        char *got = find(f, names[i], &near);
        if (got != NULL) {
            fail_msg("'%s' was found", names[i]);
        }
        free(near);
    }
}

static void
test_a_name_has_at_most_100_bytes(void **state)
{
    char name[102], file[160];
    char *near = NULL;

    memset(name, 'a', 101);
    name[101] = '\0';
    (void)snprintf(file, sizeof(file), "conf/actions/%s.yml", name);
    put_action(*state, file, name, "too long");
    assert_null(find(*state, name, &near));
    free(near);
    name[100] = '\0';
    (void)snprintf(file, sizeof(file), "conf/actions/%s.yml", name);
    put_action(*state, file, name, "long enough");
    finds(*state, name, "long enough");
}

static void
test_the_nearest_name_is_suggested(void **state)
{
    char *near = NULL;

    put_action(*state, "conf/actions/migrate.yml", "migrate", "x");
    assert_null(find(*state, "migrat", &near));
    assert_string_equal(near, "migrate");
    free(near);
    assert_null(find(*state, "qqqqqqqqqqqq", &near));
    assert_null(near);
}

/* A file that is there but of no use is told, never passed over for one further down. */
static void
test_a_file_that_cannot_be_read_is_a_mistake(void **state)
{
    const struct folder *f = *state;
    char *env_dir = xasprintf("%s/inventory/e", f->path);
    char *link = xasprintf("%s/inventory/e/actions/deploy.yml", f->path);

    put_action(f, "conf/actions/deploy.yml", "deploy", "of the project");
    folder_text(f, "inventory/e/actions/x", "");
    for (int folder = 0; folder < 2; folder++) {
        struct mistakes m = {0};
        bool found = false;
        char *near = NULL;
        assert_int_equal(folder ? mkdir(link, 0700) : symlink("/no/such/file", link), 0);
        assert_null(action_load(f->path, env_dir, "deploy", &m, &found, &near));
        assert_true(found);
        assert_int_equal(m.count, 1);
        assert_ptr_equal(strstr(m.errors.items[0], link), m.errors.items[0]);
        assert_int_equal(folder ? rmdir(link) : unlink(link), 0);
        mistakes_release(&m);
    }
    free(link);
    free(env_dir);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_the_environment_comes_before_the_project),
        T(test_names_are_told_once_and_sorted),
        T(test_hostile_names_find_nothing),
        T(test_a_name_has_at_most_100_bytes),
        T(test_the_nearest_name_is_suggested),
        T(test_a_file_that_cannot_be_read_is_a_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_place.c - which folder is the root, and which environments it has.
 */
#include "cli/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/config/folder.h"

#include <unistd.h>

static const char variable[] = "INVENTORY_MANAGER_ROOT";

struct place {
    struct folder folder;
    char *before; /* owned: the current folder */
    char *real;   /* owned: folder.path without links */
};

static int
set_up(void **state)
{
    struct place *p = xcalloc(1, sizeof(*p));

    unsetenv(variable);
    p->before = getcwd(NULL, 0);
    folder_make(&p->folder);
    p->real = realpath(p->folder.path, NULL);
    folder_text(&p->folder, "project/inventory/prod/config.yml", "");
    folder_text(&p->folder, "project/inventory/docker/config.yml", "");
    folder_text(&p->folder, "project/inventory/.git/config", "");
    folder_text(&p->folder, "project/inventory/a-file", "");
    folder_text(&p->folder, "project/inventory/_hosts/known_hosts", "");
    folder_text(&p->folder, "project/sub/deep/file", "");
    folder_text(&p->folder, "bare/sub/file", "");
    *state = p;
    return 0;
}

static int
tear_down(void **state)
{
    struct place *p = *state;

    unsetenv(variable);
    assert_int_equal(chdir(p->before), 0);
    folder_remove(&p->folder);
    free(p->before);
    free(p->real);
    free(p);
    return 0;
}

static void
go_to(const struct place *p, const char *below)
{
    char *path = xasprintf("%s/%s", p->real, below);

    assert_int_equal(chdir(path), 0);
    free(path);
}

static void
assert_root(const struct place *p, const char *flag, const char *below)
{
    char *expected = xasprintf("%s/%s", p->real, below);
    char *root = NULL;
    struct err err = {0};

    assert_int_equal(place_root(flag, &root, &err), 0);
    assert_string_equal(root, expected);
    free(root);
    free(expected);
}

static void
test_the_root_is_the_nearest_folder_above_with_inventory(void **state)
{
    const struct place *p = *state;

    go_to(p, "project");
    assert_root(p, NULL, "project");
    go_to(p, "project/sub/deep");
    assert_root(p, NULL, "project");
    go_to(p, "project/inventory/prod");
    assert_root(p, NULL, "project");
    folder_text(&p->folder, "project/sub/inventory/x/file", "");
    go_to(p, "project/sub/deep");
    assert_root(p, NULL, "project/sub");
}

static void
test_a_file_called_inventory_makes_no_root(void **state)
{
    const struct place *p = *state;

    folder_text(&p->folder, "project/sub/inventory", "");
    go_to(p, "project/sub/deep");
    assert_root(p, NULL, "project");
}

static void
test_without_inventory_above_the_root_is_here(void **state)
{
    const struct place *p = *state;

    go_to(p, "bare/sub");
    assert_root(p, NULL, "bare/sub");
}

static void
test_the_flag_wins_over_the_variable_and_both_over_the_folder(void **state)
{
    const struct place *p = *state;
    char *bare = xasprintf("%s/bare", p->real);

    go_to(p, "project");
    setenv(variable, bare, 1);
    assert_root(p, NULL, "bare");
    assert_root(p, ".", "project");
    go_to(p, "bare");
    assert_root(p, "../project/sub/..", "project");
    go_to(p, "project");
    setenv(variable, "", 1);
    assert_root(p, NULL, "project");
    free(bare);
}

static void
test_a_root_that_is_no_folder_is_refused(void **state)
{
    const struct place *p = *state;
    char *root = NULL;
    struct err err = {0};

    go_to(p, "project");
    assert_int_equal(place_root("inventory/a-file", &root, &err), -1);
    assert_int_equal(err.kind, ERR_IO);
    assert_string_equal(err.text, "inventory/a-file: not a folder");
    assert_int_equal(place_root("nowhere", &root, &err), -1);
    assert_string_equal(err.text, "nowhere: No such file or directory");
    setenv(variable, "/nowhere", 1);
    assert_int_equal(place_root(NULL, &root, &err), -1);
    assert_string_equal(err.text, "/nowhere: No such file or directory");
    assert_null(root);
}

static void
test_environments_are_the_folders_of_inventory_sorted(void **state)
{
    const struct place *p = *state;
    char *root = xasprintf("%s/project", p->real);
    struct strv names = {0};

    place_envs(root, &names);
    assert_int_equal(names.count, 2);
    assert_string_equal(names.items[0], "docker");
    assert_string_equal(names.items[1], "prod");
    strv_clear(&names);
    place_envs("/nowhere", &names);
    assert_int_equal(names.count, 0);
    strv_clear(&names);
    free(root);
}

static void
test_an_environment_is_a_name_and_never_a_path(void **state)
{
    static const struct {
        const char *env;
        enum err_kind kind;
        const char *end; /* of the message */
    } rows[] = {
        {"prd", ERR_NO_MATCH, "; did you mean prod?"},
        {"zzzzzz", ERR_NO_MATCH, "/project/inventory; there is docker, prod"},
        {"", ERR_NO_MATCH, "/project/inventory; there is docker, prod"},
        {".", ERR_NO_MATCH, "/project/inventory; there is docker, prod"},
        {"..", ERR_NO_MATCH, "/project/inventory; there is docker, prod"},
        {".git", ERR_NO_MATCH, "/project/inventory; there is docker, prod"},
        {"a-file", ERR_NO_MATCH, "/project/inventory; there is docker, prod"},
        {"prod/", ERR_NO_MATCH, "; did you mean prod?"},
        {"../inventory/prod", ERR_NO_MATCH, "/project/inventory; there is docker, prod"},
        {"h1,h2,", ERR_USAGE, "is no environment: only exec, copy, inventory and keys take one"},
    };
    const struct place *p = *state;
    char *root = xasprintf("%s/project", p->real);
    char *dir = NULL;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};
        assert_int_equal(place_env(root, rows[i].env, &dir, &err), -1);
        assert_int_equal(err.kind, rows[i].kind);
        assert_true(strlen(err.text) >= strlen(rows[i].end));
        assert_string_equal(err.text + strlen(err.text) - strlen(rows[i].end), rows[i].end);
        assert_null(dir);
    }
    assert_int_equal(place_env(root, "prod", &dir, NULL), 0);
    assert_string_equal(dir + strlen(root), "/inventory/prod");
    free(dir);
    free(root);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_root_is_the_nearest_folder_above_with_inventory,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_file_called_inventory_makes_no_root, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_without_inventory_above_the_root_is_here, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            test_the_flag_wins_over_the_variable_and_both_over_the_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_root_that_is_no_folder_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_environments_are_the_folders_of_inventory_sorted,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_environment_is_a_name_and_never_a_path, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_edit_env.c - an environment is made and can be filled; deleting one takes it and nothing
 * else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/edit.h"
#include "config/inventory.h"
#include "config/settings.h"
#include "folder.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
exists(const struct folder *f, const char *name)
{
    char *path = xasprintf("%s/%s", f->path, name);
    struct stat st;
    const bool there = lstat(path, &st) == 0;

    free(path);
    return there;
}

static void
test_a_new_environment_has_no_mistakes_and_takes_a_server(void **state)
{
    const struct edit_host h = {.name = "web-01", .address = "10.0.0.1"};
    struct folder f;
    struct err err = {0};
    struct mistakes m = {0};
    struct settings s;

    (void)state;
    folder_make(&f);
    char *dir = xasprintf("%s/inventory/prod", f.path);
    char *config = xasprintf("%s/config.yml", dir);
    struct inventory_request r = {.root = f.path, .dir = dir, .empty_ok = true};
    assert_int_equal(edit_create_env(f.path, "prod", &err), 0);
    assert_int_equal(settings_load(config, &s, &m), 0);
    struct inventory *inv = inventory_load(&r, &m);
    assert_non_null(inv);
    assert_int_equal(inventory_count(inv), 0);
    assert_int_equal(m.count + m.warned, 0);
    inventory_free(inv);
    assert_int_equal(edit_add_host(dir, &h, &err), 0);
    r.empty_ok = false;
    inv = inventory_load(&r, &m);
    assert_non_null(inv);
    assert_int_equal(inventory_count(inv), 1);
    inventory_free(inv);
    assert_int_equal(edit_create_env(f.path, "prod", &err), -1);
    assert_string_equal(err.text, "prod is there already");
    assert_int_equal(edit_create_env(f.path, "../x", &err), -1);
    settings_release(&s);
    free(config);
    free(dir);
    folder_remove(&f);
}

static void
test_what_goes_is_listed_and_goes_and_links_are_not_followed(void **state)
{
    struct folder f;
    struct err err = {0};
    struct strv paths = {0};

    (void)state;
    folder_make(&f);
    folder_text(&f, "inventory/a/hosts.yml", "x");
    folder_text(&f, "inventory/a/group_vars/web/x.yml", "x");
    folder_text(&f, "inventory/b/hosts.yml", "x");
    folder_text(&f, "outside/kept", "x");
    char *from = xasprintf("%s/outside", f.path);
    char *link = xasprintf("%s/inventory/a/link", f.path);
    assert_int_equal(symlink(from, link), 0);
    assert_int_equal(edit_list_env(f.path, "a", &paths, &err), 0);
    static const char *const expected[] = {"inventory/a/",
                                           "inventory/a/group_vars/",
                                           "inventory/a/group_vars/web/",
                                           "inventory/a/group_vars/web/x.yml",
                                           "inventory/a/hosts.yml",
                                           "inventory/a/link"};
    assert_int_equal(paths.count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(paths.items[i], expected[i]);
    }
    assert_int_equal(edit_delete_env(f.path, "a", &err), 0);
    assert_false(exists(&f, "inventory/a"));
    assert_false(exists(&f, "inventory/.a.deleted"));
    assert_true(exists(&f, "inventory/b/hosts.yml"));
    assert_true(exists(&f, "outside/kept"));
    strv_clear(&paths);

    /* an environment that is a link itself */
    char *env = xasprintf("%s/inventory/c", f.path);
    assert_int_equal(symlink(from, env), 0);
    assert_int_equal(edit_list_env(f.path, "c", &paths, &err), 0);
    assert_int_equal(paths.count, 1);
    assert_string_equal(paths.items[0], "inventory/c");
    assert_int_equal(edit_delete_env(f.path, "c", &err), 0);
    assert_false(exists(&f, "inventory/c"));
    assert_true(exists(&f, "outside/kept"));
    strv_clear(&paths);
    free(env);
    free(link);
    free(from);
    folder_remove(&f);
}

/* In a space of names of its own, where whoever we are may mount. */
static int
mount_and_delete(const struct folder *f)
{
    char *from = xasprintf("%s/outside", f->path);
    char *to = xasprintf("%s/inventory/a/files", f->path);
    struct err err = {0};
    int exit_code = 77;

    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && mount(from, to, NULL, MS_BIND, NULL) == 0) {
        exit_code = edit_delete_env(f->path, "a", &err) == -1 &&
                            strstr(err.text, "a/files: something is mounted there") != NULL
                        ? 0
                        : 1;
    }
    free(from);
    free(to);
    return exit_code;
}

static void
test_nothing_goes_where_something_is_mounted(void **state)
{
    struct folder f;
    int status = 0;

    (void)state;
    folder_make(&f);
    folder_text(&f, "inventory/a/hosts.yml", "x");
    folder_text(&f, "inventory/a/files/below", "x");
    folder_text(&f, "outside/kept", "x");
    const pid_t child = fork();
    if (child == 0) {
        _exit(mount_and_delete(&f));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(exists(&f, "outside/kept"));
    assert_true(exists(&f, "inventory/a/hosts.yml"));
    folder_remove(&f);
    if (WEXITSTATUS(status) == 77) {
        skip();
    }
    assert_int_equal(status, 0);
}

/* Root may write anywhere, so it is tried as somebody else. */
static int
delete_as_nobody(const struct folder *f)
{
    struct err err = {0};

    if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) {
        return 77;
    }
    return edit_delete_env(f->path, "a", &err) == -1 &&
                   strcmp(err.text, "a/theirs: Permission denied") == 0
               ? 0
               : 1;
}

static void
test_all_or_nothing_goes_where_a_folder_is_not_ours(void **state)
{
    struct folder f;
    int status = 0;

    (void)state;
    folder_make(&f);
    folder_text(&f, "inventory/a/hosts.yml", "x");
    folder_text(&f, "inventory/a/theirs/kept", "x");
    char *theirs = xasprintf("%s/inventory/a/theirs", f.path);
    char *ours[] = {xstrdup(f.path), xasprintf("%s/inventory", f.path),
                    xasprintf("%s/inventory/a", f.path)};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(chmod(ours[i], 0777), 0);
        free(ours[i]);
    }
    assert_int_equal(chmod(theirs, 0555), 0);
    const pid_t child = fork();
    if (child == 0) {
        _exit(delete_as_nobody(&f));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(exists(&f, "inventory/a/hosts.yml"));
    assert_true(exists(&f, "inventory/a/theirs/kept"));
    assert_int_equal(chmod(theirs, 0755), 0);
    free(theirs);
    folder_remove(&f);
    assert_int_equal(status, 0);
}

static void
test_what_is_no_environment_is_refused(void **state)
{
    static const char *const names[] = {"", ".", "..", "../x", "a/b", "no", "/tmp"};
    struct folder f;
    struct strv paths = {0};

    (void)state;
    folder_make(&f);
    folder_text(&f, "inventory/a/hosts.yml", "x");
    folder_text(&f, "x/kept", "x");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct err err = {0};
        assert_int_equal(edit_delete_env(f.path, names[i], &err), -1);
        assert_int_equal(err.kind, ERR_NO_MATCH);
        assert_int_equal(edit_list_env(f.path, names[i], &paths, &err), -1);
    }
    assert_true(exists(&f, "inventory/a/hosts.yml"));
    assert_true(exists(&f, "x/kept"));
    folder_remove(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_environment_has_no_mistakes_and_takes_a_server),
        cmocka_unit_test(test_what_goes_is_listed_and_goes_and_links_are_not_followed),
        cmocka_unit_test(test_nothing_goes_where_something_is_mounted),
        cmocka_unit_test(test_all_or_nothing_goes_where_a_folder_is_not_ours),
        cmocka_unit_test(test_what_is_no_environment_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

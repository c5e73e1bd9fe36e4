/*
 * test_secrets.c - no child, and no reader of /proc, sees a secret of the environment.
 */
#include "cli/secrets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What environ points to while a test has its own. */
static char **
swap_environ(char **own)
{
    char **before = environ;

    environ = own;
    return before;
}

/* fault 44: the environment is cleaned */
static void
test_every_secret_is_taken_and_its_bytes_are_wiped(void **state)
{
    char key[] = "IM_KEY_PASSPHRASE=abc", ssh[] = "IM_SSH_PASSWORD=def",
         become[] = "IM_BECOME_PASSWORD=ghi", vault[] = "IM_VAULT_PASSWORD_FILE=/x",
         path[] = "PATH=/bin";
    char *own[] = {key, path, ssh, become, vault, NULL};
    char **before = swap_environ(own);
    struct secrets found;

    secrets_take(&found);
    char *const left = environ[0];
    char *const end = environ[1];
    (void)state;

    swap_environ(before);
    assert_string_equal(found.key_passphrase, "abc");
    assert_string_equal(found.ssh_password, "def");
    assert_string_equal(found.become_password, "ghi");
    assert_string_equal(found.vault_password_file, "/x");
    secrets_release(&found);
    assert_null(found.key_passphrase);
    assert_null(found.vault_password_file);
    assert_ptr_equal(left, path);
    assert_null(end);
    assert_string_equal(path, "PATH=/bin");
    for (size_t i = 0; i < 4; i++) {
        char *const all[] = {key, ssh, become, vault};
        assert_string_equal(strchr(all[i], '=') + 1, "");
    }
}

static void
test_a_secret_given_twice_is_wiped_twice(void **state)
{
    char a[] = "IM_SSH_PASSWORD=first", b[] = "IM_SSH_PASSWORD=second";
    char *own[] = {a, b, NULL};
    char **before = swap_environ(own);
    struct secrets found;

    secrets_take(&found);
    char *const left = environ[0];
    (void)state;

    swap_environ(before);
    assert_string_equal(found.ssh_password, "first");
    secrets_release(&found);
    assert_null(left);
    assert_memory_equal(a + 16, "\0\0\0\0\0", 6);
    assert_memory_equal(b + 16, "\0\0\0\0\0\0", 7);
}

static void
test_names_that_only_begin_alike_are_left(void **state)
{
    char longer[] = "IM_SSH_PASSWORD_X=a", shorter[] = "IM_SSH=b", bare[] = "IM_SSH_PASSWORD";
    char *own[] = {longer, shorter, bare, NULL};
    char **before = swap_environ(own);
    struct secrets found;
    (void)state;

    secrets_take(&found);
    swap_environ(before);
    assert_null(found.ssh_password);
    assert_string_equal(longer, "IM_SSH_PASSWORD_X=a");
    assert_string_equal(shorter, "IM_SSH=b");
}

static void
test_an_empty_secret_was_not_given(void **state)
{
    char ssh[] = "IM_SSH_PASSWORD=";
    char *own[] = {ssh, NULL};
    char **before = swap_environ(own);
    struct secrets found;

    secrets_take(&found);
    char *const left = environ[0];
    (void)state;

    swap_environ(before);
    assert_null(found.ssh_password);
    assert_null(left);
}

static void
test_what_has_a_use_is_not_refused(void **state)
{
    char become[] = "IM_BECOME_PASSWORD=a", vault[] = "IM_VAULT_PASSWORD_FILE=/x";
    char *own[] = {become, vault, NULL};
    char **before = swap_environ(own);
    struct secrets found;
    (void)state;

    secrets_take(&found);
    swap_environ(before);
    secrets_release(&found);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_secret_is_taken_and_its_bytes_are_wiped),
        cmocka_unit_test(test_a_secret_given_twice_is_wiped_twice),
        cmocka_unit_test(test_names_that_only_begin_alike_are_left),
        cmocka_unit_test(test_an_empty_secret_was_not_given),
        cmocka_unit_test(test_what_has_a_use_is_not_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

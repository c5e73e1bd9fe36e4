/*
 * test_algorithms.c - the ciphers that are offered where ssh_config says nothing.
 */
#include "ssh/algorithms.h"

#include "base/xalloc.h"

#include <libssh/libssh.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The names of a list, each in commas, in any order. */
static void
assert_all_in(const char *list, const char *other)
{
    char *haystack = xasprintf(",%s,", other);
    char *words = xstrdup(list);
    char *rest = words;

    for (const char *word = strsep(&rest, ","); word != NULL; word = strsep(&rest, ",")) {
        char *needle = xasprintf(",%s,", word);
        if (strstr(haystack, needle) == NULL) {
            fail_msg("%s is not among %s", word, other);
        }
        free(needle);
    }
    free(words);
    free(haystack);
}

static void
test_the_ciphers_offered_are_those_of_openssh_in_another_order(void **state)
{
    struct algorithms *a = algorithms_new();
    struct strv dropped = {0};
    char *presets = algorithms_list(a, ALGORITHMS_CIPHERS, "+aes128-ctr", &dropped);

    (void)state;
    assert_non_null(presets);
    assert_all_in(presets, algorithms_ciphers());
    assert_all_in(algorithms_ciphers(), presets);
    free(presets);
    strv_clear(&dropped);
    algorithms_free(a);
}

static void
test_libssh_takes_the_ciphers_as_they_are(void **state)
{
    ssh_session ssh = ssh_new();

    (void)state;
    assert_int_equal(ssh_options_set(ssh, SSH_OPTIONS_CIPHERS_C_S, algorithms_ciphers()), 0);
    ssh_free(ssh);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_ciphers_offered_are_those_of_openssh_in_another_order),
        cmocka_unit_test(test_libssh_takes_the_ciphers_as_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

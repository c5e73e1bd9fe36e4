/*
 * test_xalloc.c - memory comes zeroed, grows by doubling, and impossible sizes abort.
 */
#include "base/xalloc.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_gives_zeroed_memory_and_never_null(void **state)
{
    unsigned char *p = xcalloc(100, 3);
    void *none = xcalloc(0, 8);

    (void)state;
    for (size_t i = 0; i < 300; i++) {
        assert_int_equal(p[i], 0);
    }
    assert_non_null(none);
    free(p);
    free(none);
}

static void
test_grows_by_doubling_and_keeps_the_contents(void **state)
{
    int *items = NULL;
    size_t cap = 0;
    int moves = 0;

    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        const size_t before = cap;
        items = xgrow(items, i, &cap, sizeof(*items));
        moves += cap != before;
        assert_true(cap > i);
        items[i] = (int)i;
    }
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(items[i], (int)i);
    }
    assert_in_range(moves, 5, 12);
    free(items);
}

static void
test_copies_strings_and_bytes(void **state)
{
    char *all = xstrdup("fleet");
    char *part = xstrndup("fleet", 3);
    char *more = xstrndup("fleet", 99);
    char *bytes = xmemdup("a\0b", 3);
    char *text = xasprintf("%s-%02d", "web", 7);

    (void)state;
    assert_string_equal(all, "fleet");
    assert_string_equal(part, "fle");
    assert_string_equal(more, "fleet");
    assert_memory_equal(bytes, "a\0b", 3);
    assert_string_equal(text, "web-07");
    free(all);
    free(part);
    free(more);
    free(bytes);
    free(text);
}

static void
test_aborts_when_a_size_overflows(void **state)
{
    int status = 0;
    const pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        const struct rlimit none = {0};
        volatile size_t count = SIZE_MAX / 2; /* out of the compiler's sight */
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)signal(SIGABRT, SIG_DFL); /* cmocka's own handler would jump back */
        void *p = xreallocarray(NULL, count, 3);
        free(p);
        _exit(0);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gives_zeroed_memory_and_never_null),
        cmocka_unit_test(test_grows_by_doubling_and_keeps_the_contents),
        cmocka_unit_test(test_copies_strings_and_bytes),
        cmocka_unit_test(test_aborts_when_a_size_overflows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_reset_control.c - the positive control: without the seam valgrind sees the use after free.
 *
 * This program brings its own empty seam, so the archive's is not linked, and a send that fails.
 */
#include "ssh/seam.h"

#include "unit/ssh/reset.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

void
seam_watch(int fd)
{
    (void)fd;
}

void
seam_forget(int fd)
{
    (void)fd;
}

void
seam_tap(int fd, struct buf *heard)
{
    (void)fd;
    (void)heard;
}

int
seam_error(int fd)
{
    (void)fd;
    return 0;
}

ssize_t
send(int fd, const void *bytes, size_t len, int flags)
{
    (void)fd;
    (void)bytes;
    (void)len;
    (void)flags;
    errno = ECONNRESET;
    return -1;
}

/* Also keeps this program from passing without having run anything where valgrind is missing. */
static void
test_replaces_send_by_one_that_fails(void **state)
{
    (void)state;
    assert_int_equal(send(-1, "x", 1, 0), -1);
    assert_int_equal(errno, ECONNRESET);
}

/* fault 9: the control: without the seam it is seen */
static void
test_valgrind_sees_the_use_after_free_without_the_seam(void **state)
{
    (void)state;
    const int code = reset_under_valgrind();
    if (code == RESET_NO_VALGRIND) {
        skip();
    }
    assert_int_equal(code, RESET_SEEN_BY_VALGRIND);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replaces_send_by_one_that_fails),
        cmocka_unit_test(test_valgrind_sees_the_use_after_free_without_the_seam),
    };
    (void)argv;
    return argc > 1 ? reset_child() : cmocka_run_group_tests(tests, NULL, NULL);
}

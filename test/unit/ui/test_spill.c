/*
 * test_spill.c - bytes come back as they went in, nothing stays on the disk, a full one is said.
 */
#include "ui/spill.h"

#include "base/prng.h"
#include "base/xalloc.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/im-spill-XXXXXX";

static int
files_in_folder(void)
{
    DIR *d = opendir(folder);
    int count = 0;

    assert_non_null(d);
    while (readdir(d) != NULL) { // NOLINT(concurrency-mt-unsafe): one thread
        count++;
    }
    (void)closedir(d);
    return count - 2;
}

static void
test_what_went_in_comes_out_in_order(void **state)
{
    struct prng p = {.state = 5};
    struct spill *s = spill_new(folder);
    unsigned in = 0;
    unsigned out = 0;
    char bytes[5000];

    (void)state;
    for (int i = 0; i < 2000; i++) {
        const size_t len = (size_t)prng_below(&p, sizeof(bytes));
        for (size_t k = 0; k < len; k++) {
            bytes[k] = (char)(in++ * 31 >> 3);
        }
        assert_int_equal(spill_add(s, bytes, len), 0);
        assert_int_equal(files_in_folder(), 0);
        const size_t got = spill_take(s, bytes, (size_t)prng_below(&p, sizeof(bytes)));
        for (size_t k = 0; k < got; k++) {
            assert_int_equal(bytes[k], (char)(out++ * 31 >> 3));
        }
        assert_int_equal(spill_pending(s), in - out);
    }
    for (size_t got = 1; got > 0;) {
        got = spill_take(s, bytes, sizeof(bytes));
        for (size_t k = 0; k < got; k++) {
            assert_int_equal(bytes[k], (char)(out++ * 31 >> 3));
        }
    }
    assert_int_equal(in, out);
    assert_false(spill_is_full(s));
    spill_free(s);
    spill_free(NULL);
}

static void
test_a_folder_that_is_not_there_takes_nothing(void **state)
{
    struct spill *s = spill_new("/nonexistent");
    char byte;

    (void)state;
    assert_int_equal(spill_add(s, "x", 1), -1);
    assert_true(spill_is_full(s));
    assert_int_equal(spill_pending(s), 0);
    assert_int_equal(spill_take(s, &byte, 1), 0);
    spill_free(s);
}

/* The limit of a file's size stands for a full disk. */
static void
test_a_full_disk_takes_all_of_a_piece_or_none(void **state)
{
    const struct rlimit low = {.rlim_cur = 1000, .rlim_max = RLIM_INFINITY};
    struct rlimit before;
    struct spill *s = spill_new(folder);
    char bytes[600];

    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    memset(bytes, 'a', sizeof(bytes));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    assert_int_equal(spill_add(s, bytes, 600), 0);
    assert_int_equal(spill_add(s, bytes, 600), -1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(spill_is_full(s));
    assert_int_equal(spill_add(s, bytes, 1), -1);
    assert_int_equal(spill_take(s, bytes, 600), 600);
    assert_int_equal(spill_pending(s), 0);
    spill_free(s);
}

static int
setup(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
    (void)state;
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_went_in_comes_out_in_order),
        cmocka_unit_test(test_a_folder_that_is_not_there_takes_nothing),
        cmocka_unit_test(test_a_full_disk_takes_all_of_a_piece_or_none),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

/*
 * test_tail.c - the end of a file that others write, replace, empty and take away.
 */
#include "front/tail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char dir[64], path[96], other[96];
};

static int
make(void **state)
{
    struct place *p = calloc(1, sizeof(*p));

    assert_non_null(p);
    snprintf(p->dir, sizeof(p->dir), "/tmp/im-tail-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    snprintf(p->path, sizeof(p->path), "%s/debug.log", p->dir);
    snprintf(p->other, sizeof(p->other), "%s/debug.log.1", p->dir);
    *state = p;
    return 0;
}

static int
clean(void **state)
{
    struct place *p = *state;

    unlink(p->path);
    unlink(p->other);
    rmdir(p->path);
    rmdir(p->dir);
    free(p);
    return 0;
}

static void
append(const char *path, const char *text)
{
    FILE *f = fopen(path, "a");

    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void
next_is(struct tail *t, const char *expected, bool expected_anew)
{
    char bytes[64];
    struct err err = {0};
    bool anew = !expected_anew;
    const int64_t got = tail_next(t, bytes, sizeof(bytes), &anew, &err);

    if (got < 0)
        fail_msg("%s", err.text);
    assert_int_equal(got, strlen(expected));
    assert_memory_equal(bytes, expected, (size_t)got);
    assert_int_equal(anew, expected_anew);
}

static void
test_begins_with_the_last_whole_lines(void **state)
{
    static const struct {
        int64_t last;
        const char *first;
    } rows[] = {{100, "one\ntwo\nthree\n"},
                {14, "one\ntwo\nthree\n"},
                {13, "two\nthree\n"},
                {10, "two\nthree\n"},
                {9, "three\n"},
                {6, "three\n"},
                {5, ""},
                {0, ""}};
    struct place *p = *state;

    append(p->path, "one\ntwo\nthree\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tail *t = tail_new(p->path, rows[i].last);
        if (rows[i].first[0] != '\0')
            next_is(t, rows[i].first, false);
        next_is(t, "", false);
        tail_free(t);
    }
}

static void
test_what_is_added_follows(void **state)
{
    struct place *p = *state;
    struct tail *t = tail_new(p->path, 1000);

    next_is(t, "", false);
    assert_false(tail_is_there(t));
    append(p->path, "one\n");
    next_is(t, "one\n", false);
    assert_true(tail_is_there(t));
    next_is(t, "", false);
    append(p->path, "two\nthr");
    append(p->path, "ee\n");
    next_is(t, "two\nthree\n", false);
    append(p->path, "0123456789012345678901234567890123456789012345678901234567890123more");
    next_is(t, "0123456789012345678901234567890123456789012345678901234567890123", false);
    next_is(t, "more", false);
    tail_free(t);
    tail_free(NULL);
}

static void
test_a_file_that_was_replaced_is_read_when_the_old_one_is_at_its_end(void **state)
{
    struct place *p = *state;
    struct tail *t = tail_new(p->path, 1000);

    append(p->path, "old 1\n");
    next_is(t, "old 1\n", false);
    assert_int_equal(rename(p->path, p->other), 0);
    append(p->other, "old 2\n");
    next_is(t, "old 2\n", false);
    next_is(t, "", false); /* there is none yet */
    append(p->other, "old 3\n");
    append(p->path, "new 1\n");
    next_is(t, "old 3\n", false);
    next_is(t, "new 1\n", true);
    append(p->path, "new 2\n");
    next_is(t, "new 2\n", false);
    tail_free(t);
}

static void
test_a_file_that_was_emptied_is_read_anew(void **state)
{
    struct place *p = *state;
    struct tail *t = tail_new(p->path, 1000);

    append(p->path, "a longer line\n");
    next_is(t, "a longer line\n", false);
    assert_int_equal(truncate(p->path, 0), 0);
    append(p->path, "short\n");
    next_is(t, "short\n", true);
    next_is(t, "", false);
    assert_int_equal(truncate(p->path, 0), 0);
    next_is(t, "", true);
    next_is(t, "", false);
    tail_free(t);
}

static void
test_what_is_no_file_is_refused(void **state)
{
    struct place *p = *state;
    struct tail *t = tail_new(p->path, 1000);
    struct err err = {0};
    char byte;
    bool anew;

    assert_int_equal(symlink("/etc/passwd", p->path), 0);
    assert_int_equal(tail_next(t, &byte, 1, &anew, &err), -1);
    assert_int_equal(err.kind, ERR_IO);
    unlink(p->path);
    assert_int_equal(mkfifo(p->path, 0600), 0); /* nobody writes: it must not wait */
    assert_int_equal(tail_next(t, &byte, 1, &anew, &err), -1);
    assert_non_null(strstr(err.text, "not a regular file"));
    unlink(p->path);
    append(p->path, "x");
    assert_int_equal(tail_next(t, &byte, 1, &anew, &err), 1);
    tail_free(t);
}

#define PLACED(f) cmocka_unit_test_setup_teardown(f, make, clean)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(test_begins_with_the_last_whole_lines),
        PLACED(test_what_is_added_follows),
        PLACED(test_a_file_that_was_replaced_is_read_when_the_old_one_is_at_its_end),
        PLACED(test_a_file_that_was_emptied_is_read_anew),
        PLACED(test_what_is_no_file_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

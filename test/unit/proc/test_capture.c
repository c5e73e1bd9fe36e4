/*
 * test_capture.c - a program run to its end: what it prints, how it ends, what it is given.
 */
#include "proc/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct run {
    struct buf out, errors;
    struct capture c;
    struct err err;
    int rc;
};

static void
run(struct run *r, const char *script, size_t out_max, int64_t timeout_ms)
{
    const char *const argv[] = {"-c", script, "name", "second word", NULL};

    *r = (struct run){0};
    buf_init(&r->out, out_max);
    buf_init(&r->errors, 64);
    r->c = (struct capture){.path = "/bin/sh",
                            .argv = argv,
                            .timeout_ms = timeout_ms,
                            .out = &r->out,
                            .errors = &r->errors};
    r->rc = capture_run(&r->c, &r->err);
    r->c.argv = NULL;
}

static void
release(struct run *r)
{
    buf_release(&r->out);
    buf_release(&r->errors);
}

static void
test_takes_both_streams_and_the_exit_code(void **state)
{
    struct run r;
    (void)state;

    run(&r, "echo \"$1\"; echo no >&2; exit 3", 1000, 60000);
    assert_int_equal(r.rc, 0);
    assert_string_equal(r.out.data, "second word\n");
    assert_string_equal(r.errors.data, "no\n");
    assert_int_equal(r.c.exit_code, 3);
    assert_int_equal(r.c.signal, 0);
    assert_false(r.c.timed_out || r.c.too_much);
    release(&r);
    run(&r, "kill -TERM $$", 1000, 60000);
    assert_int_equal(r.c.exit_code, -1);
    assert_int_equal(r.c.signal, SIGTERM);
    release(&r);
}

static void
test_its_input_is_empty_and_no_descriptor_is_inherited(void **state)
{
    struct run r;
    const int fd = open("/dev/null", O_RDONLY);
    const int high = fcntl(fd, F_DUPFD, 200);
    (void)state;

    assert_true(high >= 200);
    run(&r, "cat; for f in /proc/self/fd/*; do echo ${f##*/}; done | sort -n | tail -1", 1000,
        60000);
    assert_true(atoi(r.out.data) < 20); /* the shell's own at most */
    assert_int_equal(r.c.exit_code, 0);
    close(fd);
    close(high);
    release(&r);
}

/* Whether this process is gone, or a zombie of somebody else's. */
static bool
is_gone(int pid)
{
    char path[64], text[256] = "";
    FILE *f;

    (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    f = fopen(path, "r");
    if (f == NULL) {
        return true;
    }
    const bool read = fgets(text, sizeof(text), f) != NULL;
    fclose(f);
    return !read || strstr(text, ") Z ") != NULL;
}

static void
test_at_its_deadline_the_whole_group_is_killed(void **state)
{
    struct run r;
    (void)state;

    run(&r, "sleep 1000 & echo $!; wait", 1000, 300);
    assert_int_equal(r.rc, 0);
    assert_true(r.c.timed_out);
    assert_int_equal(r.c.signal, SIGKILL);
    const int pid = atoi(r.out.data);
    assert_true(pid > 1);
    while (!is_gone(pid)) { /* the kernel has been told already */
    }
    release(&r);
}

/* As ssh does, whose master keeps standard error: what was printed is all there is. */
static void
test_who_stays_in_the_background_is_not_waited_for(void **state)
{
    struct run r;
    (void)state;

    run(&r, "sleep 1000 & echo $!; exit 4", 1000, 600000);
    assert_int_equal(r.rc, 0);
    assert_false(r.c.timed_out);
    assert_int_equal(r.c.exit_code, 4);
    const int pid = atoi(r.out.data);
    assert_true(pid > 1);
    assert_int_equal(kill(pid, SIGKILL), 0);
    release(&r);
}

static void
test_a_program_that_closes_its_output_has_no_more_time(void **state)
{
    struct run r;
    (void)state;

    run(&r, "exec >&- 2>&-; sleep 1000", 1000, 300);
    assert_true(r.c.timed_out);
    release(&r);
}

static void
test_too_much_output_ends_it(void **state)
{
    struct run r;
    (void)state;

    run(&r, "while :; do echo 0123456789; done", 1000, 60000);
    assert_true(r.c.too_much);
    assert_int_equal(r.out.len, 1000);
    release(&r);
    run(&r, "i=0; while [ $i -lt 100 ]; do echo 0123456789 >&2; i=$((i + 1)); done; echo end", 1000,
        60000);
    assert_false(r.c.too_much); /* of its errors the beginning is enough */
    assert_int_equal(r.errors.len, 64);
    assert_string_equal(r.out.data, "end\n");
    release(&r);
}

/* What the program started is ours to wait for, since we adopt orphans. */
static void
test_a_signal_that_ends_us_ends_the_whole_group(void **state)
{
    char folder[] = "/tmp/test_capture.XXXXXX";
    char path[64];
    char script[128];
    int status = 0;
    pid_t below = 0;
    (void)state;

    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/pid", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    (void)snprintf(script, sizeof(script), "sleep 20 & echo $! >%s; wait", path);
    const pid_t us = fork();
    if (us == 0) {
        struct run r;
        run(&r, script, 1000, 60000);
        _exit(9);
    }
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &below), 1);
    fclose(f);
    assert_int_equal(kill(us, SIGINT), 0);
    assert_int_equal(waitpid(us, &status, 0), us);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    assert_int_equal(waitpid(below, &status, 0), below);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    (void)unlink(path);
    (void)rmdir(folder);
}

static void
test_what_cannot_be_run_is_an_error(void **state)
{
    static const char *const argv[] = {NULL};
    struct run r = {0};
    (void)state;

    buf_init(&r.out, 100);
    buf_init(&r.errors, 100);
    r.c = (struct capture){.path = "/nonexistent/program",
                           .argv = argv,
                           .timeout_ms = 60000,
                           .out = &r.out,
                           .errors = &r.errors};
    assert_int_equal(capture_run(&r.c, &r.err), -1);
    assert_int_equal(r.err.kind, ERR_IO);
    assert_string_equal(r.err.text, "cannot be run: No such file or directory");
    release(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_both_streams_and_the_exit_code),
        cmocka_unit_test(test_its_input_is_empty_and_no_descriptor_is_inherited),
        cmocka_unit_test(test_at_its_deadline_the_whole_group_is_killed),
        cmocka_unit_test(test_who_stays_in_the_background_is_not_waited_for),
        cmocka_unit_test(test_a_program_that_closes_its_output_has_no_more_time),
        cmocka_unit_test(test_too_much_output_ends_it),
        cmocka_unit_test(test_a_signal_that_ends_us_ends_the_whole_group),
        cmocka_unit_test(test_what_cannot_be_run_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

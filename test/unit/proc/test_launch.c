/*
 * test_launch.c - a program that is started and forgotten: what it has of ours, and what not.
 *
 * The program is a script that writes down what it finds; the test waits for its file.
 */
#include "proc/launch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
    char dir[64];
    char script[96];
    char answer[96];
};

static void
write_script(const struct place *p, const char *body)
{
    FILE *f = fopen(p->script, "w");

    assert_non_null(f);
    /* Written beside and renamed: who sees the answer sees all of it. */
    fprintf(f, "#!/bin/sh\n{ %s\n} >%s/part 2>&1\nmv %s/part %s\n", body, p->dir, p->dir,
            p->answer);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(p->script, 0700), 0);
}

static int
set_up(void **state)
{
    struct place *p = calloc(1, sizeof(*p));

    assert_non_null(p);
    snprintf(p->dir, sizeof(p->dir), "/tmp/im-launch-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    snprintf(p->script, sizeof(p->script), "%s/program", p->dir);
    snprintf(p->answer, sizeof(p->answer), "%s/answer", p->dir);
    *state = p;
    return 0;
}

static int
tear_down(void **state)
{
    struct place *p = *state;

    (void)unlink(p->script);
    (void)unlink(p->answer);
    (void)rmdir(p->dir);
    free(p);
    return 0;
}

/* The answer, waited for: its folder tells when something was renamed in it. */
static void
take_answer(const struct place *p, char *ret, size_t size)
{
    const int watch = inotify_init1(IN_CLOEXEC);

    assert_true(inotify_add_watch(watch, p->dir, IN_MOVED_TO) >= 0);
    while (access(p->answer, F_OK) != 0) {
        char events[4096];
        assert_true(read(watch, events, sizeof(events)) > 0);
    }
    (void)close(watch);
    FILE *f = fopen(p->answer, "r");
    assert_non_null(f);
    const size_t n = fread(ret, 1, size - 1, f);
    ret[n] = '\0';
    fclose(f);
}

static void
launch_it(struct place *p, const char *word)
{
    char *text = strdup(word);
    char *argv[] = {p->script, text, NULL};
    struct err err = {0};

    if (launch(argv, &err) != 0)
        fail_msg("%s", err.text);
    free(text);
}

static void
test_words_come_as_they_are_and_no_shell_reads_them(void **state)
{
    struct place *p = *state;
    char text[256];

    write_script(p, "printf '%s' \"$1\"");
    launch_it(p, "http://10.0.0.1/?a=$(id)&b=`x`;'\"");
    take_answer(p, text, sizeof(text));
    assert_string_equal(text, "http://10.0.0.1/?a=$(id)&b=`x`;'\"");
}

static void
test_it_has_its_own_session_and_no_stream_of_ours(void **state)
{
    struct place *p = *state;
    char text[256];

    write_script(p, "ps -o sid= -p $$ | tr -d ' '; readlink /proc/$$/fd/0");
    launch_it(p, "");
    take_answer(p, text, sizeof(text));
    assert_true(strtol(text, NULL, 10) != (long)getsid(0));
    assert_non_null(strstr(text, "/dev/null"));
}

static void
test_it_has_no_descriptor_of_ours(void **state)
{
    struct place *p = *state;
    char text[256];
    const int secret = open("/dev/zero", O_RDONLY); /* not close-on-exec, on purpose */

    assert_true(secret >= 0);
    write_script(p, "ls -l /proc/$$/fd 2>/dev/null | grep -c zero");
    launch_it(p, "");
    take_answer(p, text, sizeof(text));
    assert_string_equal(text, "0\n");
    (void)close(secret);
}

static void
test_signals_that_we_ignore_are_not_ignored_there(void **state)
{
    struct place *p = *state;
    char text[256];

    signal(SIGPIPE, SIG_IGN);
    write_script(p, "grep SigIgn /proc/$$/status");
    launch_it(p, "");
    take_answer(p, text, sizeof(text));
    signal(SIGPIPE, SIG_DFL);
    /* glibc keeps 32 and 33 for itself: posix_spawn, as of make, leaves them ignored, and signal()
     * refuses them. */
    const unsigned long long libc = 3ULL << 31;
    if (strncmp(text, "SigIgn:", 7) != 0 || (strtoull(text + 7, NULL, 16) & ~libc) != 0)
        fail_msg("it ignores: %s", text);
}

static void
test_it_is_no_child_of_ours(void **state)
{
    struct place *p = *state;
    char text[256];

    write_script(p, "echo done");
    launch_it(p, "");
    take_answer(p, text, sizeof(text));
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void
test_a_program_that_is_not_there_is_told(void **state)
{
    char name[] = "im-no-such-browser";
    char *argv[] = {name, NULL};
    struct err err = {0};

    (void)state;
    assert_int_equal(launch(argv, &err), -1);
    assert_int_equal(err.kind, ERR_IO);
    assert_string_equal(err.text, "cannot start im-no-such-browser: No such file or directory");
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_words_come_as_they_are_and_no_shell_reads_them, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_it_has_its_own_session_and_no_stream_of_ours, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_it_has_no_descriptor_of_ours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_signals_that_we_ignore_are_not_ignored_there, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_it_is_no_child_of_ours, set_up, tear_down),
        cmocka_unit_test(test_a_program_that_is_not_there_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

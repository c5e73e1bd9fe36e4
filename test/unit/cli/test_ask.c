/*
 * test_ask.c - a hidden question at a terminal: answered, interrupted, stopped.
 *
 * Each case is a child with a pty of its own; the other end is ours.
 */
#include "cli/ask.h"

#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { EXIT_ANSWER = 10, EXIT_NONE = 20, EXIT_NONE_HANDLED = 21, EXIT_ECHO = 30 };

static volatile sig_atomic_t handled;

static void
on_signal(int number)
{
    (void)number;
    handled++;
}

/* What the child tells by its exit code. */
static int
ask_in_child(int number)
{
    const struct sigaction handler = {.sa_handler = on_signal};
    struct err err = {0};
    struct termios t;
    char *answer = NULL;

    if (number != 0) {
        (void)sigaction(number, &handler, NULL);
    }
    const int rc = ask_hidden("secret? ", &answer, &err);
    if (tcgetattr(STDIN_FILENO, &t) < 0 || (t.c_lflag & ECHO) == 0) {
        return EXIT_ECHO;
    }
    if (rc == 0) {
        return strcmp(answer, "open") == 0 ? EXIT_ANSWER : 1;
    }
    return strstr(err.text, "no answer") == NULL ? 2 : handled > 0 ? EXIT_NONE_HANDLED : EXIT_NONE;
}

static void
read_until(int fd, char *seen, size_t size, const char *text)
{
    size_t len = strlen(seen);

    while (strstr(seen, text) == NULL) {
        const ssize_t n = read(fd, seen + len, size - 1 - len);
        assert_true(n > 0);
        len += (size_t)n;
        seen[len] = '\0';
    }
}

/* The status of a child that is asked; handles: a signal that it handles, or 0; typed: what comes
 * once it asks; sent: a signal to it then, or 0. */
static int
asked(int handles, const char *typed, int sent)
{
    char seen[512] = "";
    int master, status;
    const pid_t pid = forkpty(&master, NULL, NULL, NULL);

    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(ask_in_child(handles));
    }
    read_until(master, seen, sizeof(seen), "secret? ");
    if (sent != 0) {
        assert_int_equal(kill(pid, sent), 0);
    }
    assert_int_equal(write(master, typed, strlen(typed)), strlen(typed));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_null(strstr(seen, "open"));
    close(master);
    return status;
}

static void
exits(int status, int code)
{
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), code);
}

static void
test_a_line_is_the_answer(void **state)
{
    (void)state;
    exits(asked(0, "open\n", 0), EXIT_ANSWER);
    exits(asked(SIGINT, "open\n", 0), EXIT_ANSWER);
}

static void
test_a_signal_does_what_it_does_by_default(void **state)
{
    (void)state;
    int status = asked(0, "\003", 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    status = asked(0, "", SIGTERM);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

/* The screen handles it: whoever types it there wants to be asked no more, and to stay. */
static void
test_ctrl_c_that_somebody_handles_is_no_answer_and_no_signal(void **state)
{
    (void)state;
    exits(asked(SIGINT, "\003", 0), EXIT_NONE);
}

static void
test_another_signal_that_somebody_handles_reaches_them(void **state)
{
    (void)state;
    exits(asked(SIGTERM, "", SIGTERM), EXIT_NONE_HANDLED);
    exits(asked(SIGHUP, "", SIGHUP), EXIT_NONE_HANDLED);
}

/* Stopped whoever handles it; asked again when it goes on. */
static void
test_a_stop_is_a_stop_and_then_it_is_asked_again(void **state)
{
    (void)state;
    for (int handles = 0; handles < 2; handles++) {
        char seen[512] = "";
        int master, status;
        const pid_t pid = forkpty(&master, NULL, NULL, NULL);
        if (pid == 0) {
            const pid_t inner = fork(); /* the leader of a session does not stop */
            if (inner == 0) {
                (void)setpgid(0, 0);
                (void)signal(SIGTTOU, SIG_IGN);
                (void)tcsetpgrp(STDIN_FILENO, getpgrp());
                _exit(ask_in_child(handles == 1 ? SIGTSTP : 0));
            }
            (void)waitpid(inner, &status, WUNTRACED);
            if (!WIFSTOPPED(status)) {
                _exit(3);
            }
            (void)kill(inner, SIGCONT);
            (void)waitpid(inner, &status, 0);
            _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 4);
        }
        read_until(master, seen, sizeof(seen), "secret? ");
        assert_int_equal(write(master, "\032", 1), 1);
        read_until(master, seen, sizeof(seen), "secret? \r\nsecret? ");
        assert_int_equal(write(master, "open\n", 5), 5);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        exits(status, EXIT_ANSWER);
        close(master);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_is_the_answer),
        cmocka_unit_test(test_a_signal_does_what_it_does_by_default),
        cmocka_unit_test(test_ctrl_c_that_somebody_handles_is_no_answer_and_no_signal),
        cmocka_unit_test(test_another_signal_that_somebody_handles_reaches_them),
        cmocka_unit_test(test_a_stop_is_a_stop_and_then_it_is_asked_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

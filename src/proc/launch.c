/*
 * launch.c - two forks and an exec: the program belongs to init, and leaves no zombie to a loop.
 *
 * Decides what it has of ours.  Owns the pipe that tells whether it began, and the child between,
 * which ends at once.  Never waits for the program.
 */
#include "proc/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TELL_FD = 3 };

/* Only what is safe between fork and exec. */
static void
fresh_signals(void)
{
    sigset_t none;

    for (int s = 1; s < NSIG; s++) {
        (void)signal(s, SIG_DFL);
    }
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* 0, or an errno. */
static int
no_streams(void)
{
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0) {
        return errno;
    }
    for (int fd = 0; fd <= 2; fd++) {
        if (dup2(null, fd) < 0) {
            return errno;
        }
    }
    return 0;
}

static void
tell_and_end(int fd, int why)
{
    const ssize_t n = write(fd, &why, sizeof(why));

    _exit(n < 0 ? 1 : 0);
}

/* The grandchild. */
static void
become(char *const *argv, int tell)
{
    fresh_signals();
    int why = no_streams();
    if (why == 0 && dup3(tell, TELL_FD, O_CLOEXEC) < 0 && tell != TELL_FD) {
        why = errno;
    }
    if (why != 0) {
        tell_and_end(tell, why);
    }
    (void)close_range(TELL_FD + 1, ~0U, 0);
    (void)execvp(argv[0], argv);
    tell_and_end(TELL_FD, errno);
}

/* The child between: of a session of its own, it ends before the program does anything. */
static void
pass_on(char *const *argv, int tell)
{
    if (setsid() < 0) {
        tell_and_end(tell, errno);
    }
    const pid_t pid = fork();
    if (pid == 0) {
        become(argv, tell);
    }
    if (pid < 0) {
        tell_and_end(tell, errno);
    }
    _exit(0);
}

/* A pipe whose ends are in nobody's way. */
static int
open_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return -1;
    }
    for (int i = 0; i < 2; i++) {
        const int high = fcntl(ends[i], F_DUPFD_CLOEXEC, TELL_FD);
        (void)close(ends[i]);
        ends[i] = high;
    }
    return ends[0] < 0 || ends[1] < 0 ? -1 : 0;
}

static void
close_one(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}

int
launch(char *const *argv, struct err *err)
{
    int ends[2] = {-1, -1};
    int why = 0;
    pid_t pid = -1;

    if (open_pipe(ends) == 0) {
        pid = fork();
    }
    if (pid == 0) {
        pass_on(argv, ends[1]);
    }
    if (pid < 0) {
        why = errno;
    }
    close_one(ends[1]);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    if (pid > 0 && read(ends[0], &why, sizeof(why)) != sizeof(why)) {
        why = 0; /* the pipe was closed by exec */
    }
    close_one(ends[0]);
    return why == 0 ? 0 : err_set(err, ERR_IO, "cannot start %.200s: %s", argv[0], strerror(why));
}

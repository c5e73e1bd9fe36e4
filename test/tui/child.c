/*
 * child.c - openpty, fork, and what can be done to the command afterwards.
 *
 * Owns both ends of the pseudo terminal and the process.
 */
#include "tui/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

enum { END_TRIES = 100, END_STEP_MS = 10, NOT_FOUND = 127 };

static void
become(struct child *c, char **argv, const char *folder)
{
    sigset_t none;

    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < SIGRTMIN; number++) {
        (void)signal(number, SIG_DFL); /* whatever our own parent ignores */
    }
    if (login_tty(c->slave) == 0 && (folder == NULL || chdir(folder) == 0)) {
        (void)execvp(argv[0], argv);
    }
    (void)dprintf(STDERR_FILENO, "term: %s: %s\n", argv[0], strerror(errno));
    _exit(NOT_FOUND);
}

int
child_start(struct child *c, char **argv, const char *folder, int rows, int cols)
{
    const struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

    *c = (struct child){.master = -1, .slave = -1};
    if (openpty(&c->master, &c->slave, NULL, NULL, &size) < 0) {
        return -1;
    }
    (void)fcntl(c->master, F_SETFD, FD_CLOEXEC);
    (void)fcntl(c->slave, F_SETFD, FD_CLOEXEC);
    (void)fcntl(c->master, F_SETFL, O_NONBLOCK);
    (void)snprintf(c->name, sizeof(c->name), "%s", ptsname(c->master));
    (void)tcgetattr(c->slave, &c->before);
    c->before.c_iflag |= IUTF8;
    (void)tcsetattr(c->slave, TCSANOW, &c->before);
    int begun[2] = {-1, -1};
    if (pipe2(begun, O_CLOEXEC) < 0) {
        return -1;
    }
    c->pid = fork();
    if (c->pid == 0) {
        become(c, argv, folder);
    }
    /* The other end closes when the command has taken over: keys are its own from now on. */
    char byte = 0;
    (void)close(begun[1]);
    (void)!read(begun[0], &byte, 1);
    (void)close(begun[0]);
    return c->pid < 0 ? -1 : 0;
}

int
child_resize(struct child *c, int rows, int cols)
{
    const struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

    return ioctl(c->slave, TIOCSWINSZ, &size);
}

void
child_look(struct child *c)
{
    int status = 0;

    while (!c->over && waitpid(c->pid, &status, WNOHANG | WUNTRACED | WCONTINUED) == c->pid) {
        c->status = status;
        c->stopped = WIFSTOPPED(status);
        c->over = WIFEXITED(status) || WIFSIGNALED(status);
    }
}

int
child_signal(struct child *c, int number, bool group)
{
    pid_t who = c->pid;

    if (c->over) {
        errno = ESRCH;
        return -1;
    }
    if (group && ioctl(c->master, TIOCGPGRP, &who) == 0) {
        who = -who;
    }
    return kill(who, number);
}

void
child_hang_up(struct child *c)
{
    if (c->master >= 0) {
        (void)close(c->master);
    }
    c->master = -1;
}

void
child_end(struct child *c)
{
    pid_t group = 0;

    if (c->master >= 0 && !c->over && ioctl(c->master, TIOCGPGRP, &group) == 0 && group > 1) {
        (void)kill(-group, SIGCONT);
    }
    child_hang_up(c);
    for (int i = 0; i < END_TRIES && !c->over; i++) {
        child_look(c);
        (void)poll(NULL, 0, c->over ? 0 : END_STEP_MS);
    }
    if (!c->over) {
        if (group > 1) {
            (void)kill(-group, SIGKILL);
        }
        (void)kill(c->pid, SIGKILL);
        (void)waitpid(c->pid, &c->status, 0);
        c->over = true;
    }
    if (c->slave >= 0) {
        (void)close(c->slave);
    }
    c->slave = -1;
}

bool
child_settings_are_same(const struct child *c, struct termios *ret_now)
{
    const struct termios *b = &c->before;

    if (tcgetattr(c->slave, ret_now) < 0) {
        return false;
    }
    return ret_now->c_iflag == b->c_iflag && ret_now->c_oflag == b->c_oflag &&
           ret_now->c_cflag == b->c_cflag && ret_now->c_lflag == b->c_lflag &&
           memcmp(ret_now->c_cc, b->c_cc, sizeof(b->c_cc)) == 0;
}

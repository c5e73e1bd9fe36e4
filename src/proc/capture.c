/*
 * capture.c - runs a program to its end and takes what it prints.
 *
 * Decides when it has said too much or for too long, or that we are told to end: its whole group is
 * killed, which no terminal does for us.  Owns the pipes and the child while it runs.  Used before
 * the loop begins, and never by it.
 */
#include "proc/capture.h"

#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 * 1024,
    EXEC_FAILED = 127,
    LOOK_MS = 2,
    EXIT_LOOK_MS = 50,
    DRAIN_MS = 1000, /* for what it left in the background, which may hold the pipes for hours */
};

/* The reading ends, or -1: closed. */
struct ends {
    int out, errors, start; /* start: the errno of a failed exec */
    int stop;               /* readable: a signal that ends us waits */
};

static int64_t
now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---------------------------------------------------------------- our own end */

/* Hold back what would end us, until the program's group is killed.  A signal that is ignored stays
 * ignored. */
static int
hold_signals(sigset_t *ret_before)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction action;
    sigset_t set;

    (void)sigemptyset(&set);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN) {
            (void)sigaddset(&set, numbers[i]);
        }
    }
    (void)sigprocmask(SIG_BLOCK, &set, ret_before);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Wait up to ms for a signal that is held back. */
static bool
is_stopped(int stop, int ms)
{
    struct pollfd fd = {.fd = stop, .events = POLLIN};

    return poll(&fd, 1, ms) > 0;
}

/* ---------------------------------------------------------------- the child */

__attribute__((noreturn)) static void
child(const char *path, char **argv, const int writes[3])
{
    const int null = open("/dev/null", O_RDONLY);
    sigset_t none;

    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(writes[0], STDOUT_FILENO) >= 0 &&
        dup2(writes[1], STDERR_FILENO) >= 0 && dup3(writes[2], 3, O_CLOEXEC) >= 0) {
        (void)close_range(4, ~0U, 0);
        (void)execv(path, argv);
    }
    const int why = errno;
    (void)!write(3, &why, sizeof(why));
    _exit(EXEC_FAILED);
}

static char **
words_of(const struct capture *c)
{
    size_t count = 0;

    while (c->argv[count] != NULL) {
        count++;
    }
    char **words = xcalloc(count + 2, sizeof(*words));
    words[0] = xstrdup(c->path);
    for (size_t i = 0; i < count; i++) {
        words[i + 1] = xstrdup(c->argv[i]);
    }
    return words;
}

static void
free_words(char **words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        free(words[i]);
    }
    free(words);
}

/* Descriptors 3 and up, so that the child's dup2 never overwrites one it still needs: a pipe whose
 * number is below is moved. */
static int
make_pipe(int ret[2])
{
    if (pipe2(ret, O_CLOEXEC) < 0) {
        return -1;
    }
    for (int i = 0; i < 2; i++) {
        const int moved = fcntl(ret[i], F_DUPFD_CLOEXEC, 10);
        (void)close(ret[i]);
        ret[i] = moved;
    }
    return ret[0] < 0 || ret[1] < 0 ? -1 : 0;
}

static void
close_one(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
    *fd = -1;
}

static pid_t
start(const struct capture *c, struct ends *ret)
{
    int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
    pid_t pid = -1;

    if (make_pipe(pipes[0]) == 0 && make_pipe(pipes[1]) == 0 && make_pipe(pipes[2]) == 0) {
        char **words = words_of(c);
        pid = fork();
        if (pid == 0) {
            const int writes[3] = {pipes[0][1], pipes[1][1], pipes[2][1]};
            child(c->path, words, writes);
        }
        free_words(words);
    }
    const int why = errno;
    for (int i = 0; i < 3; i++) {
        close_one(&pipes[i][1]);
        if (pid < 0) {
            close_one(&pipes[i][0]);
        }
    }
    *ret = (struct ends){pipes[0][0], pipes[1][0], pipes[2][0], -1};
    errno = why;
    return pid;
}

/* ---------------------------------------------------------------- reading */

/* Read once into b; the end closes *fd. */
static void
read_some(int *fd, struct buf *b)
{
    char bytes[READ_BYTES];
    const ssize_t n = read(*fd, bytes, sizeof(bytes));

    if (n > 0) {
        const size_t room = b->max - b->len;
        (void)buf_add(b, bytes, (size_t)n < room ? (size_t)n : room);
        b->full = b->full || (size_t)n > room;
    } else if (n == 0 || errno != EINTR) {
        close_one(fd);
    }
}

/* Whether it has exited; it is not collected by this. */
static bool
has_exited(pid_t pid)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

/* Until both are closed, it said too much, its time is over, or we are to end. */
static void
read_all(struct capture *c, struct ends *ends, pid_t pid)
{
    int64_t end_ms = now_ms() + c->timeout_ms;
    bool exited = false;

    while (ends->out >= 0 || ends->errors >= 0) {
        struct pollfd fds[3] = {{.fd = ends->out, .events = POLLIN},
                                {.fd = ends->errors, .events = POLLIN},
                                {.fd = ends->stop, .events = POLLIN}};
        if (!exited && has_exited(pid)) {
            exited = true;
            end_ms = now_ms() + DRAIN_MS;
        }
        const int64_t left_ms = end_ms - now_ms();
        if (left_ms <= 0) {
            c->timed_out = !exited;
            return;
        }
        const int64_t look_ms = left_ms < EXIT_LOOK_MS ? left_ms : EXIT_LOOK_MS;
        if ((poll(fds, 3, (int)look_ms) < 0 && errno != EINTR) || fds[2].revents != 0) {
            return;
        }
        if (fds[0].revents != 0) {
            read_some(&ends->out, c->out);
        }
        if (fds[1].revents != 0) {
            read_some(&ends->errors, c->errors);
        }
        if (c->out->full) {
            c->too_much = true;
            return;
        }
    }
}

/* It may close its pipes and go on: its time is the same. */
static void
wait_for(struct capture *c, pid_t pid, int stop, int64_t end_ms)
{
    bool stopped = is_stopped(stop, 0);
    int status = 0;
    pid_t ended = 0;

    while (!c->timed_out && !c->too_much && !stopped &&
           (ended = waitpid(pid, &status, WNOHANG)) == 0) {
        c->timed_out = now_ms() >= end_ms;
        stopped = is_stopped(stop, LOOK_MS);
    }
    if (ended <= 0) {
        (void)kill(-pid, SIGKILL);
        (void)waitpid(pid, &status, 0);
    }
    c->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    c->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

int
capture_run(struct capture *c, struct err *err)
{
    const int64_t end_ms = now_ms() + c->timeout_ms;
    sigset_t before;
    struct ends ends;
    int why = 0;
    int stop = hold_signals(&before);
    const pid_t pid = start(c, &ends);

    c->timed_out = false;
    c->too_much = false;
    ends.stop = stop;
    if (pid < 0) {
        why = errno;
    } else {
        (void)setpgid(pid, pid); /* whoever is first */
        if (read(ends.start, &why, sizeof(why)) != sizeof(why)) {
            why = 0;
            read_all(c, &ends, pid);
        }
        wait_for(c, pid, stop, end_ms);
    }
    close_one(&ends.out);
    close_one(&ends.errors);
    close_one(&ends.start);
    close_one(&stop);
    (void)sigprocmask(SIG_SETMASK, &before, NULL); /* what was held back ends us here */
    return why == 0 ? 0 : err_set(err, ERR_IO, "cannot be run: %s", strerror(why));
}

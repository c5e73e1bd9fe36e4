/*
 * ask.c - asks for a password, as getpass(3) did.
 *
 * Decides what happens to the terminal when a signal comes.  Owns the terminal while it asks.
 * Never keeps an answer.
 */
#include "cli/ask.h"

#include "base/escape.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

enum { ANSWER_BYTES_MAX = 1024 };

struct terminal {
    int fd;                /* owned */
    int signals;           /* owned: a signalfd */
    struct termios before; /* as it was */
    sigset_t mask;         /* as it was */
    sigset_t watched;
};

static void
hide(const struct terminal *t)
{
    struct termios hidden = t->before;

    hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    (void)tcsetattr(t->fd, TCSAFLUSH, &hidden);
}

static void
show(const struct terminal *t)
{
    (void)tcsetattr(t->fd, TCSAFLUSH, &t->before);
}

static int
open_terminal(struct terminal *t, struct err *err)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

    t->signals = -1;
    t->fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (t->fd < 0 || tcgetattr(t->fd, &t->before) < 0) {
        return err_set(err, ERR_USAGE, "no terminal to ask at: %s", strerror(errno));
    }
    (void)sigemptyset(&t->watched);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        (void)sigaddset(&t->watched, signals[i]);
    }
    t->signals = signalfd(-1, &t->watched, SFD_CLOEXEC);
    if (t->signals < 0) {
        return err_set(err, ERR_IO, "no terminal to ask at: %s", strerror(errno));
    }
    (void)sigprocmask(SIG_BLOCK, &t->watched, &t->mask);
    return 0;
}

static void
close_terminal(struct terminal *t)
{
    if (t->signals >= 0) {
        (void)sigprocmask(SIG_SETMASK, &t->mask, NULL);
        (void)close(t->signals);
    }
    if (t->fd >= 0) {
        (void)close(t->fd);
    }
}

static void
tell(const struct terminal *t, const char *text)
{
    struct buf b;

    buf_init(&b, 12 * strlen(text) + 1);
    escape_terminal(&b, text, strlen(text));
    (void)!write(t->fd, b.data, b.len);
    buf_release(&b);
}

/* Let a signal do what it does with the terminal as it was.  A stop is one whoever else handles it;
 * of others that somebody in this process handles we come back without an answer, and Ctrl-C means
 * just that.  False: nobody answers any more. */
static bool
suffer(const struct terminal *t, const char *prompt)
{
    const struct sigaction by_default = {.sa_handler = SIG_DFL};
    struct signalfd_siginfo info;
    struct sigaction before;

    if (read(t->signals, &info, sizeof(info)) != (ssize_t)sizeof(info)) {
        return true;
    }
    const int number = (int)info.ssi_signo;
    const bool stops = number == SIGTSTP;
    (void)sigaction(number, stops ? &by_default : NULL, &before);
    const bool handled = before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN;
    show(t);
    (void)!write(t->fd, "\n", 1);
    if (stops || number != SIGINT || !handled) {
        (void)raise(number);
    }
    (void)sigprocmask(SIG_SETMASK, &t->mask, NULL);
    (void)sigprocmask(SIG_BLOCK, &t->watched, NULL);
    if (!stops && handled) {
        return false;
    }
    (void)sigaction(number, &before, NULL);
    hide(t);
    tell(t, prompt);
    return true;
}

enum { ANSWER_NONE = -1, ANSWER_LONG = -2 };

/* The terminal gives a line at a time. */
static int
read_answer(const struct terminal *t, const char *prompt, char *answer, size_t size)
{
    struct pollfd p[] = {{.fd = t->fd, .events = POLLIN}, {.fd = t->signals, .events = POLLIN}};
    size_t len = 0;

    while (len < size - 1) {
        if (poll(p, 2, -1) < 0 && errno != EINTR) {
            return -1;
        }
        if ((p[1].revents & POLLIN) != 0) {
            if (!suffer(t, prompt)) {
                return ANSWER_NONE;
            }
            len = 0;
            continue;
        }
        if (p[0].revents == 0) {
            continue;
        }
        const ssize_t n = read(t->fd, answer + len, size - 1 - len);
        if (n <= 0) {
            return ANSWER_NONE;
        }
        len += (size_t)n;
        if (answer[len - 1] == '\n') {
            answer[len - 1] = '\0';
            return 0;
        }
    }
    (void)tcflush(t->fd, TCIFLUSH); /* its rest is no command for the shell */
    return ANSWER_LONG;
}

bool
ask_can(void)
{
    return isatty(STDIN_FILENO) == 1;
}

int
ask_hidden(const char *prompt, char **ret, struct err *err)
{
    char answer[ANSWER_BYTES_MAX + 2] = "";
    struct terminal t = {.fd = -1};
    int rc = open_terminal(&t, err);

    if (rc == 0) {
        hide(&t);
        tell(&t, prompt);
        rc = read_answer(&t, prompt, answer, sizeof(answer));
        show(&t);
        (void)!write(t.fd, "\n", 1);
        if (rc == ANSWER_LONG) {
            rc = err_set(err, ERR_USAGE, "%sexpected one line of at most %d bytes", prompt,
                         ANSWER_BYTES_MAX);
        } else if (rc < 0) {
            rc = err_set(err, ERR_USAGE, "%sno answer", prompt);
        } else {
            *ret = xstrdup(answer);
        }
    }
    explicit_bzero(answer, sizeof(answer));
    close_terminal(&t);
    return rc;
}

int
ask_once_more(const char *prompt, bool again, char **ret, struct err *err)
{
    char *text = xasprintf("%s%s", again ? "That is not it.  " : "", prompt);
    const int rc = ask_hidden(text, ret, err);

    free(text);
    return rc;
}

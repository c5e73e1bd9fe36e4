/*
 * term.c - a terminal that obeys: a command in a pseudo terminal, what it shows, what it is told.
 *
 * Owns the command, the picture and the loop.  A line on standard input is an order (talk.c), and
 * is answered on standard output.  The end of the input ends the command.
 */
#include "tui/term.h"

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

extern int setupterm(const char *term, int fd, int *ret_error);

enum { READ_MAX = 1 << 16, LINE_BYTES_MAX = 1 << 20, USAGE_EXIT = 2 };

static const char usage[] =
    "usage: term [-r ROWS] [-c COLS] [-d FOLDER] [-l LOG] [-a] [-k] -- COMMAND...\n"
    "\n"
    "Runs COMMAND in a pseudo terminal and obeys the lines of its standard input.  Each is "
    "answered\n"
    "by lines that begin with `|`, and then `ok MICROSECONDS ...` or `fail MICROSECONDS why`.\n"
    "  -a  no byte past 126 is expected of the command\n"
    "  -k  keys are what terminfo says of $TERM, not what xterm sends\n"
    "Orders: see test/tui/talk.c.\n";

int64_t
term_now_us(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void
hear(struct term *t)
{
    char bytes[READ_MAX];
    ssize_t got = 0;

    while ((got = read(t->child.master, bytes, sizeof(bytes))) > 0) {
        const int64_t now_us = term_now_us();
        t->frames += now_us - t->heard_us >= TERM_STILL_US ? 1 : 0;
        t->heard_us = now_us;
        t->serial++;
        if (t->log != NULL) {
            (void)fwrite(bytes, 1, (size_t)got, t->log);
            (void)fflush(t->log);
        }
        picture_feed(&t->picture, bytes, (size_t)got);
    }
}

static void
say(struct term *t)
{
    struct buf *reply = &t->picture.reply;

    while (reply->len > 0 && t->child.master >= 0) {
        const ssize_t put = write(t->child.master, reply->data, reply->len);
        if (put <= 0) {
            return;
        }
        buf_drain(reply, (size_t)put);
    }
}

bool
term_turn(struct term *t, int also, int64_t until_us)
{
    say(t);
    const int64_t left_us = until_us - term_now_us();
    const short want =
        (short)((t->reading ? POLLIN : 0) | (t->picture.reply.len > 0 ? POLLOUT : 0));
    struct pollfd fds[] = {
        {.fd = want != 0 ? t->child.master : -1, .events = want},
        {.fd = t->signals, .events = POLLIN},
        {.fd = also, .events = POLLIN},
    };
    const int wait_ms = left_us <= 0          ? 0
                        : left_us > INT32_MAX ? INT32_MAX / 1000
                                              : (int)((left_us + 999) / 1000);
    const int n = poll(fds, 3, wait_ms);
    if (n > 0 && (fds[1].revents & POLLIN) != 0) {
        struct signalfd_siginfo info;
        (void)!read(t->signals, &info, sizeof(info));
        child_look(&t->child);
    }
    if (n > 0 && (fds[0].revents & POLLIN) != 0) {
        hear(t);
    }
    say(t);
    return n > 0;
}

static void
obey_all(struct term *t)
{
    char *input = malloc(LINE_BYTES_MAX);
    size_t len = 0;
    bool more = input != NULL;

    while (more) {
        struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
        (void)term_turn(t, STDIN_FILENO, INT64_MAX);
        if (poll(&in, 1, 0) <= 0) {
            continue;
        }
        const ssize_t got = read(STDIN_FILENO, input + len, LINE_BYTES_MAX - len);
        if (got <= 0) {
            break;
        }
        len += (size_t)got;
        char *end = NULL;
        while (more && (end = memchr(input, '\n', len)) != NULL) {
            *end = '\0';
            more = talk_obey(t, input);
            len -= (size_t)(end + 1 - input);
            memmove(input, end + 1, len);
        }
    }
    free(input);
}

static int
begin(struct term *t, char **argv, const char *folder, int rows, int cols)
{
    sigset_t children;
    int error = 0;

    (void)sigemptyset(&children);
    (void)sigaddset(&children, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &children, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    t->signals = signalfd(-1, &children, SFD_CLOEXEC);
    if (t->by_terminfo && setupterm(NULL, STDOUT_FILENO, &error) != 0) {
        (void)fprintf(stderr, "term: no terminfo of %s\n", getenv("TERM"));
        return -1;
    }
    if (child_start(&t->child, argv, folder, rows, cols) < 0) {
        (void)fprintf(stderr, "term: %s: %s\n", argv[0], strerror(errno));
        return -1;
    }
    return 0;
}

int
main(int argc, char **argv)
{
    struct term t = {.reading = true};
    const char *folder = NULL;
    bool ascii = false;
    int rows = 24;
    int cols = 80;
    int option = 0;

    (void)setlocale(LC_ALL, "C.UTF-8");
    while ((option = getopt(argc, argv, "+r:c:d:l:ak")) != -1) {
        switch (option) {
        case 'r':
            rows = atoi(optarg);
            break;
        case 'c':
            cols = atoi(optarg);
            break;
        case 'd':
            folder = optarg;
            break;
        case 'l':
            t.log = fopen(optarg, "we");
            break;
        case 'a':
            ascii = true;
            break;
        case 'k':
            t.by_terminfo = true;
            break;
        default:
            (void)fputs(usage, stderr);
            return USAGE_EXIT;
        }
    }
    if (optind == argc || rows < 1 || cols < 1) {
        (void)fputs(usage, stderr);
        return USAGE_EXIT;
    }
    picture_init(&t.picture, rows, cols, ascii);
    if (begin(&t, argv + optind, folder, rows, cols) < 0) {
        return 1;
    }
    obey_all(&t);
    child_end(&t.child);
    picture_release(&t.picture);
    if (t.log != NULL) {
        (void)fclose(t.log);
    }
    return 0;
}

/*
 * screen_tty.c - the terminal as a descriptor: reading, a queue for writing, modes.
 *
 * Decides what an error of it means: hung up, in the background, or nothing.  Owns its own
 * description of /dev/tty, so that the shell's stdin stays blocking.  Never knows what is drawn.
 */
#include "ui/screen_tty.h"

#include "base/xalloc.h"

#include <errno.h>
#include <event2/buffer.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { READ_BYTES = 1024 };

struct screen_tty {
    int fd; /* owned */
    struct screen_tty_hooks hooks;
    struct event *readable, *writable, *hung_up; /* owned */
    struct evbuffer *out;                        /* owned */
    struct termios found;
    bool remembers; /* found is what was there before us */
    bool is_gone;
};

/* ---------------------------------------------------------------- the end of it */

/* From the loop, since the error may have been met deep inside of the caller's own call. */
static void
on_hung_up(evutil_socket_t fd, short what, void *arg)
{
    struct screen_tty *t = arg;

    (void)fd;
    (void)what;
    t->hooks.gone(t->hooks.arg);
}

static void
hang_up(struct screen_tty *t)
{
    if (t->is_gone) {
        return;
    }
    t->is_gone = true;
    (void)event_del(t->readable);
    screen_tty_drop(t);
    event_active(t->hung_up, EV_TIMEOUT, 0);
}

/* ---------------------------------------------------------------- writing */

/* Returns false where it would have to wait. */
static bool
write_some(struct screen_tty *t)
{
    const int n = evbuffer_write(t->out, t->fd);

    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        hang_up(t);
    }
    return n > 0;
}

static void
write_all(struct screen_tty *t)
{
    while (!t->is_gone && evbuffer_get_length(t->out) > 0 && write_some(t)) {}
    if (evbuffer_get_length(t->out) > 0) {
        (void)event_add(t->writable, NULL);
    } else {
        (void)event_del(t->writable);
    }
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct screen_tty *t = arg;

    (void)fd;
    (void)what;
    write_all(t);
    if (!t->is_gone && evbuffer_get_length(t->out) == 0) {
        t->hooks.drained(t->hooks.arg);
    }
}

void
screen_tty_put(struct screen_tty *t, const char *bytes, size_t len)
{
    if (!t->is_gone && len > 0) {
        (void)evbuffer_add(t->out, bytes, len);
        write_all(t);
    }
}

size_t
screen_tty_pending(const struct screen_tty *t)
{
    return evbuffer_get_length(t->out);
}

void
screen_tty_drop(struct screen_tty *t)
{
    (void)evbuffer_drain(t->out, evbuffer_get_length(t->out));
    (void)event_del(t->writable);
}

int64_t
screen_tty_clock_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
screen_tty_flush(struct screen_tty *t, int wait_ms, const char *instead, size_t len)
{
    const int64_t end_ms = screen_tty_clock_ms() + wait_ms;
    int64_t left_ms = wait_ms;

    write_all(t);
    while (evbuffer_get_length(t->out) > 0 && left_ms > 0) {
        struct pollfd p = {.fd = t->fd, .events = POLLOUT};
        (void)poll(&p, 1, (int)left_ms);
        write_all(t);
        left_ms = end_ms - screen_tty_clock_ms();
    }
    if (!t->is_gone && evbuffer_get_length(t->out) > 0) {
        screen_tty_drop(t);
        (void)tcflush(t->fd, TCOFLUSH); /* makes room where the other end does not read */
        screen_tty_put(t, instead, len);
        screen_tty_drop(t);
    }
}

/* ---------------------------------------------------------------- reading */

/* EIO of a terminal that has not hung up says that another group is in front (TTIN is ignored). */
static bool
has_hung_up(const struct screen_tty *t)
{
    struct pollfd p = {.fd = t->fd};

    return poll(&p, 1, 0) > 0 && (p.revents & POLLHUP) != 0;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct screen_tty *t = arg;
    char bytes[READ_BYTES];
    const ssize_t n = read(fd, bytes, sizeof(bytes));

    (void)what;
    if (n > 0) {
        t->hooks.bytes(t->hooks.arg, bytes, (size_t)n);
    } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    } else if (n < 0 && errno == EIO && !has_hung_up(t)) {
        t->hooks.away(t->hooks.arg);
    } else {
        hang_up(t);
    }
}

void
screen_tty_listen(struct screen_tty *t, bool on)
{
    if (on && !t->is_gone) {
        (void)event_add(t->readable, NULL);
    } else {
        (void)event_del(t->readable);
    }
}

/* ---------------------------------------------------------------- modes */

int
screen_tty_fd(const struct screen_tty *t)
{
    return t->fd;
}

bool
screen_tty_in_front(const struct screen_tty *t)
{
    return tcgetpgrp(t->fd) == getpgrp();
}

void
screen_tty_size(const struct screen_tty *t, int *ret_rows, int *ret_cols)
{
    struct winsize size = {0};
    const bool told = ioctl(t->fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0;

    *ret_rows = told ? size.ws_row : 24;
    *ret_cols = told ? size.ws_col : 80;
}

bool
screen_tty_remember(struct screen_tty *t)
{
    if (!t->remembers) {
        t->remembers = tcgetattr(t->fd, &t->found) == 0;
    }
    if (!t->remembers) {
        hang_up(t);
    }
    return t->remembers;
}

const struct termios *
screen_tty_found(const struct screen_tty *t)
{
    return &t->found;
}

void
screen_tty_raw(struct screen_tty *t)
{
    struct termios raw = t->found;

    if (!t->remembers) {
        return;
    }
    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    (void)tcsetattr(t->fd, TCSANOW, &raw); /* not TCSADRAIN, which waits for who reads */
}

void
screen_tty_restore(struct screen_tty *t)
{
    if (t->remembers && !t->is_gone && screen_tty_in_front(t)) {
        (void)tcsetattr(t->fd, TCSANOW, &t->found);
    }
    t->remembers = false;
}

/* ---------------------------------------------------------------- life */

struct screen_tty *
screen_tty_open(struct event_base *base, const struct screen_tty_hooks *hooks, struct err *err)
{
    const int fd = open("/dev/tty", O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    struct screen_tty *t = NULL;

    if (fd < 0) {
        (void)err_set(err, ERR_USAGE, "the full screen needs a terminal: /dev/tty: %s",
                      strerror(errno));
        return NULL;
    }
    t = xcalloc(1, sizeof(*t));
    t->fd = fd;
    t->hooks = *hooks;
    t->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, t);
    t->writable = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, t);
    t->hung_up = event_new(base, -1, 0, on_hung_up, t);
    t->out = evbuffer_new();
    if (t->readable == NULL || t->writable == NULL || t->hung_up == NULL || t->out == NULL) {
        abort(); /* memory: as xalloc does */
    }
    return t;
}

void
screen_tty_free(struct screen_tty *t)
{
    if (t == NULL) {
        return;
    }
    event_free(t->readable);
    event_free(t->writable);
    event_free(t->hung_up);
    evbuffer_free(t->out);
    (void)close(t->fd);
    free(t);
}

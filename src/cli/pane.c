/*
 * pane.c - snapshots on stdout: in place on a terminal, else a line a change.
 *
 * Decides what goes to the terminal and when a line is worth printing.  Owns the terminal's second
 * screen and the signals while it is open.  Each frame is one write: home, rows cleared to their
 * end, the rest cleared.
 */
#include "cli/pane.h"

#include "base/xalloc.h"
#include "ui/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define ENTER "\033[?1049h\033[?25l\033[2J"
#define LEAVE "\033[?25h\033[?1049l"

enum { WIDTH_DEFAULT = 80, ROWS_DEFAULT = 24, FRAME_BYTES_MAX = 1 << 20, LINE_BYTES_MAX = 65536 };

struct pane {
    bool terminal;
    bool color;
    bool entered;
    int signals;      /* owned: signalfd, or -1 */
    sigset_t watched; /* blocked while it is open */
    sigset_t mask;    /* before */
    char *line;       /* owned: the last that was printed */
};

bool
pane_wants_color(const struct cli *c, bool terminal)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (c->options.color != COLOR_AUTO) {
        return c->options.color == COLOR_ALWAYS;
    }
    return terminal && (no_color == NULL || no_color[0] == '\0') && term != NULL &&
           strcmp(term, "dumb") != 0;
}

static void
put(const char *text)
{
    (void)fputs(text, stdout);
    (void)fflush(stdout);
}

static void
enter(struct pane *s)
{
    if (s->terminal && !s->entered) {
        put(ENTER);
        s->entered = true;
    }
}

static void
leave(struct pane *s)
{
    if (s->entered) {
        put(LEAVE);
        s->entered = false;
    }
}

struct pane *
pane_open(const struct cli *c, struct err *err)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH};
    const char *term = getenv("TERM");
    struct pane *s = xcalloc(1, sizeof(*s));

    s->signals = -1;
    s->terminal = isatty(STDOUT_FILENO) == 1 && term != NULL && strcmp(term, "dumb") != 0;
    s->color = pane_wants_color(c, s->terminal);
    if (!s->terminal) {
        return s;
    }
    (void)sigemptyset(&s->watched);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        (void)sigaddset(&s->watched, signals[i]);
    }
    s->signals = signalfd(-1, &s->watched, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->signals < 0) {
        (void)err_set(err, ERR_IO, "the terminal cannot be watched: %s", strerror(errno));
        free(s);
        return NULL;
    }
    (void)sigprocmask(SIG_BLOCK, &s->watched, &s->mask);
    enter(s);
    return s;
}

int
pane_fd(const struct pane *s)
{
    return s->signals;
}

/* Each does what it does, with the terminal as it was; we may come back from a stop. */
void
pane_signals(struct pane *s)
{
    struct signalfd_siginfo info;

    while (s->signals >= 0 && read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGWINCH) {
            put(s->entered ? "\033[2J" : "");
            continue;
        }
        leave(s);
        (void)raise((int)info.ssi_signo);
        (void)sigprocmask(SIG_SETMASK, &s->mask, NULL);
        (void)sigprocmask(SIG_BLOCK, &s->watched, NULL);
        enter(s);
    }
}

static struct watch_size
size_of(const struct pane *s, int64_t now_ms)
{
    struct watch_size size = {
        .now_ms = now_ms, .width = WIDTH_DEFAULT, .rows = ROWS_DEFAULT, .color = s->color};
    struct winsize w = {0};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0) {
        size.width = w.ws_col > 0 ? w.ws_col : WIDTH_DEFAULT;
        size.rows = w.ws_row > 0 ? w.ws_row : ROWS_DEFAULT;
    }
    return size;
}

static void
draw(struct pane *s, const struct snapshot *snapshot, int64_t now_ms)
{
    struct watch_size size = size_of(s, now_ms);
    struct buf rows;
    struct buf frame;

    size.rows--; /* a newline in the last row would scroll */
    buf_init(&rows, FRAME_BYTES_MAX);
    buf_init(&frame, (size_t)2 * FRAME_BYTES_MAX);
    watch_rows(snapshot, &size, &rows);
    (void)buf_adds(&frame, "\033[H");
    for (size_t i = 0; i < rows.len; i++) {
        (void)buf_adds(&frame, rows.data[i] == '\n' ? "\033[K\r" : "");
        (void)buf_addc(&frame, rows.data[i]);
    }
    (void)buf_adds(&frame, "\033[J");
    put(frame.data);
    buf_release(&frame);
    buf_release(&rows);
}

static void
print_change(struct pane *s, const struct snapshot *snapshot)
{
    struct buf line;

    buf_init(&line, LINE_BYTES_MAX);
    watch_line(snapshot, &line);
    if (s->line == NULL || strcmp(s->line, line.data) != 0) {
        free(s->line);
        s->line = xstrdup(line.data);
        (void)puts(line.data);
        (void)fflush(stdout);
    }
    buf_release(&line);
}

void
pane_show(struct pane *s, const struct snapshot *snapshot, int64_t now_ms)
{
    if (s->terminal) {
        draw(s, snapshot, now_ms);
    } else {
        print_change(s, snapshot);
    }
}

/* A reader that has gone (`| head -n 1`) is not waited for until the run says something more. */
bool
pane_is_wanted(const struct pane *s)
{
    struct pollfd p = {.fd = STDOUT_FILENO};

    if (!s->terminal && poll(&p, 1, 0) == 1 && (p.revents & (POLLERR | POLLHUP)) != 0) {
        return false;
    }
    return ferror(stdout) == 0;
}

void
pane_close(struct pane *s, const struct snapshot *last, int64_t now_ms)
{
    struct watch_size size = size_of(s, now_ms);
    struct buf rows;

    leave(s);
    if (s->terminal && last != NULL) {
        buf_init(&rows, FRAME_BYTES_MAX);
        watch_rows(last, &size, &rows);
        put(rows.data);
        buf_release(&rows);
    }
    if (s->signals >= 0) {
        (void)sigprocmask(SIG_SETMASK, &s->mask, NULL);
        (void)close(s->signals);
    }
    free(s->line);
    free(s);
}

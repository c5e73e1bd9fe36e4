/*
 * proxy.c - the programs of ProxyCommand: who runs, who waits, what they said last.
 *
 * Decides how many run at once.  Owns them and their last words.  Never reads or writes their
 * sockets.
 */
#include "proc/proxy.h"

#include "base/err.h"
#include "base/escape.h"
#include "base/xalloc.h"
#include "proc/local.h"
#include "proc/spawn.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

enum { LINES = 2 }; /* the one that comes in, and the last whole one */

struct proxy {
    TAILQ_ENTRY(proxy) link;
    struct proxies *all; /* borrowed */
    const char *command; /* borrowed while it waits */
    struct local *child; /* owned; NULL: not begun, or over */
    bool over;
    bool told_to_end;
    bool orphan;             /* who asked for it has left */
    struct buf lines[LINES]; /* owned: of its stderr; bounded, the rest is dropped */
    int exit_code, signal;
    struct proxy_events events;
    void *arg; /* borrowed */
};

TAILQ_HEAD(proxy_list, proxy);

struct proxies {
    struct locals *locals;     /* borrowed */
    struct event *later;       /* owned: the next in line may begin */
    struct proxy_list waiting; /* owned by who asked */
    struct proxy_list started; /* the same, or orphans: owned */
    int running;
    bool waited; /* the line was not empty at the last look */
};

static void
destroy(struct proxy *x)
{
    for (int i = 0; i < LINES; i++) {
        buf_release(&x->lines[i]);
    }
    free(x);
}

/* ---------------------------------------------------------------- what a child tells */

static void
on_output(void *arg, int stderr_stream, const char *bytes, size_t len)
{
    struct proxy *x = arg;
    struct buf *line = &x->lines[0];

    (void)stderr_stream;
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != '\n') {
            if (line->len < PROXY_LINE_MAX && bytes[i] != '\r') {
                (void)buf_addc(line, bytes[i]);
            }
        } else if (line->len > 0) {
            const struct buf whole = *line;
            *line = x->lines[1];
            x->lines[1] = whole;
            buf_clear(line);
        }
    }
}

static void
on_exited(void *arg, int exit_code, int signal)
{
    struct proxy *x = arg;
    const bool ours = signal == SIGTERM || exit_code == 128 + SIGTERM ||
                      (signal == SIGKILL && local_was_killed(x->child));

    /* One that ended by itself has not been ended by us, even if both came at once. */
    if (!x->told_to_end || !ours) {
        x->exit_code = exit_code;
        x->signal = signal;
    }
}

static void
on_ended(void *arg, int exit_code, int signal, int timed_out)
{
    struct proxy *x = arg;
    struct proxies *p = x->all;

    (void)exit_code;
    (void)signal;
    (void)timed_out;
    x->child = NULL;
    x->over = true;
    p->running--;
    TAILQ_REMOVE(&p->started, x, link);
    if (!TAILQ_EMPTY(&p->waiting)) {
        event_active(p->later, EV_TIMEOUT, 0);
    }
    if (x->orphan) {
        destroy(x);
    } else {
        x->events.ended(x->arg);
    }
}

static const struct local_events child_events = {
    .output = on_output, .exited = on_exited, .ended = on_ended};

/* ---------------------------------------------------------------- the line */

/* 0, and ret_fd; -1 and err. */
static int
start(struct proxy *x, int *ret_fd, struct err *err)
{
    char *command;
    int ends[2];

    if (spawn_sockets(ends, err) < 0) {
        return -1;
    }
    command = xasprintf("exec %s", x->command);
    x->child = local_join(x->all->locals, command, ends[0], &child_events, x, err);
    free(command);
    (void)close(ends[0]);
    if (x->child == NULL) {
        (void)close(ends[1]);
        return -1;
    }
    *ret_fd = ends[1];
    return 0;
}

static void
begin(struct proxy *x)
{
    struct proxies *p = x->all;
    struct err err;
    int fd = -1;

    TAILQ_REMOVE(&p->waiting, x, link);
    if (start(x, &fd, &err) < 0) {
        x->over = true;
        x->events.failed(x->arg, err.text);
        return;
    }
    p->running++;
    TAILQ_INSERT_TAIL(&p->started, x, link);
    x->events.running(x->arg, fd);
}

static void
on_later(evutil_socket_t fd, short what, void *arg)
{
    struct proxies *p = arg;
    struct proxy *x;

    (void)fd;
    (void)what;
    while (p->running < PROXIES_RUNNING_MAX && (x = TAILQ_FIRST(&p->waiting)) != NULL) {
        begin(x);
    }
    if (!TAILQ_EMPTY(&p->waiting) && !p->waited) {
        x = TAILQ_FIRST(&p->waiting);
        x->events.waits(x->arg);
    }
    p->waited = !TAILQ_EMPTY(&p->waiting);
}

/* ---------------------------------------------------------------- for the rest of the house */

struct proxies *
proxies_new(struct event_base *base, struct locals *locals)
{
    struct proxies *p = xcalloc(1, sizeof(*p));

    p->locals = locals;
    p->later = event_new(base, -1, 0, on_later, p);
    if (p->later == NULL) {
        abort(); /* out of memory */
    }
    TAILQ_INIT(&p->waiting);
    TAILQ_INIT(&p->started);
    return p;
}

void
proxies_free(struct proxies *p)
{
    if (p == NULL) {
        return;
    }
    assert(TAILQ_EMPTY(&p->waiting));
    for (struct proxy *x = TAILQ_FIRST(&p->started), *next; x != NULL; x = next) {
        next = TAILQ_NEXT(x, link);
        assert(x->orphan);
        local_drop(x->child);
        destroy(x);
    }
    event_free(p->later);
    free(p);
}

struct proxy *
proxy_new(struct proxies *p, const char *command, const struct proxy_events *events, void *arg)
{
    struct proxy *x = xcalloc(1, sizeof(*x));

    x->all = p;
    x->command = command;
    x->events = *events;
    x->arg = arg;
    for (int i = 0; i < LINES; i++) {
        buf_init(&x->lines[i], PROXY_LINE_MAX + 1);
    }
    TAILQ_INSERT_TAIL(&p->waiting, x, link);
    event_active(p->later, EV_TIMEOUT, 0);
    return x;
}

void
proxy_free(struct proxy *x)
{
    if (x->child != NULL) {
        x->orphan = true;
        x->told_to_end = true;
        local_kill(x->child);
        return;
    }
    if (!x->over) {
        TAILQ_REMOVE(&x->all->waiting, x, link);
    }
    destroy(x);
}

bool
proxy_end(struct proxy *x)
{
    if (x->child == NULL) {
        return false;
    }
    x->told_to_end = true;
    local_kill(x->child);
    return true;
}

bool
proxy_is_over(const struct proxy *x)
{
    return x->over;
}

void
proxy_words(const struct proxy *x, struct buf *out)
{
    const struct buf *last = x->lines[0].len > 0 ? &x->lines[0] : &x->lines[1];
    const bool badly = x->signal != 0 || x->exit_code != 0;

    if (last->len == 0 && !badly) {
        return;
    }
    (void)buf_adds(out, "the proxy command");
    if (badly) {
        (void)buf_addf(out, x->signal != 0 ? " ended by signal %d" : " ended with exit code %d",
                       x->signal != 0 ? x->signal : x->exit_code);
    }
    if (last->len > 0) {
        (void)buf_adds(out, badly ? ", saying: " : " said: ");
        escape_line(out, last->data, last->len);
    }
}

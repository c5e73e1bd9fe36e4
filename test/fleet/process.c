/*
 * process.c - pipes to a child, or a made-up answer, behind the same few functions.
 *
 * Decides when to wake its channel.  Owns our ends of the pipes, or the answer's bytes.  Never
 * kills a child because a channel went away: sshd does not either.
 */
#include "fleet/process.h"

#include "base/xalloc.h"
#include "fleet/fleet.h"
#include "fleet/synthetic.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FAILED_EXIT = 254 };

struct process {
    struct fleet *fleet;             /* borrowed */
    struct process_request request;  /* its command is owned */
    struct event *timer;             /* owned: the delay */
    bool begun;                      /* the delay of a child is over */
    bool eof_due;                    /* asked for before it began */
    pid_t pid;                       /* 0: none */
    int fds[CHILD_FDS];              /* owned; -1: closed */
    struct event *events[CHILD_FDS]; /* owned; NULL: not opened */
    bool ended;
    int status;
    struct buf input;     /* owned: what a synthetic host was sent */
    struct answer answer; /* owned */
    size_t given[2];      /* bytes of head and tail read from each stream */
};

static void
wake(struct process *p)
{
    p->request.wake(p->request.arg);
}

static void
on_fd(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    wake(arg);
}

static void
set_timer(struct process *p, int ms)
{
    const struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000L};

    (void)evtimer_add(p->timer, &tv);
}

static void
close_end(struct process *p, int end)
{
    if (p->events[end] != NULL) {
        event_free(p->events[end]);
        p->events[end] = NULL;
    }
    if (p->fds[end] >= 0) {
        (void)close(p->fds[end]);
        p->fds[end] = -1;
    }
}

static void
begin_child(struct process *p)
{
    const struct child_request request = {
        .command = p->request.command,
        .folder = p->request.folder,
        .user = p->fleet->options.user,
        .client = p->request.client,
    };

    p->begun = true;
    p->pid = child_start(p->fleet->children, &request, p, p->fds);
    if (p->pid < 0) {
        (void)fprintf(stderr, "fleet: a shell cannot be started: %s\n", strerror(errno));
        p->pid = 0;
        p->ended = true;
        p->status = FAILED_EXIT << 8;
        return;
    }
    for (int i = 0; i < CHILD_FDS; i++) {
        p->events[i] =
            event_new(p->fleet->base, p->fds[i], i == CHILD_IN ? EV_WRITE : EV_READ, on_fd, p);
        if (p->events[i] == NULL) {
            abort();
        }
    }
    if (p->eof_due) {
        close_end(p, CHILD_IN);
    }
}

/* A child's delay is before it begins, a made-up answer's before it ends. */
static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct process *p = arg;

    (void)fd;
    (void)what;
    if (p->fleet->options.synthetic) {
        p->ended = true;
        p->status = p->answer.exit_code << 8;
    } else if (!p->begun) {
        begin_child(p);
    }
    wake(p);
}

static void
begin_answer(struct process *p)
{
    p->begun = true;
    synthetic_answer(p->request.command, &p->input, &p->answer);
    buf_release(&p->input);
    set_timer(p, p->fleet->options.delay_ms + p->answer.sleep_ms);
}

struct process *
process_new(struct fleet *fleet, const struct process_request *request)
{
    struct process *p = xcalloc(1, sizeof(*p));

    p->fleet = fleet;
    p->request = *request;
    p->request.command = xstrdup(request->command);
    for (int i = 0; i < CHILD_FDS; i++) {
        p->fds[i] = -1;
    }
    buf_init(&p->input, SYNTHETIC_INPUT_MAX);
    p->timer = evtimer_new(fleet->base, on_timer, p);
    if (p->timer == NULL) {
        abort();
    }
    if (fleet->options.synthetic) {
        if (!synthetic_reads_input(request->command)) {
            begin_answer(p);
        }
    } else if (fleet->options.delay_ms > 0) {
        set_timer(p, fleet->options.delay_ms);
    } else {
        begin_child(p);
    }
    return p;
}

void
process_free(struct process *p)
{
    if (p == NULL) {
        return;
    }
    for (int i = 0; i < CHILD_FDS; i++) {
        close_end(p, i);
    }
    child_disown(p->fleet->children, p);
    event_free(p->timer);
    buf_release(&p->input);
    synthetic_release(&p->answer);
    free((void *)(uintptr_t)p->request.command);
    free(p);
}

/* What is over the limit is dropped: only an upload's payload can be that long, and nobody reads
 * it. */
static size_t
write_synthetic(struct process *p, const char *bytes, size_t len)
{
    if (!p->begun) {
        (void)buf_add(&p->input, bytes, len);
    }
    return len;
}

size_t
process_write(struct process *p, const char *bytes, size_t len)
{
    if (p->fleet->options.synthetic) {
        return write_synthetic(p, bytes, len);
    }
    if (!p->begun) {
        return 0;
    }
    if (p->fds[CHILD_IN] < 0) {
        return len;
    }
    const ssize_t n = write(p->fds[CHILD_IN], bytes, len);
    if (n >= 0) {
        return (size_t)n;
    }
    if (errno == EAGAIN || errno == EINTR) {
        (void)event_add(p->events[CHILD_IN], NULL);
        return 0;
    }
    close_end(p, CHILD_IN); /* it does not want to read: the rest is dropped */
    return len;
}

void
process_eof(struct process *p)
{
    p->eof_due = true;
    if (!p->fleet->options.synthetic) {
        close_end(p, CHILD_IN);
    } else if (!p->begun) {
        begin_answer(p);
    }
}

static ssize_t
read_synthetic(struct process *p, int stream, char *ret_bytes, size_t max)
{
    const struct buf *head = &p->answer.head;
    const struct buf *tail = stream == 0 ? &p->answer.out : &p->answer.err;
    size_t *given = &p->given[stream];
    const struct buf *from = *given < head->len ? head : tail;
    const size_t at = from == head ? *given : *given - head->len;

    if (!p->begun || (from == tail && !p->ended)) {
        return 0;
    }
    const size_t left = at < from->len ? from->len - at : 0;
    const size_t n = left < max ? left : max;
    if (n == 0) {
        const size_t more =
            stream == 0 ? synthetic_flood(&p->answer, at - from->len, ret_bytes, max) : 0;
        *given += more;
        return more > 0 ? (ssize_t)more : -1;
    }
    memcpy(ret_bytes, from->data + at, n);
    *given += n;
    return (ssize_t)n;
}

ssize_t
process_read(struct process *p, int stream, char *ret_bytes, size_t max)
{
    const int end = stream == 0 ? CHILD_OUT : CHILD_ERR;

    if (p->fleet->options.synthetic) {
        return read_synthetic(p, stream, ret_bytes, max);
    }
    if (!p->begun) {
        return 0;
    }
    if (p->fds[end] < 0) {
        return -1;
    }
    const ssize_t n = read(p->fds[end], ret_bytes, max);
    if (n > 0) {
        return n;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        (void)event_add(p->events[end], NULL);
        return 0;
    }
    close_end(p, end);
    return -1;
}

void
process_later(struct process *p, int stream)
{
    struct event *event = p->events[stream == 0 ? CHILD_OUT : CHILD_ERR];

    if (event != NULL) {
        (void)event_add(event, NULL);
    } else if (p->ended) {
        set_timer(p, 0);
    }
}

bool
process_ended(const struct process *p, int *ret_status)
{
    *ret_status = p->status;
    return p->ended;
}

void
process_signal(struct process *p, int signal_number)
{
    if (p->pid > 0 && !p->ended) {
        (void)kill(-p->pid, signal_number);
    }
}

void
process_child_ended(void *process, int status)
{
    struct process *p = process;

    p->ended = true;
    p->status = status;
    wake(p);
}

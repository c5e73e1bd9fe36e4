/*
 * agent_wire.c - a few connections to an agent's socket, and a line of requests before them.
 *
 * Decides how long an agent is waited for, and when it is dead.  Owns the connections.  Never reads
 * into an answer.
 */
#include "ssh/agent_wire.h"

#include "base/xalloc.h"
#include "ssh/agent.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* After one that took long the next so many are not waited for in the call. */
enum { SLOW_REQUESTS = 16 };

struct line {
    struct wire *wire;    /* borrowed */
    int fd;               /* owned; -1 */
    struct event *event;  /* owned */
    struct wire_job *job; /* borrowed; NULL: it is free */
    int64_t until_ms;     /* of the job */
};

struct wire {
    char *path;              /* owned */
    struct event_base *base; /* borrowed; NULL before wire_attach */
    int64_t deadline_ms;
    struct line lines[AGENT_LINES];
    TAILQ_HEAD(wire_jobs, wire_job) waiting; /* borrowed */
    int slow;
    char trouble[ERR_TEXT_MAX];
};

static int64_t
now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---------------------------------------------------------------- sockets */

/* -1 and errno.  A socket of this kind is connected at once, or there is no room (EAGAIN). */
static int
open_socket(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(to.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(to.sun_path, path, strlen(path) + 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0) {
        const int why = errno;
        (void)close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

/* A request is small beside the room that a socket has: one that does not fit is an error. */
static int
send_whole(int fd, const struct buf *message)
{
    const ssize_t n = send(fd, message->data, message->len, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n >= 0 && (size_t)n < message->len) {
        errno = EMSGSIZE;
    }
    return n == (ssize_t)message->len ? 0 : -1;
}

static bool
is_whole(const struct buf *m)
{
    const unsigned char *p = (const unsigned char *)m->data;

    return m->len >= 4 &&
           m->len - 4 >= ((size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]);
}

/* 1: the reply is whole, 0: more is to come, -1 and errno: it never will be. */
static int
receive(int fd, struct buf *reply)
{
    char bytes[4096];

    for (;;) {
        const ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return 0;
        }
        if (n == 0) {
            errno = ECONNRESET;
        }
        if (n <= 0) {
            return -1;
        }
        const int rc = buf_add(reply, bytes, (size_t)n);
        explicit_bzero(bytes, (size_t)n);
        if (rc < 0) {
            errno = EMSGSIZE;
            return -1;
        }
        if (is_whole(reply)) {
            return 1;
        }
    }
}

/* The same, but waits until the time until_ms. */
static int
receive_until(int fd, struct buf *reply, int64_t until_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    for (;;) {
        const int rc = receive(fd, reply);
        const int64_t left_ms = until_ms - now_ms();
        if (rc != 0 || left_ms <= 0) {
            return rc;
        }
        (void)poll(&p, 1, (int)left_ms);
    }
}

int
wire_ask(const char *path, const struct buf *request, struct buf *reply, int timeout_ms,
         struct err *err)
{
    const int fd = open_socket(path);
    int rc = -1;

    if (fd < 0 || send_whole(fd, request) < 0) {
        (void)err_set(err, ERR_IO, "the agent at %s: %s", path, strerror(errno));
        goto out;
    }
    const int got = receive_until(fd, reply, now_ms() + timeout_ms);
    if (got > 0) {
        rc = 0;
    } else if (got == 0) {
        (void)err_set(err, ERR_IO, "the agent at %s does not answer", path);
    } else {
        (void)err_set(err, ERR_IO, "the agent at %s: %s", path, strerror(errno));
    }
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    return rc;
}

/* ---------------------------------------------------------------- lines */

static void
hang_up(struct line *l)
{
    if (l->event != NULL) {
        event_free(l->event);
        l->event = NULL;
    }
    if (l->fd >= 0) {
        (void)close(l->fd);
        l->fd = -1;
    }
}

static void
let_go(struct wire_job *job, enum wire_job_state state)
{
    if (job->line != NULL) {
        job->line->job = NULL;
        job->line = NULL;
    }
    job->state = state;
}

static void
die(struct wire *w, const char *why)
{
    struct wire_job *job;

    (void)snprintf(w->trouble, sizeof(w->trouble), "the agent at %.300s %s", w->path, why);
    for (int i = 0; i < AGENT_LINES; i++) {
        job = w->lines[i].job;
        hang_up(&w->lines[i]);
        if (job != NULL) {
            let_go(job, WIRE_DEAD);
            job->done(job->arg);
        }
    }
    while ((job = TAILQ_FIRST(&w->waiting)) != NULL) {
        TAILQ_REMOVE(&w->waiting, job, link);
        let_go(job, WIRE_DEAD);
        job->done(job->arg);
    }
}

static void on_line(evutil_socket_t fd, short what, void *arg);

/* A connection that is there is used; one that the agent has closed meanwhile is opened anew, once.
 * -1 and errno. */
static int
send_job(struct line *l)
{
    const bool used = l->fd >= 0;

    buf_clear(&l->job->reply);
    l->until_ms = now_ms() + l->wire->deadline_ms;
    if (used && send_whole(l->fd, &l->job->request) == 0) {
        l->job->again = true;
        return 0;
    }
    hang_up(l);
    l->job->again = false;
    l->fd = open_socket(l->wire->path);
    if (l->fd < 0 || send_whole(l->fd, &l->job->request) < 0) {
        return -1;
    }
    l->event = event_new(l->wire->base, l->fd, EV_READ, on_line, l);
    assert(l->event != NULL);
    return 0;
}

/* An answer that comes in drops has no more time. */
static void
arm(const struct line *l)
{
    const int64_t left_ms = l->until_ms - now_ms();
    const int64_t ms = left_ms > 0 ? left_ms : 0;
    const struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};

    (void)event_add(l->event, &tv);
}

static void
die_of_errno(struct wire *w)
{
    char why[128];

    (void)snprintf(why, sizeof(why), "is gone: %s", strerror(errno));
    die(w, why);
}

/* Send what waits first on a line that has become free. */
static void
next(struct line *l)
{
    struct wire *w = l->wire;
    struct wire_job *job = TAILQ_FIRST(&w->waiting);

    if (job == NULL) {
        return;
    }
    TAILQ_REMOVE(&w->waiting, job, link);
    l->job = job;
    job->line = l;
    if (send_job(l) < 0) {
        die_of_errno(w);
        return;
    }
    arm(l);
}

static void
finish(struct line *l)
{
    struct wire_job *job = l->job;

    let_go(job, WIRE_DONE);
    next(l);
    job->done(job->arg);
}

static void
on_line(evutil_socket_t fd, short what, void *arg)
{
    struct line *l = arg;
    char why[64];

    if ((what & EV_TIMEOUT) != 0) {
        (void)snprintf(why, sizeof(why), "has not answered for %g s",
                       (double)l->wire->deadline_ms / 1000);
        die(l->wire, why);
        return;
    }
    switch (receive((int)fd, &l->job->reply)) {
    case 1:
        finish(l);
        return;
    case 0:
        arm(l);
        return;
    default:
        break;
    }
    if (!l->job->again) {
        die_of_errno(l->wire);
        return;
    }
    hang_up(l);
    if (send_job(l) < 0) {
        die_of_errno(l->wire);
        return;
    }
    arm(l);
}

/* ---------------------------------------------------------------- for agent.c */

struct wire *
wire_new(const char *path)
{
    struct wire *w = xcalloc(1, sizeof(*w));

    w->path = xstrdup(path);
    TAILQ_INIT(&w->waiting);
    for (int i = 0; i < AGENT_LINES; i++) {
        w->lines[i] = (struct line){.wire = w, .fd = -1};
    }
    return w;
}

void
wire_free(struct wire *w)
{
    if (w == NULL) {
        return;
    }
    for (int i = 0; i < AGENT_LINES; i++) {
        assert(w->lines[i].job == NULL);
        hang_up(&w->lines[i]);
    }
    free(w->path);
    free(w);
}

void
wire_attach(struct wire *w, struct event_base *base, int64_t deadline_ms)
{
    w->base = base;
    w->deadline_ms = deadline_ms;
}

static struct line *
free_line(struct wire *w)
{
    struct line *found = NULL;

    for (int i = 0; i < AGENT_LINES; i++) {
        struct line *l = &w->lines[i];
        if (l->job == NULL && (found == NULL || (l->fd >= 0 && found->fd < 0))) {
            found = l;
        }
    }
    return found;
}

/* Whether the answer has come at once. */
static bool
wait_a_little(struct line *l)
{
    struct wire *w = l->wire;

    if (w->slow > 0) {
        w->slow--;
        return false;
    }
    if (receive_until(l->fd, &l->job->reply, now_ms() + AGENT_PATIENCE_MS) > 0) {
        return true;
    }
    w->slow = SLOW_REQUESTS;
    return false; /* a connection that is gone is seen by the loop, too */
}

void
wire_begin(struct wire *w, struct wire_job *job)
{
    assert(w->base != NULL && job->state != WIRE_UNDER_WAY);
    if (w->trouble[0] != '\0') {
        job->state = WIRE_DEAD;
        return;
    }
    struct line *l = free_line(w);
    job->wire = w;
    job->state = WIRE_UNDER_WAY;
    if (l == NULL) {
        TAILQ_INSERT_TAIL(&w->waiting, job, link);
        return;
    }
    l->job = job;
    job->line = l;
    if (send_job(l) < 0) {
        let_go(job, WIRE_DEAD);
        die_of_errno(w);
    } else if (wait_a_little(l)) {
        let_go(job, WIRE_DONE);
    } else {
        arm(l);
    }
}

void
wire_cancel(struct wire_job *job)
{
    struct line *l = job->line;

    if (job->state != WIRE_UNDER_WAY) {
        return;
    }
    if (l == NULL) {
        TAILQ_REMOVE(&job->wire->waiting, job, link);
        job->state = WIRE_IDLE;
        return;
    }
    let_go(job, WIRE_IDLE);
    hang_up(l); /* its answer would be taken for another's */
    next(l);
}

const char *
wire_trouble(const struct wire *w)
{
    return w->trouble;
}

/*
 * onlooker.c - a run of another process, seen and spoken to through its control socket.
 *
 * Decides that nobody but our own user is believed.  Owns the connection and the newest snapshot.
 * A line that has no end, or that is no snapshot, ends it.
 */
#include "front/onlooker.h"

#include "app/control.h"
#include "app/control_place.h"
#include "base/buf.h"
#include "base/xalloc.h"
#include "cli/snapshot_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 65536, READS_A_TURN = 8, ANSWER_BYTES_MAX = 64 * 1024 };

/* A verb that was said. */
struct said {
    int fd;              /* -1: none */
    struct event *event; /* owned: its answer, or that it takes too long */
    struct buf in;
    void (*answered)(void *arg, bool ok, const char *text);
    void *arg; /* borrowed */
};

struct onlooker {
    struct event_base *base; /* borrowed */
    int fd;                  /* -1: nothing more comes */
    struct event *readable;  /* owned */
    struct buf in;
    char *run;  /* owned */
    char *root; /* owned */
    struct said said;
    struct snapshot seen;
    bool has_seen;
    void (*changed)(void *arg);
    void *arg; /* borrowed */
};

static bool
is_ours(int fd)
{
    struct ucred peer = {0};
    socklen_t size = sizeof(peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           control_admits(peer.uid, geteuid());
}

static int
connect_to(const char *root, const char *run_id, struct err *err)
{
    char *var = xasprintf("%s/var", root);
    const int folder = control_place_open(var, false, err);
    const int fd = folder < 0 ? -1 : control_place_connect(folder, run_id, err);

    if (folder >= 0) {
        (void)close(folder);
    }
    free(var);
    if (fd >= 0 && !is_ours(fd)) {
        (void)close(fd);
        return err_set(err, ERR_IO, "control socket %s: another user listens there", run_id);
    }
    return fd;
}

static void
end(struct onlooker *o)
{
    if (o->fd >= 0) {
        event_free(o->readable);
        (void)close(o->fd);
        o->fd = -1;
    }
}

/* False: it is no snapshot. */
static bool
take_line(struct onlooker *o, const char *text, size_t len)
{
    struct snapshot s;

    if (snapshot_read(text, len, &s, NULL) != 0) {
        return false;
    }
    if (o->has_seen) {
        snapshot_release(&o->seen);
    }
    o->seen = s;
    o->has_seen = true;
    return true;
}

/* Of several lines the newest whole one counts. */
static bool
take_newest(struct onlooker *o)
{
    const char *last = memrchr(o->in.data, '\n', o->in.len);

    if (last == NULL) {
        return true;
    }
    const char *before = memrchr(o->in.data, '\n', (size_t)(last - o->in.data));
    const char *line = before == NULL ? o->in.data : before + 1;
    const bool fine = take_line(o, line, (size_t)(last - line));
    buf_drain(&o->in, (size_t)(last - o->in.data) + 1);
    return fine;
}

/* False: nothing more comes. */
static bool
read_some(struct onlooker *o)
{
    char bytes[READ_BYTES];

    for (int i = 0; i < READS_A_TURN; i++) {
        const ssize_t n = recv(o->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (n < 0) {
            return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
        }
        if (n == 0 || buf_add(&o->in, bytes, (size_t)n) != 0) {
            return false;
        }
    }
    return true;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct onlooker *o = arg;
    const bool more = read_some(o);

    (void)fd;
    (void)what;
    if (!take_newest(o) || !more) {
        end(o);
    }
    o->changed(o->arg);
}

/* ---------------------------------------------------------------- verbs */

static void
end_said(struct onlooker *o)
{
    if (o->said.fd >= 0) {
        event_free(o->said.event);
        buf_release(&o->said.in);
        (void)close(o->said.fd);
        o->said.fd = -1;
    }
}

/* Another may be said from inside of answered. */
static void
answer(struct onlooker *o, bool ok, const char *text)
{
    void (*answered)(void *arg, bool ok, const char *text) = o->said.answered;
    void *arg = o->said.arg;
    char *copy = xstrdup(text);

    end_said(o);
    answered(arg, ok, copy);
    free(copy);
}

/* "ok TEXT" or "no TEXT" */
static void
take_answer(struct onlooker *o, char *line)
{
    const bool ok = strncmp(line, "ok ", 3) == 0;

    if (ok || strncmp(line, "no ", 3) == 0) {
        answer(o, ok, line + 3);
    } else {
        answer(o, false, "the run answered what is no answer");
    }
}

static void
on_answer(evutil_socket_t fd, short what, void *arg)
{
    struct onlooker *o = arg;
    char bytes[4096];

    if ((what & EV_TIMEOUT) != 0) {
        answer(o, false, "the run does not answer");
        return;
    }
    const ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        return;
    }
    if (n <= 0 || buf_add(&o->said.in, bytes, (size_t)n) != 0) {
        answer(o, false, "the run ended without an answer");
        return;
    }
    char *end_of_line = memchr(o->said.in.data, '\n', o->said.in.len);
    if (end_of_line != NULL) {
        *end_of_line = '\0';
        take_answer(o, o->said.in.data);
    }
}

/* A line to the run over a connection of its own: the fd, or -1 and err. */
static int
tell(const char *root, const char *run_id, const char *line, struct err *err)
{
    const int fd = connect_to(root, run_id, err);
    char *text = xasprintf("%s\n", line);
    const size_t len = strlen(text);
    const bool told = fd >= 0 && send(fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len;

    free(text);
    if (fd >= 0 && !told) {
        (void)close(fd);
        return err_set(err, ERR_IO, "control socket %s: takes no line", run_id);
    }
    return fd;
}

int
onlooker_say(struct onlooker *o, const char *line,
             void (*answered)(void *arg, bool ok, const char *text), void *arg, struct err *err)
{
    static const struct timeval patience = {ONLOOKER_ANSWER_MS / 1000, 0};

    if (o->said.fd >= 0) {
        return err_set(err, ERR_IO, "the run has not answered the last one yet");
    }
    o->said.fd = tell(o->root, o->run, line, err);
    if (o->said.fd < 0) {
        return -1;
    }
    o->said.answered = answered;
    o->said.arg = arg;
    buf_init(&o->said.in, ANSWER_BYTES_MAX);
    o->said.event = event_new(o->base, o->said.fd, EV_READ | EV_PERSIST, on_answer, o);
    (void)event_add(o->said.event, &patience);
    return 0;
}

/* ---------------------------------------------------------------- */

struct onlooker *
onlooker_new(struct event_base *base, const char *root, const char *run_id,
             void (*changed)(void *arg), void *arg, struct err *err)
{
    const int fd = tell(root, run_id, "watch", err);

    if (fd < 0) {
        return NULL;
    }
    struct onlooker *o = xcalloc(1, sizeof(*o));
    o->fd = fd;
    o->base = base;
    o->run = xstrdup(run_id);
    o->root = xstrdup(root);
    o->said.fd = -1;
    o->changed = changed;
    o->arg = arg;
    buf_init(&o->in, SNAPSHOT_BYTES_MAX + (size_t)READ_BYTES * READS_A_TURN);
    o->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, o);
    (void)event_add(o->readable, NULL);
    return o;
}

void
onlooker_free(struct onlooker *o)
{
    if (o == NULL) {
        return;
    }
    end(o);
    end_said(o);
    if (o->has_seen) {
        snapshot_release(&o->seen);
    }
    buf_release(&o->in);
    free(o->run);
    free(o->root);
    free(o);
}

const char *
onlooker_run(const struct onlooker *o)
{
    return o->run;
}

const struct snapshot *
onlooker_seen(const struct onlooker *o)
{
    return o->has_seen ? &o->seen : NULL;
}

bool
onlooker_is_over(const struct onlooker *o)
{
    return o->fd < 0;
}

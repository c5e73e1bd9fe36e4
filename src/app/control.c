/*
 * control.c - the socket through which people speak to a run that goes on.
 *
 * Decides who is let in and how long they may take.  Owns the socket, the connections and their
 * bytes; knows nothing of what is said.  Never waits.
 */
#include "app/control.h"

#include "app/control_place.h"
#include "base/buf.h"
#include "base/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    OUT_BYTES_MAX = 1 << 20, /* of one client; a snapshot is far below */
    READ_BYTES = 4096,
    SWEEP_SECONDS = 1,
};

struct client {
    struct control *control; /* borrowed */
    uint32_t id;             /* 0: nobody */
    int fd;
    uid_t uid;
    bool answering; /* its line is not answered yet */
    bool inside;    /* take_lines is at work */
    bool watches;
    bool ended;       /* it will ask nothing more */
    bool last;        /* closed when its bytes are out */
    uint64_t seen;    /* number of the newest news it was given */
    int64_t moved_ms; /* when it last asked, or read, something */
    struct buf in, out;
    struct event *readable, *writable; /* owned */
};

struct control {
    struct control_config config;
    int folder; /* owned; so is fd */
    int fd;
    char *name; /* owned: of the socket in the folder */
    struct event *acceptable;
    struct event *timer;
    struct client clients[CONTROL_CLIENTS];
    uint32_t ids;
    struct buf news; /* the newest, with its end */
    uint64_t number; /* of it */
};

static int64_t
now_of(const struct control *c)
{
    return c->config.now_ms(c->config.arg);
}

static void
drop(struct client *l)
{
    if (l->id == 0) {
        return;
    }
    event_free(l->readable);
    event_free(l->writable);
    close(l->fd);
    buf_release(&l->in);
    buf_release(&l->out);
    *l = (struct client){.control = l->control, .fd = -1, .inside = l->inside};
}

static struct client *
find(struct control *c, uint32_t id)
{
    for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
        if (id != 0 && c->clients[i].id == id) {
            return &c->clients[i];
        }
    }
    return NULL;
}

/* ---------------------------------------------------------------- out */

/* Write what is taken without waiting; false: the client is gone. */
static bool
write_some(struct client *l)
{
    while (l->out.len > 0) {
        const ssize_t n = send(l->fd, l->out.data, l->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            buf_drain(&l->out, (size_t)n);
            l->moved_ms = now_of(l->control);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            (void)event_add(l->writable, NULL);
            return true;
        } else if (errno != EINTR) {
            drop(l);
            return false;
        }
    }
    if (l->last || (l->ended && !l->answering && l->in.len == 0)) {
        drop(l);
        return false;
    }
    return true;
}

static void
flush(struct client *l)
{
    struct control *c = l->control;

    if (!write_some(l) || !l->watches || l->seen == c->number || l->out.len > 0) {
        return;
    }
    l->seen = c->number;
    (void)buf_add(&l->out, c->news.data, c->news.len);
    (void)write_some(l);
}

static void
put_line(struct client *l, const char *text, size_t len)
{
    if (buf_add(&l->out, text, len) < 0 || buf_addc(&l->out, '\n') < 0) {
        drop(l);
        return;
    }
    flush(l);
}

static void
put_last(struct client *l, const char *text)
{
    l->last = true;
    put_line(l, text, strlen(text));
}

/* ---------------------------------------------------------------- in */

/* The lines that are there, one after the other, as far as they are answered and taken at once. */
static void
take_lines(struct client *l)
{
    struct control *c = l->control;
    const uint32_t id = l->id;

    l->inside = true;
    while (l->id == id && !l->answering && !l->last && l->out.len == 0) {
        const char *end = memchr(l->in.data, '\n', l->in.len);
        const size_t len = end == NULL ? l->in.len : (size_t)(end - l->in.data);
        if (len > CONTROL_LINE_BYTES) {
            put_last(l, "no a line has at most 4096 bytes");
            break;
        }
        if (end == NULL) {
            break;
        }
        char *line = xcalloc(len + 1, 1);
        memcpy(line, l->in.data, len);
        buf_drain(&l->in, len + 1);
        l->answering = true;
        l->moved_ms = now_of(c);
        c->config.line(c->config.arg, id, l->uid, line, len);
        free(line);
    }
    l->inside = false;
}

/* It may read on: `echo status | nc -N -U`. */
static void
end_of_questions(struct client *l)
{
    const uint32_t id = l->id;

    l->ended = true;
    (void)event_del(l->readable);
    if (l->in.len > 0 && l->in.data[l->in.len - 1] != '\n') {
        (void)buf_addc(&l->in, '\n');
    }
    take_lines(l);
    if (l->id == id) {
        (void)write_some(l);
    }
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct client *l = arg;
    char bytes[READ_BYTES];

    (void)what;
    const ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        return;
    }
    /* A client that asks on and on and waits for no answer is lost; and a watcher that has shut its
     * side cannot be told from one that is gone. */
    if (n < 0 || (n == 0 && l->watches) || buf_add(&l->in, bytes, (size_t)n) != 0) {
        drop(l);
    } else if (n == 0) {
        end_of_questions(l);
    } else {
        take_lines(l);
    }
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct client *l = arg;

    (void)fd;
    (void)what;
    flush(l);
    if (l->id != 0) {
        take_lines(l);
    }
}

/* ---------------------------------------------------------------- who comes */

bool
control_admits(uid_t peer, uid_t own)
{
    return peer == own;
}

/* Nothing waits in front of this line: the socket takes it, or it is lost. */
static void
turn_away(int fd, const char *text)
{
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
    close(fd);
}

static void
let_in(struct client *l, int fd, uid_t uid)
{
    struct control *c = l->control;

    c->ids = c->ids == UINT32_MAX ? 1 : c->ids + 1;
    *l = (struct client){
        .control = c, .id = c->ids, .fd = fd, .uid = uid, .moved_ms = now_of(c), .inside = false};
    buf_init(&l->in, (size_t)2 * CONTROL_LINE_BYTES + READ_BYTES);
    buf_init(&l->out, OUT_BYTES_MAX);
    l->readable = event_new(c->config.base, fd, EV_READ | EV_PERSIST, on_readable, l);
    l->writable = event_new(c->config.base, fd, EV_WRITE, on_writable, l);
    (void)event_add(l->readable, NULL);
}

static void
welcome(struct control *c, int fd)
{
    struct ucred peer = {0};
    socklen_t size = sizeof(peer);
    size_t i = 0;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
        !control_admits(peer.uid, geteuid())) {
        turn_away(fd, "no this run is another user's\n");
        return;
    }
    while (i < CONTROL_CLIENTS && c->clients[i].id != 0) {
        i++;
    }
    if (i == CONTROL_CLIENTS) {
        turn_away(fd, "no too many speak to this run already\n");
        return;
    }
    let_in(&c->clients[i], fd, peer.uid);
}

/* A run that nobody talks to is not woken. */
static void
sweep_later(struct control *c)
{
    static const struct timeval second = {.tv_sec = SWEEP_SECONDS};

    if (!evtimer_pending(c->timer, NULL)) {
        (void)evtimer_add(c->timer, &second);
    }
}

static void
on_acceptable(evutil_socket_t listening, short what, void *arg)
{
    struct control *c = arg;

    (void)what;
    sweep_later(c);
    for (int i = 0; i < CONTROL_CLIENTS; i++) {
        const int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            welcome(c, fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            (void)event_del(c->acceptable); /* until the next sweep */
            return;
        } else {
            return;
        }
    }
}

/* ---------------------------------------------------------------- time */

void
control_sweep(struct control *c)
{
    const int64_t now_ms = now_of(c);

    for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
        struct client *l = &c->clients[i];
        if (l->id == 0) {
            continue;
        }
        const int64_t still_ms = now_ms - l->moved_ms;
        if (l->out.len > 0) {
            if (still_ms >= CONTROL_STALLED_MS) {
                drop(l);
            }
        } else if (!l->watches && !l->answering && still_ms >= CONTROL_SILENT_MS) {
            put_last(l, "no nothing was asked for 10 s");
        }
    }
    (void)event_add(c->acceptable, NULL);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct control *c = arg;

    (void)fd;
    (void)what;
    control_sweep(c);
    for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
        if (c->clients[i].id != 0) {
            sweep_later(c);
            return;
        }
    }
}

/* ---------------------------------------------------------------- the whole */

struct control *
control_new(const struct control_config *config, struct err *err)
{
    const int folder = control_place_open(config->var_dir, true, err);
    char *name = xasprintf(".%ld", (long)getpid());
    const int fd = folder < 0 ? -1 : control_place_listen(folder, name, err);

    if (fd < 0) {
        if (folder >= 0) {
            close(folder);
        }
        free(name);
        return NULL;
    }
    struct control *c = xcalloc(1, sizeof(*c));
    *c = (struct control){.config = *config, .folder = folder, .fd = fd, .name = name};
    c->config.var_dir = NULL;
    buf_init(&c->news, OUT_BYTES_MAX);
    for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
        c->clients[i].control = c;
    }
    c->acceptable = event_new(config->base, fd, EV_READ | EV_PERSIST, on_acceptable, c);
    c->timer = evtimer_new(config->base, on_timer, c);
    (void)event_add(c->acceptable, NULL);
    return c;
}

int
control_publish(struct control *c, const char *name, struct err *err)
{
    if (renameat(c->folder, c->name, c->folder, name) != 0) {
        return err_set(err, ERR_IO, "control socket %s: cannot be named: %s", name,
                       strerror(errno));
    }
    free(c->name);
    c->name = xstrdup(name);
    return 0;
}

void
control_free(struct control *c)
{
    if (c == NULL) {
        return;
    }
    (void)unlinkat(c->folder, c->name, 0);
    for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
        if (c->clients[i].id != 0) {
            flush(&c->clients[i]);
        }
        drop(&c->clients[i]);
    }
    event_free(c->acceptable);
    event_free(c->timer);
    close(c->fd);
    close(c->folder);
    buf_release(&c->news);
    free(c->name);
    free(c);
}

void
control_say(struct control *c, uint32_t client, const char *text, size_t len)
{
    struct client *l = find(c, client);

    if (l == NULL) {
        return;
    }
    l->answering = false;
    put_line(l, text, len);
    l = find(c, client);
    if (l != NULL && !l->inside) {
        take_lines(l);
    }
}

void
control_watch(struct control *c, uint32_t client)
{
    struct client *l = find(c, client);

    if (l != NULL) {
        l->watches = true;
        l->seen = c->number;
    }
}

bool
control_is_watched(const struct control *c)
{
    for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
        if (c->clients[i].id != 0 && c->clients[i].watches) {
            return true;
        }
    }
    return false;
}

void
control_tell(struct control *c, const char *text, size_t len)
{
    buf_clear(&c->news);
    (void)buf_add(&c->news, text, len);
    (void)buf_addc(&c->news, '\n');
    c->number++;
    for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
        struct client *l = &c->clients[i];
        if (l->id != 0 && l->watches && l->out.len == 0) {
            flush(l);
        }
    }
}

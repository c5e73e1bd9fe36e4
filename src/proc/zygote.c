/*
 * zygote.c - name look-ups that can never block the loop.
 *
 * The zygote is a child forked before any library is initialised.  It does nothing but start one
 * short-lived child a look-up, kill it at its deadline and send the answer back; all talk is in
 * fixed-size messages over one SOCK_SEQPACKET pair, so a message is whole or not there.  This file
 * owns the queue, the cache and the zygote's life; it never calls a resolver in the loop's process.
 */
#include "proc/zygote.h"

#include "base/map.h"
#include "base/xalloc.h"
#include "proc/lookup.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAREWELL_MS = 2000 };

struct lookup {
    struct zygote *zygote; /* borrowed */
    struct lookup *next;   /* in line, on the way, or ready */
    uint32_t id;
    int port;
    int64_t timeout_ms;
    char *name; /* owned */
    void (*fn)(void *arg, enum resolve_result result, const struct addresses *addresses,
               const char *text);
    void *arg;
    bool cancelled;
    struct lookup_answer answer;
};

struct zygote {
    pid_t pid;
    int fd;
    bool dead;
    uint32_t last_id;
    int running; /* questions without an answer, those of a loop before among them */
    struct lookup *waiting, **waiting_end; /* owned: not asked yet */
    struct lookup *asked;                  /* owned: the zygote works on it */
    struct lookup *ready, **ready_end;     /* owned: to be told from the loop */
    struct map *cache;                     /* owned: name -> struct lookup_answer */
    struct event *readable;                /* owned */
    struct event *later;                   /* owned */
};

struct zygote *
zygote_start(struct err *err)
{
    return zygote_start_with(lookup_getaddrinfo, err);
}

/* A connected pair above 2: where our own 0-2 are closed, a message for people must not go to the
 * zygote. */
static int
open_pair(int pair[2])
{
    int low[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, low) < 0) {
        return -1;
    }
    pair[0] = fcntl(low[0], F_DUPFD_CLOEXEC, 3);
    pair[1] = fcntl(low[1], F_DUPFD_CLOEXEC, 3);
    (void)close(low[0]);
    (void)close(low[1]);
    if (pair[0] >= 0 && pair[1] >= 0) {
        return 0;
    }
    if (pair[0] >= 0) {
        (void)close(pair[0]);
    }
    errno = EMFILE;
    return -1;
}

struct zygote *
zygote_start_with(lookup_fn fn, struct err *err)
{
    int pair[2];

    if (open_pair(pair) < 0) {
        (void)err_set(err, ERR_IO, "resolver: no socket pair: %s", strerror(errno));
        return NULL;
    }
    const pid_t pid = fork();
    if (pid < 0) {
        (void)err_set(err, ERR_IO, "resolver: cannot fork: %s", strerror(errno));
        (void)close(pair[0]);
        (void)close(pair[1]);
        return NULL;
    }
    if (pid == 0) {
        (void)close(pair[0]);
        lookup_serve(pair[1], fn);
        _exit(0);
    }
    (void)close(pair[1]);
    (void)setpgid(pid, pid); /* the child does so too: whoever comes first */
    (void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
    struct zygote *z = xcalloc(1, sizeof(*z));
    z->pid = pid;
    z->fd = pair[0];
    z->waiting_end = &z->waiting;
    z->ready_end = &z->ready;
    z->cache = map_new(free);
    return z;
}

static void
lookup_free(struct lookup *l)
{
    free(l->name);
    free(l);
}

static void
free_list(struct lookup *l)
{
    while (l != NULL) {
        struct lookup *next = l->next;
        lookup_free(l);
        l = next;
    }
}

static void
free_events(struct zygote *z)
{
    if (z->readable != NULL) {
        event_free(z->readable);
        event_free(z->later);
        z->readable = z->later = NULL;
    }
}

/* It ends when its pipe does; one that cannot (stopped by somebody) is killed with its look-ups. */
static void
reap(pid_t pid)
{
    for (int ms = 0; ms < FAREWELL_MS; ms++) {
        if (waitpid(pid, NULL, WNOHANG) != 0) {
            return;
        }
        (void)poll(NULL, 0, 1);
    }
    (void)kill(-pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
}

void
zygote_free(struct zygote *z)
{
    if (z == NULL) {
        return;
    }
    free_events(z);
    (void)close(z->fd);
    reap(z->pid);
    free_list(z->waiting);
    free_list(z->asked);
    free_list(z->ready);
    map_free(z->cache);
    free(z);
}

static void
make_ready(struct zygote *z, struct lookup *l)
{
    l->next = NULL;
    *z->ready_end = l;
    z->ready_end = &l->next;
    event_active(z->later, EV_TIMEOUT, 0);
}

static void
fail(struct lookup *l, const char *text)
{
    l->answer.result = RESOLVE_TEMPORARY;
    (void)snprintf(l->answer.text, sizeof(l->answer.text), "%s", text);
    make_ready(l->zygote, l);
}

static struct lookup *
take_asked(struct zygote *z, uint32_t id)
{
    for (struct lookup **p = &z->asked; *p != NULL; p = &(*p)->next) {
        struct lookup *l = *p;
        if (l->id == id) {
            *p = l->next;
            return l;
        }
    }
    return NULL;
}

static bool
answer_from_cache(struct lookup *l)
{
    const struct lookup_answer *known = map_get(l->zygote->cache, l->name);

    if (known == NULL) {
        return false;
    }
    l->answer = *known;
    return true;
}

static bool
ask(struct zygote *z, struct lookup *l)
{
    struct lookup_question q = {.id = l->id, .timeout_ms = l->timeout_ms};

    (void)snprintf(q.name, sizeof(q.name), "%s", l->name);
    return send(z->fd, &q, sizeof(q), MSG_NOSIGNAL) == (ssize_t)sizeof(q);
}

/* Ask as many as may run. */
static void
ask_next(struct zygote *z)
{
    while (z->waiting != NULL && z->running < RESOLVE_PARALLEL_MAX) {
        struct lookup *l = z->waiting;
        z->waiting = l->next;
        if (z->waiting == NULL) {
            z->waiting_end = &z->waiting;
        }
        if (l->cancelled) {
            lookup_free(l);
        } else if (answer_from_cache(l)) {
            make_ready(z, l); /* found while it waited */
        } else if (z->dead || !ask(z, l)) {
            fail(l, "the resolver process is gone");
        } else {
            z->running++;
            l->next = z->asked;
            z->asked = l;
        }
    }
}

static void
on_dead(struct zygote *z)
{
    z->dead = true;
    z->running = 0;
    (void)event_del(z->readable);
    while (z->asked != NULL) {
        struct lookup *l = z->asked;
        z->asked = l->next;
        fail(l, "the resolver process is gone");
    }
    ask_next(z);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct zygote *z = arg;
    struct lookup_answer answer;

    (void)what;
    const ssize_t n = recv(fd, &answer, sizeof(answer), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n != (ssize_t)sizeof(answer) || answer.addresses.count < 0 ||
        answer.addresses.count > RESOLVE_ADDRESSES_MAX) {
        on_dead(z);
        return;
    }
    z->running--;
    struct lookup *l = take_asked(z, answer.id);
    if (l != NULL) {
        answer.text[sizeof(answer.text) - 1] = '\0';
        l->answer = answer;
        if (answer.result == RESOLVE_OK) {
            map_set(z->cache, l->name, xmemdup(&answer, sizeof(answer)));
        }
        make_ready(z, l);
    }
    ask_next(z);
}

static void
set_port(struct addresses *list, int port)
{
    for (int i = 0; i < list->count; i++) {
        union address *a = &list->items[i];
        if (a->any.sa_family == AF_INET6) {
            a->v6.sin6_port = htons((uint16_t)port);
        } else {
            a->v4.sin_port = htons((uint16_t)port);
        }
    }
}

static void
tell(struct lookup *l)
{
    set_port(&l->answer.addresses, l->port);
    if (!l->cancelled) {
        l->fn(l->arg, l->answer.result, &l->answer.addresses, l->answer.text);
    }
    lookup_free(l);
}

static void
on_later(evutil_socket_t fd, short what, void *arg)
{
    struct zygote *z = arg;
    struct lookup *l = z->ready;

    (void)fd;
    (void)what;
    z->ready = NULL;
    z->ready_end = &z->ready;
    while (l != NULL) {
        struct lookup *next = l->next;
        tell(l);
        l = next;
    }
}

void
zygote_attach(struct zygote *z, struct event_base *base)
{
    assert(z->ready == NULL && z->asked == NULL && z->waiting == NULL);
    free_events(z); /* of a base before */
    z->readable = event_new(base, z->fd, EV_READ | EV_PERSIST, on_readable, z);
    z->later = event_new(base, -1, 0, on_later, z);
    assert(z->readable != NULL && z->later != NULL);
    if (!z->dead) {
        (void)event_add(z->readable, NULL);
    }
}

void
zygote_detach(struct zygote *z)
{
    free_events(z);
    free_list(z->waiting);
    free_list(z->asked);
    free_list(z->ready);
    z->waiting = z->asked = z->ready = NULL;
    z->waiting_end = &z->waiting;
    z->ready_end = &z->ready;
}

/* An address needs no look-up; a name that no resolver should see gets no further. */
static bool
answer_at_once(struct lookup *l)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    struct lookup_answer *a = &l->answer;
    struct sockaddr_in *v4 = &a->addresses.items[0].v4;
    struct sockaddr_in6 *v6 = &a->addresses.items[0].v6;
    const size_t len = strlen(l->name);

    if (answer_from_cache(l)) {
        return true;
    }
    if (inet_pton(AF_INET, l->name, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        a->addresses.sizes[0] = sizeof(*v4);
        a->addresses.count = 1;
        return true;
    }
    if (inet_pton(AF_INET6, l->name, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        a->addresses.sizes[0] = sizeof(*v6);
        a->addresses.count = 1;
        return true;
    }
    if (len == 0 || len >= LOOKUP_NAME_MAX || l->name[0] == '-' || strspn(l->name, safe) != len) {
        a->result = RESOLVE_NO_NAME;
        (void)snprintf(a->text, sizeof(a->text), "not a host name");
        return true;
    }
    return false;
}

struct lookup *
zygote_resolve(struct zygote *z, const char *name, int port, int64_t timeout_ms,
               void (*fn)(void *arg, enum resolve_result result, const struct addresses *addresses,
                          const char *text),
               void *arg)
{
    struct lookup *l = xcalloc(1, sizeof(*l));

    assert(z->later != NULL);
    l->zygote = z;
    l->id = ++z->last_id;
    l->port = port;
    l->timeout_ms = timeout_ms;
    l->name = xstrdup(name);
    l->fn = fn;
    l->arg = arg;
    if (answer_at_once(l)) {
        make_ready(z, l);
        return l;
    }
    *z->waiting_end = l;
    z->waiting_end = &l->next;
    ask_next(z);
    return l;
}

void
lookup_cancel(struct lookup *l)
{
    l->cancelled = true;
}

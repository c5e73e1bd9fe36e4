/*
 * rig.h - probes on a loop, and a server in the same loop that does what a script says.
 *
 * Names ending in .test are looked up by look_up() below, inside the zygote.  Every wait is for a
 * fact, with a guard that fails the test.
 */
#ifndef TEST_PROBE_RIG_H
#define TEST_PROBE_RIG_H

#include "probe/probe.h"

#include "proc/lookup.h"

#include <arpa/inet.h>
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    GUARD_MS = 120000,
    LONG_MS = 100000,
    SHORT_MS = 250,   /* where nothing must happen before */
    STEADY_MS = 2000, /* where something must, under valgrind too */
    TALK_MAX = 4096,
};

enum then { THEN_CLOSE, THEN_STALL, THEN_RESET, THEN_REPEAT };

struct script {
    bool at_once; /* does not wait for a request */
    const char *first;
    size_t first_len; /* 0: strlen */
    enum then then;
    const char *again; /* THEN_REPEAT: for ever */
};

struct rig {
    struct event_base *base;
    struct probes *probes;
    int listener; /* -1: none */
    int port;
    struct event *accepting;
    const struct script *script;
    int accepted, open;
    char talk[TALK_MAX]; /* what the last connection said */
    size_t talk_len;
    int left; /* leave the loop when as many were told */
    int told, passed;
    char text[PROBE_TEXT_MAX + 1];
    int tasks_most;
};

struct conn {
    struct rig *rig;
    int fd;
    size_t sent, got;
    bool asked;
    struct event *readable, *writable;
};

static inline int
entries(const char *folder)
{
    DIR *d = opendir(folder);
    int n = 0;

    assert_non_null(d);
    while (readdir(d) != NULL) {
        n++;
    }
    closedir(d);
    return n - 2;
}

static inline void
note_tasks(struct rig *r)
{
    const int n = entries("/proc/self/task");

    r->tasks_most = n > r->tasks_most ? n : r->tasks_most;
}

static inline void
conn_free(struct conn *c, bool reset)
{
    const struct linger none = {.l_onoff = 1, .l_linger = 0};

    if (reset) {
        (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    }
    event_free(c->readable);
    event_free(c->writable);
    (void)close(c->fd);
    if (--c->rig->open == 0 && c->rig->left == 0) {
        (void)event_base_loopbreak(c->rig->base);
    }
    free(c);
}

/* False when the socket takes no more. */
static inline bool
conn_send(struct conn *c, const char *bytes, size_t len)
{
    const ssize_t n = send(c->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n > 0) {
        c->sent += (size_t)n;
    }
    return n == (ssize_t)len;
}

static inline void
on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct conn *c = arg;
    const struct script *s = c->rig->script;
    const size_t len = s->first_len > 0 ? s->first_len : strlen(s->first);

    (void)fd;
    (void)what;
    if (c->sent < len && !conn_send(c, s->first + c->sent, len - c->sent)) {
        return;
    }
    switch (s->then) {
    case THEN_REPEAT:
        while (conn_send(c, s->again, strlen(s->again))) {}
        return;
    case THEN_STALL:
        (void)event_del(c->writable);
        return;
    case THEN_RESET:
        conn_free(c, true);
        return;
    case THEN_CLOSE:
        conn_free(c, false);
        return;
    }
}

static inline void
on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct conn *c = arg;
    struct rig *r = c->rig;
    char bytes[TALK_MAX];
    const ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

    (void)what;
    if (n < 0 && errno == EAGAIN) {
        return;
    }
    if (n <= 0) {
        conn_free(c, false);
        return;
    }
    if (r->talk_len + (size_t)n < sizeof(r->talk)) {
        memcpy(r->talk + r->talk_len, bytes, (size_t)n);
        r->talk_len += (size_t)n;
        r->talk[r->talk_len] = '\0';
    }
    if (!c->asked && (memmem(bytes, (size_t)n, "\r\n\r\n", 4) != NULL || bytes[0] == 0x16)) {
        c->asked = true;
        note_tasks(r);
        (void)event_add(c->writable, NULL);
    }
}

static inline void
on_accept(evutil_socket_t fd, short what, void *arg)
{
    struct rig *r = arg;
    const int conn = accept4((int)fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    (void)what;
    if (conn < 0) {
        return;
    }
    struct conn *c = calloc(1, sizeof(*c));
    assert_non_null(c);
    c->rig = r;
    c->fd = conn;
    c->readable = event_new(r->base, conn, EV_READ | EV_PERSIST, on_readable, c);
    c->writable = event_new(r->base, conn, EV_WRITE | EV_PERSIST, on_writable, c);
    r->talk_len = 0;
    r->accepted++;
    r->open++;
    note_tasks(r);
    (void)event_add(c->readable, NULL);
    if (r->script->at_once) {
        (void)event_add(c->writable, NULL);
    }
}

/* A listener on literal, at *port or at a free one (0). */
static inline int
listen_at(const char *literal, int *port, int backlog)
{
    struct sockaddr_storage a = {0};
    struct sockaddr_in *v4 = (void *)&a;
    struct sockaddr_in6 *v6 = (void *)&a;
    socklen_t len = sizeof(*v4);

    if (inet_pton(AF_INET, literal, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)*port);
    } else {
        assert_int_equal(inet_pton(AF_INET6, literal, &v6->sin6_addr), 1);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)*port);
        len = sizeof(*v6);
    }
    const int fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) < 0 || listen(fd, backlog) < 0) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return -1;
    }
    len = sizeof(a);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    *port = ntohs(a.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
    return fd;
}

static inline int
closed_port(void)
{
    int port = 0;

    (void)close(listen_at("127.0.0.1", &port, 1));
    return port;
}

/* A listener whose queue is full: who connects gets no answer. */
struct deaf {
    int listener;
    int fds[8];
};

static inline struct deaf
deaf_at(const char *literal, int *port)
{
    struct deaf d = {.listener = listen_at(literal, port, 0)};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};

    assert_true(d.listener >= 0);
    (void)inet_pton(AF_INET, literal, &in.sin_addr);
    for (int i = 0; i < 8; i++) {
        d.fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)connect(d.fds[i], (const struct sockaddr *)&in, sizeof(in));
    }
    return d;
}

static inline void
deaf_free(struct deaf *d)
{
    (void)close(d->listener);
    for (int i = 0; i < 8; i++) {
        (void)close(d->fds[i]);
    }
}

static inline struct rig
rig_new(struct zygote *z, const char *literal, const struct script *script)
{
    struct rig r = {.base = event_base_new(), .listener = -1, .script = script};

    assert_non_null(r.base);
    zygote_attach(z, r.base);
    r.probes = probes_new(&(struct probes_config){.base = r.base, .zygote = z});
    if (literal != NULL) {
        r.listener = listen_at(literal, &r.port, 1024);
    }
    return r;
}

/* The second half: what points at the rig, when it has its place. */
static inline void
rig_serve(struct rig *r)
{
    if (r->listener >= 0) {
        r->accepting = event_new(r->base, r->listener, EV_READ | EV_PERSIST, on_accept, r);
        (void)event_add(r->accepting, NULL);
    }
    note_tasks(r);
}

static inline void
on_guard(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    fail_msg("%s", "the guard's time is over");
}

static inline void
rig_loop(struct rig *r)
{
    struct event *guard = evtimer_new(r->base, on_guard, NULL);
    const struct timeval tv = {.tv_sec = GUARD_MS / 1000};

    (void)evtimer_add(guard, &tv);
    (void)event_base_dispatch(r->base);
    event_free(guard);
}

/* Until the server has seen the end of every connection. */
static inline void
rig_drain(struct rig *r)
{
    r->left = 0;
    if (r->open > 0) {
        rig_loop(r);
    }
}

static inline void
rig_free(struct rig *r, struct zygote *z)
{
    probes_free(r->probes);
    rig_drain(r);
    if (r->accepting != NULL) {
        event_free(r->accepting);
        (void)close(r->listener);
    }
    zygote_detach(z);
    event_base_free(r->base);
}

static inline void
on_told(void *arg, bool passed, const char *text)
{
    struct rig *r = arg;

    r->told++;
    r->passed += passed ? 1 : 0;
    (void)snprintf(r->text, sizeof(r->text), "%s", text);
    assert_true(strlen(text) <= PROBE_TEXT_MAX);
    note_tasks(r);
    if (--r->left == 0) {
        (void)event_base_loopbreak(r->base);
    }
}

/* One probe to its end. */
static inline bool
rig_ask(struct rig *r, const struct probe_request *q)
{
    const int passed = r->passed;
    const int told = r->told;

    r->left = 1;
    (void)probe_start(r->probes, q, on_told, r);
    assert_int_equal(r->told, told); /* never from inside */
    rig_loop(r);
    assert_int_equal(r->told, told + 1);
    return r->passed > passed;
}

/* What names mean, in the zygote's children: `wait.test` has no answer; two.test is 127.0.0.2, then
 * 127.0.0.1; twice.test two addresses where nobody listens; none.test is none. */
static inline void
add_address(struct lookup_answer *a, const char *literal)
{
    struct sockaddr_in in = {.sin_family = AF_INET};

    (void)inet_pton(AF_INET, literal, &in.sin_addr);
    memcpy(&a->addresses.items[a->addresses.count], &in, sizeof(in));
    a->addresses.sizes[a->addresses.count++] = sizeof(in);
}

static inline void
look_up(const char *name, struct lookup_answer *ret)
{
    ret->result = RESOLVE_OK;
    if (strcmp(name, "wait.test") == 0) {
        (void)pause();
    } else if (strcmp(name, "none.test") == 0) {
        ret->result = RESOLVE_NO_NAME;
        (void)snprintf(ret->text, sizeof(ret->text), "Name or\033 service not known");
    } else if (strcmp(name, "two.test") == 0) {
        add_address(ret, "127.0.0.2");
        add_address(ret, "127.0.0.1");
    } else if (strcmp(name, "twice.test") == 0) {
        add_address(ret, "127.0.0.2");
        add_address(ret, "127.0.0.3");
    } else {
        add_address(ret, "127.0.0.1");
    }
}

#endif

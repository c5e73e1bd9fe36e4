/*
 * probe.c - the life of a probe: in line, looked up, tried address by address, told.
 *
 * Decides who may start, when a try is over, and which address comes next.  Owns the line and the
 * deadline of each.  Never speaks on a connection: tcp.c and http.c do, one address at a time.
 */
#include "probe/probe.h"

#include "base/buf.h"
#include "base/duration.h"
#include "base/escape.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "probe/http.h"
#include "probe/tcp.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STARTS_A_TURN_MAX = 16 };

/* A probe is in one list: `line` -> `running` <-> `due` -> `told` -> gone.
 *
 *   line     nothing was done for it yet
 *   running  its deadline runs; a look-up or an attempt is under way
 *   due      an outcome is noted; `later` frees what was under way, outside its own callback, and
 *            goes on to the next address or tells
 *   told     its callback was called; freed when that turn of `later` is over
 */
struct list {
    struct probe *first;
    struct probe *last;
    size_t count;
};

struct probe {
    struct probes *probes;        /* borrowed */
    struct list *list;            /* borrowed: the one it is in */
    struct probe *prev, *next;    /* borrowed: in that list */
    struct probe_request request; /* its texts are in `texts` */
    struct strv texts;            /* owned */
    int *statuses;                /* owned */
    struct event *deadline;       /* owned; NULL in line */
    struct lookup *lookup;        /* owned while it runs */
    struct addresses *addresses;  /* owned; NULL until looked up */
    int tried;                    /* of those */
    struct tcp_call *tcp;         /* owned: the attempt under way, if TCP */
    struct http_call *http;       /* owned: the same, if HTTP */
    enum attempt_end end;         /* once due */
    char *text;                   /* owned; once due */
    void (*done)(void *arg, bool passed, const char *text);
    void *arg; /* borrowed */
};

struct probes {
    struct event_base *base;              /* borrowed */
    struct zygote *zygote;                /* borrowed */
    struct http *http;                    /* owned; NULL until the first HTTP probe */
    struct event *starter;                /* owned: somebody in line may start */
    struct event *later;                  /* owned: somebody is due */
    struct list line, running, due, told; /* owned */
    bool telling;                         /* in a callback of a user */
};

static void
unlist(struct probe *p)
{
    struct list *l = p->list;

    if (p->prev != NULL) {
        p->prev->next = p->next;
    } else {
        l->first = p->next;
    }
    if (p->next != NULL) {
        p->next->prev = p->prev;
    } else {
        l->last = p->prev;
    }
    l->count--;
    p->prev = p->next = NULL;
    p->list = NULL;
}

static void
enlist(struct probe *p, struct list *l)
{
    p->prev = l->last;
    if (l->last != NULL) {
        l->last->next = p;
    } else {
        l->first = p;
    }
    l->last = p;
    l->count++;
    p->list = l;
}

/* Note how it went; what is under way is freed later.  The first word that ends it all counts. */
static void
settle(struct probe *p, enum attempt_end end, const char *text)
{
    struct buf line;

    assert(p->list == &p->probes->running || p->list == &p->probes->due);
    if (p->list == &p->probes->due && p->end != ATTEMPT_NO_CONNECTION) {
        return;
    }
    buf_init(&line, PROBE_TEXT_MAX);
    escape_line(&line, text, strlen(text));
    free(p->text);
    p->text = buf_detach(&line);
    buf_release(&line);
    p->end = end;
    if (p->list != &p->probes->due) {
        unlist(p);
        enlist(p, &p->probes->due);
        event_active(p->probes->later, EV_TIMEOUT, 0);
    }
}

static void
waited(const struct probe *p, char *ret_text, size_t size)
{
    const int64_t ms = p->request.timeout_ms;

    if (ms < 60000 && ms % 1000 == 0) {
        (void)snprintf(ret_text, size, "%" PRId64 "s", ms / 1000);
    } else {
        duration_human(ms, ret_text, size);
    }
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct probe *p = arg;
    char text[PROBE_TEXT_MAX];
    char time[32];

    (void)fd;
    (void)what;
    waited(p, time, sizeof(time));
    if (p->http != NULL) {
        http_overdue(p->http, time, text, sizeof(text));
    } else {
        (void)snprintf(text, sizeof(text), "%sno answer in %s",
                       p->lookup != NULL ? "name look-up: " : "", time);
    }
    settle(p, ATTEMPT_FAILED, text);
}

static void
on_attempt(void *arg, enum attempt_end end, const char *text)
{
    struct probe *p = arg;
    char all[PROBE_TEXT_MAX];

    if (p->list == &p->probes->due) {
        return; /* its deadline came first, in the same turn of the loop */
    }
    if (end == ATTEMPT_NO_CONNECTION && p->tried > 1 && p->tried == p->addresses->count) {
        (void)snprintf(all, sizeof(all), "%s (the last of %d addresses)", text, p->tried);
        text = all;
    }
    settle(p, end, text);
}

static struct http *
need_http(struct probes *ps)
{
    if (ps->http == NULL) {
        ps->http = http_new(ps->base);
    }
    return ps->http;
}

/* Each address has an equal share of the time to connect; the last has all that is left. */
static void
try_next(struct probe *p)
{
    const int i = p->tried++;
    const int count = p->addresses->count;
    const int64_t share_ms = p->request.timeout_ms / count;
    const int64_t connect_ms = i == count - 1 ? 0 : share_ms > 0 ? share_ms : 1;
    const struct sockaddr *address = &p->addresses->items[i].any;

    if (p->request.kind == PROBE_TCP) {
        p->tcp =
            tcp_start(p->probes->base, address, p->addresses->sizes[i], connect_ms, on_attempt, p);
        return;
    }
    const struct exchange_order order = {
        .request = &p->request, .address = address, .connect_ms = connect_ms};
    p->http = http_start(need_http(p->probes), &order, on_attempt, p);
    if (p->http == NULL) {
        settle(p, ATTEMPT_FAILED, "host, port and path make no URL");
    }
}

static void
on_looked_up(void *arg, enum resolve_result result, const struct addresses *addresses,
             const char *text)
{
    struct probe *p = arg;
    char line[PROBE_TEXT_MAX];

    p->lookup = NULL;
    if (p->list == &p->probes->due) {
        return;
    }
    if (result != RESOLVE_OK || addresses->count == 0) {
        (void)snprintf(line, sizeof(line), "name look-up: %s",
                       result != RESOLVE_OK ? text : "no address");
        settle(p, ATTEMPT_FAILED, line);
        return;
    }
    p->addresses = xmemdup(addresses, sizeof(*addresses));
    try_next(p);
}

static void
start(struct probe *p)
{
    const int64_t ms = p->request.timeout_ms;
    const struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    unlist(p);
    enlist(p, &p->probes->running);
    p->deadline = evtimer_new(p->probes->base, on_deadline, p);
    assert(p->deadline != NULL);
    (void)evtimer_add(p->deadline, &tv);
    p->lookup =
        zygote_resolve(p->probes->zygote, p->request.address, p->request.port, ms, on_looked_up, p);
}

static bool
may_start(const struct probes *ps)
{
    return ps->line.first != NULL && ps->running.count + ps->due.count < PROBES_AT_ONCE_MAX;
}

static void
start_soon(struct probes *ps)
{
    const struct timeval at_once = {0};

    if (may_start(ps) && !evtimer_pending(ps->starter, NULL)) {
        (void)evtimer_add(ps->starter, &at_once);
    }
}

/* A few a turn: curl begins all that were added in one call, and with TLS each costs 0.15 ms. */
static void
on_starter(evutil_socket_t fd, short what, void *arg)
{
    struct probes *ps = arg;

    (void)fd;
    (void)what;
    for (int i = 0; i < STARTS_A_TURN_MAX && may_start(ps); i++) {
        start(ps->line.first);
    }
    start_soon(ps);
}

static void
drop_attempt(struct probe *p)
{
    tcp_free(p->tcp);
    p->tcp = NULL;
    http_call_free(p->http);
    p->http = NULL;
}

/* What is under way; harmless when nothing is. */
static void
release(struct probe *p)
{
    drop_attempt(p);
    if (p->lookup != NULL) {
        lookup_cancel(p->lookup);
        p->lookup = NULL;
    }
    if (p->deadline != NULL) {
        event_free(p->deadline);
        p->deadline = NULL;
    }
}

static void
probe_free(struct probe *p)
{
    release(p);
    free(p->addresses);
    free(p->statuses);
    strv_clear(&p->texts);
    free(p->text);
    free(p);
}

static void
free_all(struct list *l)
{
    struct probe *next = NULL;

    for (struct probe *p = l->first; p != NULL; p = next) {
        next = p->next;
        probe_free(p);
    }
    *l = (struct list){0};
}

static void
tell(struct probe *p)
{
    struct probes *ps = p->probes;

    release(p);
    unlist(p);
    enlist(p, &ps->told);
    ps->telling = true;
    p->done(p->arg, p->end == ATTEMPT_PASSED, p->text);
    ps->telling = false;
}

static void
on_later(evutil_socket_t fd, short what, void *arg)
{
    struct probes *ps = arg;
    struct probe *p;

    (void)fd;
    (void)what;
    while ((p = ps->due.first) != NULL) {
        if (p->end == ATTEMPT_NO_CONNECTION && p->tried < p->addresses->count) {
            drop_attempt(p);
            unlist(p);
            enlist(p, &ps->running);
            try_next(p);
        } else {
            tell(p);
        }
    }
    free_all(&ps->told);
    start_soon(ps);
}

struct probes *
probes_new(const struct probes_config *config)
{
    struct probes *ps = xcalloc(1, sizeof(*ps));

    ps->base = config->base;
    ps->zygote = config->zygote;
    ps->later = event_new(ps->base, -1, 0, on_later, ps);
    ps->starter = evtimer_new(ps->base, on_starter, ps);
    assert(ps->later != NULL && ps->starter != NULL);
    return ps;
}

void
probes_free(struct probes *ps)
{
    if (ps == NULL) {
        return;
    }
    assert(!ps->telling);
    free_all(&ps->line);
    free_all(&ps->running);
    free_all(&ps->due);
    event_free(ps->starter);
    event_free(ps->later);
    http_free(ps->http);
    free(ps);
}

int
probes_warm(struct probes *ps, const char *ca_file, struct err *err)
{
    return http_warm(need_http(ps), ca_file, err);
}

static const char *
keep(struct probe *p, const char *text)
{
    if (text == NULL) {
        return NULL;
    }
    strv_add(&p->texts, text);
    return p->texts.items[p->texts.count - 1];
}

struct probe *
probe_start(struct probes *ps, const struct probe_request *request,
            void (*done)(void *arg, bool passed, const char *text), void *arg)
{
    struct probe *p = xcalloc(1, sizeof(*p));

    assert(request->timeout_ms > 0);
    p->probes = ps;
    p->request = *request;
    p->request.address = keep(p, request->address);
    p->request.host = keep(p, request->host);
    p->request.path = keep(p, request->path);
    p->request.ca_file = keep(p, request->ca_file);
    if (request->status_count > 0) {
        p->statuses = xmemdup(request->statuses, request->status_count * sizeof(*p->statuses));
    }
    p->request.statuses = p->statuses;
    p->done = done;
    p->arg = arg;
    enlist(p, &ps->line);
    start_soon(ps);
    return p;
}

void
probe_cancel(struct probe *p)
{
    struct probes *ps = p->probes;

    assert(p->list != &ps->told);
    unlist(p);
    probe_free(p);
    start_soon(ps);
}

/*
 * way_proxy.c - the way to a host that a program makes: ProxyCommand.
 *
 * Decides what of the program's life the slot is told.  Owns its place among the programs.  Never
 * speaks on the socket.
 */
#include "ssh/way.h"

#include "base/xalloc.h"
#include "proc/proxy.h"

#include <stdio.h>
#include <stdlib.h>

struct by_proxy {
    struct way base;     /* first */
    struct proxy *proxy; /* owned; NULL: there can be none */
    struct event *fail;  /* owned: says so from the loop; NULL */
};

static void
on_running(void *arg, int fd)
{
    struct by_proxy *w = arg;

    way_arrive(&w->base, fd);
}

static void
on_failed(void *arg, const char *text)
{
    struct by_proxy *w = arg;

    way_fail(&w->base, CAUSE_LOCAL, false, "proxy command: %s", text);
}

static void
on_waits(void *arg)
{
    const struct by_proxy *w = arg;

    char text[ERR_TEXT_MAX];

    (void)snprintf(text, sizeof(text), "%d proxy commands run at once: more wait for one to end",
                   PROXIES_RUNNING_MAX);
    w->base.request.note(w->base.request.arg, text);
}

static void
on_ended(void *arg)
{
    const struct by_proxy *w = arg;

    w->base.request.changed(w->base.request.arg);
}

static const struct proxy_events events = {
    .running = on_running, .failed = on_failed, .waits = on_waits, .ended = on_ended};

static void
free_by_proxy(struct way *way)
{
    struct by_proxy *w = (struct by_proxy *)way;

    if (w->proxy != NULL) {
        proxy_free(w->proxy);
    }
    if (w->fail != NULL) {
        event_free(w->fail);
    }
    free(w);
}

static bool
leave(struct way *way)
{
    return proxy_end(((struct by_proxy *)way)->proxy);
}

static bool
left(const struct way *way)
{
    return proxy_is_over(((const struct by_proxy *)way)->proxy);
}

static void
say_words(const struct way *way, struct buf *out)
{
    proxy_words(((const struct by_proxy *)way)->proxy, out);
}

static const struct way_kind kind = {
    .free = free_by_proxy, .leave = leave, .left = left, .words = say_words};

static void
on_fail(evutil_socket_t fd, short what, void *arg)
{
    struct by_proxy *w = arg;

    (void)fd;
    (void)what;
    way_fail(&w->base, CAUSE_LOCAL, false, "proxy command: no program can be run here");
}

struct way *
way_new_proxy(const struct way_request *request)
{
    struct by_proxy *w = xcalloc(1, sizeof(*w));
    struct ways *ways = request->ways;

    way_init(&w->base, &kind, request);
    if (ways->proxies != NULL) {
        w->proxy = proxy_new(ways->proxies, request->target->proxy_command, &events, w);
        return &w->base;
    }
    w->fail = event_new(ways->config->base, -1, 0, on_fail, w);
    if (w->fail == NULL) {
        abort(); /* out of memory */
    }
    event_active(w->fail, EV_TIMEOUT, 0);
    return &w->base;
}

/*
 * way.c - the ways to a host, and the straight one: its name is looked up, its addresses dialled.
 *
 * Decides which kind a target asks for.  Owns the look-up and the dial of a straight way.  Never
 * speaks on the socket it yields.
 */
#include "ssh/way.h"

#include "base/xalloc.h"
#include "proc/proxy.h"
#include "proc/zygote.h"
#include "ssh/dial.h"
#include "ssh/jump.h"

#include <assert.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A look-up always has a deadline; this is what stands for none (the resolver gives up before). */
enum { LOOKUP_MS_UNLIMITED = 24 * 60 * 60 * 1000 };

void
ways_init(struct ways *w, const struct pool_config *config, void (*bury)(void *arg, struct slot *s),
          void *arg)
{
    w->config = config;
    w->jumps = jumps_new(w, bury, arg);
    w->proxies = config->locals == NULL ? NULL : proxies_new(config->base, config->locals);
}

void
ways_release(struct ways *w)
{
    jumps_free(w->jumps);
    proxies_free(w->proxies);
}

/* ---------------------------------------------------------------- all kinds */

void
way_init(struct way *w, const struct way_kind *kind, const struct way_request *request)
{
    w->kind = kind;
    w->request = *request;
    w->fd = -1;
}

void
way_reach(struct way *w, enum way_stage stage)
{
    assert(stage > w->stage);
    w->stage = stage;
    w->request.changed(w->request.arg);
}

void
way_arrive(struct way *w, int fd)
{
    w->fd = fd;
    way_reach(w, WAY_THERE);
}

void
way_fail(struct way *w, enum cause cause, bool throttled, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(w->text, sizeof(w->text), fmt, ap);
    va_end(ap);
    w->cause = cause;
    w->throttled = throttled;
    w->failed_at = w->stage;
    way_reach(w, WAY_FAILED);
}

struct way *
way_new(const struct way_request *request)
{
    if (request->target->jump != NULL) {
        return way_new_jump(request);
    }
    return request->target->proxy_command != NULL ? way_new_proxy(request)
                                                  : way_new_straight(request);
}

void
way_free(struct way *w)
{
    if (w == NULL) {
        return;
    }
    if (w->fd >= 0) {
        (void)close(w->fd);
    }
    w->kind->free(w);
}

int
way_take(struct way *w)
{
    const int fd = w->fd;

    w->fd = -1;
    return fd;
}

bool
way_leave(struct way *w)
{
    return w != NULL && w->kind->leave != NULL && w->kind->leave(w);
}

bool
way_left(const struct way *w)
{
    return w == NULL || w->kind->left == NULL || w->kind->left(w);
}

bool
way_is_paced(const struct way *w)
{
    return w->kind->go != NULL;
}

void
way_go(struct way *w)
{
    if (w->fd >= 0) {
        (void)close(w->fd);
        w->fd = -1;
    }
    w->stage = WAY_DIAL;
    w->throttled = w->is_short = false;
    w->kind->go(w);
}

void
way_key(const struct way *w, struct buf *out)
{
    w->kind->key(w, out);
}

void
way_words(const struct way *w, struct buf *out)
{
    if (w != NULL && w->kind->words != NULL) {
        w->kind->words(w, out);
    }
}

/* ---------------------------------------------------------------- the straight one */

struct straight {
    struct way base;       /* first */
    struct lookup *lookup; /* owned until its answer */
    struct addresses addresses;
    struct dial *dial; /* owned */
};

static void
on_dialled(void *arg, int fd, bool reset, const char *text)
{
    struct straight *w = arg;

    if (fd >= 0) {
        way_arrive(&w->base, fd);
    } else {
        w->base.is_short = dial_is_short(w->dial);
        way_fail(&w->base, CAUSE_CONNECT, reset, "%s%s", reset ? "throttled: " : "", text);
    }
}

static void
on_resolved(void *arg, enum resolve_result result, const struct addresses *addresses,
            const char *text)
{
    static const enum cause causes[] = {
        [RESOLVE_OK] = CAUSE_NONE,
        [RESOLVE_NO_NAME] = CAUSE_NAME,
        [RESOLVE_TEMPORARY] = CAUSE_NAME_TEMPORARY,
        [RESOLVE_DEADLINE] = CAUSE_NAME_TEMPORARY,
    };
    struct straight *w = arg;
    const struct way_request *r = &w->base.request;

    w->lookup = NULL;
    if (result != RESOLVE_OK) {
        way_fail(&w->base, causes[result], false, "%s: %s", r->target->address, text);
        return;
    }
    w->addresses = *addresses;
    way_reach(&w->base, WAY_GATE);
}

static void
go(struct way *way)
{
    struct straight *w = (struct straight *)way;
    const struct way_request *r = &way->request;
    const struct dial_way by = {
        .timeout_ms = r->connect_ms,
        .user_timeout_ms = r->user_timeout_ms,
        .family = r->target->family,
        .bind_address = r->target->bind_address,
    };

    dial_free(w->dial);
    w->dial = dial_start(r->ways->config->base, &w->addresses, &by, on_dialled, w);
}

/* Many names of one machine are one. */
static void
say_key(const struct way *way, struct buf *out)
{
    const struct straight *w = (const struct straight *)way;
    const struct target *target = way->request.target;
    char host[NI_MAXHOST];

    if (w->addresses.count == 0 || getnameinfo(&w->addresses.items[0].any, w->addresses.sizes[0],
                                               host, sizeof(host), NULL, 0, NI_NUMERICHOST) != 0) {
        (void)snprintf(host, sizeof(host), "%s", target->address);
    }
    (void)buf_addf(out, "%s %d", host, target->port);
}

static void
free_straight(struct way *way)
{
    struct straight *w = (struct straight *)way;

    if (w->lookup != NULL) {
        lookup_cancel(w->lookup);
    }
    dial_free(w->dial);
    free(w);
}

static const struct way_kind kind = {.free = free_straight, .go = go, .key = say_key};

bool
way_carries(const struct way *w)
{
    return w->kind != &kind;
}

struct way *
way_new_straight(const struct way_request *request)
{
    struct straight *w = xcalloc(1, sizeof(*w));
    const struct target *target = request->target;
    const int64_t ms = request->connect_ms > 0 ? request->connect_ms : LOOKUP_MS_UNLIMITED;

    way_init(&w->base, &kind, request);
    w->base.stage = WAY_NAME; /* there is no line */
    w->lookup = zygote_resolve(request->ways->config->zygote, target->address, target->port, ms,
                               on_resolved, w);
    return &w->base;
}

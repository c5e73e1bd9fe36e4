/*
 * jump.c - who is reached through whom: hops, and the rides of others through them.
 *
 * Decides when a hop's session begins and ends, and what its failure means to those who ride on it.
 * Owns the hops, their slots and bridges.  Never touches libssh: bridge.c does.
 *
 *   off -> connecting -> ready -> closing -> off
 *               held (it failed; nobody asks it again for a while) -> off
 */
#include "ssh/jump.h"

#include "base/xalloc.h"
#include "ssh/bridge.h"
#include "ssh/slot.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

enum hop_state { HOP_OFF, HOP_CONNECTING, HOP_READY, HOP_CLOSING, HOP_HELD };

TAILQ_HEAD(ride_list, ride);
SLIST_HEAD(hop_list, hop);

struct hop {
    SLIST_ENTRY(hop) link;
    struct jumps *jumps;         /* borrowed */
    const struct target *target; /* borrowed */
    struct pool_config config;   /* the pool's, but the hop hears what its slot tells */
    enum hop_state state;
    struct slot *slot;       /* owned; NULL: none */
    struct bridges *bridges; /* owned */
    struct ride_list rides;  /* borrowed */
    struct event *timer;     /* owned: idle, or held for so long */
    struct event *later;     /* owned: there are rides to see to */
    enum cause cause;        /* why it is held */
    bool throttled;
    bool denial_told;
    char text[ERR_TEXT_MAX];
};

struct jumps {
    struct ways *ways; /* borrowed */
    void (*bury)(void *arg, struct slot *s);
    void *bury_arg;       /* borrowed */
    struct hop_list hops; /* owned */
};

/* One host's way through a hop. */
struct ride {
    struct way base; /* first */
    TAILQ_ENTRY(ride) link;
    struct hop *hop;       /* borrowed */
    struct bridge *bridge; /* owned; NULL: not in line, or over */
    bool too_deep;
    char words[ERR_TEXT_MAX]; /* why it broke */
};

static void
set_timer(struct hop *h, int64_t ms)
{
    const struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};

    (void)evtimer_add(h->timer, &tv);
}

/* Nobody rides on it: for a while it stays, for who comes next. */
static void
rest(struct hop *h)
{
    set_timer(h, h->config.jump_idle_ms > 0 ? h->config.jump_idle_ms : JUMP_IDLE_MS);
}

static void
see_later(struct hop *h)
{
    event_active(h->later, EV_TIMEOUT, 0);
}

/* ---------------------------------------------------------------- a bridge tells */

static void
on_asked(void *arg)
{
    struct ride *r = arg;

    way_reach(&r->base, WAY_DIAL);
}

static void
on_there(void *arg, int fd)
{
    struct ride *r = arg;

    way_arrive(&r->base, fd);
}

/* What the server could not reach may be there later; what it forbids stays forbidden. */
static void
on_refused(void *arg, enum bridge_refusal why, const char *words)
{
    static const struct {
        enum cause cause;
        bool throttled;
        const char *what;
    } rows[] = {
        [BRIDGE_PROHIBITED] = {CAUSE_REFUSED, false, " forbids to be passed through"},
        [BRIDGE_NO_CONNECTION] = {CAUSE_CONNECT, false, ""},
        [BRIDGE_UNKNOWN_TYPE] = {CAUSE_REFUSED, false, " cannot be passed through"},
        [BRIDGE_SHORTAGE] = {CAUSE_CONNECT, true, " is short of resources"},
        [BRIDGE_UNHEARD] = {CAUSE_CONNECT, false, " refused"},
        [BRIDGE_BAD] = {CAUSE_LOCAL, false, ""},
    };
    struct ride *r = arg;
    const struct target *target = r->base.request.target;

    assert(rows[why].what != NULL);
    way_fail(&r->base, rows[why].cause, rows[why].throttled, "through %s: %s port %d%s%s%s%s%s",
             r->hop->target->name, target->address, target->port,
             rows[why].what[0] == '\0' ? "" : ": ",
             rows[why].what[0] == '\0' ? "" : r->hop->target->name, rows[why].what,
             words[0] == '\0' ? "" : ": ", words);
}

static const struct bridge_events bridge_events = {
    .asked = on_asked, .there = on_there, .refused = on_refused};

/* ---------------------------------------------------------------- rides */

static bool
waits(const struct ride *r)
{
    return r->bridge == NULL && r->base.stage == WAY_LINE;
}

static void
seat(struct ride *r)
{
    const struct target *target = r->base.request.target;

    r->bridge = bridge_new(r->hop->bridges, target->address, target->port, &bridge_events, r);
}

/* One denial counts once. */
static enum cause
cause_for_next(struct hop *h)
{
    if (h->cause != CAUSE_AUTH) {
        return h->cause;
    }
    const bool first = !h->denial_told;
    h->denial_told = true;
    return first ? CAUSE_AUTH : CAUSE_REFUSED;
}

static void
turn_away(struct ride *r)
{
    struct hop *h = r->hop;

    way_fail(&r->base, cause_for_next(h), h->throttled, "jump %s: %s", h->target->name, h->text);
}

static void
start(struct hop *h)
{
    h->state = HOP_CONNECTING;
    const struct slot_owner owner = {.config = &h->config,
                                     .ways = h->jumps->ways,
                                     .gone = h->jumps->bury,
                                     .arg = h->jumps->bury_arg};
    h->slot = slot_new(&owner, -1, h->target);
    h->slot->bridges = h->bridges;
}

/* One ride that waits, in the state the hop is in now. */
static void
see_to(struct ride *r)
{
    struct hop *h = r->hop;

    if (r->too_deep) {
        way_fail(&r->base, CAUSE_LOCAL, false,
                 "jump %s: more than %d jump hosts in a row, or one that leads back to itself",
                 h->target->name, JUMP_DEPTH_MAX);
        return;
    }
    switch (h->state) {
    case HOP_OFF:
        start(h);
        break;
    case HOP_READY:
        seat(r);
        break;
    case HOP_HELD:
        turn_away(r);
        break;
    case HOP_CONNECTING:
    case HOP_CLOSING:
        break;
    }
}

static void
on_later(evutil_socket_t fd, short what, void *arg)
{
    struct hop *h = arg;

    (void)fd;
    (void)what;
    for (struct ride *r = TAILQ_FIRST(&h->rides); r != NULL; r = TAILQ_NEXT(r, link)) {
        if (waits(r)) {
            see_to(r);
        }
    }
}

/* ---------------------------------------------------------------- the hop's slot tells */

static void
on_connected(void *arg, int32_t id)
{
    struct hop *h = arg;

    (void)id;
    h->state = HOP_READY;
    bridges_begin(h->bridges, h->slot->session);
    if (TAILQ_EMPTY(&h->rides)) {
        rest(h);
    }
    on_later(-1, 0, h);
}

static void
on_connect_failed(void *arg, int32_t id, enum cause cause, bool throttled, const char *text)
{
    struct hop *h = arg;

    (void)id;
    h->slot = NULL;
    h->state = HOP_HELD;
    h->cause = cause;
    h->throttled = throttled;
    h->denial_told = false;
    (void)snprintf(h->text, sizeof(h->text), "%s", text);
    set_timer(h, cause == CAUSE_AUTH || cause == CAUSE_HOSTKEY || cause == CAUSE_REFUSED
                     ? JUMP_DENIED_MS
                     : JUMP_HOLD_MS);
    on_later(-1, 0, h);
}

/* Who is on the way has words for the end of its socket; who waits for his has failed. */
static void
on_lost(void *arg, int32_t id, const char *text)
{
    struct hop *h = arg;

    (void)id;
    h->slot = NULL;
    h->state = HOP_OFF;
    (void)evtimer_del(h->timer);
    for (struct ride *r = TAILQ_FIRST(&h->rides); r != NULL; r = TAILQ_NEXT(r, link)) {
        if (r->bridge == NULL) {
            continue;
        }
        (void)snprintf(r->words, sizeof(r->words), "jump %.64s: %.900s", h->target->name, text);
        if (r->base.stage < WAY_THERE) {
            way_fail(&r->base, CAUSE_CONNECT, false, "%s", r->words);
        }
    }
    bridges_lose(h->bridges);
}

static void
on_disconnected(void *arg, int32_t id)
{
    struct hop *h = arg;

    (void)id;
    h->slot = NULL;
    h->state = HOP_OFF;
    bridges_lose(h->bridges);
    on_later(-1, 0, h); /* somebody may have come meanwhile */
}

/* The slot of the first who rides on it: its host, or another hop's, hears what concerns all. */
static const struct slot *
first_rider(const struct hop *h)
{
    const struct ride *r = TAILQ_FIRST(&h->rides);

    return r == NULL ? NULL : r->base.request.arg;
}

static void
on_warning(void *arg, int32_t id, const char *text)
{
    const struct hop *h = arg;
    const struct slot *s = first_rider(h);
    char said[ERR_TEXT_MAX];

    (void)id;
    if (s != NULL) {
        (void)snprintf(said, sizeof(said), "jump %.64s: %.900s", h->target->name, text);
        s->config->events.warning(s->config->arg, s->id, said);
    }
}

/* Nobody rides on it any more: it is not kept, and asked about again. */
static void
on_host_key_accepted(void *arg, int32_t id, const struct hostkey_shown *key, const char *text)
{
    const struct hop *h = arg;
    const struct slot *s = first_rider(h);
    char said[ERR_TEXT_MAX];

    (void)id;
    if (s != NULL) {
        (void)snprintf(said, sizeof(said), "jump %.64s: %.900s", h->target->name, text);
        s->config->events.host_key_accepted(s->config->arg, s->id, key, said);
    }
}

static void
on_short_here(void *arg, int32_t id, const char *text)
{
    const struct hop *h = arg;
    const struct slot *s = first_rider(h);

    (void)id;
    if (s != NULL && s->config->events.short_here != NULL) {
        s->config->events.short_here(s->config->arg, s->id, text);
    }
}

/* A hop's keys are only accepted where its pool accepts some. */
static struct pool_events
events_of(const struct pool_config *pool)
{
    struct pool_events events = {
        .connected = on_connected,
        .connect_failed = on_connect_failed,
        .disconnected = on_disconnected,
        .lost = on_lost,
        .warning = on_warning,
        .short_here = on_short_here,
    };

    if (pool->events.host_key_accepted != NULL) {
        events.host_key_accepted = on_host_key_accepted;
    }
    return events;
}

/* ---------------------------------------------------------------- hops */

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct hop *h = arg;

    (void)fd;
    (void)what;
    if (h->state == HOP_HELD) {
        h->state = HOP_OFF;
    } else if (h->state == HOP_READY && TAILQ_EMPTY(&h->rides)) {
        h->state = HOP_CLOSING;
        slot_close(h->slot);
    }
}

/* Bridges have something to do. */
static void
on_kick(void *arg)
{
    const struct hop *h = arg;

    if (h->state == HOP_READY) {
        slot_kick(h->slot);
    }
}

static struct hop *
hop_new(struct jumps *j, const struct target *target)
{
    struct hop *h = xcalloc(1, sizeof(*h));

    h->jumps = j;
    h->target = target;
    h->config = *j->ways->config;
    h->config.events = events_of(j->ways->config);
    h->config.arg = h;
    TAILQ_INIT(&h->rides);
    h->bridges = bridges_new(h->config.base, on_kick, h);
    h->timer = evtimer_new(h->config.base, on_timer, h);
    h->later = event_new(h->config.base, -1, 0, on_later, h);
    if (h->timer == NULL || h->later == NULL) {
        abort(); /* out of memory */
    }
    SLIST_INSERT_HEAD(&j->hops, h, link);
    return h;
}

static void
hop_free(struct hop *h)
{
    assert(TAILQ_EMPTY(&h->rides));
    bridges_free(h->bridges);
    event_free(h->timer);
    event_free(h->later);
    free(h);
}

static struct hop *
hop_of(struct jumps *j, const struct target *target)
{
    for (struct hop *h = SLIST_FIRST(&j->hops); h != NULL; h = SLIST_NEXT(h, link)) {
        if (h->target == target) {
            return h;
        }
    }
    return hop_new(j, target);
}

struct jumps *
jumps_new(struct ways *ways, void (*bury)(void *arg, struct slot *s), void *arg)
{
    struct jumps *j = xcalloc(1, sizeof(*j));

    j->ways = ways;
    j->bury = bury;
    j->bury_arg = arg;
    SLIST_INIT(&j->hops);
    return j;
}

/* A hop may itself ride on another: all slots go before any hop does. */
void
jumps_free(struct jumps *j)
{
    if (j == NULL) {
        return;
    }
    for (struct hop *h = SLIST_FIRST(&j->hops); h != NULL; h = SLIST_NEXT(h, link)) {
        h->state = HOP_OFF;
        slot_free(h->slot);
        bridges_lose(h->bridges);
    }
    for (struct hop *h = SLIST_FIRST(&j->hops), *next; h != NULL; h = next) {
        next = SLIST_NEXT(h, link);
        hop_free(h);
    }
    free(j);
}

/* ---------------------------------------------------------------- the way */

static void
free_ride(struct way *way)
{
    struct ride *r = (struct ride *)way;
    struct hop *h = r->hop;

    bridge_free(r->bridge);
    TAILQ_REMOVE(&h->rides, r, link);
    if (h->state == HOP_READY && TAILQ_EMPTY(&h->rides)) {
        rest(h);
    }
    free(r);
}

static void
say_words(const struct way *way, struct buf *out)
{
    (void)buf_adds(out, ((const struct ride *)way)->words);
}

static const struct way_kind kind = {.free = free_ride, .words = say_words};

struct way *
way_new_jump(const struct way_request *request)
{
    struct ride *r = xcalloc(1, sizeof(*r));
    int depth = 0;

    way_init(&r->base, &kind, request);
    for (const struct target *t = request->target; t->jump != NULL && depth <= JUMP_DEPTH_MAX;
         t = t->jump) {
        depth++;
    }
    r->too_deep = depth > JUMP_DEPTH_MAX;
    r->hop = hop_of(request->ways->jumps, request->target->jump);
    TAILQ_INSERT_TAIL(&r->hop->rides, r, link);
    if (r->hop->state == HOP_READY) {
        (void)evtimer_del(r->hop->timer);
    }
    see_later(r->hop);
    return &r->base;
}

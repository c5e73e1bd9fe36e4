/*
 * pool.c - finds a slot by host id, and frees those that are over.
 *
 * Decides nothing about hosts.  Owns the slots.  Never calls back from inside its own functions:
 * what cannot be done is answered from the loop too.
 */
#include "ssh/pool.h"

#include "base/xalloc.h"
#include "ssh/gate.h"
#include "ssh/slot.h"

#include <assert.h>
#include <libssh/libssh.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A call about a session that is gone, to be answered from the loop. */
struct stale {
    int32_t id;
    bool is_step; /* else a disconnect */
};

struct pool {
    struct pool_config config; /* its gate is owned */
    struct slot **slots;       /* owned, each owned or NULL; by id */
    size_t slots_cap;
    int32_t open;
    struct slot *buried; /* owned: over, freed from the loop */
    struct stale *stale; /* owned */
    size_t stale_count;
    size_t stale_cap;
    struct event *later; /* owned: free the buried, answer the stale */
    struct ways ways;
};

static void
free_buried(struct pool *p)
{
    while (p->buried != NULL) {
        struct slot *s = p->buried;
        p->buried = s->buried;
        slot_free(s);
    }
}

static void
on_later(evutil_socket_t fd, short what, void *arg)
{
    struct pool *p = arg;
    const struct pool_events *events = &p->config.events;
    struct stale *stale = p->stale;
    const size_t count = p->stale_count;

    (void)fd;
    (void)what;
    free_buried(p);
    p->stale = NULL;
    p->stale_count = p->stale_cap = 0;
    for (size_t i = 0; i < count; i++) {
        if (stale[i].is_step) {
            events->step_not_started(p->config.arg, stale[i].id, CAUSE_LOST,
                                     "not sent: there is no connection to this host any more");
        } else {
            events->disconnected(p->config.arg, stale[i].id);
        }
    }
    free(stale);
}

static void
answer_later(struct pool *p, int32_t id, bool is_step)
{
    p->stale = xgrow(p->stale, p->stale_count, &p->stale_cap, sizeof(*p->stale));
    p->stale[p->stale_count++] = (struct stale){.id = id, .is_step = is_step};
    event_active(p->later, EV_TIMEOUT, 0);
}

/* A slot that is over, a jump host's among them. */
static void
bury(void *arg, struct slot *s)
{
    struct pool *p = arg;

    s->buried = p->buried;
    p->buried = s;
    event_active(p->later, EV_TIMEOUT, 0);
}

static void
on_gone(void *arg, struct slot *s)
{
    struct pool *p = arg;

    assert(p->slots[s->id] == s);
    p->slots[s->id] = NULL;
    p->open--;
    bury(p, s);
}

static struct slot *
find(const struct pool *p, int32_t id)
{
    return id >= 0 && (size_t)id < p->slots_cap ? p->slots[id] : NULL;
}

static void
on_turn_of(void *arg)
{
    slot_kick(arg);
}

struct pool *
pool_new(const struct pool_config *config)
{
    struct pool *p = xcalloc(1, sizeof(*p));

    if (ssh_init() != SSH_OK) {
        abort();
    }
    p->config = *config;
    p->config.gate = gate_new(config->base, config->connect_rate, config->seed,
                              config->retry_throttled, on_turn_of);
    p->later = event_new(config->base, -1, 0, on_later, p);
    assert(p->later != NULL);
    ways_init(&p->ways, &p->config, bury, p);
    return p;
}

void
pool_free(struct pool *p)
{
    if (p == NULL) {
        return;
    }
    free_buried(p);
    for (size_t i = 0; i < p->slots_cap; i++) {
        slot_free(p->slots[i]);
    }
    ways_release(&p->ways);
    gate_free(p->config.gate);
    event_free(p->later);
    free(p->slots);
    free(p->stale);
    free(p);
    (void)ssh_finalize();
}

void
pool_connect(struct pool *p, int32_t id, const struct target *target)
{
    assert(id >= 0 && find(p, id) == NULL);
    if ((size_t)id >= p->slots_cap) {
        const size_t cap = (size_t)id * 2 + 64;
        p->slots = xreallocarray(p->slots, cap, sizeof(struct slot *));
        memset(p->slots + p->slots_cap, 0, (cap - p->slots_cap) * sizeof(struct slot *));
        p->slots_cap = cap;
    }
    const struct slot_owner owner = {
        .config = &p->config, .ways = &p->ways, .gone = on_gone, .arg = p};
    p->slots[id] = slot_new(&owner, id, target);
    p->open++;
}

void
pool_scan(struct pool *p, int32_t id, const struct target *target)
{
    assert(p->config.events.host_key_seen != NULL);
    pool_connect(p, id, target);
    p->slots[id]->scan = true; /* its first turn comes from the loop */
}

void
pool_run(struct pool *p, int32_t id, const struct step_request *request)
{
    struct slot *s = find(p, id);

    if (s != NULL && slot_run(s, request)) {
        return;
    }
    if (request->kind == STEP_UPLOAD && request->fd >= 0) {
        (void)close(request->fd);
    }
    answer_later(p, id, true);
}

void
pool_disconnect(struct pool *p, int32_t id)
{
    struct slot *s = find(p, id);

    if (s == NULL) {
        answer_later(p, id, false);
        return;
    }
    slot_close(s);
}

int32_t
pool_open_count(const struct pool *p)
{
    return p->open;
}

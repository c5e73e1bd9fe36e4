/*
 * exhaust_world.h - a world so small that all it can do next can be listed.
 *
 * One session and one thing at a time a host; a thing ends well, badly or unknown; what goes wrong
 * is limited in number.  Plain bytes without pointers: to copy it is to copy the world.
 */
#ifndef SIM_EXHAUST_WORLD_H
#define SIM_EXHAUST_WORLD_H

#include "sim/case.h"

#include "core/order.h"

enum { TINY_HOSTS_MAX = 4, TINY_FACTS_MAX = 2, TINY_EVENTS_MAX = 64 };

enum tiny_session { TINY_NONE, TINY_CONNECTING, TINY_OPEN };
enum tiny_job { TINY_IDLE, TINY_STEP, TINY_FINALLY, TINY_PROBE };

struct tiny_host {
    enum tiny_session session;
    enum tiny_job job;
    bool local;   /* the job needs no session */
    bool sent;    /* it was told */
    bool closing; /* disconnect was ordered */
    bool ahead;   /* connected before its start, which has not come */
    int32_t step, attempt, connect;
};

struct tiny_world {
    struct tiny_host hosts[TINY_HOSTS_MAX];
    int64_t now_ms, wait_ms;
    int32_t bad_left;   /* things that may go wrong */
    int32_t ticks_left; /* ticks that may come before other things */
    bool verb_said;
    bool finished;
};

/* What happens next: facts that lie in the inbox together. */
struct tiny_event {
    struct fact facts[TINY_FACTS_MAX];
    int count;
    int64_t now_ms;
    struct tiny_world after; /* before the orders are carried out */
};

void tiny_begin(struct tiny_world *w, int32_t bad, int32_t ticks);

/* All that can happen but what the operator says; waits: for the operator alone. */
int tiny_events(const struct tiny_world *w, const struct sim_case *c, bool waits,
                struct tiny_event *ret_events);

/* NULL, or why no shell could carry it out. */
const char *
tiny_carry_out(struct tiny_world *w, const struct sim_case *c, const struct order *o, bool rolling);

uint64_t tiny_sum(const struct tiny_world *w, int32_t hosts);

#endif

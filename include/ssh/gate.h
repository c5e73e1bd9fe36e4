/*
 * gate.h - the gate before every connection: pace.h on the event loop, for the slots of a pool.
 *
 * Who waits here has no time limit: it is we who make it wait.  Internal to ssh/.
 */
#ifndef SSH_GATE_H
#define SSH_GATE_H

#include "ssh/pace.h"

#include <event2/event.h>

struct gate;

/* open is called from the loop when it is the turn of a ticket, with the ticket's arg. */
struct gate *
gate_new(struct event_base *base, int32_t rate, uint64_t seed, bool retry, void (*open)(void *arg));
/* No ticket may wait any more. */
void gate_free(struct gate *g); /* NULL is fine */

/* Wait for a turn: t is under way when open is called, also if it is its turn already. */
void gate_join(struct gate *g, struct pace_ticket *t, const char *key);
/* As pace_over; also for a ticket that is not under way: then false, and nothing happens. */
bool gate_over(struct gate *g, struct pace_ticket *t, enum pace_end end);
/* A session is over: t is given up, and whoever waits for its place may try. */
void gate_leave(struct gate *g, struct pace_ticket *t);

#endif

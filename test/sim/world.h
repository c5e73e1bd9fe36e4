/*
 * world.h - hosts that do not exist: takes orders, makes facts, keeps a virtual clock.
 *
 * Behaves as the pool and its children do: one session and one thing at a time a host, facts in the
 * order in which they happened, the end of a step before the end of its session, one `disconnected`
 * for each order to disconnect.  Draws every answer from the case's seed.  Knows nothing of what
 * the scheduler should do, but tells of an order that no shell could carry out.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "sim/case.h"

#include "core/order.h"
#include "core/rollout.h"

struct world;

struct world *world_new(void);
void world_free(struct world *w); /* NULL is fine */

/* Begin anew at time 0; borrows the case. */
void world_begin(struct world *w, const struct sim_case *c);

/* The core has given an order: it must be one that a shell can carry out, as far as is told. */
void world_asked(struct world *w, const struct order *order);

/* Let an order happen, once its turn is over. */
void world_carry_out(struct world *w, const struct order *order);

/* The operator looks at the run after a turn, and may think of something to say. */
void world_watch(struct world *w, const struct rollout *r);

/* Move the clock to the next turn and give its facts, which stay valid until the next call; false
 * when nothing will ever happen.  The rollout is for the operator's eyes. */
bool world_turn(struct world *w, const struct rollout *r, const struct fact **ret_facts,
                size_t *ret_count);

int64_t world_now_ms(const struct world *w);

/* The core is about to be told: what was asked to close is closed now. */
void world_told(struct world *w, const struct fact *fact);

/* A number from the world's seed, below bound: choices of the driver. */
uint64_t world_draw(struct world *w, uint64_t bound);

/* NULL, or what no shell could have carried out: "host 3 is asked to connect while ...". */
const char *world_broken(const struct world *w);

/* Nothing will happen any more: nothing may have been left open. */
void world_end(struct world *w);

#endif

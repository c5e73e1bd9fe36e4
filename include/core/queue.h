/*
 * queue.h - which of the hosts that wait may start next, under the limits of max_parallel_by.
 *
 * Hosts are added in the order in which they shall start; one whose values are full is passed over
 * by the next that need not wait, and has its turn as soon as there is room: queue_next always
 * gives the first of all that wait and have room in every limit.
 *
 * Hosts that share all limits (a class of the plan) wait in one line.  A class whose first host has
 * no room is parked with one limit that is full, and looked at again when that limit has room; so a
 * fact costs O(log n) with one variable, or where one parts what the other has parted (racks of
 * zones).  Where two cross, room in a value may move as many classes as the other variable has
 * values that are full, each in O(log n): no structure is known that does much better.
 *
 * 8 bytes a host, 24 a class, 8 a limit.
 */
#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

#include "base/heap.h"
#include "core/plan.h"

#include <stdbool.h>
#include <stdint.h>

struct queue {
    const struct plan *plan; /* borrowed */

    int32_t *next;  /* owned: by host: the one behind it in the line of its class; -1: none */
    int32_t *rank;  /* owned: by host: the place in which it was added, or that it does not wait */
    int32_t added;  /* ranks given */
    int32_t linked; /* hosts in lines, those that were dropped included */
    int32_t waiting;

    int32_t *first; /* owned: by class: the line; -1: nobody */
    int32_t *last;
    int32_t *offered_by; /* owned: by class: the limit whose room brought it into ready; -1: none */

    /* Every class with a line is in one heap, keyed by the rank of its first host. */
    struct heap heap;
    int32_t ready;
    int32_t *parked; /* owned: by limit */

    int32_t *in_flight; /* owned: by limit */
};

/* Borrows the plan, which must outlive the queue.  Nothing waits, nothing is in flight. */
void queue_init(struct queue *q, const struct plan *p);
void queue_release(struct queue *q);

/* Nothing waits any more; what is in flight is kept.  In time of what waited, and nothing where all
 * was taken. */
void queue_clear(struct queue *q);

/* The host waits, behind all others.  Not one that waits, or that was dropped and not cleared. */
void queue_add(struct queue *q, int32_t host);

/* The first host that waits and has room in all its limits; -1: none.  It goes on waiting. */
int32_t queue_next(struct queue *q);

/* The host is in flight: the one that queue_next has just given, which then waits no more, or one
 * that does not wait (a retry, a parked one).  It must have room. */
void queue_take(struct queue *q, int32_t host);

/* The host is in flight no more. */
void queue_give(struct queue *q, int32_t host);

/* Whether all limits of the host have room. */
bool queue_has_room(const struct queue *q, int32_t host);

/* The host, which waits, waits no more. */
void queue_drop(struct queue *q, int32_t host);

bool queue_waits(const struct queue *q, int32_t host);
int32_t queue_waiting(const struct queue *q); /* hosts */

#endif

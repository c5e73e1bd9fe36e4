/*
 * events.h - what will happen, by time; at one time, what was planned first happens first.
 */
#ifndef SIM_EVENTS_H
#define SIM_EVENTS_H

#include "core/fact.h"

#include <stddef.h>
#include <stdint.h>

enum event_kind {
    EVENT_POST,         /* the fact is told as it is */
    EVENT_CONNECT_ENDS, /* how is in the fact */
    EVENT_STEP_SENT,
    EVENT_JOB_ENDS, /* a step, a finally step or a check */
    EVENT_DROPS,    /* the session ends by itself */
    EVENT_CLOSED,   /* the session was closed because we asked */
    EVENT_VERB,     /* value: which of the case's verbs */
    EVENT_OPERATOR, /* the operator has thought about a run that waits */
};

struct event {
    int64_t at_ms;
    enum event_kind kind;
    uint32_t age; /* of the session, or of the job: not later ones */
    struct fact fact;
};

struct events {
    struct event_key {
        int64_t at_ms;
        uint32_t number;
        uint32_t place;
    } * heap;            /* owned */
    struct event *pool;  /* owned */
    uint32_t *free_list; /* owned */
    size_t count, heap_cap, pool_count, pool_cap, free_count, free_cap;
    uint32_t numbers;
};

void events_clear(struct events *q); /* forget all; memory stays */
void events_release(struct events *q);
void events_add(struct events *q, const struct event *e);
/* INT64_MAX when nothing will happen. */
int64_t events_next_ms(const struct events *q);
/* Take the next one; there is one. */
struct event events_take(struct events *q);

#endif

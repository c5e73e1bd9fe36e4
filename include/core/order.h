/*
 * order.h - what is to be done, as the core asks for it.
 *
 * An order is journaled as an intent and committed before it is carried out.  A committed run_step
 * means "may have been sent".
 */
#ifndef CORE_ORDER_H
#define CORE_ORDER_H

#include <stdint.h>

/* Numbers are stored in the journal: never renumber, only add at the end. */
enum order_kind {
    ORDER_CONNECT,    /* host, attempt; slot -1: ahead of its start */
    ORDER_START,      /* host, slot: the host is in this slot from now on */
    ORDER_RUN_STEP,   /* host, step, attempt */
    ORDER_PROBE,      /* host, step = check, attempt = try */
    ORDER_WAIT,       /* until_ms: tell a tick then; replaces the wait before; -1: none */
    ORDER_FINALLY,    /* host, step of the finally list, attempt */
    ORDER_DISCONNECT, /* host; a probe under way ends: with its fact or by disconnected alone */
    ORDER_RELEASE,    /* host, slot: the host has its outcome, the slot is free */
    ORDER_ROLLBACK,   /* host, slot: it is in this slot; what follows are steps of the rollback list
                       */
    ORDER_FINISH,     /* the run is over; value = exit code */
    ORDER_PARK,       /* host, slot: it waits for the switch, the slot is free */
    ORDER_UNPARK,     /* host, slot: it goes on, in this slot */
    ORDER_OUTCOME,    /* host: its outcome has changed after its release: ok became failed */
    ORDER_WAVE_BEGIN, /* value = wave: its first host is about to start; waves that are told only */
    ORDER_WAVE_END,   /* value = wave: every host of it has an outcome, or is parked */
};
enum { ORDER_KINDS = ORDER_WAVE_END + 1 };

struct order {
    enum order_kind kind;
    int32_t host; /* -1 where it does not apply; so for step and slot */
    int32_t step;
    int32_t attempt;
    int32_t slot;
    int64_t value; /* until_ms of wait, exit code of finish */
};

const char *order_name(enum order_kind k); /* "run_step" */

#endif

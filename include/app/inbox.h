/*
 * inbox.h - facts waiting for the turn.
 *
 * Callbacks only put something here; the turn takes all of it.  First in, first out.
 */
#ifndef APP_INBOX_H
#define APP_INBOX_H

#include "core/fact.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct letter {
    struct fact fact;
    char *reason;        /* owned; NULL if none */
    uint32_t asker;      /* of a verb: the client of the control socket that asked; 0: none */
    const char *refused; /* of a verb: why the turn left it out; borrowed from the core; or NULL */
};

struct inbox {
    struct letter *letters; /* owned */
    size_t count, cap;
};

void inbox_release(struct inbox *in);
/* reason is copied, bounded, and may be NULL or empty. */
void inbox_put(struct inbox *in, const struct fact *fact, const char *reason);
/* Forget all letters: the turn has told them. */
void inbox_clear(struct inbox *in);

#endif

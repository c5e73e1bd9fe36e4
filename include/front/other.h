/*
 * other.h - the run that another process has under way on the open environment: that there is one,
 * how it goes, and verbs to it.
 */
#ifndef FRONT_OTHER_H
#define FRONT_OTHER_H

#include "core/fact.h"
#include "front/front.h"
#include "ui/snapshot.h"

#include <stdbool.h>
#include <stdint.h>

struct other;

struct other *other_new(struct front *f);
void other_free(struct other *o); /* NULL is fine */

/* Look whether there is one: now and then.  keep: of one that has ended, its last state stays. */
void other_look(struct other *o, bool keep);
/* NULL: there is none.  Without a state: only that it is there is known, and other_note may say
 * why. Borrowed until the loop turns. */
const struct snapshot *other_seen(const struct other *o);
const char *other_note(const struct other *o); /* or NULL */

/* A verb, asked for first as work.h does; what it is answered is told in the message line. */
void other_verb(struct other *o, enum verb verb, const char *host, int32_t number);

#endif

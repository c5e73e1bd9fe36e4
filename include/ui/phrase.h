/*
 * phrase.h - what is said of a run as a whole, in words for people; for src/ui.
 *
 * A line without its end and without a colour, as bytes came: whoever shows it escapes it.
 */
#ifndef UI_PHRASE_H
#define UI_PHRASE_H

#include "base/buf.h"
#include "ui/sink.h"

#include <stdbool.h>

/* "prepared", "skipped", "paused", ...: the words of an event that has some, else NULL. */
const char *phrase_words(enum event_type type);
/* Append the line of a wave, of a run that stands still or goes on, of a warning or a message, of a
 * host that is late, skipped or goes again.  False, and nothing: of any other event.  how: also the
 * command by which somebody at a shell goes on. */
bool phrase_add(struct buf *out, const struct event *e, bool how);

#endif

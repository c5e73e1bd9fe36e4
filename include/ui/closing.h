/*
 * closing.h - the last lines of a run, for people; for src/ui.
 */
#ifndef UI_CLOSING_H
#define UI_CLOSING_H

#include "base/buf.h"
#include "ui/board.h"

/* Append the summary: names by outcome, folded; the result; where the logs are; what goes on. */
void closing_add(struct buf *out, const struct board *b, const struct event *e, bool color);

/* Append text in the colour of an outcome (or plainly). */
void closing_paint(struct buf *out, const char *outcome, const char *text, bool color);

#endif

/*
 * greeting.h - odd first lines.
 *
 * Pure text; what RFC 4253, 4.2 allows before the version, and what it does not.
 */
#ifndef FLEET_GREETING_H
#define FLEET_GREETING_H

#include "base/buf.h"
#include "fleet/behave.h"

/* Append it.  True: it stands for our banner, nothing follows. */
bool greeting_say(struct buf *out, enum banner banner);

/* Some lines of a greeting that never ends. */
void greeting_endless(struct buf *out);

#endif

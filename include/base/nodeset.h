/*
 * nodeset.h - many host names as one: web-[01-03], the form of ClusterShell's `nodeset -f`.
 *
 * Names with the same text around one run of digits and the same zero padding are folded together;
 * the last run of digits that differs is the one folded.  Order: padded names first, then first
 * appearance.
 */
#ifndef BASE_NODESET_H
#define BASE_NODESET_H

#include "base/buf.h"

#include <stddef.h>

/* Append the folded form of names to out: `db-1,web-[01-03,07]`. */
void nodeset_fold(struct buf *out, const char *const *names, size_t count);

#endif

/*
 * flood.h - output nobody asked for.
 */
#ifndef FLEET_FLOOD_H
#define FLEET_FLOOD_H

#include "base/prng.h"
#include "fleet/behave.h"

#include <stddef.h>

/* Does this host flood the stream (0 stdout, 1 stderr), after so many bytes of it? */
bool flood_is_due(const struct behave *behave, int stream, uint64_t sent);

/* Fill len bytes. */
void flood_fill(enum flood kind, struct prng *prng, char *ret_bytes, size_t len);

#endif

/*
 * flood.c - see flood.h.
 *
 * Decides the bytes.  Owns nothing.
 */
#include "fleet/flood.h"

#include <string.h>

enum { LINE = 80 };

bool
flood_is_due(const struct behave *behave, int stream, uint64_t sent)
{
    const bool streams[2] = {behave->flood != FLOOD_NONE && behave->flood != FLOOD_ERR,
                             behave->flood == FLOOD_ERR || behave->flood == FLOOD_BOTH};

    return streams[stream] && (behave->flood_max == 0 || sent < (uint64_t)behave->flood_max);
}

void
flood_fill(enum flood kind, struct prng *prng, char *ret_bytes, size_t len)
{
    memset(ret_bytes, 'x', len);
    if (kind == FLOOD_BINARY) {
        for (size_t i = 0; i + sizeof(uint64_t) <= len; i += sizeof(uint64_t)) {
            const uint64_t bits = prng_next(prng);
            memcpy(ret_bytes + i, &bits, sizeof(bits));
        }
    } else if (kind != FLOOD_LINE) {
        for (size_t i = LINE - 1; i < len; i += LINE) {
            ret_bytes[i] = '\n';
        }
    }
}

/*
 * mutate.h - one random change of a text of YAML: a byte replaced or put in.
 *
 * Prefers the bytes that mean something to YAML and to templates.  Owns nothing.
 */
#ifndef TEST_CONFIG_MUTATE_H
#define TEST_CONFIG_MUTATE_H

#include "base/prng.h"

#include <stddef.h>
#include <string.h>

static inline char
mutate_byte(struct prng *p)
{
    static const char bytes[] = "{}{}[]:,&*!|>'\"%@`-?# \n\t\r\0\xff\x80\xc3<01a~";

    if (prng_below(p, 4) == 0) {
        return (char)prng_below(p, 256);
    }
    return bytes[prng_below(p, sizeof(bytes) - 1)];
}

/* Returns the new length: at most one byte more, for which there must be room. */
static inline size_t
mutate(struct prng *p, char *text, size_t len)
{
    const size_t at = prng_below(p, len);
    const size_t cut = prng_below(p, 2);

    memmove(text + at + 1, text + at + cut, len - at - cut);
    text[at] = mutate_byte(p);
    return len + 1 - cut;
}

#endif

/*
 * prng.c - splitmix64: small, fast, the same everywhere.
 */
#include "base/prng.h"

#include <assert.h>

uint64_t
prng_next(struct prng *p)
{
    uint64_t z = (p->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Draws below the largest multiple of bound, so that no value is likelier than another. */
uint64_t
prng_below(struct prng *p, uint64_t bound)
{
    assert(bound > 0);
    const uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
    uint64_t n = prng_next(p);

    while (n >= limit) {
        n = prng_next(p);
    }
    return n % bound;
}

/*
 * prng.h - numbers from a seed: the same seed gives the same numbers, on every machine.
 *
 * splitmix64 (Steele, Lea, Flood 2014).  Not for secrets.
 */
#ifndef BASE_PRNG_H
#define BASE_PRNG_H

#include <stdint.h>

struct prng {
    uint64_t state;
};

uint64_t prng_next(struct prng *p);

/* Even over 0..bound-1; bound > 0. */
uint64_t prng_below(struct prng *p, uint64_t bound);

#endif

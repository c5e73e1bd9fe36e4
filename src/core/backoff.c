/*
 * backoff.c - exponential, capped, jittered from the seed.
 */
#include "core/backoff.h"

#include "core/planted.h"

#include "base/prng.h"

#include <assert.h>

int64_t
backoff_ms(int64_t delay_ms, int32_t attempt, uint64_t seed, int32_t host)
{
    assert(delay_ms >= 0 && attempt >= 1);
    int64_t wait = delay_ms;

    for (int32_t i = 1; i < attempt && wait > 0 && wait < BACKOFF_MS_MAX; i++) {
        wait *= PLANTED(BACKOFF_FLAT) ? 1 : 2;
    }
    if (wait > BACKOFF_MS_MAX) {
        wait = BACKOFF_MS_MAX;
    }
    return backoff_jitter_ms(wait, attempt, seed, host);
}

int64_t
backoff_jitter_ms(int64_t delay_ms, int32_t attempt, uint64_t seed, int32_t host)
{
    assert(delay_ms >= 0);
    struct prng p = {.state =
                         seed ^ ((uint64_t)(uint32_t)host << 32) ^ (uint64_t)(uint32_t)attempt};

    return delay_ms + (int64_t)prng_below(&p, (uint64_t)delay_ms / 4 + 1);
}

/*
 * spread.c - how many durations were how long, in a fixed amount of memory.
 *
 * Decides the buckets: one a microsecond up to 32, then 16 between a power of two and the next.
 * Owns nothing beyond the struct.  Never allocates, never reads a clock.
 */
#include "base/spread.h"

#include <assert.h>

enum { PARTS = 16, PARTS_BITS = 4 };

static const int64_t longest_us = INT64_C(1) << 40;

static int
bits_of(uint64_t n)
{
    return 64 - __builtin_clzll(n);
}

static int
bucket_of(int64_t us)
{
    if (us < PARTS) {
        return (int)us;
    }
    const int shift = bits_of((uint64_t)us) - PARTS_BITS - 1;

    return shift * PARTS + (int)(us >> shift);
}

/* The longest duration of this bucket. */
static int64_t
end_of(int bucket)
{
    if (bucket < PARTS) {
        return bucket;
    }
    const int shift = bucket / PARTS - 1;

    return ((int64_t)(bucket % PARTS + PARTS + 1) << shift) - 1;
}

void
spread_add(struct spread *s, int64_t us)
{
    const int64_t in = us < 0 ? 0 : us > longest_us ? longest_us : us;
    const int bucket = bucket_of(in);

    assert(bucket < SPREAD_BUCKETS);
    s->buckets[bucket] += s->buckets[bucket] < UINT32_MAX;
    s->count++;
    s->max_us = in > s->max_us ? in : s->max_us;
}

int64_t
spread_quantile(const struct spread *s, int thousandths)
{
    const int64_t wanted = (s->count * thousandths + 999) / 1000;
    int64_t seen = 0;

    for (int i = 0; i < SPREAD_BUCKETS && s->count > 0; i++) {
        seen += s->buckets[i];
        if (seen >= wanted && seen > 0) {
            return end_of(i) < s->max_us ? end_of(i) : s->max_us;
        }
    }
    return s->max_us;
}

struct spread_figures
spread_figures(const struct spread *s)
{
    return (struct spread_figures){
        .count = s->count,
        .p50_us = spread_quantile(s, 500),
        .p99_us = spread_quantile(s, 990),
        .p999_us = spread_quantile(s, 999),
        .max_us = s->max_us,
    };
}

/*
 * spread.h - how many durations were how long, in a fixed amount of memory.
 *
 * Durations are microseconds.  A quantile is told at most 1/16 too high, the longest exactly.
 */
#ifndef BASE_SPREAD_H
#define BASE_SPREAD_H

#include <stdint.h>

enum { SPREAD_BUCKETS = 16 * 38 };

/* A zeroed struct is empty. */
struct spread {
    int64_t count;
    int64_t max_us;
    uint32_t buckets[SPREAD_BUCKETS];
};

struct spread_figures {
    int64_t count; /* 0: the others mean nothing */
    int64_t p50_us, p99_us, p999_us, max_us;
};

/* One less than 0 counts as 0; one over 2^40 us (12 days) as that. */
void spread_add(struct spread *s, int64_t us);

/* The smallest duration that so many thousandths of all do not exceed; 0 where there are none. */
int64_t spread_quantile(const struct spread *s, int thousandths);

struct spread_figures spread_figures(const struct spread *s);

#endif

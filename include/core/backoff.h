/*
 * backoff.h - how long to wait before trying again.
 */
#ifndef CORE_BACKOFF_H
#define CORE_BACKOFF_H

#include <stdint.h>

enum { BACKOFF_MS_MAX = 60000 };

/* delay * 2^(attempt-1), at most a minute, plus up to a quarter of it as jitter, drawn from the
 * seed, the host and the attempt so that hosts do not come back together and a replay waits the
 * same.  attempt counts from 1: the one that has just failed. */
int64_t backoff_ms(int64_t delay_ms, int32_t attempt, uint64_t seed, int32_t host);

/* delay plus up to a quarter of it, drawn in the same way. */
int64_t backoff_jitter_ms(int64_t delay_ms, int32_t attempt, uint64_t seed, int32_t host);

#endif

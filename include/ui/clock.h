/*
 * clock.h - times of day for people: local time.
 */
#ifndef UI_CLOCK_H
#define UI_CLOCK_H

#include <stdint.h>

enum { CLOCK_BYTES = 32 };

/* 2026-11-23 21:45:00; wall_ms: UTC.  "?" where it is none. */
void clock_seconds(int64_t wall_ms, char ret[CLOCK_BYTES]);
/* 2026-11-23 21:45 */
void clock_minutes(int64_t wall_ms, char ret[CLOCK_BYTES]);

#endif

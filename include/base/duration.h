/*
 * duration.h - `500ms`, `30s`, `5m`, `1h30m`, bare seconds; all in milliseconds inside.
 */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include <stddef.h>
#include <stdint.h>

/* Parse text; -1 (and no change) when it is no duration, is negative or over 365 days.
 * `1.5s` and `0.25` (seconds) are allowed down to a millisecond. */
int duration_parse(const char *text, int64_t *ret_ms);

/* Seconds with three decimals, as the completed lines of debug.log have it: `300.012s`. */
void duration_format(int64_t ms, char *ret_text, size_t size);

/* For people: `0.31s`, `4.2s`, `3m05s`, `2h10m`. */
void duration_human(int64_t ms, char *ret_text, size_t size);

/* As it would be written in config.yml, to the millisecond: `5m`, `1h30m`, `1s500ms`, `0s`. */
void duration_written(int64_t ms, char *ret_text, size_t size);

#endif

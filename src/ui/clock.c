/*
 * clock.c - times of day for people.
 *
 * Decides their form.  Owns nothing; reads no clock.
 */
#include "ui/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void
clock_seconds(int64_t wall_ms, char ret[CLOCK_BYTES])
{
    const time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;

    if (localtime_r(&seconds, &tm) == NULL ||
        strftime(ret, CLOCK_BYTES, "%Y-%m-%d %H:%M:%S", &tm) == 0) {
        (void)snprintf(ret, CLOCK_BYTES, "?");
    }
}

void
clock_minutes(int64_t wall_ms, char ret[CLOCK_BYTES])
{
    char *last;

    clock_seconds(wall_ms, ret);
    last = strrchr(ret, ':');
    if (last != NULL) {
        *last = '\0';
    }
}

/*
 * micro.h - one measurement of one layer, as a line of JSON.
 *
 * Ours and its floor run by turns within a process, so that what else the machine does meets both.
 */
#ifndef BENCH_MICRO_H
#define BENCH_MICRO_H

#include <stdint.h>

/* One sample: a name such as "load", what a unit is ("line"), and the clocks since micro_begin. */
struct micro_clock {
    double cpu_s;
    double wall_s;
};
struct micro_clock micro_begin(void);
void micro_end(const struct micro_clock *begun, const char *name, int64_t units, int64_t bytes);

/* A path below a folder that is removed at the end; the caller's. */
char *micro_path(const char *name);
/* Say why and end with 1. */
void micro_fail(const char *what) __attribute__((noreturn));

/* Each measures `rounds` times, size units. */
void micro_known_hosts(int rounds, int64_t size);
void micro_inventory(int rounds, int64_t size);
void micro_template(int rounds, int64_t size);
void micro_escape(int rounds, int64_t size);
void micro_screen(int rounds, int64_t size);
void micro_journal(int rounds, int64_t size);
void micro_scheduler(int rounds, int64_t size);  /* the variant that docs and issues ask for */
void micro_schedulers(int rounds, int64_t size); /* all of them */

#endif

/*
 * options.h - the command line of the simulator.
 */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum { OPTION_JOBS_MAX = 64 };

struct options {
    uint64_t seeds, from;
    int jobs;
    int shrinks;      /* failing seeds that are made small */
    int failures_max; /* failing seeds after which to stop */
    const char *out;  /* folder of the scripts */
    bool traced;
    bool quiet;
    char **scripts; /* borrowed from argv */
    int script_count;
};

/* False, and a line on stderr, when it makes no sense.  --planted takes effect at once. */
bool options_read(struct options *o, int argc, char **argv);

#endif

/*
 * micro.c - what single layers cost, beside floors that no program of this kind can go below.
 *
 * micro LAYER ROUNDS SIZE prints a line of JSON for each measurement; bench/suites/micro.py makes
 * tables of them. Owns the folder its files are in.
 */
#include "micro.h"

#include "base/xalloc.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct layer {
    const char *name;
    void (*measure)(int rounds, int64_t size);
} layers[] = {
    {"known_hosts", micro_known_hosts}, {"inventory", micro_inventory},
    {"template", micro_template},       {"escape", micro_escape},
    {"journal", micro_journal},         {"scheduler", micro_scheduler},
    {"schedulers", micro_schedulers},   {"screen", micro_screen},
};
enum { LAYERS = sizeof(layers) / sizeof(layers[0]) };

static char folder[256];

static double
seconds(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct micro_clock
micro_begin(void)
{
    return (struct micro_clock){seconds(CLOCK_PROCESS_CPUTIME_ID), seconds(CLOCK_MONOTONIC)};
}

void
micro_end(const struct micro_clock *begun, const char *name, int64_t units, int64_t bytes)
{
    const double cpu_s = seconds(CLOCK_PROCESS_CPUTIME_ID) - begun->cpu_s;
    const double wall_s = seconds(CLOCK_MONOTONIC) - begun->wall_s;

    printf(
        "{\"name\": \"%s\", \"cpu_s\": %.9f, \"wall_s\": %.9f, \"units\": %lld, \"bytes\": %lld}\n",
        name, cpu_s, wall_s, (long long)units, (long long)bytes);
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *place)
{
    (void)st;
    (void)kind;
    (void)place;
    return remove(path);
}

static void
remove_folder(void)
{
    if (folder[0] != '\0') {
        (void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    }
}

void
micro_fail(const char *what)
{
    (void)fprintf(stderr, "micro: %s\n", what);
    exit(1);
}

char *
micro_path(const char *name)
{
    return xasprintf("%s/%s", folder, name);
}

/* MICRO_FOLDER is kept, for who wants to go on with what is in it. */
static void
make_folder(void)
{
    const char *tmp = getenv("TMPDIR"), *given = getenv("MICRO_FOLDER");

    if (given != NULL) {
        (void)snprintf(folder, sizeof(folder), "%s", given);
        return;
    }
    (void)snprintf(folder, sizeof(folder), "%s/im-micro-XXXXXX", tmp ? tmp : "/tmp");
    if (mkdtemp(folder) == NULL) {
        folder[0] = '\0';
        micro_fail("no folder in TMPDIR");
    }
    (void)atexit(remove_folder);
}

int
main(int argc, char **argv)
{
    for (size_t i = 0; argc == 4 && i < LAYERS; i++) {
        if (strcmp(layers[i].name, argv[1]) == 0) {
            make_folder();
            layers[i].measure((int)strtol(argv[2], NULL, 10), strtoll(argv[3], NULL, 10));
            return 0;
        }
    }
    (void)fprintf(stderr, "usage: micro LAYER ROUNDS SIZE\nlayers:");
    for (size_t i = 0; i < LAYERS; i++) {
        (void)fprintf(stderr, " %s", layers[i].name);
    }
    (void)fprintf(stderr, "\n");
    return 1;
}

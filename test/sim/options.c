/*
 * options.c - sim [--seeds N] [--from M] [--jobs N] [--out DIR] [--trace SEED] [--script FILE...]
 */
#include "sim/options.h"

#include "core/planted.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: sim [--seeds N] [--from M] [--jobs N]   run N seeds\n"
    "       sim --trace SEED                        show one seed: facts and orders\n"
    "       sim [--verbose] --script FILE...        run scripts\n"
    "       --shrinks N     make so many failing seeds small (3)\n"
    "       --failures N    stop after so many failing seeds (20)\n"
    "       --out DIR       where their scripts go (build/sim)\n"
    "       --quiet         no statistics\n"
    "       --planted NAME  with this fault; list: names and what they do (planted builds only)\n";

#ifdef PLANTED_FAULTS

enum planted planted;

static const struct {
    const char *name, *text;
} faults[] = {
#define ROW(name, text) {#name, text},
    PLANTED_LIST(ROW)
#undef ROW
};

/* 0 on; 1 listed: nothing more to do; -1 none of this name. */
static int
plant(const char *name)
{
    const size_t count = sizeof(faults) / sizeof(faults[0]);

    if (strcmp(name, "none") == 0) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, "list") == 0) {
            (void)printf("%s\t%s\n", faults[i].name, faults[i].text);
        } else if (strcmp(name, faults[i].name) == 0) {
            planted = (enum planted)(PLANT_NONE + 1 + (int)i);
            return 0;
        }
    }
    return strcmp(name, "list") == 0 ? 1 : -1;
}

#else

static int
plant(const char *name)
{
    (void)name;
    return -1;
}

#endif

static bool
to_number(const char *text, uint64_t least, uint64_t most, uint64_t *ret)
{
    char *end = NULL;

    *ret = strtoull(text, &end, 10);
    return end != text && *end == '\0' && text[0] != '-' && *ret >= least && *ret <= most;
}

enum {
    OPT_SEEDS,
    OPT_FROM,
    OPT_JOBS,
    OPT_TRACE,
    OPT_SCRIPT,
    OPT_VERBOSE,
    OPT_SHRINKS,
    OPT_FAILURES,
    OPT_OUT,
    OPT_QUIET,
    OPT_PLANTED
};

static bool
take(struct options *o, int option, char *value)
{
    uint64_t n = 0;
    bool good = true;

    switch (option) {
    case OPT_SEEDS:
        return to_number(value, 1, UINT64_MAX / 2, &o->seeds);
    case OPT_FROM:
        return to_number(value, 0, UINT64_MAX / 2, &o->from);
    case OPT_JOBS:
        good = to_number(value, 1, OPTION_JOBS_MAX, &n);
        o->jobs = (int)n;
        return good;
    case OPT_TRACE:
        o->traced = true;
        return to_number(value, 0, UINT64_MAX, &o->from);
    case OPT_VERBOSE:
        o->traced = true;
        return true;
    case OPT_SHRINKS:
        good = to_number(value, 0, 1000, &n);
        o->shrinks = (int)n;
        return good;
    case OPT_FAILURES:
        good = to_number(value, 1, 1000000, &n);
        o->failures_max = (int)n;
        return good;
    case OPT_OUT:
        o->out = value;
        return true;
    case OPT_QUIET:
        o->quiet = true;
        return true;
    case OPT_PLANTED: {
        const int rc = plant(value);
        if (rc == 1) {
            exit(0);
        }
        return rc == 0;
    }
    default:
        return false;
    }
}

bool
options_read(struct options *o, int argc, char **argv)
{
    static const struct option table[] = {
        {"seeds", required_argument, NULL, OPT_SEEDS},
        {"from", required_argument, NULL, OPT_FROM},
        {"jobs", required_argument, NULL, OPT_JOBS},
        {"trace", required_argument, NULL, OPT_TRACE},
        {"script", no_argument, NULL, OPT_SCRIPT},
        {"verbose", no_argument, NULL, OPT_VERBOSE},
        {"shrinks", required_argument, NULL, OPT_SHRINKS},
        {"failures", required_argument, NULL, OPT_FAILURES},
        {"out", required_argument, NULL, OPT_OUT},
        {"quiet", no_argument, NULL, OPT_QUIET},
        {"planted", required_argument, NULL, OPT_PLANTED},
        {NULL, 0, NULL, 0},
    };
    bool scripts = false;
    int option;

    *o = (struct options){
        .seeds = 1000, .from = 1, .jobs = 1, .shrinks = 3, .failures_max = 20, .out = "build/sim"};
    while ((option = getopt_long(argc, argv, "", table, NULL)) >= 0) {
        if (option == OPT_SCRIPT) {
            scripts = true;
        } else if (!take(o, option, optarg)) {
            (void)fputs(usage, stderr);
            return false;
        }
    }
    if (scripts != (optind < argc)) {
        (void)fputs(usage, stderr);
        return false;
    }
    o->scripts = argv + optind;
    o->script_count = argc - optind;
    return true;
}

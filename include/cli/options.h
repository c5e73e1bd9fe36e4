/*
 * options.h - the words of the command line, read by one table.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/err.h"
#include "base/strv.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum output { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_JSONL }; /* -o; --json is another */
enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_GUIDE }; /* --format, of report */

struct options {
    struct strv words; /* command, environment, ...: what is no option */
    struct strv tags, skip_tags, extra;
    const char *limit;    /* borrowed from argv, as all texts; or NULL */
    const char *nodes;    /* or NULL */
    const char *root;     /* or NULL */
    const char *log_file; /* or NULL */
    const char *simulate; /* or NULL */
    const char *save;     /* or NULL */
    const char *plan;     /* or NULL */
    int64_t assume_ms;    /* -1: not given */
    int32_t forks;        /* -1: not given */
    uint64_t seed;
    bool has_seed;
    enum color_when color;
    int verbose;
    enum output output;
    enum format format;
    bool check, quiet, group, json, explain, vars, raw, yes, force, watch, help, version;
    bool ask_pass, ask_become_pass;
    char given[64]; /* the letters of the options given, each once */
};

/* Read argv (permuted).  ERR_USAGE with the nearest option, ERR_NOT_YET for what is promised. */
int options_parse(int argc, char **argv, struct options *ret, struct err *err);
void options_release(struct options *o);

/* -1 and ERR_USAGE unless every option given is one of letters, or of those every command takes. */
int
options_allow(const struct options *o, const char *command, const char *letters, struct err *err);

/* The options for --help: those of letters and those every command takes; NULL: all. */
void options_help(FILE *f, const char *letters);

#endif

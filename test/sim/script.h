/*
 * script.h - a case and its facts as a text file, for people and for `sim --script`.
 *
 * One thing a line; `#` begins a comment.  A script with facts tells just these; one without is run
 * live in the world of its seed.  Docs: test/sim/corpus/README.md.
 */
#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

#include "sim/case.h"
#include "sim/run.h"

#include "base/err.h"

#include <stdio.h>

struct script {
    struct sim_case c;
    struct record *facts; /* owned: their times and facts alone */
    size_t count, cap;
};

void script_init(struct script *s);
void script_release(struct script *s);

void script_write(FILE *out, const struct sim_case *c, const struct record *facts, size_t count);

/* -1 and err: "FILE:LINE: expected X". */
int script_read(struct script *s, const char *path, struct err *err);

/* The same from a stream; path is for errors. */
int script_read_stream(struct script *s, FILE *in, const char *path, struct err *err);

#endif

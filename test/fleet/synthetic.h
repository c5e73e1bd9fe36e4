/*
 * synthetic.h - what a host would answer, without running anything.
 *
 * Reads the frame of the ssh layer (or its upload, or a plain command) and knows `exit N`, `sleep
 * S`, `echo TEXT`, `true` and `false`; every other word succeeds silently.  Pure text.
 */
#ifndef FLEET_SYNTHETIC_H
#define FLEET_SYNTHETIC_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum { SYNTHETIC_INPUT_MAX = 8 * 1024 * 1024 };

struct answer {
    struct buf head; /* owned: goes to both streams at once; empty: never started */
    struct buf out;  /* owned: goes to stdout at the end */
    struct buf err;  /* owned: goes to stderr at the end */
    int sleep_ms;
    int exit_code;
};

/* Does this exec command read its script from standard input? */
bool synthetic_reads_input(const char *command);

/* Initialises *ret_answer, whose buffers synthetic_release frees. */
void synthetic_answer(const char *command, const struct buf *input, struct answer *ret_answer);
void synthetic_release(struct answer *a);

#endif

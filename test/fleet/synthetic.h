/*
 * synthetic.h - what a host would answer, without running anything.
 *
 * Reads the frame of the ssh layer (or its upload, or a plain command) and knows `exit N`, `sleep
 * S`, `echo TEXT`, `flood BYTES` (lines) and `gush BYTES` (one line that never ends), `true` and
 * `false`; every other word succeeds silently.  Pure text.
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
    size_t flood;    /* bytes that follow out, made as they are sent */
    bool flood_ends; /* in lines */
    int sleep_ms;
    int exit_code;
};

/* Does this exec command read its script from standard input? */
bool synthetic_reads_input(const char *command);

/* Initialises *ret_answer, whose buffers synthetic_release frees. */
void synthetic_answer(const char *command, const struct buf *input, struct answer *ret_answer);
/* Bytes of the flood from `at` on: how many were put, 0 at its end. */
size_t synthetic_flood(const struct answer *a, size_t at, char *ret_bytes, size_t max);
void synthetic_release(struct answer *a);

#endif

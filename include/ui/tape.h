/*
 * tape.h - the last lines of what one host said, as bytes; for src/ui.
 *
 * Zero it to begin.  Lines are counted by their ends; of one that does not end the last
 * TAPE_LINE_BYTES at least are kept, so that a bar of progress is still seen to move.
 */
#ifndef UI_TAPE_H
#define UI_TAPE_H

#include "ui/budget.h"

#include <stddef.h>
#include <stdint.h>

enum { TAPE_LINE_BYTES = 4096 };

struct tape {
    char *bytes;       /* owned */
    size_t start, len; /* what is kept: len bytes from start on */
    size_t cap;
    size_t line_len; /* of them in the line that has not ended */
    int32_t lines;   /* that have ended */
    int64_t count;   /* bytes that ever came */
};

/* What it may hold; bytes at least 4 * TAPE_LINE_BYTES. */
struct tape_max {
    int32_t lines; /* 0: nothing is kept */
    size_t bytes;
};

void tape_release(struct tape *t, struct budget *b);
void tape_add(struct tape *t, struct budget *b, const char *bytes, size_t len, struct tape_max max);
/* End the line under way, if there is one: what comes next begins another. */
void tape_end_line(struct tape *t, struct budget *b, struct tape_max max);
/* Give its memory back; count stays. */
void tape_drop(struct tape *t, struct budget *b);
/* Hold no more than this from now on. */
void tape_trim(struct tape *t, struct budget *b, struct tape_max max);

#endif

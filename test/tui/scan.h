/*
 * scan.h - is every byte that a program sends to its terminal one of those we expect?
 *
 * A parser of its own, so that a terminal's patience hides nothing: printable UTF-8 and the
 * sequences of one table are fine, everything else is told with its place.  Remembers which private
 * modes are on.
 */
#ifndef TUI_SCAN_H
#define TUI_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCAN_SEQ_MAX = 64, SCAN_MODES_MAX = 32, SCAN_TOLD_MAX = 8, SCAN_TEXT_MAX = 160 };

struct scan {
    bool ascii;             /* no byte past 126 is expected */
    uint64_t bytes;         /* so far */
    uint64_t bad;           /* that were not expected: sequences, characters, bytes */
    char seq[SCAN_SEQ_MAX]; /* of a sequence or a character that is not whole yet */
    size_t len;
    unsigned last_code;        /* what was printed last; 0: nothing */
    int modes[SCAN_MODES_MAX]; /* private modes that are on, in the order they were set */
    size_t mode_count;
    char told[SCAN_TOLD_MAX][SCAN_TEXT_MAX]; /* the first of the bad, for people */
    size_t told_count;
};

void scan_init(struct scan *s, bool ascii);
void scan_feed(struct scan *s, const char *bytes, size_t len);
bool scan_mode(const struct scan *s, int mode);

#endif

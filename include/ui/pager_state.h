/*
 * pager_state.h - what pager*.c share.
 *
 * A line has a number that stays its own: of the first that ever came it is 0.  The line that has
 * not ended yet (open) has the next number.
 */
#ifndef UI_PAGER_STATE_H
#define UI_PAGER_STATE_H

#include "ui/pager.h"
#include "ui/words.h"

enum { PAGER_ESC_BYTES = 32 };

/* From this byte of a line on, this look: one of enum look, and LOOK_BOLD. */
struct pager_run {
    uint16_t from;
    uint8_t look;
};

struct pager_line {
    const char *bytes; /* borrowed from block or open; no escapes in it that are understood */
    const struct pager_run *runs;
    size_t len, run_count;
    bool cut;    /* it was longer */
    void *block; /* owned: runs, then bytes; NULL of the open one */
};

struct pager_open {
    char bytes[PAGER_LINE_BYTES];
    size_t len;
    size_t cells; /* about: for tabs */
    struct pager_run runs[PAGER_LINE_BYTES];
    size_t run_count;
    uint8_t look;
    bool cut, returned; /* returned: a \r came, and nothing behind it */
    char held[PAGER_ESC_BYTES];
    size_t held_len; /* the beginning of what may be a color */
};

/* A queue of numbers. */
struct pager_shown {
    uint64_t *numbers; /* owned */
    size_t first, end, cap;
};

struct pager {
    size_t lines_max, bytes_max;
    struct pager_line *lines; /* owned; first to end */
    size_t first, end, cap;
    size_t bytes;
    uint64_t gone; /* the number of the first that is kept */
    struct pager_open open;
    unsigned (*look)(const char *bytes, size_t len);

    struct words filter;
    struct pager_shown shown; /* lines that fit the filter, without the open one; of no use
                                 where there is none */
    struct word search;
    char *search_text; /* owned or NULL: as typed */
    uint64_t hit;      /* the line found last */
    bool has_hit, reveal;

    bool follow;
    uint64_t top; /* the uppermost line that is seen, or one that was */
    int left;     /* cells that are scrolled out at the left */
    struct box box;
};

/* pager_take.c: the open line. */
bool pager_open_is(const struct pager *p); /* there is one */
void pager_take(struct pager *p, const char *bytes, size_t len);
/* pager.c: the open line has ended. */
void pager_end_line(struct pager *p);

/* The lines that are shown under the filter, by their places. */
size_t pager_shown_count(const struct pager *p);
uint64_t pager_shown_number(const struct pager *p, size_t at);
size_t pager_shown_from(const struct pager *p, uint64_t number); /* the first that is not before */
struct pager_line pager_line_of(const struct pager *p, uint64_t number);
/* The place of the uppermost line that is seen. */
size_t pager_top(const struct pager *p);

#endif

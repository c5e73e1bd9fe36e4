/*
 * stall.h - how long each turn of the loop keeps whoever is ready from being heard.
 *
 * A turn is what is done between two waits: it ends after LOOP_TURN_MS or with the callback during
 * which they pass, so it is never shorter than its longest callback.  Commits of the store are
 * counted apart.  Costs two clock reads a turn.
 *
 * libevent 2.1 tells nobody when it begins and ends to wait (2.2 has evwatch), so stall.c stands
 * between it and epoll_wait(2): a definition in the program comes before that of the C library.
 * Where libevent waits otherwise nothing is counted, and nothing is told.
 */
#ifndef APP_STALL_H
#define APP_STALL_H

#include "base/spread.h"

#include <stdint.h>

struct stall {
    struct spread turns, commits;
    int64_t began_us;  /* the turn under way; -1: none */
    int64_t commit_us; /* of it */
};

/* From now on turns count for s, which must be zeroed and outlive this; NULL: for nobody. */
void stall_watch(struct stall *s);

/* CLOCK_MONOTONIC; for stall_commit. */
int64_t stall_now_us(void);

/* A commit of this turn took so long. */
void stall_commit(struct stall *s, int64_t us);

/* Of all turns that are over; a count of 0 where none could be seen. */
struct spread_figures stall_turns(const struct stall *s);

/* The wait began, ended, at this time; for stall.c and its test. */
void stall_wait_begins(struct stall *s, int64_t now_us);
void stall_wait_ends(struct stall *s, int64_t now_us);

#endif

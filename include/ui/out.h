/*
 * out.h - a queue in front of stdout or stderr, so that a slow reader never stalls the loop.
 *
 * Never changes the flags of a descriptor others share: a terminal is reopened non-blocking, a pipe
 * is polled and given at most 4 KB, a socket is sent to without waiting, a file is just written.
 * A reader that went away (EPIPE) is no error: what follows is thrown away.
 *
 * A queue can be bound to a budget of memory.  What does not fit into it waits in a file (spill.h);
 * on a terminal it is left out, as what is new counts there.
 */
#ifndef UI_OUT_H
#define UI_OUT_H

#include <stdbool.h>
#include <stddef.h>

enum {
    OUT_SOFT_BYTES_MAX = 8 * 1024 * 1024,  /* past it out_full says so: drop what can be dropped */
    OUT_HARD_BYTES_MAX = 64 * 1024 * 1024, /* past it everything is thrown away and counted */
    OUT_NOTE_BYTES_MAX = 256,              /* room kept for out_tell_dropped */
};

struct out;
struct budget; /* ui/budget.h */

/* Write to fd, which stays the caller's.  soft_max: bytes queued before out_full; 0: the default.
 */
struct out *out_new(int fd, size_t soft_max);
/* Before anything is queued: count in budget (borrowed; NULL: none), and keep what does not fit in
 * a file of spill_dir (copied; NULL: leave it out).  out_full says then when that is full too. */
void out_bind(struct out *o, struct budget *budget, const char *spill_dir);
/* Throws away what is queued; NULL is fine. */
void out_free(struct out *o);

bool out_is_terminal(const struct out *o);
/* Whether both lead to one terminal, pipe or socket, where lines would mix: use one queue then. */
bool out_same(int fd, int other_fd);

/* Queue bytes, all of them or none; writes nothing. */
void out_add(struct out *o, const char *bytes, size_t len);
/* Queue one line that says how many bytes `from` threw away, if it did, and count anew; there is
 * always room for two.  from and o may be the same. */
void out_tell_dropped(struct out *o, struct out *from);
/* Write what can be written without waiting, at most 64 KB a call. */
void out_flush(struct out *o);
/* Write everything, waiting for the reader at most timeout_ms without progress (-1: for ever);
 * true when nothing is left.  For the end, when no loop runs.  A signal ends the wait. */
bool out_drain(struct out *o, int timeout_ms);

/* Bytes are queued: wait until out_fd is writable, then out_flush. */
bool out_wants(const struct out *o);
int out_fd(const struct out *o);
size_t out_pending(const struct out *o); /* bytes, in memory or in the file */
bool out_full(const struct out *o);      /* soft_max or more are queued */
bool out_gone(const struct out *o);      /* the reader went away */

#endif

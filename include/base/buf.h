/*
 * buf.h - a growing run of bytes, born with a maximum.
 *
 * data always has a NUL after len bytes, so a buffer of text can be used as a string; it may hold
 * NULs of its own.  Appending past max appends nothing, sets `full` and returns -1: check each
 * call, or `full` once at the end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data; /* owned; never NULL after buf_init */
    size_t len;
    size_t cap;
    size_t max; /* bytes */
    bool full;  /* an append was refused */
};

/* Make an empty buffer that will never hold more than max bytes. */
void buf_init(struct buf *b, size_t max);

/* Free the contents; the buffer is unusable until buf_init.  Safe on a zeroed struct. */
void buf_release(struct buf *b);

/* Empty it, keep the memory. */
void buf_clear(struct buf *b);

/* Hand the bytes to the caller, who frees them; the buffer is empty and usable after. */
char *buf_detach(struct buf *b);

int buf_add(struct buf *b, const void *bytes, size_t len);
int buf_adds(struct buf *b, const char *text);
int buf_addc(struct buf *b, char c);
int buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Drop the first len bytes (at most all of them). */
void buf_drain(struct buf *b, size_t len);

#endif

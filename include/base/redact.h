/*
 * redact.h - takes secrets out of text that is about to be shown or kept.
 *
 * Every byte that belongs to an occurrence of a secret is left out, and each run of such bytes
 * becomes one `***`.  In a stream the bytes that may yet turn out to begin a secret are held back,
 * at most as many as the longest secret has.  Without secrets nothing is looked at.
 *
 * Not found: what was changed on the way (base64, another case, a shell's quotes inside it).
 */
#ifndef BASE_REDACT_H
#define BASE_REDACT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REDACT_BYTES_MIN = 4,       /* a shorter secret would take ordinary text away */
    REDACT_LINE_MIN = 8,        /* of one line of a secret that has several */
    REDACT_BYTES_MAX = 4 << 20, /* of all secrets of a set */
};
#define REDACT_MARK "***"

struct redact; /* a set of secrets */

struct redact *redact_new(void);
void redact_free(struct redact *r); /* wipes; NULL is fine */

/* Add a secret, without the line ends around it, and each long line of one with several; one that
 * is there, or is shorter than REDACT_BYTES_MIN, changes nothing.  May be called at any time.  -1:
 * the set is full. */
int redact_add(struct redact *r, const char *bytes, size_t len);
bool redact_is_empty(const struct redact *r); /* NULL is empty */

struct redact_span {
    size_t begin, end; /* of the held bytes */
};

/* One stream; zero it to begin. */
struct redact_stream {
    int32_t node;   /* of the set: what of a secret the newest bytes are */
    bool in_secret; /* the last byte that was passed on belonged to one */
    char *held;     /* owned: not passed on yet */
    size_t held_len, held_cap;
    struct redact_span *spans; /* owned: secrets in the held bytes, ascending, apart */
    size_t span_count, span_cap;
};

/* Append to out what of the stream may be passed on.  -1: out is full, and some is lost. */
int redact_feed(struct redact *r, struct redact_stream *s, const char *bytes, size_t len,
                struct buf *out);
/* The end of the stream: append what is held back; s can begin anew. */
int redact_flush(struct redact_stream *s, struct buf *out);
void redact_stream_release(struct redact_stream *s);

/* A whole text. */
int redact_text(struct redact *r, const char *bytes, size_t len, struct buf *out);

#endif

/*
 * frame.h - the texts that carry a script to /bin/sh on a host, and the reading of its first line.
 *
 * The exec command is a constant; everything else is one brace group on standard input, then EOF.
 * An unclosed brace group is a syntax error, so a frame that was cut never runs.  The first line on
 * both streams is `SUP1 <nonce> STARTED`; what precedes it is noise (rc files).  Pure text: no I/O
 * but the random bytes of a nonce.
 */
#ifndef SSH_FRAME_H
#define SSH_FRAME_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    FRAME_NONCE_SIZE = 33,       /* 32 hex digits and a NUL */
    FRAME_KEY_MAX = 128,         /* bytes */
    FRAME_NOISE_MAX = 64 * 1024, /* bytes before a header */
    FRAME_SCRIPT_MAX = 1 << 20,  /* bytes */
    FRAME_GUARD_MAX = 64 * 1024, /* bytes */
    FRAME_MAX = 5 * FRAME_SCRIPT_MAX,
};

/* From getrandom(2). */
void frame_nonce(char ret_nonce[FRAME_NONCE_SIZE]);

/* Append the frame to out (born with FRAME_MAX, besides what is in it).  preflight: also refuse a
 * shell whose printf is not built in, which would show the script in the argv of a process; once a
 * session is enough. guard: a script that is run first, unheard; where it exits 0 the script is not
 * run, and `SUP1 <nonce> SKIPPED` follows the header on stdout.  ERR_USAGE: a NUL in a script, too
 * long, a key outside [A-Za-z0-9._-]. */
struct frame_request {
    const char *nonce;
    const char *key;
    const char *script;
    size_t script_len;
    const char *guard; /* NULL: none */
    size_t guard_len;
    bool preflight;
};
int frame_build(struct buf *out, const struct frame_request *request, struct err *err);

/* The search for the header in one stream. */
struct frame_head {
    char mark[64];    /* SUP1 <nonce> STARTED */
    struct buf noise; /* owned: what came before it */
    bool seen;
    bool lost; /* FRAME_NOISE_MAX bytes and no header: the search is over */
};
void frame_head_init(struct frame_head *h, const char *nonce);
void frame_head_release(struct frame_head *h);
/* Take in bytes; returns how many belong to noise and header, the rest is output. */
size_t frame_head_feed(struct frame_head *h, const char *bytes, size_t len);

/* The line that may follow the header of stdout where there was a guard. */
struct frame_skip {
    char mark[64]; /* SUP1 <nonce> SKIPPED and a newline; "": no guard, nothing to look for */
    size_t matched;
    bool over; /* it is not there: what matched so far was output */
    bool seen;
};
void frame_skip_init(struct frame_skip *k, const char *nonce);
/* Take in bytes that follow the header; returns how many of them belong to the line.  When it
 * says `over`, the first k->matched bytes of the mark were output after all. */
size_t frame_skip_feed(struct frame_skip *k, const char *bytes, size_t len);

#endif

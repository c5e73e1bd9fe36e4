/*
 * upload.h - one file on its way to a host: the remote text, and the bytes that follow it.
 *
 * On the wire: a header line, `#B`, the file, then a trailer of 64 hex digits and a newline: the
 * SHA-256 of the bytes as they were sent.  The target writes all of it beside the destination,
 * cuts off the trailer, compares, and only then renames; it never reads past what it was sent, and
 * a transfer that was cut leaves the old file whole.  An archive is unpacked beside the destination
 * first; then the old folder goes aside, the new one takes its place, and the old one is removed.
 */
#ifndef SSH_UPLOAD_H
#define SSH_UPLOAD_H

#include "base/buf.h"
#include "base/err.h"
#include "ssh/pool.h"

#include <stddef.h>
#include <stdint.h>

enum {
    UPLOAD_DEST_MAX = 4096,
    UPLOAD_HEADER_MAX = 512 * 1024, /* a guard of FRAME_GUARD_MAX fits, every byte escaped */
    UPLOAD_CHUNK_MAX = 64 * 1024,   /* of the file, read at once */
};

/* What the shell that the exec request starts is given with -c; it holds no single quote. */
const char *upload_receiver(void);

struct upload_request {
    const char *nonce;
    const char *dest; /* absolute; no control bytes */
    unsigned mode;
    int64_t size; /* bytes */
    enum unpack unpack;
    const char *guard; /* as in frame.h; NULL: none */
    size_t guard_len;
};
/* Append header line and `#B` to out (born with UPLOAD_HEADER_MAX).  ERR_USAGE: a bad dest. */
int upload_build(struct buf *out, const struct upload_request *request, struct err *err);

struct upload; /* the reading side */

/* Takes over fd, an open regular file. */
struct upload *upload_new(int fd, int64_t size);
void upload_free(struct upload *u); /* NULL is fine; closes the file */

/* Append at most max bytes of file or trailer to out; 0 at the end.  A source that changed ends
 * early, without its trailer, so that the target refuses it: upload_note says so. */
size_t upload_read(struct upload *u, struct buf *out, size_t max);
const char *upload_note(const struct upload *u); /* "" while all is well */

#endif

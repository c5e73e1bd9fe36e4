/*
 * upload.c - reads the file, hashes what it hands out, and writes the text that receives it.
 *
 * Decides when a source counts as changed: shorter, longer, or another modification time than when
 * it was opened.  Owns the descriptor.  Never touches the network.
 */
#include "ssh/upload.h"

#include "base/escape.h"
#include "base/hash.h"
#include "base/xalloc.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { UPLOAD_CHUNK = 64 * 1024, UPLOAD_TRAILER = 65 };

struct upload {
    int fd; /* owned */
    int64_t size;
    int64_t sent;
    struct stat before;
    struct hash *hash; /* owned */
    char trailer[UPLOAD_TRAILER + 1];
    size_t trailer_sent;
    bool sealed; /* the trailer is made */
    char note[160];
};

/* read(1p) as a builtin takes one byte at a time from a pipe, so what follows `#B` is left for cat.
 * A header without its `#B` is not run. */
const char *
upload_command(void)
{
    return "exec /bin/sh -c 'IFS= read -r h&&IFS= read -r b&&[ \"$b\" = \"#B\" ]&&eval \"$h\"'";
}

/* One line, since read takes one.  Exit codes are those of sysexits.h: 69 unavailable, 73 cannot
 * create, 74 input/output.  PIPE is ignored so that a lost connection cannot end the shell before
 * its trap has removed the part file. */
static const char text_receive[] =
    "h(){ printf 'SUP1 %s %s\\n' \"$N\" \"$1\";};"
    "e(){ printf '%s: %s\\n' \"$D\" \"$1\" >&2;exit $2;};"
    "h STARTED;h STARTED >&2;umask 077;"
    "trap '' PIPE;trap 'rm -f \"$T\"' 0;trap 'exit 129' HUP;trap 'exit 143' TERM;"
    "[ -d \"$D\" ]&&e 'is a directory' 73;"
    "if command -v sha256sum >/dev/null 2>&1;then s(){ sha256sum;};"
    "elif command -v shasum >/dev/null 2>&1;then s(){ shasum -a 256;};"
    "elif command -v openssl >/dev/null 2>&1;then s(){ openssl dgst -sha256 -r;};"
    "else e 'none of sha256sum, shasum, openssl is here: cannot verify' 69;fi;"
    "set -C;cat >\"$T\"||e 'cannot be written' 74;set +C;"
    "c=$(wc -c <\"$T\");"
    "[ $((c)) -eq $((Z+65)) ]||e \"incomplete: $((c)) of $((Z+65)) bytes arrived\" 74;"
    "w=$(tail -c 65 \"$T\");"
    "dd if=/dev/null of=\"$T\" bs=1 seek=$Z 2>/dev/null||e 'cannot be cut to size' 74;"
    "x=$(s <\"$T\");"
    "[ \"${x%% *}\" = \"$w\" ]||e \"hash mismatch: sent $w, arrived ${x%% *}\" 74;"
    "chmod \"$M\" \"$T\"||e 'mode cannot be set' 73;"
    "mv -f \"$T\" \"$D\"||e 'cannot be renamed' 73;"
    "trap - 0;exit 0\n#B\n";

static int
check_dest(const char *dest, struct err *err)
{
    const size_t len = strlen(dest);

    if (len == 0 || len > UPLOAD_DEST_MAX || dest[0] != '/' || dest[len - 1] == '/') {
        return err_set(err, ERR_USAGE, "upload: dest: expected an absolute path of a file");
    }
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)dest[i] < 0x20 || dest[i] == 0x7f) {
            return err_set(err, ERR_USAGE, "upload: dest: control bytes are not allowed");
        }
    }
    return 0;
}

int
upload_build(struct buf *out, const struct upload_request *r, struct err *err)
{
    if (check_dest(r->dest, err) < 0) {
        return -1;
    }
    assert(r->size >= 0);
    const int folder = (int)(strrchr(r->dest, '/') - r->dest);
    char *part = xasprintf("%.*s/.%s.part", folder, r->dest, r->nonce);

    (void)buf_addf(out, "N=%s;M=%04o;Z=%lld;D=", r->nonce, r->mode & 07777U, (long long)r->size);
    escape_shell(out, r->dest, strlen(r->dest));
    (void)buf_adds(out, ";T=");
    escape_shell(out, part, strlen(part));
    (void)buf_adds(out, ";");
    (void)buf_adds(out, text_receive);
    free(part);
    assert(!out->full);
    return 0;
}

struct upload *
upload_new(int fd, int64_t size)
{
    struct upload *u = xcalloc(1, sizeof(*u));

    assert(fd >= 0);
    u->fd = fd;
    u->size = size;
    u->hash = hash_new();
    if (fstat(fd, &u->before) < 0) {
        (void)snprintf(u->note, sizeof(u->note), "source: %s", strerror(errno));
    }
    return u;
}

void
upload_free(struct upload *u)
{
    if (u == NULL) {
        return;
    }
    (void)close(u->fd);
    hash_free(u->hash);
    free(u);
}

static void
give_up(struct upload *u, const char *what)
{
    (void)snprintf(u->note, sizeof(u->note), "the source file %s while it was sent", what);
}

static size_t
read_chunk(struct upload *u, char *bytes, size_t max)
{
    const int64_t left = u->size - u->sent;
    const size_t want = left < (int64_t)max ? (size_t)left : max;
    ssize_t n;

    do {
        n = read(u->fd, bytes, want);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        (void)snprintf(u->note, sizeof(u->note), "source: %s", strerror(errno));
        return 0;
    }
    if (n == 0) {
        give_up(u, "became shorter");
        return 0;
    }
    hash_update(u->hash, bytes, (size_t)n);
    u->sent += n;
    return (size_t)n;
}

static void
seal(struct upload *u)
{
    struct stat now;
    char more;

    u->sealed = true;
    if (read(u->fd, &more, 1) > 0) {
        give_up(u, "became longer");
    } else if (fstat(u->fd, &now) < 0 || now.st_mtim.tv_sec != u->before.st_mtim.tv_sec ||
               now.st_mtim.tv_nsec != u->before.st_mtim.tv_nsec) {
        give_up(u, "was changed");
    }
    hash_finish(u->hash, u->trailer);
    u->trailer[UPLOAD_TRAILER - 1] = '\n';
    u->trailer[UPLOAD_TRAILER] = '\0';
}

size_t
upload_read(struct upload *u, struct buf *out, size_t max)
{
    char chunk[UPLOAD_CHUNK];
    size_t n;

    if (u->note[0] != '\0' || max == 0) {
        return 0;
    }
    if (u->sent < u->size) {
        n = read_chunk(u, chunk, max < sizeof(chunk) ? max : sizeof(chunk));
        (void)buf_add(out, chunk, n);
        return n;
    }
    if (!u->sealed) {
        seal(u);
        if (u->note[0] != '\0') {
            return 0;
        }
    }
    n = UPLOAD_TRAILER - u->trailer_sent < max ? UPLOAD_TRAILER - u->trailer_sent : max;
    (void)buf_add(out, u->trailer + u->trailer_sent, n);
    u->trailer_sent += n;
    return n;
}

const char *
upload_note(const struct upload *u)
{
    return u->note;
}

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
#include "ssh/frame.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { UPLOAD_TRAILER = 65 };

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
upload_receiver(void)
{
    return "IFS= read -r h&&IFS= read -r b&&[ \"$b\" = \"#B\" ]&&eval \"$h\"";
}

/* One line, since read takes one.  Exit codes are those of sysexits.h: 69 unavailable, 73 cannot
 * create, 74 input/output. */
static const char text_start[] = "h(){ printf 'SUP1 %s %s\\n' \"$N\" \"$1\";};"
                                 "e(){ printf '%s: %s\\n' \"$D\" \"$1\" >&2;exit $2;};"
                                 "h STARTED;h STARTED >&2;";

static const char text_guard[] =
    "printf '%s\\n' \"$G\"|"
    "/bin/sh -c 'S=$(cat)||exit 127;exec </dev/null >/dev/null 2>&1;eval \"unset S;$S\"'&&"
    "{ h SKIPPED;exit 0;};";

static const char text_file_check[] = "c(){ rm -f \"$T\";};[ -d \"$D\" ]&&e 'is a directory' 73;";

/* A link stays: what it leads to may be shared. */
static const char text_tree_check[] =
    "c(){ [ -e \"$D\" ]||[ ! -d \"$O\" ]||mv \"$O\" \"$D\";rm -rf \"$T\" \"$W\";};"
    "[ -L \"$D\" ]&&e 'is a link' 73;"
    "[ ! -e \"$D\" ]||[ -d \"$D\" ]||e 'is not a folder' 73;";

/* PIPE is ignored so that a lost connection cannot end the shell before its trap has removed the
 * part file.  From 8 MB on, openssl is asked first where there is one: it hashes four times as fast
 * as sha256sum, which is asked if the other's word is not the one that was sent. */
static const char text_receive[] =
    "[ -d \"${D%/*}/\" ]||e \"there is no folder ${D%/*}\" 73;"
    "u=$(umask);umask 077;"
    "trap '' PIPE;trap c 0;trap 'exit 129' HUP;trap 'exit 143' TERM;"
    "if command -v sha256sum >/dev/null 2>&1;then s(){ sha256sum;};"
    "elif command -v shasum >/dev/null 2>&1;then s(){ shasum -a 256;};"
    "elif command -v openssl >/dev/null 2>&1;then s(){ openssl dgst -sha256 -r;};"
    "else e 'none of sha256sum, shasum, openssl is here: cannot verify' 69;fi;"
    "set -C;cat >\"$T\"||e 'cannot be written' 74;set +C;"
    "c=$(wc -c <\"$T\");"
    "[ $((c)) -eq $((Z+65)) ]||e \"incomplete: $((c)) of $((Z+65)) bytes arrived\" 74;"
    "w=$(tail -c 65 \"$T\");"
    "dd if=/dev/null of=\"$T\" bs=1 seek=$Z 2>/dev/null||e 'cannot be cut to size' 74;"
    "x=;[ $Z -lt 8388608 ]||! command -v openssl >/dev/null 2>&1||"
    "x=$(openssl dgst -sha256 -r <\"$T\" 2>/dev/null);"
    "[ \"${x%% *}\" = \"$w\" ]||x=$(s <\"$T\");"
    "[ \"${x%% *}\" = \"$w\" ]||e \"hash mismatch: sent $w, arrived ${x%% *}\" 74;";

static const char text_file_place[] = "chmod \"$M\" \"$T\"||e 'mode cannot be set' 73;"
                                      "mv -f \"$T\" \"$D\"||e 'cannot be renamed' 73;"
                                      "trap - 0;exit 0\n#B\n";

static const char text_tree_place[] =
    "umask \"$u\";command -v tar >/dev/null 2>&1||e 'tar is not here: cannot unpack' 69;"
    "mkdir \"$W\"||e 'cannot be made' 73;"
    "tar -xof \"$T\" -C \"$W\"||e 'cannot be unpacked' 74;"
    "rm -f \"$T\";"
    "[ ! -d \"$D\" ]||mv \"$D\" \"$O\"||e 'cannot be moved aside' 73;"
    "mv \"$W\" \"$D\"||e 'cannot be renamed' 73;"
    "trap - 0;rm -rf \"$O\"||e 'the old one cannot be removed' 73;exit 0\n#B\n";

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

/* NAME='<dir>/.<nonce>.<suffix>', beside dest. */
static void
add_beside(struct buf *out, char name, const struct upload_request *r, const char *suffix)
{
    const int folder = (int)(strrchr(r->dest, '/') - r->dest);
    char *path = xasprintf("%.*s/.%s.%s", folder, r->dest, r->nonce, suffix);

    (void)buf_addf(out, "%c=", name);
    escape_shell(out, path, strlen(path));
    (void)buf_addc(out, ';');
    free(path);
}

/* On one line: a newline of the guard stands in a variable. */
static void
add_guard(struct buf *out, const char *guard, size_t len)
{
    (void)buf_adds(out, "L=$(printf '\\n.');L=${L%.};G=");
    for (size_t at = 0; at <= len;) {
        const char *newline = at == len ? NULL : memchr(guard + at, '\n', len - at);
        const size_t part = newline == NULL ? len - at : (size_t)(newline - guard) - at;
        escape_shell(out, guard + at, part);
        at += part + 1;
        (void)buf_adds(out, newline == NULL ? ";" : "\"$L\"");
    }
}

static int
check_guard(const struct upload_request *r, struct err *err)
{
    if (r->guard != NULL &&
        (r->guard_len > FRAME_GUARD_MAX || memchr(r->guard, '\0', r->guard_len) != NULL)) {
        return err_set(err, ERR_USAGE, "unless: expected at most %d bytes, none of them NUL",
                       FRAME_GUARD_MAX);
    }
    return 0;
}

int
upload_build(struct buf *out, const struct upload_request *r, struct err *err)
{
    const bool is_tree = r->unpack == UNPACK_TAR;

    if (check_dest(r->dest, err) < 0 || check_guard(r, err) < 0) {
        return -1;
    }
    assert(r->size >= 0);
    (void)buf_addf(out, "N=%s;M=%04o;Z=%lld;D=", r->nonce, r->mode & 07777U, (long long)r->size);
    escape_shell(out, r->dest, strlen(r->dest));
    (void)buf_addc(out, ';');
    add_beside(out, 'T', r, "part");
    if (is_tree) {
        add_beside(out, 'W', r, "new");
        add_beside(out, 'O', r, "old");
    }
    if (r->guard != NULL) {
        add_guard(out, r->guard, r->guard_len);
    }
    (void)buf_adds(out, text_start);
    (void)buf_adds(out, r->guard == NULL ? "" : text_guard);
    (void)buf_adds(out, is_tree ? text_tree_check : text_file_check);
    (void)buf_adds(out, text_receive);
    (void)buf_adds(out, is_tree ? text_tree_place : text_file_place);
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
    char chunk[UPLOAD_CHUNK_MAX];
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

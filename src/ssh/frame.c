/*
 * frame.c - builds frames and finds headers.
 *
 * Decides the text that runs on hosts; each line was tried on dash and busybox ash.  Owns the noise
 * of a stream.  Never sends anything: exec.c does.
 */
#include "ssh/frame.h"

#include "base/escape.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const char text_preflight[] =
    "[ \"$(command -v printf)\" = printf ]||"
    "{ echo 'printf is not built into /bin/sh: refused, the script would be seen by ps' >&2;"
    "exit 126;}\n";

/* stdin of the script is /dev/null: `cat` takes the script out of the pipe first.  `unset S` keeps
 * the script's own text out of its variables. */
static const char text_run[] =
    "h(){ printf 'SUP1 %s %s\\n' \"$N\" \"$1\";}\n"
    "h STARTED;h STARTED >&2\n"
    "printf '%s\\n' \"$S\"|exec $I -c 'S=$(cat);exec </dev/null;eval \"unset S;$S\"' \"$K\"\n"
    "exit $?\n"
    "}\n";

const char *
frame_command(void)
{
    return "exec /bin/sh";
}

void
frame_nonce(char ret_nonce[FRAME_NONCE_SIZE])
{
    unsigned char bytes[(FRAME_NONCE_SIZE - 1) / 2];

    /* Up to 256 bytes are never cut short (getrandom(2)). */
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
        abort();
    }
    for (size_t i = 0; i < sizeof(bytes); i++) {
        (void)snprintf(ret_nonce + 2 * i, 3, "%02x", bytes[i]);
    }
}

static bool
key_is_plain(const char *key)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const size_t len = strlen(key);

    return len > 0 && len <= FRAME_KEY_MAX && strspn(key, plain) == len;
}

int
frame_build(struct buf *out, const struct frame_request *r, struct err *err)
{
    if (!key_is_plain(r->key)) {
        return err_set(err, ERR_USAGE, "step key: expected 1 to %d of A-Z a-z 0-9 . _ -",
                       FRAME_KEY_MAX);
    }
    if (r->script_len > FRAME_SCRIPT_MAX) {
        return err_set(err, ERR_USAGE, "script: %zu bytes, at most %d are sent", r->script_len,
                       FRAME_SCRIPT_MAX);
    }
    if (r->script_len > 0 && memchr(r->script, '\0', r->script_len) != NULL) {
        return err_set(err, ERR_USAGE, "script: a NUL byte cannot be sent to a shell");
    }
    (void)buf_adds(out, "{\n");
    if (r->preflight) {
        (void)buf_adds(out, text_preflight);
    }
    (void)buf_addf(out, "N=%s K=%s I=/bin/sh\nS=", r->nonce, r->key);
    escape_shell(out, r->script, r->script_len);
    (void)buf_adds(out, "\n");
    (void)buf_adds(out, text_run);
    assert(!out->full);
    return 0;
}

void
frame_head_init(struct frame_head *h, const char *nonce)
{
    *h = (struct frame_head){0};
    (void)snprintf(h->mark, sizeof(h->mark), "SUP1 %s STARTED", nonce);
    buf_init(&h->noise, FRAME_NOISE_MAX);
}

void
frame_head_release(struct frame_head *h)
{
    buf_release(&h->noise);
}

/* The line [begin, noise.len) is whole: is it, or does it end in, the header?  An rc file may print
 * without a newline, so the mark can stand behind noise. */
static bool
is_header(struct frame_head *h, size_t begin)
{
    const char *line = h->noise.data + begin;
    const size_t mark_len = strlen(h->mark);
    const char *at = memmem(line, h->noise.len - begin, h->mark, mark_len);

    if (at == NULL || (at[mark_len] != '\n' && at[mark_len] != ' ')) {
        return false;
    }
    h->noise.len = (size_t)(at - h->noise.data);
    h->noise.data[h->noise.len] = '\0';
    return true;
}

static size_t
last_line(const struct buf *b)
{
    const char *newline = memrchr(b->data, '\n', b->len);

    return newline == NULL ? 0 : (size_t)(newline - b->data) + 1;
}

size_t
frame_head_feed(struct frame_head *h, const char *bytes, size_t len)
{
    size_t used = 0;

    while (used < len && !h->seen && !h->lost) {
        const char *newline = memchr(bytes + used, '\n', len - used);
        const size_t part = newline == NULL ? len - used : (size_t)(newline - bytes) + 1 - used;
        const size_t begin = last_line(&h->noise);
        if (buf_add(&h->noise, bytes + used, part) < 0) {
            h->lost = true;
            break;
        }
        used += part;
        h->seen = newline != NULL && is_header(h, begin);
    }
    return used;
}

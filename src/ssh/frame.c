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
static const char text_start[] = "h(){ printf 'SUP1 %s %s\\n' \"$N\" \"$1\";}\n"
                                 "h STARTED;h STARTED >&2\n";

static const char text_guard[] =
    "printf '%s\\n' \"$G\"|"
    "$I -c 'S=$(cat)||exit 127;exec </dev/null >/dev/null 2>&1;eval \"unset S;$S\"' \"$K\"&&"
    "{ h SKIPPED;exit 0;}\n";

static const char text_run[] = "printf '%s\\n' \"$S\"|exec $I -c 'S=$(cat)||exit 127;exec "
                               "</dev/null;eval \"unset S;$S\"' \"$K\"\n"
                               "exit $?\n"
                               "}\n";

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

static int
check_script(const char *what, const char *script, size_t len, size_t max, struct err *err)
{
    if (len > max) {
        return err_set(err, ERR_USAGE, "%s: %zu bytes, at most %zu are sent", what, len, max);
    }
    if (len > 0 && memchr(script, '\0', len) != NULL) {
        return err_set(err, ERR_USAGE, "%s: a NUL byte cannot be sent to a shell", what);
    }
    return 0;
}

int
frame_build(struct buf *out, const struct frame_request *r, struct err *err)
{
    const size_t guard_len = r->guard == NULL ? 0 : r->guard_len;

    if (!key_is_plain(r->key)) {
        return err_set(err, ERR_USAGE, "step key: expected 1 to %d of A-Z a-z 0-9 . _ -",
                       FRAME_KEY_MAX);
    }
    if (check_script("script", r->script, r->script_len, FRAME_SCRIPT_MAX, err) < 0 ||
        check_script("unless", r->guard, guard_len, FRAME_GUARD_MAX, err) < 0) {
        return -1;
    }
    (void)buf_adds(out, "{\n");
    if (r->preflight) {
        (void)buf_adds(out, text_preflight);
    }
    (void)buf_addf(out, "N=%s K=%s I=/bin/sh\nS=", r->nonce, r->key);
    escape_shell(out, r->script, r->script_len);
    if (r->guard != NULL) {
        (void)buf_adds(out, "\nG=");
        escape_shell(out, r->guard, r->guard_len);
    }
    (void)buf_adds(out, "\n");
    (void)buf_adds(out, text_start);
    (void)buf_adds(out, r->guard == NULL ? "" : text_guard);
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

void
frame_skip_init(struct frame_skip *k, const char *nonce)
{
    *k = (struct frame_skip){0};
    (void)snprintf(k->mark, sizeof(k->mark), "SUP1 %s SKIPPED\n", nonce);
}

size_t
frame_skip_feed(struct frame_skip *k, const char *bytes, size_t len)
{
    const size_t mark_len = strlen(k->mark);
    size_t used = 0;

    while (used < len && !k->seen && !k->over) {
        if (mark_len == 0 || bytes[used] != k->mark[k->matched]) {
            k->over = true;
            break;
        }
        used++;
        k->matched++;
        k->seen = k->matched == mark_len;
    }
    return used;
}

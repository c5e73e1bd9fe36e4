/*
 * tape.c - the last lines of what one host said.
 *
 * Decides what is forgotten: whole lines, the oldest first.  Owns nothing but the bytes, which are
 * always in one piece.
 */
#include "ui/tape.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 256 };

static void
resize(struct tape *t, struct budget *b, size_t cap)
{
    budget_give(b, t->cap);
    t->bytes = xreallocarray(t->bytes, cap, 1);
    t->cap = cap;
    budget_take(b, cap);
}

void
tape_drop(struct tape *t, struct budget *b)
{
    budget_give(b, t->cap);
    free(t->bytes);
    *t = (struct tape){.count = t->count};
}

void
tape_release(struct tape *t, struct budget *b)
{
    tape_drop(t, b);
    t->count = 0;
}

static void
to_front(struct tape *t)
{
    if (t->start > 0) {
        memmove(t->bytes, t->bytes + t->start, t->len);
        t->start = 0;
    }
}

static void
forget_first(struct tape *t)
{
    const char *begin = t->bytes + t->start;
    const char *end = memchr(begin, '\n', t->len);

    assert(end != NULL);
    const size_t len = (size_t)(end - begin) + 1;
    t->start += len;
    t->len -= len;
    t->lines--;
}

/* So that len more fit, too; of bytes a quarter at once, since what is left may have to be moved.
 */
static void
forget(struct tape *t, size_t len, struct tape_max max)
{
    const bool full = t->len + len > max.bytes;

    while (t->lines > max.lines ||
           (full && t->lines > 0 && t->len + len > max.bytes - max.bytes / 4)) {
        forget_first(t);
    }
}

/* The line that has not ended is long: only its end is news. */
static void
cut_line(struct tape *t)
{
    char *line = t->bytes + t->start + t->len - t->line_len;
    const size_t out = t->line_len - TAPE_LINE_BYTES;

    memmove(line, line + out, TAPE_LINE_BYTES);
    t->len -= out;
    t->line_len = TAPE_LINE_BYTES;
}

/* Moving is paid for by what was forgotten, or there is no more memory to be had. */
static void
make_room(struct tape *t, struct budget *b, size_t len, size_t bytes_max)
{
    const size_t need = t->len + len;

    if (t->start + need <= t->cap) {
        return;
    }
    to_front(t);
    if (need > t->cap / 2 && t->cap < bytes_max) {
        size_t cap = t->cap < FIRST_BYTES ? FIRST_BYTES : t->cap * 2;
        cap = cap > bytes_max ? bytes_max : cap;
        resize(t, b, cap < need ? need : cap);
    } else if (need > t->cap) {
        resize(t, b, need); /* a line that has not ended may be all there is */
    }
}

/* Of one line; at most TAPE_LINE_BYTES. */
static void
put(struct tape *t, struct budget *b, const char *bytes, size_t len, struct tape_max max)
{
    if (t->line_len + len > (size_t)2 * TAPE_LINE_BYTES) {
        cut_line(t);
    }
    forget(t, len, max);
    make_room(t, b, len, max.bytes);
    memcpy(t->bytes + t->start + t->len, bytes, len);
    t->len += len;
    t->line_len += len;
    if (bytes[len - 1] == '\n') {
        t->line_len = 0;
        t->lines++;
        forget(t, 0, max);
    }
}

void
tape_add(struct tape *t, struct budget *b, const char *bytes, size_t len, struct tape_max max)
{
    assert(max.bytes >= (size_t)4 * TAPE_LINE_BYTES);
    t->count += (int64_t)len;
    if (max.lines <= 0) {
        return;
    }
    while (len > 0) {
        const char *end = memchr(bytes, '\n', len);
        const size_t line = end != NULL ? (size_t)(end - bytes) + 1 : len;
        const size_t part = line < TAPE_LINE_BYTES ? line : TAPE_LINE_BYTES;
        put(t, b, bytes, part, max);
        bytes += part;
        len -= part;
    }
}

void
tape_end_line(struct tape *t, struct budget *b, struct tape_max max)
{
    if (t->line_len > 0) {
        tape_add(t, b, "\n", 1, max);
    }
}

void
tape_trim(struct tape *t, struct budget *b, struct tape_max max)
{
    forget(t, 0, max);
    to_front(t);
    if (t->cap > max.bytes) {
        resize(t, b, t->len > max.bytes ? t->len : max.bytes);
    }
}

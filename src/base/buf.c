/*
 * buf.c - bounded byte buffers.
 *
 * Decides how they grow (doubling, up to max).  Owns the bytes.
 */
#include "base/buf.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.data = xcalloc(1, 1), .cap = 1, .max = max};
}

void
buf_release(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}

void
buf_clear(struct buf *b)
{
    b->len = 0;
    b->full = false;
    b->data[0] = '\0';
}

char *
buf_detach(struct buf *b)
{
    char *data = b->data;

    buf_init(b, b->max);
    return data;
}

static int
reserve(struct buf *b, size_t extra)
{
    assert(b->data != NULL);
    if (extra > b->max - b->len) {
        b->full = true;
        return -1;
    }
    const size_t need = b->len + extra + 1;
    if (need > b->cap) {
        size_t cap = b->cap < 32 ? 64 : b->cap * 2;
        if (cap < need) {
            cap = need;
        }
        b->data = xreallocarray(b->data, cap, 1);
        b->cap = cap;
    }
    return 0;
}

int
buf_add(struct buf *b, const void *bytes, size_t len)
{
    if (reserve(b, len) < 0) {
        return -1;
    }
    if (len > 0) {
        memcpy(b->data + b->len, bytes, len);
    }
    b->len += len;
    b->data[b->len] = '\0';
    return 0;
}

int
buf_adds(struct buf *b, const char *text)
{
    return buf_add(b, text, strlen(text));
}

int
buf_addc(struct buf *b, char c)
{
    return buf_add(b, &c, 1);
}

int
buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    const int len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    assert(len >= 0);
    if (reserve(b, (size_t)len) < 0) {
        return -1;
    }
    va_start(ap, fmt);
    (void)vsnprintf(b->data + b->len, (size_t)len + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)len;
    return 0;
}

void
buf_drain(struct buf *b, size_t len)
{
    if (len > b->len) {
        len = b->len;
    }
    memmove(b->data, b->data + len, b->len - len);
    b->len -= len;
    b->data[b->len] = '\0';
}

/*
 * lines.c - bytes of many hosts cut into whole lines.
 *
 * Decides where a line ends.  Owns the beginning of each line that has not ended yet; whole lines
 * inside one piece of output are not copied.  Never looks at what the bytes mean.
 */
#include "ui/lines.h"

#include "base/buf.h"
#include "base/xalloc.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { STREAMS = STREAM_STDERR + 1 };

struct lines {
    int32_t hosts;
    struct budget *budget; /* borrowed or NULL */
    struct buf *rest;      /* owned; STREAMS a host; data is NULL until needed */
};

static void
keep(struct lines *l, struct buf *rest, const char *bytes, size_t len)
{
    if (rest->data == NULL) {
        buf_init(rest, LINES_BYTES_MAX);
    } else {
        budget_give(l->budget, rest->cap);
    }
    (void)buf_add(rest, bytes, len);
    budget_take(l->budget, rest->cap);
}

static void
drop(struct lines *l, struct buf *rest)
{
    budget_give(l->budget, rest->cap);
    buf_release(rest);
    *rest = (struct buf){0};
}

struct lines *
lines_new(int32_t hosts, struct budget *budget)
{
    struct lines *l = xcalloc(1, sizeof(*l));

    l->hosts = hosts;
    l->budget = budget;
    l->rest = xcalloc((size_t)hosts * STREAMS, sizeof(*l->rest));
    return l;
}

void
lines_free(struct lines *l)
{
    if (l == NULL) {
        return;
    }
    for (size_t i = 0; i < (size_t)l->hosts * STREAMS; i++) {
        drop(l, &l->rest[i]);
    }
    free(l->rest);
    free(l);
}

static void
hand_on(int32_t host, enum stream stream, const char *line, size_t len, bool ended, lines_fn *fn,
        void *arg)
{
    if (ended && len > 0 && line[len - 1] == '\r') {
        len--;
    }
    fn(arg, host, stream, line, len);
}

void
lines_feed(struct lines *l, int32_t host, enum stream stream, const char *bytes, size_t len,
           lines_fn *fn, void *arg)
{
    struct buf *rest = &l->rest[(size_t)host * STREAMS + (size_t)stream];

    assert(host >= 0 && host < l->hosts);
    while (len > 0) {
        if (rest->len == LINES_BYTES_MAX && bytes[0] != '\n') {
            hand_on(host, stream, rest->data, rest->len, false, fn, arg);
            drop(l, rest);
        }
        const size_t room = LINES_BYTES_MAX - rest->len;
        const char *end = memchr(bytes, '\n', len > room ? room + 1 : len);
        const size_t part = end != NULL ? (size_t)(end - bytes) : len > room ? room : len;
        if (end != NULL && rest->len == 0) {
            hand_on(host, stream, bytes, part, true, fn, arg);
        } else {
            keep(l, rest, bytes, part);
            if (end != NULL || !budget_fits(l->budget, BUDGET_LINES, 0)) {
                hand_on(host, stream, rest->data, rest->len, end != NULL, fn, arg);
                drop(l, rest);
            }
        }
        bytes += part + (end != NULL);
        len -= part + (end != NULL);
    }
}

void
lines_finish(struct lines *l, int32_t host, lines_fn *fn, void *arg)
{
    for (int stream = 0; stream < STREAMS; stream++) {
        struct buf *rest = &l->rest[(size_t)host * STREAMS + (size_t)stream];
        if (rest->len > 0) {
            hand_on(host, (enum stream)stream, rest->data, rest->len, false, fn, arg);
        }
        drop(l, rest);
    }
}

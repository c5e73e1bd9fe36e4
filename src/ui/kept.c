/*
 * kept.c - one run of bytes with a hole in its middle.
 *
 * Decides where the hole is.  Owns nothing but the bytes.
 */
#include "ui/kept.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 64 };

static void
resize(struct kept *k, struct budget *b, size_t cap)
{
    budget_give(b, k->cap);
    k->bytes = xreallocarray(k->bytes, cap, 1);
    k->cap = cap;
    budget_take(b, cap);
}

void
kept_release(struct kept *k, struct budget *b)
{
    budget_give(b, k->cap);
    free(k->bytes);
    *k = (struct kept){0};
}

/* Leave the first `head` and the last `tail` bytes. */
static void
cut_middle(struct kept *k, size_t head, size_t tail)
{
    if (k->missing > 0 && k->cut < head) {
        head = k->cut; /* the hole only grows */
    }
    const size_t out = k->len - head - tail;

    memmove(k->bytes + head, k->bytes + k->len - tail, tail);
    k->missing += (int64_t)out;
    k->cut = head;
    k->len = head + tail;
}

/* Room for len more below max; the hole takes what there is too much of. */
static void
make_room(struct kept *k, struct budget *b, size_t len, size_t max)
{
    if (k->len + len > max) {
        cut_middle(k, max / 2, max / 4);
    }
    if (k->len + len > k->cap) {
        size_t cap = k->cap < FIRST_BYTES ? FIRST_BYTES : k->cap * 2;
        cap = cap < k->len + len ? k->len + len : cap;
        resize(k, b, cap < max ? cap : max);
    }
}

void
kept_add(struct kept *k, struct budget *b, const char *bytes, size_t len, size_t max)
{
    const size_t step = max / 4 > 0 ? max / 4 : 1;

    while (len > 0) {
        const size_t part = len < step ? len : step;
        make_room(k, b, part, max);
        memcpy(k->bytes + k->len, bytes, part);
        k->len += part;
        bytes += part;
        len -= part;
    }
}

void
kept_trim(struct kept *k, struct budget *b, size_t max)
{
    if (k->len > max) {
        cut_middle(k, max / 2, max / 4);
    }
    if (k->cap > max) {
        resize(k, b, max);
    }
}

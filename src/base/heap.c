/*
 * heap.c - pairing heaps without pointers: every link is an id.
 *
 * Owns its arrays.  Never recurses: the two passes of a pop run along the list of children.
 */
#include "base/heap.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

void
heap_init(struct heap *h, int32_t ids)
{
    const size_t n = (size_t)ids;

    *h = (struct heap){
        .child = xcalloc(n, sizeof(*h->child)),
        .next = xcalloc(n, sizeof(*h->next)),
        .key = xcalloc(n, sizeof(*h->key)),
    };
}

void
heap_release(struct heap *h)
{
    free(h->child);
    free(h->next);
    free(h->key);
    *h = (struct heap){0};
}

static bool
before(const struct heap *h, int32_t a, int32_t b)
{
    return h->key[a] != h->key[b] ? h->key[a] < h->key[b] : a < b;
}

/* Two roots become one: the later one is the other's first child. */
static int32_t
meld(struct heap *h, int32_t a, int32_t b)
{
    const int32_t top = before(h, a, b) ? a : b;
    const int32_t low = top == a ? b : a;

    h->next[low] = h->child[top];
    h->child[top] = low;
    return top;
}

void
heap_push(struct heap *h, int32_t *root, int32_t id, int32_t key)
{
    h->child[id] = HEAP_EMPTY;
    h->next[id] = HEAP_EMPTY;
    h->key[id] = key;
    *root = *root == HEAP_EMPTY ? id : meld(h, *root, id);
}

/* Children melded in pairs from the first on; the pairs are listed last to first. */
static int32_t
pair_up(struct heap *h, int32_t first)
{
    int32_t pairs = HEAP_EMPTY;

    while (first != HEAP_EMPTY) {
        const int32_t second = h->next[first];
        int32_t pair = first;
        int32_t rest = HEAP_EMPTY;
        if (second != HEAP_EMPTY) {
            rest = h->next[second];
            pair = meld(h, first, second);
        }
        h->next[pair] = pairs;
        pairs = pair;
        first = rest;
    }
    return pairs;
}

int32_t
heap_pop(struct heap *h, int32_t *root)
{
    const int32_t top = *root;

    assert(top != HEAP_EMPTY);
    int32_t pairs = pair_up(h, h->child[top]);
    int32_t melded = HEAP_EMPTY;
    while (pairs != HEAP_EMPTY) {
        const int32_t rest = h->next[pairs];
        melded = melded == HEAP_EMPTY ? pairs : meld(h, melded, pairs);
        pairs = rest;
    }
    *root = melded;
    return top;
}

int32_t
heap_key(const struct heap *h, int32_t id)
{
    return h->key[id];
}

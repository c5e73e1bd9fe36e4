/*
 * heap.h - many priority queues over the ids 0..n-1, in one set of arrays.
 *
 * Pairing heaps (Fredman, Sedgewick, Sleator, Tarjan 1986): push is O(1), pop O(log n) amortised.
 * A heap is its root, an id or HEAP_EMPTY, and the caller's to keep; an id is in one heap at a
 * time.  The lowest key is on top; of equal keys the lowest id.  12 bytes an id; nothing is
 * allocated after heap_init.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdint.h>

enum { HEAP_EMPTY = -1 };

struct heap {
    int32_t *child; /* owned: by id: its first child, or HEAP_EMPTY; so the others */
    int32_t *next;  /* owned: the next child of the same parent */
    int32_t *key;   /* owned */
};

void heap_init(struct heap *h, int32_t ids);
void heap_release(struct heap *h);

/* Put id, which is in no heap, into the one of *root. */
void heap_push(struct heap *h, int32_t *root, int32_t id, int32_t key);

/* The id on top of a heap is its root.  Take it out, and return it; the heap is not empty. */
int32_t heap_pop(struct heap *h, int32_t *root);

/* The key with which id was pushed last. */
int32_t heap_key(const struct heap *h, int32_t id);

#endif

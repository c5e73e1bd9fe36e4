/*
 * exhaust_arena.h - what a rollout and its checker allocate lies in one block, so that to copy the
 * block is to copy them, and to copy it back is to go back.
 *
 * The linker has xcalloc and its like, and free, come here first (-Wl,--wrap); while the arena is
 * closed they go on to the real ones.
 */
#ifndef SIM_EXHAUST_ARENA_H
#define SIM_EXHAUST_ARENA_H

#include <stdbool.h>
#include <stddef.h>

enum { ARENA_BYTES = 1 << 17 };

void arena_clear(void);
void arena_open(bool open);

/* Bytes in use; a copy is that long. */
size_t arena_used(void);
void arena_save(void *to);
void arena_restore(const void *from, size_t used);

#endif

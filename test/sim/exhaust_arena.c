/*
 * exhaust_arena.c - a block from which memory is only taken.
 */
#include "sim/exhaust_arena.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

static struct {
    _Alignas(16) uint8_t bytes[ARENA_BYTES];
    size_t used;
    bool open;
} arena;

void *__real_xcalloc(size_t count, size_t size);
void *__real_xreallocarray(void *old, size_t count, size_t size);
void *__real_xgrow(void *old, size_t count, size_t *cap, size_t size);
void *__real_xmemdup(const void *bytes, size_t len);
void __real_free(void *p);

void *__wrap_xcalloc(size_t count, size_t size);
void *__wrap_xreallocarray(void *old, size_t count, size_t size);
void *__wrap_xgrow(void *old, size_t count, size_t *cap, size_t size);
void *__wrap_xmemdup(const void *bytes, size_t len);
void __wrap_free(void *p);

/* Before each piece is its length. */
struct piece {
    _Alignas(16) size_t len;
};

static bool
is_inside(const void *p)
{
    const uint8_t *b = p;

    return b >= arena.bytes && b < arena.bytes + sizeof(arena.bytes);
}

static void *
take(size_t len)
{
    const size_t all = sizeof(struct piece) + (len + 15) / 16 * 16;
    struct piece *p = (struct piece *)(void *)(arena.bytes + arena.used);

    assert(arena.used + all <= sizeof(arena.bytes));
    arena.used += all;
    p->len = len;
    memset(p + 1, 0, len);
    return p + 1;
}

void
arena_clear(void)
{
    arena.used = 0;
}

void
arena_open(bool open)
{
    arena.open = open;
}

size_t
arena_used(void)
{
    return arena.used;
}

void
arena_save(void *to)
{
    memcpy(to, arena.bytes, arena.used);
}

void
arena_restore(const void *from, size_t used)
{
    memcpy(arena.bytes, from, used);
    arena.used = used;
}

void *
__wrap_xcalloc(size_t count, size_t size)
{
    return arena.open ? take(count * size) : __real_xcalloc(count, size);
}

void *
__wrap_xreallocarray(void *old, size_t count, size_t size)
{
    if (!arena.open || (old != NULL && !is_inside(old))) {
        return __real_xreallocarray(old, count, size);
    }
    void *new = take(count * size);
    if (old != NULL) {
        const size_t len = ((struct piece *)old - 1)->len;
        memcpy(new, old, len < count * size ? len : count * size);
    }
    return new;
}

void *
__wrap_xgrow(void *old, size_t count, size_t *cap, size_t size)
{
    if (!arena.open) {
        return __real_xgrow(old, count, cap, size);
    }
    if (count < *cap) {
        return old;
    }
    *cap = *cap == 0 ? 8 : *cap * 2;
    return __wrap_xreallocarray(old, *cap, size);
}

void *
__wrap_xmemdup(const void *bytes, size_t len)
{
    if (!arena.open) {
        return __real_xmemdup(bytes, len);
    }
    void *new = take(len);
    memcpy(new, bytes, len);
    return new;
}

void
__wrap_free(void *p)
{
    if (!is_inside(p)) {
        __real_free(p);
    }
}

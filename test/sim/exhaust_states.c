/*
 * exhaust_states.c - a table with open addressing; the lowest bit of a sum says whether it is open.
 */
#include "sim/exhaust_states.h"

#include "base/xalloc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 1 << 14 };

struct states {
    uint64_t *table; /* owned: 0: empty */
    uint64_t size, count;
};

struct states *
states_new(void)
{
    struct states *t = xcalloc(1, sizeof(*t));

    t->size = FIRST_SIZE;
    t->table = xcalloc(t->size, sizeof(*t->table));
    return t;
}

void
states_free(struct states *t)
{
    if (t != NULL) {
        free(t->table);
    }
    free(t);
}

void
states_clear(struct states *t)
{
    t->count = 0;
    memset(t->table, 0, t->size * sizeof(*t->table));
}

/* The lowest bit of a key is 0, and no key is 0. */
static uint64_t
key_of(uint64_t sum)
{
    return sum < 2 ? 2 : sum & ~UINT64_C(1);
}

static uint64_t *
find(const struct states *t, uint64_t key)
{
    uint64_t at = (key >> 1) % t->size;

    while (t->table[at] != 0 && (t->table[at] & ~UINT64_C(1)) != key) {
        at = (at + 1) % t->size;
    }
    return &t->table[at];
}

static void
grow(struct states *t)
{
    uint64_t *old = t->table;
    const uint64_t size = t->size;

    t->size *= 4;
    t->table = malloc(t->size * sizeof(*t->table)); /* not in the arena */
    if (t->table == NULL) {
        abort();
    }
    memset(t->table, 0, t->size * sizeof(*t->table));
    for (uint64_t i = 0; i < size; i++) {
        if (old[i] != 0) {
            *find(t, old[i] & ~UINT64_C(1)) = old[i];
        }
    }
    free(old);
}

enum state_seen
states_enter(struct states *t, uint64_t sum)
{
    const uint64_t key = key_of(sum);
    uint64_t *place = find(t, key);

    if (*place != 0) {
        return (*place & 1) != 0 ? STATE_OPEN : STATE_SEEN;
    }
    *place = key | 1;
    if (++t->count * 2 > t->size) {
        grow(t);
    }
    return STATE_NEW;
}

void
states_leave(struct states *t, uint64_t sum)
{
    *find(t, key_of(sum)) &= ~UINT64_C(1);
}

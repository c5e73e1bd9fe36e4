/*
 * budget.c - counts.
 *
 * Decides nothing: who holds memory does.  Owns nothing.
 */
#include "ui/budget.h"

#include <assert.h>

bool
budget_fits(const struct budget *b, enum budget_part part, size_t bytes)
{
    return b == NULL || b->used + (int64_t)bytes <= b->max / 100 * (int64_t)part;
}

void
budget_take(struct budget *b, size_t bytes)
{
    if (b != NULL) {
        b->used += (int64_t)bytes;
    }
}

void
budget_give(struct budget *b, size_t bytes)
{
    if (b != NULL) {
        assert(b->used >= (int64_t)bytes);
        b->used -= (int64_t)bytes;
    }
}

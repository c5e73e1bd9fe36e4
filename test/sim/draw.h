/*
 * draw.h - choices from a seed.
 */
#ifndef SIM_DRAW_H
#define SIM_DRAW_H

#include "base/prng.h"

#include <stdbool.h>
#include <stddef.h>

/* One of a list, each as likely; a value that is wanted more often stands in it twice. */
#define DRAW(p, ...)                                                                               \
    draw_of(p, (const int64_t[]){__VA_ARGS__},                                                     \
            sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static inline int64_t
draw_of(struct prng *p, const int64_t *list, size_t count)
{
    return list[prng_below(p, count)];
}

static inline bool
draw_chance(struct prng *p, int32_t of_thousand)
{
    return of_thousand > 0 && (int32_t)prng_below(p, 1000) < of_thousand;
}

#endif

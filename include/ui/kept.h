/*
 * kept.h - the beginning and the end of what one host said, and how much between them was left out.
 */
#ifndef UI_KEPT_H
#define UI_KEPT_H

#include "base/buf.h"
#include "ui/budget.h"

#include <stddef.h>
#include <stdint.h>

/* Zero it to begin. */
struct kept {
    char *bytes; /* owned; head, then tail */
    size_t len, cap;
    size_t cut;      /* where the tail begins, if anything is missing */
    int64_t missing; /* bytes between */
};

void kept_release(struct kept *k, struct budget *b);
/* Append; what is more than max in all is taken out of the middle, and counted.  At least half of
 * max is head, and a quarter tail, once there is so much. */
void kept_add(struct kept *k, struct budget *b, const char *bytes, size_t len, size_t max);
/* Hold at most max bytes of memory from now on. */
void kept_trim(struct kept *k, struct budget *b, size_t max);

#endif

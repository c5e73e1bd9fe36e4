/*
 * rangeset.h - runs of digits as ClusterShell 1.9 keeps them: texts, not numbers.
 *
 * "1" and "01" are two indexes of one set.  Shorter ones stand before longer ones, then byte order,
 * which is the order of numbers within one length.  Digits may be as many as they like.
 */
#ifndef BASE_RANGESET_H
#define BASE_RANGESET_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

#include <stdbool.h>
#include <stddef.h>

struct digits {
    const char *at; /* borrowed, not ended by a NUL */
    size_t len;
};

/* <0, 0, >0 in the order above. */
int digits_compare(const struct digits *a, const struct digits *b);
/* b is the number after a, whatever their zeros. */
bool digits_follow(const struct digits *a, const struct digits *b);

/* Sort and drop doubles; returns how many are left. */
size_t rangeset_sort(struct digits *list, size_t count);

/* Append a sorted list as `1-3,5`, split where ClusterShell splits it (RangeSet.py,
 * _slices_padding without autostep). */
void rangeset_fold(struct buf *out, const struct digits *list, size_t count);

/* Append to out what text, the inside of a bracket, names: `01-03,7,10-20/5`; at most max of them.
 * ERR_USAGE for anything else, a negative number too. */
int
rangeset_parse(const char *text, size_t len, size_t max, struct strv *ret_list, struct err *err);

#endif

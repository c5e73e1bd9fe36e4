/*
 * rangevec.h - names with several numbers folded in all of them: r[1-2]-n[1-40].
 *
 * The folding of ClusterShell's RangeSetND (RangeSet.py, _fold_multivariate), the same passes in
 * the same order, so the same text comes out.  ClusterShell's effort grows with the square of what
 * does not fold; here it ends after RANGEVEC_WORK_MAX steps, and what is not merged by then is
 * listed as it is: still right, only longer.
 */
#ifndef BASE_RANGEVEC_H
#define BASE_RANGEVEC_H

#include "base/rangeset.h"

#include <stddef.h>

enum { RANGEVEC_WORK_MAX = 30000000 }; /* numbers compared or moved: about 50 ms */

/* Append the vectors, comma between.  pattern: the name with %s for each number and %% for a
 * percent sign.  rows: count times dims indexes, a name after the other, borrowed. */
void rangevec_fold(struct buf *out, const char *pattern, const struct digits *rows, size_t count,
                   size_t dims);

/* Append pattern with its numbers: sets has one sorted list a %s, and lens how long it is. */
void rangevec_write(struct buf *out, const char *pattern, const struct digits *const *sets,
                    const size_t *lens);

#endif

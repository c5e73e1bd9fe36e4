/*
 * replay.h - the journal of a run read back in pieces; for src/store alone.
 */
#ifndef STORE_REPLAY_H
#define STORE_REPLAY_H

#include "store/history.h"

/* Rows behind *seq (0: from the first on), at most rows_max; *seq is moved.  *ret_done: there was
 * no row more, or fn wanted none.  Nothing is held between two calls. */
int replay_some(struct store *s, int64_t run, int64_t *seq, int64_t rows_max, replay_fn *fn,
                void *arg, bool *ret_done, struct err *err);

#endif

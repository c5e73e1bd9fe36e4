/*
 * walk.h - a run read back in pieces, for who must not wait.
 *
 * What history_hosts and history_replay give at once; between two pieces nothing of the store is
 * held.  Of a run under way, what is written meanwhile is read too.
 */
#ifndef STORE_WALK_H
#define STORE_WALK_H

#include "store/history.h"

struct walk;

/* Reads the hosts (10,000 of them: about 10 ms).  NULL and err: ERR_NO_MATCH. */
struct walk *walk_new(struct store *s, const char *run_id, struct err *err);
void walk_free(struct walk *w); /* NULL is fine */

/* In the order of the plan.  Hosts that had no outcome are untouched until the walk is done; then
 * they have what history_hosts says.  Borrowed. */
const struct host_list *walk_hosts(const struct walk *w);

/* At most rows_max rows of the journal (10,000: about 4 ms), the next ones; fn may be NULL. */
int walk_more(struct walk *w, int64_t rows_max, replay_fn *fn, void *arg, bool *ret_done,
              struct err *err);

#endif

/*
 * store.h - the SQLite file that makes a run survive kill -9.
 *
 * WAL, synchronous=FULL, one transaction a turn of the loop.  The only user of sqlite3.h.  A file
 * with a newer schema is refused; an older one is migrated in one transaction.  Every function may
 * block for a commit (measured: p50 0.25 ms, p99 3-5 ms), which the app times apart.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/err.h"

#include <stdbool.h>

struct store;

/* Open (create: 0600) the file at path.  read_only: for status, history, logs; a file that does not
 * exist is then an empty store, not an error.  NULL and err (ERR_STORE) otherwise. */
struct store *store_open(const char *path, bool read_only, struct err *err);
/* One that leaves nothing behind; NULL and ERR_STORE. */
struct store *store_memory(struct err *err);
void store_close(struct store *s); /* NULL is fine; commits nothing */

/* Open transaction handling: begin is implied by the first write; commit makes all of them durable.
 * A commit that fails is final (fsync is never retried): the store refuses every later write. */
int store_commit(struct store *s, struct err *err);
bool store_dirty(const struct store *s); /* writes wait for a commit */

#endif

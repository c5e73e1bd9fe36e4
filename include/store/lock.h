/*
 * lock.h - one mutating run per environment at a time.
 *
 * flock on <dir>/<env>.lock decides (it goes with the process, kill -9 included); the text in the
 * file tells the holder to people.
 */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct lock;

/* NULL and ERR_LOCKED ("test-multi is locked by pid 1234 (deploy, user@host, run ..., since ...)"),
 * or ERR_IO. Never waits for a holder. */
struct lock *
lock_take(const char *dir, const char *env, const char *what, int64_t wall_ms, struct err *err);
void lock_note_run(struct lock *l, const char *run_id);
void lock_free(struct lock *l); /* lets go; NULL is fine */

/* What the holder wrote about itself; printable, empty where it did not. */
struct lock_holder {
    int64_t pid; /* 0: not told */
    char what[64];
    char who[160]; /* user@host */
    char since[32];
    char run[48];
};

/* 1: held, *ret_holder is set; 0: nobody holds it; -1 and ERR_IO.  Takes nothing. */
int lock_probe(const char *dir, const char *env, struct lock_holder *ret_holder, struct err *err);

/* Whether the process of this unfinished mutating run is alive: it holds the lock and says so. */
bool lock_runs(const char *dir, const char *env, const char *run_id);

#endif

/*
 * queue.h - actions that were queued on the screen and wait to be started, by somebody.
 *
 * They survive a restart and never start by themselves.  The oldest is first.  Several screens may
 * look at one queue.  The store must have nothing uncommitted: each change is a transaction of its
 * own, done when it returns.
 */
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include "base/err.h"
#include "base/strv.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUEUE_MAX = 1000 };

struct queued {
    int64_t id;      /* never used again */
    int64_t wall_ms; /* UTC: when it was queued */
    char *env, *action;
    struct strv hosts; /* names; empty: all there are when it starts */
};
struct queue_list {
    struct queued *rows;
    size_t count;
};

/* Behind the others.  ERR_USAGE: QUEUE_MAX wait already. */
int queued_add(struct store *s, const char *env, const char *action, const struct strv *hosts,
               int64_t wall_ms, struct err *err);
int queued_read(struct store *s, struct queue_list *ret, struct err *err);
void queue_list_release(struct queue_list *l);
void queued_release(struct queued *q);
/* What was taken could not be started: it waits again, where it was. */
int queued_put_back(struct store *s, const struct queued *q, struct err *err);
/* It is being started: *ret_taken is false where it is gone, since another screen was first. */
int queued_take(struct store *s, int64_t id, bool *ret_taken, struct err *err);
/* It was taken back; one that is gone is fine. */
int queued_remove(struct store *s, int64_t id, struct err *err);
int queued_clear(struct store *s, struct err *err);

#endif

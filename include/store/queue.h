/*
 * queue.h - actions that were queued on the screen and wait to be started, by somebody.
 *
 * They survive a restart and never start by themselves.  The oldest is first.
 */
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include "base/err.h"
#include "base/strv.h"
#include "store/store.h"

#include <stddef.h>
#include <stdint.h>

enum { QUEUE_MAX = 1000 };

struct queued {
    int64_t id;
    int64_t wall_ms; /* UTC: when it was queued */
    char *env, *action;
    struct strv hosts; /* names; empty: all there are when it starts */
};
struct queue_list {
    struct queued *rows;
    size_t count;
};

/* Each is committed when it returns. */
int queue_add(struct store *s, const char *env, const char *action, const struct strv *hosts,
              int64_t wall_ms, struct err *err);
int queue_read(struct store *s, struct queue_list *ret, struct err *err);
void queue_list_release(struct queue_list *l);
/* It is being started, or was taken back; one that is gone is fine. */
int queue_remove(struct store *s, int64_t id, struct err *err);
int queue_clear(struct store *s, struct err *err);

#endif

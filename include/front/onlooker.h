/*
 * onlooker.h - a run of another process, seen and spoken to through its control socket without a
 * wait.
 *
 * Asks for `watch` (app/control.h) and keeps the newest snapshot; a verb goes over a connection of
 * its own.
 */
#ifndef FRONT_ONLOOKER_H
#define FRONT_ONLOOKER_H

#include "base/err.h"
#include "ui/snapshot.h"

#include <event2/event.h>
#include <stdbool.h>

enum { ONLOOKER_ANSWER_MS = 10000 };

struct onlooker;

/* Watch the run of this id under root; changed is called from the loop when there is news, also
 * when it is over or the other side is gone.  NULL and ERR_IO: nobody listens there (or not our
 * user). */
struct onlooker *onlooker_new(struct event_base *base, const char *root, const char *run_id,
                              void (*changed)(void *arg), void *arg, struct err *err);
void onlooker_free(struct onlooker *o); /* NULL is fine */

const char *onlooker_run(const struct onlooker *o);
/* The newest; NULL: none has come yet.  Borrowed until the loop turns again. */
const struct snapshot *onlooker_seen(const struct onlooker *o);
/* Say a verb: "pause", "workers 5".  answered is called once from the loop, unless o is freed
 * before: what was done, or why not.  -1 and err: it could not be said. */
int
onlooker_say(struct onlooker *o, const char *line,
             void (*answered)(void *arg, bool ok, const char *text), void *arg, struct err *err);
/* Nothing more comes: the run is over, or what came was no snapshot. */
bool onlooker_is_over(const struct onlooker *o);

#endif

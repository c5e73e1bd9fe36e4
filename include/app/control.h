/*
 * control.h - the socket through which people speak to a run that goes on.
 *
 * A stream socket of lines (control_place.h says where), for programs of the same user only.  Who
 * is connected asks a line and is answered with one, then may ask the next:
 *
 *     status                      a snapshot, one JSON object (ui/snapshot.h)
 *     watch                       a snapshot now, and another whenever something has changed
 *     pause, continue, ...        what verbs.h knows: `ok TEXT` once it is durable, or `no TEXT`
 *
 * `no TEXT` is also what is said before a connection is closed.  Nothing here waits: there are at
 * most CONTROL_CLIENTS, a line has at most CONTROL_LINE_BYTES, who asks nothing or reads nothing
 * for too long is closed, and a watcher that reads slowly misses snapshots.
 */
#ifndef APP_CONTROL_H
#define APP_CONTROL_H

#include "base/err.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    CONTROL_CLIENTS = 16,
    CONTROL_LINE_BYTES = 4096,  /* without its end */
    CONTROL_SILENT_MS = 10000,  /* without a question, who watches apart */
    CONTROL_STALLED_MS = 10000, /* with an answer that is not read */
};

struct control;

struct control_config {
    struct event_base *base; /* borrowed */
    const char *var_dir;     /* borrowed during control_new */
    int64_t (*now_ms)(void *arg);
    /* A line of a client came, of len bytes, with a NUL behind it; perhaps others inside.  The
     * client's next line is taken once this one is answered (control_say), here or later. */
    void (*line)(void *arg, uint32_t client, uid_t uid, const char *line, size_t len);
    void *arg;
};

/* Whether a program of user peer may speak to a run of user own. */
bool control_admits(uid_t peer, uid_t own);

/* Listen, under no name yet; NULL and ERR_IO. */
struct control *control_new(const struct control_config *config, struct err *err);
/* From now on it is found under name. */
int control_publish(struct control *c, const char *name, struct err *err);
/* What is not read yet is given to the readers as far as they take it at once; the socket is
 * removed.  NULL is fine. */
void control_free(struct control *c);

/* Answer the client's line with one, its end not included; nothing if it has left. */
void control_say(struct control *c, uint32_t client, const char *text, size_t len);
/* The client is told every news from now on. */
void control_watch(struct control *c, uint32_t client);
/* Whether somebody watches. */
bool control_is_watched(const struct control *c);
/* News, one line, for all who watch; who has not read the last gets the newest when they have. */
void control_tell(struct control *c, const char *text, size_t len);

/* Close who was silent or stalled for too long; a timer does it every second. */
void control_sweep(struct control *c);

#endif

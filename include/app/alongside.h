/*
 * alongside.h - a run on a loop that is somebody else's: the full screen's.
 *
 * app_run (run.h) is this on a loop of its own.  There is one run at a time in a process.
 */
#ifndef APP_ALONGSIDE_H
#define APP_ALONGSIDE_H

#include "app/run.h"
#include "core/fact.h"
#include "ui/snapshot.h"

#include <event2/event.h>

struct run;

/* The loop that a run wants: it looks again after 3 ms (LOOP_TURN_MS). */
struct event_base *app_loop_new(void);

/* Prepare and begin; what is borrowed by the request must stay until app_end.  Preparing may block
 * (it reads files, may ask for a passphrase); nothing blocks afterwards.  over is called once, from
 * the loop, when the run has its exit code, or err, and its sessions are closed (they have two
 * seconds for that): then app_end is to be called, not from inside of over.  Signals are the
 * caller's: app_interrupt.  NULL and err: it was not begun. */
struct run *app_begin(const struct run_request *request, struct event_base *base,
                      void (*over)(void *arg, int exit_code, const struct err *err), void *arg,
                      struct err *err);
/* Let go of it; before it is over it is left as if by a third Ctrl-C.  NULL is fine. */
void app_end(struct run *run);

/* Ctrl-C or SIGTERM was given: the first stops new starts, the second kills, the third leaves. */
void app_interrupt(struct run *run);
/* SIGHUP: debug.log is reopened. */
void app_hangup(struct run *run);

/* A word of the operator (as ctl).  host: NULL, or its name; number: of workers.  0: accepted and
 * journaled; -1 and why not.  *ret_answer: what was done, for people; the caller frees it.  A turn
 * is made of it: not from inside of the sink. */
int app_say(struct run *run, enum verb verb, const char *host, int32_t number, char **ret_answer,
            struct err *err);
/* NULL, or why the verb would be refused now: to show only what can be done. */
const char *app_refuses(struct run *run, enum verb verb, const char *host);
/* Where it stands; snapshot_release it. */
void app_look(const struct run *run, struct snapshot *ret);
/* The same without hosts and failures, for each frame: it costs as much whatever their number. */
void app_glance(const struct run *run, struct snapshot *ret);
const char *app_run_id(const struct run *run);
/* How long a host of the run took last to be connected and logged in, and from the sending of a
 * step to its end, in microseconds; -1: it has not.  False: no such host. */
bool app_times(const struct run *run, int32_t host, int64_t *ret_connect_us, int64_t *ret_trip_us);
/* Commit what waits for a commit.  Somebody else in this process who is to write to the store would
 * wait for it for ever. */
void app_settle(struct run *run);

/* The two lines of the guide, as a run of this environment and strategy would write them: written
 * when an environment is opened on the screen.  log_path: NULL: <root>/debug.log. */
int app_tell_mode(const char *root, const char *log_path, const struct settings *settings,
                  struct err *err);

#endif

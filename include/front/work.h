/*
 * work.h - actions on the screen: asked for, queued, started, watched, ended.
 *
 * At most one run is under way in this process.  What is asked for while one is goes to the queue,
 * which is kept in the store and never starts by itself: ACT_START_STOP starts it, action after
 * action, until it is empty, somebody stops it, or one does not end well.
 */
#ifndef FRONT_WORK_H
#define FRONT_WORK_H

#include "app/alongside.h"
#include "front/front.h"
#include "store/queue.h"
#include "ui/feed.h"

struct work; /* owned by front */

struct work *work_new(struct front *f);
void work_free(struct work *w);
struct work *front_work(struct front *f);

/* Show the confirmation page of an action on these hosts of the open environment: strategy,
 * workers, waves, predicted time; Enter starts it (or queues it, where a run is under way), `w`
 * queues it.  Retry: with what that run was given (cli/retry); it cannot be queued. */
void work_propose(struct work *w, const char *action, const struct strv *hosts);
void work_propose_retry(struct work *w, const char *run_id);
/* Log in and run `true` on these hosts, side by side, no question asked; the times come to the
 * Servers page (work_test_of).  Nothing of it is kept: no history, no debug.log. */
void work_test(struct work *w, const struct strv *hosts);

struct work_test {
    enum { TEST_NONE, TEST_RUNNING, TEST_OK, TEST_FAILED } state;
    int64_t connect_us; /* until it was logged in; -1 */
    int64_t trip_us;    /* from the sending of the command to its end; -1 */
    const char *reason; /* borrowed until the next call; of FAILED */
};
/* The last test of a host of an environment in this session. */
struct work_test work_test_of(const struct work *w, const char *env, const char *host);

/* The run under way, or the last one of this session; NULL: none.  A test is none. */
struct feed *work_feed(struct work *w);
/* NULL: none is under way. */
struct run *work_run(struct work *w);
const char *work_env(const struct work *w); /* of that feed; NULL */
const char *work_action(const struct work *w);
int64_t work_predicted_ms(const struct work *w); /* how long it was said to take; -1 */
/* How far a host is in the run under way: true, and "step 3/10 Upload"; for the Servers page. */
bool work_progress(struct work *w, const char *env, const char *host, char *ret, size_t size);

/* Verbs; what was answered, or why not, is told in the message line.  Dangerous ones ask first. */
void work_verb(struct work *w, enum verb verb, const char *host, int32_t number);
/* What is asked before a verb; NULL: nothing is. */
const char *work_question(enum verb verb);

/* The queue. */
const struct queue_list *work_queue(struct work *w);
bool work_queue_runs(const struct work *w);
void work_start_stop(struct work *w);
void work_clear(struct work *w);

/* Ctrl-C, SIGTERM.  False: no run is under way. */
bool work_interrupt(struct work *w);
void work_hangup(struct work *w);
/* From now on what happens is told in plain lines on stderr, too: the screen was given back. */
void work_tell_plain(struct work *w);
/* When the run under way is over (at once, if none is) the loop ends. */
void work_leave_when_over(struct work *w);
/* The screen was left: the run under way is told in plain lines on stderr from now on. */
void work_tell_plain(struct work *w);

#endif

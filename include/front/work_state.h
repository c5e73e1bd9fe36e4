/*
 * work_state.h - the struct behind work.h; for work*.c and the page that asks.
 */
#ifndef FRONT_WORK_STATE_H
#define FRONT_WORK_STATE_H

#include "base/map.h"
#include "front/errand.h"
#include "front/work.h"
#include "ui/out.h"

/* A run as it is seen, while it goes on and afterwards. */
struct seen {
    struct feed *feed;    /* owned; NULL: none yet */
    struct budget budget; /* of feed */
    char *env, *action;   /* owned */
    int64_t predicted_ms; /* -1 */
    struct map *hosts;    /* owned: name -> index + 1; NULL before it has begun */
};

struct work {
    struct front *front;   /* borrowed */
    struct event *after;   /* owned: the run is over, and can be let go of */
    struct run *run;       /* owned; NULL: none is under way */
    struct errand *errand; /* owned: what it borrows */
    struct trial *trial;   /* owned: it is one of these; else NULL */
    int exit_code;         /* of the run that is over; -1: err */
    struct err err;
    struct seen *seen;   /* owned; NULL: there was no run yet */
    struct map *tests;   /* owned: what they came to */
    struct map *answers; /* owned, wiped: what was answered to hidden questions, by prompt */
    struct queue_list queue;
    bool queue_runs;
    bool leaves;       /* the loop ends when the run is over */
    struct out *plain; /* owned: stderr, where the run is told since the screen was left; or NULL */
    enum verb verb;    /* that was asked for, and is to be confirmed */
};

/* ---- work.c */
/* Begin, if none is under way; takes over e.  False, and it was told why. */
bool work_begin(struct work *w, struct errand *e);
/* The same of a run whose events go to a sink of its own, and which nobody looks at. */
bool work_begin_hidden(struct work *w, struct errand *e, struct sink *sink);
/* All that is wrong, on a page, or in the message line. */
void work_tell_mistakes(struct work *w, const char *what, const struct mistakes *m,
                        const struct err *err);

/* ---- work_queue.c */
void queue_load(struct work *w);
/* It waits, behind all others; told. */
void queue_put(struct work *w, const char *env, const char *action, const struct strv *hosts);
/* A run has ended. */
void queue_after(struct work *w, bool well);
void queue_stop(struct work *w);

/* ---- work_plain.c */
void plain_event(struct work *w, const struct event *e);
void plain_end(struct work *w);

/* ---- work_test.c */
void trial_end(struct work *w);
void trial_free(struct trial *t);

/* ---- page_confirm.c: takes over e */
struct page *page_confirm_new(struct front *f, struct errand *e);

#endif

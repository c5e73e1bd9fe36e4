/*
 * feed.h - a run as its events tell it, kept to be looked at: for the full screen.
 *
 * A sink (ui/sink.h) that prints nothing: where every host stands (ui/board.h), the steps each has
 * done, the last lines of its output, what the run has said.  Output is held in a budget
 * (output_memory): of hosts that are ok and done it goes first.  Raw bytes are kept as they came:
 * who shows them passes a canvas.
 */
#ifndef UI_FEED_H
#define UI_FEED_H

#include "ui/board.h"
#include "ui/budget.h"
#include "ui/course.h"
#include "ui/sink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FEED_SAID_MAX = 1000, FEED_LINE_BYTES = 4096 };

struct feed_step {
    char *name; /* owned or NULL */
    enum step_list list;
    int32_t step; /* from 1 */
    int32_t attempt;
    const char *outcome; /* static word; NULL: under way */
    char *reason;        /* owned or NULL */
    int32_t exit_code;   /* -1 */
    int64_t began_ms;    /* UTC */
    int64_t took_ms;     /* -1: under way */
};

/* What is known of a host beside its board_host. */
struct feed_host {
    int32_t slot;            /* -1: in none */
    int32_t wave;            /* from 1; 0 */
    int64_t began_ms;        /* UTC; -1: never started */
    int64_t took_ms;         /* -1: not over */
    bool gate;               /* a check is under way */
    char *reason;            /* owned: why it is not ok; or NULL */
    struct feed_step *steps; /* owned, in the order they began */
    size_t step_count, step_cap;
};

struct feed_said {
    int64_t at_ms;
    bool warning;
    char *text; /* owned: one line for people, not escaped */
};

struct feed;

/* lines_max: log_retention_lines.  budget: borrowed or NULL. */
struct feed *feed_new(int32_t lines_max, struct budget *budget);
void feed_free(struct feed *f); /* NULL is fine; the sink with it */
/* The sink to be given to the run; sink_close on it does nothing. */
struct sink *feed_sink(struct feed *f);
/* Called behind every event; NULL: nobody is. */
void feed_listen(struct feed *f, void (*fn)(void *arg, const struct event *e), void *arg);

const struct board *feed_board(const struct feed *f);
const struct course *feed_course(const struct feed *f);
const struct feed_host *feed_host(const struct feed *f, int32_t host);
/* Grows with every change of what a host said; a view that has seen n needs only what is new. */
int64_t feed_output_count(const struct feed *f, int32_t host); /* bytes that ever came */
/* The last of them that are kept: at most lines_max lines.  Borrowed until the next event. */
const char *feed_output(const struct feed *f, int32_t host, size_t *ret_len);
size_t feed_said_count(const struct feed *f);
const struct feed_said *feed_said(const struct feed *f, size_t i); /* the oldest first */

/* Of run_finished; false: it is not over. */
struct feed_end {
    struct summary totals;
    int32_t exit_code;
    int64_t duration_ms;
    const char *reason, *log_dir, *go_on; /* borrowed from the feed, or NULL */
};
bool feed_end(const struct feed *f, struct feed_end *ret);

#endif

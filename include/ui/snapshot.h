/*
 * snapshot.h - a run at one moment, for who looks on from outside.
 *
 * Travels over the control socket as one JSON object a line (docs/operating.md); fields are only
 * ever added.  Times are UTC milliseconds.
 */
#ifndef UI_SNAPSHOT_H
#define UI_SNAPSHOT_H

#include "base/buf.h"
#include "core/summary.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SNAPSHOT_HOSTS_MAX = 100,   /* in flight that are told; all are counted */
    SNAPSHOT_FAILURES_MAX = 10, /* the last ones */
    SNAPSHOT_BYTES_MAX = 1 << 19,
    SNAPSHOT_TEXT_MAX = 1000, /* of a reason */
};

/* A host in flight. */
struct snapshot_host {
    char *name, *doing; /* owned; "step 2/5 Switch", "connecting" */
    int32_t slot;
    int64_t since_ms; /* it is doing that */
};

struct snapshot_failure {
    char *name, *outcome, *reason; /* owned */
};

/* All texts are owned; NULL: does not apply. */
struct snapshot {
    int64_t at_ms;
    char *run, *env, *action, *strategy;
    bool mutating;
    int64_t pid;
    int64_t started_ms;
    char *state; /* run_state_name */
    int64_t state_since_ms;
    char *waits_for; /* the verb it waits for: "promote", "continue" */
    char *halt;
    int32_t workers; /* that may be busy */
    int32_t active;  /* that are */
    int32_t wave;    /* from 1; 0: the strategy has none */
    int32_t waves;
    int64_t wave_due_ms; /* until then the wave bakes or the next one waits; -1: neither */
    int32_t host_count;
    struct summary totals;
    int32_t bad;                       /* bad outcomes counted */
    int32_t budget;                    /* how many there may be; -1: no budget */
    int32_t exit_code;                 /* -1: it is not over */
    struct snapshot_host *hosts;       /* owned; the longest at it first */
    size_t shown;                      /* of them */
    struct snapshot_failure *failures; /* owned; the newest first */
    size_t failed;                     /* of them */
};

/* Nothing is known: no text, -1 where that means so. */
struct snapshot snapshot_empty(void);
void snapshot_release(struct snapshot *s); /* nothing is known any more */

/* Append it as one JSON object, without a line's end. */
void snapshot_to_json(const struct snapshot *s, struct buf *out);

#endif

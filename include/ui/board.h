/*
 * board.h - where every host of a run stands, built from events alone; for src/ui.
 *
 * Decides nothing and prints nothing: the live area and the summary read it.
 */
#ifndef UI_BOARD_H
#define UI_BOARD_H

#include "base/buf.h"
#include "base/strv.h"
#include "core/rollout.h"
#include "core/summary.h"
#include "ui/sink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct board_host {
    enum outcome outcome; /* RUNNING while in flight */
    int32_t step, step_count;
    char *step_name;              /* owned or NULL */
    int64_t step_at_ms;           /* when the step, or the host, began */
    bool parked;                  /* waits for the switch; its outcome is running */
    enum rollback_state rollback; /* its outcome stays */
    int64_t dropped;              /* bytes of output thrown away and not yet told */
};

struct board {
    char *env, *action, *run; /* owned; NULL before run_started */
    struct strv names;
    struct board_host *hosts; /* owned; names.count of them */
    int32_t count[OUTCOMES];
    int32_t parked, rolling; /* hosts */
    int32_t wave, waves;
    int64_t started_at_ms;
    const char *waits; /* what keeps the next host, "paused"; static; NULL: nothing */
};

void board_release(struct board *b);
void board_event(struct board *b, const struct event *e);
/* NULL when the event names no host of the run. */
struct board_host *board_at(struct board *b, const struct event *e);
/* Append the folded names of the hosts with this outcome. */
void board_fold(const struct board *b, enum outcome outcome, struct buf *out);
/* The same of those with this state of a rollback; how many they are. */
int32_t board_fold_rollbacks(const struct board *b, enum rollback_state state, struct buf *out);
/* Hosts that something is done for now. */
bool board_is_active(const struct board_host *h);
int32_t board_active(const struct board *b);

#endif

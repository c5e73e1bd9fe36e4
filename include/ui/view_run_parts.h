/*
 * view_run_parts.h - the parts of the Run page, each in a box of its own; for src/ui/view_run*.c.
 */
#ifndef UI_VIEW_RUN_PARTS_H
#define UI_VIEW_RUN_PARTS_H

#include "ui/view_run.h"

enum { VIEW_RUN_HEAD_ROWS = 3, VIEW_RUN_END_ROWS = 3 };

/* What the head says; texts are borrowed, numbers -1 where nothing is known. */
struct run_head {
    int64_t now_ms;
    const char *action, *env, *run;
    bool begins; /* nothing has come of it yet */
    enum run_state state;
    int64_t since_ms; /* UTC: it is in that state */
    const char *halt; /* why it was halted; NULL */
    int64_t due_ms;   /* UTC: until then a wave bakes, or the next one waits; -1 */
    bool bakes;
    int32_t wave, waves; /* from 1; waves 0: there are none */
    struct course_wave of_wave;
    int32_t hosts, parked;
    struct summary totals;
    int32_t bad, budget; /* budget -1: there is none */
    int32_t active, workers;
    int64_t began_ms, took_ms; /* took_ms: of one that is over */
    int64_t left_ms;
    int32_t exit_code; /* of one that is over */
    size_t queued;
};

void run_head_of(const struct view_run *v, struct run_head *ret);
/* Of a run that is seen from outside. */
void run_head_of_other(const struct view_run *v, struct run_head *ret);
void run_head_draw(const struct run_head *h, struct canvas *c, struct box box);
/* The last state of a run that is over: why, where the logs are, what goes on. */
void run_end_draw(const struct view_run *v, struct canvas *c, struct box box);

/* Rows that the slots take, at most rows_max. */
int run_strip_rows(const struct view_run *v, int cols, int rows_max);
void run_strip_draw(const struct view_run *v, struct canvas *c, struct box box);

/* A line across with a title, and at its right end what can be pressed; lit: keys go here. */
void
run_title_draw(struct canvas *c, struct box box, const char *title, const char *keys, bool lit);
/* The host under the cursor: its steps, the newest are seen. */
void run_steps_draw(const struct view_run *v, struct canvas *c, struct box box);
/* "web-04: running, 3/10 Upload, 12s"; why it is not ok. */
void run_host_title(const struct view_run *v, char *ret, size_t size);

/* There is no run here: what to do, the queue; or what another process does. */
void run_none_draw(const struct view_run *v, struct canvas *c, struct box box);

#endif

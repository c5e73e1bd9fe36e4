/*
 * view_history.h - runs, newest first.
 */
#ifndef UI_VIEW_HISTORY_H
#define UI_VIEW_HISTORY_H

#include "core/summary.h"
#include "ui/canvas.h"
#include "ui/table.h"

#include <stddef.h>
#include <stdint.h>

enum view_run_state { VIEW_RUN_OVER, VIEW_RUN_RUNNING, VIEW_RUN_DIED };

struct view_run {
    const char *id, *env, *action, *strategy, *release, *halt; /* borrowed; "" if none */
    int64_t started_wall_ms;                                   /* UTC; shown as local time */
    int64_t took_ms;                                           /* -1: not known */
    int32_t hosts;
    int32_t outcomes[OUTCOMES];
    enum view_run_state state;
    int exit_code; /* of one that is over */
};

struct view_history {
    const struct view_run *runs; /* borrowed; newest first */
    size_t count;
    const char *env;     /* borrowed: whose runs; NULL: of all */
    const char *trouble; /* borrowed: why there are none to be seen; NULL */
    struct table *table; /* owned by the page, made by view_history_table; borrowed */
};

/* A table over the runs of v, which must stay where it is. */
struct table *view_history_table(struct view_history *v);
void view_history_draw(const struct view_history *v, struct canvas *c, struct box box);

/* "ok", "exit 2", "running", "died"; and its look, with a sign. */
unsigned view_run_result(const struct view_run *r, char *ret, size_t size);

#endif

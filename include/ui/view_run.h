/*
 * view_run.h - the run under way, or the last one: how it goes, its slots, its hosts, what they
 * say.
 *
 * Pure: page_run.c fills the struct.  Everything in it is borrowed; texts are anybody's.  Drawing
 * touches what is visible, whatever the number of hosts and slots.
 */
#ifndef UI_VIEW_RUN_H
#define UI_VIEW_RUN_H

#include "ui/canvas.h"
#include "ui/feed.h"
#include "ui/pager.h"
#include "ui/snapshot.h"
#include "ui/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VIEW_RUN_QUEUE_SHOWN = 50, VIEW_RUN_TEXT = 256 };

/* Columns of the table of hosts. */
enum view_run_column {
    RUN_COLUMN_HOST,
    RUN_COLUMN_STATE,
    RUN_COLUMN_WAVE,
    RUN_COLUMN_SLOT,
    RUN_COLUMN_TIME,
    RUN_COLUMN_STEP, /* what it does, or why it is not ok */
};
enum { RUN_COLUMNS = RUN_COLUMN_STEP + 1 };
extern const struct table_column view_run_columns[RUN_COLUMNS];

struct view_run {
    int64_t now_ms; /* UTC */
    /* The run of this process; feed NULL: there was none yet. */
    const struct feed *feed;
    const struct snapshot *glance; /* where it stands (hosts apart); NULL: it is over */
    int64_t predicted_ms;          /* for the whole; -1 */
    struct table *hosts;           /* by position in the order of the run */
    struct pager *output;          /* of the host under the cursor */
    int32_t host;                  /* under the cursor; -1: none */
    bool reads;                    /* keys go to the output, not to the list */
    /* A run of another process: told where there is none here. */
    const struct snapshot *other; /* NULL: none is known */
    const char *other_note;       /* why it is not seen live; or NULL */
    /* The queue: one text an action, "deploy prod: 3 hosts". */
    const char *const *queue;
    size_t queue_shown, queue_count;
    bool queue_runs;
    const char *env; /* the open environment; NULL: none is */
};

void view_run_draw(const struct view_run *v, struct canvas *c, struct box box);
/* Where the output was drawn last, for a click on it: rows 0 if it was not. */
struct box view_run_output_box(const struct view_run *v, struct box box);

/* ---- texts that others show too */
/* What a host does or where it stands, short: "3/10 Upload", "connects", "check 1/2 http, try 2";
 * "" where there is nothing to say. */
void view_run_doing(const struct feed *f, int32_t host, char *ret, size_t size);
/* A cell of the table of hosts: its text and look, as table.h wants them. */
unsigned view_run_cell(const struct feed *f, int64_t now_ms, int32_t host,
                       enum view_run_column column, char ret[TABLE_CELL_BYTES]);
/* Their order by a column: <0, 0, >0. */
int view_run_compare(const struct feed *f, int64_t now_ms, enum view_run_column column, int32_t a,
                     int32_t b);

#endif

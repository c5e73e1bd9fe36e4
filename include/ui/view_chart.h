/*
 * view_chart.h - one run looked back at: its head, who was in which slot when, how each host ended.
 *
 * Above, a row a slot over time; below, a row a host.  One cursor for both: Up and Down go from
 * host to host, Left and Right to the host before and behind in the same slot.  Costs what is
 * visible: 10,000 hosts and 1,000 slots are fine.  Letters as in a report: `|` where a host begins,
 * then `=` ok, `x` not ok, `c` cancelled, `r` rolled back, `>` under way; `#` where several begin.
 */
#ifndef UI_VIEW_CHART_H
#define UI_VIEW_CHART_H

#include "ui/canvas.h"
#include "ui/keymap.h"
#include "ui/report.h"

#include <stdbool.h>
#include <stdint.h>

struct view_chart;

/* report: borrowed, worked out (report_figure). */
struct view_chart *view_chart_new(const struct report *report);
void view_chart_free(struct view_chart *v); /* NULL is fine */

/* The same run, read again: hosts have their places.  Cursor, filter and order stay. */
void view_chart_set(struct view_chart *v, const struct report *report);

/* ACT_UP ... ACT_BOTTOM, ACT_LEFT, ACT_RIGHT, ACT_SORT, ACT_SORT_REVERSE, ACT_NEARER, ACT_FARTHER;
 * false: not an act of a chart. */
bool view_chart_act(struct view_chart *v, enum act act);
/* A click or the wheel on what was drawn last; false: outside. */
bool view_chart_click(struct view_chart *v, const struct key *k);
void view_chart_filter(struct view_chart *v, const char *text, bool without);
const char *view_chart_filter_text(const struct view_chart *v);
/* The host under the cursor; false: there is none. */
bool view_chart_at(const struct view_chart *v, int32_t *ret_host);

void view_chart_draw(struct view_chart *v, struct canvas *c, struct box box);

#endif

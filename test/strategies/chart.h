/*
 * chart.h - a run as a picture: a row a host, time to the right, as SVG.
 *
 * The same trail gives the same bytes.  Text is text, there is no script and no foreign font; the
 * picture brings its own background, so it can be read on a dark page as well.
 */
#ifndef STRATEGIES_CHART_H
#define STRATEGIES_CHART_H

#include "base/buf.h"
#include "strategies/world.h"

struct chart {
    const char *title;
    const char *config; /* the keys that make it, on one line */
    const struct world_case *c;
    const struct trail *trail;
};

/* Append the picture; full is set when it does not fit. */
void chart_draw(struct buf *out, const struct chart *chart);

#endif

/*
 * watch.h - a snapshot of a run as rows of a terminal, or as one line.
 */
#ifndef UI_WATCH_H
#define UI_WATCH_H

#include "base/buf.h"
#include "ui/snapshot.h"

#include <stdbool.h>
#include <stdint.h>

struct watch_size {
    int64_t now_ms; /* UTC: what goes on has gone on until then */
    int32_t width, rows;
    bool color;
};

/* Append at most size->rows rows, each ended by a newline and narrower than size->width. */
void watch_rows(const struct snapshot *s, const struct watch_size *size, struct buf *out);

/* Append one line without its end: `deploy prod running  wave 1/3  4/9  ok 3  failed 1  active 3`.
 * What changes with time alone is not in it. */
void watch_line(const struct snapshot *s, struct buf *out);

#endif

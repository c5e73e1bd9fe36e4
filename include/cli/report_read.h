/*
 * report_read.h - a run out of the store, as ui/report.h wants it; for cmd_report.c.
 */
#ifndef CLI_REPORT_READ_H
#define CLI_REPORT_READ_H

#include "base/err.h"
#include "store/history.h"
#include "store/store.h"
#include "ui/report.h"

#include <stdint.h>

/* Fill ret from the store, worked out.  root: where locks say who is alive; now_wall_ms: UTC, for a
 * run that goes on.  ret is to be released in any case. */
int report_read(const char *root, struct store *s, const struct run_row *run, int64_t now_wall_ms,
                struct report *ret, struct err *err);

/* report_log.c: look for the key lines of this run in <root>/debug.log; *log_found says whether
 * they are there.  At most LOG_BYTES_MAX are read. */
void report_find_log(const char *root, struct report *r);

#endif

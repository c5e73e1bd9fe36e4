/*
 * report_read.h - a run out of the store, as ui/report.h wants it; for cmd_report.c.
 */
#ifndef CLI_REPORT_READ_H
#define CLI_REPORT_READ_H

#include "base/err.h"
#include "store/history.h"
#include "store/store.h"
#include "ui/report.h"

#include <stdbool.h>
#include <stdint.h>

/* Fill ret from the store, worked out.  root: where locks say who is alive; now_wall_ms: UTC, for a
 * run that goes on.  ret is to be released in any case. */
int report_read(const char *root, struct store *s, const struct run_row *run, int64_t now_wall_ms,
                struct report *ret, struct err *err);

/* The same in pieces, for who must not wait: begin (with 10,000 hosts about 15 ms), then more
 * (10,000 rows: about 5 ms) until it is done, then end, which works it out (about 20 ms) into ret.
 * root, store and run are borrowed until then. */
struct report_reading;
struct report_reading *
report_reading_begin(const char *root, struct store *s, const struct run_row *run, struct err *err);
int
report_reading_more(struct report_reading *r, int64_t rows_max, bool *ret_done, struct err *err);
void report_reading_end(struct report_reading *r, int64_t now_wall_ms, struct report *ret);
void report_reading_free(struct report_reading *r); /* at any time; NULL is fine */

/* report_log.c: look for the key lines of this run in <root>/debug.log; *log_found says whether
 * they are there.  At most LOG_BYTES_MAX are read. */
void report_find_log(const char *root, struct report *r);

#endif

/*
 * past.h - the store of finished and running runs, opened for reading; for status, history, logs,
 * report.
 */
#ifndef CLI_PAST_H
#define CLI_PAST_H

#include "base/err.h"
#include "store/history.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

/* Open <root>/var/runs.db read-only and tell it which unfinished runs are alive.  NULL and err. */
struct store *past_open(const char *root, struct err *err);

/* Whether this run is not over and its process lives. */
bool past_is_alive(const char *root, const struct run_row *row);

/* The newest run of an environment (of all: word NULL), else the one with this id or a unique
 * beginning of it; ret_runs stays empty where an environment has none yet.  ERR_NO_MATCH with what
 * was probably meant. */
int past_find(const char *root, struct store *s, const char *word, struct run_list *ret_runs,
              struct err *err);

/* Now: milliseconds of the UTC epoch, as the store has times. */
int64_t past_now_ms(void);

/* UTC time for people: 2026-11-23 21:45:00. */
void past_when(int64_t wall_ms, char ret_text[32]);

/* The result of a run: "ok", "exit 2", "running", "died". */
void past_result(const char *root, const struct run_row *row, char ret_text[32]);

#endif

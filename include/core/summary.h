/*
 * summary.h - outcomes of hosts, counted, and the exit code they make.
 *
 * The exit code is a function of the journal alone: see summary_exit.
 */
#ifndef CORE_SUMMARY_H
#define CORE_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

/* Numbers are stored: never renumber, only add at the end. */
enum outcome {
    OUTCOME_UNTOUCHED, /* never started */
    OUTCOME_RUNNING,   /* started, no outcome yet */
    OUTCOME_OK,
    OUTCOME_FAILED,
    OUTCOME_UNREACHABLE,
    OUTCOME_UNKNOWN,
    OUTCOME_CANCELLED,
    OUTCOME_SKIPPED, /* by the operator; never counts */
};
enum { OUTCOMES = OUTCOME_SKIPPED + 1 };

struct summary {
    int32_t count[OUTCOMES]; /* hosts by outcome */
    int32_t rolled_back;     /* hosts, whatever their outcome had been */
    int32_t rollbacks_failed;
};

const char *outcome_name(enum outcome o); /* "ok", "unreachable" */

/* failed, unreachable or unknown. */
bool outcome_is_bad(enum outcome o);

/* 7 a rollback failed; 3 untouched, cancelled or rolled back hosts remain; 2 some failed or are
 * unknown; 4 only unreachable ones; 0 every host succeeded.  The first that applies. */
int summary_exit(const struct summary *s);

#endif

/*
 * verbs.h - what may be asked of a run, as a line of the control socket and on the command line.
 */
#ifndef APP_VERBS_H
#define APP_VERBS_H

#include "base/err.h"
#include "core/fact.h"

#include <stddef.h>
#include <stdint.h>

enum ask { ASK_STATUS, ASK_WATCH, ASK_VERB };

/* What stands behind a verb. */
enum verb_operand { OPERAND_NONE, OPERAND_HOST, OPERAND_NUMBER };

struct asked_verb {
    enum ask ask;
    enum verb verb;   /* of ASK_VERB */
    const char *host; /* of skip and retry: borrowed from the line, not empty; else NULL */
    int32_t number;   /* of workers: 0..POLICY_WORKERS_MAX */
};

enum verb_operand verb_operand(enum verb v);

/* Read a line of len bytes, one space between its words.  0, or -1 and ERR_USAGE, for people: what
 * is wrong, without a byte that does not print. */
int verbs_read(const char *line, size_t len, struct asked_verb *ret, struct err *err);

#endif

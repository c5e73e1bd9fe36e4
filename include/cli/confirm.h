/*
 * confirm.h - the question before a run that changes something.
 */
#ifndef CLI_CONFIRM_H
#define CLI_CONFIRM_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct question {
    const char *action, *env; /* borrowed */
    size_t hosts;
    FILE *in, *out; /* borrowed */
    bool answered;  /* somebody can be asked: in is a terminal */
};

/* 0: yes.  -1 and ERR_USAGE: anything else, and where nobody can be asked. */
int confirm_ask(const struct question *q, struct err *err);

#endif

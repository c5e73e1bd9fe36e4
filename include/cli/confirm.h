/*
 * confirm.h - the question before something that changes something.
 */
#ifndef CLI_CONFIRM_H
#define CLI_CONFIRM_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct question {
    const char *action, *env; /* borrowed: "ACTION on N hosts of ENV?" */
    size_t hosts;
    const char *text; /* borrowed: the question instead of these three, without its mark; or NULL */
    const char *why;  /* borrowed: what asks, where nobody can be asked; NULL: config.yml */
    const char *undone; /* borrowed: what was not; NULL: nothing was started */
    FILE *in, *out;     /* borrowed */
    bool answered;      /* somebody can be asked: in is a terminal */
};

/* 0: yes.  -1 and ERR_USAGE: anything else, and where nobody can be asked. */
int confirm_ask(const struct question *q, struct err *err);

#endif

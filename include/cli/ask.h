/*
 * ask.h - a question at the terminal whose answer is not shown.
 */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include "base/err.h"

#include <stdbool.h>

/* Whether somebody sits there: standard input is a terminal. */
bool ask_can(void);

/* Show prompt at the terminal of this process, whatever is redirected, and take a line without an
 * echo.  A signal that ends or stops us finds the terminal as it was.  The answer is the caller's,
 * who wipes it.  ERR_USAGE: no answer, or one too long. */
int ask_hidden(const char *prompt, char **ret, struct err *err);
/* The same; again: it says first that the last answer was not it. */
int ask_once_more(const char *prompt, bool again, char **ret, struct err *err);

#endif

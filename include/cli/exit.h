/*
 * exit.h - from an error to the exit code of the process; the one place that says so.
 */
#ifndef CLI_EXIT_H
#define CLI_EXIT_H

#include "base/err.h"

enum { EXIT_OURS = 1, EXIT_USAGE = 5, EXIT_LOCKED = 6 };

int exit_of(enum err_kind kind);

#endif

/*
 * cli.h - from argv to an exit code.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "cli/command.h"
#include "cli/secrets.h"
#include "proc/zygote.h"

/* Run the command of argv; the exit code of the process.  Borrows z and secrets.  screen: the
 * command when there is none in argv, on a terminal; where it cannot be (ERR_USAGE), and elsewhere,
 * the environments and help are printed.  NULL: always so. */
int cli_main(struct zygote *z, struct secrets *secrets, int argc, char **argv, command_fn *screen);

#endif

/*
 * cli.h - from argv to an exit code.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "cli/secrets.h"
#include "proc/zygote.h"

/* Run the command of argv; the exit code of the process.  Borrows z and secrets. */
int cli_main(struct zygote *z, struct secrets *secrets, int argc, char **argv);

#endif

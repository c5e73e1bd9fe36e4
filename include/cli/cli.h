/*
 * cli.h - from argv to an exit code.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "proc/zygote.h"

/* Run the command of argv; the exit code of the process.  Borrows z.  secret: the name that
 * secrets_take found, or NULL. */
int cli_main(struct zygote *z, const char *secret, int argc, char **argv);

#endif

/*
 * help.h - what `--help` prints.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/command.h"

#include <stdio.h>

void help_all(FILE *f);                                    /* every command and option */
void help_command(const struct command *command, FILE *f); /* one that is built */
void help_envs(const char *root, FILE *f);                 /* the environments that there are */
/* What is told of a command beside its row, examples included; NULL: nothing. */
const char *help_more(const char *command);

#endif

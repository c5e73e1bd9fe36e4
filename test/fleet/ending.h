/*
 * ending.h - the last words of a channel: exit status or signal, EOF, close; as told or not.
 */
#ifndef FLEET_ENDING_H
#define FLEET_ENDING_H

#include "fleet/behave.h"

#include <libssh/libssh.h>
#include <stdbool.h>

/* status is waitpid's; behave NULL: as sshd. */
void ending_status(ssh_channel channel, const struct behave *behave, int status);

/* SSH_AGAIN: call again.  answered: the client has closed, no EOF is due. */
int ending_close(ssh_channel channel, const struct behave *behave, bool answered);

#endif

/*
 * chan.h - one session channel: an exec request, its input, its output, its end.
 *
 * Callbacks of libssh only note what happened; chan_turn acts on it, and is called by the
 * connection after each pump of the session.  Ends as sshd does: exit status when the process is
 * reaped, close when both streams are at their end as well.
 */
#ifndef FLEET_CHAN_H
#define FLEET_CHAN_H

#include <libssh/libssh.h>
#include <stdbool.h>

struct fleet;
struct behave;
struct conn;
struct chan;

/* For a channel the client just opened on ssh; borrows the others.  behave NULL: a good one. */
struct chan *chan_new(struct fleet *fleet, struct conn *conn, ssh_session ssh, const char *folder,
                      const char *client, const struct behave *behave);

ssh_channel chan_ssh(const struct chan *ch);

/* Do what can be done now.  False: both sides have closed it; free it. */
bool chan_turn(struct chan *ch);

/* session_alive: free the libssh side too; else ssh_free has done it or will. */
void chan_free(struct chan *ch, bool session_alive);

#endif

/*
 * session_ssh.h - a session over SSH from inside: libssh's handles, and its channels.
 *
 * session_ssh.c has the connection, session_chan.c the channels: the one in use, and those that
 * were sent ahead and wait.  Internal to ssh/.
 */
#ifndef SSH_SESSION_SSH_H
#define SSH_SESSION_SSH_H

#include "ssh/session_kind.h"

#include <libssh/callbacks.h>

struct chan;

struct over_ssh {
    struct session base;                   /* first; its fd is owned */
    ssh_session ssh;                       /* owned */
    ssh_event pump;                        /* owned; NULL until attached */
    struct chan *chan;                     /* owned: in use; NULL between steps */
    struct chan *ahead[SESSION_AHEAD_MAX]; /* owned: in the order in which they will be used */
    int ahead_count;
    int ahead_max;       /* so many does the server let wait, as far as is known */
    int ahead_refused;   /* in a row */
    int ahead_ended;     /* so many ended by themselves */
    uint64_t ahead_seen; /* bytes received when they were last looked at */
    struct ssh_counter_struct counter;
    struct buf heard; /* owned: the first bytes, until keys are exchanged */
};

/* session_ssh.c */
bool over_ssh_wants_write(const struct session *s);

/* session_chan.c: of struct session_kind. */
void chan_prepare(struct session *s);
bool chan_ahead(struct session *s, int want, const char *command);
enum session_io chan_open(struct session *s);
enum session_io chan_exec(struct session *s, const char *command);
size_t chan_room(const struct session *s);
int chan_write(struct session *s, const char *bytes, size_t len);
enum session_io chan_eof(struct session *s);
void chan_drop(struct session *s);
/* Those that wait, before the session is freed. */
void chan_drop_ahead(struct session *s);

#endif

/*
 * session.h - a way to run commands on one machine, one channel at a time, as calls that never
 * wait.
 *
 * While one is in use, the channels of the next commands may be opened and wait (session_ahead).
 *
 * Two kinds: over SSH, on a socket that is connected (the only user of libssh but keys.c and
 * bridge.c); or this
 * machine, where a channel is a child.  A call that cannot go on says SESSION_AGAIN: arm the socket
 * (session_wants_write), or wait to be woken, and call it again.  Nothing here may be called from
 * inside session_channel's callback.
 */
#ifndef SSH_SESSION_H
#define SSH_SESSION_H

#include "base/buf.h"
#include "proc/local.h"
#include "ssh/agent.h"
#include "ssh/target.h"

#include <libssh/libssh.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    /* What libssh sends as one packet where the server takes 32 KB; ten bytes more were two. */
    SESSION_WRITE_MAX = 32 * 1024 - 10,
    SESSION_BLOB_MAX = 16 * 1024,
    SESSION_AHEAD_MAX = 2, /* channels that wait: one with its shell, one that is opened */
};

enum session_io { SESSION_OK, SESSION_AGAIN, SESSION_DENIED, SESSION_FAIL };

struct session;

/* What has been heard on the channel. */
struct session_exit {
    bool eof;    /* both streams have ended */
    bool closed; /* the other side closed the channel */
    bool has_status;
    uint32_t status;
    char signal[32]; /* name without SIG; "" if none */
    bool survives;   /* session_channel_kill did not help */
};

typedef void session_data(void *arg, bool is_stderr, const char *bytes, size_t len);

/* Takes over fd.  host_key_types: comma list for the key exchange, NULL for libssh's own. */
struct session *session_new(int fd, const struct target *target, const char *host_key_types);
/* This machine; ready at once.  Nothing to arm: wake is called, from the loop, when there is
 * something to go on with. */
typedef void session_wake(void *arg);
struct session *session_new_local(struct locals *locals, session_wake *wake, void *arg);
/* Says goodbye if that needs no waiting, closes the socket.  NULL is fine. */
void session_free(struct session *s);

int session_fd(const struct session *s); /* -1: this machine */
bool session_wants_write(const struct session *s);

/* Over SSH only, down to session_keepalive. */
/* False once the connection is over, whatever the last call said. */
bool session_alive(const struct session *s);
uint64_t session_received(const struct session *s); /* bytes */
/* Append libssh's last error, escaped. */
void session_error(const struct session *s, struct buf *out);

enum session_io session_kex(struct session *s);
/* The server's first line has come. */
bool session_has_banner(const struct session *s);
/* After SESSION_FAIL without a banner: what came was a line longer than any of SSH. */
bool session_babbles(const struct session *s);
/* After SESSION_FAIL of session_kex: append what the two sides have not in common, with both
 * lists, escaped.  False: it was something else. */
bool session_kex_gap(const struct session *s, struct buf *out);
/* The server's key as the bytes of RFC 4253 6.6; 0 if there is none. */
size_t session_host_key(struct session *s, unsigned char ret_blob[SESSION_BLOB_MAX]);

/* What came of one way to log in.  A call that says AUTH_AGAIN is made again, the same. */
enum session_auth {
    AUTH_OK,
    AUTH_AGAIN,   /* arm the socket */
    AUTH_LATER,   /* the agent was asked: its wake says when; do not watch the socket until then */
    AUTH_DENIED,  /* another way may be tried */
    AUTH_PARTIAL, /* taken, and the server wants another beside it */
    AUTH_ASKS,    /* it asks what we have no answer to; another way may be tried */
    AUTH_CHANGE,  /* the password is right, and has to be changed */
    AUTH_FAIL,    /* the session is over */
};
/* Methods, as bits of libssh: SSH_AUTH_METHOD_PUBLICKEY, ... */
/* Whether the server has said which it takes: with its first refusal. */
bool session_knows_methods(const struct session *s);
bool session_takes(const struct session *s, int method);
/* Append the methods the server would still take: "publickey, password". */
void session_methods(const struct session *s, struct buf *out);
enum session_auth session_auth_key(struct session *s, ssh_key key);
/* All keys of the login, one by one. */
enum session_auth session_auth_agent(struct session *s, struct agent_login *login);
/* Before the login is freed: libssh must forget its number. */
void session_forget_agent(struct session *s);
/* Once in the life of a session: the password answers one question that hides what is typed, and
 * no other.  AUTH_ASKS: the question is in out, escaped. */
struct session_questions {
    int rounds;
    bool answered;
};
enum session_auth session_auth_interactive(struct session *s, const char *password,
                                           struct session_questions *q, struct buf *out);
enum session_auth session_auth_password(struct session *s, const char *password);
/* After authentication, once: from now on session_pump reads the socket. */
void session_attach(struct session *s);
/* One buffer of libssh's; SESSION_AGAIN: something came. */
enum session_io session_pump_once(struct session *s);
void session_keepalive(struct session *s);

/* Handle what has arrived, at most a bounded part of it. */
enum session_io session_pump(struct session *s);

bool session_has_channel(const struct session *s);
/* Take the first channel that was sent ahead and lives, else prepare one; open and exec are called
 * for either.  fn hears its bytes from inside any call here, or just before a wake. */
void session_channel(struct session *s, session_data *fn, void *arg);
/* It was sent ahead: where it is refused or over before a byte was written, another may do. */
bool session_channel_was_ahead(const struct session *s);
/* Begin to open channels until `want` of them wait for their turn, and ask for command (NULL: not
 * yet) on the first of them once it is open.  Goes on with what was begun: to be called after each
 * pump.  What is refused, or ends by itself, is forgotten without a word, and fewer are opened from
 * then on.  True: something came meanwhile, of any channel: look again. */
bool session_ahead(struct session *s, int want, const char *command);
enum session_io session_channel_open(struct session *s);
enum session_io session_channel_exec(struct session *s, const char *command);
/* After SESSION_DENIED of one of the two: why. */
const char *session_refusal(const struct session *s);
/* Bytes that can be handed over now without waiting. */
size_t session_channel_room(const struct session *s);
/* Bytes taken, at most session_channel_room; -1: the channel takes no more. */
int session_channel_write(struct session *s, const char *bytes, size_t len);
enum session_io session_channel_eof(struct session *s);
const struct session_exit *session_channel_exit(const struct session *s);
/* Have all that runs in it killed: TERM, a grace, KILL; `eof` says when that is over.  False:
 * nothing runs, or it cannot be done from here. */
bool session_channel_kill(struct session *s);
/* Close it if it is open, and forget it. */
void session_channel_drop(struct session *s);

#endif

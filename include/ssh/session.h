/*
 * session.h - one libssh session and its one channel, as calls that never wait.
 *
 * The only user of libssh but keys.c.  The socket is already connected.  A call that cannot go on
 * says SESSION_AGAIN: arm the socket (session_wants_write) and call it again when ready.  Nothing
 * here may be called from inside session_channel's callback.
 */
#ifndef SSH_SESSION_H
#define SSH_SESSION_H

#include "base/buf.h"

#include <libssh/libssh.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SESSION_WRITE_MAX = 32 * 1024, SESSION_BLOB_MAX = 16 * 1024 };

enum session_io { SESSION_OK, SESSION_AGAIN, SESSION_DENIED, SESSION_FAIL };

struct session;

/* What has been heard on the channel. */
struct session_exit {
    bool eof;    /* both streams have ended */
    bool closed; /* the other side closed the channel */
    bool has_status;
    uint32_t status;
    char signal[32]; /* name without SIG; "" if none */
};

typedef void session_data(void *arg, bool is_stderr, const char *bytes, size_t len);

/* Takes over fd.  host_key_types: comma list for the key exchange, NULL for libssh's own. */
struct session *session_new(int fd, const char *user, const char *host_key_types);
/* Says goodbye if that needs no waiting, closes the socket.  NULL is fine. */
void session_free(struct session *s);

int session_fd(const struct session *s);
bool session_wants_write(const struct session *s);
/* False once the connection is over, whatever the last call said. */
bool session_alive(const struct session *s);
uint64_t session_received(const struct session *s); /* bytes */
/* Append libssh's last error, escaped. */
void session_error(const struct session *s, struct buf *out);

enum session_io session_kex(struct session *s);
/* The server's first line has come. */
bool session_has_banner(const struct session *s);
/* The server's key as the bytes of RFC 4253 6.6; 0 if there is none. */
size_t session_host_key(struct session *s, unsigned char ret_blob[SESSION_BLOB_MAX]);
/* SESSION_DENIED: not this key; another may be tried. */
enum session_io session_auth(struct session *s, ssh_key key);
/* Append the methods the server would still take: "publickey, password". */
void session_methods(struct session *s, struct buf *out);
/* After authentication, once: from now on session_pump reads the socket. */
void session_attach(struct session *s);

/* Handle what has arrived, at most a bounded part of it. */
enum session_io session_pump(struct session *s);
void session_keepalive(struct session *s);

bool session_has_channel(const struct session *s);
/* Prepare a channel; fn hears its bytes from inside any call here. */
void session_channel(struct session *s, session_data *fn, void *arg);
enum session_io session_channel_open(struct session *s);
enum session_io session_channel_exec(struct session *s, const char *command);
/* Bytes that can be handed over now without waiting. */
size_t session_channel_room(const struct session *s);
/* Bytes taken, at most session_channel_room; -1: the channel takes no more. */
int session_channel_write(struct session *s, const char *bytes, size_t len);
enum session_io session_channel_eof(struct session *s);
const struct session_exit *session_channel_exit(const struct session *s);
/* Close it if it is open, and forget it. */
void session_channel_drop(struct session *s);

#endif

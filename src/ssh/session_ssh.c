/*
 * session_ssh.c - the order of libssh calls that was found to work without waiting.
 *
 * Decides how libssh is set up and torn down.  Owns session, pump and socket; session_chan.c has
 * the channels.
 */
#include "ssh/session_ssh.h"

#include "base/escape.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "ssh/algorithms.h"
#include "ssh/kexgap.h"
#include "ssh/seam.h"

#include <assert.h>
#include <fcntl.h>
#include <libssh/callbacks.h>
#include <libssh/server.h> /* ssh_send_keepalive and ssh_set_message_callback are there */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* dopoll reads one buffer of libssh's a call; more than this in one turn would starve others. */
/* libssh takes no smaller limit of RSA keys. */
enum { PUMP_ROUNDS_MAX = 16, RSA_BITS_MIN = 768 };

static void
set_nonblocking(int fd)
{
    const int flags = fcntl(fd, F_GETFL);

    if (flags >= 0 && (flags & O_NONBLOCK) == 0) {
        (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    }
}

/* Of a session that session_new made. */
static struct over_ssh *
over(struct session *s)
{
    return (struct over_ssh *)s;
}

static const struct over_ssh *
over_const(const struct session *s)
{
    return (const struct over_ssh *)s;
}

ssh_session
session_libssh(const struct session *s)
{
    return over_const(s)->ssh;
}

/* What ssh_config says may be agreed on; lists of names that libssh has. */
static void
set_algorithms(ssh_session ssh, const struct target *target)
{
    const char *ciphers = target->ciphers != NULL ? target->ciphers : algorithms_ciphers();
    const struct {
        enum ssh_options_e option;
        const char *list;
    } lists[] = {{SSH_OPTIONS_KEY_EXCHANGE, target->kex},
                 {SSH_OPTIONS_CIPHERS_C_S, ciphers},
                 {SSH_OPTIONS_CIPHERS_S_C, ciphers},
                 {SSH_OPTIONS_HMAC_C_S, target->macs},
                 {SSH_OPTIONS_HMAC_S_C, target->macs},
                 {SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, target->pubkey_algorithms}};

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        if (lists[i].list != NULL && ssh_options_set(ssh, lists[i].option, lists[i].list) != 0) {
            abort(); /* sshconfig.c leaves nothing in it that libssh has not */
        }
    }
    if (target->rsa_bits_min >= RSA_BITS_MIN) {
        (void)ssh_options_set(ssh, SSH_OPTIONS_RSA_MIN_SIZE, &target->rsa_bits_min);
    }
}

static void
set_options(struct over_ssh *s, const struct target *target, const char *host_key_types)
{
    const bool no = false;
    const int zero = 0;

    /* First, else ssh_connect reads the configuration of the machine for every session. */
    (void)ssh_options_set(s->ssh, SSH_OPTIONS_PROCESS_CONFIG, &no);
    /* A constant: libssh takes names apart, and nothing of it is used with our own socket. */
    (void)ssh_options_set(s->ssh, SSH_OPTIONS_HOST, "target");
    (void)ssh_options_set(s->ssh, SSH_OPTIONS_USER, target->user);
    (void)ssh_options_set(s->ssh, SSH_OPTIONS_FD, &s->base.fd);
    (void)ssh_options_set(s->ssh, SSH_OPTIONS_SSH_DIR, "/nonexistent");
    (void)ssh_options_set(s->ssh, SSH_OPTIONS_KNOWNHOSTS, "/nonexistent");
    (void)ssh_options_set(s->ssh, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/nonexistent");
    (void)ssh_options_set(s->ssh, SSH_OPTIONS_GSSAPI_DELEGATE_CREDENTIALS, &zero);
    set_algorithms(s->ssh, target);
    if (host_key_types != NULL) {
        (void)ssh_options_set(s->ssh, SSH_OPTIONS_HOSTKEYS, host_key_types);
    }
}

static void
release(struct session *session)
{
    struct over_ssh *s = over(session);

    chan_drop_ahead(session);
    /* libssh closes the socket itself after a fatal error; the number may be another's by then. */
    const bool open = ssh_get_fd(s->ssh) >= 0;
    if (s->pump != NULL) {
        (void)ssh_event_remove_session(s->pump, s->ssh);
        ssh_event_free(s->pump);
    }
    ssh_disconnect(s->ssh);
    ssh_free(s->ssh);
    seam_forget(s->base.fd);
    if (open) {
        (void)close(s->base.fd);
    }
    buf_release(&s->heard);
    free(s);
}

bool
over_ssh_wants_write(const struct session *s)
{
    return (ssh_get_status(over_const(s)->ssh) & SSH_WRITE_PENDING) != 0;
}

bool
session_alive(const struct session *s)
{
    ssh_session ssh = over_const(s)->ssh;

    return ssh_get_fd(ssh) >= 0 && (ssh_get_status(ssh) & (SSH_CLOSED | SSH_CLOSED_ERROR)) == 0;
}

uint64_t
session_received(const struct session *s)
{
    return over_const(s)->counter.in_bytes;
}

/* "Socket error: Connection reset by peer".  The end of what the server sends is "disconnected".
 * After a farewell libssh closes the socket, and then tells an errno of something else as the
 * socket's ("No such file or directory"), over what the server said. */
static const char *
socket_error(const struct session *s, const char *text)
{
    static const char start[] = "Socket error: ";

    if (strncmp(text, start, sizeof(start) - 1) != 0) {
        return NULL;
    }
    text += sizeof(start) - 1;
    return seam_error(s->fd) == 0 || strcmp(text, "disconnected") == 0 ? "closed by the server"
                                                                       : text;
}

/* "Received SSH_MSG_DISCONNECT: 2:Too many ..." is what the server says; NULL: it is not that. */
static const char *
farewell(const char *text)
{
    static const char start[] = "Received SSH_MSG_DISCONNECT: ";

    if (strncmp(text, start, sizeof(start) - 1) != 0) {
        return NULL;
    }
    text += sizeof(start) - 1;
    text += strspn(text, "0123456789");
    return *text == ':' ? text + 1 : NULL;
}

/* Of a channel or its command: what libssh said last, and no end of a connection. */
static bool
is_refusal(const char *text)
{
    return strncmp(text, "Channel opening failure", 23) == 0 ||
           strncmp(text, "Channel request ", 16) == 0;
}

void
session_error(const struct session *s, struct buf *out)
{
    const char *text = ssh_get_error(over_const(s)->ssh);

    /* What libssh makes of an errno that nobody has set is no reason, nor is a channel that was
     * refused before. */
    if (text == NULL || text[0] == '\0' || strcmp(text, "Success") == 0 || is_refusal(text)) {
        (void)buf_adds(out, "the connection was closed");
        return;
    }
    const char *of_socket = socket_error(s, text);
    const char *last_words = farewell(text);
    if (of_socket != NULL) {
        text = of_socket;
    } else if (last_words != NULL) {
        text = last_words;
        (void)buf_adds(out, text[0] == '\0' ? "closed by the server" : "closed by the server: ");
    }
    escape_line(out, text, strlen(text));
}

static void
stop_listening(struct over_ssh *s)
{
    seam_tap(s->base.fd, NULL);
    buf_release(&s->heard);
}

enum session_io
session_kex(struct session *s)
{
    ssh_session ssh = over(s)->ssh;
    const int rc = ssh_connect(ssh);

    if (ssh_get_fd(ssh) >= 0) {
        set_nonblocking(s->fd); /* libssh clears it, even on a socket of ours */
    }
    if (rc == SSH_OK) {
        stop_listening(over(s));
        return SESSION_OK;
    }
    return rc == SSH_AGAIN && session_alive(s) ? SESSION_AGAIN : SESSION_FAIL;
}

bool
session_has_banner(const struct session *s)
{
    return ssh_get_serverbanner(over_const(s)->ssh) != NULL;
}

bool
session_babbles(const struct session *s)
{
    const char *text = ssh_get_error(over_const(s)->ssh);

    return text != NULL && strstr(text, "too large banner") != NULL;
}

bool
session_kex_gap(const struct session *s, struct buf *out)
{
    const struct over_ssh *o = over_const(s);

    return kexgap_find(o->ssh, &o->heard, out);
}

size_t
session_host_key(struct session *s, unsigned char ret_blob[SESSION_BLOB_MAX])
{
    ssh_key key = NULL;
    char *text = NULL;
    size_t len = 0;

    if (ssh_get_server_publickey(over(s)->ssh, &key) == SSH_OK &&
        ssh_pki_export_pubkey_base64(key, &text) == SSH_OK &&
        base64_decode(text, strlen(text), ret_blob, SESSION_BLOB_MAX, &len) < 0) {
        len = 0;
    }
    ssh_string_free_char(text);
    ssh_key_free(key);
    return len;
}

void
session_attach(struct session *session)
{
    struct over_ssh *s = over(session);

    assert(s->pump == NULL);
    s->pump = ssh_event_new();
    if (s->pump == NULL || ssh_event_add_session(s->pump, s->ssh) != SSH_OK) {
        abort();
    }
}

enum session_io
session_pump_once(struct session *session)
{
    const struct over_ssh *s = over(session);
    const uint64_t before = s->counter.in_bytes;

    if (ssh_event_dopoll(s->pump, 0) == SSH_ERROR || !session_alive(session)) {
        return SESSION_FAIL;
    }
    return s->counter.in_bytes == before ? SESSION_OK : SESSION_AGAIN;
}

static enum session_io
pump(struct session *session)
{
    enum session_io io = SESSION_AGAIN; /* more may be waiting; the socket stays readable */

    for (int i = 0; i < PUMP_ROUNDS_MAX && io == SESSION_AGAIN; i++) {
        io = session_pump_once(session);
    }
    return io;
}

void
session_keepalive(struct session *s)
{
    (void)ssh_send_keepalive(over(s)->ssh);
}

/* A command without a terminal is not ended by its channel's end, and most servers refuse to signal
 * it: nothing can be killed from here. */
static const struct session_kind kind = {
    .free = release,
    .wants_write = over_ssh_wants_write,
    .pump = pump,
    .prepare = chan_prepare,
    .ahead = chan_ahead,
    .open = chan_open,
    .exec = chan_exec,
    .room = chan_room,
    .write = chan_write,
    .eof = chan_eof,
    .drop = chan_drop,
};

/* What a server asks of us is refused.  Without this libssh keeps each request, unanswered, until
 * the session ends: a server could fill our memory with them. */
static int
on_request(ssh_session ssh, ssh_message message, void *arg)
{
    (void)ssh;
    (void)message;
    (void)arg;
    return 1;
}

struct session *
session_new(int fd, const struct target *target, const char *host_key_types)
{
    struct over_ssh *s = xcalloc(1, sizeof(*s));

    s->base.kind = &kind;
    s->base.fd = fd;
    s->ahead_max = SESSION_AHEAD_MAX;
    s->ssh = ssh_new();
    if (s->ssh == NULL) {
        abort();
    }
    seam_watch(fd);
    buf_init(&s->heard, KEXGAP_BYTES_MAX);
    seam_tap(fd, &s->heard);
    set_options(s, target, host_key_types);
    ssh_set_blocking(s->ssh, 0);
    ssh_set_counters(s->ssh, &s->counter, NULL);
    ssh_set_message_callback(s->ssh, on_request, NULL);
    return &s->base;
}

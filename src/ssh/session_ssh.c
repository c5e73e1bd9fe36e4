/*
 * session.c - the order of libssh calls that was found to work without waiting.
 *
 * Decides how libssh is set up and torn down.  Owns session, channel, pump and socket.  Its
 * callbacks only note; nothing is freed and libssh is not called inside them.
 */
#include "ssh/session.h"

#include "base/escape.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "ssh/seam.h"

#include <assert.h>
#include <fcntl.h>
#include <libssh/callbacks.h>
#include <libssh/server.h> /* ssh_send_keepalive is declared there */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* dopoll reads one buffer of libssh's a call; more than this in one turn would starve others. */
enum { PUMP_ROUNDS_MAX = 16 };

struct session {
    ssh_session ssh;     /* owned */
    ssh_event pump;      /* owned; NULL until attached */
    ssh_channel channel; /* owned; NULL between steps */
    int fd;              /* owned */
    struct ssh_channel_callbacks_struct callbacks;
    struct ssh_counter_struct counter;
    struct session_exit exit;
    session_data *data;
    void *arg; /* borrowed */
};

static void
set_nonblocking(int fd)
{
    const int flags = fcntl(fd, F_GETFL);

    if (flags >= 0 && (flags & O_NONBLOCK) == 0) {
        (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    }
}

static void
set_options(struct session *s, const char *user, const char *host_key_types)
{
    const bool no = false;
    const int zero = 0;

    /* First, else ssh_connect reads the configuration of the machine for every session. */
    (void)ssh_options_set(s->ssh, SSH_OPTIONS_PROCESS_CONFIG, &no);
    /* A constant: libssh takes names apart, and nothing of it is used with our own socket. */
    (void)ssh_options_set(s->ssh, SSH_OPTIONS_HOST, "target");
    (void)ssh_options_set(s->ssh, SSH_OPTIONS_USER, user);
    (void)ssh_options_set(s->ssh, SSH_OPTIONS_FD, &s->fd);
    (void)ssh_options_set(s->ssh, SSH_OPTIONS_SSH_DIR, "/nonexistent");
    (void)ssh_options_set(s->ssh, SSH_OPTIONS_KNOWNHOSTS, "/dev/null");
    (void)ssh_options_set(s->ssh, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
    (void)ssh_options_set(s->ssh, SSH_OPTIONS_GSSAPI_DELEGATE_CREDENTIALS, &zero);
    if (host_key_types != NULL) {
        (void)ssh_options_set(s->ssh, SSH_OPTIONS_HOSTKEYS, host_key_types);
    }
}

struct session *
session_new(int fd, const char *user, const char *host_key_types)
{
    struct session *s = xcalloc(1, sizeof(*s));

    s->fd = fd;
    s->ssh = ssh_new();
    if (s->ssh == NULL) {
        abort();
    }
    seam_watch(fd);
    set_options(s, user, host_key_types);
    ssh_set_blocking(s->ssh, 0);
    ssh_set_counters(s->ssh, &s->counter, NULL);
    return s;
}

void
session_free(struct session *s)
{
    if (s == NULL) {
        return;
    }
    /* libssh closes the socket itself after a fatal error; the number may be another's by then. */
    const bool open = ssh_get_fd(s->ssh) >= 0;
    session_channel_drop(s);
    if (s->pump != NULL) {
        (void)ssh_event_remove_session(s->pump, s->ssh);
        ssh_event_free(s->pump);
    }
    ssh_disconnect(s->ssh);
    ssh_free(s->ssh);
    seam_forget(s->fd);
    if (open) {
        (void)close(s->fd);
    }
    free(s);
}

int
session_fd(const struct session *s)
{
    return s->fd;
}

bool
session_wants_write(const struct session *s)
{
    return (ssh_get_status(s->ssh) & SSH_WRITE_PENDING) != 0;
}

bool
session_alive(const struct session *s)
{
    return ssh_get_fd(s->ssh) >= 0 &&
           (ssh_get_status(s->ssh) & (SSH_CLOSED | SSH_CLOSED_ERROR)) == 0;
}

uint64_t
session_received(const struct session *s)
{
    return s->counter.in_bytes;
}

void
session_error(const struct session *s, struct buf *out)
{
    const char *text = ssh_get_error(s->ssh);

    if (text == NULL || text[0] == '\0') {
        text = "the connection was closed";
    }
    escape_line(out, text, strlen(text));
}

enum session_io
session_kex(struct session *s)
{
    const int rc = ssh_connect(s->ssh);

    if (ssh_get_fd(s->ssh) >= 0) {
        set_nonblocking(s->fd); /* libssh clears it, even on a socket of ours */
    }
    if (rc == SSH_OK) {
        return SESSION_OK;
    }
    return rc == SSH_AGAIN && session_alive(s) ? SESSION_AGAIN : SESSION_FAIL;
}

bool
session_has_banner(const struct session *s)
{
    return ssh_get_serverbanner(s->ssh) != NULL;
}

size_t
session_host_key(struct session *s, unsigned char ret_blob[SESSION_BLOB_MAX])
{
    ssh_key key = NULL;
    char *text = NULL;
    size_t len = 0;

    if (ssh_get_server_publickey(s->ssh, &key) == SSH_OK &&
        ssh_pki_export_pubkey_base64(key, &text) == SSH_OK &&
        base64_decode(text, strlen(text), ret_blob, SESSION_BLOB_MAX, &len) < 0) {
        len = 0;
    }
    ssh_string_free_char(text);
    ssh_key_free(key);
    return len;
}

enum session_io
session_auth(struct session *s, ssh_key key)
{
    switch (ssh_userauth_publickey(s->ssh, NULL, key)) {
    case SSH_AUTH_SUCCESS:
        return SESSION_OK;
    case SSH_AUTH_DENIED:
    case SSH_AUTH_PARTIAL:
        return session_alive(s) ? SESSION_DENIED : SESSION_FAIL;
    case SSH_AUTH_AGAIN:
        /* A fatal error in here says AGAIN for ever: look at the connection itself. */
        return session_alive(s) ? SESSION_AGAIN : SESSION_FAIL;
    default:
        return SESSION_FAIL;
    }
}

void
session_methods(struct session *s, struct buf *out)
{
    static const struct {
        int bit;
        const char *name;
    } methods[] = {
        {SSH_AUTH_METHOD_PUBLICKEY, "publickey"},
        {SSH_AUTH_METHOD_PASSWORD, "password"},
        {SSH_AUTH_METHOD_INTERACTIVE, "keyboard-interactive"},
        {SSH_AUTH_METHOD_HOSTBASED, "hostbased"},
        {SSH_AUTH_METHOD_GSSAPI_MIC, "gssapi-with-mic"},
    };
    const int offered = ssh_userauth_list(s->ssh, NULL);
    const char *comma = "";

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if ((offered & methods[i].bit) != 0) {
            (void)buf_addf(out, "%s%s", comma, methods[i].name);
            comma = ", ";
        }
    }
    if (comma[0] == '\0') {
        (void)buf_adds(out, "none");
    }
}

void
session_attach(struct session *s)
{
    assert(s->pump == NULL);
    s->pump = ssh_event_new();
    if (s->pump == NULL || ssh_event_add_session(s->pump, s->ssh) != SSH_OK) {
        abort();
    }
}

enum session_io
session_pump(struct session *s)
{
    for (int i = 0; i < PUMP_ROUNDS_MAX; i++) {
        const uint64_t before = s->counter.in_bytes;
        if (ssh_event_dopoll(s->pump, 0) == SSH_ERROR || !session_alive(s)) {
            return SESSION_FAIL;
        }
        if (s->counter.in_bytes == before) {
            return SESSION_OK;
        }
    }
    return SESSION_AGAIN; /* more may be waiting; the socket stays readable */
}

void
session_keepalive(struct session *s)
{
    (void)ssh_send_keepalive(s->ssh);
}

static int
on_data(ssh_session ssh, ssh_channel channel, void *bytes, uint32_t len, int is_stderr, void *arg)
{
    struct session *s = arg;

    (void)ssh;
    (void)channel;
    s->data(s->arg, is_stderr != 0, bytes, len);
    return (int)len;
}

static void
on_eof(ssh_session ssh, ssh_channel channel, void *arg)
{
    (void)ssh;
    (void)channel;
    ((struct session *)arg)->exit.eof = true;
}

static void
on_close(ssh_session ssh, ssh_channel channel, void *arg)
{
    (void)ssh;
    (void)channel;
    ((struct session *)arg)->exit.closed = true;
}

static void
on_status(ssh_session ssh, ssh_channel channel, int status, void *arg)
{
    struct session *s = arg;

    (void)ssh;
    (void)channel;
    s->exit.has_status = true;
    s->exit.status = (uint32_t)status;
}

static void
on_signal(ssh_session ssh, ssh_channel channel, const char *name, int core, const char *message,
          const char *language, void *arg)
{
    struct session *s = arg;

    (void)ssh;
    (void)channel;
    (void)core;
    (void)message;
    (void)language;
    (void)snprintf(s->exit.signal, sizeof(s->exit.signal), "%s",
                   name == NULL || name[0] == '\0' ? "?" : name);
}

bool
session_has_channel(const struct session *s)
{
    return s->channel != NULL;
}

void
session_channel(struct session *s, session_data *fn, void *arg)
{
    assert(s->channel == NULL);
    s->exit = (struct session_exit){0};
    s->data = fn;
    s->arg = arg;
    s->channel = ssh_channel_new(s->ssh);
    if (s->channel == NULL) {
        abort();
    }
    /* Before the open: data can arrive inside that call. */
    s->callbacks = (struct ssh_channel_callbacks_struct){
        .userdata = s,
        .channel_data_function = on_data,
        .channel_eof_function = on_eof,
        .channel_close_function = on_close,
        .channel_exit_status_function = on_status,
        .channel_exit_signal_function = on_signal,
    };
    ssh_callbacks_init(&s->callbacks);
    (void)ssh_set_channel_callbacks(s->channel, &s->callbacks);
}

static enum session_io
answer(const struct session *s, int rc)
{
    if (!session_alive(s)) {
        return SESSION_FAIL;
    }
    if (rc == SSH_AGAIN) {
        return SESSION_AGAIN;
    }
    return rc == SSH_OK ? SESSION_OK : SESSION_DENIED;
}

enum session_io
session_channel_open(struct session *s)
{
    return answer(s, ssh_channel_open_session(s->channel));
}

enum session_io
session_channel_exec(struct session *s, const char *command)
{
    return answer(s, ssh_channel_request_exec(s->channel, command));
}

size_t
session_channel_room(const struct session *s)
{
    if (s->exit.closed || !ssh_channel_is_open(s->channel) || session_wants_write(s)) {
        return 0;
    }
    const uint32_t window = ssh_channel_window_size(s->channel);
    return window < SESSION_WRITE_MAX ? window : SESSION_WRITE_MAX;
}

int
session_channel_write(struct session *s, const char *bytes, size_t len)
{
    assert(len <= SESSION_WRITE_MAX);
    const int n = ssh_channel_write(s->channel, bytes, (uint32_t)len);

    return n < 0 ? -1 : n;
}

enum session_io
session_channel_eof(struct session *s)
{
    return answer(s, ssh_channel_send_eof(s->channel));
}

const struct session_exit *
session_channel_exit(const struct session *s)
{
    return &s->exit;
}

void
session_channel_drop(struct session *s)
{
    if (s->channel == NULL) {
        return;
    }
    (void)ssh_remove_channel_callbacks(s->channel, &s->callbacks);
    ssh_channel_free(s->channel); /* sends the close if it is due */
    s->channel = NULL;
}

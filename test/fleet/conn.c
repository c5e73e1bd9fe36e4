/*
 * conn.c - drives one libssh session.
 *
 * Decides who logs in and how many channels may be open.  Owns the session, its socket and its
 * channels.  The socket is watched here; one ssh_event a session only pumps it.
 */
#include "fleet/conn.h"

#include "base/xalloc.h"
#include "fleet/chan.h"
#include "fleet/filter.h"
#include "fleet/fleet.h"
#include "fleet/noise.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libssh/callbacks.h>
#include <libssh/server.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REFUSALS_MAX = 6 }; /* sshd_config(5), MaxAuthTries */

struct conn {
    LIST_ENTRY(conn) link;
    struct fleet *fleet; /* borrowed */
    ssh_session session; /* owned, with its socket */
    ssh_event pump;      /* owned; NULL until keys are exchanged */
    struct event *io;    /* owned: read always, write when libssh holds bytes */
    struct event *login; /* owned: time to log in */
    short armed;         /* what io waits for */
    char *folder;        /* owned */
    char *client;        /* owned */
    struct in_addr dialled;
    struct chan **open; /* owned, each owned */
    size_t count;
    size_t cap;
    bool logged_in;
    bool has_key; /* with --partial: the first half */
    bool again;
    int refusals;
    struct behave *behave; /* owned; NULL: a good host */
    struct filter *filter; /* released with the connection; NULL: none */
    bool waiting;          /* counted by the throttle of its host */
    struct ssh_server_callbacks_struct callbacks;
};

const struct behave *
conn_behave(const struct conn *c)
{
    return c->behave;
}

bool
conn_minds(const struct conn *c, enum phase phase)
{
    return c->behave != NULL && c->behave->at[phase] != ACT_NONE;
}

void
conn_reach(struct conn *c, enum phase phase)
{
    if (conn_minds(c, phase)) {
        const enum act act = (enum act)c->behave->at[phase];
        c->behave->at[phase] = ACT_NONE;
        filter_act(c->filter, act);
    }
}

static void
leave_throttle(struct conn *c)
{
    if (c->waiting) {
        c->waiting = false;
        throttle_leave(c->behave->throttle);
    }
}

void
conn_tell(const struct conn *c, const char *what)
{
    char address[INET_ADDRSTRLEN];

    if (c->fleet->events != NULL) {
        (void)inet_ntop(AF_INET, &c->dialled, address, sizeof(address));
        (void)fprintf(c->fleet->events, "%s %s\n", what, address);
        (void)fflush(c->fleet->events);
    }
}

static int
refuse(struct conn *c)
{
    c->fleet->counts.refused++;
    c->refusals++;
    return SSH_AUTH_DENIED;
}

static int
on_none(ssh_session session, const char *user, void *arg)
{
    (void)session;
    (void)user;
    (void)arg;
    return SSH_AUTH_DENIED;
}

static int
welcome(struct conn *c)
{
    c->logged_in = true;
    leave_throttle(c);
    c->fleet->counts.logged_in++;
    conn_tell(c, "login");
    (void)event_del(c->login);
    return SSH_AUTH_SUCCESS;
}

static bool
is_password(const struct conn *c, const char *password)
{
    const struct options *o = &c->fleet->options;

    return o->password != NULL && password != NULL && strcmp(password, o->password) == 0 &&
           (!o->partial || c->has_key);
}

static int
on_password(ssh_session session, const char *user, const char *password, void *arg)
{
    struct conn *c = arg;
    const struct options *o = &c->fleet->options;

    (void)session;
    return strcmp(user, o->user) == 0 && o->kbd == NULL && is_password(c, password) ? welcome(c)
                                                                                    : refuse(c);
}

/* libssh has no callback for this method.  True: it was answered. */
static bool
on_interactive(struct conn *c, ssh_message message)
{
    const char *prompt = c->fleet->options.kbd;
    char echo = 0;

    if (prompt == NULL) {
        return false;
    }
    if (!ssh_message_auth_kbdint_is_response(message)) {
        return ssh_message_auth_interactive_request(message, "", "", 1, &prompt, &echo) == SSH_OK;
    }
    if (ssh_userauth_kbdint_getnanswers(c->session) != 1 ||
        !is_password(c, ssh_userauth_kbdint_getanswer(c->session, 0))) {
        (void)refuse(c);
        return false;
    }
    (void)welcome(c);
    return ssh_message_auth_reply_success(message, 0) == SSH_OK;
}

static bool
is_denied(const struct conn *c)
{
    return c->behave != NULL && c->refusals < c->behave->deny;
}

static int
on_public_key(ssh_session session, const char *user, struct ssh_key_struct *key, char signature,
              void *arg)
{
    struct conn *c = arg;

    (void)session;
    conn_reach(c, AT_AUTH);
    if (is_denied(c) || strcmp(user, c->fleet->options.user) != 0 ||
        !keys_allow(&c->fleet->keys, key)) {
        return refuse(c);
    }
    if (signature == SSH_PUBLICKEY_STATE_NONE) {
        return SSH_AUTH_SUCCESS; /* "would do": it has yet to sign */
    }
    if (signature != SSH_PUBLICKEY_STATE_VALID) {
        return refuse(c);
    }
    if (c->behave != NULL && c->behave->partial) {
        ssh_set_auth_methods(session, SSH_AUTH_METHOD_PASSWORD);
        return SSH_AUTH_PARTIAL;
    }
    if (c->fleet->options.partial && !c->has_key) {
        c->has_key = true;
        ssh_set_auth_methods(c->session, c->fleet->options.kbd != NULL ? SSH_AUTH_METHOD_INTERACTIVE
                                                                       : SSH_AUTH_METHOD_PASSWORD);
        return SSH_AUTH_PARTIAL;
    }
    return welcome(c);
}

static size_t
sessions_max(const struct conn *c)
{
    if (c->behave != NULL && c->behave->nochannel) {
        return 0;
    }
    return (size_t)(c->behave != NULL && c->behave->sessions > 0 ? c->behave->sessions
                                                                 : c->fleet->options.max_sessions);
}

static ssh_channel
on_open(ssh_session session, void *arg)
{
    struct conn *c = arg;

    conn_reach(c, AT_OPEN);
    if (!c->logged_in || c->count >= sessions_max(c)) {
        return NULL;
    }
    c->open = xgrow(c->open, c->count, &c->cap, sizeof(struct chan *));
    c->open[c->count++] = chan_new(c->fleet, c, session, c->folder, c->client);
    return chan_ssh(c->open[c->count - 1]);
}

/* What no callback took: libssh answers it with a refusal. */
static int
on_message(ssh_session session, ssh_message message, void *arg)
{
    (void)session;
    return ssh_message_type(message) == SSH_REQUEST_AUTH &&
                   ssh_message_subtype(message) == SSH_AUTH_METHOD_INTERACTIVE &&
                   on_interactive(arg, message)
               ? 0
               : 1;
}

void
conn_first_words(const struct conn *c)
{
    char address[INET_ADDRSTRLEN];

    if (c->fleet->trips != NULL) {
        (void)inet_ntop(AF_INET, &c->dialled, address, sizeof(address));
        (void)fprintf(c->fleet->trips, "%s %d\n", address, filter_trips(c->filter));
        (void)fflush(c->fleet->trips);
    }
}

static void
on_io(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    conn_turn(arg);
}

static void
on_login_late(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    conn_free(arg);
}

static int
methods_of(const struct options *o)
{
    if (o->password == NULL || o->partial) {
        return SSH_AUTH_METHOD_PUBLICKEY;
    }
    return (int)(SSH_AUTH_METHOD_PUBLICKEY |
                 (o->kbd != NULL ? SSH_AUTH_METHOD_INTERACTIVE : SSH_AUTH_METHOD_PASSWORD));
}

static void
listen_to_session(struct conn *c)
{
    c->callbacks = (struct ssh_server_callbacks_struct){
        .userdata = c,
        .auth_none_function = on_none,
        .auth_password_function = on_password,
        .auth_pubkey_function = on_public_key,
        .channel_open_request_session_function = on_open,
    };
    ssh_callbacks_init(&c->callbacks);
    (void)ssh_set_server_callbacks(c->session, &c->callbacks);
    ssh_set_message_callback(c->session, on_message, c);
    ssh_set_auth_methods(c->session, methods_of(&c->fleet->options));
}

/* Give the connection to libssh, through a filter where the host has one. */
static int
accept_session(struct conn *c, int fd)
{
    struct err err = {0};
    ssh_bind bind = binds_get(c->fleet->binds, c->behave, &err);

    const struct behave good = {0};
    const struct behave *behave = c->behave == NULL ? &good : c->behave;

    if (c->fleet->options.rtt_ms > 0 || filter_is_needed(behave)) {
        c->filter = filter_new(c->fleet, fd, behave, &fd);
    }
    if (c->behave != NULL && c->behave->rekey > 0) {
        const uint64_t bytes = (uint64_t)c->behave->rekey;
        (void)ssh_options_set(c->session, SSH_OPTIONS_REKEY_DATA, &bytes);
    }
    if (bind == NULL || ssh_bind_accept_fd(bind, c->session, fd) != SSH_OK) {
        (void)fprintf(stderr, "fleet: accept: %s\n",
                      bind == NULL ? err.text : (const char *)ssh_get_error(bind));
        if (ssh_get_fd(c->session) != fd) {
            (void)close(fd);
        }
        return -1;
    }
    return 0;
}

static struct conn *
conn_new(struct fleet *fleet, char *folder, struct behave *behave, const char *client)
{
    struct conn *c = xcalloc(1, sizeof(*c));

    c->fleet = fleet;
    c->folder = folder;
    c->behave = behave;
    c->waiting = behave != NULL && behave->throttle != NULL;
    c->client = xstrdup(client);
    c->session = ssh_new();
    c->io = event_new(fleet->base, -1, 0, on_io, c);
    c->login = evtimer_new(fleet->base, on_login_late, c);
    if (c->session == NULL || c->io == NULL || c->login == NULL) {
        abort();
    }
    LIST_INSERT_HEAD(&fleet->conns, c, link);
    fleet->counts.live++;
    ssh_set_blocking(c->session, 0);
    return c;
}

void
conn_start(struct fleet *fleet, int fd, struct in_addr dialled, const char *client)
{
    const struct timeval login = {.tv_sec = OPTIONS_LOGIN_MS / 1000};
    char *folder = hosts_folder(fleet->hosts, dialled);

    if (folder == NULL) {
        if (errno != ENOENT) {
            (void)fprintf(stderr, "fleet: a host's folder cannot be made: %s\n", strerror(errno));
        }
        (void)close(fd);
        return;
    }
    struct behave *behave = behaviours_take(fleet->behaviours, dialled);
    if (behave != NULL && behave->throttle != NULL && throttle_enter(behave->throttle)) {
        fleet->counts.throttled++;
        (void)close(fd);
        free(behave);
        free(folder);
        return;
    }
    struct conn *c = conn_new(fleet, folder, behave, client);
    c->dialled = dialled;
    if (accept_session(c, fd) < 0) {
        conn_free(c);
        return;
    }
    listen_to_session(c);
    (void)evtimer_add(c->login, &login);
    conn_turn(c);
}

/* Events first, so that none can fire for a descriptor number that means something else by then. */
void
conn_free(struct conn *c)
{
    if (c->logged_in) {
        conn_tell(c, "gone");
    }
    event_free(c->io);
    event_free(c->login);
    for (size_t i = 0; i < c->count; i++) {
        chan_free(c->open[i], false); /* libssh frees its side with the session */
    }
    if (c->pump != NULL) {
        (void)ssh_event_remove_session(c->pump, c->session);
        ssh_event_free(c->pump);
    }
    if (c->refusals >= REFUSALS_MAX) {
        (void)ssh_session_set_disconnect_message(c->session, "Too many authentication failures");
    }
    ssh_disconnect(c->session);
    ssh_free(c->session);
    LIST_REMOVE(c, link);
    c->fleet->counts.live -= c->filter == NULL ? 1 : 0; /* else when the client is gone */
    filter_release(c->filter);
    leave_throttle(c);
    free(c->behave);
    free(c->open);
    free(c->folder);
    free(c->client);
    free(c);
}

static bool
is_alive(const struct conn *c)
{
    return ssh_get_fd(c->session) >= 0 &&
           (ssh_get_status(c->session) & (SSH_CLOSED | SSH_CLOSED_ERROR)) == 0 &&
           (c->pump == NULL || ssh_is_connected(c->session)) && c->refusals < REFUSALS_MAX;
}

static bool
exchange_keys(struct conn *c)
{
    const int rc = ssh_handle_key_exchange(c->session);

    if (rc == SSH_AGAIN) {
        return is_alive(c);
    }
    if (rc != SSH_OK) {
        return false;
    }
    c->pump = ssh_event_new();
    return c->pump != NULL && ssh_event_add_session(c->pump, c->session) == SSH_OK;
}

static bool
pump(struct conn *c)
{
    if (c->pump == NULL && (!exchange_keys(c) || c->pump == NULL)) {
        return is_alive(c);
    }
    return ssh_event_dopoll(c->pump, 0) != SSH_ERROR && is_alive(c);
}

static void
turn_channels(struct conn *c)
{
    for (size_t i = 0; i < c->count;) {
        if (chan_turn(c->open[i])) {
            i++;
            continue;
        }
        chan_free(c->open[i], true);
        c->open[i] = c->open[--c->count];
    }
}

static void
arm(struct conn *c)
{
    short want = EV_READ;

    if ((ssh_get_status(c->session) & SSH_WRITE_PENDING) != 0) {
        want |= EV_WRITE;
    }
    if (want == c->armed) {
        return;
    }
    (void)event_del(c->io);
    c->armed = want;
    if (want != 0 && (event_assign(c->io, c->fleet->base, ssh_get_fd(c->session),
                                   (short)(want | EV_PERSIST), on_io, c) < 0 ||
                      event_add(c->io, NULL) < 0)) {
        abort();
    }
}

void
conn_turn(struct conn *c)
{
    do {
        c->again = false;
        if (!pump(c)) {
            conn_free(c);
            return;
        }
        turn_channels(c);
        if (c->behave != NULL && c->behave->noise != NOISE_NONE && c->count > 0) {
            noise_make(c->session, (enum noise)c->behave->noise);
            c->behave->noise = NOISE_NONE;
        }
    } while (c->again);
    if (!is_alive(c)) {
        conn_free(c);
        return;
    }
    arm(c);
}

void
conn_again(struct conn *c)
{
    c->again = true;
}

void
conn_soon(struct conn *c)
{
    event_active(c->io, EV_WRITE, 0);
}

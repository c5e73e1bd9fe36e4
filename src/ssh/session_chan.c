/*
 * session_chan.c - the channels of a session over SSH: the one in use, and those that wait.
 *
 * Decides which channel is used next, and how many are sent ahead.  Owns them.  Callbacks of libssh
 * only note; nothing is freed and libssh is not called inside them.
 *
 * A channel that waits is never dropped while it opens: libssh would forget it, and the server
 * would keep it open.  Nothing is written to one that waits.
 */
#include "ssh/session_ssh.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    NOISE_KEPT = 4096, /* bytes of each stream that a channel may say while it waits */
    ENDED_MAX = 3,     /* channels that ended while they waited: then none is sent ahead */
    REFUSED_MAX = 2,   /* in a row: then fewer are sent; one may only have come before a close */
};

enum stage { CHAN_OPENING, CHAN_OPEN, CHAN_ASKED, CHAN_ANSWERED };

struct chan {
    struct session *session; /* borrowed */
    ssh_channel ssh;         /* owned */
    struct ssh_channel_callbacks_struct callbacks;
    enum stage stage;
    bool waits;               /* not in use yet */
    int before;               /* so many waited when it was opened */
    struct session_exit exit; /* while it waits; then the session's holds */
    struct buf noise[2];      /* owned: what came on it while it waited */
    bool noisy;               /* more came than is kept */
};

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

/* ---------------------------------------------------------------- what is heard */

static struct session_exit *
exit_of(struct chan *c)
{
    return c->waits ? &c->exit : &c->session->exit;
}

static int
on_data(ssh_session ssh, ssh_channel channel, void *bytes, uint32_t len, int is_stderr, void *arg)
{
    struct chan *c = arg;
    struct session *s = c->session;

    (void)ssh;
    (void)channel;
    if (!c->waits) {
        s->data(s->arg, is_stderr != 0, bytes, len);
    } else if (buf_add(&c->noise[is_stderr != 0], bytes, len) < 0) {
        c->noisy = true;
    }
    return (int)len;
}

static void
on_eof(ssh_session ssh, ssh_channel channel, void *arg)
{
    (void)ssh;
    (void)channel;
    exit_of(arg)->eof = true;
}

static void
on_close(ssh_session ssh, ssh_channel channel, void *arg)
{
    (void)ssh;
    (void)channel;
    exit_of(arg)->closed = true;
}

/* A command ends once: of a server that says it twice the first word counts, and none after the
 * channel's close. */
static bool
has_ended(const struct session_exit *e)
{
    return e->closed || e->has_status || e->signal[0] != '\0';
}

static void
on_status(ssh_session ssh, ssh_channel channel, int status, void *arg)
{
    struct session_exit *e = exit_of(arg);

    (void)ssh;
    (void)channel;
    if (!has_ended(e)) {
        e->has_status = true;
        e->status = (uint32_t)status;
    }
}

static void
on_signal(ssh_session ssh, ssh_channel channel, const char *name, int core, const char *message,
          const char *language, void *arg)
{
    struct session_exit *e = exit_of(arg);

    (void)ssh;
    (void)channel;
    (void)core;
    (void)message;
    (void)language;
    if (!has_ended(e)) {
        (void)snprintf(e->signal, sizeof(e->signal), "%s",
                       name == NULL || name[0] == '\0' ? "?" : name);
    }
}

/* ---------------------------------------------------------------- one channel */

static struct chan *
make(struct over_ssh *s, bool waits)
{
    struct chan *c = xcalloc(1, sizeof(*c));

    c->session = &s->base;
    c->waits = waits;
    c->ssh = ssh_channel_new(s->ssh);
    if (c->ssh == NULL) {
        abort();
    }
    for (int i = 0; i < 2; i++) {
        buf_init(&c->noise[i], NOISE_KEPT);
    }
    /* Before the open: data can arrive inside that call. */
    c->callbacks = (struct ssh_channel_callbacks_struct){
        .userdata = c,
        .channel_data_function = on_data,
        .channel_eof_function = on_eof,
        .channel_close_function = on_close,
        .channel_exit_status_function = on_status,
        .channel_exit_signal_function = on_signal,
    };
    ssh_callbacks_init(&c->callbacks);
    (void)ssh_set_channel_callbacks(c->ssh, &c->callbacks);
    return c;
}

static void
drop(struct chan *c)
{
    (void)ssh_remove_channel_callbacks(c->ssh, &c->callbacks);
    ssh_channel_free(c->ssh); /* sends the close if it is due */
    for (int i = 0; i < 2; i++) {
        buf_release(&c->noise[i]);
    }
    free(c);
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

static enum session_io
open_channel(struct chan *c)
{
    if (c->stage != CHAN_OPENING) {
        return SESSION_OK;
    }
    const enum session_io io = answer(c->session, ssh_channel_open_session(c->ssh));
    if (io == SESSION_OK) {
        c->stage = CHAN_OPEN;
    }
    return io;
}

/* Only on a channel that is open: a server ends the connection for any other.  Never again after
 * the answer: libssh would ask a second time. */
static enum session_io
ask(struct chan *c, const char *command)
{
    if (c->stage == CHAN_ANSWERED) {
        return SESSION_OK;
    }
    c->stage = CHAN_ASKED;
    const enum session_io io = answer(c->session, ssh_channel_request_exec(c->ssh, command));
    if (io == SESSION_OK) {
        c->stage = CHAN_ANSWERED;
    }
    return io;
}

/* ---------------------------------------------------------------- those that wait */

/* It waits no more. */
static struct chan *
take_out(struct over_ssh *s, int at)
{
    struct chan *c = s->ahead[at];

    s->ahead_count--;
    for (int i = at; i < s->ahead_count; i++) {
        s->ahead[i] = s->ahead[i + 1];
    }
    return c;
}

static void
forget(struct over_ssh *s, int at)
{
    drop(take_out(s, at));
}

static void
limit(struct over_ssh *s, int max)
{
    s->ahead_max = max < s->ahead_max ? max : s->ahead_max;
}

/* It is one too many beside those that waited when it was opened. */
static void
note_refusal(struct over_ssh *s, const struct chan *c)
{
    if (++s->ahead_refused >= REFUSED_MAX) {
        s->ahead_refused = 0;
        limit(s, c->before);
    }
}

static bool
is_over(const struct chan *c)
{
    return c->noisy || c->exit.eof || has_ended(&c->exit);
}

/* A shell that was killed while it waited is none of anybody's business: the next one may live. */
static void
forget_ended(struct over_ssh *s)
{
    for (int i = s->ahead_count - 1; i >= 0; i--) {
        if (is_over(s->ahead[i])) {
            s->ahead_ended++;
            limit(s, s->ahead[i]->noisy || s->ahead_ended >= ENDED_MAX ? 0 : SESSION_AHEAD_MAX);
            forget(s, i);
        }
    }
}

static void
go_on_opening(struct over_ssh *s)
{
    const bool heard = s->counter.in_bytes != s->ahead_seen;

    for (int i = 0; i < s->ahead_count; i++) {
        struct chan *c = s->ahead[i];
        assert(c != NULL);
        if (c->stage == CHAN_OPENING && ssh_channel_is_open(c->ssh)) {
            c->stage = CHAN_OPEN;
            s->ahead_refused = 0;
        } else if (c->stage == CHAN_OPENING && heard && open_channel(c) == SESSION_DENIED) {
            note_refusal(s, c);
            forget(s, i--);
        }
    }
}

static void
open_more(struct over_ssh *s, int want)
{
    const int max = want < s->ahead_max ? want : s->ahead_max;

    while (s->ahead_count < max && session_alive(&s->base)) {
        struct chan *c = make(s, true);
        c->before = s->ahead_count;
        s->ahead[s->ahead_count++] = c;
        (void)open_channel(c); /* a refusal, should it be there at once, is seen the next time */
    }
}

bool
chan_ahead(struct session *session, int want, const char *command)
{
    struct over_ssh *s = over(session);
    const uint64_t before = s->counter.in_bytes;

    if (s->ahead_count == 0 && (want == 0 || s->ahead_max == 0)) {
        return false;
    }
    forget_ended(s);
    go_on_opening(s);
    if (command != NULL && s->ahead_count > 0 && s->ahead[0]->stage == CHAN_OPEN &&
        ask(s->ahead[0], command) == SESSION_DENIED) {
        limit(s, 0);
        forget(s, 0);
    }
    open_more(s, want);
    s->ahead_seen = before; /* what came since is looked at the next time */
    return s->counter.in_bytes != before || !session_alive(session);
}

void
chan_drop_ahead(struct session *session)
{
    struct over_ssh *s = over(session);

    while (s->ahead_count > 0) {
        forget(s, s->ahead_count - 1);
    }
}

/* ---------------------------------------------------------------- the one in use */

static struct chan *
take(struct over_ssh *s)
{
    forget_ended(s);
    return s->ahead_count == 0 ? NULL : take_out(s, 0);
}

void
chan_prepare(struct session *session)
{
    struct over_ssh *s = over(session);
    struct chan *c = take(s);

    session->was_ahead = c != NULL;
    s->chan = c == NULL ? make(s, false) : c;
    if (c == NULL) {
        return;
    }
    c->waits = false;
    session->exit = c->exit;
    for (int i = 0; i < 2; i++) {
        if (c->noise[i].len > 0) {
            session->data(session->arg, i != 0, c->noise[i].data, c->noise[i].len);
            buf_clear(&c->noise[i]);
        }
    }
}

enum session_io
chan_open(struct session *session)
{
    struct over_ssh *s = over(session);
    const enum session_io io = open_channel(s->chan);

    if (io == SESSION_DENIED && session->was_ahead) {
        note_refusal(s, s->chan);
    }
    return io;
}

enum session_io
chan_exec(struct session *session, const char *command)
{
    struct over_ssh *s = over(session);
    const enum session_io io = ask(s->chan, command);

    if (io == SESSION_DENIED && session->was_ahead) {
        limit(s, 0);
    }
    return io;
}

size_t
chan_room(const struct session *session)
{
    const struct over_ssh *s = over_const(session);

    if (session->exit.closed || !ssh_channel_is_open(s->chan->ssh) ||
        over_ssh_wants_write(session)) {
        return 0;
    }
    return ssh_channel_window_size(s->chan->ssh);
}

int
chan_write(struct session *s, const char *bytes, size_t len)
{
    const int n = ssh_channel_write(over(s)->chan->ssh, bytes, (uint32_t)len);

    return n < 0 ? -1 : n;
}

enum session_io
chan_eof(struct session *s)
{
    return answer(s, ssh_channel_send_eof(over(s)->chan->ssh));
}

void
chan_drop(struct session *session)
{
    struct over_ssh *s = over(session);

    drop(s->chan);
    s->chan = NULL;
}

/*
 * chan.c - bytes between a libssh channel and a process.
 *
 * Decides the order in which a channel ends.  Owns the channel and its process.  Callbacks only
 * note; libssh is called from chan_turn alone (see the hazards of libssh callbacks).
 */
#include "fleet/chan.h"

#include "base/buf.h"
#include "base/xalloc.h"
#include "fleet/conn.h"
#include "fleet/ending.h"
#include "fleet/fleet.h"
#include "fleet/flood.h"
#include "fleet/process.h"

#include <assert.h>
#include <libssh/callbacks.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 32 * 1024, CHUNKS_A_TURN = 16 };

struct chan {
    struct fleet *fleet;         /* borrowed */
    struct conn *conn;           /* borrowed */
    ssh_session session;         /* borrowed */
    ssh_channel ssh;             /* owned, unless the session is freed first */
    const char *folder;          /* borrowed */
    const char *client;          /* borrowed */
    const struct behave *behave; /* borrowed; NULL: a good host */
    char *command;               /* owned; NULL until asked for */
    struct process *process;     /* owned */
    struct buf carry;            /* owned: input libssh has let go and the process not taken */
    size_t waiting;              /* bytes of input that libssh still holds */
    bool eof_in;                 /* the client will send no more */
    bool eof_given;
    bool closed_in;
    bool closed_out;
    bool status_sent;
    bool out_ended[2];
    uint64_t sent[2]; /* bytes of each stream */
    uint64_t taken;   /* bytes of input */
    struct prng prng; /* of a flood */
    struct ssh_channel_callbacks_struct callbacks;
};

/* Nothing is taken here: what libssh keeps, it does not widen the window for. */
static int
on_data(ssh_session session, ssh_channel ssh, void *bytes, uint32_t len, int is_stderr, void *arg)
{
    struct chan *ch = arg;

    (void)session;
    (void)ssh;
    (void)bytes;
    if (!is_stderr) {
        ch->waiting = len;
        conn_again(ch->conn);
    }
    return is_stderr ? (int)len : 0;
}

static void
on_eof(ssh_session session, ssh_channel ssh, void *arg)
{
    struct chan *ch = arg;

    (void)session;
    (void)ssh;
    ch->eof_in = true;
    conn_again(ch->conn);
}

static void
on_close(ssh_session session, ssh_channel ssh, void *arg)
{
    struct chan *ch = arg;

    (void)session;
    (void)ssh;
    ch->closed_in = true;
    conn_again(ch->conn);
}

static int
on_exec(ssh_session session, ssh_channel ssh, const char *command, void *arg)
{
    struct chan *ch = arg;

    (void)session;
    (void)ssh;
    conn_reach(ch->conn, AT_EXEC);
    if (ch->command != NULL || (ch->behave != NULL && ch->behave->noexec)) {
        return 1;
    }
    ch->command = xstrdup(command);
    ch->fleet->counts.execs++;
    conn_tell(ch->conn, "exec");
    conn_again(ch->conn);
    return 0;
}

static void
on_signal(ssh_session session, ssh_channel ssh, const char *name, void *arg)
{
    struct chan *ch = arg;

    (void)session;
    (void)ssh;
    for (int i = 1; i < NSIG && ch->process != NULL; i++) {
        const char *known = sigabbrev_np(i);
        if (known != NULL && strcmp(known, name) == 0) {
            process_signal(ch->process, i);
        }
    }
}

struct chan *
chan_new(struct fleet *fleet, struct conn *conn, ssh_session session, const char *folder,
         const char *client)
{
    struct chan *ch = xcalloc(1, sizeof(*ch));

    ch->fleet = fleet;
    ch->conn = conn;
    ch->session = session;
    ch->folder = folder;
    ch->client = client;
    ch->behave = conn_behave(conn);
    buf_init(&ch->carry, CHUNK);
    ch->ssh = ssh_channel_new(session);
    if (ch->ssh == NULL) {
        abort();
    }
    ch->callbacks = (struct ssh_channel_callbacks_struct){
        .userdata = ch,
        .channel_data_function = on_data,
        .channel_eof_function = on_eof,
        .channel_close_function = on_close,
        .channel_signal_function = on_signal,
        .channel_exec_request_function = on_exec,
    };
    ssh_callbacks_init(&ch->callbacks);
    if (ssh_set_channel_callbacks(ch->ssh, &ch->callbacks) != SSH_OK) {
        abort();
    }
    return ch;
}

ssh_channel
chan_ssh(const struct chan *ch)
{
    return ch->ssh;
}

static void
on_wake(void *arg)
{
    const struct chan *ch = arg;

    conn_turn(ch->conn);
}

static void
start(struct chan *ch)
{
    const struct process_request request = {
        .command = ch->command,
        .folder = ch->folder,
        .client = ch->client,
        .wake = on_wake,
        .arg = ch,
    };

    ch->process = process_new(ch->fleet, &request);
}

static bool
write_pending(const struct chan *ch)
{
    return (ssh_get_status(ch->session) & SSH_WRITE_PENDING) != 0;
}

/* True: go on.  False: what was written has not left yet, and something is due when it has. */
static bool
reach(const struct chan *ch, enum phase phase)
{
    if (!conn_minds(ch->conn, phase)) {
        return true;
    }
    if (write_pending(ch)) {
        return false;
    }
    conn_reach(ch->conn, phase);
    return true;
}

static bool
reach_output(const struct chan *ch)
{
    const uint64_t sent = ch->sent[0] + ch->sent[1];

    return (sent == 0 || reach(ch, AT_HEADER)) && (sent < OUTPUT_BYTES || reach(ch, AT_OUTPUT));
}

/* Take the next piece of input out of libssh, which may widen the window. */
static void
refill(struct chan *ch)
{
    char chunk[CHUNK];
    const size_t max = ch->waiting < sizeof(chunk) ? ch->waiting : sizeof(chunk);
    const int n = ssh_channel_read_nonblocking(ch->ssh, chunk, (uint32_t)max, 0);

    if (n <= 0) {
        ch->waiting = 0;
        return;
    }
    ch->waiting -= (size_t)n;
    ch->taken += (uint64_t)n;
    if (ch->taken >= UPLOAD_BYTES) {
        conn_reach(ch->conn, AT_UPLOAD);
    }
    const int rc = buf_add(&ch->carry, chunk, (size_t)n);
    assert(rc == 0);
    (void)rc;
}

static bool
window_is_stuck(const struct chan *ch)
{
    return ch->behave != NULL && ch->behave->window > 0 &&
           ch->taken >= (uint64_t)ch->behave->window;
}

static void
feed(struct chan *ch)
{
    while (ch->carry.len > 0 || ch->waiting > 0) {
        if (ch->carry.len == 0 && window_is_stuck(ch)) {
            return;
        }
        if (ch->carry.len == 0) {
            refill(ch);
        }
        const size_t n = process_write(ch->process, ch->carry.data, ch->carry.len);
        if (n == 0 && ch->carry.len > 0) {
            return;
        }
        buf_drain(&ch->carry, n);
    }
    if (ch->eof_in && !ch->eof_given) {
        ch->eof_given = true;
        process_eof(ch->process);
    }
}

/* Only after the header: before it we end the connection. */
static bool
floods(const struct chan *ch, int stream)
{
    return ch->behave != NULL && ch->sent[stream] > 0 &&
           flood_is_due(ch->behave, stream, ch->sent[stream]);
}

static ssize_t
next_output(struct chan *ch, int stream, char *ret_bytes, size_t max)
{
    if (floods(ch, stream)) {
        flood_fill((enum flood)ch->behave->flood, &ch->prng, ret_bytes, max);
        return (ssize_t)max;
    }
    return process_read(ch->process, stream, ret_bytes, max);
}

static void
drain(struct chan *ch, int stream)
{
    char chunk[CHUNK];

    for (int i = 0; i < CHUNKS_A_TURN && !ch->out_ended[stream]; i++) {
        const uint32_t window = ssh_channel_window_size(ch->ssh);
        if (window == 0 || write_pending(ch)) {
            return; /* a turn follows when that changes */
        }
        const size_t max = window < sizeof(chunk) ? window : sizeof(chunk);
        const ssize_t n = next_output(ch, stream, chunk, max);
        if (n == 0) {
            return;
        }
        if (n < 0) {
            ch->out_ended[stream] = true;
            return;
        }
        if (ch->sent[0] + ch->sent[1] == 0) {
            conn_first_words(ch->conn);
        }
        ch->sent[stream] += (uint64_t)n;
        if (stream == 0) {
            (void)ssh_channel_write(ch->ssh, chunk, (uint32_t)n);
        } else {
            (void)ssh_channel_write_stderr(ch->ssh, chunk, (uint32_t)n);
        }
        if (!reach_output(ch)) {
            return;
        }
    }
    if (floods(ch, stream)) {
        conn_soon(ch->conn);
    } else if (!ch->out_ended[stream]) {
        process_later(ch->process, stream);
    }
}

static void
send_status(struct chan *ch)
{
    int status = 0;

    if (ch->status_sent || !process_ended(ch->process, &status)) {
        return;
    }
    if (conn_minds(ch->conn, AT_STATUS) &&
        (!ch->out_ended[0] || !ch->out_ended[1] || !reach(ch, AT_STATUS))) {
        return;
    }
    ch->status_sent = true;
    ending_status(ch->ssh, ch->behave, status);
}

/* May say AGAIN and want to be called again. */
static void
close_out(struct chan *ch)
{
    if (ch->closed_out || write_pending(ch) || !reach(ch, AT_END)) {
        return;
    }
    ch->closed_out = ending_close(ch->ssh, ch->behave, ch->closed_in) != SSH_AGAIN;
}

bool
chan_turn(struct chan *ch)
{
    if (ch->closed_in) {
        process_free(ch->process);
        ch->process = NULL;
        close_out(ch);
        return !ch->closed_out;
    }
    if (ch->command != NULL && ch->process == NULL) {
        start(ch);
    }
    if (ch->process != NULL && !ch->closed_out) {
        feed(ch);
        if (reach_output(ch)) {
            drain(ch, 0);
            drain(ch, 1);
        }
        send_status(ch);
        if (ch->status_sent && ch->out_ended[0] && ch->out_ended[1]) {
            close_out(ch);
        }
    }
    return true;
}

void
chan_free(struct chan *ch, bool session_alive)
{
    process_free(ch->process);
    if (session_alive) {
        ssh_channel_free(ch->ssh);
    }
    buf_release(&ch->carry);
    free(ch->command);
    free(ch);
}

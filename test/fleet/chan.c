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
#include "fleet/fleet.h"
#include "fleet/process.h"

#include <assert.h>
#include <libssh/callbacks.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { CHUNK = 32 * 1024, CHUNKS_A_TURN = 16 };

struct chan {
    struct fleet *fleet;     /* borrowed */
    struct conn *conn;       /* borrowed */
    ssh_session session;     /* borrowed */
    ssh_channel ssh;         /* owned, unless the session is freed first */
    const char *folder;      /* borrowed */
    const char *client;      /* borrowed */
    char *command;           /* owned; NULL until asked for */
    struct process *process; /* owned */
    struct buf carry;        /* owned: input libssh has let go and the process not taken */
    size_t waiting;          /* bytes of input that libssh still holds */
    bool eof_in;             /* the client will send no more */
    bool eof_given;
    bool closed_in;
    bool closed_out;
    bool status_sent;
    bool out_ended[2];
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
    if (ch->command != NULL) {
        return 1;
    }
    ch->command = xstrdup(command);
    ch->fleet->counts.execs++;
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
    const int rc = buf_add(&ch->carry, chunk, (size_t)n);
    assert(rc == 0);
    (void)rc;
}

static void
feed(struct chan *ch)
{
    while (ch->carry.len > 0 || ch->waiting > 0) {
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
        const ssize_t n = process_read(ch->process, stream, chunk, max);
        if (n == 0) {
            return;
        }
        if (n < 0) {
            ch->out_ended[stream] = true;
        } else if (stream == 0) {
            (void)ssh_channel_write(ch->ssh, chunk, (uint32_t)n);
        } else {
            (void)ssh_channel_write_stderr(ch->ssh, chunk, (uint32_t)n);
        }
    }
    if (!ch->out_ended[stream]) {
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
    ch->status_sent = true;
    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));
        (void)ssh_channel_request_send_exit_signal(ch->ssh, name != NULL ? name : "KILL", 0, "",
                                                   "");
    } else {
        (void)ssh_channel_request_send_exit_status(ch->ssh, WEXITSTATUS(status));
    }
}

/* Both may say AGAIN and want to be called again. */
static void
close_out(struct chan *ch)
{
    if (ch->closed_out || write_pending(ch)) {
        return;
    }
    int rc = ch->closed_in ? SSH_OK : ssh_channel_send_eof(ch->ssh);
    if (rc == SSH_OK) {
        rc = ssh_channel_close(ch->ssh);
    }
    ch->closed_out = rc != SSH_AGAIN;
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
        drain(ch, 0);
        drain(ch, 1);
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

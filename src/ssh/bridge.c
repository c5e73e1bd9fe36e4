/*
 * bridge.c - moves bytes between the channels of one session and sockets.
 *
 * Decides how many channels are asked for at once and when a direction rests.  Owns the channels,
 * one end of each socket and the bytes in between.  Callbacks of libssh only note and write to the
 * socket; libssh is called from bridges_serve alone.
 *
 *   line -> opening -> open -> closing
 *
 * A channel is kept until the server has closed it too, whoever has left: one that is forgotten
 * while it opens would stay open on the server.  Never more than two windows are held for a socket
 * that is not read: one in libssh and one here.  ssh_channel_read opens the window again whatever
 * is left in libssh (channels.c: only channel_rcv_data counts that), so what libssh holds is taken
 * as a whole, and only when nothing of it is left here.
 */
#include "ssh/bridge.h"

#include "base/buf.h"
#include "base/escape.h"
#include "base/xalloc.h"
#include "ssh/seam.h"
#include "ssh/session_kind.h"

#include <assert.h>
#include <errno.h>
#include <libssh/callbacks.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CHUNK = 32 * 1024,
    TURN_BYTES_MAX = 2 * CHUNK, /* of one socket in one turn: others want theirs */
    HELD_BYTES_MAX = 2 * BRIDGE_WINDOW,
    PUMP_ROUNDS_MAX = 16,
    CHANNEL_FIRST = 43, /* libssh numbers channels from here (channels.c, ssh_channel_new_id) */
    TRIES_MAX = 3,
    WORDS_MAX = 200,
    /* Less than the smallest packet that refuses a channel (44 bytes: RFC 4254 5.1, RFC 4253 6), so
     * that a read never brings two: libssh keeps the words of the last one only. */
    THIN_BYTES = 40,
};

enum state { STATE_LINE, STATE_OPENING, STATE_OPEN, STATE_CLOSING, STATE_OVER };

enum queue { QUEUE_LINE, QUEUE_OPENING, QUEUE_READY, QUEUE_BLOCKED, QUEUE_NONE };
enum { QUEUES = QUEUE_NONE };

TAILQ_HEAD(bridge_list, bridge);

struct bridge {
    TAILQ_ENTRY(bridge) link;  /* of all */
    TAILQ_ENTRY(bridge) queue; /* of the queue it is in */
    enum queue in_queue;
    enum state state;
    struct bridges *all; /* borrowed */
    const char *host;    /* borrowed */
    int port;
    struct bridge_events events;
    void *arg;        /* borrowed */
    bool owned;       /* somebody will call bridge_free */
    int theirs, ours; /* owned: the two ends; -1: given away, closed */
    struct event *io; /* owned: our end */
    short io_mask;
    ssh_channel channel; /* owned; NULL: none, or it went with the session */
    struct ssh_channel_callbacks_struct callbacks;
    unsigned number; /* the channel's, as libssh counts */
    int tries;
    enum bridge_refusal why; /* 0: not refused */
    char words[WORDS_MAX];
    size_t held;            /* bytes that libssh holds for the socket */
    struct buf in;          /* owned: taken out of libssh, not yet in the socket */
    struct buf out;         /* owned: read from the socket, not yet taken by libssh */
    bool eof_in, closed_in; /* said by the server */
    bool shut;              /* the socket knows that nothing follows */
    bool rests;             /* the channel takes no more now: do not read the socket */
    bool ended;             /* the other end of the socket has been closed */
    bool gone;              /* one of the two ways is broken */
};

struct bridges {
    struct event_base *base; /* borrowed */
    struct session *session; /* borrowed; NULL: not ready, or over */
    void (*kick)(void *arg);
    void *arg; /* borrowed */
    struct bridge_list list;
    struct bridge_list queues[QUEUES];
    unsigned opening;
    unsigned last_number;
    bool serving;
    bool probe; /* some channel was refused: which others? */
    bool thin;  /* words of a refusal were lost once: read in small pieces while channels open */
    char chunk[CHUNK];
};

/* ---------------------------------------------------------------- queues */

static void
put(struct bridge *x, enum queue q)
{
    if (x->in_queue == q) {
        return;
    }
    if (x->in_queue != QUEUE_NONE) {
        TAILQ_REMOVE(&x->all->queues[x->in_queue], x, queue);
    }
    x->in_queue = q;
    if (q != QUEUE_NONE) {
        TAILQ_INSERT_TAIL(&x->all->queues[q], x, queue);
    }
}

/* There is something to do for a bridge that is open. */
static void
stir(struct bridge *x)
{
    if (x->state != STATE_OPEN && x->state != STATE_CLOSING) {
        return;
    }
    put(x, QUEUE_READY);
    if (!x->all->serving) {
        x->all->kick(x->all->arg);
    }
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    stir(arg);
}

/* Watch our end for what can be done with it. */
static void
watch(struct bridge *x, short mask)
{
    if (mask == x->io_mask) {
        return;
    }
    if (x->io != NULL) {
        event_free(x->io);
        x->io = NULL;
    }
    x->io_mask = mask;
    if (mask != 0) {
        x->io = event_new(x->all->base, x->ours, (short)(mask | EV_PERSIST), on_socket, x);
        if (x->io == NULL || event_add(x->io, NULL) < 0) {
            abort(); /* out of memory */
        }
    }
}

static void
close_end(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

static void
close_ours(struct bridge *x)
{
    watch(x, 0);
    close_end(&x->ours);
    buf_clear(&x->in);
    buf_clear(&x->out);
}

static void
enter(struct bridge *x, enum state state)
{
    struct bridges *b = x->all;

    b->opening -= x->state == STATE_OPENING ? 1U : 0U;
    b->opening += state == STATE_OPENING ? 1U : 0U;
    x->state = state;
}

static void
destroy(struct bridge *x)
{
    put(x, QUEUE_NONE);
    enter(x, STATE_OVER);
    TAILQ_REMOVE(&x->all->list, x, link);
    close_ours(x);
    close_end(&x->theirs);
    buf_release(&x->in);
    buf_release(&x->out);
    free(x);
}

static void
drop_channel(struct bridge *x)
{
    if (x->channel != NULL) {
        (void)ssh_remove_channel_callbacks(x->channel, &x->callbacks);
        ssh_channel_free(x->channel);
        x->channel = NULL;
    }
    put(x, QUEUE_NONE);
    if (!x->owned) {
        destroy(x);
    }
}

/* ---------------------------------------------------------------- what libssh tells */

/* What of it the socket takes now; the rest stays in libssh. */
static size_t
pass(struct bridge *x, const char *bytes, size_t len)
{
    size_t done = 0;

    while (done < len && !x->gone) {
        const ssize_t n = send(x->ours, bytes + done, len - done, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) {
            done += (size_t)n;
        } else if (errno != EINTR) {
            x->gone = errno != EAGAIN && errno != EWOULDBLOCK;
            break;
        }
    }
    return x->gone ? len : done;
}

static int
on_data(ssh_session ssh, ssh_channel channel, void *bytes, uint32_t len, int is_stderr, void *arg)
{
    struct bridge *x = arg;
    size_t taken = len;

    (void)ssh;
    (void)channel;
    if (is_stderr) {
        return (int)len;
    }
    if (x->ours >= 0) {
        taken = x->in.len > 0 ? 0 : pass(x, bytes, len);
    }
    x->held = len - taken;
    if (x->held > HELD_BYTES_MAX) { /* a server that does not keep to its window */
        x->gone = true;
    }
    if (x->held > 0 || x->gone) {
        stir(x);
    }
    return (int)taken;
}

static void
on_eof(ssh_session ssh, ssh_channel channel, void *arg)
{
    struct bridge *x = arg;

    (void)ssh;
    (void)channel;
    x->eof_in = true;
    stir(x);
}

static void
on_close(ssh_session ssh, ssh_channel channel, void *arg)
{
    struct bridge *x = arg;

    x->closed_in = true;
    on_eof(ssh, channel, arg);
}

/* The server widened its window. */
static int
on_room(ssh_session ssh, ssh_channel channel, uint32_t bytes, void *arg)
{
    (void)ssh;
    (void)channel;
    (void)bytes;
    stir(arg);
    return 0;
}

/* ---------------------------------------------------------------- opening */

/* "Channel opening failure: channel 43 error (2) Connection refused" (channels.c): libssh says it
 * of its last error only.  NULL: it is another. */
static const char *
refusal(const char *text, unsigned long *ret_number, unsigned long *ret_code)
{
    static const char head[] = "Channel opening failure: channel ";
    static const char middle[] = " error (";
    char *end = NULL;

    if (strncmp(text, head, sizeof(head) - 1) != 0) {
        return NULL;
    }
    *ret_number = strtoul(text + sizeof(head) - 1, &end, 10);
    if (strncmp(end, middle, sizeof(middle) - 1) != 0) {
        return NULL;
    }
    *ret_code = strtoul(end + sizeof(middle) - 1, &end, 10);
    return strncmp(end, ") ", 2) == 0 ? end + 2 : NULL;
}

/* After each call of libssh that may have read. */
static void
hear(struct bridges *b)
{
    ssh_session ssh = session_libssh(b->session);
    unsigned long number = 0;
    unsigned long code = 0;
    struct bridge *x;
    struct buf words;

    if (b->opening == 0 || ssh_get_error_code(ssh) != SSH_REQUEST_DENIED) {
        return;
    }
    const char *said = refusal(ssh_get_error(ssh), &number, &code);
    if (said == NULL) {
        return;
    }
    for (x = TAILQ_FIRST(&b->queues[QUEUE_OPENING]); x != NULL; x = TAILQ_NEXT(x, queue)) {
        if (x->number == number && x->why == 0) {
            buf_init(&words, WORDS_MAX - 1);
            escape_line(&words, said, strlen(said));
            (void)memcpy(x->words, words.data, words.len + 1);
            buf_release(&words);
            x->why = code >= BRIDGE_PROHIBITED && code <= BRIDGE_SHORTAGE
                         ? (enum bridge_refusal)code
                         : BRIDGE_UNHEARD;
            b->probe = true;
        }
    }
}

static enum session_io
answer(struct bridges *b, int rc)
{
    hear(b);
    if (!session_alive(b->session)) {
        return SESSION_FAIL;
    }
    return rc == SSH_AGAIN ? SESSION_AGAIN : (rc == SSH_OK ? SESSION_OK : SESSION_DENIED);
}

static enum session_io
ask_for(struct bridge *x)
{
    return answer(x->all, ssh_channel_open_forward(x->channel, x->host, x->port, "127.0.0.1", 0));
}

static void
set_callbacks(struct bridge *x)
{
    x->callbacks = (struct ssh_channel_callbacks_struct){
        .userdata = x,
        .channel_data_function = on_data,
        .channel_eof_function = on_eof,
        .channel_close_function = on_close,
        .channel_write_wontblock_function = on_room,
    };
    ssh_callbacks_init(&x->callbacks);
    if (ssh_set_channel_callbacks(x->channel, &x->callbacks) != SSH_OK) {
        abort();
    }
}

static void
refuse(struct bridge *x, enum bridge_refusal why)
{
    const bool owned = x->owned;

    enter(x, STATE_OVER);
    close_ours(x);
    close_end(&x->theirs);
    drop_channel(x);
    if (owned) {
        x->events.refused(x->arg, why, x->words);
    }
}

/* The socket is there before the channel: the server's first words can come inside the call. */
static int
open_ends(struct bridge *x)
{
    int ends[2];

    if (x->ours >= 0) {
        return 0;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0) {
        return -1;
    }
    x->theirs = ends[0];
    x->ours = ends[1];
    return 0;
}

static void
ask(struct bridge *x)
{
    struct bridges *b = x->all;

    if (open_ends(x) < 0) {
        (void)snprintf(x->words, sizeof(x->words), "%s", strerror(errno));
        refuse(x, BRIDGE_BAD);
        return;
    }
    x->channel = ssh_channel_new(session_libssh(b->session));
    if (x->channel == NULL) {
        abort(); /* out of memory */
    }
    set_callbacks(x);
    x->number = b->last_number++;
    x->tries++;
    enter(x, STATE_OPENING);
    put(x, QUEUE_OPENING);
    if (b->thin) {
        seam_limit(session_fd(b->session), THIN_BYTES);
    }
    if (ask_for(x) == SESSION_DENIED) {
        b->probe = true;
    }
    if (x->owned && x->tries == 1) {
        x->events.asked(x->arg);
    }
}

static void
opened(struct bridge *x)
{
    const int fd = x->theirs;

    enter(x, STATE_OPEN);
    put(x, QUEUE_READY);
    if (x->owned) {
        x->theirs = -1;
        x->events.there(x->arg, fd);
    } else {
        close_end(&x->theirs); /* who asked has left */
    }
}

/* Of several refusals that came in one read, libssh keeps the words of the last: ask once more
 * for the others, and listen closely. */
static void
ask_again(struct bridge *x)
{
    x->all->thin = true;
    x->why = 0;
    (void)ssh_remove_channel_callbacks(x->channel, &x->callbacks);
    ssh_channel_free(x->channel);
    x->channel = NULL;
    enter(x, STATE_LINE);
    put(x, QUEUE_LINE);
}

static void
check_one(struct bridge *x, bool probe)
{
    if (ssh_channel_is_open(x->channel) || x->closed_in) {
        opened(x);
        return;
    }
    if (probe && x->why == 0 && ask_for(x) == SESSION_DENIED && x->why == 0) {
        x->why = BRIDGE_UNHEARD;
    }
    if (x->why == BRIDGE_UNHEARD && x->words[0] == '\0' && x->owned && x->tries < TRIES_MAX) {
        ask_again(x);
    } else if (x->why != 0) {
        refuse(x, x->why);
    }
}

static void
check_opening(struct bridges *b)
{
    const bool probe = b->probe;

    b->probe = false;
    for (struct bridge *x = TAILQ_FIRST(&b->queues[QUEUE_OPENING]), *next; x != NULL; x = next) {
        next = TAILQ_NEXT(x, queue);
        check_one(x, probe);
    }
    if (b->thin && b->opening == 0) {
        seam_limit(session_fd(b->session), 0);
    }
}

static void
ask_some(struct bridges *b)
{
    struct bridge *x;

    while (b->opening < BRIDGES_OPENING_MAX && (x = TAILQ_FIRST(&b->queues[QUEUE_LINE])) != NULL) {
        ask(x);
    }
}

/* ---------------------------------------------------------------- moving */

/* All that libssh holds: see the head of the file. */
static void
take(struct bridge *x)
{
    struct bridges *b = x->all;

    while (x->held > 0) {
        const size_t part = x->held < sizeof(b->chunk) ? x->held : sizeof(b->chunk);
        const int n = ssh_channel_read_nonblocking(x->channel, b->chunk, (uint32_t)part, 0);
        hear(b);
        if (n <= 0 || buf_add(&x->in, b->chunk, (size_t)n) < 0) {
            x->held = 0; /* the session is over */
            return;
        }
        x->held -= (size_t)n;
    }
}

/* True: all that came is in the socket. */
static bool
to_socket(struct bridge *x)
{
    while (x->in.len > 0 || x->held > 0) {
        if (x->in.len == 0) {
            take(x);
        }
        const size_t n = pass(x, x->in.data, x->in.len);
        buf_drain(&x->in, n);
        if (x->in.len > 0) {
            return false;
        }
    }
    if (x->eof_in && !x->shut) {
        x->shut = true;
        (void)shutdown(x->ours, SHUT_WR);
    }
    return true;
}

/* Hand over what was read; false: the channel takes no more now. */
static bool
hand_over(struct bridge *x)
{
    const int n = ssh_channel_write(x->channel, x->out.data, (uint32_t)x->out.len);

    hear(x->all);
    if (n < 0) {
        x->gone = true;
        return false;
    }
    buf_drain(&x->out, (size_t)n);
    return x->out.len == 0;
}

/* Read no more than the channel takes. */
static void
from_socket(struct bridge *x)
{
    struct bridges *b = x->all;
    size_t moved = 0;

    x->rests = false;
    for (;;) {
        if (x->out.len > 0 && !hand_over(x)) {
            break; /* a key exchange is under way */
        }
        if (x->ended || moved >= TURN_BYTES_MAX) {
            return;
        }
        const size_t window = ssh_channel_window_size(x->channel);
        if (window == 0 || session_wants_write(b->session)) {
            break;
        }
        const ssize_t n = recv(x->ours, b->chunk, window < CHUNK ? window : CHUNK, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
            return;
        }
        x->ended = n <= 0;
        (void)buf_add(&x->out, b->chunk, n > 0 ? (size_t)n : 0);
        moved += n > 0 ? (size_t)n : 0;
    }
    x->rests = true;
    put(x, QUEUE_BLOCKED);
}

static void
begin_close(struct bridge *x)
{
    close_ours(x);
    put(x, QUEUE_READY);
    enter(x, STATE_CLOSING);
}

static void
turn_open(struct bridge *x)
{
    const bool passed = to_socket(x);

    if (x->closed_in) {
        if (passed) {
            begin_close(x);
        } else {
            watch(x, EV_WRITE);
        }
        return;
    }
    from_socket(x);
    if (x->gone || (x->ended && x->out.len == 0)) {
        begin_close(x);
        return;
    }
    watch(x, (short)((x->rests || x->ended ? 0 : EV_READ) | (passed ? 0 : EV_WRITE)));
}

/* Both calls inside may say AGAIN and want to be called again. */
static void
turn_closing(struct bridge *x)
{
    if (answer(x->all, ssh_channel_close(x->channel)) == SESSION_AGAIN) {
        put(x, QUEUE_BLOCKED);
        return;
    }
    if (x->closed_in) {
        enter(x, STATE_OVER);
        drop_channel(x);
    }
}

static void
turn(struct bridge *x)
{
    put(x, QUEUE_NONE);
    if (x->state == STATE_OPEN) {
        turn_open(x);
    } else if (x->state == STATE_CLOSING) {
        turn_closing(x);
    }
}

/* Who waited for the session's socket, or for the end of a key exchange, tries again. */
static void
unblock(struct bridges *b)
{
    struct bridge *x;

    while (!session_wants_write(b->session) &&
           (x = TAILQ_FIRST(&b->queues[QUEUE_BLOCKED])) != NULL) {
        put(x, QUEUE_READY);
    }
}

static void
turn_ready(struct bridges *b)
{
    struct bridge *x;

    while (session_alive(b->session) && (x = TAILQ_FIRST(&b->queues[QUEUE_READY])) != NULL) {
        turn(x);
    }
}

/* sshd leaves Nagle's algorithm on for a session that only forwards: what it sends next to a small
 * packet waits for our word that the packet came, which our kernel would hold back for 40 ms.  Not
 * over another hop, where there is no TCP of ours. */
static void
acknowledge(const struct bridges *b)
{
    const int one = 1;

    (void)setsockopt(session_fd(b->session), IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
}

/* Any call of libssh may have read what others wait for: go on until one round reads nothing. */
enum session_io
bridges_serve(struct bridges *b)
{
    const uint64_t at_first = session_received(b->session);
    bool more = true;

    b->serving = true;
    for (int i = 0; i < PUMP_ROUNDS_MAX && more && session_alive(b->session); i++) {
        const uint64_t before = session_received(b->session);
        if (session_pump_once(b->session) == SESSION_FAIL) {
            break;
        }
        hear(b);
        check_opening(b);
        ask_some(b);
        unblock(b);
        turn_ready(b);
        more = session_received(b->session) != before;
    }
    b->serving = false;
    if (!session_alive(b->session)) {
        return SESSION_FAIL;
    }
    if (session_received(b->session) != at_first) {
        acknowledge(b);
    }
    if (more) {
        b->kick(b->arg);
    }
    return SESSION_OK;
}

/* ---------------------------------------------------------------- for the owner of the session */

struct bridges *
bridges_new(struct event_base *base, void (*kick)(void *arg), void *arg)
{
    struct bridges *b = xcalloc(1, sizeof(*b));

    b->base = base;
    b->kick = kick;
    b->arg = arg;
    TAILQ_INIT(&b->list);
    for (int q = 0; q < QUEUES; q++) {
        TAILQ_INIT(&b->queues[q]);
    }
    return b;
}

void
bridges_free(struct bridges *b)
{
    if (b != NULL) {
        assert(TAILQ_EMPTY(&b->list));
        free(b);
    }
}

void
bridges_begin(struct bridges *b, struct session *session)
{
    b->session = session;
    b->last_number = CHANNEL_FIRST;
    b->thin = b->probe = false;
}

void
bridges_lose(struct bridges *b)
{
    b->session = NULL;
    for (struct bridge *x = TAILQ_FIRST(&b->list), *next; x != NULL; x = next) {
        next = TAILQ_NEXT(x, link);
        x->channel = NULL; /* freed with the session */
        enter(x, STATE_OVER);
        close_ours(x);
        close_end(&x->theirs);
        drop_channel(x);
    }
}

struct bridge *
bridge_new(struct bridges *b, const char *host, int port, const struct bridge_events *events,
           void *arg)
{
    struct bridge *x = xcalloc(1, sizeof(*x));

    x->all = b;
    x->host = host;
    x->port = port;
    x->events = *events;
    x->arg = arg;
    x->owned = true;
    x->theirs = x->ours = -1;
    x->in_queue = QUEUE_NONE;
    buf_init(&x->in, HELD_BYTES_MAX);
    buf_init(&x->out, CHUNK);
    TAILQ_INSERT_TAIL(&b->list, x, link);
    put(x, QUEUE_LINE);
    b->kick(b->arg);
    return x;
}

void
bridge_free(struct bridge *x)
{
    if (x == NULL) {
        return;
    }
    x->owned = false;
    if (x->channel == NULL) {
        destroy(x);
    } else {
        stir(x);
    }
}

/*
 * filter.c - moves bytes between two sockets, or does not.
 *
 * Decides when a phase that can be seen from outside has come.  Owns the client's socket and its
 * end of the pair.  Never waits; what a socket does not take is kept, up to a limit.
 */
#include "fleet/filter.h"

#include "base/buf.h"
#include "base/xalloc.h"
#include "fleet/fleet.h"
#include "fleet/greeting.h"
#include "fleet/plain.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CHUNK = 16 * 1024,
    HELD_MAX = 256 * 1024,
    ROUNDS_A_TURN = 16,
    TICKS_A_SECOND = 20,
    LOOKS_A_SECOND = 4,
    GARBAGE_BYTES = 512,
};

enum state {
    STATE_PASS,
    STATE_DISCARD, /* what comes from either side is thrown away */
    STATE_DEAD,    /* nothing is read */
    STATE_CLOSED,
};

struct side {
    int fd;              /* owned; -1: closed */
    struct event *event; /* owned */
    short armed;
    struct buf held; /* owned: bytes this side has not taken */
    struct plain plain;
    bool ended;   /* it will send no more */
    size_t quota; /* bytes it may send until the next tick; of a slow host */
};

enum { NET, SSH };

struct filter {
    LIST_ENTRY(filter) link;
    struct fleet *fleet; /* borrowed */
    struct behave behave;
    enum state state;
    struct side sides[2];
    struct event *tick;    /* owned: of a slow or endless host, else never added */
    struct event *way;     /* owned: what the client has sent is on it; only with --rtt-ms */
    bool begun;            /* the first of it is there: before that we say nothing */
    size_t arrived;        /* bytes that are there, and not read yet */
    bool said;             /* words of ours since the last round trip began */
    int trips, trips_over; /* begun; whose words are there */
    struct prng prng;
    bool released;
};

static void filter_turn(struct filter *f);

/* ---------------------------------------------------------------- ends */

static void
close_side(struct side *s)
{
    if (s->event != NULL) {
        event_free(s->event);
        s->event = NULL;
    }
    if (s->fd >= 0) {
        (void)close(s->fd);
        s->fd = -1;
    }
    buf_clear(&s->held);
}

static void
close_both(struct filter *f)
{
    f->state = STATE_CLOSED;
    close_side(&f->sides[NET]);
    close_side(&f->sides[SSH]);
    (void)event_del(f->tick);
    (void)event_del(f->way);
}

void
filter_free(struct filter *f)
{
    close_both(f);
    buf_release(&f->sides[NET].held);
    buf_release(&f->sides[SSH].held);
    event_free(f->tick);
    event_free(f->way);
    LIST_REMOVE(f, link);
    f->fleet->counts.live--;
    free(f);
}

void
filter_release(struct filter *f)
{
    if (f != NULL) {
        f->released = true;
        filter_turn(f);
    }
}

/* ---------------------------------------------------------------- bytes */

/* Give the side what it was kept from. */
static void
flush(struct side *s)
{
    while (s->held.len > 0) {
        const ssize_t n = send(s->fd, s->held.data, s->held.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0) {
            if (errno != EAGAIN && errno != EINTR) {
                buf_clear(&s->held);
                s->ended = true;
            }
            return;
        }
        buf_drain(&s->held, (size_t)n);
    }
}

static void
say(struct side *s, const void *bytes, size_t len)
{
    if (s->fd >= 0) {
        (void)buf_add(&s->held, bytes, len);
        flush(s);
    }
}

/* Bytes of the side, at most max; 0: none now, or no more. */
static size_t
take(struct side *s, char *bytes, size_t max)
{
    const ssize_t n = s->fd < 0 ? 0 : recv(s->fd, bytes, max, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return 0;
    }
    s->ended = s->ended || n <= 0;
    return n > 0 ? (size_t)n : 0;
}

/* -1: of no phase. */
static int
phase_of(int side, int message)
{
    static const struct {
        int side;
        int message;
        enum phase phase;
    } seen[] = {
        {SSH, PLAIN_BANNER, AT_BANNER},   {SSH, PLAIN_KEXINIT, AT_KEX},
        {NET, PLAIN_KEX_FIRST, AT_REPLY}, {SSH, PLAIN_KEX_REPLY, AT_NEWKEYS},
        {NET, PLAIN_NEWKEYS, AT_SERVICE},
    };

    for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
        if (seen[i].side == side && seen[i].message == message) {
            return seen[i].phase;
        }
    }
    return -1;
}

/* Hand on what the side has sent, message by message while they can be told apart. */
static void
hand_on(struct filter *f, int side, const char *bytes, size_t len)
{
    while (len > 0 && f->state == STATE_PASS) {
        int message = PLAIN_NONE;
        const size_t n =
            plain_follow(&f->sides[side].plain, (const unsigned char *)bytes, len, &message);
        say(&f->sides[1 - side], bytes, n);
        bytes += n;
        len -= n;
        const int phase = message == PLAIN_NONE ? -1 : phase_of(side, message);
        if (phase >= 0 && f->behave.at[phase] != ACT_NONE) {
            filter_act(f, (enum act)f->behave.at[phase]);
        }
    }
}

static size_t
allowance(const struct filter *f, int side)
{
    const size_t room = HELD_MAX - f->sides[1 - side].held.len;
    size_t max = room < CHUNK ? room : CHUNK;

    if (f->behave.slow > 0 && f->sides[side].quota < max) {
        max = f->sides[side].quota;
    }
    return max;
}

/* ---------------------------------------------------------------- far hosts */

static bool
is_far(const struct filter *f)
{
    return f->fleet->options.rtt_ms > 0;
}

/* Of what the client sends only what was there when its time on the way was over. */
static size_t
far_allowance(const struct filter *f, int side, size_t max)
{
    if (!is_far(f)) {
        return max;
    }
    if (side == SSH) {
        return f->begun ? max : 0;
    }
    return max < f->arrived ? max : f->arrived;
}

static void
far_moved(struct filter *f, int side, size_t n)
{
    f->said = f->said || side == SSH;
    f->arrived -= side == NET && is_far(f) ? n : 0;
}

static void
send_on_way(struct filter *f)
{
    const int ms = f->fleet->options.rtt_ms;
    const struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000L};

    (void)evtimer_add(f->way, &tv);
}

/* The client's words come.  A round trip begins when ours have gone before: what it sends without
 * having heard more belongs to the one before. */
static void
far_begin(struct filter *f)
{
    f->trips += f->said ? 1 : 0;
    f->said = false;
    send_on_way(f);
}

static void
on_way_over(evutil_socket_t fd, short what, void *arg)
{
    struct filter *f = arg;
    int waiting = 0;

    (void)fd;
    (void)what;
    f->begun = true;
    f->trips_over = f->trips;
    if (f->sides[NET].fd >= 0) {
        (void)ioctl(f->sides[NET].fd, FIONREAD, &waiting);
        f->arrived = waiting > 0 ? (size_t)waiting : 1; /* its end is something, too */
    }
    filter_turn(f);
}

int
filter_trips(const struct filter *f)
{
    return f->trips_over;
}

static void
move(struct filter *f, int side)
{
    char bytes[CHUNK];

    for (int i = 0; i < ROUNDS_A_TURN && f->state == STATE_PASS; i++) {
        const size_t max = far_allowance(f, side, allowance(f, side));
        const size_t n = max == 0 ? 0 : take(&f->sides[side], bytes, max);
        if (n == 0) {
            return;
        }
        far_moved(f, side, n);
        f->sides[side].quota -= f->behave.slow > 0 ? n : 0;
        hand_on(f, side, bytes, n);
    }
}

static void
discard(struct side *s)
{
    char bytes[CHUNK];

    for (int i = 0; i < ROUNDS_A_TURN && take(s, bytes, sizeof(bytes)) > 0; i++) {}
}

/* ---------------------------------------------------------------- acts */

static void
send_garbage(struct filter *f)
{
    unsigned char bytes[GARBAGE_BYTES];

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char)prng_next(&f->prng);
    }
    say(&f->sides[NET], bytes, sizeof(bytes));
}

static void
reset(struct filter *f)
{
    const struct linger now = {.l_onoff = 1};

    (void)setsockopt(f->sides[NET].fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close_both(f);
}

/* What libssh has written, whatever the quota. */
static void
forward_rest(struct filter *f)
{
    char bytes[CHUNK];
    size_t n;

    while (f->state == STATE_PASS && f->sides[NET].held.len < HELD_MAX - CHUNK &&
           (n = take(&f->sides[SSH], bytes, sizeof(bytes))) > 0) {
        say(&f->sides[NET], bytes, n);
    }
}

/* The kernel of a dead host would not answer either: as far as that goes we only look, now and
 * then, whether the client has given up. */
static void
play_dead(struct filter *f)
{
    const struct timeval look = {.tv_usec = 1000 * 1000 / LOOKS_A_SECOND};
    const int fd = f->sides[NET].fd;
    const int one = 1;
    const int misses = 2;

    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &one, sizeof(one));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &one, sizeof(one));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &misses, sizeof(misses));
    f->state = STATE_DEAD;
    (void)event_del(f->tick);
    (void)event_add(f->tick, &look);
}

void
filter_act(struct filter *f, enum act act)
{
    static const unsigned char huge[64] = {0x7f, 0xff, 0xff, 0xff, 4, 2};

    if (f->state != STATE_PASS || f->sides[NET].fd < 0) {
        return;
    }
    forward_rest(f);
    switch (act) {
    case ACT_NONE:
        break;
    case ACT_STALL:
        f->state = STATE_DISCARD;
        break;
    case ACT_SILENT:
        play_dead(f);
        break;
    case ACT_DROP:
        (void)shutdown(f->sides[NET].fd, SHUT_WR);
        f->state = STATE_DISCARD;
        break;
    case ACT_RESET:
        reset(f);
        break;
    case ACT_GARBAGE:
        send_garbage(f);
        break;
    case ACT_HUGE:
        say(&f->sides[NET], huge, sizeof(huge));
        f->state = STATE_DISCARD;
        break;
    }
}

/* ---------------------------------------------------------------- events */

static void
on_io(evutil_socket_t fd, short what, void *arg)
{
    struct filter *f = arg;

    if (is_far(f) && fd == f->sides[NET].fd && (what & EV_READ) != 0 && f->arrived == 0) {
        far_begin(f);
    }
    filter_turn(f);
}

static bool
is_established(int fd)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);

    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
           info.tcpi_state == TCP_ESTABLISHED;
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct filter *f = arg;

    (void)fd;
    (void)what;
    if (f->state == STATE_DEAD) {
        f->sides[NET].ended = !is_established(f->sides[NET].fd);
    }
    for (int i = 0; i < 2; i++) {
        f->sides[i].quota = (size_t)(f->behave.slow + TICKS_A_SECOND - 1) / TICKS_A_SECOND;
    }
    if (f->behave.banner == BANNER_ENDLESS && f->sides[NET].held.len == 0) {
        struct buf lines;
        buf_init(&lines, HELD_MAX);
        greeting_endless(&lines);
        say(&f->sides[NET], lines.data, lines.len);
        buf_release(&lines);
    }
    filter_turn(f);
}

static short
wanted(const struct filter *f, int side)
{
    const struct side *s = &f->sides[side];
    short want = s->held.len > 0 ? EV_WRITE : 0;

    if (f->state == STATE_DEAD) {
        return 0;
    }
    if (is_far(f) && (!f->begun || (side == NET && evtimer_pending(f->way, NULL)))) {
        return want;
    }
    if (!s->ended && (f->state == STATE_DISCARD || allowance(f, side) > 0)) {
        want |= EV_READ;
    }
    return want;
}

static void
arm(struct filter *f, int side)
{
    struct side *s = &f->sides[side];
    const short want = s->fd < 0 ? 0 : wanted(f, side);

    if (want == s->armed || s->event == NULL) {
        return;
    }
    (void)event_del(s->event);
    s->armed = want;
    if (want != 0 &&
        (event_assign(s->event, f->fleet->base, s->fd, (short)(want | EV_PERSIST), on_io, f) < 0 ||
         event_add(s->event, NULL) < 0)) {
        abort();
    }
}

static void
on_closed(struct filter *f)
{
    if (f->state != STATE_CLOSED) {
        close_both(f);
    }
    if (f->released) {
        filter_free(f);
    }
}

static void
filter_turn(struct filter *f)
{
    for (int i = 0; i < 2 && f->state == STATE_PASS; i++) {
        if (f->sides[i].fd >= 0) {
            flush(&f->sides[i]);
        }
        move(f, i);
    }
    for (int i = 0; i < 2 && f->state == STATE_DISCARD; i++) {
        if (f->sides[i].fd >= 0) {
            flush(&f->sides[i]);
        }
        discard(&f->sides[i]);
    }
    const bool said = f->sides[SSH].ended && f->sides[NET].held.len == 0;
    if (f->state == STATE_CLOSED || f->sides[NET].ended || (f->state == STATE_PASS && said)) {
        on_closed(f);
        return;
    }
    if (f->sides[SSH].ended) {
        close_side(&f->sides[SSH]);
    }
    arm(f, NET);
    arm(f, SSH);
}

/* ---------------------------------------------------------------- beginning */

bool
filter_is_needed(const struct behave *b)
{
    bool needed = b->banner != BANNER_PLAIN || b->slow > 0;

    for (int i = 0; i < PHASES; i++) {
        needed = needed || b->at[i] != ACT_NONE;
    }
    return needed;
}

static void
init_side(struct filter *f, int side, int fd)
{
    struct side *s = &f->sides[side];

    s->fd = fd;
    s->quota = (size_t)(f->behave.slow + TICKS_A_SECOND - 1) / TICKS_A_SECOND;
    buf_init(&s->held, HELD_MAX + CHUNK);
    s->event = event_new(f->fleet->base, fd, 0, on_io, f);
    if (s->event == NULL) {
        abort();
    }
}

static void
greet(struct filter *f)
{
    const struct timeval tick = {.tv_usec = 1000 * 1000 / TICKS_A_SECOND};
    struct buf lines;

    buf_init(&lines, HELD_MAX);
    const bool instead = greeting_say(&lines, (enum banner)f->behave.banner);
    say(&f->sides[NET], lines.data, lines.len);
    buf_release(&lines);
    if (instead) {
        f->state = STATE_DISCARD;
    }
    if (f->behave.slow > 0 || f->behave.banner == BANNER_ENDLESS) {
        (void)event_add(f->tick, &tick);
    }
}

struct filter *
filter_new(struct fleet *fleet, int fd, const struct behave *behave, int *ret_fd)
{
    struct filter *f = xcalloc(1, sizeof(*f));
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
        abort(); /* out of descriptors: a rig that lies is worse than none */
    }
    f->fleet = fleet;
    f->behave = *behave;
    f->prng.state = (uint64_t)fd;
    f->tick = event_new(fleet->base, -1, EV_PERSIST, on_tick, f);
    if (f->tick == NULL) {
        abort();
    }
    f->way = evtimer_new(fleet->base, on_way_over, f);
    if (f->way == NULL) {
        abort();
    }
    init_side(f, NET, fd);
    init_side(f, SSH, pair[0]);
    f->trips = 2; /* TCP's, and the one that brings our banner */
    if (is_far(f)) {
        send_on_way(f);
    }
    LIST_INSERT_HEAD(&fleet->filters, f, link);
    greet(f);
    filter_act(f, (enum act)behave->at[AT_ACCEPT]);
    arm(f, NET);
    arm(f, SSH);
    *ret_fd = pair[1];
    return f;
}

/*
 * test_bridge.c - bytes through a channel of a real sshd: none is lost, few are held.
 */
#include "ssh/bridge.h"
#include "ssh/seam.h"
#include "unit/ssh/bastion.h"
#include "unit/ssh/server.h"

#include <errno.h>
#include <malloc.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    BYTES = 32 << 20,
    TRICKLES = 300,
    TRICKLE_BYTES = 5000,
    SLACK_BYTES = 1 << 20,
    QUIET_TURNS = 20, /* of the loop, 5 ms each, without a byte: nothing moves any more */
};

static struct bastion bastion;
static struct event_base *base;
static ssh_key key;

/* One session, one channel to a listener of ours, driven by hand. */
struct rig {
    struct session *session;
    struct bridges *bridges;
    struct bridge *bridge;
    struct event *io;
    int listener, port;
    int ours;   /* what an inner session would speak on */
    int theirs; /* what the host would */
    bool kicked, lost;
    enum bridge_refusal why;
};

static int
setup(void **state)
{
    (void)state;
    if (!bastion_start(&bastion)) {
        return -1;
    }
    base = event_base_new();
    (void)signal(SIGPIPE, SIG_IGN);
    return ssh_pki_import_privkey_file(bastion.keys[KEY_GOOD], NULL, NULL, NULL, &key);
}

static int
teardown(void **state)
{
    (void)state;
    ssh_key_free(key);
    event_base_free(base);
    bastion_stop(&bastion);
    return 0;
}

static void
on_kick(void *arg)
{
    ((struct rig *)arg)->kicked = true;
}

static void
on_io(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    ((struct rig *)arg)->kicked = true;
}

static void
on_asked(void *arg)
{
    (void)arg;
}

static void
on_there(void *arg, int fd)
{
    ((struct rig *)arg)->ours = fd;
}

static void
on_refused(void *arg, enum bridge_refusal why, const char *words)
{
    (void)words;
    ((struct rig *)arg)->why = why;
}

static const struct bridge_events events = {
    .asked = on_asked, .there = on_there, .refused = on_refused};

static void
wait_io(const struct session *s)
{
    struct pollfd p = {.fd = session_fd(s),
                       .events = (short)(POLLIN | (session_wants_write(s) ? POLLOUT : 0))};

    assert_true(poll(&p, 1, 20000) > 0);
}

static int
dial(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)bastion.port),
                            .sin_addr.s_addr = htonl(0x7f140001)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    const int one = 1;

    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    assert_int_equal(evutil_make_socket_nonblocking(fd), 0);
    return fd;
}

/* A turn: what the owner of the session does, for 5 ms at the longest. */
static void
turn(struct rig *r)
{
    const struct timeval tick = {.tv_usec = 5000};
    const short mask = (short)(EV_READ | (session_wants_write(r->session) ? EV_WRITE : 0));

    r->io = event_new(base, session_fd(r->session), mask, on_io, r);
    (void)event_add(r->io, NULL);
    if (!r->kicked) {
        (void)event_base_loopexit(base, &tick);
        (void)event_base_loop(base, EVLOOP_ONCE);
    }
    event_free(r->io);
    r->kicked = false;
    r->lost = bridges_serve(r->bridges) == SESSION_FAIL;
    assert_false(r->lost);
}

static void
open_rig(struct rig *r)
{
    const struct target target = {.name = "bastion", .user = "demo"};
    enum session_auth auth;
    enum session_io io;

    *r = (struct rig){.ours = -1, .theirs = -1};
    r->listener = listen_on(&r->port);
    r->session = session_new(dial(), &target, NULL);
    while ((io = session_kex(r->session)) == SESSION_AGAIN) {
        wait_io(r->session);
    }
    assert_int_equal(io, SESSION_OK);
    while ((auth = session_auth_key(r->session, key)) == AUTH_AGAIN) {
        wait_io(r->session);
    }
    assert_int_equal(auth, AUTH_OK);
    session_attach(r->session);
    r->bridges = bridges_new(base, on_kick, r);
    bridges_begin(r->bridges, r->session);
}

static void
open_bridge(struct rig *r)
{
    r->bridge = bridge_new(r->bridges, "127.0.0.1", r->port, &events, r);
    while (r->ours < 0) {
        turn(r);
    }
    r->theirs = accept(r->listener, NULL, NULL);
    assert_int_equal(evutil_make_socket_nonblocking(r->theirs), 0);
}

static void
close_rig(struct rig *r)
{
    bridge_free(r->bridge);
    session_free(r->session);
    bridges_lose(r->bridges);
    bridges_free(r->bridges);
    if (r->ours >= 0) {
        (void)close(r->ours);
    }
    if (r->theirs >= 0) {
        (void)close(r->theirs);
    }
    (void)close(r->listener);
}

/* What stands at a place of the stream. */
static char
at(size_t i)
{
    return (char)((i * 2654435761U) >> 13);
}

/* Write the stream from `from` on as far as it goes; where it stands after. */
static size_t
push(int fd, size_t from, size_t max)
{
    char bytes[16384];

    while (from < max) {
        const size_t part = max - from < sizeof(bytes) ? max - from : sizeof(bytes);
        for (size_t i = 0; i < part; i++) {
            bytes[i] = at(from + i);
        }
        const ssize_t n = write(fd, bytes, part);
        if (n <= 0) {
            assert_int_equal(errno, EAGAIN);
            return from;
        }
        from += (size_t)n;
    }
    return from;
}

/* Read as far as there is something; every byte is the one that was sent. */
static size_t
pull(int fd, size_t from)
{
    char bytes[16384];
    ssize_t n;

    while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (bytes[i] != at(from + (size_t)i)) {
                fail_msg("byte %zu is another", from + (size_t)i);
            }
        }
        from += (size_t)n;
    }
    return from;
}

/* Pour into one end until nothing moves: what is held on the way. */
static size_t
fill(struct rig *r, int from)
{
    size_t sent = 0;

    for (int quiet = 0; quiet < QUIET_TURNS && sent < BYTES;) {
        const size_t now = push(from, sent, BYTES);
        quiet = now == sent ? quiet + 1 : 0;
        sent = now;
        turn(r);
    }
    return sent;
}

/* A reader that takes a little at a time while more than it takes is sent. */
static size_t
trickle(struct rig *r, int from, int to, size_t *sent)
{
    char bytes[TRICKLE_BYTES];
    size_t got = 0;

    for (int i = 0; i < TRICKLES; i++) {
        const ssize_t n = read(to, bytes, sizeof(bytes));
        for (ssize_t k = 0; k < n; k++) {
            assert_true(bytes[k] == at(got + (size_t)k));
        }
        got += n > 0 ? (size_t)n : 0;
        *sent = push(from, *sent, BYTES);
        turn(r);
    }
    return got;
}

static void
flow(struct rig *r, int from, int to)
{
    const size_t before = mallinfo2().uordblks;
    size_t sent = fill(r, from);

    assert_true(sent < BYTES); /* it stops, well below: sshd and the kernel hold some of it */
    size_t got = trickle(r, from, to, &sent);
    /* Two windows; a buffer of libssh's is at most twice what is in it. */
    assert_true(mallinfo2().uordblks < before + 4 * BRIDGE_WINDOW + SLACK_BYTES);
    while (got < BYTES) {
        sent = push(from, sent, BYTES);
        got = pull(to, got);
        turn(r);
    }
    assert_int_equal(got, BYTES);
}

static void
test_a_reader_that_rests_stops_the_writer_and_loses_nothing(void **state)
{
    struct rig r;

    (void)state;
    open_rig(&r);
    open_bridge(&r);
    flow(&r, r.theirs, r.ours);
    flow(&r, r.ours, r.theirs);
    close_rig(&r);
}

/* The last bytes are in libssh, in the bridge and in the socket when both sides have closed. */
static void
test_what_was_sent_before_the_end_arrives(void **state)
{
    struct rig r;
    char byte;

    (void)state;
    open_rig(&r);
    open_bridge(&r);
    const size_t sent = fill(&r, r.theirs);
    size_t got = 0;
    (void)close(r.theirs);
    r.theirs = -1;
    while (got < sent) {
        got = pull(r.ours, got);
        turn(&r);
    }
    while (read(r.ours, &byte, 1) != 0) {
        turn(&r);
    }
    close_rig(&r);
}

static void
test_an_owner_that_leaves_has_its_last_bytes_sent(void **state)
{
    enum { GOODBYE = 100000 };
    struct rig r;
    size_t got = 0;
    char byte;

    (void)state;
    open_rig(&r);
    open_bridge(&r);
    assert_int_equal(push(r.ours, 0, GOODBYE), GOODBYE);
    (void)close(r.ours);
    r.ours = -1;
    bridge_free(r.bridge);
    r.bridge = NULL;
    while (got < GOODBYE) {
        turn(&r);
        got = pull(r.theirs, got);
    }
    while (read(r.theirs, &byte, 1) != 0) {
        turn(&r);
    }
    close_rig(&r);
}

/* A channel that nobody wants any more while it opens is closed on the server too. */
static void
test_a_channel_that_opens_too_late_is_closed(void **state)
{
    struct rig r;
    char byte;

    (void)state;
    open_rig(&r);
    r.bridge = bridge_new(r.bridges, "127.0.0.1", r.port, &events, &r);
    turn(&r);
    if (r.ours < 0) {
        bridge_free(r.bridge);
        r.bridge = NULL;
    }
    r.theirs = accept(r.listener, NULL, NULL);
    assert_int_equal(evutil_make_socket_nonblocking(r.theirs), 0);
    while (r.bridge == NULL && read(r.theirs, &byte, 1) != 0) {
        turn(&r);
    }
    close_rig(&r);
}

static void
test_many_channels_one_after_the_other(void **state)
{
    enum { CHANNELS = 200 };
    struct rig r;

    (void)state;
    open_rig(&r);
    for (int i = 0; i < CHANNELS; i++) {
        open_bridge(&r);
        assert_int_equal(push(r.theirs, 0, 1000), 1000);
        while (pull(r.ours, 0) == 0) {
            turn(&r);
        }
        (void)close(i % 2 == 0 ? r.ours : r.theirs);
        turn(&r);
        (void)close(i % 2 == 0 ? r.theirs : r.ours);
        bridge_free(r.bridge);
        r.bridge = NULL;
        r.ours = r.theirs = -1;
    }
    close_rig(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reader_that_rests_stops_the_writer_and_loses_nothing),
        cmocka_unit_test(test_what_was_sent_before_the_end_arrives),
        cmocka_unit_test(test_an_owner_that_leaves_has_its_last_bytes_sent),
        cmocka_unit_test(test_a_channel_that_opens_too_late_is_closed),
        cmocka_unit_test(test_many_channels_one_after_the_other),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

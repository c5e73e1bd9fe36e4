/*
 * test_jump.c - hosts behind a real sshd: one session for all, every failure told once a host, and
 * no order of ends that leaks or crashes.
 */
#include "unit/ssh/bastion.h"
#include "unit/ssh/rig.h"
#include "unit/ssh/server.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { HOSTS_MAX = 64, DENIED_HOSTS = 3, REFUSED_HOSTS = 40 };

static struct zygote *zygote; /* started before libssh, as main() does */
static struct keyring *keyring;
static struct event_base *base;
static struct bastion bastion;
static struct server server;
static const char *keys[KEYS][2];
static struct target hops[10];
static struct target host;
static int heard; /* failures whose text has the part */
static const char *part;

static int
setup(void **state)
{
    struct err err;

    (void)state;
    if (!bastion_start(&bastion)) {
        return -1;
    }
    server = server_start(bastion.keys[KEY_GOOD]);
    base = event_base_new();
    zygote_attach(zygote, base);
    keyring = keyring_new();
    for (int i = 0; i < KEYS; i++) {
        keys[i][0] = bastion.keys[i];
        if (keyring_load(keyring, bastion.keys[i], &err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    server_stop(&server);
    bastion_stop(&bastion);
    keyring_free(keyring);
    zygote_detach(zygote);
    event_base_free(base);
    return 0;
}

static struct target
hop_of(const char *address, int key)
{
    return (struct target){.name = "bastion-1",
                           .address = address,
                           .port = bastion.port,
                           .user = "demo",
                           .key_paths = keys[key]};
}

static struct target
host_of(const struct target *jump, const char *user)
{
    return (struct target){.name = "web-01",
                           .address = "127.0.0.1",
                           .port = server.port,
                           .user = user,
                           .jump = jump,
                           .key_paths = keys[KEY_GOOD]};
}

static void
count_failed(void *arg, int32_t id, enum cause cause, bool throttled, const char *text)
{
    heard += strstr(text, part) != NULL;
    on_connect_failed(arg, id, cause, throttled, text);
}

static void
open_rig(struct rig *r)
{
    *r = (struct rig){.base = base, .zygote = zygote, .keyring = keyring};
    rig_open(r);
    struct pool_config config = rig_config(r);
    config.events.connect_failed = count_failed;
    r->pool = pool_new(&config);
    heard = 0;
    part = "";
    hops[0] = hop_of("127.20.0.1", KEY_GOOD);
    host = host_of(&hops[0], "fleet");
}

static void
assert_text(const struct rig *r, const char *expected)
{
    if (strstr(r->text, expected) == NULL) {
        fail_msg("expected \"%s\" in \"%s\"", expected, r->text);
    }
}

static void
test_reaches_a_host_through_another(void **state)
{
    struct rig r;

    (void)state;
    open_rig(&r);
    pool_connect(r.pool, 0, &host);
    assert_true(rig_wait(&r, "connected", 1));
    rig_run(&r, 0, "echo hi; echo no >&2; exit 3");
    assert_true(rig_wait(&r, "step_done", 1));
    pool_disconnect(r.pool, 0);
    assert_true(rig_wait(&r, "disconnected", 1));
    assert_string_equal(rig_log(&r), "connected\nstep_sent\nstep_done 3 0\ndisconnected\n");
    assert_string_equal(r.output[0].data, "hi\n");
    assert_string_equal(r.output[1].data, "no\n");
    assert_int_equal(pool_open_count(r.pool), 0);
    rig_close(&r);
}

static void
test_reaches_a_host_through_a_chain(void **state)
{
    struct rig r;

    (void)state;
    open_rig(&r);
    for (int i = 0; i < 8; i++) { /* the last is next to the host */
        hops[i] = hop_of(i % 2 == 0 ? "127.20.0.1" : "127.20.0.2", KEY_GOOD);
        hops[i].jump = i == 0 ? NULL : &hops[i - 1];
    }
    const int depths[] = {2, 8};
    for (size_t i = 0; i < 2; i++) {
        host.jump = &hops[depths[i] - 1];
        pool_connect(r.pool, 0, &host);
        assert_true(rig_wait(&r, "connected", 1));
        rig_run(&r, 0, "echo hi");
        assert_true(rig_wait(&r, "step_done", 1));
        pool_disconnect(r.pool, 0);
        assert_true(rig_wait(&r, "disconnected", 1));
    }
    assert_string_equal(r.output[0].data, "hi\nhi\n");
    rig_close(&r);
}

static void
test_refuses_a_chain_that_is_too_long_or_a_ring(void **state)
{
    struct rig r;

    (void)state;
    open_rig(&r);
    hops[0].jump = &hops[1];
    hops[1] = hop_of("127.20.0.2", KEY_GOOD);
    hops[1].jump = &hops[0];
    pool_connect(r.pool, 0, &host);
    assert_true(rig_wait(&r, "connect_failed", 1));
    assert_string_equal(rig_log(&r), "connect_failed 13\n");
    assert_text(&r, "jump bastion-1: more than 8 jump hosts in a row");
    rig_close(&r);
}

static void
test_serves_fifty_hosts_with_one_session(void **state)
{
    enum { HOSTS = 50 };
    struct rig r;
    const int before = bastion_count(&bastion, "Accepted publickey");

    (void)state;
    open_rig(&r);
    for (int32_t id = 0; id < HOSTS; id++) {
        pool_connect(r.pool, id, &host);
    }
    assert_true(rig_wait(&r, "connected", HOSTS));
    for (int32_t id = 0; id < HOSTS; id++) {
        rig_run(&r, id, "echo ok");
    }
    assert_true(rig_wait(&r, "step_done", HOSTS));
    assert_int_equal(r.output[0].len, 3 * HOSTS);
    for (int32_t id = 0; id < HOSTS; id++) {
        pool_disconnect(r.pool, id);
    }
    assert_true(rig_wait(&r, "disconnected", HOSTS));
    pool_connect(r.pool, 0, &host); /* the session has stayed */
    assert_true(rig_wait(&r, "connected", 1));
    assert_int_equal(bastion_count(&bastion, "Accepted publickey") - before, 1);
    rig_close(&r);
}

static void
test_closes_a_session_that_nobody_uses(void **state)
{
    struct rig r;

    (void)state;
    open_rig(&r);
    pool_free(r.pool);
    struct pool_config config = rig_config(&r);
    config.jump_idle_ms = 1;
    r.pool = pool_new(&config);
    pool_connect(r.pool, 0, &host);
    assert_true(rig_wait(&r, "connected", 1));
    pool_disconnect(r.pool, 0);
    assert_true(rig_wait(&r, "disconnected", 1));
    for (int i = 0; i < 1000 && !bastion_is_idle(&bastion); i++) {
        const struct timeval tick = {.tv_usec = 10000};
        (void)event_base_loopexit(base, &tick);
        (void)event_base_loop(base, 0);
    }
    assert_true(bastion_is_idle(&bastion));
    pool_connect(r.pool, 0, &host); /* and opens another for who comes later */
    assert_true(rig_wait(&r, "connected", 1));
    rig_close(&r);
}

/* fault 14: a jump host denies: it is asked once, and counts once */
static void
test_counts_one_denial_once_and_asks_no_more(void **state)
{
    struct rig r;

    (void)state;
    open_rig(&r);
    const int before = bastion_count(&bastion, "Connection closed by authenticating user") +
                       bastion_count(&bastion, "Connection reset by authenticating user") +
                       bastion_count(&bastion, "Disconnected from authenticating user");
    part = "jump bastion-1: auth: key ";
    hops[0] = hop_of("127.20.0.1", KEY_STRANGE);
    for (int32_t id = 0; id < DENIED_HOSTS; id++) {
        pool_connect(r.pool, id, &host);
    }
    assert_true(rig_wait(&r, "connect_failed", DENIED_HOSTS));
    pool_connect(r.pool, 0, &host);
    assert_true(rig_wait(&r, "connect_failed", 1));
    assert_string_equal(rig_log(&r), "connect_failed 6\nconnect_failed 7\nconnect_failed 7\n"
                                     "connect_failed 7\n");
    assert_int_equal(heard, DENIED_HOSTS + 1);
    assert_null(strstr(r.text, "web-01"));
    rig_close(&r);
    for (int i = 0; i < 1000; i++) {
        const int now = bastion_count(&bastion, "Connection closed by authenticating user") +
                        bastion_count(&bastion, "Connection reset by authenticating user") +
                        bastion_count(&bastion, "Disconnected from authenticating user");
        if (now > before) {
            assert_int_equal(now, before + 1);
            return;
        }
        (void)usleep(10000); /* the server's own log */
    }
    fail_msg("sshd says nothing of a denial");
}

static void
test_names_the_hop_that_fails_before_auth(void **state)
{
    struct rig r;
    int closed;

    (void)state;
    (void)close(listen_on(&closed));
    const struct {
        struct target hop;
        const char *log;
        const char *text;
    } rows[] = {
        {{.address = "127.20.0.1", .port = bastion.port, .checking = HOST_KEY_STRICT},
         "connect_failed 5\nconnect_failed 5\n",
         "jump bastion-1: host key: unknown: "},
        {{.address = "127.0.0.1", .port = closed},
         "connect_failed 3\nconnect_failed 3\n",
         "jump bastion-1: connect: 127.0.0.1 port "},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        open_rig(&r);
        part = rows[i].text;
        hops[0] = rows[i].hop;
        hops[0].name = "bastion-1";
        hops[0].user = "demo";
        hops[0].key_paths = keys[KEY_GOOD];
        pool_connect(r.pool, 0, &host);
        pool_connect(r.pool, 1, &host);
        assert_true(rig_wait(&r, "connect_failed", 2));
        assert_string_equal(rig_log(&r), rows[i].log);
        assert_int_equal(heard, 2);
        rig_close(&r);
    }
}

/* Refusals that come together: each is told with its own words. */
static void
test_tells_each_host_why_it_cannot_be_reached(void **state)
{
    struct target closed;
    struct rig r;

    (void)state;
    open_rig(&r);
    closed = host;
    (void)close(listen_on(&closed.port));
    part = ": Connection refused";
    for (int32_t id = 0; id < REFUSED_HOSTS; id++) {
        pool_connect(r.pool, id, &closed);
    }
    assert_true(rig_wait(&r, "connect_failed", REFUSED_HOSTS));
    assert_int_equal(heard, REFUSED_HOSTS);
    assert_text(&r, "connect: through bastion-1: 127.0.0.1 port ");
    pool_connect(r.pool, 0, &host); /* the session goes on */
    assert_true(rig_wait(&r, "connected", 1));
    rig_close(&r);
}

/* fault 17: a channel to a host is refused by the jump host */
static void
test_says_that_a_hop_forbids_it(void **state)
{
    struct rig r;

    (void)state;
    open_rig(&r);
    hops[0] = hop_of("127.20.0.1", KEY_NO_FORWARDING);
    pool_connect(r.pool, 0, &host);
    assert_true(rig_wait(&r, "connect_failed", 1));
    assert_string_equal(rig_log(&r), "connect_failed 7\n");
    assert_text(&r, ": bastion-1 forbids to be passed through: ");
    rig_close(&r);
}

/* fault 18: the session to a jump host is lost while steps run behind it */
static void
test_a_hop_that_dies_ends_each_host_in_its_own_state(void **state)
{
    struct rig r;

    (void)state;
    open_rig(&r);
    for (int32_t id = 0; id < 3; id++) {
        pool_connect(r.pool, id, &host);
    }
    assert_true(rig_wait(&r, "connected", 3));
    rig_run(&r, 1, "sleep 30");
    assert_true(rig_wait(&r, "step_sent", 1));
    assert_true(bastion_cut(&bastion));
    assert_true(rig_wait(&r, "lost", 3));
    assert_non_null(strstr(r.log.data, "step_unknown 8\n"));
    assert_text(&r, "(jump bastion-1: connection lost: ");
    pool_connect(r.pool, 0, &host);
    assert_true(rig_wait(&r, "connected", 1));
    rig_close(&r);
}

static void
test_carries_megabytes_both_ways_intact(void **state)
{
    char from[96];
    char dest[96];
    char script[300];
    struct rig r;

    (void)state;
    open_rig(&r);
    (void)snprintf(from, sizeof(from), "%s/from", bastion.folder);
    (void)snprintf(dest, sizeof(dest), "%s/dest", bastion.folder);
    assert_true(shell("head -c 1572864 /dev/urandom >%s", from));
    pool_connect(r.pool, 0, &host);
    assert_true(rig_wait(&r, "connected", 1));
    const struct step_request q = {.kind = STEP_UPLOAD,
                                   .key = "1.0.1.0",
                                   .fd = open(from, O_RDONLY | O_CLOEXEC),
                                   .size = 1572864,
                                   .dest = dest,
                                   .mode = 0600};
    pool_run(r.pool, 0, &q);
    assert_true(rig_wait(&r, "step_done", 1));
    assert_true(shell("cmp %s %s", from, dest));
    (void)snprintf(script, sizeof(script), "cat %s", from);
    rig_run(&r, 0, script);
    assert_true(rig_wait(&r, "step_done", 1));
    assert_int_equal(r.output[0].len, 1572864);
    FILE *f = fopen(dest, "w");
    assert_int_equal(fwrite(r.output[0].data, 1, r.output[0].len, f), r.output[0].len);
    (void)fclose(f);
    assert_true(shell("cmp %s %s", from, dest));
    rig_close(&r);
}

/* The state a call finds hop and host in is up to the scheduler; none may crash or stay silent. */
static void
test_ends_at_any_moment(void **state)
{
    enum { ENDS = 2, TURNS = 60 };
    const int stride = getenv("RUNNER") == NULL ? 2 : 6; /* valgrind takes its time */

    (void)state;
    hops[1] = hop_of("127.20.0.2", KEY_GOOD);
    hops[1].jump = &hops[0];
    for (int turns = 0; turns < ENDS * TURNS; turns += stride) {
        struct rig r;
        open_rig(&r);
        host.jump = &hops[1];
        pool_connect(r.pool, 0, &host);
        pool_connect(r.pool, 1, &host);
        rig_advance(&r, turns / ENDS);
        if (turns % (ENDS * stride) == 0) {
            pool_disconnect(r.pool, 0);
            assert_true(rig_wait(&r, "disconnected", 1));
        }
        rig_close(&r);
    }
}

/* A host that was not connected yet cannot be reached, another is lost. */
static bool
has_ended(struct rig *r)
{
    const struct timeval tenth = {.tv_usec = 100000};
    struct event *beat = event_new(base, -1, EV_PERSIST, rig_beat, NULL);
    bool ended = false;

    (void)event_add(beat, &tenth);
    for (int i = 0; i < 600 && !ended; i++) {
        (void)event_base_loop(base, EVLOOP_ONCE);
        ended =
            strstr(r->log.data, "connect_failed") != NULL || strstr(r->log.data, "lost") != NULL;
    }
    event_free(beat);
    return ended;
}

static void
test_a_hop_may_die_at_any_moment(void **state)
{
    enum { TURNS = 60, STRIDE = 6 };

    (void)state;
    for (int turns = 8; turns < TURNS; turns += STRIDE) {
        struct rig r;
        open_rig(&r);
        pool_connect(r.pool, 0, &host);
        rig_advance(&r, turns);
        if (bastion_cut(&bastion)) {
            assert_true(has_ended(&r));
        }
        rig_close(&r);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reaches_a_host_through_another),
        cmocka_unit_test(test_reaches_a_host_through_a_chain),
        cmocka_unit_test(test_refuses_a_chain_that_is_too_long_or_a_ring),
        cmocka_unit_test(test_serves_fifty_hosts_with_one_session),
        cmocka_unit_test(test_closes_a_session_that_nobody_uses),
        cmocka_unit_test(test_counts_one_denial_once_and_asks_no_more),
        cmocka_unit_test(test_names_the_hop_that_fails_before_auth),
        cmocka_unit_test(test_tells_each_host_why_it_cannot_be_reached),
        cmocka_unit_test(test_says_that_a_hop_forbids_it),
        cmocka_unit_test(test_a_hop_that_dies_ends_each_host_in_its_own_state),
        cmocka_unit_test(test_carries_megabytes_both_ways_intact),
        cmocka_unit_test(test_ends_at_any_moment),
        cmocka_unit_test(test_a_hop_may_die_at_any_moment),
    };
    struct err err;

    zygote = zygote_start(&err);
    const int failed = zygote == NULL ? 1 : cmocka_run_group_tests(tests, setup, teardown);
    zygote_free(zygote);
    return failed;
}

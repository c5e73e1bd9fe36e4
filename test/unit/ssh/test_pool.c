/*
 * test_pool.c - what the pool tells of servers that behave, and of those that do not.
 */
#include "unit/ssh/rig.h"
#include "unit/ssh/server.h"

#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

static struct zygote *zygote; /* started before libssh, as main() does */
static struct keyring *keyring;
static struct event_base *base;
static struct server server;
static char folder[] = "/tmp/im-pool-XXXXXX";
static char key_path[64];
static const char *key_paths[] = {key_path, NULL};

static int
setup(void **state)
{
    ssh_key key = NULL;
    struct err err;

    (void)state;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(key_path, sizeof(key_path), "%s/id", folder);
    if (ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) != SSH_OK ||
        ssh_pki_export_privkey_file(key, NULL, NULL, NULL, key_path) != SSH_OK ||
        chmod(key_path, 0600) < 0) {
        return -1;
    }
    ssh_key_free(key);
    server = server_start(key_path);
    base = event_base_new();
    zygote_attach(zygote, base);
    keyring = keyring_new();
    return keyring_load(keyring, key_path, &err);
}

static int
teardown(void **state)
{
    (void)state;
    server_stop(&server);
    keyring_free(keyring);
    zygote_detach(zygote);
    event_base_free(base);
    (void)unlink(key_path);
    return rmdir(folder);
}

static void
open_rig(struct rig *r)
{
    *r = (struct rig){.base = base, .zygote = zygote, .keyring = keyring};
    rig_open(r);
}

static void
start_pool(struct rig *r)
{
    const struct pool_config config = rig_config(r);

    r->pool = pool_new(&config);
}

static struct target
target_of(const char *user)
{
    return (struct target){.name = "web-01",
                           .address = "127.0.0.1",
                           .port = server.port,
                           .user = user,
                           .key_paths = key_paths};
}

static void
run_script(struct rig *r, const char *script, int64_t timeout_ms, int64_t idle_ms)
{
    const struct step_request q = {.kind = STEP_SCRIPT,
                                   .key = "1.0.1.0",
                                   .script = script,
                                   .script_len = strlen(script),
                                   .fd = -1,
                                   .timeout_ms = timeout_ms,
                                   .idle_ms = idle_ms};
    pool_run(r->pool, 0, &q);
}

static void
assert_log(struct rig *r, const char *expected)
{
    assert_string_equal(rig_log(r), expected);
}

static void
assert_text(const struct rig *r, const char *part)
{
    assert_null(strstr(r->text, "web-01")); /* who is told of it knows the host */
    if (strstr(r->text, part) == NULL) {
        fail_msg("expected \"%s\" in \"%s\"", part, r->text);
    }
}

/* fault 17: channel and exec refused */
/* fault 18: the connection ends after the frame was sent */
/* fault 8: channels and requests nobody asked for */
/* fault 23: no status, a signal, EOF without close */
/* fault 29: an account that runs something else */
static void
test_tells_each_misbehaviour_apart(void **state)
{
    static const struct {
        const char *user;
        const char *script;
        int64_t timeout_ms;
        int64_t idle_ms;
        const char *last;
        const char *log;
        const char *text;
    } rows[] = {
        {"fleet", "echo hi; exit 3", 0, 0, "step_done", "connected\nstep_sent\nstep_done 3 0\n",
         ""},
        {"noisy", "exit 0", 0, 0, "step_done", "connected\nstep_sent\nstep_done 0 0\n", ""},
        /* A channel and a request of the server's own: refused, and not kept for later. */
        {"opens", "exit 4", 5000, 0, "step_done", "connected\nstep_sent\nstep_done 4 0\n", ""},
        {"noclose", "exit 5", 0, 0, "step_done", "connected\nstep_sent\nstep_done 5 0\n", ""},
        {"signal", "exit 0", 0, 0, "step_done", "connected\nstep_sent\nstep_done 0 9\n", ""},
        {"nochannel", "true", 0, 0, "step_not_started", "connected\nstep_not_started 7\n",
         "channel: refused by the server"},
        {"noexec", "true", 0, 0, "step_not_started", "connected\nstep_not_started 7\n",
         "exec: refused by the server"},
        {"nologin", "true", 0, 0, "step_not_started", "connected\nstep_sent\nstep_not_started 12\n",
         "ended before the frame began: account \\x1b[31mdisabled"},
        {"nostatus", "true", 0, 0, "step_unknown", "connected\nstep_sent\nstep_unknown 11\n",
         "closed without an exit status"},
        {"drop", "true", 0, 0, "lost", "connected\nstep_sent\nstep_unknown 8\nlost\n",
         "connection lost: "},
        {"fleet", "sleep 30", 200, 0, "lost", "connected\nstep_sent\nstep_unknown 9\nlost\n",
         "not finished at its time limit"},
        {"fleet", "sleep 30", 0, 200, "lost", "connected\nstep_sent\nstep_unknown 10\nlost\n",
         "no output for its idle limit"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct target target = target_of(rows[i].user);
        struct rig r;
        open_rig(&r);
        start_pool(&r);
        pool_connect(r.pool, 0, &target);
        assert_true(rig_wait(&r, "connected", 1));
        run_script(&r, rows[i].script, rows[i].timeout_ms, rows[i].idle_ms);
        assert_true(rig_wait(&r, rows[i].last, 1));
        assert_log(&r, rows[i].log);
        assert_text(&r, rows[i].text);
        rig_close(&r);
    }
}

static void
test_gives_both_streams_from_byte_zero(void **state)
{
    const struct target target = target_of("noisy");
    struct rig r;

    (void)state;
    open_rig(&r);
    start_pool(&r);
    pool_connect(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connected", 1));
    run_script(&r, "printf 'out\\n'; printf 'err' >&2", 0, 0);
    assert_true(rig_wait(&r, "step_done", 1));
    assert_string_equal(r.output[0].data, "out\n");
    assert_string_equal(r.output[1].data, "err");
    rig_close(&r);
}

static void
test_runs_several_steps_over_one_session(void **state)
{
    const struct target target = target_of("fleet");
    struct rig r;

    (void)state;
    open_rig(&r);
    start_pool(&r);
    pool_connect(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connected", 1));
    for (int i = 0; i < 3; i++) {
        run_script(&r, "exit 0", 0, 0);
        assert_true(rig_wait(&r, "step_done", 1));
    }
    assert_int_equal(pool_open_count(r.pool), 1);
    pool_disconnect(r.pool, 0);
    assert_true(rig_wait(&r, "disconnected", 1));
    assert_int_equal(pool_open_count(r.pool), 0);
    assert_log(&r, "connected\nstep_sent\nstep_done 0 0\nstep_sent\nstep_done 0 0\n"
                   "step_sent\nstep_done 0 0\ndisconnected\n");
    rig_close(&r);
}

static void
test_uploads_a_file_of_several_windows(void **state)
{
    const struct target target = target_of("fleet");
    char from[80];
    char dest[80];
    char command[400];
    struct rig r;

    (void)state;
    (void)snprintf(from, sizeof(from), "%s/from", folder);
    (void)snprintf(dest, sizeof(dest), "%s/dest", folder);
    (void)snprintf(command, sizeof(command), "head -c 3000001 /dev/urandom >%s", from);
    assert_int_equal(system(command), 0);
    open_rig(&r);
    start_pool(&r);
    pool_connect(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connected", 1));
    const struct step_request q = {.kind = STEP_UPLOAD,
                                   .key = "1.0.1.0",
                                   .fd = open(from, O_RDONLY | O_CLOEXEC),
                                   .size = 3000001,
                                   .dest = dest,
                                   .mode = 0600};
    pool_run(r.pool, 0, &q);
    assert_true(rig_wait(&r, "step_done", 1));
    assert_log(&r, "connected\nstep_sent\nstep_done 0 0\n");
    (void)snprintf(command, sizeof(command), "cmp %s %s && rm %s %s", from, dest, from, dest);
    assert_int_equal(system(command), 0);
    rig_close(&r);
}

/* fault 1: a name that does not resolve */
/* fault 14: a key that is not accepted */
static void
test_names_the_phase_in_which_connecting_failed(void **state)
{
    static const struct {
        const char *user;
        const char *address;
        enum host_key_checking checking;
        int64_t auth_ms;
        const char *log;
        const char *text;
    } rows[] = {
        {"deny", "127.0.0.1", HOST_KEY_OFF, 10000, "connect_failed 6\n",
         " not accepted as deny: the server would still take: password"},
        {"stall-auth", "127.0.0.1", HOST_KEY_OFF, 200, "connect_failed 3\n",
         "auth: no answer in time"},
        {"fleet", "127.0.0.1", HOST_KEY_STRICT, 10000, "connect_failed 5\n",
         "host key: unknown: ssh-ed25519 SHA256:"},
        {"fleet", "no-such-name.invalid", HOST_KEY_STRICT, 10000, "connect_failed 1\n",
         "resolve: no-such-name.invalid: "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct target target = target_of(rows[i].user);
        struct rig r;
        open_rig(&r);
        struct pool_config config = rig_config(&r);
        config.checking = rows[i].checking;
        config.auth_timeout_ms = rows[i].auth_ms;
        r.pool = pool_new(&config);
        target.address = rows[i].address;
        pool_connect(r.pool, 0, &target);
        assert_true(rig_wait(&r, "connect_failed", 1));
        if (strcmp(r.log.data, "connect_failed 2\n") != 0) { /* no resolver on this machine */
            assert_log(&r, rows[i].log);
        }
        assert_text(&r, rows[i].text);
        assert_int_equal(pool_open_count(r.pool), 0);
        rig_close(&r);
    }
}

/* A child that does one thing with each connection. */
static pid_t
bad_server(const char *greeting, int reset, int *ret_port)
{
    const int listener = listen_on(ret_port);
    const pid_t pid = fork();

    if (pid != 0) {
        (void)close(listener);
        return pid;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        const struct linger now = {.l_onoff = 1};
        const int fd = accept(listener, NULL, NULL);
        if (greeting == NULL) {
            continue; /* never a word */
        }
        (void)send(fd, greeting, strlen(greeting), MSG_NOSIGNAL);
        if (reset) {
            (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        }
        (void)shutdown(fd, reset ? SHUT_RD : SHUT_WR);
        if (reset) {
            (void)close(fd);
        }
    }
}

/* fault 5: no banner, another's banner */
static void
test_tells_throttling_silence_and_garbage_apart(void **state)
{
    static const struct {
        const char *greeting;
        int reset;
        const char *log;
        const char *text;
    } rows[] = {
        {"", 0, "connect_failed 3 throttled\n", "closed before the banner"},
        {"Exceeded MaxStartups\r\n", 0, "connect_failed 3 throttled\n", "closed before the banner"},
        {"", 1, "connect_failed 3 throttled\n", ": "},
        {NULL, 0, "connect_failed 3\n", "no answer in time (no banner)"},
        {"SSH-1.5-old\r\n", 0, "connect_failed 4\n", "kex: "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct target target = target_of("fleet");
        struct rig r;
        const pid_t pid = bad_server(rows[i].greeting, rows[i].reset, &target.port);
        open_rig(&r);
        struct pool_config config = rig_config(&r);
        config.connect_timeout_ms = rows[i].greeting == NULL ? 300 : 10000;
        r.pool = pool_new(&config);
        pool_connect(r.pool, 0, &target);
        assert_true(rig_wait(&r, "connect_failed", 1));
        assert_log(&r, rows[i].log);
        assert_text(&r, rows[i].text);
        rig_close(&r);
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
    }
}

/* fault 4: connection refused */
static void
test_says_that_a_closed_port_refused(void **state)
{
    struct target target = target_of("fleet");
    struct rig r;

    (void)state;
    (void)close(listen_on(&target.port));
    open_rig(&r);
    start_pool(&r);
    pool_connect(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connect_failed", 1));
    assert_log(&r, "connect_failed 3\n");
    assert_text(&r, "Connection refused");
    rig_close(&r);
}

static void
test_disconnects_a_step_under_way_as_unknown(void **state)
{
    const struct target target = target_of("fleet");
    struct rig r;

    (void)state;
    open_rig(&r);
    start_pool(&r);
    pool_connect(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connected", 1));
    run_script(&r, "sleep 30", 0, 0);
    assert_true(rig_wait(&r, "step_sent", 1));
    pool_disconnect(r.pool, 0);
    assert_true(rig_wait(&r, "disconnected", 1));
    assert_non_null(strstr(r.log.data, " 14\ndisconnected\n"));
    pool_connect(r.pool, 0, &target); /* the id is free again */
    assert_true(rig_wait(&r, "connected", 1));
    rig_close(&r);
}

/* fault 26: the keepalive deadline */
static void
test_ends_a_connection_that_went_silent(void **state)
{
    const struct target target = target_of("freeze");
    struct rig r;

    (void)state;
    open_rig(&r);
    struct pool_config config = rig_config(&r);
    config.keepalive_ms = 100;
    r.pool = pool_new(&config);
    pool_connect(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connected", 1));
    run_script(&r, "true", 0, 0);
    assert_true(rig_wait(&r, "lost", 1));
    assert_log(&r, "connected\nstep_not_started 8\nlost\n");
    assert_text(&r, "connection lost: 3 keepalives without an answer");
    rig_close(&r);
}

/* The longest that a socket of ours is waited for. */
static int
longest_user_timeout(void)
{
    int longest = 0;

    for (int fd = 3; fd < 256; fd++) {
        socklen_t len = sizeof(int);
        int ms = 0;
        if (getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, &len) == 0 && ms > longest) {
            longest = ms;
        }
    }
    return longest;
}

/* ServerAliveCountMax 143165 in a file, for as good as ever: 12,704 ms if 32 bits were to hold it.
 */
static void
test_a_large_number_of_keepalives_is_not_a_short_time(void **state)
{
    static const struct {
        int64_t ms;
        int misses;
    } rows[] = {{30000, 143165}, {30000, INT_MAX}, {INT64_C(1000) * INT_MAX, INT_MAX}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct target target = target_of("fleet");
        struct rig r;
        target.keepalive_ms = rows[i].ms;
        target.keepalive_misses = rows[i].misses;
        open_rig(&r);
        start_pool(&r);
        pool_connect(r.pool, 0, &target);
        assert_true(rig_wait(&r, "connected", 1));
        assert_int_equal(longest_user_timeout(), INT_MAX);
        rig_close(&r);
    }
}

/* fault 24: a background child */
static void
test_does_not_know_of_a_step_whose_host_went_silent(void **state)
{
    const struct target target = target_of("fleet");
    struct rig r;

    (void)state;
    open_rig(&r);
    struct pool_config config = rig_config(&r);
    config.keepalive_ms = 50;
    r.pool = pool_new(&config);
    pool_connect(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connected", 1));
    run_script(&r, "sleep 2", 0, 0); /* the server answers nothing while it runs something */
    assert_true(rig_wait(&r, "lost", 1));
    assert_log(&r, "connected\nstep_sent\nstep_unknown 8\nlost\n");
    rig_close(&r);
}

static void
test_ends_an_upload_of_which_nothing_more_is_taken(void **state)
{
    const struct target target = target_of("window");
    char from[80];
    char command[200];
    struct rig r;

    (void)state;
    (void)snprintf(from, sizeof(from), "%s/from", folder);
    (void)snprintf(command, sizeof(command), "head -c 9000000 /dev/zero >%s", from);
    assert_int_equal(system(command), 0);
    open_rig(&r);
    struct pool_config config = rig_config(&r);
    config.keepalive_ms = 100; /* answered all the time, else it would be lost first */
    config.stall_ms = 700;
    r.pool = pool_new(&config);
    pool_connect(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connected", 1));
    const struct step_request q = {.kind = STEP_UPLOAD,
                                   .key = "1.0.1.0",
                                   .fd = open(from, O_RDONLY | O_CLOEXEC),
                                   .size = 9000000,
                                   .dest = "/nonexistent/dest",
                                   .mode = 0600};
    pool_run(r.pool, 0, &q);
    assert_true(rig_wait(&r, "lost", 1));
    assert_log(&r, "connected\nstep_sent\nstep_not_started 10\nlost\n");
    assert_text(&r, "stalled: the other side takes nothing more of what is sent");
    (void)unlink(from);
    rig_close(&r);
}

/* One descriptor more than are open: the second connection waits until the first is over. */
static void
test_waits_when_there_is_no_descriptor_and_blames_no_host(void **state)
{
    const struct target target = target_of("fleet");
    struct rlimit before;
    struct rig r;

    (void)state;
    open_rig(&r);
    start_pool(&r);
    pool_connect(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connected", 1));
    const int next = dup(0);
    (void)close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit low = {.rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    pool_connect(r.pool, 1, &target);
    assert_true(rig_wait(&r, "short_here", 1));
    assert_text(&r, "Too many open files");
    pool_disconnect(r.pool, 0);
    assert_true(rig_wait(&r, "connected", 1));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_log(&r, "connected\nshort_here 3\ndisconnected\nconnected\n");
    rig_close(&r);
}

/* The server closes two connections before the banner, then lets in. */
static pid_t
throttling_server(int *ret_port)
{
    const int listener = listen_on(ret_port);
    const pid_t pid = fork();

    if (pid != 0) {
        (void)close(listener);
        return pid;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 0; i < 2; i++) {
        (void)close(accept(listener, NULL, NULL));
    }
    server_serve(listener, key_path, server_connection);
    _exit(0);
}

static void
test_tries_again_who_was_throttled_and_tells_only_the_end(void **state)
{
    struct target target = target_of("fleet");
    const pid_t pid = throttling_server(&target.port);
    struct rig r;

    (void)state;
    open_rig(&r);
    struct pool_config config = rig_config(&r);
    config.retry_throttled = true;
    r.pool = pool_new(&config);
    pool_connect(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connected", 1));
    assert_log(&r, "connected\n");
    rig_close(&r);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

static void
test_a_connection_that_waits_for_its_turn_can_be_closed(void **state)
{
    const struct target target = target_of("fleet");
    struct rig r;

    (void)state;
    open_rig(&r);
    struct pool_config config = rig_config(&r);
    config.connect_rate = 1;
    r.pool = pool_new(&config);
    pool_connect(r.pool, 0, &target);
    pool_connect(r.pool, 1, &target);
    pool_connect(r.pool, 2, &target);
    assert_true(rig_wait(&r, "connected", 1));
    pool_disconnect(r.pool, 1);
    assert_true(rig_wait(&r, "disconnected", 1));
    assert_true(rig_wait(&r, "connected", 1));
    assert_log(&r, "connected\ndisconnected\nconnected\n");
    rig_close(&r);
}

static void
test_cuts_off_a_background_child_that_keeps_the_output_open(void **state)
{
    const struct target target = target_of("linger");
    struct rig r;

    (void)state;
    open_rig(&r);
    start_pool(&r);
    pool_connect(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connected", 1));
    run_script(&r, "echo hi; exit 4", 0, 0);
    assert_true(rig_wait(&r, "step_done", 1));
    assert_log(&r, "connected\nstep_sent\nstep_done 4 0\n");
    assert_text(&r, "a background process kept the output open; it was cut off");
    assert_string_equal(r.output[0].data, "hi\n");
    rig_close(&r);
}

/* So many turns of the loop through connecting and one step. */
static void
advance(struct rig *r, int turns)
{
    bool asked = false;

    for (int i = 0; i < turns && strstr(r->log.data, "step_done") == NULL; i++) {
        if (!asked && strstr(r->log.data, "connected") != NULL) {
            run_script(r, "exit 0", 0, 0);
            asked = true;
        }
        (void)event_base_loop(base, EVLOOP_ONCE);
    }
}

/* The state a call finds the slot in is up to the scheduler; none may crash or stay silent. */
static void
test_disconnects_at_any_moment(void **state)
{
    const struct target target = target_of("fleet");

    (void)state;
    for (int turns = 0; turns < 30; turns++) {
        struct rig r;
        open_rig(&r);
        start_pool(&r);
        pool_connect(r.pool, 0, &target);
        advance(&r, turns);
        pool_disconnect(r.pool, 0);
        assert_true(rig_wait(&r, "disconnected", 1));
        assert_null(strstr(r.log.data, "connect_failed"));
        assert_int_equal(pool_open_count(r.pool), 0);
        rig_close(&r);
    }
}

static void
test_frees_sessions_at_any_moment(void **state)
{
    const struct target target = target_of("fleet");

    (void)state;
    for (int turns = 0; turns < 30; turns++) {
        struct rig r;
        open_rig(&r);
        start_pool(&r);
        pool_connect(r.pool, 0, &target);
        advance(&r, turns);
        rig_close(&r);
    }
}

static void
test_answers_calls_about_a_session_that_is_gone(void **state)
{
    struct rig r;

    (void)state;
    open_rig(&r);
    start_pool(&r);
    run_script(&r, "true", 0, 0);
    pool_disconnect(r.pool, 0);
    assert_string_equal(r.log.data, "");
    assert_true(rig_wait(&r, "disconnected", 1));
    assert_log(&r, "step_not_started 8\ndisconnected\n");
    rig_close(&r);
}

static void
test_connects_sixty_at_once(void **state)
{
    enum { HOSTS = 60 };
    const struct target target = target_of("fleet");
    struct rig r;

    (void)state;
    open_rig(&r);
    start_pool(&r);
    for (int32_t id = 0; id < HOSTS; id++) {
        pool_connect(r.pool, id, &target);
    }
    assert_true(rig_wait(&r, "connected", HOSTS));
    assert_int_equal(pool_open_count(r.pool), HOSTS);
    for (int32_t id = 0; id < HOSTS; id++) {
        const struct step_request q = {
            .kind = STEP_SCRIPT, .key = "k", .script = "echo ok", .script_len = 7, .fd = -1};
        pool_run(r.pool, id, &q);
    }
    assert_true(rig_wait(&r, "step_done", HOSTS));
    assert_int_equal(r.output[0].len, 3 * HOSTS);
    rig_close(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tells_each_misbehaviour_apart),
        cmocka_unit_test(test_gives_both_streams_from_byte_zero),
        cmocka_unit_test(test_runs_several_steps_over_one_session),
        cmocka_unit_test(test_uploads_a_file_of_several_windows),
        cmocka_unit_test(test_names_the_phase_in_which_connecting_failed),
        cmocka_unit_test(test_tells_throttling_silence_and_garbage_apart),
        cmocka_unit_test(test_says_that_a_closed_port_refused),
        cmocka_unit_test(test_disconnects_a_step_under_way_as_unknown),
        cmocka_unit_test(test_ends_a_connection_that_went_silent),
        cmocka_unit_test(test_a_large_number_of_keepalives_is_not_a_short_time),
        cmocka_unit_test(test_does_not_know_of_a_step_whose_host_went_silent),
        cmocka_unit_test(test_ends_an_upload_of_which_nothing_more_is_taken),
        cmocka_unit_test(test_waits_when_there_is_no_descriptor_and_blames_no_host),
        cmocka_unit_test(test_tries_again_who_was_throttled_and_tells_only_the_end),
        cmocka_unit_test(test_a_connection_that_waits_for_its_turn_can_be_closed),
        cmocka_unit_test(test_cuts_off_a_background_child_that_keeps_the_output_open),
        cmocka_unit_test(test_disconnects_at_any_moment),
        cmocka_unit_test(test_frees_sessions_at_any_moment),
        cmocka_unit_test(test_answers_calls_about_a_session_that_is_gone),
        cmocka_unit_test(test_connects_sixty_at_once),
    };
    struct err err;

    zygote = zygote_start(&err);
    const int failed = zygote == NULL ? 1 : cmocka_run_group_tests(tests, setup, teardown);
    zygote_free(zygote);
    return failed;
}

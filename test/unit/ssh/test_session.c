/*
 * test_session.c - a session walks the table of states, has one deadline a phase, and 0 is none.
 */
#include "proc/lookup.h"
#include "unit/ssh/rig.h"
#include "unit/ssh/server.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

static struct zygote *zygote; /* started before libssh, as main() does */
static struct keyring *keyring;
static struct event_base *base;
static struct server server;
static char folder[] = "/tmp/im-session-XXXXXX";
static char key_path[64];
static const char *key_paths[] = {key_path, NULL};

/* Read stdin to its end, say the exit status first, what the shell wrote after it. */
static void
run_late(ssh_session s, ssh_channel c, const char *command)
{
    char bytes[4096];
    FILE *in = tmpfile();
    FILE *out = tmpfile();
    int status = 0;
    int n;

    while ((n = ssh_channel_read(c, bytes, sizeof(bytes), 0)) > 0) {
        (void)fwrite(bytes, 1, (size_t)n, in);
    }
    (void)fflush(in);
    rewind(in);
    const pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(fileno(in), 0);
        (void)dup2(fileno(out), 1);
        (void)dup2(open("/dev/null", O_WRONLY), 2);
        (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    (void)waitpid(pid, &status, 0);
    (void)ssh_channel_request_send_exit_status(c, WEXITSTATUS(status));
    (void)ssh_blocking_flush(s, 2000);
    rewind(out);
    while ((n = (int)fread(bytes, 1, sizeof(bytes), out)) > 0) {
        (void)ssh_channel_write(c, bytes, (uint32_t)n);
    }
    (void)ssh_channel_send_eof(c);
    (void)ssh_channel_close(c);
}

/* One connection; `stall-exec` never answers an exec, `late` is run_late, others are server.h's. */
static void
serve(ssh_bind b, int fd)
{
    ssh_session s = ssh_new();
    ssh_channel c = NULL;
    ssh_message m;
    char user[64] = "";

    if (ssh_bind_accept_fd(b, s, fd) != SSH_OK || ssh_handle_key_exchange(s) != SSH_OK) {
        _exit(0);
    }
    ssh_set_auth_methods(s, SSH_AUTH_METHOD_PUBLICKEY);
    while ((m = ssh_message_get(s)) != NULL) {
        const bool is_exec = ssh_message_type(m) == SSH_REQUEST_CHANNEL &&
                             ssh_message_subtype(m) == SSH_CHANNEL_REQUEST_EXEC;
        if (is_exec && strcmp(user, "stall-exec") == 0) {
            (void)pause();
        } else if (is_exec && strcmp(user, "late") == 0) {
            char command[8192];
            (void)snprintf(command, sizeof(command), "%s", ssh_message_channel_request_command(m));
            (void)ssh_message_channel_request_reply_success(m);
            run_late(s, c, command);
        } else {
            c = server_request(s, m, c, user);
        }
        ssh_message_free(m);
    }
    _exit(0);
}

static struct server
start_server(void)
{
    struct server made = {0};
    const int listener = listen_on(&made.port);
    const bool no = false;

    made.pid = fork();
    if (made.pid != 0) {
        (void)close(listener);
        return made;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    ssh_bind b = ssh_bind_new();
    (void)ssh_bind_options_set(b, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no);
    (void)ssh_bind_options_set(b, SSH_BIND_OPTIONS_HOSTKEY, key_path);
    for (;;) {
        const int fd = accept(listener, NULL, NULL);
        if (fd >= 0 && fork() == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            (void)close(listener);
            serve(b, fd);
        }
        (void)close(fd);
        while (waitpid(-1, NULL, WNOHANG) > 0) {}
    }
}

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
    server = start_server();
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

/* ---------------------------------------------------------------- a pool */

static struct buf trace;

static void
on_trace(void *arg, int32_t id, const char *from, const char *to)
{
    (void)arg;
    (void)id;
    (void)buf_addf(&trace, "%s>%s ", from, to);
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
open_rig(struct rig *r, int64_t connect_ms, int64_t auth_ms)
{
    *r = (struct rig){.base = base, .zygote = zygote, .keyring = keyring};
    rig_open(r);
    struct pool_config config = rig_config(r);
    config.connect_timeout_ms = connect_ms;
    config.auth_timeout_ms = auth_ms;
    config.events.trace = on_trace;
    r->pool = pool_new(&config);
    buf_init(&trace, 4096);
}

static void
close_rig(struct rig *r)
{
    rig_close(r);
    buf_release(&trace);
}

static void
run_script(struct rig *r, const char *script)
{
    const struct step_request q = {.kind = STEP_SCRIPT,
                                   .key = "1.0.1.0",
                                   .script = script,
                                   .script_len = strlen(script),
                                   .fd = -1};
    pool_run(r->pool, 0, &q);
}

static int64_t
now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t
connect_takes_ms(void)
{
    const struct target target = target_of("fleet");
    struct rig r;

    open_rig(&r, 50000, 50000);
    const int64_t begin_ms = now_ms();
    pool_connect(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connected", 1));
    const int64_t took_ms = now_ms() - begin_ms;
    close_rig(&r);
    return took_ms;
}

/* So long that everything before the phase under test is over, valgrind or not: many times what it
 * takes here and now, when the code has been run once; but shorter than rig_wait has patience. */
static int64_t
short_ms(void)
{
    enum { LEAST_MS = 400, TIMES = 8, MOST_MS = 20000 };

    (void)connect_takes_ms();
    const int64_t ms = LEAST_MS + TIMES * connect_takes_ms();
    return ms < MOST_MS ? ms : MOST_MS;
}

static void
assert_text(const struct rig *r, const char *part)
{
    if (strstr(r->text, part) == NULL) {
        fail_msg("expected \"%s\" in \"%s\"", part, r->text);
    }
}

/* ---------------------------------------------------------------- tests */

#define TO_READY                                                                                   \
    "resolve>resolve resolve>pace pace>connect connect>kex kex>host key host key>auth auth>ready " \
    "ready>channel "

static void
test_walks_the_table_of_states(void **state)
{
    static const struct {
        const char *user;
        const char *last;
        const char *states;
    } rows[] = {
        {"fleet", "step_done",
         TO_READY "channel>exec exec>step step>close close>ready ready>channel channel>exec "
                  "exec>step step>close close>ready ready>gone "},
        {"nochannel", "step_not_started",
         TO_READY "channel>close close>ready ready>channel channel>close close>ready ready>gone "},
        {"noexec", "step_not_started",
         TO_READY "channel>exec exec>close close>ready ready>channel channel>exec exec>close "
                  "close>ready ready>gone "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct target target = target_of(rows[i].user);
        struct rig r;
        open_rig(&r, 60000, 60000);
        pool_connect(r.pool, 0, &target);
        assert_true(rig_wait(&r, "connected", 1));
        for (int step = 0; step < 2; step++) {
            run_script(&r, "exit 0");
            assert_true(rig_wait(&r, rows[i].last, 1));
        }
        pool_disconnect(r.pool, 0);
        assert_true(rig_wait(&r, "disconnected", 1));
        assert_string_equal(trace.data, rows[i].states);
        close_rig(&r);
    }
}

/* A server that says who it is, and then nothing. */
static pid_t
mute_server(int *ret_port)
{
    const int listener = listen_on(ret_port);
    const pid_t pid = fork();

    if (pid != 0) {
        (void)close(listener);
        return pid;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        const int fd = accept(listener, NULL, NULL);
        (void)send(fd, "SSH-2.0-mute\r\n", 14, MSG_NOSIGNAL);
    }
}

/* fault 7: the deadline of a key exchange */
static void
test_a_key_exchange_that_stalls_is_named(void **state)
{
    struct target target = target_of("fleet");
    const pid_t pid = mute_server(&target.port);
    struct rig r;

    (void)state;
    open_rig(&r, short_ms(), 60000);
    pool_connect(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connect_failed", 1));
    assert_string_equal(r.log.data, "connect_failed 4\n");
    assert_text(&r, "kex: no answer in time");
    close_rig(&r);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

static void
test_a_step_that_is_never_answered_is_not_started(void **state)
{
    static const struct {
        const char *user;
        const char *text;
    } rows[] = {
        {"freeze", "channel: no answer in time"},
        {"stall-exec", "exec: no answer in time"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct target target = target_of(rows[i].user);
        struct rig r;
        open_rig(&r, short_ms(), 60000);
        pool_connect(r.pool, 0, &target);
        assert_true(rig_wait(&r, "connected", 1));
        run_script(&r, "true");
        assert_true(rig_wait(&r, "lost", 1));
        assert_string_equal(r.log.data, "connected\nstep_not_started 8\nlost\n");
        assert_text(&r, rows[i].text);
        close_rig(&r);
    }
}

/* As settings.c promises: "0: no limit". */
static void
test_zero_is_no_limit_and_a_name_is_resolved_without_one(void **state)
{
    struct target target = target_of("fleet");
    struct rig r;

    (void)state;
    target.address = "loop.test";
    open_rig(&r, 0, 0);
    pool_connect(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connected", 1));
    run_script(&r, "exit 7");
    assert_true(rig_wait(&r, "step_done", 1));
    assert_string_equal(r.log.data, "connected\nstep_sent\nstep_done 7 0\n");
    close_rig(&r);
}

/* RFC 4254 6.10 orders status and data in no way; the header may come last of all. */
/* fault 23: output after the exit status */
static void
test_keeps_output_that_comes_after_the_exit_status(void **state)
{
    const struct target target = target_of("late");
    struct rig r;

    (void)state;
    open_rig(&r, 60000, 60000);
    pool_connect(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connected", 1));
    run_script(&r, "echo late; exit 3");
    assert_true(rig_wait(&r, "step_done", 1));
    assert_non_null(strstr(r.log.data, "step_done 3 0\n"));
    assert_string_equal(r.output[0].data, "late\n");
    assert_int_equal(r.text[0], '\0'); /* nothing was cut off */
    close_rig(&r);
}

/* Not the system's: a tree without /etc/hosts knows no localhost. */
static void
look_up(const char *name, struct lookup_answer *ret)
{
    struct sockaddr_in *in = (struct sockaddr_in *)&ret->addresses.items[0];

    ret->result = strcmp(name, "loop.test") == 0 ? RESOLVE_OK : RESOLVE_NO_NAME;
    *in = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    ret->addresses.sizes[0] = sizeof(*in);
    ret->addresses.count = 1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walks_the_table_of_states),
        cmocka_unit_test(test_a_key_exchange_that_stalls_is_named),
        cmocka_unit_test(test_a_step_that_is_never_answered_is_not_started),
        cmocka_unit_test(test_zero_is_no_limit_and_a_name_is_resolved_without_one),
        cmocka_unit_test(test_keeps_output_that_comes_after_the_exit_status),
    };
    struct err err;

    zygote = zygote_start_with(look_up, &err);
    const int failed = zygote == NULL ? 1 : cmocka_run_group_tests(tests, setup, teardown);
    zygote_free(zygote);
    return failed;
}

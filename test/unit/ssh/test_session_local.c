/*
 * test_session_local.c - this machine as a host: the same steps, the same ends, and what is killed.
 */
#include "proc/local.h"
#include "unit/ssh/rig.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ssh/session.h"
#include <cmocka.h>

enum { GRACE_MS = 500, MANY = 40 };

static struct event_base *base;
static struct locals *locals;
static char folder[64];
static const struct target here = {.name = "web-01", .local = true};

static int
setup(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/im-here-XXXXXX");
    base = event_base_new();
    locals = locals_new(&(struct locals_config){.base = base, .grace_ms = GRACE_MS});
    return mkdtemp(folder) == NULL || setenv("HOME", folder, 1) < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
    char command[128];

    (void)state;
    locals_free(locals);
    event_base_free(base);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

/* Connected. */
static void
open_here(struct rig *r)
{
    *r = (struct rig){.base = base, .locals = locals};
    rig_open(r);
    const struct pool_config config = rig_config(r);
    r->pool = pool_new(&config);
    pool_connect(r->pool, 0, &here);
    assert_true(rig_wait(r, "connected", 1));
}

static struct step_request
request_of(const char *script)
{
    return (struct step_request){.kind = STEP_SCRIPT,
                                 .key = "1.0.1.0",
                                 .script = script,
                                 .script_len = strlen(script),
                                 .fd = -1};
}

static void
run_script(struct rig *r, const char *script)
{
    const struct step_request q = request_of(script);

    pool_run(r->pool, 0, &q);
}

static void
assert_log(struct rig *r, const char *expected)
{
    assert_string_equal(rig_log(r), expected);
}

/* A FIFO in the home whose end tells that nobody of a step lives. */
static int
open_witness(void)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/alive", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static bool
nobody_lives(int fd)
{
    char bytes[64];
    ssize_t n;

    while ((n = read(fd, bytes, sizeof(bytes))) > 0) {}
    return n == 0;
}

/* KILL has been sent: who runs no more may still be on his way out. */
static bool
all_are_gone(int fd)
{
    struct pollfd end = {.fd = fd, .events = POLLIN};

    /* One that nobody ever opened is at its end, but poll does not say so. */
    return nobody_lives(fd) || (poll(&end, 1, 20000) == 1 && nobody_lives(fd));
}

static void
test_ends_as_a_step_on_a_host_does(void **state)
{
    static const struct {
        const char *script;
        const char *guard;
        int64_t timeout_ms;
        int64_t idle_ms;
        const char *last;
        const char *log;
        const char *text;
    } rows[] = {
        {"echo hi; exit 3", NULL, 0, 0, "step_done", "connected\nstep_sent\nstep_done 3 0\n", ""},
        {"cat; exit 0", NULL, 0, 0, "step_done", "connected\nstep_sent\nstep_done 0 0\n", ""},
        {"exec >&- 2>&-; exit 4", NULL, 0, 0, "step_done", "connected\nstep_sent\nstep_done 4 0\n",
         ""},
        {"kill -9 $$", NULL, 0, 0, "step_done", "connected\nstep_sent\nstep_done 137 0\n", ""},
        {"kill -9 $PPID", NULL, 0, 0, "step_done", "connected\nstep_sent\nstep_done 0 9\n", ""},
        {"no-such-command", NULL, 0, 0, "step_done", "connected\nstep_sent\nstep_done 127 0\n", ""},
        {"exit 5", "false", 0, 0, "step_done", "connected\nstep_sent\nstep_done 5 0\n", ""},
        {"sleep 600", NULL, 200, 0, "lost", "connected\nstep_sent\nstep_unknown 9\nlost\n",
         "not finished at its time limit: killed"},
        {"echo x; sleep 600", NULL, 0, 200, "lost", "connected\nstep_sent\nstep_unknown 10\nlost\n",
         "no output for its idle limit: killed"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig r;
        open_here(&r);
        struct step_request q = request_of(rows[i].script);
        q.guard = rows[i].guard;
        q.guard_len = q.guard == NULL ? 0 : strlen(q.guard);
        q.timeout_ms = rows[i].timeout_ms;
        q.idle_ms = rows[i].idle_ms;
        pool_run(r.pool, 0, &q);
        assert_true(rig_wait(&r, rows[i].last, 1));
        assert_log(&r, rows[i].log);
        assert_string_equal(r.text, rows[i].text);
        rig_close(&r);
    }
}

static void
test_gives_a_step_what_a_host_would(void **state)
{
    static const char script[] =
        "pwd; cat; readlink /proc/self/fd/0; env -u _ -u PWD -u OLDPWD -u SHLVL | sort\n"
        "(: </dev/tty) 2>/dev/null && echo terminal\n"
        "[ \"$(cut -d' ' -f6 /proc/$$/stat)\" = \"$(cut -d' ' -f6 /proc/$PPID/stat)\" ] || echo "
        "other\n"
        "cut -d' ' -f6 /proc/$$/stat >session; word=sec; word=${word}ret-word\n"
        "for p in $$ $PPID; do tr '\\0' ' ' </proc/$p/cmdline; done | grep $word\n"
        "ls /proc/self/fd | tr '\\n' ' '; echo of >&2 # secret-word";
    char expected[512];
    char path[128];
    struct rig r;
    int session = 0;

    (void)state;
    (void)setenv("IM_TEST_SECRET", "geheim", 1);
    (void)setenv("LANG", "C", 1);
    (void)setenv("PATH", "/usr/bin:/bin", 1);
    open_here(&r);
    run_script(&r, script);
    assert_true(rig_wait(&r, "step_done", 1));
    (void)snprintf(expected, sizeof(expected),
                   "%s\n/dev/null\nHOME=%s\nLANG=C\nPATH=/usr/bin:/bin\n0 1 2 3 ", folder, folder);
    assert_string_equal(r.output[0].data, expected);
    assert_string_equal(r.output[1].data, "of\n");
    (void)snprintf(path, sizeof(path), "%s/session", folder);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &session), 1);
    (void)fclose(f);
    assert_int_not_equal(session, getsid(0));
    rig_close(&r);
}

static void
test_runs_steps_one_after_the_other(void **state)
{
    struct rig r;

    (void)state;
    open_here(&r);
    for (int i = 0; i < 20; i++) {
        run_script(&r, "echo x");
        assert_true(rig_wait(&r, "step_done", 1));
    }
    assert_int_equal(r.output[0].len, 40);
    pool_disconnect(r.pool, 0);
    assert_true(rig_wait(&r, "disconnected", 1));
    assert_int_equal(pool_open_count(r.pool), 0);
    rig_close(&r);
}

static int64_t counted;

static void
count_output(void *arg, int32_t id, int stderr_stream, const char *bytes, size_t len)
{
    (void)arg;
    (void)id;
    (void)stderr_stream;
    for (size_t i = 0; i < len; i += 4096) {
        assert_int_equal(bytes[i], 0);
    }
    counted += (int64_t)len;
}

static void
test_a_hundred_megabytes_come_through(void **state)
{
    struct rig r = {.base = base, .locals = locals};

    (void)state;
    counted = 0;
    rig_open(&r);
    struct pool_config config = rig_config(&r);
    config.events.output = count_output;
    r.pool = pool_new(&config);
    pool_connect(r.pool, 0, &here);
    assert_true(rig_wait(&r, "connected", 1));
    run_script(&r, "head -c 50000000 /dev/zero >&2 & head -c 50000000 /dev/zero; wait");
    assert_true(rig_wait(&r, "step_done", 1));
    assert_int_equal(counted, 100000000);
    rig_close(&r);
}

static void
upload(struct rig *r, const char *path, const char *dest, int64_t size)
{
    const struct step_request q = {.kind = STEP_UPLOAD,
                                   .key = "k",
                                   .fd = open(path, O_RDONLY | O_CLOEXEC),
                                   .size = size,
                                   .dest = dest,
                                   .mode = 0640};

    assert_true(q.fd >= 0);
    pool_run(r->pool, 0, &q);
}

static void
test_an_upload_arrives_byte_for_byte(void **state)
{
    char path[128];
    char dest[128];
    char command[512];
    struct rig r;
    struct stat st;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/from", folder);
    (void)snprintf(dest, sizeof(dest), "%s/to it", folder);
    (void)snprintf(command, sizeof(command), "head -c 8000001 /dev/urandom >%s", path);
    assert_int_equal(system(command), 0);
    open_here(&r);
    upload(&r, path, dest, 8000001);
    assert_true(rig_wait(&r, "step_done", 1));
    assert_log(&r, "connected\nstep_sent\nstep_done 0 0\n");
    (void)snprintf(command, sizeof(command), "cmp %s '%s' && ls -A %s | wc -l | grep -qx 2", path,
                   dest, folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(stat(dest, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);

    upload(&r, path, dest, 8000000); /* "became longer": its trailer is never sent */
    assert_true(rig_wait(&r, "step_done", 1));
    assert_non_null(strstr(r.log.data, "step_done 74 0\n"));
    assert_int_equal(system(command), 0); /* the old one stands, and nothing beside it */
    rig_close(&r);
}

/* The trap speaks, a second process hears no TERM. */
static void
test_the_whole_group_is_killed(void **state)
{
    static const char script[] = "exec 0>alive; (trap '' TERM; exec sleep 600 0>alive) &\n"
                                 "trap 'echo bye; exit 1' TERM; echo ready; wait";
    const int alive = open_witness();
    struct rig r;

    (void)state;
    open_here(&r);
    run_script(&r, script);
    while (strstr(r.output[0].data == NULL ? "" : r.output[0].data, "ready") == NULL) {
        assert_true(rig_wait(&r, "output", 1));
    }
    pool_disconnect(r.pool, 0);
    assert_true(rig_wait(&r, "disconnected", 1));
    assert_true(all_are_gone(alive));
    assert_log(&r, "connected\nstep_sent\nstep_unknown 14\ndisconnected\n");
    assert_string_equal(r.text, "closed by the operator: killed");
    assert_non_null(strstr(r.output[0].data, "bye\n"));
    rig_close(&r);
    (void)close(alive);
}

/* As a step that has become root is not ours to kill. */
static void
test_says_so_when_it_could_not_be_killed(void **state)
{
    const int alive = open_witness();
    struct rig r;

    (void)state;
    if (geteuid() != 0) {
        skip();
    }
    open_here(&r);
    run_script(&r, "exec 0>alive; echo $PPID; sleep 600");
    assert_true(rig_wait(&r, "output", 1));
    const pid_t group = (pid_t)strtol(r.output[0].data, NULL, 10);
    assert_int_equal(setresuid(65534, 65534, 0), 0);
    pool_disconnect(r.pool, 0);
    const bool told = rig_wait(&r, "disconnected", 1);
    assert_int_equal(setresuid(0, 0, 0), 0);
    assert_true(told);
    assert_log(&r, "connected\nstep_sent\nstep_unknown 14\ndisconnected\n");
    assert_string_equal(r.text, "closed by the operator: could not be killed, may still run");
    assert_false(nobody_lives(alive));
    assert_int_equal(kill(-group, SIGKILL), 0);
    rig_close(&r);
    (void)close(alive);
}

static void
test_says_so_when_something_left_the_group(void **state)
{
    struct rig r;

    (void)state;
    open_here(&r);
    run_script(&r, "setsid sh -c 'echo $$; exec sleep 600' & wait");
    assert_true(rig_wait(&r, "output", 1));
    pool_disconnect(r.pool, 0);
    assert_true(rig_wait(&r, "disconnected", 1));
    assert_string_equal(r.text, "closed by the operator: could not be killed, may still run");
    assert_int_equal(kill((pid_t)strtol(r.output[0].data, NULL, 10), SIGKILL), 0);
    rig_close(&r);
}

static void
test_begins_in_the_home_of_the_account_where_none_is_told(void **state)
{
    struct rig r;

    (void)state;
    (void)unsetenv("HOME");
    open_here(&r);
    run_script(&r,
               "h=$(getent passwd \"$(id -u)\" | cut -d: -f6); [ \"$(pwd -P)\" = \"$(cd \"$h\" && "
               "pwd -P)\" ] && [ \"$HOME\" = \"$h\" ]");
    assert_true(rig_wait(&r, "step_done", 1));
    assert_log(&r, "connected\nstep_sent\nstep_done 0 0\n");
    rig_close(&r);
}

static void
test_what_was_left_in_the_background_lives_and_is_cut_off(void **state)
{
    struct rig r;

    (void)state;
    open_here(&r);
    run_script(&r, "sleep 600 & echo $!");
    assert_true(rig_wait(&r, "step_done", 1));
    assert_log(&r, "connected\nstep_sent\nstep_done 0 0\n");
    assert_string_equal(r.text, "a background process kept the output open; it was cut off");
    assert_int_equal(kill((pid_t)strtol(r.output[0].data, NULL, 10), SIGKILL), 0);
    run_script(&r, "echo next");
    assert_true(rig_wait(&r, "step_done", 1));
    rig_close(&r);
}

static void
test_a_step_that_cannot_begin_says_why(void **state)
{
    struct rig r;

    (void)state;
    open_here(&r);
    (void)setenv("HOME", "/no/such/folder", 1);
    run_script(&r, "true");
    assert_true(rig_wait(&r, "step_not_started", 1));
    assert_log(&r, "connected\nstep_not_started 7\n");
    assert_string_equal(r.text, "exec: cannot run in /no/such/folder: No such file or directory");
    (void)setenv("HOME", folder, 1);
    run_script(&r, "true");
    assert_true(rig_wait(&r, "step_done", 1));
    rig_close(&r);
}

/* More than the line of `local` steps lets run at once: each waits for all the others. */
static void
test_no_step_stands_in_line(void **state)
{
    static const char script[] =
        "echo x >>all; while [ $(wc -l <all) -lt 40 ]; do sleep 0.05; done";
    struct rig r = {.base = base, .locals = locals};

    (void)state;
    _Static_assert((int)MANY == 40 && (int)MANY > (int)LOCAL_CHILDREN_MAX, "more than the line");
    rig_open(&r);
    const struct pool_config config = rig_config(&r);
    r.pool = pool_new(&config);
    for (int32_t id = 0; id < MANY; id++) {
        pool_connect(r.pool, id, &here);
    }
    assert_true(rig_wait(&r, "connected", MANY));
    for (int32_t id = 0; id < MANY; id++) {
        const struct step_request q = request_of(script);
        pool_run(r.pool, id, &q);
    }
    assert_true(rig_wait(&r, "step_done", MANY));
    rig_close(&r);
}

/* Under way for so many turns of the loop, or until its last words. */
static void
begin_and_turn(struct rig *r, int turns)
{
    open_here(r);
    run_script(r, "exec 0>alive; echo a; echo b >&2; exec sleep 600");
    for (int i = 0; i < turns && r->output[1].len == 0; i++) {
        (void)event_base_loop(base, i % 2 == 0 ? EVLOOP_NONBLOCK : EVLOOP_ONCE);
    }
}

static void
test_may_be_closed_at_any_moment(void **state)
{
    const int alive = open_witness();

    (void)state;
    for (int turns = 0; turns < 20; turns++) {
        struct rig r;
        begin_and_turn(&r, turns);
        pool_disconnect(r.pool, 0);
        assert_true(rig_wait(&r, "disconnected", 1));
        assert_true(all_are_gone(alive));
        rig_close(&r);
    }
    (void)close(alive);
}

static void
test_may_be_freed_at_any_moment_and_leaves_nothing(void **state)
{
    const int alive = open_witness();

    (void)state;
    for (int turns = 0; turns < 20; turns++) {
        struct rig r;
        begin_and_turn(&r, turns);
        rig_close(&r);
    }
    locals_free(locals);
    locals = NULL;
    assert_true(all_are_gone(alive));
    (void)close(alive);
}

/* ---------------------------------------------------------------- the session by itself */

struct heard {
    struct session *session;
    struct buf bytes;
    bool woken;
};

static void
on_wake(void *arg)
{
    ((struct heard *)arg)->woken = true;
}

static void
on_bytes(void *arg, bool is_stderr, const char *bytes, size_t len)
{
    assert_false(is_stderr);
    (void)buf_add(&((struct heard *)arg)->bytes, bytes, len);
}

static void
begin(struct heard *h, const char *command)
{
    *h = (struct heard){.session = session_new_local(locals, on_wake, h)};
    buf_init(&h->bytes, 1 << 24);
    assert_int_equal(session_fd(h->session), -1);
    session_channel(h->session, on_bytes, h);
    assert_int_equal(session_channel_open(h->session), SESSION_OK);
    assert_int_equal(session_channel_exec(h->session, command), SESSION_OK);
}

static void
end(struct heard *h)
{
    session_free(h->session);
    buf_release(&h->bytes);
}

/* Write all of it as there is room, then EOF, to the end.  Returns the bytes taken. */
static size_t
give(struct heard *h, const char *bytes, size_t len)
{
    const struct session_exit *e = session_channel_exit(h->session);
    size_t given = 0;

    while (!e->eof) {
        const size_t room = session_channel_room(h->session);
        const size_t part = room < len - given ? room : len - given;
        if (part > 0) {
            const int n = session_channel_write(h->session, bytes + given, part);
            assert_true(n >= 0);
            given += (size_t)n;
            continue;
        }
        if (given == len) {
            assert_int_equal(session_channel_eof(h->session), SESSION_OK);
        }
        (void)event_base_loop(base, EVLOOP_ONCE);
    }
    assert_true(h->woken);
    return given;
}

static void
test_bytes_go_both_ways_without_waiting(void **state)
{
    enum { LEN = 3000000 };
    char *bytes = malloc(LEN);
    struct heard h;

    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < LEN; i++) {
        bytes[i] = (char)(i * 31 + i / 251);
    }
    begin(&h, "cat; exit 9");
    assert_int_equal(give(&h, bytes, LEN), LEN);
    assert_int_equal(session_channel_exit(h.session)->status, 9);
    assert_int_equal(h.bytes.len, LEN);
    assert_memory_equal(h.bytes.data, bytes, LEN);
    end(&h);
    free(bytes);
}

static void
test_a_command_that_reads_no_more_is_waited_for(void **state)
{
    static char bytes[1 << 20];
    struct heard h;

    (void)state;
    begin(&h, "exec <&-; sleep 0.1; echo out; exit 7");
    assert_true(give(&h, bytes, sizeof(bytes)) < sizeof(bytes));
    assert_true(session_channel_exit(h.session)->has_status);
    assert_int_equal(session_channel_exit(h.session)->status, 7);
    assert_string_equal(h.bytes.data, "out\n");
    assert_int_equal(session_channel_room(h.session), 0);
    end(&h);
}

static void
test_the_signal_that_ended_it_has_its_name(void **state)
{
    struct heard h;

    (void)state;
    begin(&h, "kill -SEGV $$");
    (void)give(&h, "", 0);
    assert_false(session_channel_exit(h.session)->has_status);
    assert_string_equal(session_channel_exit(h.session)->signal, "SEGV");
    assert_false(session_channel_kill(h.session));
    end(&h);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_ends_as_a_step_on_a_host_does),
        T(test_gives_a_step_what_a_host_would),
        T(test_runs_steps_one_after_the_other),
        T(test_a_hundred_megabytes_come_through),
        T(test_an_upload_arrives_byte_for_byte),
        T(test_the_whole_group_is_killed),
        T(test_says_so_when_it_could_not_be_killed),
        T(test_says_so_when_something_left_the_group),
        T(test_begins_in_the_home_of_the_account_where_none_is_told),
        T(test_what_was_left_in_the_background_lives_and_is_cut_off),
        T(test_a_step_that_cannot_begin_says_why),
        T(test_no_step_stands_in_line),
        T(test_may_be_closed_at_any_moment),
        T(test_may_be_freed_at_any_moment_and_leaves_nothing),
        T(test_bytes_go_both_ways_without_waiting),
        T(test_a_command_that_reads_no_more_is_waited_for),
        T(test_the_signal_that_ended_it_has_its_name),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_proxy.c - hosts behind a program: what it says and how it ends is told once, and nothing of
 * it is left, neither a process nor a descriptor, whenever the pool ends.
 */
#include "proc/local.h"
#include "proc/proxy.h"
#include "unit/ssh/rig.h"
#include "unit/ssh/server.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { GRACE_MS = 100, SHORT_MS = 300, LONG_MS = 60000, LOOKS = 6000, LOOK_US = 10000 };
enum { MANY = PROXIES_RUNNING_MAX + 6 };

/* Passes bytes on to a port of this machine, both ways. */
static const char relay[] = "import os, select, socket, sys\n"
                            "s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
                            "ends = {0: s.fileno(), s.fileno(): 1}\n"
                            "while True:\n"
                            "    for fd in select.select(list(ends), [], [])[0]:\n"
                            "        data = os.read(fd, 65536)\n"
                            "        if not data:\n"
                            "            sys.exit(0)\n"
                            "        while data:\n"
                            "            data = data[os.write(ends[fd], data):]\n";

static struct zygote *zygote; /* started before libssh, as main() does */
static struct keyring *keyring;
static struct event_base *base;
static struct locals *locals;
static struct server server;
static char folder[64];
static char key[96];
static const char *keys[2];
static char command[256];
static struct target host;
static int warnings;

static bool
put(const char *name, const char *text)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    const bool written = f != NULL && fputs(text, f) >= 0;
    return f != NULL && fclose(f) == 0 && written;
}

static int
setup(void **state)
{
    struct err err;
    ssh_key made = NULL;

    (void)state;
    /* An init that takes its time to collect the dead would only hold us up. */
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)snprintf(folder, sizeof(folder), "/tmp/im-proxy-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(key, sizeof(key), "%s/key", folder);
    if (ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &made) != SSH_OK ||
        ssh_pki_export_privkey_file(made, NULL, NULL, NULL, key) != SSH_OK ||
        chmod(key, 0600) < 0 || !put("relay", relay)) {
        return -1;
    }
    ssh_key_free(made);
    keys[0] = key;
    server = server_start(key);
    base = event_base_new();
    locals = locals_new(&(struct locals_config){.base = base, .grace_ms = GRACE_MS});
    zygote_attach(zygote, base);
    keyring = keyring_new();
    return keyring_load(keyring, key, &err);
}

static int
teardown(void **state)
{
    char remove[128];

    (void)state;
    server_stop(&server);
    keyring_free(keyring);
    locals_free(locals);
    zygote_detach(zygote);
    event_base_free(base);
    (void)snprintf(remove, sizeof(remove), "rm -rf '%s'", folder);
    return system(remove);
}

static void
count_warning(void *arg, int32_t id, const char *text)
{
    (void)arg;
    (void)id;
    warnings += strstr(text, "64 proxy commands run at once") != NULL;
}

/* The program writes its process id first: it leads a group of its own. */
static void
open_rig(struct rig *r, const char *program, int64_t connect_ms)
{
    char text[1024];

    assert_true(put("pids", ""));
    (void)snprintf(text, sizeof(text), "echo $$ >>%s/pids\n%s\n", folder, program);
    assert_true(put("program", text));
    (void)snprintf(command, sizeof(command), "sh %s/program %s %d", folder, folder, server.port);
    host = (struct target){.name = "web-01",
                           .address = "nosuch.invalid", /* never looked up */
                           .port = 22,
                           .user = "fleet",
                           .proxy_command = command,
                           .key_paths = keys};
    *r = (struct rig){.base = base, .zygote = zygote, .locals = locals, .keyring = keyring};
    rig_open(r);
    struct pool_config config = rig_config(r);
    config.connect_timeout_ms = connect_ms;
    config.events.warning = count_warning;
    r->pool = pool_new(&config);
    warnings = 0;
}

/* Process ids that were written; alive: of those whose group still has somebody. */
static int
programs(bool alive)
{
    char path[128];
    int count = 0;
    int pid;

    (void)snprintf(path, sizeof(path), "%s/pids", folder);
    FILE *f = fopen(path, "r");
    while (f != NULL && fscanf(f, "%d", &pid) == 1) {
        if (alive) {
            (void)waitpid(-pid, NULL, WNOHANG); /* what its parent has left to us */
        }
        count += !alive || kill(-pid, 0) == 0 || errno != ESRCH;
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return count;
}

static void
kill_programs(int signal)
{
    char path[128];
    int pid;

    (void)snprintf(path, sizeof(path), "%s/pids", folder);
    FILE *f = fopen(path, "r");
    while (f != NULL && fscanf(f, "%d", &pid) == 1) {
        (void)kill(pid, signal);
    }
    if (f != NULL) {
        (void)fclose(f);
    }
}

/* Looks at the fact while the loop runs. */
static bool
wait_programs(bool alive, int expected)
{
    for (int i = 0; i < LOOKS && programs(alive) != expected; i++) {
        (void)event_base_loop(base, EVLOOP_NONBLOCK);
        (void)usleep(LOOK_US);
    }
    return programs(alive) == expected;
}

static int
descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    int count = 0;

    while (readdir(d) != NULL) {
        count++;
    }
    (void)closedir(d);
    return count;
}

/* No process is left, and no descriptor. */
static void
close_rig(struct rig *r, int descriptors_before)
{
    rig_close(r);
    assert_true(wait_programs(true, 0));
    for (int i = 0; i < LOOKS && descriptors() != descriptors_before; i++) {
        (void)event_base_loop(base, EVLOOP_NONBLOCK);
        (void)usleep(LOOK_US);
    }
    assert_int_equal(descriptors(), descriptors_before);
}

#define RELAY "exec /usr/bin/python3 $1/relay $2"

static void
test_reaches_a_host_through_a_program(void **state)
{
    const int before = descriptors();
    struct rig r;

    (void)state;
    open_rig(&r, RELAY, LONG_MS);
    pool_connect(r.pool, 0, &host);
    assert_true(rig_wait(&r, "connected", 1));
    rig_run(&r, 0, "echo hi; echo no >&2; exit 3");
    assert_true(rig_wait(&r, "step_done", 1));
    pool_disconnect(r.pool, 0);
    assert_true(rig_wait(&r, "disconnected", 1));
    assert_string_equal(rig_log(&r), "connected\nstep_sent\nstep_done 3 0\ndisconnected\n");
    assert_string_equal(r.output[0].data, "hi\n");
    assert_string_equal(r.output[1].data, "no\n");
    close_rig(&r, before);
}

/* fault 6: a program that ends with words of its own is no server that throttles */
static void
test_says_how_a_program_failed(void **state)
{
    static const struct {
        const char *program;
        const char *log;
        const char *text;
        bool is_slow; /* only the deadline ends it */
    } rows[] = {
        {"echo one >&2; echo no way >&2; exit 3", "connect_failed 3\n",
         "kex: closed before the banner", false},
        {"echo one >&2; echo no way >&2; exit 3", "connect_failed 3\n",
         " (the proxy command ended with exit code 3, saying: no way)", false},
        {"printf 'half a line' >&2; exit 1", "connect_failed 3\n",
         "exit code 1, saying: half a line)", false},
        {"printf 'a\\033[31mb\\a\\r\\n' >&2; exit 1", "connect_failed 3\n",
         "saying: a\\x1b[31mb\\x07)", false},
        {"exit 255", "connect_failed 3\n", "(the proxy command ended with exit code 255)", false},
        {"kill -HUP $$", "connect_failed 3\n", "(the proxy command ended by signal 1)", false},
        {"exec $1/nosuch", "connect_failed 3\n", "ended with exit code 127, saying: ", false},
        {"exit 0", "connect_failed 3 throttled\n", "kex: throttled: closed before the banner",
         false},
        {"echo gone >&2; exec >&- <&-; sleep 300", "connect_failed 3\n",
         "(the proxy command said: gone)", false},
        {"echo looking >&2; sleep 300 & wait", "connect_failed 3\n",
         "no answer in time (no banner) (the proxy command said: looking)", true},
        {"trap '' TERM; echo deaf >&2; while :; do sleep 1; done", "connect_failed 3\n",
         "(the proxy command said: deaf)", true},
        {"exec yes", "connect_failed 4\n", "no SSH server: more than 64 KB before the banner",
         false},
    };
    const int before = descriptors();

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig r;
        open_rig(&r, rows[i].program, rows[i].is_slow ? SHORT_MS : LONG_MS);
        pool_connect(r.pool, 0, &host);
        assert_true(rig_wait(&r, "connect_failed", 1));
        if (strcmp(rig_log(&r), rows[i].log) != 0 || strstr(r.text, rows[i].text) == NULL) {
            fail_msg("%s: %s%s", rows[i].program, r.log.data, r.text);
        }
        close_rig(&r, before);
    }
}

/* fault 20: endless words of a proxy command are bounded, and hold up nobody */
static void
test_a_flood_of_words_is_bounded(void **state)
{
    static const struct {
        const char *program;
        int64_t connect_ms;
    } rows[] = {
        {"head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 1", LONG_MS},
        {"head -c 1000000 /dev/zero >&2; exit 1", LONG_MS},
        {"yes so many words >&2", SHORT_MS},
    };
    const int before = descriptors();

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig r;
        open_rig(&r, rows[i].program, rows[i].connect_ms);
        pool_connect(r.pool, 0, &host);
        assert_true(rig_wait(&r, "connect_failed", 1));
        assert_non_null(strstr(r.text, "the proxy command "));
        close_rig(&r, before);
    }
    struct rig r;
    open_rig(&r, "yes so many words >&2 & " RELAY, LONG_MS);
    pool_connect(r.pool, 0, &host);
    assert_true(rig_wait(&r, "connected", 1));
    rig_run(&r, 0, "echo hi");
    assert_true(rig_wait(&r, "step_done", 1));
    assert_string_equal(r.output[0].data, "hi\n");
    assert_int_equal(r.output[1].len, 0);
    close_rig(&r, before);
}

#define HELD "while [ ! -e $1/go ]; do sleep 0.05; done; exit 1"

static void
connect_many(struct rig *r)
{
    for (int32_t id = 0; id < MANY; id++) {
        pool_connect(r->pool, id, &host);
    }
    assert_true(wait_programs(false, PROXIES_RUNNING_MAX));
}

static void
test_more_than_may_run_wait_in_line(void **state)
{
    const int before = descriptors();
    char go[128];
    struct rig r;

    (void)state;
    (void)snprintf(go, sizeof(go), "%s/go", folder);
    open_rig(&r, HELD, LONG_MS);
    connect_many(&r);
    pool_disconnect(r.pool, 0);        /* it runs */
    pool_disconnect(r.pool, MANY - 1); /* it waits */
    assert_true(rig_wait(&r, "disconnected", 2));
    assert_int_equal(warnings, 1);
    assert_true(put("go", ""));
    assert_true(rig_wait(&r, "connect_failed", MANY - 2));
    assert_int_equal(programs(false), MANY - 1);
    assert_int_equal(unlink(go), 0);
    close_rig(&r, before);
}

static void
test_a_pool_that_ends_leaves_no_program(void **state)
{
    const int before = descriptors();
    struct rig r;

    (void)state;
    open_rig(&r, "trap '' TERM; " HELD, LONG_MS);
    connect_many(&r);
    close_rig(&r, before);
    assert_int_equal(programs(false), PROXIES_RUNNING_MAX);
}

/* fault 18: a proxy command dies while a step runs */
static void
test_a_program_that_dies_under_a_step_leaves_it_unknown(void **state)
{
    static const struct {
        int signal;
        const char *text;
    } rows[] = {
        {SIGHUP, "(the proxy command ended by signal 1)"},
        {SIGKILL, "(the proxy command ended by signal 9)"}, /* the kernel's, for want of memory */
    };
    const int before = descriptors();

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig r;
        open_rig(&r, RELAY, LONG_MS);
        pool_connect(r.pool, 0, &host);
        assert_true(rig_wait(&r, "connected", 1));
        rig_run(&r, 0, "sleep 30");
        assert_true(rig_wait(&r, "step_sent", 1));
        kill_programs(rows[i].signal);
        assert_true(rig_wait(&r, "lost", 1));
        assert_string_equal(rig_log(&r), "connected\nstep_sent\nstep_unknown 8\nlost\n");
        assert_non_null(strstr(r.text, rows[i].text));
        close_rig(&r, before);
    }
}

/* The state a call finds the program in is up to the scheduler; none may crash or stay silent. */
static void
test_ends_at_any_moment(void **state)
{
    enum { TURNS = 30 };
    const int stride =
        getenv("RUNNER") == NULL ? 1 : 5; /* valgrind takes its time; odd, for both ends */
    const int before = descriptors();

    (void)state;
    for (int turns = 0; turns < 2 * TURNS; turns += stride) {
        struct rig r;
        open_rig(&r, RELAY, LONG_MS);
        pool_connect(r.pool, 0, &host);
        rig_advance(&r, turns / 2);
        if (turns % 2 == 0) {
            pool_disconnect(r.pool, 0);
            assert_true(rig_wait(&r, "disconnected", 1));
        }
        close_rig(&r, before);
    }
}

static void
test_a_pool_without_children_runs_none(void **state)
{
    const int before = descriptors();
    struct rig r;

    (void)state;
    open_rig(&r, RELAY, LONG_MS);
    pool_free(r.pool);
    r.locals = NULL;
    const struct pool_config config = rig_config(&r);
    r.pool = pool_new(&config);
    pool_connect(r.pool, 0, &host);
    assert_true(rig_wait(&r, "connect_failed", 1));
    assert_non_null(strstr(r.text, "proxy command: no program can be run here"));
    assert_int_equal(programs(false), 0);
    close_rig(&r, before);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reaches_a_host_through_a_program),
        cmocka_unit_test(test_says_how_a_program_failed),
        cmocka_unit_test(test_a_flood_of_words_is_bounded),
        cmocka_unit_test(test_more_than_may_run_wait_in_line),
        cmocka_unit_test(test_a_pool_that_ends_leaves_no_program),
        cmocka_unit_test(test_a_program_that_dies_under_a_step_leaves_it_unknown),
        cmocka_unit_test(test_ends_at_any_moment),
        cmocka_unit_test(test_a_pool_without_children_runs_none),
    };
    struct err err;

    zygote = zygote_start(&err);
    const int failed = zygote == NULL ? 1 : cmocka_run_group_tests(tests, setup, teardown);
    zygote_free(zygote);
    return failed;
}

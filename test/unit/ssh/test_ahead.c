/*
 * test_ahead.c - channels that are sent ahead: round trips, refusals, shells that die while they
 * wait.  Against the fleet, whose hosts misbehave by address.
 */
#include "ssh/slot.h"
#include "unit/ssh/rig.h"

#include <fcntl.h>
#include <libgen.h>
#include <libssh/libssh.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define RTT_MS "60"

static struct zygote *zygote; /* started before libssh, as main() does */
static struct keyring *keyring;
static struct event_base *base;
static char folder[] = "/tmp/im-ahead-XXXXXX";
static char key_path[64];
static const char *key_paths[] = {key_path, NULL};

/* ---------------------------------------------------------------- the fleet */

struct fleet {
    pid_t pid;
    int port;
};
static struct fleet near; /* answers at once */
static struct fleet far;  /* a round trip takes RTT_MS */

static const char *
in_folder(const char *name)
{
    static char paths[8][128];
    static int next;
    char *path = paths[next++ % 8];

    (void)snprintf(path, 128, "%s/%s", folder, name);
    return path;
}

static void
run_fleet(int ready, const char *trips)
{
    char self[512] = "";
    char program[600];
    char fd[16];

    if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0) {
        _exit(126);
    }
    (void)snprintf(program, sizeof(program), "%s/../fleet/fleet", dirname(self));
    (void)snprintf(fd, sizeof(fd), "%d", ready);
    (void)execl(program, "fleet", "--host-key", in_folder("host_key"), "--authorized-keys",
                in_folder("id.pub"), "--user", "demo", "--root", in_folder("homes"), "--behave",
                in_folder("behave"), "--unconfined", "--ready-fd", fd,
                trips == NULL ? NULL : "--rtt-ms", RTT_MS, "--trips", trips, (char *)NULL);
    _exit(127);
}

static struct fleet
start_fleet(const char *trips)
{
    struct fleet made = {0};
    char line[64] = "";
    int ready[2];

    if (pipe(ready) < 0) {
        abort();
    }
    made.pid = fork();
    if (made.pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        (void)close(ready[0]);
        run_fleet(ready[1], trips);
    }
    (void)close(ready[1]);
    if (read(ready[0], line, sizeof(line) - 1) <= 0 || sscanf(line, "ready %d", &made.port) != 1) {
        (void)fprintf(stderr, "the fleet does not start\n");
        abort();
    }
    (void)close(ready[0]);
    return made;
}

static void
stop_fleet(const struct fleet *fleet)
{
    (void)kill(fleet->pid, SIGTERM);
    (void)waitpid(fleet->pid, NULL, 0);
}

/* Processes that the fleet has started and that live; ret_pid is one of them. */
static int
shells_of(const struct fleet *fleet, pid_t *ret_pid)
{
    char path[64];
    int pid = 0;
    int count = 0;

    (void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)fleet->pid,
                   (int)fleet->pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && fscanf(file, "%d", &pid) == 1) {
        *ret_pid = pid;
        count++;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return count;
}

/* ---------------------------------------------------------------- a group of tests */

static void
write_file(const char *name, const char *text)
{
    FILE *file = fopen(in_folder(name), "we");

    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) {
        abort();
    }
}

static int
setup(void **state)
{
    ssh_key key = NULL;
    char *text = NULL;
    char line[256];
    struct err err;

    (void)state;
    if (mkdtemp(folder) == NULL || mkdir(in_folder("homes"), 0700) < 0) {
        return -1;
    }
    (void)snprintf(key_path, sizeof(key_path), "%s", in_folder("id"));
    if (ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) != SSH_OK ||
        ssh_pki_export_privkey_file(key, NULL, NULL, NULL, key_path) != SSH_OK ||
        ssh_pki_export_pubkey_base64(key, &text) != SSH_OK || chmod(key_path, 0600) < 0) {
        return -1;
    }
    (void)snprintf(line, sizeof(line), "ssh-ed25519 %s\n", text);
    ssh_string_free_char(text);
    ssh_key_free(key);
    write_file("id.pub", line);
    write_file("behave", "127.10.0.2 sessions 1\n127.10.0.3 sessions 2\n127.10.0.4 noexec\n"
                         "127.10.0.5 nochannel\n127.10.0.6 rekey 4000\n127.10.0.7 drop "
                         "status\n127.10.0.8 from 2\n127.10.0.8 die\n");
    near = start_fleet(NULL);
    far = start_fleet(in_folder("trips"));
    base = event_base_new();
    zygote_attach(zygote, base);
    keyring = keyring_new();
    return keyring_load(keyring, key_path, &err);
}

static int
teardown(void **state)
{
    char command[64];

    (void)state;
    stop_fleet(&near);
    stop_fleet(&far);
    keyring_free(keyring);
    zygote_detach(zygote);
    event_base_free(base);
    (void)snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static struct buf trace;

static void
on_trace(void *arg, int32_t id, const char *from, const char *to)
{
    (void)arg;
    (void)id;
    (void)from;
    (void)buf_addf(&trace, "%s ", to);
}

static void
open_rig(struct rig *r)
{
    *r = (struct rig){.base = base, .zygote = zygote, .keyring = keyring};
    rig_open(r);
    struct pool_config config = rig_config(r);
    config.events.trace = on_trace;
    r->pool = pool_new(&config);
    buf_init(&trace, 1 << 16);
}

static void
close_rig(struct rig *r)
{
    rig_close(r);
    buf_release(&trace);
}

static struct target
target_of(const struct fleet *fleet, const char *address)
{
    return (struct target){.name = "web-01",
                           .address = address,
                           .port = fleet->port,
                           .user = "demo",
                           .key_paths = key_paths};
}

static void
run_before(struct rig *r, const char *script, int following)
{
    const struct step_request q = {.kind = STEP_SCRIPT,
                                   .key = "1.0.1.0",
                                   .script = script,
                                   .script_len = strlen(script),
                                   .fd = -1,
                                   .following = following};

    pool_run(r->pool, 0, &q);
}

static int
count_of(const char *text, const char *word)
{
    int count = 0;

    for (const char *at = text; (at = strstr(at, word)) != NULL; at++) {
        count++;
    }
    return count;
}

/* `count` steps, one after the other; what follows is said of each. */
static void
run_steps(struct rig *r, int count)
{
    for (int i = 0; i < count; i++) {
        run_before(r, "echo hi; exit 3", count - 1 - i);
        if (!rig_wait(r, "step_done", 1)) {
            fail_msg("step %d: %s: %s: %s", i, r->log.data, r->text, trace.data);
        }
    }
}

static void
connect_to(struct rig *r, const struct target *target)
{
    pool_connect(r->pool, 0, target);
    assert_true(rig_wait(r, "connected", 1));
}

/* Run the loop until so many processes of the fleet live. */
static pid_t
wait_for_shells(const struct fleet *fleet, int count)
{
    const struct timeval pause = {.tv_usec = 5000};
    pid_t pid = 0;

    for (int i = 0; i < 4000; i++) {
        if (shells_of(fleet, &pid) == count) {
            return pid;
        }
        (void)event_base_loopexit(base, &pause);
        (void)event_base_loop(base, 0);
    }
    fail_msg("waited in vain for %d shells: there are %d", count, shells_of(fleet, &pid));
    return -1;
}

/* It has started, knows its folder, and waits for its line. */
static bool
waits_for_line(pid_t pid)
{
    char path[64], words[64] = "", stat[256] = "";

    (void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
    FILE *file = fopen(path, "re");
    size_t n = file == NULL ? 0 : fread(words, 1, sizeof(words) - 1, file);
    if (file != NULL) {
        (void)fclose(file);
    }
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (file != NULL) {
        (void)!fgets(stat, sizeof(stat), file);
        (void)fclose(file);
    }
    return memmem(words, n, "-c\0IFS= read", 12) != NULL && strstr(stat, ") S ") != NULL;
}

static void
wait_for_waiting_shell(const struct fleet *fleet)
{
    const struct timeval pause = {.tv_usec = 5000};

    for (int i = 0; i < 4000; i++) {
        if (waits_for_line(wait_for_shells(fleet, 1))) {
            return;
        }
        (void)event_base_loopexit(base, &pause);
        (void)event_base_loop(base, 0);
    }
    fail_msg("waited in vain for a shell that waits");
}

/* ---------------------------------------------------------------- round trips */

enum { STEPS = 5, ATTEMPTS = 6 };

/* The round trips until the last first outputs, as the fleet counts them. */
static void
read_trips(const char *address, int ret_trips[STEPS])
{
    FILE *file = fopen(in_folder("trips"), "re");
    char name[64];
    int trips = 0;

    while (file != NULL && fscanf(file, "%63s %d", name, &trips) == 2) {
        if (strcmp(name, address) == 0) {
            memmove(ret_trips, ret_trips + 1, (STEPS - 1) * sizeof(int));
            ret_trips[STEPS - 1] = trips;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

static void
count_trips(const char *address, int following, int ret_trips[STEPS])
{
    const struct target target = target_of(&far, address);
    struct rig r;

    open_rig(&r);
    connect_to(&r, &target);
    for (int k = 0; k < STEPS; k++) {
        run_before(&r, "echo hi", following < 0 ? STEPS - 1 - k : following);
        assert_true(rig_wait(&r, "step_done", 1));
    }
    read_trips(address, ret_trips);
    close_rig(&r);
}

/* What we send at once may be two flights where this machine has no time for us, and so one round
 * trip more; never one less. */
static void
test_a_first_output_takes_eight_round_trips_and_each_further_one(void **state)
{
    static const struct {
        const char *address;
        int following; /* said of each step; -1: what is true */
        int trips[STEPS];
    } rows[] = {
        {"127.10.1.1", -1, {8, 9, 10, 11, 12}},
        {"127.10.0.6", -1, {8, 9, 10, 11, 12}}, /* new keys meanwhile */
        {"127.10.1.2", 0, {8, 11, 14, 17, 20}}, /* nobody knew that there would be more */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int trips[STEPS] = {0};
        for (int k = 0; k < ATTEMPTS && memcmp(trips, rows[i].trips, sizeof(trips)) != 0; k++) {
            count_trips(rows[i].address, rows[i].following, trips);
        }
        for (int k = 0; k < STEPS; k++) {
            if (trips[k] != rows[i].trips[k]) {
                fail_msg("%s: step %d: after %d round trips, expected %d", rows[i].address, k + 1,
                         trips[k], rows[i].trips[k]);
            }
        }
    }
}

/* ---------------------------------------------------------------- refused */

/* fault 17: a server that takes one channel at a time, or two */
static void
test_a_server_that_takes_few_channels_runs_all_steps(void **state)
{
    static const char *const addresses[] = {"127.10.0.1", "127.10.0.2", "127.10.0.3", "127.10.0.6"};

    (void)state;
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        const struct target target = target_of(&near, addresses[i]);
        struct rig r;
        open_rig(&r);
        connect_to(&r, &target);
        run_steps(&r, 6);
        assert_string_equal(rig_log(&r), "connected\n"
                                         "step_sent\nstep_done 3 0\nstep_sent\nstep_done 3 0\n"
                                         "step_sent\nstep_done 3 0\nstep_sent\nstep_done 3 0\n"
                                         "step_sent\nstep_done 3 0\nstep_sent\nstep_done 3 0\n");
        assert_string_equal(r.output[0].data, "hi\nhi\nhi\nhi\nhi\nhi\n");
        if (i == 0) { /* where nothing is refused, none was tried twice */
            assert_int_equal(count_of(trace.data, "channel "), 6);
        }
        pool_disconnect(r.pool, 0);
        assert_true(rig_wait(&r, "disconnected", 1));
        close_rig(&r);
    }
}

/* fault 17: channel or exec refused, with more announced */
static void
test_a_step_that_is_refused_is_told_once_and_the_session_lives(void **state)
{
    static const struct {
        const char *address;
        const char *text;
    } rows[] = {{"127.10.0.4", "exec: refused by the server"},
                {"127.10.0.5", "channel: refused by the server"}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct target target = target_of(&near, rows[i].address);
        struct rig r;
        open_rig(&r);
        connect_to(&r, &target);
        for (int k = 0; k < 3; k++) {
            run_before(&r, "true", 2 - k);
            assert_true(rig_wait(&r, "step_not_started", 1));
            assert_string_equal(r.text, rows[i].text);
        }
        pool_disconnect(r.pool, 0);
        assert_true(rig_wait(&r, "disconnected", 1));
        assert_string_equal(r.log.data, "connected\nstep_not_started 7\nstep_not_started 7\n"
                                        "step_not_started 7\ndisconnected\n");
        close_rig(&r);
    }
}

/* ---------------------------------------------------------------- shells that wait */

static void
test_nothing_waits_behind_a_last_step_or_before_a_first(void **state)
{
    const struct target target = target_of(&near, "127.10.0.1");
    struct rig r;
    pid_t pid;

    (void)state;
    open_rig(&r);
    connect_to(&r, &target);
    assert_int_equal(shells_of(&near, &pid), 0);
    run_before(&r, "true", 0);
    assert_true(rig_wait(&r, "step_done", 1));
    (void)wait_for_shells(&near, 0);
    run_before(&r, "true", 2);
    assert_true(rig_wait(&r, "step_done", 1));
    (void)wait_for_shells(&near, 1); /* the second is open, and has none */
    pool_disconnect(r.pool, 0);      /* what was announced never comes */
    assert_true(rig_wait(&r, "disconnected", 1));
    (void)wait_for_shells(&near, 0);
    close_rig(&r);
}

/* Kill the shell that waits, and see it gone. */
static void
kill_shell(const struct fleet *fleet, int left)
{
    const pid_t shell = wait_for_shells(fleet, 1);

    (void)kill(shell, SIGKILL);
    while (wait_for_shells(fleet, left) == shell) {}
}

static void
test_a_shell_that_dies_while_it_waits_is_replaced_without_a_word(void **state)
{
    const struct target target = target_of(&near, "127.10.0.1");
    struct rig r;

    (void)state;
    open_rig(&r);
    connect_to(&r, &target);
    for (int k = 0; k < 5; k++) {
        run_before(&r, "echo hi; exit 3", 4 - k);
        assert_true(rig_wait(&r, "step_done", 1));
        if (k == 0) {
            kill_shell(&near, 1); /* the second channel was open, and has its shell now */
            kill_shell(&near, 0);
        } else if (k == 1) {
            kill_shell(&near, 1);
        } else {
            (void)wait_for_shells(&near, 0); /* three have died: none is sent ahead any more */
        }
    }
    assert_string_equal(rig_log(&r), "connected\nstep_sent\nstep_done 3 0\nstep_sent\n"
                                     "step_done 3 0\nstep_sent\nstep_done 3 0\nstep_sent\n"
                                     "step_done 3 0\nstep_sent\nstep_done 3 0\n");
    assert_string_equal(r.output[0].data, "hi\nhi\nhi\nhi\nhi\n");
    close_rig(&r);
}

/* The step is on its way when the shell dies: it was not started, whatever was sent. */
static void
test_a_step_that_comes_too_late_for_its_shell_was_not_started(void **state)
{
    const struct target target = target_of(&far, "127.10.0.1");
    struct rig r;

    (void)state;
    open_rig(&r);
    connect_to(&r, &target);
    run_before(&r, "true", 1);
    assert_true(rig_wait(&r, "step_done", 1));
    const pid_t shell = wait_for_shells(&far, 1);
    run_before(&r, "touch ran", 0);
    assert_true(rig_wait(&r, "step_sent", 1));
    (void)kill(shell, SIGKILL);
    assert_true(rig_wait(&r, "step_not_started", 1));
    assert_string_equal(r.text, "the shell that waited for it has ended");
    run_before(&r, "[ ! -e ran ] && exit 5", 0); /* once more, as a refused step is */
    assert_true(rig_wait(&r, "step_done", 1));
    assert_string_equal(rig_log(&r), "connected\nstep_sent\nstep_done 0 0\nstep_sent\n"
                                     "step_not_started 7\nstep_sent\nstep_done 5 0\n");
    close_rig(&r);
}

/* fault 17: nothing can be sent on any channel but the first, and there is no limit of time */
static void
test_a_server_that_ends_each_shell_at_once_is_not_asked_for_ever(void **state)
{
    const struct target target = target_of(&near, "127.10.0.8");
    struct rig r;

    (void)state;
    open_rig(&r);
    connect_to(&r, &target);
    run_before(&r, "true", 100);
    assert_true(rig_wait(&r, "step_done", 1));
    run_before(&r, "true", 99);
    /* Which of the two follows from whether the step was written before the close was read. */
    for (int i = 0; i < 2000 && strstr(r.log.data, "step_unknown") == NULL &&
                    strstr(r.log.data, "step_not_started") == NULL;
         i++) {
        (void)event_base_loop(base, EVLOOP_ONCE);
    }
    assert_int_equal(
        count_of(r.log.data, "step_unknown") + count_of(r.log.data, "step_not_started"), 1);
    assert_in_range(count_of(trace.data, "channel "), 2, 8);
    close_rig(&r);
}

static void
test_a_job_that_begins_again_is_watched_anew(void **state)
{
    struct slot s = {.job = {.active = true, .again = true, .watched = true, .stirred = true}};

    (void)state;
    job_again(&s); /* its timers have been stopped: a stall must set its own again */
    assert_false(s.job.watched || s.job.again || s.job.stirred);
    job_release(&s.job);
}

static void
test_a_shell_that_waited_is_as_fresh_as_any(void **state)
{
    const struct target target = target_of(&near, "127.10.0.9");
    struct rig r;

    (void)state;
    open_rig(&r);
    connect_to(&r, &target);
    run_before(&r, "x=1; export x; umask 0; ulimit -n 64; cd /", 1);
    assert_true(rig_wait(&r, "step_done", 1));
    wait_for_waiting_shell(&near);
    /* The way to the home leads elsewhere now, in one move: the fleet makes a home that is missing.
     */
    assert_int_equal(mkdir(in_folder("homes/other"), 0700), 0);
    assert_int_equal(renameat2(AT_FDCWD, in_folder("homes/127.10.0.9"), AT_FDCWD,
                               in_folder("homes/other"), RENAME_EXCHANGE),
                     0);
    run_before(&r, "echo \"${x-unset}\"; [ $(umask) != 0000 ] || exit 1; touch here; cat; exit 5",
               0);
    assert_true(rig_wait(&r, "step_done", 1));
    assert_string_equal(r.output[0].data, "unset\n");
    assert_non_null(strstr(r.log.data, "step_done 5 0\n"));
    assert_int_equal(access(in_folder("homes/127.10.0.9/here"), F_OK), 0);
    close_rig(&r);
}

static void
test_an_upload_and_a_script_wait_for_the_same_kind_of_shell(void **state)
{
    const struct target target = target_of(&near, "127.10.0.1");
    char dest[128];
    struct rig r;

    (void)state;
    (void)snprintf(dest, sizeof(dest), "%s", in_folder("homes/127.10.0.1/dest"));
    write_file("source", "some bytes\n");
    open_rig(&r);
    connect_to(&r, &target);
    for (int k = 0; k < 3; k++) {
        const struct step_request upload = {.kind = STEP_UPLOAD,
                                            .key = "1.0.1.0",
                                            .fd = open(in_folder("source"), O_RDONLY | O_CLOEXEC),
                                            .size = 11,
                                            .dest = dest,
                                            .mode = 0600,
                                            .following = 2};
        pool_run(r.pool, 0, &upload);
        assert_true(rig_wait(&r, "step_done", 1));
        run_before(&r, "cat dest; rm dest", 2);
        assert_true(rig_wait(&r, "step_done", 1));
    }
    assert_string_equal(r.output[0].data, "some bytes\nsome bytes\nsome bytes\n");
    assert_null(strstr(rig_log(&r), "not_started"));
    close_rig(&r);
}

/* ---------------------------------------------------------------- ends */

/* fault 18: the connection ends in a step while others wait */
static void
test_a_connection_that_is_lost_in_a_step_is_told_once(void **state)
{
    const struct target target = target_of(&near, "127.10.0.7");
    struct rig r;

    (void)state;
    open_rig(&r);
    connect_to(&r, &target);
    run_before(&r, "exit 0", 2);
    assert_true(rig_wait(&r, "lost", 1));
    assert_string_equal(rig_log(&r), "connected\nstep_sent\nstep_unknown 8\nlost\n");
    (void)wait_for_shells(&near, 0);
    close_rig(&r);
}

/* So many turns through connecting and three steps. */
static void
advance(struct rig *r, int turns)
{
    int next = 0;

    for (int i = 0; i < turns; i++) {
        const int done = count_of(r->log.data, "step_done");
        if (done == 3) {
            return;
        }
        if (next <= done && strstr(r->log.data, "connected") != NULL) {
            run_before(r, "exit 0", 2 - next);
            next++;
        }
        (void)event_base_loop(base, EVLOOP_ONCE);
    }
}

enum { TURNS = 48, STRIDE = 3 };

static void
test_disconnects_at_any_moment(void **state)
{
    const struct target target = target_of(&near, "127.10.0.1");

    (void)state;
    for (int turns = 0; turns < TURNS; turns += STRIDE) {
        struct rig r;
        open_rig(&r);
        pool_connect(r.pool, 0, &target);
        advance(&r, turns);
        pool_disconnect(r.pool, 0);
        assert_true(rig_wait(&r, "disconnected", 1));
        assert_int_equal(pool_open_count(r.pool), 0);
        close_rig(&r);
    }
    (void)wait_for_shells(&near, 0);
}

static void
test_frees_sessions_at_any_moment(void **state)
{
    const struct target target = target_of(&near, "127.10.0.1");

    (void)state;
    for (int turns = 1; turns < TURNS; turns += STRIDE) {
        struct rig r;
        open_rig(&r);
        pool_connect(r.pool, 0, &target);
        advance(&r, turns);
        close_rig(&r);
    }
    (void)wait_for_shells(&near, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_first_output_takes_eight_round_trips_and_each_further_one),
        cmocka_unit_test(test_a_server_that_takes_few_channels_runs_all_steps),
        cmocka_unit_test(test_a_step_that_is_refused_is_told_once_and_the_session_lives),
        cmocka_unit_test(test_nothing_waits_behind_a_last_step_or_before_a_first),
        cmocka_unit_test(test_a_shell_that_dies_while_it_waits_is_replaced_without_a_word),
        cmocka_unit_test(test_a_step_that_comes_too_late_for_its_shell_was_not_started),
        cmocka_unit_test(test_a_server_that_ends_each_shell_at_once_is_not_asked_for_ever),
        cmocka_unit_test(test_a_job_that_begins_again_is_watched_anew),
        cmocka_unit_test(test_a_shell_that_waited_is_as_fresh_as_any),
        cmocka_unit_test(test_an_upload_and_a_script_wait_for_the_same_kind_of_shell),
        cmocka_unit_test(test_a_connection_that_is_lost_in_a_step_is_told_once),
        cmocka_unit_test(test_disconnects_at_any_moment),
        cmocka_unit_test(test_frees_sessions_at_any_moment),
    };
    struct err err;

    if (getenv("ONLY"))
        cmocka_set_test_filter(getenv("ONLY"));
    zygote = zygote_start(&err);
    const int failed = zygote == NULL ? 1 : cmocka_run_group_tests(tests, setup, teardown);
    zygote_free(zygote);
    return failed;
}

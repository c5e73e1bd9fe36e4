/*
 * test_local.c - children of the loop: how they end, what they are given, what is left of them.
 */
#include "proc/local.h"

#include "base/buf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { OUTPUT_MAX = 1 << 20, CHILDREN = 100 };

struct seen {
    struct event_base *base;
    struct locals *locals;
    struct local *child;
    struct buf out[2];
    int started, ended, failed;
    int exit_code, signal, timed_out;
    bool kill_at_output;
    int wanted; /* leave the loop when so many have ended or failed */
    int *at_once, *most;
    bool wait_for_exit; /* the loop stands still until the child is a zombie */
    char text[600];
};

static const char *const no_env[] = {NULL};

/* Times are the program's own where valgrind makes all slow. */
static int64_t
scaled_ms(int64_t ms)
{
    return getenv("RUNNER") == NULL ? ms : 4 * ms;
}

static struct locals *
locals_on(struct event_base *base)
{
    return locals_new(&(struct locals_config){.base = base, .grace_ms = scaled_ms(500)});
}

static void
on_started(void *arg)
{
    struct seen *s = arg;

    s->started++;
    if (s->at_once != NULL && ++*s->at_once > *s->most) {
        *s->most = *s->at_once;
    }
    if (s->wait_for_exit) {
        siginfo_t info;
        while (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) < 0) {
            assert_int_equal(errno, EINTR);
        }
    }
}

static void
on_output(void *arg, int stream, const char *bytes, size_t len)
{
    struct seen *s = arg;

    assert_true(len > 0 && len <= 65536);
    (void)buf_add(&s->out[stream], bytes, len);
    if (s->kill_at_output && s->child != NULL) {
        local_kill(s->child);
    }
}

static void
on_over(struct seen *s)
{
    if (s->at_once != NULL) {
        --*s->at_once;
    }
    s->child = NULL;
    if (--s->wanted == 0) {
        (void)event_base_loopbreak(s->base);
    }
}

static void
on_ended(void *arg, int exit_code, int signal_number, int timed_out)
{
    struct seen *s = arg;

    s->ended++;
    s->exit_code = exit_code;
    s->signal = signal_number;
    s->timed_out = timed_out;
    on_over(s);
}

static void
on_failed(void *arg, const char *text)
{
    struct seen *s = arg;

    s->failed++;
    (void)snprintf(s->text, sizeof(s->text), "%s", text);
    on_over(s);
}

static const struct local_events events = {
    .started = on_started, .output = on_output, .ended = on_ended, .failed = on_failed};

static struct seen *
seen_new(void)
{
    struct seen *s = calloc(1, sizeof(*s));

    assert_non_null(s);
    s->base = event_base_new();
    s->locals = locals_on(s->base);
    s->wanted = 1;
    buf_init(&s->out[0], OUTPUT_MAX);
    buf_init(&s->out[1], OUTPUT_MAX);
    return s;
}

static void
seen_free(struct seen *s)
{
    locals_free(s->locals);
    event_base_free(s->base);
    buf_release(&s->out[0]);
    buf_release(&s->out[1]);
    free(s);
}

/* Run one to its end. */
static struct seen *
run_in(const char *script, const char *cwd, const char *const *env, int64_t timeout_ms, bool kill)
{
    struct seen *s = seen_new();

    s->kill_at_output = kill;
    s->child = local_run(s->locals, script, cwd, env, timeout_ms, &events, s);
    assert_int_equal(s->started + s->ended + s->failed, 0); /* never from inside */
    (void)event_base_dispatch(s->base);
    assert_int_equal(s->ended + s->failed, 1);
    assert_int_equal(s->started, s->ended);
    return s;
}

static struct seen *
run(const char *script)
{
    return run_in(script, "/", no_env, 0, false);
}

/* A pipe that a test gives to nobody but the script's processes, by name: its end tells that all of
 * them are gone, and no child of the test inherits it. */
struct witness {
    char path[64];
    char folder[40];
    int fd;
};

static void
witness_open(struct witness *w)
{
    (void)snprintf(w->folder, sizeof(w->folder), "/tmp/test_local.XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    (void)snprintf(w->path, sizeof(w->path), "%s/fifo", w->folder);
    assert_int_equal(mkfifo(w->path, 0600), 0);
    w->fd = open(w->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(w->fd >= 0);
}

/* Waits until nobody holds the other end; what was written comes back. */
static void
witness_close(struct witness *w, char *ret_text, size_t size)
{
    size_t len = 0;
    ssize_t n = 1;

    while (n != 0) {
        struct pollfd p = {.fd = w->fd, .events = POLLIN};
        assert_int_equal(poll(&p, 1, 20000), 1);
        n = read(w->fd, ret_text + len, size - 1 - len);
        assert_true(n >= 0);
        len += (size_t)n;
    }
    ret_text[len] = '\0';
    (void)close(w->fd);
    (void)unlink(w->path);
    (void)rmdir(w->folder);
}

static bool
is_gone(pid_t pid)
{
    char path[40];
    char line[200] = "";

    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        return true;
    }
    (void)!fgets(line, sizeof(line), f);
    (void)fclose(f);
    const char *state = strrchr(line, ')');
    return state == NULL || state[2] == 'Z' || state[2] == 'X';
}

static void
test_tells_the_exit_code(void **state)
{
    static const int codes[] = {0, 1, 7, 126, 127, 255};

    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        char script[40];
        (void)snprintf(script, sizeof(script), "exit %d", codes[i]);
        struct seen *s = run(script);
        assert_int_equal(s->exit_code, codes[i]);
        assert_int_equal(s->signal, 0);
        assert_int_equal(s->timed_out, 0);
        seen_free(s);
    }
}

static void
test_tells_the_signal_that_ended_it(void **state)
{
    static const int numbers[] = {SIGTERM, SIGKILL, SIGSEGV, SIGPIPE};

    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        char script[40];
        (void)snprintf(script, sizeof(script), "ulimit -c 0; kill -%d $$", numbers[i]);
        struct seen *s = run(script);
        assert_int_equal(s->exit_code, -1);
        assert_int_equal(s->signal, numbers[i]);
        assert_int_equal(s->timed_out, 0);
        seen_free(s);
    }
}

static void
test_keeps_the_two_streams_apart(void **state)
{
    (void)state;
    struct seen *s = run("printf 'one\\ntwo'; printf 'bad\\n' >&2; exit 3");
    assert_string_equal(s->out[0].data, "one\ntwo");
    assert_string_equal(s->out[1].data, "bad\n");
    assert_int_equal(s->exit_code, 3);
    seen_free(s);
}

static void
test_delivers_all_of_a_long_output(void **state)
{
    (void)state;
    struct seen *s = run("head -c 700000 /dev/zero; head -c 300000 /dev/zero >&2");
    assert_int_equal(s->out[0].len, 700000);
    assert_int_equal(s->out[1].len, 300000);
    assert_int_equal(s->exit_code, 0);
    seen_free(s);
}

static void
test_goes_on_after_the_script_has_closed_its_streams(void **state)
{
    (void)state;
    struct seen *s = run("exec >&- 2>&-; /bin/true; exit 5");
    assert_int_equal(s->exit_code, 5);
    seen_free(s);
}

static void
test_runs_where_it_is_told_with_an_empty_stdin(void **state)
{
    (void)state;
    struct seen *s = run_in("pwd; cat; readlink /proc/self/fd/0", "/usr", no_env, 0, false);
    assert_string_equal(s->out[0].data, "/usr\n/dev/null\n");
    seen_free(s);
}

static void
test_says_why_it_could_not_start(void **state)
{
    (void)state;
    struct seen *s = run_in("true", "/no/such/folder", no_env, 0, false);
    assert_int_equal(s->failed, 1);
    assert_int_equal(s->started, 0);
    assert_string_equal(s->text, "cannot run in /no/such/folder: No such file or directory");
    seen_free(s);
}

static void
test_gives_a_clean_environment_and_what_is_passed(void **state)
{
    static const char *const env[] = {"ONE=1 2", "LANG=fr_FR.UTF-8", NULL};
    const char *home_was = getenv("HOME");
    char *home = home_was == NULL ? NULL : strdup(home_was);
    const char *path_was = getenv("PATH");
    char *path = path_was == NULL ? NULL : strdup(path_was);

    (void)state;
    assert_int_equal(setenv("IM_SECRET", "hush", 1), 0);
    assert_int_equal(setenv("HOME", "/home/op", 1), 0);
    assert_int_equal(setenv("PATH", "/usr/bin:/bin", 1), 0);
    struct seen *s = run_in("tr '\\0' '\\n' </proc/$$/environ | sort", "/", env, 0, false);
    assert_string_equal(s->out[0].data,
                        "HOME=/home/op\nLANG=fr_FR.UTF-8\nONE=1 2\nPATH=/usr/bin:/bin\n");
    seen_free(s);
    assert_int_equal(unsetenv("PATH"), 0);
    assert_int_equal(unsetenv("IM_SECRET"), 0);
    s = run("echo $PATH");
    assert_string_equal(s->out[0].data,
                        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
    seen_free(s);
    if (path != NULL) {
        (void)setenv("PATH", path, 1);
    }
    if (home != NULL) {
        (void)setenv("HOME", home, 1);
    }
    free(path);
    free(home);
}

/* ps shows arguments and environments to everybody: a script may hold secrets. */
/* fault 44: argv of our children */
static void
test_shows_no_byte_of_the_script_to_ps(void **state)
{
    (void)state;
    struct seen *s =
        run("hush='hidden-word'; cat /proc/$$/cmdline /proc/$$/environ | tr '\\0' ' '\n"
            "set | grep -c 'hidden-[w]ord'; echo $0 $#");
    assert_null(strstr(s->out[0].data, "hidden"));
    assert_null(strstr(s->out[0].data, "hush"));
    assert_non_null(strstr(s->out[0].data, "/bin/sh -c S=$(cat)||exit 127;"));
    assert_non_null(strstr(s->out[0].data, "1\n/bin/sh 0\n")); /* and not in a variable of ours */
    seen_free(s);
}

static void
test_a_script_that_cannot_be_read_has_not_ended_well(void **state)
{
    static const char *const env[] = {"PATH=/no/such/folder", NULL};

    (void)state;
    struct seen *s = run_in("exit 0", "/", env, 0, false);
    assert_int_equal(s->exit_code, 127);
    assert_non_null(strstr(s->out[1].data, "cat"));
    seen_free(s);
}

static void
test_takes_a_script_longer_than_an_argument_may_be(void **state)
{
    enum { COMMENT = 300000 };
    char *script = calloc(COMMENT + 100, 1);

    (void)state;
    assert_non_null(script);
    memset(script, '#', COMMENT);
    (void)strcat(script, "\necho end");
    struct seen *s = run(script);
    assert_string_equal(s->out[0].data, "end\n");
    assert_int_equal(s->exit_code, 0);
    free(script);
    seen_free(s);
}

static void
test_lets_no_descriptor_through(void **state)
{
    int fds[20];

    (void)state;
    for (int i = 0; i < 20; i++) {
        fds[i] = open("/dev/zero", O_RDONLY); /* inheritable, as a library might leave them */
        assert_true(fds[i] > 2);
    }
    struct seen *s = run("ls /proc/$$/fd; exit 0");
    assert_string_equal(s->out[0].data, "0\n1\n2\n");
    seen_free(s);
    for (int i = 0; i < 20; i++) {
        (void)close(fds[i]);
    }
}

/* As under nohup or a careless parent: our own 0-2 are closed when the pipes are made. */
static void
test_works_when_our_own_streams_are_closed(void **state)
{
    int kept[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 50);
    }
    struct seen *s = seen_new();
    (void)close(0);
    (void)close(1);
    (void)close(2);
    s->child = local_run(s->locals, "echo out; echo err >&2; cat", "/", no_env, 0, &events, s);
    (void)event_base_dispatch(s->base);
    for (int i = 0; i < 3; i++) {
        if (kept[i] >= 0) {
            (void)dup2(kept[i], i);
            (void)close(kept[i]);
        }
    }
    assert_int_equal(s->ended, 1);
    assert_string_equal(s->out[0].data, "out\n");
    assert_string_equal(s->out[1].data, "err\n");
    seen_free(s);
}

static void
test_starts_with_signals_as_they_were_at_birth(void **state)
{
    void (*const was)(int) = signal(SIGPIPE, SIG_IGN);
    sigset_t blocked;
    sigset_t before;

    (void)state;
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &blocked, &before);
    struct seen *s = run("grep -E '^Sig(Blk|Ign)' /proc/self/status");
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    (void)signal(SIGPIPE, was);
    /* The C library keeps 32 and 33 for itself and has them ignored. */
    unsigned long long masked = 1;
    unsigned long long ignored = 1;
    assert_int_equal(sscanf(s->out[0].data, "SigBlk: %llx SigIgn: %llx", &masked, &ignored), 2);
    assert_int_equal(masked, 0);
    assert_int_equal(ignored & ~0x180000000ULL, 0);
    seen_free(s);
}

static void
test_has_a_process_group_of_its_own(void **state)
{
    char expected[60];

    (void)state;
    struct seen *s = run("echo $$ $(ps -o pgid= -p $$)");
    const int pid = atoi(s->out[0].data);
    (void)snprintf(expected, sizeof(expected), "%d %d\n", pid, pid);
    assert_string_equal(s->out[0].data, expected);
    assert_true(pid != getpgrp());
    seen_free(s);
}

static void
test_kills_the_whole_group_at_the_deadline(void **state)
{
    struct witness w;
    char script[400];
    char text[200];

    (void)state;
    witness_open(&w);
    /* The grandchild ignores TERM and holds the fifo; the shell dies of TERM at once. */
    (void)snprintf(script, sizeof(script),
                   "exec 3>%s\n"
                   "(trap '' TERM; echo ready >&3; while :; do tail -f /dev/null; done) &\n"
                   "exec 3>&-; wait",
                   w.path);
    struct seen *s = run_in(script, "/", no_env, scaled_ms(400), false);
    assert_int_equal(s->timed_out, 1);
    assert_int_equal(s->exit_code, -1);
    assert_int_equal(s->signal, SIGTERM);
    witness_close(&w, text, sizeof(text)); /* the end comes only when all are gone */
    assert_string_equal(text, "ready\n");
    seen_free(s);
}

/* The loop was busy, say with a commit, while the child ended and its deadline passed. */
static void
test_one_that_has_ended_by_itself_is_not_called_late(void **state)
{
    struct seen *s = seen_new();

    (void)state;
    s->wait_for_exit = true;
    s->child = local_run(s->locals, "/bin/true; /bin/true; exit 3", "/", no_env, 1, &events, s);
    (void)event_base_dispatch(s->base);
    assert_int_equal(s->ended, 1);
    assert_int_equal(s->timed_out, 0);
    assert_int_equal(s->exit_code, 3);
    assert_int_equal(s->signal, 0);
    seen_free(s);
}

static void
test_gives_the_limit_of_descriptors_it_is_told(void **state)
{
    struct seen *s = seen_new();

    (void)state;
    locals_free(s->locals);
    s->locals = locals_new(&(struct locals_config){.base = s->base, .grace_ms = 1000, .files = 77});
    s->child = local_run(s->locals, "ulimit -S -n\nno-such-command", "/", no_env, 0, &events, s);
    (void)event_base_dispatch(s->base);
    assert_string_equal(s->out[0].data, "77\n");
    assert_non_null(
        strstr(s->out[1].data, "2: eval: no-such-command")); /* the second line, still */
    seen_free(s);
}

static void
test_hears_of_an_end_where_sigchld_came_blocked(void **state)
{
    sigset_t blocked;
    sigset_t before;

    (void)state;
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &blocked, &before);
    /* Unheard, it would be ended by its deadline. */
    struct seen *s = run_in("exit 6", "/", no_env, 10000, false);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    assert_int_equal(s->timed_out, 0);
    assert_int_equal(s->exit_code, 6);
    seen_free(s);
}

static void
test_kills_a_child_that_ignores_being_told(void **state)
{
    (void)state;
    struct seen *s =
        run_in("trap '' TERM; echo on; while :; do tail -f /dev/null; done", "/", no_env, 0, true);
    assert_int_equal(s->timed_out, 0);
    assert_int_equal(s->exit_code, -1);
    assert_int_equal(s->signal, SIGKILL);
    seen_free(s);
}

/* A shell dies of TERM at once; what it started must have its time to clean up, even when it holds
 * none of our pipes. */
static void
test_lets_the_group_clean_up_before_it_is_killed(void **state)
{
    struct witness w;
    char script[500];
    char text[200];

    (void)state;
    witness_open(&w);
    (void)snprintf(script, sizeof(script),
                   "(trap 'head -c 3000000 /dev/urandom | cksum >/dev/null; echo clean >&3; exit' "
                   "TERM; echo ready; exec >/dev/null 2>&1 3>%s; echo up >&3;"
                   "while :; do tail -f /dev/null & wait $!; kill $!; done) & wait",
                   w.path);
    struct seen *s = run_in(script, "/", no_env, scaled_ms(400), false);
    assert_int_equal(s->timed_out, 1);
    witness_close(&w, text, sizeof(text));
    assert_string_equal(text, "up\nclean\n");
    seen_free(s);
}

static void
test_ends_as_soon_as_the_group_is_gone(void **state)
{
    struct timespec before;
    struct timespec after;

    (void)state;
    (void)clock_gettime(CLOCK_MONOTONIC, &before);
    struct seen *s = run_in("echo on; exec tail -f /dev/null", "/", no_env, 0, true);
    (void)clock_gettime(CLOCK_MONOTONIC, &after);
    assert_int_equal(s->signal, SIGTERM);
    /* Before the grace is over: nobody is left to wait for. */
    const int64_t ms =
        (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    assert_true(ms < scaled_ms(500));
    seen_free(s);
}

static void
test_does_not_wait_for_ever_for_one_in_the_background(void **state)
{
    (void)state;
    struct seen *s = run("sleep 1000 & echo $!; exit 4");
    const pid_t background = atoi(s->out[0].data);
    assert_int_equal(s->exit_code, 4);
    assert_true(background > 1);
    assert_false(is_gone(background)); /* a service that was started may stay */
    (void)kill(background, SIGKILL);
    seen_free(s);
}

static void
test_runs_no_more_than_its_limit_at_once(void **state)
{
    struct event_base *base = event_base_new();
    struct locals *locals = locals_on(base);
    struct seen *all = calloc(CHILDREN, sizeof(*all));
    int at_once = 0;
    int most = 0;
    struct witness w;
    char script[200];

    (void)state;
    witness_open(&w);
    /* Each waits until the gate is opened, which is when the limit has been reached, and takes one
     * line. */
    (void)snprintf(script, sizeof(script), "read -r line <%s/gate; exit 9", w.folder);
    char gate[80];
    (void)snprintf(gate, sizeof(gate), "%s/gate", w.folder);
    assert_int_equal(mkfifo(gate, 0600), 0);
    for (int i = 0; i < CHILDREN; i++) {
        all[i] = (struct seen){.base = base, .at_once = &at_once, .most = &most, .wanted = -1};
        buf_init(&all[i].out[0], 100);
        buf_init(&all[i].out[1], 100);
        (void)local_run(locals, script, "/", no_env, 0, &events, &all[i]);
    }
    while (at_once < LOCAL_CHILDREN_MAX) {
        (void)event_base_loop(base, EVLOOP_ONCE);
    }
    (void)event_base_loop(base, EVLOOP_NONBLOCK);
    assert_int_equal(at_once, LOCAL_CHILDREN_MAX);
    const int held = open(gate, O_RDWR | O_CLOEXEC);
    char lines[CHILDREN];
    memset(lines, '\n', sizeof(lines));
    assert_int_equal(write(held, lines, sizeof(lines)), sizeof(lines));
    for (int over = 0; over < CHILDREN;) {
        (void)event_base_loop(base, EVLOOP_ONCE);
        over = 0;
        for (int i = 0; i < CHILDREN; i++) {
            over += all[i].ended;
        }
    }
    (void)close(held);
    assert_int_equal(most, LOCAL_CHILDREN_MAX);
    for (int i = 0; i < CHILDREN; i++) {
        assert_int_equal(all[i].started, 1);
        assert_int_equal(all[i].exit_code, 9);
        buf_release(&all[i].out[0]);
        buf_release(&all[i].out[1]);
    }
    (void)unlink(gate);
    (void)close(w.fd);
    (void)unlink(w.path);
    (void)rmdir(w.folder);
    free(all);
    locals_free(locals);
    event_base_free(base);
}

static void
test_one_in_line_that_is_stopped_never_begins(void **state)
{
    struct seen *s = seen_new();

    (void)state;
    s->child = local_run(s->locals, "echo no", "/", no_env, 0, &events, s);
    local_kill(s->child);
    assert_int_equal(s->failed, 0);
    (void)event_base_dispatch(s->base);
    assert_int_equal(s->started, 0);
    assert_int_equal(s->failed, 1);
    assert_string_equal(s->text, "stopped before it began");
    seen_free(s);
}

static int
count_descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    int count = 0;

    assert_non_null(d);
    while (readdir(d) != NULL) {
        count++;
    }
    (void)closedir(d);
    return count;
}

static void
test_freeing_kills_what_runs_and_leaves_nothing(void **state)
{
    const int before = count_descriptors();
    struct seen *s = seen_new();
    struct witness w;
    char script[200];
    char text[100];

    (void)state;
    witness_open(&w);
    (void)snprintf(script, sizeof(script),
                   "exec 3>%s; trap '' TERM; echo on; tail -f /dev/null & wait", w.path);
    for (int i = 0; i < LOCAL_CHILDREN_MAX + 3; i++) { /* some still wait in line */
        s->child = local_run(s->locals, script, "/", no_env, 0, &events, s);
    }
    s->child = NULL;
    while (s->out[0].len < 3 * (size_t)LOCAL_CHILDREN_MAX) { /* each has said "on" */
        (void)event_base_loop(s->base, EVLOOP_ONCE);
    }
    seen_free(s);
    witness_close(&w, text, sizeof(text));
    assert_string_equal(text, "");
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD); /* no zombie */
    assert_int_equal(count_descriptors(), before);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tells_the_exit_code),
        cmocka_unit_test(test_tells_the_signal_that_ended_it),
        cmocka_unit_test(test_keeps_the_two_streams_apart),
        cmocka_unit_test(test_delivers_all_of_a_long_output),
        cmocka_unit_test(test_goes_on_after_the_script_has_closed_its_streams),
        cmocka_unit_test(test_runs_where_it_is_told_with_an_empty_stdin),
        cmocka_unit_test(test_says_why_it_could_not_start),
        cmocka_unit_test(test_gives_a_clean_environment_and_what_is_passed),
        cmocka_unit_test(test_shows_no_byte_of_the_script_to_ps),
        cmocka_unit_test(test_a_script_that_cannot_be_read_has_not_ended_well),
        cmocka_unit_test(test_takes_a_script_longer_than_an_argument_may_be),
        cmocka_unit_test(test_lets_no_descriptor_through),
        cmocka_unit_test(test_works_when_our_own_streams_are_closed),
        cmocka_unit_test(test_starts_with_signals_as_they_were_at_birth),
        cmocka_unit_test(test_has_a_process_group_of_its_own),
        cmocka_unit_test(test_kills_the_whole_group_at_the_deadline),
        cmocka_unit_test(test_one_that_has_ended_by_itself_is_not_called_late),
        cmocka_unit_test(test_gives_the_limit_of_descriptors_it_is_told),
        cmocka_unit_test(test_hears_of_an_end_where_sigchld_came_blocked),
        cmocka_unit_test(test_kills_a_child_that_ignores_being_told),
        cmocka_unit_test(test_lets_the_group_clean_up_before_it_is_killed),
        cmocka_unit_test(test_ends_as_soon_as_the_group_is_gone),
        cmocka_unit_test(test_does_not_wait_for_ever_for_one_in_the_background),
        cmocka_unit_test(test_runs_no_more_than_its_limit_at_once),
        cmocka_unit_test(test_one_in_line_that_is_stopped_never_begins),
        cmocka_unit_test(test_freeing_kills_what_runs_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

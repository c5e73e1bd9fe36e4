/*
 * test_lock.c - one mutating run per environment, and who holds it.
 *
 * Holders are real processes; their death is kill -9.
 */
#include "unit/store/place.h"

#include "store/lock.h"

#include <signal.h>
#include <sys/prctl.h>

enum { WALL_MS = 1795470300 };

static struct lock *
take(const struct place *p, const char *env, struct err *err)
{
    return lock_take(p->dir, env, "deploy", WALL_MS * 1000LL, err);
}

/* A child that holds the lock and says so. */
static pid_t
start_holder(const struct place *p, const char *run_id)
{
    int pipe_fd[2];
    pid_t pid;
    char c = 0;

    assert_int_equal(pipe(pipe_fd), 0);
    pid = fork();
    if (pid == 0) {
        struct lock *l;
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves no child */
        l = take(p, "test", NULL);
        if (l == NULL)
            _exit(1);
        if (run_id != NULL)
            lock_note_run(l, run_id);
        if (write(pipe_fd[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(pipe_fd[1]);
    assert_int_equal(read(pipe_fd[0], &c, 1), 1);
    close(pipe_fd[0]);
    return pid;
}

static void
stop_holder(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
test_a_second_run_is_refused_with_the_name_of_the_holder(void **state)
{
    const struct place *p = *state;
    const pid_t pid = start_holder(p, "20261123T214500Z-0123456789abcdef");
    struct err err = {0};
    char expected[64];

    assert_null(take(p, "test", &err));
    assert_int_equal(err.kind, ERR_LOCKED);
    snprintf(expected, sizeof(expected), "test is locked by pid %d (deploy, ", (int)pid);
    assert_memory_equal(err.text, expected, strlen(expected));
    assert_non_null(strchr(err.text, '@'));
    assert_non_null(strstr(err.text, ", run 20261123T214500Z-0123456789abcdef, "
                                     "since 2026-11-23T21:45:00Z)"));
    stop_holder(pid);
}

static void
test_the_lock_goes_with_a_killed_holder(void **state)
{
    const struct place *p = *state;
    struct lock_holder holder;
    struct lock *l;

    stop_holder(start_holder(p, "r"));
    assert_int_equal(lock_probe(p->dir, "test", &holder, NULL), 0);
    l = take(p, "test", NULL);
    assert_non_null(l);
    lock_free(l);
    l = take(p, "test", NULL);
    assert_non_null(l);
    lock_free(l);
    lock_free(NULL);
}

static void
test_environments_are_locked_apart(void **state)
{
    const struct place *p = *state;
    struct lock *a = take(p, "a", NULL);
    struct lock *b = take(p, "b", NULL);

    assert_non_null(a);
    assert_non_null(b);
    assert_null(take(p, "a", NULL));
    lock_free(a);
    lock_free(b);
}

static void
test_a_probe_tells_the_holder_and_takes_nothing(void **state)
{
    const struct place *p = *state;
    struct lock_holder holder;
    struct lock *l;

    assert_int_equal(lock_probe(p->dir, "test", &holder, NULL), 0);
    l = take(p, "test", NULL);
    assert_int_equal(lock_probe(p->dir, "test", &holder, NULL), 1);
    assert_int_equal(holder.pid, getpid());
    assert_string_equal(holder.what, "deploy");
    assert_string_equal(holder.since, "2026-11-23T21:45:00Z");
    assert_string_equal(holder.run, "");
    lock_free(l);
    assert_int_equal(lock_probe(p->dir, "test", &holder, NULL), 0);
    l = take(p, "test", NULL);
    assert_non_null(l);
    lock_free(l);
}

static void
test_a_run_is_alive_while_its_process_holds_the_lock(void **state)
{
    const struct place *p = *state;
    pid_t pid;

    assert_false(lock_runs(p->dir, "test", "r1"));
    pid = start_holder(p, "r1");
    assert_true(lock_runs(p->dir, "test", "r1"));
    assert_false(lock_runs(p->dir, "test", "r2"));
    stop_holder(pid);
    assert_false(lock_runs(p->dir, "test", "r1"));
}

/* Probing holds the lock shared for a moment; a run that starts then must not be refused. */
static void
test_probes_never_refuse_a_run(void **state)
{
    const struct place *p = *state;
    pid_t prober;

    lock_free(take(p, "test", NULL));
    prober = fork();
    if (prober == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (prober == 0)
        for (;;) {
            struct lock_holder holder;
            (void)lock_probe(p->dir, "test", &holder, NULL);
        }
    for (int i = 0; i < 300; i++) {
        struct lock *l = take(p, "test", NULL);
        assert_non_null(l);
        lock_free(l);
    }
    stop_holder(prober);
}

/* fault 45: the lock */
static void
test_refuses_a_planted_lock_file(void **state)
{
    const struct place *p = *state;
    struct lock_holder holder;
    struct err err = {0};
    char path[128];

    snprintf(path, sizeof(path), "%s/test.lock", p->dir);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_null(take(p, "test", &err));
    assert_int_equal(err.kind, ERR_IO);
    assert_non_null(strstr(err.text, "symbolic link"));
    assert_int_equal(lock_probe(p->dir, "test", &holder, NULL), -1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(take(p, "test", &err));
    assert_non_null(strstr(err.text, "not a regular file"));
    assert_int_equal(unlink(path), 0);
    lock_free(take(p, "test", NULL));
    assert_int_equal(chmod(path, 0666), 0);
    assert_null(take(p, "test", &err));
    assert_non_null(strstr(err.text, "lets others write it"));
}

static void
test_refuses_a_name_that_leaves_the_folder(void **state)
{
    static const char *const names[] = {"", "../x", "a/b", ".", "..", ".hidden", "-x", "a\nb"};
    const struct place *p = *state;
    struct err err;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        err = (struct err){0};
        assert_null(take(p, names[i], &err));
        assert_int_equal(err.kind, ERR_IO);
    }
}

static void
test_what_a_holder_wrote_is_made_harmless(void **state)
{
    const struct place *p = *state;
    struct lock *l = lock_take(p->dir, "test", "x\033[2J\nrun evil", WALL_MS * 1000LL, NULL);
    struct err err = {0};

    assert_null(take(p, "test", &err));
    assert_null(strchr(err.text, '\033'));
    assert_null(strstr(err.text, "evil"));
    lock_free(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(test_a_second_run_is_refused_with_the_name_of_the_holder),
        PLACED(test_the_lock_goes_with_a_killed_holder),
        PLACED(test_environments_are_locked_apart),
        PLACED(test_a_probe_tells_the_holder_and_takes_nothing),
        PLACED(test_a_run_is_alive_while_its_process_holds_the_lock),
        PLACED(test_probes_never_refuse_a_run),
        PLACED(test_refuses_a_planted_lock_file),
        PLACED(test_refuses_a_name_that_leaves_the_folder),
        PLACED(test_what_a_holder_wrote_is_made_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

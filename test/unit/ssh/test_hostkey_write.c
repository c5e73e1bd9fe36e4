/*
 * test_hostkey_write.c - what is added, what is kept, and what is left when the writer is killed.
 */
#include "ssh/hostkey_write.h"

#include "base/xalloc.h"
#include "unit/ssh/known_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/im-hostkey-write-XXXXXX";
static char path[80], linked[80];
static struct sample_key samples[3]; /* two of Ed25519, one of RSA */

static int
setup(void **state)
{
    struct prng p = {.state = 1};

    (void)state;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(path, sizeof(path), "%s/known_hosts", folder);
    (void)snprintf(linked, sizeof(linked), "%s/link", folder);
    samples[0] = sample_ed25519(&p);
    samples[1] = sample_ed25519(&p);
    samples[2] = sample_rsa(&p);
    return 0;
}

static int
clean(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)unlink(linked);
    return 0;
}

static int
teardown(void **state)
{
    (void)clean(state);
    return rmdir(folder); /* nothing else may be left in it */
}

static void
write_file(const char *text)
{
    FILE *f = fopen(path, "we");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* The caller's; NULL if there is none. */
static char *
file_text(void)
{
    FILE *f = fopen(path, "re");
    char *text = NULL;
    size_t cap = 0;

    if (f == NULL) {
        return NULL;
    }
    if (getdelim(&text, &cap, '\0', f) < 0) {
        free(text);
        text = xstrdup("");
    }
    (void)fclose(f);
    return text;
}

static struct hostkey_shown
shown(const char *name, int port, int sample)
{
    return (struct hostkey_shown){.name = name,
                                  .port = port,
                                  .type = samples[sample].type,
                                  .blob = samples[sample].blob,
                                  .blob_len = samples[sample].len};
}

static void
assert_file(const char *fmt, ...)
{
    char *text = file_text();
    va_list ap;

    va_start(ap, fmt);
    char *expected = xvasprintf(fmt, ap);
    va_end(ap);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
    free(expected);
}

static void
test_makes_a_file_that_everybody_may_read(void **state)
{
    const struct hostkey_shown keys[] = {shown("Web-01", 22, 0), shown("::1", 2222, 2),
                                         shown("web-01", 22, 0)};
    const mode_t mask = umask(022);
    struct stat st;
    size_t added = 9;

    (void)state;
    assert_int_equal(hostkey_write(path, keys, 3, false, &added, NULL), 0);
    assert_int_equal(added, 2);
    assert_file("web-01 ssh-ed25519 %s\n[::1]:2222 ssh-rsa %s\n", samples[0].base64,
                samples[2].base64);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    (void)umask(mask);
}

static void
test_keeps_comments_order_and_mode(void **state)
{
    const struct hostkey_shown key = shown("web-02", 22, 1);
    struct stat st;
    size_t added = 0;
    char *before =
        xasprintf("# ours\n\n  web-01 ssh-ed25519 %s bob\r\nnonsense", samples[0].base64);

    (void)state;
    write_file(before);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(hostkey_write(path, &key, 1, false, &added, NULL), 0);
    assert_int_equal(added, 1);
    assert_file("%s\nweb-02 ssh-ed25519 %s\n", before, samples[1].base64); /* a line of its own */
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(hostkey_write(path, &key, 1, false, &added, NULL), 0);
    assert_int_equal(added, 0); /* and no new file */
    struct stat again;
    assert_int_equal(stat(path, &again), 0);
    assert_int_equal(again.st_ino, st.st_ino);
    free(before);
}

static void
test_a_key_that_is_another_by_now_is_not_added_and_the_rest_is(void **state)
{
    const struct hostkey_shown keys[] = {shown("web-01", 22, 1), shown("web-02", 22, 1),
                                         shown("web-03", 22, 1), shown("web-01", 22, 2)};
    struct err err = {0};
    size_t added = 0;
    char *before = xasprintf("web-01 ssh-ed25519 %s\n@revoked web-03 ssh-ed25519 %s\n",
                             samples[0].base64, samples[1].base64);

    (void)state;
    write_file(before);
    assert_int_equal(hostkey_write(path, keys, 4, false, &added, &err), -1);
    assert_int_equal(err.kind, ERR_CONFIG);
    assert_non_null(strstr(err.text, "known_hosts:1: has another key of web-01 by now"));
    assert_int_equal(added, 1);
    assert_file("%sweb-02 ssh-ed25519 %s\n", before, samples[1].base64);
    /* a key of another type, where that is meant */
    assert_int_equal(hostkey_write(path, &keys[3], 1, true, &added, &err), 0);
    assert_int_equal(hostkey_write(path, &keys[0], 1, true, &added, &err), -1);
    free(before);
}

static void
test_follows_a_link_and_leaves_it(void **state)
{
    const struct hostkey_shown key = shown("web-01", 22, 0);
    struct err err = {0};
    struct stat st;

    (void)state;
    write_file("");
    assert_int_equal(symlink("known_hosts", linked), 0);
    assert_int_equal(hostkey_write(linked, &key, 1, false, NULL, NULL), 0);
    assert_int_equal(lstat(linked, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_file("web-01 ssh-ed25519 %s\n", samples[0].base64);
    assert_int_equal(unlink(path), 0); /* now it means nothing */
    assert_int_equal(hostkey_write(linked, &key, 1, false, NULL, &err), -1);
    assert_int_equal(err.kind, ERR_IO);
}

static void
test_what_cannot_be_written_is_an_error_and_changes_nothing(void **state)
{
    const struct hostkey_shown key = shown("web-01", 22, 0);
    struct err err = {0};
    char below[120];

    (void)state;
    (void)snprintf(below, sizeof(below), "%s/none/known_hosts", folder);
    assert_int_equal(hostkey_write(below, &key, 1, false, NULL, &err), -1);
    assert_int_equal(err.kind, ERR_IO);
    assert_int_equal(hostkey_write(folder, &key, 1, false, NULL, &err), -1); /* a folder */
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(hostkey_write(path, &key, 1, false, NULL, &err), -1);
    assert_non_null(strstr(err.text, "not a file"));
    assert_int_equal(unlink(path), 0);
    if (geteuid() != 0) {
        assert_int_equal(chmod(folder, 0500), 0);
        assert_int_equal(hostkey_write(path, &key, 1, false, NULL, &err), -1);
        assert_int_equal(chmod(folder, 0700), 0);
    }
}

static void
test_does_not_wait_long_for_a_lock_that_is_never_let_go(void **state)
{
    const struct hostkey_shown key = shown("web-01", 22, 0);
    struct err err = {0};
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(hostkey_write(path, &key, 1, false, NULL, &err), -1);
    assert_non_null(strstr(err.text, "another process has it"));
    assert_int_equal(close(fd), 0);
    assert_int_equal(hostkey_write(path, &key, 1, false, NULL, &err), 0);
}

/* A child ends by a signal that tells how it went: valgrind would count as lost what it does not
 * free of its parent's. */
static void
end_child(bool well)
{
    (void)raise(well ? SIGUSR1 : SIGUSR2);
    _exit(1);
}

static void
assert_went_well(pid_t pid)
{
    int status = 0;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGUSR1);
}

/* In a child: a disk that takes so many bytes. */
static void
test_a_full_disk_leaves_the_old_file(void **state)
{
    const struct hostkey_shown key = shown("web-01", 22, 0);
    char *before = xasprintf("# ours\nweb-02 ssh-ed25519 %s\n", samples[1].base64);

    (void)state;
    write_file(before);
    for (rlim_t room = 0; room < strlen(before) + 80; room += 37) {
        const pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            const struct rlimit limit = {.rlim_cur = room, .rlim_max = room};
            (void)signal(SIGXFSZ, SIG_IGN);
            (void)setrlimit(RLIMIT_FSIZE, &limit);
            end_child(hostkey_write(path, &key, 1, false, NULL, NULL) < 0);
        }
        assert_went_well(pid);
        assert_file("%s", before);
    }
    free(before);
}

/* ---------------------------------------------------------------- two writers, and kill -9 */

/* Adds host-<who>-0, -1, ... until it is killed or has added count. */
static pid_t
start_writer(int who, int count)
{
    const pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid > 0) {
        return pid;
    }
    for (int i = 0; i < count; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "host-%d-%d", who, i);
        const struct hostkey_shown key = shown(name, 22, who % 2);
        if (hostkey_write(path, &key, 1, false, NULL, NULL) < 0) {
            end_child(false);
        }
    }
    end_child(true);
    return 0;
}

/* How many lines the file has, each of them whole. */
static int
count_lines(void)
{
    char *text = file_text();
    char *rest = NULL;
    int count = 0;

    assert_non_null(text);
    assert_true(text[0] == '\0' || text[strlen(text) - 1] == '\n');
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        const char *end = strrchr(line, ' ');
        assert_non_null(end);
        assert_true(strcmp(end + 1, samples[0].base64) == 0 ||
                    strcmp(end + 1, samples[1].base64) == 0);
        assert_int_equal(strncmp(line, "host-", 5), 0);
        count++;
    }
    free(text);
    return count;
}

static void
test_two_writers_lose_no_line(void **state)
{
    enum { EACH = 20 };

    (void)state;
    write_file("");
    const pid_t one = start_writer(1, EACH);
    const pid_t two = start_writer(2, EACH);
    assert_went_well(one);
    assert_went_well(two);
    assert_int_equal(count_lines(), 2 * EACH);
}

static void
test_a_writer_that_is_killed_tears_nothing(void **state)
{
    enum { KILLS = 40 };
    struct prng p = {.state = 11};
    int lines = 0;

    (void)state;
    write_file("");
    for (int i = 0; i < KILLS; i++) {
        const struct timespec moment = {.tv_nsec = (long)prng_below(&p, 6000000)};
        int status = 0;
        const pid_t pid = start_writer(10 + i, 1 << 20);
        (void)nanosleep(&moment, NULL); /* any moment will do: none is waited for */
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL); /* it had not failed */
        const int now = count_lines();
        assert_true(now >= lines);
        lines = now;
    }
    /* what a dead one left is taken away by the next */
    const struct hostkey_shown key = shown("host-9-9", 22, 0);
    char *left = xasprintf("%s.new", path);
    FILE *f = fopen(left, "we");
    assert_non_null(f);
    (void)fputs("torn", f);
    (void)fclose(f);
    assert_int_equal(hostkey_write(path, &key, 1, false, NULL, NULL), 0);
    assert_int_equal(count_lines(), lines + 1);
    assert_int_equal(access(left, F_OK), -1);
    free(left);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_makes_a_file_that_everybody_may_read, clean),
        cmocka_unit_test_teardown(test_keeps_comments_order_and_mode, clean),
        cmocka_unit_test_teardown(test_a_key_that_is_another_by_now_is_not_added_and_the_rest_is,
                                  clean),
        cmocka_unit_test_teardown(test_follows_a_link_and_leaves_it, clean),
        cmocka_unit_test_teardown(test_what_cannot_be_written_is_an_error_and_changes_nothing,
                                  clean),
        cmocka_unit_test_teardown(test_does_not_wait_long_for_a_lock_that_is_never_let_go, clean),
        cmocka_unit_test_teardown(test_a_full_disk_leaves_the_old_file, clean),
        cmocka_unit_test_teardown(test_two_writers_lose_no_line, clean),
        cmocka_unit_test_teardown(test_a_writer_that_is_killed_tears_nothing, clean),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

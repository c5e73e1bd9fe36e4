/*
 * test_hostlog.c - logs are lossless up to their cap, private, and never in the way.
 *
 * A full disk is played by RLIMIT_FSIZE.
 */
#include "unit/store/place.h"

#include "store/hostlog.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>

enum { PIECE = 65536 };
#define MIB ((uint64_t)1024 * 1024)

static struct hostlog *
open_log(const struct place *p)
{
    struct err err = {0};
    struct hostlog *l = hostlog_new(p->dir, "test", "run-1", &err);

    if (l == NULL)
        fail_msg("%s", err.text);
    return l;
}

static void
append(struct hostlog *l, const char *host, const void *bytes, size_t len)
{
    struct err err = {0};

    if (hostlog_append(l, host, bytes, len, &err) != 0)
        fail_msg("%s", err.text);
}

static char *
path_of(const struct place *p, const char *file)
{
    static char path[256];

    snprintf(path, sizeof(path), "%s/test/run-1/%s", p->dir, file);
    return path;
}

static char *
read_file(const struct place *p, const char *file, size_t *ret_len)
{
    FILE *f = fopen(path_of(p, file), "rb");
    char *bytes = malloc(20 * MIB);

    assert_non_null(f);
    assert_non_null(bytes);
    *ret_len = fread(bytes, 1, 20 * MIB, f);
    fclose(f);
    return bytes;
}

static void
expect_file(const struct place *p, const char *file, const void *bytes, size_t len)
{
    size_t got;
    char *data = read_file(p, file, &got);

    assert_int_equal(got, len);
    assert_memory_equal(data, bytes, len);
    free(data);
}

static int
count_files(const struct place *p)
{
    DIR *d = opendir(path_of(p, ""));
    int n = 0;

    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static int
count_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;

    assert_non_null(d);
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n;
}

/* Byte i of a stream that never repeats within the sizes used here. */
static void
fill(char *bytes, size_t len, uint64_t at)
{
    for (size_t i = 0; i < len; i += 8) {
        const uint64_t n = (at + i) / 8;
        memcpy(bytes + i, &n, 8);
    }
}

static void
append_stream(struct hostlog *l, const char *host, uint64_t from, uint64_t to)
{
    char piece[PIECE];

    for (uint64_t at = from; at < to; at += PIECE) {
        fill(piece, PIECE, at);
        append(l, host, piece, PIECE);
    }
}

static void
expect_stream(const char *bytes, uint64_t from, uint64_t to)
{
    char piece[PIECE];

    for (uint64_t at = from; at < to; at += PIECE) {
        fill(piece, PIECE, at);
        assert_memory_equal(bytes + (at - from), piece, PIECE);
    }
}

/* ---------------------------------------------------------------- */

/* fault 21: the log is lossless */
static void
test_every_byte_is_kept_in_a_file_only_we_can_read(void **state)
{
    const struct place *p = *state;
    struct hostlog *l = open_log(p);
    char bytes[512];
    struct stat st;
    const mode_t old = umask(0);

    for (int i = 0; i < 512; i++)
        bytes[i] = (char)i;
    append(l, "web-1", bytes, 100);
    append(l, "db-1", "other", 5);
    append(l, "web-1", bytes + 100, 412);
    expect_file(p, "web-1.log", bytes, 512); /* at once, not at the end */
    assert_int_equal(hostlog_close(l, NULL), 0);
    umask(old);
    expect_file(p, "web-1.log", bytes, 512);
    expect_file(p, "db-1.log", "other", 5);
    assert_int_equal(stat(path_of(p, "web-1.log"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(path_of(p, ""), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(hostlog_close(NULL, NULL), 0);
}

static void
test_a_resumed_run_goes_on_where_it_was(void **state)
{
    const struct place *p = *state;
    struct hostlog *l = open_log(p);

    append(l, "web-1", "one ", 4);
    assert_int_equal(hostlog_close(l, NULL), 0);
    l = open_log(p);
    append(l, "web-1", "two", 3);
    assert_int_equal(hostlog_close(l, NULL), 0);
    expect_file(p, "web-1.log", "one two", 7);
}

static void
test_up_to_the_cap_nothing_is_cut(void **state)
{
    const struct place *p = *state;
    struct hostlog *l = open_log(p);
    size_t len;
    char *bytes;

    append_stream(l, "web-1", 0, HOSTLOG_BYTES_MAX);
    assert_int_equal(hostlog_close(l, NULL), 0);
    bytes = read_file(p, "web-1.log", &len);
    assert_int_equal(len, HOSTLOG_BYTES_MAX);
    expect_stream(bytes, 0, HOSTLOG_BYTES_MAX);
    free(bytes);
    assert_int_equal(count_files(p), 1);
}

/* fault 20: the log has a cap */
static void
test_of_too_much_the_head_and_the_tail_are_kept(void **state)
{
    static const char line[] = "\n[16777216 bytes cut here]\n";
    const uint64_t total = 30 * MIB - PIECE;
    const struct place *p = *state;
    struct hostlog *l = open_log(p);
    uint64_t cut, tail;
    size_t len;
    char *bytes;

    append_stream(l, "web-1", 0, total);
    append(l, "web-2", "quiet", 5);
    assert_int_equal(hostlog_close(l, NULL), 0);
    assert_int_equal(count_files(p), 2);
    bytes = read_file(p, "web-1.log", &len);
    assert_true(len <= HOSTLOG_BYTES_MAX + sizeof(line) - 1);
    assert_true(len >= HOSTLOG_BYTES_MAX - HOSTLOG_SEGMENT_BYTES);
    expect_stream(bytes, 0, HOSTLOG_HEAD_BYTES);
    tail = len - HOSTLOG_HEAD_BYTES - (sizeof(line) - 1);
    cut = total - HOSTLOG_HEAD_BYTES - tail;
    assert_int_equal(cut, 16777216);
    assert_memory_equal(bytes + HOSTLOG_HEAD_BYTES, line, sizeof(line) - 1);
    expect_stream(bytes + len - tail, total - tail, total);
    free(bytes);
}

static int
gather(void *arg, const char *bytes, size_t len)
{
    uint64_t *at = arg;
    char piece[PIECE];

    assert_int_equal(len % 8, 0);
    fill(piece, len, *at);
    assert_memory_equal(bytes, piece, len);
    *at += len;
    return 0;
}

static int
stop_reading(void *arg, const char *bytes, size_t len)
{
    (void)bytes;
    (void)len;
    ++*(int *)arg;
    return 5;
}

static void
test_a_run_that_was_killed_leaves_whole_pieces_in_order(void **state)
{
    const struct place *p = *state;
    struct err err = {0};
    uint64_t at = 0;
    int calls = 0, status;
    const pid_t pid = fork();

    if (pid == 0) {
        append_stream(open_log(p), "web-1", 0, 14 * MIB);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(count_files(p), 3);
    assert_int_equal(hostlog_read(p->dir, "test", "run-1", "web-1", gather, &at, NULL), 0);
    assert_int_equal(at, 14 * MIB);
    assert_int_equal(hostlog_read(p->dir, "test", "run-1", "web-1", stop_reading, &calls, NULL), 5);
    assert_int_equal(calls, 1);
    assert_int_equal(hostlog_read(p->dir, "test", "run-1", "web-9", gather, &at, &err), -1);
    assert_int_equal(err.kind, ERR_NO_MATCH);
    assert_int_equal(hostlog_read(p->dir, "test", "run-9", "web-1", gather, &at, &err), -1);
    assert_int_equal(err.kind, ERR_NO_MATCH);
}

static void
test_a_thousand_hosts_need_few_descriptors(void **state)
{
    const struct place *p = *state;
    const int before = count_fds();
    struct hostlog *l = open_log(p);
    char host[16];

    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 1000; i++) {
            snprintf(host, sizeof(host), "h%03d", i);
            append(l, host, host, 4);
        }
    assert_in_range(count_fds(), before + HOSTLOG_FDS / 2, before + HOSTLOG_FDS + 1);
    assert_int_equal(hostlog_close(l, NULL), 0);
    assert_int_equal(count_fds(), before);
    assert_int_equal(count_files(p), 1000);
    expect_file(p, "h000.log", "h000h000h000", 12);
    expect_file(p, "h999.log", "h999h999h999", 12);
}

/* fault 42: names of logs */
static void
test_fewer_descriptors_do_too(void **state)
{
    const struct place *p = *state;
    const int before = count_fds();
    struct hostlog *l = open_log(p);
    char host[16];

    hostlog_limit_files(l, 4);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 50; i++) {
            snprintf(host, sizeof(host), "h%03d", i);
            append(l, host, host, 4);
            assert_true(count_fds() <= before + 1 + 4);
        }
    assert_int_equal(hostlog_close(l, NULL), 0);
    assert_int_equal(count_files(p), 50);
    expect_file(p, "h049.log", "h049h049", 8);
}

static void
test_refuses_names_that_are_no_file_names(void **state)
{
    static const char *const names[] = {"../../x", "-oProxyCommand=x", "a\nb", "a/b", "",
                                        "..",      "\x1b[2J"};
    const struct place *p = *state;
    struct hostlog *l = NULL;
    struct err err;
    char long_name[301];

    memset(long_name, 'a', 300);
    long_name[300] = '\0';
    for (size_t i = 0; i <= sizeof(names) / sizeof(names[0]); i++) {
        const char *name = i < sizeof(names) / sizeof(names[0]) ? names[i] : long_name;
        l = open_log(p);
        err = (struct err){0};
        assert_int_equal(hostlog_append(l, name, "x", 1, &err), -1);
        assert_int_equal(err.kind, ERR_IO);
        assert_null(strpbrk(err.text, "\n\x1b"));
        assert_int_equal(hostlog_append(l, name, "x", 1, &err), 0); /* said once */
        assert_int_equal(hostlog_lost(l), 2);
        assert_int_equal(hostlog_close(l, NULL), 0);
    }
    assert_int_equal(count_files(p), 0);
    assert_null(hostlog_new(p->dir, "../x", "run-1", NULL));
    assert_null(hostlog_new(p->dir, "test", "../run", NULL));
}

/* fault 42: O_NOFOLLOW */
static void
test_never_writes_through_a_planted_file(void **state)
{
    const struct place *p = *state;
    struct hostlog *l = open_log(p);
    char target[128];
    struct err err = {0};
    struct stat st;

    snprintf(target, sizeof(target), "%s/target", p->dir);
    close(open(target, O_WRONLY | O_CREAT, 0600));
    assert_int_equal(symlink(target, path_of(p, "web-1.log")), 0);
    assert_int_equal(hostlog_append(l, "web-1", "x", 1, &err), -1);
    assert_non_null(strstr(err.text, "web-1"));
    assert_int_equal(link(target, path_of(p, "web-2.log")), 0);
    assert_int_equal(hostlog_append(l, "web-2", "x", 1, &err), 0);
    assert_int_equal(mkfifo(path_of(p, "web-3.log"), 0600), 0);
    assert_int_equal(hostlog_append(l, "web-3", "x", 1, &err), 0); /* and does not wait */
    assert_int_equal(hostlog_lost(l), 3);
    assert_int_equal(stat(target, &st), 0);
    assert_int_equal(st.st_size, 0);
    append(l, "web-4", "fine", 4);
    assert_int_equal(hostlog_close(l, NULL), 0);
    expect_file(p, "web-4.log", "fine", 4);
}

/* fault 45: the folder of the logs */
static void
test_refuses_a_planted_folder(void **state)
{
    const struct place *p = *state;
    char env[128];
    struct err err = {0};

    snprintf(env, sizeof(env), "%s/test", p->dir);
    assert_int_equal(symlink("/tmp", env), 0);
    assert_null(hostlog_new(p->dir, "test", "run-1", &err));
    assert_int_equal(err.kind, ERR_IO);
    assert_int_equal(unlink(env), 0);
    assert_int_equal(mkdir(env, 0700), 0);
    assert_int_equal(chmod(env, 0777), 0);
    assert_null(hostlog_new(p->dir, "test", "run-1", &err));
    assert_non_null(strstr(err.text, "lets everybody write it"));
}

static void
limit_files(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes == 0 ? limit.rlim_max : bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
test_a_full_disk_is_said_once_and_the_gap_is_marked(void **state)
{
    static const char expected[] = "0123456789\n[7 bytes could not be written here]\nafter";
    const struct place *p = *state;
    struct hostlog *l = open_log(p);
    struct err err = {0};

    signal(SIGXFSZ, SIG_IGN);
    limit_files(10);
    append(l, "web-1", "01234567", 8);
    assert_int_equal(hostlog_append(l, "web-1", "89abcd", 6, &err), -1);
    assert_int_equal(err.kind, ERR_IO);
    assert_int_equal(hostlog_append(l, "web-1", "efg", 3, &err), 0);
    assert_int_equal(hostlog_lost(l), 7);
    limit_files(0);
    append(l, "web-1", "after", 5);
    assert_int_equal(hostlog_close(l, NULL), 0);
    expect_file(p, "web-1.log", expected, sizeof(expected) - 1);
}

static void
test_a_tail_that_does_not_fit_stays_in_its_pieces(void **state)
{
    const struct place *p = *state;
    struct hostlog *l = open_log(p);
    struct err err = {0};
    uint64_t at = 0;
    struct stat st;

    signal(SIGXFSZ, SIG_IGN);
    append_stream(l, "web-1", 0, 13 * MIB);
    limit_files(9 * MIB);
    assert_int_equal(hostlog_close(l, &err), -1);
    limit_files(0);
    assert_non_null(strstr(err.text, "web-1.log.old"));
    assert_int_equal(stat(path_of(p, "web-1.log"), &st), 0);
    assert_int_equal(st.st_size, HOSTLOG_HEAD_BYTES);
    assert_int_equal(hostlog_read(p->dir, "test", "run-1", "web-1", gather, &at, NULL), 0);
    assert_int_equal(at, 13 * MIB);
}

static void
test_removes_the_logs_of_one_run(void **state)
{
    const struct place *p = *state;
    struct hostlog *l = open_log(p);
    struct hostlog *other = hostlog_new(p->dir, "test", "run-2", NULL);
    char path[128];

    assert_non_null(other);
    append(l, "web-1", "x", 1);
    append(other, "web-1", "x", 1);
    assert_int_equal(hostlog_close(l, NULL), 0);
    assert_int_equal(hostlog_close(other, NULL), 0);
    assert_int_equal(hostlog_remove(p->dir, "test", "run-1", NULL), 0);
    assert_int_equal(access(path_of(p, ""), F_OK), -1);
    assert_int_equal(hostlog_remove(p->dir, "test", "run-1", NULL), 0);
    assert_int_equal(hostlog_remove(p->dir, "none", "run-1", NULL), 0);
    assert_int_equal(hostlog_remove(p->dir, "test", "..", NULL), -1);
    snprintf(path, sizeof(path), "%s/test/run-2/web-1.log", p->dir);
    assert_int_equal(access(path, F_OK), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(test_every_byte_is_kept_in_a_file_only_we_can_read),
        PLACED(test_a_resumed_run_goes_on_where_it_was),
        PLACED(test_up_to_the_cap_nothing_is_cut),
        PLACED(test_of_too_much_the_head_and_the_tail_are_kept),
        PLACED(test_a_run_that_was_killed_leaves_whole_pieces_in_order),
        PLACED(test_a_thousand_hosts_need_few_descriptors),
        PLACED(test_fewer_descriptors_do_too),
        PLACED(test_refuses_names_that_are_no_file_names),
        PLACED(test_never_writes_through_a_planted_file),
        PLACED(test_refuses_a_planted_folder),
        PLACED(test_a_full_disk_is_said_once_and_the_gap_is_marked),
        PLACED(test_a_tail_that_does_not_fit_stays_in_its_pieces),
        PLACED(test_removes_the_logs_of_one_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

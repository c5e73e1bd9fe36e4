/*
 * test_out.c - queues in front of files, pipes, sockets and terminals: nothing waits, nothing is
 * lost unsaid, and nobody's descriptor is changed.
 */
#include "unit/ui/stage.h"

#include "ui/budget.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { MANY = 1 << 20 };

static char *
pattern(size_t len)
{
    char *bytes = xcalloc(len, 1);

    for (size_t i = 0; i < len; i++) {
        bytes[i] = (char)(i * 7 + i / 256);
    }
    return bytes;
}

/* A descriptor to write to, and one to read what comes, by kind. */
enum kind { PIPE, SOCKET, TERMINAL, KINDS };

static void
open_pair(enum kind kind, int *ret_write, int *ret_read)
{
    struct termios t;
    int fds[2];

    switch (kind) {
    case PIPE:
        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        break;
    case SOCKET:
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        break;
    case TERMINAL:
        fds[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        assert_true(fds[0] >= 0 && grantpt(fds[0]) == 0 && unlockpt(fds[0]) == 0);
        fds[1] = open(ptsname(fds[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);
        assert_true(fds[1] >= 0);
        assert_int_equal(tcgetattr(fds[1], &t), 0);
        cfmakeraw(&t);
        assert_int_equal(tcsetattr(fds[1], TCSANOW, &t), 0);
        break;
    case KINDS:
        fail();
    }
    *ret_read = fds[0];
    *ret_write = fds[1];
}

static void
test_a_slow_reader_never_blocks_and_gets_every_byte(void **state)
{
    char *bytes = pattern(MANY);
    char *got = xcalloc(MANY, 1);

    (void)state;
    for (enum kind kind = PIPE; kind < KINDS; kind++) {
        int writer = -1;
        int reader = -1;
        size_t at = 0;
        open_pair(kind, &writer, &reader);
        const int flags = fcntl(writer, F_GETFL);
        struct out *o = out_new(writer, 0);
        assert_int_equal(out_is_terminal(o), kind == TERMINAL);
        out_add(o, bytes, MANY);
        assert_true(out_wants(o));
        for (size_t before = MANY + 1; out_pending(o) < before;) {
            before = out_pending(o);
            out_flush(o); /* nobody reads: it takes what fits, and comes back */
        }
        assert_in_range(out_pending(o), 1, MANY - 1);
        assert_false(out_drain(o, 0));
        assert_false(out_gone(o));
        assert_int_equal(fcntl(writer, F_GETFL), flags);
        assert_int_equal(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
        while (at < MANY) {
            const ssize_t n = read(reader, got + at, MANY - at);
            at += n > 0 ? (size_t)n : 0;
            out_flush(o);
        }
        assert_memory_equal(got, bytes, MANY);
        assert_false(out_wants(o));
        out_free(o);
        assert_int_equal(fcntl(writer, F_GETFL), flags); /* the descriptor stays the caller's */
        (void)close(writer);
        (void)close(reader);
    }
    free(got);
    free(bytes);
}

static void
test_a_reader_that_left_is_silent(void **state)
{
    struct sigaction old;
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)state;
    assert_int_equal(sigaction(SIGPIPE, &ignore, &old), 0);
    for (enum kind kind = PIPE; kind < KINDS; kind++) {
        int writer = -1;
        int reader = -1;
        open_pair(kind, &writer, &reader);
        struct out *o = out_new(writer, 0);
        out_add(o, "lost", 4);
        (void)close(reader);
        out_flush(o);
        assert_true(out_gone(o));
        assert_int_equal(out_pending(o), 0);
        out_add(o, "more", 4);
        assert_false(out_wants(o));
        assert_true(out_drain(o, -1));
        out_free(o);
        (void)close(writer);
    }
    assert_int_equal(sigaction(SIGPIPE, &old, NULL), 0);
}

static void
test_a_closed_descriptor_counts_as_gone(void **state)
{
    const int fd = dup(STDERR_FILENO);

    (void)state;
    (void)close(fd);
    struct out *o = out_new(fd, 0);
    assert_true(out_gone(o));
    out_add(o, "x", 1);
    out_flush(o);
    assert_true(out_drain(o, -1));
    out_free(o);
    out_free(NULL);
}

static void
test_draining_waits_for_a_reader_that_reads(void **state)
{
    int writer = -1;
    int reader = -1;
    int status = -1;

    (void)state;
    open_pair(PIPE, &writer, &reader);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        static char piece[4096];
        size_t sum = 0;
        (void)close(writer);
        for (ssize_t n = 1; n > 0; sum += n > 0 ? (size_t)n : 0) {
            n = read(reader, piece, sizeof(piece));
        }
        _exit(sum == MANY ? 7 : 1);
    }
    char *bytes = pattern(MANY);
    struct out *o = out_new(writer, 0);
    out_add(o, bytes, MANY);
    assert_true(out_drain(o, -1));
    out_free(o);
    (void)close(writer);
    (void)close(reader);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    free(bytes);
}

static void
test_says_when_what_can_be_dropped_should_be(void **state)
{
    int writer = -1;
    int reader = -1;

    (void)state;
    open_pair(PIPE, &writer, &reader);
    struct out *o = out_new(writer, 10);
    out_add(o, "123456789", 9);
    assert_false(out_full(o));
    out_add(o, "0", 1);
    assert_true(out_full(o));
    out_flush(o);
    assert_false(out_full(o));
    out_free(o);
    (void)close(writer);
    (void)close(reader);
}

/* Past the hard limit a line is dropped whole, counted, and told once; what is told still fits. */
static void
test_counts_what_a_full_queue_drops(void **state)
{
    const size_t big = OUT_HARD_BYTES_MAX - 5;
    char *bytes = xcalloc(big, 1);
    char *got = xcalloc(big + 1000, 1);
    const int fd = memfd_create("out", MFD_CLOEXEC);
    struct out *o = out_new(fd, 0);
    struct out *other = out_new(fd, 0);

    (void)state;
    memset(bytes, 'x', big);
    out_add(o, bytes, big);
    out_add(o, "12345", 5); /* fits exactly */
    out_add(o, "6", 1);
    out_add(o, "whole line\n", 11);
    out_add(o, "", 0);
    assert_int_equal(out_pending(o), OUT_HARD_BYTES_MAX);
    out_tell_dropped(o, other); /* that one dropped nothing: nothing is said */
    assert_int_equal(out_pending(o), OUT_HARD_BYTES_MAX);
    out_tell_dropped(o, o);
    out_tell_dropped(o, o);
    out_add(other, bytes, big);
    out_add(other, bytes, big);
    out_tell_dropped(o, other);
    assert_true(out_drain(o, -1));
    const ssize_t n = pread(fd, got, big + 999, 0);
    assert_true(n > (ssize_t)big);
    assert_string_equal(got + big, "1234512 bytes of output dropped: the reader is too slow\n"
                                   "67108859 bytes of output dropped: the reader is too slow\n");
    out_add(o, "goes on", 7);
    assert_int_equal(out_pending(o), 7);
    out_free(o);
    out_free(other);
    (void)close(fd);
    free(got);
    free(bytes);
}

/* What does not fit into the budget waits in a file, in order; what is said stays behind it. */
static void
test_a_bound_queue_holds_no_more_than_its_budget_and_loses_nothing(void **state)
{
    enum { BYTES = 16 * MANY };
    char *bytes = pattern(BYTES);
    char *got = xcalloc(BYTES, 1);
    struct budget b = {.max = 2 * MANY};
    int writer = -1;
    int reader = -1;

    (void)state;
    open_pair(PIPE, &writer, &reader);
    assert_int_equal(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
    struct out *o = out_new(writer, 0);
    out_bind(o, &b, "/tmp");
    size_t at = 0;
    for (size_t sent = 0; sent < BYTES; sent += 4096) {
        out_add(o, bytes + sent, 4096);
        assert_false(out_full(o));
        assert_true(b.used <= b.max / 2 + 65536);
        if (sent % 65536 == 0) { /* a slow reader */
            out_flush(o);
            const ssize_t n = read(reader, got + at, 8192);
            at += n > 0 ? (size_t)n : 0;
        }
    }
    assert_true(out_pending(o) > (size_t)b.max);
    while (at < BYTES) {
        const ssize_t n = read(reader, got + at, BYTES - at);
        at += n > 0 ? (size_t)n : 0;
        out_flush(o);
    }
    assert_memory_equal(got, bytes, BYTES);
    assert_int_equal(out_pending(o), 0);
    out_free(o);
    assert_int_equal(b.used, 0);
    (void)close(writer);
    (void)close(reader);
    free(got);
    free(bytes);
}

/* However much memory is allowed: the queue's own limit sends bytes to the file, not away. */
static void
test_a_bound_queue_drops_nothing_at_its_hard_limit(void **state)
{
    struct budget b = {.max = INT64_C(1) << 40};
    char *bytes = pattern(MANY);
    int writer = -1;
    int reader = -1;

    (void)state;
    open_pair(PIPE, &writer, &reader);
    struct out *o = out_new(writer, 0);
    out_bind(o, &b, "/tmp");
    for (int i = 0; i < 80; i++) {
        out_add(o, bytes, MANY);
    }
    assert_int_equal(out_pending(o), 80 * MANY);
    assert_true(b.used <= OUT_HARD_BYTES_MAX + MANY);
    out_free(o);
    (void)close(writer);
    (void)close(reader);
    free(bytes);
}

static void
test_without_a_file_a_bound_queue_is_full_at_its_part_of_the_budget(void **state)
{
    struct budget b = {.max = MANY};
    char *bytes = pattern(MANY);
    int writer = -1;
    int reader = -1;

    (void)state;
    for (enum kind kind = PIPE; kind < KINDS; kind++) {
        open_pair(kind, &writer, &reader);
        struct out *o = out_new(writer, 0);
        /* A terminal is given no file. */
        out_bind(o, &b, kind == TERMINAL ? "/tmp" : "/nonexistent");
        for (int i = 0; i < 256; i++) {
            out_add(o, bytes, 4096);
        }
        assert_true(out_full(o));
        assert_int_equal(out_pending(o), 256 * 4096);
        out_free(o);
        assert_int_equal(b.used, 0);
        (void)close(writer);
        (void)close(reader);
    }
    free(bytes);
}

static void
test_knows_whether_two_descriptors_are_one(void **state)
{
    int writer = -1;
    int reader = -1;

    (void)state;
    open_pair(PIPE, &writer, &reader);
    const int again = dup(writer);
    const int file = memfd_create("out", MFD_CLOEXEC);
    assert_true(out_same(writer, writer));
    assert_true(out_same(writer, again));
    assert_false(out_same(writer, file));
    (void)close(again);
    assert_false(out_same(writer, again));
    (void)close(file);
    (void)close(writer);
    (void)close(reader);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_slow_reader_never_blocks_and_gets_every_byte),
        cmocka_unit_test(test_a_reader_that_left_is_silent),
        cmocka_unit_test(test_a_closed_descriptor_counts_as_gone),
        cmocka_unit_test(test_draining_waits_for_a_reader_that_reads),
        cmocka_unit_test(test_says_when_what_can_be_dropped_should_be),
        cmocka_unit_test(test_counts_what_a_full_queue_drops),
        cmocka_unit_test(test_a_bound_queue_holds_no_more_than_its_budget_and_loses_nothing),
        cmocka_unit_test(test_a_bound_queue_drops_nothing_at_its_hard_limit),
        cmocka_unit_test(test_without_a_file_a_bound_queue_is_full_at_its_part_of_the_budget),
        cmocka_unit_test(test_knows_whether_two_descriptors_are_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

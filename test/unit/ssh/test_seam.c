/*
 * test_seam.c - what libssh sees of a socket through the seam.
 */
#include "ssh/seam.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void
pair(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
}

static void
test_is_what_libssh_calls(void **state)
{
    (void)state;
    assert_true(seam_in_place());
}

static void
test_passes_other_sockets_through(void **state)
{
    int fds[2];
    char byte;

    (void)state;
    pair(fds);
    assert_int_equal(recv(fds[0], &byte, 1, 0), -1);
    assert_int_equal(errno, EAGAIN);
    (void)close(fds[1]);
    assert_int_equal(send(fds[0], "x", 1, MSG_NOSIGNAL), -1);
    assert_int_equal(errno, EPIPE);
    (void)close(fds[0]);
}

static void
test_tells_a_failed_send_at_the_next_recv(void **state)
{
    int fds[2];
    char byte;

    (void)state;
    pair(fds);
    seam_watch(fds[0]);
    (void)close(fds[1]);
    assert_int_equal(send(fds[0], "hello", 5, 0), 5);
    assert_int_equal(send(fds[0], "again", 5, 0), 5);
    assert_int_equal(recv(fds[0], &byte, 1, 0), -1);
    assert_int_equal(errno, EPIPE);
    seam_forget(fds[0]);
    assert_int_equal(recv(fds[0], &byte, 1, 0), 0);
    (void)close(fds[0]);
}

static void
test_hands_over_what_had_arrived_before_the_error(void **state)
{
    int fds[2];
    char bytes[8];

    (void)state;
    pair(fds);
    seam_watch(fds[0]);
    assert_int_equal(send(fds[1], "status", 6, 0), 6);
    (void)close(fds[1]);
    assert_int_equal(send(fds[0], "x", 1, 0), 1);
    assert_int_equal(recv(fds[0], bytes, sizeof(bytes), 0), 6);
    assert_memory_equal(bytes, "status", 6);
    assert_int_equal(seam_error(fds[0]), 0);
    assert_int_equal(recv(fds[0], bytes, sizeof(bytes), 0), -1);
    assert_int_equal(errno, EPIPE);
    assert_int_equal(seam_error(fds[0]), EPIPE);
    seam_forget(fds[0]);
    (void)close(fds[0]);
}

static void
test_says_zero_bytes_sent_when_the_socket_is_full(void **state)
{
    static const char block[65536];
    int fds[2];
    ssize_t n;

    (void)state;
    pair(fds);
    seam_watch(fds[0]);
    do {
        n = send(fds[0], block, sizeof(block), 0);
        assert_true(n >= 0);
    } while (n > 0);
    seam_forget(fds[0]);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void
test_forgets_the_error_of_an_earlier_socket_with_the_same_number(void **state)
{
    int fds[2];
    char byte;

    (void)state;
    pair(fds);
    seam_watch(fds[0]);
    (void)close(fds[1]);
    assert_int_equal(send(fds[0], "x", 1, 0), 1);
    seam_watch(fds[0]);
    assert_int_equal(recv(fds[0], &byte, 1, 0), 0);
    seam_forget(fds[0]);
    (void)close(fds[0]);
}

static void
test_a_tap_keeps_the_first_bytes_that_came_and_no_more(void **state)
{
    struct buf heard;
    int fds[2];
    char bytes[16];

    (void)state;
    pair(fds);
    buf_init(&heard, 10);
    seam_watch(fds[0]);
    seam_tap(fds[0], &heard);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(send(fds[1], "seven77", 7, 0), 7);
        assert_int_equal(recv(fds[0], bytes, sizeof(bytes), 0), 7);
    }
    assert_string_equal(heard.data, "seven77sev");
    assert_false(heard.full);
    buf_clear(&heard);
    seam_tap(fds[0], NULL);
    assert_int_equal(send(fds[1], "x", 1, 0), 1);
    assert_int_equal(recv(fds[0], bytes, sizeof(bytes), 0), 1);
    assert_int_equal(heard.len, 0);
    seam_forget(fds[0]);
    buf_release(&heard);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void
test_hands_over_no_more_at_once_than_it_is_told(void **state)
{
    static const size_t limits[] = {4, 100, 0};
    static const ssize_t got[] = {4, 4, 2};
    char bytes[4];
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    seam_watch(ends[0]);
    assert_int_equal(write(ends[1], "0123456789", 10), 10);
    for (size_t i = 0; i < 3; i++) {
        seam_limit(ends[0], limits[i]);
        assert_int_equal(recv(ends[0], bytes, sizeof(bytes), 0), got[i]);
    }
    assert_int_equal(write(ends[1], "0123", 4), 4);
    seam_limit(ends[0], 1);
    assert_int_equal(recv(ends[0], bytes, sizeof(bytes), 0), 1);
    seam_limit(ends[0], 0);
    assert_int_equal(recv(ends[0], bytes, sizeof(bytes), 0), 3);
    seam_forget(ends[0]);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hands_over_no_more_at_once_than_it_is_told),
        cmocka_unit_test(test_is_what_libssh_calls),
        cmocka_unit_test(test_passes_other_sockets_through),
        cmocka_unit_test(test_tells_a_failed_send_at_the_next_recv),
        cmocka_unit_test(test_hands_over_what_had_arrived_before_the_error),
        cmocka_unit_test(test_says_zero_bytes_sent_when_the_socket_is_full),
        cmocka_unit_test(test_forgets_the_error_of_an_earlier_socket_with_the_same_number),
        cmocka_unit_test(test_a_tap_keeps_the_first_bytes_that_came_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

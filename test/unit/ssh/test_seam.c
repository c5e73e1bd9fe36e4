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

/* A socket of which each piece sent can be told from the next. */
static void
pair_of_pieces(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
}

static void
part(const int fds[2])
{
    seam_forget(fds[0]);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void
test_small_pieces_under_the_cork_leave_as_one(void **state)
{
    int fds[2];
    char bytes[16];

    (void)state;
    pair_of_pieces(fds);
    seam_watch(fds[0]);
    seam_cork(fds[0]);
    assert_int_equal(send(fds[0], "new", 3, 0), 3);
    assert_int_equal(send(fds[0], "keys", 4, 0), 4);
    assert_int_equal(recv(fds[1], bytes, sizeof(bytes), 0), -1); /* nothing yet */
    seam_uncork(fds[0]);
    assert_int_equal(recv(fds[1], bytes, sizeof(bytes), 0), 7);
    assert_memory_equal(bytes, "newkeys", 7);
    assert_false(seam_holds(fds[0]));
    assert_int_equal(send(fds[0], "x", 1, 0), 1); /* at once again */
    assert_int_equal(recv(fds[1], bytes, sizeof(bytes), 0), 1);
    part(fds);
}

static void
test_a_large_piece_goes_behind_what_is_held(void **state)
{
    static char large[32768];
    static char bytes[sizeof(large) + 1];
    int fds[2];

    (void)state;
    pair_of_pieces(fds);
    seam_watch(fds[0]);
    seam_cork(fds[0]);
    assert_int_equal(send(fds[0], "head", 4, 0), 4);
    assert_int_equal(send(fds[0], large, sizeof(large), 0), sizeof(large));
    assert_int_equal(send(fds[0], "tail", 4, 0), 4);
    seam_uncork(fds[0]);
    assert_int_equal(recv(fds[1], bytes, sizeof(bytes), 0), 4);
    assert_memory_equal(bytes, "head", 4);
    assert_int_equal(recv(fds[1], bytes, sizeof(bytes), 0), sizeof(large));
    assert_int_equal(recv(fds[1], bytes, sizeof(bytes), 0), 4);
    assert_memory_equal(bytes, "tail", 4);
    part(fds);
}

/* Bytes until the socket is full, or empty. */
static size_t
fill(int fd)
{
    static const char block[4096];
    size_t all = 0;
    ssize_t n;

    while ((n = send(fd, block, sizeof(block), MSG_NOSIGNAL)) > 0) {
        all += (size_t)n;
    }
    return all;
}

static size_t
empty(int fd)
{
    char block[4096];
    size_t all = 0;
    ssize_t n;

    while ((n = recv(fd, block, sizeof(block), 0)) > 0) {
        all += (size_t)n;
    }
    return all;
}

static void
test_what_a_full_socket_does_not_take_is_held_and_goes_first(void **state)
{
    int fds[2];
    char bytes[16];

    (void)state;
    pair(fds);
    const size_t filled = fill(fds[0]);
    seam_watch(fds[0]);
    seam_cork(fds[0]);
    assert_int_equal(send(fds[0], "first", 5, 0), 5);
    seam_uncork(fds[0]);
    assert_true(seam_holds(fds[0]));
    assert_int_equal(send(fds[0], "then", 4, 0), 0); /* not past it: libssh keeps it */
    assert_int_equal(empty(fds[1]), filled);
    assert_int_equal(send(fds[0], "then", 4, 0), 4);
    assert_false(seam_holds(fds[0]));
    assert_int_equal(recv(fds[1], bytes, sizeof(bytes), 0), 9);
    assert_memory_equal(bytes, "firstthen", 9);
    part(fds);
}

static void
test_an_error_of_what_was_held_is_told_at_the_next_recv(void **state)
{
    int fds[2];
    char byte;

    (void)state;
    pair(fds);
    seam_watch(fds[0]);
    (void)close(fds[1]);
    seam_cork(fds[0]);
    assert_int_equal(send(fds[0], "hello", 5, 0), 5);
    seam_uncork(fds[0]);
    assert_false(seam_holds(fds[0]));
    assert_int_equal(recv(fds[0], &byte, 1, 0), -1);
    assert_int_equal(errno, EPIPE);
    seam_forget(fds[0]);
    (void)close(fds[0]);
}

static void
test_a_number_that_is_watched_anew_holds_nothing_of_the_old_socket(void **state)
{
    int fds[2];
    char bytes[16];

    (void)state;
    pair(fds);
    seam_watch(fds[0]);
    seam_cork(fds[0]);
    assert_int_equal(send(fds[0], "old", 3, 0), 3);
    seam_forget(fds[0]);
    seam_watch(fds[0]);
    seam_uncork(fds[0]);
    assert_int_equal(recv(fds[1], bytes, sizeof(bytes), 0), -1);
    part(fds);
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
        cmocka_unit_test(test_small_pieces_under_the_cork_leave_as_one),
        cmocka_unit_test(test_a_large_piece_goes_behind_what_is_held),
        cmocka_unit_test(test_what_a_full_socket_does_not_take_is_held_and_goes_first),
        cmocka_unit_test(test_an_error_of_what_was_held_is_told_at_the_next_recv),
        cmocka_unit_test(test_a_number_that_is_watched_anew_holds_nothing_of_the_old_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

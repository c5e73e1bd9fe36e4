/*
 * test_dial.c - several addresses, dead and alive.
 */
#include "ssh/dial.h"

#include "unit/ssh/server.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct result {
    struct event_base *base;
    int fd;
    int calls;
    char text[900];
};

static void
on_done(void *arg, int fd, bool reset, const char *text)
{
    struct result *r = arg;

    (void)reset;
    r->fd = fd;
    r->calls++;
    (void)snprintf(r->text, sizeof(r->text), "%s", text);
    (void)event_base_loopbreak(r->base);
}

static void
add(struct addresses *a, int port)
{
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    memcpy(&a->items[a->count], &in, sizeof(in));
    a->sizes[a->count++] = sizeof(in);
}

static int
closed_port(void)
{
    int port;

    (void)close(listen_on(&port));
    return port;
}

/* A listener whose queue is full: a connection attempt gets no answer. */
static int
deaf_listener(int *ret_port, int fds[8])
{
    const int listener = listen_on(ret_port);
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)*ret_port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    assert_int_equal(listen(listener, 0), 0);
    for (int i = 0; i < 8; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(fds[i], (const struct sockaddr *)&in, sizeof(in));
    }
    return listener;
}

static struct result
dial(const struct addresses *a, int64_t timeout_ms)
{
    struct result r = {.base = event_base_new(), .fd = -2};
    struct dial *d = dial_start(r.base, a, timeout_ms, 4000, on_done, &r);

    assert_int_equal(r.calls, 0); /* never from inside */
    (void)event_base_dispatch(r.base);
    assert_int_equal(r.calls, 1);
    dial_free(d);
    event_base_free(r.base);
    return r;
}

/* fault 3: several addresses, the first refuses */
static void
test_tries_the_next_address_when_one_refuses(void **state)
{
    struct addresses a = {0};
    int port;
    int on = 0;
    socklen_t len = sizeof(on);
    const int listener = listen_on(&port);

    (void)state;
    add(&a, closed_port());
    add(&a, port);
    const struct result r = dial(&a, 5000);
    assert_true(r.fd >= 0);
    assert_true((fcntl(r.fd, F_GETFL) & O_NONBLOCK) != 0);
    assert_true((fcntl(r.fd, F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(getsockopt(r.fd, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
    assert_int_equal(on, 1);
    assert_int_equal(getsockopt(r.fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &on, &len), 0);
    assert_int_equal(on, 4000);
    (void)close(r.fd);
    (void)close(listener);
}

/* fault 3: several addresses, the first is a black hole */
static void
test_leaves_time_for_the_next_address_when_one_is_silent(void **state)
{
    struct addresses a = {0};
    int deaf_port;
    int port;
    int fds[8];
    const int deaf = deaf_listener(&deaf_port, fds);
    const int listener = listen_on(&port);

    (void)state;
    add(&a, deaf_port);
    add(&a, port);
    const struct result r = dial(&a, 600);
    assert_true(r.fd >= 0);
    (void)close(r.fd);
    (void)close(listener);
    (void)close(deaf);
    for (int i = 0; i < 8; i++) {
        (void)close(fds[i]);
    }
}

/* fault 4: no address answers */
static void
test_names_every_address_that_failed(void **state)
{
    struct addresses a = {0};
    char expected[200];
    const int one = closed_port();
    const int two = closed_port();

    (void)state;
    add(&a, one);
    add(&a, two);
    const struct result r = dial(&a, 5000);
    assert_int_equal(r.fd, -1);
    (void)snprintf(expected, sizeof(expected),
                   "127.0.0.1 port %d: Connection refused; 127.0.0.1 port %d: Connection refused",
                   one, two);
    assert_string_equal(r.text, expected);
}

static void
test_says_that_there_is_no_address(void **state)
{
    const struct addresses a = {0};

    (void)state;
    const struct result r = dial(&a, 5000);
    assert_int_equal(r.fd, -1);
    assert_string_equal(r.text, "no address");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tries_the_next_address_when_one_refuses),
        cmocka_unit_test(test_leaves_time_for_the_next_address_when_one_is_silent),
        cmocka_unit_test(test_names_every_address_that_failed),
        cmocka_unit_test(test_says_that_there_is_no_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

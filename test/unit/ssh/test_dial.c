/*
 * test_dial.c - several addresses, dead and alive.
 */
#include "ssh/dial.h"

#include "unit/ssh/server.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct result {
    struct event_base *base;
    int fd;
    int calls;
    const struct dial *dial;
    bool is_short;
    char text[900];
};

static void
on_done(void *arg, int fd, bool reset, const char *text)
{
    struct result *r = arg;

    (void)reset;
    r->fd = fd;
    r->calls++;
    r->is_short = dial_is_short(r->dial);
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
dial_by(const struct addresses *a, const struct dial_way *way)
{
    struct result r = {.base = event_base_new(), .fd = -2};
    struct dial *d = dial_start(r.base, a, way, on_done, &r);

    r.dial = d;
    assert_int_equal(r.calls, 0); /* never from inside */
    (void)event_base_dispatch(r.base);
    assert_int_equal(r.calls, 1);
    dial_free(d);
    event_base_free(r.base);
    return r;
}

static struct result
dial(const struct addresses *a, int64_t timeout_ms)
{
    return dial_by(a, &(struct dial_way){.timeout_ms = timeout_ms, .user_timeout_ms = 4000});
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

static void
add_six(struct addresses *a, int port)
{
    struct sockaddr_in6 in = {.sin6_family = AF_INET6,
                              .sin6_port = htons((uint16_t)port),
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};

    memcpy(&a->items[a->count], &in, sizeof(in));
    a->sizes[a->count++] = sizeof(in);
}

static void
test_only_addresses_of_the_family_are_tried(void **state)
{
    struct addresses a = {0};
    int port;

    (void)state;
    const int listener = listen_on(&port);
    add_six(&a, port);
    add(&a, port);
    struct result r = dial_by(&a, &(struct dial_way){.family = AF_INET});
    assert_true(r.fd >= 0);
    (void)close(r.fd);
    a.count = 1;
    r = dial_by(&a, &(struct dial_way){.family = AF_INET});
    assert_int_equal(r.fd, -1);
    assert_string_equal(r.text, "none of 1 addresses is of the family that AddressFamily names");
    (void)close(listener);
}

static void
test_comes_from_the_address_that_is_asked_for(void **state)
{
    struct sockaddr_in from;
    socklen_t size = sizeof(from);
    struct addresses a = {0};
    int port;

    (void)state;
    const int listener = listen_on(&port);
    add_six(&a, port); /* of another family than 127.0.0.77 */
    add(&a, port);
    struct result r = dial_by(&a, &(struct dial_way){.bind_address = "127.0.0.77"});
    assert_true(r.fd >= 0);
    assert_int_equal(getsockname(r.fd, (struct sockaddr *)&from, &size), 0);
    assert_int_equal(ntohl(from.sin_addr.s_addr), 0x7f00004dU);
    (void)close(r.fd);
    r = dial_by(&a, &(struct dial_way){.bind_address = "192.0.2.1"}); /* not of this machine */
    assert_int_equal(r.fd, -1);
    assert_non_null(strstr(r.text, "Cannot assign requested address"));
    assert_false(r.is_short); /* nothing would be there later */
    (void)close(listener);
}

/* As in a container without IPv6, where a name has an address of it too.  In a child: a network of
 * its own cannot be left again. */
static void
test_an_address_of_a_network_that_is_off_is_no_want_of_ports(void **state)
{
    enum { SKIPPED = 77 };
    struct addresses a = {0};
    int status;

    (void)state;
    add_six(&a, 9);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
            _exit(SKIPPED);
        }
        const struct result r = dial(&a, 5000);
        _exit(r.fd == -1 && !r.is_short ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED) {
        (void)fprintf(stderr, "SKIPPED: no network of its own for a test here\n");
        skip();
    }
    assert_int_equal(status, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tries_the_next_address_when_one_refuses),
        cmocka_unit_test(test_leaves_time_for_the_next_address_when_one_is_silent),
        cmocka_unit_test(test_names_every_address_that_failed),
        cmocka_unit_test(test_says_that_there_is_no_address),
        cmocka_unit_test(test_only_addresses_of_the_family_are_tried),
        cmocka_unit_test(test_comes_from_the_address_that_is_asked_for),
        cmocka_unit_test(test_an_address_of_a_network_that_is_off_is_no_want_of_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

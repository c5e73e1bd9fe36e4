/*
 * test_zygote.c - look-ups by children: answers, limits, deadlines, death.
 *
 * What a look-up does is put in by the tests; it tells them through shared memory, since the zygote
 * has closed every descriptor.
 */
#include "proc/zygote.h"

#include "proc/lookup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { MANY = 100, FDS = 20, LONG_MS = 60000 };

/* Between the tests and their look-ups. */
struct shared {
    atomic_int calls, at_once, most, open_descriptors;
    atomic_int zygote_pid, lookup_pid;
    int fds[FDS];
    char fifo[64];
    sem_t arrived, gate;
};

static struct shared *shared;

struct told {
    struct event_base *base;
    int *left; /* leave the loop when it is 0 */
    int calls;
    enum resolve_result result;
    struct addresses addresses;
    char text[LOOKUP_TEXT_MAX];
};

static void
on_told(void *arg, enum resolve_result result, const struct addresses *addresses, const char *text)
{
    struct told *t = arg;

    t->calls++;
    t->result = result;
    t->addresses = *addresses;
    (void)snprintf(t->text, sizeof(t->text), "%s", text);
    if (t->left == NULL || --*t->left == 0) {
        (void)event_base_loopbreak(t->base);
    }
}

/* ---- look-ups that tests put in ---- */

static void
answer_v4(struct lookup_answer *ret, const char *address)
{
    struct sockaddr_in in = {.sin_family = AF_INET};

    (void)inet_pton(AF_INET, address, &in.sin_addr);
    memcpy(&ret->addresses.items[0], &in, sizeof(in));
    ret->addresses.sizes[0] = sizeof(in);
    ret->addresses.count = 1;
    ret->result = RESOLVE_OK;
}

static void
look_up_at_once(const char *name, struct lookup_answer *ret)
{
    (void)name;
    atomic_fetch_add(&shared->calls, 1);
    answer_v4(ret, "192.0.2.7");
}

static void
look_up_in_vain(const char *name, struct lookup_answer *ret)
{
    (void)name;
    atomic_fetch_add(&shared->calls, 1);
    ret->result = RESOLVE_TEMPORARY;
    (void)snprintf(ret->text, sizeof(ret->text), "SERVFAIL");
}

static void
look_up_at_the_gate(const char *name, struct lookup_answer *ret)
{
    const int now = atomic_fetch_add(&shared->at_once, 1) + 1;
    int most = atomic_load(&shared->most);

    (void)name;
    atomic_fetch_add(&shared->calls, 1);
    while (now > most && !atomic_compare_exchange_weak(&shared->most, &most, now)) {}
    (void)sem_post(&shared->arrived);
    while (sem_wait(&shared->gate) < 0 && errno == EINTR) {}
    atomic_fetch_sub(&shared->at_once, 1);
    answer_v4(ret, "192.0.2.8");
}

/* Blocks for ever; holds the fifo, if there is one, so that its end shows its death. */
static void
look_up_for_ever(const char *name, struct lookup_answer *ret)
{
    (void)name;
    (void)ret;
    atomic_store(&shared->zygote_pid, getppid());
    atomic_store(&shared->lookup_pid, getpid());
    if (shared->fifo[0] != '\0') {
        (void)!open(shared->fifo, O_WRONLY);
    }
    (void)sem_post(&shared->arrived);
    for (;;) {
        (void)pause();
    }
}

static void
look_up_and_die(const char *name, struct lookup_answer *ret)
{
    (void)name;
    (void)ret;
    _exit(3);
}

static void
look_up_descriptors(const char *name, struct lookup_answer *ret)
{
    (void)name;
    for (int i = 0; i < FDS; i++) {
        if (fcntl(shared->fds[i], F_GETFD) >= 0) {
            atomic_fetch_add(&shared->open_descriptors, 1);
        }
    }
    answer_v4(ret, "192.0.2.9");
}

/* ---- scenery ---- */

struct stage {
    struct event_base *base;
    struct zygote *zygote;
};

static struct stage
stage_with(lookup_fn fn)
{
    struct stage s = {0};
    struct err err = {0};

    s.zygote = zygote_start_with(fn, &err);
    assert_non_null(s.zygote);
    s.base = event_base_new();
    zygote_attach(s.zygote, s.base);
    return s;
}

static void
stage_free(struct stage *s)
{
    zygote_detach(s->zygote);
    event_base_free(s->base);
    zygote_free(s->zygote);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left */
    assert_int_equal(errno, ECHILD);
}

static struct told
ask(const struct stage *s, const char *name, int port, int64_t timeout_ms)
{
    struct told t = {.base = s->base};

    (void)zygote_resolve(s->zygote, name, port, timeout_ms, on_told, &t);
    assert_int_equal(t.calls, 0); /* never from inside */
    (void)event_base_dispatch(s->base);
    assert_int_equal(t.calls, 1);
    return t;
}

static void
wait_for_arrival(void)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    assert_int_equal(sem_timedwait(&shared->arrived, &until), 0);
}

static int
setup(void **state)
{
    (void)state;
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return -1;
    }
    return sem_init(&shared->arrived, 1, 0) + sem_init(&shared->gate, 1, 0);
}

static int
teardown(void **state)
{
    (void)state;
    return munmap(shared, sizeof(*shared));
}

static void
fifo_make(char folder[40], int *ret_fd)
{
    (void)snprintf(folder, 40, "/tmp/test_zygote.XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(shared->fifo, sizeof(shared->fifo), "%s/fifo", folder);
    assert_int_equal(mkfifo(shared->fifo, 0600), 0);
    *ret_fd = open(shared->fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(*ret_fd >= 0);
}

/* Waits until the last look-up that held it is dead. */
static void
fifo_end(const char *folder, int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;

    assert_int_equal(poll(&p, 1, 20000), 1);
    assert_int_equal(read(fd, &byte, 1), 0);
    (void)close(fd);
    (void)unlink(shared->fifo);
    (void)rmdir(folder);
}

/* ---- tests ---- */

static void
test_answers_literal_addresses_without_a_child(void **state)
{
    struct stage s = stage_with(look_up_at_once);

    (void)state;
    const struct told v4 = ask(&s, "127.0.0.9", 2222, LONG_MS);
    assert_int_equal(v4.result, RESOLVE_OK);
    assert_int_equal(v4.addresses.count, 1);
    const struct sockaddr_in *in = (const struct sockaddr_in *)&v4.addresses.items[0];
    assert_int_equal(v4.addresses.sizes[0], sizeof(*in));
    assert_int_equal(in->sin_family, AF_INET);
    assert_int_equal(ntohs(in->sin_port), 2222);
    assert_int_equal(ntohl(in->sin_addr.s_addr), 0x7f000009);

    const struct told v6 = ask(&s, "2001:db8::5", 22, LONG_MS);
    assert_int_equal(v6.result, RESOLVE_OK);
    assert_int_equal(v6.addresses.count, 1);
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&v6.addresses.items[0];
    struct in6_addr expected;
    assert_int_equal(inet_pton(AF_INET6, "2001:db8::5", &expected), 1);
    assert_int_equal(v6.addresses.sizes[0], sizeof(*in6));
    assert_int_equal(in6->sin6_family, AF_INET6);
    assert_int_equal(ntohs(in6->sin6_port), 22);
    assert_memory_equal(&in6->sin6_addr, &expected, sizeof(expected));
    assert_int_equal(atomic_load(&shared->calls), 0);
    stage_free(&s);
}

static void
test_resolves_localhost_as_the_system_does(void **state)
{
    struct addrinfo *known = NULL;

    (void)state;
    if (getaddrinfo("localhost", NULL, NULL, &known) != 0) {
        skip(); /* a tree without /etc/hosts */
    }
    freeaddrinfo(known);
    struct stage s = stage_with(lookup_getaddrinfo);
    const struct told t = ask(&s, "localhost", 80, LONG_MS);
    assert_int_equal(t.result, RESOLVE_OK);
    assert_true(t.addresses.count > 0);
    for (int i = 0; i < t.addresses.count; i++) {
        const union address *a = &t.addresses.items[i];
        if (a->any.sa_family == AF_INET) {
            assert_int_equal(ntohl(a->v4.sin_addr.s_addr) >> 24, 127);
            assert_int_equal(ntohs(a->v4.sin_port), 80);
        } else {
            assert_true(IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr));
            assert_int_equal(ntohs(a->v6.sin6_port), 80);
        }
    }
    stage_free(&s);
}

/* Which failure it is depends on whether this machine has a name server; that it is one does not.
 */
/* fault 1: a name that does not exist and a resolver that fails are told apart */
static void
test_says_why_a_name_has_no_address(void **state)
{
    struct stage s = stage_with(lookup_getaddrinfo);

    (void)state;
    const struct told t = ask(&s, "no-such-host.invalid", 22, LONG_MS);
    assert_int_not_equal(t.result, RESOLVE_OK);
    assert_int_equal(t.addresses.count, 0);
    assert_true(t.text[0] != '\0');
    stage_free(&s);
}

static void
test_refuses_what_is_no_host_name(void **state)
{
    char long_name[301];
    const char *const names[] = {"",    "web\n01", "-oProxyCommand=x", "a b", "../../x",
                                 "a;b", "$(x)",    "w\xc3\xa9-1",      "a%n", long_name};
    struct stage s = stage_with(look_up_at_once);

    (void)state;
    memset(long_name, 'a', 300);
    long_name[300] = '\0';
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct told t = ask(&s, names[i], 22, LONG_MS);
        assert_int_equal(t.result, RESOLVE_NO_NAME);
        assert_string_equal(t.text, "not a host name");
    }
    assert_int_equal(atomic_load(&shared->calls), 0);
    stage_free(&s);
}

static void
test_asks_once_for_a_name_it_has_found(void **state)
{
    struct stage s = stage_with(look_up_at_once);

    (void)state;
    for (int port = 22; port < 25; port++) {
        const struct told t = ask(&s, "web-01.example", port, LONG_MS);
        assert_int_equal(t.result, RESOLVE_OK);
        const struct sockaddr_in *in = (const struct sockaddr_in *)&t.addresses.items[0];
        assert_int_equal(ntohs(in->sin_port), port);
        assert_int_equal(ntohl(in->sin_addr.s_addr), 0xc0000207);
    }
    assert_int_equal(atomic_load(&shared->calls), 1);
    stage_free(&s);
}

static void
test_asks_again_after_a_failure(void **state)
{
    struct stage s = stage_with(look_up_in_vain);

    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct told t = ask(&s, "web-01.example", 22, LONG_MS);
        assert_int_equal(t.result, RESOLVE_TEMPORARY);
        assert_string_equal(t.text, "SERVFAIL");
    }
    assert_int_equal(atomic_load(&shared->calls), 2);
    stage_free(&s);
}

/* fault 2: a look-up that takes too long */
static void
test_kills_a_look_up_at_its_deadline(void **state)
{
    struct stage s = stage_with(look_up_for_ever);

    (void)state;
    const struct told t = ask(&s, "slow.example", 22, 300);
    assert_int_equal(t.result, RESOLVE_DEADLINE);
    assert_string_equal(t.text, "no answer in time");
    wait_for_arrival(); /* it had begun: the pid is there */
    const pid_t pid = atomic_load(&shared->lookup_pid);
    assert_true(pid > 0);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    stage_free(&s);
}

static void
test_says_that_a_look_up_died(void **state)
{
    struct stage s = stage_with(look_up_and_die);

    (void)state;
    const struct told t = ask(&s, "web-01.example", 22, LONG_MS);
    assert_int_equal(t.result, RESOLVE_TEMPORARY);
    assert_string_equal(t.text, "the look-up died");
    stage_free(&s);
}

/* fault 2: slow look-ups hold up no loop */
static void
test_runs_no_more_than_its_limit_at_once(void **state)
{
    struct stage s = stage_with(look_up_at_the_gate);
    struct told t[MANY];
    int left = MANY;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        char name[40];
        t[i] = (struct told){.base = s.base, .left = &left};
        (void)snprintf(name, sizeof(name), "web-%d.example", i);
        (void)zygote_resolve(s.zygote, name, 1000 + i, LONG_MS, on_told, &t[i]);
    }
    for (int i = 0; i < RESOLVE_PARALLEL_MAX; i++) {
        wait_for_arrival();
    }
    (void)event_base_loop(s.base, EVLOOP_NONBLOCK);
    assert_int_equal(atomic_load(&shared->calls), RESOLVE_PARALLEL_MAX);
    for (int i = 0; i < MANY; i++) {
        (void)sem_post(&shared->gate);
    }
    (void)event_base_dispatch(s.base);
    assert_int_equal(left, 0);
    for (int i = 0; i < MANY; i++) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&t[i].addresses.items[0];
        assert_int_equal(t[i].calls, 1);
        assert_int_equal(t[i].result, RESOLVE_OK);
        assert_int_equal(ntohs(in->sin_port), 1000 + i);
    }
    assert_int_equal(atomic_load(&shared->calls), MANY);
    assert_int_equal(atomic_load(&shared->most), RESOLVE_PARALLEL_MAX);
    stage_free(&s);
}

static void
test_one_that_waited_takes_the_answer_of_its_name(void **state)
{
    struct stage s = stage_with(look_up_at_the_gate);
    struct told t[MANY];
    int left = MANY;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        t[i] = (struct told){.base = s.base, .left = &left};
        (void)zygote_resolve(s.zygote, "web-01.example", 22, LONG_MS, on_told, &t[i]);
    }
    for (int i = 0; i < RESOLVE_PARALLEL_MAX; i++) {
        wait_for_arrival();
    }
    for (int i = 0; i < MANY; i++) {
        (void)sem_post(&shared->gate);
    }
    (void)event_base_dispatch(s.base);
    assert_int_equal(left, 0);
    assert_int_equal(atomic_load(&shared->calls), RESOLVE_PARALLEL_MAX);
    stage_free(&s);
}

static void
test_a_cancelled_look_up_is_not_told(void **state)
{
    struct stage s = stage_with(look_up_for_ever);
    struct told unwanted[RESOLVE_PARALLEL_MAX + 3];
    struct lookup *lookups[RESOLVE_PARALLEL_MAX + 3];
    const int count = RESOLVE_PARALLEL_MAX + 3;

    (void)state;
    for (int i = 0; i < count; i++) { /* asked, in line, and one that is ready */
        char name[40];
        unwanted[i] = (struct told){.base = s.base};
        (void)snprintf(name, sizeof(name), i == count - 1 ? "127.0.0.%d" : "web-%d.example", i);
        lookups[i] = zygote_resolve(s.zygote, name, 22, 300, on_told, &unwanted[i]);
    }
    for (int i = 0; i < count; i++) {
        lookup_cancel(lookups[i]);
    }
    /* This one stands in line behind all others, so by now they have had their turn. */
    const struct told t = ask(&s, "last.example", 22, 300);
    assert_int_equal(t.result, RESOLVE_DEADLINE);
    for (int i = 0; i < count; i++) {
        assert_int_equal(unwanted[i].calls, 0);
    }
    stage_free(&s);
}

static void
test_fails_clearly_when_the_zygote_is_killed(void **state)
{
    struct stage s = stage_with(look_up_for_ever);
    struct told t[RESOLVE_PARALLEL_MAX + 5];
    const int count = RESOLVE_PARALLEL_MAX + 5;
    int left = count;
    char folder[40];
    int fifo;

    (void)state;
    fifo_make(folder, &fifo);
    for (int i = 0; i < count; i++) {
        char name[40];
        t[i] = (struct told){.base = s.base, .left = &left};
        (void)snprintf(name, sizeof(name), "web-%d.example", i);
        (void)zygote_resolve(s.zygote, name, 22, LONG_MS, on_told, &t[i]);
    }
    for (int i = 0; i < RESOLVE_PARALLEL_MAX; i++) {
        wait_for_arrival();
    }
    assert_int_equal(kill(atomic_load(&shared->zygote_pid), SIGKILL), 0);
    (void)event_base_dispatch(s.base);
    for (int i = 0; i < count; i++) {
        assert_int_equal(t[i].calls, 1);
        assert_int_equal(t[i].result, RESOLVE_TEMPORARY);
        assert_string_equal(t[i].text, "the resolver process is gone");
    }
    fifo_end(folder, fifo); /* its look-ups have died with it */
    const struct told late = ask(&s, "late.example", 22, LONG_MS);
    assert_int_equal(late.result, RESOLVE_TEMPORARY);
    assert_string_equal(late.text, "the resolver process is gone");
    const struct told literal = ask(&s, "127.0.0.1", 22, LONG_MS);
    assert_int_equal(literal.result, RESOLVE_OK);
    stage_free(&s);
}

static void
test_ends_with_its_look_ups_when_freed(void **state)
{
    struct stage s = stage_with(look_up_for_ever);
    struct told t = {.base = s.base};
    char folder[40];
    int fifo;

    (void)state;
    fifo_make(folder, &fifo);
    (void)zygote_resolve(s.zygote, "web-01.example", 22, LONG_MS, on_told, &t);
    wait_for_arrival();
    stage_free(&s);
    fifo_end(folder, fifo);
    assert_int_equal(t.calls, 0);
}

static void
test_is_out_of_reach_of_ctrl_c(void **state)
{
    struct stage s = stage_with(look_up_for_ever);
    struct told t = {.base = s.base};

    (void)state;
    (void)zygote_resolve(s.zygote, "web-01.example", 22, LONG_MS, on_told, &t);
    wait_for_arrival();
    const pid_t zygote = atomic_load(&shared->zygote_pid);
    assert_int_equal(getpgid(zygote), zygote);
    assert_int_equal(getpgid(atomic_load(&shared->lookup_pid)), zygote);
    assert_int_not_equal(getpgrp(), zygote);
    stage_free(&s);
}

static void
test_keeps_no_descriptor_of_its_user(void **state)
{
    (void)state;
    /* Below the socket and above it; a look-up gets numbers below 9 itself. */
    for (int i = 0; i < FDS; i++) {
        shared->fds[i] = fcntl(0, F_DUPFD, i < FDS / 2 ? 9 : 200);
        assert_true(shared->fds[i] >= 9);
    }
    int filled[9];
    for (int i = 0; i < 9; i++) {
        filled[i] = fcntl(0, F_DUPFD_CLOEXEC, 3);
    }
    struct stage s = stage_with(look_up_descriptors);
    for (int i = 0; i < FDS; i++) {
        (void)close(shared->fds[i]);
    }
    for (int i = 0; i < 9; i++) {
        (void)close(filled[i]);
    }
    const struct told t = ask(&s, "web-01.example", 22, LONG_MS);
    assert_int_equal(t.result, RESOLVE_OK);
    assert_int_equal(atomic_load(&shared->open_descriptors), 0);
    stage_free(&s);
}

static void
test_works_when_our_own_streams_are_closed(void **state)
{
    int kept[3];
    struct told t;

    (void)state;
    for (int i = 0; i < 3; i++) {
        kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 50);
        (void)close(i);
    }
    struct err err = {0};
    struct stage s = {.zygote = zygote_start_with(look_up_at_once, &err)};
    for (int i = 0; i < 3; i++) {
        if (kept[i] >= 0) {
            (void)dup2(kept[i], i);
            (void)close(kept[i]);
        }
    }
    assert_non_null(s.zygote);
    s.base = event_base_new();
    zygote_attach(s.zygote, s.base);
    t = ask(&s, "web-01.example", 22, LONG_MS);
    assert_int_equal(t.result, RESOLVE_OK);
    stage_free(&s);
}

static void
test_serves_a_second_loop_after_the_first(void **state)
{
    struct stage s = stage_with(look_up_at_the_gate);
    struct told forgotten[RESOLVE_PARALLEL_MAX];

    (void)state;
    for (int i = 0; i < RESOLVE_PARALLEL_MAX; i++) {
        char name[40];
        forgotten[i] = (struct told){.base = s.base};
        (void)snprintf(name, sizeof(name), "web-%d.example", i);
        (void)zygote_resolve(s.zygote, name, 22, LONG_MS, on_told, &forgotten[i]);
    }
    for (int i = 0; i < RESOLVE_PARALLEL_MAX; i++) {
        wait_for_arrival();
    }
    zygote_detach(s.zygote);
    event_base_free(s.base);
    s.base = event_base_new();
    zygote_attach(s.zygote, s.base);
    /* The zygote is still full of questions of the first loop: the new one must wait, not fail. */
    struct told t = {.base = s.base};
    (void)zygote_resolve(s.zygote, "new.example", 22, LONG_MS, on_told, &t);
    for (int i = 0; i <= RESOLVE_PARALLEL_MAX; i++) {
        (void)sem_post(&shared->gate);
    }
    (void)event_base_dispatch(s.base);
    assert_int_equal(t.result, RESOLVE_OK);
    for (int i = 0; i < RESOLVE_PARALLEL_MAX; i++) {
        assert_int_equal(forgotten[i].calls, 0);
    }
    stage_free(&s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_answers_literal_addresses_without_a_child),
        TEST(test_resolves_localhost_as_the_system_does),
        TEST(test_says_why_a_name_has_no_address),
        TEST(test_refuses_what_is_no_host_name),
        TEST(test_asks_once_for_a_name_it_has_found),
        TEST(test_asks_again_after_a_failure),
        TEST(test_kills_a_look_up_at_its_deadline),
        TEST(test_says_that_a_look_up_died),
        TEST(test_runs_no_more_than_its_limit_at_once),
        TEST(test_one_that_waited_takes_the_answer_of_its_name),
        TEST(test_a_cancelled_look_up_is_not_told),
        TEST(test_fails_clearly_when_the_zygote_is_killed),
        TEST(test_ends_with_its_look_ups_when_freed),
        TEST(test_is_out_of_reach_of_ctrl_c),
        TEST(test_keeps_no_descriptor_of_its_user),
        TEST(test_works_when_our_own_streams_are_closed),
        TEST(test_serves_a_second_loop_after_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

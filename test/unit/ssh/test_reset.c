/*
 * test_reset.c - servers that reset at once, a thousand times, and a first send that fails.
 */
#include "unit/ssh/reset.h"
#include "unit/ssh/rig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct zygote *zygote;
static bool failing; /* set in the child only */

/* What the seam calls. */
ssize_t
sendto(int fd, const void *bytes, size_t len, int flags, __CONST_SOCKADDR_ARG to, socklen_t to_len)
{
    char *copy = malloc(len + 1);
    struct sockaddr_storage address;

    if (failing || copy == NULL) {
        free(copy);
        errno = ECONNRESET;
        return -1;
    }
    memcpy(copy, bytes, len);
    if (to_len > 0) {
        memcpy(&address, to.__sockaddr__, to_len);
    }
    struct iovec part = {.iov_base = copy, .iov_len = len};
    const struct msghdr m = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_name = to_len > 0 ? &address : NULL,
                             .msg_namelen = to_len};
    const ssize_t n = sendmsg(fd, &m, flags);
    free(copy);
    return n;
}

/* fault 9: the use after free of libssh 0.10.6 */
static void
test_valgrind_sees_nothing_when_the_first_send_fails(void **state)
{
    (void)state;
    const int code = reset_under_valgrind();
    if (code == RESET_NO_VALGRIND) {
        skip();
    }
    assert_int_equal(code, RESET_CLEAN);
}

static pid_t
resetting_server(int *ret_port)
{
    const struct linger now = {.l_onoff = 1};
    const int listener = listen_on(ret_port);
    const pid_t pid = fork();

    if (pid != 0) {
        (void)close(listener);
        return pid;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        const int fd = accept(listener, NULL, NULL);
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        (void)close(fd);
    }
}

/* fault 9: RST right after accept */
static void
test_a_thousand_resets_are_a_thousand_throttlings(void **state)
{
    enum { ROUNDS = 10, AT_ONCE = 100 };
    static const char line[] = "connect_failed 3 throttled\n";
    struct target target = {.name = "web-01", .address = "127.0.0.1", .user = "fleet"};
    struct rig r = {.base = event_base_new(), .zygote = zygote, .keyring = keyring_new()};
    const pid_t pid = resetting_server(&target.port);

    (void)state;
    zygote_attach(zygote, r.base);
    rig_open(&r);
    const struct pool_config config = rig_config(&r);
    r.pool = pool_new(&config);
    for (int round = 0; round < ROUNDS; round++) {
        for (int32_t id = 0; id < AT_ONCE; id++) {
            pool_connect(r.pool, id, &target);
        }
        assert_true(rig_wait(&r, "connect_failed", AT_ONCE));
        assert_int_equal(pool_open_count(r.pool), 0);
    }
    assert_int_equal(r.log.len, ROUNDS * AT_ONCE * strlen(line));
    rig_close(&r);
    keyring_free(r.keyring);
    zygote_detach(zygote);
    event_base_free(r.base);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valgrind_sees_nothing_when_the_first_send_fails),
        cmocka_unit_test(test_a_thousand_resets_are_a_thousand_throttlings),
    };
    struct err err;

    (void)argv;
    if (argc > 1) {
        failing = true;
        return reset_child();
    }
    zygote = zygote_start(&err);
    const int failed = zygote == NULL ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
    zygote_free(zygote);
    return failed;
}

/*
 * reset.h - one session whose first send fails, run as a child under valgrind.
 *
 * libssh 0.10.6 uses a freed poll handle then.  test_reset.c has the seam and must be clean;
 * test_reset_control.c has none and must not be, else the first proves nothing.  AddressSanitizer
 * does not see inside the distribution's libssh, so this is valgrind's.
 */
#ifndef TEST_RESET_H
#define TEST_RESET_H

#include "ssh/session.h"

#include "unit/ssh/server.h"

#include <fcntl.h>
#include <poll.h>

enum { RESET_CLEAN = 0, RESET_SEEN_BY_VALGRIND = 9, RESET_NO_VALGRIND = 77 };

/* The child: 0 if the session failed, as it should. */
static inline int
reset_child(void)
{
    int port;
    const int listener = listen_on(&port);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in a = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    enum session_io io;

    if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) < 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
        return 3;
    }
    static const struct target target = {.user = "fleet"};
    struct session *s = session_new(fd, &target, NULL);
    do {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        io = session_kex(s);
        if (io == SESSION_AGAIN && poll(&p, 1, 5000) == 0) {
            return 4;
        }
    } while (io == SESSION_AGAIN);
    session_free(s);
    (void)close(listener);
    return io == SESSION_FAIL ? RESET_CLEAN : 5;
}

static inline int
reset_under_valgrind(void)
{
    char self[4096] = "";
    char command[4300];

#ifdef __SANITIZE_ADDRESS__
    return RESET_NO_VALGRIND;
#endif
    if (system("command -v valgrind >/dev/null 2>&1") != 0 ||
        readlink("/proc/self/exe", self, sizeof(self) - 1) < 0) {
        return RESET_NO_VALGRIND;
    }
    (void)snprintf(command, sizeof(command),
                   "exec valgrind -q --error-exitcode=%d '%s' child >/dev/null 2>&1",
                   RESET_SEEN_BY_VALGRIND, self);
    const int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

#endif

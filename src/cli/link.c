/*
 * link.c - a connection to the control socket of a run, from this side.
 *
 * Decides how long is waited, and that nobody but our own user is spoken to.  Owns the connection.
 */
#include "cli/link.h"

#include "app/control.h"
#include "app/control_place.h"
#include "base/xalloc.h"
#include "ui/snapshot.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_BYTES = 65536, ASK_MS = 1000 };

static int64_t
now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool
is_ours(int fd)
{
    struct ucred peer = {0};
    socklen_t size = sizeof(peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           control_admits(peer.uid, geteuid());
}

int
link_open(struct link *l, const char *root, const char *run_id, bool *ret_none, struct err *err)
{
    char *var = xasprintf("%s/var", root);
    const int folder = control_place_open(var, false, err);
    const int missing = errno;
    const int fd = folder < 0 ? -1 : control_place_connect(folder, run_id, err);

    *ret_none =
        folder < 0 ? missing == ENOENT : fd < 0 && (errno == ENOENT || errno == ECONNREFUSED);
    if (folder >= 0) {
        close(folder);
    }
    free(var);
    if (fd < 0) {
        return -1;
    }
    if (!is_ours(fd)) {
        close(fd);
        return err_set(err, ERR_IO, "control socket %s: another user listens there", run_id);
    }
    *l = (struct link){.fd = fd};
    buf_init(&l->in, SNAPSHOT_BYTES_MAX + READ_BYTES);
    return 0;
}

void
link_close(struct link *l)
{
    if (l->fd >= 0) {
        close(l->fd);
        buf_release(&l->in);
    }
    *l = (struct link){.fd = -1};
}

/* A line is far less than a socket takes; a run that was stopped may have a full one. */
void
link_ask(struct link *l, const char *line)
{
    char *text = xasprintf("%s\n", line);
    const size_t len = strlen(text);
    struct pollfd p = {.fd = l->fd, .events = POLLOUT};

    if (poll(&p, 1, ASK_MS) == 1) {
        (void)!send(l->fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    free(text);
}

static char *
next_line(struct link *l)
{
    const char *end = memchr(l->in.data, '\n', l->in.len);

    if (end == NULL) {
        return NULL;
    }
    const size_t len = (size_t)(end - l->in.data);
    char *line = xstrndup(l->in.data, len);
    buf_drain(&l->in, len + 1);
    return line;
}

/* False: nothing more will come. */
static bool
read_some(struct link *l)
{
    char *bytes = xcalloc(READ_BYTES, 1);
    const ssize_t n = recv(l->fd, bytes, READ_BYTES, MSG_DONTWAIT);
    bool more = n > 0 && buf_add(&l->in, bytes, (size_t)n) == 0;

    if (n < 0) {
        more = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    }
    free(bytes);
    return more;
}

enum heard
link_hear(struct link *l, int timeout_ms, int wake_fd, char **ret_line)
{
    const int64_t until_ms = now_ms() + timeout_ms;

    for (;;) {
        struct pollfd p[] = {{.fd = l->fd, .events = POLLIN}, {.fd = wake_fd, .events = POLLIN}};
        const int64_t left_ms = until_ms - now_ms();
        char *line = next_line(l);
        if (line != NULL) {
            *ret_line = line;
            return HEARD_LINE;
        }
        if (poll(p, 2, left_ms > 0 ? (int)left_ms : 0) < 0 && errno != EINTR) {
            return HEARD_END;
        }
        if (p[1].revents != 0) {
            return HEARD_WAKE;
        }
        if (p[0].revents != 0 && !read_some(l)) {
            return HEARD_END;
        }
        if (p[0].revents == 0 && left_ms <= 0) {
            return HEARD_NOTHING;
        }
    }
}

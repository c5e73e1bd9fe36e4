/*
 * spawn.c - pipes and posix_spawn for children of the loop.
 *
 * Decides what a child has of ours: nothing but its three streams.  Owns nothing.  Never waits for
 * a child, never signals one.
 */
#include "proc/spawn.h"

#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* The same descriptor above 2; low itself is closed.  -1 and errno. */
static int
lift(int low)
{
    if (low < 0 || low > 2) {
        return low;
    }
    const int high = fcntl(low, F_DUPFD_CLOEXEC, 3);
    const int why = errno;
    (void)close(low);
    errno = why;
    return high;
}

/* Both ends above 2; ours does not block.  -1 and errno. */
static int
lift_pair(int ends[2], int ours)
{
    for (int i = 0; i < 2; i++) {
        ends[i] = lift(ends[i]);
        if (ends[i] < 0) {
            const int why = errno;
            (void)close(ends[1 - i]);
            errno = why;
            return -1;
        }
    }
    (void)fcntl(ends[ours], F_SETFL, O_NONBLOCK);
    return 0;
}

/* -1 and errno. */
static int
open_pipe(int ends[2], int ours)
{
    return pipe2(ends, O_CLOEXEC) < 0 ? -1 : lift_pair(ends, ours);
}

int
spawn_sockets(int ends[2], struct err *err)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 && lift_pair(ends, 1) == 0) {
        return 0;
    }
    return err_set(err, ERR_IO, "no pair of sockets: %s", strerror(errno));
}

int
spawn_pipe(int ends[2], struct err *err)
{
    return open_pipe(ends, 1) == 0 ? 0 : err_set(err, ERR_IO, "no pipe: %s", strerror(errno));
}

int
spawn_file(const char *text, struct err *err)
{
    const size_t len = strlen(text);
    const int fd = lift(memfd_create("script", MFD_CLOEXEC));

    if (fd < 0) {
        return err_set(err, ERR_IO, "no room for the script: %s", strerror(errno));
    }
    for (size_t done = 0; done < len;) {
        const ssize_t n = pwrite(fd, text + done, len - done, (off_t)done);
        if (n <= 0) {
            (void)err_set(err, ERR_IO, "no room for the script: %s",
                          strerror(n < 0 ? errno : ENOSPC));
            (void)close(fd);
            return -1;
        }
        done += (size_t)n;
    }
    return fd;
}

static int
set_files(posix_spawn_file_actions_t *files, int folder, int in, int out, int errors)
{
    int rc = posix_spawn_file_actions_addfchdir_np(files, folder);

    rc = rc != 0 ? rc : posix_spawn_file_actions_adddup2(files, in, 0);
    rc = rc != 0 ? rc : posix_spawn_file_actions_adddup2(files, out, 1);
    rc = rc != 0 ? rc : posix_spawn_file_actions_adddup2(files, errors, 2);
    return rc != 0 ? rc : posix_spawn_file_actions_addclosefrom_np(files, 3);
}

/* The leader of a session leads a group, too. */
static void
set_signals(posix_spawnattr_t *attr, bool own_session)
{
    const int own = own_session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
    sigset_t every;
    sigset_t none;

    (void)sigfillset(&every);
    (void)sigemptyset(&none);
    (void)posix_spawnattr_setflags(attr,
                                   (short)(own | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
    (void)posix_spawnattr_setpgroup(attr, 0);
    (void)posix_spawnattr_setsigdefault(attr, &every);
    (void)posix_spawnattr_setsigmask(attr, &none);
}

/* 0, or the errno of what went wrong. */
static int
start(const struct spawn_request *r, int folder, int out, int errors, pid_t *ret_pid)
{
    char sh[] = "/bin/sh";
    char flag[] = "-c";
    char *command = xstrdup(r->command);
    char *argv[] = {sh, flag, command, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;

    int rc = posix_spawn_file_actions_init(&files);
    if (rc != 0) {
        goto no_files;
    }
    rc = posix_spawnattr_init(&attr);
    if (rc != 0) {
        goto no_attr;
    }
    set_signals(&attr, r->own_session);
    rc = set_files(&files, folder, r->in, out, errors);
    rc = rc != 0 ? rc : posix_spawn(ret_pid, sh, &files, &attr, argv, r->env);
    (void)posix_spawnattr_destroy(&attr);
no_attr:
    (void)posix_spawn_file_actions_destroy(&files);
no_files:
    free(command);
    return rc;
}

static void
close_end(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}

static void
close_pipe(const int ends[2])
{
    close_end(ends[0]);
    close_end(ends[1]);
}

static int
spawn_in(const struct spawn_request *r, int folder, struct spawned *ret, struct err *err)
{
    int out[2] = {-1, -1};
    int errors[2];

    if (r->out == 0 && open_pipe(out, 0) < 0) {
        return err_set(err, ERR_IO, "no pipe: %s", strerror(errno));
    }
    if (open_pipe(errors, 0) < 0) {
        (void)err_set(err, ERR_IO, "no pipe: %s", strerror(errno));
        close_pipe(out);
        return -1;
    }
    const int rc = start(r, folder, r->out == 0 ? out[1] : r->out, errors[1], &ret->pid);
    close_end(out[1]);
    close_end(errors[1]);
    if (rc != 0) {
        close_end(out[0]);
        close_end(errors[0]);
        return err_set(err, ERR_IO, "cannot start /bin/sh: %s", strerror(rc));
    }
    ret->out = out[0];
    ret->errors = errors[0];
    return 0;
}

int
spawn_shell(const struct spawn_request *r, struct spawned *ret, struct err *err)
{
    const int folder = open(r->cwd, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (folder < 0) {
        return err_set(err, ERR_IO, "cannot run in %.300s: %s", r->cwd, strerror(errno));
    }
    const int rc = spawn_in(r, folder, ret, err);
    (void)close(folder);
    return rc;
}

/*
 * control_place.c - where the control sockets of runs are.
 *
 * Decides which socket is dead: one that refuses a connection, or that is not yet named and whose
 * maker is gone.  Owns nothing past a call, not even the current folder.
 */
#include "app/control_place.h"

#include "base/xalloc.h"
#include "store/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BACKLOG = 16,
    LOOKED_AT = 1000, /* sockets in the folder */
};

typedef int address_fn(int fd, const struct sockaddr *address, socklen_t len);

/* bind or connect by the name alone, from inside the folder.  -1: errno says why. */
static int
call_inside(int folder, int fd, const char *name, address_fn *call)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int rc = -1;
    int why;

    if (strlen(name) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        goto out;
    }
    memcpy(address.sun_path, name, strlen(name));
    /* To where we are first: who cannot come back does not go. */
    if (here < 0 || fchdir(here) != 0 || fchdir(folder) != 0) {
        goto out;
    }
    rc = call(fd, (const struct sockaddr *)&address, sizeof(address));
    why = errno;
    if (fchdir(here) != 0) {
        abort();
    }
    errno = why;
out:
    why = errno;
    if (here >= 0) {
        close(here);
    }
    errno = why;
    return rc;
}

static int
new_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int
failed(int fd, const char *name, const char *what, struct err *err)
{
    const int why = errno;

    (void)err_set(err, ERR_IO, "control socket %s: %s: %s", name, what, strerror(why));
    if (fd >= 0) {
        close(fd);
    }
    errno = why;
    return -1;
}

int
control_place_connect(int folder, const char *name, struct err *err)
{
    const int fd = new_socket();

    if (fd < 0 || call_inside(folder, fd, name, connect) != 0) {
        return failed(fd, name, "cannot connect", err);
    }
    return fd;
}

int
control_place_listen(int folder, const char *name, struct err *err)
{
    const int fd = new_socket();

    if (fd < 0) {
        return failed(fd, name, "cannot be made", err);
    }
    (void)unlinkat(folder, name, 0);
    const mode_t before = umask(0177);
    const int rc = call_inside(folder, fd, name, bind);
    (void)umask(before);
    if (rc != 0) {
        return failed(fd, name, "cannot be made", err);
    }
    if (listen(fd, BACKLOG) != 0) {
        (void)failed(fd, name, "cannot listen", err);
        (void)unlinkat(folder, name, 0);
        return -1;
    }
    return fd;
}

static bool
is_dead(int folder, const char *name)
{
    if (name[0] == '.') { /* not named yet: its maker may be about to listen */
        const long maker = strtol(name + 1, NULL, 10);
        return maker > 0 && kill((pid_t)maker, 0) != 0 && errno == ESRCH;
    }
    const int fd = control_place_connect(folder, name, NULL);
    if (fd >= 0) {
        close(fd);
        return false;
    }
    return errno == ECONNREFUSED;
}

/* A run listens before its socket has its name, so that one that refuses is dead. */
static void
sweep(int folder)
{
    const int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = again < 0 ? NULL : fdopendir(again);
    const struct dirent *entry;
    struct stat st;

    for (int i = 0; dir != NULL && i < LOOKED_AT && (entry = readdir(dir)) != NULL; i++) {
        if (fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(st.st_mode) &&
            is_dead(folder, entry->d_name)) {
            (void)unlinkat(folder, entry->d_name, 0);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    } else if (again >= 0) {
        close(again);
    }
}

int
control_place_open(const char *var_dir, bool create, struct err *err)
{
    const int var = files_dir_open(var_dir, create, err);
    int folder = -1;
    int why;

    if (var < 0) {
        return -1;
    }
    folder = files_dir_below(var, CONTROL_FOLDER, create, err);
    why = errno;
    if (folder < 0) {
        err_prefix(err, "%s/", var_dir);
    } else if (create) {
        sweep(folder);
    }
    close(var);
    errno = why;
    return folder;
}

/*
 * files.c - opening files and folders of ours only where nobody else can have planted them.
 *
 * Decides what is refused: symlinks, foreign owners, folders the world may write, files anyone else
 * may write.  Owns nothing; never follows a link in a last component, never changes a mode.
 */
#include "store/files.h"

#include "base/xalloc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 200, DIR_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

bool
files_name_ok(const char *name)
{
    const size_t len = strlen(name);

    if (len == 0 || len > NAME_MAX_BYTES || name[0] == '.' || name[0] == '-') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (name[i] <= ' ' || name[i] > '~' || name[i] == '/') {
            return false;
        }
    }
    return true;
}

int
files_check(const struct stat *st, const char *path, struct err *err)
{
    if (S_ISLNK(st->st_mode)) {
        return err_set(err, ERR_IO, "%s: refused: a symbolic link", path);
    }
    if (!S_ISREG(st->st_mode)) {
        return err_set(err, ERR_IO, "%s: refused: not a regular file", path);
    }
    if (st->st_uid != geteuid()) {
        return err_set(err, ERR_IO, "%s: refused: owned by uid %u, not by us (uid %u)", path,
                       st->st_uid, geteuid());
    }
    if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return err_set(err, ERR_IO, "%s: refused: mode %04o lets others write it", path,
                       st->st_mode & 07777u);
    }
    return 0;
}

static int
dir_check(int fd, const char *path, struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    if (st.st_uid != geteuid() && st.st_uid != 0) {
        return err_set(err, ERR_IO, "%s: refused: folder owned by uid %u, not by us (uid %u)", path,
                       st.st_uid, geteuid());
    }
    if ((st.st_mode & S_IWOTH) != 0) {
        return err_set(err, ERR_IO, "%s: refused: folder mode %04o lets everybody write it", path,
                       st.st_mode & 07777u);
    }
    return 0;
}

/* Open name below dir and check it; path is for the text. */
static int
open_checked(int dir, const char *name, const char *path, struct err *err)
{
    const int fd = openat(dir, name, DIR_FLAGS);
    int saved = errno;

    if (fd < 0) {
        if (saved == ELOOP || saved == ENOTDIR) {
            err_set(err, ERR_IO, "%s: refused: a symbolic link or not a folder", path);
        } else {
            err_set(err, ERR_IO, "%s: %s", path, strerror(saved));
        }
        errno = saved;
        return -1;
    }
    if (dir_check(fd, path, err) != 0) {
        close(fd);
        errno = EPERM;
        return -1;
    }
    return fd;
}

/* mkdir -p; what exists is left as it is. */
static int
make_path(const char *path, struct err *err)
{
    char *copy = xstrdup(path);
    int rc = 0;

    for (char *p = copy + 1; rc == 0 && copy[0] != '\0'; p++) {
        const char c = *p;
        if (c != '/' && c != '\0') {
            continue;
        }
        *p = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST) {
            rc = err_set(err, ERR_IO, "%s: cannot make folder: %s", copy, strerror(errno));
        }
        *p = c;
        if (c == '\0') {
            break;
        }
    }
    free(copy);
    return rc;
}

int
files_dir_open(const char *path, bool create, struct err *err)
{
    if (create && make_path(path, err) != 0) {
        return -1;
    }
    return open_checked(AT_FDCWD, path, path, err);
}

int
files_dir_below(int dir, const char *name, bool create, struct err *err)
{
    if (!files_name_ok(name)) {
        err_set(err, ERR_IO, "refused as the name of a folder: not a plain name");
        errno = EINVAL;
        return -1;
    }
    if (create && mkdirat(dir, name, 0700) != 0 && errno != EEXIST) {
        return err_set(err, ERR_IO, "%s: cannot make folder: %s", name, strerror(errno));
    }
    return open_checked(dir, name, name, err);
}

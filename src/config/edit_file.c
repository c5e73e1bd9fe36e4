/*
 * edit_file.c - puts a changed file in the place of the one that was read.
 *
 * Decides what stays of the old one: mode, owner where we may, the link that leads to it.  Owns the
 * bytes of both.  Never leaves half a file, never takes away what somebody else wrote meanwhile,
 * and gives nobody more than the old one did.
 */
#include "config/edit_file.h"

#include "base/xalloc.h"
#include "config/yaml_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { NEW_MODE = 0644, ACL_BYTES_MAX = 65536 };

static int
fail(const char *path, struct err *err)
{
    return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
}

static int
read_bytes(const char *path, size_t max, struct buf *ret, struct err *err)
{
    struct yaml_bytes b = {0};
    struct mistakes m = {0};
    int rc = yaml_bytes_read(&b, path, max, &m);

    if (rc < 0) {
        (void)err_set(err, ERR_IO, "%s", m.errors.items[0]);
    } else {
        rc = buf_add(ret, b.data, b.len);
    }
    yaml_bytes_release(&b);
    mistakes_release(&m);
    return rc;
}

int
edit_file_read(struct edit_file *f, const char *path, size_t max, bool may_be_new, struct err *err)
{
    struct stat st;

    *f = (struct edit_file){.path = xstrdup(path)};
    buf_init(&f->was, max);
    buf_init(&f->now, max);
    f->is_new = may_be_new && stat(path, &st) < 0 && errno == ENOENT;
    if (f->is_new) {
        return 0;
    }
    return read_bytes(path, max, &f->was, err) < 0 ? -1 : buf_add(&f->now, f->was.data, f->was.len);
}

void
edit_file_release(struct edit_file *f)
{
    free(f->path);
    buf_release(&f->was);
    buf_release(&f->now);
    *f = (struct edit_file){0};
}

static bool
is_same(const struct buf *a, const struct buf *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

bool
edit_file_changed(const struct edit_file *f)
{
    return f->is_new || !is_same(&f->was, &f->now);
}

/* ---------------------------------------------------------------- writing */

/* Somebody else's editor may have written it while it was looked at. */
static int
check_unchanged(const char *path, const struct buf *was, struct err *err)
{
    struct buf there;
    int rc = 0;

    buf_init(&there, was->max);
    if (read_bytes(path, was->max, &there, err) < 0) {
        rc = -1;
    } else if (!is_same(&there, was)) {
        rc = err_set(err, ERR_IO, "%s: was changed meanwhile: read it again", path);
    }
    buf_release(&there);
    return rc;
}

static int
write_bytes(int fd, const struct buf *bytes)
{
    for (size_t at = 0; at < bytes->len;) {
        const ssize_t n = write(fd, bytes->data + at, bytes->len - at);
        if (n < 0 && errno != EINTR) {
            return -1;
        }
        at += n > 0 ? (size_t)n : 0;
    }
    return fsync(fd);
}

static const char acl[] = "system.posix_acl_access";

/* Those who may read it besides: with mode bits alone, its group would get what the list of others
 * allows at most, and what the folder gives to new files would be added. */
static int
take_over_acl(int fd, const char *path)
{
    char list[ACL_BYTES_MAX];
    const ssize_t len = getxattr(path, acl, list, sizeof(list));

    if (len >= 0) {
        return fsetxattr(fd, acl, list, (size_t)len, 0);
    }
    if (errno == ERANGE) {
        return -1;
    }
    (void)fremovexattr(fd, acl); /* there is none, or no disk with such */
    return 0;
}

/* Mode and owner of the old one.  Another's owner only root may give; the group, who is in it. */
static int
take_over(int fd, const char *path, bool is_new)
{
    struct stat st;

    if (is_new) {
        const mode_t mask = umask(0);
        (void)umask(mask);
        return fchmod(fd, NEW_MODE & ~mask);
    }
    if (stat(path, &st) < 0) {
        return -1;
    }
    if (fchown(fd, st.st_uid, st.st_gid) < 0 && fchown(fd, (uid_t)-1, st.st_gid) < 0) {
        return fchmod(fd, st.st_mode & 0755); /* the group is another: it gets no more */
    }
    if (take_over_acl(fd, path) < 0) {
        return -1;
    }
    return fchmod(fd, st.st_mode & 07777);
}

/* ---------------------------------------------------------------- its folder */

static int
open_folder(const char *path)
{
    char *folder = xstrdup(path);
    char *slash = strrchr(folder, '/');

    if (slash != NULL) {
        slash[slash == folder] = '\0';
    }
    const int fd = open(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    return fd;
}

/* Two screens do not write at the same time: between looking once more and the new name there is a
 * moment.  The lock goes with the descriptor; a disk that knows none has none. */
static int
lock_folder(const char *path, int *ret_fd, struct err *err)
{
    *ret_fd = open_folder(path);
    if (*ret_fd >= 0 && flock(*ret_fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
        return err_set(err, ERR_IO, "%s: another screen is writing here: try again", path);
    }
    return 0;
}

static void
unlock_folder(int fd)
{
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
}

/* Beside it, with a name that no inventory reads. */
static char *
name_beside(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;

    return xasprintf("%.*s.%s.XXXXXX", (int)(name - path), path, name);
}

/* Never in the place of another; where the disk cannot promise that, it is looked at. */
static int
rename_new(const char *beside, const char *path)
{
    struct stat st;

    if (renameat2(AT_FDCWD, beside, AT_FDCWD, path, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return -1;
    }
    if (lstat(path, &st) == 0) {
        errno = EEXIST;
        return -1;
    }
    return rename(beside, path);
}

/* Under its name, if nothing has come between. */
static int
give_name(const char *beside, const char *path, const struct buf *was, bool is_new, struct err *err)
{
    if (is_new) {
        return rename_new(beside, path) == 0 ? 0
               : errno == EEXIST
                   ? err_set(err, ERR_IO, "%s: was made meanwhile: read it again", path)
                   : fail(path, err);
    }
    if (check_unchanged(path, was, err) < 0) {
        return -1;
    }
    return rename(beside, path) < 0 ? fail(path, err) : 0;
}

static int
write_target(const char *path, const struct buf *was, const struct buf *now, bool is_new,
             struct err *err)
{
    char *beside = name_beside(path);
    const int fd = mkostemp(beside, O_CLOEXEC);
    int rc = 0;

    if (fd < 0) {
        rc = fail(beside, err);
        goto out;
    }
    if (take_over(fd, path, is_new) < 0 || write_bytes(fd, now) < 0) {
        rc = fail(beside, err);
    }
    if (close(fd) < 0 && rc == 0) {
        rc = fail(beside, err);
    }
    rc = rc < 0 ? -1 : give_name(beside, path, was, is_new, err);
    if (rc < 0) {
        (void)unlink(beside);
    }
out:
    free(beside);
    return rc;
}

/* What renaming would not ask for, or would part. */
static int
check_target(const char *path, struct err *err)
{
    struct stat st;

    if (access(path, W_OK) < 0 || stat(path, &st) < 0) {
        return fail(path, err);
    }
    if (st.st_nlink > 1) {
        return err_set(err, ERR_IO,
                       "%s: the file has %lu names (hard links), which would be two files then: "
                       "change it by hand",
                       path, (unsigned long)st.st_nlink);
    }
    return 0;
}

static int
put(const char *path, const struct buf *was, const struct buf *now, bool is_new, struct err *err)
{
    char *target = is_new ? xstrdup(path) : realpath(path, NULL);
    int folder = -1;
    int rc;

    if (target == NULL) {
        return fail(path, err);
    }
    rc = is_new ? 0 : check_target(target, err);
    rc = rc == 0 ? lock_folder(target, &folder, err) : rc;
    rc = rc == 0 ? write_target(target, was, now, is_new, err) : rc;
    unlock_folder(folder);
    free(target);
    return rc;
}

int
edit_file_write(const struct edit_file *f, struct err *err)
{
    return put(f->path, &f->was, &f->now, f->is_new, err);
}

int
edit_file_write_all(struct edit_file *files, size_t count, struct err *err)
{
    size_t done = 0;
    int rc = 0;

    while (done < count && rc == 0) {
        rc = edit_file_changed(&files[done]) ? edit_file_write(&files[done], err) : 0;
        done += rc == 0;
    }
    for (size_t i = 0; rc < 0 && i < done; i++) { /* as they were */
        if (edit_file_changed(&files[i])) {
            (void)put(files[i].path, &files[i].now, &files[i].was, false, NULL);
        }
    }
    return rc;
}

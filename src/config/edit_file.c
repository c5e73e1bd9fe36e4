/*
 * edit_file.c - puts a changed file in the place of the one that was read.
 *
 * Decides what stays of the old one: mode, owner where we may, the link that leads to it.  Owns the
 * bytes of both.  Never leaves half a file, and never takes away what somebody else wrote
 * meanwhile.
 */
#include "config/edit_file.h"

#include "base/xalloc.h"
#include "config/yaml_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NEW_MODE = 0644 };

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
check_unchanged(const char *path, const struct buf *was, bool is_new, struct err *err)
{
    struct buf there;
    int rc = 0;

    if (is_new) {
        return access(path, F_OK) < 0 && errno == ENOENT
                   ? 0
                   : err_set(err, ERR_IO, "%s: was made meanwhile: read it again", path);
    }
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
    return fchmod(fd, st.st_mode & 07777);
}

static void
sync_folder(const char *path)
{
    char *folder = xstrdup(path);
    char *slash = strrchr(folder, '/');

    if (slash != NULL) {
        slash[slash == folder] = '\0';
    }
    const int fd = open(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
    free(folder);
}

/* Beside it, with a name that no inventory reads. */
static char *
name_beside(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;

    return xasprintf("%.*s.%s.XXXXXX", (int)(name - path), path, name);
}

static int
write_target(const char *path, const struct buf *bytes, bool is_new, struct err *err)
{
    char *beside = name_beside(path);
    const int fd = mkostemp(beside, O_CLOEXEC);
    int rc = 0;

    if (fd < 0) {
        rc = fail(beside, err);
        goto out;
    }
    if (take_over(fd, path, is_new) < 0 || write_bytes(fd, bytes) < 0) {
        rc = fail(beside, err);
    }
    if (close(fd) < 0 && rc == 0) {
        rc = fail(beside, err);
    }
    if (rc == 0 && rename(beside, path) < 0) {
        rc = fail(path, err);
    }
    if (rc == 0) {
        sync_folder(path);
    } else {
        (void)unlink(beside);
    }
out:
    free(beside);
    return rc;
}

static int
put(const char *path, const struct buf *was, const struct buf *now, bool is_new, struct err *err)
{
    char *target = is_new ? xstrdup(path) : realpath(path, NULL);
    int rc;

    if (target == NULL) {
        return fail(path, err);
    }
    if (!is_new && access(target, W_OK) < 0) { /* renaming would not ask */
        rc = fail(path, err);
    } else {
        rc = check_unchanged(target, was, is_new, err);
        rc = rc < 0 ? -1 : write_target(target, now, is_new, err);
    }
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

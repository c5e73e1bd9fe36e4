/*
 * edit_env.c - an environment as a folder: made, listed, taken away.
 *
 * Decides what a new one has in it, and that a link is never followed.  Owns nothing.  Whether a
 * run holds the environment, the caller has asked.
 */
#include "config/edit.h"

#include "base/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LISTED_MAX = 300,
    DEPTH_MAX = 64, /* folders in each other */
    ENTRIES_MAX = 100000,
};

/* ---------------------------------------------------------------- making */

static const struct {
    const char *name, *text;
} begun[] = {
    {"config.yml", "# How actions are rolled out over the servers of this environment.  Every key "
                   "has a default:\n"
                   "# the page Settings shows them, conf/defaults.yml has them for copying.\n"
                   "max_parallel_workers: 0 # worker slots; 0: one server at a time\n"},
    {"hosts.yml", "# The servers of this environment, as an inventory of Ansible in YAML.\n"
                  "all:\n"
                  "  hosts:\n"},
};
enum { BEGUN = sizeof(begun) / sizeof(begun[0]) };

static int
write_new(int dir, const char *name, const char *text)
{
    const int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    const size_t len = strlen(text);
    int rc = fd < 0 ? -1 : 0;

    if (fd >= 0) {
        rc = write(fd, text, len) == (ssize_t)len && fsync(fd) == 0 ? 0 : -1;
        rc = close(fd) < 0 ? -1 : rc;
    }
    return rc;
}

static int
fill(const char *path)
{
    const int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    int rc = dir < 0 ? -1 : 0;

    for (size_t i = 0; i < BEGUN && rc == 0; i++) {
        rc = write_new(dir, begun[i].name, begun[i].text);
    }
    for (size_t i = 0; i < BEGUN && rc < 0 && dir >= 0; i++) {
        const int saved = errno;
        (void)unlinkat(dir, begun[i].name, 0); /* the folder is new: they are ours */
        errno = saved;
    }
    if (dir >= 0) {
        (void)fsync(dir);
        (void)close(dir);
    }
    return rc;
}

int
edit_create_env(const char *root, const char *name, struct err *err)
{
    char *above = xasprintf("%s/inventory", root);
    char *path = xasprintf("%s/%s", above, name);
    int rc = edit_check_env(NULL, name, err);

    if (rc < 0) {
        goto out;
    }
    if (mkdir(above, 0755) < 0 && errno != EEXIST) {
        rc = err_set(err, ERR_IO, "%s: %s", above, strerror(errno));
    } else if (mkdir(path, 0755) < 0) {
        rc = errno == EEXIST ? err_set(err, ERR_CONFIG, "%s is there already", name)
                             : err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    } else if (fill(path) < 0) {
        rc = err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
        (void)rmdir(path);
    }
out:
    free(path);
    free(above);
    return rc;
}

/* ---------------------------------------------------------------- walking */

/* What is done with what is there; a folder comes before what is in it, and once more behind. */
enum seen { SEEN_FILE, SEEN_FOLDER, SEEN_END };

struct walk {
    int (*fn)(struct walk *w, int dir, const char *name, const char *path, enum seen seen);
    struct strv *list; /* borrowed; of listing */
    size_t count;
    dev_t device;
    struct err *err;
};

static int
fail(const struct walk *w, const char *path)
{
    return err_set(w->err, ERR_IO, "%s: %s", path, strerror(errno));
}

/* A folder of the same disk may be mounted as well, which its device does not tell. */
static bool
is_mounted(int dir, const char *name)
{
    struct statx st = {0};

    return statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE, &st) == 0 &&
           (st.stx_attributes & st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
}

static int walk_folder(struct walk *w, int dir, const char *name, const char *path, int depth);

static int
walk_entry(struct walk *w, int dir, const char *name, const char *path, int depth)
{
    struct stat st;

    if (++w->count > ENTRIES_MAX) {
        return err_set(w->err, ERR_IO, "%s: more than %d files: delete them by hand", path,
                       ENTRIES_MAX);
    }
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return fail(w, path);
    }
    if (st.st_dev != w->device || is_mounted(dir, name)) {
        return err_set(w->err, ERR_IO, "%s: something is mounted there: delete it by hand", path);
    }
    if (!S_ISDIR(st.st_mode)) {
        return w->fn(w, dir, name, path, SEEN_FILE);
    }
    if (depth == DEPTH_MAX) {
        return err_set(w->err, ERR_IO, "%s: too many folders in each other: delete it by hand",
                       path);
    }
    if (w->fn(w, dir, name, path, SEEN_FOLDER) < 0 ||
        walk_folder(w, dir, name, path, depth + 1) < 0) {
        return -1;
    }
    return w->fn(w, dir, name, path, SEEN_END);
}

static int
read_names(DIR *d, struct strv *ret)
{
    const struct dirent *e;

    errno = 0;
    while ((e = readdir(d)) != NULL && ret->count <= ENTRIES_MAX) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            strv_add(ret, e->d_name);
        }
    }
    strv_sort(ret);
    return errno == 0 ? 0 : -1;
}

static int
walk_folder(struct walk *w, int dir, const char *name, const char *path, int depth)
{
    const int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    struct strv names = {0};
    int rc = d == NULL || read_names(d, &names) < 0 ? fail(w, path) : 0;

    for (size_t i = 0; i < names.count && rc == 0; i++) {
        char *below = xasprintf("%s/%s", path, names.items[i]);
        rc = walk_entry(w, fd, names.items[i], below, depth);
        free(below);
    }
    strv_clear(&names);
    if (d != NULL) {
        (void)closedir(d);
    } else if (fd >= 0) {
        (void)close(fd);
    }
    return rc;
}

/* Open <root>/inventory, and see that name is something in it. */
static int
open_above(const char *root, const char *name, struct walk *w)
{
    char *above = xasprintf("%s/inventory", root);
    const int dir = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;
    int rc = dir;

    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL) {
        rc = err_set(w->err, ERR_NO_MATCH, "%.60s is no environment", name);
    } else if (dir < 0) {
        rc = fail(w, above);
    } else if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        rc = err_set(w->err, ERR_NO_MATCH, "%.60s: %s", name, strerror(errno));
    } else {
        w->device = st.st_dev;
    }
    if (rc < 0 && dir >= 0) {
        (void)close(dir);
    }
    free(above);
    return rc;
}

/* ---------------------------------------------------------------- listing */

static int
list_one(struct walk *w, int dir, const char *name, const char *path, enum seen seen)
{
    (void)dir;
    (void)name;
    if (seen != SEEN_END && w->list->count < LISTED_MAX) {
        strv_take(w->list, xasprintf("%s%s", path, seen == SEEN_FOLDER ? "/" : ""));
    }
    return 0;
}

int
edit_list_env(const char *root, const char *name, struct strv *ret_paths, struct err *err)
{
    struct walk w = {.fn = list_one, .list = ret_paths, .err = err};
    char *path = xasprintf("inventory/%s", name);
    const int dir = open_above(root, name, &w);
    int rc = -1;

    if (dir >= 0) {
        rc = walk_entry(&w, dir, name, path, 0);
        (void)close(dir);
    }
    if (rc == 0 && w.count > LISTED_MAX) {
        strv_take(ret_paths, xasprintf("... and %zu more", w.count - LISTED_MAX));
    }
    free(path);
    return rc;
}

/* ---------------------------------------------------------------- deleting */

/* Nothing is begun that would stop half way: what is in a folder goes if the folder is ours. */
static int
check_one(struct walk *w, int dir, const char *name, const char *path, enum seen seen)
{
    return seen != SEEN_FOLDER || faccessat(dir, name, R_OK | W_OK | X_OK, 0) == 0 ? 0
                                                                                   : fail(w, path);
}

static int
delete_one(struct walk *w, int dir, const char *name, const char *path, enum seen seen)
{
    const int flags = seen == SEEN_END ? AT_REMOVEDIR : 0;

    return seen == SEEN_FOLDER || unlinkat(dir, name, flags) == 0 ? 0 : fail(w, path);
}

int
edit_delete_env(const char *root, const char *name, struct err *err)
{
    struct walk w = {.fn = check_one, .err = err};
    char *gone = xasprintf(".%s.deleted", name);
    char *path = xasprintf("%s/inventory/%s", root, gone);
    const int dir = open_above(root, name, &w);
    int rc = dir < 0 ? -1 : walk_entry(&w, dir, name, name, 0);

    /* Under another name first: half an environment is none. */
    if (rc == 0 && renameat(dir, name, dir, gone) < 0) {
        rc = err_set(err, ERR_IO, "%s: %s", errno == ENOTEMPTY ? path : name, strerror(errno));
    } else if (rc == 0) {
        w.fn = delete_one;
        w.count = 0;
        rc = walk_entry(&w, dir, gone, path, 0);
        (void)fsync(dir);
    }
    if (dir >= 0) {
        (void)close(dir);
    }
    free(path);
    free(gone);
    return rc;
}

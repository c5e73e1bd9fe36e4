/*
 * bundle.c - a folder as one archive, the same bytes for the same folder.
 *
 * Decides what of a folder is sent.  Owns the archives.  Never follows a link, never holds more
 * than a piece of a file in memory.  Runs before the loop does, so it may wait for the disk.
 */
#include "app/bundle.h"

#include "base/map.h"
#include "base/strv.h"
#include "base/xalloc.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 64 * 1024, MODE_BITS = 0777 };

struct bundles {
    const char *temp_dir; /* borrowed; NULL: nothing is kept */
    struct map *made;     /* owned: folder -> struct kept */
};

struct kept {
    struct bundle bundle;
    int fd; /* owned; -1: not kept */
};

/* An archive being made. */
struct maker {
    struct archive *archive;
    struct hash *hash;
    const char *folder; /* as it was named, for messages */
    char *real;         /* owned: without links */
    int fd;             /* -1: not kept */
    int64_t size;
    int64_t files;
    int depth;
    struct err *err;
};

static int add_folder(struct maker *m, int dir, const char *path, const struct stat *st);

static void
free_kept(void *p)
{
    struct kept *k = p;

    if (k->fd >= 0) {
        (void)close(k->fd);
    }
    free(k);
}

struct bundles *
bundles_new(const char *temp_dir)
{
    struct bundles *b = xcalloc(1, sizeof(*b));

    b->temp_dir = temp_dir;
    b->made = map_new(free_kept);
    return b;
}

void
bundles_free(struct bundles *b)
{
    if (b == NULL) {
        return;
    }
    map_free(b->made);
    free(b);
}

/* ---------------------------------------------------------------- the archive's file */

static int
open_temp(const char *dir, struct err *err)
{
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) { /* not on every file system */
        char *path = xasprintf("%s/bundle.XXXXXX", dir);
        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0) {
            (void)unlink(path);
        }
        free(path);
    }
    return fd >= 0 ? fd
                   : err_set(err, ERR_IO, "%s: no archive can be made: %s", dir, strerror(errno));
}

static la_ssize_t
on_bytes(struct archive *a, void *arg, const void *bytes, size_t len)
{
    struct maker *m = arg;
    size_t done = 0;

    while (m->fd >= 0 && done < len) {
        const ssize_t n = write(m->fd, (const char *)bytes + done, len - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            archive_set_error(a, errno, "the archive cannot be written: %s", strerror(errno));
            return -1;
        }
        done += (size_t)n;
    }
    hash_update(m->hash, bytes, len);
    m->size += (int64_t)len;
    return (la_ssize_t)len;
}

/* ---------------------------------------------------------------- entries */

/* ERR_CONFIG: it is the folder that is wrong. */
static int
refuse(const struct maker *m, const char *path, const char *why)
{
    return err_set(m->err, ERR_CONFIG, "%s/%s: %s", m->folder, path, why);
}

static int
refuse_errno(const struct maker *m, const char *path)
{
    return refuse(m, path, strerror(errno));
}

static int
refuse_archive(const struct maker *m, const char *path)
{
    const char *why = archive_error_string(m->archive);

    return err_set(m->err, ERR_IO, "%s/%s: %s", m->folder, path, why == NULL ? "no archive" : why);
}

static int
put_header(struct maker *m, const char *path, const struct stat *st, const char *link)
{
    struct archive_entry *e = archive_entry_new();

    if (e == NULL) {
        abort(); /* out of memory */
    }
    archive_entry_copy_pathname(e, path);
    archive_entry_set_filetype(e, st->st_mode & S_IFMT);
    archive_entry_set_perm(e, st->st_mode & MODE_BITS);
    archive_entry_set_mtime(e, st->st_mtim.tv_sec, 0);
    archive_entry_set_size(e, S_ISREG(st->st_mode) ? st->st_size : 0);
    if (link != NULL) {
        archive_entry_copy_symlink(e, link);
    }
    const int rc = archive_write_header(m->archive, e);
    m->files += S_ISDIR(st->st_mode) ? 0 : 1;
    archive_entry_free(e);
    return rc == ARCHIVE_OK ? 0 : refuse_archive(m, path);
}

static int
put_bytes(struct maker *m, int fd, const char *path, int64_t size)
{
    char *piece = xcalloc(PIECE_BYTES, 1);
    int64_t left = size;
    int rc = 0;

    while (left > 0 && rc == 0) {
        const ssize_t n = read(fd, piece, left < PIECE_BYTES ? (size_t)left : PIECE_BYTES);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            rc = refuse_errno(m, path);
        } else if (n == 0) {
            rc = refuse(m, path, "became shorter while it was read");
        } else if (archive_write_data(m->archive, piece, (size_t)n) != n) {
            rc = refuse_archive(m, path);
        }
        left -= n;
    }
    free(piece);
    return rc;
}

static int
add_file(struct maker *m, int dir, const char *name, const char *path)
{
    const int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    int rc;

    if (fd < 0) {
        return refuse_errno(m, path);
    }
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        rc = refuse(m, path, "was changed while it was read");
    } else {
        rc = put_header(m, path, &st, NULL);
        rc = rc == 0 ? put_bytes(m, fd, path, st.st_size) : rc;
    }
    (void)close(fd);
    return rc;
}

/* How many folders deep the target is, counted by its words; negative: above the folder. */
static int
lowest_depth(const char *path, const char *target)
{
    int depth = 0;
    int lowest = 0;

    for (const char *p = strchr(path, '/'); p != NULL; p = strchr(p + 1, '/')) {
        depth++;
    }
    for (const char *p = target; *p != '\0';) {
        const size_t len = strcspn(p, "/");
        if (len == 2 && strncmp(p, "..", 2) == 0) {
            depth--;
        } else if (len > 0 && !(len == 1 && *p == '.')) {
            depth++;
        }
        lowest = depth < lowest ? depth : lowest;
        p += len + strspn(p + len, "/");
    }
    return lowest;
}

/* Links may lead through links: where it exists, what it leads to is looked at itself. */
static bool
leads_out(const struct maker *m, const char *path, const char *target)
{
    if (target[0] == '/' || lowest_depth(path, target) < 0) {
        return true;
    }
    char *at = xasprintf("%s/%s", m->real, path);
    char *end = realpath(at, NULL);
    const size_t len = strlen(m->real);
    const bool out = end != NULL && strcmp(end, m->real) != 0 &&
                     (strncmp(end, m->real, len) != 0 || end[len] != '/');
    free(end);
    free(at);
    return out;
}

static int
add_link(struct maker *m, int dir, const char *name, const char *path, const struct stat *st)
{
    char target[BUNDLE_PATH_MAX];
    const ssize_t len = readlinkat(dir, name, target, sizeof(target) - 1);

    if (len < 0) {
        return refuse_errno(m, path);
    }
    target[len] = '\0';
    if (leads_out(m, path, target)) {
        return refuse(m, path, "a link that leads out of the folder");
    }
    return put_header(m, path, st, target);
}

static int
add_entry(struct maker *m, int dir, const char *name, const char *path)
{
    struct stat st;

    if (strlen(path) >= BUNDLE_PATH_MAX) {
        return refuse(m, path, "the path is too long");
    }
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return refuse_errno(m, path);
    }
    switch (st.st_mode & S_IFMT) {
    case S_IFREG:
        return add_file(m, dir, name, path);
    case S_IFLNK:
        return add_link(m, dir, name, path, &st);
    case S_IFDIR: {
        const int below = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (below < 0) {
            return refuse_errno(m, path);
        }
        return add_folder(m, below, path, &st);
    }
    default:
        return refuse(m, path, "only files, folders and links can be sent");
    }
}

static int
by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Takes over dir. */
static int
list_sorted(int dir, struct strv *ret_names)
{
    DIR *d = fdopendir(dir);
    const struct dirent *e;

    if (d == NULL) {
        (void)close(dir);
        return -1;
    }
    errno = 0;
    while ((e = readdir(d)) != NULL) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            strv_add(ret_names, e->d_name);
        }
        errno = 0;
    }
    const int rc = errno == 0 ? 0 : -1;
    (void)closedir(d);
    if (ret_names->count > 1) {
        qsort(ret_names->items, ret_names->count, sizeof(char *), by_bytes);
    }
    return rc;
}

/* Takes over dir.  path is "" for the folder itself. */
static int
add_folder(struct maker *m, int dir, const char *path, const struct stat *st)
{
    struct strv names = {0};
    const int listed = m->depth < BUNDLE_DEPTH_MAX ? dup(dir) : -1;
    int rc = put_header(m, path[0] == '\0' ? "." : path, st, NULL);

    if (rc == 0 && m->depth >= BUNDLE_DEPTH_MAX) {
        rc = refuse(m, path, "folders are nested too deep");
    } else if (listed < 0 || list_sorted(listed, &names) < 0) {
        rc = rc == 0 ? refuse_errno(m, path) : rc;
    }
    m->depth++;
    for (size_t i = 0; i < names.count && rc == 0; i++) {
        char *below =
            path[0] == '\0' ? xstrdup(names.items[i]) : xasprintf("%s/%s", path, names.items[i]);
        rc = add_entry(m, dir, names.items[i], below);
        free(below);
    }
    m->depth--;
    strv_clear(&names);
    (void)close(dir);
    return rc;
}

/* ---------------------------------------------------------------- the whole */

static int
write_archive(struct maker *m)
{
    const int dir = open(m->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;

    if (dir < 0 || fstat(dir, &st) < 0) {
        const int why = errno;
        if (dir >= 0) {
            (void)close(dir);
        }
        return err_set(m->err, ERR_CONFIG, "%s: %s", m->folder, strerror(why));
    }
    (void)archive_write_set_format_gnutar(m->archive);
    (void)archive_write_set_bytes_in_last_block(m->archive, 1); /* no padding of the whole */
    if (archive_write_open(m->archive, m, NULL, on_bytes, NULL) != ARCHIVE_OK) {
        (void)close(dir);
        return refuse_archive(m, "");
    }
    const int rc = add_folder(m, dir, "", &st);
    return rc == 0 && archive_write_close(m->archive) != ARCHIVE_OK ? refuse_archive(m, "") : rc;
}

const struct bundle *
bundles_get(struct bundles *b, const char *folder, struct err *err)
{
    struct kept *k = map_get(b->made, folder);

    if (k != NULL) {
        return &k->bundle;
    }
    struct maker m = {.folder = folder, .fd = -1, .err = err};
    if (b->temp_dir != NULL && (m.fd = open_temp(b->temp_dir, err)) < 0) {
        return NULL;
    }
    m.real = realpath(folder, NULL);
    m.hash = hash_new();
    m.archive = archive_write_new();
    if (m.archive == NULL) {
        abort(); /* out of memory */
    }
    k = xcalloc(1, sizeof(*k));
    k->fd = m.fd;
    const int rc = m.real == NULL ? err_set(err, ERR_CONFIG, "%s: %s", folder, strerror(errno))
                                  : write_archive(&m);
    (void)archive_write_free(m.archive);
    hash_finish(m.hash, k->bundle.sha256);
    hash_free(m.hash);
    free(m.real);
    k->bundle.size = m.size;
    k->bundle.files = m.files;
    if (rc < 0) {
        free_kept(k);
        return NULL;
    }
    map_set(b->made, folder, k);
    return &k->bundle;
}

const struct bundle *
bundles_find(const struct bundles *b, const char *folder)
{
    const struct kept *k = b == NULL ? NULL : map_get(b->made, folder);

    return k == NULL ? NULL : &k->bundle;
}

int
bundles_each(const struct bundles *b,
             int (*fn)(void *arg, const char *folder, const struct bundle *bundle), void *arg)
{
    const struct kept *k;
    const char *folder;
    void *iter = NULL;
    int rc = 0;

    while (b != NULL && rc == 0 && (k = map_next(b->made, &iter, &folder)) != NULL) {
        rc = fn(arg, folder, &k->bundle);
    }
    return rc;
}

int
bundles_open(const struct bundles *b, const char *folder, struct err *err)
{
    const struct kept *k = map_get(b->made, folder);
    char path[40];

    if (k == NULL || k->fd < 0) {
        return err_set(err, ERR_IO, "%s: no archive was made of it", folder);
    }
    /* An offset of its own: dup(2) would share it among hosts. */
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", k->fd);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? fd : err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
}

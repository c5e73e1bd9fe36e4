/*
 * hostkey_write.c - adds keys to a known_hosts file.
 *
 * Decides what is added by what the file says once it is locked.  Owns nothing between calls.
 * Never changes a file in place, never removes a line.
 */
#include "ssh/hostkey_write.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_NAP_MS = 5, NEW_MODE = 0644, BASE64_MAX = 4 * ((16384 + 2) / 3) + 1 };

/* The file that is meant, links followed; one that is not there yet is the path itself.  NULL and
 * err; the caller's. */
static char *
real_path(const char *path, struct err *err)
{
    char *real = realpath(path, NULL);
    struct stat st;

    if (real != NULL) {
        return real;
    }
    if (errno == ENOENT && lstat(path, &st) < 0) {
        return xstrdup(path);
    }
    (void)err_set(err, ERR_IO, "%s: %s", path, strerror(errno != 0 ? errno : ENOENT));
    return NULL;
}

/* The folder, locked; its descriptor, or -1 and err.  Never waits long: whoever holds it holds it
 * for milliseconds, or has been stopped. */
static int
lock_folder(const char *real, struct err *err)
{
    const struct timespec nap = {.tv_nsec = LOCK_NAP_MS * 1000000L};
    const char *slash = strrchr(real, '/');
    char *folder = slash == NULL   ? xstrdup(".")
                   : slash == real ? xstrdup("/")
                                   : xstrndup(real, (size_t)(slash - real));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        (void)err_set(err, ERR_IO, "%s: %s", folder,
                      errno == ENOENT ? "there is no such folder: make it to keep new keys there"
                                      : strerror(errno));
    }
    for (int ms = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0; ms += LOCK_NAP_MS) {
        if (ms < HOSTKEY_LOCK_MS_MAX && (errno == EWOULDBLOCK || errno == EINTR)) {
            (void)nanosleep(&nap, NULL);
            continue;
        }
        (void)err_set(err, ERR_IO, "%s: cannot be locked: %s", folder,
                      errno == EWOULDBLOCK ? "another process has it" : strerror(errno));
        (void)close(fd);
        fd = -1;
    }
    free(folder);
    return fd;
}

/* The bytes of the file, none if it is not there; -1 and err. */
static int
read_all(const char *real, struct buf *out, struct err *err)
{
    char chunk[16384];
    const int fd = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t n = 0;

    if (fd < 0) {
        return errno == ENOENT ? 0 : err_set(err, ERR_IO, "%s: %s", real, strerror(errno));
    }
    while ((n = read(fd, chunk, sizeof(chunk))) > 0 && buf_add(out, chunk, (size_t)n) == 0) {}
    const int bad = n < 0 ? errno : 0;
    (void)close(fd);
    return bad == 0 ? 0 : err_set(err, ERR_IO, "%s: %s", real, strerror(bad));
}

static void
put_line(struct buf *out, const struct hostkey_shown *key)
{
    char *base64 = xcalloc(BASE64_MAX, 1);
    char *name = hostkey_name(key->name, key->port);

    base64_encode(key->blob, key->blob_len, base64);
    (void)buf_addf(out, "%s %s %s\n", name, key->type, base64);
    free(name);
    free(base64);
}

/* Append to out what the file does not have.  h is the file, and has it all after. */
static size_t
put_new(struct hostkeys *h, const struct hostkey_shown *keys, size_t count, bool beside,
        struct buf *out, struct err *ret_refused)
{
    size_t added = 0;

    if (out->len > 0 && out->data[out->len - 1] != '\n') {
        (void)buf_addc(out, '\n'); /* a torn line stays a line of its own */
    }
    for (size_t i = 0; i < count; i++) {
        const struct hostkey_answer a = hostkeys_check(h, &keys[i]);
        const bool other_type = a.verdict == HOSTKEY_CHANGED && !a.same_type;
        if (a.verdict == HOSTKEY_UNKNOWN || a.verdict == HOSTKEY_CA || (beside && other_type)) {
            put_line(out, &keys[i]);
            hostkeys_add(h, &keys[i]);
            added++;
        } else if (a.verdict != HOSTKEY_KNOWN) {
            (void)err_set(ret_refused, ERR_CONFIG, "%s:%d: has another key of %s by now",
                          a.place.path, a.place.line, keys[i].name);
        }
    }
    return added;
}

static int
write_all(int fd, const struct buf *text)
{
    for (size_t done = 0; done < text->len;) {
        const ssize_t n = write(fd, text->data + done, text->len - done);
        if (n < 0 && errno != EINTR) {
            return -1;
        }
        done += n < 0 ? 0 : (size_t)n;
    }
    return 0;
}

/* As the old file: mode, and owner and group as far as we may give it away. */
static int
copy_rights(int fd, const char *real)
{
    struct stat st;

    if (stat(real, &st) < 0) {
        return errno == ENOENT ? 0 : -1;
    }
    if (fchown(fd, (uid_t)-1, st.st_gid) < 0 || fchown(fd, st.st_uid, (gid_t)-1) < 0) {
        errno = 0; /* not ours to give: the lines count */
    }
    return fchmod(fd, st.st_mode & 07777);
}

/* The name is fixed, so that what a crash left behind is found, and goes: the lock is ours. */
static int
replace(const char *real, int folder_fd, const struct buf *text, struct err *err)
{
    char *temp = xasprintf("%s.new", real);
    int rc = 0;

    (void)unlink(temp);
    const int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, NEW_MODE);
    if (fd < 0) {
        rc = err_set(err, ERR_IO, "%s: %s", temp, strerror(errno));
        free(temp);
        return rc;
    }
    if (copy_rights(fd, real) < 0 || write_all(fd, text) < 0 || fsync(fd) < 0 ||
        rename(temp, real) < 0) {
        rc = err_set(err, ERR_IO, "%s: %s", real, strerror(errno));
        (void)unlink(temp);
    } else {
        (void)fsync(
            folder_fd); /* a folder that cannot be synced has been renamed in all the same */
    }
    (void)close(fd);
    free(temp);
    return rc;
}

int
hostkey_write(const char *path, const struct hostkey_shown *keys, size_t count, bool beside,
              size_t *ret_added, struct err *err)
{
    char *real = real_path(path, err);
    const int folder_fd = real == NULL ? -1 : lock_folder(real, err);
    struct hostkeys *h = hostkeys_new();
    struct err refused = {0};
    struct buf text;
    size_t added = 0;
    int rc = -1;

    buf_init(&text, (size_t)2 * HOSTKEY_FILE_MAX);
    if (folder_fd < 0 || hostkeys_load(h, real, err) < 0 || read_all(real, &text, err) < 0) {
        goto out;
    }
    added = put_new(h, keys, count, beside, &text, &refused);
    if (text.full || text.len > HOSTKEY_FILE_MAX) {
        rc = err_set(err, ERR_IO, "%s: larger than %d MiB", real, HOSTKEY_FILE_MAX >> 20);
    } else {
        rc = added == 0 ? 0 : replace(real, folder_fd, &text, err);
    }
    if (rc == 0 && ret_added != NULL) {
        *ret_added = added;
    }
    if (rc == 0 && refused.kind != ERR_NONE) {
        rc = err_set(err, refused.kind, "%s", refused.text);
    }
out:
    buf_release(&text);
    hostkeys_free(h);
    if (folder_fd >= 0) {
        (void)close(folder_fd);
    }
    free(real);
    return rc;
}

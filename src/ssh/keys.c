/*
 * keys.c - reads private keys, once each.
 *
 * Decides which files are refused.  Owns the keys.  Never asks for a passphrase.
 */
#include "ssh/keys.h"

#include "base/map.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_BYTES_MAX = 65536 };

struct keyring {
    struct map *keys; /* owned: path -> ssh_key */
};

static void
free_key(void *key)
{
    ssh_key_free(key);
}

struct keyring *
keyring_new(void)
{
    struct keyring *k = xcalloc(1, sizeof(*k));

    k->keys = map_new(free_key);
    return k;
}

void
keyring_free(struct keyring *k)
{
    if (k == NULL) {
        return;
    }
    map_free(k->keys);
    free(k);
}

static int
check_file(int fd, const char *path, struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        return err_set(err, ERR_IO, "key %s: not a regular file", path);
    }
    if (st.st_uid == getuid() && (st.st_mode & 077) != 0) {
        return err_set(err, ERR_IO, "key %s: open to others (mode %03o): chmod 600 it", path,
                       (unsigned)(st.st_mode & 0777));
    }
    if (st.st_size > KEY_BYTES_MAX) {
        return err_set(err, ERR_IO, "key %s: too large for a key", path);
    }
    return 0;
}

/* All of it: what stands behind a NUL in the file is as secret as the rest. */
static void
forget(char *text)
{
    explicit_bzero(text, KEY_BYTES_MAX + 1);
    free(text);
}

/* The file as text with a NUL, for forget(); NULL and err. */
static char *
read_file(const char *path, struct err *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    char *text = NULL;
    size_t len = 0;
    ssize_t n = 1;

    if (fd < 0) {
        (void)err_set(err, ERR_IO, "key %s: %s", path, strerror(errno));
        return NULL;
    }
    if (check_file(fd, path, err) < 0) {
        goto out;
    }
    text = xcalloc(KEY_BYTES_MAX + 1, 1);
    while (n > 0 && len < KEY_BYTES_MAX) {
        n = read(fd, text + len, KEY_BYTES_MAX - len);
        len += n > 0 ? (size_t)n : 0;
    }
    if (n < 0) {
        (void)err_set(err, ERR_IO, "key %s: %s", path, strerror(errno));
        forget(text);
        text = NULL;
    }
out:
    (void)close(fd);
    return text;
}

/* libssh asks for a passphrase only if the key has one: note that, and refuse. */
static int
on_passphrase(const char *prompt, char *buf, size_t len, int echo, int verify, void *userdata)
{
    (void)prompt;
    (void)buf;
    (void)len;
    (void)echo;
    (void)verify;
    *(int *)userdata = 1;
    return -1;
}

int
keyring_load(struct keyring *k, const char *path, struct err *err)
{
    ssh_key key = NULL;
    int asked = 0;

    if (map_get(k->keys, path) != NULL) {
        return 0;
    }
    char *text = read_file(path, err);
    if (text == NULL) {
        return -1;
    }
    const int rc = ssh_pki_import_privkey_base64(text, NULL, on_passphrase, &asked, &key);
    forget(text);
    if (rc != SSH_OK && asked) {
        return err_set(err, ERR_NOT_YET, "key %s: not yet: keys with a passphrase", path);
    }
    if (rc != SSH_OK) {
        return err_set(err, ERR_IO, "key %s: not a private key that can be read", path);
    }
    map_set(k->keys, path, key);
    return 0;
}

ssh_key
keyring_get(const struct keyring *k, const char *path)
{
    return map_get(k->keys, path);
}

/*
 * keys.c - reads private keys and certificates, once each.
 *
 * Decides which files are refused, and which certificate is of which key.  Owns the keys.  Never
 * asks for a passphrase, and keeps none.
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

struct entry {
    enum keyring_found found;
    ssh_key key;          /* owned; NULL unless READY */
    struct pubkey public; /* owned */
};

struct cert {
    struct pubkey blob; /* owned */
    ssh_key key;        /* owned */
};

struct keyring {
    struct map *keys;      /* owned: path -> entry */
    struct map *certs;     /* owned: path -> cert */
    struct map *certified; /* owned: path of the certificate, a line feed, path of the key -> key */
};

static void
free_key(void *key)
{
    ssh_key_free(key);
}

static void
free_entry(void *arg)
{
    struct entry *e = arg;

    ssh_key_free(e->key);
    pubkey_release(&e->public);
    free(e);
}

static void
free_cert(void *arg)
{
    struct cert *c = arg;

    ssh_key_free(c->key);
    pubkey_release(&c->blob);
    free(c);
}

struct keyring *
keyring_new(void)
{
    struct keyring *k = xcalloc(1, sizeof(*k));

    k->keys = map_new(free_entry);
    k->certs = map_new(free_cert);
    k->certified = map_new(free_key);
    return k;
}

void
keyring_free(struct keyring *k)
{
    if (k == NULL) {
        return;
    }
    map_free(k->keys);
    map_free(k->certs);
    map_free(k->certified);
    free(k);
}

/* ---------------------------------------------------------------- files */

static int
check_file(int fd, const char *what, const char *path, mode_t *ret_mode, struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        return err_set(err, ERR_IO, "%s %s: not a regular file", what, path);
    }
    if (st.st_size > KEY_BYTES_MAX) {
        return err_set(err, ERR_IO, "%s %s: too large for a %s", what, path, what);
    }
    *ret_mode = st.st_uid == getuid() ? st.st_mode & 0777 : 0;
    return 0;
}

/* All of it: what stands behind a NUL in the file is as secret as the rest. */
static void
forget(char *text)
{
    if (text != NULL) {
        explicit_bzero(text, KEY_BYTES_MAX + 1);
        free(text);
    }
}

/* The file as text with a NUL, for forget(); NULL and err.  The mode is 0 for a file of others. */
static char *
read_file(const char *what, const char *path, mode_t *ret_mode, struct err *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    char *text = NULL;
    size_t len = 0;
    ssize_t n = 1;

    if (fd < 0) {
        (void)err_set(err, ERR_IO, "%s %s: %s", what, path, strerror(errno));
        return NULL;
    }
    if (check_file(fd, what, path, ret_mode, err) < 0) {
        goto out;
    }
    text = xcalloc(KEY_BYTES_MAX + 1, 1);
    while (n > 0 && len < KEY_BYTES_MAX) {
        n = read(fd, text + len, KEY_BYTES_MAX - len);
        len += n > 0 ? (size_t)n : 0;
    }
    if (n < 0) {
        (void)err_set(err, ERR_IO, "%s %s: %s", what, path, strerror(errno));
        forget(text);
        text = NULL;
    }
out:
    (void)close(fd);
    return text;
}

/* The public half beside a key, as ssh looks for it. */
static int
read_public(const char *path, struct pubkey *ret)
{
    char *public_path = xasprintf("%s.pub", path);
    mode_t mode = 0;
    char *text = read_file("key", public_path, &mode, NULL);
    const int rc = text == NULL ? -1 : pubkey_read(text, ret);

    forget(text);
    free(public_path);
    return rc;
}

/* ---------------------------------------------------------------- keys */

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

/* The blob of a key that libssh holds. */
static void
note_public(ssh_key key, struct pubkey *ret)
{
    char *text = NULL;
    char *line = NULL;

    if (ret->blob == NULL && ssh_pki_export_pubkey_base64(key, &text) == SSH_OK) {
        line = xasprintf("%s %s", ssh_key_type_to_char(ssh_key_type(key)), text);
        (void)pubkey_read(line, ret);
    }
    free(line);
    ssh_string_free_char(text);
}

/* What the text of a file is.  -1: nothing that we know. */
static int
read_entry(const char *path, const char *text, struct entry *ret)
{
    bool locked = false;
    int asked = 0;

    if (pubkey_read(text, &ret->public) == 0) {
        ret->found = KEYRING_PUBLIC;
        return 0;
    }
    if (pubkey_of_private(text, &ret->public, &locked) == 0 &&
        (locked || pubkey_is_sk(&ret->public))) {
        ret->found = pubkey_is_sk(&ret->public) ? KEYRING_PUBLIC : KEYRING_LOCKED;
        return 0;
    }
    if (ssh_pki_import_privkey_base64(text, NULL, on_passphrase, &asked, &ret->key) == SSH_OK) {
        ret->found = KEYRING_READY;
        note_public(ret->key, &ret->public);
        return 0;
    }
    if (!asked) {
        return -1;
    }
    ret->found = KEYRING_LOCKED;
    if (ret->public.blob == NULL) {
        (void)read_public(path, &ret->public);
    }
    return 0;
}

static int
look(const char *path, struct entry *ret, struct err *err)
{
    mode_t mode = 0;

    if (access(path, F_OK) != 0 && errno == ENOENT) {
        ret->found = read_public(path, &ret->public) == 0 ? KEYRING_PUBLIC : KEYRING_MISSING;
        return 0;
    }
    char *text = read_file("key", path, &mode, err);
    if (text == NULL) {
        return -1;
    }
    int rc = read_entry(path, text, ret);
    forget(text);
    if (rc < 0) {
        return err_set(err, ERR_IO, "key %s: not a private key that can be read", path);
    }
    if (ret->key != NULL || ret->found == KEYRING_LOCKED) {
        rc = (mode & 077) == 0
                 ? 0
                 : err_set(err, ERR_IO, "key %s: open to others (mode %03o): chmod 600 it", path,
                           (unsigned)mode);
    }
    return rc;
}

int
keyring_look(struct keyring *k, const char *path, enum keyring_found *ret, struct err *err)
{
    struct entry *e = map_get(k->keys, path);

    if (e == NULL) {
        e = xcalloc(1, sizeof(*e));
        if (look(path, e, err) < 0) {
            free_entry(e);
            return -1;
        }
        map_set(k->keys, path, e);
    }
    *ret = e->found;
    return 0;
}

int
keyring_load(struct keyring *k, const char *path, struct err *err)
{
    enum keyring_found found;

    if (keyring_look(k, path, &found, err) < 0) {
        return -1;
    }
    switch (found) {
    case KEYRING_READY:
        return 0;
    case KEYRING_LOCKED:
        return err_set(err, ERR_CONFIG, "key %s: it has a passphrase", path);
    case KEYRING_PUBLIC:
    case KEYRING_MISSING:
        break;
    }
    return err_set(err, ERR_IO, "key %s: %s", path,
                   access(path, F_OK) != 0 ? strerror(errno)
                                           : "not a private key that can be read");
}

int
keyring_unlock(struct keyring *k, const char *path, const char *passphrase)
{
    struct entry *e = map_get(k->keys, path);
    mode_t mode = 0;

    if (e == NULL || e->found != KEYRING_LOCKED) {
        return -1;
    }
    char *text = read_file("key", path, &mode, NULL);
    const bool opened = text != NULL && ssh_pki_import_privkey_base64(text, passphrase, NULL, NULL,
                                                                      &e->key) == SSH_OK;
    forget(text);
    if (!opened) {
        return -1;
    }
    e->found = KEYRING_READY;
    note_public(e->key, &e->public);
    return 0;
}

ssh_key
keyring_get(const struct keyring *k, const char *path)
{
    const struct entry *e = map_get(k->keys, path);

    return e == NULL ? NULL : e->key;
}

enum keyring_found
keyring_found(const struct keyring *k, const char *path)
{
    const struct entry *e = map_get(k->keys, path);

    return e == NULL ? KEYRING_MISSING : e->found;
}

const struct pubkey *
keyring_public(const struct keyring *k, const char *path)
{
    const struct entry *e = map_get(k->keys, path);

    return e == NULL || e->public.blob == NULL ? NULL : &e->public;
}

/* ---------------------------------------------------------------- certificates */

static int
read_cert(const char *text, struct cert *ret)
{
    if (pubkey_read(text, &ret->blob) < 0 || !pubkey_is_cert(&ret->blob)) {
        return -1;
    }
    char type[64];
    const char *begin = text + strspn(text, " \t");
    const size_t type_len = strcspn(begin, " \t");
    const char *base64 = begin + type_len + strspn(begin + type_len, " \t");
    if (type_len >= sizeof(type)) {
        return -1;
    }
    memcpy(type, begin, type_len);
    type[type_len] = '\0';
    char *packed = xstrndup(base64, strcspn(base64, " \t\r\n"));
    const int rc = ssh_pki_import_cert_base64(packed, ssh_key_type_from_name(type), &ret->key);
    free(packed);
    return rc == SSH_OK ? 0 : -1;
}

int
keyring_load_cert(struct keyring *k, const char *path, struct err *err)
{
    mode_t mode = 0;

    if (map_get(k->certs, path) != NULL) {
        return 0;
    }
    char *text = read_file("certificate", path, &mode, err);
    if (text == NULL) {
        return -1;
    }
    struct cert *c = xcalloc(1, sizeof(*c));
    const int rc = read_cert(text, c);
    forget(text);
    if (rc < 0) {
        free_cert(c);
        return err_set(err, ERR_IO, "certificate %s: not a certificate of a user that can be read",
                       path);
    }
    map_set(k->certs, path, c);
    return 0;
}

const struct pubkey *
keyring_cert(const struct keyring *k, const char *path)
{
    const struct cert *c = map_get(k->certs, path);

    return c == NULL ? NULL : &c->blob;
}

ssh_key
keyring_certified(struct keyring *k, const char *path, const char *cert_path)
{
    const struct entry *e = map_get(k->keys, path);
    const struct cert *c = map_get(k->certs, cert_path);

    if (e == NULL || e->key == NULL || c == NULL || !pubkey_certifies(&c->blob, &e->public)) {
        return NULL;
    }
    char *name = xasprintf("%s\n%s", cert_path, path);
    ssh_key key = map_get(k->certified, name);
    if (key == NULL) {
        key = ssh_key_dup(e->key);
        if (key == NULL || ssh_pki_copy_cert_to_privkey(c->key, key) != SSH_OK) {
            abort();
        }
        map_set(k->certified, name, key);
    }
    free(name);
    return key;
}

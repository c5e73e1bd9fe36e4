/*
 * vault.c - opens what ansible-vault has encrypted.
 *
 * Decides whose password file is trusted and what is kept opened.  Owns the password and every
 * opened value, and wipes them.  Never shows either: not in a message, not in a mistake.
 */
#include "config/vault.h"

#include "base/escape.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/xalloc.h"
#include "config/yaml_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ROUNDS = 10000,
    KEYS_BYTES = 2 * HASH_AES_KEY_BYTES + HASH_AES_BLOCK_BYTES, /* AES, HMAC, counter */
    HEAD_BYTES = 15,                                            /* $ANSIBLE_VAULT; */
};

struct vault {
    char *password; /* owned; NULL: none was given */
    size_t password_len;
    struct map *kept; /* owned: SHA-256 of a vault's text -> struct opened */
    size_t kept_bytes;
};

struct opened {
    size_t len;
    char bytes[];
};

static void
free_opened(void *p)
{
    struct opened *o = p;

    explicit_bzero(o->bytes, o->len);
    free(o);
}

/* ---------------------------------------------------------------- the password */

static int
refuse_file(const char *path, const char *why, struct err *err)
{
    return err_set(err, ERR_CONFIG, "IM_VAULT_PASSWORD_FILE: %.300s: %s", path, why);
}

/* 1: to be run; 0: to be read. */
static int
judge_file(const char *path, const struct stat *st, struct err *err)
{
    if (!S_ISREG(st->st_mode) && !S_ISFIFO(st->st_mode)) {
        return refuse_file(path, "expected a file or a pipe", err);
    }
    if (st->st_uid != geteuid() && st->st_uid != 0) {
        return refuse_file(path, "refused: it belongs to somebody else", err);
    }
    if (S_ISREG(st->st_mode) && (st->st_mode & S_IWOTH) != 0) {
        return refuse_file(path, "refused: everybody may write it (chmod o-w)", err);
    }
    return S_ISREG(st->st_mode) && (st->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
}

static int
read_password(int fd, const char *path, struct buf *out, struct err *err)
{
    char bytes[4096];
    ssize_t n = 1;

    while (n > 0 && !out->full) {
        n = read(fd, bytes, sizeof(bytes));
        if (n > 0) {
            (void)buf_add(out, bytes, (size_t)n);
        } else if (n < 0 && errno == EINTR) {
            n = 1;
        }
    }
    explicit_bzero(bytes, sizeof(bytes));
    return n < 0 ? refuse_file(path, strerror(errno), err) : 0;
}

static bool
is_in(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* What Ansible strips: blanks around a file's password, line ends around a program's. */
static int
take_password(struct vault *v, const char *path, const struct buf *b, const char *strip,
              struct err *err)
{
    size_t begin = 0;
    size_t end = b->len;

    while (begin < end && is_in(b->data[begin], strip)) {
        begin++;
    }
    while (end > begin && is_in(b->data[end - 1], strip)) {
        end--;
    }
    if (b->full) {
        return refuse_file(path, "a password has at most 64 KB", err);
    }
    if (begin == end) {
        return refuse_file(path, "the password is empty", err);
    }
    v->password_len = end - begin;
    v->password = xmemdup(b->data + begin, v->password_len);
    return 0;
}

static int
run_program(const char *path, vault_run_fn *run, void *arg, struct buf *out, struct err *err)
{
    static const char *const none[] = {NULL};

    if (run == NULL) {
        return err_set(err, ERR_NOT_YET,
                       "not yet: IM_VAULT_PASSWORD_FILE that is a program: %.300s", path);
    }
    if (run(arg, path, none, out, err) == 0) {
        return 0;
    }
    err_prefix(err, "IM_VAULT_PASSWORD_FILE: %.300s: ", path);
    return -1;
}

static int
load_password(struct vault *v, const char *path, vault_run_fn *run, void *arg, struct err *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat st;
    struct buf b;
    int rc = -1;

    buf_init(&b, VAULT_PASSWORD_MAX);
    if (fd < 0 || fstat(fd, &st) != 0) {
        (void)refuse_file(path, strerror(errno), err);
        goto out;
    }
    const int executable = judge_file(path, &st, err);
    if (executable < 0) {
        goto out;
    }
    rc = executable == 1 ? run_program(path, run, arg, &b, err) : read_password(fd, path, &b, err);
    if (rc == 0) {
        rc = take_password(v, path, &b, executable == 1 ? "\r\n" : " \t\r\n\v\f", err);
    }
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    explicit_bzero(b.data, b.cap);
    buf_release(&b);
    return rc;
}

struct vault *
vault_new(const char *password_file, vault_run_fn *run, void *arg, struct err *err)
{
    struct vault *v = xcalloc(1, sizeof(*v));

    v->kept = map_new(free_opened);
    if (password_file != NULL && load_password(v, password_file, run, arg, err) < 0) {
        vault_free(v);
        return NULL;
    }
    return v;
}

void
vault_free(struct vault *v)
{
    if (v == NULL) {
        return;
    }
    if (v->password != NULL) {
        explicit_bzero(v->password, v->password_len);
    }
    free(v->password);
    map_free(v->kept);
    free(v);
}

/* ---------------------------------------------------------------- opening */

/* Bytes of plain text where a whole number of blocks was filled up as PKCS #7 says (RFC 5652, 6.3);
 * -1: it was not. */
static int
unpad(const unsigned char *bytes, size_t len, size_t *ret_len)
{
    const size_t filled = bytes[len - 1];

    if (filled == 0 || filled > HASH_AES_BLOCK_BYTES) {
        return -1;
    }
    for (size_t i = len - filled; i < len; i++) {
        if (bytes[i] != filled) {
            return -1;
        }
    }
    *ret_len = len - filled;
    return 0;
}

/* The plain bytes of b, whose HMAC must be right; NULL and err. */
static struct opened *
decrypt(const struct vault *v, const struct vault_blob *b, struct err *err)
{
    unsigned char keys[KEYS_BYTES];
    const unsigned char *hmac_key = keys + HASH_AES_KEY_BYTES;
    const unsigned char *counter = hmac_key + HASH_AES_KEY_BYTES;
    struct opened *o = NULL;

    hash_pbkdf2_sha256(v->password, v->password_len, b->salt, b->salt_len, ROUNDS, keys,
                       sizeof(keys));
    if (!hash_hmac_sha256_is(hmac_key, HASH_AES_KEY_BYTES, b->cipher, b->cipher_len, b->digest)) {
        (void)err_set(
            err, ERR_CONFIG,
            "cannot be opened: IM_VAULT_PASSWORD_FILE holds another password, or the text "
            "was changed");
        goto out;
    }
    o = xcalloc(1, sizeof(*o) + b->cipher_len);
    o->len = b->cipher_len;
    hash_aes256_ctr(keys, counter, b->cipher, b->cipher_len, (unsigned char *)o->bytes);
    if (unpad((unsigned char *)o->bytes, b->cipher_len, &o->len) < 0) {
        free_opened(o);
        o = NULL;
        (void)err_set(err, ERR_CONFIG,
                      "cannot be opened: its last block is not filled as it "
                      "should be");
    }
out:
    explicit_bzero(keys, sizeof(keys));
    return o;
}

static struct opened *
open_text(const struct vault *v, const char *text, size_t len, struct err *err)
{
    struct vault_blob b;
    const char *why = vault_blob_parse(&b, text, len);

    if (why != NULL) {
        (void)err_set(err, ERR_CONFIG, "%s", why);
        return NULL;
    }
    if (v == NULL || v->password == NULL) {
        (void)err_set(err, ERR_CONFIG,
                      "encrypted: IM_VAULT_PASSWORD_FILE must name a file with the password");
        vault_blob_release(&b);
        return NULL;
    }
    struct opened *o = decrypt(v, &b, err);
    vault_blob_release(&b);
    return o;
}

static int
add_opened(struct buf *out, const struct opened *o, struct err *err)
{
    return buf_add(out, o->bytes, o->len) == 0
               ? 0
               : err_set(err, ERR_CONFIG, "what it holds is too long");
}

int
vault_open(struct vault *v, const char *text, size_t len, struct buf *out, struct err *err)
{
    char name[HASH_SHA256_HEX];
    struct hash *h = hash_new();

    hash_update(h, text, len);
    hash_finish(h, name);
    hash_free(h);
    struct opened *o = v == NULL ? NULL : map_get(v->kept, name);
    if (o != NULL) {
        return add_opened(out, o, err);
    }
    o = open_text(v, text, len, err);
    if (o == NULL) {
        return -1;
    }
    const int rc = add_opened(out, o, err);
    if (v->kept_bytes + sizeof(*o) + sizeof(name) + o->len <= VAULT_KEPT_MAX) {
        v->kept_bytes += sizeof(*o) + sizeof(name) + o->len;
        map_set(v->kept, name, o);
    } else {
        free_opened(o);
    }
    return rc;
}

/* ---------------------------------------------------------------- values */

static int
check_plain(const struct buf *out, size_t before, struct err *err)
{
    const char *bytes = out->data + before;
    const size_t len = out->len - before;

    if (len > 0 && memchr(bytes, '\0', len) != NULL) {
        return err_set(err, ERR_CONFIG, "what it holds has a NUL, which no text can have");
    }
    return utf8_valid(bytes, len) ? 0 : err_set(err, ERR_CONFIG, "what it holds is not UTF-8");
}

int
vault_value(struct vault *v, const struct value *value, struct buf *out, struct err *err)
{
    const size_t before = out->len;
    int rc;

    if (value->vault) {
        rc = vault_open(v, value->text, value->len, out, err);
        rc = rc == 0 ? check_plain(out, before, err) : rc;
    } else if (value->kind == VALUE_LIST || value->kind == VALUE_DICT) {
        rc = err_set(err, ERR_CONFIG, "expected a text, got a %s",
                     value->kind == VALUE_LIST ? "list" : "dict");
    } else {
        rc = value_to_text(value, out);
        rc = rc == 0 ? 0 : err_set(err, ERR_CONFIG, "it is too long");
    }
    if (rc < 0 && value->file != NULL) {
        err_prefix(err, "%s:%d:%d: ", value->file, value->line, value->col);
    }
    return rc;
}

int
vault_text(struct vault *v, const struct value *value, char **ret, struct err *err)
{
    struct buf out;

    buf_init(&out, VAULT_TEXT_MAX);
    const int rc = vault_value(v, value, &out, err);
    if (rc == 0) {
        *ret = buf_detach(&out);
    }
    explicit_bzero(out.data, out.cap);
    buf_release(&out);
    return rc;
}

/* ---------------------------------------------------------------- whole files */

/* What cannot be opened is no vault: yaml_load says why. */
bool
vault_is_file(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    char head[HEAD_BYTES];

    if (fd < 0) {
        return false;
    }
    const ssize_t n = read(fd, head, sizeof(head));
    (void)close(fd);
    return n == HEAD_BYTES && memcmp(head, "$ANSIBLE_VAULT;", HEAD_BYTES) == 0;
}

/* Each byte is two digits of two digits, and each line of 80 has its end. */
static size_t
encrypted_max(size_t bytes_max)
{
    return bytes_max * 4 + bytes_max / 16 + VAULT_OVERHEAD_MAX;
}

struct yaml *
vault_load_yaml(struct vault *v, const char *path, size_t bytes_max, enum yaml_repeat repeat,
                struct mistakes *m)
{
    struct yaml_bytes b = {0};
    struct yaml *y = NULL;
    struct err err = {0};
    struct buf out;

    if (!vault_is_file(path)) {
        return yaml_load(path, bytes_max, repeat, m);
    }
    buf_init(&out, bytes_max);
    if (yaml_bytes_read(&b, path, encrypted_max(bytes_max), m) == 0) {
        if (vault_open(v, b.data, b.len, &out, &err) == 0) {
            y = yaml_parse_secret(out.data, out.len, path, bytes_max, repeat, m);
        } else {
            mistakes_add(m, "%s: %s", path, err.text);
        }
    }
    explicit_bzero(out.data, out.cap);
    buf_release(&out);
    yaml_bytes_release(&b);
    return y;
}

/*
 * pubkey.c - looks into the bytes of public keys, certificates and OpenSSH's private keys.
 *
 * Decides what belongs together.  Owns nothing.  Never believes a length: all of it may be hostile.
 */
#include "ssh/pubkey.h"

#include "base/hash.h"
#include "base/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char cert_suffix[] = "-cert-v01@openssh.com";
static const char private_begin[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
static const char private_end[] = "-----END OPENSSH PRIVATE KEY-----";
static const char private_magic[] = "openssh-key-v1"; /* with its NUL: PROTOCOL.key */

const unsigned char *
pubkey_string(const unsigned char *bytes, size_t len, size_t *at, size_t *ret_len)
{
    if (len < 4 || *at > len - 4) {
        return NULL;
    }
    const unsigned char *p = bytes + *at;
    const size_t n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    if (n > len - 4 - *at) {
        return NULL;
    }
    *at += 4 + n;
    *ret_len = n;
    return p + 4;
}

static const unsigned char *
type_of(const struct pubkey *k, size_t *at, size_t *ret_len)
{
    *at = 0;
    return k->blob == NULL ? NULL : pubkey_string(k->blob, k->len, at, ret_len);
}

int
pubkey_copy(const void *blob, size_t len, struct pubkey *ret)
{
    size_t at = 0;
    size_t type_len = 0;

    if (len > PUBKEY_BYTES_MAX || pubkey_string(blob, len, &at, &type_len) == NULL ||
        type_len == 0 || at == len) {
        return -1;
    }
    *ret = (struct pubkey){.blob = xmemdup(blob, len), .len = len};
    return 0;
}

int
pubkey_read(const char *line, struct pubkey *ret)
{
    unsigned char blob[PUBKEY_BYTES_MAX];
    size_t len = 0;

    line += strspn(line, " \t");
    const size_t type_len = strcspn(line, " \t\r\n");
    const char *text = line + type_len + strspn(line + type_len, " \t");
    const size_t text_len = strcspn(text, " \t\r\n");
    size_t at = 0;
    size_t said_len = 0;
    if (text_len == 0 || base64_decode(text, text_len, blob, sizeof(blob), &len) < 0) {
        return -1;
    }
    const unsigned char *said = pubkey_string(blob, len, &at, &said_len);
    if (said == NULL || said_len != type_len || memcmp(said, line, type_len) != 0) {
        return -1;
    }
    return pubkey_copy(blob, len, ret);
}

/* What stands behind the magic: cipher, kdf, its options, a count, the public keys. */
static int
read_private(const unsigned char *bytes, size_t len, struct pubkey *ret, bool *ret_locked)
{
    size_t at = sizeof(private_magic);
    size_t n = 0;

    if (len < at || memcmp(bytes, private_magic, at) != 0) {
        return -1;
    }
    const unsigned char *cipher = pubkey_string(bytes, len, &at, &n);
    if (cipher == NULL) {
        return -1;
    }
    *ret_locked = n != 4 || memcmp(cipher, "none", 4) != 0;
    if (pubkey_string(bytes, len, &at, &n) == NULL || pubkey_string(bytes, len, &at, &n) == NULL ||
        len - at < 4) {
        return -1;
    }
    at += 4;
    const unsigned char *blob = pubkey_string(bytes, len, &at, &n);
    return blob == NULL ? -1 : pubkey_copy(blob, n, ret);
}

int
pubkey_of_private(const char *text, struct pubkey *ret, bool *ret_locked)
{
    const char *begin = strstr(text, private_begin);
    const char *end = begin == NULL ? NULL : strstr(begin, private_end);
    size_t size = 0;
    size_t len = 0;

    if (end == NULL) {
        return -1;
    }
    const size_t max = (size_t)(end - begin);
    char *packed = xcalloc(max + 1, 1);
    unsigned char *bytes = xcalloc(max + 1, 1);
    for (const char *p = begin + sizeof(private_begin) - 1; p < end; p++) {
        if (strchr(" \t\r\n", *p) == NULL) {
            packed[size++] = *p;
        }
    }
    int rc = base64_decode(packed, size, bytes, max, &len);
    if (rc == 0) {
        rc = read_private(bytes, len, ret, ret_locked);
    }
    explicit_bzero(packed, max + 1);
    explicit_bzero(bytes, max + 1);
    free(packed);
    free(bytes);
    return rc;
}

void
pubkey_release(struct pubkey *k)
{
    free(k->blob);
    *k = (struct pubkey){0};
}

bool
pubkey_equal(const struct pubkey *a, const struct pubkey *b)
{
    return a->blob != NULL && b->blob != NULL && a->len == b->len &&
           memcmp(a->blob, b->blob, a->len) == 0;
}

bool
pubkey_is_cert(const struct pubkey *k)
{
    const size_t suffix = sizeof(cert_suffix) - 1;
    size_t at = 0;
    size_t len = 0;
    const unsigned char *type = type_of(k, &at, &len);

    return type != NULL && len > suffix && memcmp(type + len - suffix, cert_suffix, suffix) == 0;
}

bool
pubkey_is_sk(const struct pubkey *k)
{
    size_t at = 0;
    size_t len = 0;
    const unsigned char *type = type_of(k, &at, &len);

    return type != NULL && len > 3 && memcmp(type, "sk-", 3) == 0;
}

bool
pubkey_certifies(const struct pubkey *cert, const struct pubkey *key)
{
    size_t cert_at = 0;
    size_t key_at = 0;
    size_t n = 0;

    if (!pubkey_is_cert(cert) || pubkey_is_cert(key) || type_of(key, &key_at, &n) == NULL ||
        type_of(cert, &cert_at, &n) == NULL ||
        pubkey_string(cert->blob, cert->len, &cert_at, &n) == NULL) {
        return false;
    }
    const size_t numbers = key->len - key_at;
    return numbers > 0 && numbers <= cert->len - cert_at &&
           memcmp(cert->blob + cert_at, key->blob + key_at, numbers) == 0;
}

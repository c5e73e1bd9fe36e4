/*
 * hash.c - SHA-256, HMACs, PBKDF2, AES-256-CTR, base64: the only door to libcrypto.
 */
/* The EVP calls fetch and allocate, which costs ten times the hash of a short text. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/hash.h"

#include "base/xalloc.h"

#include <assert.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hash {
    EVP_MD_CTX *ctx; /* owned */
};

struct hash *
hash_new(void)
{
    struct hash *h = xcalloc(1, sizeof(*h));

    h->ctx = EVP_MD_CTX_new();
    if (h->ctx == NULL || EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) != 1) {
        abort();
    }
    return h;
}

void
hash_free(struct hash *h)
{
    if (h == NULL) {
        return;
    }
    EVP_MD_CTX_free(h->ctx);
    free(h);
}

void
hash_update(struct hash *h, const void *bytes, size_t len)
{
    if (EVP_DigestUpdate(h->ctx, bytes, len) != 1) {
        abort();
    }
}

void
hash_finish(struct hash *h, char ret_hex[HASH_SHA256_HEX])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (EVP_DigestFinal_ex(h->ctx, digest, &len) != 1) {
        abort();
    }
    assert(len == HASH_SHA256_BYTES);
    for (unsigned i = 0; i < len; i++) {
        (void)snprintf(ret_hex + (size_t)2 * i, 3, "%02x", digest[i]);
    }
}

void
hash_sha256(const void *bytes, size_t len, unsigned char ret_digest[HASH_SHA256_BYTES])
{
    if (EVP_Digest(bytes, len, ret_digest, NULL, EVP_sha256(), NULL) != 1) {
        abort();
    }
}

void
hash_sha1(const void *bytes, size_t len, unsigned char ret_digest[HASH_SHA1_BYTES])
{
    if (EVP_Digest(bytes, len, ret_digest, NULL, EVP_sha1(), NULL) != 1) {
        abort();
    }
}

void
hash_hmac_sha1(const void *key, size_t key_len, const void *bytes, size_t len,
               unsigned char ret_digest[HASH_SHA1_BYTES])
{
    assert(key_len <= INT_MAX);
    if (HMAC(EVP_sha1(), key, (int)key_len, bytes, len, ret_digest, NULL) == NULL) {
        abort();
    }
}

static void
sha1_begin(unsigned char pad, const void *key, size_t key_len, unsigned ret[5])
{
    unsigned char block[SHA_CBLOCK];
    const unsigned char *k = key;
    SHA_CTX c;

    for (size_t i = 0; i < sizeof(block); i++) {
        block[i] = (unsigned char)(pad ^ (i < key_len ? k[i] : 0));
    }
    SHA1_Init(&c);
    SHA1_Update(&c, block, sizeof(block));
    const unsigned state[5] = {c.h0, c.h1, c.h2, c.h3, c.h4};
    memcpy(ret, state, sizeof(state));
}

static void
sha1_go_on(const unsigned state[5], const void *bytes, size_t len,
           unsigned char ret_digest[HASH_SHA1_BYTES])
{
    SHA_CTX c = {.h0 = state[0],
                 .h1 = state[1],
                 .h2 = state[2],
                 .h3 = state[3],
                 .h4 = state[4],
                 .Nl = SHA_CBLOCK * 8};

    SHA1_Update(&c, bytes, len);
    SHA1_Final(ret_digest, &c);
}

void
hash_hmac_sha1_init(struct hash_hmac_sha1 *ret, const void *key, size_t key_len)
{
    assert(key_len <= SHA_CBLOCK);
    sha1_begin(0x36, key, key_len, ret->inner);
    sha1_begin(0x5c, key, key_len, ret->outer);
}

void
hash_hmac_sha1_of(const struct hash_hmac_sha1 *h, const void *bytes, size_t len,
                  unsigned char ret_digest[HASH_SHA1_BYTES])
{
    unsigned char inner[HASH_SHA1_BYTES];

    sha1_go_on(h->inner, bytes, len, inner);
    sha1_go_on(h->outer, inner, sizeof(inner), ret_digest);
}

bool
hash_hmac_sha256_is(const void *key, size_t key_len, const void *bytes, size_t len,
                    const unsigned char digest[HASH_SHA256_BYTES])
{
    unsigned char made[HASH_SHA256_BYTES];

    assert(key_len <= INT_MAX);
    if (HMAC(EVP_sha256(), key, (int)key_len, bytes, len, made, NULL) == NULL) {
        abort();
    }
    return CRYPTO_memcmp(made, digest, sizeof(made)) == 0;
}

void
hash_pbkdf2_sha256(const void *password, size_t password_len, const void *salt, size_t salt_len,
                   int rounds, unsigned char *ret_key, size_t key_len)
{
    assert(password_len <= INT_MAX && salt_len <= INT_MAX && key_len <= INT_MAX);
    if (PKCS5_PBKDF2_HMAC(password, (int)password_len, salt, (int)salt_len, rounds, EVP_sha256(),
                          (int)key_len, ret_key) != 1) {
        abort();
    }
}

void
hash_aes256_ctr(const unsigned char key[HASH_AES_KEY_BYTES],
                const unsigned char iv[HASH_AES_BLOCK_BYTES], const void *bytes, size_t len,
                unsigned char *ret_bytes)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int done = 0;

    assert(len <= INT_MAX);
    if (ctx == NULL || EVP_DecryptInit_ex(ctx, EVP_aes_256_ctr(), NULL, key, iv) != 1 ||
        EVP_DecryptUpdate(ctx, ret_bytes, &done, bytes, (int)len) != 1 || done != (int)len) {
        abort();
    }
    EVP_CIPHER_CTX_free(ctx); /* wipes the key */
}

static int
digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *p = c == '\0' ? NULL : strchr(digits, c);

    return p == NULL ? -1 : (int)(p - digits);
}

int
base64_decode(const char *text, size_t len, unsigned char *ret_bytes, size_t max, size_t *ret_len)
{
    size_t n = 0;
    unsigned bits = 0;
    int held = 0;
    size_t pad = 0;

    if (len % 4 != 0) {
        return -1;
    }
    while (pad < 2 && pad < len && text[len - 1 - pad] == '=') {
        pad++;
    }
    for (size_t i = 0; i < len - pad; i++) {
        const int d = digit(text[i]);
        if (d < 0) {
            return -1;
        }
        bits = bits << 6 | (unsigned)d;
        held += 6;
        if (held >= 8) {
            held -= 8;
            if (n == max) {
                return -1;
            }
            ret_bytes[n++] = (unsigned char)(bits >> held);
        }
        bits &= (1U << held) - 1;
    }
    if (bits != 0) {
        return -1; /* bits that no encoder writes (RFC 4648, 3.5) */
    }
    *ret_len = n;
    return 0;
}

void
base64_encode(const void *bytes, size_t len, char *ret_text)
{
    assert(len <= INT_MAX);
    const int n = EVP_EncodeBlock((unsigned char *)ret_text, bytes, (int)len);

    ret_text[n] = '\0';
}

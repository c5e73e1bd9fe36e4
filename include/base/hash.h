/*
 * hash.h - SHA-256, HMACs and what Ansible's vault is made of, the only use of libcrypto.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>

enum {
    HASH_SHA256_BYTES = 32,
    HASH_SHA256_HEX = 65,
    HASH_SHA1_BYTES = 20,
    HASH_AES_KEY_BYTES = 32,
    HASH_AES_BLOCK_BYTES = 16,
};

struct hash; /* a SHA-256 under way */

struct hash *hash_new(void);
void hash_free(struct hash *h);
void hash_update(struct hash *h, const void *bytes, size_t len);
/* Lower-case hex with a NUL.  The hash can only be freed after. */
void hash_finish(struct hash *h, char ret_hex[HASH_SHA256_HEX]);

void hash_sha256(const void *bytes, size_t len, unsigned char ret_digest[HASH_SHA256_BYTES]);
void hash_sha1(const void *bytes, size_t len, unsigned char ret_digest[HASH_SHA1_BYTES]);
/* For `|1|salt|hash` lines of known_hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT; hostfile.c). */
void hash_hmac_sha1(const void *key, size_t key_len, const void *bytes, size_t len,
                    unsigned char ret_digest[HASH_SHA1_BYTES]);
/* The same in two steps, for one key and many texts: a tenth of the time.  key_len: at most 64. */
struct hash_hmac_sha1 {
    unsigned inner[5], outer[5]; /* what SHA-1 is at behind the key */
};
void hash_hmac_sha1_init(struct hash_hmac_sha1 *ret, const void *key, size_t key_len);
void hash_hmac_sha1_of(const struct hash_hmac_sha1 *h, const void *bytes, size_t len,
                       unsigned char ret_digest[HASH_SHA1_BYTES]);

/* Whether digest is the HMAC-SHA256 of the bytes; takes as long whatever it is. */
bool hash_hmac_sha256_is(const void *key, size_t key_len, const void *bytes, size_t len,
                         const unsigned char digest[HASH_SHA256_BYTES]);
/* PBKDF2 with HMAC-SHA256 (RFC 8018, 5.2): key_len bytes from a password.  10,000 rounds for 80
 * bytes take some 5 ms. */
void hash_pbkdf2_sha256(const void *password, size_t password_len, const void *salt,
                        size_t salt_len, int rounds, unsigned char *ret_key, size_t key_len);
/* AES-256 in counter mode from block iv on; the same turns plain bytes into cipher bytes. ret_bytes
 * has room for len. */
void hash_aes256_ctr(const unsigned char key[HASH_AES_KEY_BYTES],
                     const unsigned char iv[HASH_AES_BLOCK_BYTES], const void *bytes, size_t len,
                     unsigned char *ret_bytes);

/* Base64 (RFC 4648).  decode: -1 if malformed or larger than max; *ret_len bytes are set. */
int
base64_decode(const char *text, size_t len, unsigned char *ret_bytes, size_t max, size_t *ret_len);
/* ret_text needs 4 * ((len + 2) / 3) + 1 bytes. */
void base64_encode(const void *bytes, size_t len, char *ret_text);

#endif

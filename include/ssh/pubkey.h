/*
 * pubkey.h - public keys and certificates as the bytes that travel (RFC 4253 6.6).
 */
#ifndef SSH_PUBKEY_H
#define SSH_PUBKEY_H

#include <stdbool.h>
#include <stddef.h>

enum { PUBKEY_BYTES_MAX = 16 * 1024 };

struct pubkey {
    unsigned char *blob; /* owned; NULL: none */
    size_t len;
};

/* Copy len bytes.  -1: they do not begin with the name of a type. */
int pubkey_copy(const void *blob, size_t len, struct pubkey *ret);
/* From `TYPE BASE64 comment`, the line of a .pub file; -1: it is none. */
int pubkey_read(const char *line, struct pubkey *ret);
/* From the text of a private key: OpenSSH's form holds its public half in the clear.  -1: another
 * form, or torn.  *ret_locked: it has a passphrase. */
int pubkey_of_private(const char *text, struct pubkey *ret, bool *ret_locked);
void pubkey_release(struct pubkey *k); /* and zeroed */

bool pubkey_equal(const struct pubkey *a, const struct pubkey *b); /* two without bytes are not */
bool pubkey_is_cert(const struct pubkey *k);
/* Of a security key, which only an agent can use. */
bool pubkey_is_sk(const struct pubkey *k);
/* Whether cert is a certificate of this key: it has the same numbers behind its nonce
 * (PROTOCOL.certkeys). */
bool pubkey_certifies(const struct pubkey *cert, const struct pubkey *key);

/* One length-prefixed string (RFC 4251 5) at *at, which moves on; NULL: it does not fit. */
const unsigned char *
pubkey_string(const unsigned char *bytes, size_t len, size_t *at, size_t *ret_len);

#endif

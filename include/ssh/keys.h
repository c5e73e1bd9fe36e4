/*
 * keys.h - private keys and certificates, loaded once before the loop and shared by all sessions.
 */
#ifndef SSH_KEYS_H
#define SSH_KEYS_H

#include "base/err.h"
#include "ssh/pubkey.h"

#include <libssh/libssh.h>

struct keyring;

enum keyring_found {
    KEYRING_READY,   /* keyring_get has it */
    KEYRING_LOCKED,  /* it has a passphrase: keyring_unlock */
    KEYRING_PUBLIC,  /* its public half only, or a security key: an agent may hold it */
    KEYRING_MISSING, /* neither path nor path.pub is there */
};

struct keyring *keyring_new(void);
void keyring_free(struct keyring *k); /* NULL is fine */

/* Look at the key at path, a private one or a .pub; what was found is not read again.  The forms:
 * OpenSSH's own, PEM and PKCS#8, each with a passphrase too.  ERR_IO: unreadable, no key, or open
 * to group or others (as ssh refuses it). */
int keyring_look(struct keyring *k, const char *path, enum keyring_found *ret, struct err *err);
/* The same; anything but KEYRING_READY is an error: ERR_IO, or ERR_CONFIG for a passphrase. */
int keyring_load(struct keyring *k, const char *path, struct err *err);
/* Of a key that is locked.  -1: the passphrase is another.  Some 0.1 s: never in the loop. */
int keyring_unlock(struct keyring *k, const char *path, const char *passphrase);

/* Borrowed; NULL if it was not loaded. */
ssh_key keyring_get(const struct keyring *k, const char *path);
/* What was found at path when it was looked at; MISSING: it was not. */
enum keyring_found keyring_found(const struct keyring *k, const char *path);
/* Its public half, borrowed; NULL if it is not known. */
const struct pubkey *keyring_public(const struct keyring *k, const char *path);

/* Read a user certificate.  ERR_IO: it cannot be read or is none. */
int keyring_load_cert(struct keyring *k, const char *path, struct err *err);
const struct pubkey *keyring_cert(const struct keyring *k, const char *path); /* NULL: none */
/* The key with this certificate, borrowed; NULL: one is not there, or they do not belong together.
 */
ssh_key keyring_certified(struct keyring *k, const char *path, const char *cert_path);

#endif

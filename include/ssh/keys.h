/*
 * keys.h - private keys, loaded once before the loop and shared by all sessions.
 */
#ifndef SSH_KEYS_H
#define SSH_KEYS_H

#include "base/err.h"

#include <libssh/libssh.h>

struct keyring;

struct keyring *keyring_new(void);
void keyring_free(struct keyring *k); /* NULL is fine */

/* Load the key at path; one that is there already is not read again.  ERR_IO: unreadable, no key,
 * or open to group or others (as ssh refuses it); ERR_NOT_YET: it has a passphrase. */
int keyring_load(struct keyring *k, const char *path, struct err *err);

/* Borrowed; NULL if it was not loaded. */
ssh_key keyring_get(const struct keyring *k, const char *path);

#endif

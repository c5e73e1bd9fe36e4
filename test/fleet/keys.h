/*
 * keys.h - the fleet's host key, and the keys that may log in.
 *
 * One ed25519 host key for all good hosts.  Owns the loaded keys.  Never accepts a key that is not
 * in the file.
 */
#ifndef FLEET_KEYS_H
#define FLEET_KEYS_H

#include "base/err.h"
#include "base/strv.h"

#include <libssh/libssh.h>
#include <stdbool.h>
#include <stddef.h>

struct keys {
    ssh_key *allowed; /* owned, each owned */
    size_t count;
    size_t cap;
};

/* Make path (0600) unless it is there. */
int keys_make_host_key(const char *path, enum ssh_keytypes_e type, int bits, struct err *err);

/* Write `[address]:port type key` lines with the public half of host_key. */
int keys_write_known_hosts(const char *path, const char *host_key, const struct strv *addresses,
                           int port, struct err *err);

/* authorized_keys(5) without options. */
int keys_load(struct keys *keys, const char *authorized_keys, struct err *err);
void keys_release(struct keys *keys);
bool keys_allow(const struct keys *keys, ssh_key key);

#endif

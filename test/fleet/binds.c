/*
 * binds.c - host keys and algorithms of the server side.
 *
 * Decides what a client with usual settings has nothing in common with.  Owns the binds.
 */
#include "fleet/binds.h"

#include "base/xalloc.h"
#include "fleet/keys.h"

#include <stdbool.h>
#include <stdlib.h>

enum { HOST_KEYS = HOST_KEY_RSA + 1, CHOICES = ALGORITHMS_HOSTKEY + 1 };

struct binds {
    const char *host_key; /* borrowed */
    ssh_bind made[HOST_KEYS][CHOICES];
};

static const struct {
    const char *suffix;
    enum ssh_keytypes_e type;
    int bits;
} host_keys[HOST_KEYS] = {
    [HOST_KEY_PLAIN] = {"", SSH_KEYTYPE_ED25519, 0},
    [HOST_KEY_OTHER] = {".other", SSH_KEYTYPE_ED25519, 0},
    [HOST_KEY_ECDSA] = {".ecdsa", SSH_KEYTYPE_ECDSA_P256, 256},
    [HOST_KEY_RSA] = {".rsa", SSH_KEYTYPE_RSA, 2048},
};

/* Known to libssh, and not offered by it (nor by OpenSSH) unless asked to. */
static void
choose(ssh_bind bind, enum algorithms choice)
{
    switch (choice) {
    case ALGORITHMS_USUAL:
        break;
    case ALGORITHMS_KEX:
        (void)ssh_bind_options_set(bind, SSH_BIND_OPTIONS_KEY_EXCHANGE,
                                   "diffie-hellman-group1-sha1");
        break;
    case ALGORITHMS_CIPHER:
        (void)ssh_bind_options_set(bind, SSH_BIND_OPTIONS_CIPHERS_C_S, "3des-cbc");
        (void)ssh_bind_options_set(bind, SSH_BIND_OPTIONS_CIPHERS_S_C, "3des-cbc");
        break;
    case ALGORITHMS_HOSTKEY:
        (void)ssh_bind_options_set(bind, SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS, "ssh-rsa");
        break;
    }
}

static ssh_bind
make(const char *host_key, enum host_key key, enum algorithms choice, struct err *err)
{
    const bool no = false;
    char *path = xasprintf("%s%s", host_key, host_keys[key].suffix);
    ssh_bind bind = NULL;

    if (keys_make_host_key(path, host_keys[key].type, host_keys[key].bits, err) == 0) {
        bind = ssh_bind_new();
        if (bind == NULL) {
            abort();
        }
        (void)ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no);
        if (ssh_bind_options_set(bind, SSH_BIND_OPTIONS_HOSTKEY, path) < 0) {
            (void)err_set(err, ERR_IO, "%s: %s", path, ssh_get_error(bind));
            ssh_bind_free(bind);
            bind = NULL;
        } else {
            choose(bind, choice);
        }
    }
    free(path);
    return bind;
}

ssh_bind
binds_get(struct binds *b, const struct behave *behave, struct err *err)
{
    const enum algorithms choice =
        behave == NULL ? ALGORITHMS_USUAL : (enum algorithms)behave->algorithms;
    const enum host_key key = choice == ALGORITHMS_HOSTKEY ? HOST_KEY_RSA
                              : behave == NULL             ? HOST_KEY_PLAIN
                                                           : (enum host_key)behave->host_key;

    if (b->made[key][choice] == NULL) {
        b->made[key][choice] = make(b->host_key, key, choice, err);
    }
    return b->made[key][choice];
}

struct binds *
binds_new(const char *host_key, struct err *err)
{
    struct binds *b = xcalloc(1, sizeof(*b));

    b->host_key = host_key;
    if (binds_get(b, NULL, err) == NULL) {
        binds_free(b);
        return NULL;
    }
    return b;
}

void
binds_free(struct binds *b)
{
    if (b == NULL) {
        return;
    }
    for (int key = 0; key < HOST_KEYS; key++) {
        for (int choice = 0; choice < CHOICES; choice++) {
            if (b->made[key][choice] != NULL) {
                ssh_bind_free(b->made[key][choice]);
            }
        }
    }
    free(b);
}

/*
 * secrets.h - what is secret leaves the environment before any child could inherit it.
 */
#ifndef CLI_SECRETS_H
#define CLI_SECRETS_H

/* NULL: not given, which an empty one is not either.  Owned. */
struct secrets {
    char *key_passphrase;      /* IM_KEY_PASSPHRASE */
    char *ssh_password;        /* IM_SSH_PASSWORD */
    char *become_password;     /* IM_BECOME_PASSWORD */
    char *vault_password_file; /* IM_VAULT_PASSWORD_FILE: a path */
};

/* Take every secret out of environ and wipe it there; call it before the first fork. */
void secrets_take(struct secrets *ret);
/* Wipe one, take over value (NULL: none) in its place. */
void secrets_set(char **secret, char *value);
/* Wipe and free. */
void secrets_release(struct secrets *s);

#endif

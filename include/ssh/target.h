/*
 * target.h - where a host is and how to get in: what inventory, ssh_config and secrets come to.
 *
 * Pure data, filled in by app/ before anything connects.  Everything is borrowed until no session
 * uses it any more.  A field that is zero or NULL stands for the default its comment names, so that
 * a target with an address, a port, a user and a key is complete.
 */
#ifndef SSH_TARGET_H
#define SSH_TARGET_H

#include <stdbool.h>
#include <stdint.h>

struct hostkeys; /* ssh/hostkey.h */

enum host_key_checking {
    HOST_KEY_UNSET, /* as the pool says */
    HOST_KEY_STRICT,
    HOST_KEY_ACCEPT_NEW, /* an unknown key is taken and noted; a changed one never */
    HOST_KEY_OFF,        /* an unknown key is taken, with a warning; a changed one never */
};

struct target {
    const char *name;    /* for messages: web-01 */
    const char *address; /* a literal address or a name */
    const char *user;
    int port;
    bool local; /* this machine, as who runs us: of the rest only become_password counts */

    /* The way there: straight, through another host, or through a program. */
    const struct target *jump; /* one session to it serves all targets that point to it */
    const char *proxy_command; /* for /bin/sh, tokens expanded; not beside jump */
    const char *bind_address;  /* literal; NULL: the kernel's choice */
    int64_t connect_timeout_ms;
    int64_t keepalive_ms;
    int keepalive_misses; /* these three, 0: as the pool says */
    int family;           /* AF_INET, AF_INET6; 0 (AF_UNSPEC): both */

    /* The server's key and what may be agreed on; lists as libssh and ssh_config write them. */
    const char *key_alias;           /* its name in known_hosts; NULL: the address */
    const struct hostkeys *hostkeys; /* NULL: the pool's */
    enum host_key_checking checking;
    int rsa_bits_min;    /* of the server's keys and ours; 0: libssh's */
    bool host_key_exact; /* the order of host_key_algorithms counts (ssh: a list without + or -
                            before it); else those of known types come first */
    const char *host_key_algorithms; /* NULL: libssh's, and so for kex to pubkey_algorithms */
    const char *kex;
    const char *ciphers;
    const char *macs;
    const char *pubkey_algorithms;

    /* Who we are, tried in this order: keys, agent, password. */
    const char *const *key_paths;         /* NULL-terminated; already in the keyring */
    const char *const *certificate_paths; /* NULL-terminated; each with the key it belongs to */
    const char *agent;                    /* path of the agent's socket; NULL: none is asked */
    bool identities_only;                 /* of the agent's keys only those that key_paths name */
    const char *password;                 /* also answers keyboard-interactive; NULL: none */
    const char *become_password;          /* for sudo; NULL: it must not ask */
};

#endif

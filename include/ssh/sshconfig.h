/*
 * sshconfig.h - what ssh_config(5) says of a host.
 *
 * struct sshconfig_options is the answer for one destination: the same as `ssh -G`, for the
 * directives docs/compat.md lists.
 */
#ifndef SSH_SSHCONFIG_H
#define SSH_SSHCONFIG_H

#include "base/strv.h"
#include "ssh/target.h"

#include <stdbool.h>
#include <stdint.h>

/* Owned, all of it: sshconfig_options_release.  NULL, 0 or empty: nothing is said. */
struct sshconfig_options {
    char *hostname;
    int port;
    char *user;
    struct strv identity_files; /* in order, tokens and ~ expanded, `none` taken out */
    bool no_identity;           /* `IdentityFile none`: not the default ones either */
    struct strv certificate_files;
    bool identities_only;
    char *identity_agent; /* a path; "none": no agent */
    char *proxy_jump;     /* as written; NULL also for `none` */
    char *proxy_command;  /* tokens expanded; NULL also for `none` */
    enum host_key_checking checking;
    struct strv user_known_hosts; /* paths */
    struct strv global_known_hosts;
    char *host_key_alias;
    char *host_key_algorithms; /* the lists with + - ^ worked out against what libssh has */
    char *kex;
    char *ciphers;
    char *macs;
    char *pubkey_algorithms;
    int64_t connect_timeout_ms;
    int64_t alive_interval_ms;
    int alive_count;
    int family;         /* AF_INET, AF_INET6 or 0 */
    char *bind_address; /* literal */
};

void sshconfig_options_release(struct sshconfig_options *o);

#endif

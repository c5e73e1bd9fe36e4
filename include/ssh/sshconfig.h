/*
 * sshconfig.h - what ssh_config(5) says of a host.
 *
 * The files are read once; then each destination has its answer without any I/O: the same as
 * `ssh -G` of OpenSSH 9.2, for the directives docs/compat.md lists, where it also says what is
 * decided otherwise.  Nothing is run: a `Match exec` that would be asked is an error.
 */
#ifndef SSH_SSHCONFIG_H
#define SSH_SSHCONFIG_H

#include "base/err.h"
#include "base/strv.h"
#include "ssh/target.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SSHCONFIG_FILE_MAX = 1 << 20, /* bytes of a file */
    SSHCONFIG_LINE_MAX = 16384,   /* bytes of a line */
    SSHCONFIG_LINES_MAX = 200000, /* lines that say something, those of all files together */
    SSHCONFIG_FILES_MAX = 1000,
    SSHCONFIG_DEPTH_MAX = 16, /* of Include, as in OpenSSH */
};

struct sshconfig;

/* All borrowed for the call. */
struct sshconfig_request {
    const char *home; /* absolute: ~/.ssh/config is there */
    const char *user; /* who runs us: %u, Match localuser, the default login */
    const char *file; /* -F: stands for both files, "none" for no file at all; NULL: both */
};

/* NULL and ERR_CONFIG or ERR_IO: "file:line: keyword: ...", one line.  That the two usual files are
 * missing is no error; that one of -F is, is. */
struct sshconfig *sshconfig_load(const struct sshconfig_request *request, struct err *err);
void sshconfig_free(struct sshconfig *c); /* NULL is fine */

/* A destination as it would stand on the command line of ssh.  All borrowed for the call. */
struct sshconfig_query {
    const char *host;         /* as it is written: what Host patterns see, %n */
    const char *where;        /* stands before errors in first and options; NULL: nothing does */
    const struct strv *first; /* lines like `Port 22` (as behind -o) before all else; NULL: none */
    int port;                 /* 0: none is given */
    const char *user;         /* NULL: none is given */
    const char *identity;     /* a path; NULL: none is given */
    const struct strv *options; /* lines behind those; NULL: none */
};

/* Owned, all of it: sshconfig_options_release.  NULL, 0 or empty: nothing is said. */
struct sshconfig_options {
    char *hostname; /* never NULL: a literal address as libc writes it, else in lower case */
    int port;
    char *user;
    struct strv identity_files; /* in order, tokens and ~ expanded, `none` taken out */
    bool no_identity;           /* `IdentityFile none` alone: not the default ones either */
    struct strv certificate_files;
    bool identities_only;
    char *identity_agent;            /* a path; "none": no agent; NULL: that of SSH_AUTH_SOCK */
    char *proxy_jump;                /* as written; NULL also for `none` */
    char *proxy_command;             /* tokens expanded; NULL also for `none` */
    enum host_key_checking checking; /* of `ask` nobody can be asked: strict */
    struct strv user_known_hosts;    /* paths; `none` is /dev/null */
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
    int family;          /* AF_INET, AF_INET6 or 0 */
    char *bind_address;  /* literal */
    int rsa_bits_min;    /* RequiredRSASize */
    bool no_password;    /* `PasswordAuthentication no`: none may be sent */
    bool host_key_exact; /* the order of host_key_algorithms counts: no + or - stood before them */
    struct strv notes;   /* "file:line: ...": what is not used of it, for -v */
};

/* Fill ret, or -1 and ERR_CONFIG: "file:line: keyword: ...".  Release ret in any case. */
int sshconfig_resolve(const struct sshconfig *c, const struct sshconfig_query *q,
                      struct sshconfig_options *ret, struct err *err);
void sshconfig_options_release(struct sshconfig_options *o);

/* One destination of a ProxyJump. */
struct sshconfig_hop {
    char *host;
    int port;   /* 0: none is given */
    char *user; /* NULL: none is given */
};

enum { SSHCONFIG_HOPS_MAX = 16 };

/* Take `user@host:port,ssh://host` apart, the first to be connected first.  -1: it is none, or has
 * too many. */
int sshconfig_hops(const char *jump, struct sshconfig_hop ret[SSHCONFIG_HOPS_MAX], int *ret_count);
void sshconfig_hop_release(struct sshconfig_hop *hop);

#endif

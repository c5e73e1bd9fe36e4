/*
 * options.h - what the fleet was asked to be.
 *
 * Read once from the command line; strings are borrowed from argv.  Decides defaults and refuses
 * combinations that make no sense.  Never opens anything.
 */
#ifndef FLEET_OPTIONS_H
#define FLEET_OPTIONS_H

#include "base/err.h"

#include <stdbool.h>

enum {
    OPTIONS_LOGIN_MS = 60 * 1000, /* time to log in */
    OPTIONS_MAX_SESSIONS = 10,    /* sshd_config(5), MaxSessions */
};

struct options {
    const char *listen; /* IPv4; 0.0.0.0 is all of 127.0.0.0/8 and nothing else */
    int port;           /* 0: a free one */
    const char *root;   /* NULL with synthetic */
    const char *hosts;  /* file of `ADDRESS FOLDER` lines, or NULL */
    const char *host_key;
    const char *authorized_keys;
    const char *user;
    const char *password; /* lets in, too; NULL: keys only */
    const char *kbd; /* what keyboard-interactive asks, for the password; NULL: it is not taken */
    const char *known_hosts; /* to write, or NULL */
    const char *addresses;   /* what known_hosts names: 127.10.0.1-9,127.10.1.1 */
    const char *pid_file;
    const char *behave;  /* file of misbehaviour, or NULL */
    const char *events;  /* file of what happened, in order, or NULL */
    const char *confine; /* landlock, mounts or both; NULL: the best that works */
    int ready_fd;        /* where `ready <port>` is written */
    int delay_ms;        /* before each exec begins; synthetic: before it ends */
    int rtt_ms;
    const char *trips; /* file to write, or NULL */
    int max_sessions;  /* channels a connection */
    int seed;          /* of what happens by chance */
    bool partial;      /* a key and the password are both wanted */
    bool synthetic;
    bool unconfined;
    bool help;
};

/* ERR_USAGE: an unknown flag, a bad number, something required is missing. */
int options_read(struct options *ret_options, int argc, char **argv, struct err *err);

const char *options_usage(void);

#endif

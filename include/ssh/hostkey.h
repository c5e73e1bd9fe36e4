/*
 * hostkey.h - the index of known_hosts files: read once, asked for every host.
 *
 * Own matcher, since libssh re-reads the file for each connection and skips every `@` line. Format:
 * sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.  Same verdicts as `ssh-keygen -F` and ssh's hostfile.c:
 * names compare without case, `[h]:port` stands for every port but 22, a negated pattern that
 * matches takes the whole line out.
 */
#ifndef SSH_HOSTKEY_H
#define SSH_HOSTKEY_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    HOSTKEY_FINGERPRINT_SIZE = 64,
    HOSTKEY_TYPES_MAX = 16,
    HOSTKEY_FILE_MAX = 64 << 20, /* bytes */
    HOSTKEY_PORT = 22,           /* the one that is not named */
};

struct hostkeys;

struct hostkeys *hostkeys_new(void);
void hostkeys_free(struct hostkeys *h); /* NULL is fine */

/* Add a file; one that does not exist adds nothing.  Lines that cannot be read are passed over, as
 * ssh does.  -1 and ERR_IO when the file is there and cannot be read, or is too large. */
int hostkeys_load(struct hostkeys *h, const char *path, struct err *err);

/* Ask part, which is borrowed, after the lines of h: so a file that stands in several lists is read
 * once.  part has no parts. */
void hostkeys_include(struct hostkeys *h, const struct hostkeys *part);

/* A key that a server has shown.  Borrowed, all of it. */
struct hostkey_shown {
    const char *name;          /* the alias, or the address */
    int port;                  /* 22 with an alias, which stands for every port */
    const char *type;          /* "ssh-ed25519" */
    const unsigned char *blob; /* the public key as on the wire (RFC 4253, 6.6) */
    size_t blob_len;
};

/* Add a key that no file has yet, from now on as known as any other. */
void hostkeys_add(struct hostkeys *h, const struct hostkey_shown *key);

enum hostkey_verdict {
    HOSTKEY_KNOWN,   /* a line of this host has this key */
    HOSTKEY_UNKNOWN, /* no line names this host */
    HOSTKEY_CHANGED, /* lines name this host, and none has this key; see below */
    HOSTKEY_REVOKED, /* an @revoked line has this key, whatever else is listed */
    HOSTKEY_CA,      /* only @cert-authority lines name this host: not supported */
};
enum { HOSTKEY_VERDICTS = HOSTKEY_CA + 1 };

struct hostkey_place {
    const char *path; /* borrowed from the index; NULL: no line */
    int line;         /* 0: the key was added by hostkeys_add */
};

struct hostkey_answer {
    enum hostkey_verdict verdict;
    struct hostkey_place place; /* of the line that decided */
    bool same_type;             /* CHANGED: that line has a key of the same type */
    struct hostkey_place ca;    /* of the first @cert-authority line, whatever the verdict */
};

/* A key of a type that no line has is CHANGED too, as ssh says it (hostfile.c,
 * check_hostkeys_by_key_or_type): ask for the known types first (hostkeys_types), and who still
 * shows another key cannot be told from somebody in between who has none of the known ones.  The
 * place is then that of the first line with this type, else of the first line.
 *
 * As ssh does (sshconnect.c, check_host_key), a host on another port that no line names is also
 * looked for without its port: a key that is known there is known.  Beside ssh, one that is revoked
 * there is revoked. */
struct hostkey_answer hostkeys_check(const struct hostkeys *h, const struct hostkey_shown *key);

/* Key types known for this host, so that they can be asked for first, in the order of reading, at
 * most max; they live as long as the program.  Those of marked lines do not
 * count, nor does one whose first key is revoked, as in ssh. */
size_t hostkeys_types(const struct hostkeys *h, const char *name, int port, const char *ret_types[],
                      size_t max);

/* The name as the files have it: lower case, `[name]:port` unless the port is 22.  The caller's. */
char *hostkey_name(const char *name, int port);
/* Whether a line can name it: nothing in it means more than itself. */
bool hostkey_name_is_plain(const char *name);

/* "SHA256:..." as ssh-keygen -l shows it. */
void
hostkey_fingerprint(const unsigned char *blob, size_t len, char ret_text[HOSTKEY_FINGERPRINT_SIZE]);

#endif

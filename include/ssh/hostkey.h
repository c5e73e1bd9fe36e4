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

#include <stddef.h>

enum { HOSTKEY_FINGERPRINT_SIZE = 64, HOSTKEY_TYPES_MAX = 8 };

struct hostkeys;

struct hostkeys *hostkeys_new(void);
void hostkeys_free(struct hostkeys *h); /* NULL is fine */

/* Add a file; one that does not exist adds nothing.  Lines that cannot be read are passed over, as
 * ssh does.  -1 and ERR_IO when the file is there and cannot be read. */
int hostkeys_load(struct hostkeys *h, const char *path, struct err *err);

enum hostkey_verdict {
    HOSTKEY_KNOWN,   /* a line of this host has this key */
    HOSTKEY_UNKNOWN, /* no line names this host */
    HOSTKEY_CHANGED, /* lines name this host, and none has this key; see below */
    HOSTKEY_REVOKED, /* an @revoked line has this key, whatever else is listed */
    HOSTKEY_CA,      /* only @cert-authority lines name this host: not supported */
};

/* Where the line stands that decided. */
struct hostkey_place {
    const char *path; /* borrowed from the index; NULL: no line */
    int line;
};

/* A key of a type that no line has is CHANGED too, as ssh says it (hostfile.c,
 * check_hostkeys_by_key_or_type): ask for the known types first (hostkeys_types), and who still
 * shows another key cannot be told from somebody in between who has none of the known ones.  The
 * place is then that of the first line with this type, else of the first line.
 *
 * type: "ssh-ed25519"; blob: the public key as on the wire (RFC 4253, 6.6).  ret_place may be NULL.
 */
enum hostkey_verdict
hostkeys_check(const struct hostkeys *h, const char *name, int port, const char *type,
               const unsigned char *blob, size_t blob_len, struct hostkey_place *ret_place);

/* Key types known for this host, so that they can be asked for first, in the order of reading;
 * borrowed, at most max.  Those of marked lines do not count. */
size_t hostkeys_types(const struct hostkeys *h, const char *name, int port, const char *ret_types[],
                      size_t max);

/* "SHA256:..." as ssh-keygen -l shows it. */
void
hostkey_fingerprint(const unsigned char *blob, size_t len, char ret_text[HOSTKEY_FINGERPRINT_SIZE]);

#endif

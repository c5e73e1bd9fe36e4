/*
 * hostkey_line.h - one line of a known_hosts file: what it says, and which names it means.
 *
 * Format: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.  What ssh passes over is no line here either; it
 * also passes over keys of a type it does not know, and so do we.  Internal to ssh/.
 */
#ifndef SSH_HOSTKEY_LINE_H
#define SSH_HOSTKEY_LINE_H

#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>

enum hostkey_mark { MARK_NONE, MARK_REVOKED, MARK_CA };

struct hostkey_line {
    enum hostkey_mark mark;
    char *patterns; /* owned: the first field, lower case; NULL: the name is hashed */
    struct hash_hmac_sha1 salt;
    unsigned char name_hash[HASH_SHA1_BYTES];
    const char *type;    /* of the table: lives for ever */
    unsigned char *blob; /* owned */
    size_t blob_len;
};

/* Reads, and destroys, text: one line without its newline.  False: a comment, or nothing that ssh
 * would read; then there is nothing to release. */
bool hostkey_line_read(char *text, struct hostkey_line *ret);
void hostkey_line_release(struct hostkey_line *l);

/* Names only: no wildcard, no negation, no hash. */
bool hostkey_line_is_plain(const struct hostkey_line *l);
/* Whether the line means name: lower case, `[name]:port` unless the port is 22. */
bool hostkey_line_names(const struct hostkey_line *l, const char *name);

/* The type that a key of these bytes has, which lives for ever; NULL: no key, or one ssh does not
 * know. */
const char *hostkey_type_of(const unsigned char *blob, size_t len);

/* The type of a key that a host key algorithm signs with ("rsa-sha2-512": "ssh-rsa"); NULL: ssh
 * does not know it. */
const char *hostkey_type_of_algorithm(const char *name, size_t len);

#endif

/*
 * hostkey_line.c - one line of a known_hosts file.
 *
 * Decides what is a line, what is a key, and which names a line means, as OpenSSH's hostfile.c,
 * sshkey.c and match.c do.  Owns nothing.  Reads no file.
 */
#include "ssh/hostkey_line.h"

#include "base/xalloc.h"
#include "ssh/pubkey.h"
#include "ssh/wildcard.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* PATTERN_BYTES_MAX is match.c's: a line with a longer one matches no host at all.  RSA_BYTES_MIN:
 * 1024 bits (sshkey.h, SSH_RSA_MINIMUM_MODULUS_SIZE). */
enum { KEY_BYTES_MAX = 16384, PATTERN_BYTES_MAX = 1022, PARTS_MAX = 8, RSA_BYTES_MIN = 128 };

enum shape { SHAPE_STRINGS, SHAPE_ED25519, SHAPE_RSA, SHAPE_ECDSA, SHAPE_CERTIFICATE };

/* What the second field may say, and which type the key then has. */
static const struct kind {
    const char *name;
    const char *type;
    enum shape shape;
    size_t parts; /* strings behind the type */
    size_t point; /* bytes of an elliptic point */
} kinds[] = {
    {"ssh-ed25519", "ssh-ed25519", SHAPE_ED25519, 1, 0},
    {"ssh-rsa", "ssh-rsa", SHAPE_RSA, 2, 0},
    {"rsa-sha2-256", "ssh-rsa", SHAPE_RSA, 2, 0},
    {"rsa-sha2-512", "ssh-rsa", SHAPE_RSA, 2, 0},
    {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", SHAPE_ECDSA, 2, 65},
    {"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384", SHAPE_ECDSA, 2, 97},
    {"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521", SHAPE_ECDSA, 2, 133},
    {"ssh-dss", "ssh-dss", SHAPE_STRINGS, 4, 0},
    {"sk-ssh-ed25519@openssh.com", "sk-ssh-ed25519@openssh.com", SHAPE_ED25519, 2, 0},
    {"sk-ecdsa-sha2-nistp256@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com", SHAPE_ECDSA, 3,
     65},
    {"webauthn-sk-ecdsa-sha2-nistp256@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
     SHAPE_ECDSA, 3, 65},
    {"ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519-cert-v01@openssh.com", SHAPE_CERTIFICATE, 0,
     0},
    {"ssh-rsa-cert-v01@openssh.com", "ssh-rsa-cert-v01@openssh.com", SHAPE_CERTIFICATE, 0, 0},
    {"ecdsa-sha2-nistp256-cert-v01@openssh.com", "ecdsa-sha2-nistp256-cert-v01@openssh.com",
     SHAPE_CERTIFICATE, 0, 0},
    {"ecdsa-sha2-nistp384-cert-v01@openssh.com", "ecdsa-sha2-nistp384-cert-v01@openssh.com",
     SHAPE_CERTIFICATE, 0, 0},
    {"ecdsa-sha2-nistp521-cert-v01@openssh.com", "ecdsa-sha2-nistp521-cert-v01@openssh.com",
     SHAPE_CERTIFICATE, 0, 0},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static const struct kind *
kind_of(const char *name, size_t len)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (strlen(kinds[i].name) == len && memcmp(kinds[i].name, name, len) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

const char *
hostkey_type_of_algorithm(const char *name, size_t len)
{
    const struct kind *k = kind_of(name, len);

    return k == NULL ? NULL : k->type;
}

/* ---------------------------------------------------------------- keys */

struct part {
    const unsigned char *bytes; /* borrowed */
    size_t len;
};

/* The string at *at, which moves past it; false if it is not all there. */
static bool
next_part(const unsigned char *blob, size_t len, size_t *at, struct part *ret)
{
    ret->bytes = pubkey_string(blob, len, at, &ret->len);
    return ret->bytes != NULL;
}

/* A positive number of at least 1024 bits, whatever zeros stand before it. */
static bool
is_modulus(const struct part *n)
{
    size_t zeros = 0;

    while (zeros < n->len && n->bytes[zeros] == 0) {
        zeros++;
    }
    const size_t bytes = n->len - zeros;
    return n->len > 0 && (n->bytes[0] & 0x80) == 0 &&
           (bytes > RSA_BYTES_MIN || (bytes == RSA_BYTES_MIN && (n->bytes[zeros] & 0x80) != 0));
}

/* The strings behind the type have the form of this kind (RFC 4253 6.6, RFC 5656 3.1, RFC 8709 4).
 */
static bool
has_shape(const struct kind *k, const struct part *parts)
{
    const char *curve = strstr(k->type, "nistp");

    switch (k->shape) {
    case SHAPE_ED25519:
        return parts[0].len == 32;
    case SHAPE_RSA:
        return is_modulus(&parts[1]);
    case SHAPE_ECDSA:
        return k->parts > 1 && parts[0].len == strlen("nistp256") &&
               memcmp(parts[0].bytes, curve, parts[0].len) == 0 && parts[1].len == k->point &&
               memcmp(parts[1].bytes, "\4", 1) == 0; /* not compressed */
    case SHAPE_STRINGS:
    case SHAPE_CERTIFICATE:
        break;
    }
    return true;
}

/* A key says its type itself, and is strings to its last byte; a certificate has other things
 * behind it, and no plain key is equal to it. */
static bool
is_key_of_kind(const unsigned char *blob, size_t len, const struct kind *k)
{
    struct part parts[PARTS_MAX] = {{0}};
    struct part name;
    size_t at = 0;
    size_t count = 0;

    if (!next_part(blob, len, &at, &name) || name.len != strlen(k->type) ||
        memcmp(name.bytes, k->type, name.len) != 0) {
        return false;
    }
    if (k->shape == SHAPE_CERTIFICATE) {
        return at < len;
    }
    while (at < len && count < PARTS_MAX && next_part(blob, len, &at, &parts[count])) {
        count++;
    }
    return at == len && count == k->parts && has_shape(k, parts);
}

const char *
hostkey_type_of(const unsigned char *blob, size_t len)
{
    struct part name;
    size_t at = 0;

    if (!next_part(blob, len, &at, &name)) {
        return NULL;
    }
    const struct kind *k = kind_of((const char *)name.bytes, name.len);
    return k != NULL && is_key_of_kind(blob, len, k) ? k->type : NULL;
}

/* ---------------------------------------------------------------- reading */

/* The next word of a line; *line moves past it.  NULL at the end. */
static char *
word(char **line)
{
    char *begin = *line + strspn(*line, " \t");
    char *end = begin + strcspn(begin, " \t");

    if (begin == end) {
        return NULL;
    }
    *line = *end == '\0' ? end : end + 1;
    *end = '\0';
    return begin;
}

static bool
read_mark(const char *text, enum hostkey_mark *ret)
{
    const bool revoked = strcmp(text, "@revoked") == 0;

    *ret = revoked ? MARK_REVOKED : MARK_CA;
    return revoked || strcmp(text, "@cert-authority") == 0;
}

/* |1|base64(salt)|base64(HMAC-SHA1(salt, name)) */
static bool
read_hashed(const char *text, struct hostkey_line *l)
{
    unsigned char bytes[HASH_SHA1_BYTES];
    const char *salt = text + 3;
    const char *bar = strncmp(text, "|1|", 3) == 0 ? strchr(salt, '|') : NULL;
    size_t salt_len = 0;
    size_t hash_len = 0;

    if (bar == NULL ||
        base64_decode(salt, (size_t)(bar - salt), bytes, sizeof(bytes), &salt_len) < 0 ||
        base64_decode(bar + 1, strlen(bar + 1), l->name_hash, sizeof(l->name_hash), &hash_len) <
            0 ||
        salt_len != sizeof(bytes) || hash_len != sizeof(l->name_hash)) {
        return false;
    }
    hash_hmac_sha1_init(&l->salt, bytes, sizeof(bytes));
    return true;
}

/* The reader of base64 in OpenSSH knows more blanks than the one of lines: a CR in a file that
 * went through Windows, for one. */
static size_t
take_blanks_out(char *text)
{
    size_t len = 0;

    for (const char *c = text; *c != '\0'; c++) {
        if (!isspace((unsigned char)*c)) {
            text[len++] = *c;
        }
    }
    return len;
}

/* The next two words as a key; false if they are none. */
static bool
read_key(char **line, struct hostkey_line *l)
{
    unsigned char blob[KEY_BYTES_MAX];
    size_t len = 0;
    const char *name = word(line);
    char *key = name == NULL ? NULL : word(line);
    const struct kind *k = key == NULL ? NULL : kind_of(name, strlen(name));

    if (k == NULL || base64_decode(key, take_blanks_out(key), blob, sizeof(blob), &len) < 0 ||
        !is_key_of_kind(blob, len, k)) {
        return false;
    }
    l->type = k->type;
    l->blob = xmemdup(blob, len);
    l->blob_len = len;
    return true;
}

/* Lower case in place; false if ssh would match this line with no host. */
static bool
settle_patterns(char *patterns)
{
    for (char *p = patterns; *p != '\0';) {
        p += *p == '!';
        const size_t len = strcspn(p, ",");
        if (len > PATTERN_BYTES_MAX) {
            return false;
        }
        for (size_t i = 0; i < len; i++) {
            p[i] = (char)tolower((unsigned char)p[i]);
        }
        p += len + (p[len] == ',');
    }
    return true;
}

/* One thing is read that ssh passes over: a marker with a tab behind it, since who wrote `@revoked`
 * meant it. */
bool
hostkey_line_read(char *text, struct hostkey_line *ret)
{
    struct hostkey_line l = {.mark = MARK_NONE};
    char *names = word(&text);
    bool ok = names != NULL && names[0] != '#';

    if (ok && names[0] == '@') {
        ok = read_mark(names, &l.mark);
        names = word(&text);
        ok = ok && names != NULL && names[0] != '@'; /* one marker a line */
    }
    if (!ok) {
        return false;
    }
    const bool hashed = names[0] == '|';
    if (!(hashed ? read_hashed(names, &l) : settle_patterns(names)) || !read_key(&text, &l)) {
        return false;
    }
    l.patterns = hashed ? NULL : xstrdup(names);
    *ret = l;
    return true;
}

void
hostkey_line_release(struct hostkey_line *l)
{
    free(l->patterns);
    free(l->blob);
}

/* ---------------------------------------------------------------- names */

bool
hostkey_line_is_plain(const struct hostkey_line *l)
{
    return l->patterns != NULL && strpbrk(l->patterns, "*?!") == NULL;
}

static bool
match_hashed(const struct hostkey_line *l, const char *name)
{
    unsigned char hash[HASH_SHA1_BYTES];

    hash_hmac_sha1_of(&l->salt, name, strlen(name), hash);
    return memcmp(hash, l->name_hash, sizeof(hash)) == 0;
}

bool
hostkey_line_names(const struct hostkey_line *l, const char *name)
{
    return l->patterns == NULL ? match_hashed(l, name) : wildcard_list(l->patterns, name, false);
}

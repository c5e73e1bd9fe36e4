/*
 * known_lines.h - known_hosts files from a seed: what people write, what programs write, and what
 * is broken; with the key of each line kept, so that an answer can be checked.
 */
#ifndef TEST_KNOWN_LINES_H
#define TEST_KNOWN_LINES_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/prng.h"

#include <libssh/libssh.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 400, KEYS_MAX = LINES_MAX + 4, KEYS_SHARED = 4 };

struct sample_key {
    const char *type;
    unsigned char blob[400];
    size_t len;
    char base64[600];
};

struct known_lines {
    struct prng prng;
    struct buf file;
    struct sample_key keys[KEYS_MAX]; /* the first KEYS_SHARED stand on several lines */
    int key_count;
    int key_of_line[LINES_MAX + 1]; /* from 1; -1: no line with a key */
    int lines;
};

static inline void
put_string(struct sample_key *k, const void *bytes, size_t len)
{
    const unsigned char head[4] = {0, 0, (unsigned char)(len >> 8), (unsigned char)len};

    memcpy(k->blob + k->len, head, sizeof(head));
    memcpy(k->blob + k->len + 4, bytes, len);
    k->len += 4 + len;
}

static inline void
put_random(struct prng *p, unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (unsigned char)prng_below(p, 256);
    }
}

/* Any 32 bytes are a public key of Ed25519, and any odd number one of RSA, to those who only read
 * them. */
static inline struct sample_key
sample_ed25519(struct prng *p)
{
    struct sample_key k = {.type = "ssh-ed25519"};
    unsigned char bytes[32];

    put_random(p, bytes, sizeof(bytes));
    put_string(&k, k.type, strlen(k.type));
    put_string(&k, bytes, sizeof(bytes));
    base64_encode(k.blob, k.len, k.base64);
    return k;
}

static inline struct sample_key
sample_rsa(struct prng *p)
{
    static const unsigned char e[] = {1, 0, 1};
    struct sample_key k = {.type = "ssh-rsa"};
    unsigned char n[257];

    put_random(p, n, sizeof(n));
    n[0] = 0; /* a positive number (RFC 4251, 5: mpint) */
    n[1] |= 0x80;
    n[256] |= 1;
    put_string(&k, k.type, strlen(k.type));
    put_string(&k, e, sizeof(e));
    put_string(&k, n, sizeof(n));
    base64_encode(k.blob, k.len, k.base64);
    return k;
}

static inline struct sample_key
sample_ecdsa(void)
{
    struct sample_key k = {.type = "ecdsa-sha2-nistp256"};
    ssh_key key = NULL;
    char *text = NULL;

    if (ssh_pki_generate(SSH_KEYTYPE_ECDSA, 256, &key) != SSH_OK ||
        ssh_pki_export_pubkey_base64(key, &text) != SSH_OK ||
        base64_decode(text, strlen(text), k.blob, sizeof(k.blob), &k.len) < 0) {
        abort();
    }
    (void)snprintf(k.base64, sizeof(k.base64), "%s", text);
    ssh_string_free_char(text);
    ssh_key_free(key);
    return k;
}

static inline void
known_lines_init(struct known_lines *g, uint64_t seed)
{
    g->prng = (struct prng){.state = seed};
    g->lines = 0;
    g->key_count = 0;
    buf_init(&g->file, 1 << 20);
    g->keys[g->key_count++] = sample_ed25519(&g->prng);
    g->keys[g->key_count++] = sample_ed25519(&g->prng);
    g->keys[g->key_count++] = sample_rsa(&g->prng);
    g->keys[g->key_count++] = sample_ecdsa();
}

static inline void
known_lines_release(struct known_lines *g)
{
    buf_release(&g->file);
}

static const char *const known_names[] = {
    "web-01", "web-02", "db.example.com", "10.0.0.7", "::1", "ns1.x.test", "a"};
enum { KNOWN_NAMES = sizeof(known_names) / sizeof(known_names[0]) };

/* As the files have it; port 22 most often. */
static inline int
known_name(struct prng *p, const char **ret_name)
{
    static const int ports[] = {22, 22, 22, 2222, 22022};

    *ret_name = known_names[prng_below(p, KNOWN_NAMES)];
    return ports[prng_below(p, sizeof(ports) / sizeof(ports[0]))];
}

static inline void
name_text(const char *name, int port, char ret[64])
{
    (void)snprintf(ret, 64, port == 22 ? "%s" : "[%s]:%d", name, port);
}

static inline bool
one_in(struct known_lines *g, uint64_t n)
{
    return prng_below(&g->prng, n) == 0;
}

/* Some letters become the pattern that stands for them, or upper case. */
static inline void
roughen(struct known_lines *g, char *text)
{
    const size_t at = prng_below(&g->prng, strlen(text));

    switch (prng_below(&g->prng, 8)) {
    case 0:
        text[at] = '?';
        break;
    case 1:
        text[at] = '*';
        break;
    case 2:
        text[at + 1] = '\0';
        text[at] = at == 0 ? text[at] : '*';
        break;
    case 3:
        (void)snprintf(text, 64, "%s", one_in(g, 30) ? "*" : "*.example.com");
        break;
    case 4:
        for (char *c = text; *c != '\0'; c++) {
            *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
        }
        break;
    default:
        break;
    }
}

static inline void
put_hashed(struct known_lines *g, const char *name)
{
    unsigned char salt[HASH_SHA1_BYTES];
    unsigned char hash[HASH_SHA1_BYTES];
    char salt_text[32];
    char hash_text[32];
    const bool is_short = one_in(g, 12);

    put_random(&g->prng, salt, sizeof(salt));
    hash_hmac_sha1(salt, sizeof(salt), name, strlen(name), hash);
    base64_encode(salt, is_short ? 18 : sizeof(salt), salt_text);
    base64_encode(hash, sizeof(hash), hash_text);
    (void)buf_addf(&g->file, "|%c|%s%s%s", one_in(g, 16) ? '2' : '1', salt_text,
                   one_in(g, 16) ? "" : "|", hash_text);
}

static inline void
put_hosts(struct known_lines *g)
{
    const uint64_t count = 1 + prng_below(&g->prng, 4);
    const char *name;
    char text[64];

    if (one_in(g, 3)) {
        const int port = known_name(&g->prng, &name);
        name_text(name, port, text);
        put_hashed(g, text);
        return;
    }
    for (uint64_t i = 0; i < count; i++) {
        const int port = known_name(&g->prng, &name);
        name_text(name, port, text);
        roughen(g, text);
        (void)buf_addf(&g->file, "%s%s%s",
                       i == 0          ? ""
                       : one_in(g, 20) ? ",,"
                                       : ",",
                       one_in(g, 6) ? "!" : "", text);
    }
}

/* A line that ssh reads; ends and blanks of all kinds. */
static inline void
put_good(struct known_lines *g)
{
    static const char *const blanks[] = {" ", " ", "  ", "\t", " \t "};
    static const char *const ends[] = {"", "", "", " user@host", " # x", " \r", "\r", "\r\r"};
    const char *blank = blanks[prng_below(&g->prng, 5)];
    int key = (int)prng_below(&g->prng, KEYS_SHARED);

    if (!one_in(g, 4)) {
        key = g->key_count++;
        g->keys[key] = one_in(g, 5) ? sample_rsa(&g->prng) : sample_ed25519(&g->prng);
    }
    g->key_of_line[g->lines] = key;
    (void)buf_adds(&g->file, one_in(g, 8) ? blank : "");
    if (one_in(g, 3)) {
        (void)buf_adds(&g->file, one_in(g, 2) ? "@revoked " : "@cert-authority  ");
    }
    put_hosts(g);
    (void)buf_addf(&g->file, "%s%s%s%s%s", blank, g->keys[key].type, blank, g->keys[key].base64,
                   ends[prng_below(&g->prng, 8)]);
    if (one_in(g, 10)) {
        (void)buf_add(&g->file, " \0x", 3);
    }
}

/* A line that ssh passes over. */
static inline void
put_broken(struct known_lines *g)
{
    const struct sample_key *k = &g->keys[prng_below(&g->prng, (uint64_t)g->key_count)];
    const char *name;
    char text[64];

    name_text(name = known_names[prng_below(&g->prng, KNOWN_NAMES)], 22, text);
    switch (prng_below(&g->prng, 13)) {
    case 0:
        (void)buf_addf(&g->file, "# %s %s %s", text, k->type, k->base64);
        break;
    case 1:
        (void)buf_adds(&g->file, one_in(g, 2) ? "" : " \t");
        break;
    case 2:
        (void)buf_addf(&g->file, "%s", text);
        break;
    case 3:
        (void)buf_addf(&g->file, "%s %s", text, k->type);
        break;
    case 4: /* torn, or torn so that it is still base64 */
        (void)buf_addf(&g->file, "%s %s %.*s", text, k->type,
                       (int)prng_below(&g->prng, strlen(k->base64) - 4), k->base64);
        break;
    case 5:
        (void)buf_addf(&g->file, "%s %s %s", text,
                       strcmp(k->type, "ssh-rsa") == 0 ? "ssh-ed25519" : "ssh-rsa", k->base64);
        break;
    case 6:
        (void)buf_addf(&g->file, "@revoked @revoked %s %s %s", text, k->type, k->base64);
        break;
    case 7:
        (void)buf_addf(&g->file, "@Revoked %s %s %s", text, k->type, k->base64);
        break;
    case 8:
        (void)buf_addf(&g->file, "%s %s =%s", text, k->type, k->base64);
        break;
    case 9:
        (void)buf_addf(&g->file, "%s %sAAA= %s", k->base64, k->type, text);
        break;
    case 10:
        (void)buf_addf(&g->file, "%s\r", one_in(g, 2) ? text : "");
        break;
    case 11:
        (void)buf_addf(&g->file, "%s %s ", text, k->type);
        (void)buf_add(&g->file, "\0", 1);
        (void)buf_adds(&g->file, k->base64);
        break;
    default:
        for (uint64_t i = prng_below(&g->prng, 60); i > 0; i--) {
            const int c = (int)prng_below(&g->prng, 256);
            (void)buf_addc(&g->file, (char)(c == '\n' ? 'n' : c));
        }
        break;
    }
}

/* One more file behind what is there. */
static inline void
known_lines_add(struct known_lines *g)
{
    const uint64_t count = 1 + prng_below(&g->prng, 10);

    for (uint64_t i = 0; i < count && g->lines < LINES_MAX; i++) {
        g->key_of_line[++g->lines] = -1;
        if (one_in(g, 3)) {
            put_broken(g);
        } else {
            put_good(g);
        }
        (void)buf_addc(&g->file, '\n');
    }
}

#endif

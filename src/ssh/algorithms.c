/*
 * algorithms.c - the names OpenSSH 9.2 has, its defaults among them, and those libssh takes.
 *
 * Decides what a list comes to: first as ssh does it (kex.c, kex_assemble_names), so that `+`, `-`
 * and `^` mean what they mean there, then without what libssh cannot do.  Owns tables.
 */
#include "ssh/algorithms.h"

#include "base/buf.h"
#include "base/xalloc.h"
#include "ssh/wildcard.h"

#include <libssh/libssh.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

enum { NAMES_MAX = 32, LIST_BYTES_MAX = 16384 };

/* In the order of `ssh -Q`; those OpenSSH takes by itself have a place in its order, from 1. */
struct name {
    const char *text;
    int preset;
};

static const struct name kex[] = {
    {"diffie-hellman-group1-sha1", 0},
    {"diffie-hellman-group14-sha1", 0},
    {"diffie-hellman-group14-sha256", 11},
    {"diffie-hellman-group16-sha512", 9},
    {"diffie-hellman-group18-sha512", 10},
    {"diffie-hellman-group-exchange-sha1", 0},
    {"diffie-hellman-group-exchange-sha256", 8},
    {"ecdh-sha2-nistp256", 5},
    {"ecdh-sha2-nistp384", 6},
    {"ecdh-sha2-nistp521", 7},
    {"curve25519-sha256", 3},
    {"curve25519-sha256@libssh.org", 4},
    {"sntrup761x25519-sha512", 1},
    {"sntrup761x25519-sha512@openssh.com", 2},
    {NULL, 0},
};

static const struct name ciphers[] = {
    {"3des-cbc", 0},
    {"aes128-cbc", 0},
    {"aes192-cbc", 0},
    {"aes256-cbc", 0},
    {"aes128-ctr", 2},
    {"aes192-ctr", 3},
    {"aes256-ctr", 4},
    {"aes128-gcm@openssh.com", 5},
    {"aes256-gcm@openssh.com", 6},
    {"chacha20-poly1305@openssh.com", 1},
    {NULL, 0},
};

static const struct name macs[] = {
    {"hmac-sha1", 10},
    {"hmac-sha1-96", 0},
    {"hmac-sha2-256", 8},
    {"hmac-sha2-512", 9},
    {"hmac-md5", 0},
    {"hmac-md5-96", 0},
    {"umac-64@openssh.com", 6},
    {"umac-128@openssh.com", 7},
    {"hmac-sha1-etm@openssh.com", 5},
    {"hmac-sha1-96-etm@openssh.com", 0},
    {"hmac-sha2-256-etm@openssh.com", 3},
    {"hmac-sha2-512-etm@openssh.com", 4},
    {"hmac-md5-etm@openssh.com", 0},
    {"hmac-md5-96-etm@openssh.com", 0},
    {"umac-64-etm@openssh.com", 1},
    {"umac-128-etm@openssh.com", 2},
    {NULL, 0},
};

static const struct name keys[] = {
    {"ssh-ed25519", 9},
    {"ssh-ed25519-cert-v01@openssh.com", 1},
    {"sk-ssh-ed25519@openssh.com", 13},
    {"sk-ssh-ed25519-cert-v01@openssh.com", 5},
    {"ecdsa-sha2-nistp256", 10},
    {"ecdsa-sha2-nistp256-cert-v01@openssh.com", 2},
    {"ecdsa-sha2-nistp384", 11},
    {"ecdsa-sha2-nistp384-cert-v01@openssh.com", 3},
    {"ecdsa-sha2-nistp521", 12},
    {"ecdsa-sha2-nistp521-cert-v01@openssh.com", 4},
    {"sk-ecdsa-sha2-nistp256@openssh.com", 14},
    {"sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", 6},
    {"webauthn-sk-ecdsa-sha2-nistp256@openssh.com", 0},
    {"ssh-dss", 0},
    {"ssh-dss-cert-v01@openssh.com", 0},
    {"ssh-rsa", 0},
    {"ssh-rsa-cert-v01@openssh.com", 0},
    {"rsa-sha2-256", 16},
    {"rsa-sha2-256-cert-v01@openssh.com", 8},
    {"rsa-sha2-512", 15},
    {"rsa-sha2-512-cert-v01@openssh.com", 7},
    {NULL, 0},
};

static const struct {
    const struct name *names;
    enum ssh_options_e option;
    bool certificates; /* may stand in the answer */
} kinds[ALGORITHMS_KINDS] = {
    [ALGORITHMS_KEX] = {kex, SSH_OPTIONS_KEY_EXCHANGE, true},
    [ALGORITHMS_CIPHERS] = {ciphers, SSH_OPTIONS_CIPHERS_C_S, true},
    [ALGORITHMS_MACS] = {macs, SSH_OPTIONS_HMAC_C_S, true},
    [ALGORITHMS_HOST_KEYS] = {keys, SSH_OPTIONS_HOSTKEYS, false},
    [ALGORITHMS_PUBKEYS] = {keys, SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, true},
};

struct algorithms {
    bool had[ALGORITHMS_KINDS][NAMES_MAX]; /* by libssh, and usable here */
};

struct algorithms *
algorithms_new(void)
{
    struct algorithms *a = xcalloc(1, sizeof(*a));
    ssh_session ssh = ssh_new();

    if (ssh == NULL) {
        abort();
    }
    for (size_t k = 0; k < ALGORITHMS_KINDS; k++) {
        for (size_t i = 0; kinds[k].names[i].text != NULL; i++) {
            const char *text = kinds[k].names[i].text;
            a->had[k][i] = (kinds[k].certificates || strstr(text, "-cert-") == NULL) &&
                           ssh_options_set(ssh, kinds[k].option, text) == 0;
        }
    }
    ssh_free(ssh);
    return a;
}

void
algorithms_free(struct algorithms *a)
{
    free(a);
}

/* With AES in hardware GCM is several times faster than the rest, and holds less memory a session;
 * it is not touched by prefix truncation (CVE-2023-48795) either, whatever the server can do. */
static bool
cpu_has_aes(void)
{
#if defined(__x86_64__) || defined(__i386__)
    return __builtin_cpu_supports("aes") != 0 && __builtin_cpu_supports("pclmul") != 0;
#elif defined(__aarch64__)
    return (getauxval(AT_HWCAP) & HWCAP_AES) != 0;
#else
    return false;
#endif
}

const char *
algorithms_ciphers(void)
{
    return cpu_has_aes() ? "aes128-gcm@openssh.com,aes256-gcm@openssh.com,"
                           "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr"
                         : "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,"
                           "aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr";
}

/* A list under way: indexes into the names of a kind. */
struct choice {
    size_t picked[NAMES_MAX];
    size_t count;
    bool has[NAMES_MAX];
};

static void
pick(struct choice *c, size_t i)
{
    if (!c->has[i]) {
        c->has[i] = true;
        c->picked[c->count++] = i;
    }
}

/* OpenSSH's defaults but those that match a list of patterns (NULL: all of them). */
static void
pick_presets(struct choice *c, const struct name *names, const char *but)
{
    for (int place = 1; place <= NAMES_MAX; place++) {
        for (size_t i = 0; names[i].text != NULL; i++) {
            if (names[i].preset == place &&
                (but == NULL || !wildcard_list(but, names[i].text, false))) {
                pick(c, i);
            }
        }
    }
}

/* Every name that one pattern matches, in the order of the table; none is dropped. */
static void
pick_pattern(struct choice *c, const struct name *names, const char *pattern, struct strv *dropped)
{
    bool found = false;

    for (size_t i = 0; names[i].text != NULL; i++) {
        if (wildcard_match(pattern, names[i].text)) {
            pick(c, i);
            found = true;
        }
    }
    if (!found && pattern[0] != '\0') {
        strv_add(dropped, pattern);
    }
}

static void
pick_patterns(struct choice *c, const struct name *names, const char *list, struct strv *dropped)
{
    for (const char *p = list; *p != '\0';) {
        const size_t len = strcspn(p, ",");
        char *pattern = xstrndup(p, len);
        pick_pattern(c, names, pattern, dropped);
        free(pattern);
        p += len + (p[len] == ',');
    }
}

char *
algorithms_list(const struct algorithms *a, enum algorithms_kind kind, const char *text,
                struct strv *dropped)
{
    const struct name *names = kinds[kind].names;
    const bool given = strchr("+-^", text[0]) == NULL;
    struct choice c = {.count = 0};
    struct buf out;

    if (text[0] == '-') {
        pick_presets(&c, names, text + 1);
    } else if (text[0] == '+') {
        pick_presets(&c, names, NULL);
        pick_patterns(&c, names, text + 1, dropped);
    } else {
        pick_patterns(&c, names, text + (given ? 0 : 1), dropped);
        if (!given) {
            pick_presets(&c, names, NULL);
        }
    }
    buf_init(&out, LIST_BYTES_MAX);
    for (size_t i = 0; i < c.count; i++) {
        const size_t n = c.picked[i];
        if (a->had[kind][n]) {
            (void)buf_addf(&out, "%s%s", out.len > 0 ? "," : "", names[n].text);
        } else if (given) {
            strv_add(dropped, names[n].text);
        }
    }
    char *list = out.len > 0 ? buf_detach(&out) : NULL;
    buf_release(&out);
    return list;
}

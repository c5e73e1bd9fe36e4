/*
 * vault_blob.c - the form of a vault's text, taken apart.
 *
 * After a line `$ANSIBLE_VAULT;VERSION;CIPHER[;LABEL]` come lines of hexadecimal digits; they stand
 * for three lines, each of hexadecimal digits again: the salt, the HMAC and the cipher bytes
 * (Ansible, parsing/vault/__init__.py).  Decides nothing about passwords.  All of it is hostile.
 */
#include "config/vault.h"

#include "base/hash.h"
#include "base/xalloc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char head[] = "$ANSIBLE_VAULT;";

struct span {
    const char *at;
    size_t len;
};

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool
is_text(struct span s, const char *text)
{
    while (s.len > 0 && is_blank(s.at[0])) {
        s.at++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.at[s.len - 1])) {
        s.len--;
    }
    return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

/* Cut off what stands before the first `end`, and `end` itself; all where there is none. */
static struct span
take_until(struct span *rest, char end)
{
    const char *at = rest->len == 0 ? NULL : memchr(rest->at, end, rest->len);
    const struct span taken = {rest->at, at == NULL ? rest->len : (size_t)(at - rest->at)};
    const size_t used = taken.len + (at == NULL ? 0 : 1);

    rest->at += used;
    rest->len -= used;
    return taken;
}

static const char *
check_head(struct span line)
{
    if (line.len < sizeof(head) - 1 || memcmp(line.at, head, sizeof(head) - 1) != 0) {
        return "expected a text that begins with $ANSIBLE_VAULT;";
    }
    (void)take_until(&line, ';');
    const struct span version = take_until(&line, ';');
    if (!is_text(version, "1.1") && !is_text(version, "1.2")) {
        return "expected version 1.1 or 1.2 of the vault";
    }
    return is_text(take_until(&line, ';'), "AES256") ? NULL : "expected the cipher AES256";
}

static int
digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Write the bytes that the digits of s stand for over to, which may be where they are; line ends
 * are passed over.  -1: not so. */
static int
decode(struct span s, unsigned char *to, size_t *ret_len)
{
    size_t n = 0;
    int high = -1;

    for (size_t i = 0; i < s.len; i++) {
        const int d = digit(s.at[i]);
        if (d < 0 && s.at[i] != '\n' && s.at[i] != '\r') {
            return -1;
        }
        if (d >= 0 && high >= 0) {
            to[n++] = (unsigned char)(high << 4 | d);
            high = -1;
        } else if (d >= 0) {
            high = d;
        }
    }
    *ret_len = n;
    return high < 0 ? 0 : -1;
}

/* The three lines, in bytes of b; each is decoded in its place. */
static const char *
split(struct vault_blob *b, size_t len)
{
    struct span rest = {(const char *)b->bytes, len};
    const struct span parts[] = {take_until(&rest, '\n'), take_until(&rest, '\n'), rest};
    const unsigned char **const to[] = {&b->salt, &b->digest, &b->cipher};
    size_t lens[3];

    for (size_t i = 0; i < 3; i++) {
        unsigned char *place = b->bytes + (parts[i].at - (const char *)b->bytes);
        if (decode(parts[i], place, &lens[i]) < 0) {
            return "torn or changed: a part of it is no line of hexadecimal digits";
        }
        *to[i] = place;
    }
    b->salt_len = lens[0];
    b->cipher_len = lens[2];
    if (b->salt_len == 0 || b->salt_len > VAULT_SALT_MAX || lens[1] != HASH_SHA256_BYTES ||
        b->cipher_len == 0 || b->cipher_len % HASH_AES_BLOCK_BYTES != 0) {
        return "torn or changed: a part of it is too short";
    }
    return NULL;
}

const char *
vault_blob_parse(struct vault_blob *b, const char *text, size_t len)
{
    struct span rest = {text, len};
    size_t inner = 0;

    const char *why = check_head(take_until(&rest, '\n'));
    if (why != NULL) {
        return why;
    }
    *b = (struct vault_blob){.bytes = xcalloc(rest.len / 2 + 1, 1)};
    if (decode(rest, b->bytes, &inner) < 0) {
        why = "torn or changed: a byte of it is missing, or is no hexadecimal digit";
    } else {
        why = split(b, inner);
    }
    if (why != NULL) {
        vault_blob_release(b);
    }
    return why;
}

void
vault_blob_release(struct vault_blob *b)
{
    free(b->bytes);
    *b = (struct vault_blob){0};
}

const char *
vault_check(const char *text, size_t len)
{
    struct vault_blob b;
    const char *why = vault_blob_parse(&b, text, len);

    if (why == NULL) {
        vault_blob_release(&b);
    }
    return why;
}

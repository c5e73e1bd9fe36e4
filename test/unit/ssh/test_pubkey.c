/*
 * test_pubkey.c - what belongs together among the bytes of keys, and no step outside them.
 */
#include "ssh/pubkey.h"

#include "base/hash.h"
#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct bytes {
    unsigned char at[512];
    size_t len;
};

static void
add(struct bytes *b, const char *text, size_t len)
{
    const unsigned char prefix[4] = {0, 0, (unsigned char)(len >> 8), (unsigned char)len};

    memcpy(b->at + b->len, prefix, 4);
    memcpy(b->at + b->len + 4, text, len);
    b->len += 4 + len;
}

/* A key of a type whose one number is num; with a nonce it is a certificate. */
static struct pubkey
make(const char *type, const char *nonce, const char *num)
{
    struct bytes b = {.len = 0};
    struct pubkey k = {0};

    add(&b, type, strlen(type));
    if (nonce != NULL) {
        add(&b, nonce, strlen(nonce));
    }
    add(&b, num, strlen(num));
    if (nonce != NULL) {
        add(&b, "serial and so on", 16);
    }
    assert_int_equal(pubkey_copy(b.at, b.len, &k), 0);
    return k;
}

static void
test_a_certificate_is_of_the_key_whose_numbers_it_holds(void **state)
{
    struct pubkey key = make("ssh-ed25519", NULL, "0123456789");
    struct pubkey other = make("ssh-ed25519", NULL, "0123456780");
    struct pubkey longer = make("ssh-ed25519", NULL,
                                "0123456789 much longer than all that the certificate has to say");
    struct pubkey cert = make("ssh-ed25519-cert-v01@openssh.com", "nonce", "0123456789");
    struct pubkey sk = make("sk-ssh-ed25519@openssh.com", NULL, "0123456789");
    struct pubkey none = {0};

    (void)state;
    assert_true(pubkey_is_cert(&cert));
    assert_false(pubkey_is_cert(&key));
    assert_true(pubkey_is_sk(&sk));
    assert_false(pubkey_is_sk(&key));
    assert_true(pubkey_certifies(&cert, &key));
    assert_false(pubkey_certifies(&cert, &other));
    assert_false(pubkey_certifies(&cert, &longer));
    assert_false(pubkey_certifies(&cert, &cert));
    assert_false(pubkey_certifies(&key, &key));
    assert_false(pubkey_certifies(&cert, &none));
    assert_true(pubkey_equal(&key, &key));
    assert_false(pubkey_equal(&key, &other));
    assert_false(pubkey_equal(&none, &none));
    pubkey_release(&key);
    pubkey_release(&other);
    pubkey_release(&longer);
    pubkey_release(&cert);
    pubkey_release(&sk);
}

static void
test_no_length_leads_out_of_the_bytes(void **state)
{
    struct bytes b = {.len = 0};

    (void)state;
    add(&b, "ssh-ed25519", 11);
    add(&b, "0123456789", 10);
    for (size_t len = 0; len <= b.len; len++) { /* exact memory, so that checkers see each step */
        unsigned char *torn = xmemdup(b.at, len);
        struct pubkey k = {0};
        size_t at = 0;
        size_t n = 0;
        assert_int_equal(pubkey_copy(torn, len, &k), len > 15 ? 0 : -1);
        while (pubkey_string(torn, len, &at, &n) != NULL) {
            assert_true(at <= len);
        }
        pubkey_release(&k);
        free(torn);
    }
    for (int i = 0; i < 4; i++) {
        const unsigned char before = b.at[i];
        struct pubkey k = {0};
        b.at[i] = 0xff;
        assert_int_equal(pubkey_copy(b.at, b.len, &k), -1);
        b.at[i] = before;
    }
}

static void
test_a_line_must_say_what_its_bytes_say(void **state)
{
    static const struct {
        const char *line;
        int rc;
    } rows[] = {
        {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAATE= me@here", 0},
        {"  ssh-ed25519\tAAAAC3NzaC1lZDI1NTE5AAAAATE=\n", 0},
        {"ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAATE=", -1},
        {"ssh-ed25519", -1},
        {"ssh-ed25519 ", -1},
        {"ssh-ed25519 AAAA", -1},
        {"ssh-ed25519 !!!!", -1},
        {"", -1},
        {"-----BEGIN OPENSSH PRIVATE KEY-----", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pubkey k = {0};
        assert_int_equal(pubkey_read(rows[i].line, &k), rows[i].rc);
        pubkey_release(&k);
    }
}

/* Every byte of the head of a private key, changed: an answer or none, never a step outside. */
static void
test_a_torn_private_key_is_none(void **state)
{
    static const char begin[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
    struct bytes b = {.len = 15};
    char base64[1024];
    char text[2048];
    bool locked = false;

    (void)state;
    memcpy(b.at, "openssh-key-v1", 15);
    add(&b, "none", 4);
    add(&b, "none", 4);
    add(&b, "", 0);
    memcpy(b.at + b.len, "\0\0\0\1", 4);
    b.len += 4;
    struct bytes key = {.len = 0};
    add(&key, "ssh-ed25519", 11);
    add(&key, "0123456789", 10);
    add(&b, (const char *)key.at, key.len);
    for (size_t i = 0; i <= b.len; i++) {
        struct bytes changed = b;
        struct pubkey k = {0};
        changed.at[i < b.len ? i : 0] ^= i < b.len ? 0x81 : 0;
        base64_encode(changed.at, changed.len, base64);
        (void)snprintf(text, sizeof(text), "%s%s\n-----END OPENSSH PRIVATE KEY-----\n", begin,
                       base64);
        const int rc = pubkey_of_private(text, &k, &locked);
        if (i == b.len) {
            assert_int_equal(rc, 0);
            assert_false(locked);
            assert_memory_equal(k.blob, key.at, key.len);
        }
        pubkey_release(&k);
    }
    text[strlen(text) - 3] = '\0';
    struct pubkey k = {0};
    assert_int_equal(pubkey_of_private(text, &k, &locked), -1);
    assert_int_equal(pubkey_of_private("", &k, &locked), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_certificate_is_of_the_key_whose_numbers_it_holds),
        cmocka_unit_test(test_no_length_leads_out_of_the_bytes),
        cmocka_unit_test(test_a_line_must_say_what_its_bytes_say),
        cmocka_unit_test(test_a_torn_private_key_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_hash.c - digests match the published vectors; base64 takes only what encoders write.
 */
#include "base/hash.h"

#include "base/prng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_hashes_the_published_vectors_in_pieces_too(void **state)
{
    static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    static const char none[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    unsigned char digest[HASH_SHA256_BYTES];
    char hex[HASH_SHA256_HEX];
    struct hash *h = hash_new();

    (void)state;
    hash_update(h, "a", 1);
    hash_update(h, "", 0);
    hash_update(h, "bc", 2);
    hash_finish(h, hex);
    hash_free(h);
    assert_string_equal(hex, abc);
    h = hash_new();
    hash_finish(h, hex);
    hash_free(h);
    assert_string_equal(hex, none);
    hash_free(NULL);
    hash_sha256("abc", 3, digest);
    assert_memory_equal(digest, "\xba\x78\x16\xbf\x8f\x01\xcf\xea", 8);
    assert_memory_equal(digest + 24, "\xb4\x10\xff\x61\xf2\x00\x15\xad", 8);
}

/* RFC 2202, test case 2 */
static void
test_makes_the_hmac_of_rfc_2202(void **state)
{
    unsigned char digest[HASH_SHA1_BYTES];

    (void)state;
    hash_hmac_sha1("Jefe", 4, "what do ya want for nothing?", 28, digest);
    assert_memory_equal(digest,
                        "\xef\xfc\xdf\x6a\xe5\xeb\x2f\xa2\xd2\x74"
                        "\x16\xd5\xf1\x84\xdf\x9c\x25\x9a\x7c\x79",
                        HASH_SHA1_BYTES);
}

static void
test_makes_the_same_hmac_in_two_steps(void **state)
{
    unsigned char key[64], text[200], one[HASH_SHA1_BYTES], two[HASH_SHA1_BYTES];
    struct hash_hmac_sha1 h;

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (unsigned char)(i * 7);
        key[i % sizeof(key)] = (unsigned char)(i * 13);
    }
    for (size_t len = 0; len <= sizeof(key); len++) {
        hash_hmac_sha1_init(&h, key, len);
        for (size_t n = 0; n < sizeof(text); n += 11) {
            hash_hmac_sha1(key, len, text, n, one);
            hash_hmac_sha1_of(&h, text, n, two);
            assert_memory_equal(one, two, sizeof(one));
        }
    }
}

/* RFC 4648, 10 */
static void
test_encodes_and_decodes_the_vectors_of_rfc_4648(void **state)
{
    static const char *const rows[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned char bytes[8] = {0};
        char text[16];
        size_t len = 99;
        base64_encode(rows[i][0], strlen(rows[i][0]), text);
        assert_string_equal(text, rows[i][1]);
        assert_int_equal(base64_decode(text, strlen(text), bytes, sizeof(bytes), &len), 0);
        assert_int_equal(len, strlen(rows[i][0]));
        assert_memory_equal(bytes, rows[i][0], len);
    }
}

static void
test_refuses_malformed_base64_and_too_much_of_it(void **state)
{
    static const char *const rows[] = {"Z",        "Zg",   "Zg=",   "Zh==",  "Zm9=", "====",
                                       "Zg==Zg==", "Z===", "Zm 9v", "Zm9\n", "Zm-_", "=Zm9"};
    unsigned char bytes[8];
    size_t len = 99;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (base64_decode(rows[i], strlen(rows[i]), bytes, sizeof(bytes), &len) != -1) {
            fail_msg("\"%s\" was taken", rows[i]);
        }
    }
    assert_int_equal(base64_decode("Zm9v", 4, bytes, 2, &len), -1);
    assert_int_equal(len, 99);
    assert_int_equal(base64_decode("Zm9v", 4, bytes, 3, &len), 0);
}

static void
test_gives_back_random_bytes(void **state)
{
    struct prng p = {.state = 4648};

    (void)state;
    for (int round = 0; round < 500; round++) {
        unsigned char in[64];
        unsigned char back[64];
        char text[4 * ((64 + 2) / 3) + 1];
        size_t back_len = 0;
        const size_t len = prng_below(&p, sizeof(in) + 1);
        for (size_t i = 0; i < len; i++) {
            in[i] = (unsigned char)prng_below(&p, 256);
        }
        base64_encode(in, len, text);
        assert_int_equal(base64_decode(text, strlen(text), back, sizeof(back), &back_len), 0);
        assert_int_equal(back_len, len);
        assert_memory_equal(back, in, len);
    }
}

static void
to_bytes(const char *hex, unsigned char *ret)
{
    for (size_t i = 0; hex[2 * i] != '\0'; i++) {
        unsigned byte = 0;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        ret[i] = (unsigned char)byte;
    }
}

static void
test_knows_the_hmac_of_rfc_4231_from_others(void **state)
{
    static const char text[] = "what do ya want for nothing?";
    unsigned char digest[HASH_SHA256_BYTES];

    (void)state;
    to_bytes("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", digest);
    assert_true(hash_hmac_sha256_is("Jefe", 4, text, sizeof(text) - 1, digest));
    assert_false(hash_hmac_sha256_is("Jefe", 4, text, sizeof(text) - 2, digest));
    assert_false(hash_hmac_sha256_is("jefe", 4, text, sizeof(text) - 1, digest));
    digest[31] ^= 1;
    assert_false(hash_hmac_sha256_is("Jefe", 4, text, sizeof(text) - 1, digest));
}

static void
test_makes_the_keys_of_rfc_7914(void **state)
{
    static const struct {
        const char *password, *salt;
        int rounds;
        const char *hex;
    } rows[] = {
        {"passwd", "salt", 1,
         "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
         "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"},
        {"Password", "NaCl", 80000,
         "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
         "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned char wanted[64];
        unsigned char key[64];
        to_bytes(rows[i].hex, wanted);
        hash_pbkdf2_sha256(rows[i].password, strlen(rows[i].password), rows[i].salt,
                           strlen(rows[i].salt), rows[i].rounds, key, sizeof(key));
        assert_memory_equal(key, wanted, sizeof(key));
    }
}

/* NIST SP 800-38A, F.5.5 and F.5.6: the counter carries into its upper half. */
static void
test_turns_the_blocks_of_sp_800_38a_there_and_back(void **state)
{
    unsigned char key[HASH_AES_KEY_BYTES];
    unsigned char iv[HASH_AES_BLOCK_BYTES];
    unsigned char plain[48];
    unsigned char cipher[48];
    unsigned char made[48];

    (void)state;
    to_bytes("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", key);
    to_bytes("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", iv);
    to_bytes("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
             "30c81c46a35ce411e5fbc1191a0a52ef",
             plain);
    to_bytes("601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
             "2b0930daa23de94ce87017ba2d84988d",
             cipher);
    hash_aes256_ctr(key, iv, cipher, sizeof(cipher), made);
    assert_memory_equal(made, plain, sizeof(plain));
    hash_aes256_ctr(key, iv, plain, sizeof(plain), made);
    assert_memory_equal(made, cipher, sizeof(cipher));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes_the_published_vectors_in_pieces_too),
        cmocka_unit_test(test_makes_the_hmac_of_rfc_2202),
        cmocka_unit_test(test_makes_the_same_hmac_in_two_steps),
        cmocka_unit_test(test_encodes_and_decodes_the_vectors_of_rfc_4648),
        cmocka_unit_test(test_refuses_malformed_base64_and_too_much_of_it),
        cmocka_unit_test(test_gives_back_random_bytes),
        cmocka_unit_test(test_knows_the_hmac_of_rfc_4231_from_others),
        cmocka_unit_test(test_makes_the_keys_of_rfc_7914),
        cmocka_unit_test(test_turns_the_blocks_of_sp_800_38a_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

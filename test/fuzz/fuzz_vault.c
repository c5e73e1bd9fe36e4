/*
 * fuzz_vault.c - any bytes are taken apart or refused; what is taken apart lies inside them.
 *
 * The form only: to open a vault takes 10,000 rounds, and what has no right HMAC is never
 * decrypted.
 */
#include "base/hash.h"
#include "config/vault.h"
#include "fuzz/fuzz.h"

static void
check_inside(const struct vault_blob *b, const unsigned char *part, size_t len, size_t room)
{
    FUZZ_CHECK(part >= b->bytes && len <= room && part + len <= b->bytes + room);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct vault_blob b = {0};
    /* A copy, so that one byte too far is seen. */
    char *text = malloc(len > 0 ? len : 1);

    FUZZ_CHECK(text != NULL);
    memcpy(text, bytes, len);
    const char *why = vault_blob_parse(&b, text, len);
    FUZZ_CHECK((vault_check(text, len) == NULL) == (why == NULL));
    if (why == NULL) {
        const size_t room = len / 2 + 1;
        FUZZ_CHECK(b.salt_len > 0 && b.salt_len <= VAULT_SALT_MAX);
        FUZZ_CHECK(b.cipher_len > 0 && b.cipher_len % HASH_AES_BLOCK_BYTES == 0);
        check_inside(&b, b.salt, b.salt_len, room);
        check_inside(&b, b.digest, HASH_SHA256_BYTES, room);
        check_inside(&b, b.cipher, b.cipher_len, room);
        unsigned sum = 0;
        for (size_t i = 0; i < b.cipher_len; i++) {
            sum += b.cipher[i];
        }
        FUZZ_CHECK(sum <= 255 * b.cipher_len);
        vault_blob_release(&b);
    } else {
        FUZZ_CHECK(why[0] != '\0' && b.bytes == NULL);
    }
    free(text);
    return 0;
}

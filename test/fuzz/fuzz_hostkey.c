/*
 * fuzz_hostkey.c - no known_hosts file makes a stranger known.
 */
#include "fuzz/fuzz.h"
#include "ssh/hostkey.h"

/* A key that no input can hold by chance: its bytes would have to be guessed. */
static const unsigned char stranger[] = {
    0,   0,   0,  11,  's', 's', 'h', '-', 'e', 'd', '2', '5', '5', '1', '9', 0,   0,
    0,   32,  7,  131, 92,  11,  201, 33,  240, 5,   77,  190, 18,  222, 104, 61,  9,
    143, 250, 88, 176, 45,  3,   119, 234, 66,  157, 28,  205, 81,  12,  99,  168, 55};

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *path = fuzz_file(bytes, len);
    struct hostkeys *h = hostkeys_new();
    struct err err = {0};
    const char *types[4] = {NULL};

    (void)hostkeys_load(h, path, &err);
    const struct hostkey_shown key = {.name = "web-01",
                                      .port = 22,
                                      .type = "ssh-ed25519",
                                      .blob = stranger,
                                      .blob_len = sizeof(stranger)};
    FUZZ_CHECK(hostkeys_check(h, &key).verdict != HOSTKEY_KNOWN);
    FUZZ_CHECK(hostkeys_types(h, "web-01", 2222, types, 4) <= 4);
    hostkeys_free(h);
    return 0;
}

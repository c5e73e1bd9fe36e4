/*
 * fuzz_hostkey.c - no known_hosts file makes a stranger known.
 */
#include "base/xalloc.h"
#include "fuzz/fuzz.h"
#include "ssh/hostkey.h"
#include "ssh/hostkey_line.h"

#include <stdlib.h>
#include <string.h>

/* A key that no input can hold by chance: its bytes would have to be guessed. */
static const unsigned char stranger[] = {
    0,   0,   0,  11,  's', 's', 'h', '-', 'e', 'd', '2', '5', '5', '1', '9', 0,   0,
    0,   32,  7,  131, 92,  11,  201, 33,  240, 5,   77,  190, 18,  222, 104, 61,  9,
    143, 250, 88, 176, 45,  3,   119, 234, 66,  157, 28,  205, 81,  12,  99,  168, 55};

static const struct {
    const char *name;
    int port;
} names[] = {{"web-01", 2222}, {"web-01", 22}, {"", 22}, {"::1", 22}, {"10.0.0.7", 1}};

/* A line that was read can be asked for its own key. */
static void
ask_line(const uint8_t *bytes, size_t len)
{
    struct hostkey_line line;
    char *text = xstrndup((const char *)bytes, len);

    if (hostkey_line_read(text, &line)) {
        const char *type = hostkey_type_of(line.blob, line.blob_len);
        FUZZ_CHECK(type == NULL || type == line.type); /* NULL: a certificate of one byte */
        FUZZ_CHECK(hostkey_type_of_algorithm(line.type, strlen(line.type)) == line.type);
        FUZZ_CHECK(!hostkey_line_is_plain(&line) || line.patterns[0] != '\0');
        (void)hostkey_line_names(&line, "[web-01]:2222");
        hostkey_line_release(&line);
    }
    free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *path = fuzz_file(bytes, len);
    struct hostkeys *h = hostkeys_new();
    struct hostkeys *list = hostkeys_new();
    struct err err = {0};
    const char *types[4] = {NULL};

    (void)hostkeys_load(h, path, &err);
    hostkeys_include(list, h);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct hostkey_shown key = {.name = names[i].name,
                                          .port = names[i].port,
                                          .type = "ssh-ed25519",
                                          .blob = stranger,
                                          .blob_len = sizeof(stranger)};
        const struct hostkey_answer a = hostkeys_check(list, &key);
        FUZZ_CHECK(a.verdict != HOSTKEY_KNOWN && a.verdict != HOSTKEY_REVOKED);
        FUZZ_CHECK((a.verdict == HOSTKEY_UNKNOWN) == (a.place.path == NULL));
        FUZZ_CHECK(hostkeys_types(list, key.name, key.port, types, 4) <= 4);
        if (hostkey_name_is_plain(key.name)) {
            hostkeys_add(h, &key);
            FUZZ_CHECK(hostkeys_check(list, &key).verdict == HOSTKEY_KNOWN);
        }
    }
    hostkeys_free(list);
    hostkeys_free(h);
    ask_line(bytes, len);
    return 0;
}

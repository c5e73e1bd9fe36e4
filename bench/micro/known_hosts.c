/*
 * known_hosts.c - the index of a large known_hosts: read once, then asked for hosts it has and has
 * not.
 *
 * Floors: reading the lines alone (getline), and a look-up of the same name in base/map.
 */
#include "micro.h"

#include "base/map.h"
#include "base/prng.h"
#include "base/xalloc.h"
#include "ssh/hostkey.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_SIZE = 51, HEAD_SIZE = 19, PORT = 2222, LOOKUPS = 100000 };

/* The key of host i, as on the wire: its type, and 32 bytes drawn from i. */
static void
make_key(int64_t i, unsigned char ret_blob[KEY_SIZE])
{
    struct prng p = {.state = (uint64_t)i};

    memcpy(ret_blob, "\0\0\0\x0bssh-ed25519\0\0\0\x20", HEAD_SIZE);
    for (int at = HEAD_SIZE; at < KEY_SIZE; at += 8) {
        const uint64_t word = prng_next(&p);
        memcpy(ret_blob + at, &word, 8);
    }
}

static void
make_name(int64_t i, char ret_name[64])
{
    (void)snprintf(ret_name, 64, "node-%06lld.site-%02lld.example.net", (long long)i,
                   (long long)(i % 20));
}

static int64_t
write_file(const char *path, int64_t lines)
{
    unsigned char blob[KEY_SIZE], base64[80];
    char name[64];
    FILE *f = fopen(path, "we");

    if (f == NULL) {
        micro_fail("cannot write known_hosts");
    }
    for (int64_t i = 0; i < lines; i++) {
        make_key(i, blob);
        make_name(i, name);
        (void)EVP_EncodeBlock(base64, blob, KEY_SIZE);
        (void)fprintf(f, "[%s]:%d ssh-ed25519 %s\n", name, PORT, (const char *)base64);
    }
    const int64_t bytes = ftell(f);
    (void)fclose(f);
    return bytes;
}

static void
measure_lines(const char *path, int64_t lines, int64_t bytes)
{
    const struct micro_clock c = micro_begin();
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t cap = 0;
    int64_t seen = 0;

    while (f != NULL && getline(&line, &cap, f) > 0) {
        seen++;
    }
    micro_end(&c, "getline alone", lines, bytes);
    if (seen != lines) {
        micro_fail("lines are missing");
    }
    free(line);
    (void)fclose(f);
}

static struct hostkeys *
measure_load(const char *path, int64_t lines, int64_t bytes)
{
    struct err err;
    struct hostkeys *h = hostkeys_new();
    const struct micro_clock c = micro_begin();

    if (hostkeys_load(h, path, &err) != 0) {
        micro_fail(err.text);
    }
    micro_end(&c, "load", lines, bytes);
    return h;
}

/* Names are made before the clock runs: every third host, from `first`. */
static char **
make_names(int64_t first, int64_t lines)
{
    char **names = xcalloc(LOOKUPS, sizeof(*names));
    char name[64];

    for (int64_t i = 0; i < LOOKUPS; i++) {
        make_name(first + i * 3 % lines, name);
        names[i] = xstrdup(name);
    }
    return names;
}

static void
free_names(char **names)
{
    for (int i = 0; i < LOOKUPS; i++) {
        free(names[i]);
    }
    free(names);
}

static void
measure_lookups(const struct hostkeys *h, int64_t first, int64_t lines, enum hostkey_verdict wanted)
{
    char **names = make_names(first, lines);
    unsigned char(*blobs)[KEY_SIZE] = xcalloc(LOOKUPS, sizeof(*blobs));
    int64_t seen = 0;

    for (int64_t i = 0; i < LOOKUPS; i++) {
        make_key(first + i * 3 % lines, blobs[i]);
    }
    const struct micro_clock c = micro_begin();
    for (int i = 0; i < LOOKUPS; i++) {
        const struct hostkey_shown key = {.name = names[i],
                                          .port = PORT,
                                          .type = "ssh-ed25519",
                                          .blob = blobs[i],
                                          .blob_len = KEY_SIZE};
        seen += hostkeys_check(h, &key).verdict == wanted;
    }
    micro_end(&c, wanted == HOSTKEY_KNOWN ? "hit" : "miss", LOOKUPS, 0);
    if (seen != LOOKUPS) {
        micro_fail("a verdict is wrong");
    }
    free(blobs);
    free_names(names);
}

static void
measure_map(int64_t lines)
{
    struct map *m = map_new(NULL);
    char **names = make_names(0, lines);
    char name[64];
    int64_t seen = 0;

    for (int64_t i = 0; i < lines; i++) {
        make_name(i, name);
        map_set(m, name, m);
    }
    const struct micro_clock c = micro_begin();
    for (int i = 0; i < LOOKUPS; i++) {
        seen += map_get(m, names[i]) != NULL;
    }
    micro_end(&c, "look-up in a map", LOOKUPS, 0);
    if (seen != LOOKUPS) {
        micro_fail("a name is missing");
    }
    free_names(names);
    map_free(m);
}

void
micro_known_hosts(int rounds, int64_t size)
{
    char *path = micro_path("known_hosts");
    const int64_t bytes = write_file(path, size);

    for (int i = 0; i < rounds; i++) {
        measure_lines(path, size, bytes);
        struct hostkeys *h = measure_load(path, size, bytes);
        measure_lookups(h, 0, size, HOSTKEY_KNOWN);
        measure_lookups(h, size, size, HOSTKEY_UNKNOWN);
        hostkeys_free(h);
        measure_map(size);
    }
    free(path);
}

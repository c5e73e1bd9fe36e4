/*
 * test_hostkey.c - verdicts, their lines, and what hostile files do; ssh-keygen has the last word.
 */
#include "ssh/hostkey.h"

#include "base/xalloc.h"
#include "unit/ssh/keygen.h"
#include "unit/ssh/known_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

static char folder[] = "/tmp/im-hostkey-XXXXXX";
static char path[64], second[64];
static struct sample_key samples[3]; /* $A and $B are Ed25519, $R is RSA */

static int
setup(void **state)
{
    struct prng p = {.state = 1};

    (void)state;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(path, sizeof(path), "%s/known_hosts", folder);
    (void)snprintf(second, sizeof(second), "%s/second", folder);
    samples[0] = sample_ed25519(&p);
    samples[1] = sample_ed25519(&p);
    samples[2] = sample_rsa(&p);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)unlink(second);
    return rmdir(folder);
}

static void
write_bytes(const char *to, const char *bytes, size_t len)
{
    FILE *f = fopen(to, "we");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

/* Text with $A, $B and $R as "type key". */
static void
write_text(const char *to, const char *text)
{
    struct buf b;

    buf_init(&b, 1 << 20);
    for (; *text != '\0'; text++) {
        const char *which = text[0] == '$' ? strchr("ABR", text[1]) : NULL;
        if (which == NULL) {
            (void)buf_addc(&b, *text);
            continue;
        }
        const struct sample_key *k = &samples[*which == 'A' ? 0 : *which == 'B' ? 1 : 2];
        (void)buf_addf(&b, "%s %s", k->type, k->base64);
        text++;
    }
    write_bytes(to, b.data, b.len);
    buf_release(&b);
}

static struct hostkeys *
load(const char *from)
{
    struct hostkeys *h = hostkeys_new();
    struct err err;

    assert_int_equal(hostkeys_load(h, from, &err), 0);
    return h;
}

static enum hostkey_verdict
check(const struct hostkeys *h, const char *name, int port, const struct sample_key *k,
      struct hostkey_place *ret_place)
{
    const struct hostkey_shown key = {
        .name = name, .port = port, .type = k->type, .blob = k->blob, .blob_len = k->len};
    const struct hostkey_answer a = hostkeys_check(h, &key);

    if (ret_place != NULL) {
        *ret_place = a.place;
    }
    return a.verdict;
}

static const struct {
    const char *text;
    const char *name;
    int port;
    int key; /* of samples */
    enum hostkey_verdict verdict;
    int line;
} verdicts[] = {
    {"", "web-01", 22, 0, HOSTKEY_UNKNOWN, 0},
    {"# web-01 $A\n\n\t\nweb-01 $A\n", "web-01", 22, 0, HOSTKEY_KNOWN, 4},
    {"web-01 $A", "web-01", 22, 0, HOSTKEY_KNOWN, 1},
    {"web-01 $A\n", "web-02", 22, 0, HOSTKEY_UNKNOWN, 0},
    {"web-01 $A\n", "web-0", 22, 0, HOSTKEY_UNKNOWN, 0},
    {"web-01 $A\r\nweb-02 $B\r\n", "web-02", 22, 1, HOSTKEY_KNOWN, 2},
    {"web-01 $A user@host\n", "web-01", 22, 0, HOSTKEY_KNOWN, 1},
    /* another key: the line with the same type says most, else the first */
    {"web-01 $A\n", "web-01", 22, 1, HOSTKEY_CHANGED, 1},
    {"web-01 $R\n", "web-01", 22, 0, HOSTKEY_CHANGED, 1},
    {"web-01 $R\nweb-01 $B\n", "web-01", 22, 0, HOSTKEY_CHANGED, 2},
    {"web-01 $B\nweb-01 $A\n", "web-01", 22, 0, HOSTKEY_KNOWN, 2},
    /* plain names and patterns are kept apart, and still the first line is named */
    {"web-01 $A\nweb-* $A\n", "web-01", 22, 0, HOSTKEY_KNOWN, 1},
    {"web-* $A\nweb-01 $A\n", "web-01", 22, 0, HOSTKEY_KNOWN, 1},
    {"web-* $B\nweb-01 $B\n", "web-01", 22, 0, HOSTKEY_CHANGED, 1},
    {"a,web-01,web-01 $A\nweb-01 $A\n", "web-01", 22, 0, HOSTKEY_KNOWN, 1},
    /* patterns */
    {"!web-01,web-* $A\n", "web-01", 22, 0, HOSTKEY_UNKNOWN, 0},
    {"web-*,!web-01 $A\n", "web-02", 22, 0, HOSTKEY_KNOWN, 1},
    {"!web-02 $A\n", "web-01", 22, 0, HOSTKEY_UNKNOWN, 0},
    {"web-0? $A\n", "web-01", 22, 0, HOSTKEY_KNOWN, 1},
    {"web-0? $A\n", "web-0", 22, 0, HOSTKEY_UNKNOWN, 0},
    {"*b*1* $A\n", "web-01", 22, 0, HOSTKEY_KNOWN, 1},
    {",,web-01,, $A\n", "web-01", 22, 0, HOSTKEY_KNOWN, 1},
    /* upper and lower case */
    {"WEB-01 $A\n", "web-01", 22, 0, HOSTKEY_KNOWN, 1},
    {"web-01 $A\n", "Web-01", 22, 0, HOSTKEY_KNOWN, 1},
    /* ports */
    {"web-01 $A\n", "web-01", 2222, 0, HOSTKEY_KNOWN, 1}, /* as ssh: the same without the port */
    {"web-01 $A\n", "web-01", 2222, 1, HOSTKEY_UNKNOWN, 0},
    {"web-01 $A\n[web-01]:2222 $B\n", "web-01", 2222, 0, HOSTKEY_CHANGED, 2},
    {"web-01 $A\n@cert-authority [web-01]:2222 $B\n", "web-01", 2222, 0, HOSTKEY_KNOWN, 1},
    {"@cert-authority web-01 $A\n", "web-01", 2222, 0, HOSTKEY_UNKNOWN, 0},
    {"@revoked web-01 $A\n", "web-01", 2222, 0, HOSTKEY_REVOKED, 1},
    {"[web-01]:2222 $A\n", "web-01", 2222, 0, HOSTKEY_KNOWN, 1},
    {"[web-01]:2222 $A\n", "web-01", 22, 0, HOSTKEY_UNKNOWN, 0},
    {"[web-01]:22 $A\n", "web-01", 22, 0, HOSTKEY_UNKNOWN, 0},
    {"[web-01]:* $A\n", "web-01", 65535, 0, HOSTKEY_KNOWN, 1},
    {"[::1]:2222 $A\n", "::1", 2222, 0, HOSTKEY_KNOWN, 1},
    /* revoked: whatever else is listed, but only this key, and only for this host */
    {"web-01 $A\n@revoked web-01 $A\n", "web-01", 22, 0, HOSTKEY_REVOKED, 2},
    {"@revoked * $A\nweb-01 $A\n", "web-01", 22, 0, HOSTKEY_REVOKED, 1},
    {"web-01 $A\n@revoked\tweb-01 $A\n", "web-01", 22, 0, HOSTKEY_REVOKED, 2},
    {"@revoked web-02 $A\nweb-01 $A\n", "web-01", 22, 0, HOSTKEY_KNOWN, 2},
    {"@revoked web-01 $B\n", "web-01", 22, 0, HOSTKEY_UNKNOWN, 0},
    {"@revoked web-01 $B\nweb-01 $R\n", "web-01", 22, 0, HOSTKEY_CHANGED, 2},
    {"@revoked @revoked web-01 $A\n", "web-01", 22, 0, HOSTKEY_UNKNOWN, 0},
    {"@revoked\n", "web-01", 22, 0, HOSTKEY_UNKNOWN, 0},
    {"@ web-01 $A\n", "web-01", 22, 0, HOSTKEY_UNKNOWN, 0},
    /* authorities: only when nothing else names the host */
    {"@cert-authority web-* $A\n", "web-01", 22, 0, HOSTKEY_CA, 1},
    {"@cert-authority web-* $A\nweb-01 $A\n", "web-01", 22, 0, HOSTKEY_KNOWN, 2},
    {"@cert-authority web-* $A\nweb-01 $B\n", "web-01", 22, 0, HOSTKEY_CHANGED, 2},
    {"@cert-authority * $B\n@revoked * $A\n", "web-01", 22, 0, HOSTKEY_REVOKED, 2},
    /* broken lines stand for nothing */
    {"web-01\nweb-01 \nweb-01 ssh-ed25519\nweb-01 ssh-ed25519 AAAA\n", "web-01", 22, 0,
     HOSTKEY_UNKNOWN, 0},
    {"web-01 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK9\nweb-01 $A\n", "web-01", 22, 1,
     HOSTKEY_CHANGED, 2},
    {"web-01 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK9y\n", "web-01", 22, 0, HOSTKEY_UNKNOWN, 0},
    {"web-01 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5\n", "web-01", 22, 0, HOSTKEY_UNKNOWN, 0},
    {"web-01 ssh-ed25519 //////////8=\n", "web-01", 22, 0, HOSTKEY_UNKNOWN, 0},
    {"web-01 ssh-foo AAAAB3NzaC1mb28AAAABeA==\n", "web-01", 22, 0, HOSTKEY_UNKNOWN, 0},
    {"web-01 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAAXg=\n", "web-01", 22, 0, HOSTKEY_UNKNOWN, 0},
    {"|1|\n|1||\n|1|AAAA|AAAA $A\n| $A\n|1 $A\n", "web-01", 22, 0, HOSTKEY_UNKNOWN, 0},
};

/* fault 10: known, unknown, changed, revoked */
/* fault 11: a line of an authority */
static void
test_names_the_verdict_and_the_line_that_decided(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        struct hostkey_place place = {.line = -1};
        write_text(path, verdicts[i].text);
        struct hostkeys *h = load(path);
        const enum hostkey_verdict verdict =
            check(h, verdicts[i].name, verdicts[i].port, &samples[verdicts[i].key], &place);
        if (verdict != verdicts[i].verdict || place.line != verdicts[i].line) {
            fail_msg("row %zu (%s): verdict %d at line %d", i, verdicts[i].text, (int)verdict,
                     place.line);
        }
        if (place.line == 0) {
            assert_null(place.path);
        } else {
            assert_string_equal(place.path, path);
        }
        hostkeys_free(h);
    }
}

static void
test_a_later_file_counts_for_a_name_that_was_asked_before(void **state)
{
    struct hostkey_place place;
    struct err err;

    (void)state;
    write_text(path, "web-* $B\n");
    write_text(second, "\nweb-0? $A\n");
    struct hostkeys *h = load(path);
    assert_int_equal(check(h, "web-01", 22, &samples[0], NULL), HOSTKEY_CHANGED);
    assert_int_equal(hostkeys_load(h, second, &err), 0);
    assert_int_equal(check(h, "web-01", 22, &samples[0], &place), HOSTKEY_KNOWN);
    assert_string_equal(place.path, second);
    assert_int_equal(place.line, 2);
    assert_int_equal(check(h, "web-01", 22, &samples[1], &place), HOSTKEY_KNOWN);
    assert_string_equal(place.path, path);
    hostkeys_free(h);
}

/* One file in two lists: read once, asked in the order of each list. */
static void
test_asks_the_files_of_a_list_in_their_order(void **state)
{
    struct hostkey_place place;

    (void)state;
    write_text(path, "web-01 $A\n");
    write_text(second, "web-01 $B\n@revoked web-02 $A\n");
    struct hostkeys *a = load(path);
    struct hostkeys *b = load(second);
    struct hostkeys *both = hostkeys_new();
    hostkeys_include(both, a);
    hostkeys_include(both, b);
    assert_int_equal(check(both, "web-01", 22, &samples[2], &place), HOSTKEY_CHANGED);
    assert_string_equal(place.path, path);
    assert_int_equal(check(both, "web-01", 22, &samples[1], &place), HOSTKEY_KNOWN);
    assert_string_equal(place.path, second);
    assert_int_equal(check(both, "web-02", 22, &samples[0], NULL), HOSTKEY_REVOKED);
    hostkeys_free(both);
    assert_int_equal(check(b, "web-01", 22, &samples[0], NULL), HOSTKEY_CHANGED);
    hostkeys_free(a);
    hostkeys_free(b);
}

static void
test_a_key_that_was_added_is_known_and_another_one_changed(void **state)
{
    struct hostkey_place place;

    (void)state;
    write_text(path, "* $R\n@revoked web-02 $A\n");
    struct hostkeys *h = load(path);
    struct hostkeys *list = hostkeys_new();
    hostkeys_include(list, h);
    assert_int_equal(check(list, "[web-02]", 2222, &samples[0], NULL), HOSTKEY_CHANGED);
    hostkeys_add(h, &(struct hostkey_shown){.name = "Web-03",
                                            .port = 2222,
                                            .type = samples[0].type,
                                            .blob = samples[0].blob,
                                            .blob_len = samples[0].len});
    assert_int_equal(check(list, "web-03", 2222, &samples[0], &place), HOSTKEY_KNOWN);
    assert_int_equal(place.line, 0);
    assert_int_equal(check(list, "web-03", 2222, &samples[1], &place), HOSTKEY_CHANGED);
    assert_int_equal(place.line, 0);
    hostkeys_free(list);
    hostkeys_free(h);
}

static void
test_names_the_authority_beside_what_has_changed(void **state)
{
    (void)state;
    write_text(path, "web-01 $B\n@cert-authority * $A\n");
    struct hostkeys *h = load(path);
    struct hostkey_shown key = {.name = "web-01",
                                .port = 22,
                                .type = samples[0].type,
                                .blob = samples[0].blob,
                                .blob_len = samples[0].len};
    struct hostkey_answer a = hostkeys_check(h, &key);
    assert_int_equal(a.verdict, HOSTKEY_CHANGED);
    assert_true(a.same_type);
    assert_int_equal(a.ca.line, 2);
    key.type = samples[2].type;
    key.blob = samples[2].blob;
    key.blob_len = samples[2].len;
    a = hostkeys_check(h, &key);
    assert_int_equal(a.verdict, HOSTKEY_CHANGED);
    assert_false(a.same_type);
    hostkeys_free(h);
}

static void
test_a_file_past_the_limit_is_refused_and_not_read(void **state)
{
    struct hostkeys *h = hostkeys_new();
    struct err err = {0};

    (void)state;
    write_text(path, "web-01 $A\n");
    assert_int_equal(truncate(path, (off_t)HOSTKEY_FILE_MAX + 1), 0); /* holes: no bytes on disk */
    assert_int_equal(hostkeys_load(h, path, &err), -1);
    assert_int_equal(err.kind, ERR_IO);
    assert_non_null(strstr(err.text, "larger than 64 MiB"));
    assert_int_equal(check(h, "web-01", 22, &samples[0], NULL), HOSTKEY_UNKNOWN);
    hostkeys_free(h);
}

/* Each line has one name: who found its own takes it out, and still has it. */
static void
test_hashed_names_are_found_again_and_after_another_file(void **state)
{
    enum { HOSTS = 50 };
    struct hostkeys *h;
    struct buf b;

    (void)state;
    buf_init(&b, 1 << 20);
    for (int i = 0; i < HOSTS; i++) {
        unsigned char salt[HASH_SHA1_BYTES] = {(unsigned char)i}, hash[HASH_SHA1_BYTES];
        char name[16], texts[2][32];
        (void)snprintf(name, sizeof(name), "web-%02d", i);
        hash_hmac_sha1(salt, sizeof(salt), name, strlen(name), hash);
        base64_encode(salt, sizeof(salt), texts[0]);
        base64_encode(hash, sizeof(hash), texts[1]);
        (void)buf_addf(&b, "|1|%s|%s %s %s\n", texts[0], texts[1], samples[i % 2].type,
                       samples[i % 2].base64);
    }
    write_bytes(path, b.data, b.len);
    write_text(second, "web-07 $R\n");
    h = load(path);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < HOSTS; i++) {
            struct hostkey_place place;
            char name[16];
            (void)snprintf(name, sizeof(name), "web-%02d", i);
            assert_int_equal(check(h, name, 22, &samples[i % 2], &place), HOSTKEY_KNOWN);
            assert_int_equal(place.line, i + 1);
            assert_int_equal(check(h, name, 22, &samples[(i + 1) % 2], NULL), HOSTKEY_CHANGED);
        }
        if (round == 1) {
            assert_int_equal(hostkeys_load(h, second, NULL), 0);
        }
    }
    assert_int_equal(check(h, "web-07", 22, &samples[2], NULL), HOSTKEY_KNOWN);
    hostkeys_free(h);
    buf_release(&b);
}

static void
test_lists_the_known_types_in_the_order_of_reading(void **state)
{
    static const struct {
        const char *text;
        size_t max;
        const char *types;
    } rows[] = {
        {"", 8, ""},
        {"web-02 $A\n", 8, ""},
        {"web-01 $A\nweb-* $R\n", 8, "ssh-ed25519 ssh-rsa "},
        {"web-* $R\nweb-01 $A\nweb-01 $B\nweb-01 $R\n", 8, "ssh-rsa ssh-ed25519 "},
        {"web-* $R\nweb-01 $A\n", 1, "ssh-rsa "},
        {"web-* $R\nweb-01 $A\n", 0, ""},
        {"@revoked web-01 $A\n@cert-authority * $R\n", 8, ""},
        {"@revoked web-01 $A\nweb-01 $R\n", 8, "ssh-rsa "},
        /* ssh does not ask for a type whose first key is revoked */
        {"@revoked web-01 $A\nweb-01 $R\nweb-01 $A\n", 8, "ssh-rsa "},
        {"web-01 $A\nweb-01 $R\nweb-01 $B\n@revoked * $A\n", 8, "ssh-rsa "},
        {"web-01 $B\nweb-01 $R\nweb-01 $A\n@revoked * $A\n", 8, "ssh-ed25519 ssh-rsa "},
        {"web-01 $A\n@revoked web-02 $A\n", 8, "ssh-ed25519 "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *types[8] = {NULL};
        char text[200] = "";
        write_text(path, rows[i].text);
        struct hostkeys *h = load(path);
        const size_t count = hostkeys_types(h, "web-01", 22, types, rows[i].max);
        assert_true(count <= rows[i].max);
        for (size_t k = 0; k < count; k++) {
            (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ", types[k]);
        }
        assert_string_equal(text, rows[i].types);
        hostkeys_free(h);
    }
}

static void
test_reads_past_lines_of_any_length(void **state)
{
    static const struct {
        size_t count; /* of what is repeated */
        const char *before, *repeated, *behind;
        enum hostkey_verdict verdict;
        int line;
    } rows[] = {
        {4 << 20, "#", "x", "\nweb-01 $A\n", HOSTKEY_KNOWN, 2},
        {4 << 20, "", "x", "\nweb-01 $A\n", HOSTKEY_KNOWN, 2},
        {30000, "", "web-0000,", "web-01 $A\n", HOSTKEY_KNOWN, 1},
        {30000, "web-01 ssh-ed25519 ", "AAAA", "\n", HOSTKEY_UNKNOWN, 0},
        {1 << 20, "web-01 $A ", "x", "", HOSTKEY_KNOWN, 1},
        /* match.c takes patterns up to 1022 bytes, and a longer one takes its line out */
        {1022, "web-01,", "x", " $A\n", HOSTKEY_KNOWN, 1},
        {1023, "web-01,", "x", " $A\n", HOSTKEY_UNKNOWN, 0},
        {1022, "web-01,!", "x", " $A\n", HOSTKEY_KNOWN, 1},
        {1023, "web-01,!", "x", " $A\n", HOSTKEY_UNKNOWN, 0},
        /* no pattern costs exponential time */
        {500, "", "*?", ",web-01 $A\n", HOSTKEY_KNOWN, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hostkey_place place;
        const size_t len = strlen(rows[i].repeated);
        char *all = xcalloc(rows[i].count * len + 1, 1);
        for (size_t k = 0; k < rows[i].count; k++) {
            memcpy(all + k * len, rows[i].repeated, len);
        }
        char *text = xasprintf("%s%s%s", rows[i].before, all, rows[i].behind);
        struct buf b;
        buf_init(&b, 8 << 20);
        for (const char *t = text; *t != '\0';) { /* $A, without a byte at a time */
            const size_t plain = strcspn(t, "$");
            (void)buf_add(&b, t, plain);
            t += plain;
            if (*t == '$') {
                (void)buf_addf(&b, "%s %s", samples[0].type, samples[0].base64);
                t += 2;
            }
        }
        write_bytes(path, b.data, b.len);
        struct hostkeys *h = load(path);
        if (check(h, "web-01", 22, &samples[0], &place) != rows[i].verdict ||
            place.line != rows[i].line) {
            fail_msg("row %zu: line %d", i, place.line);
        }
        hostkeys_free(h);
        buf_release(&b);
        free(text);
        free(all);
    }
}

static void
test_a_name_longer_than_any_buffer_is_another_name(void **state)
{
    char name[3000];
    struct hostkey_place place;

    (void)state;
    write_text(path, "* $A\n");
    struct hostkeys *h = load(path);
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(check(h, name, 22, &samples[0], &place), HOSTKEY_KNOWN);
    hostkeys_free(h);
    memset(name, 'x', 1030);
    name[1022] = ' ';
    memcpy(name + 1023, "ssh-ed25519 ", 12);
    (void)snprintf(name + 1035, sizeof(name) - 1035, "%s\n", samples[0].base64);
    write_bytes(path, name, strlen(name));
    h = load(path);
    memset(name, 'x', 2000);
    name[2000] = '\0';
    assert_int_equal(check(h, name, 22, &samples[0], NULL), HOSTKEY_UNKNOWN);
    name[1022] = '\0';
    assert_int_equal(check(h, name, 22, &samples[0], NULL), HOSTKEY_KNOWN);
    hostkeys_free(h);
}

static void
test_a_nul_ends_its_line_and_no_other(void **state)
{
    struct hostkey_place place;
    struct buf b;

    (void)state;
    buf_init(&b, 4096);
    (void)buf_add(&b, "web-01\0", 7);
    (void)buf_addf(&b, " %s %s\n", samples[1].type, samples[1].base64);
    (void)buf_addf(&b, "web-01 %s %s", samples[0].type, samples[0].base64);
    (void)buf_add(&b, "\0\n\0\n", 4);
    (void)buf_addf(&b, "web-02 %s %s", samples[0].type, samples[0].base64);
    write_bytes(path, b.data, b.len);
    struct hostkeys *h = load(path);
    assert_int_equal(check(h, "web-01", 22, &samples[0], &place), HOSTKEY_KNOWN);
    assert_int_equal(place.line, 2);
    assert_int_equal(check(h, "web-01", 22, &samples[1], &place), HOSTKEY_CHANGED);
    assert_int_equal(check(h, "web-02", 22, &samples[0], &place), HOSTKEY_KNOWN);
    assert_int_equal(place.line, 4);
    hostkeys_free(h);
    buf_release(&b);
}

/* fault 13: unreadable */
static void
test_refuses_a_file_that_is_there_and_cannot_be_read(void **state)
{
    struct hostkeys *h = hostkeys_new();
    char below[80];
    struct err err = {0};

    (void)state;
    assert_int_equal(hostkeys_load(h, folder, &err), -1); /* opens, and cannot be read */
    assert_int_equal(err.kind, ERR_IO);
    assert_non_null(strstr(err.text, folder));
    (void)unlink(path);
    assert_int_equal(symlink(path, path), 0);
    assert_int_equal(hostkeys_load(h, path, &err), -1);
    assert_int_equal(err.kind, ERR_IO);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody writes: it must not be waited for */
    assert_int_equal(hostkeys_load(h, path, &err), -1);
    assert_non_null(strstr(err.text, "not a file"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(hostkeys_load(h, path, &err), 0); /* not there */
    assert_int_equal(hostkeys_load(h, "/dev/null", &err), 0);
    write_text(path, "web-01 $A\n");
    (void)snprintf(below, sizeof(below), "%s/x", path);
    assert_int_equal(hostkeys_load(h, below, &err), 0);
    if (geteuid() != 0) { /* root reads everything */
        assert_int_equal(chmod(path, 0), 0);
        assert_int_equal(hostkeys_load(h, path, &err), -1);
        assert_int_equal(err.kind, ERR_IO);
    }
    assert_int_equal(check(h, "web-01", 22, &samples[0], NULL), HOSTKEY_UNKNOWN);
    hostkeys_free(h);
    hostkeys_free(NULL);
}

/* Whatever happens to a file, a key that was never in it is never known. */
/* fault 13: torn */
static void
test_no_damage_makes_a_stranger_known(void **state)
{
    struct prng p = {.state = 7};
    const struct sample_key stranger = sample_ed25519(&p);
    struct known_lines g;

    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        known_lines_init(&g, seed);
        known_lines_add(&g);
        for (int i = 0; i < 30; i++) {
            g.file.data[prng_below(&p, g.file.len)] = (char)prng_below(&p, 256);
        }
        write_bytes(path, g.file.data, prng_below(&p, g.file.len + 1));
        struct hostkeys *h = load(path);
        for (int n = 0; n < KNOWN_NAMES; n++) {
            const enum hostkey_verdict v = check(h, known_names[n], 22, &stranger, NULL);
            assert_true(v != HOSTKEY_KNOWN && v != HOSTKEY_REVOKED);
        }
        hostkeys_free(h);
        known_lines_release(&g);
    }
}

/* ---------------------------------------------------------------- ssh-keygen */

struct found {
    int lines[LINES_MAX];
    char marks[LINES_MAX]; /* R(EVOKED), C(A), or the newline of a plain one */
    int count;
};

/* The lines that ssh-keygen says name the host. */
static void
ask(const char *name, struct buf *out, struct found *ret_found)
{
    const char *const argv[] = {"ssh-keygen", "-l", "-F", name, "-f", path, NULL};
    static const char mark[] = " found: line ";

    ret_found->count = 0;
    buf_clear(out);
    assert_in_range(keygen_run(argv, out), 0, 1);
    for (const char *p = out->data; (p = strstr(p, mark)) != NULL;) {
        char *rest = NULL;
        p += strlen(mark);
        ret_found->lines[ret_found->count] = (int)strtol(p, &rest, 10);
        ret_found->marks[ret_found->count++] = rest[1];
    }
}

/* The verdict by the rules of hostkey.h, from the lines that ssh-keygen found. */
static enum hostkey_verdict
expect(const struct known_lines *g, const struct found *f, int key, int *ret_line)
{
    int first[5] = {0}; /* by verdict */
    int other = 0;

    for (int i = f->count - 1; i >= 0; i--) {
        const int k = g->key_of_line[f->lines[i]];
        const bool same = strcmp(g->keys[k].base64, g->keys[key].base64) == 0;
        if (f->marks[i] == 'C') {
            first[HOSTKEY_CA] = f->lines[i];
        } else if (f->marks[i] == 'R') {
            first[HOSTKEY_REVOKED] = same ? f->lines[i] : first[HOSTKEY_REVOKED];
        } else if (same) {
            first[HOSTKEY_KNOWN] = f->lines[i];
        } else if (strcmp(g->keys[k].type, g->keys[key].type) == 0) {
            first[HOSTKEY_CHANGED] = f->lines[i];
        } else {
            other = f->lines[i];
        }
    }
    if (first[HOSTKEY_CHANGED] == 0) {
        first[HOSTKEY_CHANGED] = other;
    }
    static const enum hostkey_verdict order[] = {HOSTKEY_REVOKED, HOSTKEY_KNOWN, HOSTKEY_CHANGED,
                                                 HOSTKEY_CA};
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (first[order[i]] != 0) {
            *ret_line = first[order[i]];
            return order[i];
        }
    }
    *ret_line = 0;
    return HOSTKEY_UNKNOWN;
}

/* The lines of name alone count for a port that no line names, if they know the key. */
static enum hostkey_verdict
expect_port(const struct known_lines *g, const struct found *f, const struct found *bare, int key,
            int *ret_line)
{
    const enum hostkey_verdict v = expect(g, f, key, ret_line);
    int line = 0;

    if (v == HOSTKEY_UNKNOWN || v == HOSTKEY_CA) {
        const enum hostkey_verdict without = expect(g, bare, key, &line);
        if (without == HOSTKEY_KNOWN || without == HOSTKEY_REVOKED) {
            *ret_line = line;
            return without;
        }
    }
    return v;
}

static void
compare(const struct hostkeys *h, const struct known_lines *g, const char *name, int port,
        struct buf *out, int tally[5])
{
    char print[HOSTKEY_FINGERPRINT_SIZE];
    struct found f, bare;
    char text[64];

    ask(name, out, &bare);
    name_text(name, port, text);
    ask(text, out, &f);
    for (int i = 0; i < f.count; i++) {
        const int key = g->key_of_line[f.lines[i]];
        assert_in_range(key, 0, g->key_count - 1); /* a line we think broken is none for ssh */
        hostkey_fingerprint(g->keys[key].blob, g->keys[key].len, print);
        assert_non_null(strstr(out->data, print));
    }
    for (int key = 0; key < g->key_count; key++) {
        struct hostkey_place place;
        int line;
        const enum hostkey_verdict expected = expect_port(g, &f, &bare, key, &line);
        const enum hostkey_verdict verdict = check(h, name, port, &g->keys[key], &place);
        if (verdict != expected || place.line != line) {
            fail_msg("%s, key %d: verdict %d at line %d, expected %d at %d; see\n%s", text, key,
                     (int)verdict, place.line, (int)expected, line, g->file.data);
        }
        tally[verdict]++;
    }
}

/* Files are asked several at a time, so that three hundred cost 300 processes; two at a time in
 * every third round, so that names stay unknown. */
/* fault 12: the verdicts of ssh-keygen -F */
static void
test_agrees_with_ssh_keygen_on_three_hundred_files(void **state)
{
    enum { ROUNDS = 30, FEW = 2, MANY = 14, ASKED = 5 };
    int tally[5] = {0};
    struct buf out;

    (void)state;
    if (!keygen_here()) {
        skip();
    }
    struct known_lines *g = xcalloc(1, sizeof(*g));
    buf_init(&out, 1 << 20);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        known_lines_init(g, 1000 + round);
        for (int i = 0; i < (round % 3 == 0 ? FEW : MANY); i++) {
            known_lines_add(g);
        }
        g->file.len -= prng_below(&g->prng, 2); /* the last newline may be missing */
        write_bytes(path, g->file.data, g->file.len);
        struct hostkeys *h = load(path);
        for (int i = 0; i < ASKED; i++) {
            const char *name;
            const int port = known_name(&g->prng, &name);
            compare(h, g, name, port, &out, tally);
        }
        hostkeys_free(h);
        known_lines_release(g);
    }
    for (int v = 0; v < 5; v++) {
        assert_true(tally[v] > 20); /* each of them was really met */
    }
    buf_release(&out);
    free(g);
}

/* fault 12: hashed names */
static void
test_hashing_the_names_changes_no_verdict(void **state)
{
    static const char *const argv[] = {"ssh-keygen", "-H", "-f", path, NULL};
    char old[80];

    (void)state;
    if (!keygen_here()) {
        skip();
    }
    write_text(path, "web-01,10.0.0.7 $A\n[Web-02]:2222 $R\n@revoked a $B\na $B\n");
    assert_int_equal(keygen_run(argv, NULL), 0);
    (void)snprintf(old, sizeof(old), "%s.old", path);
    assert_int_equal(unlink(old), 0); /* it was rewritten */
    struct hostkeys *h = load(path);
    assert_int_equal(check(h, "web-01", 22, &samples[0], NULL), HOSTKEY_KNOWN);
    assert_int_equal(check(h, "WEB-01", 22, &samples[0], NULL), HOSTKEY_KNOWN);
    assert_int_equal(check(h, "10.0.0.7", 22, &samples[1], NULL), HOSTKEY_CHANGED);
    assert_int_equal(check(h, "web-02", 2222, &samples[2], NULL), HOSTKEY_KNOWN);
    assert_int_equal(check(h, "web-02", 22, &samples[2], NULL), HOSTKEY_UNKNOWN);
    assert_int_equal(check(h, "a", 22, &samples[1], NULL), HOSTKEY_REVOKED);
    hostkeys_free(h);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_the_verdict_and_the_line_that_decided),
        cmocka_unit_test(test_a_later_file_counts_for_a_name_that_was_asked_before),
        cmocka_unit_test(test_asks_the_files_of_a_list_in_their_order),
        cmocka_unit_test(test_a_key_that_was_added_is_known_and_another_one_changed),
        cmocka_unit_test(test_names_the_authority_beside_what_has_changed),
        cmocka_unit_test(test_a_file_past_the_limit_is_refused_and_not_read),
        cmocka_unit_test(test_hashed_names_are_found_again_and_after_another_file),
        cmocka_unit_test(test_lists_the_known_types_in_the_order_of_reading),
        cmocka_unit_test(test_reads_past_lines_of_any_length),
        cmocka_unit_test(test_a_name_longer_than_any_buffer_is_another_name),
        cmocka_unit_test(test_a_nul_ends_its_line_and_no_other),
        cmocka_unit_test(test_refuses_a_file_that_is_there_and_cannot_be_read),
        cmocka_unit_test(test_no_damage_makes_a_stranger_known),
        cmocka_unit_test(test_agrees_with_ssh_keygen_on_three_hundred_files),
        cmocka_unit_test(test_hashing_the_names_changes_no_verdict),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

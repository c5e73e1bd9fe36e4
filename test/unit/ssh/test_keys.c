/*
 * test_keys.c - which key files are taken, which are refused and why, and that no text of one
 * stays.
 */
#include "ssh/keys.h"

#include "base/xalloc.h"
#include "unit/ssh/keygen.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

enum { FILE_MAX = 65536 }; /* as in keys.c */

static char folder[] = "/tmp/im-keys-XXXXXX";
static char path[64], public_path[64];
static char *good; /* the text of a private key */

static char *
slurp(const char *from)
{
    char *text = xcalloc(FILE_MAX + 1, 1);
    const int fd = open(from, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0 && read(fd, text, FILE_MAX) > 0);
    (void)close(fd);
    return text;
}

static void
write_key(const char *bytes, size_t len, mode_t mode)
{
    (void)unlink(path);
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    for (size_t done = 0; done < len;) {
        const ssize_t n = write(fd, bytes + done, len - done);
        assert_true(n > 0);
        done += (size_t)n;
    }
    assert_int_equal(fchmod(fd, mode), 0); /* the umask has no say */
    assert_int_equal(close(fd), 0);
}

static void
make_key(enum ssh_keytypes_e type, int bits, const char *passphrase)
{
    ssh_key key = NULL;

    (void)unlink(path);
    assert_int_equal(ssh_pki_generate(type, bits, &key), SSH_OK);
    assert_int_equal(ssh_pki_export_privkey_file(key, passphrase, NULL, NULL, path), SSH_OK);
    assert_int_equal(ssh_pki_export_pubkey_file(key, public_path), SSH_OK);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(chmod(public_path, 0600), 0);
    ssh_key_free(key);
}

static int
setup(void **state)
{
    (void)state;
    if (ssh_init() != SSH_OK || mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(path, sizeof(path), "%s/id", folder);
    (void)snprintf(public_path, sizeof(public_path), "%s/id.pub", folder);
    make_key(SSH_KEYTYPE_ED25519, 0, NULL);
    good = slurp(path);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    free(good);
    (void)unlink(path);
    (void)unlink(public_path);
    (void)ssh_finalize();
    return rmdir(folder);
}

static void
assert_refused(const char *from, enum err_kind kind, const char *part)
{
    struct keyring *k = keyring_new();
    struct err err = {0};

    assert_int_equal(keyring_load(k, from, &err), -1);
    assert_int_equal(err.kind, kind);
    if (strstr(err.text, part) == NULL || strstr(err.text, from) == NULL) {
        fail_msg("expected \"%s\" in \"%s\"", part, err.text);
    }
    assert_null(keyring_get(k, from));
    assert_int_equal(keyring_load(k, from, NULL), -1); /* a refusal is not remembered as a key */
    keyring_free(k);
}

static void
test_loads_every_kind_of_key_without_a_passphrase(void **state)
{
    static const struct {
        enum ssh_keytypes_e type;
        int bits;
    } rows[] = {{SSH_KEYTYPE_ED25519, 0},
                {SSH_KEYTYPE_ECDSA_P256, 256},
                {SSH_KEYTYPE_ECDSA_P521, 521},
                {SSH_KEYTYPE_RSA, 2048}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct keyring *k = keyring_new();
        struct err err;
        make_key(rows[i].type, rows[i].bits, NULL);
        assert_int_equal(keyring_load(k, path, &err), 0);
        assert_int_equal(ssh_key_type(keyring_get(k, path)), rows[i].type);
        assert_true(ssh_key_is_private(keyring_get(k, path)));
        keyring_free(k);
    }
}

static void
test_reads_a_file_once_and_keeps_several_apart(void **state)
{
    struct keyring *k = keyring_new();
    struct err err;

    (void)state;
    assert_null(keyring_get(k, path));
    make_key(SSH_KEYTYPE_ECDSA_P256, 256, NULL);
    assert_int_equal(rename(path, public_path), 0);
    write_key(good, strlen(good), 0600);
    assert_int_equal(keyring_load(k, path, &err), 0);
    assert_int_equal(keyring_load(k, public_path, &err), 0);
    const ssh_key key = keyring_get(k, path);
    assert_int_equal(ssh_key_type(key), SSH_KEYTYPE_ED25519);
    assert_int_equal(ssh_key_type(keyring_get(k, public_path)), SSH_KEYTYPE_ECDSA_P256);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(keyring_load(k, path, &err), 0);
    assert_ptr_equal(keyring_get(k, path), key);
    keyring_free(k);
    keyring_free(NULL);
}

/* ssh does not ask who owns a key of somebody else; nor do we. */
/* fault 45: a key others may read */
static void
test_refuses_a_key_of_ours_that_is_open_to_others(void **state)
{
    (void)state;
    for (unsigned mode = 0; mode < 0100; mode++) {
        struct keyring *k = keyring_new();
        char octal[16];
        struct err err;
        write_key(good, strlen(good), (mode_t)(0600 | mode));
        if (mode == 0) {
            assert_int_equal(keyring_load(k, path, &err), 0);
        } else {
            (void)snprintf(octal, sizeof(octal), "(mode %03o)", 0600 | mode);
            assert_refused(path, ERR_IO, octal);
        }
        if (geteuid() == 0) {
            assert_int_equal(chown(path, 65534, 65534), 0);
            assert_int_equal(keyring_load(k, path, &err), 0);
        }
        keyring_free(k);
    }
    struct keyring *k = keyring_new();
    write_key(good, strlen(good), 0400);
    assert_int_equal(keyring_load(k, path, NULL), 0);
    keyring_free(k);
}

static void
test_refuses_what_is_not_a_private_key(void **state)
{
    static const char no_key[] = "not a private key that can be read";
    char *big = xcalloc(FILE_MAX + 1, 1);

    (void)state;
    make_key(SSH_KEYTYPE_ED25519, 0, NULL);
    assert_refused(public_path, ERR_IO, no_key);
    write_key("", 0, 0600);
    assert_refused(path, ERR_IO, no_key);
    memset(big, 'A', FILE_MAX + 1);
    write_key(big, FILE_MAX, 0600);
    assert_refused(path, ERR_IO, no_key);
    write_key(big, FILE_MAX + 1, 0600);
    assert_refused(path, ERR_IO, "too large for a key");
    for (int i = 0; i < FILE_MAX; i++) {
        big[i] = (char)(i * 7);
    }
    write_key(big, FILE_MAX, 0600);
    assert_refused(path, ERR_IO, no_key);
    free(big);
    for (size_t len = 0; len + 40 < strlen(good); len += 13) { /* torn anywhere */
        write_key(good, len, 0600);
        assert_refused(path, ERR_IO, no_key);
    }
}

static void
test_says_why_a_file_cannot_be_read(void **state)
{
    (void)state;
    (void)unlink(path);
    assert_refused(path, ERR_IO, strerror(ENOENT));
    assert_refused("", ERR_IO, strerror(ENOENT));
    assert_refused(folder, ERR_IO, "not a regular file");
    assert_refused("/dev/zero", ERR_IO, "not a regular file");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(path, ERR_IO, "not a regular file"); /* and does not wait for a writer */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(path, path), 0);
    assert_refused(path, ERR_IO, strerror(ELOOP));
    if (geteuid() != 0) { /* root reads everything */
        write_key(good, strlen(good), 0);
        assert_refused(path, ERR_IO, strerror(EACCES));
    }
}

static void
test_unlocks_a_key_of_every_form_with_its_passphrase_only(void **state)
{
    static const char *const kinds[][4] = {{"ed25519", NULL}, {"ecdsa", NULL}, {"rsa", NULL},
                                           {"ecdsa", "PEM"},  {"rsa", "PEM"},  {"ecdsa", "PKCS8"}};

    (void)state;
    if (!keygen_here()) {
        skip();
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const char *const argv[] = {"ssh-keygen",
                                    "-q",
                                    "-a",
                                    "1",
                                    "-t",
                                    kinds[i][0],
                                    "-N",
                                    "a secret",
                                    "-f",
                                    path,
                                    kinds[i][1] == NULL ? NULL : "-m",
                                    kinds[i][1],
                                    NULL};
        (void)unlink(path);
        assert_int_equal(keygen_run(argv, NULL), 0);
        struct keyring *k = keyring_new();
        enum keyring_found found;
        assert_refused(path, ERR_CONFIG, "it has a passphrase");
        assert_int_equal(keyring_look(k, path, &found, NULL), 0);
        assert_int_equal(found, KEYRING_LOCKED);
        const struct pubkey *before = keyring_public(k, path);
        assert_non_null(before); /* its own, or that of the .pub beside it */
        assert_int_equal(keyring_unlock(k, path, "a secre"), -1);
        assert_int_equal(keyring_unlock(k, path, ""), -1);
        assert_null(keyring_get(k, path));
        assert_int_equal(keyring_unlock(k, path, "a secret"), 0);
        assert_true(ssh_key_is_private(keyring_get(k, path)));
        assert_int_equal(keyring_look(k, path, &found, NULL), 0);
        assert_int_equal(found, KEYRING_READY);
        assert_ptr_equal(keyring_public(k, path), before);
        keyring_free(k);
        (void)unlink(public_path);
    }
}

static void
test_finds_the_public_half_where_ssh_would(void **state)
{
    struct keyring *k = keyring_new();
    enum keyring_found found;

    (void)state;
    make_key(SSH_KEYTYPE_ED25519, 0, NULL);
    char *line = slurp(public_path);
    assert_int_equal(keyring_look(k, public_path, &found, NULL), 0); /* a .pub as the key */
    assert_int_equal(found, KEYRING_PUBLIC);
    assert_null(keyring_get(k, public_path));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(keyring_look(k, path, &found, NULL), 0); /* only the .pub is there */
    assert_int_equal(found, KEYRING_PUBLIC);
    assert_true(pubkey_equal(keyring_public(k, path), keyring_public(k, public_path)));
    assert_int_equal(unlink(public_path), 0);
    keyring_free(k);
    k = keyring_new();
    assert_int_equal(keyring_look(k, path, &found, NULL), 0);
    assert_int_equal(found, KEYRING_MISSING);
    assert_null(keyring_public(k, path));
    keyring_free(k);
    free(line);
}

/* No machine that builds this has such a key in it: the form of its file is what counts. */
static void
test_a_security_key_is_for_an_agent(void **state)
{
    static const char sk[] =
        "-----BEGIN OPENSSH PRIVATE KEY-----\n"
        "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAASgAAABpzay1zc2gtZWQy"
        "NTUxOUBvcGVuc3NoLmNvbQAAACBBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQQAAAARz"
        "c2g6\n-----END OPENSSH PRIVATE KEY-----\n";
    struct keyring *k = keyring_new();
    enum keyring_found found;

    (void)state;
    write_key(sk, strlen(sk), 0600);
    assert_int_equal(keyring_look(k, path, &found, NULL), 0);
    assert_int_equal(found, KEYRING_PUBLIC);
    assert_true(pubkey_is_sk(keyring_public(k, path)));
    keyring_free(k);
}

static void
sign(const char *ca, const char *key)
{
    const char *const argv[] = {"ssh-keygen", "-q",   "-s", ca,    "-I", "me",
                                "-n",         "demo", "-V", "+1h", key,  NULL};

    assert_int_equal(keygen_run(argv, NULL), 0);
}

static void
generate(const char *type, const char *to)
{
    const char *const argv[] = {"ssh-keygen", "-q", "-t", type, "-N", "", "-f", to, NULL};

    (void)unlink(to);
    assert_int_equal(keygen_run(argv, NULL), 0);
}

static void
test_a_certificate_goes_with_its_own_key_only(void **state)
{
    static const char *const types[] = {"ed25519", "ecdsa", "rsa"};
    char other[80];
    char ca[80];
    char cert[80];
    char removed[2][96];

    (void)state;
    if (!keygen_here()) {
        skip();
    }
    (void)snprintf(other, sizeof(other), "%s/other", folder);
    (void)snprintf(ca, sizeof(ca), "%s/ca", folder);
    (void)snprintf(cert, sizeof(cert), "%s/id-cert.pub", folder);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct keyring *k = keyring_new();
        struct err err = {0};
        generate("ed25519", ca);
        generate(types[i], other);
        generate(types[i], path);
        sign(ca, public_path);
        assert_int_equal(keyring_load_cert(k, public_path, &err), -1);
        assert_non_null(strstr(err.text, "not a certificate"));
        assert_int_equal(keyring_load_cert(k, cert, &err), 0);
        assert_int_equal(keyring_load(k, path, &err), 0);
        assert_int_equal(keyring_load(k, other, &err), 0);
        ssh_key both = keyring_certified(k, path, cert);
        assert_non_null(both);
        assert_ptr_not_equal(both, keyring_get(k, path));
        assert_ptr_equal(keyring_certified(k, path, cert), both);
        assert_null(keyring_certified(k, other, cert));
        assert_null(keyring_certified(k, path, other));
        assert_null(keyring_certified(k, cert, cert));
        keyring_free(k);
        (void)unlink(ca);
    }
    (void)snprintf(removed[0], sizeof(removed[0]), "%s.pub", ca);
    (void)snprintf(removed[1], sizeof(removed[1]), "%s.pub", other);
    (void)unlink(removed[0]);
    (void)unlink(removed[1]);
    (void)unlink(other);
    (void)unlink(cert);
}

/* ---------------------------------------------------------------- secrets */

enum { SECRET_BYTES = 64, WINDOW = 1 << 16 };

/* Byte i of the secret.  It is never whole in memory but where a test puts it. */
static unsigned char
secret_byte(int i)
{
    return (unsigned char)('!' + (i * 37 + (i >> 3) * 11) % 90);
}

static bool
has_secret(const unsigned char *bytes, size_t len)
{
    for (size_t at = 0; at + SECRET_BYTES <= len; at++) {
        int i = 0;
        while (i < SECRET_BYTES && bytes[at + (size_t)i] == secret_byte(i)) {
            i++;
        }
        if (i == SECRET_BYTES) {
            return true;
        }
    }
    return false;
}

/* How many windows of our writable memory hold the secret, freed memory too; read by the kernel, so
 * that no checker minds. */
static int
secrets_in_memory(void)
{
    static unsigned char window[WINDOW];
    FILE *maps = fopen("/proc/self/maps", "re");
    const int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    char line[600];
    int count = 0;

    assert_true(maps != NULL && memory >= 0);
    while (fgets(line, sizeof(line), maps) != NULL) {
        unsigned long begin;
        unsigned long end;
        char may[5];
        if (sscanf(line, "%lx-%lx %4s", &begin, &end, may) != 3 || may[1] != 'w' || may[3] != 'p' ||
            end - begin > 64UL << 20) { /* nothing of ours: shadows of the checkers */
            continue;
        }
        for (unsigned long at = begin; at < end; at += WINDOW - SECRET_BYTES) {
            const size_t want = end - at < WINDOW ? end - at : WINDOW;
            const ssize_t n = pread(memory, window, want, (off_t)at);
            count += n > 0 && has_secret(window, (size_t)n);
            explicit_bzero(window, sizeof(window));
        }
    }
    (void)close(memory);
    (void)fclose(maps);
    return count;
}

/* A file with a word in front, the secret in the middle, and something behind. */
static void
write_secret(const char *before, size_t len)
{
    unsigned char bytes[1024] = {0};

    memcpy(bytes, before, len);
    for (int i = 0; i < SECRET_BYTES; i++) {
        bytes[len + (size_t)i] = secret_byte(i);
    }
    write_key((const char *)bytes, sizeof(bytes), 0600);
    explicit_bzero(bytes, sizeof(bytes));
}

/* fault 44: keys in memory */
static void
test_leaves_nothing_of_a_file_in_memory(void **state)
{
    static const struct {
        const char *before;
        size_t len;
    } rows[] = {{"x", 1}, {"x\0y", 3}, {"\0", 1}};

    (void)state;
    if (getenv("RUNNER") != NULL) {
        skip(); /* valgrind keeps what libcrypto's PEM reader freed, as it was */
    }
    char *control = xcalloc(SECRET_BYTES, 1);
    for (int i = 0; i < SECRET_BYTES; i++) {
        control[i] = (char)secret_byte(i);
    }
    assert_int_equal(secrets_in_memory(), 1); /* the search does find one */
    explicit_bzero(control, SECRET_BYTES);
    free(control);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct keyring *k = keyring_new();
        write_secret(rows[i].before, rows[i].len);
        assert_int_equal(keyring_load(k, path, NULL), -1);
        assert_int_equal(secrets_in_memory(), 0);
        keyring_free(k);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loads_every_kind_of_key_without_a_passphrase),
        cmocka_unit_test(test_reads_a_file_once_and_keeps_several_apart),
        cmocka_unit_test(test_refuses_a_key_of_ours_that_is_open_to_others),
        cmocka_unit_test(test_refuses_what_is_not_a_private_key),
        cmocka_unit_test(test_says_why_a_file_cannot_be_read),
        cmocka_unit_test(test_unlocks_a_key_of_every_form_with_its_passphrase_only),
        cmocka_unit_test(test_finds_the_public_half_where_ssh_would),
        cmocka_unit_test(test_a_security_key_is_for_an_agent),
        cmocka_unit_test(test_a_certificate_goes_with_its_own_key_only),
        cmocka_unit_test(test_leaves_nothing_of_a_file_in_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

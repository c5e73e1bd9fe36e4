/*
 * test_hostkey_pool.c - host keys through the pool: who is let in, what is noted, what is only
 * seen.
 */
#include "unit/ssh/rig.h"
#include "unit/ssh/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

static struct zygote *zygote; /* started before libssh, as main() does */
static struct keyring *keyring;
static struct event_base *base;
static struct server server;
static char folder[] = "/tmp/im-hostkey-pool-XXXXXX";
static char key_path[64], known_path[64];
static const char *key_paths[] = {key_path, NULL};
static char own_key[128]; /* of the server, as base64 */

static int
setup(void **state)
{
    ssh_key key = NULL;
    struct err err;
    char *text = NULL;

    (void)state;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(key_path, sizeof(key_path), "%s/id", folder);
    (void)snprintf(known_path, sizeof(known_path), "%s/known_hosts", folder);
    if (ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) != SSH_OK ||
        ssh_pki_export_privkey_file(key, NULL, NULL, NULL, key_path) != SSH_OK ||
        ssh_pki_export_pubkey_base64(key, &text) != SSH_OK || chmod(key_path, 0600) < 0) {
        return -1;
    }
    (void)snprintf(own_key, sizeof(own_key), "%s", text);
    ssh_string_free_char(text);
    ssh_key_free(key);
    server = server_start(key_path); /* the host's key and the user's are one */
    base = event_base_new();
    zygote_attach(zygote, base);
    keyring = keyring_new();
    return keyring_load(keyring, key_path, &err);
}

static int
teardown(void **state)
{
    (void)state;
    server_stop(&server);
    keyring_free(keyring);
    zygote_detach(zygote);
    event_base_free(base);
    (void)unlink(known_path);
    (void)unlink(key_path);
    return rmdir(folder);
}

static void
on_accepted(void *arg, int32_t id, const struct hostkey_shown *key, const char *text)
{
    struct rig *r = arg;

    (void)id;
    hostkeys_add(r->hostkeys, key);
    (void)snprintf(r->text, sizeof(r->text), "%s", text);
    rig_note(r, "accepted", key->type);
}

static void
on_seen(void *arg, int32_t id, const struct hostkey_shown *key)
{
    (void)id;
    rig_note(arg, "seen", key->type);
}

static void
on_loud(void *arg, int32_t id, const char *text)
{
    struct rig *r = arg;

    (void)id;
    (void)snprintf(r->text, sizeof(r->text), "%s", text);
    rig_note(r, "warning", "");
}

/* lines: NULL, or of known_hosts, with %s for the server's key. */
static void
open_rig(struct rig *r, const char *lines, enum host_key_checking checking, bool listens)
{
    *r = (struct rig){.base = base, .zygote = zygote, .keyring = keyring};
    rig_open(r);
    if (lines != NULL) {
        FILE *f = fopen(known_path, "we");
        assert_non_null(f);
        for (const char *p = lines; *p != '\0'; p += *p == '%' ? 2 : 1) {
            assert_true(*p == '%' ? fputs(own_key, f) >= 0 : fputc(*p, f) != EOF);
        }
        assert_int_equal(fclose(f), 0);
        assert_int_equal(hostkeys_load(r->hostkeys, known_path, NULL), 0);
    }
    struct pool_config config = rig_config(r);
    config.checking = checking;
    config.events.warning = on_loud;
    config.events.host_key_accepted = listens ? on_accepted : NULL;
    config.events.host_key_seen = on_seen;
    r->pool = pool_new(&config);
}

static struct target
target_of(void)
{
    return (struct target){.name = "web-01",
                           .address = "127.0.0.1",
                           .port = server.port,
                           .user = "fleet",
                           .key_alias = "web",
                           .key_paths = key_paths};
}

static const char stranger[] =
    "AAAAC3NzaC1lZDI1NTE5AAAAIK9yUWcmyD8GZmOqDlvNpnW6Wc8o8Jr1b3iS1e9nZg3a";

static void
test_lets_in_who_is_known_and_says_who_is_not(void **state)
{
    static const struct {
        const char *line;
        enum host_key_checking checking;
        const char *log;
        const char *text;
    } rows[] = {
        {"web ssh-ed25519 %s\n", HOST_KEY_STRICT, "connected\n", ""},
        {NULL, HOST_KEY_STRICT, "connect_failed 5\n", "host key: unknown: ssh-ed25519 SHA256:"},
        {NULL, HOST_KEY_ACCEPT_NEW, "accepted ssh-ed25519\nconnected\n",
         "host key: new, accepted: ssh-ed25519 SHA256:"},
        {NULL, HOST_KEY_OFF, "warning\nconnected\n", "accepted without checking"},
        {"web ssh-ed25519 X\n", HOST_KEY_OFF, "connect_failed 5\n", "known_hosts:1"},
        {"web ssh-ed25519 X\n", HOST_KEY_ACCEPT_NEW, "connect_failed 5\n", "CHANGED"},
        {"@revoked * ssh-ed25519 %s\nweb ssh-ed25519 %s\n", HOST_KEY_OFF, "connect_failed 5\n",
         "is marked @revoked at "},
        {"@revoked * ssh-ed25519 %s\n", HOST_KEY_ACCEPT_NEW, "connect_failed 5\n", "revoked"},
        {"@cert-authority * ssh-ed25519 %s\n", HOST_KEY_ACCEPT_NEW, "connect_failed 5\n",
         "host certificates are not supported"},
        {"@cert-authority * ssh-ed25519 %s\nweb ssh-ed25519 X\n", HOST_KEY_OFF,
         "connect_failed 5\n", "host certificates are not supported"},
    };
    const struct target target = target_of();

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig r;
        char line[512] = "";
        for (const char *p = rows[i].line; p != NULL && *p != '\0'; p++) {
            const size_t len = strlen(line);
            (void)snprintf(line + len, sizeof(line) - len, *p == 'X' ? "%s" : "%.1s",
                           *p == 'X' ? stranger : p);
        }
        open_rig(&r, rows[i].line == NULL ? NULL : line, rows[i].checking, true);
        pool_connect(r.pool, 0, &target);
        assert_true(rig_wait(
            &r, strstr(rows[i].log, "connect_failed") != NULL ? "connect_failed" : "connected", 1));
        assert_string_equal(rig_log(&r), rows[i].log);
        if (strstr(r.text, rows[i].text) == NULL) {
            fail_msg("row %zu: \"%s\" is not in \"%s\"", i, rows[i].text, r.text);
        }
        rig_close(&r);
    }
}

/* The second host of a name, and a connection that comes again, are compared with the first. */
static void
test_a_key_that_was_accepted_is_known_from_then_on(void **state)
{
    const struct target target = target_of();
    struct rig r;

    (void)state;
    open_rig(&r, NULL, HOST_KEY_ACCEPT_NEW, true);
    pool_connect(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connected", 1));
    pool_connect(r.pool, 1, &target);
    assert_true(rig_wait(&r, "connected", 1));
    pool_disconnect(r.pool, 0);
    assert_true(rig_wait(&r, "disconnected", 1));
    pool_connect(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connected", 1));
    assert_string_equal(rig_log(&r),
                        "accepted ssh-ed25519\nconnected\nconnected\ndisconnected\nconnected\n");
    rig_close(&r);
}

static void
test_a_key_that_could_not_be_kept_is_not_accepted(void **state)
{
    struct target target = target_of();
    struct rig r;

    (void)state;
    open_rig(&r, NULL, HOST_KEY_ACCEPT_NEW, false); /* nobody keeps it */
    pool_connect(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connect_failed", 1));
    assert_string_equal(rig_log(&r), "connect_failed 5\n");
    rig_close(&r);
    target.key_alias = "web,*"; /* a line of this name would mean every host */
    open_rig(&r, NULL, HOST_KEY_ACCEPT_NEW, true);
    pool_connect(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connect_failed", 1));
    assert_string_equal(rig_log(&r), "connect_failed 5\n");
    rig_close(&r);
}

static void
test_a_scan_sees_the_key_and_logs_in_nowhere(void **state)
{
    struct target target = target_of();
    struct rig r;

    (void)state;
    target.key_paths = NULL;
    open_rig(&r, NULL, HOST_KEY_STRICT, true);
    pool_scan(r.pool, 0, &target);
    assert_true(rig_wait(&r, "disconnected", 1));
    assert_string_equal(rig_log(&r), "seen ssh-ed25519\ndisconnected\n");
    assert_int_equal(pool_open_count(r.pool), 0);
    target.host_key_algorithms = "rsa-sha2-512"; /* the server has none */
    target.host_key_exact = true;
    pool_scan(r.pool, 0, &target);
    assert_true(rig_wait(&r, "connect_failed", 1));
    assert_string_equal(rig_log(&r), "seen ssh-ed25519\ndisconnected\nconnect_failed 4\n");
    rig_close(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lets_in_who_is_known_and_says_who_is_not),
        cmocka_unit_test(test_a_key_that_was_accepted_is_known_from_then_on),
        cmocka_unit_test(test_a_key_that_could_not_be_kept_is_not_accepted),
        cmocka_unit_test(test_a_scan_sees_the_key_and_logs_in_nowhere),
    };
    struct err err;
    zygote = zygote_start(&err);
    const int failed = zygote == NULL ? 1 : cmocka_run_group_tests(tests, setup, teardown);
    zygote_free(zygote);
    return failed;
}

/*
 * test_hostcheck.c - who is let in, and in which order key types are asked for.
 */
#include "ssh/hostcheck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_only_an_unknown_key_depends_on_the_setting(void **state)
{
    static const struct {
        enum hostkey_verdict verdict;
        enum host_key_checking checking;
        enum hostcheck decided;
    } rows[] = {
        {HOSTKEY_KNOWN, HOST_KEY_STRICT, HOSTCHECK_TAKE},
        {HOSTKEY_KNOWN, HOST_KEY_ACCEPT_NEW, HOSTCHECK_TAKE},
        {HOSTKEY_KNOWN, HOST_KEY_OFF, HOSTCHECK_TAKE},
        {HOSTKEY_UNKNOWN, HOST_KEY_STRICT, HOSTCHECK_REFUSE},
        {HOSTKEY_UNKNOWN, HOST_KEY_ACCEPT_NEW, HOSTCHECK_TAKE_NEW},
        {HOSTKEY_UNKNOWN, HOST_KEY_OFF, HOSTCHECK_TAKE_LOUDLY},
        {HOSTKEY_CHANGED, HOST_KEY_STRICT, HOSTCHECK_REFUSE},
        {HOSTKEY_CHANGED, HOST_KEY_ACCEPT_NEW, HOSTCHECK_REFUSE},
        {HOSTKEY_CHANGED, HOST_KEY_OFF, HOSTCHECK_REFUSE},
        {HOSTKEY_REVOKED, HOST_KEY_STRICT, HOSTCHECK_REFUSE},
        {HOSTKEY_REVOKED, HOST_KEY_ACCEPT_NEW, HOSTCHECK_REFUSE},
        {HOSTKEY_REVOKED, HOST_KEY_OFF, HOSTCHECK_REFUSE},
        {HOSTKEY_CA, HOST_KEY_STRICT, HOSTCHECK_REFUSE},
        {HOSTKEY_CA, HOST_KEY_ACCEPT_NEW, HOSTCHECK_REFUSE},
        {HOSTKEY_CA, HOST_KEY_OFF, HOSTCHECK_REFUSE},
    };
    _Static_assert(sizeof(rows) / sizeof(rows[0]) == HOSTKEY_VERDICTS * (size_t)HOST_KEY_OFF,
                   "all combinations");

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (hostcheck_decide(rows[i].verdict, rows[i].checking) != rows[i].decided) {
            fail_msg("row %zu", i);
        }
    }
}

static void
test_asks_for_known_types_first_as_ssh_does(void **state)
{
    static const char ours[] = "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
                               "ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256";
    static const struct {
        const char *list;
        const char *known[3];
        const char *order;
    } rows[] = {
        {NULL, {NULL}, ours},
        {NULL, {"ssh-ed25519"}, ours},
        /* the first is known: all stays, as in ssh */
        {NULL, {"ssh-rsa", "ssh-ed25519"}, ours},
        {NULL,
         {"ssh-rsa"},
         "rsa-sha2-512,rsa-sha2-256,ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
         "ecdsa-sha2-nistp521"},
        {NULL,
         {"ssh-rsa", "ecdsa-sha2-nistp384"},
         "ecdsa-sha2-nistp384,rsa-sha2-512,rsa-sha2-256,ssh-ed25519,ecdsa-sha2-nistp256,"
         "ecdsa-sha2-nistp521"},
        {NULL, {"ssh-dss"}, ours}, /* nobody asks for it */
        {"rsa-sha2-256,ssh-ed25519", {"ssh-ed25519"}, "ssh-ed25519,rsa-sha2-256"},
        {"rsa-sha2-256,ssh-ed25519", {"ecdsa-sha2-nistp256"}, "rsa-sha2-256,ssh-ed25519"},
        {"ssh-rsa,x-unknown,ssh-ed25519", {"ssh-ed25519"}, "ssh-ed25519,ssh-rsa,x-unknown"},
        {",ssh-ed25519,", {NULL}, "ssh-ed25519"},
        {"", {"ssh-rsa"}, ""},
    };
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t count = 0;
        while (count < 3 && rows[i].known[count] != NULL) {
            count++;
        }
        buf_clear(&out);
        hostcheck_order(rows[i].list, rows[i].known, count, &out);
        assert_string_equal(out.data, rows[i].order);
    }
    buf_release(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_an_unknown_key_depends_on_the_setting),
        cmocka_unit_test(test_asks_for_known_types_first_as_ssh_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

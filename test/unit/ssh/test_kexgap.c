/*
 * test_kexgap.c - what is told when a key exchange has nothing in common.
 */
#include "ssh/kexgap.h"

#include <libssh/libssh.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { LISTS = 10 };

static const char *const usual[LISTS] = {
    "curve25519-sha256", "ssh-ed25519", "aes128-ctr", "aes128-ctr", "hmac-sha2-256",
    "hmac-sha2-256",     "none",        "none",       "",           "",
};

static void
add_u32(struct buf *b, size_t n)
{
    const unsigned char bytes[4] = {(unsigned char)(n >> 24), (unsigned char)(n >> 16),
                                    (unsigned char)(n >> 8), (unsigned char)n};

    assert_int_equal(buf_add(b, bytes, sizeof(bytes)), 0);
}

/* Banner and KEXINIT (RFC 4253, 7.1) with one list changed. */
static void
say(struct buf *heard, int changed, const char *list)
{
    static const char zeros[32];
    struct buf payload;

    buf_init(&payload, 4096);
    (void)buf_addc(&payload, 20);
    (void)buf_add(&payload, zeros, 16);
    for (int i = 0; i < LISTS; i++) {
        const char *text = i == changed ? list : usual[i];
        add_u32(&payload, strlen(text));
        (void)buf_adds(&payload, text);
    }
    (void)buf_add(&payload, zeros, 5);
    const size_t pad = 16 - (payload.len + 5) % 8;
    buf_init(heard, KEXGAP_BYTES_MAX);
    (void)buf_adds(heard, "SSH-2.0-test\r\n");
    add_u32(heard, 1 + payload.len + pad);
    (void)buf_addc(heard, (char)pad);
    (void)buf_add(heard, payload.data, payload.len);
    (void)buf_add(heard, zeros, pad);
    buf_release(&payload);
}

static ssh_session
client(void)
{
    const bool no = false;
    ssh_session ssh = ssh_new();

    assert_non_null(ssh);
    (void)ssh_options_set(ssh, SSH_OPTIONS_PROCESS_CONFIG, &no);
    (void)ssh_options_set(ssh, SSH_OPTIONS_HOST, "target");
    (void)ssh_options_set(ssh, SSH_OPTIONS_USER, "fleet");
    (void)ssh_options_set(ssh, SSH_OPTIONS_CIPHERS_C_S, "aes256-gcm@openssh.com,aes128-ctr");
    ssh_set_blocking(ssh, 0);
    return ssh;
}

/* fault 7: no common algorithm: both sides' lists are shown */
static void
test_names_what_is_not_in_common_with_both_lists(void **state)
{
    static const struct {
        int changed;
        const char *list;
        const char *told;
    } rows[] = {
        {0, "own-kex", "no common key exchange: the server has \"own-kex\", we have \"curve25519"},
        {1, "own-key", "no common host key algorithm: the server has \"own-key\", we have \"ssh-"},
        {2, "3des-cbc",
         "no common cipher: the server has \"3des-cbc\", we have "
         "\"aes256-gcm@openssh.com,aes128-ctr"},
        {2, "a\033[31m\nb",
         "no common cipher: the server has \"a\\x1b[31m\\nb\", we have \"aes256"},
        {4, "own-mac", "no common MAC: the server has \"own-mac\", we have \"hmac-"},
        {2, "", "no common cipher: the server has \"\", we have \"aes256"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ssh_session ssh = client();
        struct buf heard;
        struct buf out;
        say(&heard, rows[i].changed, rows[i].list);
        buf_init(&out, 1024);
        assert_true(kexgap_find(ssh, &heard, &out));
        if (strncmp(out.data, rows[i].told, strlen(rows[i].told)) != 0) {
            fail_msg("expected \"%s...\", got \"%s\"", rows[i].told, out.data);
        }
        assert_null(strchr(out.data, '\n'));
        buf_release(&out);
        buf_release(&heard);
        ssh_free(ssh);
    }
}

static void
test_says_nothing_of_other_failures_and_of_cut_words(void **state)
{
    ssh_session ssh = client();
    struct buf heard;
    struct buf out;

    (void)state;
    buf_init(&out, 1024);
    say(&heard, -1, NULL);
    assert_false(kexgap_find(ssh, &heard, &out));
    buf_release(&heard);
    say(&heard, 0, "own-kex");
    while (heard.len > 0) {
        heard.len -= heard.len > 40 ? 40 : heard.len;
        assert_false(kexgap_find(ssh, &heard, &out));
    }
    assert_int_equal(out.len, 0);
    buf_release(&heard);
    buf_release(&out);
    ssh_free(ssh);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_what_is_not_in_common_with_both_lists),
        cmocka_unit_test(test_says_nothing_of_other_failures_and_of_cut_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

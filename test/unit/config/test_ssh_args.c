/*
 * test_ssh_args.c - arguments of ssh as an inventory has them: what each becomes, what is refused.
 */
#include "config/ssh_args.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *text, *lines; /* with `|` behind each; NULL: refused */
} rows[] = {
    {"", ""},
    {"-C -o ControlMaster=auto -o ControlPersist=60s", "ControlMaster=auto|ControlPersist=60s|"},
    {"-oPort=22 -p23", "Port=22|Port \"23\"|"},
    {"-o 'ProxyCommand=ssh -W %h:%p \"jump host\"'", "ProxyCommand=ssh -W %h:%p \"jump host\"|"},
    {"-o \"User a#b\" # -q", NULL}, /* a `#` begins no comment: it is a word */
    {"-4 -C6", "AddressFamily \"inet\"|AddressFamily \"inet6\"|"},
    {"-J u@a:22,b -l me", "ProxyJump u@a:22,b|User \"me\"|"},
    {"-Cqi '/k \"x\\y'", "IdentityFile \"/k \\\"x\\\\y\"|"},
    {"-b 127.0.0.1 -c aes128-ctr -m hmac-sha2-256 -B lo",
     "BindAddress \"127.0.0.1\"|Ciphers \"aes128-ctr\"|MACs \"hmac-sha2-256\"|BindInterface "
     "\"lo\"|"},
    {"-L 80:h:80 -D 1 -R 2 -S none -A -tt -vvv -x", ""},
    {"-F /x", ""},
    {"host", NULL},
    {"-p 22 host", NULL},
    {"--", NULL},
    {"-", NULL},
    {"-o", NULL},
    {"-f", NULL},
    {"-N", NULL},
    {"-W a:1", NULL},
    {"-G", NULL},
    {"-O exit", NULL},
    {"-E /tmp/x", NULL},
    {"-o 'a", NULL},
};

static void
test_each_becomes_a_line_or_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ssh_args args = {0};
        struct buf lines;
        buf_init(&lines, 65536);
        const char *why = ssh_args_read(rows[i].text, &args);
        for (size_t k = 0; k < args.lines.count; k++) {
            (void)buf_addf(&lines, "%s|", args.lines.items[k]);
        }
        if ((why == NULL) != (rows[i].lines != NULL) ||
            (why == NULL && strcmp(lines.data, rows[i].lines) != 0)) {
            fail_msg("%s: %s %s", rows[i].text, why == NULL ? "taken as" : why, lines.data);
        }
        buf_release(&lines);
        ssh_args_release(&args);
    }
}

static void
test_the_last_file_counts(void **state)
{
    struct ssh_args args = {0};

    (void)state;
    assert_null(ssh_args_read("-F /a -F/b", &args));
    assert_string_equal(args.file, "/b");
    ssh_args_release(&args);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_becomes_a_line_or_is_refused),
        cmocka_unit_test(test_the_last_file_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_become.c - shells behind sudo, with a sudo of ours that asks and one that does not.
 *
 * The fake knows what the program relies on: -n fails where a password is needed, -S reads one line
 * of standard input only when it asks, -k forgets, -u names the user, a wrong password eats up to
 * three lines.
 */
#include "ssh/become.h"
#include "ssh/frame.h"

#include "unit/ssh/shell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

static const char nonce[] = "00112233445566778899aabbccddeeff";
static char folder[] = "/tmp/im-become-XXXXXX";

static const char fake_sudo[] =
    "#!/bin/sh\n"
    "who=root can_ask= ask=$FAKE_SUDO_ASKS\n"
    "while [ $# -gt 0 ]; do\n"
    "    case $1 in\n"
    "    -n) shift ;;\n"
    "    -S) can_ask=1; shift ;;\n"
    "    -p) shift 2 ;;\n"
    "    -k) shift ;;\n"
    "    -u) who=$2; shift 2 ;;\n"
    "    *) break ;;\n"
    "    esac\n"
    "done\n"
    "if [ -n \"$ask\" ]; then\n"
    "    [ -n \"$can_ask\" ] || { echo 'sudo: a password is required' >&2; exit 1; }\n"
    "    n=0\n"
    "    until IFS= read -r given && [ \"$given\" = 'right one' ]; do\n"
    "        n=$((n + 1))\n"
    "        [ $n -lt 3 ] || { echo \"sudo: $n incorrect password attempts\" >&2; exit 1; }\n"
    "        echo 'Sorry, try again.' >&2\n"
    "    done\n"
    "fi\n"
    "IM_WHO=$who exec \"$@\"\n";

static int
setup(void **state)
{
    char path[80];
    char with[4200];

    (void)state;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(path, sizeof(path), "%s/sudo", folder);
    FILE *f = fopen(path, "we");
    if (f == NULL || fputs(fake_sudo, f) < 0 || fchmod(fileno(f), 0755) < 0 || fclose(f) != 0) {
        return -1;
    }
    (void)snprintf(with, sizeof(with), "%s:%s", folder, getenv("PATH"));
    return setenv("PATH", with, 1);
}

static int
teardown(void **state)
{
    char path[80];

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/sudo", folder);
    (void)unlink(path);
    return rmdir(folder);
}

static void
make(struct buf *command, struct buf *input, const struct become *b, const char *script)
{
    const struct frame_request r = {
        .nonce = nonce, .key = "k", .script = script, .script_len = strlen(script)};
    struct err err;

    buf_init(command, BECOME_COMMAND_MAX);
    buf_init(input, FRAME_MAX);
    become_command(command, b, STEP_SCRIPT);
    become_lead(input, b);
    assert_int_equal(frame_build(input, &r, &err), 0);
}

static const struct become plain = {0};
static const struct become quiet = {.wanted = true};
static const struct become as_app = {.wanted = true, .user = "app"};
static const struct become right = {.wanted = true, .password = "right one"};
static const struct become right_app = {.wanted = true, .user = "app", .password = "right one"};
static const struct become wrong = {.wanted = true, .password = "wrong"};

static void
test_commands_are_constants_but_for_the_user(void **state)
{
    static const struct {
        const struct become *b;
        enum step_kind kind;
        const char *text; /* or its beginning */
    } rows[] = {
        {&plain, STEP_SCRIPT, "exec /bin/sh"},
        {&quiet, STEP_SCRIPT, "exec sudo -n /bin/sh"},
        {&as_app, STEP_SCRIPT, "exec sudo -n -u app /bin/sh"},
        {&right, STEP_SCRIPT,
         "exec sudo -S -p '' /bin/sh -c 'while IFS= read -r l;do [ \"$l\" = \"#B\" ]&&exec "
         "/bin/sh;done'"},
        {&plain, STEP_UPLOAD, "exec /bin/sh -c 'IFS= read -r h&&"},
        {&as_app, STEP_UPLOAD, "exec sudo -n -u app /bin/sh -c 'IFS= read -r h&&"},
        {&right, STEP_UPLOAD,
         "exec sudo -S -p '' /bin/sh -c 'while IFS= read -r l;do [ \"$l\" = \"#B\" ]&&break;done;"
         "IFS= read -r h&&"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf text;
        buf_init(&text, BECOME_COMMAND_MAX);
        become_command(&text, rows[i].b, rows[i].kind);
        assert_memory_equal(text.data, rows[i].text, strlen(rows[i].text));
        if (rows[i].kind == STEP_SCRIPT) {
            assert_string_equal(text.data, rows[i].text);
        }
        assert_null(strstr(text.data, "right one"));
        buf_release(&text);
    }
}

static void
test_a_script_runs_as_the_user_whether_sudo_asks_or_not(void **state)
{
    static const struct {
        const struct become *b;
        bool asks;
        const char *who; /* NULL: it did not run */
    } rows[] = {
        {&quiet, false, "root"},   {&as_app, false, "app"}, {&quiet, true, NULL},
        {&right, false, "root"},   {&right, true, "root"},  {&right_app, false, "app"},
        {&right_app, true, "app"}, {&wrong, false, "root"}, {&wrong, true, NULL},
    };
    static struct shell_result r;

    (void)state;
    for (int shell = 0; shell < SHELLS; shell++) {
        for (size_t i = 0; shell_here(shell) && i < sizeof(rows) / sizeof(rows[0]); i++) {
            struct buf command;
            struct buf input;
            char expected[40] = "";
            make(&command, &input, rows[i].b, "echo \"who $IM_WHO\"; cat; exit 5");
            (void)setenv("FAKE_SUDO_ASKS", rows[i].asks ? "1" : "", 1);
            shell_run(shell, command.data, input.data, input.len, &r);
            if (rows[i].who != NULL) {
                (void)snprintf(expected, sizeof(expected), "\nwho %s\n", rows[i].who);
                assert_int_equal(WEXITSTATUS(r.status), 5);
            }
            if (rows[i].who == NULL ? strstr(r.out, "STARTED") != NULL || r.status == 0
                                    : strstr(r.out, expected) == NULL) {
                fail_msg("%s, row %zu: %s", shells[shell][0], i, r.out);
            }
            assert_null(strstr(r.out, "right one"));
            buf_release(&command);
            buf_release(&input);
        }
    }
}

static void
test_the_check_tells_a_right_password_from_a_wrong_one(void **state)
{
    static const struct {
        const struct become *b;
        bool asks;
        int code;
    } rows[] = {{&right, true, 0},
                {&right, false, 0},
                {&wrong, true, 1},
                {&wrong, false, 0},
                {&right_app, true, 0}};
    static struct shell_result r;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf command;
        char input[80];
        buf_init(&command, BECOME_COMMAND_MAX);
        become_check(&command, rows[i].b);
        (void)setenv("FAKE_SUDO_ASKS", rows[i].asks ? "1" : "", 1);
        (void)snprintf(input, sizeof(input), "%s\n", rows[i].b->password);
        shell_run(0, command.data, input, strlen(input), &r);
        assert_int_equal(WEXITSTATUS(r.status), rows[i].code);
        buf_release(&command);
    }
}

static void
test_a_frame_behind_sudo_that_is_cut_never_runs(void **state)
{
    static const struct become *const rows[] = {&quiet, &right, &right_app};
    static struct shell_result r;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int asks = 0; asks < 2; asks++) {
            struct buf command;
            struct buf input;
            make(&command, &input, rows[i], "echo ran'' it");
            (void)setenv("FAKE_SUDO_ASKS", asks && rows[i]->password != NULL ? "1" : "", 1);
            for (size_t cut = 0; cut < input.len - 1; cut += 3) {
                shell_run(0, command.data, input.data, cut, &r);
                if (strstr(r.out, "ran it") != NULL || strstr(r.out, "STARTED") != NULL) {
                    fail_msg("row %zu, cut at %zu: %s", i, cut, r.out);
                }
            }
            buf_release(&command);
            buf_release(&input);
        }
    }
}

static void
test_refuses_users_and_passwords_that_are_something_else(void **state)
{
    static const struct {
        const char *user;
        const char *password;
        bool good;
    } rows[] = {
        {"app", "x", true},
        {"_www", NULL, true},
        {"svc.app-1", NULL, true},
        {"", NULL, false},
        {"-u", NULL, false},
        {"#0", NULL, false},
        {"a b", NULL, false},
        {"a;b", NULL, false},
        {"0", NULL, false},
        {NULL, "a\nb", false},
        {NULL, "a\r", false},
        {NULL, "", true},
        {"a234567890123456789012345678901234567890", NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct become b = {
            .wanted = true, .user = rows[i].user, .password = rows[i].password};
        struct err err = {0};
        if ((become_validate(&b, &err) == 0) != rows[i].good) {
            fail_msg("row %zu: %s", i, err.text);
        }
        assert_true(rows[i].good || err.kind == ERR_USAGE);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands_are_constants_but_for_the_user),
        cmocka_unit_test(test_a_script_runs_as_the_user_whether_sudo_asks_or_not),
        cmocka_unit_test(test_the_check_tells_a_right_password_from_a_wrong_one),
        cmocka_unit_test(test_a_frame_behind_sudo_that_is_cut_never_runs),
        cmocka_unit_test(test_refuses_users_and_passwords_that_are_something_else),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

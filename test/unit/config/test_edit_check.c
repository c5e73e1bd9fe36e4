/*
 * test_edit_check.c - what a form takes, and what it says of what it does not take.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/edit.h"
#include "config/edit_vars.h"
#include "folder.h"

typedef int check(void *arg, const char *text, struct err *err);

struct row {
    const char *text, *wrong; /* NULL: it is right */
};

static void
checks(check *fn, void *arg, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct err err = {0};
        const int rc = fn(arg, rows[i].text, &err);
        if (rc != (rows[i].wrong == NULL ? 0 : -1)) {
            fail_msg("%s: %d %s", rows[i].text, rc, err.text);
        }
        if (rows[i].wrong != NULL) {
            assert_string_equal(err.text, rows[i].wrong);
        }
    }
}
#define CHECKS(fn, rows) checks(fn, NULL, rows, sizeof(rows) / sizeof((rows)[0]))

static void
test_a_name_is_what_the_inventory_takes(void **state)
{
    static const struct row rows[] = {
        {"web-01", NULL},
        {"10.0.0.1", NULL},
        {"2001:db8::1", NULL},
        {"_a", NULL},
        {"", "a name is needed"},
        {"-x", "a name begins with a letter, a digit or _"},
        {"a b", "a name has letters, digits, '.', '_' and '-', not ' '"},
        {"web[1:3]", "a name has letters, digits, '.', '_' and '-', not '['"},
        {"w\xc3\xa9", "a name has letters, digits, '.', '_' and '-', not '\xc3\xa9'"},
        {"a\x1b", "a name has letters, digits, '.', '_' and '-', not '\\x1b'"},
    };
    static const struct row envs[] = {
        {"test-multi", NULL},
        {"_hosts", "an environment does not begin with _"},
        {"../x", "an environment begins with a letter, a digit or _"},
        {"a/b", "an environment has letters, digits, '.', '_' and '-', not '/'"},
        {"", "an environment is needed"},
    };
    static const struct row groups[] = {
        {"", NULL},
        {"web", NULL},
        {"a:b", "a group has letters, digits, '.', '_' and '-', not ':'"},
    };
    char long_name[300];

    (void)state;
    CHECKS(edit_check_name, rows);
    CHECKS(edit_check_env, envs);
    CHECKS(edit_check_group, groups);
    memset(long_name, 'a', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    struct row too_long[] = {{long_name, "a name has at most 253 bytes"}};
    CHECKS(edit_check_name, too_long);
    long_name[65] = '\0';
    struct row env[] = {{long_name, "an environment has at most 64 letters"}};
    CHECKS(edit_check_env, env);
}

static void
test_an_address_is_a_name_or_one_of_either_kind(void **state)
{
    static const struct row rows[] = {
        {"", NULL},
        {"10.0.0.7", NULL},
        {"2001:db8::7", NULL},
        {"fe80::1%eth0", NULL},
        {"web-01.example.com", NULL},
        {"web-01.example.com.", NULL},
        {"{{ ip }}", NULL},
        {"10.0.0.300", "no IPv4 address: four numbers from 0 to 255, 10.0.0.7"},
        {"10.0.0", "no IPv4 address: four numbers from 0 to 255, 10.0.0.7"},
        {"10.0.0.7:22", "the port has a field of its own"},
        {"1:2:3", "no IPv6 address: it looks like 2001:db8::7"},
        {"fe80::1%", "no IPv6 address: it looks like 2001:db8::7"},
        {"-oProxyCommand=x", "it must not begin with -"},
        {"a b", "a blank in it"},
        {"a\tb", "a control character in it"},
        {"a\xff", "not UTF-8"},
        {"a@b", "an address has letters, digits, '.', '_' and '-', not '@'"},
        {"a..b", "between dots there are 1 to 63 letters: an address like 10.0.0.7, 2001:db8::7 "
                 "or web-01.example.com"},
    };
    static const struct row users[] = {
        {"", NULL},
        {"deploy", NULL},
        {"dom\\user", NULL},
        {"-l", "it must not begin with -"},
        {"a b", "a blank in it"},
    };

    (void)state;
    CHECKS(edit_check_address, rows);
    CHECKS(edit_check_user, users);
}

static void
test_a_port_is_a_number(void **state)
{
    static const char wrong[] = "a port is a number from 1 to 65535";
    static const struct row rows[] = {{"", NULL},        {"22", NULL},     {"65535", NULL},
                                      {"{{ p }}", NULL}, {"0", wrong},     {"65536", wrong},
                                      {"022", wrong},    {"ssh", wrong},   {"2 2", wrong},
                                      {"-1", wrong},     {"999999", wrong}};

    (void)state;
    CHECKS(edit_check_port, rows);
}

static void
key_says(const struct folder *f, const char *text, const char *wrong)
{
    struct err err = {0};
    char root[sizeof(f->path)];

    (void)snprintf(root, sizeof(root), "%s", f->path);
    const int rc = edit_check_key_file(root, text, &err);
    assert_string_equal(folder_strip(f, err.text), wrong);
    assert_int_equal(rc, wrong[0] == '\0' ? 0 : -1);
}

static void
test_a_key_file_is_one_that_we_may_read_and_others_not(void **state)
{
    struct folder f;

    (void)state;
    folder_make(&f);
    folder_text(&f, "keys/id", "x");
    folder_text(&f, "keys/id.pub", "x");
    char *path = xasprintf("%s/keys/id", f.path);
    assert_int_equal(chmod(path, 0600), 0);
    key_says(&f, "", "");
    key_says(&f, "keys/id", "");
    key_says(&f, path, "");
    key_says(&f, "{{ key }}", "");
    key_says(&f, "keys/no", "keys/no: No such file or directory");
    key_says(&f, "keys", "keys: not a file");
    key_says(&f, "keys/id.pub",
             "keys/id.pub: the public half: the key file is the one without .pub");
    assert_int_equal(chmod(path, 0644), 0);
    key_says(&f, "keys/id", "keys/id: others may read it: chmod 600");
    key_says(&f, "-i", "it must not begin with -");
    free(path);
    folder_remove(&f);
}

static void
test_variables_are_typed_as_in_yaml(void **state)
{
    static const char form[] = "expected name=value, name=value; a name has letters, digits and _";
    static const struct row rows[] = {
        {"", NULL},
        {"  ", NULL},
        {"a=1", NULL},
        {"a=1, b=two", NULL},
        {"a = 1 , b = two ,", NULL},
        {"a=[1, 2], b={x: 1, y: 'a, b'}", NULL},
        {"a=\"x, y=\\\" z\", b='it''s'", NULL},
        {"a=it's, b=2", NULL},
        {"a=, b=1", NULL},
        {"a", form},
        {"1a=2", form},
        {"a-b=2", form},
        {"a=1, , b=2", form},
        {"a=1, a=2", "a: given twice"},
        {"a=}", "a: expected a value as in YAML; with , : # or { in it, in quotes"},
        {"a=[1", "a: expected a value as in YAML; with , : # or { in it, in quotes"},
        {"a=1 # x", "a: expected a value as in YAML; with , : # or { in it, in quotes"},
        {"a=x: 1", "a: expected a value as in YAML; with , : # or { in it, in quotes"},
        {"a=*x", "a: expected a value as in YAML; with , : # or { in it, in quotes"},
        {"a={{ x }}", "a: expected a value as in YAML; with , : # or { in it, in quotes"},
        {"ansible_host=x", "ansible_host has a field of its own"},
        {"ansible_ssh_port=1", "ansible_ssh_port has a field of its own"},
        {"a=\n", "a control character in it, or no UTF-8"},
        {"a=\xff", "a control character in it, or no UTF-8"},
    };

    (void)state;
    CHECKS(edit_check_vars, rows);
}

static bool
is_hidden(const char *name)
{
    return strcmp(name, "hidden") == 0;
}

static void
test_what_is_written_in_a_line_is_read_as_the_same(void **state)
{
    static const char line[] =
        "a=1, b=two, c=[1, \"x, y\"], d='yes', e=True, f='{{ g }}', g=1.5, h='01', i='it''s: x'";
    struct edit_vars first, second;
    struct err err = {0};
    struct buf text;

    (void)state;
    assert_int_equal(edit_vars_read(line, &first, &err), 0);
    value_dict_add(first.dict, "hidden", value_int(1));
    value_dict_add(first.dict, "not-a-name", value_int(1));
    value_dict_add(first.dict, "last", value_text("a\nb"));
    value_dict_add(first.dict, "tab", value_text("a\tb"));
    buf_init(&text, 4096);
    edit_vars_write(first.dict, is_hidden, &text);
    assert_string_equal(text.data,
                        "a=1, b=two, c=[1, \"x, y\"], d='yes', e=true, f='{{ g }}', g=1.5, "
                        "h='01', i='it''s: x', last=\"a\\nb\", "
                        "tab=\"a\\tb\"");
    assert_int_equal(edit_vars_read(text.data, &second, &err), 0);
    for (size_t i = 0; i < second.dict->count; i++) {
        assert_true(
            value_is_same(second.dict->items[i], value_dict_get(first.dict, second.dict->keys[i])));
    }
    assert_int_equal(second.dict->count, first.dict->count - 2);
    buf_release(&text);
    edit_vars_release(&first);
    edit_vars_release(&second);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_is_what_the_inventory_takes),
        cmocka_unit_test(test_an_address_is_a_name_or_one_of_either_kind),
        cmocka_unit_test(test_a_port_is_a_number),
        cmocka_unit_test(test_a_key_file_is_one_that_we_may_read_and_others_not),
        cmocka_unit_test(test_variables_are_typed_as_in_yaml),
        cmocka_unit_test(test_what_is_written_in_a_line_is_read_as_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

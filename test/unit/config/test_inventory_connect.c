/*
 * test_inventory_connect.c - the connection variables of a host: types, bounds, what is not yet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inventory_fixture.h"

static void
test_reads_connection_variables(void **state)
{
    const struct value *vars = NULL;
    struct inventory *inv = load_good(
        *state,
        "all:\n"
        "  vars: {ansible_user: deploy, ansible_connection: ssh, ansible_become: '{{ x }}'}\n"
        "  hosts:\n"
        "    a: {ansible_host: 10.0.0.1, ansible_port: 2222,\n"
        "        ansible_ssh_private_key_file: keys/my key}\n"
        "    b: {ansible_ssh_host: 'fe80::1%eth0', ansible_ssh_port: '65535',\n"
        "        ansible_ssh_user: root, ansible_private_key_file: /k}\n"
        "    c: {ansible_port: 1, ansible_user: , ansible_host: }\n");
    const struct host *a = host_named(inv, "a", &vars);
    const struct host *b = host_named(inv, "b", &vars);
    const struct host *c = host_named(inv, "c", &vars);

    assert_string_equal(a->address, "10.0.0.1");
    assert_int_equal(a->port, 2222);
    assert_string_equal(a->user, "deploy");
    assert_string_equal(a->key_path, "/root-of-project/keys/my key");
    assert_string_equal(b->address, "fe80::1%eth0");
    assert_int_equal(b->port, 65535);
    assert_string_equal(b->user, "root"); /* Ansible lets the old name win, wherever it is */
    assert_string_equal(b->key_path, "/k");
    assert_string_equal(c->address, "c");
    assert_int_equal(c->port, 1);
    assert_null(c->user);
    assert_null(c->key_path);
    inventory_free(inv);
}

static void
test_a_tilde_is_the_home_of_who_runs_us(void **state)
{
    const struct value *vars = NULL;
    const char *home = getenv("HOME");
    char *old = home != NULL ? xstrdup(home) : NULL;

    assert_int_equal(setenv("HOME", "/home/me", 1), 0);
    struct inventory *inv =
        load_good(*state, "all: {hosts: {a: {ansible_ssh_private_key_file: ~/.ssh/k}}}\n");
    assert_string_equal(host_named(inv, "a", &vars)->key_path, "/home/me/.ssh/k");
    inventory_free(inv);
    assert_int_equal(old != NULL ? setenv("HOME", old, 1) : unsetenv("HOME"), 0);
    free(old);
}

static void
test_connection_variables_have_types_and_bounds(void **state)
{
    static const struct {
        const char *var, *value, *expected;
    } rows[] = {
        {"ansible_port", "0", "a number from 1 to 65535"},
        {"ansible_port", "65536", "a number from 1 to 65535"},
        {"ansible_port", "-1", "a number from 1 to 65535"},
        {"ansible_port", "99999999999999999999", "a number from 1 to 65535"},
        {"ansible_port", "'22x'", "a number from 1 to 65535"},
        {"ansible_port", "' 22'", "a number from 1 to 65535"},
        {"ansible_port", "'+22'", "a number from 1 to 65535"},
        {"ansible_port", "''", "a number from 1 to 65535"},
        {"ansible_port", "22.5", "a number from 1 to 65535"},
        {"ansible_port", "true", "a number from 1 to 65535"},
        {"ansible_port", "[22]", "a number from 1 to 65535"},
        {"ansible_host", "-oProxyCommand=id", "a name or an address"},
        {"ansible_host", "''", "a name or an address"},
        {"ansible_host", "a b", "a name or an address"},
        {"ansible_host", "\"a\\nb\"", "a name or an address"},
        {"ansible_host", "\"a\\x1b[31m\"", "a name or an address"},
        {"ansible_host", "\"a\\x7f\"", "a name or an address"},
        {"ansible_host", "\"a\\x01b\"", "a name or an address"},
        {"ansible_host", "5", "a name or an address"},
        {"ansible_host", "[a]", "a name or an address"},
        {"ansible_user", "-l", "the name of a user"},
        {"ansible_user", "1000", "the name of a user"},
        {"ansible_user", "\"a\\tb\"", "the name of a user"},
        {"ansible_ssh_private_key_file", "-x", "the path of a key file"},
        {"ansible_ssh_private_key_file", "\"a\\rb\"", "the path of a key file"},
        {"ansible_ssh_private_key_file", "{a: 1}", "the path of a key file"},
        {"ansible_connection", "docker", "ssh or local"},
        {"ansible_connection", "Local", "ssh or local"},
        {"ansible_connection", "ansible.builtin.", "ssh or local"},
        {"ansible_connection", "community.docker.local", "ssh or local"},
        {"ansible_connection", "[local]", "ssh or local"},
        {"ansible_connection", "true", "ssh or local"},
        {"ansible_ssh_common_args", "5", "arguments of ssh"},
        {"ansible_become", "maybe", "true or false"},
        {"ansible_become_user", "-u", "the name of a user"},
        {"ansible_become_password", "[a]", "a text"},
        {"ansible_become_method", "su", "sudo: there is no other method"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = xasprintf("all:\n  hosts:\n    a: {%s: %s}\n", rows[i].var, rows[i].value);
        char *expected = xasprintf("hosts.yml:3:%zu: a: %s: expected %s", strlen(rows[i].var) + 11,
                                   rows[i].var, rows[i].expected);
        tells(*state, text, expected, false);
        free(text);
        free(expected);
    }
}

static void
test_a_connection_is_ssh_or_local(void **state)
{
    static const struct {
        const char *value;
        bool local;
    } rows[] = {{"ssh", false},          {"smart", false}, {"paramiko", false},
                {"paramiko_ssh", false}, {"", false},      {"ansible.builtin.ssh", false},
                {"''", false},           {"local", true},  {"ansible.builtin.local", true},
                {"'{{ way }}'", true}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text =
            xasprintf("all: {hosts: {a: {way: local, ansible_connection: %s}}}\n", rows[i].value);
        struct inventory *inv = load_good(*state, text);
        assert_int_equal(inventory_host(inv, 0)->local, rows[i].local);
        assert_string_equal(inventory_host(inv, 0)->address, "a");
        inventory_free(inv);
        free(text);
    }
}

static void
test_templates_are_rendered_for_each_host(void **state)
{
    const struct value *vars = NULL;
    struct inventory *inv = load_good(
        *state, "all:\n"
                "  vars: {ansible_host: '{{ inventory_hostname_short }}.{{ zone }}.example.org',\n"
                "         zone: eu, ansible_port: '{{ base }}2', base: 222, ansible_user: u}\n"
                "  hosts: {a.x: , b: {zone: us, ansible_ssh_user: \"{{ groups['all'][0] }}\"}}\n");

    assert_string_equal(host_named(inv, "a.x", &vars)->address, "a.eu.example.org");
    assert_string_equal(host_named(inv, "b", &vars)->address, "b.us.example.org");
    assert_int_equal(host_named(inv, "b", &vars)->port, 2222);
    inventory_free(inv);
    tells(*state, "all: {hosts: {a: {ansible_host: '{{ x }}'}}}\n",
          "hosts.yml:1:33: a: ansible_host: 'x' is undefined", false);
    tells(*state, "all: {hosts: {a: {ansible_host: '{% if x %}y{% endif %}'}}}\n",
          "hosts.yml:1:33: a: ansible_host: {% %} is not supported, only {{ }}", false);
    tells(*state, "all: {hosts: {a: {h: '-x', ansible_host: '{{ h }}'}}}\n",
          "hosts.yml:1:42: a: ansible_host: expected a name or an address", false);
}

static void
test_extra_variables_win(void **state)
{
    const struct folder *f = *state;
    struct mistakes m = {0};
    struct value *extra = value_new(VALUE_DICT);
    const struct inventory_request request = {.root = "/r", .dir = f->path, .extra = extra};

    folder_text(f, "hosts.yml",
                "all: {hosts: {a: {ansible_user: x, ansible_host: '{{ n }}.org'}}}\n");
    value_dict_set(extra, "ansible_user", value_text("me"));
    value_dict_set(extra, "n", value_text("h"));
    struct inventory *inv = inventory_load(&request, &m);
    assert_non_null(inv);
    assert_string_equal(inventory_host(inv, 0)->user, "me");
    assert_string_equal(inventory_host(inv, 0)->address, "h.org");
    inventory_free(inv);
    value_dict_set(extra, "ansible_port", value_text("x"));
    assert_null(inventory_load(&request, &m));
    assert_string_equal(m.errors.items[0],
                        "-e: a: ansible_port: expected a number from 1 to 65535");
    mistakes_release(&m);
    value_free(extra);
}

static void
test_variables_of_a_connection_may_be_empty(void **state)
{
    struct inventory *inv = load_good(*state, "all:\n  hosts:\n"
                                              "    a: {ansible_password: '', ansible_ssh_pass: ~,\n"
                                              "        ansible_ssh_common_args: no,\n"
                                              "        ansible_ssh_extra_args: '',\n"
                                              "        ansible_connection: ~}\n");

    assert_int_equal(inventory_count(inv), 1);
    inventory_free(inv);
}

static void
test_arguments_of_ssh_become_lines_in_the_order_of_ansible(void **state)
{
    const struct value *vars = NULL;
    struct inventory *inv =
        load_good(*state, "all:\n  vars: {ansible_ssh_args: '-C -o ControlMaster=auto'}\n  hosts:\n"
                          "    a: {ansible_ssh_extra_args: -p 23, jump: bastion,\n"
                          "        ansible_ssh_common_args: '-J {{ jump }} -F conf/ssh'}\n"
                          "    b: {ansible_ssh_common_args: -F none}\n");
    const struct host *a = host_named(inv, "a", &vars);

    assert_int_equal(a->ssh_first.count, 1);
    assert_string_equal(a->ssh_first.items[0], "ControlMaster=auto");
    assert_int_equal(a->ssh_options.count, 2);
    assert_string_equal(a->ssh_options.items[0], "ProxyJump bastion");
    assert_string_equal(a->ssh_options.items[1], "Port \"23\"");
    assert_string_equal(a->ssh_config, "/root-of-project/conf/ssh");
    assert_non_null(strstr(a->ssh_where, "hosts.yml:2:28"));
    assert_int_equal(a->port, 0);
    assert_string_equal(host_named(inv, "b", &vars)->ssh_config, "none");
    inventory_free(inv);
}

static void
test_two_ways_to_one_address_are_two_machines(void **state)
{
    struct inventory *inv = load_good(
        *state, "all:\n  vars: {ansible_host: 10.0.0.1}\n  hosts:\n"
                "    a: {ansible_ssh_common_args: -J paris}\n"
                "    b: {ansible_ssh_common_args: -J lyon}\n    c: {ansible_port: 22}\n    d:\n");

    assert_int_equal(inventory_count(inv), 4);
    inventory_free(inv);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_reads_connection_variables),
        T(test_a_tilde_is_the_home_of_who_runs_us),
        T(test_connection_variables_have_types_and_bounds),
        T(test_a_connection_is_ssh_or_local),
        T(test_templates_are_rendered_for_each_host),
        T(test_extra_variables_win),
        T(test_variables_of_a_connection_may_be_empty),
        T(test_arguments_of_ssh_become_lines_in_the_order_of_ansible),
        T(test_two_ways_to_one_address_are_two_machines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_inventory.c - hosts.yml read: groups, variables, limits, and every mistake with its place.
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
#include "mutate.h"

/* ---------------------------------------------------------------- groups */

static void
test_reads_groups_with_nested_children(void **state)
{
    const struct value *vars = NULL;
    struct inventory *inv = load_good(*state, "all:\n"
                                              "  hosts: {lone: }\n"
                                              "  children:\n"
                                              "    prod:\n"
                                              "      children:\n"
                                              "        web: {hosts: {'web-[01:02]': }}\n"
                                              "        db:\n"
                                              "          hosts:\n"
                                              "            db-1:\n"
                                              "spare:\n"
                                              "  hosts: {web-02: , x: {a: 1}}\n"
                                              "nobody:\n");

    assert_int_equal(inventory_count(inv), 5);
    is_list(inventory_groups(inv), "all ungrouped prod web db spare nobody");
    is_list(inventory_members(inv, "all"), "lone web-02 x web-01 db-1"); /* nearest first */
    is_list(inventory_members(inv, "prod"), "web-01 web-02 db-1");
    is_list(inventory_members(inv, "spare"), "web-02 x");
    is_list(inventory_members(inv, "nobody"), "");
    is_list(inventory_members(inv, "ungrouped"), "lone");
    assert_null(inventory_members(inv, "lone"));
    is_list(&host_named(inv, "web-02", &vars)->groups, "prod spare web");
    is_list(&host_named(inv, "lone", &vars)->groups, "ungrouped");
    assert_int_equal(host_named(inv, "web-01", &vars)->line, 6);
    assert_int_equal(host_named(inv, "web-01", &vars)->col, 23);
    assert_int_equal(host_named(inv, "x", &vars)->line, 11);
    inventory_free(inv);
}

static void
test_a_host_of_a_group_is_not_ungrouped_whatever_the_file_says(void **state)
{
    const struct value *vars = NULL;
    struct inventory *inv = load_good(*state, "ungrouped: {hosts: {a: , b: }, vars: {u: 1}}\n"
                                              "web: {hosts: {b: }}\n");

    is_list(inventory_members(inv, "ungrouped"), "a");
    is_list(&host_named(inv, "b", &vars)->groups, "web");
    is_list(&host_named(inv, "a", &vars)->groups, "ungrouped");
    has_var(inv, "a", "u", "1");
    has_var(inv, "b", "u", "absent");
    inventory_free(inv);
}

static void
test_an_alias_stands_for_what_it_names(void **state)
{
    struct inventory *inv = load_good(*state, "a: {hosts: {x: &v {k: 1}}, vars: &w {g: 2}}\n"
                                              "b: {hosts: {y: *v, z: {<<: *v, k: 3}}, vars: *w}\n");

    has_var(inv, "y", "k", "1");
    has_var(inv, "z", "k", "3");
    has_var(inv, "y", "g", "2");
    inventory_free(inv);
}

/* ---------------------------------------------------------------- precedence */

static void
test_texts_stand_for_mappings_and_ports_for_variables_as_in_ansible(void **state)
{
    const struct folder *f = *state;
    struct mistakes m = {0};
    struct inventory *inv = load(f,
                                 "web: {hosts: 'w[1:2]:2222', _note: x}\n"
                                 "top: {children: web, vars: {x-y: 1}}\n"
                                 "db: {hosts: {w1:22: , '[::1]:5': {}, d: 0, e: ''}}\n",
                                 &m);

    assert_non_null(inv);
    assert_int_equal(m.warnings.count, 1);
    assert_string_equal(folder_strip(f, m.warnings.items[0]),
                        "hosts.yml:1:29: _note: unknown key of group web is skipped: there are "
                        "hosts, vars and children");
    mistakes_release(&m);
    is_list(inventory_members(inv, "top"), "w1 w2");
    is_list(inventory_members(inv, "db"), "w1 ::1 d e");
    has_var(inv, "w1", "ansible_port", "2222"); /* the first naming has it */
    has_var(inv, "::1", "ansible_port", "5");
    has_var(inv, "w1", "x-y", "1");
    inventory_free(inv);
}

/* Ansible sets it of whoever has the name, and looks at groups first (data.py, set_variable). */
static void
test_variables_of_a_host_named_as_a_group_are_the_groups(void **state)
{
    const struct folder *f = *state;
    struct mistakes m = {0};
    struct inventory *inv = load(f, "web: {hosts: {a: , web: {x: 1}}}\n", &m);

    assert_non_null(inv);
    assert_string_equal(folder_strip(f, m.warnings.items[0]),
                        "hosts.yml:1:20: web is both a host and a group");
    has_var(inv, "a", "x", "1");
    inventory_free(inv);
    mistakes_release(&m);
}

/* Level by level from all down, each in the order of adding (group.py, get_hosts). */
static void
test_hosts_stand_in_ansibles_order(void **state)
{
    struct inventory *inv = load_good(*state, "deep: {children: {mid: {hosts: {m: }}}}\n"
                                              "flat: {hosts: {f: }}\n"
                                              "all: {hosts: {z: , m: }}\n");

    is_list(inventory_members(inv, "all"), "z m f");
    assert_string_equal(inventory_host(inv, 0)->name, "z");
    is_list(inventory_members(inv, "ungrouped"), "z");
    inventory_free(inv);
}

static void
test_what_is_json_is_read_as_json(void **state)
{
    struct inventory *inv =
        load_good(*state, "{\"all\": {\"hosts\": {\"a\": {\"f\": 1e5, \"s\": "
                          "\"\\ud83d\\ude00\\/\", \"i\": 12, \"y\": \"yes\"}}}}\n");

    has_var(inv, "a", "f", "100000.0");
    has_var(inv, "a", "s", "\"\xf0\x9f\x98\x80/\"");
    has_var(inv, "a", "i", "12");
    has_var(inv, "a", "y", "\"yes\"");
    inventory_free(inv);
}

static void
test_nearer_groups_and_the_host_itself_win(void **state)
{
    struct inventory *inv =
        load_good(*state, "all:\n"
                          "  vars: {a: all, p: all, c: all, h: all, d: {x: 1, y: 2}}\n"
                          "  children:\n"
                          "    parent:\n"
                          "      vars: {p: parent, c: parent, h: parent}\n"
                          "      children:\n"
                          "        child:\n"
                          "          vars: {c: child, h: child, d: {x: 9}}\n"
                          "          hosts: {w: {h: host}, v: }\n");

    has_var(inv, "w", "a", "\"all\"");
    has_var(inv, "w", "p", "\"parent\"");
    has_var(inv, "w", "c", "\"child\"");
    has_var(inv, "w", "h", "\"host\"");
    has_var(inv, "v", "h", "\"child\"");
    has_var(inv, "w", "d", "{\"x\": 9}"); /* replaced, not merged */
    inventory_free(inv);
}

static void
test_equal_depth_is_ordered_by_priority_then_name(void **state)
{
    struct inventory *inv =
        load_good(*state, "b: {hosts: {w: }, vars: {x: b, y: b}}\n"
                          "a: {hosts: {w: }, vars: {x: a, y: a, ansible_group_priority: 10}}\n"
                          "c: {hosts: {w: }, vars: {x: c}}\n"
                          "low: {hosts: {w: }, vars: {x: low, y: low, z: low, "
                          "ansible_group_priority: -1}}\n");

    has_var(inv, "w", "x", "\"a\"");
    has_var(inv, "w", "y", "\"a\"");
    has_var(inv, "w", "z", "\"low\"");
    has_var(inv, "w", "ansible_group_priority", "absent");
    inventory_free(inv);
}

/* The longest way counts: leaf is below mid, though the file names it beside it too. */
static void
test_the_depth_of_a_group_is_its_longest_way(void **state)
{
    struct inventory *inv = load_good(*state, "leaf: {hosts: {w: }, vars: {x: leaf}}\n"
                                              "top: {children: {leaf: , mid: }}\n"
                                              "mid: {children: {leaf: }, vars: {x: mid}}\n"
                                              "zz: {hosts: {w: }, vars: {x: zz}}\n");

    has_var(inv, "w", "x", "\"leaf\"");
    inventory_free(inv);
}

/* fault 41: the same name twice */
static void
test_a_host_named_several_times_has_all_its_variables(void **state)
{
    struct inventory *inv = load_good(*state, "a: {hosts: {'w[1:3]': {x: range, y: range}}}\n"
                                              "b: {hosts: {w2: {x: own, z: own}}}\n");

    assert_int_equal(inventory_count(inv), 3);
    has_var(inv, "w1", "x", "\"range\"");
    has_var(inv, "w2", "x", "\"own\"");
    has_var(inv, "w2", "y", "\"range\"");
    has_var(inv, "w2", "z", "\"own\"");
    inventory_free(inv);
}

static void
test_types_are_those_of_yaml_1_1(void **state)
{
    struct inventory *inv = load_good(*state, "all: {hosts: {w: {a: on, b: 0644, c: 1.10, d: '5', "
                                              "e: , f: [1, x], g: {k: v}}}}\n");

    has_var(inv, "w", "a", "true");
    has_var(inv, "w", "b", "420");
    has_var(inv, "w", "c", "1.1");
    has_var(inv, "w", "d", "\"5\"");
    has_var(inv, "w", "e", "null");
    has_var(inv, "w", "f", "[1, \"x\"]");
    has_var(inv, "w", "g", "{\"k\": \"v\"}");
    inventory_free(inv);
}

/* ---------------------------------------------------------------- mistakes */

static void
test_refuses_wrong_shapes_with_their_place(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"", "hosts.yml: no hosts"},
        {"# nothing\n", "hosts.yml: no hosts"},
        {"all:\n", "hosts.yml: no hosts"},
        {"[a]\n", "hosts.yml:1:1: expected groups, such as `all:`, got a list"},
        {"all: [a]\n", "hosts.yml:1:6: all: expected hosts, vars or children, got a list"},
        {"all:\n  hosts: [a]\n",
         "hosts.yml:2:10: hosts: expected host names, each as `name:`, got a list"},
        {"all:\n  hosts: 5\n",
         "hosts.yml:2:10: hosts: expected host names, each as `name:`, got \"5\""},
        {"all: {hosts: {010: }}",
         "hosts.yml:1:15: expected the name of a host, got 010, which is no text in YAML: a name "
         "like that goes into quotes"},
        {"all: {children: {null: }}",
         "hosts.yml:1:18: expected the name of a group, got null, which is no text in YAML: a name "
         "like that goes into quotes"},
        {"yes: {hosts: {a: }}",
         "hosts.yml:1:1: expected the name of a group, got yes, which is no text in YAML: a name "
         "like that goes into quotes"},
        {"all: {hosts: 2024-01-31}",
         "hosts.yml:1:14: expected the name of a host, got 2024-01-31, which is no text in YAML: a "
         "name like that goes into quotes"},
        {"all: {hosts: {!!int '1': }}",
         "hosts.yml:1:15: expected the name of a host, got 1 with a tag, which is no text in YAML: "
         "a name like that goes into quotes"},
        {"all:\n  children: [a]\n",
         "hosts.yml:2:13: children: expected group names, each as `name:`, got a list"},
        {"all:\n  hosts:\n    a: 5\n",
         "hosts.yml:3:8: a: expected variables, as `name: value`, got \"5\""},
        {"all:\n  vars: [1]\n  hosts: {a: }\n",
         "hosts.yml:2:9: all: expected variables, as `name: value`, got a list"},
        {"all:\n  host: {a: }\n",
         "hosts.yml:2:3: host: unknown key of group all: did you mean hosts?"},
        {"all:\n  childern: {a: }\n",
         "hosts.yml:2:3: childern: unknown key of group all: did you mean children?"},
        {"all: {hosts: {'w[2:1]': }}\n",
         "hosts.yml:1:15: host w[2:1]: a range is [1:9], [01:09], [a:f] or [1:9:2]"},
        {"all: {hosts: {'a_:22': }}\n",
         "hosts.yml:1:15: host a_:22: a name is [A-Za-z0-9_][A-Za-z0-9._-]*, at most 253 bytes"},
        {"plugin: aws_ec2\nregions: [eu]\n",
         "hosts.yml:1:9: inventory plugins are not supported: an executable can print the "
         "inventory, as `ansible-inventory --list` does"},
        {"web: {children: {ungrouped: }, hosts: {a: }}\n",
         "hosts.yml:1:18: group ungrouped: holds what no other group does and is a child of all "
         "only"},
        {"web: {children: {all: }, hosts: {a: }}\n",
         "hosts.yml:1:18: group all: holds every group and is nobody's child"},
        {"a: {hosts: {x: }, vars: {ansible_group_priority: high}}\n",
         "hosts.yml:1:50: a: ansible_group_priority: expected a whole number"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tells(*state, rows[i].text, rows[i].expected, false);
    }
}

static void
test_tells_all_mistakes_of_a_file_together(void **state)
{
    tells(*state,
          "all:\n"
          "  vars: {ansible_user: 5}\n"
          "  hots: {a: }\n"
          "  hosts:\n"
          "    -a: \n"
          "    b: {ansible_port: 0, ansible_host: '', ansible_user: -x, ansible_password: [1]}\n"
          "    c: \n"
          "  children: {'a/b': , web: {hosts: {'w[': , d: {ansible_port: x}}}}\n",
          "hosts.yml:3:3: hots: unknown key of group all: did you mean hosts?\n"
          "hosts.yml:5:5: host -a: a name is [A-Za-z0-9_][A-Za-z0-9._-]*, at most 253 bytes\n"
          "hosts.yml:8:14: group a/b: a name is [A-Za-z0-9_][A-Za-z0-9._-]*\n"
          "hosts.yml:8:37: host w[: a range is [1:9], [01:09], [a:f] or [1:9:2]\n"
          "hosts.yml:6:80: b: ansible_password: expected a text\n"
          "hosts.yml:6:40: b: ansible_host: expected a name or an address\n"
          "hosts.yml:6:23: b: ansible_port: expected a number from 1 to 65535\n"
          "hosts.yml:6:58: b: ansible_user: expected the name of a user\n"
          "hosts.yml:2:24: c: ansible_user: expected the name of a user\n"
          "hosts.yml:8:63: d: ansible_port: expected a number from 1 to 65535",
          false);
}

static void
test_a_mistake_many_hosts_share_is_told_once(void **state)
{
    tells(*state,
          "all:\n  vars: {ansible_port: 0}\n  hosts: {'w[1:99]': , x: {ansible_port: no}}\n",
          "hosts.yml:2:24: w1: ansible_port: expected a number from 1 to 65535\n"
          "hosts.yml:3:42: x: ansible_port: expected a number from 1 to 65535",
          false);
    tells(*state, "all: {hosts: {'w[1:99]': {a: !x 1}}}\n",
          "hosts.yml:1:30: the tag !x is not supported", false);
}

/* fault 42: names that are something else */
static void
test_hostile_names_are_refused_and_shown_harmless(void **state)
{
    static const struct {
        const char *name, *shown;
    } rows[] = {
        {"'-oProxyCommand=id'", "-oProxyCommand=id"},
        {"'../x'", "../x"},
        {"'.'", "."},
        {"'a b'", "a b"},
        {"'$(id)'", "$(id)"},
        {"\"a\\nb\"", "a\\nb"},
        {"\"a\\e]0;x\"", "a\\x1b]0;x"},
        {"\"a\\u202eb\"", "a\\u202eb"},
        {"''", ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = xasprintf("all: {hosts: {%s: }}\n", rows[i].name);
        char *expected =
            xasprintf("hosts.yml:1:15: host %s: a name is [A-Za-z0-9_][A-Za-z0-9._-]*, "
                      "at most 253 bytes",
                      rows[i].shown);
        tells(*state, text, expected, false);
        free(text);
        free(expected);
        text = xasprintf("all: {children: {%s: }}\n", rows[i].name);
        expected = xasprintf("hosts.yml:1:18: group %s: a name is [A-Za-z0-9_][A-Za-z0-9._-]*",
                             rows[i].shown);
        tells(*state, text, expected, false);
        free(text);
        free(expected);
    }
}

static void
test_a_very_long_name_is_refused_and_cut(void **state)
{
    char *name = xcalloc(1, 1001);

    memset(name, 'a', 1000);
    char *text = xasprintf("all:\n  hosts:\n    ? %s\n    : \n", name);
    char *expected = xasprintf(
        "hosts.yml:3:7: host %.60s...: a name is [A-Za-z0-9_][A-Za-z0-9._-]*, at most 253 bytes",
        name);
    tells(*state, text, expected, false);
    free(text);
    free(expected);
    name[253] = '\0';
    text = xasprintf("all:\n  hosts:\n    ? %s\n    : \n", name);
    struct inventory *inv = load_good(*state, text);
    assert_string_equal(inventory_host(inv, 0)->name, name);
    inventory_free(inv);
    free(text);
    free(name);
}

static void
test_cyclic_groups_are_refused(void **state)
{
    static const char *const rows[] = {
        "a: {children: {a: }, hosts: {x: }}\n",
        "a: {children: {b: }}\nb: {children: {a: }, hosts: {x: }}\n",
        "all: {children: {a: {children: {b: {children: {c: {children: {a: }}}}}}}, hosts: {x: }}\n",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mistakes m = {0};
        assert_null(load(*state, rows[i], &m));
        assert_int_equal(m.count, 1);
        assert_non_null(strstr(m.errors.items[0], "hosts.yml:1:"));
        assert_non_null(strstr(m.errors.items[0], "is its own descendant"));
        mistakes_release(&m);
    }
}

/* Of one text: a chain of groups, the first named last, so that nothing is known early. */
static char *
chain(int length)
{
    struct buf text;

    buf_init(&text, 8 << 20);
    for (int i = 0; i + 1 < length; i++) {
        buf_addf(&text, "g%d: {children: {g%d: }}\n", i, i + 1);
    }
    buf_addf(&text, "g%d: {hosts: {x: }}\n", length - 1);
    char *made = buf_detach(&text);
    buf_release(&text);
    return made;
}

static void
test_groups_nest_to_a_limit_however_they_are_written(void **state)
{
    char *text = chain(YAML_DEPTH_MAX);
    struct inventory *inv = load_good(*state, text);

    is_list(inventory_members(inv, "g0"), "x");
    inventory_free(inv);
    free(text);
    for (int length = YAML_DEPTH_MAX + 1; length < 9000; length += 4000) {
        struct mistakes m = {0};
        text = chain(length);
        assert_null(load(*state, text, &m));
        assert_int_equal(m.count, 1);
        assert_non_null(strstr(m.errors.items[0], "nested deeper than 64"));
        mistakes_release(&m);
        free(text);
    }
}

static void
test_limits_hosts_groups_and_variables(void **state)
{
    struct buf text;

    tells(*state, "all: {hosts: {'a[1:100001]': }}\n",
          "hosts.yml:1:15: host a[1:100001]: a range of more than 100000 hosts", false);
    tells(*state, "all: {hosts: {'a[1:999]': {v: [1,2]}, 'b[1:100000]': }}\n",
          "hosts.yml:1:39: more than 100000 hosts", false);
    buf_init(&text, 1 << 20);
    buf_adds(&text, "all: {hosts: {'a[1:5000]': {v: [0");
    for (int i = 0; i < 500; i++) {
        buf_addf(&text, ",%d", i);
    }
    buf_adds(&text, "]}}}\n");
    tells(*state, text.data,
          "hosts.yml:1:32: v: more than 2000 variables here, or 2000000 values in all", false);
    buf_clear(&text);
    buf_adds(&text, "all: {hosts: {a: {");
    for (int i = 0; i <= INVENTORY_VARS_MAX; i++) {
        buf_addf(&text, "v%d: 1, ", i);
    }
    buf_adds(&text, "}}}\n");
    tells(*state, text.data, "hosts.yml:1:18: a: more than 2000 variables here", false);
    buf_clear(&text);
    for (int i = 0; i < INVENTORY_GROUPS_MAX; i++) {
        buf_addf(&text, "g%d: \n", i);
    }
    tells(*state, text.data, "hosts.yml:10000:1: more than 10000 groups", false);
    buf_release(&text);
}

static void
test_variables_of_groups_count_for_each_host(void **state)
{
    struct buf text;

    buf_init(&text, 1 << 20);
    buf_adds(&text, "all: {hosts: {'a[1:5000]': }, vars: {v: 0");
    for (int i = 0; i < 500; i++) {
        buf_addf(&text, ",v%d: %d", i, i);
    }
    buf_adds(&text, "}}\n");
    tells(*state, text.data,
          "hosts.yml:1:15: a3977: more than 2000 variables, or 2000000 values and memberships of "
          "all hosts together",
          false);
    buf_release(&text);
}

/* ---------------------------------------------------------------- two of a kind */

static void
test_a_key_given_twice_is_a_warning_and_the_last_counts(void **state)
{
    const struct folder *f = *state;
    struct mistakes m = {0};
    struct inventory *inv = load(f, "all:\n  hosts:\n    a: {x: 1}\n    b: \n    a: {x: 2}\n", &m);

    assert_non_null(inv);
    assert_int_equal(m.warnings.count, 1);
    assert_string_equal(folder_strip(f, m.warnings.items[0]),
                        "hosts.yml:5:5: a: given twice: line 5 counts, not line 3");
    assert_int_equal(inventory_count(inv), 2);
    has_var(inv, "a", "x", "2");
    inventory_free(inv);
    mistakes_release(&m);
}

/* fault 41: two names of one machine */
static void
test_two_names_of_one_machine_are_used_once(void **state)
{
    const struct folder *f = *state;
    struct mistakes m = {0};
    struct inventory *inv = load(f,
                                 "web: {hosts: {a: {ansible_host: h}}}\n"
                                 "db: {hosts: {b: {ansible_host: h}, c: {ansible_host: h}, d: }}\n",
                                 &m);

    assert_non_null(inv);
    assert_int_equal(inventory_count(inv), 2);
    assert_int_equal(m.warnings.count, 2);
    assert_string_equal(folder_strip(f, m.warnings.items[0]),
                        "hosts.yml:2:14: b is the same machine as a: only a is used");
    is_list(inventory_members(inv, "all"), "a d");
    is_list(inventory_members(inv, "db"), "d");
    inventory_free(inv);
    mistakes_release(&m);
    tells(f, "all: {hosts: {a: {ansible_host: h, v: 1}, b: {ansible_host: h, v: 2}, h: }}\n",
          "hosts.yml:1:43: b is the same machine as a, with other variables\n"
          "hosts.yml:1:71: h is the same machine as a, with other variables",
          false);
    inv = load_good(f, "all: {hosts: {a: {ansible_host: h, ansible_port: 1}, h: }}\n");
    assert_int_equal(inventory_count(inv), 2);
    inventory_free(inv);
    tells(f,
          "all: {hosts: {a: {ansible_connection: local, ansible_host: x},\n"
          "b: {ansible_connection: local, ansible_host: y, ansible_port: 1}, x: }}\n",
          "hosts.yml:2:1: b is the same machine as a, with other variables", false);
    inv = load(f, "all: {vars: {ansible_connection: local}, hosts: {localhost: , b: }}\n", &m);
    assert_non_null(inv);
    assert_int_equal(inventory_count(inv), 1);
    assert_string_equal(folder_strip(f, m.warnings.items[0]),
                        "hosts.yml:1:63: b is the same machine as localhost: only localhost is "
                        "used");
    inventory_free(inv);
    mistakes_release(&m);
}

static void
test_thousands_of_names_of_one_machine_are_read_at_once(void **state)
{
    struct mistakes m = {0};
    struct inventory *inv = load(*state, "all: {hosts: {'a[1:5000]': {ansible_host: h}}}\n", &m);

    assert_non_null(inv);
    assert_int_equal(inventory_count(inv), 1);
    is_list(inventory_members(inv, "all"), "a1");
    inventory_free(inv);
    mistakes_release(&m);
}

/* ---------------------------------------------------------------- files */

static void
test_finds_the_one_inventory_of_a_folder(void **state)
{
    const struct folder *f = *state;
    struct mistakes m = {0};

    assert_null(load_folder(f, &m));
    assert_int_equal(m.count, 1);
    assert_non_null(
        strstr(m.errors.items[0], "no inventory: expected hosts.yml, hosts.ini or hosts"));
    mistakes_release(&m);
    folder_text(f, "hosts.yaml", "all: {hosts: {a: }}\n");
    struct inventory *inv = load_folder(f, &m);
    assert_non_null(inv);
    inventory_free(inv);
    folder_text(f, "hosts.yml", "all: {hosts: {a: }}\n");
    assert_null(load_folder(f, &m));
    assert_int_equal(m.count, 1);
    assert_non_null(strstr(m.errors.items[0], "keep one inventory"));
    mistakes_release(&m);
}

/* ---------------------------------------------------------------- mutations */

static const char seed_text[] = "# hosts\n"
                                "all:\n"
                                "  vars:\n"
                                "    n: [1, 2.5, \"x\\ty\"]\n"
                                "    t: |\n"
                                "     text\n"
                                "  hosts: &h\n"
                                "    lone: {ansible_port: 22, <<: &v {k: 'v'}}\n"
                                "  children:\n"
                                "    web:\n"
                                "      hosts: {'web-[01:03]': *v, \"db-[a:c:2]\": }\n"
                                "    site: {children: {web: , other: {hosts: *h}}}\n";

/* Every error begins with the file; but for those about the whole file, with a line too. */
static void
check_places(const struct folder *f, const struct mistakes *m)
{
    for (size_t i = 0; i < m->errors.count; i++) {
        const char *text = folder_strip(f, m->errors.items[i]);
        int line = 0, col = 0;
        if (strncmp(text, "hosts.yml: no hosts", 19) == 0) {
            continue;
        }
        if (sscanf(text, "hosts.yml:%d:%d: ", &line, &col) != 2 || line < 1 || col < 1) {
            fail_msg("without a place: %s", text);
        }
    }
}

static void
test_mutated_files_are_read_or_refused_with_a_place(void **state)
{
    const struct folder *f = *state;
    struct prng p = {.state = 11};
    int read = 0, refused = 0;

    for (int round = 0; round < 800; round++) {
        char text[sizeof(seed_text) + 16];
        size_t len = sizeof(seed_text) - 1;
        struct mistakes m = {0};
        memcpy(text, seed_text, len);
        for (uint64_t k = 1 + prng_below(&p, 2); k > 0; k--) {
            len = mutate(&p, text, len);
        }
        folder_put(f, "hosts.yml", text, len);
        struct inventory *inv = load_folder(f, &m);
        assert_int_equal(inv == NULL, m.count > 0);
        for (size_t i = 0; inv != NULL && i < inventory_count(inv); i++) {
            assert_true(host_name_valid(inventory_host(inv, i)->name));
            assert_in_range(inventory_host(inv, i)->port, 0, 65535);
        }
        check_places(f, &m);
        read += inv != NULL;
        refused += inv == NULL;
        inventory_free(inv);
        mistakes_release(&m);
    }
    assert_true(read > 50 && refused > 50);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_reads_groups_with_nested_children),
        T(test_a_host_of_a_group_is_not_ungrouped_whatever_the_file_says),
        T(test_an_alias_stands_for_what_it_names),
        T(test_texts_stand_for_mappings_and_ports_for_variables_as_in_ansible),
        T(test_variables_of_a_host_named_as_a_group_are_the_groups),
        T(test_hosts_stand_in_ansibles_order),
        T(test_what_is_json_is_read_as_json),
        T(test_nearer_groups_and_the_host_itself_win),
        T(test_equal_depth_is_ordered_by_priority_then_name),
        T(test_the_depth_of_a_group_is_its_longest_way),
        T(test_a_host_named_several_times_has_all_its_variables),
        T(test_types_are_those_of_yaml_1_1),
        T(test_refuses_wrong_shapes_with_their_place),
        T(test_tells_all_mistakes_of_a_file_together),
        T(test_a_mistake_many_hosts_share_is_told_once),
        T(test_hostile_names_are_refused_and_shown_harmless),
        T(test_a_very_long_name_is_refused_and_cut),
        T(test_cyclic_groups_are_refused),
        T(test_groups_nest_to_a_limit_however_they_are_written),
        T(test_limits_hosts_groups_and_variables),
        T(test_variables_of_groups_count_for_each_host),
        T(test_a_key_given_twice_is_a_warning_and_the_last_counts),
        T(test_two_names_of_one_machine_are_used_once),
        T(test_thousands_of_names_of_one_machine_are_read_at_once),
        T(test_finds_the_one_inventory_of_a_folder),
        T(test_mutated_files_are_read_or_refused_with_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

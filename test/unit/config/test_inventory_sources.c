/*
 * test_inventory_sources.c - INI, folders, lists, executables, group_vars and host_vars.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "inventory_fixture.h"

static struct inventory *
good(const struct folder *f)
{
    struct mistakes m = {0};
    struct inventory *inv = load_folder(f, &m);

    if (inv == NULL) {
        fail_msg("%s", m.errors.count > 0 ? m.errors.items[0] : "no inventory and no mistake");
    }
    mistakes_release(&m);
    return inv;
}

/* Every error, or warning, a line each. */
static void
told(const struct folder *f, const struct strv *list, const char *expected)
{
    struct buf got;

    buf_init(&got, 1 << 20);
    for (size_t i = 0; i < list->count; i++) {
        buf_addf(&got, "%s%s", i == 0 ? "" : "\n", folder_strip(f, list->items[i]));
    }
    assert_string_equal(got.data, expected);
    buf_release(&got);
}

static void
refused(const struct folder *f, const char *expected)
{
    struct mistakes m = {0};

    assert_null(load_folder(f, &m));
    told(f, &m.errors, expected);
    mistakes_release(&m);
}

/* ---------------------------------------------------------------- INI */

static const char ini_text[] = "# a comment, of any bytes: \xe9\n"
                               "lone ansible_port=22\n"
                               "\n"
                               "[web]\n"
                               "web[01:02]:2222 n=23 s=yes b=False l=\"[1, 'x y']\"  # end\n"
                               "2001:db8::1\n"
                               "[::1]:5 q='two words'\n"
                               "; another\n"
                               "[prod:children]\n"
                               "web   # below\n"
                               "db\n"
                               "[db] # later\n"
                               "db-a\n"
                               "[web:vars]\n"
                               "port = 8080 # python\n"
                               "name= a # b\n"
                               "ansible_group_priority=3\n"
                               "eq=a=b\n";

static void
test_ini_is_read(void **state)
{
    const struct folder *f = *state;

    folder_text(f, "hosts.ini", ini_text);
    struct inventory *inv = good(f);
    is_list(inventory_groups(inv), "all ungrouped web prod db");
    is_list(inventory_members(inv, "all"), "lone web01 web02 2001:db8::1 ::1 db-a");
    is_list(inventory_members(inv, "prod"), "web01 web02 2001:db8::1 ::1 db-a");
    has_var(inv, "web02", "ansible_port", "2222");
    has_var(inv, "web01", "n", "23");
    has_var(inv, "web01", "s", "\"yes\"");
    has_var(inv, "web01", "b", "false");
    has_var(inv, "web01", "l", "[1, \"x y\"]");
    has_var(inv, "web01", "port", "8080");
    has_var(inv, "web01", "name", "\"a # b\"");
    has_var(inv, "web01", "eq", "\"a=b\"");
    has_var(inv, "web01", "ansible_group_priority", "absent");
    has_var(inv, "::1", "ansible_port", "5");
    has_var(inv, "::1", "q", "\"two words\"");
    has_var(inv, "db-a", "port", "absent");
    inventory_free(inv);
}

static void
test_ini_mistakes_have_their_place(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"[web]\na b\n", "hosts.ini:2:3: b: expected key=value"},
        {"[web]\n  a x=1 y\n", "hosts.ini:2:9: y: expected key=value"},
        {"[web\na\n", "hosts.ini:1:1: host [web: a range is [1:9], [01:09], [a:f] or [1:9:2]"},
        {"[we b]\na\n", "hosts.ini:1:1: [we b]: expected [group], [group:vars] or "
                        "[group:children], without spaces"},
        {"[web:foo]\nx y\n",
         "hosts.ini:1:6: foo: unknown kind of section: there are hosts, vars and children"},
        {"a\n[web:vars]\nx=1\n",
         "hosts.ini:2:2: group web: has variables, and no section [...] of its own"},
        {"a\n[web:children]\ndb\n",
         "hosts.ini:3:1: group db: is a child, and has no section [...] of its own"},
        {"a\n[web:children]\nall\n",
         "hosts.ini:3:1: group all: holds every group and is nobody's child"},
        {"a\n[web:children]\nx y\n", "hosts.ini:3:1: x y: expected the name of a group"},
        {"a\n[all:vars]\nx\n", "hosts.ini:3:1: x: expected key=value"},
        {"a x='1\n", "hosts.ini:1:1: a x='1: a quote is not closed"},
        {"'' x=1\n", "hosts.ini:1:1: '' x=1: expected the name of a host"},
        {"a:\n", "hosts.ini:1:1: host a:: a port is missing after the colon"},
        {"---\nall:\n", "hosts.ini:1:1: ---: this begins a YAML file: name it hosts.yml\n"
                        "hosts.ini:2:1: host all:: a port is missing after the colon"},
        {"a!\n", "hosts.ini:1:1: host a!: a name is [A-Za-z0-9_][A-Za-z0-9._-]*, at most 253 "
                 "bytes"},
        {"\xc3\xa9 x=\xff\n", "hosts.ini:1:5: not UTF-8: byte 0xff"},
        {"a x=\x01\n", "hosts.ini:1:5: not text: byte 0x01"},
        {"a x=\"'\\0'\"\n", "hosts.ini:1:3: x: a NUL (\\0) in a text"},
        {"# nothing\n", "hosts.ini: no hosts"},
        {"a\n[web]\n[web:vars]\nansible_group_priority=high\n",
         "hosts.ini:4:24: web: ansible_group_priority: expected a whole number"},
        {"a ansible_port=0\n", "hosts.ini:1:3: a: ansible_port: expected a number from 1 to 65535"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        folder_text(*state, "hosts.ini", rows[i].text);
        refused(*state, rows[i].expected);
    }
}

/* Children are there in the order in which they were settled (ini.py). */
static void
test_children_named_before_their_section_come_when_it_comes(void **state)
{
    const char **names = NULL;

    folder_text(*state, "hosts.ini", "[p:children]\nb\na\n[a]\nx\n[b]\ny\n");
    struct inventory *inv = good(*state);
    assert_int_equal(inventory_children(inv, "p", &names), 2);
    assert_string_equal(names[0], "a");
    assert_string_equal(names[1], "b");
    is_list(inventory_members(inv, "p"), "x y");
    free(names);
    inventory_free(inv);
}

static void
test_a_name_without_extension_is_yaml_or_ini(void **state)
{
    const struct folder *f = *state;
    struct inventory *inv;

    folder_text(f, "hosts", "[web]\na\nb\n");
    inv = good(f);
    is_list(inventory_members(inv, "web"), "a b");
    inventory_free(inv);
    folder_text(f, "hosts", "web: {hosts: {c: }}\n");
    inv = good(f);
    is_list(inventory_members(inv, "web"), "c");
    inventory_free(inv);
    folder_text(f, "hosts", "a\nb\n");
    inv = good(f);
    is_list(inventory_members(inv, "ungrouped"), "a b");
    inventory_free(inv);
    folder_text(f, "hosts", "all:\n  hosts:\n    - a: [\n");
    refused(f, "hosts:4:1: not YAML: did not find expected node content, while parsing a flow "
               "node");
    folder_text(f, "hosts", "a\nb c\n");
    refused(f, "hosts:2:3: c: expected key=value");
    folder_text(f, "hosts", "#!/bin/sh\necho '{}'\n");
    refused(f, "hosts: begins with #! as a program does, and may not be executed: chmod +x");
    folder_text(f, "hosts", "#!what looks like a program is a comment\na\n");
    inv = good(f);
    is_list(inventory_members(inv, "ungrouped"), "a");
    inventory_free(inv);
}

/* ---------------------------------------------------------------- folders and lists */

static void
test_a_folder_is_read_sorted_and_later_files_win(void **state)
{
    const struct folder *f = *state;
    struct mistakes m = {0};
    const struct inventory_request request = {.root = "/r", .dir = f->path, .tell_unused = true};

    folder_text(f, "hosts/10-web", "[web]\na x=1 y=1\n");
    folder_text(f, "hosts/20-more.yml", "web: {hosts: {a: {x: 2}, b: }, vars: {g: 2}}\n");
    folder_text(f, "hosts/30/deep", "[db]\nc\n");
    folder_text(f, "hosts/.hidden", "[bad\n");
    folder_text(f, "hosts/notes.txt", "[bad\n");
    folder_text(f, "hosts/old~", "[bad\n");
    folder_text(f, "hosts/skipped.ini", "[bad\n");
    folder_text(f, "hosts/group_vars/web.yml", "g: 3\nh: 3\n");
    folder_text(f, "group_vars/web", "h: 4\n");
    struct inventory *inv = inventory_load(&request, &m);
    assert_non_null(inv);
    told(f, &m.warnings, "hosts/skipped.ini: not read: Ansible skips .ini files in a folder");
    mistakes_release(&m);
    is_list(inventory_members(inv, "all"), "a b c");
    has_var(inv, "a", "x", "2");
    has_var(inv, "a", "y", "1");
    has_var(inv, "b", "g", "3");
    has_var(inv, "b", "h", "4");
    assert_string_equal(folder_strip(f, inventory_host(inv, 0)->file), "hosts/10-web");
    inventory_free(inv);
    folder_text(f, "hosts/40.toml", "x\n");
    refused(f, "hosts/40.toml: inventories in TOML are not supported");
}

static void
test_an_inventory_that_is_encrypted_is_refused_as_one(void **state)
{
    static const char *const names[] = {"hosts.yml", "hosts.ini", "hosts", "hosts/a.yml",
                                        "hosts/b"};
    const struct folder *f = *state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct mistakes m = {0};
        char *expected =
            xasprintf("%s: not yet: an inventory that is encrypted as a whole: what is "
                      "secret may stand in group_vars and host_vars",
                      names[i]);
        char *path = xasprintf("%s/%s", f->path, names[i]);
        folder_text(f, names[i], "$ANSIBLE_VAULT;1.1;AES256\n3031\n");
        assert_null(load_folder(f, &m));
        told(f, &m.errors, expected);
        assert_true(m.not_yet);
        assert_int_equal(remove(path), 0);
        mistakes_release(&m);
        free(path);
        free(expected);
    }
}

static void
link_to(const struct folder *f, const char *name, const char *to)
{
    char *path = xasprintf("%s/%s", f->path, name);

    assert_int_equal(symlink(to, path), 0);
    free(path);
}

#define DEEP "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"

/* Each link on the way doubles the ways: to follow them all would take hours. */
static void
test_links_that_lead_back_come_to_an_end(void **state)
{
    const struct folder *f = *state;

    folder_text(f, "hosts/web", "web-1\n");
    link_to(f, "hosts/a", ".");
    link_to(f, "hosts/b", ".");
    link_to(f, "hosts/c", ".");
    refused(f, "hosts" DEEP ": more than 16 folders in each other");
}

/* Five folders, each with ten links to the next: a hundred thousand ways to one file. */
static void
make_maze(const struct folder *f, const char *top)
{
    for (int level = 0; level < 5; level++) {
        for (int i = 0; i < 10; i++) {
            char *name = xasprintf("%s%.*s/l%d", top, 2 * level, "/d/d/d/d", i);
            char *keep = xasprintf("%s%.*s/d/.keep", top, 2 * level, "/d/d/d/d");
            folder_text(f, keep, "");
            link_to(f, name, "d");
            free(keep);
            free(name);
        }
    }
    char *file = xasprintf("%s/d/d/d/d/d/x", top);
    folder_text(f, file, "web-1:\n");
    free(file);
}

static void
test_files_that_links_multiply_come_to_an_end(void **state)
{
    const struct folder *f = *state;
    struct mistakes m = {0};

    folder_text(f, "hosts", "web-1\n");
    make_maze(f, "group_vars/all");
    assert_null(load_folder(f, &m));
    assert_int_equal(m.count, 1);
    assert_non_null(strstr(m.errors.items[0], "x: more than 10000 files"));
    mistakes_release(&m);
}

static void
test_a_list_of_hosts_is_an_inventory(void **state)
{
    struct mistakes m = {0};
    struct inventory_request request = {.root = "/r", .hosts_text = "a, b:2222,,[::1]:5,a:9,"};
    struct value *magic = value_new(VALUE_DICT);

    (void)state;
    struct inventory *inv = inventory_load(&request, &m);
    assert_non_null(inv);
    is_list(inventory_members(inv, "ungrouped"), "a b ::1");
    assert_int_equal(inventory_host(inv, 1)->port, 2222);
    assert_int_equal(inventory_host(inv, 2)->port, 5);
    inventory_magic(inv, 0, magic);
    assert_string_equal(value_dict_get(magic, "env")->text, "_hosts");
    assert_null(value_dict_get(magic, "inventory_file"));
    value_free(magic);
    inventory_free(inv);
    request.hosts_text = "a[1:2],b";
    assert_null(inventory_load(&request, &m));
    assert_string_equal(m.errors.items[0], "hosts:1:1: host a[1:2]: a name is "
                                           "[A-Za-z0-9_][A-Za-z0-9._-]*, at most 253 bytes");
    mistakes_release(&m);
    request.hosts_text = ",";
    assert_null(inventory_load(&request, &m));
    assert_string_equal(m.errors.items[0], ",: no hosts");
    mistakes_release(&m);
}

/* ---------------------------------------------------------------- executables */

/* What an executable prints, by its first argument and its host. */
struct output {
    const char *word, *host, *text;
    const char *failure;
};

static int
run_output(void *arg, const char *path, const char *const *argv, struct buf *out, struct err *err)
{
    (void)path;
    for (const struct output *o = arg; o->word != NULL; o++) {
        if (strcmp(o->word, argv[0]) == 0 && (o->host == NULL) == (argv[1] == NULL) &&
            (o->host == NULL || strcmp(o->host, argv[1]) == 0)) {
            buf_adds(out, o->text == NULL ? "" : o->text);
            return o->failure == NULL ? 0 : err_set(err, ERR_CONFIG, "%s", o->failure);
        }
    }
    return err_set(err, ERR_CONFIG, "not expected");
}

static struct inventory *
load_script(const struct folder *f, const struct output *outputs, struct mistakes *m)
{
    struct output table[8] = {0};
    const struct inventory_request request = {
        .root = "/r", .dir = f->path, .run = run_output, .run_arg = table};
    char *path = xasprintf("%s/hosts", f->path);

    for (size_t i = 0; outputs[i].word != NULL; i++) {
        table[i] = outputs[i];
    }
    folder_text(f, "hosts", "#!/bin/sh\n");
    assert_int_equal(chmod(path, 0700), 0);
    free(path);
    return inventory_load(&request, m);
}

static void
test_an_executable_says_all_at_once(void **state)
{
    static const struct output outputs[] = {
        {"--list", NULL,
         "{\"web\": {\"hosts\": [\"a\", \"b\"], \"vars\": {\"g\": 1.5e3, \"u\": "
         "{\"__ansible_unsafe\": \"{{ x }}\"}}, \"children\": [\"sub\"]},"
         " \"old\": [\"b\", \"c\"], \"alone\": {\"v\": \"yes\"},"
         " \"_meta\": {\"hostvars\": {\"a\": {\"x\": \"1\", \"a-b\": null}, \"nobody\": {}}}}",
         NULL},
        {0},
    };
    struct mistakes m = {0};
    struct inventory *inv = load_script(*state, outputs, &m);

    if (inv == NULL) {
        fail_msg("%s", m.errors.items[0]);
    }
    mistakes_release(&m);
    is_list(inventory_groups(inv), "all ungrouped web sub old alone");
    is_list(inventory_members(inv, "all"), "a b c alone");
    has_var(inv, "a", "x", "\"1\"");
    has_var(inv, "a", "a-b", "null");
    has_var(inv, "a", "g", "1500.0");
    has_var(inv, "a", "u", "\"{{ x }}\"");
    has_var(inv, "alone", "v", "\"yes\"");
    assert_string_equal(folder_strip(*state, inventory_host(inv, 0)->file), "hosts");
    inventory_free(inv);
}

static void
test_an_executable_without_meta_is_asked_of_each_host(void **state)
{
    static const struct output outputs[] = {
        {"--list", NULL, "{\"web\": [\"a\", \"b\"]}\n", NULL},
        {"--host", "a", "{\"x\": 1}", NULL},
        {"--host", "b", " \n", NULL},
        {0},
    };
    struct mistakes m = {0};
    struct inventory *inv = load_script(*state, outputs, &m);

    assert_non_null(inv);
    has_var(inv, "a", "x", "1");
    has_var(inv, "b", "x", "absent");
    inventory_free(inv);
}

static void
test_what_an_executable_gets_wrong_is_told(void **state)
{
    static const struct {
        struct output list;
        const char *expected;
    } rows[] = {
        {{"--list", NULL, "", "exit 3: no network"}, "hosts: --list: exit 3: no network"},
        {{"--list", NULL, "", NULL}, "hosts: --list printed what is not JSON, at line 1, column 1"},
        {{"--list", NULL, "{\n \"a\": }", NULL},
         "hosts: --list printed what is not JSON, at line 2, column 7"},
        {{"--list", NULL, "all: {}", NULL},
         "hosts: --list printed what is not JSON, at line 1, column 1"},
        {{"--list", NULL, "[1]", NULL}, "hosts --list:1:1: expected an object, got a list"},
        {{"--list", NULL, "{\"a\": {\"hosts\": {}}}", NULL},
         "hosts --list:1:17: a: expected a list of hosts, got a mapping"},
        {{"--list", NULL, "{\"a\": [1]}", NULL},
         "hosts --list:1:8: a: expected the name of a host, got \"1\""},
        {{"--list", NULL, "{\"a\": [\"-x\"]}", NULL},
         "hosts:1:8: host -x: a name is [A-Za-z0-9_][A-Za-z0-9._-]*, at most 253 bytes"},
        {{"--list", NULL,
          "{\"a\": {\"vars\": [], \"hosts\": [\"h\"]}, \"_meta\": {\"hostvars\": {}}}", NULL},
         "hosts --list:1:16: a: expected an object of variables, got a list"},
        {{"--list", NULL, "{\"a\": [\"h\"], \"_meta\": {\"hostvars\": []}}", NULL},
         "hosts --list:1:36: _meta.hostvars: expected an object, got a list"},
        {{"--list", NULL, "{}", NULL}, "hosts: no hosts"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct output outputs[] = {rows[i].list, {0}};
        struct mistakes m = {0};
        assert_null(load_script(*state, outputs, &m));
        told(*state, &m.errors, rows[i].expected);
        mistakes_release(&m);
    }
}

/* On some disks every file may be run. */
static void
test_a_file_that_may_be_run_and_is_no_program_is_read(void **state)
{
    const struct folder *f = *state;
    char *path = xasprintf("%s/hosts", f->path);

    folder_text(f, "hosts", "[web]\na\n");
    assert_int_equal(chmod(path, 0700), 0);
    struct inventory *inv = good(f);
    is_list(inventory_members(inv, "web"), "a");
    inventory_free(inv);
    folder_text(f, "hosts", "#!/bin/sh\n");
    refused(f, "hosts: executable inventories are not run here");
    free(path);
}

/* ---------------------------------------------------------------- group_vars, host_vars */

static void
test_vars_files_stand_where_ansible_puts_them(void **state)
{
    const struct folder *f = *state;

    folder_text(f, "hosts.yml",
                "all: {vars: {a: inline, b: inline, c: inline, d: inline}}\n"
                "web: {hosts: {h: {d: host, e: host}}, vars: {b: web}}\n"
                "top: {children: {web: }, vars: {ansible_group_priority: 9}}\n");
    folder_text(f, "group_vars/all.yml", "a: all_file\nb: all_file\nc: all_file\ne: all_file\n");
    folder_text(f, "group_vars/web.json", "{\"c\": \"web_file\", \"n\": 1e3}");
    folder_text(f, "group_vars/top", "c: top_file\nt: 1\nansible_group_priority: 5\n");
    folder_text(f, "host_vars/h.yaml", "e: host_file\n");
    struct inventory *inv = good(f);
    has_var(inv, "h", "a", "\"all_file\"");
    has_var(inv, "h", "b", "\"all_file\""); /* over the inline variables of every group */
    has_var(inv, "h", "c", "\"web_file\"");
    has_var(inv, "h", "d", "\"host\"");
    has_var(inv, "h", "e", "\"host_file\"");
    has_var(inv, "h", "n", "1000.0");
    has_var(inv, "h", "ansible_group_priority", "5"); /* a file's is a variable (group.py) */
    inventory_free(inv);
}

static void
test_a_folder_of_vars_hides_files_and_is_read_sorted(void **state)
{
    const struct folder *f = *state;
    struct mistakes m = {0};
    const struct inventory_request request = {.root = "/r", .dir = f->path, .tell_unused = true};

    folder_text(f, "hosts.yml", "web: {hosts: {h: }}\n");
    folder_text(f, "group_vars/web/20.yml", "x: 20\n");
    folder_text(f, "group_vars/web/10", "x: 10\ny: 10\n");
    folder_text(f, "group_vars/web/sub/a.yml", "z: 1\n");
    folder_text(f, "group_vars/web/sub.d/a.yml", "z: 2\n");
    folder_text(f, "group_vars/web/.hidden", "[bad");
    folder_text(f, "group_vars/web/old.yml~", "[bad");
    folder_text(f, "group_vars/web/notes.txt", "[bad");
    folder_text(f, "group_vars/web/empty.yml", "");
    folder_text(f, "group_vars/web.yml", "x: hidden\n");
    folder_text(f, "group_vars/gone.yml", "[bad");
    folder_text(f, "group_vars/readme.md", "[bad");
    folder_text(f, "host_vars/hh", "[bad");
    struct inventory *inv = inventory_load(&request, &m);
    assert_non_null(inv);
    told(f, &m.warnings,
         "group_vars/gone.yml: not read: there is no group gone\n"
         "group_vars/web.yml: not read: web has another file or folder here\n"
         "host_vars/hh: not read: there is no host hh");
    mistakes_release(&m);
    has_var(inv, "h", "x", "20");
    has_var(inv, "h", "y", "10");
    has_var(inv, "h", "z", "1");
    inventory_free(inv);
}

/* A port that is misspelled would be 22 without a word. */
static void
test_a_misspelled_connection_variable_is_warned_of(void **state)
{
    const struct folder *f = *state;
    struct mistakes m = {0};
    const struct inventory_request request = {.root = "/r", .dir = f->path, .tell_unused = true};

    folder_text(f, "hosts.yml",
                "web:\n"
                "  hosts:\n"
                "    h: {ansible_prot: 2222, ansible_python_interpreter: x, port: 3}\n"
                "    i: {ansible_prot: 2222, ansible_timeout: 3, ansible_ssh_args: -v}\n"
                "  vars: {ansible_port: 1, ansible_usr: me, ansible_pipelining: true}\n");
    struct inventory *inv = inventory_load(&request, &m);
    assert_non_null(inv);
    told(f, &m.warnings,
         "hosts.yml:5:40: ansible_usr: not used here; did you mean ansible_user?\n"
         "hosts.yml:3:23: ansible_prot: not used here; did you mean ansible_port?");
    mistakes_release(&m);
    inventory_free(inv);
}

static void
test_vars_files_are_checked(void **state)
{
    const struct folder *f = *state;

    folder_text(f, "hosts.yml", "web: {hosts: {h: }}\n");
    folder_text(f, "group_vars/all", "- a\n");
    folder_text(f, "group_vars/web", "a: [\n");
    refused(f, "group_vars/all:1:1: expected variables, as `name: value`, got a list\n"
               "group_vars/web:2:1: not YAML: did not find expected node content, while parsing a "
               "flow node");
    folder_text(f, "group_vars/all", "");
    folder_text(f, "group_vars/web", "$ANSIBLE_VAULT;1.1;AES256\n6162\n");
    refused(f, "group_vars/web: torn or changed: a part of it is too short");
}

/* ---------------------------------------------------------------- explain */

static void
test_every_value_knows_where_it_came_from(void **state)
{
    const struct folder *f = *state;
    struct mistakes m = {0};
    struct value *extra = value_new(VALUE_DICT);
    const struct inventory_request request = {.root = "/r", .dir = f->path, .extra = extra};
    static const struct {
        const char *layer, *group, *file, *value;
        int line;
    } rows[] = {
        {"-e", NULL, NULL, "6", 0},
        {"host_vars", NULL, "host_vars/h", "5", 1},
        {"host", NULL, "hosts.ini", "4", 4},
        {"group_vars", "web", "group_vars/web", "3", 2},
        {"group_vars", "all", "group_vars/all", "2", 1},
        {"group", "web", "hosts.ini", "1", 6},
        {"group", "all", "hosts.ini", "0", 2},
    };
    struct origin *origins = NULL;

    folder_text(f, "hosts.ini", "[all:vars]\nx=0\n[web]\nh x=4\n[web:vars]\nx=1\n");
    folder_text(f, "group_vars/all", "x: 2\n");
    folder_text(f, "group_vars/web", "y: 1\nx: 3\n");
    folder_text(f, "host_vars/h", "x: 5\n");
    value_dict_set(extra, "x", value_int(6));
    struct inventory *inv = inventory_load(&request, &m);
    assert_non_null(inv);
    has_var(inv, "h", "x", "6");
    assert_int_equal(inventory_explain(inv, 0, "x", &origins), sizeof(rows) / sizeof(rows[0]));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct value *v = origins[i].value;
        struct buf text;
        buf_init(&text, 64);
        value_to_json(v, &text);
        assert_string_equal(origins[i].layer, rows[i].layer);
        assert_string_equal(text.data, rows[i].value);
        assert_int_equal(v->line, rows[i].line);
        if (rows[i].file != NULL) {
            assert_string_equal(folder_strip(f, v->file), rows[i].file);
        }
        if (rows[i].group != NULL) {
            assert_string_equal(origins[i].group, rows[i].group);
        }
        buf_release(&text);
    }
    free(origins);
    assert_int_equal(inventory_explain(inv, 0, "nothing", &origins), 0);
    free(origins);
    inventory_free(inv);
    value_free(extra);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_ini_is_read),
        T(test_ini_mistakes_have_their_place),
        T(test_children_named_before_their_section_come_when_it_comes),
        T(test_a_name_without_extension_is_yaml_or_ini),
        T(test_a_folder_is_read_sorted_and_later_files_win),
        T(test_an_inventory_that_is_encrypted_is_refused_as_one),
        T(test_links_that_lead_back_come_to_an_end),
        T(test_files_that_links_multiply_come_to_an_end),
        T(test_a_list_of_hosts_is_an_inventory),
        T(test_an_executable_says_all_at_once),
        T(test_an_executable_without_meta_is_asked_of_each_host),
        T(test_what_an_executable_gets_wrong_is_told),
        T(test_a_file_that_may_be_run_and_is_no_program_is_read),
        T(test_vars_files_stand_where_ansible_puts_them),
        T(test_a_folder_of_vars_hides_files_and_is_read_sorted),
        T(test_a_misspelled_connection_variable_is_warned_of),
        T(test_vars_files_are_checked),
        T(test_every_value_knows_where_it_came_from),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

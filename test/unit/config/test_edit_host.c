/*
 * test_edit_host.c - a server put into, changed in and taken out of files that people wrote: every
 * byte that is not about it stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/edit.h"
#include "inventory_fixture.h"

#include <unistd.h>

enum op { ADD, CHANGE, REMOVE };

struct row {
    const char *file, *before;
    enum op op;
    const char *name; /* of CHANGE and REMOVE */
    struct edit_host h;
    const char *after; /* NULL: refused */
    const char *wrong;
};

static char *
read_back(const struct folder *f, const char *name)
{
    char *path = xasprintf("%s/%s", f->path, name);
    char *text = xcalloc(1, 1 << 16);
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    const size_t len = fread(text, 1, (1 << 16) - 1, file);
    text[len] = '\0';
    assert_int_equal(fclose(file), 0);
    free(path);
    return text;
}

static int
act(const struct folder *f, const struct row *row, struct err *err)
{
    struct strv left = {0};
    int rc = -1;

    if (row->op == ADD) {
        rc = edit_add_host(f->path, &row->h, err);
    } else if (row->op == REMOVE) {
        rc = edit_remove_host(f->path, row->name, &left, err);
        assert_int_equal(left.count, 0);
    } else {
        struct strv was = {0};
        struct edit_host h = row->h;
        assert_int_equal(edit_read_host(f->path, row->name, &was, err), 0);
        assert_int_equal(was.count, EDIT_HOST_TEXTS);
        h.name = h.name == NULL ? row->name : h.name;
        h.address = h.address == NULL ? was.items[EDIT_ADDRESS] : h.address;
        h.port = h.port == NULL ? was.items[EDIT_PORT] : h.port;
        h.user = h.user == NULL ? was.items[EDIT_USER] : h.user;
        h.key_file = h.key_file == NULL ? was.items[EDIT_KEY_FILE] : h.key_file;
        rc = edit_change_host(f->path, row->name, &h, err);
        strv_clear(&was);
    }
    return rc;
}

static void
check_row(const struct row *row)
{
    struct folder f;
    struct err err = {0};

    folder_make(&f);
    folder_text(&f, row->file, row->before);
    const int rc = act(&f, row, &err);
    char *after = read_back(&f, row->file);
    if (row->wrong == NULL && rc != 0) {
        fail_msg("%s\n%s", row->before, err.text);
    }
    assert_string_equal(after, row->wrong == NULL ? row->after : row->before);
    if (row->wrong != NULL) {
        assert_int_equal(rc, -1);
        assert_string_equal(folder_strip(&f, err.text), row->wrong);
    }
    free(after);
    folder_remove(&f);
}

static void
check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_row(&rows[i]);
    }
}
#define ROWS(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

#define YAML "hosts.yml"
#define INI "hosts.ini"
#define WEB_02                                                                                     \
    {                                                                                              \
        .name = "web-02", .address = "10.0.0.2"                                                    \
    }

static void
test_a_new_server_comes_behind_those_of_its_group(void **state)
{
    static const struct row rows[] = {
        {YAML,
         "# ours\nall:\n    hosts:\n        # first\n        web-01: # one\n            "
         "ansible_host: 10.0.0.1 # here\n        # last\n    vars:\n        a: 1\n",
         ADD,
         NULL,
         {.name = "web-02",
          .address = "10.0.0.2",
          .port = "2222",
          .user = "me",
          .key_file = "keys/a b",
          .vars = "x=1, y='no'"},
         "# ours\nall:\n    hosts:\n        # first\n        web-01: # one\n            "
         "ansible_host: 10.0.0.1 # here\n        web-02:\n            ansible_host: 10.0.0.2\n"
         "            ansible_port: 2222\n            ansible_user: me\n            "
         "ansible_ssh_private_key_file: keys/a b\n            x: 1\n            y: 'no'\n        "
         "# last\n    vars:\n        a: 1\n",
         NULL},
        /* in the style of the others, in groups below groups, without a newline at the end */
        {YAML,
         "all:\n  children:\n    web:\n      hosts:\n        web-01: {ansible_host: 10.0.0.1}  # x",
         ADD,
         NULL,
         {.name = "web-02", .address = "10.0.0.2", .group = "web"},
         "all:\n  children:\n    web:\n      hosts:\n        web-01: {ansible_host: 10.0.0.1}  # "
         "x\n"
         "        web-02: {ansible_host: 10.0.0.2}",
         NULL},
        /* CRLF, quoted names */
        {YAML, "all:\r\n  hosts:\r\n    \"web-01\":\r\n      ansible_host: a\r\n# end\r\n", ADD,
         NULL, WEB_02,
         "all:\r\n  hosts:\r\n    \"web-01\":\r\n      ansible_host: a\r\n    \"web-02\":\r\n      "
         "ansible_host: 10.0.0.2\r\n# end\r\n",
         NULL},
        /* empty places */
        {YAML, "all:\n  hosts:   # none yet\n", ADD, NULL, WEB_02,
         "all:\n  hosts:   # none yet\n    web-02:\n      ansible_host: 10.0.0.2\n", NULL},
        {YAML, "all:\n  hosts: {} # none\n", ADD, NULL, WEB_02,
         "all:\n  hosts: # none\n    web-02:\n      ansible_host: 10.0.0.2\n", NULL},
        {YAML, "all:\n", ADD, NULL, WEB_02,
         "all:\n  hosts:\n    web-02:\n      ansible_host: 10.0.0.2\n", NULL},
        {YAML, "# nothing yet\n", ADD, NULL, WEB_02,
         "# nothing yet\nall:\n  hosts:\n    web-02:\n      ansible_host: 10.0.0.2\n", NULL},
        {YAML, "", ADD, NULL, {.name = "web-02"}, "all:\n  hosts:\n    web-02:\n", NULL},
        {YAML,
         "web:\n  hosts:\n    web-01:\n",
         ADD,
         NULL,
         {.name = "web-02"},
         "web:\n  hosts:\n    web-01:\nall:\n  hosts:\n    web-02:\n",
         NULL},
        {YAML,
         "ungrouped:\n  hosts:\n    web-01:\nall:\n  vars: {a: 1}\n",
         ADD,
         NULL,
         {.name = "web-02"},
         "ungrouped:\n  hosts:\n    web-01:\n    web-02:\nall:\n  vars: {a: 1}\n",
         NULL},
        {YAML,
         "all:\n  hosts: web-01 # one\n",
         ADD,
         NULL,
         {.name = "web-02"},
         "all:\n  hosts: # one\n    web-01:\n    web-02:\n",
         NULL},
        /* flow */
        {YAML, "all: {hosts: {web-01: {ansible_host: a}, web-03: {}}} # x\n", ADD, NULL, WEB_02,
         "all: {hosts: {web-01: {ansible_host: a}, web-03: {}, web-02: {ansible_host: 10.0.0.2}}} "
         "# x\n",
         NULL},
        {YAML, "all: {hosts: }\n", ADD, NULL, WEB_02,
         "all: {hosts: {web-02: {ansible_host: 10.0.0.2}} }\n", NULL},
        {YAML,
         "all:\n  hosts: {web-01, web-03, }\n",
         ADD,
         NULL,
         {.name = "web-02"},
         "all:\n  hosts: {web-01, web-03, web-02: {}, }\n",
         NULL},
        /* groups that are not there */
        {YAML,
         "all:\n  children:\n    db:\n      hosts:\n        db-1:\n",
         ADD,
         NULL,
         {.name = "web-02", .group = "web"},
         "all:\n  children:\n    db:\n      hosts:\n        db-1:\n    web:\n      hosts:\n"
         "        web-02:\n",
         NULL},
        {YAML,
         "all:\n  hosts:\n    a:\n",
         ADD,
         NULL,
         {.name = "web-02", .group = "web"},
         "all:\n  hosts:\n    a:\n  children:\n    web:\n      hosts:\n        web-02:\n",
         NULL},
        {YAML,
         "db:\n  hosts:\n    a:\n",
         ADD,
         NULL,
         {.name = "web-02", .group = "web"},
         "db:\n  hosts:\n    a:\nweb:\n  hosts:\n    web-02:\n",
         NULL},
        /* a group that is there, without hosts, or only named as a child */
        {YAML,
         "web:\n  vars:\n    a: 1\n",
         ADD,
         NULL,
         {.name = "web-02", .group = "web"},
         "web:\n  vars:\n    a: 1\n  hosts:\n    web-02:\n",
         NULL},
        {YAML,
         "all:\n  children:\n    web:\nweb:\n  hosts:\n",
         ADD,
         NULL,
         {.name = "web-02", .group = "web"},
         "all:\n  children:\n    web:\nweb:\n  hosts:\n    web-02:\n",
         NULL},
        /* a name that needs quotes */
        {YAML,
         "all:\n  hosts:\n    a:\n",
         ADD,
         NULL,
         {.name = "2001:db8::1"},
         "all:\n  hosts:\n    a:\n    2001:db8::1:\n",
         NULL},
        {YAML,
         "all:\n  hosts:\n    a:\n",
         ADD,
         NULL,
         {.name = "yes"},
         "all:\n  hosts:\n    a:\n    'yes':\n",
         NULL},
    };

    (void)state;
    ROWS(rows);
}

static void
test_a_new_server_of_an_ini_file(void **state)
{
    static const struct row rows[] = {
        {INI,
         "# ours\n[web]\nweb-01 ansible_host=10.0.0.1 # here\n# last\n\n[db]\ndb-1\n",
         ADD,
         NULL,
         {.name = "web-02",
          .address = "10.0.0.2",
          .port = "22",
          .user = "me",
          .key_file = "a b",
          .vars = "x=[1, 'y'], z=true, s='1', t=it's",
          .group = "web"},
         "# ours\n[web]\nweb-01 ansible_host=10.0.0.1 # here\nweb-02 ansible_host=10.0.0.2 "
         "ansible_port=22 ansible_user=me ansible_ssh_private_key_file='a b' x='[1, \"y\"]' z=True "
         "s=\"'1'\" t=\"it's\"\n# last\n\n[db]\ndb-1\n",
         NULL},
        {INI, "a\n[web]\n", ADD, NULL, {.name = "b"}, "a\nb\n[web]\n", NULL},
        {INI, "a\r\n[web]", ADD, NULL, {.name = "b", .group = "web"}, "a\r\n[web]\r\nb", NULL},
        {INI,
         "# head\n\n# web\n[web]\na\n",
         ADD,
         NULL,
         {.name = "b"},
         "# head\n\nb\n\n# web\n[web]\na\n",
         NULL},
        {INI, "# head\n[web]\na\n", ADD, NULL, {.name = "b"}, "# head\nb\n\n[web]\na\n", NULL},
        {INI,
         "[ungrouped]\na\n[web]\nc\n",
         ADD,
         NULL,
         {.name = "b"},
         "[ungrouped]\na\nb\n[web]\nc\n",
         NULL},
        {INI,
         "[web]\na\n[all:vars]\nx=1\n",
         ADD,
         NULL,
         {.name = "b", .group = "db"},
         "[web]\na\n[all:vars]\nx=1\n\n[db]\nb\n",
         NULL},
        {INI, "", ADD, NULL, {.name = "b", .group = "db"}, "[db]\nb\n", NULL},
        {INI, "# x\n", ADD, NULL, {.name = "b"}, "# x\nb\n", NULL},
        {INI,
         "[web:vars]\nx=1\n[web:children]\ndb\n[db]\na\n[web]\n",
         ADD,
         NULL,
         {.name = "b", .group = "web"},
         "[web:vars]\nx=1\n[web:children]\ndb\n[db]\na\n[web]\nb\n",
         NULL},
        {INI,
         "a\n",
         ADD,
         NULL,
         {.name = "b", .vars = "x=[true]"},
         NULL,
         "x: this value cannot be written in INI: put it into host_vars"},
    };

    (void)state;
    ROWS(rows);
}

static void
test_a_change_touches_what_it_is_about(void **state)
{
    static const char yaml[] =
        "all:\n  hosts:\n    web-01: # one\n      ansible_host: \"10.0.0.1\" # here\n      # port\n"
        "      ansible_port: 22\n      zone: a  # of the rack\n  children:\n    web:\n      "
        "hosts:\n"
        "        web-01:\n        web-02:\n";
    static const struct row rows[] = {
        {YAML,
         yaml,
         CHANGE,
         "web-01",
         {.address = "10.0.0.9"},
         "all:\n  hosts:\n    web-01: # one\n      ansible_host: \"10.0.0.9\" # here\n      # "
         "port\n"
         "      ansible_port: 22\n      zone: a  # of the rack\n  children:\n    web:\n      "
         "hosts:\n"
         "        web-01:\n        web-02:\n",
         NULL},
        {YAML,
         yaml,
         CHANGE,
         "web-01",
         {.name = "web-09", .port = ""},
         "all:\n  hosts:\n    web-09: # one\n      ansible_host: \"10.0.0.1\" # here\n      # "
         "port\n"
         "      zone: a  # of the rack\n  children:\n    web:\n      hosts:\n"
         "        web-09:\n        web-02:\n",
         NULL},
        {YAML,
         yaml,
         CHANGE,
         "web-01",
         {.user = "me", .vars = "zone=b, n=[1, 2]"},
         "all:\n  hosts:\n    web-01: # one\n      ansible_host: \"10.0.0.1\" # here\n      # "
         "port\n"
         "      ansible_port: 22\n      zone: b  # of the rack\n      ansible_user: me\n      "
         "n: [1, 2]\n  children:\n    web:\n      hosts:\n        web-01:\n        web-02:\n",
         NULL},
        {YAML,
         yaml,
         CHANGE,
         "web-01",
         {.vars = ""},
         "all:\n  hosts:\n    web-01: # one\n      ansible_host: \"10.0.0.1\" # here\n      # "
         "port\n"
         "      ansible_port: 22\n  children:\n    web:\n      hosts:\n"
         "        web-01:\n        web-02:\n",
         NULL},
        {YAML,
         yaml,
         CHANGE,
         "web-02",
         {.address = "{{ inventory_hostname }}"},
         "all:\n  hosts:\n    web-01: # one\n      ansible_host: \"10.0.0.1\" # here\n      # "
         "port\n"
         "      ansible_port: 22\n      zone: a  # of the rack\n  children:\n    web:\n      "
         "hosts:\n"
         "        web-01:\n        web-02:\n          ansible_host: '{{ inventory_hostname }}'\n",
         NULL},
        /* the port behind the name, an older name of a variable, a port that is a text */
        {YAML,
         "all:\n  hosts:\n    web-01:2222: {}\n",
         CHANGE,
         "web-01",
         {.port = "22"},
         "all:\n  hosts:\n    web-01:22: {}\n",
         NULL},
        {YAML,
         "all:\n  hosts:\n    web-01:2222: {}\n",
         CHANGE,
         "web-01",
         {.port = "", .name = "web-02"},
         "all:\n  hosts:\n    web-02: {}\n",
         NULL},
        {YAML,
         "all:\n  hosts:\n    web-01: {ansible_ssh_host: a, ansible_port: '22'}\n",
         CHANGE,
         "web-01",
         {.address = "b", .port = "23"},
         "all:\n  hosts:\n    web-01: {ansible_ssh_host: b, ansible_port: '23'}\n",
         NULL},
        /* the last of two places counts */
        {YAML,
         "a:\n  hosts:\n    x:\n      ansible_host: a\nb:\n  hosts:\n    x: {ansible_host: b}\n",
         CHANGE,
         "x",
         {.address = "c"},
         "a:\n  hosts:\n    x:\n      ansible_host: a\nb:\n  hosts:\n    x: {ansible_host: c}\n",
         NULL},
        {YAML,
         "a:\n  hosts:\n    x:\n      ansible_host: a\nb:\n  hosts:\n    x: {ansible_host: b}\n",
         CHANGE,
         "x",
         {.address = ""},
         "a:\n  hosts:\n    x:\nb:\n  hosts:\n    x: {}\n",
         NULL},
        {YAML,
         "all:\n  hosts:\n    x: {a: 1, ansible_host: b, c: 2}\n",
         CHANGE,
         "x",
         {.address = ""},
         "all:\n  hosts:\n    x: {a: 1, c: 2}\n",
         NULL},
        {YAML,
         "all:\n  hosts:\n    x: {a: 1, ansible_host: b}\n",
         CHANGE,
         "x",
         {.address = ""},
         "all:\n  hosts:\n    x: {a: 1}\n",
         NULL},
        {YAML,
         "all:\n  hosts: x\n",
         CHANGE,
         "x",
         {.address = "b"},
         "all:\n  hosts:\n    x:\n      ansible_host: b\n",
         NULL},
        {YAML, "all:\n  hosts: x\n", CHANGE, "x", {.name = "y"}, "all:\n  hosts: y\n", NULL},
        {YAML,
         "all: {hosts: {x, y: }}\n",
         CHANGE,
         "x",
         {.address = "b"},
         "all: {hosts: {x: {ansible_host: b}, y: }}\n",
         NULL},
        {YAML,
         "all:\n  hosts:\n    x:\n      ansible_host:   # none\n",
         CHANGE,
         "x",
         {.address = "b"},
         "all:\n  hosts:\n    x:\n      ansible_host: b   # none\n",
         NULL},
        /* what a line cannot show stays */
        {YAML,
         "all:\n  hosts:\n    x:\n      t: |\n        a\n        b\n\n      k-k: 1\n      z: 1\n",
         CHANGE,
         "x",
         {.vars = "z=2, t=\"a\\nb\\n\""},
         "all:\n  hosts:\n    x:\n      t: |\n        a\n        b\n\n      k-k: 1\n      z: 2\n",
         NULL},
        {INI,
         "x:2222 ansible_host=a y='b c'   # z\n[web]\nx\n",
         CHANGE,
         "x",
         {.address = "b", .port = "22", .user = "me", .vars = "y=d"},
         "x:22 ansible_host=b y=d ansible_user=me   # z\n[web]\nx\n",
         NULL},
        {INI,
         "x:2222 ansible_host=a\n[web]\nx y=1\n",
         CHANGE,
         "x",
         {.name = "x2", .address = "", .port = "", .vars = "y=2"},
         "x2\n[web]\nx2 y=2\n",
         NULL},
        {INI,
         "x ansible_port=\"'22'\"",
         CHANGE,
         "x",
         {.port = "23"},
         "x ansible_port=\"'23'\"",
         NULL},
    };

    (void)state;
    ROWS(rows);
}

static void
test_a_server_is_taken_out_of_all_its_groups(void **state)
{
    static const struct row rows[] = {
        {YAML,
         "all:\n  hosts:\n    # one\n    web-01: # x\n      a: 1\n      b:\n        - 1\n      "
         "# end\n    # two\n    web-02:\nweb:\n  hosts:\n    web-01:\n",
         REMOVE,
         "web-01",
         {0},
         "all:\n  hosts:\n    # one\n      # end\n    # two\n    web-02:\nweb:\n  hosts:\n",
         NULL},
        {YAML,
         "all:\n  hosts:\n    a:\n    web-01:\n      x: |\n        1\n\n",
         REMOVE,
         "web-01",
         {0},
         "all:\n  hosts:\n    a:\n\n",
         NULL},
        {YAML,
         "all: {hosts: {a: , web-01: {}, c: }}",
         REMOVE,
         "web-01",
         {0},
         "all: {hosts: {a: , c: }}",
         NULL},
        {YAML,
         "all: {hosts: {a: , web-01: {}}}",
         REMOVE,
         "web-01",
         {0},
         "all: {hosts: {a: }}",
         NULL},
        {YAML, "all:\n  hosts: {web-01}", REMOVE, "web-01", {0}, "all:\n  hosts: {}", NULL},
        {YAML, "all:\n  hosts: web-01 # x\n", REMOVE, "web-01", {0}, "all:\n  hosts:  # x\n", NULL},
        /* given twice in one place */
        {YAML,
         "all:\n  hosts:\n    a:\n    b: {x: 1}\n    c:\n    b: {x: 2}",
         REMOVE,
         "b",
         {0},
         "all:\n  hosts:\n    a:\n    c:\n",
         NULL},
        {INI,
         "# x\na y=1 # z\n[web]\n; c\na\nb\n[db]\na:22",
         REMOVE,
         "a",
         {0},
         "# x\n[web]\n; c\nb\n[db]\n",
         NULL},
    };

    (void)state;
    ROWS(rows);
}

static void
test_what_cannot_be_changed_so_is_refused_with_its_line(void **state)
{
    static const char shared[] = "is used in several places (an anchor, an alias or <<): change it "
                                 "by hand";
    char *shared_2 = xasprintf("hosts.yml:5: %s", shared);
    char *shared_4 = xasprintf("hosts.yml:3: %s", shared);
    const struct row rows[] = {
        {YAML,
         "all:\n  hosts:\n    w[1:5]:\n",
         REMOVE,
         "w3",
         {0},
         NULL,
         "hosts.yml:3: w3 is one of w[1:5]: change it by hand"},
        {YAML,
         "a:\n  hosts:\n    w3:\nb:\n  hosts:\n    w[1:5]:\n",
         CHANGE,
         "w3",
         {.name = "x"},
         NULL,
         "hosts.yml:6: w3 is one of w[1:5]: change it by hand"},
        {YAML,
         "all:\n  hosts:\n    w[1:5]:\n",
         ADD,
         NULL,
         {.name = "w3"},
         NULL,
         "w3 is there already: "},
        {INI,
         "w[1:5]\n",
         REMOVE,
         "w3",
         {0},
         NULL,
         "hosts.ini:1: w3 is one of w[1:5]: change it by hand"},
        {YAML,
         "{\"all\": {\"hosts\": {\"a\": {}}}}",
         ADD,
         NULL,
         {.name = "b"},
         NULL,
         "hosts.yml:1: is JSON, which has no place for comments: change it by hand"},
        {YAML,
         "all:\n  vars: &v\n    x: {ansible_host: a}\n  hosts:\n    y: *v\n",
         CHANGE,
         "y",
         {.address = "q"},
         NULL,
         shared_2},
        {YAML,
         "all:\n  hosts: &h\n    y: {}\nweb:\n  hosts: *h\n",
         REMOVE,
         "y",
         {0},
         NULL,
         shared_4},
        {YAML,
         "all:\n  hosts:\n    y: &b\n      x: 1\n    z: *b\n",
         CHANGE,
         "y",
         {.vars = ""},
         NULL,
         shared_4},
        {YAML,
         "all:\n  hosts:\n    y: &b\n      x: 1\n    z: *b\n",
         CHANGE,
         "y",
         {.vars = "x=2"},
         NULL,
         shared_4},
        {YAML,
         "d: {vars: &d {x: 1}}\nall:\n  hosts:\n    y:\n      <<: *d\n",
         CHANGE,
         "y",
         {.vars = ""},
         NULL,
         "hosts.yml:1: "},
        {YAML, "all:\n  hosts:\n    a:\n", ADD, NULL, {.name = "a"}, NULL, "a is there already: "},
        {YAML,
         "all:\n  hosts:\n    a:\n",
         ADD,
         NULL,
         {.name = "all"},
         NULL,
         "all is the name of a group"},
        {YAML,
         "all:\n  hosts:\n    a:\n",
         ADD,
         NULL,
         {.name = "b", .group = "a"},
         NULL,
         "a is the name of a server"},
        {YAML,
         "all:\n  hosts:\n    a: {ansible_host: x}\n",
         ADD,
         NULL,
         {.name = "b", .address = "x"},
         NULL,
         "hosts.yml:4:5: b is the same machine as a: only a is used"},
        {YAML,
         "all:\n  hosts:\n    a:\n    b:\n",
         CHANGE,
         "a",
         {.name = "b"},
         NULL,
         "b is there already: "},
        {YAML,
         "all:\n  hosts:\n    a:\n      b: |\n        x\n",
         CHANGE,
         "a",
         {.vars = "b=1"},
         NULL,
         "hosts.yml:4: has a value of several lines: change it by hand"},
        {YAML,
         "all:\n  hosts:\n\ta:\n",
         ADD,
         NULL,
         {.name = "b"},
         NULL,
         "hosts.yml:3:1: not YAML: found character that cannot start any token, while scanning "
         "for the next token (a tab? Lines begin with blanks; a value that begins with @, % or ` "
         "needs quotes)"},
        {YAML,
         "all:\n  hosts:\n    a:\n",
         REMOVE,
         "b",
         {0},
         NULL,
         "b: no such server in the files of the inventory"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct folder f;
        struct err err = {0};
        folder_make(&f);
        folder_text(&f, rows[i].file, rows[i].before);
        assert_int_equal(act(&f, &rows[i], &err), -1);
        const char *told = folder_strip(&f, err.text);
        const size_t len = strlen(rows[i].wrong);
        if (strncmp(told, rows[i].wrong, len) != 0) {
            assert_string_equal(told, rows[i].wrong);
        }
        char *after = read_back(&f, rows[i].file);
        assert_string_equal(after, rows[i].before);
        free(after);
        folder_remove(&f);
    }
    free(shared_2);
    free(shared_4);
}

static void
file_is(const struct folder *f, const char *name, const char *expected)
{
    char *text = read_back(f, name);

    assert_string_equal(text, expected);
    free(text);
}

/* In a folder, the file that names the host is changed; all of them, where several do. */
static void
test_in_a_folder_every_file_that_names_it_is_changed(void **state)
{
    struct edit_host h = {.name = "x2", .address = "10.0.0.9"};
    struct folder f;
    struct err err = {0};
    struct strv left = {0};

    (void)state;
    folder_make(&f);
    folder_text(&f, "hosts/a.yml", "all:\n  hosts:\n    x: # one\n    y:\n");
    folder_text(&f, "hosts/b", "[web]\nx ansible_host=10.0.0.1 # two\n");
    folder_text(&f, "hosts/c.ini", "not read\n");
    folder_text(&f, "hosts/d.yml", "db:\n  hosts:\n    z:\n");
    folder_text(&f, "host_vars/x.yml", "a: 1\n");
    assert_int_equal(edit_change_host(f.path, "x", &h, &err), 0);
    file_is(&f, "hosts/a.yml", "all:\n  hosts:\n    x2: # one\n    y:\n");
    file_is(&f, "hosts/b", "[web]\nx2 ansible_host=10.0.0.9 # two\n");
    file_is(&f, "hosts/d.yml", "db:\n  hosts:\n    z:\n");
    edit_host_files(f.path, "x", &left);
    assert_int_equal(left.count, 1);
    assert_string_equal(left.items[0], "host_vars/x.yml");
    strv_clear(&left);
    h = (struct edit_host){.name = "n", .group = "db"};
    assert_int_equal(edit_add_host(f.path, &h, &err), 0);
    file_is(&f, "hosts/d.yml", "db:\n  hosts:\n    z:\n    n:\n");
    assert_int_equal(edit_remove_host(f.path, "x2", &left, &err), 0);
    assert_int_equal(left.count, 0);
    file_is(&f, "hosts/a.yml", "all:\n  hosts:\n    y:\n");
    file_is(&f, "hosts/b", "[web]\n");
    folder_remove(&f);
}

/* What a program prints cannot be changed; what stands beside it can. */
static void
test_programs_and_encrypted_files_are_left_alone(void **state)
{
    const struct edit_host h = {.name = "n"};
    struct folder f;
    struct err err = {0};
    struct strv left = {0};

    (void)state;
    folder_make(&f);
    folder_text(&f, "hosts/a", "#!/bin/sh\necho '{}'\n");
    folder_text(&f, "hosts/b.yml", "$ANSIBLE_VAULT;1.1;AES256\n31\n");
    char *path = xasprintf("%s/hosts/a", f.path);
    assert_int_equal(chmod(path, 0755), 0);
    assert_int_equal(edit_add_host(f.path, &h, &err), -1);
    assert_string_equal(
        folder_strip(&f, err.text),
        "hosts/a: no file of this inventory can be changed: a program or encrypted");
    folder_text(&f, "hosts/c", "y\n");
    assert_int_equal(edit_add_host(f.path, &h, &err), 0);
    file_is(&f, "hosts/c", "y\nn\n");
    file_is(&f, "hosts/a", "#!/bin/sh\necho '{}'\n");
    assert_int_equal(edit_remove_host(f.path, "other", &left, &err), -1);
    assert_string_equal(err.text,
                        "other: no such server in the files of the inventory that can be changed");
    free(path);
    folder_remove(&f);
}

static void
test_without_an_inventory_there_is_nothing_to_change(void **state)
{
    const struct edit_host h = {.name = "n"};
    struct folder f;
    struct err err = {0};
    struct strv texts = {0};

    (void)state;
    folder_make(&f);
    assert_int_equal(edit_add_host(f.path, &h, &err), -1);
    assert_non_null(strstr(err.text, "no inventory: expected hosts.yml, hosts.ini or hosts"));
    assert_int_equal(edit_read_host(f.path, "n", &texts, &err), -1);
    assert_int_equal(texts.count, 0);
    folder_remove(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_server_comes_behind_those_of_its_group),
        cmocka_unit_test(test_a_new_server_of_an_ini_file),
        cmocka_unit_test(test_a_change_touches_what_it_is_about),
        cmocka_unit_test(test_a_server_is_taken_out_of_all_its_groups),
        cmocka_unit_test(test_what_cannot_be_changed_so_is_refused_with_its_line),
        cmocka_unit_test(test_in_a_folder_every_file_that_names_it_is_changed),
        cmocka_unit_test(test_programs_and_encrypted_files_are_left_alone),
        cmocka_unit_test(test_without_an_inventory_there_is_nothing_to_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

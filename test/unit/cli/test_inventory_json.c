/*
 * test_inventory_json.c - an inventory in the shape of `ansible-inventory --list`.
 */
#include "cli/inventory_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/config/folder.h"

/* The JSON of the hosts [begin, end) of an inventory of this text. */
static char *
json_of(const char *text, size_t begin, size_t end)
{
    struct folder f;
    struct mistakes m = {0};
    struct inventory *inv;
    struct buf out;
    size_t hosts[16];
    size_t count = 0;
    char *json;

    folder_make(&f);
    folder_text(&f, "hosts.yml", text);
    inv = inventory_load(&(struct inventory_request){.root = f.path, .dir = f.path}, &m);
    assert_non_null(inv);
    for (size_t i = begin; i < inventory_count(inv) && i < end; i++)
        hosts[count++] = i;
    buf_init(&out, 100000);
    assert_int_equal(inventory_json(inv, hosts, count, &out, NULL), 0);
    inventory_free(inv);
    mistakes_release(&m);
    folder_remove(&f);
    json = buf_detach(&out);
    buf_release(&out);
    return json;
}

static void
test_groups_name_direct_hosts_and_direct_children(void **state)
{
    static const struct {
        const char *inventory, *json;
    } rows[] = {
        {"all: {children: {eu: {children: {fr: {hosts: {a: , b: }}, de: {hosts: {c: }}}}}}",
         "{\"_meta\":{\"hostvars\":{}},\"all\":{\"children\":[\"ungrouped\",\"eu\"]},"
         "\"eu\":{\"children\":[\"fr\",\"de\"]},\"fr\":{\"hosts\":[\"a\",\"b\"]},"
         "\"de\":{\"hosts\":[\"c\"]}}\n"},
        {"all: {hosts: {a: {x: 1}}}", "{\"_meta\":{\"hostvars\":{\"a\":{\"x\": 1}}},"
                                      "\"all\":{\"children\":[\"ungrouped\"]},"
                                      "\"ungrouped\":{\"hosts\":[\"a\"]}}\n"},
        /* a child of two, and of all by the file's own word; a host of two; an empty group */
        {"all: {children: {x: {hosts: {a: }}, y: {children: {x: }, hosts: {a: }}, z: }}",
         "{\"_meta\":{\"hostvars\":{}},\"all\":{\"children\":[\"ungrouped\",\"x\",\"y\",\"z\"]},"
         "\"x\":{\"hosts\":[\"a\"]},\"y\":{\"hosts\":[\"a\"],\"children\":[\"x\"]}}\n"},
        /* ungrouped by the file, but in a group of its own */
        {"ungrouped: {hosts: {a: , b: }}\nweb: {hosts: {a: }}\n",
         "{\"_meta\":{\"hostvars\":{}},\"all\":{\"children\":[\"ungrouped\",\"web\"]},"
         "\"ungrouped\":{\"hosts\":[\"b\"]},\"web\":{\"hosts\":[\"a\"]}}\n"},
        /* variables of groups reach the hosts below */
        {"web: {vars: {v: \"q\\\"\"}, children: {sub: {hosts: {a: }}}}",
         "{\"_meta\":{\"hostvars\":{\"a\":{\"v\": "
         "\"q\\\"\"}}},\"all\":{\"children\":[\"ungrouped\",\"web\"]},"
         "\"web\":{\"children\":[\"sub\"]},\"sub\":{\"hosts\":[\"a\"]}}\n"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *json = json_of(rows[i].inventory, 0, 16);
        assert_string_equal(json, rows[i].json);
        free(json);
    }
}

static void
test_only_the_selected_hosts_are_in_it(void **state)
{
    char *json = json_of("web: {hosts: {a: {x: 1}, b: {x: 2}}}\ndb: {hosts: {c: }}\n", 1, 2);
    (void)state;

    assert_string_equal(json, "{\"_meta\":{\"hostvars\":{\"b\":{\"x\": 2}}},"
                              "\"all\":{\"children\":[\"ungrouped\",\"web\",\"db\"]},"
                              "\"web\":{\"hosts\":[\"b\"]}}\n");
    free(json);
}

static void
test_a_name_twice_for_one_machine_is_there_once(void **state)
{
    char *json = json_of("web: {hosts: {a: {ansible_host: h}, b: {ansible_host: h}}}", 0, 16);
    (void)state;

    assert_null(strstr(json, "\"b\""));
    assert_non_null(strstr(json, "\"web\":{\"hosts\":[\"a\"]}"));
    free(json);
}

static void
test_what_is_too_large_is_an_error_and_no_half_answer(void **state)
{
    struct folder f;
    struct mistakes m = {0};
    struct inventory *inv;
    struct err err = {0};
    struct buf out;
    const size_t first = 0;
    (void)state;

    folder_make(&f);
    folder_text(&f, "hosts.yml", "web: {hosts: {a: }}");
    inv = inventory_load(&(struct inventory_request){.root = f.path, .dir = f.path}, &m);
    assert_non_null(inv);
    buf_init(&out, 20);
    assert_int_equal(inventory_json(inv, &first, 1, &out, &err), -1);
    assert_int_equal(err.kind, ERR_IO);
    buf_release(&out);
    inventory_free(inv);
    mistakes_release(&m);
    folder_remove(&f);
}

static void
test_a_graph_has_groups_then_hosts_and_their_variables(void **state)
{
    struct folder f;
    struct mistakes m = {0};
    struct err err = {0};
    struct buf out;
    const size_t hosts[] = {0, 1, 2};
    (void)state;

    folder_make(&f);
    folder_text(&f, "hosts.yml",
                "top: {children: {web: {hosts: {a: {z: 1, l: [x]}}, vars: {g: }}}, "
                "hosts: {b: }}\nlone: {hosts: {c: }}\n");
    struct inventory *inv =
        inventory_load(&(struct inventory_request){.root = f.path, .dir = f.path}, &m);
    assert_non_null(inv);
    buf_init(&out, 100000);
    struct graph_request r = {.inv = inv, .group = "all", .hosts = hosts, .count = 3};
    assert_int_equal(inventory_graph(&r, &out, &err), 0);
    assert_string_equal(out.data, "@all:\n"
                                  "  |--@ungrouped:\n"
                                  "  |--@top:\n"
                                  "  |  |--@web:\n"
                                  "  |  |  |--a\n"
                                  "  |  |--b\n"
                                  "  |--@lone:\n"
                                  "  |  |--c\n");
    buf_clear(&out);
    r = (struct graph_request){
        .inv = inv, .group = "web", .hosts = hosts, .count = 3, .vars = true};
    assert_int_equal(inventory_graph(&r, &out, &err), 0);
    assert_string_equal(out.data, "@web:\n"
                                  "  |--a\n"
                                  "  |  |--{g = None}\n"
                                  "  |  |--{l = [\"x\"]}\n"
                                  "  |  |--{z = 1}\n"
                                  "  |--{g = None}\n");
    r.group = "nothing";
    assert_int_equal(inventory_graph(&r, &out, &err), -1);
    assert_int_equal(err.kind, ERR_NO_MATCH);
    buf_release(&out);
    inventory_free(inv);
    mistakes_release(&m);
    folder_remove(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups_name_direct_hosts_and_direct_children),
        cmocka_unit_test(test_only_the_selected_hosts_are_in_it),
        cmocka_unit_test(test_a_name_twice_for_one_machine_is_there_once),
        cmocka_unit_test(test_a_graph_has_groups_then_hosts_and_their_variables),
        cmocka_unit_test(test_what_is_too_large_is_an_error_and_no_half_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_select.c - which hosts -l means, and what is said when it means none.
 */
#include "base/buf.h"
#include "config/inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "folder.h"

static const char hosts_yml[] = "all:\n"
                                "  hosts: {lone: }\n"
                                "  children:\n"
                                "    web: {hosts: {'web-[01:03]': }}\n"
                                "    db: {hosts: {db-1: , web-02: }}\n"
                                "    site: {children: {web: , db: }}\n"
                                "    empty: \n"
                                "    same: {hosts: {same: }}\n";

static int
setup(void **state)
{
    struct mistakes m = {0};
    struct folder f;

    folder_make(&f);
    folder_text(&f, "hosts.yml", hosts_yml);
    *state = inventory_load(&(struct inventory_request){.root = f.path, .dir = f.path}, &m);
    folder_remove(&f);
    if (*state == NULL) {
        fail_msg("%s", m.errors.items[0]);
    }
    mistakes_release(&m);
    return 0;
}

static int
teardown(void **state)
{
    inventory_free(*state);
    return 0;
}

static void
selected(const struct inventory *inv, const char *pattern, const size_t *hosts, size_t count,
         const char *expected)
{
    struct buf got;

    buf_init(&got, 4096);
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || hosts[i] > hosts[i - 1]);
        buf_addf(&got, "%s%s", i == 0 ? "" : " ", inventory_host(inv, hosts[i])->name);
    }
    if (strcmp(got.data, expected) != 0) {
        fail_msg("%s: got %s, expected %s", pattern, got.data, expected);
    }
    buf_release(&got);
}

static void
selects(const struct inventory *inv, const char *pattern, const char *expected)
{
    struct err err = {0};
    size_t *hosts = NULL, count = 0;

    if (inventory_select(inv, pattern, &hosts, &count, &err) < 0) {
        fail_msg("%s: %s", pattern, err.text);
    }
    selected(inv, pattern, hosts, count, expected);
    free(hosts);
}

static void
nodes_are(const struct inventory *inv, const char *expr, const char *expected)
{
    struct err err = {0};
    size_t *hosts = NULL, count = 0;

    if (inventory_select_nodes(inv, expr, &hosts, &count, &err) < 0) {
        fail_msg("%s: %s", expr, err.text);
    }
    selected(inv, expr, hosts, count, expected);
    free(hosts);
}

/* selects or refuses by the given function, -l's or -w's. */
static void
refuses(int (*select)(const struct inventory *, const char *, size_t **, size_t *, struct err *),
        const struct inventory *inv, const char *pattern, enum err_kind kind, const char *expected)
{
    struct err err = {0};
    size_t *hosts = NULL, count = 0;

    if (select(inv, pattern, &hosts, &count, &err) == 0) {
        fail_msg("%s was accepted", pattern);
    }
    assert_null(hosts);
    if (err.kind != kind || strstr(err.text, expected) == NULL) {
        fail_msg("%s: got %d %s, expected %d %s", pattern, (int)err.kind, err.text, (int)kind,
                 expected);
    }
}

static void
test_selects_names_and_globs_in_inventory_order(void **state)
{
    static const char everything[] = "lone web-01 web-02 web-03 db-1 same";
    static const struct {
        const char *pattern, *expected;
    } rows[] = {
        {"web-02", "web-02"},
        {"web", "web-01 web-02 web-03"},
        {"db", "web-02 db-1"},
        {"site", "web-01 web-02 web-03 db-1"},
        {"same", "same"}, /* a host and a group of one name */
        {"ungrouped", "lone"},
        {"all", everything},
        {"*", everything},
        {"web-0?", "web-01 web-02 web-03"},
        {"*-1", "db-1"},
        {"d*", "web-02 db-1"}, /* the group too */
        {"w*", "web-01 web-02 web-03"},
        {"db-1,web-01", "web-01 db-1"},
        {"db-1:web-01", "web-01 db-1"},
        {"web-01 : db-1 ", "web-01 db-1"},
        {"web-01,web-01,web", "web-01 web-02 web-03"},
        {",,web-01, ,", "web-01"},
        {"web-01, db-1", "web-01 db-1"},
        {"*[0-9]*", "web-01 web-02 web-03 db-1"}, /* without the last star: a subscript */
        {"web-0[!2]", "web-01 web-03"},
        {"site,*", everything},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        selects(*state, rows[i].pattern, rows[i].expected);
    }
}

static void
test_a_pattern_that_matches_nothing_is_refused(void **state)
{
    static const struct {
        const char *pattern, *expected;
    } rows[] = {
        {"web-1", "no host or group matches 'web-1' (did you mean web-01?)"},
        {"wbe", "no host or group matches 'wbe' (did you mean web?)"},
        {"zzzzzzzz", "no host or group matches 'zzzzzzzz'"},
        {"web-01,zzzzzzzz", "no host or group matches 'zzzzzzzz'"},
        {"zzz*", "no host or group matches 'zzz*'"},
        {"WEB-01x?*", "no host or group matches 'WEB-01x?*'"},
        {"", "an empty pattern matches no host"},
        {",, ,", "an empty pattern matches no host"},
        {"../web-01", "no host or group matches '../web-01' (did you mean web-01?)"},
        {"-oProxyCommand=id", "no host or group matches '-oProxyCommand=id'"},
        {"empty", "'empty' leaves no host"},
        {"empt?", "'empt?' leaves no host"},
        {"web:!web", "'web:!web' leaves no host"},
        {"!nosuchthing", "no host or group matches 'nosuchthing'"},
        {"web,&nosuchthing", "no host or group matches 'nosuchthing'"},
        {"localhost", "no host or group matches 'localhost'"},
        {"web[3]", "'web[3]': web has 3 hosts"},
        {"same[-2]", "'same[-2]': same has 1 host"},
        {"nosuchthing[0]", "no host or group matches 'nosuchthing[0]'"},
        {"~nosuch.*", "no host or group matches '~nosuch.*'"},
        {"web-[1:3]", "no host or group matches 'web-[1:3]'"},
        {"::1", "no host or group matches '::1'"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        refuses(inventory_select, *state, rows[i].pattern, ERR_NO_MATCH, rows[i].expected);
    }
}

static void
test_an_empty_group_beside_others_is_no_mistake(void **state)
{
    selects(*state, "empty,web-01", "web-01");
    selects(*state, "empty,*1", "web-01 db-1");
}

static void
test_terms_add_then_keep_then_take_away_in_any_order(void **state)
{
    static const char *const rows[][2] = {
        {"web:!web-01", "web-02 web-03"},
        {"!web-01:web", "web-02 web-03"},
        {"web,&db", "web-02"},
        {"&db,web", "web-02"},
        {"!web-02,&db,site", "db-1"},
        {"!web", "lone db-1 same"}, /* without a plain term: of all */
        {"&db", "web-02 db-1"},
        {"site:&web:!web-02", "web-01 web-03"},
        {"web:!~.*1", "web-02 web-03"},
        {"lone,!empty", "lone"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        selects(*state, rows[i][0], rows[i][1]);
    }
    selects(*state, "all:!s*", "lone");
}

static void
test_regular_expressions_are_pythons(void **state)
{
    static const char *const rows[][2] = {
        {"~web-0[13]", "web-01 web-03"},
        {"~eb", ""},
        {"~.*eb-\\d+$", "web-01 web-02 web-03"},
        {"~(?i)WEB-02", "web-02"},
        {"~(web|db)-0?1$", "web-01 db-1"},
        {"~web-(?!02)", "web-01 web-03"},
        {"~d(?P<x>b)$", "web-02 db-1"},
        {"~(.).*\\1$", ""},
        {"~[^w]*-1", "db-1"},
        {"~", "lone web-01 web-02 web-03 db-1 same"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i][1][0] != '\0') {
            selects(*state, rows[i][0], rows[i][1]);
        } else {
            refuses(inventory_select, *state, rows[i][0], ERR_NO_MATCH, "no host or group");
        }
    }
    refuses(inventory_select, *state, "~(", ERR_USAGE, "a group is never closed");
    refuses(inventory_select, *state, "~web-01,~[", ERR_USAGE, "a bracket is never closed");
}

static void
test_subscripts_count_from_zero_and_include_the_end(void **state)
{
    static const char *const rows[][2] = {
        {"web[0]", "web-01"},
        {"web[-1]", "web-03"},
        {"web[1:2]", "web-02 web-03"},
        {"web[1-2]", "web-02 web-03"},
        {"web[1:]", "web-02 web-03"},
        {"web[0:99]", "web-01 web-02 web-03"},
        {"web[1:0]", "web-02"}, /* Ansible takes 0 for no end at all */
        {"web[0],db[-1]", "web-01 web-02"},
        {"web:!web[0]", "web-02 web-03"},
        {"all:&web[0:1]", "web-01 web-02"},
        {"web*[0]", "web-01"},
        {"*-0?[1]", "web-02"},
        {"web-01[0]", "web-01"},
        {"ungrouped[0]", "lone"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        selects(*state, rows[i][0], rows[i][1]);
    }
}

static void
test_a_file_has_a_term_a_line(void **state)
{
    struct folder f;

    folder_make(&f);
    folder_text(&f, "two", "web-01\n\n  db-1 \r\n");
    folder_text(&f, "modes", "web\n!web-01");
    folder_text(&f, "blank", "\n \n");
    folder_text(&f, "comma", "web-01,db-1\n");
    folder_put(&f, "bytes", "web-01\n\xff\n", 9);
    folder_put(&f, "nul", "web-01\n\0\n", 9);
    const struct {
        const char *name, *more, *expected;
        enum err_kind kind;
    } rows[] = {
        {"two", "", "web-01 db-1", ERR_NONE},
        {"two", ",lone", "lone web-01 db-1", ERR_NONE},
        {"modes", "", "web-02 web-03", ERR_NONE},
        {"blank", ",web-01", "web-01", ERR_NONE},
        {"blank", "", "an empty pattern matches no host", ERR_NO_MATCH},
        {"comma", "", "no host or group matches 'web-01,db-1'", ERR_NO_MATCH},
        {"bytes", "", "the file is no text in UTF-8", ERR_USAGE},
        {"nul", "", "the file is no text in UTF-8", ERR_USAGE},
        {"nosuch", "", "No such file or directory", ERR_USAGE},
        {".", "", "not a file", ERR_USAGE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *pattern = xasprintf("@%s/%s%s", f.path, rows[i].name, rows[i].more);
        if (rows[i].kind == ERR_NONE) {
            selects(*state, pattern, rows[i].expected);
        } else {
            refuses(inventory_select, *state, pattern, rows[i].kind, rows[i].expected);
        }
        free(pattern);
    }
    refuses(inventory_select, *state, "@", ERR_USAGE, "the name of a file is missing");
    refuses(inventory_select, *state, "@/dev/zero", ERR_USAGE, "not a file");
    folder_remove(&f);
}

static void
test_nodesets_are_clustershells(void **state)
{
    static const char *const rows[][2] = {
        {"web-[01-03]", "web-01 web-02 web-03"},
        {"web-[01-02,03]", "web-01 web-02 web-03"},
        {"web-[01-03/2]", "web-01 web-03"},
        {"web-0[1-2]", "web-01 web-02"},
        {"@web", "web-01 web-02 web-03"},
        {"@site!@db", "web-01 web-03"},
        {"@web&@db", "web-02"},
        {"@web^@db", "web-01 web-03 db-1"},
        {"@web!web-01,web-01", "web-01 web-02 web-03"}, /* from left to right */
        {"@*!@web", "lone db-1 same"},
        {"*-0?", "web-01 web-02 web-03"},
        {"*!web-*", "lone db-1 same"},
        {"lone, db-1", "lone db-1"},
        {"@ungrouped,@empty", "lone"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        nodes_are(*state, rows[i][0], rows[i][1]);
    }
}

static void
test_a_nodeset_with_a_name_nobody_has_is_refused(void **state)
{
    static const struct {
        const char *expr, *expected;
        enum err_kind kind;
    } rows[] = {
        {"web-[1-3]", "no host or group matches 'web-1' (did you mean web-01?)", ERR_NO_MATCH},
        {"web-[01-04]", "'web-04'", ERR_NO_MATCH},
        {"@wbe", "@wbe: no host or group matches 'wbe' (did you mean web?)", ERR_NO_MATCH},
        {"web", "no host or group matches 'web'", ERR_NO_MATCH}, /* a group, and @web is meant */
        {"@web!web-9", "'web-9'", ERR_NO_MATCH},
        {"@web&web-9", "'web-9'", ERR_NO_MATCH},
        {"zz*", "no host matches 'zz*'", ERR_NO_MATCH},
        {"@empty", "'@empty' leaves no host", ERR_NO_MATCH},
        {"@web!@site", "leaves no host", ERR_NO_MATCH},
        {"web[0]", "'web0'", ERR_NO_MATCH}, /* no subscript */
        {"", "a name is missing", ERR_USAGE},
        {"web-01,", "a name is missing", ERR_USAGE},
        {"web-[01", "a bracket is never closed", ERR_USAGE},
        {"web-01]", "a bracket closes that was not opened", ERR_USAGE},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        refuses(inventory_select_nodes, *state, rows[i].expr, rows[i].kind, rows[i].expected);
    }
}

static void
test_any_byte_is_a_name_or_a_mistake(void **state)
{
    for (int c = 1; c < 256; c++) {
        const char pattern[] = {(char)c, '\0'};
        struct err err = {0};
        size_t *hosts = NULL, count = 0;
        const int rc = inventory_select(*state, pattern, &hosts, &count, &err);
        assert_int_equal(rc == 0, c == '*' || c == '~'); /* ~ alone matches at every start */
        assert_true(rc == 0 || err.text[0] != '\0');
        free(hosts);
    }
}

static void
test_sizes_are_limited(void **state)
{
    char *pattern = xcalloc(1, (1 << 20) + 2);
    struct buf many;

    memset(pattern, 'a', 5000);
    refuses(inventory_select, *state, pattern, ERR_USAGE, "more than 4096 bytes");
    memset(pattern, 'a', (1 << 20) + 1);
    refuses(inventory_select, *state, pattern, ERR_USAGE, "longer than 1 MiB");
    memset(pattern, '[', (1 << 20));
    pattern[1 << 20] = '\0';
    refuses(inventory_select, *state, pattern, ERR_NO_MATCH, "empty pattern");
    refuses(inventory_select_nodes, *state, pattern, ERR_USAGE, "never closed");
    free(pattern);
    buf_init(&many, 1 << 20);
    for (int i = 0; i < 10001; i++) {
        buf_adds(&many, "web-01,");
    }
    refuses(inventory_select, *state, many.data, ERR_USAGE, "more than 10000");
    buf_clear(&many);
    for (int i = 0; i < 1001; i++) {
        buf_adds(&many, "!web*,");
    }
    refuses(inventory_select, *state, many.data, ERR_USAGE, "more than 1000 globs");
    buf_release(&many);
}

/* `all` is walked level by level: h-2 h-3 h-1 h-4.  Host h-3 is h-5 again, and dropped. */
static void
test_a_glob_on_hosts_counts_them_in_the_order_of_reading(void **state)
{
    struct folder f;
    struct mistakes m = {0};

    (void)state;
    folder_make(&f);
    folder_text(&f, "hosts.yml",
                "all:\n"
                "  children:\n"
                "    a: {children: {b: {hosts: {h-1: , h-4: , h-5: {ansible_host: h-3}}}}}\n"
                "    c: {hosts: {h-2: , h-3: {ansible_host: h-3}}}\n");
    struct inventory *inv =
        inventory_load(&(struct inventory_request){.root = f.path, .dir = f.path}, &m);
    assert_non_null(inv);
    selects(inv, "all[0]", "h-2");
    selects(inv, "h-*[0]", "h-1");
    selects(inv, "h-*[1]", "h-4");
    selects(inv, "h-*[2:]", "h-2 h-3");
    inventory_free(inv);
    folder_remove(&f);
    mistakes_release(&m);
}

/* (.*)* and its kin would run for hours. */
static void
test_a_hostile_regular_expression_is_stopped(void **state)
{
    struct folder f;
    struct mistakes m = {0};
    struct buf text;

    (void)state;
    buf_init(&text, 4096);
    buf_adds(&text, "all:\n  hosts:\n    ");
    for (int i = 0; i < 200; i++) {
        buf_addc(&text, 'a');
    }
    buf_adds(&text, ":\n");
    folder_make(&f);
    folder_text(&f, "hosts.yml", text.data);
    struct inventory *inv =
        inventory_load(&(struct inventory_request){.root = f.path, .dir = f.path}, &m);
    assert_non_null(inv);
    refuses(inventory_select, inv, "~(a|a)*[bc]", ERR_USAGE, "takes too long on aaaa");
    refuses(inventory_select, inv, "~(a+)+[bc]", ERR_USAGE, "takes too long on aaaa");
    inventory_free(inv);
    folder_remove(&f);
    mistakes_release(&m);
    buf_release(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_selects_names_and_globs_in_inventory_order),
        cmocka_unit_test(test_a_pattern_that_matches_nothing_is_refused),
        cmocka_unit_test(test_an_empty_group_beside_others_is_no_mistake),
        cmocka_unit_test(test_terms_add_then_keep_then_take_away_in_any_order),
        cmocka_unit_test(test_regular_expressions_are_pythons),
        cmocka_unit_test(test_subscripts_count_from_zero_and_include_the_end),
        cmocka_unit_test(test_a_file_has_a_term_a_line),
        cmocka_unit_test(test_nodesets_are_clustershells),
        cmocka_unit_test(test_a_nodeset_with_a_name_nobody_has_is_refused),
        cmocka_unit_test(test_any_byte_is_a_name_or_a_mistake),
        cmocka_unit_test(test_sizes_are_limited),
        cmocka_unit_test(test_a_glob_on_hosts_counts_them_in_the_order_of_reading),
        cmocka_unit_test(test_a_hostile_regular_expression_is_stopped),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

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
selects(const struct inventory *inv, const char *pattern, const char *expected)
{
    struct err err = {0};
    size_t *hosts = NULL, count = 0;
    struct buf got;

    if (inventory_select(inv, pattern, &hosts, &count, &err) < 0) {
        fail_msg("%s: %s", pattern, err.text);
    }
    buf_init(&got, 4096);
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || hosts[i] > hosts[i - 1]);
        buf_addf(&got, "%s%s", i == 0 ? "" : " ", inventory_host(inv, hosts[i])->name);
    }
    assert_string_equal(got.data, expected);
    buf_release(&got);
    free(hosts);
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
        {"db-1,web-01", "web-01 db-1"},
        {"db-1:web-01", "web-01 db-1"},
        {"web-01,web-01,web", "web-01 web-02 web-03"},
        {",,web-01,:,", "web-01"},
        {"web-01, db-1", "web-01 db-1"},
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
        {",: ,", "an empty pattern matches no host"},
        {"../web-01", "no host or group matches '../web-01' (did you mean web-01?)"},
        {"-oProxyCommand=id", "no host or group matches '-oProxyCommand=id'"},
        {"empty", "'empty' matches only groups without hosts"},
        {"empt?", "'empt?' matches only groups without hosts"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};
        size_t *hosts = NULL, count = 0;
        if (inventory_select(*state, rows[i].pattern, &hosts, &count, &err) == 0) {
            fail_msg("%s was accepted", rows[i].pattern);
        }
        assert_int_equal(err.kind, ERR_NO_MATCH);
        assert_string_equal(err.text, rows[i].expected);
        assert_null(hosts);
    }
}

static void
test_an_empty_group_beside_others_is_no_mistake(void **state)
{
    selects(*state, "empty,web-01", "web-01");
    selects(*state, "empty,*1", "web-01 db-1");
}

static void
test_patterns_of_later_are_not_yet(void **state)
{
    static const char *const patterns[] = {"web:!web-01", "web,&db",   "~web.*", "@retry",
                                           "web[0]",      "web-[1:3]", "*[0-9]", "!web"};

    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct err err = {0};
        size_t *hosts = NULL, count = 0;
        assert_int_equal(inventory_select(*state, patterns[i], &hosts, &count, &err), -1);
        assert_int_equal(err.kind, ERR_NOT_YET);
        assert_null(hosts);
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
        assert_int_equal(rc == 0, c == '*');
        assert_true(rc == 0 || err.text[0] != '\0');
        free(hosts);
    }
}

static void
test_a_very_long_pattern_is_refused_whole(void **state)
{
    struct err err = {0};
    size_t *hosts = NULL, count = 0;
    char *pattern = xcalloc(1, 100001);

    memset(pattern, 'a', 100000);
    assert_int_equal(inventory_select(*state, pattern, &hosts, &count, &err), -1);
    assert_int_equal(err.kind, ERR_NO_MATCH);
    free(pattern);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_selects_names_and_globs_in_inventory_order),
        cmocka_unit_test(test_a_pattern_that_matches_nothing_is_refused),
        cmocka_unit_test(test_an_empty_group_beside_others_is_no_mistake),
        cmocka_unit_test(test_patterns_of_later_are_not_yet),
        cmocka_unit_test(test_any_byte_is_a_name_or_a_mistake),
        cmocka_unit_test(test_a_very_long_pattern_is_refused_whole),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

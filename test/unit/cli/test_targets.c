/*
 * test_targets.c - the release each host goes back to.
 */
#include "cli/targets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static char web1[] = "web-01", web2[] = "web-02", web3[] = "web-03", one[] = "one", two[] = "two",
            empty[] = "";

static void
test_each_host_has_its_own_target_in_the_order_asked_for(void **state)
{
    struct host_row rows[] = {{.name = web1, .release_before = one},
                              {.name = web2, .release_before = two}};
    const struct host_list states = {.rows = rows, .count = 2};
    const char *const hosts[] = {"web-02", "web-01"};
    struct targets t = {0};
    (void)state;

    assert_int_equal(targets_fill(&t, &states, hosts, 2, NULL), 0);
    assert_int_equal(t.count, 2);
    assert_string_equal(t.releases[0], "two");
    assert_string_equal(t.releases[1], "one");
    targets_release(&t);
    assert_int_equal(t.count, 0);
    targets_release(&t);
}

static void
test_after_a_release_that_failed_back_is_the_last_good_one(void **state)
{
    static char three[] = "three";
    struct host_row rows[] = {
        {.name = web1, .release = two, .release_before = one, .release_tried = three},
        {.name = web2, .release = two, .release_before = one, .release_tried = two},
        {.name = web3, .release = empty, .release_before = one, .release_tried = three}};
    const struct host_list states = {.rows = rows, .count = 3};
    const char *const hosts[] = {"web-01", "web-02", "web-03"};
    struct targets t = {0};
    (void)state;

    assert_int_equal(targets_fill(&t, &states, hosts, 3, NULL), 0);
    assert_string_equal(t.releases[0], "two");
    assert_string_equal(t.releases[1], "one");
    assert_string_equal(t.releases[2], "one");
    targets_release(&t);
}

static void
test_a_release_that_failed_touched_those_it_was_tried_on_and_those_that_took_it(void **state)
{
    static char three[] = "three", web4[] = "web-04";
    struct host_row rows[] = {
        {.name = web1, .release = three, .release_before = two, .release_tried = empty},
        {.name = web2, .release = two, .release_before = one, .release_tried = three},
        {.name = web3, .release = two, .release_before = one, .release_tried = empty},
        {.name = web4, .release = two, .release_before = one, .release_tried = two}};
    const struct host_list states = {.rows = rows, .count = 4};
    const char *const hosts[] = {"web-01", "web-02", "web-03", "web-04", "web-05"};
    bool touched[5] = {false};
    (void)state;

    assert_int_equal(targets_touched(&states, hosts, 5, touched), 2);
    assert_true(touched[0] && touched[1] && !touched[2] && !touched[3] && !touched[4]);
    rows[1].release_tried = empty;
    assert_int_equal(targets_touched(&states, hosts, 5, touched), 0);
    /* Only what is asked for counts. */
    rows[1].release_tried = three;
    assert_int_equal(targets_touched(&states, hosts + 2, 3, touched), 0);
}

static void
test_every_host_without_an_earlier_release_is_named(void **state)
{
    struct host_row rows[] = {{.name = web1, .release_before = one},
                              {.name = web2, .release_before = empty},
                              {.name = web3, .release_before = NULL}};
    const struct host_list states = {.rows = rows, .count = 3};
    const char *const hosts[] = {"web-01", "web-02", "web-03", "web-04"};
    struct targets t = {0};
    struct err err = {0};
    (void)state;

    assert_int_equal(targets_fill(&t, &states, hosts, 4, &err), -1);
    assert_int_equal(err.kind, ERR_CONFIG);
    assert_string_equal(err.text,
                        "no earlier release is known for web-[02-04]; name one: -e release=...");
    targets_release(&t);
}

static void
test_a_host_nobody_asked_for_does_not_matter(void **state)
{
    struct host_row rows[] = {{.name = web1, .release_before = one}, {.name = web2}};
    const struct host_list states = {.rows = rows, .count = 2};
    const char *const hosts[] = {"web-01"};
    struct targets t = {0};
    (void)state;

    assert_int_equal(targets_fill(&t, &states, hosts, 1, NULL), 0);
    assert_int_equal(t.count, 1);
    targets_release(&t);
}

/* Names that do not fold, more than a message holds: it still says what to do. */
static void
test_many_hosts_without_a_release_leave_room_for_the_advice(void **state)
{
    enum { MANY = 500 };
    static char names[MANY][8];
    const char *hosts[MANY];
    const struct host_list none = {0};
    struct targets t = {0};
    struct err err = {0};
    (void)state;

    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "h%c%c%c", 'a' + i % 26, 'a' + i / 26 % 26,
                 'a' + i / 676);
        hosts[i] = names[i];
    }
    assert_int_equal(targets_fill(&t, &none, hosts, MANY, &err), -1);
    assert_non_null(strstr(err.text, "...; name one: -e release=..."));
    targets_release(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_host_has_its_own_target_in_the_order_asked_for),
        cmocka_unit_test(test_after_a_release_that_failed_back_is_the_last_good_one),
        cmocka_unit_test(
            test_a_release_that_failed_touched_those_it_was_tried_on_and_those_that_took_it),
        cmocka_unit_test(test_every_host_without_an_earlier_release_is_named),
        cmocka_unit_test(test_a_host_nobody_asked_for_does_not_matter),
        cmocka_unit_test(test_many_hosts_without_a_release_leave_room_for_the_advice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_map.c - string maps keep the order of insertion and free what they own.
 */
#include "base/map.h"

#include "base/xalloc.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
count_free(void *value)
{
    ++*(int *)value;
}

static void
test_iterates_in_order_of_insertion(void **state)
{
    static const char *const keys[] = {"z", "a", "m", "b"};
    int values[4] = {0};
    struct map *m = map_new(NULL);
    void *iter = NULL;
    const char *key = NULL;
    const void *value = NULL;
    size_t n = 0;

    (void)state;
    assert_null(map_next(m, &iter, &key));
    for (size_t i = 0; i < 4; i++) {
        map_set(m, keys[i], &values[i]);
    }
    map_set(m, "a", &values[1]); /* its place is kept */
    iter = NULL;
    while ((value = map_next(m, &iter, &key)) != NULL) {
        assert_string_equal(key, keys[n]);
        assert_ptr_equal(value, &values[n]);
        n++;
    }
    assert_int_equal(n, 4);
    map_free(m);
}

static void
test_frees_each_value_once(void **state)
{
    int freed[3] = {0};
    struct map *m = map_new(count_free);

    (void)state;
    map_set(m, "a", &freed[0]);
    map_set(m, "a", &freed[1]);
    map_set(m, "b", &freed[2]);
    assert_int_equal(freed[0], 1);
    assert_int_equal(map_count(m), 2);
    map_remove(m, "b");
    map_remove(m, "b");
    assert_int_equal(freed[2], 1);
    assert_null(map_get(m, "b"));
    map_free(m);
    assert_int_equal(freed[0], 1);
    assert_int_equal(freed[1], 1);
    assert_int_equal(freed[2], 1);
    map_free(NULL);
}

static void
test_copies_its_keys(void **state)
{
    char key[] = "web";
    int value = 0;
    struct map *m = map_new(NULL);

    (void)state;
    map_set(m, key, &value);
    key[0] = 'X';
    assert_ptr_equal(map_get(m, "web"), &value);
    assert_null(map_get(m, "Xeb"));
    assert_null(map_get(m, ""));
    map_free(m);
}

static void
test_holds_ten_thousand_keys(void **state)
{
    enum { KEYS = 10000 };
    struct map *m = map_new(free);
    char key[32];
    void *iter = NULL;
    const int *value = NULL;
    int n = 0;

    (void)state;
    for (int i = 0; i < KEYS; i++) {
        (void)snprintf(key, sizeof(key), "host-%d", i);
        map_set(m, key, xmemdup(&i, sizeof(i)));
    }
    for (int i = 0; i < KEYS; i += 2) {
        (void)snprintf(key, sizeof(key), "host-%d", i);
        map_remove(m, key);
    }
    assert_int_equal(map_count(m), KEYS / 2);
    while ((value = map_next(m, &iter, NULL)) != NULL) {
        assert_int_equal(*value, 2 * n + 1);
        n++;
    }
    assert_int_equal(n, KEYS / 2);
    map_free(m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_iterates_in_order_of_insertion),
        cmocka_unit_test(test_frees_each_value_once),
        cmocka_unit_test(test_copies_its_keys),
        cmocka_unit_test(test_holds_ten_thousand_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

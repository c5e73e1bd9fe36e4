/*
 * test_nodeset.c - host names fold as ClusterShell does it, and no name gets lost.
 */
#include "base/nodeset.h"

#include "base/strv.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
fold_words(const char *words, struct buf *out)
{
    struct strv v = {0};

    for (const char *p = words; *p != '\0';) {
        const size_t len = strcspn(p, " ");
        strv_addn(&v, p, len);
        p += len + (p[len] == ' ');
    }
    nodeset_fold(out, (const char *const *)v.items, v.count);
    strv_clear(&v);
}

static void
test_folds_names(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"web", "web"},
        {"web web", "web"},
        {"web-01", "web-01"},
        {"web-01 web-02 web-03", "web-[01-03]"},
        {"web-03 web-01 web-02 web-01", "web-[01-03]"},
        {"web-01 web-02 web-03 web-07", "web-[01-03,07]"},
        {"web-1 web-2 web-10", "web-[1-2,10]"},
        {"web-08 web-09 web-10 web-11", "web-[08-11]"},
        {"web-10 web-09", "web-[09-10]"},
        {"web-98 web-99 web-100", "web-[98-100]"},
        {"db-1 web-1 db-2", "db-[1-2],web-1"},
        {"web1.dc web2.dc", "web[1-2].dc"},
        {"r1-n1 r1-n2 r2-n1", "r1-n[1-2],r2-n1"},
        {"0 1 2", "[0-2]"},
        {"web web1", "web,web1"},
        {"web web1 web2", "web,web[1-2]"},
        {"web1 web", "web1,web"},
        {"n0 n00 n000", "n00,n000,n0"},
        {"x1234567890123456789 x1234567890123456790", "x1234567890123456789,x1234567890123456790"},
    };
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        buf_clear(&out);
        fold_words(rows[i][0], &out);
        assert_string_equal(out.data, rows[i][1]);
    }
    buf_release(&out);
}

static void
test_appends_and_says_full_when_there_is_no_room(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 12);
    (void)buf_adds(&out, "on ");
    fold_words("a1 a2", &out);
    assert_string_equal(out.data, "on a[1-2]");
    fold_words("bbbb", &out);
    assert_true(out.full);
    assert_string_equal(out.data, "on a[1-2]");
    buf_clear(&out);
    fold_words("aaaa bbbb cccc", &out);
    assert_true(out.full);
    assert_string_equal(out.data, "");
    buf_release(&out);
}

static void
test_folds_ten_thousand_names_into_one(void **state)
{
    enum { NAMES = 10000 };
    struct strv v = {0};
    struct buf out;
    char name[32];

    (void)state;
    for (int i = 0; i < NAMES; i++) {
        (void)snprintf(name, sizeof(name), "web-%05d", (i * 7919) % NAMES); /* each once */
        strv_add(&v, name);
    }
    buf_init(&out, 1000);
    nodeset_fold(&out, (const char *const *)v.items, v.count);
    assert_string_equal(out.data, "web-[00000-09999]");
    buf_release(&out);
    strv_clear(&v);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folds_names),
        cmocka_unit_test(test_appends_and_says_full_when_there_is_no_room),
        cmocka_unit_test(test_folds_ten_thousand_names_into_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_nodeset.c - host names fold and expand as in ClusterShell, and no name gets lost.
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
        {"web-01 web-98 web-99 web-100", "web-[01,98-99,100]"},
        {"web-01 web-02 web-98 web-99 web-100", "web-[01-02,98-100]"},
        {"db-1 web-1 db-2", "db-[1-2],web-1"},
        {"web-1 db-1", "db-1,web-1"},
        {"web1.dc web2.dc", "web[1-2].dc"},
        {"0 1 2", "[0-2]"},
        {"web web1", "web,web1"},
        {"web web1 web2", "web,web[1-2]"},
        {"web1 web", "web,web1"},
        {"web-1 web1 web.1", "web1,web-1,web.1"},
        {"n0 n00 n000", "n[0,00,000]"},
        {"x1234567890123456789 x1234567890123456790", "x[1234567890123456789-1234567890123456790]"},
        {"x999999999999999999999 x1000000000000000000000 x1000000000000000000002",
         "x[999999999999999999999-1000000000000000000000,1000000000000000000002]"},
        {"x001 x1 x2 x01 x002", "x[1-2,01,001-002]"},
        {"r1-n1 r1-n2 r2-n1", "r1-n[1-2],r2-n1"},
        {"r1-n1 r1-n2 r2-n1 r2-n2", "r[1-2]-n[1-2]"},
        {"r1-n9 r1-n10 r2-n9 r2-n10 r3-n1", "r[1-2]-n[9-10],r3-n1"},
        {"r01-n1 r1-n1 r1-n01", "r1-n[1,01],r01-n1"},
        {"a1b1 a2b2 a3b3", "a1b1,a2b2,a3b3"},
        {"a1b1 a1b2 a2b2 a2b3 a3b3 a3b1", "a1b[1-2],a2b[2-3],a3b[1,3]"},
        {"1a2b3 1a2b4 1a3b3 1a3b4 2a2b3", "1a[2-3]b[3-4],2a2b3"},
        {"10.0.0.1 10.0.0.2 10.0.1.1 10.0.1.2", "10.0.[0-1].[1-2]"},
        {"n1n1 n1n2 n1n1", "n1n[1-2]"},
        {"a1-b2 a10-b2 a2-b2 a2-b10 a10-b10 a1-b10 a3-b2", "a[1-2,10]-b[2,10],a3-b2"},
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

static void
test_what_does_not_fold_ends_in_time_and_loses_no_name(void **state)
{
    enum { NAMES = 20000 };
    struct strv v = {0};
    struct strv back = {0};
    struct buf out;
    char name[64];

    (void)state;
    for (int i = 0; i < NAMES; i++) { /* no two share a number */
        (void)snprintf(name, sizeof(name), "r%d-n%d", i, (i * 7919 + 13) % NAMES);
        strv_add(&v, name);
    }
    buf_init(&out, 1 << 20);
    nodeset_fold(&out, (const char *const *)v.items, v.count);
    assert_false(out.full);
    assert_int_equal(nodeset_expand(out.data, NULL, &back, NULL), 0);
    strv_sort(&v);
    strv_sort(&back);
    assert_int_equal(back.count, v.count);
    for (size_t i = 0; i < v.count; i++) {
        assert_string_equal(back.items[i], v.items[i]);
    }
    buf_release(&out);
    strv_clear(&v);
    strv_clear(&back);
}

/* ---- expanding */

static void
expands(const char *text, const struct nodeset_world *world, const char *expected)
{
    struct strv names = {0};
    struct err err = {0};
    struct buf got;

    if (nodeset_expand(text, world, &names, &err) < 0) {
        fail_msg("%s: %s", text, err.text);
    }
    strv_sort(&names);
    buf_init(&got, 1 << 20);
    for (size_t i = 0; i < names.count; i++) {
        (void)buf_addf(&got, "%s%s", i > 0 ? " " : "", names.items[i]);
    }
    if (strcmp(got.data, expected) != 0) {
        fail_msg("%s: got %s, expected %s", text, got.data, expected);
    }
    buf_release(&got);
    strv_clear(&names);
}

static void
refuses(const char *text, const char *expected)
{
    struct strv names = {0};
    struct err err = {0};

    if (nodeset_expand(text, NULL, &names, &err) == 0) {
        fail_msg("%s was accepted", text);
    }
    assert_int_equal(err.kind, ERR_USAGE);
    if (strstr(err.text, expected) == NULL) {
        fail_msg("%s: got %s, expected %s", text, err.text, expected);
    }
    assert_int_equal(names.count, 0);
}

static void
test_expands_brackets(void **state)
{
    static const char *const rows[][2] = {
        {"web", "web"},
        {"web1", "web1"},
        {"web[1-3]", "web1 web2 web3"},
        {"web[01-03,7]", "web01 web02 web03 web7"},
        {"web[9-11]", "web10 web11 web9"},
        {"web[08-11]", "web08 web09 web10 web11"},
        {"web[0-10/5]", "web0 web10 web5"},
        {"web[1-2]-x", "web1-x web2-x"},
        {"a[1-2]b[3-4]", "a1b3 a1b4 a2b3 a2b4"},
        {"a[1-2]b[3-4]c[5,6].d", "a1b3c5.d a1b3c6.d a1b4c5.d a1b4c6.d a2b3c5.d a2b3c6.d a2b4c5.d "
                                 "a2b4c6.d"},
        {"[1-2]", "1 2"},
        {"web1[0-2]", "web10 web11 web12"},
        {"web0[8-9]", "web08 web09"},
        {"web[1-3]5", "web15 web25 web35"},
        {"web1[2-3]4", "web124 web134"},
        {"web[ 1 - 3 , 5 ]", "web1 web2 web3 web5"},
        {"web[1-2,1]", "web1 web2"},
        {"web[007]", "web007"},
        {"web[12345678901234567890]", "web12345678901234567890"},
        {" web1 , db1 ", "db1 web1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        expands(rows[i][0], NULL, rows[i][1]);
    }
}

static void
test_operators_work_from_left_to_right(void **state)
{
    static const char *const rows[][2] = {
        {"a[1-3]!a2", "a1 a3"},
        {"a[1-3]&a[2-5]", "a2 a3"},
        {"a[1-3]^a[3-4]", "a1 a2 a4"},
        {"a1!a1,a1", "a1"},
        {"a1,a2!a1", "a2"},
        {"a[1-4]&a[2-4]!a3,b", "a2 a4 b"},
        {"a1!a1", ""},
        {"a[1-2]!b1", "a1 a2"},
        {"@g", "@g"}, /* without a world, letters */
        {"a*", "a*"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        expands(rows[i][0], NULL, rows[i][1]);
    }
}

static void
test_what_is_no_nodeset_is_refused(void **state)
{
    static const char *const rows[][2] = {
        {"", "a name is missing"},
        {"a,", "a name is missing"},
        {",a", "a name is missing"},
        {"a,,b", "a name is missing"},
        {"!a", "a name is missing"},
        {"a[1", "a bracket is never closed"},
        {"a]", "a bracket closes that was not opened"},
        {"a[1]]", "a bracket closes that was not opened"},
        {"a[1][2]", "a bracket opens right behind another"},
        {"a[]", "an empty range"},
        {"a[1,]", "an empty range"},
        {"a[x]", "expected numbers"},
        {"a[1-]", "expected numbers"},
        {"a[-5]", "expected numbers"},
        {"a[1-2-3]", "expected numbers"},
        {"a[3-1]", "the range runs backwards"},
        {"a[01-100]", "both ends have the same width"},
        {"a[1-9/0]", "a step belongs to a range"},
        {"a[1/2]", "a step belongs to a range"},
        {"a[1-9/2]5", "digits stand behind a range with a step"},
        {"a1[9-10]", "one digit longer"}, /* ClusterShell makes 19 to 110 of it */
        {"a[0-99999999]", "too many names"},
        {"a[1-999]b[1-999]", "more than 100000 names"},
        {"a[1-1234567890123456789]", "more than 18 digits"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        refuses(rows[i][0], rows[i][1]);
    }
}

static void
test_work_is_limited(void **state)
{
    struct buf text;

    (void)state;
    buf_init(&text, 2 << 20);
    for (int i = 0; i < 300; i++) {
        (void)buf_adds(&text, i > 0 ? "&a[1-99999]" : "a[1-99999]");
    }
    refuses(text.data, "too many names on the way");
    buf_clear(&text);
    for (int i = 0; i < 1000; i++) {
        (void)buf_adds(&text, "a[1-99999]");
    }
    refuses(text.data, "too many names on the way");
    buf_clear(&text);
    for (int i = 0; i < 300; i++) {
        (void)buf_addc(&text, 'a');
    }
    refuses(text.data, "a name is too long");
    while (text.len <= NODESET_TEXT_MAX) {
        (void)buf_adds(&text, "a,aaaaaaaa");
    }
    refuses(text.data, "more than 1048576 bytes");
    buf_release(&text);
}

/* A world of two hosts more than it has groups: g1 is web1, g2 is web2, all of it web1..3 and db.
 */
static int
group_of(void *ctx, const char *name, struct strv *ret_names, struct err *err)
{
    (void)ctx;
    if (strcmp(name, "g1") != 0 && strcmp(name, "g2") != 0) {
        return err_set(err, ERR_NO_MATCH, "no group %s", name);
    }
    strv_add(ret_names, name[1] == '1' ? "web1" : "web2");
    return 0;
}

static const struct strv *
all_of(void *ctx)
{
    return ctx;
}

static int
known(void *ctx, const char *name, struct err *err)
{
    return strv_has(ctx, name) ? 0 : err_set(err, ERR_NO_MATCH, "no host %s", name);
}

static void
test_a_world_knows_groups_wildcards_and_names(void **state)
{
    static const char *const rows[][2] = {
        {"@g1", "web1"},
        {"@g[1-2]", "web1 web2"},
        {"@*", "db web1 web2 web3"},
        {"@*!@g1", "db web2 web3"},
        {"web*", "web1 web2 web3"},
        {"?b", "db"},
        {"w*[1-2]", "web1 web2"},
        {"*&@g1", "web1"},
        {"web[1-3]&@g2", "web2"},
        {"web[1-3]^@g2,db", "db web1 web3"},
    };
    static const char *const wrong[][2] = {
        {"web4", "no host web4"},       {"web[1-4]", "no host web4"},
        {"db!web4", "no host web4"},    {"@g3", "no group g3"},
        {"x*", "no host matches 'x*'"}, {"web[1-2]*x", "no host matches 'web1*x'"},
    };
    struct strv all = {0};
    const struct nodeset_world world = {&all, group_of, all_of, known};

    (void)state;
    strv_add(&all, "db");
    strv_add(&all, "web1");
    strv_add(&all, "web2");
    strv_add(&all, "web3");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        expands(rows[i][0], &world, rows[i][1]);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct strv names = {0};
        struct err err = {0};
        assert_int_equal(nodeset_expand(wrong[i][0], &world, &names, &err), -1);
        assert_int_equal(err.kind, ERR_NO_MATCH);
        assert_string_equal(err.text, wrong[i][1]);
    }
    strv_clear(&all);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folds_names),
        cmocka_unit_test(test_appends_and_says_full_when_there_is_no_room),
        cmocka_unit_test(test_folds_ten_thousand_names_into_one),
        cmocka_unit_test(test_what_does_not_fold_ends_in_time_and_loses_no_name),
        cmocka_unit_test(test_expands_brackets),
        cmocka_unit_test(test_operators_work_from_left_to_right),
        cmocka_unit_test(test_what_is_no_nodeset_is_refused),
        cmocka_unit_test(test_work_is_limited),
        cmocka_unit_test(test_a_world_knows_groups_wildcards_and_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

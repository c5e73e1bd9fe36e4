/*
 * test_confirm.c - what counts as yes.
 */
#include "cli/confirm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

struct asked {
    int rc;
    struct err err;
    char *shown; /* owned */
};

static struct asked
ask(const char *answer, size_t hosts, bool answered)
{
    struct asked a = {0};
    size_t len = 0;
    FILE *in = answer[0] == '\0' ? fopen("/dev/null", "r")
                                 : fmemopen((void *)(uintptr_t)answer, strlen(answer), "r");
    FILE *out = open_memstream(&a.shown, &len);
    const struct question q = {.action = "deploy",
                               .env = "prod",
                               .hosts = hosts,
                               .in = in,
                               .out = out,
                               .answered = answered};

    assert_non_null(in);
    assert_non_null(out);
    a.rc = confirm_ask(&q, &a.err);
    fclose(in);
    fclose(out);
    return a;
}

static void
test_only_y_and_yes_are_yes(void **state)
{
    static const struct {
        const char *answer;
        int rc;
    } rows[] = {
        {"y\n", 0},           {"Y\n", 0},   {"yes\n", 0},
        {"YES\r\n", 0},       {"y", 0},     {"n\n", -1},
        {"\n", -1},           {"", -1},     {"yellow\n", -1},
        {"yes please\n", -1}, {" y\n", -1}, {"yno\n", -1},
        {"no\ny\n", -1},      {"j\n", -1},  {"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\n", -1},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct asked a = ask(rows[i].answer, 3, true);
        assert_int_equal(a.rc, rows[i].rc);
        if (a.rc != 0) {
            assert_int_equal(a.err.kind, ERR_USAGE);
            assert_string_equal(a.err.text, "not confirmed; nothing was started");
        }
        free(a.shown);
    }
}

static void
test_the_question_names_action_hosts_and_environment(void **state)
{
    struct asked a = ask("y\n", 3, true);
    (void)state;

    assert_string_equal(a.shown, "deploy on 3 hosts of prod? [y/N] ");
    free(a.shown);
    a = ask("y\n", 1, true);
    assert_string_equal(a.shown, "deploy on 1 host of prod? [y/N] ");
    free(a.shown);
}

static void
test_where_nobody_sits_nothing_is_asked_and_nothing_taken_for_yes(void **state)
{
    struct asked a = ask("y\n", 3, false);
    (void)state;

    assert_int_equal(a.rc, -1);
    assert_int_equal(a.err.kind, ERR_USAGE);
    assert_string_equal(a.err.text,
                        "config.yml says confirm: true, and nobody can be asked here: give --yes");
    assert_string_equal(a.shown, "");
    free(a.shown);
}

static void
test_asks_another_question_where_one_is_given(void **state)
{
    char *shown = NULL;
    size_t len = 0;
    struct err err = {0};
    FILE *out = open_memstream(&shown, &len);
    char no[] = "n\n";
    FILE *in = fmemopen(no, strlen(no), "r");
    struct question q = {.text = "add 2 keys",
                         .why = "new keys want a yes",
                         .undone = "nothing was written",
                         .in = in,
                         .out = out,
                         .answered = true};
    (void)state;

    assert_non_null(in);
    assert_non_null(out);
    assert_int_equal(confirm_ask(&q, &err), -1);
    assert_string_equal(err.text, "not confirmed; nothing was written");
    q.answered = false;
    assert_int_equal(confirm_ask(&q, &err), -1);
    assert_string_equal(err.text, "new keys want a yes, and nobody can be asked here: give --yes");
    fclose(in);
    fclose(out);
    assert_string_equal(shown, "add 2 keys? [y/N] ");
    free(shown);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_y_and_yes_are_yes),
        cmocka_unit_test(test_the_question_names_action_hosts_and_environment),
        cmocka_unit_test(test_where_nobody_sits_nothing_is_asked_and_nothing_taken_for_yes),
        cmocka_unit_test(test_asks_another_question_where_one_is_given),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_condition.c - what holds, what does not, and what nobody may ask.
 *
 * The answers are Jinja2's (3.1, `{{ bool(expr) }}` over the same variables), but for the texts
 * that are refused here on purpose.
 */
#include "base/xalloc.h"
#include "config/condition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int
setup(void **state)
{
    struct value *vars = value_new(VALUE_DICT);
    struct value *list = value_new(VALUE_LIST);
    struct value *dict = value_new(VALUE_DICT);
    struct value *real = value_new(VALUE_FLOAT);

    real->real = 1.0;
    value_list_add(list, value_text("web"));
    value_list_add(list, value_text("{{ role }}"));
    value_list_add(list, value_int(3));
    value_dict_set(dict, "k", value_text("v"));
    value_dict_set(vars, "role", value_text("db"));
    value_dict_set(vars, "same", value_text("{{ role }}"));
    value_dict_set(vars, "zero", value_int(0));
    value_dict_set(vars, "two", value_int(2));
    value_dict_set(vars, "one", real);
    value_dict_set(vars, "yes_", value_bool(true));
    value_dict_set(vars, "no_", value_bool(false));
    value_dict_set(vars, "nothing", value_new(VALUE_NULL));
    value_dict_set(vars, "empty", value_text(""));
    value_dict_set(vars, "word", value_text("false"));
    value_dict_set(vars, "l", list);
    value_dict_set(vars, "d", dict);
    value_dict_set(vars, "me", value_text("{{ me }}"));
    *state = vars;
    return 0;
}

static int
teardown(void **state)
{
    value_free(*state);
    return 0;
}

static void
test_answers_as_jinja(void **state)
{
    static const struct {
        const char *text;
        bool holds;
    } rows[] = {
        {"yes_", true},
        {"no_", false},
        {"not no_", true},
        {"not not yes_", true},
        {"zero", false},
        {"two", true},
        {"one", true},
        {"nothing", false},
        {"empty", false},
        {"role", true},
        {"same", true},
        {"l", true},
        {"d", true},
        {"true", true},
        {"False", false},
        {"none", false},
        {"role == 'db'", true},
        {"role == \"db\"", true},
        {"'db' == same", true},
        {"role != 'db'", false},
        {"two == 2", true},
        {"two == '2'", false},
        {"two != -2", true},
        {"one == 1", true},
        {"yes_ == 1", true},
        {"zero == false", true},
        {"nothing == none", true},
        {"nothing == zero", false},
        {"role == none", false},
        {"empty == ''", true},
        {"word == 'false'", true},
        {"'web' in l", true},
        {"'db' in l", true},
        {"role in l", true},
        {"3 in l", true},
        {"4 in l", false},
        {"'3' in l", false},
        {"4 not in l", true},
        {"not 4 in l", true},
        {"'k' in d", true},
        {"'v' in d", false},
        {"2 in d", false},
        {"'d' in role", true},
        {"'x' not in role", true},
        {"'' in empty", true},
        {"d.k == 'v'", true},
        {"d['k'] == 'v'", true},
        {"l[0] == 'web'", true},
        {"role is defined", true},
        {"nobody is defined", false},
        {"nobody is not defined", true},
        {"nobody is undefined and role is not undefined", true},
        {"role is undefined", false},
        {"not nobody is defined", true},
        {"d.x is defined", false},
        {"l[9] is defined", false},
        {"nothing is defined", true},
        {"nobody is defined and nobody == 'x'", false},
        {"nobody is not defined or nobody", true},
        {"no_ and nobody.x[3] in l", false},
        {"yes_ or (nobody and nobody2)", true},
        {"yes_ or yes_ and no_", true},
        {"(yes_ or yes_) and no_", false},
        {"no_ and yes_ or yes_", true},
        {"no_ or no_ or two == 2", true},
        {"yes_ and yes_ and two == 3", false},
        {"not (no_ or two == 3)", true},
        {"not role == 'web'", true},
        {"(role) == ('db')", true},
        {"(two == 2) == yes_", true},
        {" \n role\t==\n'db' ", true},
        {"role=='db'and two==2", true},
        {"order is not defined", true}, /* begins with a word of ours */
        {"notes is not defined and android is not defined and inner is not defined", true},
    };
    const struct scope scope = {.vars = *state};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};
        bool holds = !rows[i].holds;
        if (condition_check(rows[i].text, &err)) {
            fail_msg("%s: %s", rows[i].text, err.text);
        }
        if (condition_holds(rows[i].text, &scope, &holds, &err)) {
            fail_msg("%s: %s", rows[i].text, err.text);
        }
        if (holds != rows[i].holds) {
            fail_msg("%s: came to %d", rows[i].text, holds);
        }
    }
}

static void
test_refuses_what_has_no_answer(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"nobody", "when: 'nobody' is undefined"},
        {"rol == 'db'", "when: 'rol' is undefined; did you mean role?"},
        {"yes_ and nobody", "when: 'nobody' is undefined"},
        {"no_ or nobody", "when: 'nobody' is undefined"},
        {"not nobody", "when: 'nobody' is undefined"},
        {"d.x == 1", "when: 'd.x' is undefined"},
        {"me", "when: 'me' leads back to itself"},
        {"word", "when: 'word' is a text that reads as true or false: compare it, as in word == "
                 "'true'"},
        {"not word", "when: 'word' is a text that reads as true or false: compare it, as in word "
                     "== 'true'"},
        {"l == 'web'", "when: 'l' is a list: use in, [n] or .key"},
        {"'web' == l", "when: 'l' is a list: use in, [n] or .key"},
        {"d != d", "when: 'd' is a dict: use in, [n] or .key"},
        {"l in l", "when: 'l' is a list: cannot be looked for"},
        {"1 in two", "when: 'two' is a number: nothing is in it"},
        {"two in role", "when: 'role' is a text: nothing is in it"},
    };
    const struct scope scope = {.vars = *state};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};
        bool holds = false;
        assert_int_equal(condition_check(rows[i].text, &err), 0);
        assert_int_equal(condition_holds(rows[i].text, &scope, &holds, &err), -1);
        assert_string_equal(err.text, rows[i].why);
    }
}

static void
test_refuses_what_is_no_condition(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "when: in the condition: expected a variable, got 'its end'"},
        {"role ==", "when: in the condition: expected a variable, got 'its end'"},
        {"role = 'db'", "when: in the condition: expected and, or or its end, got '='"},
        {"role == 'db", "when: in the condition: expected a closing quote, got 'its end'"},
        {"(role", "when: in the condition: expected ), got 'its end'"},
        {"role)", "when: in the condition: expected and, or or its end, got ')'"},
        {"role and", "when: in the condition: expected a variable, got 'its end'"},
        {"and role", "when: in the condition: expected a value, got 'a'"},
        {"role is", "when: in the condition: expected defined or undefined, got 'its end'"},
        {"role is none", "when: in the condition: expected defined or undefined, got 'n'"},
        {"role not", "when: in the condition: expected in, got 'its end'"},
        {"two > 1", "when: in the condition: expected and, or or its end, got '>'"},
        {"role | upper", "when: in the condition: expected and, or or its end, got '|'"},
        {"role == 'a' == 'b'", "when: in the condition: expected and, or or its end, got '='"},
        {"no_ and two > 1", "when: in the condition: expected and, or or its end, got '>'"},
        {"role == {{ role }}", "when: names stand here without {{ }}"},
        {"lookup('env', 'x')", "when: in the condition: expected and, or or its end, got '('"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};
        if (condition_check(rows[i].text, &err) == 0) {
            fail_msg("%s: taken", rows[i].text);
        }
        assert_string_equal(err.text, rows[i].why);
    }
}

static void
test_parentheses_have_a_limit(void **state)
{
    char deep[2 * (CONDITION_DEPTH_MAX + 1) + 2];
    const struct scope scope = {.vars = *state};
    struct err err = {0};
    bool holds = false;

    for (int n = CONDITION_DEPTH_MAX; n <= CONDITION_DEPTH_MAX + 1; n++) {
        memset(deep, '(', (size_t)n);
        deep[n] = '1';
        memset(deep + n + 1, ')', (size_t)n);
        deep[2 * n + 1] = '\0';
        assert_int_equal(condition_holds(deep, &scope, &holds, &err),
                         n > CONDITION_DEPTH_MAX ? -1 : 0);
    }
    assert_string_equal(err.text, "when: more than 32 parentheses in each other");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_as_jinja),
        cmocka_unit_test(test_refuses_what_has_no_answer),
        cmocka_unit_test(test_refuses_what_is_no_condition),
        cmocka_unit_test(test_parentheses_have_a_limit),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

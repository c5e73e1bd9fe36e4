/*
 * test_become_vars.c - what the variables of a host say of sudo, against what Ansible 2.14 made of
 * the same.
 */
#include "config/become_vars.h"

#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vault_fixture.h"

static struct value *
vars_of(const char *const *pairs)
{
    struct value *vars = value_new(VALUE_DICT);

    value_dict_set(vars, "x", value_text("made"));
    for (size_t i = 0; pairs[i] != NULL; i += 2) {
        value_dict_set(vars, pairs[i], value_text(pairs[i + 1]));
    }
    return vars;
}

static void
test_the_host_has_the_last_word(void **state)
{
    /* step: '-' unsaid, 't' true as stepuser, 'f' false */
    static const struct {
        const char *vars[10];
        char step;
        const char *who; /* NULL: no sudo; "": sudo's own user */
    } rows[] = {
        {{NULL}, '-', NULL},
        {{NULL}, 't', "stepuser"},
        {{"ansible_become", "true"}, '-', ""},
        {{"ansible_become", "true"}, 'f', ""},
        {{"ansible_become", "True"}, 't', "stepuser"},
        {{"ansible_become", "YES"}, '-', ""},
        {{"ansible_become", "y", "ansible_become_user", "vu"}, '-', "vu"},
        {{"ansible_become", "on", "ansible_become_user", "vu"}, 't', "vu"},
        {{"ansible_become", "no"}, 't', NULL},
        {{"ansible_become", "0"}, 't', NULL},
        {{"ansible_become", "f", "ansible_become_user", "vu"}, 't', NULL},
        {{"ansible_become_user", "vu"}, '-', NULL},
        {{"ansible_become_user", "vu"}, 't', "vu"},
        {{"ansible_become_user", ""}, 't', ""},
        {{"ansible_sudo_user", "su", "ansible_become_user", "bu"}, 't', "su"},
        {{"ansible_become", "{{ 'tr' }}ue", "ansible_become_user", "{{ x }}"}, '-', "made"},
        {{"ansible_become_method", "sudo"}, 't', "stepuser"},
        {{"ansible_become_method", "ansible.builtin.sudo"}, 't', "stepuser"},
        {{"ansible_become_exe", "sudo", "ansible_become_flags", ""}, 't', "stepuser"},
        {{"ansible_become_method", "su"}, '-', NULL}, /* no step asks */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct value *vars = vars_of(rows[i].vars);
        const struct scope scope = {.vars = vars};
        bool wanted = rows[i].step == 't';
        char *user = wanted ? xstrdup("stepuser") : NULL;
        struct err err = {0};
        if (become_vars_apply(&scope, &wanted, &user, &err) != 0)
            fail_msg("row %zu: %s", i, err.text);
        if (wanted != (rows[i].who != NULL))
            fail_msg("row %zu: wanted %d", i, wanted);
        if (wanted)
            assert_string_equal(user == NULL ? "" : user, rows[i].who);
        free(user);
        value_free(vars);
    }
}

static void
test_null_says_nothing(void **state)
{
    struct value *vars = value_new(VALUE_DICT);
    const struct scope scope = {.vars = vars};
    bool wanted = true;
    char *user = NULL;
    char *password = NULL;
    (void)state;

    for (size_t i = 0; become_vars_name(i) != NULL; i++)
        value_dict_set(vars, become_vars_name(i), value_new(VALUE_NULL));
    assert_int_equal(become_vars_apply(&scope, &wanted, &user, NULL), 0);
    assert_true(wanted && user == NULL);
    assert_int_equal(become_vars_password(&scope, &password, NULL), 0);
    assert_null(password);
    value_free(vars);
}

static void
test_the_last_name_of_a_password_counts(void **state)
{
    static const struct {
        const char *vars[8];
        const char *password;
    } rows[] = {
        {{NULL}, NULL},
        {{"ansible_become_password", "a"}, "a"},
        {{"ansible_become_pass", "b", "ansible_become_password", "a"}, "b"},
        {{"ansible_sudo_pass", "c", "ansible_become_pass", "b", "ansible_become_password", "a"},
         "c"},
        {{"ansible_become_password", ""}, ""},
        {{"ansible_become_password", "p'\"$`\\#B \xc3\xa9{{ x }}"}, "p'\"$`\\#B \xc3\xa9made"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct value *vars = vars_of(rows[i].vars);
        const struct scope scope = {.vars = vars};
        char *password = NULL;
        assert_int_equal(become_vars_password(&scope, &password, NULL), 0);
        if (rows[i].password == NULL)
            assert_null(password);
        else
            assert_string_equal(password, rows[i].password);
        free(password);
        value_free(vars);
    }
}

static const struct {
    const char *name, *value, *expected;
} wrong[] = {
    {"ansible_become", "maybe", "true or false"},
    {"ansible_become", "", "true or false"},
    {"ansible_become", "2", "true or false"},
    {"ansible_become_user", "-u", "the name of a user"},
    {"ansible_sudo_user", "0", "the name of a user"},
    {"ansible_become_user", "a b", "the name of a user"},
    {"ansible_become_user", "a;b", "the name of a user"},
    {"ansible_become_password", "geheim\nid", "one line of at most 1024 bytes"},
    {"ansible_become_pass", "geheim\r", "one line of at most 1024 bytes"},
    {"ansible_become_method", "su", "sudo: there is no other method"},
    {"ansible_become_exe", "/opt/sudo", "nothing: sudo is found by its name"},
    {"ansible_sudo_exe", "sudo -k", "nothing: sudo is found by its name"},
    {"ansible_become_flags", "-H", "nothing: sudo is given -n, or -S with a password"},
    {"ansible_sudo_flags", "-n", "nothing: sudo is given -n, or -S with a password"},
};

/* The inventory is checked as it is read, what -e says when a step is rendered. */
static void
test_what_cannot_be_is_refused_early_and_late(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct value *vars = value_new(VALUE_DICT);
        const struct scope scope = {.vars = vars};
        struct err err = {0};
        bool wanted = true;
        char *text = NULL;
        size_t row = 0;
        char place[128];
        value_dict_set(vars, wrong[i].name, value_text(wrong[i].value));
        while (strcmp(become_vars_name(row), wrong[i].name) != 0)
            row++;
        struct value *v = value_dict_get(vars, wrong[i].name);
        assert_string_equal(become_vars_expected(row, v), wrong[i].expected);
        v->file = "hosts.yml";
        v->line = 3;
        v->col = 5;
        int rc = become_vars_apply(&scope, &wanted, &text, &err);
        rc = rc == 0 ? become_vars_password(&scope, &text, &err) : rc;
        assert_int_equal(rc, -1);
        assert_int_equal(err.kind, ERR_CONFIG);
        (void)snprintf(place, sizeof(place), "hosts.yml:3:5: %s: expected %s", wrong[i].name,
                       wrong[i].expected);
        assert_string_equal(err.text, place);
        assert_null(strstr(err.text, "geheim"));
        free(text);
        value_free(vars);
    }
}

static void
test_templates_are_left_to_the_run_and_lists_are_not(void **state)
{
    struct value *list = value_new(VALUE_LIST);
    struct value *text = value_text("{{ anything }}");
    struct value *number = value_int(1);
    struct value *truth = value_bool(true);
    (void)state;

    for (size_t i = 0; become_vars_name(i) != NULL; i++) {
        assert_null(become_vars_expected(i, text));
        assert_string_equal(become_vars_expected(i, list), "a text");
    }
    assert_null(become_vars_expected(0, number));
    assert_null(become_vars_expected(0, truth));
    value_free(list);
    value_free(text);
    value_free(number);
    value_free(truth);
}

static void
test_a_template_that_fails_names_the_variable(void **state)
{
    static const char *const pairs[] = {"ansible_become_password", "{{ nobody }}", NULL};
    struct value *vars = vars_of(pairs);
    const struct scope scope = {.vars = vars};
    struct err err = {0};
    char *password = NULL;
    (void)state;

    assert_int_equal(become_vars_password(&scope, &password, &err), -1);
    assert_non_null(strstr(err.text, "ansible_become_password: 'nobody' is undefined"));
    assert_null(password);
    value_free(vars);
}

static void
test_a_vault_that_stays_shut_is_told_with_its_place_once(void **state)
{
    static const char *const none[] = {NULL};
    struct value *vars = vars_of(none);
    struct value *v = value_text(plain_blob);
    struct vault *vault = vault_with("another");
    const struct scope scope = {.vars = vars, .vault = vault};
    struct err err = {0};
    char *text = NULL;

    (void)state;
    v->vault = true;
    v->file = "hosts.yml";
    v->line = 5;
    v->col = 23;
    value_dict_set(vars, "ansible_password", v);
    assert_int_equal(become_vars_login(&scope, &text, &err), -1);
    assert_null(text);
    assert_string_equal(err.text,
                        "'ansible_password': hosts.yml:5:23: cannot be opened: "
                        "IM_VAULT_PASSWORD_FILE holds another password, or the text was changed");
    vault_free(vault);
    value_free(vars);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_host_has_the_last_word),
        cmocka_unit_test(test_null_says_nothing),
        cmocka_unit_test(test_the_last_name_of_a_password_counts),
        cmocka_unit_test(test_what_cannot_be_is_refused_early_and_late),
        cmocka_unit_test(test_templates_are_left_to_the_run_and_lists_are_not),
        cmocka_unit_test(test_a_template_that_fails_names_the_variable),
        cmocka_unit_test(test_a_vault_that_stays_shut_is_told_with_its_place_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

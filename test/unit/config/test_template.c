/*
 * test_template.c - what `{{ }}` expressions give, and what they refuse.
 */
#include "base/xalloc.h"
#include "config/nearest.h"
#include "config/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct value *extra, *magic, *vars;
    struct scope scope;
};

static void
fill(struct value *vars)
{
    struct value *list = value_new(VALUE_LIST), *dict = value_new(VALUE_DICT);

    value_list_add(list, value_text("log"));
    value_list_add(list, value_text("up loads"));
    value_list_add(list, value_text("{{ name }}"));
    value_dict_set(dict, "port", value_int(8080));
    value_dict_set(dict, "host", value_text("db-1"));
    value_dict_set(vars, "paths", list);
    value_dict_set(vars, "database", dict);
    value_dict_set(vars, "name", value_text("Shop"));
    value_dict_set(vars, "odd", value_text("a b; rm 'x'"));
    value_dict_set(vars, "nothing", value_new(VALUE_NULL));
    value_dict_set(vars, "empty", value_text(""));
    value_dict_set(vars, "yes", value_bool(true));
    value_dict_set(vars, "number", value_int(42));
    value_dict_set(vars, "digits", value_text("0042"));
    value_dict_set(vars, "app_dir", value_text("/srv/{{ name | lower }}"));
    value_dict_set(vars, "artifact", value_text("{{ app_dir }}/x.tar.gz"));
    value_dict_set(vars, "loop_a", value_text("{{ loop_b }}"));
    value_dict_set(vars, "loop_b", value_text("{{ loop_a }}"));
    value_dict_set(vars, "broken", value_text("{{ nowhere }}"));
    value_dict_set(vars, "release", value_text("host's"));
    value_dict_set(vars, "only_one", value_text("one"));
    value_dict_set(vars, "env", value_text("host's"));
}

static int
setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));

    f->extra = value_new(VALUE_DICT);
    f->magic = value_new(VALUE_DICT);
    f->vars = value_new(VALUE_DICT);
    fill(f->vars);
    value_dict_set(f->magic, "release", value_text("magic"));
    value_dict_set(f->magic, "env", value_text("magic"));
    value_dict_set(f->extra, "env", value_text("extra"));
    f->scope = (struct scope){.extra = f->extra, .magic = f->magic, .vars = f->vars};
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    value_free(f->extra);
    value_free(f->magic);
    value_free(f->vars);
    free(f);
    return 0;
}

static char *
rendered(const struct fixture *f, const char *text, bool shell, struct err *err)
{
    struct buf out;

    buf_init(&out, TEMPLATE_TEXT_MAX);
    char *made =
        render_text(text, &f->scope, shell, "x.yml:3:5", &out, err) ? NULL : buf_detach(&out);
    buf_release(&out);
    return made;
}

static void
gives(void **state, bool shell, const char *text, const char *expected)
{
    struct err err = {0};
    char *got = rendered(*state, text, shell, &err);

    if (!got)
        fail_msg("%s: %s", text, err.text);
    assert_string_equal(got, expected);
    free(got);
}

static void
refuses(void **state, bool shell, const char *text, const char *expected)
{
    struct err err = {0};
    char *got = rendered(*state, text, shell, &err);

    if (got)
        fail_msg("%s was accepted: %s", text, got);
    assert_int_equal(err.kind, ERR_CONFIG);
    assert_string_equal(err.text, expected);
}

static void
test_replaces_expressions(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"", ""},
        {"plain { } {x} $x ${x}", "plain { } {x} $x ${x}"},
        {"{{ name }}", "Shop"},
        {"<{{name}}{{ name}}>", "<ShopShop>"},
        {"{{ database.port }} {{ database['host'] }}", "8080 db-1"},
        {"{{ paths[0] }} {{ paths[2] }}", "log Shop"},
        {"{{ yes }} {{ number }} [{{ empty }}]", "True 42 []"},
        {"{{ paths | join(',') }}", "log,up loads,Shop"},
        {"{{ only_one | join(',') }}", "one"},
        {"{{ name | lower }} {{ name | upper }}", "shop SHOP"},
        {"{{ odd | quote }}", "'a b; rm '\\''x'\\'''"},
        {"{{ digits | int }}", "42"},
        {"{{ yes | int }}", "1"},
        {"{{ nowhere | default('a') }} {{ nowhere | default(5) }}", "a 5"},
        {"{{ nothing | default(\"b\\\"\") }}", "b\""},
        {"{{ database.user | default('me') | upper }}", "ME"},
        {"{{ name | default('never') }} [{{ empty | default('never') }}]", "Shop []"},
        {"{{ '{#' }}{{ '{{ x }}' }}", "{#{{ x }}"},
        {"{{ nowhere | default('{{ x }}') }}", "{{ x }}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        gives(state, false, rows[i].text, rows[i].expected);
}

static void
test_renders_values_that_hold_expressions(void **state)
{
    gives(state, true, "{{ artifact }}", "/srv/shop/x.tar.gz");
    gives(state, false, "{{ artifact | upper }}", "/SRV/SHOP/X.TAR.GZ");
}

static void
test_looks_in_extra_then_magic_then_host(void **state)
{
    gives(state, false, "{{ env }} {{ release }} {{ name }}", "extra magic Shop");
}

static void
test_refuses_what_it_would_have_to_guess(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"{{ app_dri }}", "x.yml:3:5: 'app_dri' is undefined; did you mean app_dir?"},
        {"{{ zzzzzz }}", "x.yml:3:5: 'zzzzzz' is undefined"},
        {"{{ zzzzzz | quote }}", "x.yml:3:5: 'zzzzzz' is undefined"},
        {"{{ broken }}", "x.yml:3:5: 'nowhere' is undefined"},
        {"{{ broken | default('x') }}x{{ zzzzzz }}", "x.yml:3:5: 'nowhere' is undefined"},
        {"{{ database.prot }}", "x.yml:3:5: 'database.prot' is undefined; did you mean port?"},
        {"{{ name.x }}", "x.yml:3:5: 'name' is a text and has no 'x'"},
        {"{{ name[0] }}", "x.yml:3:5: 'name' is a text and not a list"},
        {"{{ paths[3] }}", "x.yml:3:5: 'paths[3]' is undefined: it has 3"},
        {"{{ nothing }}", "x.yml:3:5: 'nothing' is null: give it a value or a default('...')"},
        {"{{ paths }}", "x.yml:3:5: 'paths' is a list: use join, [n] or .key"},
        {"{{ database | quote }}", "x.yml:3:5: 'database' is a dict: use join, [n] or .key"},
        {"{{ number | join(',') }}", "x.yml:3:5: 'number' is a number: join needs a list"},
        {"{{ name | int }}", "x.yml:3:5: 'name' is no whole number"},
        {"{{ loop_a }}", "x.yml:3:5: 'loop_a' leads back to itself"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        refuses(state, false, rows[i].text, rows[i].expected);
}

/* `groups` as a run gives it: a dict of lists, of every group. */
static void
test_groups_are_lists_of_hosts_by_name(void **state)
{
    struct fixture *f = *state;
    struct value *groups = value_new(VALUE_DICT), *web = value_new(VALUE_LIST);

    value_list_add(web, value_text("web-01"));
    value_list_add(web, value_text("web-02"));
    value_dict_set(groups, "web-eu", value_copy(web));
    value_dict_set(groups, "web", web);
    value_dict_set(groups, "empty", value_new(VALUE_LIST));
    value_dict_set(f->magic, "groups", groups);
    gives(state, false, "{{ groups.web | join(' ') }}", "web-01 web-02");
    gives(state, true, "{{ groups['web-eu'] | join(',') }}", "web-01,web-02");
    gives(state, true, "{{ groups[\"web\"][1] }}", "web-02");
    gives(state, false, "[{{ groups.empty | join(' ') }}]", "[]");
    gives(state, true, "{{ groups.db | default('none') }}", "none");
    gives(state, true, "{{ groups['web'] | join(' ') | quote }}", "'web-01 web-02'");
    refuses(state, true, "{{ groups['web'] | join(' ') }}",
            "x.yml:3:5: 'groups['web']' holds bytes the shell would act on: write "
            "{{ groups['web'] | quote }}");
    refuses(state, false, "{{ groups }}", "x.yml:3:5: 'groups' is a dict: use join, [n] or .key");
    refuses(state, false, "{{ groups.web }}",
            "x.yml:3:5: 'groups.web' is a list: use join, [n] or .key");
    refuses(state, false, "{{ groups.wbe | join(' ') }}",
            "x.yml:3:5: 'groups.wbe' is undefined; did you mean web?");
    refuses(state, false, "{{ groups.empty[0] }}",
            "x.yml:3:5: 'groups.empty[0]' is undefined: it has 0");
    refuses(state, false, "{{ x.\n }}",
            "x.yml:3:5: in {{ }}: expected a name after the dot, got '\\n'");
    refuses(state, false, "{{ groups['a\nb'] }}", "x.yml:3:5: 'groups.a\\nb' is undefined");
    refuses(state, false, "{{ groups.web-eu }}", "x.yml:3:5: in {{ }}: expected | or }}, got '-'");
}

static void
test_says_where_in_the_text_the_mistake_begins(void **state)
{
    static const struct {
        const char *text;
        size_t at;
    } rows[] = {
        {"{{ zzzzzz }}", 0},
        {"a {{ name }} { {{ zzzzzz }} {{ yyyyyy }}", 15},
        {"{{ name }}{{ broken }}", 10}, /* where it is used, not inside the value */
        {"{{ artifact }} {{ loop_a }}", 15},
        {"x{{ name", 1},
        {"ab {% if %}", 3},
        {"{{ '{{' }}{# c #}", 10},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t at = 9999;
        struct err err = {0};
        struct buf out;
        buf_init(&out, TEMPLATE_TEXT_MAX);
        assert_int_equal(template_render(rows[i].text, &f->scope, false, "c", &out, &at, &err), -1);
        assert_int_equal(at, rows[i].at);
        buf_release(&out);
    }
}

static void
test_refuses_bad_syntax(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"{{ }}", "x.yml:3:5: in {{ }}: expected a variable, got '}'"},
        {"{{ name", "x.yml:3:5: in {{ }}: expected | or }}, got 'its end'"},
        {"{{ name }", "x.yml:3:5: in {{ }}: expected | or }}, got '}'"},
        {"{{ name + 1 }}", "x.yml:3:5: in {{ }}: expected | or }}, got '+'"},
        {"{{ name | }}", "x.yml:3:5: in {{ }}: expected a filter, got '}'"},
        {"{{ name | default }}", "x.yml:3:5: in {{ }}: expected ('...'), got '}'"},
        {"{{ name | default(x) }}", "x.yml:3:5: in {{ }}: expected 'text' or a number, got 'x'"},
        {"{{ name | default('x' }}", "x.yml:3:5: in {{ }}: expected ), got '}'"},
        {"{{ name | default('x }}", "x.yml:3:5: in {{ }}: expected a closing quote, got 'its end'"},
        {"{{ paths | join(1) }}", "x.yml:3:5: in {{ }}: expected 'text', got '1'"},
        {"{{ name | lower() }}", "x.yml:3:5: in {{ }}: expected no argument, got '('"},
        {"{{ paths[ }}", "x.yml:3:5: in {{ }}: expected 'text' or a number, got '}'"},
        {"{{ paths[99999999999999999999] }}",
         "x.yml:3:5: in {{ }}: expected a whole number, got '9'"},
        {"{{ name | quoted }}", "x.yml:3:5: there is no filter 'quoted': did you mean quote; there "
                                "are default, quote, int, lower, upper, join"},
        {"a {% if x %}", "x.yml:3:5: {% is not supported: only {{ }} is; for the two characters "
                         "themselves write {{ '{%' }}"},
        {"${#x}", "x.yml:3:5: {# is not supported: only {{ }} is; for the two characters "
                  "themselves write {{ '{#' }}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        refuses(state, false, rows[i].text, rows[i].expected);
}

static void
test_checks_syntax_without_values(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(template_check("{{ any.thing[0] | default('x') | quote }}", "a", &err), 0);
    assert_int_equal(template_check("{{ any | nofilter }}", "a", &err), -1);
    assert_int_equal(template_check("{{ any", "a", &err), -1);
}

static void
test_wants_odd_values_quoted_in_scripts(void **state)
{
    gives(state, true, "cd {{ app_dir }}; {{ odd | quote }}",
          "cd /srv/shop; 'a b; rm '\\''x'\\'''");
    gives(state, false, "{{ odd }}", "a b; rm 'x'");
    refuses(state, true, "echo {{ odd }}",
            "x.yml:3:5: 'odd' holds bytes the shell would act on: write {{ odd | quote }}");
}

/* fault 43: unquoted values are refused */
static void
test_every_byte_outside_the_list_must_be_quoted(void **state)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "_./:@%+,=-";
    struct fixture *f = *state;

    for (int c = 1; c < 256; c++) {
        const char bytes[] = {(char)c};
        struct err err;
        value_dict_set(f->extra, "byte", value_textn(bytes, 1));
        char *got = rendered(f, "{{ byte }}", true, &err);
        assert_int_equal(got != NULL, strchr(plain, c) != NULL);
        free(got);
    }
}

static void
test_stops_at_the_depth_limit(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 40; i++) {
        char *name = xasprintf("deep_%d", i), *text = xasprintf("{{ deep_%d }}", i + 1);
        value_dict_set(f->vars, name, value_text(text));
        free(name);
        free(text);
    }
    value_dict_set(f->vars, "deep_16", value_text("bottom"));
    gives(state, false, "{{ deep_0 }}", "bottom");
    value_dict_set(f->vars, "deep_16", value_text("{{ deep_17 }}"));
    refuses(state, false, "{{ deep_0 }}",
            "x.yml:3:5: 'deep_16' is nested more than 16 variables deep");
}

static void
test_an_explosion_of_values_ends_in_an_error(void **state)
{
    struct fixture *f = *state;
    struct err err;

    value_dict_set(f->vars, "boom_0",
                   value_text("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                              "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
    for (int i = 1; i < 12; i++) {
        char *name = xasprintf("boom_%d", i);
        struct buf text;
        buf_init(&text, 4096);
        for (int k = 0; k < 10; k++)
            buf_addf(&text, "{{ boom_%d }}", i - 1);
        value_dict_set(f->vars, name, value_text(text.data));
        buf_release(&text);
        free(name);
    }
    assert_null(rendered(f, "{{ boom_11 }}", false, &err));
    assert_non_null(strstr(err.text, "too long"));
    value_dict_set(f->vars, "boom_0", value_text(""));
    assert_null(rendered(f, "{{ boom_11 }}", false, &err));
    assert_non_null(strstr(err.text, "more than 100000"));
}

static void
test_names_the_nearest_word(void **state)
{
    static const char *const words[] = {"name", "tags", "timeout", "run"};

    (void)state;
    assert_string_equal(nearest_word("timout", words, 4), "timeout");
    assert_string_equal(nearest_word("nmae", words, 4), "name");
    assert_string_equal(nearest_word("tag", words, 4), "tags");
    assert_null(nearest_word("upload", words, 4));
    assert_null(nearest_word("", words, 4));
    assert_null(nearest_word("x", words, 0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_replaces_expressions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_renders_values_that_hold_expressions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_looks_in_extra_then_magic_then_host, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses_what_it_would_have_to_guess, setup, teardown),
        cmocka_unit_test_setup_teardown(test_groups_are_lists_of_hosts_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_says_where_in_the_text_the_mistake_begins, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_refuses_bad_syntax, setup, teardown),
        cmocka_unit_test(test_checks_syntax_without_values),
        cmocka_unit_test_setup_teardown(test_wants_odd_values_quoted_in_scripts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_byte_outside_the_list_must_be_quoted, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_stops_at_the_depth_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_explosion_of_values_ends_in_an_error, setup,
                                        teardown),
        cmocka_unit_test(test_names_the_nearest_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

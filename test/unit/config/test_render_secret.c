/*
 * test_render_secret.c - where a secret goes in, it is known; where it would be seen, it is
 * refused.
 */
#include "base/xalloc.h"
#include "config/condition.h"
#include "config/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vault_fixture.h"

#include <stdlib.h>
#include <string.h>

enum { OUT_MAX = 1 << 20 };

struct fixture {
    struct folder folder;
    struct vault *vault;
    struct value *vars, *magic;
    struct taint taint;
    struct scope scope;
    struct action action;
    struct action_step step;
    struct rendered made;
    struct err err;
};

static struct value *
secret(struct value *v)
{
    v->secret = true;
    return v;
}

static struct value *
fill(void)
{
    struct value *vars = value_new(VALUE_DICT);
    struct value *list = value_new(VALUE_LIST);
    struct value *vault = secret(value_text(plain_blob));

    vault->vault = true;
    value_list_add(list, value_text("open"));
    value_list_add(list, secret(value_text("in-list")));
    value_dict_set(vars, "plain", value_text("web"));
    value_dict_set(vars, "pw", secret(value_text("hunter22")));
    value_dict_set(vars, "pin", secret(value_int(123456)));
    value_dict_set(vars, "flag", secret(value_bool(true)));
    value_dict_set(vars, "none", secret(value_new(VALUE_NULL)));
    value_dict_set(vars, "odd", secret(value_text("it's odd")));
    value_dict_set(vars, "list", list);
    value_dict_set(vars, "vault", vault);
    value_dict_set(vars, "url", value_text("db://u:{{ pw }}@h"));
    value_dict_set(vars, "far", value_text("<{{ url }}>"));
    value_dict_set(vars, "tmpl", secret(value_text("pre-{{ plain }}")));
    return vars;
}

static int
setup(void **state)
{
    static char action_name[] = "t", action_file[] = "t.yml";
    struct fixture *f = xcalloc(1, sizeof(*f));

    folder_make(&f->folder);
    f->vault = vault_with("correct horse");
    f->vars = fill();
    f->magic = value_new(VALUE_DICT);
    value_dict_set(f->magic, "inventory_hostname", value_text("web-01"));
    f->scope =
        (struct scope){.magic = f->magic, .vars = f->vars, .vault = f->vault, .taint = &f->taint};
    f->action = (struct action){.name = action_name, .file = action_file};
    f->step = (struct action_step){.kind = ACTION_RUN, .line = 12, .col = 9};
    f->step.name = xstrdup("run 1");
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    rendered_release(&f->made);
    strv_clear(&f->taint.texts);
    value_free(f->vars);
    value_free(f->magic);
    vault_free(f->vault);
    free(f->step.name);
    folder_remove(&f->folder);
    free(f);
    return 0;
}

/* ---------------------------------------------------------------- texts */

static void
test_a_text_that_a_secret_went_into_is_known_as_one(void **state)
{
    static const struct {
        const char *text, *rendered, *masked;
        const char *texts; /* joined by | */
        bool tainted;
    } rows[] = {
        {"x {{ plain }}", "x web", "x web", "", false},
        {"{{ list[0] }}", "open", "open", "", false},
        {"x {{ pw }} y", "x hunter22 y", "x *** y", "hunter22", true},
        {"{{ pin }}", "123456", "***", "123456", true},
        {"{{ pin | int }}", "123456", "***", "123456", true},
        {"{{ flag }}", "True", "***", "", true}, /* a word of everybody */
        {"{{ none | default('d') }}", "d", "d", "", false},
        {"{{ nowhere | default('d') }}", "d", "d", "", false},
        {"{{ pw | default('d') }}", "hunter22", "***", "hunter22", true},
        {"{{ pw | upper }}", "HUNTER22", "***", "hunter22|HUNTER22", true},
        {"{{ odd | quote }}", "'it'\\''s odd'", "***", "it's odd", true},
        {"{{ list | join(',') }}", "open,in-list", "***", "in-list", true},
        {"{{ url }}", "db://u:hunter22@h", "***", "hunter22", true},
        {"{{ far | lower }}", "<db://u:hunter22@h>", "***", "hunter22|<db://u:hunter22@h>", true},
        {"{{ tmpl }}", "pre-web", "***", "pre-web", true},
        {"{{ vault }}", "s3cr3t Pa55's {{ word }}", "***", "s3cr3t Pa55's {{ word }}", true},
        {"{{ pw }}{{ pw }}{{ plain }}", "hunter22hunter22web", "******web", "hunter22", true},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int mask = 0; mask < 2; mask++) {
            struct buf out;
            struct buf texts;
            f->scope.mask = mask == 1;
            f->taint.tainted = false;
            strv_clear(&f->taint.texts);
            buf_init(&out, OUT_MAX);
            buf_init(&texts, OUT_MAX);
            if (render_text(rows[i].text, &f->scope, false, "t", &out, &f->err) < 0) {
                fail_msg("%s", f->err.text);
            }
            assert_string_equal(out.data, mask ? rows[i].masked : rows[i].rendered);
            assert_int_equal(f->taint.tainted, rows[i].tainted);
            for (size_t k = 0; k < f->taint.texts.count; k++) {
                (void)buf_addf(&texts, "%s%s", k > 0 ? "|" : "", f->taint.texts.items[k]);
            }
            assert_string_equal(texts.data, rows[i].texts);
            buf_release(&out);
            buf_release(&texts);
        }
    }
}

static void
test_a_vault_that_nobody_uses_needs_no_password(void **state)
{
    struct fixture *f = *state;
    struct buf out;
    bool holds = false;

    f->scope.vault = NULL;
    value_dict_get(f->vars, "vault")->file = "vars.yml";
    buf_init(&out, OUT_MAX);
    assert_int_equal(render_text("{{ plain }}", &f->scope, false, "t", &out, &f->err), 0);
    assert_int_equal(condition_holds("vault is defined", &f->scope, &holds, &f->err), 0);
    assert_true(holds);
    assert_int_equal(render_text("{{ vault }}", &f->scope, false, "t", &out, &f->err), -1);
    assert_string_equal(f->err.text,
                        "t: 'vault': vars.yml:0:0: encrypted: IM_VAULT_PASSWORD_FILE must name a "
                        "file with the password");
    assert_int_equal(condition_holds("vault == 'x'", &f->scope, &holds, &f->err), -1);
    buf_release(&out);
}

static void
test_a_condition_compares_what_a_vault_holds(void **state)
{
    static const struct {
        const char *text;
        bool holds;
    } rows[] = {
        {"vault == \"s3cr3t Pa55's {{ word }}\"", true},
        {"vault != 'x'", true},
        {"'Pa55' in vault", true},
        {"pin == 123456", true},
        {"vault", true},
        {"flag and pw == 'hunter22'", true},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool holds = false;
        if (condition_holds(rows[i].text, &f->scope, &holds, &f->err) < 0) {
            fail_msg("%s", f->err.text);
        }
        assert_int_equal(holds, rows[i].holds);
    }
}

static void
test_no_message_shows_a_secret(void **state)
{
    static const char *const rows[] = {"{{ pw | int }}", "{{ odd }}", "{{ pw.x }}",
                                       "{{ vault | int }}", "{{ pw[0] }}"};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf out;
        buf_init(&out, OUT_MAX);
        assert_int_equal(render_text(rows[i], &f->scope, true, "t", &out, &f->err), -1);
        assert_null(strstr(f->err.text, "hunter"));
        assert_null(strstr(f->err.text, "it's"));
        assert_null(strstr(f->err.text, "s3cr3t"));
        buf_release(&out);
    }
}

/* ---------------------------------------------------------------- steps */

static int
render(struct fixture *f, const char *script)
{
    char *copy = xstrdup(script);

    rendered_release(&f->made);
    f->step.script = copy;
    const int rc = render_step(&f->action, &f->step, f->folder.path, &f->scope, &f->made, &f->err);
    f->step.script = NULL;
    free(copy);
    return rc;
}

static void
renders(struct fixture *f, const char *script, const char *wanted)
{
    if (render(f, script) < 0) {
        fail_msg("%s", f->err.text);
    }
    assert_string_equal(f->made.script, wanted);
}

static void
test_a_secret_is_set_and_not_exported(void **state)
{
    static char name[] = "TOKEN", value[] = "x{{ pw }}";
    struct action_env env = {.name = name, .value = value};
    struct fixture *f = *state;

    f->step.env = &env;
    f->step.env_count = 1;
    renders(f, "echo $plain $pw $url {{ odd | quote }} $TOKEN",
            "plain='web'; export plain\n"
            "unset pw; pw='hunter22'\n"
            "unset url; url='db://u:hunter22@h'\n"
            "unset odd; odd='it'\\''s odd'\n"
            "unset TOKEN; TOKEN='xhunter22'\n"
            "echo $plain $pw $url 'it'\\''s odd' $TOKEN\n");
    assert_int_equal(f->made.secrets.count, 2);
    assert_true(strv_has(&f->made.secrets, "hunter22"));
    assert_true(strv_has(&f->made.secrets, "it's odd"));
    f->scope.mask = true;
    renders(f, "echo $plain $pw $url {{ odd | quote }} $TOKEN",
            "plain='web'; export plain\n"
            "unset pw; pw='***'\n"
            "unset url; url='***'\n"
            "unset odd; odd='***'\n"
            "unset TOKEN; TOKEN='***'\n"
            "echo $plain $pw $url *** $TOKEN\n");
    env.value = name; /* no template */
    renders(f, "true",
            "TOKEN='TOKEN'; export TOKEN\n"
            "true\n");
    assert_int_equal(f->made.secrets.count, 0);
}

static void
test_children_of_the_script_do_not_see_it(void **state)
{
    static const char script[] = "[ \"$pw\" = hunter22 ] || exit 9\n"
                                 "env | grep -q hunter && exit 8\n"
                                 "plain=$plain sh -c '[ -z \"$pw\" ] && [ \"$plain\" = web ]'\n";
    static const char *const shells[] = {"dash", "bash", "busybox ash"};
    struct fixture *f = *state;

    if (render(f, script) < 0) {
        fail_msg("%s", f->err.text);
    }
    folder_put(&f->folder, "script", f->made.script, f->made.script_len);
    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
        char *command = xasprintf("command -v %s >/dev/null || exit 0; pw=before %s %s/script",
                                  shells[i], shells[i], f->folder.path);
        /* NOLINTNEXTLINE(bugprone-command-processor): paths of ours */
        assert_int_equal(system(command), 0);
        free(command);
    }
}

static void
test_a_guard_and_a_template_may_hold_secrets(void **state)
{
    static char unless[] = "test \"$pw\" = x", src[] = "conf.tmpl", dest[] = "/etc/conf";
    struct fixture *f = *state;

    f->step.unless = unless;
    renders(f, "true", "true\n");
    assert_string_equal(f->made.guard, "unset pw; pw='hunter22'\ntest \"$pw\" = x\n");
    assert_true(strv_has(&f->made.secrets, "hunter22"));
    f->step.unless = NULL;
    folder_text(&f->folder, src, "password={{ vault }}\n");
    f->step.kind = ACTION_TEMPLATE;
    f->step.src = src;
    f->step.dest = dest;
    assert_int_equal(render(f, ""), 0);
    assert_string_equal(f->made.content, "password=s3cr3t Pa55's {{ word }}\n");
    assert_true(strv_has(&f->made.secrets, "s3cr3t Pa55's {{ word }}"));
}

static void
test_an_error_text_is_masked(void **state)
{
    static char error[] = "cannot log in to {{ url }} with {{ pw }} on {{ plain }}";
    struct fixture *f = *state;

    f->step.error = error;
    assert_int_equal(render(f, "true"), 0);
    assert_string_equal(f->made.error, "cannot log in to *** with *** on web");
}

static void
test_where_it_would_be_seen_a_secret_is_refused(void **state)
{
    static char with[] = "/x/{{ url }}", open[] = "/x";
    static const struct {
        const char *key;
        size_t text; /* offset in the step */
        enum action_kind kind;
    } rows[] = {
        {"name", offsetof(struct action_step, name), ACTION_RUN},
        {"chdir", offsetof(struct action_step, chdir), ACTION_RUN},
        {"creates", offsetof(struct action_step, creates), ACTION_RUN},
        {"become_user", offsetof(struct action_step, become_user), ACTION_RUN},
        {"src", offsetof(struct action_step, src), ACTION_UPLOAD},
        {"dest", offsetof(struct action_step, dest), ACTION_UPLOAD},
        {"src", offsetof(struct action_step, src), ACTION_TEMPLATE},
        {"dest", offsetof(struct action_step, dest), ACTION_TEMPLATE},
        {"path", offsetof(struct action_step, path), ACTION_WAIT_FOR},
        {"port", offsetof(struct action_step, port), ACTION_WAIT_FOR},
    };
    struct fixture *f = *state;
    const struct action_step plain = f->step;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *wanted =
            xasprintf("web-01: t.yml:12:9: %s: a secret would be seen here", rows[i].key);
        f->step = plain;
        f->step.kind = rows[i].kind;
        f->step.src = open;
        f->step.dest = open;
        *(char **)((char *)&f->step + rows[i].text) = with;
        assert_int_equal(render(f, "true"), -1);
        assert_string_equal(f->err.text, wanted);
        assert_null(f->made.script);
        free(wanted);
    }
    f->step = plain;
}

static void
test_the_host_of_a_port_is_no_place_for_a_secret(void **state)
{
    static char host[] = "{{ pw }}", port[] = "80";
    struct fixture *f = *state;

    f->step.kind = ACTION_WAIT_FOR;
    f->step.port = port;
    f->step.host = host;
    assert_int_equal(render(f, "true"), -1);
    assert_string_equal(f->err.text, "web-01: t.yml:12:9: host: a secret would be seen here");
}

/* The server sees it, and -C does not show it. */
static void
test_the_path_of_an_http_check_may_hold_a_secret(void **state)
{
    static char path[] = "/up?key={{ pw }}";
    struct fixture *f = *state;

    f->step.kind = ACTION_HTTP;
    f->step.path = path;
    for (int mask = 0; mask < 2; mask++) {
        f->scope.mask = mask == 1;
        assert_int_equal(render(f, ""), 0);
        assert_string_equal(f->made.path, mask == 1 ? "/up?key=***" : "/up?key=hunter22");
        assert_true(strv_has(&f->made.secrets, "hunter22"));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_text_that_a_secret_went_into_is_known_as_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_vault_that_nobody_uses_needs_no_password, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_condition_compares_what_a_vault_holds, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_no_message_shows_a_secret, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_secret_is_set_and_not_exported, setup, teardown),
        cmocka_unit_test_setup_teardown(test_children_of_the_script_do_not_see_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_guard_and_a_template_may_hold_secrets, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_an_error_text_is_masked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_where_it_would_be_seen_a_secret_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_the_host_of_a_port_is_no_place_for_a_secret, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_the_path_of_an_http_check_may_hold_a_secret, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_render.c - scripts as hosts get them, run on the shells that are here; uploads found.
 */
#include "base/xalloc.h"
#include "config/render.h"
#include "config/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "folder.h"

enum { BYTES_MAX = 1 << 20 };

struct fixture {
    char dir[64];
    struct value *vars, *magic;
    struct scope scope;
    struct action action;
    struct action_step step;
    struct rendered made;
    struct err err;
};

static int
setup(void **state)
{
    static char action_name[] = "t", action_file[] = "t.yml";
    struct fixture *f = xcalloc(1, sizeof(*f));

    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/test_render.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->vars = value_new(VALUE_DICT);
    f->magic = value_new(VALUE_DICT);
    value_dict_set(f->magic, "inventory_hostname", value_text("web-01"));
    value_dict_set(f->vars, "app_dir", value_text("/srv/app"));
    f->scope = (struct scope){.magic = f->magic, .vars = f->vars};
    f->action = (struct action){.name = action_name, .file = action_file};
    f->step = (struct action_step){.kind = ACTION_RUN, .set_e = true, .line = 12, .col = 9};
    f->step.name = xstrdup("run 1");
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    rendered_release(&f->made);
    value_free(f->vars);
    value_free(f->magic);
    free(f->step.name);
    char *command = xasprintf("rm -rf '%s'", f->dir);
    const int rc = system(command); /* NOLINT(bugprone-command-processor): a folder of ours */
    free(command);
    free(f);
    return rc;
}

static int
render_run(struct fixture *f, const char *script)
{
    char *copy = xstrdup(script);

    rendered_release(&f->made);
    f->step.script = copy;
    const int rc = render_step(&f->action, &f->step, f->dir, &f->scope, &f->made, &f->err);
    f->step.script = NULL;
    free(copy);
    return rc;
}

static void
renders(struct fixture *f, const char *script, const char *expected)
{
    if (render_run(f, script))
        fail_msg("%s: %s", script, f->err.text);
    assert_string_equal(f->made.script, expected);
    assert_int_equal(f->made.script_len, strlen(expected));
}

static void
refuses(struct fixture *f, const char *script, const char *expected)
{
    if (render_run(f, script) == 0)
        fail_msg("accepted: %s", f->made.script);
    assert_string_equal(f->err.text, expected);
}

/* Run the rendered script with this shell; its output in out, its status is returned. */
static int
run_with(const struct fixture *f, const char *shell, struct buf *out)
{
    char *path = xasprintf("%s/script", f->dir);
    FILE *file = fopen(path, "wb");
    char chunk[4096];
    size_t n;

    assert_non_null(file);
    assert_int_equal(fwrite(f->made.script, 1, f->made.script_len, file), f->made.script_len);
    assert_int_equal(fclose(file), 0);
    char *command = xasprintf("exec %s %s </dev/null", shell, path);
    FILE *pipe = popen(command, "r"); /* NOLINT(bugprone-command-processor): paths of ours */
    assert_non_null(pipe);
    buf_clear(out);
    while ((n = fread(chunk, 1, sizeof(chunk), pipe)) > 0)
        buf_add(out, chunk, n);
    const int status = pclose(pipe);
    free(command);
    free(path);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Every shell that is here: at least one must be. */
static size_t
shells(const char *ret[3])
{
    size_t count = 0;

    if (access("/usr/bin/dash", X_OK) == 0)
        ret[count++] = "/usr/bin/dash";
    if (access("/usr/bin/busybox", X_OK) == 0)
        ret[count++] = "/usr/bin/busybox sh";
    ret[count++] = "/bin/sh";
    return count;
}

static void
test_puts_exports_then_set_e_then_chdir_then_the_body(void **state)
{
    struct fixture *f = *state;

    renders(f, "true", "set -e\ntrue\n");
    f->step.chdir = (char[]){"{{ app_dir }}/current"};
    renders(f, "ls \"$app_dir\"\n",
            "app_dir='/srv/app'; export app_dir\nset -e\n"
            "CDPATH='' cd -- '/srv/app/current' || exit 1\nls \"$app_dir\"\n");
    f->step.set_e = false;
    f->step.chdir = NULL;
    renders(f, "true", "true\n");
}

static void
test_exports_only_what_is_mentioned_as_a_whole_word(void **state)
{
    struct fixture *f = *state;
    struct value *list = value_new(VALUE_LIST);

    value_dict_set(f->vars, "app", value_text("shop"));
    value_dict_set(f->vars, "list", list);
    value_dict_set(f->vars, "none", value_new(VALUE_NULL));
    renders(f, "x_app app_x 2app $list", "set -e\nx_app app_x 2app $list\n");
    renders(f, "$app ${app} $none",
            "app='shop'; export app\nnone=''; export none\nset -e\n"
            "$app ${app} $none\n");
    renders(f, "echo $inventory_hostname",
            "inventory_hostname='web-01'; export inventory_hostname\nset -e\n"
            "echo $inventory_hostname\n");
}

static void
test_never_exports_names_of_the_shell(void **state)
{
    static const char *const names[] = {"PATH", "IFS",  "HOME",         "ENV",       "PS4",
                                        "UID",  "PPID", "ansible_user", "LD_PRELOAD"};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *script = xasprintf("echo $%s", names[i]);
        char *expected = xasprintf("set -e\n%s\n", script);
        value_dict_set(f->vars, names[i], value_text("x"));
        renders(f, script, expected);
        free(script);
        free(expected);
    }
    assert_true(template_may_export("PATHS", 5));
    assert_true(template_may_export("ansible", 7));
    assert_false(template_may_export("", 0));
    assert_false(template_may_export("1x", 2));
    assert_false(template_may_export("a-b", 3));
}

static void
test_env_stands_before_a_variable_of_the_same_name(void **state)
{
    struct fixture *f = *state;
    struct action_env env[] = {{(char[]){"app_dir"}, (char[]){"{{ app_dir }} & more"}}};

    f->step.env = env;
    f->step.env_count = 1;
    renders(f, "echo $app_dir",
            "app_dir='/srv/app & more'; export app_dir\nset -e\necho $app_dir\n");
}

static void
test_exports_values_rendered(void **state)
{
    struct fixture *f = *state;

    value_dict_set(f->vars, "artifact", value_text("{{ app_dir }}/x"));
    renders(f, "echo $artifact",
            "artifact='/srv/app/x'; export artifact\nset -e\necho $artifact\n");
}

static void
test_every_byte_arrives_intact(void **state)
{
    struct fixture *f = *state;
    const char *shell[3];
    char bytes[3 * 255 + 2];
    size_t len = 0;
    struct buf out;

    /* Each byte alone between its neighbours, then all again downwards and doubled. */
    for (int c = 1; c < 256; c++)
        bytes[len++] = (char)c;
    for (int c = 255; c > 0; c--) {
        bytes[len++] = (char)c;
        if (c != '{') /* two of them begin an expression */
            bytes[len++] = (char)c;
    }
    value_dict_set(f->vars, "raw", value_textn(bytes, len));
    assert_int_equal(render_run(f, "printf '%s' \"$raw\"; printf '%s' {{ raw | quote }}"), 0);
    buf_init(&out, BYTES_MAX);
    const size_t count = shells(shell);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(run_with(f, shell[i], &out), 0);
        assert_int_equal(out.len, 2 * len);
        assert_memory_equal(out.data, bytes, len);
        assert_memory_equal(out.data + len, bytes, len);
    }
    buf_release(&out);
}

static void
test_a_failing_command_ends_the_script_unless_set_e_is_off(void **state)
{
    struct fixture *f = *state;
    const char *shell[3];
    struct buf out;

    buf_init(&out, BYTES_MAX);
    const size_t count = shells(shell);
    for (size_t i = 0; i < count; i++) {
        f->step.set_e = true;
        assert_int_equal(render_run(f, "false\necho after"), 0);
        assert_int_equal(run_with(f, shell[i], &out), 1);
        assert_string_equal(out.data, "");
        f->step.set_e = false;
        assert_int_equal(render_run(f, "false\necho after"), 0);
        assert_int_equal(run_with(f, shell[i], &out), 0);
        assert_string_equal(out.data, "after\n");
    }
    buf_release(&out);
}

static void
test_a_missing_chdir_ends_the_script_even_without_set_e(void **state)
{
    struct fixture *f = *state;
    const char *shell[3];
    struct buf out;

    f->step.set_e = false;
    f->step.chdir = (char[]){"/no/such/folder"};
    assert_int_equal(render_run(f, "echo here"), 0);
    buf_init(&out, BYTES_MAX);
    const size_t count = shells(shell);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(run_with(f, shell[i], &out), 1);
        assert_string_equal(out.data, "");
    }
    buf_release(&out);
}

static void
test_limits_the_size_of_a_variable(void **state)
{
    struct fixture *f = *state;
    const size_t limit = (size_t)100 * 1024;
    char *big = xcalloc(limit + 2, 1);

    memset(big, 'x', limit);
    value_dict_set(f->vars, "big", value_text(big));
    assert_int_equal(render_run(f, "echo $big"), 0);
    big[limit] = 'x';
    value_dict_set(f->vars, "big", value_text(big));
    free(big);
    refuses(f, "echo $big",
            "web-01: t.yml:12:9: 'big' has 102401 bytes: a script is given at most 102400 in one "
            "variable");
}

static void
test_names_host_and_place_of_a_mistake(void **state)
{
    struct fixture *f = *state;

    refuses(f, "echo {{ app_dri }}",
            "web-01: t.yml:12:9: 'app_dri' is undefined; did you mean app_dir?");
}

static void
test_renders_name_and_error(void **state)
{
    struct fixture *f = *state;

    free(f->step.name);
    f->step.name = xstrdup("On {{ inventory_hostname }}");
    f->step.error = (char[]){"no {{ app_dir }}: a b"};
    assert_int_equal(render_run(f, "true"), 0);
    assert_string_equal(f->made.name, "On web-01");
    assert_string_equal(f->made.error, "no /srv/app: a b");
}

static void
touch(const struct fixture *f, const char *name)
{
    char *path = xasprintf("%s/%s", f->dir, name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    free(path);
}

/* Of a real file: the n-th line of the script is where the mistake is. */
static void
test_names_the_line_of_the_script_where_the_mistake_is(void **state)
{
    static const struct {
        const char *keys, *expected;
    } rows[] = {
        {"run: |\n      a\n      {{ app_dir }} {x}\n      b\n      c {{ missing }}\n", "7:9"},
        {"run: |\n      a\n      b {{ 'x y' }} {{ odd }}\n", "5:21"},
        {"run: >\n      a {{ app_dir }}\n      b {{ broken }}\n", "5:9"},
        {"name: 'n {{ missing }}'\n    run: a\n", "3:14"},
        {"run: a\n    chdir: 'd/{{ missing }}'\n", "4:15"},
        {"run: a\n    env:\n      V: 'v {{ missing }}'\n", "5:13"},
        {"run: a\n    error: '{{ missing }}'\n", "4:13"},
        {"upload: {src: a, dest: '/{{ missing }}'}\n", "3:30"},
    };
    struct fixture *f = *state;
    struct folder here;

    (void)snprintf(here.path, sizeof(here.path), "%s", f->dir);
    value_dict_set(f->vars, "odd", value_text("a; b"));
    value_dict_set(f->vars, "broken", value_text("x {{ missing }}"));
    char *path = xasprintf("%s/x.yml", f->dir);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mistakes m = {0};
        char *text = xasprintf("name: x\nsteps:\n  - %s", rows[i].keys);
        char *expected = xasprintf("web-01: %s:%s: '", path, rows[i].expected);
        folder_text(&here, "x.yml", text);
        struct action *a = action_load_file(path, &m);
        assert_non_null(a);
        touch(f, "a");
        assert_int_equal(render_step(a, &a->steps[0], f->dir, &f->scope, &f->made, &f->err), -1);
        assert_int_equal(f->err.kind, ERR_CONFIG);
        if (strncmp(f->err.text, expected, strlen(expected)) != 0) {
            assert_string_equal(f->err.text, expected);
        }
        action_free(a);
        free(text);
        free(expected);
    }
    free(path);
}

static void
test_a_script_of_the_command_line_is_named_by_its_action(void **state)
{
    struct fixture *f = *state;

    f->action.file = NULL;
    refuses(f, "echo {{ missing }}", "web-01: t: 'missing' is undefined");
}

/* ---------------------------------------------------------------- uploads */

static int
render_upload(struct fixture *f, const char *src, const char *dest)
{
    f->step.kind = ACTION_UPLOAD;
    f->step.src = xstrdup(src);
    f->step.dest = xstrdup(dest);
    rendered_release(&f->made);
    const int rc = render_step(&f->action, &f->step, f->dir, &f->scope, &f->made, &f->err);
    free(f->step.src);
    free(f->step.dest);
    return rc;
}

static void
test_finds_a_source_beside_the_action_then_in_the_root(void **state)
{
    struct fixture *f = *state;
    char *beside = xasprintf("%s/actions", f->dir), *expected;

    assert_int_equal(mkdir(beside, 0700), 0);
    f->action.dir = beside;
    touch(f, "x");
    assert_int_equal(render_upload(f, "x", "{{ app_dir }}/x"), 0);
    expected = xasprintf("%s/x", f->dir);
    assert_string_equal(f->made.src, expected);
    assert_string_equal(f->made.dest, "/srv/app/x");
    free(expected);

    touch(f, "actions/x");
    assert_int_equal(render_upload(f, "x", "/x"), 0);
    expected = xasprintf("%s/actions/x", f->dir);
    assert_string_equal(f->made.src, expected);
    assert_int_equal(render_upload(f, expected, "/x"), 0);
    assert_string_equal(f->made.src, expected);
    free(expected);
    free(beside);
}

static void
test_names_both_places_of_a_missing_source(void **state)
{
    struct fixture *f = *state;
    char *beside = xasprintf("%s/actions", f->dir);

    f->action.dir = beside;
    assert_int_equal(render_upload(f, "gone", "/x"), -1);
    assert_int_equal(f->err.kind, ERR_CONFIG);
    char *expected = xasprintf("web-01: t.yml:12:9: src: there is no file 'gone': looked at "
                               "%s/actions/gone and %s/gone",
                               f->dir, f->dir);
    assert_string_equal(f->err.text, expected);
    free(expected);
    free(beside);
}

static void
test_a_folder_is_told_from_a_file(void **state)
{
    struct fixture *f = *state;

    touch(f, "x");
    assert_int_equal(render_upload(f, f->dir, "/x"), 0);
    assert_true(f->made.folder);
    assert_int_equal(render_upload(f, "x", "/x"), 0);
    assert_false(f->made.folder);
    assert_int_equal(render_upload(f, "/dev/null", "/x"), -1);
    assert_non_null(strstr(f->err.text, "is no file and no folder"));
}

static int
render_guard(struct fixture *f, const char *unless, const char *creates, const char *user)
{
    f->step.unless = unless == NULL ? NULL : xstrdup(unless);
    f->step.creates = creates == NULL ? NULL : xstrdup(creates);
    f->step.become = user != NULL;
    f->step.become_user = user == NULL ? NULL : xstrdup(user);
    const int rc = render_run(f, "true");
    free(f->step.unless);
    free(f->step.creates);
    free(f->step.become_user);
    f->step.unless = f->step.creates = f->step.become_user = NULL;
    f->step.become = false;
    return rc;
}

static void
test_unless_and_creates_become_one_script(void **state)
{
    static const struct {
        const char *unless, *creates;
        int code; /* 0: skip */
    } rows[] = {
        {"true", NULL, 0},
        {"false", NULL, 1},
        {NULL, "/", 0},
        {NULL, "/no/such", 1},
        {"true", "/no/such", 0},
        {"false", "/", 0},
        {"false", "/no/such", 1},
        {"test \"$odd\" = \"it's \\$HOME\"", NULL, 0},
        {"test {{ odd | quote }} = \"it's \\$HOME\"", "/no/{{ odd }}", 0},
    };
    struct fixture *f = *state;
    struct buf out;

    buf_init(&out, 4096);
    value_dict_set(f->vars, "odd", value_text("it's $HOME"));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (render_guard(f, rows[i].unless, rows[i].creates, NULL) < 0) {
            fail_msg("row %zu: %s", i, f->err.text);
        }
        assert_int_equal(strlen(f->made.guard), f->made.guard_len);
        free(f->made.script); /* run_with runs the script */
        f->made.script = f->made.guard;
        f->made.script_len = f->made.guard_len;
        f->made.guard = NULL;
        assert_int_equal(run_with(f, "sh", &out), rows[i].code);
    }
    buf_release(&out);
    assert_int_equal(render_run(f, "true"), 0);
    assert_null(f->made.guard);
}

static void
test_refuses_guards_and_users_that_could_do_harm(void **state)
{
    static const char *const users[] = {"",  "a b", "-u",   "#0",
                                        "0", "a;b", "$(x)", "a23456789012345678901234567890123"};
    struct fixture *f = *state;

    value_dict_set(f->vars, "odd", value_text("a; rm -rf /"));
    value_dict_set(f->vars, "none", value_text(""));
    assert_int_equal(render_guard(f, "test {{ odd }}", NULL, NULL), -1);
    assert_non_null(strstr(f->err.text, "holds bytes the shell would act on"));
    assert_int_equal(render_guard(f, NULL, "{{ none }}", NULL), -1);
    assert_non_null(strstr(f->err.text, "creates is empty"));
    assert_int_equal(render_guard(f, NULL, NULL, "{{ odd }}"), -1);
    for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
        assert_int_equal(render_guard(f, NULL, NULL, users[i]), -1);
    }
    assert_int_equal(render_guard(f, NULL, NULL, "_app-1.x"), 0);
    assert_string_equal(f->made.become_user, "_app-1.x");
    assert_true(f->made.become);
}

static void
test_wants_a_full_path_of_a_file_as_dest(void **state)
{
    struct fixture *f = *state;

    touch(f, "x");
    assert_int_equal(render_upload(f, "x", "rel/x"), -1);
    assert_string_equal(f->err.text,
                        "web-01: t.yml:12:9: dest: expected the full path of a file, got 'rel/x'");
    assert_int_equal(render_upload(f, "x", "/folder/"), -1);
    assert_int_equal(render_upload(f, "x", ""), -1);
}

/* ---------------------------------------------------------------- -e */

static void
test_extra_is_a_pair_of_raw_bytes(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(render_extra(f->vars, "release=a=b\xff 1", NULL, &f->err), 0);
    assert_string_equal(value_dict_get(f->vars, "release")->text, "a=b\xff 1");
    assert_int_equal(render_extra(f->vars, "number=5", NULL, &f->err), 0);
    assert_int_equal(value_dict_get(f->vars, "number")->kind, VALUE_TEXT);
    assert_int_equal(render_extra(f->vars, "release", NULL, &f->err), -1);
    assert_int_equal(f->err.kind, ERR_USAGE);
    assert_int_equal(render_extra(f->vars, "a-b=1", NULL, &f->err), -1);
    assert_int_equal(render_extra(f->vars, "=1", NULL, &f->err), -1);
}

static void
test_extra_is_a_file_of_yaml(void **state)
{
    struct fixture *f = *state;
    char *path = xasprintf("%s/vars.yml", f->dir), *arg = xasprintf("@%s", path);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs("number: 5\nlist: [a, b]\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(render_extra(f->vars, arg, NULL, &f->err), 0);
    assert_int_equal(value_dict_get(f->vars, "number")->integer, 5);
    assert_int_equal(value_dict_get(f->vars, "list")->count, 2);
    assert_int_equal(render_extra(f->vars, "@/no/such/file", NULL, &f->err), -1);
    assert_non_null(strstr(f->err.text, "/no/such/file"));
    free(path);
    free(arg);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int
render_as(struct fixture *f, struct action_step step)
{
    rendered_release(&f->made);
    f->err = (struct err){0};
    step.name = f->step.name;
    step.line = 12;
    step.col = 9;
    return render_step(&f->action, &step, f->dir, &f->scope, &f->made, &f->err);
}

static void
write_file(const struct fixture *f, const char *name, const char *bytes, size_t len)
{
    char *path = xasprintf("%s/%s", f->dir, name);
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    free(path);
}

static void
test_a_step_whose_condition_fails_is_skipped_unrendered(void **state)
{
    static char yes[] = "app_dir is defined", no[] = "nobody is defined", bad[] = "nobody",
                script[] = "{{ nobody }}";
    struct action_condition when[] = {{yes, 3, 5}, {no, 4, 5}};
    struct fixture *f = *state;
    struct action_step step = {.kind = ACTION_RUN, .script = script, .when = when, .when_count = 2};

    assert_int_equal(render_as(f, step), 0);
    assert_true(f->made.skipped);
    assert_null(f->made.script);
    step.when_count = 1;
    assert_int_equal(render_as(f, step), -1);
    when[1].text = bad;
    step.when_count = 2;
    assert_int_equal(render_as(f, step), -1);
    assert_string_equal(f->err.text, "web-01: t.yml:4:5: when: 'nobody' is undefined");
}

static void
test_a_template_comes_to_its_bytes(void **state)
{
    static char src[] = "a.conf", dest[] = "/etc/a.conf";
    static const char text[] = "dir = {{ app_dir }}\n\xff$x `y` '\n";
    struct fixture *f = *state;
    const struct action_step step = {.kind = ACTION_TEMPLATE, .src = src, .dest = dest};

    write_file(f, "a.conf", text, sizeof(text) - 1);
    assert_int_equal(render_as(f, step), 0);
    assert_string_equal(f->made.content, "dir = /srv/app\n\xff$x `y` '\n");
    assert_int_equal(f->made.content_len, strlen(f->made.content));
    assert_string_equal(f->made.dest, "/etc/a.conf");
    write_file(f, "a.conf", "", 0);
    assert_int_equal(render_as(f, step), 0);
    assert_int_equal(f->made.content_len, 0);
}

static void
test_a_template_that_cannot_be_sent_names_its_own_line(void **state)
{
    static char src[] = "a.conf", dest[] = "/etc/a.conf";
    struct fixture *f = *state;
    const struct action_step step = {.kind = ACTION_TEMPLATE, .src = src, .dest = dest};
    char *big = xcalloc((64 << 10) + 1, 1);
    char *expected = xasprintf("web-01: %s/a.conf:2:4: 'app_dri' is undefined; did you mean "
                               "app_dir?",
                               f->dir);

    write_file(f, "a.conf", "one\n\xc3\xa9= {{ app_dri }}\n", 21);
    assert_int_equal(render_as(f, step), -1);
    assert_string_equal(f->err.text, expected);
    write_file(f, "a.conf", "a\0b", 3);
    assert_int_equal(render_as(f, step), -1);
    assert_non_null(strstr(f->err.text, "holds a NUL"));
    memset(big, 'x', (64 << 10) + 1);
    write_file(f, "a.conf", big, (64 << 10) + 1);
    assert_int_equal(render_as(f, step), -1);
    assert_non_null(strstr(f->err.text, "at most 64 KB"));
    write_file(f, "a.conf", big, 64 << 10);
    assert_int_equal(render_as(f, step), 0);
    assert_int_equal(f->made.content_len, 64 << 10);
    free(big);
    free(expected);
}

static void
test_waiting_looks_at_a_path(void **state)
{
    struct fixture *f = *state;
    char *path = xasprintf("%s/it's {{ '{{' }} there", f->dir);
    struct buf out;
    const struct action_step step = {.kind = ACTION_WAIT_FOR, .path = path};
    const struct action_step gone = {.kind = ACTION_WAIT_FOR, .path = path, .absent = true};

    buf_init(&out, BYTES_MAX);
    assert_int_equal(render_as(f, gone), 0);
    assert_int_equal(run_with(f, "sh", &out), 0);
    assert_int_equal(render_as(f, step), 0);
    assert_int_equal(run_with(f, "sh", &out), 1);
    write_file(f, "it's {{ there", "", 0);
    assert_int_equal(render_as(f, step), 0);
    assert_int_equal(run_with(f, "sh", &out), 0);
    buf_release(&out);
    free(path);
}

static void
test_waiting_refuses_what_is_no_port_and_no_host(void **state)
{
    static char ports[][24] = {"",       "0",    "65536", "-1",
                               "80; id", "http", "1.5",   "00000000000000080"};
    static char hosts[][24] = {"", "-e", "a b", "$(id)"};
    static char good[] = "80", relative[] = "run/x";
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        const struct action_step step = {.kind = ACTION_WAIT_FOR, .port = ports[i]};
        assert_int_equal(render_as(f, step), -1);
        assert_string_equal(f->err.text,
                            "web-01: t.yml:12:9: port: expected a number from 1 to 65535");
    }
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        const struct action_step step = {.kind = ACTION_WAIT_FOR, .port = good, .host = hosts[i]};
        assert_int_equal(render_as(f, step), -1);
        assert_string_equal(f->err.text, "web-01: t.yml:12:9: host: expected a name or an address");
    }
    const struct action_step step = {.kind = ACTION_WAIT_FOR, .path = relative};
    assert_int_equal(render_as(f, step), -1);
    assert_string_equal(f->err.text, "web-01: t.yml:12:9: path: expected a full path");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_step_whose_condition_fails_is_skipped_unrendered,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_template_comes_to_its_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_template_that_cannot_be_sent_names_its_own_line,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_waiting_looks_at_a_path, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waiting_refuses_what_is_no_port_and_no_host, setup,
                                        teardown),
        T(test_puts_exports_then_set_e_then_chdir_then_the_body),
        T(test_exports_only_what_is_mentioned_as_a_whole_word),
        T(test_never_exports_names_of_the_shell),
        T(test_env_stands_before_a_variable_of_the_same_name),
        T(test_exports_values_rendered),
        T(test_every_byte_arrives_intact),
        T(test_a_failing_command_ends_the_script_unless_set_e_is_off),
        T(test_a_missing_chdir_ends_the_script_even_without_set_e),
        T(test_limits_the_size_of_a_variable),
        T(test_names_host_and_place_of_a_mistake),
        T(test_renders_name_and_error),
        T(test_names_the_line_of_the_script_where_the_mistake_is),
        T(test_a_script_of_the_command_line_is_named_by_its_action),
        T(test_finds_a_source_beside_the_action_then_in_the_root),
        T(test_names_both_places_of_a_missing_source),
        T(test_a_folder_is_told_from_a_file),
        T(test_unless_and_creates_become_one_script),
        T(test_refuses_guards_and_users_that_could_do_harm),
        T(test_wants_a_full_path_of_a_file_as_dest),
        T(test_extra_is_a_pair_of_raw_bytes),
        T(test_extra_is_a_file_of_yaml),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

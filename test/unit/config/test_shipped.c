/*
 * test_shipped.c - the shipped actions and examples run for real, on the shells that are here.
 *
 * `test_shipped render ACTION.yml OUT K=V...` writes each step as OUT/NN.sh for shipped.sh, which
 * holds the scenario, `back` those of its rollback list; `example ROOT ACTION OUT K=V...` does so
 * for examples.sh, with the inventory of an example.  Guards are NN.unless, hooks NN.NAME_cmd,
 * templates NN.file.  Runs in the root.
 */
#include "base/xalloc.h"
#include "config/inventory.h"
#include "config/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { HOOK_MAX = 65536 };

static char self[4096];

/* dir/NN.suffix */
static int
write_file(const char *dir, size_t number, const char *suffix, const char *bytes, size_t len)
{
    char *path = xasprintf("%s/%02zu.%s", dir, number, suffix);
    FILE *f = fopen(path, "w");

    free(path);
    if (!f)
        return -1;
    (void)fwrite(bytes, 1, len, f);
    return fclose(f);
}

static int
write_copy(const char *dir, size_t number, const char *src, const char *dest)
{
    char *text = xasprintf("cp -R '%s' '%s'\n", src, dest);
    const int rc = write_file(dir, number, "sh", text, strlen(text));

    free(text);
    return rc;
}

static int
write_step(const char *dir, size_t number, const struct rendered *r)
{
    int rc = 0;

    if (r->guard)
        rc = write_file(dir, number, "unless", r->guard, r->guard_len);
    if (rc == 0 && r->script)
        rc = write_file(dir, number, "sh", r->script, r->script_len);
    if (rc == 0 && r->src && !r->content)
        rc = write_copy(dir, number, r->src, r->dest);
    if (rc == 0 && r->content) {
        char *path = xasprintf("%s/%02zu.file", dir, number);
        rc = write_file(dir, number, "file", r->content, r->content_len);
        rc = rc ? rc : write_copy(dir, number, path, r->dest);
        free(path);
    }
    return rc;
}

/* Hooks travel in variables, where shellcheck sees no script: each is a file of its own. */
static int
write_hooks(const char *dir, size_t number, const struct action_step *s, const struct scope *scope)
{
    static const char tail[] = "_cmd";
    struct buf text;
    struct err err;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < s->env_count; i++) {
        const char *name = s->env[i].name;
        const size_t len = strlen(name);
        if (len < sizeof(tail) || strcmp(name + len - (sizeof(tail) - 1), tail) != 0)
            continue;
        buf_init(&text, HOOK_MAX);
        rc = render_text(s->env[i].value, scope, false, name, &text, &err);
        rc = rc ? rc : write_file(dir, number, name, text.data, text.len);
        buf_release(&text);
    }
    return rc;
}

static int
render_one(const struct action *a, const struct action_step *step, size_t number, const char *dir,
           const char *root, const struct scope *scope)
{
    struct rendered r;
    struct err err;

    if (render_step(a, step, root, scope, &r, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    int rc = write_step(dir, number, &r);
    rc = rc || r.skipped ? rc : write_hooks(dir, number, step, scope);
    rendered_release(&r);
    return rc;
}

/* The steps, then the checks of the gate that are scripts. */
static int
render_all(const struct action *a, const char *dir, const char *root, const struct scope *scope)
{
    for (size_t i = 0; i < a->step_count + a->check_count; i++) {
        const bool check = i >= a->step_count;
        const struct action_step *step = check ? &a->checks[i - a->step_count] : &a->steps[i];
        if (render_one(a, step, i + 1, dir, root, scope))
            return 1;
    }
    return 0;
}

static int
render_back(const struct action *a, const char *dir, const struct scope *scope)
{
    for (size_t i = 0; i < a->rollback_count; i++) {
        if (render_one(a, &a->rollback_steps[i], i + 1, dir, ".", scope))
            return 1;
    }
    return a->rollback_count == 0;
}

static void
tell(struct mistakes *m)
{
    for (size_t i = 0; i < m->errors.count; i++)
        (void)fprintf(stderr, "%s\n", m->errors.items[i]);
    mistakes_release(m);
}

/* render FILE OUT K=V...: with these variables only; or back. */
static int
render_main(int argc, char **argv)
{
    struct value *extra = value_new(VALUE_DICT), *magic = value_new(VALUE_DICT);
    const struct scope scope = {.extra = extra, .magic = magic};
    struct mistakes m = {0};
    int rc = 1;

    value_dict_set(magic, "inventory_hostname", value_text("web-01"));
    value_dict_set(magic, "env", value_text("here"));
    for (int i = 4; i < argc; i++)
        (void)render_extra(extra, argv[i], NULL, NULL);
    struct action *a = action_load_file(argv[2], &m);
    if (a && mkdir(argv[3], 0700) == 0)
        rc = strcmp(argv[1], "back") == 0 ? render_back(a, argv[3], &scope)
                                          : render_all(a, argv[3], ".", &scope);
    action_free(a);
    tell(&m);
    value_free(extra);
    value_free(magic);
    return rc;
}

/* example ROOT ACTION OUT K=V...: for the first host of the environment prod. */
static int
example_main(int argc, char **argv)
{
    struct value *extra = value_new(VALUE_DICT), *magic = value_new(VALUE_DICT);
    char *dir = xasprintf("%s/inventory/prod", argv[2]);
    struct scope scope = {.extra = extra, .magic = magic};
    const struct inventory_request request = {.root = argv[2], .dir = dir};
    struct mistakes m = {0};
    struct action *a = NULL;
    char *near = NULL;
    bool found;
    int rc = 1;

    for (int i = 5; i < argc; i++)
        (void)render_extra(extra, argv[i], NULL, NULL);
    struct inventory *inv = inventory_load(&request, &m);
    if (inv) {
        scope.vars = inventory_vars(inv, 0);
        value_dict_set(magic, "inventory_hostname", value_text(inventory_host(inv, 0)->name));
        value_dict_set(magic, "env", value_text("prod"));
        a = action_load(argv[2], dir, argv[3], &m, &found, &near);
    }
    if (a && mkdir(argv[4], 0700) == 0)
        rc = render_all(a, argv[4], argv[2], &scope);
    action_free(a);
    inventory_free(inv);
    tell(&m);
    free(near);
    free(dir);
    value_free(extra);
    value_free(magic);
    return rc;
}

static void
run_scenario(const char *script, const char *shell)
{
    char *command = xasprintf("test/unit/config/%s '%s' %s", script, self, shell);
    const int rc = system(command); /* NOLINT(bugprone-command-processor): words of ours */

    free(command);
    assert_int_equal(rc, 0);
}

static void
test_shipped_actions_work_on_dash(void **state)
{
    (void)state;
    if (access("/usr/bin/dash", X_OK))
        skip();
    run_scenario("shipped.sh", "dash");
}

/* fault 29: busybox */
static void
test_shipped_actions_work_on_busybox(void **state)
{
    (void)state;
    if (access("/usr/bin/busybox", X_OK))
        skip();
    run_scenario("shipped.sh", "busybox sh");
}

static void
test_examples_work_on_dash(void **state)
{
    (void)state;
    if (access("/usr/bin/dash", X_OK))
        skip();
    run_scenario("examples.sh", "dash");
}

static void
test_examples_work_on_busybox(void **state)
{
    (void)state;
    if (access("/usr/bin/busybox", X_OK))
        skip();
    run_scenario("examples.sh", "busybox sh");
}

static void
test_shellcheck_finds_nothing_in_what_is_shipped(void **state)
{
    (void)state;
    if (access("/usr/bin/shellcheck", X_OK))
        skip();
    run_scenario("examples.sh", "shellcheck");
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped_actions_work_on_dash),
        cmocka_unit_test(test_shipped_actions_work_on_busybox),
        cmocka_unit_test(test_examples_work_on_dash),
        cmocka_unit_test(test_examples_work_on_busybox),
        cmocka_unit_test(test_shellcheck_finds_nothing_in_what_is_shipped),
    };
    if (argc > 3 && (strcmp(argv[1], "render") == 0 || strcmp(argv[1], "back") == 0))
        return render_main(argc, argv);
    if (argc > 4 && strcmp(argv[1], "example") == 0)
        return example_main(argc, argv);
    if (!realpath(argv[0], self))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_shipped.c - the shipped actions run for real, on the shells that are here.
 *
 * `test_shipped render ACTION.yml OUT K=V...` writes each step as OUT/NN.sh for shipped.sh, which
 * holds the scenario.  Runs in the root of the project.
 */
#include "base/xalloc.h"
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

static char self[4096];

static int
write_step(const char *dir, size_t number, const struct rendered *r)
{
    char *path = xasprintf("%s/%02zu.sh", dir, number);
    FILE *f = fopen(path, "w");

    free(path);
    if (!f)
        return -1;
    if (r->script)
        (void)fwrite(r->script, 1, r->script_len, f);
    else
        (void)fprintf(f, "cp '%s' '%s'\n", r->src, r->dest);
    return fclose(f);
}

static int
render_all(const struct action *a, const char *dir, const struct scope *scope)
{
    struct rendered r;
    struct err err;

    for (size_t i = 0; i < a->step_count; i++) {
        if (render_step(a, &a->steps[i], ".", scope, &r, &err)) {
            (void)fprintf(stderr, "%s\n", err.text);
            return 1;
        }
        const int rc = write_step(dir, i + 1, &r);
        rendered_release(&r);
        if (rc)
            return 1;
    }
    return 0;
}

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
    for (size_t i = 0; i < m.errors.count; i++)
        (void)fprintf(stderr, "%s\n", m.errors.items[i]);
    if (a && mkdir(argv[3], 0700) == 0)
        rc = render_all(a, argv[3], &scope);
    action_free(a);
    mistakes_release(&m);
    value_free(extra);
    value_free(magic);
    return rc;
}

static void
run_scenario(const char *shell)
{
    char *command = xasprintf("test/unit/config/shipped.sh '%s' %s", self, shell);
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
    run_scenario("dash");
}

static void
test_shipped_actions_work_on_busybox(void **state)
{
    (void)state;
    if (access("/usr/bin/busybox", X_OK))
        skip();
    run_scenario("busybox sh");
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped_actions_work_on_dash),
        cmocka_unit_test(test_shipped_actions_work_on_busybox),
    };
    if (argc > 3 && strcmp(argv[1], "render") == 0)
        return render_main(argc, argv);
    if (!realpath(argv[0], self))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

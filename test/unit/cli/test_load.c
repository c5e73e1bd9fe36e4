/*
 * test_load.c - an environment read whole, and what the request of a run is made of.
 */
#include "cli/load.h"

#include "cli/command.h"
#include "cli/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/config/folder.h"

#include <unistd.h>

static const char action[] = "name: deploy\nsteps:\n"
                             "  - {name: One, run: 'true', tags: [build]}\n"
                             "  - {name: Two, run: 'true', tags: [deploy, always]}\n";

static int
set_up(void **state)
{
    struct folder *f = xcalloc(1, sizeof(*f));

    folder_make(f);
    folder_text(f, "inventory/prod/config.yml",
                "provisioning_strategy: parallel\ndeployment_strategy: rolling\n");
    folder_text(f, "inventory/prod/hosts.yml", "web: {hosts: {web-01: , web-02: , web-03: }}");
    folder_text(f, "inventory/prod/actions/deploy.yml", action);
    folder_text(f, "inventory/prod/actions/provision.yml",
                "name: provision\nsteps:\n  - {name: P, run: 'true'}\n");
    folder_text(f, "inventory/prod/actions/look.yml",
                "name: look\nmutating: false\nsteps:\n  - {name: L, run: 'true'}\n");
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    folder_remove(*state);
    free(*state);
    return 0;
}

/* What fn writes on stderr, owned by the caller. */
static char *
heard(void (*fn)(void *arg), void *arg)
{
    FILE *file = tmpfile();
    const int before = dup(STDERR_FILENO);
    char *text = xcalloc(100000, 1);

    assert_non_null(file);
    fflush(stderr);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    fn(arg);
    fflush(stderr);
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    close(before);
    rewind(file);
    text[fread(text, 1, 99999, file)] = '\0';
    fclose(file);
    return text;
}

struct load {
    const char *root, *env, *action, *limit, *nodes;
    struct loaded loaded;
    struct err err;
    int rc;
};

static void
load(void *arg)
{
    struct load *l = arg;
    char *root = xstrdup(l->root);
    struct secrets none = {0};
    struct cli c = {
        .root = root, .secrets = &none, .options = {.limit = l->limit, .nodes = l->nodes}};

    l->rc = load_all(&l->loaded, &c, l->env, l->action, &l->err);
    vault_free(c.vault);
    free(root);
}

static void
test_all_mistakes_of_all_files_are_told_together(void **state)
{
    const struct folder *f = *state;
    struct load l = {.root = f->path, .env = "prod", .action = "deploy"};
    char *text;

    folder_text(f, "inventory/prod/config.yml", "max_fial: 1\n");
    folder_text(f, "inventory/prod/hosts.yml", "web: {hosst: {}}");
    folder_text(f, "inventory/prod/actions/deploy.yml", "name: deploy\nstpes: []\n");
    text = heard(load, &l);
    assert_int_equal(l.rc, -1);
    assert_int_equal(l.err.kind, ERR_CONFIG);
    assert_non_null(strstr(text, "config.yml:1:1: max_fial: unknown key"));
    assert_non_null(strstr(text, "hosts.yml:1:7: hosst: unknown key"));
    assert_non_null(strstr(text, "deploy.yml:2:1: stpes: unknown key"));
    assert_non_null(strstr(l.err.text, "; nothing was started"));
    loaded_release(&l.loaded);
    free(text);
}

static void
test_more_than_a_hundred_mistakes_say_how_many_more(void **state)
{
    const struct folder *f = *state;
    struct load l = {.root = f->path, .env = "prod"};
    char config[4096] = "";
    char *text;
    size_t lines = 0;

    for (int i = 0; i < 123; i++)
        snprintf(config + strlen(config), 32, "wrong%d: 1\n", i);
    folder_text(f, "inventory/prod/config.yml", config);
    text = heard(load, &l);
    for (const char *p = text; (p = strstr(p, "config.yml:")) != NULL; p++)
        lines++;
    assert_int_equal(lines, MISTAKES_MAX);
    assert_non_null(strstr(text, "\n... and 23 more\n"));
    assert_string_equal(l.err.text, "123 mistakes; nothing was started");
    loaded_release(&l.loaded);
    free(text);
}

static void
test_exactly_a_hundred_mistakes_are_all_there_is(void **state)
{
    const struct folder *f = *state;
    struct load l = {.root = f->path, .env = "prod"};
    char config[4096] = "";
    char *text;

    for (int i = 0; i < 100; i++)
        snprintf(config + strlen(config), 32, "wrong%d: 1\n", i);
    folder_text(f, "inventory/prod/config.yml", config);
    text = heard(load, &l);
    assert_null(strstr(text, "more\n"));
    assert_string_equal(l.err.text, "100 mistakes; nothing was started");
    loaded_release(&l.loaded);
    free(text);
}

static void
test_what_does_not_exist_is_named_with_what_was_meant(void **state)
{
    static const struct {
        const char *env, *action, *limit;
        enum err_kind kind;
        const char *part;
    } rows[] = {
        {"prdo", "deploy", NULL, ERR_NO_MATCH, "did you mean prod?"},
        {"prod", "deplyo", NULL, ERR_NO_MATCH, "no action 'deplyo'; did you mean deploy?"},
        {"prod", "../deploy", NULL, ERR_NO_MATCH, "no action '../deploy'"},
        {"prod", "", NULL, ERR_NO_MATCH, "no action ''"},
        {"prod", "deploy", "web-04", ERR_NO_MATCH, "web-04"},
        {"prod", "deploy", "", ERR_NO_MATCH, "empty pattern"},
        {"prod", NULL, "web:&db", ERR_NO_MATCH, "no host or group matches 'db'"},
        {"a,b", "deploy", NULL, ERR_USAGE, "only exec, copy, inventory and keys take one"},
    };
    const struct folder *f = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct load l = {
            .root = f->path, .env = rows[i].env, .action = rows[i].action, .limit = rows[i].limit};
        char *text = heard(load, &l);
        assert_int_equal(l.rc, -1);
        assert_int_equal(l.err.kind, rows[i].kind);
        assert_non_null(strstr(l.err.text, rows[i].part));
        loaded_release(&l.loaded);
        free(text);
    }
}

static void
test_hosts_are_those_of_the_limit_in_inventory_order(void **state)
{
    const struct folder *f = *state;
    struct load l = {.root = f->path, .env = "prod", .action = "deploy", .limit = "web-03,web-01"};

    load(&l);
    assert_int_equal(l.rc, 0);
    assert_int_equal(l.loaded.host_count, 2);
    assert_int_equal(l.loaded.hosts[0], 0);
    assert_int_equal(l.loaded.hosts[1], 2);
    loaded_release(&l.loaded);
    assert_null(l.loaded.inventory);
}

static void
test_hosts_are_those_of_both_the_limit_and_the_nodes(void **state)
{
    const struct folder *f = *state;
    struct load l = {.root = f->path,
                     .env = "prod",
                     .action = "deploy",
                     .limit = "web-03,web-01",
                     .nodes = "web-[02-03]"};

    load(&l);
    assert_int_equal(l.rc, 0);
    assert_int_equal(l.loaded.host_count, 1);
    assert_int_equal(l.loaded.hosts[0], 2);
    loaded_release(&l.loaded);
    l.nodes = "web-02";
    load(&l);
    assert_int_equal(l.rc, -1);
    assert_int_equal(l.err.kind, ERR_NO_MATCH);
    assert_string_equal(l.err.text, "no host is both in -l and in -w");
    loaded_release(&l.loaded);
}

/* ---------------------------------------------------------------- the request */

static void
test_the_strategy_is_that_of_the_kind_of_action(void **state)
{
    static const struct {
        const char *action;
        enum strategy strategy;
    } rows[] = {{"deploy", STRATEGY_ROLLING},
                {"provision", STRATEGY_PARALLEL},
                {"look", STRATEGY_PARALLEL}};
    const struct folder *f = *state;
    char root[] = "/";

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct load l = {.root = f->path, .env = "prod", .action = rows[i].action};
        const struct cli c = {.root = root, .options = {.forks = -1}};
        load(&l);
        assert_int_equal(l.rc, 0);
        assert_int_equal(request_of(&c, "prod", &l.loaded, false).strategy, rows[i].strategy);
        assert_int_equal(request_of(&c, "prod", &l.loaded, true).strategy, STRATEGY_PARALLEL);
        loaded_release(&l.loaded);
    }
}

static void
test_a_seed_is_the_one_given_else_drawn_anew(void **state)
{
    const struct folder *f = *state;
    struct load l = {.root = f->path, .env = "prod", .action = "deploy"};
    struct cli c = {.options = {.has_seed = true, .seed = 7}};

    load(&l);
    assert_int_equal(request_of(&c, "prod", &l.loaded, false).seed, 7);
    c.options.seed = 0;
    assert_int_equal(request_of(&c, "prod", &l.loaded, false).seed, 0);
    c.options.has_seed = false;
    assert_int_not_equal(request_of(&c, "prod", &l.loaded, false).seed,
                         request_of(&c, "prod", &l.loaded, false).seed);
    loaded_release(&l.loaded);
}

static void
test_a_tag_no_step_has_is_found_with_what_was_meant(void **state)
{
    static const struct {
        const char *tag, *unknown, *near;
    } rows[] = {
        {"build", NULL, NULL},  {"deploy", NULL, NULL},         {"all", NULL, NULL},
        {"tagged", NULL, NULL}, {"untagged", NULL, NULL},       {"never", NULL, NULL},
        {"always", NULL, NULL}, {"depoly", "depoly", "deploy"}, {"zzzzzzz", "zzzzzzz", NULL},
    };
    const struct folder *f = *state;
    struct load l = {.root = f->path, .env = "prod", .action = "deploy"};

    load(&l);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct strv tags = {0};
        const char *near = NULL;
        const char *unknown;
        strv_add(&tags, "build");
        strv_add(&tags, rows[i].tag);
        unknown = request_unknown_tag(l.loaded.action, &tags, &near);
        assert_true((unknown == NULL) == (rows[i].unknown == NULL));
        assert_true((near == NULL) == (rows[i].near == NULL));
        if (unknown != NULL)
            assert_string_equal(unknown, rows[i].unknown);
        if (near != NULL)
            assert_string_equal(near, rows[i].near);
        strv_clear(&tags);
    }
    loaded_release(&l.loaded);
}

#define WITH_PROJECT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PROJECT(test_all_mistakes_of_all_files_are_told_together),
        WITH_PROJECT(test_more_than_a_hundred_mistakes_say_how_many_more),
        WITH_PROJECT(test_exactly_a_hundred_mistakes_are_all_there_is),
        WITH_PROJECT(test_what_does_not_exist_is_named_with_what_was_meant),
        WITH_PROJECT(test_hosts_are_those_of_the_limit_in_inventory_order),
        WITH_PROJECT(test_hosts_are_those_of_both_the_limit_and_the_nodes),
        WITH_PROJECT(test_the_strategy_is_that_of_the_kind_of_action),
        WITH_PROJECT(test_a_seed_is_the_one_given_else_drawn_anew),
        WITH_PROJECT(test_a_tag_no_step_has_is_found_with_what_was_meant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

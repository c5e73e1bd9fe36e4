/*
 * test_preview.c - what a run would do: the steps as they would be sent, and nothing done.
 */
#include "app/preview.h"
#include "base/map.h"
#include "unit/app/rig.h"

enum { LONG_BYTES = 200000 }; /* too long for one variable, and for a guard */

static const char mixed[] =
    "name: mixed\nsteps:\n"
    "  - {name: 'For {{ inventory_hostname }}', run: 'echo {{ wave }} {{ run_id }}'}\n"
    "  - {name: One, run: echo, when: inventory_hostname == 'web-02'}\n"
    "  - {upload: {src: file, dest: /a}}\n"
    "  - {upload: {src: dir, dest: /b}}\n"
    "  - {template: {src: file, dest: /c}}\n"
    "  - {wait_for: {port: 80}}\n"
    "finally:\n  - {name: Last, local: 'true'}\n";

static struct preview *
open_mixed(struct rig *r)
{
    char path[128];

    rig_open(r, NULL, "mixed", mixed);
    rig_write(r, "file", "{{ env }}\n");
    (void)snprintf(path, sizeof(path), "%s/dir", r->root);
    assert_int_equal(mkdir(path, 0700), 0);
    rig_write(r, "dir/x", "12345");
    r->request.strategy = STRATEGY_ROLLING;
    r->request.workers = 2;
    struct preview *p = preview_new(&r->request, &r->err);
    if (p == NULL) {
        fail_msg("%s", r->err.text);
    }
    return p;
}

static void
test_steps_are_what_a_run_would_send(void **state)
{
    struct rig r;
    struct preview *p = open_mixed(&r);
    struct preview_step s[7];

    (void)state;
    assert_int_equal(preview_count(p, 0), 7);
    assert_int_equal(plan_wave_count(preview_plan(p)), 2);
    for (int32_t i = 0; i < 7; i++) {
        assert_int_equal(preview_step(p, 2, i, &s[i], &r.err), 0);
        assert_int_equal(s[i].number, i < 6 ? i + 1 : 1);
        assert_int_equal(s[i].count, i < 6 ? 6 : 1);
        assert_true(s[i].list == (i == 6 ? LIST_FINALLY : LIST_STEPS));
    }
    assert_string_equal(s[0].rendered.name, "For web-03");
    assert_string_equal(s[0].rendered.script,
                        "wave='2'; export wave\nrun_id='run'; export run_id\nset -e\necho 2 run\n");
    assert_int_equal(s[0].bytes, -1);
    assert_true(s[1].rendered.skipped);
    assert_int_equal(s[2].bytes, 10);
    assert_int_equal(s[2].files, -1);
    assert_true(s[3].bytes >= 512 && s[3].files == 1);
    assert_string_equal(s[4].rendered.content, "test\n");
    assert_int_equal(s[4].bytes, 5);
    assert_string_equal(s[5].rendered.awaited, "port 80");
    assert_string_equal(s[6].step->name, "Last");
    for (int32_t i = 0; i < 7; i++) {
        preview_step_release(&s[i]);
    }
    preview_free(p);
    rig_close(&r);
}

static void
test_nothing_is_connected_or_written(void **state)
{
    struct rig r;
    struct preview *p = open_mixed(&r);
    char path[128];

    (void)state;
    preview_free(p);
    assert_string_equal(r.calls.data, "");
    assert_string_equal(r.events.data, "");
    (void)snprintf(path, sizeof(path), "%s/var", r.root);
    assert_int_equal(access(path, F_OK), -1);
    (void)snprintf(path, sizeof(path), "%s/debug.log", r.root);
    assert_int_equal(access(path, F_OK), -1);
    rig_close(&r);
}

static void
test_mistakes_are_those_of_a_run(void **state)
{
    static const char *const actions[] = {
        "name: greet\nsteps:\n  - run: echo {{ nobody }}\n",
        "name: greet\nsteps:\n  - run: 'true'\nfinally:\n  - local: echo {{ nobody }}\n",
        "name: greet\nsteps:\n  - upload: {src: missing, dest: /x}\n",
        "name: greet\nsteps:\n  - upload: {src: inventory, dest: x}\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        struct rig r;
        struct err err = {0};
        rig_open(&r, NULL, "greet", actions[i]);
        assert_null(preview_new(&r.request, &err));
        assert_int_equal(rig_run(&r), -1);
        assert_string_equal(err.text, r.err.text);
        assert_int_equal(err.kind, r.err.kind);
        rig_close(&r);
    }
}

static void
test_what_a_secret_may_not_be_is_told_though_it_is_not_shown(void **state)
{
    static const char *const actions[] = {
        "name: greet\nsteps:\n  - run: 'true'\nhealth_check:\n  - http: {path: '/{{ odd }}'}\n",
        "name: greet\nsteps:\n  - run: 'true'\n    env: {X: '{{ long }}'}\n",
        "name: greet\nsteps:\n  - run: 'true'\n    unless: 'test {{ long }} = x'\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        struct rig r;
        struct err err = {0};
        char *bytes = xcalloc(LONG_BYTES + 1, 1);
        memset(bytes, 'x', LONG_BYTES);
        rig_open(&r, NULL, "greet", actions[i]);
        value_dict_set(r.extra, "odd", value_text("it's odd"));
        value_dict_set(r.extra, "long", value_text(bytes));
        value_dict_get(r.extra, "odd")->secret = true;
        value_dict_get(r.extra, "long")->secret = true;
        assert_null(preview_new(&r.request, &err));
        assert_int_equal(rig_run(&r), -1);
        assert_string_equal(err.text, r.err.text);
        rig_close(&r);
        free(bytes);
    }
}

static void
test_a_file_that_goes_away_meanwhile_is_an_error(void **state)
{
    struct rig r;
    struct preview *p = open_mixed(&r);
    struct preview_step s;
    char path[128];

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/file", r.root);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(preview_step(p, 0, 2, &s, &r.err), -1);
    assert_int_equal(mkdir(path, 0700), 0); /* a folder now: it has no archive */
    assert_int_equal(preview_step(p, 0, 2, &s, &r.err), -1);
    assert_non_null(strstr(r.err.text, "was no folder before"));
    preview_free(p);
    rig_close(&r);
}

static void
test_it_says_where_each_host_is_and_wants_no_key(void **state)
{
    static const char inventory[] =
        "all:\n  vars: {ansible_ssh_private_key_file: nosuch}\n  hosts:\n"
        "    web-01: {ansible_connection: local}\n"
        "    web-02: {ansible_host: 10.0.0.2, ansible_port: 23, ansible_user: me,\n"
        "             ansible_ssh_common_args: -F none -J a@10.0.0.8:24}\n";
    struct rig r;

    (void)state;
    rig_open(&r, inventory, "greet", "name: greet\nsteps:\n  - run: id\n");
    struct preview *p = preview_new(&r.request, &r.err);
    if (p == NULL) {
        fail_msg("%s", r.err.text);
    }
    assert_true(preview_target(p, 0)->local);
    const struct target *t = preview_target(p, 1);
    assert_string_equal(t->address, "10.0.0.2");
    assert_int_equal(t->port, 23);
    assert_string_equal(t->user, "me");
    assert_string_equal(t->jump->address, "10.0.0.8");
    assert_int_equal(t->jump->port, 24);
    assert_null(t->jump->jump);
    preview_free(p);
    assert_int_equal(preview_reach(&r.request, &r.err), 0);
    rig_close(&r);
}

static void
test_a_mistake_of_the_arguments_of_ssh_is_told_before_a_run(void **state)
{
    static const char inventory[] =
        "all:\n  hosts:\n    web-01: {ansible_ssh_common_args: -F none -o Prot=22}\n";
    struct rig r;

    (void)state;
    rig_open(&r, inventory, "greet", "name: greet\nsteps:\n  - run: id\n");
    assert_null(preview_new(&r.request, &r.err));
    assert_non_null(strstr(r.err.text, "prot: bad configuration option"));
    assert_int_equal(preview_reach(&r.request, &r.err), -1);
    assert_non_null(strstr(r.err.text, "prot: bad configuration option"));
    rig_close(&r);
}

/* ---------------------------------------------------------------- what a plan in a file compares
 */

static int
note_source(void *arg, const char *path, const char *sha256)
{
    value_dict_set(arg, path, value_text(sha256));
    return 0;
}

static int
stop(void *arg, const char *path, const char *sha256)
{
    (void)arg;
    (void)path;
    (void)sha256;
    return 7;
}

static void
test_what_would_be_sent_is_named_with_its_digest(void **state)
{
    static const char hello[] =
        "3bab2ec60ee8484c51a0685f6adee661faeb05047cda445f82e8cd5d6441933d"; /* "{{ env }}\n" */
    struct value *sources = value_new(VALUE_DICT);
    char path[128];
    struct rig r;
    struct preview *p = open_mixed(&r);

    (void)state;
    assert_int_equal(preview_sources(p, note_source, sources, &r.err), 0);
    assert_int_equal(sources->count, 2); /* file stands in two steps */
    (void)snprintf(path, sizeof(path), "%s/file", r.root);
    assert_string_equal(value_dict_get(sources, path)->text, hello);
    (void)snprintf(path, sizeof(path), "%s/dir", r.root);
    assert_non_null(value_dict_get(sources, path));
    assert_int_equal(preview_sources(p, stop, NULL, &r.err), 7);
    (void)snprintf(path, sizeof(path), "%s/file", r.root);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(preview_sources(p, note_source, sources, &r.err), -1);
    value_free(sources);
    preview_free(p);
    rig_close(&r);
}

static void
digest_of(const char *extra, int32_t host, char ret[HASH_SHA256_HEX])
{
    struct rig r;

    rig_open(
        &r, NULL, "act",
        "name: act\nsteps:\n  - run: echo \"$word\"\n  - run: echo {{ inventory_hostname }}\n");
    value_dict_set(r.extra, "word", value_text(extra));
    struct preview *p = preview_new(&r.request, &r.err);
    assert_non_null(p);
    assert_int_equal(preview_digest(p, host, ret, &r.err), 0);
    preview_free(p);
    rig_close(&r);
}

static void
test_a_host_has_another_digest_where_it_would_get_something_else(void **state)
{
    char first[HASH_SHA256_HEX], same[HASH_SHA256_HEX], word[HASH_SHA256_HEX];
    char host[HASH_SHA256_HEX];

    (void)state;
    digest_of("a", 0, first);
    digest_of("a", 0, same);
    digest_of("b", 0, word);
    digest_of("a", 1, host);
    assert_string_equal(first, same); /* in another folder, too */
    assert_string_not_equal(first, word);
    assert_string_not_equal(first, host);
}

static void
test_a_run_is_refused_where_its_files_are_not_those_of_the_plan(void **state)
{
    struct map *sources = map_new(NULL);
    struct rig r;
    struct preview *p = open_mixed(&r);

    (void)state;
    preview_free(p);
    r.request.sources = sources; /* none of them */
    assert_int_equal(app_run(&r.request, &r.err), -1);
    assert_int_equal(r.err.kind, ERR_CONFIG);
    assert_non_null(strstr(r.err.text, "/file: has changed since the plan was compared"));
    assert_string_equal(r.calls.data, "");
    map_free(sources);
    rig_close(&r);
}

static void
test_hosts_of_a_plan_start_in_its_order(void **state)
{
    static const size_t order[] = {2, 0, 1};
    struct rig r;
    struct preview *p = open_mixed(&r);

    (void)state;
    preview_free(p);
    r.request.hosts = order;
    r.request.hosts_in_order = true;
    r.settings.policy.order = HOST_ORDER_SORTED;
    p = preview_new(&r.request, &r.err);
    assert_non_null(p);
    for (int32_t i = 0; i < 3; i++) {
        assert_int_equal(plan_host_at(preview_plan(p), i), i); /* of the request */
    }
    preview_free(p);
    rig_close(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_are_what_a_run_would_send),
        cmocka_unit_test(test_nothing_is_connected_or_written),
        cmocka_unit_test(test_it_says_where_each_host_is_and_wants_no_key),
        cmocka_unit_test(test_a_mistake_of_the_arguments_of_ssh_is_told_before_a_run),
        cmocka_unit_test(test_mistakes_are_those_of_a_run),
        cmocka_unit_test(test_what_a_secret_may_not_be_is_told_though_it_is_not_shown),
        cmocka_unit_test(test_a_file_that_goes_away_meanwhile_is_an_error),
        cmocka_unit_test(test_what_would_be_sent_is_named_with_its_digest),
        cmocka_unit_test(test_a_host_has_another_digest_where_it_would_get_something_else),
        cmocka_unit_test(test_a_run_is_refused_where_its_files_are_not_those_of_the_plan),
        cmocka_unit_test(test_hosts_of_a_plan_start_in_its_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

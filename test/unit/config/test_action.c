/*
 * test_action.c - action files read: every key, every mistake with its place, where files are
 * found.
 *
 * A fixture is a pair bad-x.yml and bad-x.err with the exact lines.  Runs in the root.
 */
#include "base/buf.h"
#include "base/xalloc.h"
#include "config/action.h"
#include "config/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "folder.h"
#include "mutate.h"

static struct action *
load(const char *path)
{
    struct mistakes m = {0};
    struct action *a = action_load_file(path, &m);

    if (!a)
        fail_msg("%s", m.errors.count ? m.errors.items[0] : "no action and no mistake");
    mistakes_release(&m);
    return a;
}

static void
test_reads_every_key(void **state)
{
    struct action *a = load("test/data/actions/good.yml");
    const struct action_step *s = &a->steps[0];

    (void)state;
    assert_string_equal(a->name, "good");
    assert_string_equal(a->dir, "test/data/actions");
    assert_string_equal(a->description, "Every key.");
    assert_string_equal(a->produces, "fine");
    assert_false(a->mutating);
    assert_int_equal(a->step_count, 3);
    assert_int_equal(s->kind, ACTION_RUN);
    assert_string_equal(s->name, "First");
    assert_string_equal(s->script, "echo \"$x\"");
    assert_string_equal(s->chdir, "{{ app_dir }}");
    assert_int_equal(s->env_count, 2);
    assert_string_equal(s->env[0].value, "{{ y }}");
    assert_string_equal(s->env[1].value, "");
    assert_int_equal(s->tags.count, 2);
    assert_string_equal(s->error, "it broke");
    assert_int_equal(s->timeout_ms, 60000);
    assert_true(s->rule.idempotent);
    assert_int_equal(s->rule.retries, 2);
    assert_int_equal(s->rule.delay_ms, 500);
    assert_true(s->rule.ignore_errors);
    assert_false(s->set_e);
    assert_int_equal(s->rule.ok_codes[0], 0x09);
    assert_int_equal(s->rule.ok_codes[31], 0x80);
    assert_int_equal(s->line, 6);
    assert_int_equal(s->col, 5);
    action_free(a);
}

static void
test_fills_in_what_is_not_said(void **state)
{
    struct action *a = load("test/data/actions/good.yml");

    (void)state;
    assert_int_equal(a->steps[1].kind, ACTION_UPLOAD);
    assert_string_equal(a->steps[1].name, "upload 2");
    assert_int_equal(a->steps[1].mode, 0755);
    assert_true(strv_has(&a->steps[1].tags, "always"));
    assert_string_equal(a->steps[2].name, "local 3");
    assert_true(a->steps[2].rule.local);
    assert_true(a->steps[2].set_e);
    assert_int_equal(a->steps[2].timeout_ms, 0);
    assert_int_equal(a->finally_count, 2);
    assert_string_equal(a->finally_steps[0].name, "run 1");
    action_free(a);
}

/* The whole of a small text file. */
static char *
read_all(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = xcalloc(1, 65536);

    assert_non_null(f);
    assert_true(fread(text, 1, 65535, f) > 0);
    assert_int_equal(fclose(f), 0);
    return text;
}

static void
test_tells_every_mistake_with_its_place(void **state)
{
    static const char *const names[] = {"bad-keys",  "bad-ansible", "bad-shape",   "bad-missing",
                                        "bad-kinds", "bad-checks",  "bad-rollback"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *path = xasprintf("test/data/actions/%s.yml", names[i]);
        char *err_path = xasprintf("test/data/actions/%s.err", names[i]);
        char *expected = read_all(err_path);
        struct mistakes m = {0};
        struct buf got;
        buf_init(&got, 65536);
        assert_null(action_load_file(path, &m));
        for (size_t k = 0; k < m.errors.count; k++)
            buf_addf(&got, "%s\n", m.errors.items[k]);
        assert_string_equal(got.data, expected);
        assert_false(m.not_yet);
        buf_release(&got);
        mistakes_release(&m);
        free(path);
        free(err_path);
        free(expected);
    }
}

static void
write_action(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void
test_reads_the_switch_and_the_lists_that_take_back(void **state)
{
    struct action *a = load("test/data/actions/good.yml");

    (void)state;
    assert_false(a->steps[0].rule.switches);
    assert_true(a->steps[2].rule.switches);
    assert_int_equal(a->rollback_count, 5);
    assert_false(a->no_rollback);
    assert_string_equal(a->rollback_steps[0].script, "echo \"$release\"");
    assert_true(a->rollback_steps[0].rule.idempotent);
    assert_true(a->rollback_steps[0].rule.run_once);
    assert_false(a->rollback_steps[0].rule.looks);
    assert_int_equal(a->rollback_steps[1].kind, ACTION_UPLOAD);
    assert_int_equal(a->rollback_steps[2].kind, ACTION_TEMPLATE);
    assert_string_equal(a->rollback_steps[3].name, "wait_for 4");
    assert_true(a->rollback_steps[3].rule.looks);
    assert_string_equal(a->rollback_steps[4].name, "Tell");
    assert_int_equal(a->rollback_steps[4].rule.throttle, 2);
    assert_int_equal(a->finally_count, 2);
    assert_true(a->finally_steps[0].rule.run_once);
    assert_int_equal(a->finally_steps[1].rule.throttle, 3);
    action_free(a);
}

/* `rollback: []` says that nothing can, or need, be taken back; that is not to say nothing. */
static void
test_an_empty_rollback_list_is_a_word(void **state)
{
    static const struct {
        const char *text;
        bool said;
    } rows[] = {{"", false}, {"rollback: []\n", true}, {"rollback:\n- run: b\n", false}};
    char dir[] = "/tmp/test_action.XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(dir));
    char *path = xasprintf("%s/x.yml", dir);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = xasprintf("name: x\nsteps:\n  - run: a\n%s", rows[i].text);
        write_action(path, text);
        struct action *a = load(path);
        assert_int_equal(a->no_rollback, rows[i].said);
        action_free(a);
        free(text);
    }
    assert_int_equal(remove(path), 0);
    assert_int_equal(remove(dir), 0);
    free(path);
}

static void
test_reads_guards_users_and_turns(void **state)
{
    struct action *a = load("test/data/actions/keys.yml");

    (void)state;
    assert_string_equal(a->steps[0].unless, "test -e x");
    assert_string_equal(a->steps[0].creates, "{{ y }}");
    assert_true(a->steps[0].become);
    assert_string_equal(a->steps[0].become_user, "app");
    assert_true(a->steps[0].rule.run_once);
    assert_int_equal(a->steps[0].rule.throttle, 0);
    assert_true(a->steps[1].become);
    assert_null(a->steps[1].become_user);
    assert_int_equal(a->steps[1].rule.throttle, 7);
    assert_null(a->steps[2].unless);
    assert_int_equal(a->steps[2].rule.throttle, 10000);
    assert_int_equal(a->steps[3].kind, ACTION_TEMPLATE);
    assert_string_equal(a->steps[3].name, "template 4");
    assert_string_equal(a->steps[3].src, "a.conf");
    assert_int_equal(a->steps[3].mode, 0644);
    assert_int_equal(a->steps[3].when_count, 1);
    assert_string_equal(a->steps[3].when[0].text, "x is defined");
    assert_int_equal(a->steps[4].kind, ACTION_WAIT_FOR);
    assert_string_equal(a->steps[4].port, "{{ p }}");
    assert_string_equal(a->steps[4].host, "h");
    assert_false(a->steps[4].absent);
    assert_int_equal(a->steps[4].wait_ms, 5000);
    assert_int_equal(a->steps[4].timeout_ms, 15000);
    assert_int_equal(a->steps[4].when_count, 2);
    assert_string_equal(a->steps[4].when[1].text, "b == 'c'");
    assert_string_equal(a->steps[5].path, "/run/x");
    assert_true(a->steps[5].absent);
    assert_int_equal(a->steps[5].wait_ms, 300000);
    assert_int_equal(a->steps[5].rule.retries, 2);
    action_free(a);
}

static void
test_refuses_guards_users_and_turns_that_are_none(void **state)
{
    static const struct {
        const char *step;
        const char *text; /* behind the path */
    } rows[] = {
        {"{local: a, unless: b}", "unless: not for a step of the kind local"},
        {"{local: a, creates: b}", "creates: not for a step of the kind local"},
        {"{local: a, become: true}", "become: not for a step of the kind local"},
        {"{run: a, unless: ''}", "unless: expected a script"},
        {"{run: a, creates: ''}", "creates: expected a path"},
        {"{run: a, unless: [b]}", "unless: expected a text"},
        {"{run: a, become_user: b}", "become_user: only with become: true"},
        {"{run: a, become: true, become_user: ''}", "become_user: expected the name of a user"},
        {"{run: a, become: maybe}", "become: expected true or false"},
        {"{run: a, throttle: 0}", "throttle: expected a number of hosts from 1"},
        {"{run: a, throttle: 10001}", "throttle: expected a number"},
        {"{run: a, run_once: 2}", "run_once: expected true or false"},
        {"{run: a, unless: 'x {{ y'}", "unless: in {{ }}: expected"},
    };
    char dir[] = "/tmp/test_action.XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(dir));
    char *path = xasprintf("%s/x.yml", dir);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mistakes m = {0};
        char *text = xasprintf("name: x\nsteps:\n  - %s\n", rows[i].step);
        write_action(path, text);
        assert_null(action_load_file(path, &m));
        assert_int_equal(m.count, 1);
        if (strstr(m.errors.items[0], rows[i].text) == NULL) {
            fail_msg("%s: %s", rows[i].step, m.errors.items[0]);
        }
        mistakes_release(&m);
        free(text);
    }
    assert_int_equal(remove(path), 0);
    assert_int_equal(remove(dir), 0);
    free(path);
}

static void
test_refuses_a_key_given_twice(void **state)
{
    char path[] = "/tmp/test_action.XXXXXX.yml";
    struct mistakes m = {0};
    const int fd = mkstemps(path, 4);
    FILE *f = fdopen(fd, "w");

    (void)state;
    assert_non_null(f);
    assert_true(fprintf(f, "name: %.18s\nsteps:\n  - run: a\n    run: b\n", path + 5) > 0);
    assert_int_equal(fclose(f), 0);
    assert_null(action_load_file(path, &m));
    assert_int_equal(m.count, 1);
    assert_non_null(strstr(m.errors.items[0], ":4:5:"));
    mistakes_release(&m);
    assert_int_equal(remove(path), 0);
}

static void
test_finds_shipped_actions_and_names_the_nearest(void **state)
{
    static const char *const shipped[] = {"check", "deploy", "provision", "rollback", "update"};
    struct mistakes m = {0};
    bool found;
    char *near;

    (void)state;
    for (size_t i = 0; i < sizeof(shipped) / sizeof(shipped[0]); i++) {
        struct action *a = action_load(".", NULL, shipped[i], &m, &found, &near);
        assert_true(found);
        assert_non_null(a);
        assert_string_equal(a->name, shipped[i]);
        assert_int_equal(a->mutating, strcmp(shipped[i], "check") != 0);
        action_free(a);
    }
    assert_null(action_load(".", NULL, "deplyo", &m, &found, &near));
    assert_false(found);
    assert_string_equal(near, "deploy");
    free(near);
    assert_null(action_load(".", NULL, "../actions/deploy", &m, &found, &near));
    assert_false(found);
    free(near);
    assert_int_equal(m.count, 0);
    mistakes_release(&m);
}

static void
test_a_script_is_an_action_of_one_step(void **state)
{
    struct action *a = action_of_script("exec", "docker ps --format '{{.Names}}'");

    (void)state;
    assert_false(a->mutating);
    assert_int_equal(a->step_count, 1);
    assert_true(a->steps[0].verbatim);
    assert_false(a->steps[0].set_e);
    action_free(a);
}

/* ---------------------------------------------------------------- places */

/* Each `{{ ! }}` of the text is a mistake at "line:col". */
static void
test_a_mistake_in_a_script_is_told_at_its_own_line(void **state)
{
    static const struct {
        const char *text, *places;
    } rows[] = {
        {"name: x\nsteps:\n  - run: |\n      one\n      two {{ ! }}\n", "5:11"},
        {"name: x\nsteps:\n  - run: |\n      {\n      ${x} {{ ! }} {{ ok }} {{ ! }}\n",
         "5:12 5:29"},
        {"name: x\nsteps:\n  - run: |\n\n\n      {{ ! }}\n\n      {{ ! }}\n", "6:7 8:7"},
        {"name: x\nsteps:\n  - run: |2- # {{ comment }}\n        {{ ! }}\n", "4:9"},
        {"name: x\nsteps:\n  - run: >\n      a\n      {{ ! }}\n      b {{ ! }}\n", "5:7 6:9"},
        {"name: x\nsteps:\n  - run: echo\n      {{ ! }}\n", "4:7"},
        {"name: x\nsteps:\n  - run: \"a \\\n      {{ ! }}\"\n", "4:7"},
        {"name: x\nsteps:\n  - run: 'it''s {{ ! }}'\n", "3:17"},
        {"name: x\nsteps:\n  - run: |\n      \u00e9\u00e9\u20ac {{ ! }}\n", "4:11"},
        {"name: x\r\nsteps:\r\n  - run: |\r\n      a\r\n      {{ ! }}\r\n", "5:7"},
        {"\xef\xbb\xbfname: x\nsteps:\n  - run: |\n      {{ ! }}\n", "4:7"},
        {"name: x\nsteps:\n  - run: |\n      a {% if %}\n      {# c #}\n", "4:9 5:7"},
        {"name: x\nsteps:\n  - run: |\n      a\n      {{ ! \n", "5:7"},
        /* Where the file writes the text otherwise: the value's own place. */
        {"name: x\nsteps:\n  - run: \"a\\n\\x7b{ ! }}\"\n", "3:10"},
        {"name: x\nsteps:\n  - name: &a 'n {{ ! }}'\n    run: *a\n", "3:17 4:10"},
        {"name: x\nsteps:\n  - {run: a, chdir: '{{ ! }}', env: {V: 'b {{ ! }}'},\n"
         "     error: '{{ ! }}'}\n",
         "3:22 3:44 4:14"},
        {"name: x\nsteps:\n  - upload: {src: '{{ ! }}', dest: '{{ ! }}'}\n", "3:20 3:37"},
    };
    struct folder f;

    (void)state;
    folder_make(&f);
    char *path = xasprintf("%s/x.yml", f.path);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mistakes m = {0};
        struct buf got;
        folder_text(&f, "x.yml", rows[i].text);
        assert_null(action_load_file(path, &m));
        buf_init(&got, 4096);
        for (size_t k = 0; k < m.errors.count; k++) {
            int line = 0, col = 0;
            assert_int_equal(
                sscanf(folder_strip(&f, m.errors.items[k]), "x.yml:%d:%d:", &line, &col), 2);
            buf_addf(&got, "%s%d:%d", k == 0 ? "" : " ", line, col);
        }
        assert_string_equal(got.data, rows[i].places);
        buf_release(&got);
        mistakes_release(&m);
    }
    free(path);
    folder_remove(&f);
}

static void
test_a_script_full_of_mistakes_ends_at_the_limit(void **state)
{
    struct mistakes m = {0};
    struct folder f;
    struct buf text;

    (void)state;
    folder_make(&f);
    buf_init(&text, 4 << 20);
    buf_adds(&text, "name: x\nsteps:\n  - run: |\n");
    for (int i = 0; i < 100000; i++) {
        buf_adds(&text, "      {% {{ ! }}\n");
    }
    folder_text(&f, "x.yml", text.data);
    char *path = xasprintf("%s/x.yml", f.path);
    assert_null(action_load_file(path, &m));
    assert_int_equal(m.count, MISTAKES_MAX);
    mistakes_release(&m);
    buf_release(&text);
    free(path);
    folder_remove(&f);
}

/* ---------------------------------------------------------------- mutations */

static const char seed_text[] = "name: x\n"
                                "description: d\n"
                                "mutating: no\n"
                                "produces: word\n"
                                "steps:\n"
                                "  - name: 'First {{ a }}'\n"
                                "    run: |\n"
                                "      echo {{ a | quote }}\n"
                                "      {{ b[0].c | default('x') }}\n"
                                "    env: {A: '{{ a }}', B: }\n"
                                "    tags: [one, two]\n"
                                "    ok_exit_codes: [0, 3]\n"
                                "    idempotent: true\n"
                                "    retries: 2\n"
                                "    delay: 5s\n"
                                "  - upload: {src: s, dest: /d, mode: '0644'}\n"
                                "finally:\n"
                                "  - local: a\n"
                                "    shell_options: ''\n";

/* A render with every name undefined: each place of a mistake lies in the file. */
static void
check_render(const struct action *a, int lines)
{
    const struct scope scope = {.extra = NULL};

    for (size_t i = 0; i < a->step_count; i++) {
        struct rendered made = {0};
        struct err err = {0};
        int line = 0, col = 0;
        if (render_step(a, &a->steps[i], "/r", &scope, &made, &err) == 0) {
            rendered_release(&made);
            continue;
        }
        assert_int_equal(strncmp(err.text, a->file, strlen(a->file)), 0);
        assert_int_equal(sscanf(err.text + strlen(a->file), ":%d:%d: ", &line, &col), 2);
        assert_in_range(line, 1, lines);
        assert_true(col >= 1);
    }
}

static void
test_mutated_files_are_read_or_refused_with_a_place(void **state)
{
    struct prng p = {.state = 12};
    struct folder f;
    int read = 0, refused = 0;

    (void)state;
    folder_make(&f);
    char *path = xasprintf("%s/x.yml", f.path);
    for (int round = 0; round < 800; round++) {
        char text[sizeof(seed_text) + 16];
        size_t len = sizeof(seed_text) - 1;
        struct mistakes m = {0};
        memcpy(text, seed_text, len);
        for (uint64_t k = 1 + prng_below(&p, 2); k > 0; k--) {
            len = mutate(&p, text, len);
        }
        folder_put(&f, "x.yml", text, len);
        struct action *a = action_load_file(path, &m);
        assert_int_equal(a == NULL, m.count > 0);
        for (size_t i = 0; i < m.errors.count; i++) {
            int line = 0, col = 0;
            if (sscanf(folder_strip(&f, m.errors.items[i]), "x.yml:%d:%d: ", &line, &col) != 2 ||
                line < 1 || line > 40 || col < 1) {
                fail_msg("without a place: %s", m.errors.items[i]);
            }
        }
        if (a != NULL) {
            check_render(a, 40);
        }
        read += a != NULL;
        refused += a == NULL;
        action_free(a);
        mistakes_release(&m);
    }
    if (read <= 10 || refused <= 50) {
        fail_msg("%d read, %d refused", read, refused);
    }
    free(path);
    folder_remove(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_every_key),
        cmocka_unit_test(test_fills_in_what_is_not_said),
        cmocka_unit_test(test_tells_every_mistake_with_its_place),
        cmocka_unit_test(test_reads_the_switch_and_the_lists_that_take_back),
        cmocka_unit_test(test_an_empty_rollback_list_is_a_word),
        cmocka_unit_test(test_reads_guards_users_and_turns),
        cmocka_unit_test(test_refuses_guards_users_and_turns_that_are_none),
        cmocka_unit_test(test_refuses_a_key_given_twice),
        cmocka_unit_test(test_finds_shipped_actions_and_names_the_nearest),
        cmocka_unit_test(test_a_script_is_an_action_of_one_step),
        cmocka_unit_test(test_a_mistake_in_a_script_is_told_at_its_own_line),
        cmocka_unit_test(test_a_script_full_of_mistakes_ends_at_the_limit),
        cmocka_unit_test(test_mutated_files_are_read_or_refused_with_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

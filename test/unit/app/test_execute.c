/*
 * test_execute.c - what the pool and local children are given; mistakes are found before anything
 * connects.
 */
#include "unit/app/rig.h"

/* ---------------------------------------------------------------- before anything connects */

static void
test_a_step_that_cannot_be_rendered_stops_a_run_that_has_not_begun(void **state)
{
    static const struct {
        const char *steps;
        const char *part;
    } rows[] = {
        {"steps:\n  - run: echo {{ nobody_set_this }}\n", "'nobody_set_this' is undefined"},
        {"steps:\n  - run: 'true'\nfinally:\n  - local: echo {{ nor_this }}\n",
         "'nor_this' is undefined"},
        {"steps:\n  - upload: {src: missing, dest: /x/y}\n", "there is no file 'missing'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char action[256];
        char *var = NULL;
        struct rig r;
        (void)snprintf(action, sizeof(action), "name: greet\n%s", rows[i].steps);
        rig_open(&r, NULL, "greet", action);
        assert_int_equal(rig_run(&r), -1);
        assert_int_equal(r.err.kind, ERR_CONFIG);
        assert_int_equal(strncmp(r.err.text, "web-01: ", 8), 0);
        assert_non_null(strstr(r.err.text, rows[i].part));
        assert_string_equal(r.calls.data, "");
        assert_string_equal(r.events.data, "");
        var = xasprintf("%s/var", r.root);
        assert_int_equal(access(var, F_OK), -1); /* nothing was made */
        free(var);
        rig_close(&r);
    }
}

/* ---------------------------------------------------------------- what changes meanwhile */

/* After the first host has what it gets, the file is another one. */
static void
write_anew(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    (void)run;
    if (host == 0 && step != NULL) {
        rig_write(r, "file", "other bytes");
    }
}

static void
test_no_host_gets_a_file_that_has_changed_since_the_run_began(void **state)
{
    static const char *const kinds[] = {"upload", "template"};

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        char *action = xasprintf(
            "name: greet\nsteps:\n  - {name: Send, %s: {src: file, dest: /x/y}}\n", kinds[i]);
        struct rig r;
        rig_open(&r, NULL, "greet", action);
        rig_write(&r, "file", "bytes");
        r.request.workers = 1;
        r.look = write_anew;
        assert_int_equal(rig_run(&r), 3);
        assert_string_equal(r.calls.data, "connect web-01\nrun web-01\ndisconnect web-01\n"
                                          "connect web-02\ndisconnect web-02\n");
        assert_non_null(strstr(r.events.data, "/file: has changed since the run began\n"));
        free(action);
        rig_close(&r);
    }
}

/* ---------------------------------------------------------------- what a session is given */

static void
look_at_script(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    static const char *const groups[] = {"odd,web", "web", "odd,web"};
    static const int waves[] = {1, 1, 2};
    char key[256];
    char body[256];

    if (host < 0 || step == NULL) {
        return;
    }
    const struct run_host *h = &run->hosts[host];
    assert_int_equal(step->kind, STEP_SCRIPT);
    assert_int_equal(step->fd, -1);
    (void)snprintf(key, sizeof(key), "%s.%s%d.%d.%s", journal_run_id(run->journal),
                   h->list == LIST_FINALLY ? "f" : "", (int)h->step, (int)h->attempt,
                   run->names[host]);
    assert_string_equal(step->key, key);
    assert_int_equal(step->timeout_ms, h->list == LIST_FINALLY ? 5000 : 60000);
    assert_int_equal(step->idle_ms, 7000);
    assert_int_equal(strlen(step->script), step->script_len);
    if (h->list != LIST_FINALLY) {
        (void)snprintf(body, sizeof(body), "\necho 'web-0%d' '%s' %d 'test' 'greet' '%s'\n",
                       (int)host + 1, groups[host], waves[host], journal_run_id(run->journal));
        assert_non_null(strstr(step->script, body));
        assert_non_null(strstr(step->script, "set -e\n"));
    }
    r->number++;
}

static void
test_a_script_is_rendered_for_its_host(void **state)
{
    static const char inventory[] = "all:\n  vars: {ansible_ssh_private_key_file: key}\n"
                                    "  children:\n    web:\n      hosts: {web-01: , web-02: , "
                                    "web-03: }\n    odd:\n      hosts: {web-01: , web-03: }\n";
    static const char action[] =
        "name: greet\nsteps:\n  - run: echo {{ inventory_hostname | quote }} "
        "{{ group_names | join(',') | quote }} {{ wave }} {{ env | quote }} {{ action | quote }} "
        "{{ run_id | quote }}\n    timeout: 1m\nfinally:\n  - run: 'true'\n";
    struct rig r;

    (void)state;
    rig_open(&r, inventory, "greet", action);
    r.request.strategy = STRATEGY_ROLLING;
    r.request.workers = 2;
    r.settings.step_timeout_ms = 5000;
    r.settings.output_idle_timeout_ms = 7000;
    r.look = look_at_script;
    if (rig_run(&r) != 0) {
        fail_msg("%s%s", r.err.text, r.events.data);
    }
    assert_int_equal(r.number, 6);
    rig_close(&r);
}

/* ---------------------------------------------------------------- uploads */

static void
look_at_upload(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    char bytes[16] = "";

    (void)run;
    if (host < 0 || step == NULL) {
        return;
    }
    assert_int_equal(step->kind, STEP_UPLOAD);
    assert_int_equal(step->size, 5);
    assert_int_equal(step->mode, 0640);
    assert_string_equal(step->dest, "/srv/web-01");
    assert_int_equal(read(step->fd, bytes, sizeof(bytes)), 5);
    assert_string_equal(bytes, "12345");
    r->number++;
}

static const char upload[] = "name: copy\nsteps:\n  - upload: {src: file, dest: '/srv/{{ "
                             "inventory_hostname }}', mode: '0640'}\n";

static void
test_an_upload_is_an_open_file(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "copy", upload);
    rig_write(&r, "file", "12345");
    r.request.host_count = 1;
    r.look = look_at_upload;
    assert_int_equal(rig_run(&r), 0);
    assert_int_equal(r.number, 1);
    rig_close(&r);
}

static void
look_at_mode(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    (void)run;
    if (host >= 0 && step != NULL) {
        assert_int_equal(step->mode, 0751); /* set-id bits are not taken along */
        r->number++;
    }
}

static void
test_a_copy_keeps_the_mode_of_its_file(void **state)
{
    struct rig r;
    char path[128];

    (void)state;
    rig_open(&r, NULL, "copy", upload);
    rig_write(&r, "file", "12345");
    (void)snprintf(path, sizeof(path), "%s/file", r.root);
    assert_int_equal(chmod(path, 04751), 0);
    action_free(r.action);
    r.action = action_of_upload("copy", path, "/srv/{{ inventory_hostname }}");
    r.request.action = r.action;
    r.look = look_at_mode;
    assert_int_equal(rig_run(&r), 0);
    assert_int_equal(r.number, 3);
    rig_close(&r);
}

static void
replace_file(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    char *path = xasprintf("%s/file", r->root);

    (void)run;
    (void)step;
    if (host >= 0 && r->number++ == 0) {
        (void)unlink(path);
        assert_int_equal(mkfifo(path, 0600), 0); /* would hang who opens it and waits */
    }
    free(path);
}

/* fault 46: the source changed since the run began */
static void
test_a_file_that_changed_since_fails_its_host_alone(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "copy", upload);
    rig_write(&r, "file", "12345");
    r.request.host_count = 1;
    r.look = replace_file;
    assert_int_equal(rig_run(&r), 2);
    assert_string_equal(r.calls.data, "connect web-01\ndisconnect web-01\n");
    assert_non_null(strstr(r.events.data, "host_finished web-01 failed: step 1/1 "));
    assert_non_null(strstr(r.events.data, "is no file and no folder"));
    rig_close(&r);
}

/* ---------------------------------------------------------------- local steps */

static void
test_a_local_step_runs_in_the_root_without_a_connection(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet",
             "name: greet\nsteps:\n  - local: pwd -P > here; echo $inventory_hostname >> names\n");
    assert_int_equal(rig_run(&r), 0);
    assert_string_equal(r.calls.data, "");
    char *here = rig_read(&r, "here");
    char *root = realpath(r.root, NULL);
    here[strcspn(here, "\n")] = '\0';
    assert_string_equal(here, root);
    char *names = rig_read(&r, "names");
    assert_int_equal(strlen(names), 3 * strlen("web-01\n"));
    free(names);
    free(root);
    free(here);
    rig_close(&r);
}

static void
test_a_local_step_is_killed_at_its_deadline(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet",
             "name: greet\nsteps:\n  - {local: exec sleep 600, timeout: 50ms}\n");
    r.request.host_count = 1;
    assert_int_equal(rig_run(&r), 2);
    assert_non_null(strstr(r.events.data, "signal 15 (killed at its deadline)\n"));
    rig_close(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_step_that_cannot_be_rendered_stops_a_run_that_has_not_begun),
        cmocka_unit_test(test_no_host_gets_a_file_that_has_changed_since_the_run_began),
        cmocka_unit_test(test_a_script_is_rendered_for_its_host),
        cmocka_unit_test(test_an_upload_is_an_open_file),
        cmocka_unit_test(test_a_copy_keeps_the_mode_of_its_file),
        cmocka_unit_test(test_a_file_that_changed_since_fails_its_host_alone),
        cmocka_unit_test(test_a_local_step_runs_in_the_root_without_a_connection),
        cmocka_unit_test(test_a_local_step_is_killed_at_its_deadline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_release.c - what a release is called, and which actions make one.
 */
#include "unit/app/rig.h"

#include "base/hash.h"

/* Written down while the first host connects. */
struct seen {
    struct rig rig; /* first: look is given it */
    bool makes;
    char release[256];
};

static void
see(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    struct seen *s = (struct seen *)r;

    (void)step;
    if (host == 0) {
        s->makes = run_makes_release(run);
        (void)snprintf(s->release, sizeof(s->release), "%s", run_release(run, host));
    }
}

/* ---------------------------------------------------------------- which actions make one */

static void
test_an_action_makes_a_release_if_a_step_of_it_names_it(void **state)
{
    static const struct {
        const char *step;
        bool makes;
    } rows[] = {
        {"run: 'true'", false},
        {"run: . /etc/os-release", false},
        {"run: ls $app/releases", false},
        {"run: echo release", false},
        {"run: echo $releases ${release_dir} $my_release", false},
        {"run: 'echo {{ \"x\" | quote }} release {{ env }}'", false},
        {"run: ln -s $app/$release current", true},
        {"run: 'rm -rf \"${release}\"'", true},
        {"run: 'echo ${release:-none}'", true},
        {"run: 'echo {{ release }}'", true},
        {"run: 'echo {{release}}'", true},
        {"{run: 'true', chdir: '/srv/{{ release }}'}", true},
        {"{run: 'echo $x', env: {x: '{{ release | upper }}'}}", true},
        {"{run: 'echo $x', env: {release_name: fixed}}", false},
        {"{upload: {src: deploy.yml, dest: '/srv/{{ release }}.tar'}}", true},
        {"{upload: {src: deploy.yml, dest: /srv/app.tar}}", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int produces = i < sizeof(rows) / sizeof(rows[0]) - 2; produces < 2; produces++) {
            char action[512];
            struct seen s = {0};
            (void)snprintf(action, sizeof(action), "name: deploy\n%ssteps:\n  - %s\n",
                           produces == 0 ? "" : "produces: deployed\n", rows[i].step);
            rig_open(&s.rig, NULL, "deploy", action);
            s.rig.request.host_count = 1;
            s.rig.look = see;
            value_dict_set(s.rig.extra, "release", value_text("one"));
            if (rig_run(&s.rig) != 0) {
                fail_msg("%s: %s", rows[i].step, s.rig.err.text);
            }
            if (s.makes != (rows[i].makes && produces == 1)) {
                fail_msg("%s: %d", rows[i].step, s.makes);
            }
            rig_close(&s.rig);
        }
    }
}

static void
test_a_release_that_is_expected_must_be_it(void **state)
{
    static const struct {
        const char *expected, *step;
        int rc;
    } rows[] = {
        {"one", "run: echo $release", 0},
        {"two", "run: echo $release", -1},
        {"", "run: echo $release", -1},
        {"two", "run: echo", 0}, /* it makes none */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char action[128];
        struct seen s = {0};
        (void)snprintf(action, sizeof(action), "name: deploy\nproduces: deployed\nsteps:\n  - %s\n",
                       rows[i].step);
        rig_open(&s.rig, NULL, "deploy", action);
        value_dict_set(s.rig.extra, "release", value_text("one"));
        s.rig.request.release = rows[i].expected;
        assert_int_equal(rig_run(&s.rig), rows[i].rc);
        if (rows[i].rc < 0) {
            assert_int_equal(s.rig.err.kind, ERR_CONFIG);
            assert_string_equal(s.rig.err.text, rows[i].expected[0] == '\0'
                                                    ? "the release is one now, and was none"
                                                    : "the release is one now, and was two");
        }
        rig_close(&s.rig);
    }
}

static void
test_only_steps_that_are_run_count(void **state)
{
    struct strv skip = {0};
    struct host_list hosts;
    struct seen s = {0};

    (void)state;
    rig_open(&s.rig, NULL, "deploy",
             "name: deploy\nproduces: deployed\nsteps:\n  - {run: 'true'}\n"
             "  - {run: echo $release, tags: [switch]}\n");
    s.rig.request.host_count = 1;
    s.rig.look = see;
    value_dict_set(s.rig.extra, "release", value_text("one"));
    strv_add(&skip, "switch");
    s.rig.request.skip_tags = &skip;
    assert_int_equal(rig_run(&s.rig), 0);
    assert_false(s.makes);
    rig_host(&s.rig, 0, &hosts);
    assert_string_equal(hosts.rows[0].release, ""); /* rollback's target stays where it is */
    assert_string_equal(hosts.rows[0].state, "deployed");
    host_list_release(&hosts);
    strv_clear(&skip);
    rig_close(&s.rig);
}

static void
test_a_host_that_ends_well_has_the_release(void **state)
{
    static const char *const releases[] = {"one", "two", "three"};
    struct host_list hosts;
    struct seen s = {0};

    (void)state;
    rig_open(&s.rig, NULL, "deploy",
             "name: deploy\nproduces: deployed\nsteps:\n  - {run: echo $release}\n");
    s.rig.request.releases = releases;
    s.rig.settings.policy.max_fail.value = 3;
    s.rig.steps[1] = "x";
    assert_int_equal(rig_run(&s.rig), 2);
    rig_host(&s.rig, 2, &hosts);
    assert_string_equal(hosts.rows[0].release, "one");
    assert_string_equal(hosts.rows[1].release, ""); /* it failed */
    assert_string_equal(hosts.rows[2].release, "three");
    host_list_release(&hosts);
    rig_close(&s.rig);
}

/* ---------------------------------------------------------------- names */

static const char echo_release[] = "name: deploy\nproduces: deployed\nsteps:\n  - {run: 'true'}\n";

static void
test_a_given_name_must_be_one(void **state)
{
    static const struct {
        const char *name;
        bool good;
    } rows[] = {
        {"v1.2.3", true}, {"a", true},     {"A_b-c+d.1", true}, {"", false},
        {".", false},     {"..", false},   {"-rf", false},      {".hidden", false},
        {"a/b", false},   {"a b", false},  {"a\n", false},      {"caf\xc3\xa9", false},
        {"$(id)", false}, {"{{ x", false},
    };
    char name[160];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) + 2; i++) {
        const bool listed = i < sizeof(rows) / sizeof(rows[0]);
        const size_t len = 128 + i - sizeof(rows) / sizeof(rows[0]); /* 128 fit, 129 do not */
        struct seen s = {0};
        memset(name, 'n', sizeof(name));
        name[listed ? 0 : len] = '\0';
        const char *given = listed ? rows[i].name : name;
        rig_open(&s.rig, NULL, "deploy", echo_release);
        s.rig.request.host_count = 1;
        s.rig.look = see;
        value_dict_set(s.rig.extra, "release", value_text(given));
        const bool good = listed ? rows[i].good : len == 128;
        assert_int_equal(rig_run(&s.rig), good ? 0 : -1);
        if (good) {
            assert_string_equal(s.release, given);
        } else {
            assert_int_equal(s.rig.err.kind, ERR_USAGE);
            assert_string_equal(s.rig.calls.data, "");
        }
        rig_close(&s.rig);
    }
}

static void
test_a_list_is_no_name(void **state)
{
    struct seen s = {0};

    (void)state;
    rig_open(&s.rig, NULL, "deploy", echo_release);
    value_dict_set(s.rig.extra, "release", value_new(VALUE_LIST));
    assert_int_equal(rig_run(&s.rig), -1);
    assert_int_equal(s.rig.err.kind, ERR_USAGE);
    rig_close(&s.rig);
}

/* ---------------------------------------------------------------- artifacts */

static void
test_without_a_name_it_is_the_hash_of_the_artifact(void **state)
{
    static const char text[] = "the artifact\n";
    struct hash *h = hash_new();
    char hex[HASH_SHA256_HEX];
    struct seen s = {0};

    (void)state;
    hash_update(h, text, sizeof(text) - 1);
    hash_finish(h, hex);
    hash_free(h);
    hex[12] = '\0';
    rig_open(&s.rig, NULL, "deploy", echo_release);
    rig_write(&s.rig, "app.tar.gz", text);
    value_dict_set(s.rig.extra, "artifact", value_text("app.tar.gz"));
    s.rig.look = see;
    assert_int_equal(rig_run(&s.rig), 0);
    assert_string_equal(s.release, hex);
    rig_close(&s.rig);
}

static void
test_an_artifact_that_is_not_there_is_no_release_and_no_error(void **state)
{
    static const char *const names[] = {"no-such.tar.gz", "/no/such/file", "/dev/null", ""};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct seen s = {0};
        rig_open(&s.rig, NULL, "deploy", echo_release);
        value_dict_set(s.rig.extra, "artifact", value_text(names[i]));
        s.rig.look = see;
        assert_int_equal(rig_run(&s.rig), 0);
        assert_string_equal(s.release, "");
        rig_close(&s.rig);
    }
}

/* The message was once that `release` is undefined, at the place of the step that names it. */
static void
test_an_artifact_that_must_name_the_release_has_to_be_there(void **state)
{
    static const char text[] = "name: deploy\nproduces: deployed\n"
                               "steps: [{run: 'echo {{ release }}'}]\n";
    static const struct {
        const char *artifact;
        const char *said;
    } rows[] = {
        {"no-such.tar.gz", "web-01: artifact: there is no file or folder no-such.tar.gz in /"},
        {"/no/such", "web-01: artifact: there is no file or folder /no/such"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig rig;
        rig_open(&rig, NULL, "deploy", text);
        value_dict_set(rig.extra, "artifact", value_text(rows[i].artifact));
        assert_int_equal(rig_run(&rig), -1);
        assert_non_null(strstr(rig.err.text, rows[i].said));
        rig_close(&rig);
    }
}

/* The magic names of the host are there when its artifact is rendered. */
static const char by_group[] =
    "all:\n  vars: {ansible_ssh_private_key_file: key,\n"
    "         artifact: 'app-{{ group_names | join(\"-\") }}-{{ wave }}-{{ env }}.tar'}\n"
    "  children:\n    amd:\n      hosts: {web-01: }\n    arm:\n      hosts: {web-02: }\n";

static void
test_an_artifact_may_depend_on_groups_and_wave(void **state)
{
    struct seen s = {0};

    (void)state;
    rig_open(&s.rig, by_group, "deploy", echo_release);
    rig_write(&s.rig, "app-amd-1-test.tar", "same");
    rig_write(&s.rig, "app-arm-1-test.tar", "same");
    s.rig.look = see;
    if (rig_run(&s.rig) != 0) {
        fail_msg("%s", s.rig.err.text);
    }
    assert_int_equal(strlen(s.release), 12);
    rig_close(&s.rig);
}

static void
test_hosts_with_different_artifacts_have_no_release(void **state)
{
    struct seen s = {0};

    (void)state;
    rig_open(&s.rig, by_group, "deploy", echo_release);
    rig_write(&s.rig, "app-amd-1-test.tar", "one");
    rig_write(&s.rig, "app-arm-1-test.tar", "other");
    assert_int_equal(rig_run(&s.rig), -1);
    assert_int_equal(s.rig.err.kind, ERR_CONFIG);
    assert_non_null(strstr(s.rig.err.text, "web-02: artifact "));
    assert_string_equal(s.rig.calls.data, "");
    rig_close(&s.rig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_action_makes_a_release_if_a_step_of_it_names_it),
        cmocka_unit_test(test_a_release_that_is_expected_must_be_it),
        cmocka_unit_test(test_only_steps_that_are_run_count),
        cmocka_unit_test(test_a_host_that_ends_well_has_the_release),
        cmocka_unit_test(test_a_given_name_must_be_one),
        cmocka_unit_test(test_a_list_is_no_name),
        cmocka_unit_test(test_without_a_name_it_is_the_hash_of_the_artifact),
        cmocka_unit_test(test_an_artifact_that_is_not_there_is_no_release_and_no_error),
        cmocka_unit_test(test_an_artifact_that_must_name_the_release_has_to_be_there),
        cmocka_unit_test(test_an_artifact_may_depend_on_groups_and_wave),
        cmocka_unit_test(test_hosts_with_different_artifacts_have_no_release),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

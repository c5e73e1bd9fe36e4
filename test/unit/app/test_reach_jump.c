/*
 * test_reach_jump.c - ssh_config as a run sees it: who wins, machines that are one, hosts on the
 * way.
 */
#include "unit/app/rig.h"

static const char greet[] = "name: greet\nsteps:\n  - {run: id}\n";

/* A run whose user has this ~/.ssh/config; reach_prepare, or reach_jump, may be called. */
static struct run *
open_run(struct rig *r, const char *inventory, const char *config)
{
    char *path = NULL;

    rig_open(r, inventory, "greet", greet);
    path = xasprintf("%s/.ssh", r->root);
    assert_int_equal(mkdir(path, 0700), 0);
    free(path);
    rig_write(r, ".ssh/config", config);
    rig_write(r, "key", "");
    path = xasprintf("%s/.ssh/config", r->root);
    assert_int_equal(chmod(path, 0600), 0);
    free(path);
    struct run *run = run_new(&r->request);
    run->plan =
        app_plan(run->request, &run->policy, run->names, run->steps, run->step_count, &r->err);
    assert_non_null(run->plan);
    return run;
}

static void
close_run(struct rig *r, struct run *run)
{
    run_free(run);
    rig_close(r);
}

/* Names from the host's jump on, the nearest first. */
static void
assert_way(const struct target *t, const char *expected)
{
    struct buf way;

    buf_init(&way, 4096);
    for (; t != NULL; t = t->jump) {
        (void)buf_addf(&way, "%s%s@%s:%d", way.len > 0 ? " " : "", t->user, t->address, t->port);
    }
    assert_string_equal(way.data, expected);
    buf_release(&way);
}

static void
test_the_inventory_wins_over_ssh_config_and_that_over_the_defaults(void **state)
{
    struct rig r;

    (void)state;
    struct run *run =
        open_run(&r,
                 "all:\n  vars: {ansible_ssh_private_key_file: key}\n  hosts:\n"
                 "    web-01: {ansible_port: 23, ansible_user: inv}\n    web-02:\n"
                 "    web-03: {ansible_ssh_common_args: '-p 24 -o ConnectTimeout=9 -4'}\n",
                 "Host web-*\n HostName %h.example.org\n Port 77\n User conf\n ConnectTimeout 5\n"
                 " ServerAliveInterval 4\n ServerAliveCountMax 6\n BindAddress 127.0.0.1\n"
                 " HostKeyAlias farm\n Ciphers aes128-ctr\n");
    assert_int_equal(reach_prepare(run, &r.err), 0);
    assert_way(&run->hosts[0].target, "inv@web-01.example.org:23");
    assert_way(&run->hosts[1].target, "conf@web-02.example.org:77");
    assert_way(&run->hosts[2].target, "conf@web-03.example.org:24");
    const struct target *t = &run->hosts[2].target;
    assert_int_equal(t->connect_timeout_ms, 9000);
    assert_int_equal(t->keepalive_ms, 4000);
    assert_int_equal(t->keepalive_misses, 6);
    assert_int_equal(t->family, AF_INET);
    assert_string_equal(t->bind_address, "127.0.0.1");
    assert_string_equal(t->key_alias, "farm");
    assert_string_equal(t->ciphers, "aes128-ctr");
    assert_null(t->kex);
    assert_string_equal(t->name, "web-03");
    assert_string_equal(reach_address(&run->hosts[2]), "web-03.example.org");
    close_run(&r, run);
}

static void
test_of_two_words_about_host_keys_the_stricter_counts(void **state)
{
    static const struct {
        enum host_keys ours;
        bool given;
        const char *said;
        enum host_key_checking checking;
    } rows[] = {
        {HOST_KEYS_STRICT, false, "no", HOST_KEY_OFF},
        {HOST_KEYS_STRICT, false, "accept-new", HOST_KEY_ACCEPT_NEW},
        {HOST_KEYS_STRICT, true, "no", HOST_KEY_STRICT},
        {HOST_KEYS_OFF, true, "yes", HOST_KEY_STRICT},
        {HOST_KEYS_OFF, true, "ask", HOST_KEY_STRICT},
        {HOST_KEYS_OFF, true, "accept-new", HOST_KEY_ACCEPT_NEW},
        {HOST_KEYS_OFF, true, NULL, HOST_KEY_UNSET},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig r;
        char *config = rows[i].said == NULL ? xstrdup("")
                                            : xasprintf("StrictHostKeyChecking %s\n", rows[i].said);
        struct run *run = open_run(&r, NULL, config);
        r.settings.host_key_checking = rows[i].ours;
        r.settings.host_keys_given = rows[i].given;
        assert_int_equal(reach_prepare(run, &r.err), 0);
        assert_int_equal(run->hosts[0].target.checking, rows[i].checking);
        close_run(&r, run);
        free(config);
    }
}

static void
test_one_machine_under_two_names_is_refused(void **state)
{
    struct rig r;

    (void)state;
    struct run *run = open_run(&r, NULL, "Host web-02 web-03\nHostName 10.0.0.5\nUser me\n");
    assert_int_equal(reach_prepare(run, &r.err), -1);
    assert_string_equal(r.err.text,
                        "web-03 is the same machine as web-02 (10.0.0.5 port 22 as me): "
                        "leave one of them out");
    close_run(&r, run);
}

static void
test_a_mistake_names_the_host_and_the_line(void **state)
{
    struct rig r;

    (void)state;
    struct run *run = open_run(&r, NULL, "Host web-02\n  Prot 22\n");
    assert_int_equal(reach_prepare(run, &r.err), -1);
    assert_non_null(strstr(r.err.text, "/.ssh/config:2: prot: bad configuration option"));
    close_run(&r, run);
    run = open_run(&r,
                   "all:\n  hosts:\n    web-01:\n    web-02: {ansible_ssh_common_args: -o Prot=1}\n"
                   "  vars: {ansible_ssh_private_key_file: key}\n",
                   "");
    assert_int_equal(reach_prepare(run, &r.err), -1);
    assert_non_null(strstr(r.err.text, "web-02: "));
    assert_non_null(strstr(r.err.text, "hosts.yml:4:39: prot: bad configuration option"));
    close_run(&r, run);
}

static void
test_what_is_not_used_is_noted_once_and_told_when_asked(void **state)
{
    for (int verbose = 0; verbose < 2; verbose++) {
        struct rig r;
        (void)state;
        struct run *run = open_run(&r, NULL, "ForwardAgent yes\nIdentityFile ~/.ssh/nosuch\n");
        run_free(run);
        r.request.verbose = verbose > 0;
        assert_int_equal(rig_run(&r), 0);
        const char *told = strstr(r.events.data, "/.ssh/config:1: ForwardAgent: not used here");
        if (verbose == 0) {
            assert_null(told);
        } else {
            assert_non_null(told);
            assert_null(strstr(strchr(told, '\n'), "ForwardAgent"));
            assert_non_null(strstr(r.events.data, "/.ssh/nosuch: there is no such file"));
        }
        rig_close(&r);
    }
}

/* What a host's ProxyJump comes to. */
static const struct {
    const char *config, *jump, *way;
} ways[] = {
    {"", "bastion", "me@bastion:22"},
    {"", "u@a:23,ssh://v@b:24", "v@b:24 u@a:23"},
    {"Host b\n HostName 10.0.0.2\n User conf\n Port 9\n", "a,b", "conf@10.0.0.2:9 me@a:22"},
    /* the first hop's own ProxyJump counts, the last one's gives way to those before it */
    {"Host a\n ProxyJump outer\n", "a,b", "me@b:22 me@a:22 me@outer:22"},
    {"Host b\n ProxyJump outer\n", "a,b", "me@b:22 me@a:22"},
    {"Host b\n ProxyJump outer\nHost outer\n ProxyJump o1,o2\n", "b",
     "me@b:22 me@outer:22 me@o2:22 me@o1:22"},
    {"Host a\n ProxyJump none\nHost *\n ProxyJump a\n", "a", "me@a:22"},
};

static void
test_hosts_on_the_way_are_found_as_ssh_finds_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct rig r;
        char *config = xasprintf("%sMatch all\nIdentityFile ~/key\n", ways[i].config);
        struct run *run = open_run(&r, NULL, config);
        run->home = xstrdup(r.root);
        run->user = xstrdup("me");
        run->keyring = keyring_new();
        const struct target *t = reach_jump(run, NULL, ways[i].jump, &r.err);
        if (t == NULL) {
            fail_msg("%s: %s", ways[i].config, r.err.text);
        }
        assert_way(t, ways[i].way);
        assert_ptr_equal(reach_jump(run, NULL, ways[i].jump, &r.err), t);
        close_run(&r, run);
        free(config);
    }
}

static void
test_one_way_is_one_target_however_it_is_written(void **state)
{
    struct rig r;

    (void)state;
    struct run *run =
        open_run(&r, NULL, "Host gate\nHostName bastion\nMatch all\nIdentityFile ~/key\nPort 22\n");
    run->home = xstrdup(r.root);
    run->user = xstrdup("me");
    run->keyring = keyring_new();
    const struct target *t = reach_jump(run, NULL, "bastion", &r.err);
    assert_non_null(t);
    assert_ptr_equal(reach_jump(run, NULL, "me@gate:22", &r.err), t);
    assert_ptr_not_equal(reach_jump(run, NULL, "you@gate", &r.err), t);
    const struct target *far = reach_jump(run, NULL, "gate,x", &r.err);
    assert_ptr_equal(far->jump, t);
    assert_ptr_not_equal(reach_jump(run, NULL, "x", &r.err), far);
    close_run(&r, run);
}

static void
test_circles_end(void **state)
{
    static const char *const rows[][2] = {
        {"Host a\nProxyJump b\nHost b\nProxyJump a\n", "goes in a circle"},
        {"Host a\nProxyJump b\nHost b\nProxyJump c\nHost c\nProxyJump x,a\n", NULL},
        {"Host *\nProxyJump a\n", "the host is its own jump host"},
        {"Host *\nProxyJump %h\n", "the host is its own jump host"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig r;
        struct run *run = open_run(&r, NULL, rows[i][0]);
        run->home = xstrdup(r.root);
        run->user = xstrdup("me");
        run->keyring = keyring_new();
        const struct target *t = reach_jump(run, NULL, "a", &r.err);
        if (rows[i][1] != NULL && t != NULL) {
            fail_msg("%s: taken", rows[i][0]);
        }
        if (rows[i][1] != NULL && strstr(r.err.text, rows[i][1]) == NULL) {
            fail_msg("%s: %s", rows[i][0], r.err.text);
        }
        close_run(&r, run);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_inventory_wins_over_ssh_config_and_that_over_the_defaults),
        cmocka_unit_test(test_of_two_words_about_host_keys_the_stricter_counts),
        cmocka_unit_test(test_one_machine_under_two_names_is_refused),
        cmocka_unit_test(test_a_mistake_names_the_host_and_the_line),
        cmocka_unit_test(test_what_is_not_used_is_noted_once_and_told_when_asked),
        cmocka_unit_test(test_hosts_on_the_way_are_found_as_ssh_finds_them),
        cmocka_unit_test(test_one_way_is_one_target_however_it_is_written),
        cmocka_unit_test(test_circles_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

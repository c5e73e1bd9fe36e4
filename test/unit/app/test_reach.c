/*
 * test_reach.c - how a host is reached: which password sudo is given, and when it is asked for.
 */
#include "unit/app/rig.h"

static const char inventory[] =
    "all:\n  vars: {ansible_ssh_private_key_file: key}\n  hosts:\n"
    "    web-01: {ansible_become_password: 'own {{ inventory_hostname }}'}\n"
    "    web-02: {}\n"
    "    web-03: {ansible_become_pass: ''}\n";

static const char becomes[] = "name: greet\nsteps:\n  - {run: id, become: true}\n";

static void
look_at_password(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    static const char *const given[] = {"own web-01", "the operator's", NULL};

    if (host < 0) {
        return;
    }
    const char *password = run->hosts[host].target.become_password;
    if (given[host] == NULL) {
        assert_null(password);
    } else {
        assert_string_equal(password, given[host]);
    }
    if (step != NULL) {
        assert_true(step->become);
        r->number++;
    }
}

static void
test_the_inventory_has_the_word_before_the_operator(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, inventory, "greet", becomes);
    r.request.become_password = "the operator's";
    r.look = look_at_password;
    assert_int_equal(rig_run(&r), 0);
    assert_int_equal(r.number, 3);
    rig_close(&r);
}

static void
test_a_password_is_asked_for_only_where_a_step_needs_it(void **state)
{
    static const char broken[] = "all:\n  hosts:\n    web-01: {ansible_become_password: '{{ nobody "
                                 "}}', ansible_ssh_private_key_file: key}\n";
    struct rig r;

    (void)state;
    rig_open(&r, broken, "greet", "name: greet\nsteps:\n  - {run: id}\n");
    assert_int_equal(rig_run(&r), 0);
    rig_close(&r);
    rig_open(&r, broken, "greet", becomes);
    assert_int_equal(rig_run(&r), -1);
    assert_non_null(strstr(r.err.text, "web-01: "));
    assert_non_null(strstr(r.err.text, "ansible_become_password: 'nobody' is undefined"));
    assert_string_equal(r.calls.data, "");
    rig_close(&r);
}

static void
test_a_password_of_two_lines_is_refused_without_being_shown(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet", becomes);
    r.request.become_password = "geheim\nid";
    assert_int_equal(rig_run(&r), -1);
    assert_string_equal(r.err.text, "IM_BECOME_PASSWORD: expected one line of at most 1024 bytes");
    rig_close(&r);
}

static void
look_at_user(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    (void)run;
    if (host < 0 || step == NULL) {
        return;
    }
    assert_true(step->become);
    assert_string_equal(step->become_user, "vu");
    r->number++;
}

static void
test_a_host_that_becomes_does_so_in_every_remote_step(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r,
             "all:\n  vars: {ansible_ssh_private_key_file: key, ansible_become: yes, "
             "ansible_become_user: vu}\n  hosts: {web-01: }\n",
             "greet",
             "name: greet\nsteps:\n  - run: id\n  - upload: {src: file, dest: /x}\n"
             "  - template: {src: file, dest: /x}\n  - wait_for: {path: /x}\n"
             "  - {run: id, become: false}\n  - local: 'true'\n");
    rig_write(&r, "file", "x");
    r.look = look_at_user;
    assert_int_equal(rig_run(&r), 0);
    assert_int_equal(r.number, 5);
    rig_close(&r);
}

/* ---------------------------------------------------------------- logging in */

static void
look_at_login(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    static const char *const given[] = {"own web-01", "the operator's", NULL, "second"};

    (void)step;
    if (host < 0) {
        return;
    }
    const char *password = run->hosts[host].target.password;
    if (given[host] == NULL) {
        assert_null(password);
    } else {
        assert_string_equal(password, given[host]);
    }
    r->number++;
}

static void
test_the_password_of_a_login_is_the_inventorys_then_the_operators(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r,
             "all:\n  vars: {ansible_ssh_private_key_file: key}\n  hosts:\n"
             "    web-01: {ansible_password: 'own {{ inventory_hostname }}'}\n"
             "    web-02: {}\n"
             "    web-03: {ansible_ssh_pass: ''}\n"
             "    web-04: {ansible_password: first, ansible_ssh_password: second}\n",
             "greet", "name: greet\nsteps:\n  - {run: id}\n");
    r.request.ssh_password = "the operator's";
    r.look = look_at_login;
    assert_int_equal(rig_run(&r), 0);
    assert_true(r.number >= 4);
    rig_close(&r);
}

static int asked;

static int
ask_key(void *arg, const char *prompt, bool again, char **ret, struct err *err)
{
    assert_int_equal(again, asked > 0);
    assert_null(arg);
    (void)err;
    assert_string_equal(prompt, "Passphrase of key /k/locked: ");
    *ret = xstrdup(asked++ == 0 ? "another" : "locked");
    return 0;
}

static int
ask_wrongly(void *arg, const char *prompt, bool again, char **ret, struct err *err)
{
    assert_int_equal(again, asked > 0);
    assert_null(arg);
    (void)prompt;
    (void)err;
    asked++;
    *ret = xstrdup("another");
    return 0;
}

static int
ask_in_vain(void *arg, const char *prompt, bool again, char **ret, struct err *err)
{
    assert_int_equal(again, asked > 0);
    assert_null(arg);
    (void)prompt;
    (void)ret;
    asked++;
    return err_set(err, ERR_USAGE, "nobody answers");
}

static void
test_a_locked_key_is_asked_for_before_anything_connects(void **state)
{
    static const struct {
        const char *given; /* IM_KEY_PASSPHRASE */
        int (*ask)(void *arg, const char *prompt, bool again, char **ret, struct err *err);
        int rc, asked;
        const char *text;
    } rows[] = {
        {"locked", NULL, 0, 0, NULL},
        {"another", ask_key, -1, 0,
         "web-01: key /k/locked: IM_KEY_PASSPHRASE is not its passphrase"},
        {NULL, NULL, -1, 0,
         "web-01: key /k/locked: it has a passphrase: give it in IM_KEY_PASSPHRASE"},
        {NULL, ask_key, 0, 2, NULL},
        {NULL, ask_wrongly, -1, 3, "web-01: key /k/locked: wrong passphrase, 3 times"},
        {NULL, ask_in_vain, -1, 1, "web-01: nobody answers"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig r;
        strv_clear(&rig_unlocked);
        asked = 0;
        rig_open(&r,
                 "all:\n  vars: {ansible_ssh_private_key_file: /k/locked}\n"
                 "  hosts: {web-01: , web-02: }\n",
                 "greet", "name: greet\nsteps:\n  - {run: id}\n");
        r.request.key_passphrase = rows[i].given;
        r.request.ask = rows[i].ask;
        assert_int_equal(rig_run(&r), rows[i].rc);
        assert_int_equal(asked, rows[i].asked);
        if (rows[i].text != NULL) {
            if (strstr(r.err.text, rows[i].text) != r.err.text) {
                fail_msg("%s", r.err.text);
            }
            assert_string_equal(r.calls.data, "");
        }
        rig_close(&r);
    }
    strv_clear(&rig_unlocked);
}

static void
test_a_key_that_the_inventory_names_must_be_there(void **state)
{
    static const struct {
        const char *key, *text;
    } rows[] = {
        {"/k/missing", "web-01: key /k/missing: there is no such file"},
        {"/k/public",
         "web-01: key /k/public: only its public half is there, and no agent holds it"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig r;
        char *inventory_text =
            xasprintf("all:\n  hosts: {web-01: {ansible_ssh_private_key_file: %s}}\n", rows[i].key);
        rig_open(&r, inventory_text, "greet", "name: greet\nsteps:\n  - {run: id}\n");
        assert_int_equal(rig_run(&r), -1);
        assert_string_equal(r.err.text, rows[i].text);
        rig_close(&r);
        free(inventory_text);
    }
}

static void
test_a_password_needs_no_key(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, "all:\n  hosts: {web-01: }\n", "greet", "name: greet\nsteps:\n  - {run: id}\n");
    assert_int_equal(rig_run(&r), -1);
    assert_non_null(strstr(r.err.text, "web-01: no key: "));
    r.request.ssh_password = "geheim";
    assert_int_equal(rig_run(&r), 0);
    rig_close(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_password_of_a_login_is_the_inventorys_then_the_operators),
        cmocka_unit_test(test_a_locked_key_is_asked_for_before_anything_connects),
        cmocka_unit_test(test_a_key_that_the_inventory_names_must_be_there),
        cmocka_unit_test(test_a_password_needs_no_key),
        cmocka_unit_test(test_the_inventory_has_the_word_before_the_operator),
        cmocka_unit_test(test_a_password_is_asked_for_only_where_a_step_needs_it),
        cmocka_unit_test(test_a_password_of_two_lines_is_refused_without_being_shown),
        cmocka_unit_test(test_a_host_that_becomes_does_so_in_every_remote_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_inventory_has_the_word_before_the_operator),
        cmocka_unit_test(test_a_password_is_asked_for_only_where_a_step_needs_it),
        cmocka_unit_test(test_a_password_of_two_lines_is_refused_without_being_shown),
        cmocka_unit_test(test_a_host_that_becomes_does_so_in_every_remote_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

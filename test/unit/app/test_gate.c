/*
 * test_gate.c - the checks of an action over whole runs: on the host, and from here.
 */
#include "unit/app/rig.h"

#include <signal.h>

#define STEPS "name: greet\nsteps:\n  - {name: One, run: 'true'}\n"
#define INVENTORY                                                                                  \
    "all:\n  vars: {ansible_ssh_private_key_file: key, app_port: 8080}\n"                          \
    "  hosts: {web-01: {ansible_host: 127.0.0.1}, web-02: {ansible_host: 127.0.0.2}}\n"

/* One host after the other: what was asked of each stands together. */
static void
open_rig(struct rig *r, const char *checks)
{
    char *action = xasprintf(STEPS "health_check:\n%s", checks);

    rig_open(r, INVENTORY, "greet", action);
    r->request.workers = 1;
    r->settings.policy.gate_interval_ms = 1;
    r->settings.policy.gate_retries = 2;
    r->settings.gate_timeout_ms = 7000;
    free(action);
}

static void
test_a_host_passes_all_checks_in_order(void **state)
{
    struct rig r;

    (void)state;
    open_rig(&r, "  - {name: Web, http: {port: '{{ app_port }}', path: /up, status: [200, 307], "
                 "host: example.org}}\n"
                 "  - tcp: {port: 5432}\n"
                 "  - {name: File, run: test -e /x}\n");
    r.request.host_count = 1;
    assert_int_equal(rig_run(&r), 0);
    assert_string_equal(r.calls.data, "connect web-01\nrun web-01\n"
                                      "http web-01 127.0.0.1:8080/up as example.org 200 307 in "
                                      "7000\n"
                                      "tcp web-01 127.0.0.1:5432 in 7000\n"
                                      "run web-01\ndisconnect web-01\n");
    assert_non_null(strstr(r.events.data, "step_finished web-01 1/1 One #1 ok exit=0\n"
                                          "gate_started web-01 check 1/3 Web #1\n"
                                          "gate web-01 check 1/3 Web #1 ok: http 200\n"
                                          "gate_started web-01 check 2/3 tcp 2 #1\n"
                                          "gate web-01 check 2/3 tcp 2 #1 ok: http 200\n"
                                          "gate_started web-01 check 3/3 File #1\n"
                                          "gate web-01 check 3/3 File #1 ok exit=0\n"
                                          "host_finished web-01 ok exit=0\n"));
    rig_close(&r);
}

static void
test_a_check_that_fails_is_tried_again_and_then_fails_the_host(void **state)
{
    static const struct {
        const char *check;
        const char *probes, *steps;
        int exit_code;
        const char *reason;
    } rows[] = {
        {"http: {}", "x.", NULL, 0, NULL},
        {"http: {}", "xx.", NULL, 0, NULL},
        {"http: {}", "xxx", NULL, 3,
         "failed: check 1/1 Web: http 503: GET http://127.0.0.1:80/ (3 tries)"},
        {"http: {}\n    error: web is down", "xxx", NULL, 3,
         "failed: check 1/1 Web: web is down (3 tries)"},
        {"run: a", NULL, ".xxx", 3, "failed: check 1/1 Web: exit 3: last \\x1b[31mred (3 tries)"},
        {"run: a", NULL, ".xx.", 0, NULL},
        {"run: a", NULL, ".d..", 0, NULL}, /* the session is gone, and comes back */
        {"run: a", NULL, ".uuu", 3,
         "failed: check 1/1 Web: connection lost: closed by the server (3 tries)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *check = xasprintf("  - name: Web\n    %s\n", rows[i].check);
        struct rig r;
        open_rig(&r, check);
        r.probes[0] = rows[i].probes;
        r.steps[0] = rows[i].steps;
        assert_int_equal(rig_run(&r), rows[i].exit_code);
        char *log = rig_log(&r);
        if (rows[i].reason != NULL) {
            assert_non_null(strstr(log, rows[i].reason));
            assert_null(strstr(r.calls.data, "web-02")); /* the budget is spent */
        } else {
            assert_non_null(strstr(log, "completed: greet for web-01 in T ok\n"));
        }
        free(log);
        free(check);
        rig_close(&r);
    }
}

static void
test_a_gate_that_cannot_reach_the_host_says_so(void **state)
{
    struct rig r;

    (void)state;
    open_rig(&r, "  - {name: Up, run: a}\n");
    r.steps[0] = ".d";
    r.connects[0] = "Ccc";
    assert_int_equal(rig_run(&r), 3);
    char *log = rig_log(&r);
    assert_non_null(strstr(log, "failed: gate: connect: 127.0.0.1 port 1: Connection refused\n"));
    free(log);
    rig_close(&r);
}

static void
test_a_check_whose_when_does_not_hold_is_passed_over(void **state)
{
    struct rig r;

    (void)state;
    open_rig(&r, "  - {name: Web, http: {port: '{{ nowhere }}'}, when: nowhere is defined}\n");
    assert_int_equal(rig_run(&r), 0);
    assert_null(strstr(r.calls.data, "http"));
    assert_non_null(strstr(r.events.data, "gate web-01 check 1/1 Web #1 skipped\n"));
    rig_close(&r);
}

static void
test_a_gate_that_is_off_asks_nobody(void **state)
{
    struct rig r;

    (void)state;
    open_rig(&r, "  - http: {port: 1}\n");
    r.settings.policy.gate_enabled = false;
    assert_int_equal(rig_run(&r), 0);
    assert_null(strstr(r.calls.data, "http"));
    rig_close(&r);
}

static void
test_what_a_check_needs_is_found_missing_before_anything_connects(void **state)
{
    static const struct {
        const char *check, *text;
    } rows[] = {
        {"http: {port: '{{ nobody }}'}", "'nobody' is undefined"},
        {"http: {port: 70000}", "port: expected a number from 1 to 65535"},
        {"http: {path: up}", "path: expected '/'"},
        {"http: {path: \"/a b\"}", "path: expected '/'"},
        {"http: {path: \"/a\\r\\nX: y\"}", "path: expected '/'"},
        {"http: {host: \"a b\"}", "host: expected a name or an address"},
        {"http: {host: \"app.example.org:8443\"}",
         "host: expected a name or an address without a port"},
        {"http: {scheme: https, ca: no.pem}", "ca: there is no file 'no.pem'"},
        {"http: {scheme: https, ca: greet.yml}", "greet.yml: cannot be warmed"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *check = xasprintf("  - %s\n", rows[i].check);
        struct rig r;
        open_rig(&r, check);
        assert_int_equal(rig_run(&r), -1);
        assert_int_equal(r.err.kind, ERR_CONFIG);
        if (strstr(r.err.text, rows[i].text) == NULL) {
            fail_msg("%s: %s", rows[i].check, r.err.text);
        }
        assert_int_equal(r.calls.len, 0);
        free(check);
        rig_close(&r);
    }
}

static void
interrupt_twice(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    (void)run;
    for (; host == 0 && step == NULL && r->asking > 0 && r->number > 0; r->number--) {
        assert_int_equal(raise(SIGINT), 0);
    }
}

static void
test_a_kill_ends_a_check_that_never_comes_back(void **state)
{
    struct rig r;

    (void)state;
    open_rig(&r, "  - {name: Web, http: {}}\n");
    r.probes[0] = "w";
    r.look = interrupt_twice;
    r.number = 2;
    assert_int_equal(rig_run(&r), 3);
    assert_int_equal(r.asking, 0);
    char *log = rig_log(&r);
    assert_non_null(strstr(log, "Worker 0 completed: greet for web-01 in T unknown: "));
    assert_non_null(strstr(r.calls.data, "disconnect web-01\n"));
    free(log);
    rig_close(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_host_passes_all_checks_in_order),
        cmocka_unit_test(test_a_check_that_fails_is_tried_again_and_then_fails_the_host),
        cmocka_unit_test(test_a_gate_that_cannot_reach_the_host_says_so),
        cmocka_unit_test(test_a_check_whose_when_does_not_hold_is_passed_over),
        cmocka_unit_test(test_a_gate_that_is_off_asks_nobody),
        cmocka_unit_test(test_what_a_check_needs_is_found_missing_before_anything_connects),
        cmocka_unit_test(test_a_kill_ends_a_check_that_never_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

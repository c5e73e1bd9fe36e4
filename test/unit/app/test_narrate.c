/*
 * test_narrate.c - the lines of debug.log that scripts read, word for word, and the text of every
 * way a host can end.
 */
#include "unit/app/rig.h"

static const char one_step[] = "name: greet\nsteps:\n  - {name: One, run: 'true'}\n";

/* ---------------------------------------------------------------- whole logs */

static void
assert_log(const struct rig *r, const char *expected)
{
    char *log = rig_log(r);

    assert_string_equal(log, expected);
    free(log);
}

static void
test_the_log_of_waves_is_word_for_word_as_promised(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "deploy", "name: deploy\nsteps:\n  - {name: One, run: 'true'}\n");
    r.request.strategy = STRATEGY_ROLLING;
    r.request.workers = 2;
    r.steps[1] = "x";
    assert_int_equal(rig_run(&r), 3);
    assert_log(&r, "Max workers set to 2 (0=sequential, >0=parallel)\n"
                   "Running in PARALLEL mode with 2 workers\n"
                   "Queueing action for workers: deploy for server web-01\n"
                   "Queueing action for workers: deploy for server web-02\n"
                   "Queueing action for workers: deploy for server web-03\n"
                   "Worker 0 started\n"
                   "Worker 1 started\n"
                   "Wave 1/2 started: web-[01-02]\n"
                   "Worker 0 processing: deploy for server web-01 (active: 1/2)\n"
                   "Worker 1 processing: deploy for server web-02 (active: 2/2)\n"
                   "Worker 0 completed: deploy for web-01 in T ok\n"
                   "Worker 1 completed: deploy for web-02 in T failed: step 1/1 One: exit 3: "
                   "last \\x1b[31mred\n"
                   "Wave 1/2 completed in T: 1 ok, 1 failed\n"
                   "Halted: failure budget spent\n"
                   "Skipped: deploy for web-03 (failure budget spent)\n"
                   "Worker 0 stopped\n"
                   "Worker 1 stopped\n");
    rig_close(&r);
}

static void
test_a_sequential_run_has_no_worker_and_says_why(void **state)
{
    static const struct {
        enum strategy strategy;
        int32_t workers;
        bool given;
        int32_t max;
        const char *first;
        const char *why;
    } rows[] = {
        {STRATEGY_PARALLEL, 0, false, 0, "0", "max_parallel_workers is 0"},
        {STRATEGY_PARALLEL, -1, true, 0, "0", "max_parallel_workers is 0"},
        {STRATEGY_PARALLEL, -1, false, 0, "0", "max_parallel_workers is absent"},
        {STRATEGY_SEQUENTIAL, -1, true, 3, "3", "strategy is sequential"},
    };
    char expected[512];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig r;
        rig_open(&r, NULL, "greet", one_step);
        r.request.host_count = 1;
        r.request.strategy = rows[i].strategy;
        r.request.workers = rows[i].workers;
        r.settings.workers_given = rows[i].given;
        r.settings.policy.workers = rows[i].max;
        assert_int_equal(rig_run(&r), 0);
        (void)snprintf(expected, sizeof(expected),
                       "Max workers set to %s (0=sequential, >0=parallel)\n"
                       "Running in SEQUENTIAL mode (%s)\n"
                       "Queueing action: greet for server web-01\n"
                       "Sequential processing: greet for server web-01\n"
                       "Sequential completed: greet for web-01 in T ok\n",
                       rows[i].first, rows[i].why);
        assert_log(&r, expected);
        rig_close(&r);
    }
}

/* The fields that awk is given: date, time, host, duration, outcome. */
static void
test_the_fields_of_a_completed_line_stand_where_scripts_look(void **state)
{
    char date[32], hour[32], field9[32], field11[32], field12[32];
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet", one_step);
    r.request.host_count = 1;
    assert_int_equal(rig_run(&r), 0);
    char *log = rig_read(&r, "debug.log");
    char *line = strstr(log, "completed:");
    assert_non_null(line);
    while (line > log && line[-1] != '\n') {
        line--;
    }
    assert_int_equal(sscanf(line, "%31s %31s %*s %*s %*s %*s %*s %*s %31s %*s %31s %31s", date,
                            hour, field9, field11, field12),
                     5);
    assert_string_equal(field9, "web-01");
    assert_int_equal(field11[strlen(field11) - 1], 's');
    assert_string_equal(field12, "ok");
    free(log);
    rig_close(&r);
}

static void
test_a_run_beside_another_marks_its_lines(void **state)
{
    struct rig r;
    char *var = NULL;

    (void)state;
    rig_open(&r, NULL, "greet",
             "name: greet\nmutating: false\nsteps:\n"
             "  - {name: One, run: 'true'}\n");
    assert_int_equal(app_var_dir(r.root, &var, NULL), 0);
    struct lock *l = lock_take(var, "test", "deploy", 1, NULL);
    assert_non_null(l);
    assert_int_equal(rig_run(&r), 0);
    char *log = rig_log(&r);
    char *rest = NULL;
    for (char *line = strtok_r(log, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        assert_non_null(strstr(line, " run=2"));
    }
    free(log);
    lock_free(l);
    free(var);
    rig_close(&r);
}

/* ---------------------------------------------------------------- how a host ends */

static void
test_every_end_of_a_host_has_its_text(void **state)
{
    static const struct {
        const char *connects;
        const char *steps;
        int exit_code;
        const char *completed; /* in debug.log and, but for the escape, in history */
        const char *finished;  /* the events of step and host */
    } rows[] = {
        {NULL, ".", 0, "ok",
         "step_finished web-01 1/1 One #1 ok exit=0\nhost_finished web-01 ok exit=0\n"},
        {NULL, "b", 0, "ok",
         "step_finished web-01 1/1 One #1 ok exit=0: a background process kept the output open; it "
         "was cut off\nhost_finished web-01 ok exit=0\n"},
        {NULL, "x", 2, "failed: step 1/1 One: exit 3: last \\x1b[31mred",
         "step_finished web-01 1/1 One #1 failed exit=3: exit 3: last \033[31mred\n"
         "host_finished web-01 failed exit=3: step 1/1 One: exit 3: last \033[31mred\n"},
        {NULL, "9", 2, "failed: step 1/1 One: signal 9",
         "step_finished web-01 1/1 One #1 failed signal=9: signal 9\n"
         "host_finished web-01 failed signal=9: step 1/1 One: signal 9\n"},
        {NULL, "rr", 2, "failed: step 1/1 One: channel: refused by the server",
         "step_finished web-01 1/1 One #1 failed: channel: refused by the server\n"
         "host_finished web-01 failed: step 1/1 One: channel: refused by the server\n"},
        {NULL, "n", 2, "failed: step 1/1 One: ended before the frame began:", NULL},
        {NULL, "l", 4, "unreachable: step 1/1 One: connection lost: before the step", NULL},
        {NULL, "u", 2, "unknown: step 1/1 One: connection lost: closed by the server",
         "step_finished web-01 1/1 One #1 unknown: connection lost: closed by the server\n"
         "host_finished web-01 unknown: step 1/1 One: connection lost: closed by "
         "the server\n"},
        {NULL, "d", 2, "unknown: step 1/1 One: not finished at its time limit", NULL},
        {NULL, "i", 2, "unknown: step 1/1 One: no output for its idle limit", NULL},
        {NULL, "e", 2, "unknown: step 1/1 One: closed without an exit status", NULL},
        {"c", NULL, 4, "unreachable: connect: 127.0.0.1 port 1: Connection refused",
         "host_finished web-01 unreachable: connect: 127.0.0.1 port 1: Connection refused\n"},
        {"tt", NULL, 4, "unreachable: connect: 127.0.0.1 port 1: Connection refused", NULL},
        {"a", NULL, 4, "unreachable: auth: key not accepted", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[256];
        struct rig r;
        rig_open(&r, NULL, "greet", one_step);
        r.request.host_count = 1;
        r.settings.policy.retry_delay_ms = 1;
        r.settings.policy.retries_max = 1;
        r.connects[0] = rows[i].connects;
        r.steps[0] = rows[i].steps;
        assert_int_equal(rig_run(&r), rows[i].exit_code);
        char *log = rig_log(&r);
        (void)snprintf(line, sizeof(line), "Worker 0 completed: greet for web-01 in T %s\n",
                       rows[i].completed);
        if (strstr(log, line) == NULL) {
            fail_msg("expected \"%s\" in\n%s", line, log);
        }
        if (rows[i].finished != NULL && strstr(r.events.data, rows[i].finished) == NULL) {
            fail_msg("expected\n%s\nin\n%s", rows[i].finished, r.events.data);
        }
        free(log);
        rig_close(&r);
    }
}

static void
assert_completed(const struct rig *r, const char *expected)
{
    char *log = rig_log(r);

    if (strstr(log, expected) == NULL) {
        fail_msg("expected \"%s\" in\n%s", expected, log);
    }
    free(log);
}

static void
test_the_text_of_the_action_stands_for_an_exit_code_only(void **state)
{
    static const char action[] = "name: greet\nsteps:\n  - name: One\n    run: 'true'\n"
                                 "    error: not on {{ inventory_hostname }}\n";
    static const struct {
        const char *steps;
        const char *expected;
    } rows[] = {
        {"x", " failed: step 1/1 One: not on web-01\n"},
        {"9", " failed: step 1/1 One: signal 9\n"},
        {"u", " unknown: step 1/1 One: connection lost: closed by the server\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig r;
        rig_open(&r, NULL, "greet", action);
        r.request.host_count = 1;
        r.steps[0] = rows[i].steps;
        assert_int_equal(rig_run(&r), 2);
        assert_completed(&r, rows[i].expected);
        rig_close(&r);
    }
}

static void
test_a_long_text_is_cut_and_not_lost(void **state)
{
    char *long_text = xcalloc(9001, 1);
    struct rig r;

    (void)state;
    memset(long_text, 'e', 9000);
    char *action = xasprintf("name: greet\nsteps:\n  - name: %s\n    run: 'true'\n    error: %s\n",
                             long_text, long_text);
    rig_open(&r, NULL, "greet", action);
    r.request.host_count = 1;
    r.steps[0] = "x";
    assert_int_equal(rig_run(&r), 2);
    long_text[1000] = '\0';
    char *expected = xasprintf(" failed: step 1/1 %s: %s\n", long_text, long_text);
    assert_completed(&r, expected);
    free(expected);
    free(action);
    free(long_text);
    rig_close(&r);
}

/* ---------------------------------------------------------------- finally */

static void
test_the_first_bad_outcome_keeps_its_reason_through_finally(void **state)
{
    static const struct {
        const char *finally;
        const char *connects;
        const char *steps;
        const char *completed;
    } rows[] = {
        {"local: exit 4", NULL, ".", " failed: finally 1/1 Back: exit 4\n"},
        {"local: kill -9 $$", NULL, ".", " failed: finally 1/1 Back: signal 9\n"},
        {"local: exit 4", NULL, "9", " failed: step 1/1 One: signal 9\n"},
        {"local: exit 0", NULL, "9", " failed: step 1/1 One: signal 9\n"},
        {"run: 'true'", "Cc", "u", " unknown: step 1/1 One: connection lost: closed by "},
        {"run: 'true'", NULL, ".x", " failed: finally 1/1 Back: exit 3: last \\x1b[31mred\n"},
        {"run: 'true'", NULL, ".u", " failed: finally 1/1 Back: connection lost: closed by "},
        {"run: 'true'", NULL, ".e", " failed: finally 1/1 Back: closed without an exit status\n"},
        {"run: 'true'", NULL, ".r", " failed: finally 1/1 Back: channel: refused by the server\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char action[256];
        struct rig r;
        (void)snprintf(action, sizeof(action), "%sfinally:\n  - name: Back\n    %s\n", one_step,
                       rows[i].finally);
        rig_open(&r, NULL, "greet", action);
        r.request.host_count = 1;
        r.connects[0] = rows[i].connects;
        r.steps[0] = rows[i].steps;
        assert_int_equal(rig_run(&r), 2);
        assert_completed(&r, rows[i].completed);
        rig_close(&r);
    }
}

static void
test_the_exit_code_of_a_finally_step_is_told(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet",
             "name: greet\nsteps:\n  - {name: One, run: 'true'}\n"
             "finally:\n  - {name: Back, local: exit 4, ignore_errors: true}\n"
             "  - {name: On, local: exit 0}\n");
    r.request.host_count = 1;
    assert_int_equal(rig_run(&r), 0);
    assert_non_null(strstr(
        r.events.data,
        "step_finished web-01 finally 1/2 Back #1 failed exit=4: exit 4\n"
        "step_started web-01 finally 2/2 On #1\n"
        "step_finished web-01 finally 2/2 On #1 ok exit=0\nhost_finished web-01 ok exit=0\n"));
    rig_close(&r);
}

/* ---------------------------------------------------------------- events */

static void
test_every_host_has_one_end_in_the_events(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet", one_step);
    r.request.strategy = STRATEGY_ROLLING;
    r.request.workers = 1;
    r.steps[0] = "9";
    assert_int_equal(rig_run(&r), 3);
    assert_string_equal(r.events.data,
                        "run_started\nwave_started\nhost_started web-01\n"
                        "step_started web-01 1/1 One #1\n"
                        "step_finished web-01 1/1 One #1 failed signal=9: signal 9\n"
                        "host_finished web-01 failed signal=9: step 1/1 One: signal 9\n"
                        "wave_finished\n"
                        "host_finished web-02 untouched: failure budget spent\n"
                        "host_finished web-03 untouched: failure budget spent\n"
                        "run_finished exit=3: failure budget spent\n");
    rig_close(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_log_of_waves_is_word_for_word_as_promised),
        cmocka_unit_test(test_a_sequential_run_has_no_worker_and_says_why),
        cmocka_unit_test(test_the_fields_of_a_completed_line_stand_where_scripts_look),
        cmocka_unit_test(test_a_run_beside_another_marks_its_lines),
        cmocka_unit_test(test_every_end_of_a_host_has_its_text),
        cmocka_unit_test(test_the_text_of_the_action_stands_for_an_exit_code_only),
        cmocka_unit_test(test_a_long_text_is_cut_and_not_lost),
        cmocka_unit_test(test_the_first_bad_outcome_keeps_its_reason_through_finally),
        cmocka_unit_test(test_the_exit_code_of_a_finally_step_is_told),
        cmocka_unit_test(test_every_host_has_one_end_in_the_events),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

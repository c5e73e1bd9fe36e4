/*
 * test_listen.c - signals and the ends of steps as facts.
 */
#include "unit/app/rig.h"

#include <signal.h>

static const char one_step[] = "name: greet\nsteps:\n  - {name: One, run: 'true'}\n";
static const char with_finally[] = "name: greet\nsteps:\n  - {name: One, run: 'true'}\n"
                                   "finally:\n  - {name: Back, run: 'true', ok_exit_codes: [7]}\n";

/* ---------------------------------------------------------------- signals */

static void
interrupt(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    (void)run;
    (void)host;
    for (; step != NULL && r->number > 0; r->number--) {
        assert_int_equal(raise(SIGINT), 0);
    }
}

static void
test_each_interrupt_goes_further(void **state)
{
    static const struct {
        uint64_t interrupts;
        const char *steps;
        const char *calls;
        enum outcome outcome;
        const char *said;
    } rows[] = {
        {1, "z", "connect web-01\nrun web-01\ndisconnect web-01\n", OUTCOME_OK,
         "warning: interrupted: no new host is started; 1 in flight runs to its end (again: kill "
         "it)\n"},
        {2, "w", "connect web-01\nrun web-01\ndisconnect web-01\n", OUTCOME_UNKNOWN,
         "warning: killing: 1 connection is closed (again: leave now)\n"},
        {3, "w", "connect web-01\nrun web-01\n", OUTCOME_UNKNOWN, "run_finished exit=3"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct host_list hosts;
        struct rig r;
        rig_open(&r, NULL, "greet", one_step);
        r.request.workers = 1;
        r.number = rows[i].interrupts;
        r.look = interrupt;
        r.steps[0] = rows[i].steps;
        assert_int_equal(rig_run(&r), 3); /* two were never begun */
        assert_string_equal(r.calls.data, rows[i].calls);
        assert_non_null(strstr(r.events.data, rows[i].said));
        rig_host(&r, 2, &hosts);
        assert_int_equal(hosts.rows[0].outcome, rows[i].outcome);
        assert_int_equal(hosts.rows[1].outcome, OUTCOME_UNTOUCHED);
        assert_int_equal(hosts.rows[2].outcome, OUTCOME_UNTOUCHED);
        host_list_release(&hosts);
        rig_close(&r);
    }
}

static void
test_a_kill_says_that_the_step_may_still_run(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet", one_step);
    r.request.host_count = 1;
    r.number = 2;
    r.look = interrupt;
    r.steps[0] = "w";
    assert_int_equal(rig_run(&r), 2);
    char *log = rig_log(&r);
    assert_non_null(strstr(log, "Worker 0 completed: greet for web-01 in T unknown: step 1/1 One: "
                                "killed, may still run: closed by the operator\n"));
    free(log);
    rig_close(&r);
}

static void
hang_up(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    (void)r;
    (void)run;
    (void)host;
    if (step != NULL) {
        assert_int_equal(raise(SIGHUP), 0);
    }
}

static void
test_a_run_outlives_its_terminal(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet", one_step);
    r.look = hang_up;
    assert_int_equal(rig_run(&r), 0);
    rig_close(&r);
}

/* ---------------------------------------------------------------- the end of a step */

/* Post the end and take the letter back before the turn sees it. */
static struct fact
posted(struct run_host *h, bool finally, struct fact f)
{
    struct inbox *in = &h->run->inbox;
    const enum step_list was = h->list;

    h->list = finally ? LIST_FINALLY : LIST_STEPS;
    listen_end_step(h, f, "why");
    h->list = was;
    assert_true(in->count > 0);
    const struct fact got = in->letters[in->count - 1].fact;
    assert_string_equal(in->letters[in->count - 1].reason, "why");
    free(in->letters[--in->count].reason);
    assert_null(h->child);
    return got;
}

static void
look_at_ends(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    static const struct {
        struct fact fact;
        enum cause cause; /* of the finally fact */
        int32_t exit_code;
        int32_t signal;
    } rows[] = {
        {{.kind = FACT_STEP_DONE, .exit_code = 3}, CAUSE_NONE, 3, 0},
        {{.kind = FACT_STEP_DONE, .signal = 9}, CAUSE_NONE, 0, 9},
        {{.kind = FACT_STEP_UNKNOWN, .cause = CAUSE_LOST}, CAUSE_LOST, 0, 0},
        {{.kind = FACT_STEP_UNKNOWN}, CAUSE_NO_STATUS, 0, 0},
        {{.kind = FACT_STEP_NOT_STARTED, .cause = CAUSE_LOCAL}, CAUSE_LOCAL, 0, 0},
        {{.kind = FACT_STEP_NOT_STARTED}, CAUSE_NO_STATUS, 0, 0},
        {{.kind = FACT_STEP_SKIPPED, .cause = CAUSE_LOST, .signal = 1}, CAUSE_NONE, 7, 0},
    };

    if (host < 0 || step == NULL || r->number > 0) {
        return;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fact f = posted(&run->hosts[host], false, rows[i].fact);
        assert_int_equal(f.kind, rows[i].fact.kind); /* of a step: as it is */
        assert_int_equal(f.cause, rows[i].fact.cause);
        f = posted(&run->hosts[host], true, rows[i].fact);
        assert_int_equal(f.kind, FACT_FINALLY_DONE);
        assert_int_equal(f.cause, rows[i].cause);
        assert_int_equal(f.exit_code, rows[i].exit_code);
        assert_int_equal(f.signal, rows[i].signal);
        r->number++;
    }
}

static void
test_a_finally_step_has_one_fact_for_every_end(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet", with_finally);
    r.request.host_count = 1;
    r.look = look_at_ends;
    assert_int_equal(rig_run(&r), 2); /* the pool says 0, where 7 is good */
    assert_int_equal(r.number, 7);
    rig_close(&r);
}

/* ---------------------------------------------------------------- output */

static void
flood(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    struct run_host *h = &run->hosts[host < 0 ? 0 : host];
    char bytes[1000];

    if (host < 0 || step == NULL) {
        return;
    }
    for (size_t len = 0; len <= sizeof(bytes); len += 37) {
        for (size_t i = 0; i < len; i++) {
            bytes[i] = (char)(r->number++ % 251);
        }
        listen_pool.output(run, host, 1, bytes, len);
        assert_true(h->tail_len <= RUN_TAIL_BYTES);
        assert_int_equal(h->tail_len, r->number < RUN_TAIL_BYTES ? r->number : RUN_TAIL_BYTES);
        for (size_t i = 0; i < h->tail_len; i++) { /* the newest, in order */
            assert_int_equal((unsigned char)h->tail[i], (r->number - h->tail_len + i) % 251);
        }
    }
    assert_int_equal(h->bytes[1], r->number);
    assert_int_equal(h->bytes[0], 0);
    listen_pool.output(run, host, 0, "out", 3);
    assert_int_equal(h->bytes[0], 3);
}

static void
tell_secrets(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    struct run_host *h = &run->hosts[host < 0 ? 0 : host];

    if (host < 0 || step == NULL) {
        return;
    }
    assert_non_null(memmem(step->script, step->script_len, "pw='hunter22'", 13));
    listen_pool.output(run, host, 1, "hun", 3);
    assert_int_equal(h->tail_len, 0); /* it may yet become one */
    listen_pool.output(run, host, 1, "gry\nlogin hunter", 16);
    listen_pool.output(run, host, 1, "22 failed\nhunt", 14);
    assert_int_equal(h->tail_len, 24);
    assert_memory_equal(h->tail, "hungry\nlogin *** failed\n", 24);
    listen_pool.output(run, host, 0, "hunter22", 8);
    listen_pool.warning(run, host, "hunter22 was said");
    r->number++;
}

static void
is_kept(const struct rig *r, const char *word, bool wanted)
{
    char *command = xasprintf("grep -rqF '%s' %s/var %s/debug.log", word, r->root, r->root);

    /* NOLINTNEXTLINE(bugprone-command-processor): a folder of ours */
    assert_int_equal(system(command) == 0, wanted);
    free(command);
}

static void
test_no_output_and_no_reason_has_a_secret_of_a_step(void **state)
{
    struct host_list hosts;
    struct value *pw = value_text("hunter22");
    struct rig r;

    (void)state;
    pw->secret = true;
    rig_open(&r, NULL, "greet", "name: greet\nsteps:\n  - {name: One, run: 'true $pw'}\n");
    value_dict_set(r.extra, "pw", pw);
    r.request.host_count = 1;
    r.look = tell_secrets;
    r.steps[0] = "9";
    assert_int_equal(rig_run(&r), 2);
    assert_int_equal(r.number, 1);
    rig_host(&r, 0, &hosts);
    assert_string_equal(hosts.rows[0].reason, "step 1/1 One: signal 9: hunt");
    assert_int_equal(hosts.rows[0].out_bytes, 3);
    assert_int_equal(hosts.rows[0].err_bytes, 28);
    host_list_release(&hosts);
    assert_null(strstr(r.events.data, "hunter22"));
    assert_non_null(strstr(r.events.data, "*** was said"));
    is_kept(&r, "login *** failed", true);
    is_kept(&r, "hunter22", false);
    rig_close(&r);
}

static void
test_the_newest_bytes_of_stderr_are_kept(void **state)
{
    struct host_list hosts;
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet", one_step);
    r.request.host_count = 1;
    r.look = flood;
    assert_int_equal(rig_run(&r), 0);
    rig_host(&r, 0, &hosts);
    assert_int_equal(hosts.rows[0].err_bytes, r.number);
    assert_int_equal(hosts.rows[0].out_bytes, 3);
    host_list_release(&hosts);
    rig_close(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_interrupt_goes_further),
        cmocka_unit_test(test_a_kill_says_that_the_step_may_still_run),
        cmocka_unit_test(test_a_run_outlives_its_terminal),
        cmocka_unit_test(test_a_finally_step_has_one_fact_for_every_end),
        cmocka_unit_test(test_the_newest_bytes_of_stderr_are_kept),
        cmocka_unit_test(test_no_output_and_no_reason_has_a_secret_of_a_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
